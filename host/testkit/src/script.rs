//! What happens to a workflow from outside, line by line.
//!
//! ```text
//!  0s start order queue=orders "order-1"
//!     guest activity charge "order-1", timer 30s
//!     guest complete "paid"
//!  2s take charge
//!  5s done charge "ok"
//! 60s -
//! ```
//!
//! | line | means |
//! |---|---|
//! | `start TYPE ["ARG"] [OPTION...]` | `queue= backoff= run-timeout= timeout= request= reuse= conflict= attempts= retry= final= cron= version= skip=`, see [`crate::skipping`] |
//! | `signal NAME ["ARG"] [request=ID]` | |
//! | `update NAME ["ARG"] id=ID` | its sender is told at once how far it is |
//! | `ask ID` | asks how far that update is |
//! | `cancel ["WHY"]`, `terminate "WHY"` | |
//! | `reset EVENT ["WHY"] [signals=no] [updates=no] [request=ID] [run=N] [version=VERSION]` | back to a workflow task of the latest run, or of run N |
//! | `delete` | the latest run is gone for good |
//! | `pause ["WHY"] [request=ID]`, `unpause ...` | |
//! | `run-options [priority=N] [version=VERSION] [skip=...]` | changes the run's options; a version is `auto`, `free`, `newest` for once, or the number that the run is pinned to |
//! | `take TYPE [by=WORKER]` | a worker polls and gets the activity |
//! | `beat TYPE ["DETAILS"]` | it heartbeats |
//! | `done TYPE "RESULT"` | it completes |
//! | `fail TYPE "WHY" [type=T] [final] [again=5s]` | it fails |
//! | `give-up TYPE` | it says that it was canceled |
//! | `done-outside TYPE "RESULT"` | somebody else completes it, by its id |
//! | `pause-activity TYPE ["WHY"]`, `unpause-activity TYPE [attempts] [beat] [wait=5s]` | an operator does |
//! | `reset-activity TYPE [keep] [beat] [options] [wait=5s]` | it begins again |
//! | `options TYPE work=5s ...`, `options TYPE restore` | `close= wait= work= beat= retry= most= attempts= queue=` |
//! | `query seen` | asks the guest what it was handed |
//! | `late-locals` | local activities are too slow for the steps that begin them |
//! | `-` | only time passes |
//! | `deploy` | the `guest` lines that follow are the program from now on |
//! | `release` | they are a new version beside the old ones, and what runs start on from now on |
//! | `check` | would the open run go on with the newest version? |
//! | `move` | to the newest version, if it does |
//! | `guest WISHES` | one turn of the program, see [`crate::program`] |
//!
//! A `&` after the time puts the line into the same step as the line before it; only
//! [`crate::check_core`] can play that. Lines are about the workflow `order-1`; `@ID` after the time
//! makes it another one. `guest:TYPE WISHES` is a turn of the workflow type's own program, which
//! other workflows need: children, and whom signals go to.

use crate::program::ScriptedProgram;
use crate::words::{self, Wrong};
use crate::{skipping, tune};
use refrain_core::attempt::Tuning;
use refrain_core::options::{IdConflictPolicy, IdReusePolicy, RetryPolicy, TimeSkipping};
use refrain_core::payload::Payloads;
use refrain_core::time::{Delay, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub lines: Vec<Line>,
    /// No step waits for its local activities: each outcome comes in a step of its own.
    pub late_locals: bool,
    /// Other workflows take part: children, or those that lines name.
    pub has_others: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Timestamp,
    /// Arrives together with the line before it.
    pub together: bool,
    /// `None`: the one that scripts are about.
    pub workflow: Option<String>,
    pub act: Act,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Start(Box<Start>),
    Signal {
        name: String,
        input: Payloads,
        request: String,
    },
    Update {
        name: String,
        input: Payloads,
        id: String,
    },
    Ask {
        id: String,
    },
    Cancel {
        cause: String,
    },
    Terminate {
        reason: String,
    },
    Delete,
    Reset(Box<Reset>),
    Pause {
        reason: String,
        request: String,
    },
    Unpause {
        reason: String,
        request: String,
    },
    RunOptions {
        priority: Option<u32>,
        version: Option<OnVersion>,
        skipping: Option<Option<TimeSkipping>>,
    },
    Take {
        activity: String,
        worker: String,
    },
    Beat {
        activity: String,
        details: Payloads,
    },
    Done {
        activity: String,
        result: Payloads,
    },
    Fail {
        activity: String,
        failure: Fail,
    },
    GiveUp {
        activity: String,
    },
    /// Somebody who is not its worker completes it.
    DoneOutside {
        activity: String,
        result: Payloads,
    },
    Tune {
        activity: String,
        tuning: Tuning,
    },
    Query {
        name: String,
    },
    Deploy(ScriptedProgram),
    Release(ScriptedProgram),
    Check,
    Move,
    Wait,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Start {
    pub workflow_type: String,
    pub input: Payloads,
    pub task_queue: String,
    pub backoff: Option<Delay>,
    pub run_timeout: Option<Delay>,
    pub execution_timeout: Option<Delay>,
    pub retry: Option<RetryPolicy>,
    pub cron: String,
    pub skipping: Option<TimeSkipping>,
    pub request: String,
    pub reuse: IdReusePolicy,
    pub conflict: IdConflictPolicy,
    pub version: Option<OnVersion>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Reset {
    pub at: u64,
    /// Counted from 1, in the order in which they began. `None`: the latest.
    pub run: Option<usize>,
    pub reason: String,
    pub request: String,
    pub signals: bool,
    pub updates: bool,
    pub version: Option<OnVersion>,
}

/// Which version a run is to be on from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnVersion {
    Follows,
    /// As if nobody had said anything.
    Free,
    /// Now; then as if nobody had.
    Newest,
    Pinned(usize),
}

impl OnVersion {
    fn read(text: &str) -> Result<OnVersion, String> {
        Ok(match text {
            "auto" => OnVersion::Follows,
            "free" => OnVersion::Free,
            "newest" => OnVersion::Newest,
            number => OnVersion::Pinned(number.parse().map_err(|_| {
                format!("`{number}` is no version: expected auto, free, newest or a number")
            })?),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Fail {
    pub message: String,
    pub error_type: String,
    pub non_retryable: bool,
    pub next_retry_delay: Option<Delay>,
}

/// A script that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Counted from 1.
    pub line: usize,
    pub reason: String,
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} of the script: {}", self.line, self.reason)
    }
}

impl Script {
    /// The first program is deployed before anything else.
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let mut lines = vec![Line {
            at: Timestamp(0),
            together: false,
            workflow: None,
            act: Act::Deploy(ScriptedProgram::default()),
        }];
        let mut late_locals = false;
        // The program that `guest` lines belong to: where it is deployed, and its lines.
        let (mut deployed_at, mut program) = (0, Vec::new());
        for (index, text) in text.lines().enumerate() {
            let wrong = |reason| ScriptError { line: index + 1, reason };
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if text == "late-locals" {
                late_locals = true;
                continue;
            }
            if let Some(turn) = text.strip_prefix("guest")
                && turn.starts_with([' ', ':'])
            {
                program.push((index + 1, turn.trim()));
                continue;
            }
            let line = parse_line(text).map_err(wrong)?;
            if line.at < lines.last().map_or(Timestamp(0), |it| it.at) {
                return Err(wrong("time goes back".to_owned()));
            }
            if let Act::Deploy(_) | Act::Release(_) = line.act {
                finish_program(&mut lines[deployed_at], std::mem::take(&mut program))?;
                deployed_at = lines.len();
            }
            lines.push(line);
        }
        finish_program(&mut lines[deployed_at], program)?;
        let has_others = lines.iter().any(|it| it.workflow.is_some()) || text.contains("child ");
        Ok(Script { lines, late_locals, has_others })
    }
}

fn finish_program(line: &mut Line, program: Vec<(usize, &str)>) -> Result<(), ScriptError> {
    let turns = program.iter().map(|it| it.1);
    let parsed = ScriptedProgram::parse(turns)
        .map_err(|(turn, reason)| ScriptError { line: program[turn - 1].0, reason })?;
    if let Act::Deploy(program) | Act::Release(program) = &mut line.act {
        *program = parsed;
    }
    Ok(())
}

fn parse_line(text: &str) -> Result<Line, Wrong> {
    let (time, rest) = text.split_once(' ').unwrap_or((text, ""));
    let at = words::delay(time)?;
    let rest = rest.trim();
    let (together, rest) = match rest.strip_prefix('&') {
        Some(rest) => (true, rest.trim()),
        None => (false, rest),
    };
    let (workflow, rest) = match rest.strip_prefix('@') {
        Some(named) => {
            let (workflow, rest) = named.split_once(' ').unwrap_or((named, ""));
            (Some(workflow.to_owned()), rest.trim())
        }
        None => (None, rest),
    };
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let act = parse_act(verb, &words::words(rest))?;
    Ok(Line { at: Timestamp(at.0), together, workflow, act })
}

/// What follows a verb: plain words, quoted words, `name=value`.
pub(crate) struct Args<'a> {
    pub(crate) names: Vec<&'a str>,
    quoted: Payloads,
    texts: Vec<String>,
    pub(crate) options: Vec<(&'a str, &'a str)>,
}

impl<'a> Args<'a> {
    fn of(words: &[&'a str]) -> Args<'a> {
        let mut args =
            Args { names: Vec::new(), quoted: Vec::new(), texts: Vec::new(), options: Vec::new() };
        for word in words {
            if let Some(payload) = words::quoted(word) {
                args.quoted.push(payload);
                args.texts.push(words::unquoted(word).to_owned());
            } else if let Some(option) = word.split_once('=') {
                args.options.push(option);
            } else {
                args.names.push(word);
            }
        }
        args
    }

    fn name(&self, what: &str) -> Result<String, Wrong> {
        self.names.first().map(|it| (*it).to_owned()).ok_or(format!("{what} is missing"))
    }

    pub(crate) fn text(&self) -> String {
        self.texts.first().cloned().unwrap_or_default()
    }
}

fn parse_act(verb: &str, words: &[&str]) -> Result<Act, Wrong> {
    let args = Args::of(words);
    let unknown = |option: &str, expected: &str| {
        Err(format!("unknown option `{option}` of `{verb}`: expected {expected}"))
    };
    match verb {
        "-" | "" => Ok(Act::Wait),
        "deploy" => Ok(Act::Deploy(ScriptedProgram::default())),
        "release" => Ok(Act::Release(ScriptedProgram::default())),
        "check" => Ok(Act::Check),
        "move" => Ok(Act::Move),
        "start" => parse_start(&args).map(|it| Act::Start(Box::new(it))),
        "signal" => {
            let mut request = String::new();
            for (option, value) in &args.options {
                match *option {
                    "request" => request = (*value).to_owned(),
                    other => return unknown(other, "request="),
                }
            }
            Ok(Act::Signal { name: args.name("the signal's name")?, input: args.quoted, request })
        }
        "pause" | "unpause" => {
            let mut request = String::new();
            for (option, value) in &args.options {
                match *option {
                    "request" => request = (*value).to_owned(),
                    other => return unknown(other, "request="),
                }
            }
            let reason = args.text();
            Ok(match verb {
                "pause" => Act::Pause { reason, request },
                _ => Act::Unpause { reason, request },
            })
        }
        "delete" => Ok(Act::Delete),
        "run-options" => {
            let (mut priority, mut version, mut skips) = (None, None, None);
            for (option, value) in &args.options {
                match (*option, *value) {
                    ("priority", value) => priority = value.parse().ok(),
                    ("version", value) => version = Some(OnVersion::read(value)?),
                    ("skip", value) => skips = Some(skipping::parse(value)?),
                    (other, _) => return unknown(other, "priority=, version= or skip="),
                }
            }
            Ok(Act::RunOptions { priority, version, skipping: skips })
        }
        "reset" => {
            let event = args.name("the event")?;
            let mut reset = Reset {
                at: event
                    .parse()
                    .map_err(|_| format!("`{event}` is not the number of an event"))?,
                reason: args.text(),
                signals: true,
                updates: true,
                ..Reset::default()
            };
            for (option, value) in &args.options {
                match *option {
                    "signals" => reset.signals = *value != "no",
                    "updates" => reset.updates = *value != "no",
                    "request" => reset.request = (*value).to_owned(),
                    "version" => reset.version = Some(OnVersion::read(value)?),
                    "run" => {
                        let nth =
                            value.parse().map_err(|_| format!("`{value}` is not a number"))?;
                        reset.run = Some(nth);
                    }
                    other => {
                        return unknown(other, "signals=, updates=, request=, run= or version=");
                    }
                }
            }
            Ok(Act::Reset(Box::new(reset)))
        }
        "update" => {
            let mut id = String::new();
            for (option, value) in &args.options {
                match *option {
                    "id" => id = (*value).to_owned(),
                    other => return unknown(other, "id="),
                }
            }
            Ok(Act::Update { name: args.name("the update's name")?, input: args.quoted, id })
        }
        "ask" => Ok(Act::Ask { id: args.name("the update's id")? }),
        "cancel" => Ok(Act::Cancel { cause: args.text() }),
        "terminate" => Ok(Act::Terminate { reason: args.text() }),
        "take" => {
            let mut worker = "w1".to_owned();
            for (option, value) in &args.options {
                match *option {
                    "by" => worker = (*value).to_owned(),
                    other => return unknown(other, "by="),
                }
            }
            Ok(Act::Take { activity: args.name("the activity's type")?, worker })
        }
        "beat" => {
            Ok(Act::Beat { activity: args.name("the activity's type")?, details: args.quoted })
        }
        "done" => {
            Ok(Act::Done { activity: args.name("the activity's type")?, result: args.quoted })
        }
        "done-outside" => Ok(Act::DoneOutside {
            activity: args.name("the activity's type")?,
            result: args.quoted,
        }),
        "give-up" => Ok(Act::GiveUp { activity: args.name("the activity's type")? }),
        "fail" => {
            let mut failure = Fail { message: args.text(), ..Fail::default() };
            failure.non_retryable = args.names.contains(&"final");
            for (option, value) in &args.options {
                match *option {
                    "type" => failure.error_type = (*value).to_owned(),
                    "again" => failure.next_retry_delay = Some(words::delay(value)?),
                    other => return unknown(other, "type=, again= or final"),
                }
            }
            Ok(Act::Fail { activity: args.name("the activity's type")?, failure })
        }
        "query" => Ok(Act::Query { name: args.name("the query's name")? }),
        other => match tune::parse(other, &args) {
            Some(tuning) => {
                Ok(Act::Tune { activity: args.name("the activity's type")?, tuning: tuning? })
            }
            None => Err(format!(
                "unknown verb `{other}`: expected start, guest, signal, update, ask, cancel, terminate, delete, reset, pause, unpause, run-options, take, beat, done, done-outside, fail, give-up, pause-activity, unpause-activity, reset-activity, options, query, deploy, release, check, move or -"
            )),
        },
    }
}

fn parse_start(args: &Args<'_>) -> Result<Start, Wrong> {
    let mut start = Start {
        workflow_type: args.name("the workflow's type")?,
        input: args.quoted.clone(),
        task_queue: "orders".to_owned(),
        ..Start::default()
    };
    let retry = |start: &mut Start, change: &dyn Fn(&mut RetryPolicy)| {
        change(start.retry.get_or_insert_with(RetryPolicy::default));
    };
    for (option, value) in &args.options {
        match *option {
            "queue" => start.task_queue = (*value).to_owned(),
            "backoff" => start.backoff = Some(words::delay(value)?),
            "run-timeout" => start.run_timeout = Some(words::delay(value)?),
            "timeout" => start.execution_timeout = Some(words::delay(value)?),
            "request" => start.request = (*value).to_owned(),
            // A space would end the option.
            "cron" => start.cron = value.replace('_', " "),
            "skip" => start.skipping = skipping::parse(value)?,
            "attempts" => {
                let n = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
                retry(&mut start, &|it| it.maximum_attempts = n);
            }
            "retry" => {
                let first = words::delay(value)?;
                retry(&mut start, &|it| {
                    it.initial_interval = first;
                    it.maximum_interval = Delay(first.0 * 100);
                });
            }
            "final" => {
                retry(&mut start, &|it| it.non_retryable_error_types.push((*value).to_owned()));
            }
            "reuse" => {
                start.reuse = match *value {
                    "allow" => IdReusePolicy::AllowDuplicate,
                    "failed-only" => IdReusePolicy::AllowDuplicateFailedOnly,
                    "reject" => IdReusePolicy::RejectDuplicate,
                    other => return Err(format!("unknown reuse policy `{other}`")),
                }
            }
            "version" => start.version = Some(OnVersion::read(value)?),
            "conflict" => {
                start.conflict = match *value {
                    "fail" => IdConflictPolicy::Fail,
                    "use" => IdConflictPolicy::UseExisting,
                    "terminate" => IdConflictPolicy::TerminateExisting,
                    other => return Err(format!("unknown conflict policy `{other}`")),
                }
            }
            other => return Err(format!("unknown option `{other}` of `start`")),
        }
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let reason = |text: &str| Script::parse(text).unwrap_err().to_string();
        expect_test::expect![[r#"
            line 3 of the script: unknown verb `dance`: expected start, guest, signal, update, ask, cancel, terminate, delete, reset, pause, unpause, run-options, take, beat, done, done-outside, fail, give-up, pause-activity, unpause-activity, reset-activity, options, query, deploy, release, check, move or -
            line 1 of the script: `soon` is not a time: expected one like `1m30s` or `250ms`
            line 2 of the script: time goes back
            line 3 of the script: `soon` is not a time: expected one like `1m30s` or `250ms`
            line 3 of the script: an activity needs a type
            line 1 of the script: unknown option `id` of `signal`: expected request=
            line 1 of the script: the activity's type is missing"#]].assert_eq(
            &[
                reason("0s start order\n\n5s dance"),
                reason("soon start order"),
                reason("5s -\n4s -"),
                reason("0s start order\nguest timer 5s\nguest timer soon"),
                reason("0s start order\n1s deploy\nguest activity"),
                reason("0s signal x id=5"),
                reason("0s take"),
            ]
            .join("\n"),
        );
    }
}
