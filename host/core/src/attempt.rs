//! Attempts at an activity: what a row of `activity_tasks` says, and how it changes.
//!
//! A row is the truth about attempts while the activity is pending; history learns of the last
//! one only. All rules of timeouts and retries are here, as values in and values out.

use crate::arrival::{ActivityClosed, ActivityOutcome, LastAttempt};
use crate::failure::{Failure, FailureKind, RetryState, TimeoutType};
use crate::ids::{EventId, RunKey};
use crate::machines::activity::{Schedule, Scheduled};
use crate::payload::Payloads;
use crate::time::{Delay, Timestamp};

#[cfg(test)]
mod tests;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityTask {
    pub run: RunKey,
    pub scheduled: EventId,
    pub scheduled_at: Timestamp,
    pub workflow_type: String,
    pub options: Scheduled,
    /// When the run must end, whatever its activities do.
    pub run_deadline: Option<Timestamp>,
    /// Counted from 1; the attempt that is waiting or under way.
    pub attempt: u32,
    pub state: State,
    pub cancel_requested: bool,
    pub heartbeat: Option<Heartbeat>,
    /// What the attempt before this one failed with.
    pub last_failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    pub at: Timestamp,
    pub details: Payloads,
}

#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// A worker may take it from `since` on; until then it backs off.
    Waiting {
        since: Timestamp,
    },
    Started {
        at: Timestamp,
        identity: String,
    },
}

/// What an attempt's end leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// The row as it is to be written: backing off.
    Retry(Box<ActivityTask>),
    /// The activity is over: this goes to the run's mailbox.
    Close(Box<ActivityClosed>),
}

/// What a moment leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// Not yet; look again then.
    Later(Timestamp),
    /// The backoff is over: hand it to a worker.
    Dispatch,
    TimedOut(Next),
    /// Nothing will ever be due.
    Never,
}

/// Fills in what the guest left out, by Temporal's rules.
///
/// Errors: neither `start_to_close` nor `schedule_to_close` is given, or a value is out of range.
pub fn fill_in(
    schedule: &Schedule,
    workflow_task_queue: &str,
    run_timeout: Option<Delay>,
    task: EventId,
) -> Result<Scheduled, String> {
    let given = schedule.timeouts.without_zeros();
    let kind = &schedule.activity_type;
    if kind.is_empty() {
        return Err("activity type is empty".to_owned());
    }
    if given.start_to_close.is_none() && given.schedule_to_close.is_none() {
        return Err(format!(
            "activity `{kind}` has no time limit: set start_to_close or schedule_to_close"
        ));
    }
    let retry = match &schedule.retry {
        None => crate::options::RetryPolicy::default(),
        Some(retry) => retry.clone(),
    };
    if retry.backoff_coefficient.is_nan() || retry.backoff_coefficient < 1.0 {
        return Err(format!(
            "activity `{kind}` has backoff coefficient {}: expected 1 or more",
            retry.backoff_coefficient
        ));
    }
    if retry.maximum_interval < retry.initial_interval {
        return Err(format!(
            "activity `{kind}` has maximum interval {}, less than its initial interval {}",
            retry.maximum_interval, retry.initial_interval
        ));
    }
    let cap = |limit: Option<Delay>| match (limit, run_timeout) {
        (Some(limit), Some(run)) => Some(limit.min(run)),
        (limit, run) => limit.or(run),
    };
    let schedule_to_close = cap(given.schedule_to_close);
    let within = |limit: Option<Delay>| match (limit, schedule_to_close) {
        (Some(limit), Some(all)) => Some(limit.min(all)),
        (limit, all) => limit.or(all),
    };
    let start_to_close = within(given.start_to_close);
    let heartbeat = given.heartbeat.map(|it| match start_to_close {
        Some(limit) => it.min(limit),
        None => it,
    });
    Ok(Scheduled {
        activity_id: schedule.activity_id.clone().unwrap_or_else(|| schedule.op.to_string()),
        activity_type: kind.clone(),
        task_queue: schedule.task_queue.clone().unwrap_or_else(|| workflow_task_queue.to_owned()),
        input: schedule.input.clone(),
        header: schedule.header.clone(),
        timeouts: crate::options::ActivityTimeouts {
            schedule_to_close,
            schedule_to_start: within(given.schedule_to_start),
            start_to_close,
            heartbeat,
        },
        retry,
        task,
        summary: schedule.summary.clone(),
        priority: schedule.priority,
    })
}

impl ActivityTask {
    fn last_attempt(&self) -> Option<LastAttempt> {
        match &self.state {
            State::Waiting { .. } => None,
            State::Started { at, identity } => Some(LastAttempt {
                number: self.attempt,
                started: *at,
                identity: identity.clone(),
                last_failure: self.last_failure.clone(),
            }),
        }
    }

    fn close(&self, outcome: ActivityOutcome) -> Box<ActivityClosed> {
        Box::new(ActivityClosed {
            scheduled: self.scheduled,
            attempt: self.last_attempt(),
            outcome,
        })
    }

    pub fn is_started(&self) -> bool {
        match self.state {
            State::Waiting { .. } => false,
            State::Started { .. } => true,
        }
    }

    /// A worker takes it.
    pub fn on_started(mut self, identity: String, now: Timestamp) -> ActivityTask {
        self.state = State::Started { at: now, identity };
        self.heartbeat = self.heartbeat.map(|it| Heartbeat { at: now, details: it.details });
        self
    }

    pub fn on_completed(&self, result: Payloads) -> Box<ActivityClosed> {
        self.close(ActivityOutcome::Completed { result })
    }

    /// The worker says that it stopped because it was asked to.
    pub fn on_canceled(&self, details: Payloads) -> Box<ActivityClosed> {
        self.close(ActivityOutcome::Canceled { details })
    }

    /// The attempt failed: by its worker's word, or because its host stopped.
    pub fn on_failed(&self, failure: Failure, now: Timestamp) -> Next {
        match self.retry_at(&failure, now) {
            Ok(at) => Next::Retry(Box::new(self.backing_off(failure, at))),
            Err(retry_state) => {
                Next::Close(self.close(ActivityOutcome::Failed { failure, retry_state }))
            }
        }
    }

    fn backing_off(&self, failure: Failure, since: Timestamp) -> ActivityTask {
        ActivityTask {
            attempt: self.attempt + 1,
            state: State::Waiting { since },
            last_failure: Some(failure),
            ..self.clone()
        }
    }

    /// When the next attempt may begin, or why there is none.
    fn retry_at(&self, failure: &Failure, now: Timestamp) -> Result<Timestamp, RetryState> {
        if self.cancel_requested {
            return Err(RetryState::CancelRequested);
        }
        let policy = &self.options.retry;
        let asked_delay = match &failure.kind {
            FailureKind::Application { non_retryable: true, .. }
            | FailureKind::Server { non_retryable: true }
            | FailureKind::Canceled { .. }
            | FailureKind::Terminated => return Err(RetryState::NonRetryableFailure),
            FailureKind::Timeout { timeout, .. } => match timeout {
                TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose => {
                    return Err(RetryState::NonRetryableFailure);
                }
                TimeoutType::StartToClose | TimeoutType::Heartbeat => None,
            },
            FailureKind::Application { next_retry_delay, .. } => *next_retry_delay,
            FailureKind::Server { .. }
            | FailureKind::Activity { .. }
            | FailureKind::ChildWorkflow { .. } => None,
        };
        if policy.non_retryable_error_types.contains(&failure.type_name()) {
            return Err(RetryState::NonRetryableFailure);
        }
        if policy.maximum_attempts > 0 && self.attempt >= policy.maximum_attempts {
            return Err(RetryState::MaximumAttemptsReached);
        }
        let at = now.plus(asked_delay.unwrap_or_else(|| policy.backoff_after(self.attempt)));
        if at >= self.close_deadline() {
            return Err(RetryState::Timeout);
        }
        Ok(at)
    }

    fn close_deadline(&self) -> Timestamp {
        let own = match self.options.timeouts.schedule_to_close {
            Some(limit) => self.scheduled_at.plus(limit),
            None => Timestamp::NEVER,
        };
        own.min(self.run_deadline.unwrap_or(Timestamp::NEVER))
    }

    /// The deadlines of the present state, the earliest first to be looked at.
    fn deadline(&self) -> (Timestamp, TimeoutType) {
        let timeouts = &self.options.timeouts;
        let close = (self.close_deadline(), TimeoutType::ScheduleToClose);
        let after = |from: Timestamp, limit: Option<Delay>, which| match limit {
            Some(limit) => (from.plus(limit), which),
            None => (Timestamp::NEVER, which),
        };
        let own = match &self.state {
            // Only the wait for a worker counts, not the backoff before it.
            State::Waiting { since } => {
                after(*since, timeouts.schedule_to_start, TimeoutType::ScheduleToStart)
            }
            State::Started { at, .. } => {
                let start = after(*at, timeouts.start_to_close, TimeoutType::StartToClose);
                let alive = self.heartbeat.as_ref().map_or(*at, |it| it.at.max(*at));
                let beat = after(alive, timeouts.heartbeat, TimeoutType::Heartbeat);
                if beat.0 < start.0 { beat } else { start }
            }
        };
        // On a tie the attempt's own limit speaks: its timeout may be retried, and says more.
        if close.0 < own.0 { close } else { own }
    }

    /// The next moment at which something happens by itself; [`Timestamp::NEVER`] if none.
    pub fn due_at(&self, now: Timestamp) -> Timestamp {
        let (deadline, _) = self.deadline();
        match self.state {
            State::Waiting { since } if since > now => since.min(deadline),
            State::Waiting { .. } | State::Started { .. } => deadline,
        }
    }

    /// Looks at the clock.
    pub fn on_due(&self, now: Timestamp) -> Due {
        let (deadline, which) = self.deadline();
        if deadline <= now {
            let last = self.heartbeat.as_ref().map_or_else(Vec::new, |it| it.details.clone());
            let failure = Failure::timeout(which, last);
            return Due::TimedOut(match self.retry_at(&failure, now) {
                Ok(at) => Next::Retry(Box::new(self.backing_off(failure, at))),
                Err(state) => {
                    // A schedule-to-close that runs out while an earlier failure is known keeps
                    // that failure as its cause: it says what really went wrong.
                    let failure = match &self.last_failure {
                        Some(cause) => failure.caused_by(cause.clone()),
                        None => failure,
                    };
                    let retry_state = match which {
                        TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose => {
                            RetryState::Timeout
                        }
                        TimeoutType::StartToClose | TimeoutType::Heartbeat => state,
                    };
                    Next::Close(self.close(ActivityOutcome::TimedOut { failure, retry_state }))
                }
            });
        }
        match self.state {
            State::Waiting { since } if since <= now => Due::Dispatch,
            State::Waiting { since } => Due::Later(since.min(deadline)),
            State::Started { .. } if deadline == Timestamp::NEVER => Due::Never,
            State::Started { .. } => Due::Later(deadline),
        }
    }
}
