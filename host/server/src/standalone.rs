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
use refrain_core::search::{
    Condition, Field, GroupBy, Instant, Kind, Registry, Row, STATUSES, System, Typed, Value, holds,
    parse, typed,
};
use refrain_core::standalone::{Closed, Execution, Status as Standing};
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::Engine;
use refrain_engine::api::{Namespace, NewStandalone, StandalonePlace, StandaloneRef};
use refrain_wire::api::activity::v1::activity_execution_outcome::Value as OutcomeValue;
use refrain_wire::api::activity::v1::{
    ActivityExecutionInfo, ActivityExecutionListInfo, ActivityExecutionOutcome,
};
use refrain_wire::api::common::v1::{ActivityType, Link, Payloads, link};
use refrain_wire::api::enums::v1::{ActivityIdConflictPolicy, ActivityIdReusePolicy};
use refrain_wire::api::workflowservice::v1::count_activity_executions_response::AggregationGroup;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::failure::{self, retry_state_to_proto};
use refrain_wire::options::{
    delay_to_proto, priority_from_proto, task_queue_from_proto, timestamp_to_proto,
    user_metadata_to_proto,
};
use refrain_wire::{payload, search};
use std::collections::BTreeMap;
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
    validate::name("task_queue", &task_queue)?;
    validate::short("request_id", &request.request_id)?;
    validate::short("identity", &request.identity)?;
    let input = payload::list_from_proto(request.input);
    validate::blob("input", &input)?;
    let (summary, details) = validate::user_metadata(request.user_metadata)?;
    let known = engine.search_attributes(namespace.id);
    let search_attributes = validate::search_attributes(&known, request.search_attributes)?;
    let priority = priority_from_proto(request.priority).map_err(crate::status::undecodable)?;
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
        outcome: view.0.closed.as_ref().map(outcome),
    })
}

fn outcome(closed: &Closed) -> ActivityExecutionOutcome {
    let value = match &closed.outcome {
        // A result of nothing is a result.
        Ok(result) => {
            let list = payload::list_to_proto(result);
            OutcomeValue::Result(list.unwrap_or(Payloads { payloads: Vec::new() }))
        }
        Err(it) => OutcomeValue::Failure(failure::to_proto(it)),
    };
    ActivityExecutionOutcome {
        value: Some(value),
        retry_state: retry_state_to_proto(closed.retry_state) as i32,
    }
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
        outcome: include(request.include_outcome)
            .and_then(|()| view.0.closed.as_ref().map(outcome)),
        long_poll_token: view.stamp().to_be_bytes().to_vec(),
        callbacks: Vec::new(),
    })
}

fn execution_at(it: &Execution) -> Timestamp {
    it.task.scheduled_at.plus(it.delay)
}

fn took(it: &Execution) -> Option<Delay> {
    it.closed.as_ref().map(|closed| Delay(closed.at.0.saturating_sub(execution_at(it).0)))
}

fn info(it: &Execution, now: Timestamp) -> ActivityExecutionInfo {
    let pending = pending_activity::info(&it.task, now);
    let options = pending_activity::options(&it.task.options);
    let open = it.closed.is_none();
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
        execution_duration: took(it).map(delay_to_proto),
        schedule_time: Some(timestamp_to_proto(it.task.scheduled_at)),
        expiration_time: pending.expiration_time,
        close_time: it.closed.as_ref().map(|closed| timestamp_to_proto(closed.at)),
        last_failure: match it.closed.as_ref().map(|closed| &closed.outcome) {
            Some(Err(last)) => Some(failure::to_proto(last)),
            Some(Ok(_)) | None => pending.last_failure,
        },
        last_worker_identity: pending.last_worker_identity,
        current_retry_interval: if open { pending.current_retry_interval } else { None },
        last_attempt_complete_time: match &it.closed {
            Some(closed) => Some(timestamp_to_proto(closed.at)),
            None => pending.last_attempt_complete_time,
        },
        next_attempt_schedule_time: if open { pending.next_attempt_schedule_time } else { None },
        priority: pending.priority,
        search_attributes: Some(payload::search_attributes_to_proto(&it.search_attributes)),
        header: Some(payload::header_to_proto(&it.task.options.header)),
        user_metadata: user_metadata_to_proto(
            it.task.options.summary.as_ref(),
            it.details.as_ref(),
        ),
        canceled_reason: it.cancel_reason.clone().unwrap_or_default(),
        start_delay: Some(delay_to_proto(it.delay)),
        execution_time: Some(timestamp_to_proto(execution_at(it))),
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
        execution_duration: took(it).map(delay_to_proto),
        execution_time: Some(timestamp_to_proto(execution_at(it))),
        ..Default::default()
    }
}

/// What a filter may ask of an activity beside what it may ask of a workflow.
const NAMES: [(&str, Kind); 2] = [("ActivityId", Kind::Keyword), ("ActivityType", Kind::Keyword)];

fn filter(engine: &Engine, namespace: &Namespace, query: &str) -> Result<Typed, Status> {
    let wrong = |error: &dyn std::fmt::Display| invalid(format!("invalid query: {error}"));
    let query = parse(query).map_err(|error| wrong(&error))?;
    let registered = engine.search_attributes(namespace.id);
    let mut names = registered.registry.0.clone();
    names.extend(NAMES.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
    typed(&query, &Registry(names)).map_err(|error| wrong(&error))
}

struct Listed<'a>(&'a Execution);

impl Row for Listed<'_> {
    fn status(&self) -> i64 {
        let name = self.0.status().name();
        STATUSES.iter().find(|it| it.0 == name).map_or(0, |it| it.1)
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let Listed(it) = *self;
        let text = |text: &str| vec![Value::Text(text.to_owned())];
        let time =
            |at: Timestamp| vec![Value::Time(Instant::from_ms(i64::try_from(at.0).unwrap_or(0)))];
        let options = &it.task.options;
        match field {
            Field::System(System::TaskQueue) => text(&options.task_queue),
            Field::System(System::RunId) => text(&it.task.run.run.to_string()),
            Field::System(System::StartTime) => time(it.task.scheduled_at),
            Field::System(System::ExecutionTime) => time(execution_at(it)),
            Field::System(System::CloseTime) => {
                it.closed.as_ref().map_or_else(Vec::new, |closed| time(closed.at))
            }
            Field::System(System::ExecutionDuration) => took(it).map_or_else(Vec::new, |it| {
                vec![Value::Int(i64::try_from(it.0).unwrap_or(0).saturating_mul(1_000_000))]
            }),
            Field::System(_) => Vec::new(),
            Field::Set { name, .. } => match name.as_str() {
                "ActivityId" => text(&options.activity_id),
                "ActivityType" => text(&options.activity_type),
                name => {
                    let payload = it.search_attributes.get(name);
                    payload.and_then(search::values_of).map_or_else(Vec::new, |it| it.1)
                }
            },
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct PlaceToken {
    #[prost(uint64, tag = "1")]
    started_at_ms: u64,
    #[prost(bytes = "vec", tag = "2")]
    run: Vec<u8>,
}

fn place(token: &[u8]) -> Result<Option<StandalonePlace>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = PlaceToken::decode(token).map_err(|_| foreign(PAGE_TOKEN))?;
    let run = token::run_of(&token.run, PAGE_TOKEN)?;
    Ok(Some(StandalonePlace { started_at: Timestamp(token.started_at_ms), run }))
}

/// Those from `after` on that the condition holds for, as long as `take` wants more.
async fn visit(
    engine: &Engine,
    namespace: &Namespace,
    condition: &Condition,
    mut after: Option<StandalonePlace>,
    mut take: impl FnMut(Execution) -> bool,
) -> Result<(), Status> {
    loop {
        let page = engine.list_standalone(namespace.id, after, PAGE_MAX).await.map_err(of)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(Engine::standalone_place(last));
        let more = page.len() == PAGE_MAX as usize;
        for it in page {
            if holds(condition, &Listed(&it)) && !take(it) {
                return Ok(());
            }
        }
        if !more {
            return Ok(());
        }
    }
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListActivityExecutionsRequest,
) -> Result<ListActivityExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let Typed { condition, group_by: _ } = filter(engine, &namespace, &request.query)?;
    let n_max = validate::page_size(request.page_size, PAGE_MAX) as usize;
    let mut found = Vec::new();
    visit(engine, &namespace, &condition, place(&request.next_page_token)?, |it| {
        found.push(it);
        // One more than asked for tells whether there is more.
        found.len() <= n_max
    })
    .await?;
    let more = found.len() > n_max;
    found.truncate(n_max);
    let next = found.last().filter(|_| more).map(|last| {
        let StandalonePlace { started_at, run } = Engine::standalone_place(last);
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
    let mut counts: BTreeMap<Standing, i64> = BTreeMap::new();
    visit(engine, &namespace, &condition, None, |it| {
        *counts.entry(it.status()).or_default() += 1;
        true
    })
    .await?;
    let group = |(status, count): (&Standing, &i64)| AggregationGroup {
        group_values: vec![payload::to_proto(&search::typed(
            Kind::Keyword,
            format!("\"{}\"", status.name()),
        ))],
        count: *count,
    };
    Ok(CountActivityExecutionsResponse {
        count: counts.values().sum(),
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
    engine.cancel_standalone(&target, request.reason).await.map_err(of)?;
    Ok(RequestCancelActivityExecutionResponse {})
}

pub(crate) async fn terminate(
    engine: &Engine,
    request: TerminateActivityExecutionRequest,
) -> Result<TerminateActivityExecutionResponse, Status> {
    let target = target(engine, &request.namespace, request.activity_id, &request.run_id)?;
    validate::short("reason", &request.reason)?;
    engine.terminate_standalone(&target, request.reason).await.map_err(of)?;
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
