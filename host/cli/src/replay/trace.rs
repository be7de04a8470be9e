//! The debugger: events beside what the program was told, asked for and logged.

use super::words::{self, Names};
use crate::history::{event_detail, event_name};
use crate::output::{clean, shorten};
use crate::units::Span;
use refrain_core::errors::StepError;
use refrain_core::guest::{Guest, GuestError, Job, Query, QueryError, Turn};
use refrain_core::machines::{Command, activity, child, execution, external, local};
use refrain_core::payload::Payloads;
use refrain_runtime::{Seen, Watch, WorkflowProgram};
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::import::canonical_payload;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer lines are cut; the values are in the history.
const LINE_CHARS_MAX: usize = 150;
const FRAMES_MAX: usize = 16;

/// One turn of the program.
#[derive(Clone, Debug)]
pub(super) struct TurnSeen {
    /// The `WorkflowTaskStarted` event.
    started: i64,
    told: String,
    did: Vec<Did>,
}

#[derive(Clone, Debug)]
enum Did {
    Log { level: &'static str, line: String },
    Asked(String),
}

impl TurnSeen {
    pub(super) fn to_json(&self) -> Value {
        let did = |it: &Did| match it {
            Did::Log { level, line } => json!({ "log": line, "level": level }),
            Did::Asked(what) => json!({ "asked": what }),
        };
        let did: Vec<Value> = self.did.iter().map(did).collect();
        json!({ "eventId": self.started, "told": self.told, "did": did })
    }
}

/// Where the program was when it went wrong.
#[derive(Default)]
pub(super) struct Stage {
    frames: Vec<String>,
}

impl Stage {
    pub(super) fn of(error: &GuestError) -> Stage {
        // Functions without names, and what lies between the program and the host, tell nothing.
        const NOISE: [&str; 4] = ["<wasm function", "adapter ", "wit_bindgen", "[callback]"];
        let names = error.backtrace.lines();
        let names = names.map(|it| it.split_once(": ").map_or(it, |(_, name)| name).trim());
        let told = names.filter(|it| !NOISE.iter().any(|noise| it.starts_with(noise)));
        Stage { frames: told.map(str::to_owned).collect() }
    }
}

#[derive(Default)]
struct Seeing {
    turns: Vec<TurnSeen>,
    names: Names,
    /// The program was asked to cancel: what it then fails with may close it as canceled.
    is_asked_to_cancel: bool,
}

/// Collects what a guest does while it is replayed.
#[derive(Clone)]
pub(super) struct Traced {
    seeing: Arc<Mutex<Seeing>>,
    foreign: bool,
    /// Somebody wants to see it.
    records: bool,
}

impl Traced {
    pub(super) fn new(foreign: bool, records: bool) -> Traced {
        Traced { seeing: Arc::default(), foreign, records }
    }

    fn lock(&self) -> MutexGuard<'_, Seeing> {
        self.seeing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn turns(&self) -> Vec<TurnSeen> {
        self.lock().turns.clone()
    }

    pub(super) fn guest(&self, program: &WorkflowProgram, stop_at: Option<u64>) -> Box<dyn Guest> {
        let seeing = self.clone();
        let seen = Arc::new(move |seen: Seen<'_>| seeing.see(seen));
        let guest = program.watched_guest(Watch { seen, stop_at });
        Box::new(TracedGuest { guest, traced: self.clone() })
    }

    fn see(&self, seen: Seen<'_>) {
        if !self.records {
            return;
        }
        let mut seeing = self.lock();
        let did = match seen {
            Seen::Log { level, line } => Did::Log { level, line: line.to_owned() },
            Seen::Asked(Command::Execution(execution::Command::Fail { failure }))
                if seeing.is_asked_to_cancel && failure.cancellation().is_some() =>
            {
                Did::Asked(words::cancel(failure))
            }
            Seen::Asked(command) => Did::Asked(words::command(command, &mut seeing.names)),
        };
        if let Some(turn) = seeing.turns.last_mut() {
            turn.did.push(did);
        }
    }
}

struct TracedGuest {
    guest: Box<dyn Guest>,
    traced: Traced,
}

impl Guest for TracedGuest {
    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError> {
        if self.traced.records {
            let mut seeing = self.traced.lock();
            let told = words::job(&turn.job, &seeing.names);
            seeing.is_asked_to_cancel |= matches!(turn.job, Job::CancelRequested { .. });
            let started = i64::try_from(turn.history_length).unwrap_or(i64::MAX);
            seeing.turns.push(TurnSeen { started, told, did: Vec::new() });
        }
        let mut commands = self.guest.turn(turn)?;
        if let Some(end @ Command::Execution(_)) = commands.last() {
            self.traced.see(Seen::Asked(end));
        }
        if self.traced.foreign {
            commands.iter_mut().for_each(canonical);
        }
        Ok(commands)
    }

    fn rooms(&self) -> usize {
        self.guest.rooms()
    }

    fn takes_signals(&self) -> bool {
        self.guest.takes_signals()
    }

    fn unreceived(&self) -> Vec<refrain_core::machines::signal::Signal> {
        self.guest.unreceived()
    }

    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        self.guest.query(query)
    }
}

/// As `import` tells what a Temporal SDK recorded.
fn canonical(command: &mut Command) {
    let inputs = match command {
        Command::Activity(activity::Command::Schedule(it)) => &mut it.input,
        Command::Local(local::Command::Schedule(it)) => &mut it.input,
        Command::Child(child::Command::Start(it)) => &mut it.child.input,
        Command::External(external::Command::Signal { signal, .. }) => &mut signal.input,
        Command::External(external::Command::Cancel { .. })
        | Command::Execution(_)
        | Command::Timer(_)
        | Command::Patch(_)
        | Command::Update(_)
        | Command::Attributes(_)
        | Command::Cancel(_)
        | Command::Publish { .. } => return,
    };
    inputs.iter_mut().for_each(|it| *it = canonical_payload(std::mem::take(it)));
}

/// Colors, on a terminal.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }
}

pub(super) fn text(
    title: &str,
    events: &[HistoryEvent],
    turns: &[TurnSeen],
    outcome: &Result<Result<(), StepError>, String>,
    stage: &Stage,
) -> String {
    let paint = Paint(std::io::stdout().is_terminal());
    let mut text = format!("{}\n\n", paint.bold(&clean(title)));
    let began = events.first().map_or(0, ms_of);
    let ids = events.last().map_or(0, |it| it.event_id).to_string().len().max(2);
    let span = |event: &HistoryEvent| {
        Span(Duration::from_millis(ms_of(event).saturating_sub(began))).to_string()
    };
    let times = events.iter().map(|it| span(it).len()).max().unwrap_or(0) + 1;
    let indent = ids + times + 4;
    let error = match outcome {
        Ok(Err(error)) => Some(error),
        Ok(Ok(())) | Err(_) => None,
    };
    let diverged = error.and_then(|it| match it {
        StepError::Diverged(it) => Some(it),
        StepError::Guest(_) | StepError::BadCommand { .. } | StepError::Corrupt { .. } => None,
    });
    let at = diverged.map(|it| i64::try_from(it.at.0).unwrap_or(i64::MAX));
    let last_played = turns.last().map(|it| it.started + 1);
    for event in events {
        let (id, time) = (event.event_id, format!("+{}", span(event)));
        let (name, detail) = (event_name(event), clean(&event_detail(event)));
        let line = format!("{id:>ids$}  {time:>times$}  {name:<32}  {detail}");
        let line = shorten(line.trim_end(), LINE_CHARS_MAX);
        let is_task = name.starts_with("WorkflowTask");
        let _ = match (at == Some(id), is_task) {
            (true, _) => writeln!(text, "{}", paint.red(&line)),
            (false, true) => writeln!(text, "{}", paint.dim(&line)),
            (false, false) => writeln!(text, "{line}"),
        };
        let started = match &event.attributes {
            Some(Attributes::WorkflowTaskCompletedEventAttributes(it)) => it.started_event_id,
            _ => 0,
        };
        for turn in turns.iter().filter(|it| started > 0 && it.started == started) {
            turn_text(&mut text, turn, indent, paint);
        }
        // Past the end of what was played there is nothing to compare.
        let is_over = match (at, error) {
            (Some(at), _) => id >= at.max(1),
            (None, Some(_)) => last_played.is_some_and(|last| id >= last),
            (None, None) => false,
        };
        if is_over {
            break;
        }
    }
    verdict(&mut text, outcome, stage, paint);
    text
}

fn turn_text(text: &mut String, turn: &TurnSeen, indent: usize, paint: Paint) {
    let cut = |line: String| shorten(&clean(&line), LINE_CHARS_MAX - indent);
    let _ = writeln!(text, "{:indent$}{}", "", paint.green(&cut(format!("> {}", turn.told))));
    for did in &turn.did {
        let line = match did {
            Did::Log { level, line } => paint.dim(&cut(format!("    log {level}: {line}"))),
            Did::Asked(what) => cut(format!("    asks for {what}")),
        };
        let _ = writeln!(text, "{:indent$}{line}", "");
    }
}

fn verdict(
    text: &mut String,
    outcome: &Result<Result<(), StepError>, String>,
    stage: &Stage,
    paint: Paint,
) {
    text.push('\n');
    let error = match outcome {
        Ok(Ok(())) => {
            let _ = writeln!(text, "{}", paint.green("fits"));
            return;
        }
        Ok(Err(error)) => error,
        Err(why) => {
            let _ = writeln!(text, "{}", paint.red(why));
            return;
        }
    };
    let code = error.code().0;
    let mut rows = Vec::new();
    match error {
        StepError::Diverged(it) => {
            let _ =
                writeln!(text, "{}", paint.red(&format!("diverges at event {} ({code})", it.at)));
            let nothing = || "nothing".to_owned();
            let recorded = it.recorded.clone().unwrap_or_else(nothing);
            let asked = it.asked.clone().unwrap_or_else(nothing);
            rows.push(("recorded", paint.green(&clean(&recorded))));
            rows.push(("asked for", paint.red(&clean(&asked))));
        }
        StepError::Guest(it) => {
            let what = format!("the program breaks ({code}): {}", clean(&it.message));
            let _ = writeln!(text, "{}", paint.red(&what));
        }
        StepError::BadCommand { .. } | StepError::Corrupt { .. } => {
            let what = format!("can't be replayed ({code}): {}", clean(&error.to_string()));
            let _ = writeln!(text, "{}", paint.red(&what));
        }
    }
    for (nth, frame) in stage.frames.iter().take(FRAMES_MAX).enumerate() {
        rows.push((if nth == 0 { "at" } else { "" }, clean(frame)));
    }
    for (label, value) in rows {
        let _ = writeln!(text, "  {label:<9}  {value}");
    }
}

fn ms_of(event: &HistoryEvent) -> u64 {
    event.event_time.as_ref().map_or(0, |it| {
        let ms = it.seconds.max(0).unsigned_abs().saturating_mul(1000);
        ms + u64::from(it.nanos.max(0).unsigned_abs()) / 1_000_000
    })
}
