//! Child workflows, as their parent sees them.

use super::Line;
use super::execution::task_of;
use crate::api::common::v1::{WorkflowExecution, WorkflowType};
use crate::api::enums::v1 as enums;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    ChildWorkflowExecutionCanceledEventAttributes, ChildWorkflowExecutionCompletedEventAttributes,
    ChildWorkflowExecutionFailedEventAttributes, ChildWorkflowExecutionStartedEventAttributes,
    ChildWorkflowExecutionTerminatedEventAttributes, ChildWorkflowExecutionTimedOutEventAttributes,
    StartChildWorkflowExecutionFailedEventAttributes,
    StartChildWorkflowExecutionInitiatedEventAttributes,
};
use crate::api::sdk::v1::UserMetadata;
use crate::failure::{retry_state_from_proto, retry_state_to_proto};
use crate::options::{
    delay_from_proto, delay_to_proto, event_id_from_proto, event_id_to_proto, execution_to_proto,
    limit_from_proto, limit_to_proto, parent_close_from_proto, parent_close_to_proto,
    priority_from_proto, priority_to_proto, retry_from_proto, retry_to_proto, run_from_proto,
    task_queue_from_proto, task_queue_to_proto, user_metadata_from_proto, user_metadata_to_proto,
};
use crate::{DecodeError, failure, payload, time_skipping};
use refrain_core::ids::{EventId, RunId};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::child::{Event, Initiated, Named, Outcome, StartFailedCause};
use refrain_core::machines::clock::Inherited;
use refrain_core::options::IdReusePolicy;
use refrain_core::payload::Payload;
use refrain_core::time::Delay;

fn type_to_proto(child: &Named) -> Option<WorkflowType> {
    Some(WorkflowType { name: child.workflow_type.clone() })
}

pub(super) fn to_proto(event: &Event) -> Line {
    match event {
        Event::Initiated(it) => {
            let metadata = user_metadata_to_proto(it.summary.as_ref(), it.details.as_ref());
            Line::of(Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(
                initiated_to_proto(it),
            ))
            .with_metadata(metadata)
        }
        Event::StartFailed { initiated, child, cause, reason } => {
            // Temporal's event has no room for a reason, but each event has one for a text.
            let text = || Payload::json(serde_json::Value::from(reason.as_str()).to_string());
            let summary = (!reason.is_empty()).then(text);
            Line::of(Attributes::StartChildWorkflowExecutionFailedEventAttributes(
                StartChildWorkflowExecutionFailedEventAttributes {
                    namespace: child.namespace.clone(),
                    workflow_id: child.workflow_id.clone(),
                    workflow_type: type_to_proto(child),
                    cause: start_failed_to_proto(*cause) as i32,
                    initiated_event_id: event_id_to_proto(*initiated),
                    ..Default::default()
                },
            ))
            .with_metadata(user_metadata_to_proto(summary.as_ref(), None))
        }
        Event::Started { initiated, child, run, header } => {
            Line::of(Attributes::ChildWorkflowExecutionStartedEventAttributes(
                ChildWorkflowExecutionStartedEventAttributes {
                    namespace: child.namespace.clone(),
                    initiated_event_id: event_id_to_proto(*initiated),
                    workflow_execution: Some(execution_to_proto(&child.workflow_id, *run)),
                    workflow_type: type_to_proto(child),
                    header: Some(payload::header_to_proto(header)),
                    ..Default::default()
                },
            ))
        }
        Event::Closed { initiated, started, child, run, outcome } => {
            Line::of(closed_to_proto(*initiated, *started, child, *run, outcome))
        }
    }
}

fn initiated_to_proto(it: &Initiated) -> StartChildWorkflowExecutionInitiatedEventAttributes {
    #[expect(deprecated, reason = "`inherit_build_id` is what Temporal's own server still writes")]
    StartChildWorkflowExecutionInitiatedEventAttributes {
        namespace: it.namespace.clone(),
        workflow_id: it.workflow_id.clone(),
        workflow_type: Some(WorkflowType { name: it.workflow_type.clone() }),
        task_queue: Some(task_queue_to_proto(&it.task_queue)),
        input: payload::list_to_proto(&it.input),
        workflow_execution_timeout: limit_to_proto(it.execution_timeout),
        workflow_run_timeout: limit_to_proto(it.run_timeout),
        workflow_task_timeout: Some(delay_to_proto(it.task_timeout)),
        parent_close_policy: parent_close_to_proto(it.parent_close) as i32,
        workflow_task_completed_event_id: event_id_to_proto(it.task),
        workflow_id_reuse_policy: reuse_to_proto(it.reuse, it.terminate_running) as i32,
        retry_policy: it.retry.as_ref().map(retry_to_proto),
        cron_schedule: it.cron.clone(),
        header: Some(payload::header_to_proto(&it.header)),
        memo: (!it.memo.is_empty()).then(|| payload::memo_to_proto(&it.memo)),
        search_attributes: (!it.search_attributes.is_empty())
            .then(|| payload::search_attributes_to_proto(&it.search_attributes)),
        inherit_build_id: it.same_version,
        priority: Some(priority_to_proto(&it.priority)),
        time_skipping_config: it.time_skipping.as_ref().map(time_skipping::to_proto),
        time_skipping_state_propagation: time_skipping::inherited_to_proto(&Inherited {
            ahead: it.ahead,
            ..Inherited::default()
        }),
        ..Default::default()
    }
}

pub(super) fn initiated(
    it: StartChildWorkflowExecutionInitiatedEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let (summary, details) = user_metadata_from_proto(metadata);
    let (reuse, terminate_running) = reuse_from_proto(it.workflow_id_reuse_policy)?;
    #[expect(deprecated, reason = "`inherit_build_id` is what Temporal's own server still writes")]
    let same_version = it.inherit_build_id;
    Ok(AnyEvent::Child(Event::Initiated(Box::new(Initiated {
        namespace: it.namespace,
        workflow_id: it.workflow_id,
        workflow_type: it.workflow_type.unwrap_or_default().name,
        task_queue: task_queue_from_proto(it.task_queue),
        input: payload::list_from_proto(it.input),
        header: payload::header_from_proto(it.header),
        execution_timeout: limit_from_proto(
            "workflow_execution_timeout",
            it.workflow_execution_timeout,
        )?,
        run_timeout: limit_from_proto("workflow_run_timeout", it.workflow_run_timeout)?,
        task_timeout: match it.workflow_task_timeout {
            Some(timeout) => delay_from_proto("workflow_task_timeout", timeout)?,
            None => Delay::ZERO,
        },
        parent_close: parent_close_from_proto(it.parent_close_policy)?,
        reuse,
        terminate_running,
        retry: it.retry_policy.map(retry_from_proto).transpose()?,
        cron: it.cron_schedule,
        memo: payload::memo_from_proto(it.memo),
        search_attributes: payload::search_attributes_from_proto(it.search_attributes),
        same_version,
        priority: priority_from_proto(it.priority)?,
        time_skipping: time_skipping::from_proto(it.time_skipping_config),
        ahead: time_skipping::inherited_from_proto(it.time_skipping_state_propagation)?.ahead,
        task: task_of(it.workflow_task_completed_event_id)?,
        summary,
        details,
    }))))
}

pub(super) fn start_failed(
    it: StartChildWorkflowExecutionFailedEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let (summary, _) = user_metadata_from_proto(metadata);
    let reason = summary.and_then(|it| serde_json::from_slice(&it.data).ok());
    Ok(AnyEvent::Child(Event::StartFailed {
        initiated: initiated_id(it.initiated_event_id)?,
        child: named(it.namespace, it.workflow_id, it.workflow_type),
        cause: start_failed_from_proto(it.cause)?,
        reason: reason.unwrap_or_default(),
    }))
}

pub(super) fn started(
    it: ChildWorkflowExecutionStartedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let (workflow_id, run) = child_run(it.workflow_execution)?;
    Ok(AnyEvent::Child(Event::Started {
        initiated: initiated_id(it.initiated_event_id)?,
        child: named(it.namespace, workflow_id, it.workflow_type),
        run,
        header: payload::header_from_proto(it.header),
    }))
}

fn closed_to_proto(
    initiated: EventId,
    started: EventId,
    child: &Named,
    run: RunId,
    outcome: &Outcome,
) -> Attributes {
    // Each of the five messages has the same fields to say which child it is.
    macro_rules! event {
        ($message:ident { $($field:ident: $value:expr),* $(,)? }) => {
            Attributes::$message($message {
                $($field: $value,)*
                namespace: child.namespace.clone(),
                workflow_execution: Some(execution_to_proto(&child.workflow_id, run)),
                workflow_type: type_to_proto(child),
                initiated_event_id: event_id_to_proto(initiated),
                started_event_id: event_id_to_proto(started),
                ..Default::default()
            })
        };
    }
    match outcome {
        Outcome::Completed { result } => event!(ChildWorkflowExecutionCompletedEventAttributes {
            result: payload::list_to_proto(result),
        }),
        Outcome::Failed { failure, retry_state } => {
            event!(ChildWorkflowExecutionFailedEventAttributes {
                failure: Some(failure::to_proto(failure)),
                retry_state: retry_state_to_proto(*retry_state) as i32,
            })
        }
        Outcome::Canceled { details } => event!(ChildWorkflowExecutionCanceledEventAttributes {
            details: payload::list_to_proto(details),
        }),
        Outcome::TimedOut { retry_state } => {
            event!(ChildWorkflowExecutionTimedOutEventAttributes {
                retry_state: retry_state_to_proto(*retry_state) as i32,
            })
        }
        Outcome::Terminated => event!(ChildWorkflowExecutionTerminatedEventAttributes {}),
    }
}

macro_rules! closed {
    ($it:ident, $outcome:expr) => {{
        let outcome = $outcome;
        let (workflow_id, run) = child_run($it.workflow_execution)?;
        Ok(AnyEvent::Child(Event::Closed {
            initiated: initiated_id($it.initiated_event_id)?,
            started: event_id_from_proto("child's started_event_id", $it.started_event_id)?,
            child: named($it.namespace, workflow_id, $it.workflow_type),
            run,
            outcome,
        }))
    }};
}

pub(super) fn completed(
    it: ChildWorkflowExecutionCompletedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    closed!(it, Outcome::Completed { result: payload::list_from_proto(it.result) })
}

pub(super) fn failed(
    it: ChildWorkflowExecutionFailedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    closed!(
        it,
        Outcome::Failed {
            failure: failure::from_proto(it.failure.unwrap_or_default())?,
            retry_state: retry_state_from_proto(it.retry_state)?,
        }
    )
}

pub(super) fn canceled(
    it: ChildWorkflowExecutionCanceledEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    closed!(it, Outcome::Canceled { details: payload::list_from_proto(it.details) })
}

pub(super) fn timed_out(
    it: ChildWorkflowExecutionTimedOutEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    closed!(it, Outcome::TimedOut { retry_state: retry_state_from_proto(it.retry_state)? })
}

pub(super) fn terminated(
    it: ChildWorkflowExecutionTerminatedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    closed!(it, Outcome::Terminated)
}

fn named(
    namespace: String,
    workflow_id: String,
    workflow_type: Option<WorkflowType>,
) -> Box<Named> {
    let workflow_type = workflow_type.unwrap_or_default().name;
    Box::new(Named { namespace, workflow_id, workflow_type })
}

fn child_run(it: Option<WorkflowExecution>) -> Result<(String, RunId), DecodeError> {
    const WHAT: &str = "child's run_id";
    let it = it.unwrap_or_default();
    let run = run_from_proto(WHAT, &it.run_id)?.ok_or(DecodeError::Missing { what: WHAT })?;
    Ok((it.workflow_id, run))
}

fn initiated_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("child's initiated_event_id", id)
}

#[expect(deprecated, reason = "a child has no conflict policy that could say it instead")]
fn reuse_to_proto(reuse: IdReusePolicy, terminate_running: bool) -> enums::WorkflowIdReusePolicy {
    match (reuse, terminate_running) {
        (_, true) => enums::WorkflowIdReusePolicy::TerminateIfRunning,
        (IdReusePolicy::AllowDuplicate, false) => enums::WorkflowIdReusePolicy::AllowDuplicate,
        (IdReusePolicy::AllowDuplicateFailedOnly, false) => {
            enums::WorkflowIdReusePolicy::AllowDuplicateFailedOnly
        }
        (IdReusePolicy::RejectDuplicate, false) => enums::WorkflowIdReusePolicy::RejectDuplicate,
    }
}

#[expect(deprecated, reason = "a child has no conflict policy that could say it instead")]
fn reuse_from_proto(number: i32) -> Result<(IdReusePolicy, bool), DecodeError> {
    use enums::WorkflowIdReusePolicy as Policy;
    match Policy::try_from(number) {
        Ok(Policy::Unspecified | Policy::AllowDuplicate) => {
            Ok((IdReusePolicy::AllowDuplicate, false))
        }
        Ok(Policy::AllowDuplicateFailedOnly) => {
            Ok((IdReusePolicy::AllowDuplicateFailedOnly, false))
        }
        Ok(Policy::RejectDuplicate) => Ok((IdReusePolicy::RejectDuplicate, false)),
        Ok(Policy::TerminateIfRunning) => Ok((IdReusePolicy::AllowDuplicate, true)),
        Err(_) => Err(DecodeError::bad("workflow_id_reuse_policy", number, "0 to 4")),
    }
}

fn start_failed_to_proto(cause: StartFailedCause) -> enums::StartChildWorkflowExecutionFailedCause {
    match cause {
        StartFailedCause::WorkflowAlreadyExists => {
            enums::StartChildWorkflowExecutionFailedCause::WorkflowAlreadyExists
        }
        StartFailedCause::NotDeployed => enums::StartChildWorkflowExecutionFailedCause::Unspecified,
    }
}

/// Temporal's other causes say, as ours does, that there is no place where it could run.
fn start_failed_from_proto(number: i32) -> Result<StartFailedCause, DecodeError> {
    use enums::StartChildWorkflowExecutionFailedCause as Cause;
    match Cause::try_from(number) {
        Ok(Cause::WorkflowAlreadyExists) => Ok(StartFailedCause::WorkflowAlreadyExists),
        Ok(_) => Ok(StartFailedCause::NotDeployed),
        Err(_) => Err(DecodeError::bad("cause of a child that did not start", number, "0 to 3")),
    }
}
