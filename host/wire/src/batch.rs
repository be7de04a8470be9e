//! Batches: Temporal's request, received and stored.

use crate::activity_options::changing;
use crate::api::batch::v1 as pb;
use crate::api::common::v1::reset_options::Target as ResetTarget;
use crate::api::enums::v1::{BatchOperationType, ResetType};
use crate::api::workflowservice::v1::StartBatchOperationRequest;
use crate::api::workflowservice::v1::start_batch_operation_request::Operation;
use crate::options::{delay_from_proto, event_id_from_proto, run_from_proto};
use crate::run_options::change_from_proto;
use crate::{DecodeError, payload, reset, wkt};
use prost::Message;
use refrain_core::attempt::{Reset, Tuning};
use refrain_core::batch::{Batch, Deed, ResetPoint, StandaloneDeed, Targets, Which};
use refrain_core::machines::signal::Signal;
use refrain_core::time::Delay;

const WHAT: &str = "a batch";

fn refused(words: &str) -> DecodeError {
    DecodeError::Refused(words.to_owned())
}

/// Errors: these are not the bytes of a request that was accepted once.
pub fn decode(bytes: &[u8]) -> Result<Batch, DecodeError> {
    let request = StartBatchOperationRequest::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    from_proto(request)
}

/// Errors: something is missing or can't be done. In Temporal's words where it has some.
pub fn from_proto(request: StartBatchOperationRequest) -> Result<Batch, DecodeError> {
    let targets = targets(&request)?;
    let operation =
        request.operation.ok_or_else(|| refused("Batch operation is not set on request."))?;
    let (identity, deed) = deed(operation)?;
    Ok(Batch {
        job: request.job_id,
        reason: request.reason,
        identity,
        targets,
        deed,
        per_second: Some(request.max_operations_per_second)
            .filter(|it| it.is_finite() && *it > 0.0),
    })
}

#[allow(deprecated, reason = "clients send either list")]
fn targets(request: &StartBatchOperationRequest) -> Result<Targets, DecodeError> {
    let old = request.executions.iter().map(|it| (&it.workflow_id, &it.run_id));
    let new = request.target_executions.iter().map(|it| (&it.business_id, &it.run_id));
    let list: Vec<_> = old.chain(new).collect();
    match (request.visibility_query.is_empty(), list.is_empty()) {
        (true, true) => Err(refused("VisibilityQuery or Executions must be set on request.")),
        (false, false) => {
            Err(refused("Batch query and executions are mutually exclusive: both are set."))
        }
        (false, true) => Ok(Targets::Query(request.visibility_query.clone())),
        (true, false) => {
            let target = |(id, run): (&String, &String)| {
                if id.is_empty() {
                    return Err(DecodeError::Missing { what: "executions.workflow_id" });
                }
                Ok((id.clone(), run_from_proto("executions.run_id", run)?))
            };
            Ok(Targets::List(list.into_iter().map(target).collect::<Result<_, _>>()?))
        }
    }
}

/// Who does it, and what is done.
fn deed(operation: Operation) -> Result<(String, Deed), DecodeError> {
    Ok(match operation {
        Operation::TerminationOperation(it) => {
            (it.identity, Deed::Terminate { details: payload::list_from_proto(it.details) })
        }
        Operation::CancellationOperation(it) => (it.identity, Deed::Cancel),
        Operation::DeletionOperation(it) => (it.identity, Deed::Delete),
        Operation::SignalOperation(it) => {
            if it.signal.is_empty() {
                return Err(refused("Signal name is not set on request."));
            }
            let signal = Signal {
                name: it.signal,
                input: payload::list_from_proto(it.input),
                header: payload::header_from_proto(it.header),
                identity: it.identity.clone(),
                ..Signal::default()
            };
            (it.identity, Deed::Signal(Box::new(signal)))
        }
        Operation::ResetOperation(it) => (it.identity.clone(), reset(it)?),
        Operation::UnpauseActivitiesOperation(it) => {
            use pb::batch_operation_unpause_activities::Activity;
            let which = match it.activity {
                Some(Activity::Type(kind)) => Which::Type(kind),
                Some(Activity::MatchAll(true)) => Which::All,
                Some(Activity::MatchAll(false)) | None => return Err(no_activities()),
            };
            let tuning = Tuning::Unpause {
                reset_attempts: it.reset_attempts,
                forget_heartbeat: it.reset_heartbeat,
                wait: Delay::ZERO,
            };
            (it.identity, activities(which, tuning, it.jitter)?)
        }
        Operation::ResetActivitiesOperation(it) => {
            use pb::batch_operation_reset_activities::Activity;
            let which = match it.activity {
                Some(Activity::Type(kind)) => Which::Type(kind),
                Some(Activity::MatchAll(true)) => Which::All,
                Some(Activity::MatchAll(false)) | None => return Err(no_activities()),
            };
            let tuning = Tuning::Reset(Reset {
                keep_paused: it.keep_paused,
                forget_heartbeat: it.reset_heartbeat,
                restore_options: it.restore_original_options,
                wait: Delay::ZERO,
            });
            (it.identity, activities(which, tuning, it.jitter)?)
        }
        Operation::UpdateActivityOptionsOperation(it) => {
            use pb::batch_operation_update_activity_options::Activity;
            let which = match it.activity {
                Some(Activity::Type(kind)) => Which::Type(kind),
                Some(Activity::MatchAll(true)) => Which::All,
                Some(Activity::MatchAll(false)) | None => return Err(no_activities()),
            };
            let tuning = changing(it.activity_options, it.update_mask, it.restore_original)?;
            (it.identity, activities(which, tuning, None)?)
        }
        Operation::UpdateWorkflowOptionsOperation(it) => {
            let change = change_from_proto(it.workflow_execution_options, it.update_mask)?;
            (it.identity, Deed::Options(Box::new(change)))
        }
        Operation::CancelActivitiesOperation(it) => {
            (it.identity, Deed::Standalone(StandaloneDeed::Cancel { reason: it.reason }))
        }
        Operation::TerminateActivitiesOperation(it) => {
            (it.identity, Deed::Standalone(StandaloneDeed::Terminate { reason: it.reason }))
        }
        Operation::DeleteActivitiesOperation(pb::BatchOperationDeleteActivities {}) => {
            (String::new(), Deed::Standalone(StandaloneDeed::Delete))
        }
    })
}

fn no_activities() -> DecodeError {
    refused("Either activity type must be set, or match all should be set to true")
}

fn activities(
    which: Which,
    tuning: Tuning,
    jitter: Option<wkt::Duration>,
) -> Result<Deed, DecodeError> {
    let jitter = jitter.map(|it| delay_from_proto("jitter", it)).transpose()?;
    Ok(Deed::Activities { which, tuning: Box::new(tuning), jitter: jitter.unwrap_or(Delay::ZERO) })
}

#[allow(deprecated, reason = "command lines still say it the old way")]
fn reset(it: pb::BatchOperationReset) -> Result<Deed, DecodeError> {
    let unknown = |found: i32| DecodeError::bad("reset_type", found, "1 or 2");
    let (to, reapply) = match it.options {
        Some(options) => {
            let to = match &options.target {
                Some(ResetTarget::FirstWorkflowTask(())) => ResetPoint::FirstTask,
                Some(ResetTarget::LastWorkflowTask(())) => ResetPoint::LastTask,
                Some(ResetTarget::WorkflowTaskId(id)) => {
                    ResetPoint::At(event_id_from_proto("workflow_task_id", *id)?)
                }
                Some(ResetTarget::BuildId(build_id)) => ResetPoint::BuildId {
                    build_id: build_id.clone(),
                    own: options.current_run_only,
                },
                None => return Err(refused("batch reset missing target")),
            };
            let excluded = &options.reset_reapply_exclude_types;
            (to, reset::reapply_from_proto(options.reset_reapply_type, excluded)?)
        }
        None => {
            let to = match ResetType::try_from(it.reset_type) {
                Ok(ResetType::FirstWorkflowTask) => ResetPoint::FirstTask,
                Ok(ResetType::LastWorkflowTask) => ResetPoint::LastTask,
                Ok(ResetType::Unspecified) | Err(_) => return Err(unknown(it.reset_type)),
            };
            (to, reset::reapply_type(it.reset_reapply_type)?)
        }
    };
    let after = reset::after_from_proto(it.post_reset_operations, &it.identity)?;
    Ok(Deed::Reset { to, reapply, after })
}

pub fn operation_type(deed: &Deed) -> BatchOperationType {
    match deed {
        Deed::Terminate { .. } => BatchOperationType::TerminateWorkflow,
        Deed::Cancel => BatchOperationType::CancelWorkflow,
        Deed::Signal(_) => BatchOperationType::SignalWorkflow,
        Deed::Delete => BatchOperationType::DeleteWorkflow,
        Deed::Options(_) => BatchOperationType::UpdateWorkflowExecutionOptions,
        Deed::Reset { .. } => BatchOperationType::ResetWorkflow,
        Deed::Standalone(StandaloneDeed::Terminate { .. }) => BatchOperationType::TerminateActivity,
        Deed::Standalone(StandaloneDeed::Cancel { .. }) => BatchOperationType::CancelActivity,
        Deed::Standalone(StandaloneDeed::Delete) => BatchOperationType::DeleteActivity,
        Deed::Activities { tuning, .. } => match **tuning {
            Tuning::Unpause { .. } | Tuning::Pause { .. } => BatchOperationType::UnpauseActivity,
            Tuning::Reset(_) => BatchOperationType::ResetActivity,
            Tuning::Options(_) | Tuning::RestoreOptions => {
                BatchOperationType::UpdateActivityOptions
            }
        },
    }
}
