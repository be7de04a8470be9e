//! A guest's program as text: one line for each of its turns.
//!
//! ```text
//! activity charge "order-1" work=10s attempts=2, timer 30s
//! cancel 2, complete "paid"
//! ```
//!
//! A turn is one thing that happened: the start, a result, a fired timer, a signal. So what the
//! guest wishes for depends on history alone, and it can be replayed. Operations get the numbers
//! 1, 2, 3 in the order in which they begin.
//!
//! | wish | means |
//! |---|---|
//! | `timer 30s` | begins a timer |
//! | `activity TYPE ["ARG"] [OPTION...]` | begins an activity; `work=10s` if it has no limit |
//! | `local TYPE ["ARG"] [OPTION...]` | a local activity: `look`, `flaky` or `never` |
//! | `child TYPE ["ARG"] [OPTION...]` | begins a child, see [`related`] |
//! | `signal-to ID NAME ["ARG"]`, `cancel-other ID ["WHY"]` | to another workflow |
//! | `cancel N` | cancels operation N |
//! | `patched ID ? WISH : WISH` | asks `patched`, and goes one way or the other |
//! | `deprecate ID` | `deprecate-patch` |
//! | `publish NAME "VALUE"` | shows a value without leaving an event |
//! | `answer ID "RESULT"`, `answer ID failed` | ends the handler of that open update, or of `any` |
//! | `attribute NAME VALUE` | upserts a search attribute; a value is JSON without spaces |
//! | `memo NAME VALUE` | upserts a field of the memo |
//! | `complete "RESULT"`, `complete seen` | returns; `seen` is all that the guest was handed |
//! | `fail "WHY" [type=T] [final]`, `fail canceled` | returns a failure |
//! | `continue [type=T] [queue=Q]` | continues as new, with the run's number as the argument |
//! | `first N ? WISH : WISH` | goes one way in the first N runs of a chain, then the other |
//! | `ignore` | does not receive the signal of this turn |
//! | `trap` | breaks |
//! | `flood N` | begins N timers |
//! | `-` | nothing |
//!
//! Options of an activity: `close= wait= work= beat=` for the timeouts schedule-to-close,
//! schedule-to-start, start-to-close, heartbeat; `attempts=N`, `retry=5s` (first interval),
//! `final=TYPE` (not retryable); `queue=NAME`, `id=ID`; `wait-cancel`, `abandon`; `unlimited`.

mod related;

use crate::words::{self, Wrong};
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::guest::{
    Guest, GuestError, GuestErrorKind, Job, Program, Query, QueryError, Turn,
};
use refrain_core::ids::OpSeq;
use refrain_core::machines::{
    Command, activity, attributes, child, execution, external, local, patch, signal, timer, update,
};
use refrain_core::options::{CancellationType, Priority, RetryPolicy};
use refrain_core::payload::{Payload, PayloadMap, Payloads};
use refrain_core::time::{Delay, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
enum Wish {
    Timer(Delay),
    Activity(Box<activity::Schedule>),
    Local(Box<local::Schedule>),
    Cancel(OpSeq),
    Child(Box<child::Start>),
    External(external::Command),
    Patched { patch: String, new: Box<Wish>, old: Box<Wish> },
    Deprecate(String),
    Publish { name: String, value: Payload },
    Answer { update: String, outcome: update::Outcome },
    Attributes(attributes::Command),
    Complete(Payloads),
    CompleteSeen,
    Fail(Failure),
    Continue { workflow_type: Option<String>, task_queue: Option<String> },
    First { runs: u32, then: Box<Wish>, after: Box<Wish> },
    Ignore,
    Trap,
    Flood(u32),
    Nothing,
}

/// Starts guests that follow a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptedProgram {
    turns: Turns,
    /// Of workflow types that have programs of their own.
    of_types: Arc<BTreeMap<String, Turns>>,
}

type Turns = Arc<Vec<Vec<Wish>>>;

impl ScriptedProgram {
    /// One turn for each line; with `:TYPE` before it, of that workflow type. The error says which line, counted from 1, and what is wrong.
    pub fn parse<'a>(
        lines: impl IntoIterator<Item = &'a str>,
    ) -> Result<ScriptedProgram, (usize, Wrong)> {
        let (mut turns, mut of_types) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        for (at, line) in lines.into_iter().enumerate() {
            let (workflow_type, line) = match line.strip_prefix(':') {
                Some(typed) => {
                    let (name, line) = typed.split_once(' ').unwrap_or((typed, "-"));
                    (Some(name), line.trim())
                }
                None => (None, line),
            };
            let wishes = words::split(line, ',').into_iter().map(parse_wish);
            let turn = wishes.collect::<Result<Vec<_>, _>>().map_err(|wrong| (at + 1, wrong))?;
            match workflow_type {
                Some(name) => of_types.entry(name.to_owned()).or_default().push(turn),
                None => turns.push(turn),
            }
        }
        let of_types = of_types.into_iter().map(|(name, turns)| (name, Arc::new(turns)));
        Ok(ScriptedProgram { turns: Arc::new(turns), of_types: Arc::new(of_types.collect()) })
    }
}

fn parse_wish(text: &str) -> Result<Wish, Wrong> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    let args = words::words(rest);
    let one = || match args[..] {
        [only] => Ok(only),
        _ => Err(format!("`{text}` has {} arguments: expected 1", args.len())),
    };
    match verb {
        "-" => Ok(Wish::Nothing),
        "timer" => Ok(Wish::Timer(words::delay(one()?)?)),
        "local" => {
            let it = parse_activity(&args)?;
            Ok(Wish::Local(Box::new(local::Schedule {
                op: OpSeq(0),
                activity_id: it.activity_id,
                activity_type: it.activity_type,
                input: it.input,
                header: it.header,
                schedule_to_close: it.timeouts.schedule_to_close,
                start_to_close: it.timeouts.start_to_close,
                retry: it.retry,
                cancellation: it.cancellation,
                summary: None,
            })))
        }
        "activity" => parse_activity(&args).map(|it| Wish::Activity(Box::new(it))),
        "child" => related::child(&args).map(|it| Wish::Child(Box::new(it))),
        "signal-to" => related::signal(&args).map(Wish::External),
        "cancel-other" => related::cancel(&args).map(Wish::External),
        "cancel" => number(one()?).map(|op| Wish::Cancel(OpSeq(op))),
        "patched" => {
            let wrong = || format!("`{text}` is not `patched ID ? WISH : WISH`");
            let (patch, ways) = rest.split_once('?').ok_or_else(wrong)?;
            let (new, old) = ways.split_once(':').ok_or_else(wrong)?;
            Ok(Wish::Patched {
                patch: patch.trim().to_owned(),
                new: Box::new(parse_wish(new.trim())?),
                old: Box::new(parse_wish(old.trim())?),
            })
        }
        "deprecate" => Ok(Wish::Deprecate(one()?.to_owned())),
        "publish" => match args[..] {
            [name, value] => match words::quoted(value) {
                Some(value) => Ok(Wish::Publish { name: name.to_owned(), value }),
                None => Err(format!("`{value}` is not in quotes")),
            },
            _ => Err(format!("`{text}` is not `publish NAME \"VALUE\"`")),
        },
        "answer" => match args[..] {
            [update, "failed"] => {
                let failure =
                    Failure { message: "as the script says".to_owned(), ..Failure::default() };
                Ok(Wish::Answer { update: update.to_owned(), outcome: Err(failure) })
            }
            [update, result] => match words::quoted(result) {
                Some(result) => {
                    Ok(Wish::Answer { update: update.to_owned(), outcome: Ok(vec![result]) })
                }
                None => Err(format!("`{result}` is neither `failed` nor in quotes")),
            },
            _ => Err(format!("`{text}` is not `answer ID \"RESULT\"`")),
        },
        "attribute" | "memo" => match args[..] {
            [name, value] => {
                let map = PayloadMap::from([(name.to_owned(), Payload::json(value))]);
                Ok(Wish::Attributes(match verb {
                    "memo" => attributes::Command::UpsertMemo(map),
                    _ => attributes::Command::UpsertSearch(map),
                }))
            }
            _ => Err(format!("`{text}` is not `{verb} NAME VALUE`")),
        },
        "complete" if rest == "seen" => Ok(Wish::CompleteSeen),
        "complete" => match words::quoted(rest) {
            Some(result) => Ok(Wish::Complete(vec![result])),
            None => Err(format!("`{rest}` is neither `seen` nor in quotes")),
        },
        "fail" if rest == "canceled" => Ok(Wish::Fail(Failure::canceled("canceled as asked"))),
        "fail" => parse_fail(&args),
        "continue" => parse_continue(&args),
        "ignore" => Ok(Wish::Ignore),
        "first" => {
            let wrong = || format!("`{text}` is not `first N ? WISH : WISH`");
            let (runs, ways) = rest.split_once('?').ok_or_else(wrong)?;
            let (then, after) = ways.split_once(':').ok_or_else(wrong)?;
            Ok(Wish::First {
                runs: number(runs.trim())?,
                then: Box::new(parse_wish(then.trim())?),
                after: Box::new(parse_wish(after.trim())?),
            })
        }
        "trap" => Ok(Wish::Trap),
        "flood" => number(one()?).map(Wish::Flood),
        other => Err(format!(
            "unknown wish `{other}`: expected timer, activity, local, child, signal-to, cancel-other, cancel, patched, deprecate, publish, attribute, memo, answer, complete, fail, continue, first, ignore, trap, flood or -"
        )),
    }
}

fn parse_fail(args: &[&str]) -> Result<Wish, Wrong> {
    let [message, options @ ..] = args else { return Err("`fail` needs a reason".to_owned()) };
    let (mut error_type, mut non_retryable) = (String::new(), false);
    for option in options {
        match option.split_once('=') {
            Some(("type", name)) => error_type = name.to_owned(),
            None if *option == "final" => non_retryable = true,
            _ => return Err(format!("unknown option `{option}`: expected type= or final")),
        }
    }
    let kind = FailureKind::Application {
        error_type,
        non_retryable,
        details: Vec::new(),
        next_retry_delay: None,
        benign: false,
    };
    let message = words::unquoted(message).to_owned();
    Ok(Wish::Fail(Failure { message, kind, ..Failure::default() }))
}

fn parse_continue(options: &[&str]) -> Result<Wish, Wrong> {
    let (mut workflow_type, mut task_queue) = (None, None);
    for option in options {
        match option.split_once('=') {
            Some(("type", name)) => workflow_type = Some(name.to_owned()),
            Some(("queue", name)) => task_queue = Some(name.to_owned()),
            _ => return Err(format!("unknown option `{option}`: expected type= or queue=")),
        }
    }
    Ok(Wish::Continue { workflow_type, task_queue })
}

/// Which run of its chain a guest is in: attempts are counted by the host, and a program that
/// continues as new counts by its argument.
fn number_of(started: &execution::Started) -> u32 {
    let argument = started.input.first().and_then(|it| str::from_utf8(&it.data).ok());
    let before = argument.and_then(|it| it.parse().ok()).unwrap_or(0);
    started.attempt.max(before + 1)
}

fn number(text: &str) -> Result<u32, Wrong> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

fn parse_activity(args: &[&str]) -> Result<activity::Schedule, Wrong> {
    let [kind, options @ ..] = args else {
        return Err("an activity needs a type".to_owned());
    };
    let mut schedule = activity::Schedule {
        op: OpSeq(0),
        activity_id: None,
        activity_type: words::unquoted(kind).to_owned(),
        task_queue: None,
        input: Vec::new(),
        header: PayloadMap::new(),
        timeouts: refrain_core::options::ActivityTimeouts::default(),
        retry: None,
        cancellation: CancellationType::TryCancel,
        summary: None,
        priority: Priority::default(),
    };
    let mut unlimited = false;
    for option in options {
        if let Some(input) = words::quoted(option) {
            schedule.input.push(input);
            continue;
        }
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let retry = |schedule: &mut activity::Schedule, change: &dyn Fn(&mut RetryPolicy)| {
            change(schedule.retry.get_or_insert_with(RetryPolicy::default));
        };
        match name {
            "close" => schedule.timeouts.schedule_to_close = Some(words::delay(value)?),
            "wait" => schedule.timeouts.schedule_to_start = Some(words::delay(value)?),
            "work" => schedule.timeouts.start_to_close = Some(words::delay(value)?),
            "beat" => schedule.timeouts.heartbeat = Some(words::delay(value)?),
            "attempts" => {
                let n = number(value)?;
                retry(&mut schedule, &|it| it.maximum_attempts = n);
            }
            "retry" => {
                let first = words::delay(value)?;
                retry(&mut schedule, &|it| {
                    it.initial_interval = first;
                    it.maximum_interval = Delay(first.0 * 100);
                });
            }
            "final" => {
                retry(&mut schedule, &|it| it.non_retryable_error_types.push(value.to_owned()));
            }
            "queue" => schedule.task_queue = Some(value.to_owned()),
            "id" => schedule.activity_id = Some(value.to_owned()),
            "wait-cancel" => schedule.cancellation = CancellationType::WaitCancellationCompleted,
            "abandon" => schedule.cancellation = CancellationType::Abandon,
            "unlimited" => unlimited = true,
            _ => {
                return Err(format!(
                    "unknown option `{option}`: expected close=, wait=, work=, beat=, attempts=, retry=, final=, queue=, id=, wait-cancel, abandon, unlimited or a quoted argument"
                ));
            }
        }
    }
    let limits = schedule.timeouts;
    if limits.start_to_close.is_none() && limits.schedule_to_close.is_none() && !unlimited {
        schedule.timeouts.start_to_close = Some(Delay::from_secs(10));
    }
    Ok(schedule)
}

impl Program for ScriptedProgram {
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError> {
        Ok(Box::new(ScriptedGuest {
            program: self.clone(),
            turns: Arc::clone(&self.turns),
            n_turns: 0,
            n_ops: 0,
            number: 1,
            unreceived: Vec::new(),
            patches: BTreeSet::new(),
            answers: BTreeMap::new(),
            open_updates: BTreeSet::new(),
            seen: Vec::new(),
        }))
    }
}

/// Follows its program, one line for each turn, whatever the turn is for.
pub struct ScriptedGuest {
    program: ScriptedProgram,
    /// Those of its workflow type.
    turns: Turns,
    n_turns: usize,
    n_ops: u32,
    /// Which run of its chain it is in.
    number: u32,
    unreceived: Vec<signal::Signal>,
    /// Markers of the history that is about to be replayed.
    patches: BTreeSet<String>,
    /// What `patched` answered the first time it was asked for an id.
    answers: BTreeMap<String, bool>,
    open_updates: BTreeSet<String>,
    seen: Vec<String>,
}

impl Guest for ScriptedGuest {
    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError> {
        if let Job::Start(start) = &turn.job {
            self.patches.clone_from(&start.patches);
            self.number = number_of(&start.started);
            if let Some(turns) = self.program.of_types.get(&start.started.workflow_type) {
                self.turns = Arc::clone(turns);
            }
        }
        if let Job::Update(request) = &turn.job {
            self.open_updates.insert(request.id.clone());
        }
        self.seen.push(show_job(&turn.job));
        let mut commands = Vec::new();
        if let Some(wishes) = Arc::clone(&self.turns).get(self.n_turns) {
            for wish in wishes {
                if let (Wish::Ignore, Job::Signal(signal)) = (wish, &turn.job) {
                    self.unreceived.push(signal.clone());
                }
                self.follow(wish, turn.replaying, &mut commands)?;
            }
        }
        self.n_turns += 1;
        Ok(commands)
    }

    fn unreceived(&self) -> Vec<signal::Signal> {
        self.unreceived.clone()
    }

    /// Rejects what is called `bad`, breaks at `trap`, and lets `calm` in while no other update is
    /// open; takes all others.
    fn validate_update(
        &mut self,
        request: &update::Request,
        _: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        let no = |why: &str| {
            Ok(Err(Box::new(Failure { message: why.to_owned(), ..Failure::default() })))
        };
        match request.name.as_str() {
            "bad" => no("it is bad"),
            "calm" if !self.open_updates.is_empty() => no("another one is open"),
            "trap" => Err(trap()),
            _ => Ok(Ok(())),
        }
    }

    /// Answers with all that the guest was handed so far.
    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        match query.name.as_str() {
            "seen" => Ok(vec![self.seen_so_far()]),
            other => {
                let message = format!("no query is called `{other}`: there is `seen`");
                Err(QueryError::Failed(Failure::host("QueryNotFound", message)))
            }
        }
    }
}

impl ScriptedGuest {
    fn seen_so_far(&self) -> Payload {
        Payload::json(format!("\"{}\"", self.seen.join("; ").replace('"', "'")))
    }

    fn next_op(&mut self) -> OpSeq {
        self.n_ops += 1;
        OpSeq(self.n_ops)
    }

    /// True for good if the marker is recorded or this is the first time the program gets here.
    fn patched(&mut self, patch: &str, replaying: bool) -> bool {
        let known = !replaying || self.patches.contains(patch);
        *self.answers.entry(patch.to_owned()).or_insert(known)
    }

    fn follow(
        &mut self,
        wish: &Wish,
        replaying: bool,
        commands: &mut Vec<Command>,
    ) -> Result<(), GuestError> {
        let timer = |op, delay| Command::Timer(timer::Command::Start { op, delay, summary: None });
        match wish {
            Wish::Timer(delay) => commands.push(timer(self.next_op(), *delay)),
            Wish::Activity(schedule) => {
                let schedule = activity::Schedule { op: self.next_op(), ..(**schedule).clone() };
                commands.push(Command::Activity(activity::Command::Schedule(Box::new(schedule))));
            }
            Wish::Local(schedule) => {
                let schedule = local::Schedule { op: self.next_op(), ..(**schedule).clone() };
                commands.push(Command::Local(local::Command::Schedule(Box::new(schedule))));
            }
            Wish::Cancel(op) => commands.push(Command::Cancel(*op)),
            Wish::Child(start) => {
                let start = child::Start { op: self.next_op(), ..(**start).clone() };
                commands.push(Command::Child(child::Command::Start(Box::new(start))));
            }
            Wish::External(command) => {
                let mut command = command.clone();
                let (external::Command::Signal { op, .. } | external::Command::Cancel { op, .. }) =
                    &mut command;
                *op = self.next_op();
                commands.push(Command::External(command));
            }
            Wish::Patched { patch, new, old } => {
                let asked_before = self.answers.contains_key(patch);
                let way = match self.patched(patch, replaying) {
                    true => {
                        if !asked_before {
                            commands.push(marker(patch, false));
                        }
                        new
                    }
                    false => old,
                };
                self.follow(way, replaying, commands)?;
            }
            Wish::Deprecate(patch) => {
                let asked_before = self.answers.contains_key(patch);
                if self.patched(patch, replaying) && !asked_before {
                    commands.push(marker(patch, true));
                }
            }
            Wish::Publish { name, value } => {
                commands.push(Command::Publish { name: name.clone(), value: value.clone() });
            }
            Wish::Answer { update, outcome } => {
                let update = match update.as_str() {
                    "any" => self.open_updates.first().cloned(),
                    named => self.open_updates.get(named).cloned(),
                };
                if let Some(update) = update {
                    self.open_updates.remove(&update);
                    let outcome = outcome.clone();
                    commands.push(Command::Update(update::Command::Complete { update, outcome }));
                }
            }
            Wish::Attributes(command) => commands.push(Command::Attributes(command.clone())),
            Wish::Complete(result) => commands.push(complete(result.clone())),
            Wish::CompleteSeen => commands.push(complete(vec![self.seen_so_far()])),
            Wish::Fail(failure) => {
                let failure = failure.clone();
                commands.push(Command::Execution(execution::Command::Fail { failure }));
            }
            Wish::Continue { workflow_type, task_queue } => {
                let asked = execution::ContinueAsNew {
                    workflow_type: workflow_type.clone(),
                    task_queue: task_queue.clone(),
                    input: vec![Payload::json(self.number.to_string())],
                    ..execution::ContinueAsNew::default()
                };
                let command = execution::Command::ContinueAsNew(Box::new(asked));
                commands.push(Command::Execution(command));
            }
            Wish::First { runs, then, after } => {
                let way = if self.number <= *runs { then } else { after };
                self.follow(way, replaying, commands)?;
            }
            Wish::Trap => {
                return Err(trap());
            }
            Wish::Flood(n) => {
                for _ in 0..*n {
                    commands.push(timer(self.next_op(), Delay::from_secs(1)));
                }
            }
            Wish::Ignore | Wish::Nothing => {}
        }
        Ok(())
    }
}

fn trap() -> GuestError {
    GuestError {
        kind: GuestErrorKind::Trap,
        message: "the script says `trap`".to_owned(),
        backtrace: String::new(),
    }
}

fn marker(patch: &str, deprecated: bool) -> Command {
    Command::Patch(patch::Command::Record { patch: patch.to_owned(), deprecated })
}

fn complete(result: Payloads) -> Command {
    Command::Execution(execution::Command::Complete { result })
}

fn show_job(job: &Job) -> String {
    match job {
        Job::Start(start) => format!("start {}", start.started.workflow_type),
        Job::ActivityClosed { op, result: Ok(result) } => {
            format!("activity {op} {}", words::show(result))
        }
        Job::ActivityClosed { op, result: Err(failure) } => {
            format!("activity {op} {}", show_failure(failure))
        }
        Job::TimerClosed { op, result: Ok(()) } => format!("timer {op} fired"),
        Job::TimerClosed { op, result: Err(_) } => format!("timer {op} canceled"),
        Job::Signal(signal) => format!("signal {}", signal.name),
        Job::Update(request) => format!("update {}", request.name),
        Job::CancelRequested { cause } => format!("cancel {cause}").trim_end().to_owned(),
        Job::ChildStarted { op, result: Ok(child) } => {
            format!("child {op} started {}", child.workflow_id)
        }
        Job::ChildStarted { op, result: Err(failure) } => {
            format!("child {op} not started {}", show_failure(failure))
        }
        Job::ChildClosed { op, result: Ok(result) } => {
            format!("child {op} {}", words::show(result))
        }
        Job::ChildClosed { op, result: Err(failure) } => {
            format!("child {op} {}", show_failure(failure))
        }
        Job::ExternalClosed { op, result: Ok(()) } => format!("external {op} delivered"),
        Job::ExternalClosed { op, result: Err(failure) } => {
            format!("external {op} {}", show_failure(failure))
        }
    }
}

/// The outermost frame, and what is below it.
fn show_failure(failure: &Failure) -> String {
    let below = failure.cause.as_deref().map(|it| match &it.kind {
        FailureKind::Timeout { timeout, .. } => timeout.name().to_owned(),
        FailureKind::Application { .. }
        | FailureKind::Canceled { .. }
        | FailureKind::Terminated
        | FailureKind::ResetWorkflow { .. }
        | FailureKind::Server { .. }
        | FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. } => it.message.clone(),
    });
    match below {
        // A cancellation may have no words of its own.
        Some(below) if !below.is_empty() => format!("{}: {below}", failure.message),
        Some(_) | None => failure.message.clone(),
    }
}
