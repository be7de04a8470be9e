//! Local activities of a run: what the host is to do beside the task, and what comes of it.
//!
//! Outcomes come after all else that a task shows to the guest, each as its marker and one turn.
//! In replay the marker is where the outcome came, so the guest sees the same in the same order.

use super::*;
use crate::attempt::{ActivityTask, Tunable};
use crate::machines::local;
use crate::options::{ActivityTimeouts, Priority};

#[derive(Default)]
pub(super) struct Locals {
    open: BTreeMap<OpSeq, Local>,
    /// Came while no task could show them.
    results: VecDeque<local::Closed>,
    /// The timers of long backoffs.
    backoffs: BTreeMap<EventId, OpSeq>,
    /// The store will wake the run if this host can't.
    pub(super) watched: bool,
}

struct Local {
    task: ActivityTask,
    cancellation: CancellationType,
    state: LocalState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalState {
    Running,
    BackingOff,
    /// The guest no longer waits for it.
    Abandoned,
}

impl Locals {
    /// Keeps outcomes of those that the guest waits for.
    pub(super) fn take(&mut self, closed: Vec<local::Closed>) {
        for closed in closed {
            match self.open.get(&closed.op).map(|it| it.state) {
                Some(LocalState::Running | LocalState::BackingOff) => {
                    self.results.push_back(closed)
                }
                Some(LocalState::Abandoned) => drop(self.open.remove(&closed.op)),
                None => {}
            }
        }
    }

    /// Is there something to show?
    pub(super) fn has_results(&self) -> bool {
        !self.results.is_empty()
    }

    /// Does nobody work on any that the guest waits for? One that backs off waits for a timer.
    pub(super) fn are_idle(&self) -> bool {
        self.results.is_empty() && self.n_running() == 0
    }

    fn n_running(&self) -> usize {
        self.open.values().filter(|it| it.state == LocalState::Running).count()
    }

    fn remove(&mut self, op: OpSeq) -> Option<Local> {
        self.open.remove(&op)
    }
}

impl Run {
    /// What the host is to work on: attempts that have no outcome yet. One that the guest has
    /// abandoned is here as long as it goes on, but is not begun for its sake.
    pub fn local_activities(&self) -> impl Iterator<Item = LocalActivity<'_>> {
        let waits = |op: &OpSeq| self.locals.results.iter().all(|it| it.op != *op);
        let lives = self.execution.status.is_open() && !self.returned;
        let open =
            self.locals.open.iter().filter(move |(op, local)| {
                lives && local.state != LocalState::BackingOff && waits(op)
            });
        open.map(|(op, local)| LocalActivity {
            op: *op,
            task: &local.task,
            is_abandoned: local.state == LocalState::Abandoned,
        })
    }

    pub(super) fn begin_local(
        &mut self,
        schedule: local::Schedule,
        task: &Task,
    ) -> Result<(), StepError> {
        let n = self.locals.open.len();
        let cause = task::FailedCause::PendingActivitiesLimitExceeded;
        task.check_room("open local activities", n, |it| it.pending_activities, cause)?;
        let (started, clock) = (self.execution.started.as_deref(), &self.execution.clock);
        let kind = &schedule.activity_type;
        let wanted = Tunable {
            task_queue: started.map_or_else(String::new, |it| it.task_queue.clone()),
            timeouts: ActivityTimeouts {
                schedule_to_close: schedule.schedule_to_close,
                start_to_close: schedule.start_to_close,
                ..ActivityTimeouts::default()
            },
            retry: schedule.retry.unwrap_or_default(),
            priority: Priority::default(),
        };
        let Tunable { task_queue, timeouts, retry, priority } = wanted
            .checked(started.and_then(run_timeout))
            .map_err(|wrong| bad_command(format!("local activity `{kind}` has {wrong}")))?;
        let options = activity::Scheduled {
            activity_id: schedule.activity_id.unwrap_or_else(|| schedule.op.to_string()),
            activity_type: schedule.activity_type,
            task_queue,
            input: schedule.input,
            header: schedule.header,
            timeouts,
            retry,
            // It has no event of its own.
            task: EventId(0),
            summary: schedule.summary,
            priority,
        };
        let task = ActivityTask::new(
            self.facts.key.clone(),
            EventId(0),
            clock.of_host(task.now),
            started.map_or_else(String::new, |it| it.workflow_type.clone()),
            options,
            self.execution.run_deadline().map(|it| clock.of_host(it)),
        );
        let local = Local { task, cancellation: schedule.cancellation, state: LocalState::Running };
        self.locals.open.insert(schedule.op, local);
        Ok(())
    }

    /// True: it was one of these. The guest sees its activity canceled at once, unless it wants to
    /// wait for what comes of it.
    pub(super) fn cancel_local(&mut self, op: OpSeq, at_once: &mut VecDeque<Job>) -> bool {
        let Some(local) = self.locals.open.get_mut(&op) else { return false };
        match (local.cancellation, local.state) {
            (_, LocalState::Abandoned) => {}
            (CancellationType::WaitCancellationCompleted, LocalState::Running) => {
                local.task.cancel_requested = true;
            }
            (CancellationType::Abandon, LocalState::Running) => {
                at_once.push_back(closed(op, &local.task, Err(canceled())));
                local.state = LocalState::Abandoned;
            }
            // Nobody works on it.
            (_, LocalState::BackingOff) | (CancellationType::TryCancel, LocalState::Running) => {
                at_once.push_back(closed(op, &local.task, Err(canceled())));
                self.locals.remove(op);
            }
        }
        true
    }

    /// The backoff of a local activity is over. Not a timer of the guest's.
    pub(super) fn local_backoff_over(&mut self, timer: EventId) -> bool {
        let Some(op) = self.locals.backoffs.remove(&timer) else { return false };
        if let Some(local) = self.locals.open.get_mut(&op) {
            local.state = LocalState::Running;
        }
        true
    }

    /// The next outcome that there is, recorded.
    pub(super) fn next_local(
        &mut self,
        task: &Task,
        wishes: &mut Wishes<'_>,
    ) -> Result<Option<Job>, StepError> {
        loop {
            let recorded = match wishes {
                Wishes::Live(draft) => {
                    let Some(closed) = self.locals.results.pop_front() else { return Ok(None) };
                    let Some(local) = self.locals.open.get(&closed.op) else { continue };
                    if local.state == LocalState::Abandoned {
                        // Since it ended.
                        self.locals.remove(closed.op);
                        continue;
                    }
                    let recorded = local::Recorded {
                        activity_id: local.task.options.activity_id.clone(),
                        activity_type: local.task.options.activity_type.clone(),
                        scheduled_at: self.execution.clock.of_run(local.task.scheduled_at),
                        closed,
                        summary: local.task.options.summary.clone(),
                        task: task.completed,
                    };
                    let event = Event::Local(local::Event::Recorded(Box::new(recorded.clone())));
                    self.execution.push(draft, task.now, event)?;
                    recorded
                }
                Wishes::Replay { recorded, recorded_by } => {
                    let Some(next) = next_asked(recorded) else { return Ok(None) };
                    let Event::Local(local::Event::Recorded(marker)) = &next.event else {
                        return Ok(None);
                    };
                    let fits = self.locals.open.get(&marker.closed.op).is_some_and(|local| {
                        local.task.options.activity_type == marker.activity_type
                            && local.task.options.activity_id == marker.activity_id
                    });
                    if !fits {
                        return Err(self.diverged(next.id, Some(next), None, *recorded_by));
                    }
                    self.pass(recorded)?;
                    (**marker).clone()
                }
            };
            if let Some(job) = self.close_local(recorded.closed, task, wishes)? {
                return Ok(Some(job));
            }
        }
    }

    /// The guest's turn; `None` if it is to be tried again after a long wait.
    fn close_local(
        &mut self,
        outcome: local::Closed,
        task: &Task,
        wishes: &mut Wishes<'_>,
    ) -> Result<Option<Job>, StepError> {
        let local::Closed { op, attempt, backoff, result } = outcome;
        let Some(backoff) = backoff else {
            let local = self.locals.remove(op);
            return Ok(local.map(|local| closed(op, &local.task, result)));
        };
        let event = Event::Timer(timer::Event::Started {
            timer_id: local::timer_id(op, attempt),
            delay: backoff,
            task: task.completed,
            summary: None,
        });
        let timer = match wishes {
            Wishes::Live(draft) => {
                let id = self.execution.push(draft, task.now, event)?;
                let fire_at = self.execution.clock.of_host(task.now.plus(backoff));
                draft.effects.push(Effect::InsertTimer { timer: DueTimer::User(id), fire_at });
                id
            }
            Wishes::Replay { recorded, recorded_by } => match recorded.split_first() {
                Some((next, _)) if next.event.answers(&event) => {
                    self.pass(recorded)?;
                    next.id
                }
                next => {
                    let (next, at) = (next.map(|it| it.0), self.execution.next_event);
                    let asked = Some(event.to_string());
                    return Err(self.diverged(at, next, asked, *recorded_by));
                }
            },
        };
        self.locals.backoffs.insert(timer, op);
        if let Some(local) = self.locals.open.get_mut(&op) {
            local.task.attempt = attempt + 1;
            local.task.last_failure = result.err();
            local.state = LocalState::BackingOff;
        }
        Ok(None)
    }

    /// Sees to it that the run is woken should this host die before its local activities end.
    pub(super) fn watch_locals(&mut self, draft: &mut Draft, now: Timestamp) {
        let is_open = self.execution.status.is_open();
        let runs = self.locals.n_running() > 0 && is_open && !self.returned;
        let timer = DueTimer::Locals;
        if runs && !self.locals.watched {
            let fire_at = self.execution.clock.of_host(now.plus(limits::LOCAL_WATCH));
            draft.effects.push(Effect::InsertTimer { timer, fire_at });
        } else if !runs && self.locals.watched && is_open {
            draft.effects.push(Effect::DeleteTimer { timer });
        }
        self.locals.watched = runs;
    }
}

/// One that the host is to work on.
pub struct LocalActivity<'a> {
    pub op: OpSeq,
    /// Waits for its attempt; `cancel_requested` says whether the guest wants it to stop.
    pub task: &'a ActivityTask,
    pub is_abandoned: bool,
}

fn canceled() -> Failure {
    Failure::canceled_with(Vec::new())
}

fn closed(op: OpSeq, task: &ActivityTask, result: Result<Payloads, Failure>) -> Job {
    let result = result.map_err(|cause| {
        let kind = FailureKind::Activity {
            scheduled: EventId(0),
            started: EventId(0),
            identity: String::new(),
            activity_type: task.options.activity_type.clone(),
            activity_id: task.options.activity_id.clone(),
            retry_state: local::retry_state(&cause),
        };
        jobs::activity_failure(kind, cause)
    });
    Job::ActivityClosed { op, result }
}
