//! One run with its live guest: replay brings it to the end of its history, step takes it on.
//!
//! Both play a workflow task by the same code. They differ in one thing only: live, what the
//! guest's wish leads to is appended; in replay it must be what is recorded next. That makes
//! this file the one place where a guest can be found to diverge.

mod after;
mod change_version;
mod ends;
mod go_on;
mod jobs;
mod locals;
mod related;
mod reset;
mod updates;
mod wishes;

use crate::arrival::{Accepted, Arrival, Refused};
use crate::attempt;
use crate::chain::{self, Link};
use crate::decision::{
    CloseResult, Decision, DueTimer, Effect, RunSummary, Successor, TaskFailure,
};
use crate::errors::{Divergence, StepError};
use crate::event::Recorded;
use crate::execution::{Draft, Execution, PendingActivity, run_timeout};
use crate::failure::{Failure, FailureKind, RetryState};
use crate::guest::{Guest, GuestErrorKind, Job, Query, QueryError, Start, Turn};
use crate::ids::{Digest, EventId, OpSeq, RunKey};
use crate::limits::{self, RunLimits};
use crate::machines::{
    Command, Event, activity, attributes, child, execution, external, patch, signal, task, timer,
    update,
};
use crate::options::{CancellationType, ChildCancellation};
use crate::payload::{Payload, Payloads};
use crate::search;
use crate::time::{Delay, Timestamp};
use crate::updates::{WaitingUpdate, WaitingUpdates};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use after::step_without_guest;
use after::{After, admit_all};
use go_on::Unfinished;
use jobs::canceled_activity;
pub use locals::LocalActivity;
use locals::Locals;
use related::OpenChild;
use wishes::{bad_command, may_go_unasked, next_asked};

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
    locals: Locals,
    /// Granted so far, in all tasks.
    n_commands: u64,
    begun: bool,
    /// The program has returned: nothing more is handed to it but queries.
    returned: bool,
    /// What it publishes while it is replayed, for a run that begins with another's history.
    published: Option<BTreeMap<String, Payload>>,
    /// The task of the last step, until its decision is handed on.
    unfinished: Option<Unfinished>,
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
    pub host: Surroundings,
}

/// What only the host of a live step knows. A replay asks none of it: what was allowed once stays.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub link: Link,
    /// Knows the search attributes of the run's namespace.
    pub search: Arc<dyn search::Judge>,
    pub limits: Arc<RunLimits>,
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
    children: BTreeMap<EventId, OpenChild>,
    /// Signals and requests to cancel that wait for their answer.
    externals: BTreeMap<EventId, OpSeq>,
    /// Requests to cancel a child with whose arrival its operation ends.
    child_cancels: BTreeMap<EventId, EventId>,
}

#[derive(Clone, Copy, Debug)]
enum Target {
    Activity { scheduled: EventId, cancellation: CancellationType },
    Timer { started: EventId },
    Child { initiated: EventId, cancellation: ChildCancellation },
    External { initiated: EventId },
}

/// `Scheduled`, `Started` and `Completed`.
const EVENTS_OF_A_TASK: u64 = 3;

/// A workflow task that is to be run.
struct DueTask<'a> {
    identity: &'a str,
    history_bytes: u64,
    attempt: u32,
    host: Surroundings,
}

/// One workflow task, as the guest sees it.
struct Task {
    now: Timestamp,
    /// The id of its `Scheduled` event.
    scheduled: EventId,
    /// The id of its `Completed` event.
    completed: EventId,
    history_length: u64,
    history_bytes: u64,
    suggest_continue_as_new: bool,
    /// `None` in replay.
    host: Option<Surroundings>,
}

impl Task {
    /// May there be one more of `what`, of which there are `n`? In replay there was.
    fn check_room(
        &self,
        what: &str,
        n: usize,
        most: fn(&RunLimits) -> u64,
        cause: task::FailedCause,
    ) -> Result<(), StepError> {
        match self.host.as_ref().map(|it| most(&it.limits)) {
            Some(most) if n as u64 >= most => {
                // In Temporal's words.
                let reason = format!(
                    "the number of {what}, {n}, has reached the per-workflow limit of {most}"
                );
                Err(StepError::BadCommand { cause, reason })
            }
            Some(_) | None => Ok(()),
        }
    }
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
    opens: Option<(OpSeq, Opens)>,
    closes: Option<(OpSeq, Vec<Job>)>,
}

/// What an operation begins to wait for.
#[derive(Clone, Copy, Debug)]
enum Opens {
    Activity(CancellationType),
    Timer,
    Child(ChildCancellation),
    External,
    /// A child's operation, now also for the arrival of the request to cancel it.
    ChildCancel,
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
            n_commands: 0,
            begun: false,
            returned: false,
            published: None,
            locals: Locals::default(),
            unfinished: None,
        }
    }

    /// Brings a fresh guest to the end of `history`, checking each wish against what is recorded.
    pub fn replay(
        facts: RunFacts,
        history: &[Recorded],
        guest: Box<dyn Guest>,
    ) -> Result<Run, StepError> {
        let mut run = Run::new(facts, guest);
        run.bring_to(history)?;
        Ok(run)
    }

    /// Brings the guest, which has not begun, to the end of `history`.
    fn bring_to(&mut self, history: &[Recorded]) -> Result<(), StepError> {
        let run = self;
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
                task::Event::Started {
                    scheduled, history_bytes, suggest_continue_as_new, ..
                } => {
                    task_started = Some(Task {
                        now: recorded.time,
                        scheduled: *scheduled,
                        completed: recorded.id.next(),
                        history_length: recorded.id.0,
                        history_bytes: *history_bytes,
                        suggest_continue_as_new: *suggest_continue_as_new,
                        host: None,
                    });
                }
                task::Event::Completed { component, .. } => {
                    let Some(mut task) = task_started.take() else { continue };
                    task.completed = recorded.id;
                    let is_of_task = |it: &Recorded| it.event.is_of_task(recorded.id);
                    let n = history[at..].iter().take_while(|it| is_of_task(it)).count();
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
        Ok(())
    }

    pub fn facts(&self) -> &Arc<RunFacts> {
        &self.facts
    }

    /// Has the guest been handed anything? One that has not can't be asked.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// What its guest takes in memory.
    pub fn rooms(&self) -> usize {
        self.guest.rooms()
    }

    /// Asks the guest. A guest that breaks while it answers must not be used again.
    #[expect(
        clippy::result_large_err,
        reason = "a query fails seldom, and its answer is no smaller"
    )]
    pub fn query(&mut self, query: Query) -> Result<Payloads, QueryError> {
        let now = self.execution.clock.of_run(query.now);
        self.guest.query(&Query { now, ..query })
    }

    /// Nothing happened to the run: for one that is only pinned to another component.
    pub fn unchanged(&self, task_failure: Option<TaskFailure>) -> Decision {
        After::of(&self.execution, task_failure).conclude(
            &self.execution,
            self.execution.next_event,
            Draft::default(),
            vec![Ok(Accepted::Recorded)],
            None,
        )
    }

    /// Shows what arrived to the guest and turns its wishes into a decision.
    ///
    /// Takes `self`: a run whose decision is not committed is gone, because its memory is ahead
    /// of the truth. It is never repaired, it is replayed. If the guest fails, the outcome says
    /// so and there is no run to go on with.
    ///
    /// Errors: nothing has happened, and what arrived is to arrive again.
    pub fn step(self, step: Step) -> Result<Outcome, StepError> {
        let first_event = self.execution.next_event;
        self.step_from(first_event, Draft::default(), step)
    }

    /// `draft`: what belongs to the decision already, from `first_event` on.
    fn step_from(
        mut self,
        first_event: EventId,
        mut draft: Draft,
        mut step: Step,
    ) -> Result<Outcome, StepError> {
        step.now = self.execution.now(step.now, &step.arrivals);
        let link = step.host.link;
        self.locals.watched &= !step.arrivals.contains(&Arrival::LocalsDue);
        let admitted =
            admit_all(&mut self.execution, step.arrivals, step.now, &mut draft, &step.host)?;
        let closed = std::mem::take(&mut draft.locals);
        self.locals.take(closed);
        draft.wants_task |= self.locals.has_results();
        self.unfinished = None;
        let mut after = After::of(&self.execution, step.task_failure);
        if !after.has_task(&draft, &admitted) {
            after.give_up_retry(&mut draft, &admitted);
            self.watch_locals(&mut draft, step.now);
            let unseen = std::mem::take(&mut self.execution.undelivered);
            let next = self.next(&mut draft, &unseen, step.now, &step.identity, link)?;
            self.execution.undelivered = unseen;
            if after.task_failure.is_none() {
                self.skip_time(&mut draft, step.now)?;
            }
            let decision =
                after.conclude(&self.execution, first_event, draft, admitted.replies, next);
            return Ok(Outcome { run: Some(self), decision, failed: None });
        }
        let attempt = after.attempt();
        // What the guest wishes for in a task that fails is void.
        let (n_events, n_effects) = (draft.events.len(), draft.effects.len());
        let (now, identity) = (step.now, step.identity);
        let due = DueTask {
            identity: &identity,
            history_bytes: step.history_bytes,
            attempt,
            host: step.host,
        };
        match self.run_task(&mut draft, now, due) {
            Ok((unseen, task)) => {
                self.unfinished = task.map(|task| Unfinished {
                    task,
                    identity: identity.clone(),
                    before: after.clone(),
                    replies: admitted.replies.clone(),
                    n_events,
                    n_effects,
                });
                self.watch_locals(&mut draft, now);
                if after.task_failure.is_some() && self.execution.status.is_open() {
                    let timer = DueTimer::TaskRetry;
                    draft.effects.push(Effect::DeleteTimer { timer });
                }
                let next = self.next(&mut draft, &unseen, now, &identity, link)?;
                self.skip_time(&mut draft, now)?;
                let after = After::of(&self.execution, None);
                let decision =
                    after.conclude(&self.execution, first_event, draft, admitted.replies, next);
                Ok(Outcome { run: Some(self), decision, failed: None })
            }
            Err(error) if !error.fails_task() => Err(error),
            Err(error) => {
                draft.events.truncate(n_events);
                draft.effects.truncate(n_effects);
                draft.heir = None;
                // They all wait for the next attempt.
                draft.updates = WaitingUpdates::default();
                let execution = &self.execution;
                after.task_failed(&mut draft, first_event, execution, identity, &error, now);
                let decision =
                    after.conclude(&self.execution, first_event, draft, admitted.replies, None);
                Ok(Outcome { run: None, decision, failed: Some(error) })
            }
        }
    }

    /// Plays a workflow task, if the guest takes any of what is there for it: a task with nothing
    /// but updates that are rejected leaves no trace.
    fn run_task(
        &mut self,
        draft: &mut Draft,
        now: Timestamp,
        due: DueTask<'_>,
    ) -> Result<(VecDeque<Recorded>, Option<Task>), StepError> {
        let DueTask { identity, history_bytes, attempt, host } = due;
        if self.execution.undelivered.is_empty() && !self.locals.has_results() {
            draft.updates.valid = self.next_valid_update(draft, now)?;
            if draft.updates.valid.is_none() {
                return Ok((VecDeque::new(), None));
            }
        }
        let started = self.execution.started.clone();
        let (task_queue, timeout) = match &started {
            Some(it) => (it.task_queue.clone(), it.task_timeout),
            None => (String::new(), limits::TASK_TIMEOUT),
        };
        if let Some((reason, details)) = self.too_long(history_bytes, &host.limits) {
            // Before the task's events: a task in history is one that the guest has played.
            let event = execution::Event::Terminated {
                reason: reason.clone(),
                details,
                identity: identity.to_owned(),
            };
            self.execution.push(draft, now, Event::Execution(event))?;
            draft.effects.push(Effect::Close { result: CloseResult::Terminated { reason } });
            return Ok((VecDeque::new(), None));
        }
        let scheduled = Event::Task(task::Event::Scheduled { task_queue, timeout, attempt });
        let scheduled = self.execution.push(draft, now, scheduled)?;
        let limits = &host.limits;
        let suggest_continue_as_new = scheduled.0 >= limits.suggest_at_events
            || history_bytes >= limits.suggest_at_bytes
            || self.execution.updates.len() as u64 >= limits.suggest_at_updates();
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
            scheduled,
            completed,
            history_length: started.0,
            history_bytes,
            suggest_continue_as_new,
            host: Some(host),
        };
        let unseen = self.play(&task, waiting, &mut Wishes::Live(draft))?;
        Ok((unseen, Some(task)))
    }

    /// Hands over, one by one, what the guest has not seen, and grants what it wishes for. Returns
    /// what the guest ended without having seen.
    fn play(
        &mut self,
        task: &Task,
        mut waiting: VecDeque<Recorded>,
        wishes: &mut Wishes<'_>,
    ) -> Result<VecDeque<Recorded>, StepError> {
        let mut n_commands = 0;
        // What a wish leads to at once (a canceled timer's future) comes before the next event.
        let mut at_once = VecDeque::new();
        while !self.returned {
            let job = match at_once.pop_front() {
                Some(job) => job,
                None => match waiting.pop_front() {
                    Some(Recorded {
                        id,
                        event: Event::Update(update::Event::Admitted { request }),
                        ..
                    }) => match self.admitted_update(id, &request, task, wishes)? {
                        Some(request) => Job::Update(request),
                        None => continue,
                    },
                    Some(recorded) => match self.job_for(&recorded, &mut waiting, &mut at_once) {
                        Some(job) => job,
                        None => continue,
                    },
                    None => match self.next_update(task, wishes)? {
                        Some(request) => Job::Update(request),
                        None => match self.next_local(task, wishes)? {
                            Some(job) => job,
                            None => break,
                        },
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
            self.begun = true;
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
                self.n_commands += 1;
                self.grant(command, task, wishes, &mut at_once)?;
            }
        }
        match wishes {
            Wishes::Live(_) => Ok(waiting),
            Wishes::Replay { recorded, recorded_by } => {
                match recorded.iter().find(|it| !may_go_unasked(it)) {
                    None => self.skip_unasked(recorded).map(|()| waiting),
                    Some(left) => Err(self.diverged(left.id, Some(left), None, *recorded_by)),
                }
            }
        }
    }

    /// Past the next event that was asked for, or that the host wrote by itself.
    fn pass(&mut self, recorded: &mut &[Recorded]) -> Result<(), StepError> {
        let n_unasked = recorded.iter().take_while(|it| may_go_unasked(it)).count();
        let (passed, rest) = recorded.split_at(recorded.len().min(n_unasked + 1));
        *recorded = rest;
        for passed in passed {
            self.execution.expect_next(passed)?;
            self.execution.apply(passed)?;
        }
        Ok(())
    }

    fn skip_unasked(&mut self, recorded: &[Recorded]) -> Result<(), StepError> {
        recorded.iter().try_for_each(|it| self.execution.apply(it))
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
            command: if asked.is_some() { self.n_commands } else { 0 },
            asked,
            recorded_by,
            replayed_by: Some(self.facts.component),
        }))
    }
}
