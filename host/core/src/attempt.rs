//! Attempts at an activity: what a row of `activity_tasks` says, and how it changes.
//!
//! A row is the truth about attempts while the activity is pending; history learns of the last
//! one only. All rules of timeouts and retries are here, as values in and values out.

use crate::arrival::{ActivityClosed, ActivityOutcome, LastAttempt};
use crate::failure::{Failure, FailureKind, RetryState, TimeoutType};
use crate::ids::{EventId, RunKey};
use crate::limits;
use crate::machines::activity::Scheduled;
use crate::options::Priority;
use crate::payload::Payloads;
use crate::time::{Delay, Timestamp};

mod operator;
mod options;

pub use operator::{OptionChanges, Pause, Reset, TuneError, Tuning};
pub use options::{Tunable, fill_in};

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
    /// From here the time for all attempts counts: `scheduled_at`, or the last reset.
    pub counts_from: Timestamp,
    /// Counted from 1; the attempt that is waiting or under way. A reset sets it back.
    pub attempt: u32,
    /// Never goes back: tells an attempt from one before a reset that had the same number.
    pub stamp: u32,
    /// When this attempt may be taken, or might have been: the end of its backoff.
    pub attempt_at: Timestamp,
    pub state: State,
    pub cancel_requested: bool,
    pub heartbeat: Option<Heartbeat>,
    /// What the attempt before this one failed with.
    pub last_failure: Option<Failure>,
    /// How the attempt before this one ended.
    pub previous: Option<Previous>,
    pub pause: Option<Pause>,
    /// Asked for while an attempt was under way: the next one begins from 1.
    pub reset: Option<Reset>,
    /// What the guest had asked for, if an operator has changed it since.
    pub original: Option<Box<Tunable>>,
    /// The run's priority: what the activity's own leaves out.
    pub inherited: Priority,
    /// Its place in line, see [`Shares::enter`](crate::fairness::Shares::enter). `None`: it is in none yet, or
    /// not any more.
    pub pass: Option<u64>,
}

/// An attempt that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Previous {
    pub identity: String,
    pub ended_at: Timestamp,
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

impl ActivityTask {
    /// As it is when it has just been scheduled.
    pub fn new(
        run: RunKey,
        scheduled: EventId,
        scheduled_at: Timestamp,
        workflow_type: String,
        options: Scheduled,
        run_deadline: Option<Timestamp>,
    ) -> ActivityTask {
        ActivityTask {
            run,
            scheduled,
            scheduled_at,
            workflow_type,
            options,
            run_deadline,
            counts_from: scheduled_at,
            attempt: 1,
            stamp: 1,
            attempt_at: scheduled_at,
            state: State::Waiting { since: scheduled_at },
            cancel_requested: false,
            heartbeat: None,
            last_failure: None,
            previous: None,
            pause: None,
            reset: None,
            original: None,
            inherited: Priority::default(),
            pass: None,
        }
    }

    /// What the activity says of its priority, and what it leaves to its run.
    pub fn priority(&self) -> Priority {
        self.options.priority.or(&self.inherited)
    }

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

    /// Paused, and no attempt under way any more.
    pub fn is_held(&self) -> bool {
        self.is_paused() && !self.is_started()
    }

    pub fn is_paused(&self) -> bool {
        self.pause.is_some()
    }

    /// May a worker take it now?
    pub fn is_ready(&self, now: Timestamp) -> bool {
        match self.state {
            State::Waiting { since } => since <= now && !self.is_paused(),
            State::Started { .. } => false,
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

    /// Somebody who is no worker says that it is done. If no attempt is under way, one is said to
    /// have begun, as in Temporal.
    pub fn on_completed_outside(
        &self,
        result: Payloads,
        identity: &str,
        now: Timestamp,
    ) -> Box<ActivityClosed> {
        match &self.state {
            State::Started { .. } => self.on_completed(result),
            State::Waiting { .. } => {
                self.clone().on_started(identity.to_owned(), now).on_completed(result)
            }
        }
    }

    /// The worker says that it stopped because it was asked to.
    pub fn on_canceled(&self, details: Payloads) -> Box<ActivityClosed> {
        self.close(ActivityOutcome::Canceled { details })
    }

    /// The attempt failed: by its worker's word, or because its host stopped.
    pub fn on_failed(&self, failure: Failure, now: Timestamp) -> Next {
        match self.retry_at(&failure, now) {
            Ok(at) => Next::Retry(Box::new(self.backing_off(failure, at, now))),
            Err(retry_state) => {
                Next::Close(self.close(ActivityOutcome::Failed { failure, retry_state }))
            }
        }
    }

    fn backing_off(&self, failure: Failure, since: Timestamp, now: Timestamp) -> ActivityTask {
        let identity = match &self.state {
            State::Started { identity, .. } => identity.clone(),
            State::Waiting { .. } => String::new(),
        };
        let next = ActivityTask {
            attempt: self.attempt + 1,
            stamp: self.stamp.saturating_add(1),
            attempt_at: since,
            state: State::Waiting { since },
            last_failure: Some(failure.within(limits::KEPT_FAILURE_BYTES_MAX)),
            pass: None,
            previous: Some(Previous { identity, ended_at: now }),
            ..self.clone()
        };
        match next.reset.clone() {
            Some(reset) => next.begun_again(&reset, since),
            None => next,
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
            | FailureKind::ResetWorkflow { .. }
            | FailureKind::Activity { .. }
            | FailureKind::ChildWorkflow { .. } => None,
        };
        if policy.non_retryable_error_types.contains(&failure.type_name()) {
            return Err(RetryState::NonRetryableFailure);
        }
        if let Some(reset) = &self.reset {
            // Begins from 1, at once: neither the number of attempts nor the backoff counts.
            return Ok(now.plus(reset.wait));
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

    /// When the time for all attempts is over; [`Timestamp::NEVER`] if there is no end.
    pub fn close_deadline(&self) -> Timestamp {
        let own = match self.options.timeouts.schedule_to_close {
            Some(limit) => self.counts_from.plus(limit),
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
            // Nobody may take it, so nobody can be late.
            State::Waiting { .. } if self.is_paused() => return close,
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
            State::Waiting { since } if since > now && !self.is_paused() => since.min(deadline),
            State::Waiting { .. } | State::Started { .. } => deadline,
        }
    }

    /// Looks at the clock.
    pub fn on_due(&self, now: Timestamp) -> Due {
        let (deadline, which) = self.deadline();
        if deadline <= now {
            return Due::TimedOut(self.timed_out(which, now));
        }
        match self.state {
            State::Waiting { since } if !self.is_paused() => match since <= now {
                true => Due::Dispatch,
                false => Due::Later(since.min(deadline)),
            },
            State::Waiting { .. } | State::Started { .. } => match deadline {
                Timestamp::NEVER => Due::Never,
                deadline => Due::Later(deadline),
            },
        }
    }

    fn timed_out(&self, which: TimeoutType, now: Timestamp) -> Next {
        let last = self.heartbeat.as_ref().map_or_else(Vec::new, |it| it.details.clone());
        let failure = Failure::timeout(which, last.clone());
        let refused = match self.retry_at(&failure, now) {
            Ok(at) => return Next::Retry(Box::new(self.backing_off(failure, at, now))),
            Err(refused) => refused,
        };
        let (failure, retry_state) = match (which, refused) {
            (TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose, _) => {
                (failure, RetryState::Timeout)
            }
            // What ended it is not this attempt's limit but that no further one fits in.
            (TimeoutType::StartToClose | TimeoutType::Heartbeat, RetryState::Timeout) => {
                let message = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";
                let failure = Failure::timeout(TimeoutType::ScheduleToClose, last);
                let failure = Failure { message: message.to_owned(), ..failure };
                (failure, RetryState::Timeout)
            }
            (TimeoutType::StartToClose | TimeoutType::Heartbeat, state) => (failure, state),
        };
        // An earlier failure that is known says what really went wrong.
        let failure = match &self.last_failure {
            Some(cause) => failure.caused_by(cause.clone()),
            None => failure,
        };
        Next::Close(self.close(ActivityOutcome::TimedOut { failure, retry_state }))
    }
}
