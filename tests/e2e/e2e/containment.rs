//! Guests that misbehave hurt nobody but themselves: their task fails, their run stays open, and others go on.

use crate::common::{BENCH, blank, deploy_bench, directory, start_with, task_failure, temporal};
use anyhow::Result;
use expect_test::{Expect, expect};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::fmt::Write as _;

fn start(host: &Host, queue: &str, workflow_type: &str, input: &str) -> Result<()> {
    let inputs: &[&str] = if input.is_empty() { &[] } else { &[input] };
    start_with(host, workflow_type, workflow_type, queue, inputs)
}

/// What the history says of the task that failed: its cause and why.
fn failed_task(host: &Host, workflow_id: &str) -> Result<String> {
    let failed = task_failure(host, workflow_id)?;
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let told = format!("{}: {}\n", text(&failed["cause"]), text(&failed["failure"]["message"]));
    let told = blank(&told, "sha256:", |c| c.is_ascii_hexdigit());
    let told = blank(&told, "asked for ", |c| c.is_ascii_digit());
    Ok(blank(&told, "lib.rs:", |c| c.is_ascii_digit() || c == ':'))
}

/// Files that are no workflows: refused by `refrain deploy`, and nothing serves the queue afterwards.
#[test]
fn a_file_that_is_no_workflow_is_refused_with_a_reason() -> Result<()> {
    let directory = directory("bad-uploads");
    let host = Host::start(&directory, &[])?;
    let good = std::fs::read(paths::guest("rust/hello")?)?;
    let hollow = b"\0asm\x0d\0\x01\0".to_vec();
    let files = [
        ("nothing", Vec::new()),
        ("text", b"export function order() {}".to_vec()),
        ("elf", b"\x7fELF\x02\x01\x01\0".to_vec()),
        ("core-module", b"\0asm\x01\0\0\0".to_vec()),
        ("no-exports", hollow.clone()),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("huge", [hollow, vec![0; 200 << 20]].concat()),
        ("another-world", importing("", "handle")?),
        (
            "forbidden-import",
            importing("(import \"acme:gpu/cuda\" (instance (export \"f\" (func))))", "run")?,
        ),
    ];
    let mut told = String::new();
    for (name, bytes) in files {
        let file = directory.join(format!("{name}.wasm"));
        std::fs::write(&file, bytes)?;
        let file = file.to_string_lossy().into_owned();
        let said = host.try_cli(&["deploy", &file, "--task-queue", "bad"])?;
        assert_eq!(said.code, Some(1), "{said:?}");
        // That needs no server, and must say the same.
        let checked = host.try_cli(&["component", "check", &file])?;
        assert_eq!((checked.code, &checked.stderr), (said.code, &said.stderr));
        let said = said.stderr.replace(&*directory.to_string_lossy(), "_");
        let said = blank(&said, "after ", |c| c.is_ascii_digit());
        let _ = write!(told, "{name}\n{said}\n");
    }
    expect![[r#"
        nothing
        error: found nothing, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)

        text
        error: found bytes that begin with `65 78 70 6f`, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)

        elf
        error: found bytes that begin with `7f 45 4c 46`, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)

        core-module
        error: found a core module, expected a component: wrap it with `wasm-tools component new`, or build it with one of the SDKs

        no-exports
        error: component exports nothing, expected `run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type

        truncated
        error: component ends too early, after _ bytes: the file is not whole

        huge
        error: component `_/huge.wasm` has 209715208 bytes, at most 67108864 are allowed

        another-world
        error: component exports `handle`, expected `run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type

        forbidden-import
        error: import `acme:gpu/cuda` is unknown: expected only refrain:workflow/* and wasi:*

    "#]].assert_eq(&told);
    let said = host.try_cli(&["workflow", "start", "--type", "order", "--task-queue", "bad"])?;
    assert_eq!(said.code, Some(1), "nothing was deployed: {said:?}");
    Ok(())
}

/// A component that exports a function of that name.
fn importing(imports: &str, export: &str) -> Result<Vec<u8>> {
    Ok(wat::parse_str(format!(
        r#"(component {imports}
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (export "{export}" (func $f)))"#
    ))?)
}

/// The run of a workflow that misbehaves: what its task failed with; others run meanwhile.
fn check(workflow_type: &str, input: &str, expected: &Expect) -> Result<()> {
    let host = Host::start(&directory(&format!("bad-{workflow_type}")), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    deploy_bench(&host)?;
    start(&host, "bad", workflow_type, input)?;
    start(&host, BENCH, "one-activity", "")?;
    host.cli(&["workflow", "result", "--workflow-id", "one-activity"])?;

    expected.assert_eq(&failed_task(&host, workflow_type)?);
    let described = host.json(&["workflow", "describe", "--workflow-id", workflow_type])?;
    let info = &described["workflowExecutionInfo"];
    assert_eq!(info["status"], "WORKFLOW_EXECUTION_STATUS_RUNNING", "{described}");
    let attempt = described["pendingWorkflowTask"]["attempt"].as_i64();
    assert!(attempt >= Some(1), "the task that fails can be seen: {described}");

    // It can be ended, and is gone then.
    host.cli(&["workflow", "terminate", "--workflow-id", workflow_type])?;
    let types = host.event_types(workflow_type)?;
    assert_eq!(types.last().map(String::as_str), Some("WORKFLOW_EXECUTION_TERMINATED"));
    Ok(())
}

#[test]
fn a_guest_that_traps_fails_its_task() -> Result<()> {
    check(
        "trap",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: panicked at bad/src/lib.rs:_
        trapped on purpose
    "#]],
    )
}

/// Where it trapped, by the names of functions: once the task was tried again.
fn described(host: &Host, workflow_id: &str) -> Result<String> {
    eventually("the task is tried again", || {
        let told = host.cli(&["workflow", "describe", "--workflow-id", workflow_id])?;
        let failed = told.split_once("Pending workflow task: ").map(|it| it.1.to_owned());
        Ok(failed.filter(|it| it.lines().count() > 1))
    })
}

#[test]
fn a_trap_is_described_with_the_names_of_the_functions_that_it_came_through() -> Result<()> {
    let host = Host::start(&directory("bad-described"), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    order::deploy_guest(&host, "typescript/temporal-names", "names")?;
    start(&host, "bad", "trap", "")?;
    start(&host, "names", "mistake", "")?;
    let told = described(&host, "trap")?;
    for line in ["Scheduled, attempt ", "trapped on purpose", "panic_fmt", "bad::give_up"] {
        assert!(told.contains(line), "no `{line}` in\n{told}");
    }
    let told = described(&host, "mistake")?;
    let source = "guest-examples/typescript/temporal-names/workflow.ts";
    let source = std::fs::read_to_string(paths::root().join(source))?;
    let before = source.lines().take_while(|it| !it.contains("nothing!.name")).count();
    let place = format!("(temporal-names/workflow.ts:{})", before + 1);
    for line in ["cannot read property 'name'", &place] {
        assert!(told.contains(line), "no `{line}` in\n{told}");
    }
    // Of the engine that the program runs in.
    for noise in ["panicked at", "Exception {", "wasm function"] {
        assert!(!told.contains(noise), "`{noise}` in\n{told}");
    }
    for (id, stack) in [("trap", "  0: "), ("mistake", "")] {
        let failed = task_failure(&host, id)?;
        let told = failed["failure"]["stackTrace"].as_str().unwrap_or_default();
        assert!(told.starts_with(stack) && told.is_empty() == stack.is_empty(), "{told}");
        let shown = temporal(&host, &["workflow", "show", "--workflow-id", id])?;
        assert!(shown.contains("WorkflowTaskFailed"), "{shown}");
    }
    Ok(())
}

#[test]
fn a_result_that_has_no_json_form_fails_the_task() -> Result<()> {
    check(
        "wrong-shape",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: panicked at refrain/sdk/rust/src/payload.rs:23:21:
        a value of type alloc::collections::btree::map::BTreeMap<(u8, u8), u8> can't be written as JSON, key must be a string: give what has a JSON form, as a list of pairs for a map whose keys are no strings
    "#]],
    )
}

#[test]
fn a_panic_without_words_fails_the_task() -> Result<()> {
    check(
        "wrong-payload",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: panicked at bad/src/lib.rs:_
    "#]],
    )
}

#[test]
fn a_guest_that_does_not_yield_is_stopped() -> Result<()> {
    check(
        "spin",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: guest ran for more than 1000 ms without waiting for anything: do long work in an activity, or raise `--guest-time`
    "#]],
    )
}

#[test]
fn a_guest_that_hoards_memory_is_stopped() -> Result<()> {
    check(
        "oom",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: guest asked for _ bytes of memory, at most 67108864 are allowed: keep less, or raise `--guest-memory`
    "#]],
    )
}

#[test]
fn a_guest_that_recurses_without_end_is_stopped() -> Result<()> {
    check(
        "deep",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: wasm trap: call stack exhausted: a function calls itself without end, or too deeply for a stack of 1048576 bytes: go through the data in a loop instead, or do it in an activity
    "#]],
    )
}

#[test]
fn a_guest_that_asks_for_more_and_more_is_stopped() -> Result<()> {
    check(
        "flood",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: guest has 10000 open operations, more are not allowed: await or cancel some before
    "#]],
    )
}

#[test]
fn a_guest_that_logs_without_end_is_stopped() -> Result<()> {
    check(
        "flood-log",
        "",
        &expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: [W0201] guest failed: guest ran for more than 1000 ms without waiting for anything: do long work in an activity, or raise `--guest-time`
    "#]],
    )
}

#[test]
fn a_result_over_the_limit_fails_the_task() -> Result<()> {
    check(
        "huge-result",
        "3",
        &expect![[r#"
            WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE: [W0202] result: 3145748 bytes found, at most 2097152 are allowed
        "#]],
    )
}

/// The program could handle it: this one does not.
#[test]
fn an_argument_over_the_limit_fails_the_activity() -> Result<()> {
    let host = Host::start(&directory("bad-argument"), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start(&host, "bad", "huge-argument", "3")?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "huge-argument"])?;
    assert_eq!(said.code, Some(1));
    expect![[r#"
        error: workflow `huge-argument` failed: activity `noop`: arguments have 3145748 bytes, at most 2097152 are allowed (InvalidActivityOptions)
        hint: `refrain workflow show -w huge-argument` shows its history
    "#]].assert_eq(&said.stderr);
    Ok(())
}

#[test]
fn a_query_that_does_not_yield_is_stopped_and_the_run_goes_on() -> Result<()> {
    let host = Host::start(&directory("bad-query"), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start(&host, "bad", "spin-in-query", "")?;
    let query = ["workflow", "query", "--workflow-id", "spin-in-query", "--name", "spin"];
    let said = host.try_cli(&query)?;
    assert_eq!(said.code, Some(1), "{said:?}");
    host.cli(&["workflow", "signal", "--workflow-id", "spin-in-query", "--name", "go"])?;
    host.cli(&["workflow", "result", "--workflow-id", "spin-in-query"])?;
    Ok(())
}

/// What it did before is in history; in replay it does something else.
#[test]
fn a_guest_that_diverges_in_replay_fails_its_task_and_loses_nothing() -> Result<()> {
    let mut host = Host::start(&directory("bad-diverges"), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start(&host, "bad", "nondeterministic", "")?;
    eventually("the timer is set", || {
        let types = host.event_types("nondeterministic")?;
        Ok(types.iter().any(|it| it == "TIMER_STARTED").then_some(()))
    })?;
    host.kill()?;
    host.start_again()?;
    // The timer is due, or a signal comes: either replays the run.
    host.cli(&["workflow", "signal", "--workflow-id", "nondeterministic", "--name", "go"])?;
    expect![[r#"
        WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: [W0101] diverged from history at event 5: recorded `timer 1 started 1s`, guest asked for `timer 1 started 2s`; the component is the same, sha256:_
    "#]].assert_eq(&failed_task(&host, "nondeterministic")?);
    let types = host.event_types("nondeterministic")?;
    assert!(types.iter().any(|it| it == "WORKFLOW_EXECUTION_SIGNALED"), "{types:?}");
    Ok(())
}

/// A workflow that fails by itself is not one that misbehaves.
#[test]
fn a_failure_of_the_program_ends_the_run() -> Result<()> {
    let host = Host::start(&directory("bad-fail"), &[])?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start(&host, "bad", "fail", "\"OnPurpose\"")?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "fail"])?;
    assert_eq!(said.code, Some(1));
    expect![[r#"
        error: workflow `fail` failed: failed on purpose (OnPurpose)
        hint: `refrain workflow show -w fail` shows its history
    "#]]
    .assert_eq(&said.stderr);
    Ok(())
}
