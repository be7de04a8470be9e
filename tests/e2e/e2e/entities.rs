//! What lives longer than one run, in both languages: an account that continues as new under load and
//! through kills, retries of a whole workflow, and cron strings.

use crate::client::{Client, json, runtime};
use crate::common::{directory, python, summary, temporal, temporal_json, typescript};
use crate::torture::until_answered;
use anyhow::{Context, Result, ensure};
use expect_test::expect;
use refrain_e2e::host::{eventually, output};
use refrain_e2e::{Host, order};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const QUEUE: &str = "entities";
const N_DEPOSITS: u32 = 1000;
/// All deposits, with what the kills take.
const AT_MOST: Duration = Duration::from_secs(120);

fn host(name: &str, language: &str, flags: &[&str]) -> Result<Host> {
    let host = Host::start(&directory(&format!("{name}-{language}")), flags)?;
    order::deploy_guest(&host, &format!("{language}/entity"), QUEUE)?;
    Ok(host)
}

fn start<'a>(verb: &'a str, id: &'a str, kind: &'a str, input: &[&'a str]) -> Vec<&'a str> {
    let args = ["workflow", verb, "--workflow-id", id, "--type", kind, "--task-queue", QUEUE];
    let input = input.iter().flat_map(|it| ["--input", it]);
    args.into_iter().chain(input).collect()
}

/// The runs of a workflow id, oldest first, each with its status.
fn runs(host: &Host, id: &str) -> Result<Vec<(String, String)>> {
    let query = format!("WorkflowId = '{id}'");
    let list = temporal_json(host, &["workflow", "list", "--query", &query, "--limit", "100"])?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status =
        |value: &Value| text(value).trim_start_matches("WORKFLOW_EXECUTION_STATUS_").to_owned();
    let runs = list.as_array().context("a list")?.iter();
    Ok(runs.rev().map(|it| (text(&it["execution"]["runId"]), status(&it["status"]))).collect())
}

/// The same history from both command lines, in short.
fn history(host: &Host, id: &str, run: &str) -> Result<String> {
    let which = ["workflow", "show", "--workflow-id", id, "--run-id", run];
    let theirs = temporal_json(host, &which)?;
    let ours = host.json(&which)?;
    let events = |it: &Value| summary(it["events"].as_array().map_or(&[], |it| it));
    assert_eq!(events(&theirs), events(&ours));
    Ok(events(&ours))
}

fn account_goes_on(language: &str) -> Result<()> {
    let host = host("account", language, &[])?;
    temporal(&host, &start("start", "account", "account", &["[]", "2"]))?;
    for deposit in ["7", "8", "9"] {
        let signal = ["workflow", "signal", "--workflow-id", "account", "--name", "deposit"];
        temporal(&host, &[&signal[..], &["--input", deposit]].concat())?;
    }
    let query = ["workflow", "query", "--workflow-id", "account", "--name", "deposits"];
    assert_eq!(temporal_json(&host, &query)?["queryResult"], json!([3]));
    let close = ["workflow", "signal", "--workflow-id", "account", "--name", "close"];
    temporal(&host, &close)?;
    let result = temporal_json(&host, &["workflow", "result", "--workflow-id", "account"])?;
    assert_eq!(result["result"], json!([7, 8, 9]));
    let runs = runs(&host, "account")?;
    let [(first, how), (second, end)] = &runs[..] else {
        anyhow::bail!("expected two runs, found {runs:?}");
    };
    assert_eq!((how.as_str(), end.as_str()), ("CONTINUED_AS_NEW", "COMPLETED"));
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 workflow execution signaled deposit
         6 workflow task scheduled
         7 workflow task started
         8 workflow task completed
         9 workflow execution signaled deposit
        10 workflow task scheduled
        11 workflow task started
        12 workflow task completed
        13 workflow execution continued as new
    "#]]
    .assert_eq(&history(&host, "account", first)?);
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 workflow execution signaled deposit
         6 workflow task scheduled
         7 workflow task started
         8 workflow task completed
         9 workflow execution signaled close
        10 workflow task scheduled
        11 workflow task started
        12 workflow task completed
        13 workflow execution completed
    "#]]
    .assert_eq(&history(&host, "account", second)?);
    Ok(())
}

#[test]
fn an_account_in_rust_goes_on_in_a_new_run_with_its_deposits() -> Result<()> {
    account_goes_on("rust")
}

#[test]
fn an_account_in_typescript_goes_on_in_a_new_run_with_its_deposits() -> Result<()> {
    account_goes_on("typescript")
}

#[test]
fn an_account_in_python_goes_on_in_a_new_run_with_its_deposits() -> Result<()> {
    account_goes_on("python")
}

/// Sends all deposits one after the other, each until it is answered, and every seventh once more.
async fn deposit_all(client: Client, sent: Arc<AtomicU32>, deadline: Instant) -> Result<()> {
    for nth in 0..N_DEPOSITS {
        let (payload, request) = ([json(&json!(nth))], format!("deposit-{nth}"));
        let signal = || client.signal("account", "deposit", &payload, &request);
        until_answered(deadline, signal).await.with_context(|| format!("deposit {nth}"))?;
        if nth % 7 == 0 {
            until_answered(deadline, signal).await.with_context(|| format!("{nth} again"))?;
        }
        sent.fetch_add(1, Ordering::Relaxed);
    }
    let signal = || client.signal("account", "close", &[], "close");
    until_answered(deadline, signal).await.context("close")?;
    Ok(())
}

/// Every seventh run has exactly so many deposits that the one that is sent again comes to the next.
fn account_survives(language: &str) -> Result<()> {
    let mut host = host("account-killed", language, &[])?;
    temporal(&host, &start("start", "account", "account", &["[]", "29"]))?;
    let (runtime, sent) = (runtime()?, Arc::new(AtomicU32::new(0)));
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    let deadline = Instant::now() + AT_MOST;
    let sending = runtime.spawn(deposit_all(client, Arc::clone(&sent), deadline));
    for kill_at in [150, 400, 777] {
        eventually("deposits", || {
            ensure!(!sending.is_finished(), "the sender has ended");
            Ok((sent.load(Ordering::Relaxed) >= kill_at).then_some(()))
        })?;
        host.kill()?;
        host.start_again()?;
    }
    runtime.block_on(sending)??;
    let result = temporal_json(&host, &["workflow", "result", "--workflow-id", "account"])?;
    let expected: Vec<u32> = (0..N_DEPOSITS).collect();
    assert_eq!(result["result"], json!(expected), "each deposit once, in order");
    let runs = runs(&host, "account")?;
    assert_eq!(runs.len(), 1000 / 29 + 1);
    let (_, last) = runs.last().context("a run")?;
    assert_eq!(last, "COMPLETED");
    assert!(runs[..runs.len() - 1].iter().all(|it| it.1 == "CONTINUED_AS_NEW"), "{runs:?}");
    Ok(())
}

#[test]
fn an_account_in_rust_takes_each_of_a_thousand_deposits_once_while_its_host_is_killed() -> Result<()>
{
    account_survives("rust")
}

#[test]
fn an_account_in_typescript_takes_each_of_a_thousand_deposits_once_while_its_host_is_killed()
-> Result<()> {
    account_survives("typescript")
}

/// Days that pass while a client waits: each time for the end of the run that is the latest then.
fn runs_to_the_end(host: &Host, id: &str, n_runs: usize) -> Result<Vec<(String, String)>> {
    for _ in 0..n_runs {
        host.try_cli(&["workflow", "result", "--workflow-id", id])?;
    }
    let runs = runs(host, id)?;
    let statuses: Vec<_> = runs.iter().map(|it| it.1.as_str()).collect();
    let expected = ["COMPLETED", "FAILED", "COMPLETED", "CONTINUED_AS_NEW", "COMPLETED"];
    assert_eq!(statuses, expected[expected.len() - n_runs..]);
    let result = temporal_json(host, &["workflow", "result", "--workflow-id", id])?;
    assert_eq!(result["result"], json!(2), "{result}");
    Ok(runs)
}

fn digest_is_written(language: &str) -> Result<()> {
    let host = host("digest", language, &["--time-skipping"])?;
    let cron = "CRON_TZ=Europe/Paris 0 7 * * *";
    temporal(
        &host,
        &[&start("start", "digest", "digest", &["2"])[..], &["--cron", cron]].concat(),
    )?;
    let runs = runs_to_the_end(&host, "digest", 5)?;
    let mut begun = String::new();
    for (run, _) in &runs {
        let which = ["workflow", "show", "--workflow-id", "digest", "--run-id", run];
        let shown = temporal_json(&host, &which)?;
        let started = &shown["events"][0]["workflowExecutionStartedEventAttributes"];
        assert_eq!(started["firstExecutionRunId"], runs[0].0.as_str());
        let text = |name: &str| started[name].as_str().unwrap_or("-").to_owned();
        // Base64 of JSON.
        let result = &started["lastCompletionResult"]["payloads"][0]["data"];
        let why = started["continuedFailure"]["message"].as_str().unwrap_or("-").to_owned();
        let (initiator, cron) = (text("initiator"), text("cronSchedule"));
        begun.push_str(&format!("{initiator} `{cron}` result {result} failure {why}\n"));
        let task = |it: &Value| {
            let time = it["eventTime"].as_str().unwrap_or_default().get(11..16);
            (it["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED")
                .then(|| time.map(str::to_owned))
        };
        let times: Vec<_> =
            shown["events"].as_array().into_iter().flatten().filter_map(task).collect();
        // Seven in Paris, in winter or in summer.
        assert!(matches!(times[0].as_deref(), Some("06:00" | "05:00")), "{times:?}");
    }
    expect![[r#"
        CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE `CRON_TZ=Europe/Paris 0 7 * * *` result null failure -
        CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE `CRON_TZ=Europe/Paris 0 7 * * *` result "MQ==" failure -
        CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE `CRON_TZ=Europe/Paris 0 7 * * *` result "MQ==" failure the printer is stuck
        CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE `CRON_TZ=Europe/Paris 0 7 * * *` result "Mg==" failure -
        CONTINUE_AS_NEW_INITIATOR_WORKFLOW `-` result "Mg==" failure -
    "#]].assert_eq(&begun);

    let ours = start("start", "ours", "digest", &["2"]);
    host.cli(&[&ours[..], &["--cron", "@every 90m"]].concat())?;
    runs_to_the_end(&host, "ours", 5)?;
    let said = host.try_cli(&[&ours[..], &["--cron", "at seven"]].concat())?;
    assert!(said.stderr.contains("invalid CronSchedule."), "{said:?}");

    // A parent waits for the end of the chain.
    let publisher = start("execute", "publisher", "publisher", &["\"@daily\"", "2"]);
    let published = temporal_json(&host, &publisher)?;
    assert_eq!(published["result"], json!(2), "{published}");
    assert_eq!(self::runs(&host, "digest-of-publisher")?.len(), 5);
    Ok(())
}

#[test]
fn a_digest_in_rust_is_written_each_morning() -> Result<()> {
    digest_is_written("rust")
}

#[test]
fn a_digest_in_typescript_is_written_each_morning() -> Result<()> {
    digest_is_written("typescript")
}

#[test]
fn a_digest_in_python_is_written_each_morning() -> Result<()> {
    digest_is_written("python")
}

fn chains_by_python(language: &str) -> Result<()> {
    let host = host("chains-python", language, &[])?;
    let said = output(python("chains")?.arg(host.address()))?.or_fail("chains", &[])?;
    expect![[r#"
        attempt 3 after attempt 2 failed
        first attempt: Workflow continued as new
        failed: Flaky: attempt 3 failed
        canceled: True CANCELED
        terminated: TERMINATED
        old handle: NOT_FOUND RUNNING
        refused: INVALID_ARGUMENT invalid CronSchedule. cron schedule `at noon` has 2 fields, expected 5
    "#]].assert_eq(&said);
    let attempts = runs(&host, "flaky")?;
    let statuses: Vec<_> = attempts.iter().map(|it| it.1.as_str()).collect();
    assert_eq!(statuses, ["FAILED", "FAILED", "COMPLETED"]);
    Ok(())
}

#[test]
fn chains_in_rust_are_one_workflow_to_temporals_python_client() -> Result<()> {
    chains_by_python("rust")
}

#[test]
fn chains_in_typescript_are_one_workflow_to_temporals_python_client() -> Result<()> {
    chains_by_python("typescript")
}

#[test]
fn chains_in_python_are_one_workflow_to_temporals_python_client() -> Result<()> {
    chains_by_python("python")
}

#[test]
fn chains_are_one_workflow_to_temporals_typescript_client() -> Result<()> {
    let host = host("chains-typescript-client", "typescript", &[])?;
    let said = output(typescript("chains")?.arg(host.address()))?.or_fail("chains.mjs", &[])?;
    expect![[r#"
        retried: attempt 3 after attempt 2 failed
        first attempt: WorkflowContinuedAsNewError
        followed: [7]
        not followed: WorkflowContinuedAsNewError
        cancel of another chain: WorkflowNotFoundError RUNNING
        canceled: WorkflowFailedError <- CancelledFailure CANCELLED
        terminated: WorkflowFailedError <- TerminatedFailure TERMINATED
        old handle: WorkflowNotFoundError RUNNING
        reset: WorkflowFailedError <- TerminatedFailure
        again: [7]
    "#]]
    .assert_eq(&said);
    Ok(())
}
