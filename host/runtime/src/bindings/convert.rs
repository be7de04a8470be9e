//! WIT types to core's and back. Bytes are moved, never copied.

use super::{activities, signals, types};
use crate::errors::Stop;
use refrain_core::failure::{Failure, FailureKind, RetryState, TimeoutType};
use refrain_core::ids::{EventId, RunId};
use refrain_core::machines::execution::WorkflowRun;
use refrain_core::machines::signal::Signal;
use refrain_core::options::{CancellationType, Priority, RetryPolicy};
use refrain_core::payload::{Payload, PayloadMap, Payloads};
use refrain_core::time::Delay;

pub(crate) fn payload_in(payload: types::Payload) -> Payload {
    Payload { metadata: payload.metadata.into_iter().collect(), data: payload.data }
}

pub(crate) fn payload_out(payload: Payload) -> types::Payload {
    types::Payload { metadata: payload.metadata.into_iter().collect(), data: payload.data }
}

pub(crate) fn payloads_in(payloads: types::Payloads) -> Payloads {
    payloads.into_iter().map(payload_in).collect()
}

pub(crate) fn payloads_out(payloads: Payloads) -> types::Payloads {
    payloads.into_iter().map(payload_out).collect()
}

pub(crate) fn fields_in(fields: types::Fields) -> PayloadMap {
    fields.into_iter().map(|(name, payload)| (name, payload_in(payload))).collect()
}

pub(crate) fn fields_out(fields: &PayloadMap) -> types::Fields {
    fields.iter().map(|(name, payload)| (name.clone(), payload_out(payload.clone()))).collect()
}

pub(crate) fn signal_out(signal: Signal) -> signals::Signal {
    signals::Signal {
        name: signal.name,
        args: payloads_out(signal.input),
        headers: fields_out(&signal.header),
    }
}

/// A line for people, as SDKs encode it.
pub(crate) fn text_payload(text: &str) -> Payload {
    Payload::json(serde_json::Value::from(text).to_string())
}

/// The chain of causes, outermost first.
pub(crate) fn failure_out(failure: Failure) -> types::Failure {
    let mut frames = Vec::with_capacity(2);
    let mut next = Some(Box::new(failure));
    while let Some(failure) = next {
        let failure = *failure;
        let (kind, details) = kind_out(failure.kind);
        frames.push(types::FailureFrame {
            message: failure.message,
            kind,
            source: failure.source,
            stack_trace: failure.stack_trace,
            details,
            encoded_attributes: failure.encoded_attributes.map(payload_out),
        });
        next = failure.cause;
    }
    frames
}

fn kind_out(kind: FailureKind) -> (types::FailureKind, types::Payloads) {
    match kind {
        FailureKind::Application {
            error_type,
            non_retryable,
            details,
            next_retry_delay,
            benign,
        } => (
            types::FailureKind::Application(types::ApplicationFailure {
                type_: error_type,
                non_retryable,
                next_retry_delay_ms: next_retry_delay.map(Delay::as_ms),
                benign,
            }),
            payloads_out(details),
        ),
        FailureKind::Timeout { timeout, last_heartbeat } => {
            (types::FailureKind::Timeout(timeout_out(timeout)), payloads_out(last_heartbeat))
        }
        FailureKind::Canceled { details } => (types::FailureKind::Canceled, payloads_out(details)),
        FailureKind::Terminated => (types::FailureKind::Terminated, Vec::new()),
        FailureKind::ResetWorkflow { last_heartbeat } => {
            (types::FailureKind::ResetWorkflow, payloads_out(last_heartbeat))
        }
        FailureKind::Server { non_retryable } => {
            (types::FailureKind::Server(non_retryable), Vec::new())
        }
        FailureKind::Activity {
            scheduled: _,
            started: _,
            identity: _,
            activity_type,
            activity_id,
            retry_state,
        } => (
            types::FailureKind::Activity(types::ActivityFailure {
                activity_type,
                activity_id,
                retry_state: retry_state_out(retry_state),
            }),
            Vec::new(),
        ),
        FailureKind::ChildWorkflow {
            namespace: _,
            workflow_id,
            run,
            workflow_type,
            initiated: _,
            started: _,
            retry_state,
        } => (
            types::FailureKind::ChildWorkflow(types::ChildWorkflowFailure {
                workflow_type,
                execution: types::Execution { workflow_id, run_id: run.map(|run| run.to_string()) },
                retry_state: retry_state_out(retry_state),
            }),
            Vec::new(),
        ),
    }
}

/// What the interface can't say about a failed activity or child, kept beside it while the guest has it:
/// "a guest that lets an operation's failure escape returns the frames it was given".
#[derive(Clone, Debug)]
pub(crate) enum KnownEvents {
    Activity { activity_id: String, scheduled: EventId, started: EventId, identity: String },
    Child { workflow_id: String, namespace: String, initiated: EventId, started: EventId },
}

impl KnownEvents {
    pub(crate) fn of(failure: &Failure) -> Option<KnownEvents> {
        match &failure.kind {
            FailureKind::Activity { scheduled, started, identity, activity_id, .. } => {
                Some(KnownEvents::Activity {
                    activity_id: activity_id.clone(),
                    scheduled: *scheduled,
                    started: *started,
                    identity: identity.clone(),
                })
            }
            FailureKind::ChildWorkflow { namespace, workflow_id, initiated, started, .. } => {
                Some(KnownEvents::Child {
                    workflow_id: workflow_id.clone(),
                    namespace: namespace.clone(),
                    initiated: *initiated,
                    started: *started,
                })
            }
            FailureKind::Application { .. }
            | FailureKind::Timeout { .. }
            | FailureKind::Canceled { .. }
            | FailureKind::Terminated
            | FailureKind::ResetWorkflow { .. }
            | FailureKind::Server { .. } => None,
        }
    }
}

/// Core's failures are nested, and dropped by recursion: a long chain would end the host.
const FRAMES_MAX: usize = 100;

pub(crate) fn failure_in(frames: types::Failure, known: &[KnownEvents]) -> Result<Failure, Stop> {
    if frames.len() > FRAMES_MAX {
        return Err(Stop::broken(format!(
            "guest gave a failure of {} frames, at most {FRAMES_MAX} are allowed",
            frames.len()
        )));
    }
    let mut whole = None;
    for frame in frames.into_iter().rev() {
        let cause = whole.take().map(Box::new);
        whole = Some(Failure {
            message: frame.message,
            source: frame.source,
            stack_trace: frame.stack_trace,
            encoded_attributes: frame.encoded_attributes.map(payload_in),
            kind: kind_in(frame.kind, payloads_in(frame.details), known)?,
            cause,
        });
    }
    whole.ok_or_else(|| Stop::broken("guest gave a failure without frames, expected at least one"))
}

fn kind_in(
    kind: types::FailureKind,
    details: Payloads,
    known: &[KnownEvents],
) -> Result<FailureKind, Stop> {
    Ok(match kind {
        types::FailureKind::Application(application) => FailureKind::Application {
            error_type: application.type_,
            non_retryable: application.non_retryable,
            details,
            next_retry_delay: application.next_retry_delay_ms.map(Delay),
            benign: application.benign,
        },
        types::FailureKind::ResetWorkflow => FailureKind::ResetWorkflow { last_heartbeat: details },
        types::FailureKind::Canceled => FailureKind::Canceled { details },
        types::FailureKind::Terminated => FailureKind::Terminated,
        types::FailureKind::Timeout(timeout) => {
            FailureKind::Timeout { timeout: timeout_in(timeout), last_heartbeat: details }
        }
        types::FailureKind::Server(non_retryable) => FailureKind::Server { non_retryable },
        types::FailureKind::Activity(activity) => {
            let events = known.iter().find_map(|known| match known {
                KnownEvents::Activity { activity_id, scheduled, started, identity }
                    if *activity_id == activity.activity_id =>
                {
                    Some((*scheduled, *started, identity.clone()))
                }
                KnownEvents::Activity { .. } | KnownEvents::Child { .. } => None,
            });
            let (scheduled, started, identity) = events.unwrap_or_default();
            FailureKind::Activity {
                scheduled,
                started,
                identity,
                activity_type: activity.activity_type,
                activity_id: activity.activity_id,
                retry_state: retry_state_in(activity.retry_state),
            }
        }
        types::FailureKind::ChildWorkflow(child) => {
            let run = child.execution.run_id.map(|run| run.parse::<RunId>()).transpose();
            // Of two children with the same id the later one has failed last.
            let events = known.iter().rev().find_map(|known| match known {
                KnownEvents::Child { workflow_id, namespace, initiated, started }
                    if *workflow_id == child.execution.workflow_id =>
                {
                    Some((namespace.clone(), *initiated, *started))
                }
                KnownEvents::Child { .. } | KnownEvents::Activity { .. } => None,
            });
            let (namespace, initiated, started) = events.unwrap_or_default();
            FailureKind::ChildWorkflow {
                namespace,
                workflow_id: child.execution.workflow_id,
                run: run.map_err(|cause| Stop::broken(cause.to_string()))?,
                workflow_type: child.workflow_type,
                initiated,
                started,
                retry_state: retry_state_in(child.retry_state),
            }
        }
    })
}

fn timeout_out(timeout: TimeoutType) -> types::TimeoutType {
    match timeout {
        TimeoutType::StartToClose => types::TimeoutType::StartToClose,
        TimeoutType::ScheduleToStart => types::TimeoutType::ScheduleToStart,
        TimeoutType::ScheduleToClose => types::TimeoutType::ScheduleToClose,
        TimeoutType::Heartbeat => types::TimeoutType::Heartbeat,
    }
}

fn timeout_in(timeout: types::TimeoutType) -> TimeoutType {
    match timeout {
        types::TimeoutType::StartToClose => TimeoutType::StartToClose,
        types::TimeoutType::ScheduleToStart => TimeoutType::ScheduleToStart,
        types::TimeoutType::ScheduleToClose => TimeoutType::ScheduleToClose,
        types::TimeoutType::Heartbeat => TimeoutType::Heartbeat,
    }
}

fn retry_state_out(state: RetryState) -> types::RetryState {
    match state {
        RetryState::Unspecified => types::RetryState::Unspecified,
        RetryState::InProgress => types::RetryState::InProgress,
        RetryState::NonRetryableFailure => types::RetryState::NonRetryableFailure,
        RetryState::Timeout => types::RetryState::Timeout,
        RetryState::MaximumAttemptsReached => types::RetryState::MaximumAttemptsReached,
        RetryState::RetryPolicyNotSet => types::RetryState::RetryPolicyNotSet,
        RetryState::InternalServerError => types::RetryState::InternalServerError,
        RetryState::CancelRequested => types::RetryState::CancelRequested,
    }
}

fn retry_state_in(state: types::RetryState) -> RetryState {
    match state {
        types::RetryState::Unspecified => RetryState::Unspecified,
        types::RetryState::InProgress => RetryState::InProgress,
        types::RetryState::NonRetryableFailure => RetryState::NonRetryableFailure,
        types::RetryState::Timeout => RetryState::Timeout,
        types::RetryState::MaximumAttemptsReached => RetryState::MaximumAttemptsReached,
        types::RetryState::RetryPolicyNotSet => RetryState::RetryPolicyNotSet,
        types::RetryState::InternalServerError => RetryState::InternalServerError,
        types::RetryState::CancelRequested => RetryState::CancelRequested,
    }
}

pub(crate) fn retry_policy_out(policy: &RetryPolicy) -> types::RetryPolicy {
    types::RetryPolicy {
        initial_interval_ms: policy.initial_interval.as_ms(),
        backoff_coefficient: policy.backoff_coefficient,
        maximum_interval_ms: Some(policy.maximum_interval.as_ms()),
        maximum_attempts: policy.maximum_attempts,
        non_retryable_error_types: policy.non_retryable_error_types.clone(),
    }
}

/// Zeros stand for the defaults, as on Temporal's wire. An error says what is wrong, for people.
pub(crate) fn retry_policy_in(policy: types::RetryPolicy) -> Result<RetryPolicy, String> {
    let defaults = RetryPolicy::default();
    let initial_interval = match policy.initial_interval_ms {
        0 => defaults.initial_interval,
        ms => Delay(ms),
    };
    let backoff_coefficient = match policy.backoff_coefficient {
        0.0 => defaults.backoff_coefficient,
        coefficient if coefficient.is_finite() && coefficient >= 1.0 => coefficient,
        wrong => return Err(format!("retry: backoff-coefficient is {wrong}, expected 1 or more")),
    };
    let maximum_interval = match policy.maximum_interval_ms {
        Some(0) | None => Delay(initial_interval.0.saturating_mul(100)),
        Some(ms) if ms < initial_interval.0 => {
            return Err(format!(
                "retry: maximum-interval-ms is {ms}, expected at least the initial interval of {} ms",
                initial_interval.0
            ));
        }
        Some(ms) => Delay(ms),
    };
    Ok(RetryPolicy {
        initial_interval,
        backoff_coefficient,
        maximum_interval,
        maximum_attempts: policy.maximum_attempts,
        non_retryable_error_types: policy.non_retryable_error_types,
    })
}

pub(crate) fn cancellation_in(cancellation: activities::CancellationType) -> CancellationType {
    match cancellation {
        activities::CancellationType::TryCancel => CancellationType::TryCancel,
        activities::CancellationType::WaitCancellationCompleted => {
            CancellationType::WaitCancellationCompleted
        }
        activities::CancellationType::Abandon => CancellationType::Abandon,
    }
}

/// 0 says nothing, as on the wire.
pub(crate) fn priority_in(priority: types::Priority) -> Priority {
    Priority {
        key: priority.key.filter(|key| *key != 0),
        fairness_key: priority.fairness_key.unwrap_or_default(),
        fairness_weight: priority.fairness_weight.filter(|weight| *weight != 0.0),
    }
}

pub(crate) fn priority_out(priority: &Priority) -> types::Priority {
    types::Priority {
        key: priority.key,
        fairness_key: Some(priority.fairness_key.clone()).filter(|key| !key.is_empty()),
        fairness_weight: priority.fairness_weight,
    }
}

pub(crate) fn workflow_run_out(it: &WorkflowRun) -> types::Execution {
    types::Execution { workflow_id: it.workflow_id.clone(), run_id: Some(it.run.to_string()) }
}
