//! Signals and requests to cancel that a run sends to others.

use super::execution::task_of;
use crate::api::common::v1::WorkflowExecution;
use crate::api::enums::v1::{
    CancelExternalWorkflowExecutionFailedCause, SignalExternalWorkflowExecutionFailedCause,
};
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    ExternalWorkflowExecutionCancelRequestedEventAttributes,
    ExternalWorkflowExecutionSignaledEventAttributes,
    RequestCancelExternalWorkflowExecutionFailedEventAttributes,
    RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
    SignalExternalWorkflowExecutionFailedEventAttributes,
    SignalExternalWorkflowExecutionInitiatedEventAttributes,
};
use crate::options::{event_id_from_proto, event_id_to_proto, run_from_proto, run_to_proto};
use crate::{DecodeError, payload};
use refrain_core::ids::EventId;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::external::{Event, FailedCause, Sent, Target};

pub(super) fn to_proto(event: &Event) -> Attributes {
    match event {
        Event::SignalInitiated { target, signal, child_only, task } => {
            Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(
                SignalExternalWorkflowExecutionInitiatedEventAttributes {
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    signal_name: signal.name.clone(),
                    input: payload::list_to_proto(&signal.input),
                    child_workflow_only: *child_only,
                    header: (!signal.header.is_empty())
                        .then(|| payload::header_to_proto(&signal.header)),
                    ..Default::default()
                },
            )
        }
        Event::Signaled { initiated, target } => {
            Attributes::ExternalWorkflowExecutionSignaledEventAttributes(
                ExternalWorkflowExecutionSignaledEventAttributes {
                    initiated_event_id: event_id_to_proto(*initiated),
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    ..Default::default()
                },
            )
        }
        Event::SignalFailed { initiated, target, cause } => {
            Attributes::SignalExternalWorkflowExecutionFailedEventAttributes(
                SignalExternalWorkflowExecutionFailedEventAttributes {
                    cause: signal_cause_to_proto(*cause) as i32,
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    initiated_event_id: event_id_to_proto(*initiated),
                    ..Default::default()
                },
            )
        }
        Event::CancelInitiated { target, reason, child_only, task } => {
            Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(
                RequestCancelExternalWorkflowExecutionInitiatedEventAttributes {
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    child_workflow_only: *child_only,
                    reason: reason.clone(),
                    ..Default::default()
                },
            )
        }
        Event::CancelRequested { initiated, target } => {
            Attributes::ExternalWorkflowExecutionCancelRequestedEventAttributes(
                ExternalWorkflowExecutionCancelRequestedEventAttributes {
                    initiated_event_id: event_id_to_proto(*initiated),
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    ..Default::default()
                },
            )
        }
        Event::CancelFailed { initiated, target, cause } => {
            Attributes::RequestCancelExternalWorkflowExecutionFailedEventAttributes(
                RequestCancelExternalWorkflowExecutionFailedEventAttributes {
                    cause: cancel_cause_to_proto(*cause) as i32,
                    namespace: target.namespace.clone(),
                    workflow_execution: execution(target),
                    initiated_event_id: event_id_to_proto(*initiated),
                    ..Default::default()
                },
            )
        }
    }
}

pub(super) fn signal_initiated(
    it: SignalExternalWorkflowExecutionInitiatedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::External(Event::SignalInitiated {
        target: target(it.namespace, it.workflow_execution)?,
        signal: Box::new(Sent {
            name: it.signal_name,
            input: payload::list_from_proto(it.input),
            header: payload::header_from_proto(it.header),
        }),
        child_only: it.child_workflow_only,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn signaled(
    it: ExternalWorkflowExecutionSignaledEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::External(Event::Signaled {
        initiated: initiated_id(it.initiated_event_id)?,
        target: target(it.namespace, it.workflow_execution)?,
    }))
}

pub(super) fn signal_failed(
    it: SignalExternalWorkflowExecutionFailedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::External(Event::SignalFailed {
        initiated: initiated_id(it.initiated_event_id)?,
        target: target(it.namespace, it.workflow_execution)?,
        cause: signal_cause_from_proto(it.cause)?,
    }))
}

pub(super) fn cancel_initiated(
    it: RequestCancelExternalWorkflowExecutionInitiatedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::External(Event::CancelInitiated {
        target: target(it.namespace, it.workflow_execution)?,
        reason: it.reason,
        child_only: it.child_workflow_only,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn cancel_requested(
    it: ExternalWorkflowExecutionCancelRequestedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::External(Event::CancelRequested {
        initiated: initiated_id(it.initiated_event_id)?,
        target: target(it.namespace, it.workflow_execution)?,
    }))
}

pub(super) fn cancel_failed(
    it: RequestCancelExternalWorkflowExecutionFailedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let number = it.cause;
    CancelExternalWorkflowExecutionFailedCause::try_from(number)
        .map_err(|_| DecodeError::bad("cause of a cancel not delivered", number, "0 to 2"))?;
    Ok(AnyEvent::External(Event::CancelFailed {
        initiated: initiated_id(it.initiated_event_id)?,
        target: target(it.namespace, it.workflow_execution)?,
        // Temporal's other cause is a namespace that was not found.
        cause: FailedCause::NotFound,
    }))
}

fn execution(target: &Target) -> Option<WorkflowExecution> {
    let (workflow_id, run_id) = (target.workflow_id.clone(), run_to_proto(target.run));
    Some(WorkflowExecution { workflow_id, run_id })
}

fn target(namespace: String, it: Option<WorkflowExecution>) -> Result<Box<Target>, DecodeError> {
    let it = it.unwrap_or_default();
    let run = run_from_proto("workflow_execution's run_id", &it.run_id)?;
    Ok(Box::new(Target { namespace, workflow_id: it.workflow_id, run }))
}

fn initiated_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("initiated_event_id", id)
}

fn signal_cause_to_proto(cause: FailedCause) -> SignalExternalWorkflowExecutionFailedCause {
    use SignalExternalWorkflowExecutionFailedCause as Cause;
    match cause {
        FailedCause::NotFound => Cause::ExternalWorkflowExecutionNotFound,
        FailedCause::SignalLimit => Cause::SignalCountLimitExceeded,
    }
}

fn signal_cause_from_proto(number: i32) -> Result<FailedCause, DecodeError> {
    use SignalExternalWorkflowExecutionFailedCause as Cause;
    match Cause::try_from(number) {
        Ok(Cause::SignalCountLimitExceeded) => Ok(FailedCause::SignalLimit),
        Ok(_) => Ok(FailedCause::NotFound),
        Err(_) => Err(DecodeError::bad("cause of a signal not delivered", number, "0 to 3")),
    }
}

fn cancel_cause_to_proto(cause: FailedCause) -> CancelExternalWorkflowExecutionFailedCause {
    match cause {
        FailedCause::NotFound => {
            CancelExternalWorkflowExecutionFailedCause::ExternalWorkflowExecutionNotFound
        }
        // A cancel counts no signals.
        FailedCause::SignalLimit => CancelExternalWorkflowExecutionFailedCause::Unspecified,
    }
}
