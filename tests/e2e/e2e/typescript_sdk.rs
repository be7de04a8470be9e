//! The TypeScript SDK: a file that was written for Temporal's, built as it stands.

use crate::common::{directory, start_with, task_failure, typescript};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::{eventually, output_within};
use refrain_e2e::{Host, order, paths};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const QUEUE: &str = "names";
/// On a machine with much else to do.
const SLOW: Duration = Duration::from_secs(120);

fn host(name: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &[])?;
    order::deploy_guest(&host, "typescript/temporal-names", QUEUE)?;
    Ok(host)
}

fn start(host: &Host, workflow_type: &str) -> Result<()> {
    start_with(host, workflow_type, workflow_type, QUEUE, &[])
}

#[test]
fn a_file_of_temporals_sdk_finds_its_names_and_those_of_the_web() -> Result<()> {
    let host = host("typescript-names")?;
    start(&host, "everything")?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "everything"])?;
    expect![[r#"
        {"stored":["one","two","nobody"],"trigger":"pulled","ticks":3,"given":"given up","canceled":true,"url":["shop.example",["7","8"]],"copy":["1970-01-01T00:00:00.000Z",2],"uuids":[36,36,36],"dice":true,"elapsed":true,"bytes":"grün","base64":"refrain"}
    "#]].assert_eq(&result);

    start(&host, "common")?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "common"])?;
    expect![[r#"
        {"taken":["common-child","approval"],"first":{"by":"eve"},"day":86400000,"failure":"RangeError","ofItsClass":"Unpaid","timeout":"HEARTBEAT"}
    "#]]
    .assert_eq(&result);

    start(&host, "ofNode")?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "ofNode"])?;
    expect![[r#"
        {"wrong":["AssertionError","one is not two"],"none":null,"weak":"DeterminismViolationError","stored":7,"url":"https://shop.example/a"}
    "#]]
    .assert_eq(&result);
    let log = host.log()?;
    assert_eq!(log.matches("loaded 2").count(), 5, "a line for each run: {log}");

    start(&host, "approval")?;
    let signal = ["workflow", "signal", "--workflow-id", "approval", "--name", "approve"];
    host.cli(&[&signal[..], &["--input", r#""ann""#]].concat())?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "approval"])?;
    expect![[r#"
        {"by":"ann"}
    "#]]
    .assert_eq(&result);
    let by =
        host.cli(&["workflow", "query", "--workflow-id", "approval", "--type", "approvedBy"])?;
    expect![[r#"
        "ann"
    "#]]
    .assert_eq(&by);
    // A class is no workflow.
    let start = ["workflow", "start", "--type", "Countdown", "--task-queue", QUEUE];
    let refused = host.try_cli(&start)?;
    assert!(refused.code != Some(0) && refused.stderr.contains("Countdown"), "{refused:?}");
    assert!(host.log()?.contains(r#"alerts.raise ["approved",1]"#), "{}", host.log()?);
    Ok(())
}

#[test]
fn the_stack_of_a_failure_names_the_authors_file_and_line() -> Result<()> {
    let host = host("typescript-stack")?;
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    start(&host, "failure")?;
    let failed = host.try_cli(&["workflow", "result", "--workflow-id", "failure"])?;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let history = host.history("failure")?;
    let failed = history.iter().find_map(|it| it.get("workflowExecutionFailedEventAttributes"));
    let stack = failed.map(|it| text(&it["failure"]["stackTrace"]).replace("    at", "at"));
    expect![[r#"
        at checked (temporal-names/workflow.ts:143)
        at <anonymous> (temporal-names/workflow.ts:149)"#]]
    .assert_eq(&stack.unwrap_or_default());

    // A mistake fails the task alone, and says where it is too.
    start(&host, "mistake")?;
    let message = text(&task_failure(&host, "mistake")?["failure"]["message"]);
    let said = message.split(';').next().unwrap_or_default();
    expect![[r#"
        [W0201] guest failed: TypeError: cannot read property 'name' of undefined
            at <anonymous> (temporal-names/workflow.ts:155)"#]]
    .assert_eq(said);
    Ok(())
}

/// What differs from run to run, or from machine to machine, is the same live and in replay.
#[test]
fn what_a_program_draws_is_the_same_after_its_memory_is_gone() -> Result<()> {
    let mut host = host("typescript-draws")?;
    start(&host, "draws")?;
    let drawn = |host: &Host| {
        let query = ["workflow", "query", "--workflow-id", "draws", "--type", "drawn"];
        Ok::<Value, anyhow::Error>(serde_json::from_str(host.cli(&query)?.trim())?)
    };
    let live = eventually("it has drawn twice", || {
        let values = drawn(&host)?;
        Ok((values.as_array().is_some_and(|it| it.len() == 19)).then_some(values))
    })?;
    expect![[r#"
        [
          "at once",
          "sooner",
          "aborted",
          "later"
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&live[8])?);
    assert_eq!(live[9], json!({ "order": live[8] }));
    assert_ne!(live[3], live[14], "chance");
    assert_ne!(live[0], live[11], "time");
    host.kill()?;
    host.start_again()?;
    assert_eq!(drawn(&host)?, live);
    assert_eq!(host.log()?.matches("drawn 11").count(), 1, "{}", host.log()?);
    Ok(())
}

/// One line per mistake: what its author is told.
#[test]
fn mistakes_are_told_to_their_author_with_what_to_do() -> Result<()> {
    let host = Host::start(&directory("typescript-bad"), &[])?;
    order::deploy_guest(&host, "typescript/bad", QUEUE)?;
    let mistakes = [
        "throwsText",
        "throwsObject",
        "throwsUndefined",
        "returnsBigInt",
        "returnsCycle",
        "returnsFunction",
        "sendsBigInt",
        "namesNoTimeout",
        "neverYields",
        "neverRests",
        "recurses",
        "forgets",
        "forgetsAtTheEnd",
        "forgetsWhatFollows",
        "forgetsActivity",
        "throwsInTimer",
        "reachesOut",
    ];
    for mistake in mistakes {
        start(&host, mistake)?;
    }
    let mut told = String::new();
    for mistake in mistakes {
        let failure = task_failure(&host, mistake)?;
        let message = failure["failure"]["message"].as_str().unwrap_or_default();
        let message = message.trim_start_matches("[W0201] guest failed: ");
        let message = message.split([';', '\n']).next().unwrap_or_default();
        told.push_str(&format!("{mistake}: {message}\n"));
    }
    expect![[r#"
        throwsText: TypeError: the string "out of paper" was thrown: throw an `ApplicationFailure` to fail the workflow, or another Error
        throwsObject: TypeError: the object {"code":42,"parts":["tray"]} was thrown: throw an `ApplicationFailure` to fail the workflow, or another Error
        throwsUndefined: TypeError: undefined was thrown: throw an `ApplicationFailure` to fail the workflow, or another Error
        returnsBigInt: PayloadConverterError: the result of workflow `returnsBigInt` can't be stored: `order.total` is a BigInt, which JSON does not have: give a string
        returnsCycle: PayloadConverterError: the result of workflow `returnsCycle` can't be stored: `child.parent` is part of itself: give an id instead
        returnsFunction: PayloadConverterError: the result of workflow `returnsFunction` can't be stored: a function has no JSON form: give what it stands for
        sendsBigInt: PayloadConverterError: `total` is a BigInt, which JSON does not have: give a string
        namesNoTimeout: TypeError: an activity needs `startToCloseTimeout` or `scheduleToCloseTimeout`
        neverYields: guest ran for more than 1000 ms without waiting for anything: do long work in an activity, or raise `--guest-time`
        neverRests: guest ran for more than 1000 ms without waiting for anything: do long work in an activity, or raise `--guest-time`
        recurses: wasm trap: call stack exhausted: a function calls itself without end, or too deeply for a stack of 1048576 bytes: go through the data in a loop instead, or do it in an activity
        forgets: UnhandledRejectionError: Unhandled Promise rejection: Error: nobody looks (await the promise, or handle its failure with `catch`)
        forgetsAtTheEnd: UnhandledRejectionError: Unhandled Promise rejection: Error: nobody looks any more (await the promise, or handle its failure with `catch`)
        forgetsWhatFollows: UnhandledRejectionError: Unhandled Promise rejection: SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2) (await the promise, or handle its failure with `catch`)
        forgetsActivity: UnhandledRejectionError: Unhandled Promise rejection: PayloadConverterError: `total` is a BigInt, which JSON does not have: give a string (await the promise, or handle its failure with `catch`)
        throwsInTimer: RangeError: too late
        reachesOut: ReferenceError: fetch is not defined (workflows do no I/O: call it in an activity)
    "#]].assert_eq(&told);

    let failure = task_failure(&host, "throwsInTimer")?;
    let message = failure["failure"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("(bad/workflow.ts:119)"), "{message}");

    start_with(&host, "depth-2", "asksInVain", QUEUE, &["2"])?;
    let said = host.try_cli(&["workflow", "result", "--unless-broken", "-w", "depth-2"])?;
    let told = "error: workflow `asksInVain` (depth-0) is broken, its workflow task failed\n";
    assert!(said.stderr.starts_with(told), "{said:?}");

    start(&host, "looksInTime")?;
    expect![[
        r#"["later","first","raced","frozen","slow","of a class of its own","true","false","TypeError"]"#
    ]]
    .assert_eq(&order::result(&host, "looksInTime")?);

    start(&host, "answersLater")?;
    let query = ["workflow", "query", "--workflow-id", "answersLater", "--type", "slow"];
    let said = host.try_cli(&query)?;
    assert!(said.stderr.contains("is async: answer from what the workflow knows"), "{said:?}");
    Ok(())
}

/// What a program says that starts a host of its own.
fn program(name: &str, guests: &[&str]) -> Result<String> {
    let mut node = typescript(name)?;
    node.arg(paths::binary()?).env("REFRAIN_CACHE_DIR", paths::cache());
    for guest in guests {
        node.arg(paths::guest(guest)?);
    }
    let said = output_within(SLOW, &mut node)?.or_fail(name, guests)?;
    let (_, of_program) = said.split_once("ready; Ctrl-C stops it\n").unwrap_or(("", &said));
    Ok(of_program.replace("stopped\n", ""))
}

#[test]
fn an_author_tests_a_workflow_with_mocked_activities_and_is_told_of_mistakes_at_once() -> Result<()>
{
    expect![[r#"
        a chair escalated
        a week passed at once
        pending
        a desk done for Ann
        asked for a chair and a desk
        both replay
        another component does not: W0101
        workflow `throwsObject` (printer) is broken, its workflow task failed: [W0201] guest failed: TypeError: the object {"code":42,"parts":["tray"]} was thrown: throw an `ApplicationFailure` to fail the workflow, or another Error
        workflow `asksInVain` (depth-0) is broken, its workflow task failed: [W0201] guest failed: TypeError: the object {"code":42} was thrown: throw an `ApplicationFailure` to fail the workflow, or another Error
        nothing stands for the activity `charge` of workflow `order` (order-7): Activity function charge is not registered on this Worker, available activities: ["ship"]
    "#]]
    .assert_eq(&program("test_kit", &["typescript/approval"])?);
    Ok(())
}

#[test]
fn trace_context_goes_from_a_client_through_interceptors_to_activities() -> Result<()> {
    expect![[r#"
        visit in 00-start
        guest in 00-start
        ring in 00-signal
        it replays
    "#]]
    .assert_eq(&program("trace_context", &["typescript/trace-context"])?);
    Ok(())
}

#[test]
fn the_package_has_the_names_and_the_types_of_temporals() -> Result<()> {
    let tests = paths::root().join("sdk/typescript/test");
    paths::typescript_clients()?;
    let mut node = Command::new("node");
    let said = output_within(SLOW, node.arg("--test").arg(&tests))?;
    assert_eq!(said.code, Some(0), "{}", said.stdout);
    Ok(())
}

/// Orders, payments, notifications, a schedule and two versions, as an article would have them.
#[test]
fn the_programs_that_people_write_first_run_as_they_stand() -> Result<()> {
    let versions = ["typescript/patched-upgrade-v1", "typescript/patched-upgrade-v2"];
    let guests = ["typescript/first-programs", versions[0], versions[1]];
    expect![[r#"
        order: 7 with 2 items for Ann
        order: order 8 was not paid within 24 hours
        payment: charge-3 after 3 seconds
        payment: payment declined at attempt 3
        notified: 120 ids: 120 true
        on: notifications
        schedule: Fri 9:00 AM, Mon 9:00 AM, Thu 9:00 AM, Tue 9:00 AM, Wed 9:00 AM
        policies: SKIP 24 hours
        reports: true
        old: version 1: charged, reserved
        young: version 2: charged, express
    "#]]
    .assert_eq(&program("first_programs", &guests)?);
    Ok(())
}
