//! Schedules, as clients send and see them.

mod spec;
mod stored;

use crate::DecodeError;
use crate::api::enums::v1::{ScheduleOverlapPolicy, WorkflowExecutionStatus};
use crate::api::schedule::v1 as pb;
use crate::options::execution_to_proto;
use crate::options::{delay_from_proto, delay_to_proto, timestamp_from_proto, timestamp_to_proto};
use prost::Message;
use refrain_calendar::schedule::{
    Action, Backfill, Overlap, Patch, Policies, Record, RunStatus, Schedule, Standing, Trigger,
};
use refrain_core::limits::{CATCHUP_WINDOW, CATCHUP_WINDOW_MIN};
use refrain_core::time::Timestamp;

pub use spec::{spec_from_proto, spec_to_proto};
pub use stored::{decode, encode};

/// Without its future times.
pub fn info_to_proto(schedule: &Schedule) -> pb::ScheduleInfo {
    let progress = &schedule.progress;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let running = progress.running.iter().map(|it| execution_to_proto(&it.workflow_id, it.run));
    #[allow(deprecated, reason = "the only place for an error of the schedule as a whole")]
    pb::ScheduleInfo {
        action_count: count(progress.n_actions),
        missed_catchup_window: count(progress.n_missed),
        overlap_skipped: count(progress.n_skipped),
        buffer_dropped: count(progress.n_dropped),
        buffer_size: progress.buffer.len() as i64,
        running_workflows: running.collect(),
        recent_actions: progress.recent.iter().map(action_to_proto).collect(),
        future_action_times: Vec::new(),
        create_time: Some(timestamp_to_proto(progress.created)),
        update_time: progress.updated.map(timestamp_to_proto),
        invalid_schedule_error: progress.start_error.clone(),
        state_size_bytes: 0,
    }
}

pub fn action_to_proto(action: &Action) -> pb::ScheduleActionResult {
    pb::ScheduleActionResult {
        schedule_time: Some(timestamp_to_proto(action.at)),
        actual_time: Some(timestamp_to_proto(action.started)),
        start_workflow_result: Some(execution_to_proto(&action.workflow_id, action.run)),
        start_workflow_status: status_to_proto(action.status) as i32,
    }
}

fn status_to_proto(status: RunStatus) -> WorkflowExecutionStatus {
    match status {
        RunStatus::Running => WorkflowExecutionStatus::Running,
        RunStatus::Completed => WorkflowExecutionStatus::Completed,
        RunStatus::Failed => WorkflowExecutionStatus::Failed,
        RunStatus::Canceled => WorkflowExecutionStatus::Canceled,
        RunStatus::Terminated => WorkflowExecutionStatus::Terminated,
        RunStatus::TimedOut => WorkflowExecutionStatus::TimedOut,
    }
}

fn status_from_proto(status: i32) -> RunStatus {
    match WorkflowExecutionStatus::try_from(status) {
        Ok(WorkflowExecutionStatus::Completed) => RunStatus::Completed,
        Ok(WorkflowExecutionStatus::Failed) => RunStatus::Failed,
        Ok(WorkflowExecutionStatus::Canceled) => RunStatus::Canceled,
        Ok(WorkflowExecutionStatus::Terminated) => RunStatus::Terminated,
        Ok(WorkflowExecutionStatus::TimedOut) => RunStatus::TimedOut,
        Ok(_) | Err(_) => RunStatus::Running,
    }
}

/// As it stands now: compiled, with all defaults.
pub fn to_proto(record: &Record) -> pb::Schedule {
    let Schedule { spec, policies, standing, progress: _ } = &record.schedule;
    pb::Schedule {
        spec: Some(spec_to_proto(spec.spec())),
        // They were read when they came.
        action: pb::ScheduleAction::decode(record.action.as_slice()).ok(),
        policies: Some(policies_to_proto(policies)),
        state: Some(standing_to_proto(standing)),
    }
}

pub fn policies_from_proto(it: Option<pb::SchedulePolicies>) -> Result<Policies, DecodeError> {
    let it = it.unwrap_or_default();
    let catchup_window = match it.catchup_window {
        None => CATCHUP_WINDOW,
        Some(window) => delay_from_proto("policies.catchup_window", window)?,
    };
    Ok(Policies {
        overlap: overlap_from_proto("policies.overlap_policy", it.overlap_policy)?
            .unwrap_or_default(),
        catchup_window: catchup_window.max(CATCHUP_WINDOW_MIN),
        pause_on_failure: it.pause_on_failure,
        keep_original_workflow_id: it.keep_original_workflow_id,
    })
}

fn policies_to_proto(it: &Policies) -> pb::SchedulePolicies {
    pb::SchedulePolicies {
        overlap_policy: overlap_to_proto(Some(it.overlap)),
        catchup_window: Some(delay_to_proto(it.catchup_window)),
        pause_on_failure: it.pause_on_failure,
        keep_original_workflow_id: it.keep_original_workflow_id,
    }
}

fn overlap_from_proto(what: &'static str, it: i32) -> Result<Option<Overlap>, DecodeError> {
    use ScheduleOverlapPolicy as P;
    match P::try_from(it) {
        Ok(P::Unspecified) => Ok(None),
        Ok(P::Skip) => Ok(Some(Overlap::Skip)),
        Ok(P::BufferOne) => Ok(Some(Overlap::BufferOne)),
        Ok(P::BufferAll) => Ok(Some(Overlap::BufferAll)),
        Ok(P::CancelOther) => Ok(Some(Overlap::CancelOther)),
        Ok(P::TerminateOther) => Ok(Some(Overlap::TerminateOther)),
        Ok(P::AllowAll) => Ok(Some(Overlap::AllowAll)),
        Err(_) => Err(DecodeError::bad(what, it, "0 to 6")),
    }
}

fn overlap_to_proto(it: Option<Overlap>) -> i32 {
    use ScheduleOverlapPolicy as P;
    let policy = match it {
        None => P::Unspecified,
        Some(Overlap::Skip) => P::Skip,
        Some(Overlap::BufferOne) => P::BufferOne,
        Some(Overlap::BufferAll) => P::BufferAll,
        Some(Overlap::CancelOther) => P::CancelOther,
        Some(Overlap::TerminateOther) => P::TerminateOther,
        Some(Overlap::AllowAll) => P::AllowAll,
    };
    policy as i32
}

pub fn standing_from_proto(it: Option<pb::ScheduleState>) -> Result<Standing, DecodeError> {
    let it = it.unwrap_or_default();
    let remaining = u64::try_from(it.remaining_actions).map_err(|_| {
        DecodeError::bad("state.remaining_actions", it.remaining_actions, "0 or more")
    })?;
    Ok(Standing {
        notes: it.notes,
        paused: it.paused,
        remaining: it.limited_actions.then_some(remaining),
        remaining_unused: if it.limited_actions { 0 } else { remaining },
    })
}

fn standing_to_proto(it: &Standing) -> pb::ScheduleState {
    let remaining = it.remaining.unwrap_or(it.remaining_unused);
    pb::ScheduleState {
        notes: it.notes.clone(),
        paused: it.paused,
        limited_actions: it.remaining.is_some(),
        remaining_actions: i64::try_from(remaining).unwrap_or(i64::MAX),
    }
}

pub fn patch_from_proto(it: pb::SchedulePatch) -> Result<Patch, DecodeError> {
    let trigger = it.trigger_immediately.map(|it| {
        let overlap = overlap_from_proto("trigger_immediately.overlap_policy", it.overlap_policy)?;
        let what = "trigger_immediately.scheduled_time";
        let nominal =
            it.scheduled_time.map(|at| timestamp_from_proto(what, Some(at))).transpose()?;
        Ok(Trigger { overlap, nominal })
    });
    let backfill = |it: pb::BackfillRequest| {
        Ok(Backfill {
            from: timestamp_from_proto("backfill_request.start_time", it.start_time)?,
            until: timestamp_from_proto("backfill_request.end_time", it.end_time)?,
            overlap: overlap_from_proto("backfill_request.overlap_policy", it.overlap_policy)?,
        })
    };
    Ok(Patch {
        trigger: trigger.transpose()?,
        backfills: it.backfill_request.into_iter().map(backfill).collect::<Result<_, _>>()?,
        pause: Some(it.pause).filter(|it| !it.is_empty()),
        unpause: Some(it.unpause).filter(|it| !it.is_empty()),
    })
}

pub fn times_to_proto(times: &[Timestamp]) -> Vec<crate::wkt::Timestamp> {
    times.iter().copied().map(timestamp_to_proto).collect()
}
