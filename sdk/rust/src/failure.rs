//! Why something did not succeed.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::{lifecycle, types};
use crate::payload::{from_payload, to_payload};

pub use types::{FailureFrame, FailureKind, TimeoutType};

pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// A chain of causes, outermost first.
///
/// Any error becomes one by `?`, with the name of its type. It is no `std::error::Error` itself,
/// which is what makes that possible.
#[derive(Clone)]
pub struct Failure(Inner);

#[derive(Clone)]
enum Inner {
    Frames(Vec<FailureFrame>),
    /// Not a failure: travels the same way out of the workflow.
    ContinueAsNew(Box<lifecycle::ContinueAsNew>),
}

impl Failure {
    /// A failure of the program's own; `kind` is what callers compare.
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure::application(kind.into(), message.into())
    }

    fn application(type_: String, message: String) -> Failure {
        let application = types::ApplicationFailure {
            type_,
            non_retryable: false,
            next_retry_delay_ms: None,
            benign: false,
        };
        Failure(Inner::Frames(vec![frame(message, FailureKind::Application(application))]))
    }

    /// Returned from a workflow or activity that was asked to stop.
    pub fn canceled(message: impl Into<String>) -> Failure {
        Failure(Inner::Frames(vec![frame(message.into(), FailureKind::Canceled)]))
    }

    /// Not to be tried again.
    pub fn non_retryable(mut self) -> Failure {
        if let Some(it) = self.application_mut() {
            it.non_retryable = true;
        }
        self
    }

    /// To be tried again after this long, whatever the retry policy says.
    pub fn retry_after(mut self, delay: Duration) -> Failure {
        if let Some(it) = self.application_mut() {
            it.next_retry_delay_ms = Some(delay.as_millis() as u64);
        }
        self
    }

    /// An expected failure: worth no alarm.
    pub fn benign(mut self) -> Failure {
        if let Some(it) = self.application_mut() {
            it.benign = true;
        }
        self
    }

    /// Attaches a value for whoever catches it.
    pub fn detail<T: Serialize>(mut self, value: &T) -> Failure {
        if let Inner::Frames(frames) = &mut self.0
            && let Some(first) = frames.first_mut()
        {
            first.details.push(to_payload(value));
        }
        self
    }

    pub fn caused_by(mut self, cause: Failure) -> Failure {
        if let (Inner::Frames(frames), Inner::Frames(more)) = (&mut self.0, cause.0) {
            frames.extend(more);
        }
        self
    }

    /// Outermost first.
    pub fn frames(&self) -> &[FailureFrame] {
        match &self.0 {
            Inner::Frames(frames) => frames,
            Inner::ContinueAsNew(_) => &[],
        }
    }

    /// Was it canceled, here or further down?
    pub fn is_canceled(&self) -> bool {
        self.frames().iter().any(|frame| matches!(frame.kind, FailureKind::Canceled))
    }

    pub fn is_timeout(&self) -> bool {
        self.frames().iter().any(|frame| matches!(frame.kind, FailureKind::Timeout(_)))
    }

    /// The `kind` that the innermost program gave, as in `Failure::new`.
    pub fn kind(&self) -> Option<&str> {
        self.frames().iter().rev().find_map(|frame| match &frame.kind {
            FailureKind::Application(it) => Some(it.type_.as_str()),
            _ => None,
        })
    }

    /// What was attached to the innermost frame.
    pub fn details<T: DeserializeOwned>(&self) -> Option<T> {
        from_payload(self.frames().last()?.details.first()?).ok()
    }

    /// The message of the innermost frame that has one: what really happened.
    pub fn root_message(&self) -> &str {
        self.messages().last().unwrap_or("")
    }

    /// A cancellation may have no words of its own.
    fn messages(&self) -> impl Iterator<Item = &str> {
        self.frames().iter().map(|frame| frame.message.as_str()).filter(|it| !it.is_empty())
    }

    pub(crate) fn from_wire(frames: types::Failure) -> Failure {
        Failure(Inner::Frames(frames))
    }

    pub(crate) fn into_wire(self) -> types::Failure {
        match self.0 {
            Inner::Frames(frames) => frames,
            Inner::ContinueAsNew(_) => {
                Failure::new("ContinueAsNew", "only a workflow can continue as new").into_wire()
            }
        }
    }

    /// How a workflow that returned this ends.
    pub(crate) fn into_outcome(self) -> Result<lifecycle::Outcome, types::Failure> {
        match self.0 {
            Inner::Frames(frames) => Err(frames),
            Inner::ContinueAsNew(next) => Ok(lifecycle::Outcome::ContinueAsNew(*next)),
        }
    }

    fn application_mut(&mut self) -> Option<&mut types::ApplicationFailure> {
        match &mut self.0 {
            Inner::Frames(frames) => match &mut frames.first_mut()?.kind {
                FailureKind::Application(it) => Some(it),
                _ => None,
            },
            Inner::ContinueAsNew(_) => None,
        }
    }
}

fn frame(message: String, kind: FailureKind) -> FailureFrame {
    FailureFrame {
        message,
        kind,
        source: "refrain-rust".to_owned(),
        stack_trace: String::new(),
        details: Vec::new(),
        encoded_attributes: None,
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        of_error(std::any::type_name::<E>(), &error)
    }
}

fn of_error(path: &str, error: &dyn std::error::Error) -> Failure {
    let without_generics = path.split('<').next().unwrap_or(path);
    let name = without_generics.rsplit("::").next().unwrap_or(path);
    let failure = Failure::new(name, error.to_string());
    match error.source() {
        Some(cause) => failure.caused_by(Failure::new("Error", cause.to_string())),
        None => failure,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, message) in self.messages().enumerate() {
            if index > 0 {
                f.write_str(": ")?;
            }
            f.write_str(message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Frames(frames) => frames.fmt(f),
            Inner::ContinueAsNew(_) => f.write_str("ContinueAsNew"),
        }
    }
}

/// Ends this run and starts the next one of the chain: `return Err(continue_as_new().arg(&n).into())`.
pub fn continue_as_new() -> ContinueAsNew {
    ContinueAsNew(lifecycle::ContinueAsNew {
        workflow_type: None,
        args: Vec::new(),
        task_queue: None,
        run_timeout_ms: None,
        task_timeout_ms: None,
        memo: None,
        search_attributes: None,
        headers: None,
        retry: None,
        version: types::VersionChoice::Current,
    })
}

/// How the next run starts; what is not said stays as it is.
#[must_use]
pub struct ContinueAsNew(lifecycle::ContinueAsNew);

impl ContinueAsNew {
    pub fn arg<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.0.args.push(to_payload(value));
        self
    }

    pub fn workflow_type(mut self, name: impl Into<String>) -> Self {
        self.0.workflow_type = Some(name.into());
        self
    }

    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.0.task_queue = Some(name.into());
        self
    }

    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.0.run_timeout_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// Stay on the component that this run is pinned to.
    pub fn same_version(mut self) -> Self {
        self.0.version = types::VersionChoice::Same;
        self
    }
}

impl From<ContinueAsNew> for Failure {
    fn from(next: ContinueAsNew) -> Failure {
        Failure(Inner::ContinueAsNew(Box::new(next.0)))
    }
}
