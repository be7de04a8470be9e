//! Requests that are approved, rejected, or forgotten for a week: the same in every language.

use crate::common::{directory, replays, summary};
use anyhow::Result;
use expect_test::{Expect, expect};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const LANGUAGES: [&str; 4] = ["c", "python", "rust", "typescript"];

fn query(host: &Host, id: &str) -> Result<Value> {
    let query = ["workflow", "query", "--workflow-id", id, "--type", "status"];
    Ok(serde_json::from_str(host.cli(&query)?.trim())?)
}

/// A request on each language's queue, decided or not; `seen` becomes its history.
fn is_decided(
    name: &str,
    decision: Option<Value>,
    status: &str,
    result: &str,
    seen: &Expect,
) -> Result<()> {
    let host = Host::start(&directory(&format!("approval-{name}")), &["--time-skipping"])?;
    for language in LANGUAGES {
        order::deploy_guest(&host, &format!("{language}/approval"), language)?;
        order::deploy_guest(&host, "rust/approval-activities", language)?;
        let id = format!("{name}-{language}");
        let start = ["workflow", "start", "--type", "approval", "--task-queue", language];
        host.cli(&[&start[..], &["--workflow-id", &id, "--input", "\"a new chair\""]].concat())?;
        eventually("it waits for a decision", || {
            let types = host.event_types(&id)?;
            Ok(types.iter().any(|it| it == "TIMER_STARTED").then_some(()))
        })?;
        assert_eq!(query(&host, &id)?, json!("pending"));
        if let Some(decision) = &decision {
            let input = decision.to_string();
            let signal = ["workflow", "signal", "--workflow-id", &id, "--name", "decide"];
            host.cli(&[&signal[..], &["--input", &input]].concat())?;
        }
        // Who waits for the outcome lets time pass.
        assert_eq!(serde_json::from_str::<Value>(&order::result(&host, &id)?)?, json!(result));
        assert_eq!(query(&host, &id)?, json!(status));
        seen.assert_eq(&summary(&host.history(&id)?));
        // What one language has done is what each of them would have done.
        for other in LANGUAGES {
            replays(&host, &id, &format!("{other}/approval"))?;
        }
    }
    Ok(())
}

#[test]
fn a_request_that_is_approved_is_carried_out_in_every_language() -> Result<()> {
    let decision = json!({ "approved": true, "by": "Ann" });
    let seen = expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled askForApproval
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 timer started 604800s
        12 workflow execution signaled decide
        13 workflow task scheduled
        14 workflow task started
        15 workflow task completed
        16 timer canceled
        17 activity task scheduled carryOut
        18 activity task started
        19 activity task completed
        20 workflow task scheduled
        21 workflow task started
        22 workflow task completed
        23 workflow execution completed
    "#]];
    is_decided(
        "approved",
        Some(decision),
        "approved",
        "a new chair carried out, as Ann wished",
        &seen,
    )
}

#[test]
fn a_request_that_is_rejected_is_told_so_in_every_language() -> Result<()> {
    let decision = json!({ "approved": false, "by": "Ann", "comment": "there are enough" });
    let seen = expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled askForApproval
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 timer started 604800s
        12 workflow execution signaled decide
        13 workflow task scheduled
        14 workflow task started
        15 workflow task completed
        16 timer canceled
        17 activity task scheduled tellRejection
        18 activity task started
        19 activity task completed
        20 workflow task scheduled
        21 workflow task started
        22 workflow task completed
        23 workflow execution completed
    "#]];
    is_decided(
        "rejected",
        Some(decision),
        "rejected",
        "a new chair rejected by Ann: there are enough",
        &seen,
    )
}

#[test]
fn a_request_that_nobody_decides_for_a_week_is_escalated_in_every_language() -> Result<()> {
    let seen = expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled askForApproval
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 timer started 604800s
        12 timer fired
        13 workflow task scheduled
        14 workflow task started
        15 workflow task completed
        16 activity task scheduled escalate
        17 activity task started
        18 activity task completed
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 workflow execution completed
    "#]];
    is_decided("forgotten", None, "timedOut", "a new chair given to the management", &seen)
}
