//! A run as tools show it. Every message field that the real server fills is filled: the command
//! line dies on an absent one.

use crate::{namespaces, pending_activity, pending_child};
use refrain_core::execution::run_timeout;
use refrain_core::ids::EventId;
use refrain_core::machines::execution::{self, WorkflowRun};
use refrain_core::options::Priority;
use refrain_core::payload::PayloadMap;
use refrain_core::search::{PauseInfo, System};
use refrain_core::time::Timestamp;
use refrain_engine::api::{Description, Namespace, RunRow};
use refrain_wire::api::common::v1::{WorkerVersionStamp, WorkflowExecution, WorkflowType};
use refrain_wire::api::deployment::v1::WorkerDeploymentVersion;
use refrain_wire::api::enums::v1::{
    EventType, PendingWorkflowTaskState, VersioningBehavior, WorkflowExecutionStatus,
};
use refrain_wire::api::workflow::v1::{
    PendingWorkflowTaskInfo, RequestIdInfo, WorkflowExecutionConfig, WorkflowExecutionExtendedInfo,
    WorkflowExecutionInfo, WorkflowExecutionPauseInfo, WorkflowExecutionVersioningInfo,
};
use refrain_wire::api::workflowservice::v1::DescribeWorkflowExecutionResponse;
use refrain_wire::options::{
    delay_to_proto, event_id_to_proto, execution_to_proto, limit_to_proto, priority_to_proto,
    task_queue_to_proto, timestamp_to_proto, user_metadata_to_proto,
};
use refrain_wire::{payload, reset, run_options, search, time_skipping, wkt};
use std::collections::BTreeSet;

/// Go's zero time, which the real server sends for "never".
const NO_TIME: wkt::Timestamp = wkt::Timestamp { seconds: -62_135_596_800, nanos: 0 };

pub(crate) fn status(state: execution::State) -> WorkflowExecutionStatus {
    match state {
        execution::State::Absent => WorkflowExecutionStatus::Unspecified,
        execution::State::Running | execution::State::CancelRequested => {
            WorkflowExecutionStatus::Running
        }
        execution::State::Paused { .. } => WorkflowExecutionStatus::Paused,
        execution::State::Completed => WorkflowExecutionStatus::Completed,
        execution::State::Failed => WorkflowExecutionStatus::Failed,
        execution::State::Canceled => WorkflowExecutionStatus::Canceled,
        execution::State::TimedOut => WorkflowExecutionStatus::TimedOut,
        execution::State::Terminated => WorkflowExecutionStatus::Terminated,
        execution::State::ContinuedAsNew => WorkflowExecutionStatus::ContinuedAsNew,
    }
}

/// `paused`: what kinds of its activities are.
#[allow(deprecated, reason = "tools still read the build id from the version stamp")]
pub(crate) fn execution_info(row: &RunRow, paused: &[String]) -> WorkflowExecutionInfo {
    let build_id = row.component.to_string();
    let execution = execution_to_proto(&row.key.execution.workflow, row.key.run);
    WorkflowExecutionInfo {
        parent_execution: row.parent.as_ref().map(family),
        root_execution: Some(row.root.as_ref().map_or_else(|| execution.clone(), family)),
        execution: Some(execution),
        state_transition_count: i64::try_from(row.state_transitions).unwrap_or(i64::MAX),
        r#type: Some(WorkflowType { name: row.workflow_type.clone() }),
        start_time: Some(timestamp_to_proto(row.started_at)),
        execution_time: Some(timestamp_to_proto(row.execution_at)),
        close_time: row.closed_at.map(timestamp_to_proto),
        execution_duration: row.closed_at.map(|at| delay_to_proto(at.since(row.execution_at))),
        status: status(row.status) as i32,
        // The web page sizes its buffer by it: it must be the last event's id.
        history_length: event_id_to_proto(row.next_event).saturating_sub(1),
        history_size_bytes: i64::try_from(row.history_bytes).unwrap_or(i64::MAX),
        memo: Some(payload::memo_to_proto(&row.memo)),
        search_attributes: Some(payload::search_attributes_to_proto(&search_attributes(
            row, paused,
        ))),
        task_queue: row.task_queue.clone(),
        first_run_id: row.first_run.to_string(),
        most_recent_worker_version_stamp: Some(WorkerVersionStamp {
            build_id: build_id.clone(),
            use_versioning: false,
        }),
        versioning_info: Some(WorkflowExecutionVersioningInfo {
            behavior: VersioningBehavior::Pinned as i32,
            deployment_version: Some(WorkerDeploymentVersion {
                build_id,
                deployment_name: row.task_queue.clone(),
            }),
            versioning_override: row
                .options
                .as_ref()
                .and_then(|it| it.versioning.as_ref())
                .map(run_options::override_shown),
            ..Default::default()
        }),
        worker_deployment_name: row.task_queue.clone(),
        ..Default::default()
    }
}

/// With those that say which component it is on, and what is paused.
fn search_attributes(row: &RunRow, paused: &[String]) -> PayloadMap {
    let mut all = search::of_versions(row.versions());
    let workflow_id = &row.key.execution.workflow;
    let paused = PauseInfo::values(workflow_id, row.pause_reason.as_deref(), paused);
    all.extend(search::shown(System::Paused, paused.iter().map(PauseInfo::to_string).collect()));
    all.extend(row.search_attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
    all
}

fn family(run: &WorkflowRun) -> WorkflowExecution {
    execution_to_proto(&run.workflow_id, run.run)
}

pub(crate) fn description(
    namespace: &Namespace,
    described: &Description,
    now: Timestamp,
) -> DescribeWorkflowExecutionResponse {
    let Description {
        row,
        started,
        pending_activities,
        pending_children,
        published: _,
        pause,
        original_start,
        reset_to,
        reset_points,
        found_by,
        clock,
    } = described;
    let run_expires = run_timeout(started).map(|limit| row.execution_at.plus(limit));
    // A run ends with its chain at the latest.
    let run_expires = run_expires.map(|it| started.execution_expires.map_or(it, |all| all.min(it)));
    let request = |event_type: EventType, event_id| RequestIdInfo {
        event_type: event_type as i32,
        event_id: event_id_to_proto(event_id),
        buffered: false,
    };
    let started_by =
        |id: &String| (id.clone(), request(EventType::WorkflowExecutionStarted, EventId::FIRST));
    let attached = |(id, event): (&String, &EventId)| {
        (id.clone(), request(EventType::WorkflowExecutionOptionsUpdated, *event))
    };
    let paused = pending_activities.iter().filter(|it| it.is_paused());
    let paused: BTreeSet<_> = paused.map(|it| it.options.activity_type.clone()).collect();
    let paused: Vec<_> = paused.into_iter().collect();
    DescribeWorkflowExecutionResponse {
        execution_config: Some(WorkflowExecutionConfig {
            task_queue: Some(task_queue_to_proto(&row.task_queue)),
            workflow_execution_timeout: limit_to_proto(started.execution_timeout),
            workflow_run_timeout: limit_to_proto(started.run_timeout),
            default_workflow_task_timeout: Some(delay_to_proto(started.task_timeout)),
            user_metadata: user_metadata_to_proto(
                started.summary.as_ref(),
                started.details.as_ref(),
            ),
        }),
        workflow_execution_info: Some(WorkflowExecutionInfo {
            priority: Some(row.options.as_ref().map_or(&started.priority, |it| &it.priority))
                .filter(|it| **it != Priority::default())
                .map(priority_to_proto),
            auto_reset_points: Some(reset::points_to_proto(reset_points)),
            // A parent's children are of its own namespace.
            parent_namespace_id: match row.parent {
                Some(_) => namespaces::id_of(namespace),
                None => String::new(),
            },
            ..execution_info(row, &paused)
        }),
        pending_activities: pending_activities
            .iter()
            .map(|it| pending_activity::info(it, now))
            .collect(),
        pending_children: pending_children.iter().map(pending_child::info).collect(),
        pending_workflow_task: row.task_failure.as_ref().map(|it| PendingWorkflowTaskInfo {
            state: PendingWorkflowTaskState::Scheduled as i32,
            scheduled_time: Some(timestamp_to_proto(it.retry_at)),
            original_scheduled_time: Some(timestamp_to_proto(it.retry_at)),
            started_time: None,
            attempt: i32::try_from(it.attempts).unwrap_or(i32::MAX).saturating_add(1),
        }),
        workflow_extended_info: Some(WorkflowExecutionExtendedInfo {
            execution_expiration_time: started.execution_expires.map(timestamp_to_proto),
            run_expiration_time: Some(run_expires.map_or(NO_TIME, timestamp_to_proto)),
            cancel_requested: row.cancel_requested,
            pause_info: pause.as_ref().map(|it| WorkflowExecutionPauseInfo {
                identity: it.identity.clone(),
                paused_time: Some(timestamp_to_proto(it.at)),
                reason: it.reason.clone(),
            }),
            original_start_time: Some(timestamp_to_proto(*original_start)),
            last_reset_time: (original_start != &row.started_at)
                .then(|| timestamp_to_proto(row.started_at)),
            request_id_infos: row
                .start_request_id
                .iter()
                .map(started_by)
                .chain(found_by.iter().map(attached))
                .collect(),
            reset_run_id: reset_to.map_or_else(String::new, |it| it.to_string()),
            time_skipping_info: clock.as_ref().map(|it| time_skipping::info_to_proto(it, now)),
        }),
        ..Default::default()
    }
}
