//! The Python SDK: its README as it stands, and mistakes, which are told to their author.

use crate::common::{directory, task_failure};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::output;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

const QUEUE: &str = "mistakes";

/// The programs in a README, in order.
fn programs(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```python\n").skip(1);
    blocks.filter_map(|it| it.split_once("```")).map(|(program, _)| program).collect()
}

#[test]
fn the_readme_of_the_python_sdk_is_built_and_tests_itself() -> Result<()> {
    let readme = std::fs::read_to_string(paths::root().join("sdk/python/README.md"))?;
    let programs = programs(&readme);
    let [workflow, test] = programs.as_slice() else { panic!("{} programs", programs.len()) };
    let guest = paths::root().join("guest-examples/python/hello/workflow.py");
    assert_eq!(std::fs::read_to_string(guest)?, *workflow, "what is built is what is shown");

    let directory = directory("python-readme");
    std::fs::create_dir_all(&directory)?;
    std::fs::copy(paths::guest("python/hello")?, directory.join("workflow.wasm"))?;
    std::fs::write(directory.join("test_order.py"), test)?;
    // Python's own ending is left out, as in `tests/clients/python/program.py`.
    let run = "import os, runpy; runpy.run_path('test_order.py'); print('passed', flush=True); os._exit(0)";
    let said = output(
        Command::new(paths::client_program("python")?)
            .args(["-c", run])
            .current_dir(&directory)
            .env("PYTHONPATH", paths::root().join("sdk/python/src"))
            .env("REFRAIN_BIN", paths::binary()?)
            .env("REFRAIN_CACHE_DIR", paths::cache()),
    )?;
    assert!(said.stdout.ends_with("passed\n"), "{said:?}");
    Ok(())
}

fn start(host: &Host, workflow_type: &str, input: &str) -> Result<String> {
    let id = format!("{workflow_type}{}", input.replace('"', "-"));
    let start = ["workflow", "start", "--workflow-id", &id, "--type", workflow_type];
    let input: &[&str] = if input == "null" { &[] } else { &["--input", input] };
    host.cli(&[&start[..], &["--task-queue", QUEUE], input].concat())?;
    Ok(id)
}

/// What the run's author is told, without the trap that all of it comes in.
fn told(host: &Host, workflow_type: &str, input: &str) -> Result<String> {
    let id = start(host, workflow_type, input)?;
    let message = task_failure(host, &id)?["failure"]["message"].clone();
    let message = message.as_str().context("a message")?;
    let (_, told) = message.split_once("instruction executed: ").unwrap_or(("", message));
    Ok(told.to_owned())
}

#[test]
fn a_mistake_in_python_is_told_with_the_authors_file_and_line() -> Result<()> {
    let host = Host::start(&directory("python-mistakes"), &[])?;
    order::deploy_guest(&host, "python/bad", QUEUE)?;
    let mut all = String::new();
    for (workflow_type, input) in [
        ("mistake", "null"),
        ("wrong-shape", "null"),
        ("wrong-argument", r#""seven""#),
        ("deep", "null"),
        ("outside", r#""network""#),
        ("outside", r#""thread""#),
        ("outside", r#""file""#),
    ] {
        writeln!(all, "{workflow_type} {input}: {}\n", told(&host, workflow_type, input)?)?;
    }
    expect![[r#"
        mistake null: KeyError: 'customer'
          File "bad/workflow.py", line 16, in Mistake.run
            return look_up({})["name"]
          File "bad/workflow.py", line 20, in look_up
            return order["customer"]

        wrong-shape null: TypeError: the result of workflow wrong-shape: a value of type dict can't be written as JSON: await wasn't used with future; use dataclasses, lists, dicts, strings, numbers

        wrong-argument "seven": TypeError: the arguments of workflow wrong-argument: expected int, got 'seven'

        deep null: RecursionError: maximum recursion depth exceeded
          File "bad/workflow.py", line 43, in Deep.run
            return down(0)
          File "bad/workflow.py", line 47, in down
            return 1 + down(n + 1)
          [990 more of the same]

        outside "network": RuntimeError: a workflow has no network: do this in an activity
          File "bad/workflow.py", line 75, in Outside.run
            await asyncio.open_connection("example.com", 80)

        outside "thread": RuntimeError: a workflow has no threads: do this in an activity
          File "bad/workflow.py", line 77, in Outside.run
            await asyncio.to_thread(print)

        outside "file": FileNotFoundError: [Errno 44] No such file or directory: 'orders.txt'
          File "bad/workflow.py", line 79, in Outside.run
            open("orders.txt")
        hint: a workflow has no files and no network: do this in an activity

    "#]]
    .assert_eq(&all);
    Ok(())
}

#[test]
fn python_that_never_waits_is_stopped() -> Result<()> {
    let host = Host::start(&directory("python-spins"), &[])?;
    order::deploy_guest(&host, "python/bad", QUEUE)?;
    for workflow_type in ["spin", "busy-wait"] {
        let id = start(&host, workflow_type, "null")?;
        let failure: Value = task_failure(&host, &id)?;
        assert_eq!(
            failure["failure"]["applicationFailureInfo"]["type"], "GuestOutOfTime",
            "{failure}"
        );
    }
    Ok(())
}
