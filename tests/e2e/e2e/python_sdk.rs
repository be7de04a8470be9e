//! The Python SDK: its README as it stands, and mistakes, which are told to their author.

use crate::common::{directory, task_failure};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{output, output_within};
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const QUEUE: &str = "mistakes";
/// What a loaded machine may need for a type checker.
const SLOW: Duration = Duration::from_secs(300);

/// The programs in a README, in order.
fn programs(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```python\n").skip(1);
    blocks.filter_map(|it| it.split_once("```")).map(|(program, _)| program).collect()
}

#[test]
fn the_readme_of_the_python_sdk_is_built_and_tests_itself_and_another_component_diverges()
-> Result<()> {
    let readme = std::fs::read_to_string(paths::root().join("sdk/python/README.md"))?;
    let programs = programs(&readme);
    let [workflow, test] = programs.as_slice() else { panic!("{} programs", programs.len()) };
    let guest = paths::root().join("guest-examples/python/hello/workflow.py");
    assert_eq!(std::fs::read_to_string(guest)?, *workflow, "what is built is what is shown");

    let directory = directory("python-readme");
    std::fs::create_dir_all(&directory)?;
    std::fs::copy(paths::guest("python/hello")?, directory.join("workflow.wasm"))?;
    std::fs::copy(paths::guest("c/approval")?, directory.join("other.wasm"))?;
    std::fs::write(directory.join("test_order.py"), test)?;
    // Python's own ending is left out, as in `tests/clients/python/program.py`.
    let run = "import os, runpy; kit = runpy.run_path('test_order.py')['testing']\n\
        try: kit.replay('other.wasm', 'order.json')\n\
        except kit.Diverged: print('passed', flush=True)\n\
        os._exit(0)";
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
    Ok(message.strip_prefix("[W0201] guest failed: ").unwrap_or(message).to_owned())
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
        ("raises-text", "null"),
        ("exits", "null"),
        ("outside", r#""network""#),
        ("outside", r#""thread""#),
        ("outside", r#""a thread""#),
        ("outside", r#""pool""#),
        ("outside", r#""process""#),
        ("outside", r#""sleep""#),
        ("outside", r#""sleep by its name""#),
        ("outside", r#""file""#),
    ] {
        writeln!(all, "{workflow_type} {input}: {}\n", told(&host, workflow_type, input)?)?;
    }
    expect![[r#"
        mistake null: KeyError: 'customer'
          File "bad/workflow.py", line 24, in Mistake.run
            return look_up({})["name"]
          File "bad/workflow.py", line 28, in look_up
            return order["customer"]

        wrong-shape null: TypeError: the result of workflow wrong-shape: a value of type dict can't be written as JSON: await wasn't used with future; use dataclasses, lists, dicts, strings, numbers

        wrong-argument "seven": TypeError: the arguments of workflow wrong-argument: expected int, got 'seven'

        deep null: RecursionError: maximum recursion depth exceeded
          File "bad/workflow.py", line 51, in Deep.run
            return down(0)
          File "bad/workflow.py", line 55, in down
            return 1 + down(n + 1)
          [990 more of the same]
        hint: go through the data in a loop instead, or do it in an activity

        raises-text null: TypeError: exceptions must derive from BaseException
          File "bad/workflow.py", line 104, in RaisesText.run
            raise "out of paper"  # type: ignore[misc]

        exits null: SystemExit: out of paper
          File "bad/workflow.py", line 113, in Exits.run
            sys.exit("out of paper")

        outside "network": RuntimeError: a workflow has no network: do this in an activity
          File "bad/workflow.py", line 124, in Outside.run
            await asyncio.open_connection("example.com", 80)

        outside "thread": RuntimeError: a workflow has no threads: do this in an activity
          File "bad/workflow.py", line 126, in Outside.run
            await asyncio.to_thread(print)

        outside "a thread": RuntimeError: a workflow has no threads: do this in an activity
          File "bad/workflow.py", line 128, in Outside.run
            threading.Thread(target=print).start()

        outside "pool": RuntimeError: a workflow has no threads: do this in an activity
          File "bad/workflow.py", line 131, in Outside.run
            await asyncio.get_running_loop().run_in_executor(pool, print)

        outside "process": RuntimeError: a workflow has no processes: do this in an activity
          File "bad/workflow.py", line 133, in Outside.run
            subprocess.run(["true"])

        outside "sleep": RuntimeError: a workflow can't block: await `asyncio.sleep`, which is a timer
          File "bad/workflow.py", line 135, in Outside.run
            time.sleep(1)

        outside "sleep by its name": RuntimeError: a workflow can't block: await `asyncio.sleep`, which is a timer
          File "bad/workflow.py", line 137, in Outside.run
            sleep(1)

        outside "file": FileNotFoundError: [Errno 44] No such file or directory: 'orders.txt'
          File "bad/workflow.py", line 139, in Outside.run
            open("orders.txt")
        hint: a workflow has no files and no network: do this in an activity

    "#]]
    .assert_eq(&all);
    Ok(())
}

#[test]
fn who_is_asked_in_python_may_only_look() -> Result<()> {
    let host = Host::start(&directory("python-asked"), &[])?;
    order::deploy_guest(&host, "python/bad", QUEUE)?;
    let id = start(&host, "asked", "null")?;
    let of = ["--workflow-id", id.as_str()];
    let mut all = String::new();
    for query in ["starts", "waits", "looks"] {
        let ask = ["workflow", "query", "--type", query];
        let said = host.try_cli(&[&ask[..], &of].concat())?;
        writeln!(all, "{query}: {}{}", said.stdout, said.stderr)?;
    }
    let change = ["workflow", "update", "execute", "--name", "change", "--update-id", "u"];
    all += &host.try_cli(&[&change[..], &of].concat())?.stderr;
    expect![[r#"
        starts: error: query starts can't start an activity: it may only look

        waits: error: query waits can't start a timer: it may only look

        looks: true

        error: update `u` failed: the validator of update change can't patch: it may only look (ReadOnlyContextError)
    "#]].assert_eq(&all);
    let started = ["WORKFLOW_EXECUTION_STARTED", "WORKFLOW_TASK_SCHEDULED"];
    let task = ["WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED"];
    assert_eq!(host.event_types(&id)?, [started, task].concat(), "nothing came of it");

    // In replay nobody asks: what is drawn by who only looks is drawn again.
    let peeked = host.cli(&[&["workflow", "query", "--type", "peeks"][..], &of].concat())?;
    let draw = ["workflow", "update", "execute", "--name", "draw"];
    let drawn = host.cli(&[&draw[..], &of].concat())?;
    assert!(drawn.contains(peeked.trim()), "peeked {peeked}, drew {drawn}");
    Ok(())
}

/// A program of the package's own tests, with Temporal's package and a type checker beside it.
fn passes(args: &[&str]) -> Result<()> {
    let said = output_within(
        SLOW,
        Command::new(paths::client_program("python")?)
            .arg("-B")
            .args(args)
            .current_dir(paths::root().join("sdk/python"))
            .env("PYTHONPATH", "src")
            .env("REFRAIN_BIN", paths::binary()?)
            .env("REFRAIN_CACHE_DIR", paths::cache())
            .env("MYPYPATH", "../../guest-examples/python"),
    )?;
    assert_eq!(said.code, Some(0), "{args:?}: {}\n{}", said.stdout, said.stderr);
    Ok(())
}

#[test]
fn the_python_package_has_the_names_of_temporals() -> Result<()> {
    passes(&["test/names.py"])
}

#[test]
fn what_is_no_workflow_in_python_is_told_when_it_is_built() -> Result<()> {
    passes(&["test/mistakes.py"])
}

#[test]
fn the_kit_of_python_leaves_no_thread_of_temporals_behind_that_the_end_of_python_could_meet()
-> Result<()> {
    passes(&["test/ending.py", &paths::guest("c/toolbox")?.to_string_lossy()])
}

#[test]
fn the_kit_of_python_ends_with_a_mistake_of_the_workflow_and_takes_any_callable_for_an_activity()
-> Result<()> {
    let guest = |name| Ok::<_, anyhow::Error>(paths::guest(name)?.to_string_lossy().into_owned());
    passes(&["test/kit.py", &guest("python/bad")?, &guest("python/hello")?])
}

#[test]
fn what_a_component_in_python_begins_with_is_made_immortal() -> Result<()> {
    passes(&["test/image.py"])
}

#[test]
fn chance_in_python_is_that_of_the_seed_whenever_it_is_first_drawn_from() -> Result<()> {
    passes(&["test/chance.py"])
}

/// As strictly as the checker can.
#[test]
fn the_python_package_and_what_is_written_with_it_are_typed() -> Result<()> {
    let cache = paths::target().join("mypy").to_string_lossy().into_owned();
    let checker = ["-m", "mypy", "--cache-dir", &cache];
    passes(&[&checker[..], &["src/refrain", "--exclude", "stand_in"]].concat())?;
    passes(&[&checker[..], &["test/typed.py"]].concat())?;
    for example in ["hello", "travel-saga", "request-response"] {
        let file = format!("../../guest-examples/python/{example}/workflow.py");
        passes(&[&checker[..], &[&file]].concat())?;
    }
    Ok(())
}

#[test]
fn the_wheel_has_what_building_a_component_needs() -> Result<()> {
    let directory = directory("python-wheel");
    let wheel = directory.to_string_lossy().into_owned();
    let quietly = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"];
    passes(&[&quietly[..], &["--wheel-dir", &wheel, "."]].concat())?;
    let list = "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')";
    let mut python = Command::new(paths::client_program("python")?);
    python.args(["-c", list]).arg(directory.join("refrain-0.1.0-py3-none-any.whl"));
    let said = output(&mut python)?;
    let names: Vec<_> = said.stdout.lines().collect();
    let mut files = files_of(&paths::root().join("sdk/python/src/refrain"), "refrain")?;
    files.extend(files_of(&paths::root().join("wit"), "refrain/wit")?);
    let missing: Vec<_> = files.iter().filter(|it| !names.contains(&it.as_str())).collect();
    assert!(missing.is_empty() && files.len() > 30, "{missing:?} of {files:?}");
    assert!(names.iter().any(|it| it.ends_with("entry_points.txt")), "{names:?}");
    Ok(())
}

/// All of a folder, under another name.
fn files_of(folder: &Path, name: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if name.ends_with("__pycache__") {
            continue;
        } else if entry.file_type()?.is_dir() {
            found.extend(files_of(&entry.path(), &name)?);
        } else {
            found.push(name);
        }
    }
    Ok(found)
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
