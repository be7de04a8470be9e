//! Children and other workflows.

use super::*;
use refrain_core::ids::{OpSeq, RunId};
use refrain_core::limits::TASK_TIMEOUT;
use refrain_core::machines::{child, external as outside};
use refrain_core::options::{ChildCancellation, IdReusePolicy, ParentClosePolicy};
use refrain_core::payload::{PayloadMap, size_of_map};

impl children::Host for Ctx {}

impl<T: Send + 'static> children::HostWithStore<T> for HasSelf<Ctx> {
    fn start(
        mut store: Access<'_, T, Self>,
        workflow_type: String,
        args: types::Payloads,
        options: children::Options,
    ) -> wasmtime::Result<children::Child> {
        const FUNCTION: &str = "children.start";
        let cancellation = cancellation_in(options.cancellation);
        let child = match child(workflow_type, args, options) {
            Ok(child) => child,
            Err(failure) => {
                let failure = failure_out(*failure);
                let op = store.get().run.lock().resolved_op(FUNCTION, Numbers::Recorded)?;
                let started = resolved(&mut store, Err(failure.clone()))?;
                let result = resolved(&mut store, Err(failure))?;
                return Ok(children::Child { op, started, result });
            }
        };
        let (started, has_started) = oneshot::channel();
        let (result, has_closed) = oneshot::channel();
        let op = {
            let mut run = store.get().run.lock();
            let mut child = child;
            if child.workflow_id.is_empty() {
                child.workflow_id = run.uuid4();
            }
            run.open_op(FUNCTION, Numbers::Recorded, |op| {
                let start = child::Start { op, cancellation, child };
                let command = child::Command::Start(Box::new(start));
                let open = Open::Child { started: Some(started), result };
                (open, Some(Command::Child(command)))
            })?
        };
        let started = open(&mut store, has_started)?;
        let result = open(&mut store, has_closed)?;
        Ok(children::Child { op, started, result })
    }
}

fn cancellation_in(cancellation: children::CancellationType) -> ChildCancellation {
    match cancellation {
        children::CancellationType::Abandon => ChildCancellation::Abandon,
        children::CancellationType::TryCancel => ChildCancellation::TryCancel,
        children::CancellationType::WaitCancellationCompleted => ChildCancellation::WaitCompleted,
        children::CancellationType::WaitCancellationRequested => ChildCancellation::WaitRequested,
    }
}

/// The wish; or why it can't be served. Without a workflow id if the guest chose none.
fn child(
    workflow_type: String,
    args: types::Payloads,
    options: children::Options,
) -> Result<child::Initiated, Box<Failure>> {
    let wrong = |what: String| {
        let what = format!("child workflow `{workflow_type}`: {what}");
        Box::new(Failure::host("InvalidChildWorkflowOptions", what))
    };
    let id = |what: &str, id: &str, least| check_id(what, id, least).map_err(&wrong);
    id("type", &workflow_type, 1)?;
    if let Some(workflow_id) = &options.workflow_id {
        id("workflow id", workflow_id, 1)?;
    }
    id("task queue", options.task_queue.as_deref().unwrap_or_default(), 0)?;
    let input = payloads_in(args);
    let (header, memo) = (fields_in(options.headers), fields_in(options.memo));
    let search_attributes = fields_in(options.search_attributes);
    let bytes = size_of_all(&input)
        + [&header, &memo, &search_attributes].map(size_of_map).iter().sum::<usize>();
    if bytes > BLOB_BYTES_MAX {
        return Err(wrong(format!(
            "arguments and memo have {bytes} bytes, at most {BLOB_BYTES_MAX} are allowed"
        )));
    }
    let (reuse, terminate_running) = reuse_in(options.id_reuse);
    let retry = options.retry.map(retry_policy_in).transpose().map_err(&wrong)?;
    Ok(child::Initiated {
        namespace: String::new(),
        workflow_id: options.workflow_id.unwrap_or_default(),
        workflow_type,
        task_queue: options.task_queue.unwrap_or_default(),
        input,
        header,
        execution_timeout: limit(options.execution_timeout_ms),
        run_timeout: limit(options.run_timeout_ms),
        task_timeout: limit(options.task_timeout_ms).unwrap_or(TASK_TIMEOUT),
        parent_close: match options.parent_close {
            children::ParentClosePolicy::Terminate => ParentClosePolicy::Terminate,
            children::ParentClosePolicy::Abandon => ParentClosePolicy::Abandon,
            children::ParentClosePolicy::RequestCancel => ParentClosePolicy::RequestCancel,
        },
        reuse,
        terminate_running,
        retry,
        cron: options.cron_schedule.unwrap_or_default(),
        memo,
        search_attributes,
        same_version: match options.version {
            types::VersionChoice::Current => false,
            types::VersionChoice::Same => true,
        },
        priority: options.priority.map(priority_in).unwrap_or_default(),
        time_skipping: None,
        ahead: Default::default(),
        task: refrain_core::ids::EventId(0),
        summary: options.summary.as_deref().map(text_payload),
        details: options.details.as_deref().map(text_payload),
    })
}

fn reuse_in(policy: children::IdReusePolicy) -> (IdReusePolicy, bool) {
    match policy {
        children::IdReusePolicy::AllowDuplicate => (IdReusePolicy::AllowDuplicate, false),
        children::IdReusePolicy::AllowDuplicateFailedOnly => {
            (IdReusePolicy::AllowDuplicateFailedOnly, false)
        }
        children::IdReusePolicy::RejectDuplicate => (IdReusePolicy::RejectDuplicate, false),
        children::IdReusePolicy::TerminateIfRunning => (IdReusePolicy::AllowDuplicate, true),
    }
}

impl external::Host for Ctx {}

impl<T: Send + 'static> external::HostWithStore<T> for HasSelf<Ctx> {
    fn signal(
        store: Access<'_, T, Self>,
        target: types::Execution,
        name: String,
        args: types::Payloads,
        headers: types::Fields,
    ) -> wasmtime::Result<Operation<()>> {
        const FUNCTION: &str = "external.signal";
        let (input, header) = (payloads_in(args), fields_in(headers));
        let target = match target_in(target).and_then(|it| check_signal(&name, &input, &header, it))
        {
            Ok(target) => target,
            Err(what) => return refused(store, FUNCTION, invalid(what)),
        };
        begin(store, FUNCTION, Numbers::Recorded, |op: OpSeq, reply| {
            let signal = Box::new(outside::Sent { name, input, header });
            let command = outside::Command::Signal { op, target, signal };
            (Open::External(reply), Some(Command::External(command)))
        })
    }

    fn cancel(
        store: Access<'_, T, Self>,
        target: types::Execution,
        reason: String,
    ) -> wasmtime::Result<Operation<()>> {
        const FUNCTION: &str = "external.cancel";
        let target = match target_in(target) {
            Ok(target) if reason.len() <= BLOB_BYTES_MAX => target,
            Ok(_) => {
                let found = reason.len();
                let what =
                    format!("reason has {found} bytes, at most {BLOB_BYTES_MAX} are allowed");
                return refused(store, FUNCTION, invalid(what));
            }
            Err(what) => return refused(store, FUNCTION, invalid(what)),
        };
        begin(store, FUNCTION, Numbers::Recorded, |op: OpSeq, reply| {
            let command = outside::Command::Cancel { op, target, reason };
            (Open::External(reply), Some(Command::External(command)))
        })
    }
}

fn invalid(what: String) -> Failure {
    Failure::host("InvalidExternalWorkflow", what)
}

fn target_in(target: types::Execution) -> Result<outside::Target, String> {
    let types::Execution { workflow_id, run_id } = target;
    check_id("workflow id", &workflow_id, 1)?;
    let run = match run_id.filter(|it| !it.is_empty()) {
        Some(run) => Some(run.parse::<RunId>().map_err(|error| error.to_string())?),
        None => None,
    };
    Ok(outside::Target { namespace: String::new(), workflow_id, run })
}

fn check_signal(
    name: &str,
    input: &[Payload],
    header: &PayloadMap,
    target: outside::Target,
) -> Result<outside::Target, String> {
    check_id("signal name", name, 1)?;
    match size_of_all(input) + size_of_map(header) {
        bytes if bytes > BLOB_BYTES_MAX => {
            Err(format!("signal `{name}` has {bytes} bytes, at most {BLOB_BYTES_MAX} are allowed"))
        }
        _ => Ok(target),
    }
}
