//! What a reset applies again and sends afterwards, in a request for one run and in one for many.

use crate::api::enums::v1::{ResetReapplyExcludeType, ResetReapplyType};
use crate::api::workflow::v1::post_reset_operation::Variant;
use crate::api::workflow::v1::{PostResetOperation, ResetPointInfo, ResetPoints};
use crate::options::{
    event_id_from_proto, event_id_to_proto, run_from_proto, timestamp_from_proto,
    timestamp_to_proto,
};
use crate::run_options::{change_from_proto, has_own_version};
use crate::{DecodeError, payload};
use refrain_core::machines::signal::Signal;
use refrain_core::reset::{AfterReset, FirstTaskOn, Reapply};

/// What comes again, by what a request says of it in its two ways.
pub fn reapply_from_proto(kind: i32, excluded: &[i32]) -> Result<Reapply, DecodeError> {
    let mut reapply = reapply_type(kind)?;
    for excluded in excluded {
        reapply = without(reapply, *excluded)
            .ok_or_else(|| DecodeError::bad("reset_reapply_exclude_types", excluded, "1 to 4"))?;
    }
    Ok(reapply)
}

pub(crate) fn reapply_type(number: i32) -> Result<Reapply, DecodeError> {
    match ResetReapplyType::try_from(number) {
        Ok(ResetReapplyType::Unspecified | ResetReapplyType::AllEligible) => {
            Ok(Reapply { signals: true, updates: true })
        }
        Ok(ResetReapplyType::Signal) => Ok(Reapply { signals: true, updates: false }),
        Ok(ResetReapplyType::None) => Ok(Reapply { signals: false, updates: false }),
        Err(_) => Err(DecodeError::bad("reset_reapply_type", number, "0 to 3")),
    }
}

/// `None`: there is no such type to leave out, expected 1 to 4.
#[allow(deprecated, reason = "command lines still say it the old way")]
fn without(reapply: Reapply, excluded: i32) -> Option<Reapply> {
    match ResetReapplyExcludeType::try_from(excluded).ok()? {
        ResetReapplyExcludeType::Signal => Some(Reapply { signals: false, ..reapply }),
        ResetReapplyExcludeType::Update => Some(Reapply { updates: false, ..reapply }),
        // Never applied again anyway.
        ResetReapplyExcludeType::Unspecified
        | ResetReapplyExcludeType::Nexus
        | ResetReapplyExcludeType::CancelRequest => Some(reapply),
    }
}

/// What happens to the new run afterwards. Whether a signal has a name is for the caller to check.
pub fn after_from_proto(
    operations: Vec<PostResetOperation>,
    identity: &str,
) -> Result<Vec<AfterReset>, DecodeError> {
    let one = |it: PostResetOperation| match it.variant {
        Some(Variant::SignalWorkflow(it)) => Ok(AfterReset::Signal(Box::new(Signal {
            name: it.signal_name,
            input: payload::list_from_proto(it.input),
            header: payload::header_from_proto(it.header),
            identity: identity.to_owned(),
            ..Signal::default()
        }))),
        Some(Variant::UpdateWorkflowOptions(it)) => {
            let change = change_from_proto(it.workflow_execution_options, it.update_mask)?;
            has_own_version(change.versioning.as_ref().and_then(Option::as_ref))?;
            Ok(AfterReset::Options(Box::new(change)))
        }
        None => Err(DecodeError::Refused("unsupported post reset operation: <nil>".to_owned())),
    };
    operations.into_iter().map(one).collect()
}

/// As describe shows them, and as the first event of a next run has them.
pub fn points_to_proto(points: &[FirstTaskOn]) -> ResetPoints {
    let point = |it: &FirstTaskOn| ResetPointInfo {
        build_id: it.component.to_string(),
        run_id: it.run.to_string(),
        first_workflow_task_completed_id: event_id_to_proto(it.completed),
        create_time: Some(timestamp_to_proto(it.at)),
        resettable: true,
        ..Default::default()
    };
    ResetPoints { points: points.iter().map(point).collect() }
}

/// Points of builds that are no components, as in histories of Temporal's own, are left out.
pub(crate) fn points_from_proto(
    points: Option<ResetPoints>,
) -> Result<Vec<FirstTaskOn>, DecodeError> {
    let mut read = Vec::new();
    for it in points.unwrap_or_default().points {
        let Ok(component) = it.build_id.parse() else { continue };
        let run = run_from_proto("run_id", &it.run_id)?;
        let missing = DecodeError::Missing { what: "prev_auto_reset_points.run_id" };
        let completed = it.first_workflow_task_completed_id;
        read.push(FirstTaskOn {
            component,
            run: run.ok_or(missing)?,
            completed: event_id_from_proto("first_workflow_task_completed_id", completed)?,
            at: timestamp_from_proto("create_time", it.create_time)?,
        });
    }
    Ok(read)
}
