//! Histories of this version, for every later version to replay: `tests/histories`.
//!
//! What is there already is never written again unless that is said: a golden history that
//! changes proves nothing.

use crate::shell;
use anyhow::{Context as _, Result, bail};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, parcel, paths};
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
    /// The component of activities that it needs.
    activities: &'static str,
    name: &'static str,
    workflow_type: &'static str,
    input: &'static str,
    /// Flags of `refrain workflow start`.
    flags: &'static [&'static str],
    start: Start,
    steps: &'static [Step],
    of: Which,
}

/// How it comes about.
enum Start {
    ByClient,
    BySchedule,
}

/// Which run of its chain is looked at.
enum Which {
    First,
    Last,
}

enum Step {
    Signal(&'static str),
    Cancel,
    Terminate,
    /// A command of `refrain`, to which the workflow's id is added.
    Do(&'static [&'static str]),
    /// The same, with what follows the id of a child.
    DoToChild(&'static [&'static str], &'static str),
    /// Until there are so many events of the type.
    Wait(&'static str, usize),
}

use Step::{Cancel, Do, DoToChild, Signal, Terminate, Wait};

const ORDER: Play = Play {
    guest: "order-fulfillment",
    activities: "order-activities",
    name: "",
    workflow_type: order::WORKFLOW_TYPE,
    input: order::INPUT,
    flags: &[],
    start: Start::ByClient,
    steps: &[],
    of: Which::Last,
};
const BENCH: Play =
    Play { guest: "bench", activities: "bench-activities", workflow_type: "", input: "1", ..ORDER };
const FAMILY: Play = Play { guest: "batch-notifications", input: "", ..ORDER };
const DESK: Play = Play { guest: "request-response", workflow_type: "desk", input: "", ..ORDER };
/// Rust only: what the histories are made of that no other example leaves.
const MIRROR: Play = Play { guest: "mirror", activities: "mirror-activities", input: "", ..ORDER };
const PAY: Step = Do(&[
    "workflow", "update", "execute", "--name", "pay", "--input", "\"1001\"", "--input", "500",
]);
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
    Play {
        name: "continued",
        workflow_type: "generations",
        input: "2",
        steps: &[COMPLETED],
        of: Which::First,
        ..BENCH
    },
    Play {
        name: "last-generation",
        workflow_type: "generations",
        input: "2",
        steps: &[COMPLETED],
        ..BENCH
    },
    Play {
        name: "paused",
        workflow_type: "wait-signal",
        input: "",
        steps: &[Do(&["workflow", "pause"]), Signal("go"), Do(&["workflow", "unpause"]), COMPLETED],
        ..BENCH
    },
    Play {
        name: "reset",
        workflow_type: "wait-signal",
        input: "",
        steps: &[Signal("go"), COMPLETED, Do(&["workflow", "reset", "--type", "first"]), COMPLETED],
        ..BENCH
    },
    Play {
        name: "family",
        workflow_type: "family",
        steps: &[Wait("CHILD_WORKFLOW_EXECUTION_STARTED", 6), Signal("close"), COMPLETED],
        ..FAMILY
    },
    Play {
        name: "batches",
        workflow_type: "batchNotifications",
        input: r#"{"users":4,"atATime":2}"#,
        steps: &[COMPLETED],
        ..FAMILY
    },
    Play { name: "paid", steps: &[PAY, PAY, Signal("close"), COMPLETED], ..DESK },
    Play {
        name: "paid-again",
        steps: &[
            PAY,
            Do(&["workflow", "reset", "--type", "first"]),
            Wait("WORKFLOW_EXECUTION_UPDATE_COMPLETED", 1),
            Signal("close"),
            COMPLETED,
        ],
        ..DESK
    },
    Play {
        guest: "search-attributes",
        name: "shipped",
        workflow_type: "parcel",
        input: "3",
        flags: &["--input", "\"7 Elm Street\"", "--memo", "from=\"start\""],
        steps: &[Signal("shipped"), COMPLETED],
        ..ORDER
    },
    Play {
        guest: "daily-report",
        name: "scheduled",
        workflow_type: "dailyReport",
        input: "\"sales\"",
        flags: &["--input", "1"],
        start: Start::BySchedule,
        steps: &[COMPLETED],
        ..ORDER
    },
    Play {
        name: "local",
        workflow_type: "callsCloseBy",
        input: "\"world\"",
        steps: &[COMPLETED],
        ..MIRROR
    },
    // An update that comes again with a reset, before the signal that it needs.
    Play {
        name: "update-rejected",
        workflow_type: "gate",
        steps: &[
            Signal("open"),
            Do(&["workflow", "update", "execute", "--name", "enter"]),
            Do(&["workflow", "reset", "--type", "first", "--reapply-exclude", "signal"]),
            Wait("WORKFLOW_EXECUTION_UPDATE_REJECTED", 1),
            Signal("open"),
            Signal("close"),
            COMPLETED,
        ],
        ..MIRROR
    },
    Play { name: "activity-canceled", workflow_type: "leavesIt", steps: &[COMPLETED], ..MIRROR },
    Play {
        name: "activities-timed-out",
        workflow_type: "runsOutOfTime",
        steps: &[Wait("ACTIVITY_TASK_TIMED_OUT", 2), Terminate],
        ..MIRROR
    },
    Play {
        name: "child-failed",
        workflow_type: "parent",
        input: "\"refuses\"",
        flags: &["--input", "\"for good\""],
        steps: &[Wait("WORKFLOW_EXECUTION_FAILED", 1)],
        ..MIRROR
    },
    Play {
        name: "child-timed-out",
        workflow_type: "impatientParent",
        steps: &[Wait("WORKFLOW_EXECUTION_FAILED", 1)],
        ..MIRROR
    },
    Play {
        name: "child-terminated",
        workflow_type: "parent",
        input: "\"waits\"",
        flags: &["--input", "\"\""],
        steps: &[
            Wait("CHILD_WORKFLOW_EXECUTION_STARTED", 1),
            DoToChild(&["workflow", "terminate"], "child"),
            Wait("WORKFLOW_EXECUTION_FAILED", 1),
        ],
        ..MIRROR
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
        let flags = parcel::ATTRIBUTES.map(|it| ["--search-attribute", it]).concat();
        let host = Host::start(&directory, &flags)?;
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
    order::deploy_guest(host, &format!("rust/{}", play.activities), queue)?;
    let (id, first_run) = start(host, queue, play)?;
    let with_id = |args: &[&str], id: &str| {
        let args: Vec<&str> = args.iter().copied().chain(["--workflow-id", id]).collect();
        host.cli(&args).map(drop)
    };
    for step in play.steps {
        match step {
            Signal(name) => with_id(&["workflow", "signal", "--name", name], &id)?,
            Cancel => with_id(&["workflow", "cancel"], &id)?,
            Terminate => with_id(&["workflow", "terminate"], &id)?,
            Do(args) => with_id(args, &id)?,
            DoToChild(args, child) => with_id(args, &format!("{id}-{child}"))?,
            Wait(event, n) => eventually(&format!("{id} has {n} of {event}"), || {
                let types = host.event_types(&id)?;
                Ok((types.iter().filter(|it| it == event).count() >= *n).then_some(()))
            })?,
        }
    }
    let mut show = vec!["workflow", "show", "--workflow-id", &id];
    match play.of {
        Which::First => show.extend(["--run-id", &first_run]),
        Which::Last => {}
    }
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

/// Its workflow id, and the run that it begins with.
fn start(host: &Host, queue: &str, play: &Play) -> Result<(String, String)> {
    let id = format!("{}-{}", play.guest, play.name);
    let mut args = vec!["--workflow-id", &id, "--type", play.workflow_type, "--task-queue", queue];
    if !play.input.is_empty() {
        args.extend(["--input", play.input]);
    }
    args.extend(play.flags);
    let run = match play.start {
        Start::ByClient => host.json(&[&["workflow", "start"], &args[..]].concat())?,
        Start::BySchedule => {
            let named = ["--schedule-id", &id];
            host.cli(&[&["schedule", "create", "--interval", "1h"], &named[..], &args].concat())?;
            host.cli(&[&["schedule", "trigger"], &named[..]].concat())?;
            eventually("the schedule has started it", || {
                let described = host.json(&[&["schedule", "describe"], &named[..]].concat())?;
                let run = &described["info"]["recentActions"][0]["startWorkflowResult"];
                Ok(run.is_object().then(|| run.clone()))
            })?
        }
    };
    let text = |name: &str| run[name].as_str().map(str::to_owned);
    text("workflowId").zip(text("runId")).with_context(|| format!("no run in {run}"))
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
