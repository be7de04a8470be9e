//! One run with its live guest: replay brings it to the end of its history, step takes it on.
//!
//! Both play a workflow task by the same code. They differ in one thing only: live, what the
//! guest's wish leads to is appended; in replay it must be what is recorded next. That makes
//! this file the one place where a guest can be found to diverge.

use crate::arrival::{Accepted, Arrival, Refused};
use crate::attempt;
use crate::decision::{CloseResult, Decision, DueTimer, Effect, RunSummary, TaskFailure};
use crate::errors::{Divergence, StepError};
use crate::event::Recorded;
use crate::execution::{Draft, Execution, PendingActivity, run_timeout};
use crate::failure::{Failure, FailureKind, RetryState};
use crate::guest::{Guest, GuestErrorKind, Job, Query, QueryError, Start, Turn};
use crate::ids::{Digest, EventId, OpSeq, RunKey};
use crate::limits;
use crate::machines::{Command, Event, activity, execution, patch, signal, task, timer};
use crate::options::CancellationType;
use crate::payload::Payloads;
use crate::time::{Delay, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What never changes while a run is in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    pub key: RunKey,
    pub namespace: String,
    /// The component that runs it now.
    pub component: Digest,
}

pub struct Run {
    facts: Arc<RunFacts>,
    execution: Execution,
    ops: Operations,
    guest: Box<dyn Guest>,
    /// Asked of `patched` before the marker's turn comes, so all of a history's are known first.
    patches: BTreeSet<String>,
    /// The program has returned: nothing more is handed to it but queries.
    returned: bool,
}

/// What a step is about.
#[derive(Debug)]
pub struct Step {
    pub arrivals: Vec<Arrival>,
    pub now: Timestamp,
    /// Who runs the task, as tools show it.
    pub identity: String,
    /// Bytes of the history before this step.
    pub history_bytes: u64,
    /// The workflow task that failed before this step, if it did.
    pub task_failure: Option<TaskFailure>,
}

/// What a step came to.
pub struct Outcome {
    /// `None`: the guest failed, and is gone.
    pub run: Option<Run>,
    pub decision: Decision,
    /// Why the workflow task failed, if it did. The decision records it.
    pub failed: Option<StepError>,
}

/// The guest's open operations and what they stand for in history.
#[derive(Debug, Default)]
struct Operations {
    targets: BTreeMap<OpSeq, Target>,
    activities: BTreeMap<EventId, (OpSeq, Arc<activity::Scheduled>)>,
    timers: BTreeMap<EventId, OpSeq>,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Activity { scheduled: EventId, cancellation: CancellationType },
    Timer { started: EventId },
}

/// `Scheduled`, `Started` and `Completed`.
const EVENTS_OF_A_TASK: u64 = 3;

/// One workflow task, as the guest sees it.
struct Task {
    now: Timestamp,
    /// The id of its `Completed` event.
    completed: EventId,
    history_length: u64,
    history_bytes: u64,
    suggest_continue_as_new: bool,
}

/// Where wishes go.
enum Wishes<'a> {
    Live(&'a mut Draft),
    /// What the task led to when it was recorded.
    Replay {
        recorded: &'a [Recorded],
        recorded_by: Option<Digest>,
    },
}

/// A wish that leads to an event, and what it means for the guest's operations.
struct Granted {
    event: Event,
    opens: Option<(OpSeq, CancellationType)>,
    closes: Option<(OpSeq, Job)>,
}

impl Run {
    /// A run that has no history yet. Its first step must bring `Arrival::Start`.
    pub fn new(facts: RunFacts, guest: Box<dyn Guest>) -> Run {
        Run {
            facts: Arc::new(facts),
            execution: Execution::default(),
            ops: Operations::default(),
            guest,
            patches: BTreeSet::new(),
            returned: false,
        }
    }

    /// Brings a fresh guest to the end of `history`, checking each wish against what is recorded.
    pub fn replay(
        facts: RunFacts,
        history: &[Recorded],
        guest: Box<dyn Guest>,
    ) -> Result<Run, StepError> {
        let mut run = Run::new(facts, guest);
        for recorded in history {
            if let Event::Patch(patch::Event::Recorded { patch, .. }) = &recorded.event {
                run.patches.insert(patch.clone());
            }
        }
        let mut at = 0;
        let mut task_started: Option<Task> = None;
        while let Some(recorded) = history.get(at) {
            at += 1;
            run.execution.expect_next(recorded)?;
            let mut waiting = VecDeque::new();
            if let Event::Task(task::Event::Completed { .. }) = &recorded.event {
                waiting = std::mem::take(&mut run.execution.undelivered);
            }
            run.execution.apply(recorded)?;
            let Event::Task(event) = &recorded.event else { continue };
            match event {
                task::Event::Started { history_bytes, suggest_continue_as_new, .. } => {
                    task_started = Some(Task {
                        now: recorded.time,
                        completed: recorded.id.next(),
                        history_length: recorded.id.0,
                        history_bytes: *history_bytes,
                        suggest_continue_as_new: *suggest_continue_as_new,
                    });
                }
                task::Event::Completed { component, .. } => {
                    let Some(mut task) = task_started.take() else { continue };
                    task.completed = recorded.id;
                    let wished = |it: &Recorded| it.event.wished_in_task() == Some(recorded.id);
                    let n = history[at..].iter().take_while(|it| wished(it)).count();
                    let mut wishes =
                        Wishes::Replay { recorded: &history[at..at + n], recorded_by: *component };
                    run.play(&task, waiting, &mut wishes)?;
                    at += n;
                }
                task::Event::Scheduled { .. }
                | task::Event::Failed { .. }
                | task::Event::TimedOut { .. } => {}
            }
        }
        Ok(run)
    }

    pub fn facts(&self) -> &Arc<RunFacts> {
        &self.facts
    }

    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// Asks the guest. A guest that breaks while it answers must not be used again.
    #[expect(
        clippy::result_large_err,
        reason = "a query fails seldom, and its answer is no smaller"
    )]
    pub fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        self.guest.query(query)
    }

    /// Shows what arrived to the guest and turns its wishes into a decision.
    ///
    /// Takes `self`: a run whose decision is not committed is gone, because its memory is ahead
    /// of the truth. It is never repaired, it is replayed. If the guest fails, the outcome says
    /// so and there is no run to go on with.
    pub fn step(mut self, mut step: Step) -> Result<Outcome, StepError> {
        step.now = step.now.max(self.execution.latest);
        let mut draft = Draft::default();
        let first_event = self.execution.next_event;
        let admitted = admit_all(&mut self.execution, step.arrivals, step.now, &mut draft)?;
        let mut after = After::of(&self.execution, step.task_failure);
        if !draft.wants_task || !self.execution.status.is_open() || after.must_wait(&admitted) {
            let decision = after.conclude(first_event, draft, admitted.replies);
            return Ok(Outcome { run: Some(self), decision, failed: None });
        }
        let attempt = after.attempt();
        // What the guest wishes for in a task that fails is void.
        let (n_events, n_effects) = (draft.events.len(), draft.effects.len());
        let (now, identity) = (step.now, step.identity);
        match self.run_task(&mut draft, now, &identity, step.history_bytes, attempt) {
            Ok(()) => {
                if after.task_failure.is_some() && self.execution.status.is_open() {
                    let timer = DueTimer::TaskRetry;
                    draft.effects.push(Effect::DeleteTimer { timer });
                }
                let decision =
                    After::of(&self.execution, None).conclude(first_event, draft, admitted.replies);
                Ok(Outcome { run: Some(self), decision, failed: None })
            }
            Err(error) => {
                draft.events.truncate(n_events);
                draft.effects.truncate(n_effects);
                let task_queue = self.execution.started.as_ref().map(|it| it.task_queue.clone());
                after.task_failed(&mut draft, first_event, task_queue, identity, &error, now);
                let decision = after.conclude(first_event, draft, admitted.replies);
                Ok(Outcome { run: None, decision, failed: Some(error) })
            }
        }
    }

    fn run_task(
        &mut self,
        draft: &mut Draft,
        now: Timestamp,
        identity: &str,
        history_bytes: u64,
        attempt: u32,
    ) -> Result<(), StepError> {
        let started = self.execution.started.clone();
        let (task_queue, timeout) = match &started {
            Some(it) => (it.task_queue.clone(), it.task_timeout),
            None => (String::new(), limits::TASK_TIMEOUT),
        };
        if let Some(reason) = self.too_long(history_bytes) {
            // Before the task's events: a task in history is one that the guest has played.
            let event = execution::Event::Terminated {
                reason: reason.clone(),
                details: Vec::new(),
                identity: identity.to_owned(),
            };
            self.execution.push(draft, now, Event::Execution(event))?;
            draft.effects.push(Effect::Close { result: CloseResult::Terminated { reason } });
            return Ok(());
        }
        let scheduled = Event::Task(task::Event::Scheduled { task_queue, timeout, attempt });
        let scheduled = self.execution.push(draft, now, scheduled)?;
        let suggest_continue_as_new = scheduled.0 >= limits::EVENTS_SUGGEST_CONTINUE
            || history_bytes >= limits::HISTORY_BYTES_SUGGEST_CONTINUE;
        let started_event = Event::Task(task::Event::Started {
            scheduled,
            identity: identity.to_owned(),
            history_bytes,
            suggest_continue_as_new,
        });
        let started = self.execution.push(draft, now, started_event)?;
        let completed = Event::Task(task::Event::Completed {
            scheduled,
            started,
            identity: identity.to_owned(),
            component: Some(self.facts.component),
        });
        let waiting = std::mem::take(&mut self.execution.undelivered);
        let completed = self.execution.push(draft, now, completed)?;
        let task = Task {
            now,
            completed,
            history_length: started.0,
            history_bytes,
            suggest_continue_as_new,
        };
        self.play(&task, waiting, &mut Wishes::Live(draft))
    }

    /// Why the run must end, if its history is as long as one may be.
    fn too_long(&self, history_bytes: u64) -> Option<String> {
        let n_events = self.execution.next_event.0 - 1;
        let room = n_events + EVENTS_OF_A_TASK <= limits::EVENTS_PER_HISTORY_MAX;
        (!room || history_bytes > limits::HISTORY_BYTES_MAX).then(|| {
            format!(
                "history has {n_events} events and {history_bytes} bytes: the limits are {} and {}",
                limits::EVENTS_PER_HISTORY_MAX,
                limits::HISTORY_BYTES_MAX
            )
        })
    }

    /// Hands over, one by one, what the guest has not seen, and grants what it wishes for.
    fn play(
        &mut self,
        task: &Task,
        mut waiting: VecDeque<Recorded>,
        wishes: &mut Wishes<'_>,
    ) -> Result<(), StepError> {
        let mut n_commands = 0;
        // What a wish leads to at once (a canceled timer's future) comes before the next event.
        let mut at_once = VecDeque::new();
        while !self.returned {
            let job = match at_once.pop_front() {
                Some(job) => job,
                None => match waiting.pop_front() {
                    None => break,
                    Some(recorded) => match self.job_for(&recorded) {
                        Some(job) => job,
                        None => continue,
                    },
                },
            };
            let turn = Turn {
                now: task.now,
                replaying: matches!(wishes, Wishes::Replay { .. }),
                history_length: task.history_length,
                history_bytes: task.history_bytes,
                suggest_continue_as_new: task.suggest_continue_as_new,
                job,
            };
            let commands = self.guest.turn(turn).map_err(StepError::Guest)?;
            n_commands += commands.len();
            if n_commands > limits::COMMANDS_PER_TASK_MAX {
                return Err(bad_command(format!(
                    "workflow task asked for {n_commands} commands: at most {} are allowed",
                    limits::COMMANDS_PER_TASK_MAX
                )));
            }
            for command in commands {
                if self.returned {
                    break;
                }
                self.grant(command, task, wishes, &mut at_once)?;
            }
        }
        match wishes {
            Wishes::Live(_) => Ok(()),
            Wishes::Replay { recorded, recorded_by } => {
                match recorded.iter().find(|it| !may_go_unasked(it)) {
                    None => self.skip_unasked(recorded),
                    Some(left) => Err(self.diverged(left.id, Some(left), None, *recorded_by)),
                }
            }
        }
    }

    fn skip_unasked(&mut self, recorded: &[Recorded]) -> Result<(), StepError> {
        recorded.iter().try_for_each(|it| self.execution.apply(it))
    }

    fn grant(
        &mut self,
        command: Command,
        task: &Task,
        wishes: &mut Wishes<'_>,
        at_once: &mut VecDeque<Job>,
    ) -> Result<(), StepError> {
        if let Command::Publish { name, value } = command {
            if let Wishes::Live(draft) = wishes {
                draft.effects.push(Effect::PublishState { name, value });
            }
            return Ok(());
        }
        if let Command::Cancel(op) = command
            && let Some(Target::Activity { scheduled, cancellation: CancellationType::Abandon }) =
                self.ops.targets.get(&op).copied()
        {
            if let Some(pending) = self.execution.activities.get(&scheduled) {
                at_once.push_back(canceled_activity(op, scheduled, pending));
                self.ops.close(op);
            }
            return Ok(());
        }
        let Some(granted) = self.decide(command, task)? else { return Ok(()) };
        self.returned = granted.event.closes_run();
        let id = match wishes {
            Wishes::Live(draft) => {
                let event = granted.event.clone();
                let id = self.execution.push(draft, task.now, granted.event)?;
                self.add_effects(draft, id, &event, task.now);
                id
            }
            Wishes::Replay { recorded, recorded_by } => {
                let next = loop {
                    match recorded.split_first() {
                        Some((next, rest)) => {
                            *recorded = rest;
                            if next.event.answers(&granted.event) {
                                break next;
                            }
                            if !may_go_unasked(next) {
                                let asked = Some(asked_instead(&granted.event, next));
                                return Err(self.diverged(
                                    next.id,
                                    Some(next),
                                    asked,
                                    *recorded_by,
                                ));
                            }
                            self.execution.apply(next)?;
                        }
                        None => {
                            let at = self.execution.next_event;
                            let asked = Some(granted.event.to_string());
                            return Err(self.diverged(at, None, asked, *recorded_by));
                        }
                    }
                };
                self.execution.expect_next(next)?;
                self.execution.apply(next)?;
                next.id
            }
        };
        if let Some((op, job)) = granted.closes {
            at_once.push_back(job);
            self.ops.close(op);
        }
        if let Some((op, cancellation)) = granted.opens {
            self.ops.open(op, id, cancellation, &self.execution);
        }
        Ok(())
    }

    /// What a wish leads to, given all that has happened. `None` is a no-op we mean: the guest
    /// could not yet see that what it cancels is over.
    fn decide(&self, command: Command, task: &Task) -> Result<Option<Granted>, StepError> {
        let completed = task.completed;
        let only = |event| Ok(Some(Granted { event, opens: None, closes: None }));
        match command {
            Command::Execution(command) => {
                only(Event::Execution(self.execution.status.decide(command, completed)))
            }
            Command::Patch(patch::Command::Record { patch, deprecated }) => {
                only(Event::Patch(patch::Event::Recorded { patch, deprecated, task: completed }))
            }
            Command::Timer(timer::Command::Start { op, delay, summary }) => {
                if self.execution.timers.len() >= limits::PENDING_TIMERS_MAX {
                    return Err(bad_command(format!(
                        "{} timers are pending, the most a run can have",
                        limits::PENDING_TIMERS_MAX
                    )));
                }
                let timer_id = timer::id_of(op);
                let event = timer::Event::Started { timer_id, delay, task: completed, summary };
                Ok(Some(Granted {
                    event: Event::Timer(event),
                    opens: Some((op, CancellationType::TryCancel)),
                    closes: None,
                }))
            }
            Command::Activity(activity::Command::Schedule(schedule)) => {
                self.decide_schedule(*schedule, completed)
            }
            Command::Cancel(op) => Ok(self.decide_cancel(op, completed)),
            // Has no event, and was taken care of before.
            Command::Publish { .. } => Ok(None),
        }
    }

    fn decide_schedule(
        &self,
        schedule: activity::Schedule,
        task: EventId,
    ) -> Result<Option<Granted>, StepError> {
        if self.execution.activities.len() >= limits::PENDING_ACTIVITIES_MAX {
            return Err(StepError::BadCommand {
                cause: task::FailedCause::PendingActivitiesLimitExceeded,
                reason: format!(
                    "{} activities are pending, the most a run can have",
                    limits::PENDING_ACTIVITIES_MAX
                ),
            });
        }
        let started = self.execution.started.as_deref();
        let queue = started.map_or("", |it| it.task_queue.as_str());
        let run_timeout = started.and_then(run_timeout);
        let options = attempt::fill_in(&schedule, queue, run_timeout, task).map_err(bad_command)?;
        Ok(Some(Granted {
            event: Event::Activity(activity::Event::Scheduled(Box::new(options))),
            opens: Some((schedule.op, schedule.cancellation)),
            closes: None,
        }))
    }

    fn decide_cancel(&self, op: OpSeq, task: EventId) -> Option<Granted> {
        match self.ops.targets.get(&op).copied()? {
            Target::Timer { started } => {
                let pending = self.execution.timers.get(&started)?;
                let timer_id = pending.timer_id.clone();
                let result = Err(Failure::canceled("timer canceled"));
                Some(Granted {
                    event: Event::Timer(timer::Event::Canceled { timer_id, started, task }),
                    opens: None,
                    closes: Some((op, Job::TimerClosed { op, result })),
                })
            }
            Target::Activity { scheduled, cancellation } => {
                let pending = self.execution.activities.get(&scheduled)?;
                match pending.state {
                    activity::State::Scheduled
                    | activity::State::Started { cancel_requested: None, .. } => {}
                    activity::State::CancelRequested { .. }
                    | activity::State::Started { cancel_requested: Some(_), .. }
                    | activity::State::Absent
                    | activity::State::Completed
                    | activity::State::Failed
                    | activity::State::TimedOut
                    | activity::State::Canceled => return None,
                }
                let event = activity::Event::CancelRequested { scheduled, task };
                Some(Granted {
                    event: Event::Activity(event),
                    opens: None,
                    closes: match cancellation {
                        CancellationType::TryCancel | CancellationType::Abandon => {
                            Some((op, canceled_activity(op, scheduled, pending)))
                        }
                        CancellationType::WaitCancellationCompleted => None,
                    },
                })
            }
        }
    }

    /// What the store must do because of a granted wish.
    fn add_effects(&self, draft: &mut Draft, id: EventId, event: &Event, now: Timestamp) {
        match event {
            Event::Activity(activity::Event::Scheduled(options)) => {
                let started = self.execution.started.as_deref();
                draft.effects.push(Effect::InsertActivity(Box::new(attempt::ActivityTask {
                    run: self.facts.key.clone(),
                    scheduled: id,
                    scheduled_at: now,
                    workflow_type: started.map_or_else(String::new, |it| it.workflow_type.clone()),
                    options: (**options).clone(),
                    run_deadline: self.execution.run_deadline(),
                    attempt: 1,
                    state: attempt::State::Waiting { since: now },
                    cancel_requested: false,
                    heartbeat: None,
                    last_failure: None,
                })));
            }
            Event::Activity(activity::Event::CancelRequested { scheduled, .. }) => {
                draft.effects.push(Effect::CancelActivity { scheduled: *scheduled });
            }
            Event::Timer(timer::Event::Started { delay, .. }) => {
                let timer = DueTimer::User(id);
                draft.effects.push(Effect::InsertTimer { timer, fire_at: now.plus(*delay) });
            }
            Event::Timer(timer::Event::Canceled { started, .. }) => {
                draft.effects.push(Effect::DeleteTimer { timer: DueTimer::User(*started) });
            }
            Event::Execution(execution::Event::Completed { result, .. }) => {
                draft
                    .effects
                    .push(Effect::Close { result: CloseResult::Completed(result.clone()) });
            }
            Event::Execution(execution::Event::Failed { failure, .. }) => {
                draft.effects.push(Effect::Close { result: CloseResult::Failed(failure.clone()) });
            }
            Event::Execution(execution::Event::Canceled { details, .. }) => {
                draft
                    .effects
                    .push(Effect::Close { result: CloseResult::Canceled(details.clone()) });
            }
            // Not wished for by a guest, or without a row of its own.
            Event::Execution(
                execution::Event::Started(_)
                | execution::Event::CancelRequested { .. }
                | execution::Event::TimedOut { .. }
                | execution::Event::Terminated { .. },
            )
            | Event::Activity(
                activity::Event::Started { .. }
                | activity::Event::Completed { .. }
                | activity::Event::Failed { .. }
                | activity::Event::TimedOut { .. }
                | activity::Event::Canceled { .. },
            )
            | Event::Timer(timer::Event::Fired { .. })
            | Event::Task(_)
            | Event::Signal(_)
            | Event::Patch(_) => {}
        }
    }

    /// The turn that an event is for. `None`: the guest gave up waiting for it.
    fn job_for(&mut self, recorded: &Recorded) -> Option<Job> {
        match &recorded.event {
            Event::Execution(execution::Event::Started(_)) => {
                let started = self.execution.started.clone()?;
                Some(Job::Start(Box::new(Start {
                    namespace: self.facts.namespace.clone(),
                    run: self.facts.key.run,
                    started,
                    start_time: self.execution.start_time,
                    patches: std::mem::take(&mut self.patches),
                })))
            }
            Event::Execution(execution::Event::CancelRequested { cause, .. }) => {
                Some(Job::CancelRequested { cause: cause.clone() })
            }
            Event::Signal(signal::Event::Received(signal)) => Some(Job::Signal((**signal).clone())),
            Event::Timer(timer::Event::Fired { started, .. }) => {
                let op = self.ops.timers.get(started).copied()?;
                self.ops.close(op);
                Some(Job::TimerClosed { op, result: Ok(()) })
            }
            Event::Activity(event) => self.activity_job(event),
            Event::Execution(
                execution::Event::Completed { .. }
                | execution::Event::Failed { .. }
                | execution::Event::Canceled { .. }
                | execution::Event::TimedOut { .. }
                | execution::Event::Terminated { .. },
            )
            | Event::Timer(timer::Event::Started { .. } | timer::Event::Canceled { .. })
            | Event::Task(_)
            | Event::Patch(_) => None,
        }
    }

    fn activity_job(&mut self, event: &activity::Event) -> Option<Job> {
        let (scheduled, result) = match event {
            activity::Event::Completed { scheduled, result, .. } => {
                (*scheduled, Ok(result.clone()))
            }
            activity::Event::Failed { scheduled, started, failure, retry_state, identity } => {
                (*scheduled, Err((*started, identity.clone(), *retry_state, failure.clone())))
            }
            activity::Event::TimedOut { scheduled, started, failure, retry_state } => {
                (*scheduled, Err((*started, String::new(), *retry_state, failure.clone())))
            }
            activity::Event::Canceled { scheduled, started, details, identity, .. } => {
                let kind = FailureKind::Canceled { details: details.clone() };
                let cause = Failure { kind, ..Failure::canceled("activity canceled") };
                (*scheduled, Err((*started, identity.clone(), RetryState::CancelRequested, cause)))
            }
            activity::Event::Scheduled(_)
            | activity::Event::Started { .. }
            | activity::Event::CancelRequested { .. } => return None,
        };
        let (op, options) = self.ops.activities.get(&scheduled).cloned()?;
        self.ops.close(op);
        let result = result.map_err(|(started, identity, retry_state, cause)| {
            let kind = FailureKind::Activity {
                scheduled,
                started,
                identity,
                activity_type: options.activity_type.clone(),
                activity_id: options.activity_id.clone(),
                retry_state,
            };
            activity_failure(kind, cause)
        });
        Some(Job::ActivityClosed { op, result })
    }

    fn diverged(
        &self,
        at: EventId,
        recorded: Option<&Recorded>,
        asked: Option<String>,
        recorded_by: Option<Digest>,
    ) -> StepError {
        StepError::Diverged(Box::new(Divergence {
            at,
            recorded: recorded.map(|it| it.event.to_string()),
            asked,
            recorded_by,
            replayed_by: Some(self.facts.component),
        }))
    }
}

/// A step of a run that has no guest: its component can't be loaded, its replay diverged, or it
/// waits for the retry of a failed task. What arrives is recorded, so nothing is lost.
///
/// `error`: why a task that is due now fails. `None` if none is due.
pub fn step_without_guest(
    mut execution: Execution,
    mut step: Step,
    error: Option<&StepError>,
) -> Result<Decision, StepError> {
    step.now = step.now.max(execution.latest);
    let mut draft = Draft::default();
    let first_event = execution.next_event;
    let admitted = admit_all(&mut execution, step.arrivals, step.now, &mut draft)?;
    let mut after = After::of(&execution, step.task_failure);
    let due = draft.wants_task && execution.status.is_open() && !after.must_wait(&admitted);
    if let Some(error) = error.filter(|_| due) {
        let task_queue = execution.started.as_ref().map(|it| it.task_queue.clone());
        after.task_failed(&mut draft, first_event, task_queue, step.identity, error, step.now);
    }
    Ok(after.conclude(first_event, draft, admitted.replies))
}

struct Admitted {
    replies: Vec<Result<Accepted, Refused>>,
    /// Someone wants a failed task to be tried again now.
    retry: bool,
}

fn admit_all(
    execution: &mut Execution,
    arrivals: Vec<Arrival>,
    now: Timestamp,
    draft: &mut Draft,
) -> Result<Admitted, StepError> {
    let retry = arrivals.contains(&Arrival::TaskRetryDue);
    let replies = arrivals
        .into_iter()
        .map(|arrival| execution.admit(arrival, now, draft))
        .collect::<Result<_, _>>()?;
    Ok(Admitted { replies, retry })
}

/// What will be known of the run after the step.
struct After {
    status: execution::State,
    closed_at: Option<Timestamp>,
    task_failure: Option<TaskFailure>,
}

impl After {
    fn of(execution: &Execution, task_failure: Option<TaskFailure>) -> After {
        After { status: execution.status, closed_at: execution.closed_at, task_failure }
    }

    /// A failed task is tried again when its wait is over, not whenever something arrives.
    fn must_wait(&self, admitted: &Admitted) -> bool {
        self.task_failure.is_some() && !admitted.retry
    }

    fn attempt(&self) -> u32 {
        self.task_failure.as_ref().map_or(1, |it| it.attempts + 1)
    }

    /// The first failure is written to history; later ones only count.
    fn task_failed(
        &mut self,
        draft: &mut Draft,
        first_event: EventId,
        task_queue: Option<String>,
        identity: String,
        error: &StepError,
        now: Timestamp,
    ) {
        let attempt = self.attempt();
        let failure = failure_of(error);
        if attempt == 1 {
            let scheduled = first_event.plus(draft.events.len());
            let started = scheduled.next();
            let events = [
                task::Event::Scheduled {
                    task_queue: task_queue.unwrap_or_default(),
                    timeout: limits::TASK_TIMEOUT,
                    attempt,
                },
                task::Event::Started {
                    scheduled,
                    identity: identity.clone(),
                    history_bytes: 0,
                    suggest_continue_as_new: false,
                },
                task::Event::Failed {
                    scheduled,
                    started,
                    cause: cause_of(error),
                    failure: failure.clone(),
                    identity,
                },
            ];
            for event in events {
                let id = first_event.plus(draft.events.len());
                draft.events.push(Recorded { id, time: now, event: Event::Task(event) });
            }
        }
        let retry_at = now.plus(task_backoff(attempt));
        let timer = DueTimer::TaskRetry;
        draft.effects.push(Effect::InsertTimer { timer, fire_at: retry_at });
        self.task_failure = Some(TaskFailure { attempts: attempt, failure, retry_at });
    }

    fn conclude(
        self,
        first_event: EventId,
        draft: Draft,
        replies: Vec<Result<Accepted, Refused>>,
    ) -> Decision {
        let run = RunSummary {
            status: self.status,
            next_event: first_event.plus(draft.events.len()),
            closed_at: self.closed_at,
            // A run that is over has nothing left to try.
            task_failure: self.task_failure.filter(|_| self.status.is_open()),
        };
        Decision { first_event, events: draft.events, effects: draft.effects, replies, run }
    }
}

/// Doubles from a second on to ten minutes.
fn task_backoff(attempt: u32) -> Delay {
    let doublings = attempt.saturating_sub(1).min(20);
    Delay(limits::TASK_RETRY_FIRST.0 << doublings).min(limits::TASK_RETRY_MAX)
}

fn cause_of(error: &StepError) -> task::FailedCause {
    match error {
        StepError::Diverged(_) => task::FailedCause::NonDeterministicError,
        StepError::Guest(_) | StepError::Corrupt { .. } => {
            task::FailedCause::WorkflowWorkerUnhandledFailure
        }
        StepError::BadCommand { cause, .. } => *cause,
    }
}

/// As describe and the history show it.
fn failure_of(error: &StepError) -> Failure {
    let (error_type, stack_trace) = match error {
        StepError::Diverged(_) => ("NonDeterminism", String::new()),
        StepError::Guest(guest) => (guest_error_type(guest.kind), guest.backtrace.clone()),
        StepError::BadCommand { .. } => ("BadCommand", String::new()),
        StepError::Corrupt { .. } => ("CorruptHistory", String::new()),
    };
    let message = format!("[{}] {error}", error.code().0);
    Failure { stack_trace, ..Failure::host(error_type, message) }
}

fn guest_error_type(kind: GuestErrorKind) -> &'static str {
    match kind {
        GuestErrorKind::Trap => "GuestTrap",
        GuestErrorKind::OutOfTime => "GuestOutOfTime",
        GuestErrorKind::OutOfMemory => "GuestOutOfMemory",
        GuestErrorKind::StackOverflow => "GuestStackOverflow",
        GuestErrorKind::TooManyCommands => "GuestTooManyCommands",
        GuestErrorKind::BrokenInterface => "GuestBrokenInterface",
        GuestErrorKind::Instantiate => "GuestInstantiate",
    }
}

fn bad_command(reason: String) -> StepError {
    StepError::BadCommand { cause: task::FailedCause::BadCommand, reason }
}

fn may_go_unasked(recorded: &Recorded) -> bool {
    match &recorded.event {
        Event::Patch(patch) => patch.may_go_unasked(),
        Event::Execution(_)
        | Event::Task(_)
        | Event::Activity(_)
        | Event::Timer(_)
        | Event::Signal(_) => false,
    }
}

/// A wish beside the event that it should have led to. Payloads are not printed: they may be
/// large, and secret.
fn asked_instead(asked: &Event, recorded: &Recorded) -> String {
    let text = asked.to_string();
    match text == recorded.event.to_string() {
        true => format!("{text} with other arguments"),
        false => text,
    }
}

fn activity_failure(kind: FailureKind, cause: Failure) -> Failure {
    let message = match &cause.kind {
        FailureKind::Timeout { .. } => "activity timed out",
        FailureKind::Canceled { .. } => "activity canceled",
        FailureKind::Application { .. }
        | FailureKind::Terminated
        | FailureKind::Server { .. }
        | FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. } => "activity failed",
    };
    Failure {
        message: message.to_owned(),
        source: "refrain".to_owned(),
        kind,
        ..Failure::default()
    }
    .caused_by(cause)
}

/// The guest does not wait for the worker: it sees its activity canceled at once.
fn canceled_activity(op: OpSeq, scheduled: EventId, pending: &PendingActivity) -> Job {
    let kind = FailureKind::Activity {
        scheduled,
        started: EventId(0),
        identity: String::new(),
        activity_type: pending.options.activity_type.clone(),
        activity_id: pending.options.activity_id.clone(),
        retry_state: RetryState::CancelRequested,
    };
    Job::ActivityClosed {
        op,
        result: Err(activity_failure(kind, Failure::canceled("activity canceled"))),
    }
}

impl Operations {
    fn open(
        &mut self,
        op: OpSeq,
        id: EventId,
        cancellation: CancellationType,
        execution: &Execution,
    ) {
        if let Some(pending) = execution.activities.get(&id) {
            self.targets.insert(op, Target::Activity { scheduled: id, cancellation });
            self.activities.insert(id, (op, Arc::clone(&pending.options)));
        } else {
            self.targets.insert(op, Target::Timer { started: id });
            self.timers.insert(id, op);
        }
    }

    fn close(&mut self, op: OpSeq) {
        match self.targets.remove(&op) {
            Some(Target::Activity { scheduled, .. }) => {
                self.activities.remove(&scheduled);
            }
            Some(Target::Timer { started }) => {
                self.timers.remove(&started);
            }
            None => {}
        }
    }
}
