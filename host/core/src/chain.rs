//! What comes after a run: the next one of its chain, if there is one.
//!
//! A chain is one execution as a user sees it: continue-as-new, a retry and a cron time each
//! close a run and begin the next in the same commit. What the program had not received goes
//! along (signals, a request to cancel), so nothing falls between the two.

use crate::arrival::Arrival;
use crate::decision::{Decision, Successor};
use crate::errors::StepError;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::failure::{Failure, FailureKind, RetryState, TimeoutType};
use crate::ids::{EventId, RunId};
use crate::limits::RunLimits;
use crate::machines::attributes::Attributes;
use crate::machines::execution::{Command, ContinueAsNew, ContinuedAsNew, Event, State};
use crate::machines::execution::{Initiator, Started};
use crate::machines::{Event as AnyEvent, signal, update};
use crate::options::VersionChoice;
use crate::payload::Payloads;
use crate::run::{Step, Surroundings, step_without_guest};
use crate::search::CHANGE_VERSION;
use crate::time::{Delay, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// When a cron string is due next after `from`, not before `now`. `None`: never again.
pub type NextCron = fn(cron: &str, from: Timestamp, now: Timestamp) -> Option<Timestamp>;

/// A run's place in its chain, as far as only the host can know it.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The run itself.
    pub run: RunId,
    /// The id of the next run, should there be one.
    pub next: RunId,
    pub next_cron: NextCron,
}

/// The next run, before it is known what is carried over to it.
#[derive(Debug)]
pub(crate) struct Heir {
    run: RunId,
    version: VersionChoice,
    started: Box<Started>,
}

/// What the end of `run` leads to. A cancellation is an orderly end only if someone asked for it;
/// otherwise it is a failure like any other.
///
/// `link`: none in replay, where nobody asks for what the host derives.
pub(crate) fn decide(
    command: Command,
    task: EventId,
    run: &Execution,
    now: Timestamp,
    link: Option<&Link>,
) -> (Event, Option<Heir>) {
    let closing = link.and_then(|link| Closing::of(run, now, link));
    match command {
        Command::Complete { result } => {
            let heir = closing.and_then(|it| it.cron(Some(result.clone()), None));
            let new_run = heir.as_ref().map(|it| it.run);
            (Event::Completed { result, task, new_run }, heir)
        }
        Command::Fail { failure } => match (run.status, failure.cancellation()) {
            (State::CancelRequested, Some(details)) => {
                (Event::Canceled { details: details.clone(), task }, None)
            }
            (_, Some(_) | None) => {
                let (retry_state, heir) = match closing {
                    Some(it) => it.after_failure(&failure),
                    None => (RetryState::Unspecified, None),
                };
                let new_run = heir.as_ref().map(|it| it.run);
                (Event::Failed { failure, retry_state, task, new_run }, heir)
            }
        },
        Command::ContinueAsNew(asked) => {
            let before = run.started.as_deref().cloned().unwrap_or_default();
            let before = with_values_of_now(before, &run.attributes);
            let version = asked.version;
            let started = continued(before, *asked);
            let heir = closing.map(|it| it.continue_as_new(started.clone(), version));
            let new_run = heir.as_ref().map_or(RunId(0), |it| it.run);
            let event = ContinuedAsNew {
                new_run,
                workflow_type: started.workflow_type,
                task_queue: started.task_queue,
                input: started.input,
                run_timeout: started.run_timeout,
                task_timeout: started.task_timeout,
                backoff: None,
                initiator: Initiator::ContinueAsNew,
                last_completion_result: started.last_completion_result,
                header: started.header,
                memo: started.memo,
                search_attributes: started.search_attributes,
                task,
            };
            (Event::ContinuedAsNew(Box::new(event)), heir)
        }
    }
}

/// What the end of a run's time leads to.
pub(crate) fn time_out(run: &Execution, now: Timestamp, link: &Link) -> (Event, Option<Heir>) {
    let (retry_state, heir) = match Closing::of(run, now, link) {
        Some(closing) if closing.is_expired() => (RetryState::Timeout, None),
        Some(closing) => closing.after_failure(&timed_out()),
        None => (RetryState::RetryPolicyNotSet, None),
    };
    (Event::TimedOut { retry_state, new_run: heir.as_ref().map(|it| it.run) }, heir)
}

/// As the next attempt sees it.
fn timed_out() -> Failure {
    Failure {
        message: "workflow timeout".to_owned(),
        ..Failure::timeout(TimeoutType::StartToClose, Vec::new())
    }
}

/// A run in the moment of its end.
struct Closing<'a> {
    started: &'a Started,
    /// When its first task was due.
    began: Timestamp,
    now: Timestamp,
    link: &'a Link,
}

impl<'a> Closing<'a> {
    fn of(run: &'a Execution, now: Timestamp, link: &'a Link) -> Option<Closing<'a>> {
        let started = run.started.as_deref()?;
        let began = run.start_time.plus(started.first_task_backoff.unwrap_or(Delay::ZERO));
        Some(Closing { started, began, now, link })
    }

    /// The execution timeout is over: for the whole chain.
    fn is_expired(&self) -> bool {
        self.started.execution_expires.is_some_and(|expires| expires <= self.now)
    }

    fn after_failure(&self, failure: &Failure) -> (RetryState, Option<Heir>) {
        match self.retry(failure) {
            Ok(backoff) => {
                let failed = Some(failure.clone());
                let result = self.started.last_completion_result.clone();
                let attempt = self.started.attempt.max(1).saturating_add(1);
                let heir = self.again(Initiator::Retry, attempt, backoff, result, failed);
                (RetryState::InProgress, Some(heir))
            }
            Err(state) => {
                let result = self.started.last_completion_result.clone();
                (state, self.cron(result, Some(failure.clone())))
            }
        }
    }

    /// The wait before the next attempt, or why there is none.
    fn retry(&self, failure: &Failure) -> Result<Delay, RetryState> {
        let Some(policy) = &self.started.retry else { return Err(RetryState::RetryPolicyNotSet) };
        if is_final(failure) || policy.non_retryable_error_types.contains(&failure.type_name()) {
            return Err(RetryState::NonRetryableFailure);
        }
        let attempt = self.started.attempt.max(1);
        if policy.maximum_attempts > 0 && attempt >= policy.maximum_attempts {
            return Err(RetryState::MaximumAttemptsReached);
        }
        let backoff = policy.backoff_after(attempt);
        match self.started.execution_expires {
            Some(expires) if self.now.plus(backoff) > expires => Err(RetryState::Timeout),
            Some(_) | None => Ok(backoff),
        }
    }

    fn cron(&self, result: Option<Payloads>, failed: Option<Failure>) -> Option<Heir> {
        if self.started.cron.is_empty() || self.is_expired() {
            return None;
        }
        let due = (self.link.next_cron)(&self.started.cron, self.began, self.now)?;
        let backoff = whole_seconds(due.since(self.now));
        Some(self.again(Initiator::Cron, 1, backoff, result, failed))
    }

    /// The same again, as the run was asked for: what it upserted ends with it.
    fn again(
        &self,
        initiator: Initiator,
        attempt: u32,
        backoff: Delay,
        last_completion_result: Option<Payloads>,
        continued_failure: Option<Failure>,
    ) -> Heir {
        let started = Started {
            attempt,
            first_task_backoff: Some(backoff).filter(|it| !it.is_zero()),
            last_completion_result,
            continued_failure,
            ..self.started.clone()
        };
        let version = match initiator {
            Initiator::Retry | Initiator::ContinueAsNew => VersionChoice::Same,
            Initiator::Cron => VersionChoice::Current,
        };
        self.heir(started, initiator, version)
    }

    fn continue_as_new(&self, started: Started, version: VersionChoice) -> Heir {
        self.heir(started, Initiator::ContinueAsNew, version)
    }

    fn heir(&self, started: Started, initiator: Initiator, version: VersionChoice) -> Heir {
        let Link { run, next, next_cron: _ } = *self.link;
        let started = Box::new(Started {
            original_run: Some(next),
            first_run: Some(self.started.first_run.unwrap_or(run)),
            continued_from: Some(run),
            initiator: Some(initiator),
            // Nobody asked for it but the run before it.
            identity: String::new(),
            ..started
        });
        Heir { run: next, version, started }
    }
}

/// A chain with a cron string waits for its first time.
pub fn await_first_time(started: &mut Started, now: Timestamp, next_cron: NextCron) {
    if started.cron.is_empty() {
        return;
    }
    // A string that has no time is refused at the door, and in a parent's task.
    let due = next_cron(&started.cron, now, now).unwrap_or(now);
    started.first_task_backoff = Some(whole_seconds(due.since(now)));
    started.initiator = Some(Initiator::Cron);
}

/// As with Temporal: a run is not earlier than its time, and may be up to a second late.
fn whole_seconds(wait: Delay) -> Delay {
    Delay::from_secs(wait.as_ms().div_ceil(1000))
}

/// A start, with what its run has upserted since.
fn with_values_of_now(started: Started, now: &Attributes) -> Started {
    let (memo, mut search_attributes) = (now.memo.clone(), now.search.clone());
    // The next run takes its own sides.
    search_attributes.remove(CHANGE_VERSION);
    Started { memo, search_attributes, ..started }
}

/// What the program asked for, and for the rest what the run itself has.
///
/// As with Temporal a cron string ends with the run that continues as new.
fn continued(before: Started, asked: ContinueAsNew) -> Started {
    Started {
        workflow_type: asked.workflow_type.unwrap_or(before.workflow_type),
        task_queue: asked.task_queue.unwrap_or(before.task_queue),
        input: asked.input,
        run_timeout: asked.run_timeout.or(before.run_timeout),
        task_timeout: asked.task_timeout.unwrap_or(before.task_timeout),
        memo: asked.memo.unwrap_or(before.memo),
        search_attributes: asked.search_attributes.unwrap_or(before.search_attributes),
        header: asked.header.unwrap_or(before.header),
        retry: asked.retry.or(before.retry),
        attempt: 1,
        cron: String::new(),
        first_task_backoff: None,
        continued_failure: None,
        ..before
    }
}

/// Trying again is of no use, whatever the policy says.
fn is_final(failure: &Failure) -> bool {
    match &failure.kind {
        FailureKind::Application { non_retryable, .. } | FailureKind::Server { non_retryable } => {
            *non_retryable
        }
        FailureKind::Canceled { .. } | FailureKind::Terminated => true,
        FailureKind::Timeout { timeout, .. } => match timeout {
            TimeoutType::StartToClose | TimeoutType::Heartbeat => false,
            TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose => true,
        },
        FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. }
        | FailureKind::ResetWorkflow { .. } => false,
    }
}

impl Heir {
    /// The next run with its first events: it has started, and has what was carried over.
    ///
    /// Its first task is a step of its own, so that a program which does nothing but continue as
    /// new holds up nobody.
    pub(crate) fn begin(
        mut self,
        before: &Execution,
        carried: Vec<Arrival>,
        now: Timestamp,
        identity: String,
        link: Link,
    ) -> Result<Box<Successor>, StepError> {
        if carried.iter().any(|it| matches!(it, Arrival::CancelRequest { .. })) {
            // There is nothing to wait for now.
            self.started.first_task_backoff = None;
        }
        let comes_along: BTreeSet<&str> = carried.iter().filter_map(request_of).collect();
        self.started.carried_requests = before.requests_to_carry(&comes_along);
        self.started.reset_points = before.reset_points(link.run);
        let options = &before.options;
        self.started.priority = options.priority.clone();
        // As with Temporal: who pins a run pins the chain, as far as it stays in the queue.
        let stays =
            before.started.as_ref().is_some_and(|it| it.task_queue == self.started.task_queue);
        (self.started.time_skipping, self.started.inherited) = before.clock.for_next();
        self.started.versioning = None;
        if stays && options.is_pinned() {
            self.started.versioning = options.versioning.clone();
            self.version = VersionChoice::Same;
        }
        let Heir { run, version, started } = self;
        let arrivals = std::iter::once(Arrival::Start(started.clone())).chain(carried).collect();
        let link = Link { run, ..link };
        let search = Arc::new(crate::search::NobodyAsks);
        // What is carried over was taken before.
        let limits = Arc::new(RunLimits::NONE);
        // The next run's clock is this one's, and goes on from the host's.
        let now = before.clock.of_host(now);
        let step = Step {
            arrivals,
            now,
            identity,
            history_bytes: 0,
            task_failure: None,
            host: Surroundings { link, search, limits },
        };
        let decision: Decision = step_without_guest(Execution::default(), step, None)?;
        Ok(Box::new(Successor { run, version, started, decision }))
    }
}

fn request_of(carried: &Arrival) -> Option<&str> {
    match carried {
        Arrival::Signal(signal) => Some(&signal.request_id),
        _ => None,
    }
}

/// What of a run's events the next run gets as well, if the program has not received it.
pub(crate) fn carried_over(recorded: &Recorded) -> Option<Arrival> {
    match &recorded.event {
        AnyEvent::Signal(signal::Event::Received(signal)) => {
            Some(Arrival::Signal((**signal).clone()))
        }
        AnyEvent::Update(update::Event::Admitted { request }) => {
            Some(Arrival::UpdateAgain(request.clone()))
        }
        AnyEvent::Execution(Event::CancelRequested { cause, identity, from }) => {
            Some(Arrival::CancelRequest {
                cause: cause.clone(),
                identity: identity.clone(),
                from: from.clone(),
            })
        }
        AnyEvent::Execution(
            Event::Started(_)
            | Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Canceled { .. }
            | Event::TimedOut { .. }
            | Event::Terminated { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. }
            | Event::OptionsUpdated { .. }
            | Event::RequestAttached { .. }
            | Event::ContinuedAsNew(_),
        )
        | AnyEvent::Local(_)
        | AnyEvent::Task(_)
        | AnyEvent::Attributes(_)
        | AnyEvent::Activity(_)
        | AnyEvent::Timer(_)
        | AnyEvent::Update(_)
        | AnyEvent::Child(_)
        | AnyEvent::External(_)
        | AnyEvent::Patch(_)
        | AnyEvent::Clock(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canceled_activity() -> Failure {
        let kind = FailureKind::Activity {
            scheduled: EventId(5),
            started: EventId(6),
            identity: String::new(),
            activity_type: "charge".to_owned(),
            activity_id: "1".to_owned(),
            retry_state: RetryState::CancelRequested,
        };
        let canceled = FailureKind::Canceled { details: Vec::new() };
        Failure { kind, ..Failure::default() }
            .caused_by(Failure { kind: canceled, ..Failure::default() })
    }

    /// A program that lets the failure of what it waited for through, as most do.
    #[test]
    fn a_run_asked_to_cancel_that_ends_with_a_canceled_activity_is_canceled() {
        let end = |status: State, failure| {
            let mut run = Execution::default();
            run.status = status;
            let (event, _) =
                decide(Command::Fail { failure }, EventId(9), &run, Timestamp(0), None);
            event.name()
        };
        assert_eq!(end(State::CancelRequested, canceled_activity()), "Canceled");
        assert_eq!(end(State::Running, canceled_activity()), "Failed");
        let other = Failure::host("Other", "failed").caused_by(canceled_activity());
        assert_eq!(end(State::CancelRequested, other), "Failed");
    }
}
