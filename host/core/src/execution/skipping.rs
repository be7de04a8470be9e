//! A run whose clock may be ahead of the host's: what is due when, and when time is skipped.

use super::*;
use crate::machines::clock;

impl Execution {
    /// The run's time when it is `at` for the host. Never back, whatever the host's clock does.
    /// `arrivals`: the first of a run says what its clock begins with.
    pub(crate) fn now(&self, at: Timestamp, arrivals: &[Arrival]) -> Timestamp {
        let now = match arrivals.first() {
            Some(Arrival::Start(started)) => at.plus(started.inherited.ahead),
            Some(_) | None => self.clock.of_run(at),
        };
        now.max(self.latest)
    }

    /// All that happens by itself, with the run's time for it.
    fn due(&self) -> impl Iterator<Item = (DueTimer, Timestamp)> {
        let wait = || {
            let wait = self.started.as_ref().and_then(|it| it.first_task_backoff);
            self.start_time.plus(wait.unwrap_or(Delay::ZERO))
        };
        let first_task = self.waits_for_first_task.then(|| (DueTimer::FirstTask, wait()));
        let deadline = self.run_deadline().map(|at| (DueTimer::RunTimeout, at));
        let own = self.timers.iter().map(|(id, timer)| (DueTimer::User(*id), timer.fire_at));
        first_task.into_iter().chain(deadline).chain(own)
    }

    /// The same as rows, in the host's time.
    pub(crate) fn timer_rows(&self) -> impl Iterator<Item = Effect> {
        let forward = self.clock.forwards_to().map(|at| (DueTimer::FastForward, at));
        self.due()
            .chain(forward)
            .map(|(timer, at)| Effect::InsertTimer { timer, fire_at: self.clock.of_host(at) })
    }

    /// Does the run wait for time and for nothing else?
    fn is_idle(&self) -> bool {
        self.status.runs_tasks()
            && (self.undelivered.is_empty() || self.waits_for_first_task)
            && self.activities.is_empty()
            && self.children.is_empty()
            && self.external_signals.is_empty()
            && self.external_cancels.is_empty()
    }

    /// To what is due next, if it is to be skipped to. What is due then is a step of its own.
    ///
    /// The caller knows that no workflow task fails and no local activity is under way.
    pub(crate) fn skip_time(&mut self, draft: &mut Draft, now: Timestamp) -> Result<(), StepError> {
        if !self.clock.is_skipping() || !self.is_idle() {
            return Ok(());
        }
        // A step that goes on may have skipped before.
        let now = now.max(self.latest);
        let due = self.due().map(|it| it.1).min();
        let Some(skip) = self.clock.skip(now, due) else { return Ok(()) };
        self.transition(draft, now, Some(skip.to), skip.fast_forwarded)?;
        draft.effects.extend(self.timer_rows());
        if skip.fast_forwarded {
            draft.effects.push(Effect::DeleteTimer { timer: DueTimer::FastForward });
        }
        Ok(())
    }

    fn transition(
        &mut self,
        draft: &mut Draft,
        now: Timestamp,
        target: Option<Timestamp>,
        fast_forwarded: bool,
    ) -> Result<(), StepError> {
        let wall_clock = self.clock.of_host(now);
        let event = clock::Event::Transitioned { target, fast_forwarded, wall_clock };
        self.push(draft, now, Event::Clock(event)).map(drop)
    }

    /// Its time has come while other things happened.
    pub(super) fn admit_fast_forward_due(
        &mut self,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Result<Result<Accepted, Refused>, StepError> {
        if self.clock.forwards_to().is_none_or(|at| at > now) {
            // Another one has been asked for since.
            return Ok(Ok(Accepted::AlreadyThere));
        }
        self.transition(draft, now, None, true)?;
        draft.effects.push(Effect::DeleteTimer { timer: DueTimer::FastForward });
        Ok(Ok(Accepted::Recorded))
    }

    /// The row of a fast-forward that begins, or instead of the one that ends. `before`: there was
    /// one.
    pub(super) fn watch_fast_forward(&self, draft: &mut Draft, before: bool) {
        let timer = DueTimer::FastForward;
        match self.clock.forwards_to() {
            Some(at) => {
                let fire_at = self.clock.of_host(at);
                draft.effects.push(Effect::InsertTimer { timer, fire_at });
            }
            None if before => draft.effects.push(Effect::DeleteTimer { timer }),
            None => {}
        }
    }
}
