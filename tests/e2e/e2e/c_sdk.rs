//! Workflows in C and in what calls C; the scenarios that all languages share are beside the others.

use crate::common::{directory, start_with, summary, summary_without_tasks, task_failure};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;

/// Evicted at every step.
fn host(name: &str, guest: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &["--warm-runs", "0"])?;
    order::deploy_guest(&host, &format!("c/{guest}"), "c")?;
    Ok(host)
}

fn start(host: &Host, workflow_type: &str, input: &str) -> Result<()> {
    start_with(host, workflow_type, workflow_type, "c", &[input])
}

fn greets(guest: &str, greeting: &str) -> Result<()> {
    let host = host(guest, guest)?;
    start(&host, "hello", "\"Zoë\"")?;
    assert_eq!(order::result(&host, "hello")?, greeting);
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 timer started 1s
         6 timer fired
         7 workflow task scheduled
         8 workflow task started
         9 workflow task completed
        10 workflow execution completed
    "#]]
    .assert_eq(&summary(&host.history("hello")?));
    Ok(())
}

#[test]
fn cpp_calls_the_same_functions() -> Result<()> {
    greets("hello-cpp", "\"Hello, Zoë, from C++\"")
}

#[test]
fn zig_calls_the_same_functions() -> Result<()> {
    let readme = std::fs::read_to_string(paths::root().join("sdk/c/README.md"))?;
    let guest = paths::root().join("guest-examples/c/hello-zig/workflow.zig");
    assert!(readme.contains(&std::fs::read_to_string(guest)?), "what is built is what is shown");
    greets("hello-zig", "\"Hello, Zoë, from Zig\"")
}

fn update(host: &Host, id: &str, n: i64) -> Result<refrain_e2e::host::Said> {
    let update = ["workflow", "update", "execute", "--workflow-id", id, "--name", "add"];
    host.try_cli(&[&update[..], &["--input", &n.to_string()]].concat())
}

/// Each update has a stack of its own, and so has the run that waits meanwhile.
#[test]
fn updates_run_beside_a_blocking_workflow_in_c() -> Result<()> {
    let host = host("c-updates", "toolbox")?;
    start(&host, "counter", "6")?;
    let refused = update(&host, "counter", -1)?;
    assert!(refused.stderr.contains("found -1, expected more than 0"), "{refused:?}");
    let renew = ["workflow", "update", "execute", "--workflow-id", "counter", "--name", "renew"];
    let said = host.try_cli(&renew)?;
    assert!(said.stderr.contains("which only a workflow can"), "{said:?}");
    std::thread::scope(|threads| {
        let updates = [1, 2, 3].map(|n| {
            threads.spawn({
                let host = &host;
                move || update(host, "counter", n)
            })
        });
        for update in updates {
            let said = update.join().expect("no panic")?;
            assert_eq!(said.code, Some(0), "{said:?}");
        }
        anyhow::Ok(())
    })?;
    assert_eq!(order::result(&host, "counter")?, "6");
    let query = ["workflow", "query", "--workflow-id", "counter", "--type", "total"];
    assert_eq!(host.cli(&query)?.trim(), "6");
    Ok(())
}

/// There are stacks for ten; the others are accepted, and begin when those return.
#[test]
fn forty_updates_at_once_are_all_done_in_c_and_so_they_are_when_a_reset_brings_them_again()
-> Result<()> {
    let flags = ["--warm-runs", "0", "--limit", "updates-in-flight=40"];
    let host = Host::start(&directory("c-forty-updates"), &flags)?;
    order::deploy_guest(&host, "c/toolbox", "c")?;
    start(&host, "counter", "40")?;
    let add = ["workflow", "update", "start", "--workflow-id", "counter", "--name", "add"];
    let add = [&add[..], &["--input", "1"]].concat();
    std::thread::scope(|threads| {
        let senders =
            [0; 4].map(|_| threads.spawn(|| (0..10).try_for_each(|_| host.cli(&add).map(drop))));
        senders.into_iter().try_for_each(|it| it.join().expect("no panic"))
    })?;
    assert_eq!(order::result(&host, "counter")?, "40");
    let first = ["--type", "FirstWorkflowTask", "--reason", "again"];
    host.cli(&[&["workflow", "reset", "--workflow-id", "counter"][..], &first].concat())?;
    assert_eq!(order::result(&host, "counter")?, "40");
    let types = host.event_types("counter")?;
    let count = |wanted: &str| types.iter().filter(|it| *it == wanted).count();
    assert_eq!(count("WORKFLOW_EXECUTION_UPDATE_ADMITTED"), 40, "{types:?}");
    assert_eq!(count("WORKFLOW_EXECUTION_UPDATE_COMPLETED"), 40, "{types:?}");
    assert!(host.log()?.contains("waits for its turn"));
    Ok(())
}

#[test]
fn a_run_in_c_continues_without_arguments_and_frees_what_it_is_given() -> Result<()> {
    let host = host("c-again", "toolbox")?;
    start(&host, "again", "1")?;
    assert_eq!(order::result(&host, "again")?, "[]");
    Ok(())
}

#[test]
fn what_else_the_header_has_works_and_is_the_same_in_replay() -> Result<()> {
    let host = host("c-everything", "toolbox")?;
    start(&host, "everything", "1")?;
    let result: Value = serde_json::from_str(&order::result(&host, "everything")?)?;
    expect![[r#"{"continued":true,"id":"everything","memo":{"id":7},"seen":{"canceled":true,"doubled":42,"first":1,"nobody":true,"patched":true,"refused":"Negative","uuid":4}}"#]].assert_eq(&result.to_string());
    let log = eventually("it is logged", || {
        let log = host.log()?;
        Ok((log.contains("printed at 0") && log.contains("logged ä😀")).then_some(log))
    })?;
    assert_eq!(log.matches("printed at 0").count(), 1, "not again in replay");
    Ok(())
}

/// Memo and search attributes are as a client sees them, and what is close by needs no worker.
#[test]
fn a_parcel_in_c_says_where_it_is_and_looks_up_what_is_close_by() -> Result<()> {
    let attributes = ["Stage=Keyword", "Items=Int", "Labels=KeywordList"];
    let flags = attributes.map(|it| ["--search-attribute", it]).concat();
    let host = Host::start(&directory("c-parcel"), &[&flags[..], &["--warm-runs", "0"]].concat())?;
    order::deploy_guest(&host, "c/toolbox", "c")?;
    order::deploy_guest(&host, "rust/mirror-activities", "c")?;
    start(&host, "parcel", "3")?;
    let result: Value = serde_json::from_str(&order::result(&host, "parcel")?)?;
    expect![[r#"{"balked":"Balked","labels":null,"memo":"packed by hand","parent":null,"shouted":"WORLD","stage":"packing"}"#]].assert_eq(&result.to_string());
    expect![[r#"
        workflow execution started
        upsert workflow search attributes
        upsert workflow search attributes
        upsert workflow search attributes
        workflow properties modified
        marker recorded core_local_activity
        marker recorded core_local_activity no
        upsert workflow search attributes
        workflow execution completed
    "#]]
    .assert_eq(&summary_without_tasks(&host.history("parcel")?));
    let found = host.cli(&["workflow", "list", "--query", "Stage = 'packing' AND Items = 3"])?;
    assert!(found.contains("parcel"), "{found}");
    Ok(())
}

/// One line per mistake: what its author is told.
#[test]
fn mistakes_in_c_are_told_to_their_author_with_what_to_do() -> Result<()> {
    let host = host("c-bad", "bad")?;
    let mistakes = ["asserts", "hoards", "leaks", "neverYields", "recurses", "writesAnywhere"];
    for mistake in mistakes {
        start_with(&host, mistake, mistake, "c", &[])?;
    }
    let mut told = String::new();
    for mistake in mistakes {
        let failure = task_failure(&host, mistake)?;
        let message = failure["failure"]["message"].as_str().unwrap_or_default();
        told.push_str(&format!("{mistake}: {message}\n"));
    }
    let unless_broken = ["workflow", "result", "--unless-broken", "--workflow-id", "asserts"];
    let said = host.try_cli(&unless_broken)?;
    told.push_str(&format!("told of it at once: {}\n", said.stderr));
    start(&host, "withoutTimeLimit", "1")?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "withoutTimeLimit"])?;
    told.push_str(&format!("withoutTimeLimit: {}\n", said.stderr));
    // What is no JSON is stored as it is, and who reads it sees what it is.
    start(&host, "returnsNoJson", "1")?;
    told.push_str(&format!("returnsNoJson: {}\n", order::result(&host, "returnsNoJson")?));
    expect![[r#"
        asserts: [W0201] guest failed: Assertion failed: refrain_item(args, 0) != NULL (workflow.c: asserts: 9)
        hoards: [W0201] guest failed: guest asked for 67371008 bytes of memory, at most 67108864 are allowed: keep less, or raise `--guest-memory`
        leaks: [W0201] guest failed: guest has 10000 open operations, more are not allowed: await or cancel some before
        neverYields: [W0201] guest failed: guest ran for more than 1000 ms without waiting for anything: do long work in an activity, or raise `--guest-time`
        recurses: [W0201] guest failed: wasm trap: call stack exhausted: a function calls itself without end, or too deeply for a stack of 1048576 bytes: go through the data in a loop instead, or do it in an activity
        writesAnywhere: [W0201] guest failed: wasm trap: out of bounds memory access: the program reads or writes where it has no memory: a wrong pointer or index, or a function that calls itself too deeply for the stack that its compiler gave it
        told of it at once: error: workflow `asserts` (asserts) is broken, its workflow task failed
          [W0201] guest failed: Assertion failed: refrain_item(args, 0) != NULL (workflow.c: asserts: 9) (GuestTrap)
              0: abort
              1: __assert_fail
              2: asserts
              3: refrain_export_run
        hint: mend the program, and `refrain deploy FILE --task-queue NAME --move`

        withoutTimeLimit: error: workflow `withoutTimeLimit` failed: activity `print`: found neither schedule-to-close-ms nor start-to-close-ms, expected one of them (InvalidActivityOptions)
        hint: `refrain workflow show -w withoutTimeLimit` shows its history

        returnsNoJson: {"total":
    "#]].assert_eq(&told);
    Ok(())
}
