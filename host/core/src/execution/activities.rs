//! Activities that are scheduled and not closed.

use super::*;
use crate::arrival::{ActivityClosed, ActivityOutcome};
use crate::failure::{Failure, RetryState};

impl Execution {
    pub(super) fn apply_activity(
        &mut self,
        id: EventId,
        time: Timestamp,
        event: &activity::Event,
    ) -> Result<(), IllegalTransition> {
        let scheduled = match event {
            activity::Event::Scheduled(options) => {
                let state = activity::State::Absent.apply(id, event)?;
                let options = Arc::new((**options).clone());
                self.activities.insert(id, PendingActivity { state, options, scheduled_at: time });
                return Ok(());
            }
            activity::Event::Started { scheduled, .. }
            | activity::Event::Completed { scheduled, .. }
            | activity::Event::Failed { scheduled, .. }
            | activity::Event::TimedOut { scheduled, .. }
            | activity::Event::CancelRequested { scheduled, .. }
            | activity::Event::Canceled { scheduled, .. } => *scheduled,
        };
        let state = match self.activities.get(&scheduled) {
            Some(pending) => pending.state.apply(id, event)?,
            None => activity::State::Absent.apply(id, event)?,
        };
        if state.is_closed() {
            self.activities.remove(&scheduled);
        } else if let Some(pending) = self.activities.get_mut(&scheduled) {
            pending.state = state;
        }
        Ok(())
    }

    pub(super) fn admit_activity_closed(
        &mut self,
        closed: ActivityClosed,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Result<Result<Accepted, Refused>, StepError> {
        let scheduled = closed.scheduled;
        let Some(pending) = self.activities.get(&scheduled) else {
            return Ok(Err(Refused::ActivityNotPending));
        };
        let needs_attempt = match closed.outcome {
            ActivityOutcome::Completed { .. } | ActivityOutcome::Failed { .. } => true,
            ActivityOutcome::Canceled { .. } => pending.state == activity::State::Scheduled,
            ActivityOutcome::TimedOut { .. } => false,
        };
        if needs_attempt && closed.attempt.is_none() {
            // Nobody works on it, so nobody can have come to this outcome.
            return Ok(Err(Refused::ActivityNotPending));
        }
        let cancel_requested = match pending.state {
            activity::State::CancelRequested { requested } => Some(requested),
            activity::State::Started { cancel_requested, .. } => cancel_requested,
            activity::State::Absent
            | activity::State::Scheduled
            | activity::State::Completed
            | activity::State::Failed
            | activity::State::TimedOut
            | activity::State::Canceled => None,
        };
        let mut identity = String::new();
        let mut started = EventId(0);
        if let Some(attempt) = closed.attempt {
            identity.clone_from(&attempt.identity);
            let event = activity::Event::Started {
                scheduled,
                identity: attempt.identity,
                attempt: attempt.number,
                last_failure: attempt.last_failure,
            };
            let at = self.clock.of_run(attempt.started);
            started = self.push(draft, at, Event::Activity(event))?;
        }
        let event = match (closed.outcome, cancel_requested) {
            (ActivityOutcome::Completed { result }, _) => {
                activity::Event::Completed { scheduled, started, result, identity }
            }
            (ActivityOutcome::Failed { failure, retry_state }, _) => {
                activity::Event::Failed { scheduled, started, failure, retry_state, identity }
            }
            (ActivityOutcome::TimedOut { failure, retry_state }, _) => {
                activity::Event::TimedOut { scheduled, started, failure, retry_state }
            }
            (ActivityOutcome::Canceled { details }, Some(cancel_requested)) => {
                activity::Event::Canceled {
                    scheduled,
                    started,
                    cancel_requested,
                    details,
                    identity,
                }
            }
            // A worker that gives up unasked has failed.
            (ActivityOutcome::Canceled { .. }, None) => activity::Event::Failed {
                scheduled,
                started,
                failure: Failure::canceled(
                    "the worker canceled an activity that nobody had asked to cancel",
                ),
                retry_state: RetryState::NonRetryableFailure,
                identity,
            },
        };
        self.push(draft, now, Event::Activity(event))?;
        draft.effects.push(Effect::DeleteActivity { scheduled });
        draft.wants_task = true;
        Ok(Ok(Accepted::Recorded))
    }
}
