//! A host in memory: core, and maps instead of a store. What the engine must come to as well.

mod deeds;
mod messages;
mod run;
mod text;
mod versions;

use crate::facts::{lone_step, started};
use crate::locals;
use crate::print::{self, RunText};
use crate::script::{self, Act, Line, Script, Start};
use crate::versions::Versions;
use crate::words::show;
use deeds::{request_of, update_of};
use refrain_core::admit::{self, Admission, Current};
use refrain_core::arrival::{Accepted, Arrival, Refused};
use refrain_core::attempt::{ActivityTask, Due, Heartbeat, Next};
use refrain_core::chain::Link;
use refrain_core::decision::{Decision, DueTimer, Effect, Successor, TaskFailure};
use refrain_core::errors::{Owner, StepError};
use refrain_core::event::Recorded;
use refrain_core::execution::Execution;
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::guest::{Program, Query};
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::attributes::Attributes;
use refrain_core::machines::{Event, execution, local, signal, update};
use refrain_core::message::Message;
use refrain_core::options::{RunOptions, VersionChoice};
use refrain_core::payload::{Payload, Payloads};
use refrain_core::reset::{AfterReset, Reapply, Reset, continued_as};
use refrain_core::run::{Run, RunFacts, Step, step_without_guest};
use refrain_core::time::{Delay, Timestamp};
use refrain_core::updates::{self, UpdateState};
use refrain_core::waits;
use std::collections::{BTreeMap, VecDeque};

/// How long closed runs are kept.
pub const RETENTION: Delay = Delay::from_secs(86_400);
pub const WORKFLOW_ID: &str = "order-1";

/// How hard the model makes it for itself. The text that is left must not differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The guest stays in memory.
    Warm,
    /// The guest is dropped before every step.
    Evict,
}

pub struct Model {
    mode: Mode,
    now: Timestamp,
    versions: Versions,
    late_locals: bool,
    /// The workflow id that the line is about.
    subject: String,
    /// Of all workflow ids, in the order in which they began.
    runs: Vec<ModelRun>,
    /// Sent by runs, committed, and not yet delivered.
    outbox: VecDeque<Message>,
    /// Answers that are not simply "done".
    notes: Vec<String>,
}

/// One run: what the store would have of it, and its guest.
struct ModelRun {
    key: RunKey,
    /// What it is pinned to.
    component: Digest,
    start_request: String,
    live: Option<Run>,
    history: Vec<Recorded>,
    status: execution::State,
    task_failure: Option<TaskFailure>,
    timers: BTreeMap<DueTimer, Timestamp>,
    activities: BTreeMap<EventId, ActivityTask>,
    published: BTreeMap<String, Payload>,
    /// Deleted, by somebody or because it is closed for longer than it is kept.
    gone: bool,
    /// Updates that wait for a workflow task.
    admitted: Vec<update::Request>,
    attributes: Attributes,
    options: Option<RunOptions>,
}

impl Model {
    pub fn new(mode: Mode) -> Model {
        Model {
            mode,
            now: Timestamp(0),
            versions: Versions::default(),
            late_locals: false,
            subject: WORKFLOW_ID.to_owned(),
            runs: Vec::new(),
            outbox: VecDeque::new(),
            notes: Vec::new(),
        }
    }

    /// Plays the script and prints what is left. Panics where core breaks one of its promises.
    pub fn play(mut self, script: &Script) -> String {
        self.late_locals = script.late_locals;
        let mut rest = &script.lines[..];
        while let [first, more @ ..] = rest {
            let n = more.iter().take_while(|it| it.together).count();
            self.pass_time(first.at);
            self.now = self.now.max(first.at);
            self.forget_expired();
            self.subject = subject_of(first).to_owned();
            let batch: Vec<_> = more[..n].iter().filter_map(|it| self.arrival_of(it)).collect();
            self.act(first, batch);
            self.deliver();
            self.pass_time(self.now);
            rest = &more[n..];
        }
        self.to_string()
    }

    fn note(&mut self, text: impl std::fmt::Display) {
        self.notes.push(format!("at {}  {text}", print::at(self.now)));
    }

    fn facts(&self, key: &RunKey, component: Digest) -> RunFacts {
        RunFacts { key: key.clone(), namespace: "default".to_owned(), component }
    }

    // ---- what the script says

    fn arrival_of(&self, line: &Line) -> Option<Arrival> {
        match &line.act {
            Act::Signal { name, input, request } => Some(Arrival::Signal(signal::Signal {
                name: name.clone(),
                input: input.clone(),
                request_id: request.clone(),
                ..signal::Signal::default()
            })),
            Act::Update { name, input, id } => Some(Arrival::Update(Box::new(update::Request {
                id: id.clone(),
                name: name.clone(),
                input: input.clone(),
                ..update::Request::default()
            }))),
            Act::Cancel { cause } => Some(Arrival::CancelRequest {
                cause: cause.clone(),
                identity: "client".to_owned(),
                from: None,
            }),
            Act::Terminate { reason } => Some(Arrival::Terminate {
                reason: reason.clone(),
                details: Vec::new(),
                identity: "client".to_owned(),
            }),
            Act::Pause { reason, request } => Some(Arrival::Pause {
                reason: reason.clone(),
                identity: "client".to_owned(),
                request_id: request.clone(),
            }),
            Act::Unpause { reason, request } => Some(Arrival::Unpause {
                reason: reason.clone(),
                identity: "client".to_owned(),
                request_id: request.clone(),
            }),
            Act::RunOptions { priority, version, skipping } => Some(Arrival::UpdateOptions {
                change: Box::new(self.versions.change(*priority, *version, skipping.clone())),
                identity: "client".to_owned(),
            }),
            Act::Done { activity, result } => {
                let (_, task) = self.activity(activity)?;
                Some(Arrival::ActivityClosed(task.on_completed(result.clone())))
            }
            Act::Start(_)
            | Act::Take { .. }
            | Act::Beat { .. }
            | Act::Fail { .. }
            | Act::GiveUp { .. }
            | Act::DoneOutside { .. }
            | Act::Tune { .. }
            | Act::Query { .. }
            | Act::Delete
            | Act::Reset(_)
            | Act::Ask { .. }
            | Act::Deploy(_)
            | Act::Release(_)
            | Act::Check
            | Act::Move
            | Act::Wait => None,
        }
    }

    fn act(&mut self, line: &Line, more: Vec<Arrival>) {
        let last = self.current().unwrap_or(usize::MAX);
        match &line.act {
            Act::Wait => {}
            Act::Deploy(program) => {
                self.versions.replace(program);
                self.runs.iter_mut().for_each(|run| run.live = None);
            }
            Act::Release(program) => {
                self.versions.release(program);
                // It may be the repair that a stuck run waits for.
                for at in 0..self.runs.len() {
                    if self.runs[at].task_failure.is_some() {
                        self.step(at, vec![Arrival::TaskRetryDue]);
                    }
                }
            }
            Act::Start(start) => self.start(start, more),
            Act::Check | Act::Move if self.current().is_none() => self.note("nothing to replay"),
            _ if self.current().is_none() => self.note("refused: no such workflow"),
            Act::Signal { .. }
            | Act::Update { .. }
            | Act::Cancel { .. }
            | Act::Terminate { .. }
            | Act::Pause { .. }
            | Act::Unpause { .. }
            | Act::RunOptions { .. } => {
                let moved = match self.move_by_options(last, &line.act) {
                    Ok(moved) => moved,
                    Err(error) => return self.note(format!("refused: {error}")),
                };
                let more = more.into_iter().chain(moved);
                let arrivals: Vec<_> = self.arrival_of(line).into_iter().chain(more).collect();
                let updates: Vec<_> = arrivals.iter().map(update_of).collect();
                for (reply, update) in self.step(last, arrivals).into_iter().zip(updates) {
                    match (reply, update) {
                        (Err(Refused::UpdateRejected(failure)), Some(id)) => {
                            self.note(print::update(&id, &UpdateState::Rejected(*failure)));
                        }
                        (Ok(_), Some(id)) => self.ask(last, &id),
                        (Ok(Accepted::Recorded | Accepted::Waits), None) => {}
                        (Ok(Accepted::AlreadyThere), None) => self.note("already there"),
                        (Err(refused), _) => self.note(format!("refused: {refused}")),
                    }
                }
            }
            Act::Reset(reset) => self.reset(last, reset),
            Act::Delete => {
                if self.runs[last].status.is_open() {
                    let arrival = Arrival::Terminate {
                        reason: "deleted".to_owned(),
                        details: Vec::new(),
                        identity: "host".to_owned(),
                    };
                    self.step(last, vec![arrival]);
                }
                self.runs[last].gone = true;
            }
            Act::Ask { id } => self.ask(last, id),
            Act::Take { activity, worker } => self.take(last, activity, worker),
            Act::Beat { activity, details } => match self.started(activity) {
                Some(scheduled) => {
                    let task = self.task(last, scheduled);
                    let at = self.now;
                    let beaten = ActivityTask {
                        heartbeat: Some(Heartbeat { at, details: details.clone() }),
                        ..task
                    };
                    if beaten.cancel_requested {
                        self.note(format!("{activity} is asked to stop"));
                    }
                    if beaten.is_paused() {
                        self.note(format!("{activity} is paused"));
                    }
                    if beaten.reset.is_some() {
                        self.note(format!("{activity} is to begin again"));
                    }
                    self.runs[last].activities.insert(scheduled, beaten);
                }
                None => self.note("refused: activity task not found"),
            },
            Act::Done { activity, .. } => match self.started(activity) {
                Some(_) => {
                    let arrivals = self.arrival_of(line).into_iter().chain(more).collect();
                    self.step(last, arrivals);
                }
                None => self.note("refused: activity task not found"),
            },
            Act::Fail { activity, failure } => match self.started(activity) {
                Some(scheduled) => {
                    let kind = FailureKind::Application {
                        error_type: failure.error_type.clone(),
                        non_retryable: failure.non_retryable,
                        details: Vec::new(),
                        next_retry_delay: failure.next_retry_delay,
                        benign: false,
                    };
                    let message = failure.message.clone();
                    let failure = Failure { message, kind, ..Failure::default() };
                    let next = self.task(last, scheduled).on_failed(failure, self.now);
                    self.attempt_over(last, scheduled, next);
                }
                None => self.note("refused: activity task not found"),
            },
            Act::GiveUp { activity } => match self.started(activity) {
                Some(scheduled) if !self.task(last, scheduled).cancel_requested => {
                    self.note("refused: unable to mark activity as canceled: its cancellation was not requested");
                }
                Some(scheduled) => {
                    let closed = self.task(last, scheduled).on_canceled(Vec::new());
                    self.attempt_over(last, scheduled, Next::Close(closed));
                }
                None => self.note("refused: activity task not found"),
            },
            Act::DoneOutside { activity, result } => match self.activity(activity) {
                Some((scheduled, task)) => {
                    let closed = task.on_completed_outside(result.clone(), "client", self.now);
                    self.attempt_over(last, scheduled, Next::Close(closed));
                }
                None => self.note_no_activity(),
            },
            Act::Tune { .. } if !self.runs[last].status.is_open() => {
                self.note("refused: workflow execution already completed");
            }
            Act::Tune { activity, tuning } => match self.activity(activity) {
                Some((scheduled, task)) => match task.tuned(tuning, self.now) {
                    Ok(task) => {
                        self.runs[last].activities.insert(scheduled, task);
                    }
                    Err(error) => self.note(format!("refused: {error}")),
                },
                None => self.note_no_activity(),
            },
            Act::Query { name } => self.query(last, name),
            Act::Check => self.check(last, false),
            Act::Move => self.check(last, true),
        }
    }

    fn note_no_activity(&mut self) {
        self.note("refused: Can't find pending activity with such ID. Invalid activityID or activity already completed");
    }

    fn empty_step(&self) -> Step {
        let mut step = lone_step(self.now, Vec::new());
        // The step is the next run's first.
        step.host.link = self.link(RunId(self.runs.len() as u128 + 1), 2);
        step
    }

    /// `n`: the next run's place after those that there are now.
    fn link(&self, run: RunId, n: u128) -> Link {
        let next = RunId(self.runs.len() as u128 + n);
        Link { run, next, next_cron }
    }

    /// The one that a client means who names none.
    fn current(&self) -> Option<usize> {
        self.latest(&self.subject)
    }

    fn latest(&self, workflow: &str) -> Option<usize> {
        let is_it = |run: &ModelRun| !run.gone && *run.key.execution.workflow == *workflow;
        self.runs.iter().rposition(is_it)
    }

    fn forget_expired(&mut self) {
        let before = Timestamp(self.now.0.saturating_sub(RETENTION.0));
        for run in &mut self.runs {
            let folded = Execution::fold(&run.history).expect("history folds");
            run.gone |= folded.closed_at.is_some_and(|it| it < before);
        }
    }

    // ---- activities

    /// The oldest pending one of a type, of the latest run.
    fn activity(&self, kind: &str) -> Option<(EventId, &ActivityTask)> {
        let run = &self.runs[self.current()?];
        let it = run.activities.iter().find(|(_, task)| task.options.activity_type == kind)?;
        Some((*it.0, it.1))
    }

    fn started(&self, kind: &str) -> Option<EventId> {
        self.activity(kind).filter(|(_, task)| task.is_started()).map(|it| it.0)
    }

    fn task(&self, at: usize, scheduled: EventId) -> ActivityTask {
        self.runs[at].activities[&scheduled].clone()
    }

    // ---- steps

    fn replay(&self, at: usize) -> Result<Run, StepError> {
        self.replay_on(at, self.runs[at].component)
    }

    fn step(&mut self, at: usize, arrivals: Vec<Arrival>) -> Vec<Result<Accepted, Refused>> {
        let is_outdated =
            self.runs[at].follows() && self.runs[at].component != self.versions.newest();
        if self.mode == Mode::Evict || is_outdated {
            self.runs[at].live = None;
        }
        // What waits comes along with each step; nobody waits for its reply here.
        let admitted = std::mem::take(&mut self.runs[at].admitted);
        let n_admitted = admitted.len();
        let updates: Vec<_> = arrivals.iter().map(request_of).collect();
        let updates: Vec<_> = admitted.iter().cloned().map(Some).chain(updates).collect();
        let admitted = admitted.into_iter().map(|it| Arrival::Update(Box::new(it)));
        let arrivals: Vec<_> = admitted.chain(arrivals).collect();
        let mut step = lone_step(self.now, arrivals);
        step.task_failure = self.runs[at].task_failure.clone();
        step.host.link = self.link(self.runs[at].key.run, 1);
        let is_over = step.arrivals.contains(&Arrival::RunTimedOut);
        let retries = step.arrivals.iter().any(Arrival::retries_task);
        let stays_paused =
            self.runs[at].status.is_paused() && !step.arrivals.iter().any(Arrival::is_unpause);
        let waits = ((step.task_failure.is_some() && !retries) || stays_paused) && !is_over;
        let live = match self.runs[at].live.take() {
            Some(live) => Ok(live),
            None if waits => Err(None),
            None => self.revive(at).map_err(Some),
        };
        let (live, decision) = match live {
            Ok(live) => {
                let mut outcome = live.step(step).expect("a step comes to something");
                while !self.late_locals
                    && let Some(run) = outcome.run.take()
                {
                    let ended = self.locals_of(&run);
                    if ended.is_empty() || !run.may_go_on() {
                        outcome.run = Some(run);
                        break;
                    }
                    outcome = run.go_on(outcome.decision, ended).expect("it goes on");
                }
                assert_eq!(
                    outcome.failed.is_some(),
                    outcome.run.is_none(),
                    "a run is gone if and only if its guest failed"
                );
                (outcome.run, outcome.decision)
            }
            Err(error) => {
                if let Some(error) = &error {
                    assert_eq!(error.owner(), Owner::GuestAuthor, "{error}");
                }
                let folded = Execution::fold(&self.runs[at].history).expect("history folds");
                let decision = step_without_guest(folded, step, error.as_ref())
                    .expect("a step comes to something");
                (None, decision)
            }
        };
        let mut replies = self.commit(at, live, decision);
        for (reply, update) in replies.iter().zip(updates) {
            let admitted = &mut self.runs[at].admitted;
            if let (Ok(Accepted::Waits), Some(request)) = (reply, update)
                && admitted.iter().all(|it| it.id != request.id)
            {
                admitted.push(request);
            }
        }
        replies.split_off(n_admitted)
    }

    /// What becomes of the local activities that a run has open.
    fn locals_of(&self, run: &Run) -> Vec<local::Closed> {
        run.local_activities()
            .map(|it| locals::all_attempts(it.op, it.task.clone(), self.now))
            .collect()
    }

    /// Applies a decision, and holds core to its promises.
    fn commit(
        &mut self,
        at: usize,
        live: Option<Run>,
        decision: Decision,
    ) -> Vec<Result<Accepted, Refused>> {
        let run = &mut self.runs[at];
        assert_eq!(decision.first_event.0, run.history.len() as u64 + 1, "first event");
        run.history.extend(decision.events);
        assert_eq!(decision.run.next_event.0, run.history.len() as u64 + 1, "next event");
        let folded = Execution::fold(&run.history).expect("history folds");
        assert_eq!(folded.status, decision.run.status, "status of the row");
        assert_eq!(folded.closed_at, decision.run.closed_at, "closing time of the row");
        if let Some(live) = &live {
            assert_eq!(live.execution(), &folded, "a live run is what its history folds to");
        }
        run.status = decision.run.status;
        run.task_failure = decision.run.task_failure;
        let mut to_close = Vec::new();
        let key = run.key.clone();
        for effect in decision.effects {
            if let Effect::Send(outgoing) = &effect {
                self.outbox.push_back((**outgoing).clone().from(&key));
            }
            if let Some(closed) = run.apply(effect) {
                to_close.push(closed);
            }
        }
        run.check_rows(&folded);
        if let Some(live) = live {
            let (mut live, mut replayed) =
                (live, self.replay(at).expect("what was just recorded replays"));
            assert_eq!(replayed.execution(), live.execution(), "replay comes to the live state");
            assert_eq!(
                replayed.query(seen_query()),
                live.query(seen_query()),
                "the guest is handed the same things, live and in replay"
            );
            let late = self.locals_of(&live);
            self.keep(at, live);
            for closed in late {
                self.step(at, vec![Arrival::LocalClosed(Box::new(closed))]);
            }
        }
        for scheduled in to_close {
            // The close of the one before may have ended the run.
            if let Some(task) = self.runs[at].activities.get(&scheduled) {
                let closed = task.on_canceled(Vec::new());
                self.step(at, vec![Arrival::ActivityClosed(closed)]);
            }
        }
        if let Some(successor) = decision.successor {
            assert!(!self.runs[at].status.is_open(), "a run with a successor is closed");
            self.succeed(at, *successor);
        }
        decision.replies
    }
}

fn next_cron(cron: &str, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
    refrain_calendar::next_cron_time(cron, from, now).ok().flatten()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Timer(DueTimer),
    Activity(EventId),
}

fn seen_query() -> Query {
    Query { name: "seen".to_owned(), args: Payloads::new(), now: Timestamp(0) }
}

/// The workflow id that a line is about.
pub(crate) fn subject_of(line: &Line) -> &str {
    line.workflow.as_deref().unwrap_or(WORKFLOW_ID)
}

/// The next run, if the event closes its run for one.
pub(crate) fn new_run(event: &Event) -> Option<RunId> {
    match event {
        Event::Execution(event) => event.new_run(),
        Event::Attributes(_)
        | Event::Local(_)
        | Event::Task(_)
        | Event::Activity(_)
        | Event::Timer(_)
        | Event::Child(_)
        | Event::External(_)
        | Event::Signal(_)
        | Event::Update(_)
        | Event::Patch(_)
        | Event::Clock(_) => None,
    }
}
