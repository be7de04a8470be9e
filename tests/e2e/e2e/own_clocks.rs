//! Runs with clocks of their own, on a host whose clock is like any other.

use crate::common::{BENCH, directory, replays, summary, temporal, temporal_json};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LANGUAGES: [&str; 2] = ["rust", "typescript"];
const THIRTY_DAYS: i64 = 30 * 24 * 3600;
/// Much less than any of the waits.
const SOON: Duration = Duration::from_secs(60);

fn time(of: &Value) -> Result<i64> {
    let time: prost_types::Timestamp = of.as_str().context("a time")?.parse()?;
    Ok(time.seconds)
}

#[test]
fn a_run_that_skips_time_waits_for_30_days_in_no_time_and_another_one_waits() -> Result<()> {
    let host = Host::start(&directory("own-clocks"), &[])?;
    let input = (THIRTY_DAYS * 1000).to_string();
    for language in LANGUAGES {
        order::deploy_guest(&host, &format!("{language}/bench"), language)?;
        let began = Instant::now();
        let of = ["--type", "sleep", "--task-queue", language, "--input", &input];
        let with_id = |id| [&of[..], &["--workflow-id", id]].concat();
        let (id, waits) = (format!("skips-{language}"), format!("waits-{language}"));
        host.cli(&[&["workflow", "start"], &with_id(&waits)[..]].concat())?;
        let execute = ["workflow", "execute", "--time-skipping"];
        host.cli(&[&execute[..], &with_id(&id)].concat())?;
        assert!(began.elapsed() < SOON, "{language} took {:?}", began.elapsed());

        let history = host.history(&id)?;
        expect![[r#"
             1 workflow execution started
             2 workflow task scheduled
             3 workflow task started
             4 workflow task completed
             5 timer started 2592000s
             6 workflow execution time skipping transitioned
             7 timer fired
             8 workflow task scheduled
             9 workflow task started
            10 workflow task completed
            11 workflow execution completed
        "#]]
        .assert_eq(&summary(&history));
        let at = |nth: usize| time(&history[nth]["eventTime"]);
        assert!((0..60).contains(&(at(6)? - at(4)? - THIRTY_DAYS)), "{history:#?}");
        let skipped = &history[5]["workflowExecutionTimeSkippingTransitionedEventAttributes"];
        assert_eq!(time(&skipped["targetTime"])?, at(4)? + THIRTY_DAYS, "{skipped}");

        // Both command lines say so; so does the clock, which went on.
        let shown = host.cli(&["workflow", "show", "--workflow-id", &id])?;
        assert!(shown.contains("WorkflowExecutionTimeSkippingTransitioned  to: "), "{shown}");
        assert!(shown.contains("time skipping: on"), "{shown}");
        let shown = temporal(&host, &["workflow", "show", "--workflow-id", &id])?;
        assert!(shown.contains("WorkflowExecutionTimeSkippingTransitioned"), "{shown}");
        assert!(shown.contains("COMPLETED"), "{shown}");
        let described = temporal_json(&host, &["workflow", "describe", "--workflow-id", &id])?;
        let info = &described["workflowExtendedInfo"]["timeSkippingInfo"];
        assert_eq!(info["effectiveConfig"], json!({ "enabled": true, "maxSessionSkipCount": 200 }));
        assert!(time(&info["currentTime"])? >= at(10)?, "{info}");
        replays(&host, &id, &format!("{language}/bench"))?;

        let waiting = host.history(&waits)?;
        assert!(!summary(&waiting).contains("fired"), "{waiting:#?}");
    }
    Ok(())
}

/// The request that is decided within a week waits for its first activity, and then for nothing.
#[test]
fn a_run_that_skips_time_waits_for_its_activities_and_survives_its_host() -> Result<()> {
    let mut host = Host::start(&directory("own-clocks-activities"), &[])?;
    order::deploy_guest(&host, "rust/approval", BENCH)?;
    let start = ["workflow", "start", "--type", "approval", "--task-queue", BENCH];
    let of = ["--workflow-id", "chair", "--input", "\"a new chair\"", "--time-skipping"];
    host.cli(&[&start[..], &of[..]].concat())?;
    host.kill()?;
    host.start_again()?;
    assert!(!summary(&host.history("chair")?).contains("skipping"), "an activity is under way");
    order::deploy_guest(&host, "rust/approval-activities", BENCH)?;
    host.cli(&["workflow", "result", "--workflow-id", "chair"])?;
    let seen = summary(&host.history("chair")?);
    let lines: Vec<_> = seen.lines().filter(|it| !it.contains("workflow task")).collect();
    expect![[r#"
         1 workflow execution started
         5 activity task scheduled askForApproval
         6 activity task started
         7 activity task completed
        11 timer started 604800s
        12 workflow execution time skipping transitioned
        13 timer fired
        17 activity task scheduled escalate
        18 activity task started
        19 activity task completed
        23 workflow execution completed"#]]
    .assert_eq(&lines.join("\n"));
    replays(&host, "chair", "rust/approval")
}
