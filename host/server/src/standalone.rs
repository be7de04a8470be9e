//! Activities without a workflow.

use crate::patience::{Stopping, within_deadline};
use crate::pending_activity;
use crate::status::{invalid, of};
use crate::token::{self, PAGE_TOKEN, foreign};
use crate::validate;
use prost::Message;
use refrain_core::attempt::fill_in;
use refrain_core::ids::{EventId, OpSeq};
use refrain_core::limits::{HISTORY_LONG_POLL, LIST_PAGE_MAX};
use refrain_core::machines::activity::Schedule;
use refrain_core::options::{ActivityTimeouts, CancellationType, IdConflictPolicy, IdReusePolicy};
use refrain_core::payload::Payload;
use refrain_core::search::{GroupBy, Kind, Typed};
use refrain_core::standalone::{Closed, Execution, Status as Standing};
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::Engine;
use refrain_engine::api::{ListPlace, Namespace, NewStandalone, StandaloneRef};
use refrain_wire::api::activity::v1::activity_execution_outcome::Value as OutcomeValue;
use refrain_wire::api::activity::v1::{
    ActivityExecutionInfo, ActivityExecutionListInfo, ActivityExecutionOutcome,
};
use refrain_wire::api::common::v1::{ActivityType, Link, Payloads, link};
use refrain_wire::api::enums::v1::{ActivityIdConflictPolicy, ActivityIdReusePolicy};
use refrain_wire::api::failure::v1::Failure;
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::workflowservice::v1::count_activity_executions_response::AggregationGroup;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::failure::{self, retry_state_to_proto};
use refrain_wire::options::{
    delay_to_proto, task_queue_from_proto, timestamp_to_proto, user_metadata_to_proto,
};
use refrain_wire::{payload, search, stored};
use tonic::{Request, Status};

const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

pub(crate) async fn start(
    engine: &Engine,
    request: StartActivityExecutionRequest,
) -> Result<StartActivityExecutionResponse, Status> {
    let namespace = validate::namespace_for_start(engine, &request.namespace)?;
    let activity_type = request.activity_type.unwrap_or_default().name;
    let task_queue = task_queue_from_proto(request.task_queue);
    validate::name("activity_id", &request.activity_id)?;
    validate::name("activity_type", &activity_type)?;
    validate::task_queue(&task_queue)?;
    validate::short("request_id", &request.request_id)?;
    validate::short("identity", &request.identity)?;
    let input = payload::list_from_proto(request.input);
    validate::blob("input", &input)?;
    let (summary, details) = validate::user_metadata(request.user_metadata)?;
    let known = engine.search_attributes(namespace.id);
    let search_attributes = validate::search_attributes(&known, request.search_attributes)?;
    let priority = validate::priority(request.priority)?;
    let schedule = Schedule {
        op: OpSeq(0),
        activity_id: Some(request.activity_id.clone()),
        activity_type,
        task_queue: Some(task_queue),
        input,
        header: payload::header_from_proto(request.header),
        timeouts: ActivityTimeouts {
            schedule_to_close: validate::limit(
                "schedule_to_close_timeout",
                request.schedule_to_close_timeout,
            )?,
            schedule_to_start: validate::limit(
                "schedule_to_start_timeout",
                request.schedule_to_start_timeout,
            )?,
            start_to_close: validate::limit(
                "start_to_close_timeout",
                request.start_to_close_timeout,
            )?,
            heartbeat: validate::limit("heartbeat_timeout", request.heartbeat_timeout)?,
        },
        retry: validate::retry_policy(request.retry_policy)?,
        cancellation: CancellationType::default(),
        summary,
        priority,
    };
    let options = fill_in(&schedule, "", None, EventId::FIRST).map_err(invalid)?;
    let (reuse, conflict) = policies(request.id_reuse_policy, request.id_conflict_policy)?;
    let new = NewStandalone {
        namespace: namespace.id,
        options: Box::new(options),
        request_id: request.request_id,
        details,
        search_attributes,
        delay: validate::limit("start_delay", request.start_delay)?.unwrap_or(Delay::ZERO),
        reuse,
        conflict,
    };
    let reply = engine.start_standalone(new).await.map_err(of)?;
    let run_id = reply.run.to_string();
    let link = link::Activity {
        namespace: request.namespace,
        activity_id: request.activity_id,
        run_id: run_id.clone(),
    };
    Ok(StartActivityExecutionResponse {
        run_id,
        started: reply.started,
        link: Some(Link { variant: Some(link::Variant::Activity(link)) }),
    })
}

fn policies(reuse: i32, conflict: i32) -> Result<(IdReusePolicy, IdConflictPolicy), Status> {
    use ActivityIdConflictPolicy as Conflict;
    use ActivityIdReusePolicy as Reuse;
    let reuse = match Reuse::try_from(reuse) {
        Ok(Reuse::Unspecified | Reuse::AllowDuplicate) => IdReusePolicy::AllowDuplicate,
        Ok(Reuse::AllowDuplicateFailedOnly) => IdReusePolicy::AllowDuplicateFailedOnly,
        Ok(Reuse::RejectDuplicate) => IdReusePolicy::RejectDuplicate,
        Err(_) => return Err(invalid(format!("id_reuse_policy is `{reuse}`, expected 0 to 3"))),
    };
    let conflict = match Conflict::try_from(conflict) {
        Ok(Conflict::Unspecified | Conflict::Fail) => IdConflictPolicy::Fail,
        Ok(Conflict::UseExisting) => IdConflictPolicy::UseExisting,
        Err(_) => {
            return Err(invalid(format!("id_conflict_policy is `{conflict}`, expected 0 to 2")));
        }
    };
    Ok((reuse, conflict))
}

pub(crate) fn target(
    engine: &Engine,
    namespace: &str,
    activity_id: String,
    run_id: &str,
) -> Result<StandaloneRef, Status> {
    let namespace = validate::namespace(engine, namespace)?.id;
    validate::name("activity_id", &activity_id)?;
    Ok(StandaloneRef { namespace, activity_id, run: validate::run_id(run_id)? })
}

/// Holds the request until the activity is closed; then an answer without outcome, and the client
/// asks again.
pub(crate) async fn poll(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<PollActivityExecutionRequest>,
) -> Result<PollActivityExecutionResponse, Status> {
    let patience = within_deadline(request.metadata(), HISTORY_LONG_POLL);
    let request = request.into_inner();
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    let view = match stopping.unless(engine.standalone_end(&target, patience)).await {
        Some(view) => view.map_err(of)?,
        None => engine.standalone(&target).await.map_err(of)?,
    };
    Ok(PollActivityExecutionResponse {
        run_id: view.0.task.run.run.to_string(),
        outcome: outcome(&view.0),
    })
}

fn outcome(it: &Execution) -> Option<ActivityExecutionOutcome> {
    let closed = it.closed.as_ref()?;
    let value = match &closed.outcome {
        // A result of nothing is a result.
        Ok(result) => {
            let list = payload::list_to_proto(result);
            OutcomeValue::Result(list.unwrap_or(Payloads { payloads: Vec::new() }))
        }
        Err(failure) => OutcomeValue::Failure(signed(failure::to_proto(failure), it, closed)),
    };
    let retry_state = retry_state_to_proto(closed.retry_state) as i32;
    Some(ActivityExecutionOutcome { value: Some(value), retry_state })
}

/// With the name of whoever wanted it to end. Where no worker said anything of a cancel, the reason
/// for that is its details.
fn signed(mut failure: Failure, it: &Execution, closed: &Closed) -> Failure {
    match &mut failure.failure_info {
        Some(FailureInfo::TerminatedFailureInfo(info)) => info.identity = closed.by.clone(),
        Some(FailureInfo::CanceledFailureInfo(info)) => {
            info.identity = closed.by.clone();
            if let (Some(cancel), None, false) = (&it.cancel, &info.details, it.task.is_started()) {
                let reason = payload::to_proto(&Payload::json(
                    serde_json::Value::from(cancel.reason.as_str()).to_string(),
                ));
                info.details = Some(Payloads { payloads: vec![reason] });
            }
        }
        Some(_) | None => {}
    }
    failure
}

pub(crate) async fn describe(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<DescribeActivityExecutionRequest>,
) -> Result<DescribeActivityExecutionResponse, Status> {
    let patience = within_deadline(request.metadata(), HISTORY_LONG_POLL);
    let request = request.into_inner();
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    let view = match request.long_poll_token.as_slice() {
        [] => engine.standalone(&target).await.map_err(of)?,
        token => {
            let seen: [u8; 8] = token.try_into().map_err(|_| foreign("long_poll_token"))?;
            let seen = u64::from_be_bytes(seen);
            match stopping.unless(engine.standalone_change(&target, seen, patience)).await {
                Some(view) => view.map_err(of)?,
                None => engine.standalone(&target).await.map_err(of)?,
            }
        }
    };
    let mut info = info(&view.0, engine.now());
    if !request.include_heartbeat_details {
        info.heartbeat_details = None;
    }
    if !request.include_last_failure {
        info.last_failure = None;
    }
    let include = |wanted: bool| wanted.then_some(());
    Ok(DescribeActivityExecutionResponse {
        run_id: info.run_id.clone(),
        info: Some(info),
        input: include(request.include_input)
            .and_then(|()| payload::list_to_proto(&view.0.task.options.input)),
        outcome: include(request.include_outcome).and_then(|()| outcome(&view.0)),
        long_poll_token: view.stamp().to_be_bytes().to_vec(),
        callbacks: Vec::new(),
    })
}

fn info(it: &Execution, now: Timestamp) -> ActivityExecutionInfo {
    let pending = pending_activity::info(&it.task, now);
    let options = pending_activity::options(&it.task.options);
    let open = it.closed.is_none();
    // Not if somebody had it end.
    let attempt_ended = match it.status() {
        Standing::Completed | Standing::Failed | Standing::TimedOut => true,
        Standing::Running | Standing::Canceled | Standing::Terminated | Standing::Paused => false,
    };
    ActivityExecutionInfo {
        activity_id: pending.activity_id,
        run_id: it.task.run.run.to_string(),
        activity_type: pending.activity_type,
        status: i32::from(it.status().number()),
        run_state: if open { pending.state } else { 0 },
        task_queue: it.task.options.task_queue.clone(),
        schedule_to_close_timeout: options.schedule_to_close_timeout,
        schedule_to_start_timeout: options.schedule_to_start_timeout,
        start_to_close_timeout: options.start_to_close_timeout,
        heartbeat_timeout: options.heartbeat_timeout,
        retry_policy: options.retry_policy,
        heartbeat_details: pending.heartbeat_details,
        last_heartbeat_time: pending.last_heartbeat_time,
        last_started_time: pending.last_started_time,
        attempt: pending.attempt,
        execution_duration: it.took().map(delay_to_proto),
        schedule_time: Some(timestamp_to_proto(it.task.scheduled_at)),
        expiration_time: pending.expiration_time,
        close_time: it.closed.as_ref().map(|closed| timestamp_to_proto(closed.at)),
        last_failure: match &it.closed {
            Some(Closed { outcome: Err(last), .. }) if attempt_ended => {
                Some(failure::to_proto(last))
            }
            Some(_) | None => pending.last_failure,
        },
        last_worker_identity: pending.last_worker_identity,
        // A delay before the first attempt is none.
        current_retry_interval: pending
            .current_retry_interval
            .filter(|_| open && pending.attempt > 1),
        last_attempt_complete_time: match &it.closed {
            Some(closed) if attempt_ended => Some(timestamp_to_proto(closed.at)),
            Some(_) | None => pending.last_attempt_complete_time,
        },
        next_attempt_schedule_time: if open { pending.next_attempt_schedule_time } else { None },
        state_size_bytes: i64::try_from(stored::encode_standalone(it).len()).unwrap_or(i64::MAX),
        priority: pending.priority.filter(|it| *it != Default::default()),
        search_attributes: Some(payload::search_attributes_to_proto(&it.search_attributes)),
        header: Some(payload::header_to_proto(&it.task.options.header)),
        user_metadata: user_metadata_to_proto(
            it.task.options.summary.as_ref(),
            it.details.as_ref(),
        ),
        canceled_reason: it.cancel.as_ref().map(|it| it.reason.clone()).unwrap_or_default(),
        start_delay: Some(delay_to_proto(it.delay)),
        execution_time: Some(timestamp_to_proto(it.began_at())),
        ..Default::default()
    }
}

fn list_info(it: &Execution) -> ActivityExecutionListInfo {
    let options = &it.task.options;
    ActivityExecutionListInfo {
        activity_id: options.activity_id.clone(),
        run_id: it.task.run.run.to_string(),
        activity_type: Some(ActivityType { name: options.activity_type.clone() }),
        schedule_time: Some(timestamp_to_proto(it.task.scheduled_at)),
        close_time: it.closed.as_ref().map(|closed| timestamp_to_proto(closed.at)),
        status: i32::from(it.status().number()),
        search_attributes: Some(payload::search_attributes_to_proto(&it.search_attributes)),
        task_queue: options.task_queue.clone(),
        execution_duration: it.took().map(delay_to_proto),
        execution_time: Some(timestamp_to_proto(it.began_at())),
        ..Default::default()
    }
}

fn filter(engine: &Engine, namespace: &Namespace, query: &str) -> Result<Typed, Status> {
    let filter = engine.standalone_filter(namespace.id, query);
    filter.map_err(|error| invalid(format!("invalid query: {error}")))
}

#[derive(Clone, PartialEq, prost::Message)]
struct PlaceToken {
    #[prost(uint64, tag = "1")]
    started_at_ms: u64,
    #[prost(bytes = "vec", tag = "2")]
    run: Vec<u8>,
}

fn place(token: &[u8]) -> Result<Option<ListPlace>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = PlaceToken::decode(token).map_err(|_| foreign(PAGE_TOKEN))?;
    let run = token::run_of(&token.run, PAGE_TOKEN)?;
    Ok(Some(ListPlace { started_at: Timestamp(token.started_at_ms), run }))
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListActivityExecutionsRequest,
) -> Result<ListActivityExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let Typed { condition, group_by: _ } = filter(engine, &namespace, &request.query)?;
    let n_max = validate::page_size(request.page_size, PAGE_MAX);
    let after = place(&request.next_page_token)?;
    // One more than asked for tells whether there is more.
    let found = engine.list_standalone(namespace.id, &condition, after, n_max + 1).await;
    let mut found = found.map_err(of)?;
    let more = found.len() > n_max as usize;
    found.truncate(n_max as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let ListPlace { started_at, run } = ListPlace::of_standalone(last);
        PlaceToken { started_at_ms: started_at.0, run: run.to_bytes().to_vec() }.encode_to_vec()
    });
    Ok(ListActivityExecutionsResponse {
        executions: found.iter().map(list_info).collect(),
        next_page_token: next.unwrap_or_default(),
    })
}

pub(crate) async fn count(
    engine: &Engine,
    request: CountActivityExecutionsRequest,
) -> Result<CountActivityExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let Typed { condition, group_by } = filter(engine, &namespace, &request.query)?;
    let counts = engine.count_standalone(namespace.id, &condition).await.map_err(of)?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let group = |(status, count): (&Standing, &u64)| AggregationGroup {
        group_values: vec![payload::to_proto(&search::typed(
            Kind::Keyword,
            format!("\"{}\"", status.name()),
        ))],
        count: number(*count),
    };
    Ok(CountActivityExecutionsResponse {
        count: number(counts.values().sum()),
        groups: match group_by {
            Some(GroupBy::ExecutionStatus) => counts.iter().map(group).collect(),
            None => Vec::new(),
        },
    })
}

pub(crate) async fn request_cancel(
    engine: &Engine,
    request: RequestCancelActivityExecutionRequest,
) -> Result<RequestCancelActivityExecutionResponse, Status> {
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    validate::short("reason", &request.reason)?;
    validate::short("identity", &request.identity)?;
    validate::short("request_id", &request.request_id)?;
    let asked = engine.cancel_standalone(&target, request.reason, request.identity).await;
    asked.map_err(of)?;
    Ok(RequestCancelActivityExecutionResponse {})
}

pub(crate) async fn terminate(
    engine: &Engine,
    request: TerminateActivityExecutionRequest,
) -> Result<TerminateActivityExecutionResponse, Status> {
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    validate::short("reason", &request.reason)?;
    validate::short("identity", &request.identity)?;
    validate::short("request_id", &request.request_id)?;
    let ended = engine.terminate_standalone(&target, request.reason, request.identity).await;
    ended.map_err(of)?;
    Ok(TerminateActivityExecutionResponse {})
}

/// Done when it answers, unlike the real server's, which only promises it.
pub(crate) async fn delete(
    engine: &Engine,
    request: DeleteActivityExecutionRequest,
) -> Result<DeleteActivityExecutionResponse, Status> {
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    engine.delete_standalone(&target).await.map_err(of)?;
    Ok(DeleteActivityExecutionResponse {})
}
