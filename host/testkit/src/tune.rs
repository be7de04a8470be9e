//! What an operator does to activities, as words of a script.

use crate::script::Args;
use crate::words::{self, Wrong};
use refrain_core::attempt::{OptionChanges, Reset, Tuning};
use refrain_core::time::Delay;

/// `None`: no such verb.
pub(crate) fn parse(verb: &str, args: &Args<'_>) -> Option<Result<Tuning, Wrong>> {
    match verb {
        "pause-activity" => {
            Some(Ok(Tuning::Pause { identity: "cli".to_owned(), reason: args.text() }))
        }
        "unpause-activity" => Some(wait(args).map(|wait| Tuning::Unpause {
            reset_attempts: has(args, "attempts"),
            forget_heartbeat: has(args, "beat"),
            wait,
        })),
        "reset-activity" => Some(wait(args).map(|wait| {
            Tuning::Reset(Reset {
                keep_paused: has(args, "keep"),
                forget_heartbeat: has(args, "beat"),
                restore_options: has(args, "options"),
                wait,
            })
        })),
        "options" if has(args, "restore") => Some(Ok(Tuning::RestoreOptions)),
        "options" => Some(options(args).map(|it| Tuning::Options(Box::new(it)))),
        _ => None,
    }
}

fn has(args: &Args<'_>, word: &str) -> bool {
    args.names.contains(&word)
}

fn wait(args: &Args<'_>) -> Result<Delay, Wrong> {
    match args.options.iter().find(|it| it.0 == "wait") {
        Some((_, value)) => words::delay(value),
        None => Ok(Delay::ZERO),
    }
}

fn options(args: &Args<'_>) -> Result<OptionChanges, Wrong> {
    let mut changes = OptionChanges::default();
    for (option, value) in &args.options {
        let number = || value.parse().map_err(|_| format!("`{value}` is not a number"));
        match *option {
            "close" => changes.schedule_to_close = Some(words::delay(value)?),
            "wait" => changes.schedule_to_start = Some(words::delay(value)?),
            "work" => changes.start_to_close = Some(words::delay(value)?),
            "beat" => changes.heartbeat = Some(words::delay(value)?),
            "retry" => changes.initial_interval = Some(words::delay(value)?),
            "most" => changes.maximum_interval = Some(words::delay(value)?),
            "attempts" => changes.maximum_attempts = Some(number()?),
            "queue" => changes.task_queue = Some((*value).to_owned()),
            other => {
                return Err(format!(
                    "unknown option `{other}`: expected close=, wait=, work=, beat=, retry=, most=, attempts= or queue="
                ));
            }
        }
    }
    Ok(changes)
}
