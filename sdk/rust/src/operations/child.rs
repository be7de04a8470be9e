//! Workflows started by a workflow.

use std::marker::PhantomData;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use super::External;
use crate::bindings::children::{self, IdReusePolicy, Options};
use crate::bindings::types;
use crate::operation::Started as Underway;
use crate::payload::{Payload, from_payloads, to_payload};
use crate::{Operation, Result, RetryPolicy, Scope};

pub use children::{
    CancellationType as ChildCancellation, ParentClosePolicy as ParentClose, Started,
};

/// A child workflow, by the name of its type. Of a type in this component, `its_function::child(...)` is the
/// same, typed.
pub fn child<T>(workflow_type: &str) -> ChildBuilder<T> {
    ChildBuilder {
        result: PhantomData,
        workflow_type: workflow_type.to_owned(),
        args: Vec::new(),
        options: Options {
            workflow_id: None,
            task_queue: None,
            execution_timeout_ms: None,
            run_timeout_ms: None,
            task_timeout_ms: None,
            parent_close: ParentClose::Terminate,
            id_reuse: IdReusePolicy::AllowDuplicate,
            retry: None,
            cron_schedule: None,
            memo: Vec::new(),
            search_attributes: Vec::new(),
            cancellation: ChildCancellation::WaitCancellationCompleted,
            headers: Vec::new(),
            priority: None,
            version: types::VersionChoice::Current,
            summary: None,
            details: None,
        },
    }
}

#[must_use = "`start` starts the child"]
pub struct ChildBuilder<T> {
    result: PhantomData<fn() -> T>,
    workflow_type: String,
    args: Vec<Payload>,
    options: Options,
}

impl<T> ChildBuilder<T> {
    /// Appends an argument.
    pub fn arg<A: Serialize + ?Sized>(mut self, value: &A) -> Self {
        self.args.push(to_payload(value));
        self
    }

    pub fn workflow_id(mut self, id: impl Into<String>) -> Self {
        self.options.workflow_id = Some(id.into());
        self
    }

    pub fn task_queue(mut self, name: impl Into<String>) -> Self {
        self.options.task_queue = Some(name.into());
        self
    }

    pub fn execution_timeout(mut self, timeout: Duration) -> Self {
        self.options.execution_timeout_ms = Some(timeout.as_millis() as u64);
        self
    }

    pub fn run_timeout(mut self, timeout: Duration) -> Self {
        self.options.run_timeout_ms = Some(timeout.as_millis() as u64);
        self
    }

    /// What becomes of it when this run closes. It is terminated if nothing is said.
    pub fn parent_close(mut self, policy: ParentClose) -> Self {
        self.options.parent_close = policy;
        self
    }

    /// What [`Child::cancel`] waits for. For its end if nothing is said.
    pub fn when_canceled(mut self, how: ChildCancellation) -> Self {
        self.options.cancellation = how;
        self
    }

    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// It begins again at these times, and has a result only when its chain ends.
    pub fn cron_schedule(mut self, cron: impl Into<String>) -> Self {
        self.options.cron_schedule = Some(cron.into());
        self
    }

    pub fn memo<M: Serialize>(mut self, name: &str, value: &M) -> Self {
        self.options.memo.push((name.to_owned(), to_payload(value)));
        self
    }

    pub fn start(self) -> Child<T>
    where
        T: DeserializeOwned + 'static,
    {
        let (started, result) = match start(&self.workflow_type, &self.args, &self.options) {
            Ok((started, result)) => (Ok(started), Ok(result)),
            Err(failure) => (Err(failure.clone()), Err(failure)),
        };
        Child {
            started: Operation::new(started, Ok),
            result: Operation::new(result, |it: Vec<Payload>| from_payloads(&it)),
        }
    }
}

/// Its start and its end.
fn start(name: &str, args: &[Payload], options: &Options) -> Result<(Underway, Underway)> {
    let scope = Scope::current();
    scope.check()?;
    let child = children::start(name, args, options);
    let (started, result) = (child.started, child.result);
    Ok((
        Underway::within(&scope, || (child.op, started))?,
        Underway::within(&scope, || (child.op, result))?,
    ))
}

pub struct Child<T> {
    /// Resolves when it has started; it has an id then.
    pub started: Operation<Started>,
    /// Resolves when it has closed.
    pub result: Operation<T>,
}

impl<T: 'static> Child<T> {
    /// Asks it to stop.
    pub fn cancel(&self) {
        self.result.cancel();
    }
}

impl From<Started> for External {
    fn from(child: Started) -> External {
        External(types::Execution { workflow_id: child.workflow_id, run_id: Some(child.run_id) })
    }
}
