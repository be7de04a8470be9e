//! What the host keeps of one live run, beside the guest's own memory.
//!
//! Host functions write here what the guest wishes, and the driver takes it when the guest is
//! idle. Both are on the same thread, one after the other; the lock is there because the guest's
//! future and the driver both hold on to it.

mod ending;
mod log;
mod patches;
mod upserts;
mod weight;

pub(crate) use log::say;

use crate::bindings::convert::{self, KnownEvents};
use crate::bindings::{children, lifecycle, types};
use crate::cpu_time;
use crate::errors::Stop;
use crate::numbers::{Numbers, OpNumbers, WAITS_FROM};
use crate::signals::{Kept, Offer};
use crate::watch::{STOPPED, Seen, Watch};
use futures::channel::oneshot;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use refrain_core::failure::Failure;
use refrain_core::guest::{GuestErrorKind, Start, Turn};
use refrain_core::ids::{OpSeq, RunId};
use refrain_core::limits::{BLOB_BYTES_MAX, COMMANDS_PER_TASK_MAX};
use refrain_core::machines::{Command, attributes, patch, signal, update};
use refrain_core::payload::{self, Payload};
use refrain_core::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use weight::weight;

/// Operations of one guest that have not resolved.
const OPEN_OPS_MAX: usize = 10_000;
/// What the commands of one turn may weigh in the host's memory. Bytes.
const COMMAND_BYTES_PER_TURN_MAX: usize = 32 << 20;
/// Logged by one turn; the rest is dropped, with a line that says so. Bytes.
const LOG_BYTES_PER_TURN_MAX: usize = 1 << 20;
/// Bytes of one line; the rest of it is dropped.
pub(crate) const LOG_LINE_BYTES_MAX: usize = 16 << 10;
/// Kept of what a guest says before it traps.
const SAID_BYTES_MAX: usize = 2048;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, types::Failure>>;

/// An operation whose future has not resolved.
#[derive(Debug)]
pub(crate) enum Open {
    Activity(Reply<types::Payloads>),
    Timer(Reply<()>),
    /// `started`: `None` once that has resolved.
    Child {
        started: Option<Reply<children::Started>>,
        result: Reply<types::Payloads>,
    },
    External(Reply<()>),
    Signal {
        name: Option<String>,
        reply: Offer,
    },
    Cancellation(Reply<crate::bindings::context::CancelRequest>),
}

impl Open {
    /// Does the guest still hold the future?
    fn is_awaited(&self) -> bool {
        match self {
            Open::Activity(reply) => !reply.is_canceled(),
            Open::Timer(reply) | Open::External(reply) => !reply.is_canceled(),
            Open::Child { started, result } => {
                started.as_ref().is_some_and(|reply| !reply.is_canceled()) || !result.is_canceled()
            }
            Open::Signal { reply, .. } => !reply.is_canceled(),
            Open::Cancellation(reply) => !reply.is_canceled(),
        }
    }
}

/// What the guest is doing, as far as host functions must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Reading a component's definition: no run exists.
    Definition,
    Turn,
    /// Nothing may be started or recorded.
    Query,
}

/// Randomness of a run. The streams are separate, so that a toolchain that draws a hash seed
/// from WASI does not change what the program sees. Part of every history: never to be changed.
struct Random {
    context: ChaCha20Rng,
    wasi: ChaCha20Rng,
    insecure: ChaCha20Rng,
    query: ChaCha20Rng,
}

impl Random {
    fn new(run: RunId) -> Random {
        let seed: [u8; 32] = Sha256::digest(run.to_bytes()).into();
        let stream = |stream| {
            let mut rng = ChaCha20Rng::from_seed(seed);
            rng.set_stream(stream);
            rng
        };
        Random { context: stream(0), wasi: stream(1), insecure: stream(2), query: stream(3) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Context,
    Wasi,
    Insecure,
}

pub(crate) struct Run {
    pub(crate) phase: Phase,
    /// `None` while a definition is read.
    pub(crate) start: Option<Box<Start>>,
    now: Timestamp,
    query_now: Timestamp,
    pub(crate) replaying: bool,
    pub(crate) history_length: u64,
    pub(crate) history_bytes: u64,
    pub(crate) suggest_continue_as_new: bool,

    /// Of the thread, at the first epoch of this turn: most turns end before they see one, and
    /// asking for it costs.
    cpu_began: Option<Duration>,
    activation_max: Duration,

    numbers: OpNumbers,
    open: BTreeMap<u32, Open>,
    /// Operations that wait for nothing outside, and were canceled in this turn.
    canceled: VecDeque<u32>,
    /// Canceling these was asked for already.
    cancel_asked: Vec<u32>,
    pub(crate) signals: Kept,
    cancel_requested: Option<String>,
    /// The guest has no way to see such a request.
    pub(crate) ends_when_canceled: bool,
    patches: BTreeMap<String, bool>,
    deprecated_patches: Vec<String>,
    known_events: Vec<KnownEvents>,
    /// Memo and search attributes, with what the guest has changed.
    attributes: attributes::Attributes,

    commands: Vec<Command>,
    /// Of the whole life of the guest.
    n_commands: u64,
    pub(crate) watch: Option<Watch>,
    command_bytes: usize,
    n_updates: u64,
    /// Updates whose handlers returned in this turn, by the order in which they began.
    returned_updates: BTreeMap<u64, update::Command>,

    random: Random,
    log_bytes: usize,
    said: String,
    /// An engine in the guest is telling how it panicked.
    engine_panics: bool,

    /// Why the guest can't go on, found where no error could be returned to it.
    stopped: Option<Stop>,

    /// `run` returned.
    pub(crate) ended: Option<Result<lifecycle::Outcome, Failure>>,
    pub(crate) is_over: bool,
}

/// Shared by the driver, the host functions and the guest's WASI streams.
#[derive(Clone)]
pub(crate) struct SharedRun(Arc<Mutex<Run>>);

impl SharedRun {
    pub(crate) fn new(run: Run) -> SharedRun {
        SharedRun(Arc::new(Mutex::new(run)))
    }

    /// A panic while it was held ends the guest anyway; what is left is only dropped.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Run> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    pub(crate) fn new(start: Option<Box<Start>>, activation_max: Duration) -> Run {
        let seed = start
            .as_ref()
            .map_or(RunId(0), |start| start.started.original_run.unwrap_or(start.run));
        let now = start.as_ref().map_or(Timestamp(0), |start| start.start_time);
        let attributes = start.as_ref().map_or_else(Default::default, |start| {
            let (memo, search) = (&start.started.memo, &start.started.search_attributes);
            attributes::Attributes { memo: memo.clone(), search: search.clone() }
        });
        Run {
            phase: if start.is_some() { Phase::Turn } else { Phase::Definition },
            start,
            now,
            query_now: now,
            replaying: false,
            history_length: 0,
            history_bytes: 0,
            suggest_continue_as_new: false,
            cpu_began: None,
            activation_max,
            numbers: OpNumbers::default(),
            open: BTreeMap::new(),
            canceled: VecDeque::new(),
            cancel_asked: Vec::new(),
            signals: Kept::default(),
            cancel_requested: None,
            ends_when_canceled: false,
            patches: BTreeMap::new(),
            deprecated_patches: Vec::new(),
            known_events: Vec::new(),
            attributes,
            commands: Vec::new(),
            n_commands: 0,
            watch: None,
            command_bytes: 0,
            n_updates: 0,
            returned_updates: BTreeMap::new(),
            random: Random::new(seed),
            log_bytes: 0,
            said: String::new(),
            engine_panics: false,
            stopped: None,
            ended: None,
            is_over: false,
        }
    }

    // Turns.

    pub(crate) fn begin_turn(&mut self, turn: &Turn) {
        self.now = turn.now;
        self.replaying = turn.replaying;
        self.history_length = turn.history_length;
        self.history_bytes = turn.history_bytes;
        self.suggest_continue_as_new = turn.suggest_continue_as_new;
        self.begin(Phase::Turn);
    }

    pub(crate) fn begin_query(&mut self, now: Timestamp) {
        self.query_now = now.max(self.now);
        self.begin(Phase::Query);
    }

    /// What clocks show. A query sees its own time, which leaves nothing behind.
    pub(crate) fn now(&self) -> Timestamp {
        match self.phase {
            Phase::Query => self.query_now,
            Phase::Turn | Phase::Definition => self.now,
        }
    }

    fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        self.cpu_began = None;
        self.log_bytes = 0;
        self.said.clear();
        self.engine_panics = false;
    }

    /// Called at every epoch, on the thread that runs the turn.
    pub(crate) fn check_time(&mut self) -> Result<(), Stop> {
        let cpu = cpu_time::of_thread();
        let began = *self.cpu_began.get_or_insert(cpu);
        if cpu.saturating_sub(began) <= self.activation_max {
            return Ok(());
        }
        Err(Stop::new(
            GuestErrorKind::OutOfTime,
            format!(
                "guest ran for more than {} ms without waiting for anything: do long work in an activity, or raise `--guest-time`",
                self.activation_max.as_millis()
            ),
        ))
    }

    pub(crate) fn take_commands(&mut self) -> Vec<Command> {
        self.command_bytes = 0;
        let mut commands = std::mem::take(&mut self.commands);
        // Last, and in an order of their own: in which they return is the engine's affair.
        let returned = std::mem::take(&mut self.returned_updates);
        commands.extend(returned.into_values().map(Command::Update));
        commands
    }

    /// The number of an update whose handler begins now.
    pub(crate) fn begin_update(&mut self) -> u64 {
        self.n_updates += 1;
        self.n_updates
    }

    /// An update's handler has returned.
    pub(crate) fn end_update(
        &mut self,
        number: u64,
        update: String,
        outcome: Result<types::Payloads, types::Failure>,
    ) -> Result<(), Stop> {
        let outcome = match outcome {
            Ok(result) => {
                let result = convert::payloads_in(result);
                match payload::size_of_all(&result) {
                    bytes if bytes > BLOB_BYTES_MAX => Err(Failure::host(
                        "ResultTooLarge",
                        format!(
                            "update returned {bytes} bytes, at most {BLOB_BYTES_MAX} are allowed"
                        ),
                    )),
                    _ => Ok(result),
                }
            }
            Err(frames) => Err(self.failure_in(frames)?),
        };
        self.returned_updates.insert(number, update::Command::Complete { update, outcome });
        Ok(())
    }

    /// May the guest ask for something with an effect now?
    pub(crate) fn check_phase(&self, function: &str) -> Result<(), Stop> {
        match self.phase {
            Phase::Turn => Ok(()),
            Phase::Query => Err(Stop::broken(format!(
                "guest called `{function}` while it answered a query or validated an update"
            ))),
            Phase::Definition => Err(Stop::broken(format!(
                "guest called `{function}` before `run`: `definition` and code at the top level must not call the host"
            ))),
        }
    }

    // What the guest wishes.

    fn next_op(&mut self, numbers: Numbers) -> Result<u32, Stop> {
        if self.open.len() >= OPEN_OPS_MAX {
            self.open.retain(|_, open| open.is_awaited());
        }
        if self.open.len() >= OPEN_OPS_MAX {
            return Err(Stop::new(
                GuestErrorKind::TooManyCommands,
                format!(
                    "guest has {OPEN_OPS_MAX} open operations, more are not allowed: await or cancel some before"
                ),
            ));
        }
        Ok(self.numbers.next(numbers))
    }

    /// The number of an operation that needs none of the host, and resolves at once.
    pub(crate) fn resolved_op(&mut self, function: &str, numbers: Numbers) -> Result<u32, Stop> {
        self.check_phase(function)?;
        self.next_op(numbers)
    }

    pub(crate) fn open_op(
        &mut self,
        function: &str,
        numbers: Numbers,
        open: impl FnOnce(OpSeq) -> (Open, Option<Command>),
    ) -> Result<u32, Stop> {
        self.check_phase(function)?;
        let op = self.next_op(numbers)?;
        let (open, command) = open(OpSeq(op));
        if let Some(command) = command {
            self.push(command)?;
        }
        self.open.insert(op, open);
        Ok(op)
    }

    fn push(&mut self, command: Command) -> Result<(), Stop> {
        if self.is_over {
            return Ok(());
        }
        if self.commands.len() >= COMMANDS_PER_TASK_MAX {
            return Err(Stop::new(
                GuestErrorKind::TooManyCommands,
                format!(
                    "guest asked for more than {COMMANDS_PER_TASK_MAX} things without waiting for any: wait for some before it asks for more"
                ),
            ));
        }
        self.n_commands += 1;
        if let Some(watch) = &self.watch {
            (watch.seen)(Seen::Asked(&command));
            if watch.stop_at == Some(self.n_commands) {
                return Err(Stop::new(GuestErrorKind::Trap, STOPPED));
            }
        }
        self.command_bytes += weight(&command);
        if self.command_bytes > COMMAND_BYTES_PER_TURN_MAX {
            return Err(Stop::new(
                GuestErrorKind::TooManyCommands,
                format!(
                    "guest handed over more than {COMMAND_BYTES_PER_TURN_MAX} bytes without waiting for anything: wait in between, or hand over references"
                ),
            ));
        }
        self.commands.push(command);
        Ok(())
    }

    pub(crate) fn publish(
        &mut self,
        function: &str,
        name: String,
        value: Payload,
    ) -> Result<(), Stop> {
        self.check_phase(function)?;
        self.push(Command::Publish { name, value })
    }

    pub(crate) fn cancel(&mut self, op: u32) -> Result<(), Stop> {
        self.check_phase("operations.cancel")?;
        let Some(open) = self.open.get(&op) else { return Ok(()) };
        if self.cancel_asked.contains(&op) {
            return Ok(());
        }
        self.cancel_asked.push(op);
        match open {
            Open::Activity(_) | Open::Timer(_) | Open::Child { .. } => {
                self.push(Command::Cancel(OpSeq(op)))
            }
            // What was sent to another workflow stays sent.
            Open::Signal { .. } | Open::Cancellation(_) | Open::External(_) => {
                self.canceled.push_back(op);
                Ok(())
            }
        }
    }

    /// Ends the turn with this, once the guest is idle.
    pub(crate) fn stop(&mut self, stop: Stop) {
        self.stopped.get_or_insert(stop);
    }

    pub(crate) fn take_stopped(&mut self) -> Option<Stop> {
        self.stopped.take()
    }

    // What is handed to the guest.

    pub(crate) fn take_open(&mut self, op: OpSeq) -> Option<Open> {
        self.cancel_asked.retain(|asked| *asked != op.0);
        self.open.remove(&op.0)
    }

    /// The first of a child's two futures.
    pub(crate) fn take_child_start(&mut self, op: OpSeq) -> Option<Reply<children::Started>> {
        match self.open.get_mut(&op.0) {
            Some(Open::Child { started, .. }) => started.take(),
            Some(
                Open::Activity(_)
                | Open::Timer(_)
                | Open::External(_)
                | Open::Signal { .. }
                | Open::Cancellation(_),
            )
            | None => None,
        }
    }

    pub(crate) fn remember_events(&mut self, failure: &Failure) {
        if let Some(events) = KnownEvents::of(failure) {
            self.known_events.push(events);
        }
    }

    pub(crate) fn failure_in(&self, frames: types::Failure) -> Result<Failure, Stop> {
        convert::failure_in(frames, &self.known_events)
    }

    /// The oldest wait that the signal fits is offered it; if there is none, it is kept.
    pub(crate) fn take_signal(&mut self, signal: signal::Signal) {
        let place = self.signals.add(signal);
        self.offer_signal(place);
    }

    /// One that is kept, to the oldest wait that it fits. One at a time, and none after the end:
    /// so a program that ends has received no more than it has seen.
    fn offer_kept(&mut self) -> bool {
        let names = self.waits().filter_map(|(_, open)| {
            let Open::Signal { name, .. } = open else { return None };
            open.is_awaited().then_some(name.as_deref())
        });
        let wanted = names.filter_map(|name| self.signals.first_free(name)).min();
        wanted.is_some_and(|place| self.offer_signal(place))
    }

    /// False: nobody waits for it.
    fn offer_signal(&mut self, place: u64) -> bool {
        while let Some(op) = self.signals.name(place).and_then(|name| self.waiting_for(name)) {
            let Some(Open::Signal { name: _, reply }) = self.take_open(OpSeq(op)) else { break };
            // The guest may have dropped that wait: then the next.
            if reply.send(Ok(place)).is_ok() {
                self.signals.set_offered(place, true);
                return true;
            }
        }
        false
    }

    /// Those that wait for nothing that is recorded, oldest first. There are few of them, however
    /// many activities are open.
    fn waits(&self) -> impl Iterator<Item = (&u32, &Open)> {
        self.open.range(WAITS_FROM..)
    }

    fn waiting_for(&self, signal: &str) -> Option<u32> {
        self.waits().find_map(|(op, open)| match open {
            Open::Signal { name, .. } if name.as_deref().is_none_or(|name| name == signal) => {
                Some(*op)
            }
            Open::Signal { .. }
            | Open::Activity(_)
            | Open::Timer(_)
            | Open::Child { .. }
            | Open::External(_)
            | Open::Cancellation(_) => None,
        })
    }

    /// As [`Run::resolve_one`], for a guest that has not ended.
    pub(crate) fn owes_one(&mut self) -> bool {
        self.ended.is_none() && self.resolve_one()
    }

    /// Resolves one thing that the host itself owes the guest. False: nothing is owed.
    fn resolve_one(&mut self) -> bool {
        while let Some(op) = self.canceled.pop_front() {
            let failure = || convert::failure_out(Failure::canceled("operation canceled"));
            let delivered = match self.take_open(OpSeq(op)) {
                Some(Open::Signal { reply, .. }) => reply.send(Err(failure())).is_ok(),
                Some(Open::Cancellation(reply)) => reply.send(Err(failure())).is_ok(),
                Some(Open::External(reply)) => reply.send(Err(failure())).is_ok(),
                Some(Open::Activity(_) | Open::Timer(_) | Open::Child { .. }) | None => false,
            };
            if delivered {
                return true;
            }
        }
        if self.offer_kept() {
            return true;
        }
        let Some(reason) = self.cancel_requested.clone() else { return false };
        let waiting = |(op, open): (&u32, &Open)| match open {
            Open::Cancellation(_) => Some(*op),
            Open::Activity(_)
            | Open::Timer(_)
            | Open::Child { .. }
            | Open::External(_)
            | Open::Signal { .. } => None,
        };
        loop {
            let next = self.waits().find_map(waiting);
            let Some(op) = next else { return false };
            if let Some(Open::Cancellation(reply)) = self.take_open(OpSeq(op)) {
                let request = crate::bindings::context::CancelRequest { reason: reason.clone() };
                if reply.send(Ok(request)).is_ok() {
                    return true;
                }
            }
        }
    }

    // Randomness.

    pub(crate) fn random(&mut self, stream: Stream) -> &mut impl Rng {
        match (self.phase, stream) {
            // A query that draws a number must not change what the next turn draws.
            (Phase::Query, _) => &mut self.random.query,
            (Phase::Turn | Phase::Definition, Stream::Context) => &mut self.random.context,
            (Phase::Turn | Phase::Definition, Stream::Wasi) => &mut self.random.wasi,
            (Phase::Turn | Phase::Definition, Stream::Insecure) => &mut self.random.insecure,
        }
    }

    pub(crate) fn uuid4(&mut self) -> String {
        let mut bytes = [0; 16];
        self.random(Stream::Context).fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        RunId::from_bytes(bytes).to_string()
    }
}
