//! What a workflow may call: every import of the world `workflow`.
//!
//! A function here writes down a wish, or reads what the run already has. None of them waits,
//! and none knows a database.

mod related;

use crate::bindings::convert::{
    cancellation_in, failure_out, fields_in, fields_out, payload_in, payloads_in, payloads_out,
    priority_in, priority_out, retry_policy_in, retry_policy_out, signal_out, text_payload,
    workflow_run_out,
};
use crate::bindings::{
    activities, children, context, definitions, external, lifecycle, operations, signals, state,
    timers, types,
};
use crate::errors::Stop;
use crate::limits::Limits;
use crate::numbers::Numbers;
use crate::run::{Open, Phase, Reply, SharedRun, Stream};
use crate::signals::Receiving;
use crate::wasi::VirtualWasi;
use futures::channel::oneshot;
use futures::future::pending;
use rand_chacha::rand_core::Rng;
use refrain_core::failure::Failure;
use refrain_core::guest::CURRENT_DETAILS;
use refrain_core::limits::{BLOB_BYTES_MAX, ID_BYTES_MAX};
use refrain_core::machines::execution::ContinueAsNew;
use refrain_core::machines::{Command, activity, local, timer};
use refrain_core::options::{ActivityTimeouts, VersionChoice};
use refrain_core::payload::{Payload, size_of_all};
use refrain_core::time::Delay;
use wasmtime::AsContextMut;
use wasmtime::component::{Access, FutureReader, HasSelf, Lift, Lower};

/// A store's data.
pub(crate) struct Ctx {
    pub(crate) run: SharedRun,
    pub(crate) limits: Limits,
    /// Made when first used: many guests never do.
    pub(crate) wasi: Option<Box<VirtualWasi>>,
}

type Operation<T> = (u32, FutureReader<Result<T, types::Failure>>);

const RANDOM_BYTES_MAX: u32 = 65_536;

/// A future that resolves when the host sends.
fn open<S, T>(
    store: S,
    receiver: oneshot::Receiver<Result<T, types::Failure>>,
) -> wasmtime::Result<FutureReader<Result<T, types::Failure>>>
where
    S: AsContextMut,
    Result<T, types::Failure>: Lower + Lift + Send + Sync + 'static,
    T: Send + 'static,
{
    FutureReader::new(store, async move {
        match receiver.await {
            Ok(value) => wasmtime::error::Ok(value),
            // The host let go of the operation: nobody will ever answer.
            Err(oneshot::Canceled) => pending().await,
        }
    })
}

/// A future that has resolved.
fn resolved<S, T>(
    store: S,
    value: Result<T, types::Failure>,
) -> wasmtime::Result<FutureReader<Result<T, types::Failure>>>
where
    S: AsContextMut,
    Result<T, types::Failure>: Lower + Lift + Send + Sync + 'static,
    T: Send + 'static,
{
    FutureReader::new(store, async move { wasmtime::error::Ok(value) })
}

/// An operation that failed before it began.
fn refused<T: Send + 'static, V>(
    mut store: Access<'_, T, HasSelf<Ctx>>,
    function: &str,
    failure: Failure,
) -> wasmtime::Result<Operation<V>>
where
    Result<V, types::Failure>: Lower + Lift + Send + Sync + 'static,
    V: Send + 'static,
{
    let op = store.get().run.lock().resolved_op(function, Numbers::Recorded)?;
    Ok((op, resolved(&mut store, Err(failure_out(failure)))?))
}

fn begin<T: Send + 'static, V>(
    mut store: Access<'_, T, HasSelf<Ctx>>,
    function: &str,
    numbers: Numbers,
    wish: impl FnOnce(refrain_core::ids::OpSeq, Reply<V>) -> (Open, Option<Command>),
) -> wasmtime::Result<Operation<V>>
where
    Result<V, types::Failure>: Lower + Lift + Send + Sync + 'static,
    V: Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let op = store.get().run.lock().open_op(function, numbers, |op| wish(op, reply))?;
    Ok((op, open(&mut store, receiver)?))
}

impl types::Host for Ctx {}
impl definitions::Host for Ctx {}
impl lifecycle::Host for Ctx {}

// Activities.

impl activities::Host for Ctx {}

impl<T: Send + 'static> activities::HostWithStore<T> for HasSelf<Ctx> {
    fn execute(
        store: Access<'_, T, Self>,
        activity_type: String,
        args: types::Payloads,
        options: activities::Options,
    ) -> wasmtime::Result<Operation<types::Payloads>> {
        let schedule = match schedule(activity_type, args, options) {
            Ok(schedule) => schedule,
            Err(failure) => return refused(store, "activities.execute", *failure),
        };
        begin(store, "activities.execute", Numbers::Recorded, |op, reply| {
            let command =
                activity::Command::Schedule(Box::new(activity::Schedule { op, ..schedule }));
            (Open::Activity(reply), Some(Command::Activity(command)))
        })
    }

    fn execute_local(
        store: Access<'_, T, Self>,
        activity_type: String,
        args: types::Payloads,
        options: activities::LocalOptions,
    ) -> wasmtime::Result<Operation<types::Payloads>> {
        let schedule = match schedule_local(activity_type, args, options) {
            Ok(schedule) => schedule,
            Err(failure) => return refused(store, "activities.execute-local", *failure),
        };
        begin(store, "activities.execute-local", Numbers::Recorded, |op, reply| {
            let command = local::Command::Schedule(Box::new(local::Schedule { op, ..schedule }));
            (Open::Activity(reply), Some(Command::Local(command)))
        })
    }
}

/// The wish, its number still to be set; or why it can't be served.
fn schedule(
    activity_type: String,
    args: types::Payloads,
    options: activities::Options,
) -> Result<activity::Schedule, Box<Failure>> {
    let wrong = |what: String| wrong_options(&activity_type, &what);
    check_names(&activity_type, options.activity_id.as_deref())?;
    let timeouts = ActivityTimeouts {
        schedule_to_close: limit(options.schedule_to_close_ms),
        schedule_to_start: limit(options.schedule_to_start_ms),
        start_to_close: limit(options.start_to_close_ms),
        heartbeat: limit(options.heartbeat_ms),
    };
    if timeouts.schedule_to_close.is_none() && timeouts.start_to_close.is_none() {
        return Err(wrong(
            "found neither schedule-to-close-ms nor start-to-close-ms, expected one of them"
                .to_owned(),
        ));
    }
    let input = payloads_in(args);
    check_arguments(&activity_type, &input)?;
    let retry = options.retry.map(retry_policy_in).transpose().map_err(&wrong)?;
    let priority = options.priority.map(priority_in).unwrap_or_default();
    Ok(activity::Schedule {
        op: refrain_core::ids::OpSeq(0),
        activity_id: options.activity_id,
        activity_type,
        task_queue: options.task_queue,
        input,
        header: fields_in(options.headers),
        timeouts,
        retry,
        cancellation: cancellation_in(options.cancellation),
        summary: options.summary.as_deref().map(text_payload),
        priority,
    })
}

/// As [`schedule`].
fn schedule_local(
    activity_type: String,
    args: types::Payloads,
    options: activities::LocalOptions,
) -> Result<local::Schedule, Box<Failure>> {
    check_names(&activity_type, options.activity_id.as_deref())?;
    let schedule_to_close = limit(options.schedule_to_close_ms);
    let start_to_close = limit(options.start_to_close_ms);
    if schedule_to_close.is_none() && start_to_close.is_none() {
        let what = "found neither schedule-to-close-ms nor start-to-close-ms, expected one of them";
        return Err(wrong_options(&activity_type, what));
    }
    let input = payloads_in(args);
    check_arguments(&activity_type, &input)?;
    let retry = options.retry.map(retry_policy_in).transpose();
    Ok(local::Schedule {
        op: refrain_core::ids::OpSeq(0),
        activity_id: options.activity_id,
        input,
        header: fields_in(options.headers),
        schedule_to_close,
        start_to_close,
        retry: retry.map_err(|what| wrong_options(&activity_type, &what))?,
        cancellation: cancellation_in(options.cancellation),
        summary: options.summary.as_deref().map(text_payload),
        activity_type,
    })
}

fn wrong_options(activity_type: &str, what: &str) -> Box<Failure> {
    let text = format!("activity `{activity_type}`: {what}");
    Box::new(Failure::host("InvalidActivityOptions", text))
}

fn check_names(activity_type: &str, activity_id: Option<&str>) -> Result<(), Box<Failure>> {
    let id = activity_id.map_or(Ok(()), |id| check_id("activity-id", id, 1));
    check_id("type", activity_type, 1).and(id).map_err(|what| wrong_options(activity_type, &what))
}

pub(crate) fn check_arguments(activity_type: &str, input: &[Payload]) -> Result<(), Box<Failure>> {
    let bytes = size_of_all(input);
    if bytes <= BLOB_BYTES_MAX {
        return Ok(());
    }
    let what = format!("arguments have {bytes} bytes, at most {BLOB_BYTES_MAX} are allowed");
    Err(wrong_options(activity_type, &what))
}

/// Zero is "no limit", as on Temporal's wire.
fn limit(ms: Option<u64>) -> Option<Delay> {
    ms.filter(|ms| *ms > 0).map(Delay)
}

// Timers.

impl timers::Host for Ctx {}

impl<T: Send + 'static> timers::HostWithStore<T> for HasSelf<Ctx> {
    fn sleep(
        store: Access<'_, T, Self>,
        ms: u64,
        summary: Option<String>,
    ) -> wasmtime::Result<Operation<()>> {
        begin(store, "timers.sleep", Numbers::Recorded, |op, reply| {
            let summary = summary.as_deref().map(text_payload);
            let command = timer::Command::Start { op, delay: Delay(ms), summary };
            (Open::Timer(reply), Some(Command::Timer(command)))
        })
    }
}

// Signals.

impl signals::Host for Ctx {
    fn take(&mut self, names: Option<Vec<String>>) -> wasmtime::Result<Option<signals::Signal>> {
        let mut run = self.run.lock();
        run.check_phase("signals.take")?;
        Ok(run.signals.take(names.as_deref()).map(signal_out))
    }

    fn pending(&mut self, name: Option<String>) -> wasmtime::Result<u32> {
        Ok(self.run.lock().signals.n_free(name.as_deref()) as u32)
    }
}

impl<T: Send + 'static> signals::HostWithStore<T> for HasSelf<Ctx> {
    fn receive(
        mut store: Access<'_, T, Self>,
        name: Option<String>,
    ) -> wasmtime::Result<Operation<signals::Signal>> {
        let (reply, offer) = oneshot::channel();
        let run = store.get().run.clone();
        let op = {
            // One that is kept is handed over when the guest is idle.
            run.lock().open_op("signals.receive", Numbers::Waits, |_| {
                (Open::Signal { name, reply }, None)
            })?
        };
        let receiving = Receiving { run, offer };
        let signal = async move { wasmtime::error::Ok(receiving.signal().await) };
        Ok((op, FutureReader::new(&mut store, signal)?))
    }
}

// Operations.

impl operations::Host for Ctx {
    fn cancel(&mut self, op: types::Op) -> wasmtime::Result<()> {
        Ok(self.run.lock().cancel(op)?)
    }
}

impl state::Host for Ctx {
    fn publish(&mut self, name: String, value: Option<types::Payload>) -> wasmtime::Result<()> {
        let value = value.map_or_else(null, payload_in);
        if name.len() > ID_BYTES_MAX || name == CURRENT_DETAILS {
            return Err(Stop::broken(format!(
                "guest published `{}`, expected a name of at most {ID_BYTES_MAX} bytes that is not `{CURRENT_DETAILS}`",
                name.chars().take(80).collect::<String>()
            ))
            .into());
        }
        self.publish("state.publish", name, value)
    }

    fn set_current_details(&mut self, text: String) -> wasmtime::Result<()> {
        let (name, value) = (CURRENT_DETAILS.to_owned(), text_payload(&text));
        self.publish("state.set-current-details", name, value)
    }

    fn upsert_search_attributes(&mut self, attributes: types::Fields) -> wasmtime::Result<()> {
        Ok(self.run.lock().upsert_search(fields_in(attributes))?)
    }

    fn upsert_memo(&mut self, memo: types::Fields) -> wasmtime::Result<()> {
        Ok(self.run.lock().upsert_memo(fields_in(memo))?)
    }
}

impl Ctx {
    fn publish(&mut self, function: &str, name: String, value: Payload) -> wasmtime::Result<()> {
        let bytes = value.size();
        if bytes > BLOB_BYTES_MAX {
            return Err(Stop::broken(format!(
                "guest published `{name}` with {bytes} bytes, at most {BLOB_BYTES_MAX} are allowed"
            ))
            .into());
        }
        Ok(self.run.lock().publish(function, name, value)?)
    }
}

pub(crate) fn null() -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), b"binary/null".to_vec())].into(),
        data: Vec::new(),
    }
}

// Context.

impl context::Host for Ctx {
    fn info(&mut self) -> wasmtime::Result<context::WorkflowInfo> {
        let run = self.run.lock();
        let Some(start) = &run.start else {
            return Err(Stop::broken("guest called `context.info` before `run`").into());
        };
        let started = &start.started;
        let run_id = start.run.to_string();
        Ok(context::WorkflowInfo {
            namespace: start.namespace.clone(),
            workflow_id: started.workflow_id.clone(),
            first_run_id: started.first_run.unwrap_or(start.run).to_string(),
            original_run_id: started.original_run.unwrap_or(start.run).to_string(),
            run_id,
            continued_from_run_id: started.continued_from.map(|run| run.to_string()),
            workflow_type: started.workflow_type.clone(),
            task_queue: started.task_queue.clone(),
            attempt: started.attempt.max(1),
            start_time_ms: start.start_time.as_ms(),
            execution_timeout_ms: started.execution_timeout.map(Delay::as_ms),
            run_timeout_ms: started.run_timeout.map(Delay::as_ms),
            task_timeout_ms: started.task_timeout.as_ms(),
            parent: started.parent.as_ref().map(|parent| context::Parent {
                namespace: parent.namespace.clone(),
                execution: workflow_run_out(&parent.workflow),
            }),
            root: started.root.as_ref().map(workflow_run_out),
            cron_schedule: Some(started.cron.clone()).filter(|cron| !cron.is_empty()),
            retry_policy: started.retry.as_ref().map(retry_policy_out),
            priority: priority_out(&started.priority),
            headers: fields_out(&started.header),
            memo: fields_out(&run.attributes().memo),
            search_attributes: fields_out(&run.attributes().search),
            last_completion_result: started.last_completion_result.clone().map(payloads_out),
            last_failure: started.continued_failure.clone().map(failure_out),
        })
    }

    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        Ok(self.run.lock().now().as_ms())
    }

    fn random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.run.lock().random(Stream::Context).next_u64())
    }

    fn random_bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        if length > RANDOM_BYTES_MAX {
            return Err(Stop::broken(format!(
                "guest asked for {length} random bytes, at most {RANDOM_BYTES_MAX} are allowed"
            ))
            .into());
        }
        let mut bytes = vec![0; length as usize];
        self.run.lock().random(Stream::Context).fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn uuid4(&mut self) -> wasmtime::Result<String> {
        Ok(self.run.lock().uuid4())
    }

    fn is_replaying(&mut self) -> wasmtime::Result<bool> {
        let run = self.run.lock();
        Ok(run.replaying && run.phase == Phase::Turn)
    }

    fn log(&mut self, level: types::LogLevel, message: String) -> wasmtime::Result<()> {
        self.run.lock().log(level, &message);
        Ok(())
    }

    fn patched(&mut self, id: String) -> wasmtime::Result<bool> {
        Ok(self.run.lock().patched(id)?)
    }

    fn deprecate_patch(&mut self, id: String) -> wasmtime::Result<()> {
        Ok(self.run.lock().deprecate_patch(id)?)
    }

    fn history_length(&mut self) -> wasmtime::Result<u32> {
        Ok(u32::try_from(self.run.lock().history_length).unwrap_or(u32::MAX))
    }

    fn history_size(&mut self) -> wasmtime::Result<u64> {
        Ok(self.run.lock().history_bytes)
    }

    fn continue_as_new_suggested(&mut self) -> wasmtime::Result<bool> {
        Ok(self.run.lock().suggest_continue_as_new)
    }
}

impl<T: Send + 'static> context::HostWithStore<T> for HasSelf<Ctx> {
    fn cancellation(
        mut store: Access<'_, T, Self>,
    ) -> wasmtime::Result<Operation<context::CancelRequest>> {
        let requested = {
            let mut run = store.get().run.lock();
            match run.cancel_requested().cloned() {
                Some(reason) => {
                    Some((run.resolved_op("context.cancellation", Numbers::Waits)?, reason))
                }
                None => None,
            }
        };
        match requested {
            Some((op, reason)) => {
                let request = context::CancelRequest { reason };
                Ok((op, resolved(&mut store, Ok(request))?))
            }
            None => begin(store, "context.cancellation", Numbers::Waits, |_, reply| {
                (Open::Cancellation(reply), None)
            }),
        }
    }
}

/// What `run` returned, as core's command.
pub(crate) fn outcome_in(
    outcome: Result<lifecycle::Outcome, Failure>,
) -> Result<refrain_core::machines::execution::Command, Stop> {
    use refrain_core::machines::execution::Command;
    match outcome {
        Ok(lifecycle::Outcome::Completed(result)) => {
            Ok(Command::Complete { result: payloads_in(result) })
        }
        Ok(lifecycle::Outcome::ContinueAsNew(asked)) => {
            let asked = continue_as_new_in(asked)
                .map_err(|what| Stop::broken(format!("`run` returned continue-as-new: {what}")))?;
            Ok(Command::ContinueAsNew(Box::new(asked)))
        }
        Err(failure) => Ok(Command::Fail { failure }),
    }
}

/// Has the id so many bytes as it may have? An error says what is wrong, for people.
pub(crate) fn check_id(what: &str, id: &str, least: usize) -> Result<(), String> {
    match id.len() {
        n if (least..=ID_BYTES_MAX).contains(&n) => Ok(()),
        found => Err(format!("{what} has {found} bytes, expected {least} to {ID_BYTES_MAX}")),
    }
}

/// An error says what is wrong, for people.
fn continue_as_new_in(asked: lifecycle::ContinueAsNew) -> Result<ContinueAsNew, String> {
    let named = |what: &str, name: Option<String>| {
        name.as_deref().map_or(Ok(()), |name| check_id(what, name, 1)).map(|()| name)
    };
    Ok(ContinueAsNew {
        workflow_type: named("workflow-type", asked.workflow_type)?,
        task_queue: named("task-queue", asked.task_queue)?,
        input: payloads_in(asked.args),
        run_timeout: limit(asked.run_timeout_ms),
        task_timeout: limit(asked.task_timeout_ms),
        memo: asked.memo.map(fields_in),
        search_attributes: asked.search_attributes.map(fields_in),
        header: asked.headers.map(fields_in),
        retry: asked.retry.map(retry_policy_in).transpose()?,
        version: match asked.version {
            types::VersionChoice::Current => VersionChoice::Current,
            types::VersionChoice::Same => VersionChoice::Same,
        },
    })
}
