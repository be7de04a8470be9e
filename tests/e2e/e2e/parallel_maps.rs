//! Many items, so many at a time, each raced between two, until a deadline: the same in every language.

use crate::common::{directory, replays, summary, temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const LANGUAGES: [&str; 3] = ["python", "rust", "typescript"];
const DAY_MS: u64 = 24 * 3600 * 1000;

/// A search for the prices of three items, two at a time.
fn start(host: &Host, language: &str, id: &str, deadline_ms: u64) -> Result<()> {
    let input = json!({ "items": ["cup", "pan", "pot"], "atOnce": 2, "deadlineMs": deadline_ms });
    let start = ["workflow", "start", "--type", "parallelMap", "--task-queue", language];
    let more = ["--workflow-id", id, "--input", &input.to_string()];
    host.cli(&[&start[..], &more].concat()).map(drop)
}

/// A shop answers. No worker is there, so that the order of the answers is that of the test.
fn answers(host: &Host, id: &str, activity: &str, price: &str) -> Result<()> {
    eventually("the shop is asked", || {
        let history = host.history(id)?;
        let mut scheduled = history.iter().map(|it| &it["activityTaskScheduledEventAttributes"]);
        Ok(scheduled.any(|it| it["activityId"] == activity).then_some(()))
    })?;
    let of = ["activity", "complete", "--workflow-id", id, "--activity-id", activity];
    temporal(host, &[&of[..], &["--result", &json!(price).to_string()]].concat())?;
    // What the program makes of it is there before the next answer comes.
    eventually("the other shop is told, and the program knows", || {
        let types = host.event_types(id)?;
        let count = |what: &str| types.iter().filter(|it| *it == what).count();
        let told = count("ACTIVITY_TASK_CANCEL_REQUESTED") == count("ACTIVITY_TASK_CANCELED");
        let rests = types.last().is_some_and(|it| it == "WORKFLOW_TASK_COMPLETED");
        let is_closed = count("WORKFLOW_EXECUTION_COMPLETED") == 1;
        Ok((told && rests || is_closed).then_some(()))
    })
}

fn prices(host: &Host, id: &str) -> Result<Value> {
    Ok(serde_json::from_str(&order::result(host, id)?)?)
}

#[test]
fn each_item_has_the_price_of_the_faster_shop_in_every_language() -> Result<()> {
    let host = Host::start(&directory("parallel-map"), &[])?;
    for language in LANGUAGES {
        order::deploy_guest(&host, &format!("{language}/parallel-map"), language)?;
        start(&host, language, language, DAY_MS)?;
        // The third item is asked for when the second has its price.
        answers(&host, language, "pan-market", "20")?;
        answers(&host, language, "pot-corner", "30")?;
        answers(&host, language, "cup-corner", "5")?;
        assert_eq!(prices(&host, language)?, json!(["5", "20", "30"]));
        expect![[r#"
             1 workflow execution started
             2 workflow task scheduled
             3 workflow task started
             4 workflow task completed
             5 timer started 86400s
             6 activity task scheduled price
             7 activity task scheduled price
             8 activity task scheduled price
             9 activity task scheduled price
            10 activity task started
            11 activity task completed
            12 workflow task scheduled
            13 workflow task started
            14 workflow task completed
            15 activity task cancel requested
            16 activity task scheduled price
            17 activity task scheduled price
            18 activity task canceled
            19 workflow task scheduled
            20 workflow task started
            21 workflow task completed
            22 activity task started
            23 activity task completed
            24 workflow task scheduled
            25 workflow task started
            26 workflow task completed
            27 activity task cancel requested
            28 activity task canceled
            29 workflow task scheduled
            30 workflow task started
            31 workflow task completed
            32 activity task started
            33 activity task completed
            34 workflow task scheduled
            35 workflow task started
            36 workflow task completed
            37 activity task cancel requested
            38 timer canceled
            39 workflow execution completed
        "#]]
        .assert_eq(&summary(&host.history(language)?));
        for other in LANGUAGES {
            replays(&host, language, &format!("{other}/parallel-map"))?;
        }
    }
    Ok(())
}

#[test]
fn what_has_no_price_at_the_deadline_is_given_up_in_every_language() -> Result<()> {
    let host = Host::start(&directory("parallel-map-late"), &[])?;
    for language in LANGUAGES {
        order::deploy_guest(&host, &format!("{language}/parallel-map"), language)?;
        start(&host, language, language, 300)?;
        assert_eq!(prices(&host, language)?, json!([null, null, null]));
        expect![[r#"
             1 workflow execution started
             2 workflow task scheduled
             3 workflow task started
             4 workflow task completed
             5 timer started 0.300s
             6 activity task scheduled price
             7 activity task scheduled price
             8 activity task scheduled price
             9 activity task scheduled price
            10 timer fired
            11 workflow task scheduled
            12 workflow task started
            13 workflow task completed
            14 activity task cancel requested
            15 activity task cancel requested
            16 activity task cancel requested
            17 activity task cancel requested
            18 workflow execution completed
        "#]]
        .assert_eq(&summary(&host.history(language)?));
        for other in LANGUAGES {
            replays(&host, language, &format!("{other}/parallel-map"))?;
        }
    }
    Ok(())
}
