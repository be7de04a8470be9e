//! What a program is told and what it asks for, in a line each.

use crate::output::{payload, shorten};
use refrain_core::failure::Failure;
use refrain_core::guest::Job;
use refrain_core::ids::OpSeq;
use refrain_core::machines::{
    Command, activity, attributes, child, execution, external, local, patch, signal::Signal, timer,
    update,
};
use refrain_core::payload::{Payload, Payloads};
use std::collections::BTreeMap;

const VALUE_CHARS_MAX: usize = 80;

/// Operations by number, as the program named them.
pub(super) type Names = BTreeMap<OpSeq, String>;

fn value(it: &Payload) -> String {
    payload(&refrain_wire::payload::to_proto(it))
}

fn values(list: &Payloads) -> String {
    let list: Vec<String> = list.iter().map(value).collect();
    shorten(&list.join(", "), VALUE_CHARS_MAX)
}

fn failure(it: &Failure) -> String {
    // A cancellation may have no words of its own.
    let messages: Vec<&str> = std::iter::successors(Some(it), |it| it.cause.as_deref())
        .map(|it| it.message.as_str())
        .filter(|it| !it.is_empty())
        .collect();
    shorten(&messages.join(": "), VALUE_CHARS_MAX)
}

fn ended(result: &Result<Payloads, Failure>) -> String {
    match result {
        Ok(result) if result.is_empty() => "is done".to_owned(),
        Ok(result) => format!("-> {}", values(result)),
        Err(it) => format!("failed: {}", failure(it)),
    }
}

fn signal(it: &Signal) -> String {
    format!("signal {}({})", it.name, values(&it.input))
}

pub(super) fn job(job: &Job, names: &Names) -> String {
    let name = |op: &OpSeq| names.get(op).cloned().unwrap_or_else(|| format!("operation {op}"));
    match job {
        Job::Start(it) => {
            let signals = it.signals.iter().map(|it| format!(", with it {}", signal(it)));
            let signals = signals.collect::<String>();
            format!("start {}({}){signals}", it.started.workflow_type, values(&it.started.input))
        }
        Job::ActivityClosed { op, result } | Job::ChildClosed { op, result } => {
            format!("{} {}", name(op), ended(result))
        }
        Job::TimerClosed { op, result: Ok(()) } => format!("{} fires", name(op)),
        Job::TimerClosed { op, result: Err(_) } => format!("{} is canceled", name(op)),
        Job::ChildStarted { op, result: Ok(_) } => format!("{} has started", name(op)),
        Job::ChildStarted { op, result: Err(it) } => {
            format!("{} did not start: {}", name(op), failure(it))
        }
        Job::ExternalClosed { op, result: Ok(()) } => format!("{} has arrived", name(op)),
        Job::ExternalClosed { op, result: Err(it) } => {
            format!("{} did not arrive: {}", name(op), failure(it))
        }
        Job::Signal(it) => signal(it),
        Job::Update(it) => format!("update {} ({})({})", it.name, it.id, values(&it.input)),
        Job::CancelRequested { cause } => {
            format!("asked to cancel {}", if cause.is_empty() { "" } else { cause })
                .trim_end()
                .to_owned()
        }
    }
}

/// The end of a program that does as it was asked, which history calls canceled.
pub(super) fn cancel(it: &Failure) -> String {
    format!("cancel: {}", failure(it))
}

/// Also gives the operation that it begins a name.
pub(super) fn command(command: &Command, names: &mut Names) -> String {
    match command {
        Command::Activity(activity::Command::Schedule(it)) => {
            names.insert(it.op, format!("activity {} ({})", it.activity_type, it.op));
            format!("activity {} ({})({})", it.activity_type, it.op, values(&it.input))
        }
        Command::Local(local::Command::Schedule(it)) => {
            names.insert(it.op, format!("local activity {} ({})", it.activity_type, it.op));
            format!("local activity {} ({})({})", it.activity_type, it.op, values(&it.input))
        }
        Command::Timer(timer::Command::Start { op, delay, summary }) => {
            names.insert(*op, format!("timer {op}"));
            let summary = summary.as_ref().map(|it| format!(", {}", value(it)));
            format!("timer {op} of {delay}{}", summary.unwrap_or_default())
        }
        Command::Child(child::Command::Start(it)) => {
            let child = &it.child;
            let name = format!("child {} `{}`", child.workflow_type, child.workflow_id);
            names.insert(it.op, name.clone());
            format!("{name}({})", values(&child.input))
        }
        Command::External(external::Command::Signal { op, target, signal }) => {
            let name = format!("signal {} to `{}`", signal.name, target.workflow_id);
            names.insert(*op, name.clone());
            format!("{name}({})", values(&signal.input))
        }
        Command::External(external::Command::Cancel { op, target, .. }) => {
            let name = format!("cancellation of `{}`", target.workflow_id);
            names.insert(*op, name.clone());
            name
        }
        Command::Patch(patch::Command::Record { patch, deprecated: false }) => {
            format!("patch {patch}")
        }
        Command::Patch(patch::Command::Record { patch, deprecated: true }) => {
            format!("deprecated patch {patch}")
        }
        Command::Update(update::Command::Complete { update, outcome }) => {
            format!("update {update} {}", ended(outcome))
        }
        Command::Attributes(command) => {
            let (what, map) = match command {
                attributes::Command::UpsertSearch(map) => ("search attributes", map),
                attributes::Command::UpsertMemo(map) => ("memo", map),
            };
            let fields = map.iter().map(|(name, it)| format!("{name} = {}", value(it)));
            let fields: Vec<String> = fields.collect();
            format!("{what} {}", shorten(&fields.join(", "), VALUE_CHARS_MAX))
        }
        Command::Cancel(op) => match names.get(op) {
            Some(name) => format!("cancel {name}"),
            None => format!("cancel operation {op}"),
        },
        Command::Publish { name, value: it } => {
            format!("publish {name} = {}", shorten(&value(it), VALUE_CHARS_MAX))
        }
        Command::Execution(execution::Command::Complete { result }) => {
            format!("complete({})", values(result))
        }
        Command::Execution(execution::Command::ContinueAsNew(it)) => {
            format!("continue as new({})", values(&it.input))
        }
        Command::Execution(execution::Command::Fail { failure: it }) => {
            format!("fail: {}", failure(it))
        }
    }
}
