//! Work outside.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::activities::{self, CancellationType, LocalOptions, Options};
use crate::bindings::types;
use crate::operation::Started;
use crate::payload::{Payload, from_payloads, to_payload};
use crate::{Operation, Result};

pub use types::RetryPolicy;

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            initial_interval_ms: 1000,
            backoff_coefficient: 2.0,
            maximum_interval_ms: None,
            maximum_attempts: 0,
            non_retryable_error_types: Vec::new(),
        }
    }
}

/// Options of activities on a task queue, for a stub. Needs [`Activity::start_to_close`] or
/// [`Activity::schedule_to_close`].
pub fn remote() -> Activity {
    activity("")
}

/// Options of activities that the host runs beside the workflow, for a stub: see [`local_activity`].
pub fn local() -> LocalActivity {
    local_activity("")
}

/// What a stub makes a call of: [`remote`] or [`local`] options.
pub trait Step: Clone {
    #[doc(hidden)]
    fn named(&self, name: &str) -> Self;
    #[doc(hidden)]
    fn arg<T: Serialize + ?Sized>(self, value: &T) -> Self;
    #[doc(hidden)]
    fn start<T: DeserializeOwned + 'static>(self) -> Operation<T>;
}

macro_rules! step {
    ($kind:ident) => {
        impl Step for $kind {
            fn named(&self, name: &str) -> Self {
                $kind { name: name.to_owned(), ..self.clone() }
            }

            fn arg<T: Serialize + ?Sized>(self, value: &T) -> Self {
                $kind::arg(self, value)
            }

            fn start<T: DeserializeOwned + 'static>(self) -> Operation<T> {
                self.call()
            }
        }
    };
}
step!(Activity);
step!(LocalActivity);

/// An activity on a task queue, by its name. Needs [`Activity::start_to_close`] or [`Activity::schedule_to_close`].
pub fn activity(name: &str) -> Activity {
    Activity {
        name: name.to_owned(),
        args: Vec::new(),
        options: Options {
            activity_id: None,
            task_queue: None,
            schedule_to_close_ms: None,
            schedule_to_start_ms: None,
            start_to_close_ms: None,
            heartbeat_ms: None,
            retry: None,
            cancellation: CancellationType::TryCancel,
            headers: Vec::new(),
            priority: None,
            summary: None,
        },
    }
}

#[must_use = "`call` starts the activity"]
#[derive(Clone)]
pub struct Activity {
    name: String,
    args: Vec<Payload>,
    options: Options,
}

impl Activity {
    /// Appends an argument.
    pub fn arg<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.args.push(to_payload(value));
        self
    }

    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.options.activity_id = Some(id.into());
        self
    }

    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.options.task_queue = Some(name.into());
        self
    }

    /// How long one attempt may take.
    pub fn start_to_close(mut self, timeout: Duration) -> Self {
        self.options.start_to_close_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// How long all attempts together may take.
    pub fn schedule_to_close(mut self, timeout: Duration) -> Self {
        self.options.schedule_to_close_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// How long it may wait for a worker.
    pub fn schedule_to_start(mut self, timeout: Duration) -> Self {
        self.options.schedule_to_start_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// The longest silence of a running attempt.
    pub fn heartbeat(mut self, timeout: Duration) -> Self {
        self.options.heartbeat_ms = Some(timeout.as_millis() as u64);
        self
    }

    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// At most this many attempts, the first one included.
    pub fn attempts(mut self, n: u32) -> Self {
        self.options.retry.get_or_insert_default().maximum_attempts = n;
        self
    }

    /// When canceled, resolve with whatever the activity ends with, instead of at once.
    pub fn wait_when_canceled(mut self) -> Self {
        self.options.cancellation = CancellationType::WaitCancellationCompleted;
        self
    }

    /// When canceled, let the activity go on.
    pub fn abandon_when_canceled(mut self) -> Self {
        self.options.cancellation = CancellationType::Abandon;
        self
    }

    /// One line for people who look at the history.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.options.summary = Some(text.into());
        self
    }

    /// Starts it.
    pub fn call<T: DeserializeOwned + 'static>(self) -> Operation<T> {
        Operation::new(self.start(), |it: Vec<Payload>| from_payloads(&it))
    }

    fn start(self) -> Result<Started> {
        Started::new(|| activities::execute(&self.name, &self.args, &self.options))
    }
}

/// A short activity that the host runs beside the workflow: one of the component of activities that is
/// deployed to the workflow's task queue. Needs [`LocalActivity::start_to_close`] or
/// [`LocalActivity::schedule_to_close`]. Its attempts are in no history, only how it ended.
pub fn local_activity(name: &str) -> LocalActivity {
    LocalActivity {
        name: name.to_owned(),
        args: Vec::new(),
        options: LocalOptions {
            activity_id: None,
            schedule_to_close_ms: None,
            start_to_close_ms: None,
            retry: None,
            cancellation: CancellationType::TryCancel,
            headers: Vec::new(),
            summary: None,
        },
    }
}

#[must_use = "`call` starts the activity"]
#[derive(Clone)]
pub struct LocalActivity {
    name: String,
    args: Vec<Payload>,
    options: LocalOptions,
}

impl LocalActivity {
    /// Appends an argument.
    pub fn arg<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.args.push(to_payload(value));
        self
    }

    /// How long one attempt may take.
    pub fn start_to_close(mut self, timeout: Duration) -> Self {
        self.options.start_to_close_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// How long all attempts together may take.
    pub fn schedule_to_close(mut self, timeout: Duration) -> Self {
        self.options.schedule_to_close_ms = Some(timeout.as_millis() as u64);
        self
    }

    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// At most this many attempts, the first one included.
    pub fn attempts(mut self, n: u32) -> Self {
        self.options.retry.get_or_insert_default().maximum_attempts = n;
        self
    }

    /// When canceled, resolve with whatever the activity ends with, instead of at once.
    pub fn wait_when_canceled(mut self) -> Self {
        self.options.cancellation = CancellationType::WaitCancellationCompleted;
        self
    }

    /// When canceled, let the activity go on.
    pub fn abandon_when_canceled(mut self) -> Self {
        self.options.cancellation = CancellationType::Abandon;
        self
    }

    /// One line for people who look at the history.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.options.summary = Some(text.into());
        self
    }

    /// Starts it.
    pub fn call<T: DeserializeOwned + 'static>(self) -> Operation<T> {
        Operation::new(self.start(), |it: Vec<Payload>| from_payloads(&it))
    }

    fn start(self) -> Result<Started> {
        Started::new(|| activities::execute_local(&self.name, &self.args, &self.options))
    }
}
