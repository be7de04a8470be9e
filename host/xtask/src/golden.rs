//! Histories of this version, for every later version to replay: `tests/histories`.
//!
//! What is there already is never written again unless that is said: a golden history that
//! changes proves nothing.

use crate::shell;
use anyhow::{Result, bail};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write those anew that are there already. Only for what no release has written.
    #[arg(long)]
    replace: bool,
    /// Only of this guest.
    #[arg(long)]
    guest: Option<String>,
}

/// A workflow's life, in a few steps.
struct Play {
    guest: &'static str,
    name: &'static str,
    workflow_type: &'static str,
    input: &'static str,
    /// Flags of `refrain workflow start`.
    flags: &'static [&'static str],
    steps: &'static [Step],
}

enum Step {
    Signal(&'static str),
    Cancel,
    Terminate,
    /// Until there are so many events of the type.
    Wait(&'static str, usize),
}

use Step::{Cancel, Signal, Terminate, Wait};

const ORDER: Play = Play {
    guest: "order-fulfillment",
    name: "",
    workflow_type: order::WORKFLOW_TYPE,
    input: order::INPUT,
    flags: &[],
    steps: &[],
};
const BENCH: Play =
    Play { guest: "bench", name: "", workflow_type: "", input: "1", flags: &[], steps: &[] };
const COMPLETED: Step = Wait("WORKFLOW_EXECUTION_COMPLETED", 1);
const AT_WAREHOUSE: Step = Wait("TIMER_STARTED", 1);

const PLAYS: &[Play] = &[
    Play {
        name: "fulfilled",
        steps: &[AT_WAREHOUSE, Signal("warehouseConfirmed"), COMPLETED],
        ..ORDER
    },
    Play {
        name: "undone",
        input: r#"{"orderId":"1001","items":[{"sku":"unobtainium","quantity":1}],"amount":4200}"#,
        steps: &[Wait("WORKFLOW_EXECUTION_FAILED", 1)],
        ..ORDER
    },
    Play {
        name: "canceled",
        steps: &[AT_WAREHOUSE, Cancel, Wait("WORKFLOW_EXECUTION_CANCELED", 1)],
        ..ORDER
    },
    Play {
        name: "terminated",
        steps: &[AT_WAREHOUSE, Terminate, Wait("WORKFLOW_EXECUTION_TERMINATED", 1)],
        ..ORDER
    },
    Play { name: "open", steps: &[AT_WAREHOUSE], ..ORDER },
    Play {
        guest: "patched-upgrade-v1",
        name: "whole",
        workflow_type: "upgrade",
        input: "\"1001\"",
        steps: &[Signal("approve"), Signal("pack"), Signal("ship"), COMPLETED],
        ..ORDER
    },
    Play {
        guest: "patched-upgrade-v2",
        name: "patched",
        workflow_type: "upgrade",
        input: "\"1001\"",
        steps: &[
            Signal("approve"),
            Wait("TIMER_FIRED", 1),
            Signal("pack"),
            Signal("ship"),
            COMPLETED,
        ],
        ..ORDER
    },
    Play { name: "parallel", workflow_type: "parallel", input: "5", steps: &[COMPLETED], ..BENCH },
    Play { name: "slept", workflow_type: "sleep", input: "10", steps: &[COMPLETED], ..BENCH },
    Play {
        name: "timed-out",
        workflow_type: "sleep",
        input: "3600000",
        flags: &["--run-timeout", "1s"],
        steps: &[Wait("WORKFLOW_EXECUTION_TIMED_OUT", 1)],
        ..BENCH
    },
    Play {
        name: "signaled",
        workflow_type: "wait-signal",
        input: "",
        steps: &[Signal("go"), COMPLETED],
        ..BENCH
    },
    Play {
        name: "canceled",
        workflow_type: "until-canceled",
        input: "",
        steps: &[Wait("TIMER_STARTED", 1), Cancel, Wait("WORKFLOW_EXECUTION_CANCELED", 1)],
        ..BENCH
    },
];

const LANGUAGES: [&str; 2] = ["rust", "typescript"];

pub(crate) fn run(args: &Args) -> Result<()> {
    shell::cargo(&["build", "--package", "refrain"])?;
    shell::cargo(&["xtask", "guests"])?;
    let histories = paths::root().join("tests/histories");
    for language in LANGUAGES {
        let directory = paths::target().join("golden").join(language);
        let _ = std::fs::remove_dir_all(&directory);
        let host = Host::start(&directory, &[])?;
        for play in PLAYS {
            if args.guest.as_ref().is_some_and(|only| only != play.guest) {
                continue;
            }
            // Not every language has every scenario.
            if paths::guest(&format!("{language}/{}", play.guest)).is_err() {
                continue;
            }
            let version = env!("CARGO_PKG_VERSION");
            let name = format!("{version}-{language}-{}.json", play.name);
            let file = histories.join(play.guest).join(name);
            if file.exists() && !args.replace {
                println!("kept     {}", file.display());
                continue;
            }
            write(&host, language, play, &file)?;
            println!("written  {}", file.display());
        }
    }
    Ok(())
}

fn write(host: &Host, language: &str, play: &Play, file: &Path) -> Result<()> {
    let queue = play.guest;
    order::deploy_guest(host, &format!("{language}/{}", play.guest), queue)?;
    let activities = if play.guest == "bench" { "bench-activities" } else { "order-activities" };
    order::deploy_guest(host, &format!("rust/{activities}"), queue)?;
    let id = format!("{}-{}", play.guest, play.name);
    let of_workflow = |verb: &'static str| vec!["workflow", verb, "--workflow-id", id.as_str()];
    let mut start = of_workflow("start");
    start.extend(["--type", play.workflow_type, "--task-queue", queue]);
    if !play.input.is_empty() {
        start.extend(["--input", play.input]);
    }
    start.extend(play.flags);
    host.cli(&start)?;
    for step in play.steps {
        match step {
            Signal(name) => {
                let mut args = of_workflow("signal");
                args.extend(["--name", name]);
                host.cli(&args)?;
            }
            Cancel => drop(host.cli(&of_workflow("cancel"))?),
            Terminate => drop(host.cli(&of_workflow("terminate"))?),
            Wait(event, n) => eventually(&format!("{id} has {n} of {event}"), || {
                let types = host.event_types(&id)?;
                Ok((types.iter().filter(|it| it == event).count() >= *n).then_some(()))
            })?,
        }
    }
    let mut show = of_workflow("show");
    show.extend(["--output", "json"]);
    let history = host.cli(&show)?;
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory)?;
    }
    if history.trim().is_empty() {
        bail!("{id} has no history");
    }
    let mut history: Value = serde_json::from_str(&history)?;
    forget_machine(&mut history);
    Ok(std::fs::write(file, format!("{history:#}\n"))?)
}

/// Names of hosts, users and processes are nobody's promise.
fn forget_machine(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(forget_machine),
        Value::Object(fields) => {
            for (key, it) in fields {
                match (key.as_str(), it.as_str()) {
                    ("identity", Some(name)) if name.starts_with("refrain-cli") => {
                        *it = Value::from("refrain-cli");
                    }
                    ("identity", Some(name)) if name.contains('@') => *it = Value::from("host"),
                    _ => forget_machine(it),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
