//! What activity workers say: give me a task, here is its result, I am alive.

use crate::patience::{Stopping, within_deadline};
use crate::status::{not_found, of, undecodable};
use crate::{standalone, token, validate};
use refrain_core::attempt::{ActivityTask, State};
use refrain_core::failure::Failure;
use refrain_core::limits::TASK_LONG_POLL;
use refrain_core::payload::Payloads;
use refrain_engine::Engine;
use refrain_engine::api::{ActivityRef, AttemptResult, SeenPoller};
use refrain_wire::api::common::v1::{
    ActivityType, Payloads as PbPayloads, WorkflowExecution, WorkflowType,
};
use refrain_wire::api::failure::v1::Failure as PbFailure;
use refrain_wire::api::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
    RecordActivityTaskHeartbeatByIdRequest, RecordActivityTaskHeartbeatByIdResponse,
    RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse,
    RespondActivityTaskCanceledByIdRequest, RespondActivityTaskCanceledByIdResponse,
    RespondActivityTaskCanceledRequest, RespondActivityTaskCanceledResponse,
    RespondActivityTaskCompletedByIdRequest, RespondActivityTaskCompletedByIdResponse,
    RespondActivityTaskCompletedRequest, RespondActivityTaskCompletedResponse,
    RespondActivityTaskFailedByIdRequest, RespondActivityTaskFailedByIdResponse,
    RespondActivityTaskFailedRequest, RespondActivityTaskFailedResponse,
};
use refrain_wire::options::{
    execution_to_proto, limit_to_proto, priority_to_proto, retry_to_proto, task_queue_from_proto,
    timestamp_to_proto,
};
use refrain_wire::{failure, payload};
use tonic::{Request, Status};

/// Holds the request until there is a task. An empty answer before the time is over would make
/// workers ask again at once, thousands of times a second.
///
/// A client that goes away drops this future, and with it its place among the pollers.
pub(crate) async fn poll(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<PollActivityTaskQueueRequest>,
) -> Result<PollActivityTaskQueueResponse, Status> {
    let patience = within_deadline(request.metadata(), TASK_LONG_POLL);
    let request = request.into_inner();
    let namespace = validate::namespace(engine, &request.namespace)?;
    let task_queue = task_queue_from_proto(request.task_queue.clone());
    validate::task_queue(&task_queue)?;
    validate::short("identity", &request.identity)?;
    let task = engine.poll_activity(namespace.id, &task_queue, poller(&request), patience);
    let task = match stopping.unless(task).await {
        Some(task) => task.map_err(of)?,
        None => None,
    };
    Ok(task.map_or_else(PollActivityTaskQueueResponse::default, |task| {
        handed_out(task, request.namespace)
    }))
}

#[allow(deprecated, reason = "SDKs send either field")]
fn poller(request: &PollActivityTaskQueueRequest) -> SeenPoller {
    let per_second = request.task_queue_metadata.and_then(|it| it.max_tasks_per_second);
    let deployment = request.deployment_options.as_ref().map(|it| it.build_id.as_str());
    let capabilities = request.worker_version_capabilities.as_ref();
    let build_id = deployment.or(capabilities.map(|it| it.build_id.as_str()));
    SeenPoller::new(&request.identity, per_second, build_id.unwrap_or_default())
}

fn handed_out(task: ActivityTask, namespace: String) -> PollActivityTaskQueueResponse {
    let activity =
        ActivityRef { run: task.run.clone(), scheduled: task.scheduled, stamp: task.stamp };
    let started = match task.state {
        State::Waiting { since } => since,
        State::Started { at, .. } => at,
    };
    let alone = task.is_standalone();
    let options = task.options;
    PollActivityTaskQueueResponse {
        task_token: token::of_activity(&activity),
        workflow_namespace: namespace,
        activity_run_id: match alone {
            true => task.run.run.to_string(),
            false => String::new(),
        },
        workflow_execution: (!alone)
            .then(|| execution_to_proto(&task.run.execution.workflow, task.run.run)),
        workflow_type: (!alone).then_some(WorkflowType { name: task.workflow_type }),
        activity_type: Some(ActivityType { name: options.activity_type }),
        activity_id: options.activity_id,
        header: Some(payload::header_to_proto(&options.header)),
        input: payload::list_to_proto(&options.input),
        heartbeat_details: task.heartbeat.and_then(|it| payload::list_to_proto(&it.details)),
        scheduled_time: Some(timestamp_to_proto(task.scheduled_at)),
        current_attempt_scheduled_time: Some(timestamp_to_proto(task.attempt_at)),
        started_time: Some(timestamp_to_proto(started)),
        attempt: i32::try_from(task.attempt).unwrap_or(i32::MAX),
        // TypeScript's worker refuses a task without them.
        schedule_to_close_timeout: limit_to_proto(options.timeouts.schedule_to_close),
        start_to_close_timeout: limit_to_proto(options.timeouts.start_to_close),
        heartbeat_timeout: limit_to_proto(options.timeouts.heartbeat),
        retry_policy: Some(retry_to_proto(&options.retry)),
        priority: Some(priority_to_proto(&options.priority)),
        ..Default::default()
    }
}

/// The attempt that a token names, in the namespace that the request names.
fn by_token(engine: &Engine, namespace: &str, token: &[u8]) -> Result<ActivityRef, Status> {
    let namespace = validate::namespace(engine, namespace)?;
    token::to_activity(token, namespace.id)
}

/// An activity that is named as in history. For those who end an attempt from outside its worker.
///
/// `may_wait`: also one that no worker has now.
async fn by_id(
    engine: &Engine,
    namespace: &str,
    workflow_id: String,
    run_id: String,
    activity_id: &str,
    may_wait: bool,
) -> Result<ActivityRef, Status> {
    if workflow_id.is_empty() {
        let target = standalone::target(engine, namespace, activity_id.to_owned(), &run_id)?;
        let task = engine.standalone(&target).await.map_err(of)?.0.task;
        return Ok(ActivityRef { run: task.run, scheduled: task.scheduled, stamp: task.stamp });
    }
    let namespace = validate::namespace(engine, namespace)?;
    // One that is too long is that of no activity: not found, as there.
    validate::present("activity_id", activity_id)?;
    let target = validate::target(&namespace, Some(WorkflowExecution { workflow_id, run_id }))?;
    let pending = engine.open_activities(&target).await.map_err(of)?;
    let task = pending
        .into_iter()
        .find(|it| it.options.activity_id == activity_id && (may_wait || it.is_started()));
    let task = task.ok_or_else(|| {
        not_found(format!("cannot find pending activity with ActivityID {activity_id}, check workflow execution history for more details"))
    })?;
    Ok(ActivityRef { run: task.run, scheduled: task.scheduled, stamp: task.stamp })
}

fn result_of(field: &'static str, payloads: Option<PbPayloads>) -> Result<Payloads, Status> {
    let payloads = payload::list_from_proto(payloads);
    validate::blob(field, &payloads)?;
    Ok(payloads)
}

fn failed(
    failure: Option<PbFailure>,
    last_heartbeat: Option<PbPayloads>,
) -> Result<AttemptResult, Status> {
    let failure: Failure = failure::from_proto(failure.unwrap_or_default()).map_err(undecodable)?;
    let last_heartbeat = match last_heartbeat {
        Some(details) => Some(result_of("last_heartbeat_details", Some(details))?),
        None => None,
    };
    Ok(AttemptResult::Failed { failure: Box::new(failure), last_heartbeat })
}

pub(crate) async fn completed(
    engine: &Engine,
    request: RespondActivityTaskCompletedRequest,
) -> Result<RespondActivityTaskCompletedResponse, Status> {
    let activity = by_token(engine, &request.namespace, &request.task_token)?;
    let result = AttemptResult::Completed(result_of("result", request.result)?);
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn completed_by_id(
    engine: &Engine,
    request: RespondActivityTaskCompletedByIdRequest,
) -> Result<RespondActivityTaskCompletedByIdResponse, Status> {
    validate::short("identity", &request.identity)?;
    let result = AttemptResult::CompletedOutside {
        result: result_of("result", request.result)?,
        identity: request.identity,
    };
    let (workflow, run) = (request.workflow_id, request.run_id);
    let id = &request.activity_id;
    let activity = by_id(engine, &request.namespace, workflow, run, id, true).await?;
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn attempt_failed(
    engine: &Engine,
    request: RespondActivityTaskFailedRequest,
) -> Result<RespondActivityTaskFailedResponse, Status> {
    let activity = by_token(engine, &request.namespace, &request.task_token)?;
    let result = failed(request.failure, request.last_heartbeat_details)?;
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn failed_by_id(
    engine: &Engine,
    request: RespondActivityTaskFailedByIdRequest,
) -> Result<RespondActivityTaskFailedByIdResponse, Status> {
    validate::short("identity", &request.identity)?;
    let result = failed(request.failure, request.last_heartbeat_details)?;
    let (workflow, run) = (request.workflow_id, request.run_id);
    let activity =
        by_id(engine, &request.namespace, workflow, run, &request.activity_id, false).await?;
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn canceled(
    engine: &Engine,
    request: RespondActivityTaskCanceledRequest,
) -> Result<RespondActivityTaskCanceledResponse, Status> {
    let activity = by_token(engine, &request.namespace, &request.task_token)?;
    let result = AttemptResult::Canceled(result_of("details", request.details)?);
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn canceled_by_id(
    engine: &Engine,
    request: RespondActivityTaskCanceledByIdRequest,
) -> Result<RespondActivityTaskCanceledByIdResponse, Status> {
    validate::short("identity", &request.identity)?;
    let result = AttemptResult::Canceled(result_of("details", request.details)?);
    let (workflow, run) = (request.workflow_id, request.run_id);
    let activity =
        by_id(engine, &request.namespace, workflow, run, &request.activity_id, false).await?;
    engine.finish_activity(activity, result).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn heartbeat(
    engine: &Engine,
    request: RecordActivityTaskHeartbeatRequest,
) -> Result<RecordActivityTaskHeartbeatResponse, Status> {
    let activity = by_token(engine, &request.namespace, &request.task_token)?;
    let details = result_of("details", request.details)?;
    let reply = engine.heartbeat_activity(activity, details).await.map_err(of)?;
    Ok(RecordActivityTaskHeartbeatResponse {
        cancel_requested: reply.cancel_requested,
        activity_paused: reply.paused,
        activity_reset: reply.reset,
    })
}

pub(crate) async fn heartbeat_by_id(
    engine: &Engine,
    request: RecordActivityTaskHeartbeatByIdRequest,
) -> Result<RecordActivityTaskHeartbeatByIdResponse, Status> {
    let details = result_of("details", request.details)?;
    let (workflow, run) = (request.workflow_id, request.run_id);
    let activity =
        by_id(engine, &request.namespace, workflow, run, &request.activity_id, false).await?;
    let reply = engine.heartbeat_activity(activity, details).await.map_err(of)?;
    Ok(RecordActivityTaskHeartbeatByIdResponse {
        cancel_requested: reply.cancel_requested,
        activity_paused: reply.paused,
        activity_reset: reply.reset,
    })
}
