//! An activity that is not closed, as tools show it.

use refrain_core::attempt::{ActivityTask, State};
use refrain_core::machines::activity::Scheduled;
use refrain_core::time::Timestamp;
use refrain_wire::api::activity::v1::ActivityOptions;
use refrain_wire::api::common::v1::ActivityType;
use refrain_wire::api::enums::v1::PendingActivityState;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflow::v1::PendingActivityInfo;
use refrain_wire::api::workflow::v1::pending_activity_info::{
    PauseInfo,
    pause_info::{Manual, PausedBy},
};
use refrain_wire::options::{
    delay_to_proto, limit_to_proto, priority_to_proto, retry_to_proto, task_queue_to_proto,
    timestamp_to_proto,
};
use refrain_wire::{failure, payload};

pub(crate) fn info(task: &ActivityTask, now: Timestamp) -> PendingActivityInfo {
    let scheduled = &task.options;
    let (started, identity) = match &task.state {
        State::Started { at, identity } => (Some(*at), Some(identity)),
        State::Waiting { .. } => (None, task.previous.as_ref().map(|it| &it.identity)),
    };
    let backoff = task.backoff(now);
    let expires = Some(task.close_deadline()).filter(|it| *it != Timestamp::NEVER);
    PendingActivityInfo {
        activity_id: scheduled.activity_id.clone(),
        activity_type: Some(ActivityType { name: scheduled.activity_type.clone() }),
        state: state(task) as i32,
        heartbeat_details: task
            .heartbeat
            .as_ref()
            .and_then(|it| payload::list_to_proto(&it.details)),
        last_heartbeat_time: task.heartbeat.as_ref().map(|it| timestamp_to_proto(it.at)),
        last_started_time: started.map(timestamp_to_proto),
        last_worker_identity: identity.cloned().unwrap_or_default(),
        attempt: i32::try_from(task.attempt).unwrap_or(i32::MAX),
        maximum_attempts: i32::try_from(scheduled.retry.maximum_attempts).unwrap_or(i32::MAX),
        scheduled_time: Some(timestamp_to_proto(task.attempt_at)),
        expiration_time: expires.map(timestamp_to_proto),
        last_failure: task.last_failure.as_ref().map(failure::to_proto),
        last_attempt_complete_time: task
            .previous
            .as_ref()
            .map(|it| timestamp_to_proto(it.ended_at)),
        current_retry_interval: backoff.map(delay_to_proto),
        next_attempt_schedule_time: backoff.map(|_| timestamp_to_proto(task.attempt_at)),
        paused: task.is_paused(),
        pause_info: task.pause.as_ref().map(|it| PauseInfo {
            pause_time: Some(timestamp_to_proto(it.at)),
            paused_by: Some(PausedBy::Manual(Manual {
                identity: it.identity.clone(),
                reason: it.reason.clone(),
            })),
        }),
        priority: Some(priority_to_proto(&scheduled.priority)),
        // As there: the name twice, and no kind.
        activity_options: Some(ActivityOptions {
            task_queue: Some(TaskQueue {
                name: scheduled.task_queue.clone(),
                normal_name: scheduled.task_queue.clone(),
                ..Default::default()
            }),
            ..options(scheduled)
        }),
        ..Default::default()
    }
}

fn state(task: &ActivityTask) -> PendingActivityState {
    match (task.is_started(), task.cancel_requested, task.is_paused()) {
        (_, true, _) => PendingActivityState::CancelRequested,
        (true, false, true) => PendingActivityState::PauseRequested,
        (false, false, true) => PendingActivityState::Paused,
        (true, false, false) => PendingActivityState::Started,
        (false, false, false) => PendingActivityState::Scheduled,
    }
}

pub(crate) fn options(scheduled: &Scheduled) -> ActivityOptions {
    ActivityOptions {
        task_queue: Some(task_queue_to_proto(&scheduled.task_queue)),
        schedule_to_close_timeout: limit_to_proto(scheduled.timeouts.schedule_to_close),
        schedule_to_start_timeout: limit_to_proto(scheduled.timeouts.schedule_to_start),
        start_to_close_timeout: limit_to_proto(scheduled.timeouts.start_to_close),
        heartbeat_timeout: limit_to_proto(scheduled.timeouts.heartbeat),
        retry_policy: Some(retry_to_proto(&scheduled.retry)),
        priority: Some(priority_to_proto(&scheduled.priority)),
        ..Default::default()
    }
}
