//! Functions that a component imports from its own interfaces: each call is an activity.

use super::{Returns, Signature, errors, is_of_the_host, names, payload_in, payload_out};
use crate::bindings::convert::payloads_in;
use crate::bindings::types;
use crate::errors::ComponentError;
use crate::imports::{Ctx, check_arguments, check_id};
use crate::numbers::Numbers;
use crate::run::{Open, SharedRun};
use futures::channel::oneshot;
use futures::future::pending;
use refrain_core::failure::Failure;
use refrain_core::ids::OpSeq;
use refrain_core::machines::{Command, activity};
use refrain_core::options::{ActivityTimeouts, CancellationType, Priority, RetryPolicy};
use refrain_core::payload::Payload;
use refrain_core::time::Delay;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, Val};

/// One attempt of an activity: WIT has no place for another.
const START_TO_CLOSE: Delay = Delay::from_secs(60);

/// Links what the component imports from interfaces of its own.
pub(crate) fn link(linker: &mut Linker<Ctx>, component: &Component) -> Result<(), ComponentError> {
    let engine = component.engine();
    let mut activities = Activities::default();
    for (name, import) in component.component_type().imports(engine) {
        match import.ty {
            ComponentItem::ComponentFunc(function) => {
                activities.add(name, name)?;
                link_function(&mut linker.root(), name, name, &function)?;
            }
            ComponentItem::ComponentInstance(instance) if !is_of_the_host(name) => {
                let mut linked = linker.instance(name).map_err(|cause| mismatch(name, &cause))?;
                for (inner, export) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(function) = export.ty {
                        activities.add(name, inner)?;
                        link_function(&mut linked, name, inner, &function)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The activity types, each with the function that it comes of.
#[derive(Default)]
struct Activities(BTreeMap<String, (String, String)>);

impl Activities {
    /// A worker knows an activity by its name alone: two functions of one name would be one activity.
    fn add(&mut self, import: &str, name: &str) -> Result<(), ComponentError> {
        let activity_type = names::camel(name);
        let refused = |reason: String| ComponentError::ImportMismatch {
            import: names::short(import).to_owned(),
            reason,
        };
        check_id("the name of an activity", &activity_type, 1).map_err(refused)?;
        let came_of = (import.to_owned(), name.to_owned());
        match self.0.insert(activity_type, came_of) {
            None => Ok(()),
            Some((other, other_name)) => Err(refused(format!(
                "its function `{name}` would be the same activity `{}` as `{other_name}` of `{other}`: rename one of them",
                names::camel(name)
            ))),
        }
    }
}

fn mismatch(import: &str, cause: &wasmtime::Error) -> ComponentError {
    ComponentError::ImportMismatch { import: import.to_owned(), reason: format!("{cause:#}") }
}

fn link_function(
    linked: &mut LinkerInstance<'_, Ctx>,
    import: &str,
    name: &str,
    function: &ComponentFunc,
) -> Result<(), ComponentError> {
    let signature = Signature::of(function).map_err(|reason| ComponentError::ImportMismatch {
        import: import.to_owned(),
        reason: format!("function `{name}`: {reason}"),
    })?;
    let activity = Arc::new(Activity::new(name, signature));
    let done = if function.async_() {
        linked.func_new_concurrent(name, move |accessor, _, params, results| {
            let activity = activity.clone();
            Box::pin(async move {
                let run = accessor.with(|mut access| access.get().run.clone());
                activity.call(&run, params, results).await
            })
        })
    } else {
        linked.func_new_async(name, move |store, _, params, results| {
            let (activity, run) = (activity.clone(), store.data().run.clone());
            Box::new(async move { activity.call(&run, params, results).await })
        })
    };
    done.map_err(|cause| mismatch(import, &cause))
}

struct Activity {
    activity_type: String,
    signature: Signature,
    /// None: the host's.
    retry: Option<RetryPolicy>,
}

impl Activity {
    fn new(name: &str, signature: Signature) -> Activity {
        // What the type names is an answer, and no reason to try again.
        let declared = signature.error().map(errors::declared).unwrap_or_default();
        let retry = (!declared.is_empty())
            .then(|| RetryPolicy { non_retryable_error_types: declared, ..RetryPolicy::default() });
        Activity { activity_type: names::camel(name), signature, retry }
    }

    /// Schedules it, and waits for its end.
    async fn call(
        &self,
        run: &SharedRun,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let called = match self.input(params) {
            Ok(input) => self.outcome(run, input).await?,
            Err(failure) => Err(failure),
        };
        match called {
            Ok(value) => {
                if let (Some(slot), Some(value)) = (results.first_mut(), value) {
                    *slot = value;
                }
                Ok(())
            }
            Err(failure) => {
                run.lock().end_with(*failure);
                pending().await
            }
        }
    }

    fn input(&self, params: &[Val]) -> Result<Vec<Payload>, Box<Failure>> {
        let types = self.signature.params.iter().map(|(_, ty)| ty);
        let input = types.zip(params).map(|(ty, value)| payload_out(Some(ty), Some(value)));
        let input = input.collect::<Result<Vec<_>, _>>()?;
        check_arguments(&self.activity_type, &input)?;
        Ok(input)
    }

    /// What the function returns. The inner error: what its type has no room for.
    async fn outcome(
        &self,
        run: &SharedRun,
        input: Vec<Payload>,
    ) -> wasmtime::Result<Result<Option<Val>, Box<Failure>>> {
        let (reply, receiver) = oneshot::channel();
        let op = run.lock().open_op(&self.activity_type, Numbers::Recorded, |op| {
            (Open::Activity(reply), Some(self.schedule(op, input)))
        })?;
        let mut waiting = Waiting { run, op: Some(op) };
        let answer = receiver.await;
        waiting.op = None;
        match answer {
            Ok(Ok(payloads)) => Ok(self.result_in(payloads)),
            Ok(Err(frames)) => {
                let failure = run.lock().failure_in(frames)?;
                Ok(self.failed(failure))
            }
            // The host let go of the operation: nobody will ever answer.
            Err(oneshot::Canceled) => pending().await,
        }
    }

    fn schedule(&self, op: OpSeq, input: Vec<Payload>) -> Command {
        Command::Activity(activity::Command::Schedule(Box::new(activity::Schedule {
            op,
            activity_id: None,
            activity_type: self.activity_type.clone(),
            task_queue: None,
            input,
            header: Default::default(),
            timeouts: ActivityTimeouts {
                start_to_close: Some(START_TO_CLOSE),
                ..ActivityTimeouts::default()
            },
            retry: self.retry.clone(),
            cancellation: CancellationType::TryCancel,
            summary: None,
            priority: Priority::default(),
        })))
    }

    fn result_in(&self, payloads: types::Payloads) -> Result<Option<Val>, Box<Failure>> {
        let payloads = payloads_in(payloads);
        let (ty, is_result) = match &self.signature.returns {
            Returns::Value(ty) => (ty, false),
            Returns::Result { ok, .. } => (ok, true),
        };
        let value = match ty {
            None => None,
            Some(ty) => Some(payload_in(ty, payloads.first()).map_err(|wrong| {
                let text = format!("result of activity `{}`: {wrong}", self.activity_type);
                Box::new(Failure::host("PayloadDecodingError", text))
            })?),
        };
        Ok(if is_result { Some(Val::Result(Ok(value.map(Box::new)))) } else { value })
    }

    fn failed(&self, failure: Failure) -> Result<Option<Val>, Box<Failure>> {
        let error = match &self.signature.returns {
            Returns::Result { error, .. } => errors::error_in(error.as_ref(), &failure),
            Returns::Value(_) => None,
        };
        match error {
            Some(error) => Ok(Some(Val::Result(Err(error)))),
            None => Err(Box::new(failure)),
        }
    }
}

/// A program that gives up a call asks the activity to stop.
struct Waiting<'a> {
    run: &'a SharedRun,
    op: Option<u32>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(op) = self.op else { return };
        let mut run = self.run.lock();
        if let Err(stop) = run.cancel(op) {
            run.stop(stop);
        }
    }
}
