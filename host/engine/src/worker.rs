//! What a worker thread does with a cell: letters in, at most one step, one job for the
//! committer out.

use crate::activities::Reserved;
use crate::api::{StartReply, StartRequest};
use crate::cell::{Cell, Known, Letter, Loaded, Phase, ReplyTo};
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
use refrain_core::machines::execution;
use refrain_core::payload::Payloads;
use refrain_core::run::{Run, RunFacts, Step, step_without_guest};
use refrain_store::{ComponentKind, RunRow, RunWrite, Write};
use std::collections::VecDeque;
use std::sync::Arc;

/// A last step that adds more than this to the history is read by those who wait for the end.
const CLOSING_BYTES_MAX: usize = 16 << 10;

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
    /// `None`: the workflow id was never used.
    current: Option<Arc<RunRow>>,
    /// The loader has the cell: it comes back when its run is known.
    unknown: bool,
}

/// Arrivals of one step, and who waits for each.
#[derive(Default)]
struct Batch {
    arrivals: Vec<Arrival>,
    replies: Vec<Option<ReplyTo<Accepted>>>,
}

/// What one step of a run came to, before its commit.
struct Stepped {
    row: RunRow,
    run: Option<Run>,
    decision: Decision,
    batch: Vec<Option<ReplyTo<Accepted>>>,
    /// From the host itself: kept, to arrive again if the commit fails.
    own: Vec<Arrival>,
    started: Option<ReplyTo<StartReply>>,
    start_request_id: Option<String>,
}

impl<'a> Visit<'a> {
    fn new(inner: &'a Arc<Inner>, cell: Arc<Cell>) -> Visit<'a> {
        let mut state = cell.lock();
        state.phase = Phase::Busy;
        let current = match &state.known {
            Known::Run(row) => Some(Arc::clone(row)),
            Known::Unknown | Known::Nothing => None,
        };
        let unknown = matches!(state.known, Known::Unknown);
        let letters = if unknown { VecDeque::new() } else { std::mem::take(&mut state.mailbox) };
        let (warm, loaded) = (state.warm.take(), state.loaded.take());
        drop(state);
        if unknown {
            inner.want(Wanted::Current(Arc::clone(&cell)));
        }
        Visit { inner, cell, letters, warm, loaded, current, unknown }
    }

    fn run(mut self) {
        if self.unknown {
            return;
        }
        while let Some(letter) = self.letters.pop_front() {
            let handed_on = match letter {
                Letter::Start { request, reply } => self.start(request, reply),
                Letter::Query { run, name, args, reply } => self.query(run, name, args, reply),
                Letter::Deliver { run, arrival, reply } => self.deliver(run, arrival, reply),
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
        self.inner.want(Wanted::History(Arc::clone(&self.cell), row));
        true
    }

    fn put_back(&mut self) {
        let mut state = self.cell.lock();
        while let Some(letter) = self.letters.pop_back() {
            state.mailbox.push_front(letter);
        }
    }

    // ---- starting

    fn start(&mut self, request: Box<StartRequest>, reply: ReplyTo<StartReply>) -> bool {
        let current = self.current.as_ref().map(|row| Current {
            run: row.key.run,
            status: row.status,
            start_request_id: row.start_request_id.clone().unwrap_or_default(),
        });
        let admission =
            admit::start(current.as_ref(), &request.request_id, request.reuse, request.conflict);
        let status = current.as_ref().map_or(execution::State::Running, |it| it.status);
        match admission {
            Admission::Existing { run, started } => {
                let _ = reply.send(Ok(StartReply { run, started, status }));
                false
            }
            Admission::Refused { run, start_request_id } => {
                let workflow_id = self.cell.key.workflow.to_string();
                let error = EngineError::AlreadyStarted { workflow_id, run, start_request_id };
                let _ = reply.send(Err(error));
                false
            }
            Admission::New => self.start_new(request, reply, None),
            Admission::TerminateFirst { .. } => {
                let Some(row) = self.current.clone() else { return false };
                if self.warm.is_none() && self.loaded.is_none() {
                    return self.want_history(Letter::Start { request, reply }, row);
                }
                let arrival = Arrival::Terminate {
                    reason: "terminated by a start with the same workflow id".to_owned(),
                    details: Vec::new(),
                    identity: request.started.identity.clone(),
                };
                let batch = Batch { arrivals: vec![arrival], replies: vec![None] };
                match self.step_current(&row, batch) {
                    Some(ended) => self.start_new(request, reply, Some(ended)),
                    None => false,
                }
            }
        }
    }

    fn start_new(
        &mut self,
        request: Box<StartRequest>,
        reply: ReplyTo<StartReply>,
        ended: Option<Stepped>,
    ) -> bool {
        let (component, program) = match self.program_for(&request) {
            Ok(found) => found,
            Err(error) => {
                let _ = reply.send(Err(error));
                // What was ended for it is not committed either; its guest is gone, which is
                // no loss.
                return false;
            }
        };
        let StartRequest { namespace, mut started, request_id, .. } = *request;
        let now = self.inner.now();
        let run = self.inner.new_run_id(now);
        let key = RunKey { execution: self.cell.key.clone(), run };
        started.original_run = Some(run);
        started.first_run = Some(run);
        let row = rows::of_start(key.clone(), component, &request_id, &started, now);
        let facts =
            RunFacts { key, namespace: self.inner.namespaces.name_of(namespace), component };
        let step = self.step_of(vec![Arrival::Start(Box::new(started))], &row);
        let outcome = match program.guest() {
            Ok(guest) => Run::new(facts, guest).step(step),
            Err(error) => {
                let _ = reply.send(Err(EngineError::Internal(error.to_string())));
                return false;
            }
        };
        match outcome {
            Ok(outcome) => {
                self.report(&row, outcome.failed.as_ref());
                let started = Stepped {
                    row,
                    run: outcome.run,
                    decision: outcome.decision,
                    batch: Vec::new(),
                    own: Vec::new(),
                    started: Some(reply),
                    start_request_id: Some(request_id).filter(|it| !it.is_empty()),
                };
                self.commit(ended, started);
                true
            }
            Err(error) => {
                let _ = reply.send(Err(EngineError::Internal(error.to_string())));
                false
            }
        }
    }

    fn program_for(
        &self,
        request: &StartRequest,
    ) -> Result<(Digest, Arc<dyn Program>), EngineError> {
        let task_queue = &request.started.task_queue;
        let kind = ComponentKind::Workflow;
        let deployed = self.inner.deployments.current(request.namespace, task_queue, kind);
        let Some(deployed) = deployed else {
            return Err(EngineError::NothingDeployed { task_queue: task_queue.clone() });
        };
        let found = &request.started.workflow_type;
        if !deployed.has(found) {
            return Err(EngineError::UnknownWorkflowType {
                found: found.clone(),
                task_queue: task_queue.clone(),
                known: deployed.types.join(", "),
            });
        }
        let digest = deployed.row.digest;
        match self.inner.program_blocking(digest) {
            Ok(program) => Ok((digest, program)),
            Err(error) => Err(EngineError::Internal(error.to_string())),
        }
    }

    // ---- delivering

    fn deliver(
        &mut self,
        run: Option<RunId>,
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
        if self.warm.is_none() && self.loaded.is_none() {
            return self.want_history(Letter::Deliver { run, arrival, reply }, row);
        }
        let mut batch = Batch { arrivals: vec![arrival], replies: vec![reply] };
        self.gather(&row, &mut batch);
        match self.step_current(&row, batch) {
            Some(stepped) => {
                self.commit(None, stepped);
                true
            }
            None => false,
        }
    }

    /// Takes along what else waits for the same run.
    fn gather(&mut self, row: &RunRow, batch: &mut Batch) {
        while batch.arrivals.len() < limits::ARRIVALS_PER_STEP_MAX {
            match self.letters.pop_front() {
                Some(Letter::Deliver { run, arrival, reply })
                    if run.is_none_or(|run| run == row.key.run) =>
                {
                    batch.arrivals.push(arrival);
                    batch.replies.push(reply);
                }
                Some(other) => {
                    self.letters.push_front(other);
                    return;
                }
                None => return,
            }
        }
    }

    /// One step of the current run. `None`: it came to nothing, and those who wait know.
    fn step_current(&mut self, row: &Arc<RunRow>, batch: Batch) -> Option<Stepped> {
        let own: Vec<_> = batch
            .arrivals
            .iter()
            .zip(&batch.replies)
            .filter(|(_, reply)| reply.is_none())
            .map(|(arrival, _)| arrival.clone())
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
                Some(Stepped {
                    row,
                    run,
                    decision,
                    batch: batch.replies,
                    own,
                    started: None,
                    start_request_id: None,
                })
            }
            Err(error) => {
                self.report(&row, Some(&error));
                for reply in batch.replies {
                    self.answer(reply, Err(EngineError::Internal(error.to_string())));
                }
                None
            }
        }
    }

    fn step_of(&self, arrivals: Vec<Arrival>, row: &RunRow) -> Step {
        Step {
            arrivals,
            now: self.inner.now(),
            identity: self.inner.config.identity.clone(),
            history_bytes: row.history_bytes,
            task_failure: row.task_failure.clone(),
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
        let waits = step.task_failure.is_some() && !step.arrivals.contains(&Arrival::TaskRetryDue);
        if waits {
            return Ok(Alive::WithoutGuest(Box::new(Execution::fold(&history)?), None));
        }
        // A run that is stuck has nothing to lose: what is deployed now may be the repair.
        if let Some((component, program)) = deployed
            && let Ok(run) =
                self.replay(&RunRow { component, ..row.clone() }, &history, Ok(program))
        {
            tracing::info!(run = %row.key, from = %row.component, to = %component, "moved to the deployed component");
            row.component = component;
            return Ok(Alive::Run(run));
        }
        let error = match self.replay(row, &history, program) {
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

    fn replay(
        &self,
        row: &RunRow,
        history: &[refrain_core::event::Recorded],
        program: Result<Arc<dyn Program>, refrain_core::guest::GuestError>,
    ) -> Result<Run, StepError> {
        let facts = RunFacts {
            key: row.key.clone(),
            namespace: self.inner.namespaces.name_of(row.key.execution.namespace),
            component: row.component,
        };
        let guest = program.and_then(|it| it.guest()).map_err(StepError::Guest)?;
        Run::replay(facts, history, guest)
    }

    // ---- querying

    fn query(
        &mut self,
        run: Option<RunId>,
        name: String,
        args: Payloads,
        reply: ReplyTo<Payloads>,
    ) -> bool {
        let Some(row) = self.current.clone() else {
            let _ = reply.send(Err(self.not_found(run)));
            return false;
        };
        if run.is_some_and(|run| run != row.key.run) {
            self.inner.query_earlier_run(&self.cell.key, run, name, args, reply);
            return false;
        }
        if self.warm.is_none() {
            let Some(Loaded { history, program, deployed: _ }) = self.loaded.take() else {
                return self.want_history(Letter::Query { run, name, args, reply }, row);
            };
            match self.replay(&row, &history, program) {
                Ok(run) => self.warm = Some(run),
                Err(error) => {
                    let _ = reply.send(Err(EngineError::QueryUnavailable(error.to_string())));
                    return false;
                }
            }
        }
        let query = Query { name, args, now: self.inner.now() };
        let Some(run) = self.warm.as_mut() else { return false };
        let answer = run.query(&query);
        let is_stuck = row.task_failure.is_some();
        if matches!(answer, Err(QueryError::Guest(_))) || !row.status.is_open() || is_stuck {
            self.warm = None;
        }
        let _ = reply.send(answer.map_err(|error| match error {
            QueryError::Failed(failure) => EngineError::QueryFailed(Box::new(failure)),
            QueryError::Guest(error) => EngineError::QueryUnavailable(error.to_string()),
        }));
        false
    }

    // ---- ending a visit

    /// Hands a step over to the committer, and the cell with it.
    fn commit(&mut self, ended: Option<Stepped>, stepped: Stepped) {
        self.put_back();
        let mut writes = Vec::new();
        let ended = ended.map(|it| self.prepare(it, &mut writes));
        let last = self.prepare(stepped, &mut writes);
        let cell = Arc::clone(&self.cell);
        let done = Box::new(move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| {
            if let Some(ended) = ended {
                ended.announce(inner, &outcome);
            }
            last.conclude(inner, &cell, outcome);
        });
        self.inner.commit(CommitJob { writes, done });
    }

    fn prepare(&self, stepped: Stepped, writes: &mut Vec<Write>) -> Prepared {
        let now = self.inner.now();
        let Stepped { mut row, run, mut decision, batch, own, started, start_request_id } = stepped;
        let reserved = self.inner.activities.reserve(&mut decision.effects, now);
        let run_id = row.key.run;
        let canceled = self.inner.activities.canceled_rows(run_id, &decision.effects, now);
        let replies = std::mem::take(&mut decision.replies);
        let in_memory = |effect: &&Effect| match effect {
            Effect::InsertRun(_) | Effect::PublishState { .. } => false,
            Effect::InsertTimer { .. }
            | Effect::DeleteTimer { .. }
            | Effect::InsertActivity(_)
            | Effect::DeleteActivity { .. }
            | Effect::CancelActivity { .. }
            | Effect::Close { .. } => true,
        };
        let effects = decision.effects.iter().filter(in_memory).cloned().collect();
        let summary = decision.run.clone();
        let (key, component) = (row.key.clone(), row.component);
        let write = Write::run(RunWrite { key, component, start_request_id, decision });
        rows::advance(&mut row, summary, write.history_bytes());
        let is_short = write.history().len() <= CLOSING_BYTES_MAX;
        let closing = (!row.status.is_open() && is_short).then(|| write.history().into());
        writes.push(write);
        writes.extend(canceled);
        Prepared { row, run, closing, effects, replies, reserved, batch, own, started }
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
            Owner::Caller | Owner::Operator | Owner::Us => {
                tracing::error!(bug = true, %run, code, %error, "step failed");
            }
        }
    }
}

#[expect(clippy::large_enum_variant, reason = "made for each step and gone with it")]
enum Alive {
    Run(Run),
    /// What arrives is recorded; the error is why a task can't run, if one is due.
    WithoutGuest(Box<Execution>, Option<StepError>),
}

/// A step whose writes are with the committer.
struct Prepared {
    /// The row as it is once committed.
    row: RunRow,
    run: Option<Run>,
    /// The history that it adds, if the run is closed by it.
    closing: Option<Arc<[u8]>>,
    /// Those that mean something to what is in memory.
    effects: Vec<Effect>,
    replies: Vec<Result<Accepted, Refused>>,
    reserved: Reserved,
    batch: Vec<Option<ReplyTo<Accepted>>>,
    own: Vec<Arrival>,
    started: Option<ReplyTo<StartReply>>,
}

impl Prepared {
    /// After the commit: tells those outside the cell.
    fn announce(self, inner: &Arc<Inner>, outcome: &Result<(), EngineError>) -> Announced {
        let Prepared { row, run, closing, effects, replies, reserved, batch, own, started } = self;
        if let Err(error) = outcome {
            inner.activities.unreserve(inner, reserved);
            for reply in batch.into_iter().flatten() {
                let _ = reply.send(Err(error.clone()));
            }
            if let Some(reply) = started {
                let _ = reply.send(Err(error.clone()));
            }
            return Announced { row, run: None, own };
        }
        inner.carry_out(&row, effects, reserved);
        inner.announce(&row, closing);
        for (reply, answer) in batch.into_iter().zip(replies) {
            if let Some(reply) = reply {
                let _ = reply.send(answer.map_err(EngineError::Refused));
            }
        }
        if let Some(reply) = started {
            let run = row.key.run;
            let status = execution::State::Running;
            let _ = reply.send(Ok(StartReply { run, started: true, status }));
        }
        Announced { row, run, own: Vec::new() }
    }

    /// After the commit: tells everyone, and lets go of the cell.
    fn conclude(self, inner: &Arc<Inner>, cell: &Arc<Cell>, outcome: Result<(), EngineError>) {
        let announced = self.announce(inner, &outcome);
        let open = announced.row.status.is_open();
        let run = announced.row.key.run;
        let mut state = cell.lock();
        if outcome.is_ok() {
            // A closed run's guest is let go: a query brings it back.
            state.warm = announced.run.filter(|_| open);
            state.known = Known::Run(Arc::new(announced.row));
        } else {
            // The guest is ahead of the truth, and of the truth we are not sure.
            state.warm = None;
            state.known = Known::Unknown;
        }
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        inner.settled(cell, more);
        inner.arrive_again(cell, run, announced.own);
    }
}

struct Announced {
    row: RunRow,
    run: Option<Run>,
    own: Vec<Arrival>,
}
