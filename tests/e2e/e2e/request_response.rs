//! Updates as requests and responses, by Temporal's own command line and ours, in both languages.

use crate::common::{directory, summary, temporal, temporal_json, try_temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "desk";
const ID: [&str; 2] = ["--workflow-id", "desk-1"];

/// The workflow alone: what it asks for waits.
fn deploy_desk(host: &Host, language: &str) -> Result<()> {
    order::deploy_guest(host, &format!("{language}/request-response"), QUEUE)
}

fn deploy_activities(host: &Host) -> Result<()> {
    order::deploy_guest(host, "rust/order-activities", QUEUE)
}

fn start(host: &Host) -> Result<()> {
    let args = ["workflow", "start", "--type", "desk", "--task-queue", QUEUE];
    temporal(host, &[&args[..], &ID].concat()).map(drop)
}

fn pay<'a>(how: &'a str, update_id: &'a str, amount: &'a str) -> Vec<&'a str> {
    let what = ["workflow", "update", how, "--name", "pay", "--update-id", update_id];
    let input = ["--input", "\"7\"", "--input", amount];
    [&what[..], &input, &ID].concat()
}

fn close(host: &Host) -> Result<Value> {
    host.cli(&[&["workflow", "signal", "--name", "close"][..], &ID].concat())?;
    Ok(temporal_json(host, &[&["workflow", "result"][..], &ID].concat())?["result"].clone())
}

fn desk_answers(language: &str) -> Result<()> {
    let host = Host::start(&directory(&format!("desk-{language}")), &[])?;
    deploy_desk(&host, language)?;
    deploy_activities(&host)?;
    start(&host)?;
    let paid = temporal_json(&host, &pay("execute", "u1", "100"))?;
    assert_eq!(paid["result"], json!("charge-7"), "{paid}");

    let before = host.history("desk-1")?;
    let said = try_temporal(&host, &pay("execute", "u2", "0"))?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("amount is 0, expected more"), "{said:?}");
    assert_eq!(host.history("desk-1")?, before, "a rejected update leaves no trace");

    let again = temporal_json(&host, &pay("execute", "u1", "100"))?;
    assert_eq!(again["result"], json!("charge-7"), "{again}");
    assert_eq!(host.history("desk-1")?, before, "the same update is not run twice");

    assert_eq!(close(&host)?, json!(100));
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 workflow task scheduled
         6 workflow task started
         7 workflow task completed
         8 workflow execution update accepted
         9 activity task scheduled charge
        10 activity task started
        11 activity task completed
        12 workflow task scheduled
        13 workflow task started
        14 workflow task completed
        15 workflow execution update completed
        16 workflow execution signaled close
        17 workflow task scheduled
        18 workflow task started
        19 workflow task completed
        20 workflow execution completed
    "#]]
    .assert_eq(&summary(&host.history("desk-1")?));
    Ok(())
}

#[test]
fn a_desk_in_rust_checks_and_answers_requests() -> Result<()> {
    desk_answers("rust")
}

#[test]
fn a_desk_in_typescript_checks_and_answers_requests() -> Result<()> {
    desk_answers("typescript")
}

#[test]
fn a_desk_in_python_checks_and_answers_requests() -> Result<()> {
    desk_answers("python")
}

fn desk_survives_its_host(language: &str) -> Result<()> {
    let mut host = Host::start(&directory(&format!("desk-killed-{language}")), &[])?;
    deploy_desk(&host, language)?;
    start(&host)?;
    // Ten at once, and no worker for what they ask for.
    let ids: Vec<_> = (0..10).map(|nth| format!("u{nth}")).collect();
    std::thread::scope(|scope| {
        let sent: Vec<_> = ids
            .iter()
            .map(|id| {
                scope.spawn(|| {
                    temporal(
                        &host,
                        &[&pay("start", id, "10")[..], &["--wait-for-stage", "accepted"]].concat(),
                    )
                })
            })
            .collect();
        sent.into_iter().try_for_each(|it| it.join().expect("no panic").map(drop))
    })?;
    host.kill()?;
    host.start_again()?;
    deploy_activities(&host)?;
    for id in &ids {
        let asked = ["workflow", "update", "result", "--update-id", id];
        let told = temporal_json(&host, &[&asked[..], &ID].concat())?;
        assert_eq!(told["result"], json!("charge-7"), "{told}");
    }
    let completed = host.event_types("desk-1")?;
    let n = completed.iter().filter(|it| *it == "WORKFLOW_EXECUTION_UPDATE_COMPLETED").count();
    assert_eq!(n, 10);
    assert_eq!(close(&host)?, json!(100));
    Ok(())
}

#[test]
fn ten_requests_in_rust_survive_a_kill_between_their_acceptance_and_their_answer() -> Result<()> {
    desk_survives_its_host("rust")
}

#[test]
fn ten_requests_in_typescript_survive_a_kill_between_their_acceptance_and_their_answer()
-> Result<()> {
    desk_survives_its_host("typescript")
}

#[test]
fn ten_requests_in_python_survive_a_kill_between_their_acceptance_and_their_answer() -> Result<()> {
    desk_survives_its_host("python")
}

#[test]
fn a_start_brings_a_signal_or_an_update_along() -> Result<()> {
    let host = Host::start(&directory("desk-with-start"), &[])?;
    deploy_desk(&host, "rust")?;
    deploy_activities(&host)?;
    let start = ["--type", "desk", "--task-queue", QUEUE, "--id-conflict-policy", "UseExisting"];
    let update = ["--update-name", "pay", "--update-id", "u1"];
    let input = ["--update-input", "\"7\"", "--update-input", "5"];
    let what = ["workflow", "execute-update-with-start"];
    for _ in 0..2 {
        let told = temporal(&host, &[&what[..], &ID, &start, &update, &input].concat())?;
        assert!(told.contains("charge-7"), "{told}");
    }
    let types = host.event_types("desk-1")?;
    assert_eq!(types[4], "WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "in the first task: {types:?}");

    let what = ["workflow", "signal-with-start", "--signal-name", "close"];
    temporal(&host, &[&what[..], &ID, &start[..4]].concat())?;
    let ended = eventually("the desk is closed", || {
        let args = [&["workflow", "describe"][..], &ID].concat();
        let status = temporal_json(&host, &args)?["workflowExecutionInfo"]["status"].clone();
        Ok((status != json!("WORKFLOW_EXECUTION_STATUS_RUNNING")).then_some(status))
    })?;
    assert_eq!(ended, json!("WORKFLOW_EXECUTION_STATUS_COMPLETED"));
    temporal(&host, &[&what[..], &ID, &start[..4]].concat())?;
    let types = host.event_types("desk-1")?;
    assert_eq!(
        types[..3],
        ["WORKFLOW_EXECUTION_STARTED", "WORKFLOW_EXECUTION_SIGNALED", "WORKFLOW_TASK_SCHEDULED"]
    );
    Ok(())
}

#[test]
fn a_desk_says_what_it_waits_for() -> Result<()> {
    let host = Host::start(&directory("desk-stack"), &[])?;
    deploy_desk(&host, "rust")?;
    start(&host)?;
    temporal(&host, &[&pay("start", "u1", "10")[..], &["--wait-for-stage", "accepted"]].concat())?;
    let stack = temporal(&host, &[&["workflow", "stack"][..], &ID].concat())?;
    assert!(stack.contains("update `pay` (u1) is not completed"), "{stack}");
    assert!(stack.contains("activity `charge` (1)"), "{stack}");
    Ok(())
}

/// The same for every language. What has no handler of its own goes to the default ones.
fn switchboard_connects(language: &str) -> Result<()> {
    let host = Host::start(&directory(&format!("switchboard-{language}")), &["--time-skipping"])?;
    deploy_desk(&host, language)?;
    let start = ["workflow", "start", "--type", "switchboard", "--task-queue", QUEUE];
    temporal(&host, &[&start[..], &ID].concat())?;
    let metadata = temporal_json(&host, &[&["workflow", "metadata"][..], &ID].concat())?;
    assert_eq!(metadata["queryResult"][0]["currentDetails"], "**open**", "{metadata}");

    let call = |name: &str, id: &str, stage: &str| {
        let what = ["workflow", "update", "start", "--name", name, "--update-id", id];
        let input = ["--input", "\"Ann\"", "--wait-for-stage", stage];
        try_temporal(&host, &[&what[..], &input, &ID].concat())
    };
    assert_eq!(call("call", "u1", "accepted")?.code, Some(0));
    let asked = ["workflow", "query", "--type", "line", "--input", "\"Ann\""];
    let told = temporal(&host, &[&asked[..], &ID].concat())?;
    assert!(told.contains("line(Ann) of 0"), "{told}");
    // Whoever closes it waits for the calls.
    assert_eq!(close(&host)?, json!(["u1: call Ann"]));

    temporal(&host, &[&start[..], &ID].concat())?;
    assert_eq!(call("call", "u2", "accepted")?.code, Some(0));
    host.cli(&[&["workflow", "signal", "--name", "hang-up"][..], &ID].concat())?;
    assert_eq!(order::result(&host, "desk-1")?.trim(), "[]");
    let log = host.log()?;
    assert!(
        log.contains("the workflow ended while handlers were running: update call (u2)"),
        "{log}"
    );
    Ok(())
}

#[test]
fn a_switchboard_in_rust_takes_what_nobody_else_takes_and_warns_of_who_is_left() -> Result<()> {
    switchboard_connects("rust")
}

#[test]
fn a_switchboard_in_typescript_takes_what_nobody_else_takes_and_warns_of_who_is_left() -> Result<()>
{
    switchboard_connects("typescript")
}

#[test]
fn a_switchboard_in_python_takes_what_nobody_else_takes_and_warns_of_who_is_left() -> Result<()> {
    switchboard_connects("python")
}

#[test]
fn a_name_that_nobody_knows_is_answered_with_those_that_are_known() -> Result<()> {
    for language in ["python", "rust", "typescript"] {
        let host = Host::start(&directory(&format!("desk-unknown-{language}")), &[])?;
        deploy_desk(&host, language)?;
        start(&host)?;
        let said =
            try_temporal(&host, &[&["workflow", "query", "--type", "nope"][..], &ID].concat())?;
        let known = "unknown queryType nope. KnownQueryTypes=[total]";
        assert!(said.stderr.contains(known), "{said:?}");
        let what = ["workflow", "update", "execute", "--name", "nope", "--update-id", "u1"];
        let said = try_temporal(&host, &[&what[..], &ID].concat())?;
        assert!(said.stderr.contains("unknown update nope. KnownUpdates=[pay]"), "{said:?}");
    }
    Ok(())
}
