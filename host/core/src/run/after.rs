//! What is known of a run after a step, and steps that need no guest.

use super::*;

/// A step of a run that has no guest: its component can't be loaded, its replay diverged, or it
/// waits for the retry of a failed task. What arrives is recorded, so nothing is lost.
///
/// `error`: why a task that is due now fails. `None` if none is due.
pub fn step_without_guest(
    mut execution: Execution,
    mut step: Step,
    error: Option<&StepError>,
) -> Result<Decision, StepError> {
    step.now = execution.now(step.now, &step.arrivals);
    let mut draft = Draft::default();
    let first_event = execution.next_event;
    let (now, link) = (step.now, step.host.link);
    let admitted = admit_all(&mut execution, step.arrivals, now, &mut draft, &step.host)?;
    let mut after = After::of(&execution, step.task_failure);
    let due = after.has_task(&draft, &admitted);
    if !due {
        after.give_up_retry(&mut draft, &admitted);
    }
    if let Some(error) = error.filter(|_| due) {
        let identity = step.identity.clone();
        after.task_failed(&mut draft, first_event, &execution, identity, error, now);
    }
    // Without a guest nobody knows of its local activities, unless it had none yet.
    if after.task_failure.is_none() && error.is_none() {
        execution.skip_time(&mut draft, now)?;
    }
    let next = match draft.heir.take() {
        // Without a guest nobody knows which of the signals it was handed it has received.
        Some(heir) => {
            let carried = execution.undelivered.iter().filter_map(chain::carried_over).collect();
            Some(heir.begin(&execution, carried, now, step.identity, link)?)
        }
        None => None,
    };
    Ok(after.conclude(&execution, first_event, draft, admitted.replies, next))
}

pub(super) struct Admitted {
    pub(super) replies: Vec<Result<Accepted, Refused>>,
    /// Someone wants a failed task to be tried again now.
    pub(super) retry: bool,
}

pub(super) fn admit_all(
    execution: &mut Execution,
    arrivals: Vec<Arrival>,
    now: Timestamp,
    draft: &mut Draft,
    host: &Surroundings,
) -> Result<Admitted, StepError> {
    let retry = arrivals.iter().any(Arrival::retries_task);
    let admit = |(at, arrival)| match arrival {
        Arrival::Update(request) => {
            Ok(execution.admit_update(*request, at, &mut draft.updates, &host.limits))
        }
        other => execution.admit(other, now, draft, host),
    };
    let replies = arrivals.into_iter().enumerate().map(admit).collect::<Result<_, _>>()?;
    Ok(Admitted { replies, retry })
}

/// What will be known of the run after the step.
#[derive(Clone)]
pub(super) struct After {
    pub(super) status: execution::State,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) task_failure: Option<TaskFailure>,
}

impl After {
    pub(super) fn of(execution: &Execution, task_failure: Option<TaskFailure>) -> After {
        After { status: execution.status, closed_at: execution.closed_at, task_failure }
    }

    /// A failed task is tried again when its wait is over, not whenever something arrives.
    pub(super) fn must_wait(&self, admitted: &Admitted) -> bool {
        self.task_failure.is_some() && !admitted.retry
    }

    /// Is there something for the guest to do, and is it time?
    pub(super) fn has_task(&self, draft: &Draft, admitted: &Admitted) -> bool {
        let wants_task = draft.wants_task || !draft.updates.is_empty();
        wants_task && self.status.runs_tasks() && !self.must_wait(admitted)
    }

    /// What the failed task was for has gone: an update of which only the last host knew.
    pub(super) fn give_up_retry(&mut self, draft: &mut Draft, admitted: &Admitted) {
        let waits = draft.wants_task || !draft.updates.is_empty();
        if admitted.retry
            && !waits
            && self.status.runs_tasks()
            && self.task_failure.take().is_some()
        {
            draft.effects.push(Effect::DeleteTimer { timer: DueTimer::TaskRetry });
        }
    }

    pub(super) fn attempt(&self) -> u32 {
        self.task_failure.as_ref().map_or(1, |it| it.attempts + 1)
    }

    /// The first failure is written to history; later ones only count.
    pub(super) fn task_failed(
        &mut self,
        draft: &mut Draft,
        first_event: EventId,
        execution: &Execution,
        identity: String,
        error: &StepError,
        now: Timestamp,
    ) {
        let attempt = self.attempt();
        let failure = failure_of(error);
        if attempt == 1 {
            let task_queue = execution.started.as_ref().map(|it| it.task_queue.clone());
            let task_queue = task_queue.unwrap_or_default();
            let scheduled = first_event.plus(draft.events.len());
            let started = scheduled.next();
            let events = [
                task::Event::Scheduled { task_queue, timeout: limits::TASK_TIMEOUT, attempt },
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
                    reset: None,
                },
            ];
            for event in events {
                let id = first_event.plus(draft.events.len());
                draft.events.push(Recorded { id, time: now, event: Event::Task(event) });
            }
        }
        let retry_at = execution.clock.of_host(now).plus(task_backoff(attempt));
        let timer = DueTimer::TaskRetry;
        draft.effects.push(Effect::InsertTimer { timer, fire_at: retry_at });
        self.task_failure = Some(TaskFailure { attempts: attempt, failure, retry_at });
    }

    pub(super) fn conclude(
        self,
        execution: &Execution,
        first_event: EventId,
        mut draft: Draft,
        mut replies: Vec<Result<Accepted, Refused>>,
        successor: Option<Box<Successor>>,
    ) -> Decision {
        std::mem::take(&mut draft.updates).settle(self.status.is_open(), &mut replies);
        tell_of_close(execution, first_event, &mut draft);
        let run = RunSummary {
            status: self.status,
            next_event: first_event.plus(draft.events.len()),
            closed_at: self.closed_at,
            pause_reason: execution.pause_reason.clone(),
            // A run that is over has nothing left to try.
            task_failure: self.task_failure.filter(|_| self.status.is_open()),
        };
        Decision {
            first_event,
            events: draft.events,
            effects: draft.effects,
            replies,
            run,
            successor,
        }
    }
}

/// Whoever is concerned by the end of a run learns of it, whatever has ended it.
fn tell_of_close(execution: &Execution, first_event: EventId, draft: &mut Draft) {
    let Some(Recorded { id, event: Event::Execution(event), .. }) = draft.events.last() else {
        return;
    };
    if !event.closes_run() {
        return;
    }
    let (id, event) = (*id, event.clone());
    execution.tell_children(draft, id, first_event);
    execution.tell_parent(draft, id, &event);
}

/// Doubles from a second on to ten minutes.
pub(super) fn task_backoff(attempt: u32) -> Delay {
    let doublings = attempt.saturating_sub(1).min(20);
    Delay(limits::TASK_RETRY_FIRST.0 << doublings).min(limits::TASK_RETRY_MAX)
}

pub(super) fn cause_of(error: &StepError) -> task::FailedCause {
    match error {
        StepError::Diverged(_) => task::FailedCause::NonDeterministicError,
        StepError::Guest(_) | StepError::Corrupt { .. } => {
            task::FailedCause::WorkflowWorkerUnhandledFailure
        }
        StepError::BadCommand { cause, .. } => *cause,
    }
}

/// As describe and the history show it.
pub(super) fn failure_of(error: &StepError) -> Failure {
    let (error_type, stack_trace) = match error {
        StepError::Diverged(_) => ("NonDeterminism", String::new()),
        StepError::Guest(guest) => (guest_error_type(guest.kind), guest.backtrace.clone()),
        StepError::BadCommand { .. } => ("BadCommand", String::new()),
        StepError::Corrupt { .. } => ("CorruptHistory", String::new()),
    };
    let message = format!("[{}] {error}", error.code().0);
    Failure { stack_trace, ..Failure::host(error_type, message) }
}

pub(super) fn guest_error_type(kind: GuestErrorKind) -> &'static str {
    match kind {
        GuestErrorKind::Trap => "GuestTrap",
        GuestErrorKind::OutOfTime => "GuestOutOfTime",
        GuestErrorKind::OutOfMemory => "GuestOutOfMemory",
        GuestErrorKind::StackOverflow => "GuestStackOverflow",
        GuestErrorKind::TooManyCommands => "GuestTooManyCommands",
        GuestErrorKind::BrokenInterface => "GuestBrokenInterface",
        GuestErrorKind::Instantiate => "GuestInstantiate",
        GuestErrorKind::NoRoom => "NoRoom",
    }
}
