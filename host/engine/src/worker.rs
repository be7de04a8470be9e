//! What a worker thread does with a cell: letters in, at most one step, one job for the
//! committer out.

mod chain;
mod commit;
mod delete;
mod messages;
mod move_run;
mod options;
mod park;
pub(crate) mod query;
mod reset;
mod start;
mod update;

pub(crate) use park::Parked;
pub(crate) use reset::ClosedBase;

use crate::activities::Reserved;
use crate::api::{StartReply, StartRequest};
use crate::cell::{Cell, Known, Letter, Loaded, Phase, ReplyTo, With};
use crate::committer::CommitJob;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::loader::Wanted;
use crate::rows;
use refrain_core::admit::{self, Admission, Current};
use refrain_core::arrival::{Accepted, Arrival, Refused};
use refrain_core::decision::{Decision, Effect};
use refrain_core::errors::{Owner, StepError};
use refrain_core::execution::Execution;
use refrain_core::guest::{Program, Query, QueryError};
use refrain_core::ids::{Digest, EventId, RunId, RunKey};
use refrain_core::limits;
use refrain_core::machines::local::Closed;
use refrain_core::machines::{Event, execution};
use refrain_core::payload::Payloads;
use refrain_core::run::{Run, Step, Surroundings, step_without_guest};
use refrain_store::{RunRow, RunWrite, Write};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use update::Caller;

use messages::{Brought, Starter};

/// A last step that adds more than this to the history is read by those who wait for the end.
const CLOSING_BYTES_MAX: usize = 16 << 10;

/// A step that there was no room for is tried again after this, then after twice as long, and so on.
const ROOM_AGAIN: Duration = Duration::from_secs(1);
const ROOM_AGAIN_MAX: Duration = Duration::from_secs(60);

/// One worker thread. Ends when the host shuts down.
pub(crate) fn work(inner: &Arc<Inner>) {
    while let Some(cell) = inner.ready.pop() {
        Visit::new(inner, cell).run();
    }
}

/// A worker's hold on a cell, from taking its letters to handing it on.
struct Visit<'a> {
    inner: &'a Arc<Inner>,
    cell: Arc<Cell>,
    letters: VecDeque<Letter>,
    warm: Option<Run>,
    loaded: Option<Loaded>,
    /// A step that goes on now.
    parked: Option<Box<Parked>>,
    /// `None`: the workflow id was never used.
    current: Option<Arc<RunRow>>,
    /// The loader has the cell: it comes back when its run is known.
    unknown: bool,
    /// How often in a row there was no room for its guest.
    no_room: u32,
}

/// Arrivals of one step, and who waits for each.
#[derive(Default)]
struct Batch {
    arrivals: Vec<Arrival>,
    callers: Vec<Caller>,
    /// Those of the arrivals that were sent by runs.
    messages: Vec<Brought>,
}

/// What one step of a run came to, before its commit.
struct Stepped {
    row: RunRow,
    run: Option<Run>,
    decision: Decision,
    batch: Vec<Caller>,
    messages: Vec<Brought>,
    /// From the host itself: kept, to arrive again if the commit fails.
    own: Vec<Arrival>,
    started: Option<Starter>,
    start_request_id: Option<String>,
}

impl Batch {
    fn of(arrival: Arrival, caller: Caller) -> Batch {
        Batch { arrivals: vec![arrival], callers: vec![caller], messages: Vec::new() }
    }
}

impl Stepped {
    /// A step that nobody asked for and nobody waits for.
    fn of(row: RunRow, run: Option<Run>, decision: Decision) -> Stepped {
        Stepped {
            row,
            run,
            decision,
            batch: Vec::new(),
            messages: Vec::new(),
            own: Vec::new(),
            started: None,
            start_request_id: None,
        }
    }
}

impl<'a> Visit<'a> {
    fn new(inner: &'a Arc<Inner>, cell: Arc<Cell>) -> Visit<'a> {
        let mut state = cell.lock();
        state.phase = Phase::Busy;
        let current = match &state.known {
            Known::Run(row) => Some(Arc::clone(row)),
            Known::Unknown | Known::Nothing => None,
        };
        // A step under way knows its run, also the first step of one.
        let unknown = matches!(state.known, Known::Unknown) && state.parked.is_none();
        let letters = if unknown { VecDeque::new() } else { std::mem::take(&mut state.mailbox) };
        let (mut warm, loaded) = (state.warm.take(), state.loaded.take());
        let (parked, unfit) = (state.parked.take(), state.unfit);
        let no_room = std::mem::take(&mut state.no_room);
        drop(state);
        // A query moves nothing.
        let may_move = letters.iter().any(|it| !matches!(it, Letter::Query { .. }));
        if may_move && current.as_ref().is_some_and(|it| inner.is_outdated(it, unfit)) {
            // It is replayed on what is deployed now, and moves if it fits.
            warm = None;
        }
        if unknown {
            inner.want(Wanted::Current(Arc::clone(&cell)));
        }
        Visit { inner, cell, letters, warm, loaded, current, parked, unknown, no_room }
    }

    fn run(mut self) {
        if let Some(parked) = self.parked.take() {
            return self.go_on(*parked);
        }
        if self.unknown {
            self.cell.lock().no_room = self.no_room;
            return;
        }
        while let Some(letter) = self.letters.pop_front() {
            let handed_on = match letter {
                Letter::Start { request, with, reply } => {
                    self.start(request, with, Starter::Caller(reply))
                }
                Letter::Message(message) => self.message(message),
                Letter::Move { run, to, reply } => self.move_run(run, to, reply),
                Letter::Reset { request, base, reply } => self.reset(request, base, reply),
                Letter::Options { run, asked, reply } => self.update_options(run, asked, reply),
                Letter::Query { run, name, args, reply } => self.query(run, name, args, reply),
                Letter::Update { run, chain, request, reply } => {
                    self.update(run, chain, request, reply)
                }
                Letter::Deliver { run, chain, arrival, reply } => {
                    self.deliver(run, chain, arrival, reply)
                }
                Letter::Delete { run, reply } => self.delete(run, reply),
            };
            if handed_on {
                return;
            }
        }
        self.leave();
    }

    /// Nothing to commit: the cell is idle again, or goes on with what came meanwhile.
    fn leave(self) {
        let mut state = self.cell.lock();
        state.warm = self.warm;
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        self.inner.settled(&self.cell, more);
    }

    /// The loader brings what is missing; the letters wait where they were.
    fn want_history(&mut self, first: Letter, row: Arc<RunRow>) -> bool {
        self.letters.push_front(first);
        self.put_back();
        self.cell.lock().no_room = self.no_room;
        self.inner.want(Wanted::History(Arc::clone(&self.cell), row));
        true
    }

    fn put_back(&mut self) {
        let mut state = self.cell.lock();
        while let Some(letter) = self.letters.pop_back() {
            state.mailbox.push_front(letter);
        }
    }

    fn deliver(
        &mut self,
        run: Option<RunId>,
        chain: Option<RunId>,
        arrival: Arrival,
        reply: Option<ReplyTo<Accepted>>,
    ) -> bool {
        let Some(row) = self.current.clone() else {
            self.answer(reply, Err(self.not_found(run)));
            return false;
        };
        if run.is_some_and(|run| run != row.key.run) {
            // An earlier run of the chain is closed, or there never was such a run; either way
            // there is nothing here that could take it.
            self.answer(reply, Err(self.not_found(run)));
            return false;
        }
        if !row.status.is_open() {
            let answer = match arrival {
                Arrival::CancelRequest { .. } => Ok(Accepted::AlreadyThere),
                _ => Err(EngineError::Refused(Refused::RunClosed)),
            };
            self.answer(reply, answer);
            return false;
        }
        if chain.is_some_and(|first| first != row.first_run) {
            self.answer(reply, Err(self.not_found(chain)));
            return false;
        }
        if self.warm.is_none() && self.loaded.is_none() {
            return self.want_history(Letter::Deliver { run, chain, arrival, reply }, row);
        }
        self.step_with(&row, Batch::of(arrival, Caller::of(reply)))
    }

    /// A step of the current run, with all that waits for it.
    fn step_with(&mut self, row: &Arc<RunRow>, mut batch: Batch) -> bool {
        self.gather(row, &mut batch);
        match self.step_current(row, batch) {
            Ok(stepped) => {
                self.conclude(None, stepped);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes along what else waits for the same run.
    fn gather(&mut self, row: &RunRow, batch: &mut Batch) {
        // What comes after the end of a run's time is for the next run of its chain.
        while batch.arrivals.len() < limits::ARRIVALS_PER_STEP_MAX
            && !matches!(batch.arrivals.last(), Some(Arrival::RunTimedOut))
        {
            match self.letters.pop_front() {
                Some(Letter::Deliver { run, chain, arrival, reply })
                    if is_meant(row, run, chain) =>
                {
                    batch.arrivals.push(arrival);
                    batch.callers.push(Caller::of(reply));
                }
                Some(Letter::Update { run, chain, request, reply })
                    if is_meant(row, run, chain) =>
                {
                    batch.push_update(request, reply);
                }
                Some(Letter::Message(message)) => {
                    if let Some(message) = self.gather_message(message, batch) {
                        self.letters.push_front(Letter::Message(message));
                        return;
                    }
                }
                Some(other) => {
                    self.letters.push_front(other);
                    return;
                }
                None => return,
            }
        }
    }

    /// One step of the current run. Errors: it came to nothing, and those who wait know.
    fn step_current(&mut self, row: &Arc<RunRow>, batch: Batch) -> Result<Stepped, EngineError> {
        let batch = batch.after(&self.cell.lock().admitted);
        let is_message = |at: usize| batch.messages.binary_search_by_key(&at, |it| it.at).is_ok();
        let own: Vec<_> = batch
            .arrivals
            .iter()
            .zip(&batch.callers)
            .enumerate()
            .filter(|(at, (_, caller))| matches!(caller, Caller::Host) && !is_message(*at))
            .map(|(_, (arrival, _))| arrival.clone())
            // Of somebody who is told if it came to nothing.
            .filter(|it| !matches!(it, Arrival::Terminate { .. }))
            .collect();
        let step = self.step_of(batch.arrivals, row);
        let mut row = (**row).clone();
        let outcome = match self.revive(&mut row, &step) {
            Ok(Alive::Run(run)) => {
                run.step(step).map(|outcome| (outcome.run, outcome.decision, outcome.failed))
            }
            Ok(Alive::WithoutGuest(execution, error)) => {
                step_without_guest(*execution, step, error.as_ref())
                    .map(|decision| (None, decision, error))
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok((run, decision, failed)) => {
                self.report(&row, failed.as_ref());
                let (batch, messages) = (batch.callers, batch.messages);
                Ok(Stepped { batch, messages, own, ..Stepped::of(row, run, decision) })
            }
            Err(error) => {
                self.report(&row, Some(&error));
                let refused = EngineError::of_step(&error);
                batch.callers.into_iter().for_each(|caller| caller.refuse(refused.clone()));
                if let EngineError::NoRoom(_) = refused {
                    self.arrive_when_there_is_room(row.key.run, own, batch.messages);
                }
                Err(refused)
            }
        }
    }

    /// The step never was. What the host itself sent comes again, each time after a longer wait.
    fn arrive_when_there_is_room(&mut self, run: RunId, own: Vec<Arrival>, brought: Vec<Brought>) {
        self.inner.warm.make_room(&self.inner.cells);
        let own = own.into_iter().map(|it| Letter::own(run, it));
        let messages = brought.into_iter().map(|it| Letter::Message(it.message));
        let letters: Vec<_> = messages.chain(own).collect();
        if letters.is_empty() {
            return;
        }
        let wait = ROOM_AGAIN_MAX.min(ROOM_AGAIN * (1 << self.no_room.min(10)));
        self.no_room += 1;
        self.cell.lock().no_room = self.no_room;
        self.inner.post_after(wait, self.cell.key.clone(), letters);
    }

    /// Ends the current run, at the wish of somebody who is in its way.
    fn terminate(
        &mut self,
        row: &Arc<RunRow>,
        reason: &str,
        details: Payloads,
        identity: &str,
    ) -> Result<Stepped, EngineError> {
        let arrival = Arrival::Terminate {
            reason: reason.to_owned(),
            details,
            identity: identity.to_owned(),
        };
        self.step_current(row, Batch::of(arrival, Caller::Host))
    }

    fn step_of(&self, arrivals: Vec<Arrival>, row: &RunRow) -> Step {
        Step {
            arrivals,
            now: self.inner.now(),
            identity: self.inner.config.identity.clone(),
            history_bytes: row.history_bytes,
            task_failure: row.task_failure.clone(),
            host: Surroundings {
                link: self.link_of(row),
                search: self.inner.namespaces.search_attributes(row.key.execution.namespace),
                limits: Arc::clone(&self.inner.config.limits),
            },
        }
    }

    /// The run with its guest; or without one, if there can't be one or none is needed.
    fn revive(&mut self, row: &mut RunRow, step: &Step) -> Result<Alive, StepError> {
        if let Some(run) = self.warm.take() {
            return Ok(Alive::Run(run));
        }
        let Some(Loaded { history, program, deployed }) = self.loaded.take() else {
            return Err(StepError::Corrupt {
                at: EventId::FIRST,
                cause: refrain_core::errors::IllegalTransition::new("run", "unloaded", "step"),
            });
        };
        // A run whose time is over is asked what its program had not received.
        let is_over = step.arrivals.contains(&Arrival::RunTimedOut);
        let retries = step.arrivals.iter().any(Arrival::retries_task);
        let stays_paused = row.status.is_paused() && !step.arrivals.iter().any(Arrival::is_unpause);
        if ((step.task_failure.is_some() && !retries) || stays_paused) && !is_over {
            return Ok(Alive::WithoutGuest(Box::new(Execution::fold(&history)?), None));
        }
        // A run that is stuck has nothing to lose: what is deployed now may be the repair. Others are
        // to follow, by their options.
        if let Some((component, program)) = deployed {
            let moved = RunRow { component, ..row.clone() };
            match self.inner.replay(&moved, &history, Ok(program)) {
                Ok(run) => {
                    tracing::info!(run = %row.key, from = %row.component, to = %component, "moved to the deployed component");
                    row.move_to(component);
                    return Ok(Alive::Run(run));
                }
                Err(error) if error.owner() == Owner::Operator => return Err(error),
                Err(error) => self.note_unfit(&moved, &error),
            }
        }
        let error = match self.inner.replay(row, &history, program) {
            Ok(run) => return Ok(Alive::Run(run)),
            Err(error) => error,
        };
        match error.owner() {
            Owner::GuestAuthor => {
                Ok(Alive::WithoutGuest(Box::new(Execution::fold(&history)?), Some(error)))
            }
            Owner::Caller | Owner::Operator | Owner::Us => Err(error),
        }
    }

    /// A component that the run has diverged on is not tried again while it is deployed.
    fn note_unfit(&self, moved: &RunRow, error: &StepError) {
        if let StepError::Diverged(_) = error {
            self.cell.lock().unfit = Some((moved.key.run, moved.component));
        }
    }

    fn program(&self, digest: Digest) -> Result<(Digest, Arc<dyn Program>), EngineError> {
        match self.inner.program_blocking(digest) {
            Ok(program) => Ok((digest, program)),
            Err(error) => Err(EngineError::of_step(&StepError::Guest(error))),
        }
    }

    fn answer(&self, reply: Option<ReplyTo<Accepted>>, answer: Result<Accepted, EngineError>) {
        if let Some(reply) = reply {
            let _ = reply.send(answer);
        }
    }

    fn not_found(&self, run: Option<RunId>) -> EngineError {
        EngineError::WorkflowNotFound { workflow_id: self.cell.key.workflow.to_string(), run }
    }

    fn report(&self, row: &RunRow, failed: Option<&StepError>) {
        let Some(error) = failed else { return };
        let (run, code) = (&row.key, error.code().0);
        match error.owner() {
            Owner::GuestAuthor => tracing::warn!(%run, code, %error, "workflow task failed"),
            Owner::Operator => tracing::warn!(%run, code, %error, "step put off"),
            Owner::Caller | Owner::Us => {
                tracing::error!(bug = true, %run, code, %error, "step failed");
            }
        }
    }
}

fn is_meant(row: &RunRow, run: Option<RunId>, chain: Option<RunId>) -> bool {
    run.is_none_or(|run| run == row.key.run) && chain.is_none_or(|first| first == row.first_run)
}

#[expect(clippy::large_enum_variant, reason = "made for each step and gone with it")]
enum Alive {
    Run(Run),
    /// What arrives is recorded; the error is why a task can't run, if one is due.
    WithoutGuest(Box<Execution>, Option<StepError>),
}
