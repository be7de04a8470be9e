//! Errors as clients see them: a code, a text, and a typed detail that SDKs look for.
//!
//! The details travel in `grpc-status-details-bin`. An SDK that finds none there shows a raw RPC
//! error where its user expects, say, "workflow already started".

use prost::{Message, Name};
use refrain_core::arrival::Refused;
use refrain_core::reset::ResetError;
use refrain_engine::EngineError;
use refrain_wire::api::enums::v1::{
    NamespaceState, ResourceExhaustedCause, ResourceExhaustedScope,
};
use refrain_wire::api::errordetails::v1 as details;
use refrain_wire::api::failure::v1::MultiOperationExecutionAborted;
use refrain_wire::wkt::Any;
use refrain_wire::{DecodeError, failure};
use tonic::{Code, Status};

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// Of a start and an update in one: what became of each. `None`: it was not at fault, but the
/// other one was.
pub(crate) fn multi_operation(statuses: [Option<Status>; 2]) -> Status {
    use details::multi_operation_execution_failure::OperationStatus;
    let code = statuses.iter().flatten().map(Status::code).next().unwrap_or(Code::Internal);
    let of_operation = |status: Option<Status>| match status {
        Some(status) => OperationStatus {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: RpcStatus::decode(status.details())
                .map_or_else(|_| Vec::new(), |it| it.details),
        },
        None => OperationStatus {
            code: Code::Aborted as i32,
            message: "Operation was aborted.".to_owned(),
            details: vec![any(&MultiOperationExecutionAborted::default())],
        },
    };
    let statuses = statuses.map(of_operation).into();
    let detail = details::MultiOperationExecutionFailure { statuses };
    with_detail(code, "Update-with-Start could not be executed.".to_owned(), &detail)
}

fn with_detail<M: Message + Name>(code: Code, message: String, detail: &M) -> Status {
    let details = vec![any(detail)];
    let status = RpcStatus { code: code as i32, message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}

fn any<M: Message + Name>(detail: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: detail.encode_to_vec(),
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

/// A field that is not what it must be: the sender's to mend.
pub(crate) fn undecodable(error: DecodeError) -> Status {
    invalid(with_causes(&error))
}

pub(crate) fn not_found(message: impl Into<String>) -> Status {
    with_detail(Code::NotFound, message.into(), &details::NotFoundFailure::default())
}

pub(crate) fn permission_denied(message: impl Into<String>) -> Status {
    let detail = details::PermissionDeniedFailure::default();
    with_detail(Code::PermissionDenied, message.into(), &detail)
}

/// A broken promise of ours: the client learns that it was not its fault, the log learns the rest.
pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Status {
    let text = with_causes(error);
    tracing::error!(bug = true, error = %text, "a request failed");
    Status::internal(format!("internal error: {text}"))
}

pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// The one place where the engine's errors become codes.
///
/// What may be tried again is UNAVAILABLE or RESOURCE_EXHAUSTED: SDKs told that we differentiate
/// (GetSystemInfo) never retry INTERNAL.
pub(crate) fn of(error: EngineError) -> Status {
    let text = error.to_string();
    match error {
        EngineError::NamespaceNotFound(namespace) => {
            let detail = details::NamespaceNotFoundFailure { namespace };
            with_detail(Code::NotFound, text, &detail)
        }
        EngineError::NamespaceDeprecated(namespace) => {
            let detail = details::NamespaceInvalidStateFailure {
                namespace,
                state: NamespaceState::Deprecated as i32,
                allowed_states: vec![NamespaceState::Registered as i32],
            };
            with_detail(Code::FailedPrecondition, text, &detail)
        }
        EngineError::NamespaceExists(_) => {
            let detail = details::NamespaceAlreadyExistsFailure::default();
            with_detail(Code::AlreadyExists, text, &detail)
        }
        EngineError::WorkflowNotFound { .. }
        | EngineError::ScheduleNotFound { .. }
        | EngineError::ActivityNotFound
        | EngineError::PendingActivityNotFound
        | EngineError::ComponentNotFound(_)
        | EngineError::UpdateNotFound(_)
        | EngineError::BatchNotFound { .. }
        | EngineError::BatchClosed
        | EngineError::StandaloneNotFound { .. }
        | EngineError::Refused(
            Refused::RunClosed | Refused::ActivityNotPending | Refused::UpdateAborted,
        ) => not_found(text),
        EngineError::Refused(
            Refused::UpdatesInFlight { .. } | Refused::UpdateBytesInFlight { .. },
        ) => {
            let detail = details::ResourceExhaustedFailure {
                cause: ResourceExhaustedCause::ConcurrentLimit as i32,
                scope: ResourceExhaustedScope::Namespace as i32,
            };
            with_detail(Code::ResourceExhausted, text, &detail)
        }
        EngineError::Refused(Refused::UpdateLimit { .. }) => Status::failed_precondition(text),
        EngineError::Refused(Refused::AlreadyPaused | Refused::NotPaused) => {
            Status::failed_precondition(text)
        }
        EngineError::Refused(Refused::SignalLimit { .. }) | EngineError::InvalidArgument(_) => {
            invalid(text)
        }
        // A rejection is an outcome, and never gets here as an error.
        EngineError::Refused(
            Refused::TimerNotPending
            | Refused::ChildNotPending
            | Refused::ExternalNotPending
            | Refused::NotAChild
            | Refused::Spurious
            | Refused::UpdateRejected(_),
        )
        | EngineError::Internal(_) => internal(&error),
        EngineError::AlreadyStarted { run, start_request_id, .. } => {
            let run_id = run.to_string();
            let detail = details::WorkflowExecutionAlreadyStartedFailure {
                start_request_id,
                first_execution_run_id: run_id.clone(),
                run_id,
            };
            with_detail(Code::AlreadyExists, text, &detail)
        }
        EngineError::StandaloneExists { run, start_request_id, .. } => {
            let run_id = run.to_string();
            let detail =
                details::ActivityExecutionAlreadyStartedFailure { start_request_id, run_id };
            with_detail(Code::AlreadyExists, text, &detail)
        }
        EngineError::StandaloneClosed => Status::failed_precondition(text),
        EngineError::TooManyBatches => {
            let detail = details::ResourceExhaustedFailure {
                cause: ResourceExhaustedCause::ConcurrentLimit as i32,
                scope: ResourceExhaustedScope::Namespace as i32,
            };
            with_detail(Code::ResourceExhausted, text, &detail)
        }
        // The detail that clients look for: a schedule and a batch were workflows once.
        EngineError::ScheduleExists { .. } | EngineError::BatchExists { .. } => {
            let detail = details::WorkflowExecutionAlreadyStartedFailure::default();
            with_detail(Code::AlreadyExists, text, &detail)
        }
        EngineError::NothingDeployed { .. }
        | EngineError::ScheduleChanged { .. }
        | EngineError::DeployRefused(_)
        | EngineError::DoesNotFit(_)
        | EngineError::NoSuchVersion { .. }
        | EngineError::NotReset(ResetError::PendingElsewhere { .. })
        | EngineError::ActivityAlreadyPaused => Status::failed_precondition(text),
        EngineError::NotReset(ResetError::Broken(_)) => internal(&error),
        EngineError::NotReset(ResetError::NotInHistory { .. } | ResetError::NotATask { .. }) => {
            invalid(text)
        }
        EngineError::UnknownWorkflowType { .. } | EngineError::CancelNotRequested => invalid(text),
        EngineError::QueryFailed(cause) => {
            let failure = Some(failure::to_proto(&cause));
            let detail = details::QueryFailedFailure { failure };
            with_detail(Code::InvalidArgument, text, &detail)
        }
        EngineError::QueryUnavailable(_) => {
            let detail = details::WorkflowNotReadyFailure::default();
            with_detail(Code::FailedPrecondition, text, &detail)
        }
        EngineError::NoRoom(_) => {
            let detail = details::ResourceExhaustedFailure {
                cause: ResourceExhaustedCause::SystemOverloaded as i32,
                scope: ResourceExhaustedScope::System as i32,
            };
            with_detail(Code::ResourceExhausted, text, &detail)
        }
        EngineError::MailboxFull { .. } => {
            let detail = details::ResourceExhaustedFailure {
                cause: ResourceExhaustedCause::BusyWorkflow as i32,
                scope: ResourceExhaustedScope::Namespace as i32,
            };
            with_detail(Code::ResourceExhausted, text, &detail)
        }
        EngineError::StoreUnavailable(_) | EngineError::ShuttingDown => Status::unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use refrain_core::failure::Failure;
    use refrain_core::ids::RunId;
    use refrain_core::options::IdReusePolicy;

    /// Code, text and the name of the detail, as a client's trace shows them.
    fn shown(status: &Status) -> String {
        let details = RpcStatus::decode(status.details()).expect("ours");
        let names: Vec<&str> =
            details.details.iter().filter_map(|it| it.type_url.rsplit('.').next()).collect();
        format!("{:?} {} {}\n", status.code(), names.join(","), status.message())
    }

    #[test]
    fn each_error_has_the_code_and_the_detail_that_sdks_look_for() {
        let taken = |finished| EngineError::AlreadyStarted {
            workflow_id: "w".to_owned(),
            run: RunId(1),
            start_request_id: "r".to_owned(),
            finished,
        };
        let errors = [
            EngineError::NamespaceNotFound("ns".to_owned()),
            EngineError::NamespaceExists("ns".to_owned()),
            EngineError::NamespaceDeprecated("ns".to_owned()),
            EngineError::WorkflowNotFound { workflow_id: "w".to_owned(), run: None },
            EngineError::WorkflowNotFound { workflow_id: "w".to_owned(), run: Some(RunId(1)) },
            EngineError::Refused(Refused::RunClosed),
            EngineError::Refused(Refused::SignalLimit { most: 10_000 }),
            EngineError::UpdateNotFound("u".to_owned()),
            EngineError::Refused(Refused::UpdateAborted),
            EngineError::Refused(Refused::UpdatesInFlight { most: 10 }),
            EngineError::Refused(Refused::UpdateBytesInFlight { most: 20 << 20 }),
            EngineError::Refused(Refused::UpdateLimit { most: 2000 }),
            EngineError::Refused(Refused::NotPaused),
            EngineError::ActivityNotFound,
            EngineError::PendingActivityNotFound,
            EngineError::ActivityAlreadyPaused,
            EngineError::CancelNotRequested,
            taken(None),
            taken(Some(IdReusePolicy::AllowDuplicateFailedOnly)),
            taken(Some(IdReusePolicy::RejectDuplicate)),
            EngineError::NothingDeployed { task_queue: "q".to_owned() },
            EngineError::QueryFailed(Box::new(Failure::host("T", "no such query"))),
            EngineError::QueryUnavailable("it trapped".to_owned()),
            EngineError::MailboxFull { waiting: 7 },
            EngineError::NoRoom("no room for one more guest".to_owned()),
            EngineError::StoreUnavailable("disk full".to_owned()),
            EngineError::Internal("oops".to_owned()),
        ];
        let text: String = errors.into_iter().map(|error| shown(&of(error))).collect();
        expect![[r#"
            NotFound NamespaceNotFoundFailure namespace `ns` not found
            AlreadyExists NamespaceAlreadyExistsFailure namespace `ns` already exists
            FailedPrecondition NamespaceInvalidStateFailure namespace `ns` is deprecated: nothing new starts in it
            NotFound NotFoundFailure workflow execution `w` not found
            NotFound NotFoundFailure workflow execution `w` with run `00000000-0000-0000-0000-000000000001` not found
            NotFound NotFoundFailure workflow execution already completed
            InvalidArgument  exceeded workflow execution limit for signal events: the run has 10000
            NotFound NotFoundFailure update "u" not found
            NotFound NotFoundFailure workflow update was aborted by closing workflow
            ResourceExhausted ResourceExhaustedFailure limit on number of concurrent in-flight updates has been reached (10)
            ResourceExhausted ResourceExhaustedFailure limit on bytes of in-flight updates has been reached (20971520)
            FailedPrecondition  run has taken 2000 updates, the most a run can take
            FailedPrecondition  workflow is not paused.
            NotFound NotFoundFailure activity task not found: its attempt is over
            NotFound NotFoundFailure Can't find pending activity with such ID. Invalid activityID or activity already completed
            FailedPrecondition  activity is already paused
            InvalidArgument  unable to mark activity as canceled: its cancellation was not requested
            AlreadyExists WorkflowExecutionAlreadyStartedFailure Workflow execution is already running. WorkflowId: w, RunId: 00000000-0000-0000-0000-000000000001.
            AlreadyExists WorkflowExecutionAlreadyStartedFailure Workflow execution already finished successfully. WorkflowId: w, RunId: 00000000-0000-0000-0000-000000000001. Workflow Id reuse policy: allow duplicate workflow Id if last run failed.
            AlreadyExists WorkflowExecutionAlreadyStartedFailure Workflow execution already finished. WorkflowId: w, RunId: 00000000-0000-0000-0000-000000000001. Workflow Id reuse policy: reject duplicate workflow Id.
            FailedPrecondition  no workflow component is deployed to task queue `q`: deploy one with `refrain deploy`
            InvalidArgument QueryFailedFailure no such query
            FailedPrecondition WorkflowNotReadyFailure workflow can't be queried: it trapped
            ResourceExhausted ResourceExhaustedFailure workflow execution has 7 arrivals waiting, the most it can have
            ResourceExhausted ResourceExhaustedFailure no room for one more guest
            Unavailable  the store is not available: disk full
            Internal  internal error: internal error: oops
        "#]].assert_eq(&text);
    }
}
