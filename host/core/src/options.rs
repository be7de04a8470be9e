//! What a user may ask for when starting a workflow or an activity, after validation.

use crate::limits::{self, FAIRNESS_KEY_BYTES_MAX};
use crate::time::Delay;
use std::fmt;

/// When and how often a failed attempt is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    pub initial_interval: Delay,
    /// At least 1.
    pub backoff_coefficient: f64,
    pub maximum_interval: Delay,
    /// 0 means without end, as in Temporal.
    pub maximum_attempts: u32,
    pub non_retryable_error_types: Vec<String>,
}

impl Default for RetryPolicy {
    /// Temporal's defaults: 1 s, doubling, at most 100 s, without end.
    fn default() -> RetryPolicy {
        RetryPolicy {
            initial_interval: Delay::from_secs(1),
            backoff_coefficient: 2.0,
            maximum_interval: Delay::from_secs(100),
            maximum_attempts: 0,
            non_retryable_error_types: Vec::new(),
        }
    }
}

impl RetryPolicy {
    /// The wait after the failure of `attempt` (counted from 1).
    pub fn backoff_after(&self, attempt: u32) -> Delay {
        let factor = self.backoff_coefficient.powi(attempt.saturating_sub(1).min(1000) as i32);
        let wait = self.initial_interval.0 as f64 * factor;
        // A float that is too large saturates, and the maximum cuts it.
        Delay((wait as u64).min(self.maximum_interval.0))
    }
}

/// How urgent tasks are, and whose share of a queue they count to. The default says nothing.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Priority {
    /// 1 is most urgent, 5 least; what is more counts as 5.
    pub key: Option<u32>,
    pub fairness_key: String,
    /// Relative to 1, which is what an absent one means.
    pub fairness_weight: Option<f32>,
}

impl Priority {
    /// What this one leaves out is as in `other`, field by field.
    pub fn or(&self, other: &Priority) -> Priority {
        Priority {
            key: self.key.or(other.key),
            fairness_key: match self.fairness_key.is_empty() {
                true => other.fairness_key.clone(),
                false => self.fairness_key.clone(),
            },
            fairness_weight: self.fairness_weight.or(other.fairness_weight),
        }
    }

    /// Errors: a fairness key that is too long, a negative weight. In Temporal's words.
    pub fn checked(self) -> Result<Priority, String> {
        let found = self.fairness_key.len();
        if found > FAIRNESS_KEY_BYTES_MAX {
            return Err(format!(
                "fairness key length exceeds limit: it has {found} bytes, expected at most {FAIRNESS_KEY_BYTES_MAX}"
            ));
        }
        match self.fairness_weight {
            Some(weight) if weight.is_nan() || weight < 0.0 => {
                Err(format!("fairness weight must be greater than zero: it is `{weight}`"))
            }
            Some(_) | None => Ok(self),
        }
    }
}

/// A component in a queue, in the words of Temporal's worker versioning: a build id is a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub deployment: String,
    pub build_id: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.deployment, self.build_id)
    }
}

/// Which component a run is to be on, if somebody has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Override {
    Pinned(Version),
    /// Whatever is deployed, as long as the run fits it.
    AutoUpgrade,
    /// Moved to it now, and then as if nobody had said anything.
    OneTime(Version),
}

/// What can be changed of a run while it is open.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunOptions {
    pub versioning: Option<Override>,
    pub priority: Priority,
    pub time_skipping: Option<TimeSkipping>,
}

/// When nothing but time is waited for, the run's own clock jumps to what is due next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSkipping {
    pub enabled: bool,
    pub fast_forward: Option<FastForward>,
    /// Its children do not skip time.
    pub disable_propagation: bool,
    /// So many times, until it is set again.
    pub max_skips: u32,
}

/// Time is skipped until so much of it has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastForward {
    /// By which a client waits for its end.
    pub id: String,
    pub duration: Delay,
}

impl Default for TimeSkipping {
    fn default() -> TimeSkipping {
        TimeSkipping {
            enabled: false,
            fast_forward: None,
            disable_propagation: false,
            max_skips: limits::SKIPS_PER_SESSION,
        }
    }
}

/// A change of some of it. `None`: as it is.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OptionsChange {
    pub versioning: Option<Option<Override>>,
    pub priority_key: Option<Option<u32>>,
    pub fairness_key: Option<String>,
    pub fairness_weight: Option<Option<f32>>,
    /// Takes effect also if it is as before: a session begins.
    pub time_skipping: Option<Option<TimeSkipping>>,
}

impl OptionsChange {
    /// All of it is to be so. `sets_time_skipping`: that too.
    pub fn to(options: RunOptions, sets_time_skipping: bool) -> OptionsChange {
        let RunOptions { versioning, priority, time_skipping } = options;
        OptionsChange {
            versioning: Some(versioning),
            priority_key: Some(priority.key),
            fairness_key: Some(priority.fairness_key),
            fairness_weight: Some(priority.fairness_weight),
            time_skipping: sets_time_skipping.then_some(time_skipping),
        }
    }
}

impl RunOptions {
    pub fn changed(&self, change: OptionsChange) -> RunOptions {
        let RunOptions { versioning, priority, time_skipping } = self.clone();
        RunOptions {
            versioning: change.versioning.unwrap_or(versioning),
            time_skipping: change.time_skipping.unwrap_or(time_skipping),
            priority: Priority {
                key: change.priority_key.unwrap_or(priority.key),
                fairness_key: change.fairness_key.unwrap_or(priority.fairness_key),
                fairness_weight: change.fairness_weight.unwrap_or(priority.fairness_weight),
            },
        }
    }

    /// What holds from then on.
    pub fn standing(self) -> RunOptions {
        let versioning = self.versioning.filter(|it| !matches!(it, Override::OneTime(_)));
        RunOptions { versioning, ..self }
    }

    /// Does the run move on with what is deployed?
    pub fn follows(&self) -> bool {
        self.versioning == Some(Override::AutoUpgrade)
    }

    /// Did somebody say that it stays on its version, whatever is deployed?
    pub fn is_pinned(&self) -> bool {
        matches!(self.versioning, Some(Override::Pinned(_)))
    }
}

/// How long an activity may take. `Delay::ZERO` is "no limit" on the wire; here it is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ActivityTimeouts {
    pub schedule_to_close: Option<Delay>,
    pub schedule_to_start: Option<Delay>,
    pub start_to_close: Option<Delay>,
    pub heartbeat: Option<Delay>,
}

impl ActivityTimeouts {
    /// Zero means "no limit" wherever users write it.
    pub fn without_zeros(self) -> ActivityTimeouts {
        let given = |limit: Option<Delay>| limit.filter(|it| !it.is_zero());
        ActivityTimeouts {
            schedule_to_close: given(self.schedule_to_close),
            schedule_to_start: given(self.schedule_to_start),
            start_to_close: given(self.start_to_close),
            heartbeat: given(self.heartbeat),
        }
    }
}

/// Which component a new run starts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum VersionChoice {
    /// The one that is deployed on its task queue when it starts.
    #[default]
    Current,
    /// The one of the run before it.
    Same,
}

/// What a workflow's wish to cancel an activity means to the workflow itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CancellationType {
    /// The workflow sees `canceled` at once; the worker is told at its next heartbeat.
    #[default]
    TryCancel,
    /// The workflow waits for what the worker makes of it.
    WaitCancellationCompleted,
    /// The workflow sees `canceled` at once; the worker is not told.
    Abandon,
}

/// What to do when the workflow id was used by a run that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdReusePolicy {
    #[default]
    AllowDuplicate,
    AllowDuplicateFailedOnly,
    RejectDuplicate,
}

/// What to do when the workflow id belongs to a run that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdConflictPolicy {
    #[default]
    Fail,
    UseExisting,
    TerminateExisting,
}

/// What becomes of a child when its parent closes, however that closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ParentClosePolicy {
    #[default]
    Terminate,
    Abandon,
    RequestCancel,
}

/// What a workflow's wish to cancel a child means to the workflow itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChildCancellation {
    /// The workflow sees `canceled` at once; the child is not told.
    Abandon,
    /// The workflow sees `canceled` at once; the child is asked to stop.
    TryCancel,
    /// The workflow waits for what the child makes of it.
    #[default]
    WaitCompleted,
    /// The workflow sees `canceled` when the request has reached the child.
    WaitRequested,
}
