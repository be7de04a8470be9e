//! What an operator may do to an activity that is not closed: pause it, let it go on, begin it
//! again, change its options. None of it is in history; a workflow's program never learns of it.
//!
//! An attempt that is under way is left alone: its worker is told at its next heartbeat, and what
//! was asked takes effect when the attempt is over. If it succeeds, it has succeeded.

use super::{ActivityTask, State, Tunable};
use crate::time::{Delay, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub at: Timestamp,
    pub identity: String,
    pub reason: String,
}

/// How an activity begins again.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reset {
    /// If it is paused, it stays so.
    pub keep_paused: bool,
    /// The next attempt knows nothing of what earlier ones told.
    pub forget_heartbeat: bool,
    /// Takes back what operators have changed.
    pub restore_options: bool,
    /// Before the next attempt, so that many do not begin at once.
    pub wait: Delay,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Tuning {
    Pause {
        identity: String,
        reason: String,
    },
    Unpause {
        reset_attempts: bool,
        forget_heartbeat: bool,
        /// As in [`Reset`].
        wait: Delay,
    },
    Reset(Reset),
    Options(Box<OptionChanges>),
    RestoreOptions,
}

/// `None` stays as it is. A limit of zero is no limit.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OptionChanges {
    pub task_queue: Option<String>,
    pub schedule_to_close: Option<Delay>,
    pub schedule_to_start: Option<Delay>,
    pub start_to_close: Option<Delay>,
    pub heartbeat: Option<Delay>,
    pub initial_interval: Option<Delay>,
    pub backoff_coefficient: Option<f64>,
    pub maximum_interval: Option<Delay>,
    /// 0: without end.
    pub maximum_attempts: Option<u32>,
    pub non_retryable_error_types: Option<Vec<String>>,
    pub priority_key: Option<Option<u32>>,
    pub fairness_key: Option<String>,
    pub fairness_weight: Option<Option<f32>>,
}

/// Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TuneError {
    #[error("activity is already paused")]
    AlreadyPaused,
    #[error("{0}")]
    InvalidOptions(String),
}

impl ActivityTask {
    /// The row as it is to be written.
    ///
    /// Errors: see [`TuneError`].
    pub fn tuned(&self, tuning: &Tuning, now: Timestamp) -> Result<ActivityTask, TuneError> {
        match tuning {
            Tuning::Pause { identity, reason } => {
                if self.is_paused() {
                    return Err(TuneError::AlreadyPaused);
                }
                let (identity, reason) = (identity.clone(), reason.clone());
                Ok(ActivityTask {
                    pause: Some(Pause { at: now, identity, reason }),
                    pass: None,
                    ..self.clone()
                })
            }
            Tuning::Unpause { .. } if !self.is_paused() => Ok(self.clone()),
            Tuning::Unpause { reset_attempts, forget_heartbeat, wait } => {
                Ok(self.unpaused(*reset_attempts, *forget_heartbeat, now.plus(*wait)))
            }
            Tuning::Reset(reset) => match &self.state {
                State::Waiting { .. } => Ok(self.clone().begun_again(reset, now.plus(reset.wait))),
                State::Started { .. } => Ok(ActivityTask {
                    pause: self.pause.clone().filter(|_| reset.keep_paused),
                    reset: Some(reset.clone()),
                    ..self.clone()
                }),
            },
            Tuning::Options(changes) => {
                let wrong = |wrong| {
                    let (kind, id) = (&self.options.activity_type, &self.options.activity_id);
                    TuneError::InvalidOptions(format!("activity `{kind}` ({id}) has {wrong}"))
                };
                let changed = changes.of(Tunable::of(&self.options)).checked(None);
                Ok(self.clone().with_options(changed.map_err(wrong)?))
            }
            Tuning::RestoreOptions => match &self.original {
                Some(original) => Ok(self.clone().with_options((**original).clone())),
                None => Ok(self.clone()),
            },
        }
    }

    fn unpaused(
        &self,
        reset_attempts: bool,
        forget_heartbeat: bool,
        at: Timestamp,
    ) -> ActivityTask {
        let mut task = ActivityTask { pause: None, ..self.clone() };
        match task.state {
            // What it backed off from is long over: an operator wants it to go on.
            State::Waiting { .. } => {
                task.state = State::Waiting { since: at };
                task.attempt_at = at;
                task.pass = None;
                if reset_attempts {
                    task.attempt = 1;
                }
                if forget_heartbeat {
                    task.heartbeat = None;
                }
            }
            State::Started { .. } if reset_attempts || forget_heartbeat => {
                task.reset = Some(Reset { forget_heartbeat, ..Reset::default() });
            }
            State::Started { .. } => {}
        }
        task
    }

    /// What waits for its next attempt waits for its first one, from `at` on.
    pub(super) fn begun_again(mut self, reset: &Reset, at: Timestamp) -> ActivityTask {
        self.reset = None;
        self.attempt = 1;
        self.last_failure = None;
        self.counts_from = at;
        self.attempt_at = at;
        self.state = State::Waiting { since: at };
        self.pass = None;
        if !reset.keep_paused {
            self.pause = None;
        }
        if reset.forget_heartbeat {
            self.heartbeat = None;
        }
        match self.original.take() {
            Some(original) if reset.restore_options => self.with_options(*original),
            original => ActivityTask { original, ..self },
        }
    }

    fn with_options(mut self, changed: Tunable) -> ActivityTask {
        let before = Tunable::of(&self.options);
        let backoff_changes = before.retry != changed.retry;
        if before.task_queue != changed.task_queue || before.priority != changed.priority {
            self.pass = None;
        }
        let original = self.original.take().map_or_else(|| before, |it| *it);
        self.original = (original != changed).then(|| Box::new(original));
        changed.put_into(&mut self.options);
        // A backoff that is under way becomes as long as the new policy says.
        if let (State::Waiting { .. }, Some(previous), true) =
            (&self.state, &self.previous, backoff_changes)
        {
            let backoff = self.options.retry.backoff_after(self.attempt.saturating_sub(1).max(1));
            self.attempt_at = previous.ended_at.plus(backoff);
            self.state = State::Waiting { since: self.attempt_at };
        }
        self
    }

    /// The whole wait after the attempt before this one, if this one waits for its end.
    pub fn backoff(&self, now: Timestamp) -> Option<Delay> {
        match self.state {
            State::Waiting { since } if since > now && !self.is_paused() => {
                let from = self.previous.as_ref().map_or(now, |it| it.ended_at);
                Some(since.since(from))
            }
            State::Waiting { .. } | State::Started { .. } => None,
        }
    }
}

impl OptionChanges {
    fn of(&self, mut tunable: Tunable) -> Tunable {
        fn set<T: Clone>(place: &mut T, change: &Option<T>) {
            if let Some(change) = change {
                place.clone_from(change);
            }
        }
        let limit = |change: &Option<Delay>| change.map(Some);
        let timeouts = &mut tunable.timeouts;
        set(&mut timeouts.schedule_to_close, &limit(&self.schedule_to_close));
        set(&mut timeouts.schedule_to_start, &limit(&self.schedule_to_start));
        set(&mut timeouts.start_to_close, &limit(&self.start_to_close));
        set(&mut timeouts.heartbeat, &limit(&self.heartbeat));
        let retry = &mut tunable.retry;
        set(&mut retry.initial_interval, &self.initial_interval);
        set(&mut retry.backoff_coefficient, &self.backoff_coefficient);
        set(&mut retry.maximum_interval, &self.maximum_interval);
        set(&mut retry.maximum_attempts, &self.maximum_attempts);
        set(&mut retry.non_retryable_error_types, &self.non_retryable_error_types);
        set(&mut tunable.task_queue, &self.task_queue);
        set(&mut tunable.priority.key, &self.priority_key);
        set(&mut tunable.priority.fairness_key, &self.fairness_key);
        set(&mut tunable.priority.fairness_weight, &self.fairness_weight);
        tunable
    }
}

#[cfg(test)]
mod tests;
