//! Schedules: checked here, kept and carried out by the engine.

use crate::status::{invalid, not_found, of, undecodable, with_causes};
use crate::token::{PAGE_TOKEN, foreign};
use crate::{validate, workflows};
use prost::Message;
use refrain_calendar::schedule::Patch;
use refrain_core::ids::NamespaceId;
use refrain_core::limits::{ID_BYTES_MAX, LIST_PAGE_MAX, SCHEDULE_ID_BYTES_MAX};
use refrain_core::payload::PayloadMap;
use refrain_core::time::Timestamp;
use refrain_engine::Engine;
use refrain_engine::api::{
    NewSchedule, ScheduleKey, SchedulePlace, ScheduleUpdate, ScheduleView, SearchAttributes,
};
use refrain_wire::api::common::v1 as pb_common;
use refrain_wire::api::enums::v1::{TaskQueueKind, WorkflowIdReusePolicy};
use refrain_wire::api::schedule::v1 as pb;
use refrain_wire::api::workflow::v1::NewWorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1::{
    CountSchedulesRequest, CountSchedulesResponse, CreateScheduleRequest, CreateScheduleResponse,
    DeleteScheduleRequest, DeleteScheduleResponse, DescribeScheduleRequest,
    DescribeScheduleResponse, ListScheduleMatchingTimesRequest, ListScheduleMatchingTimesResponse,
    ListSchedulesRequest, ListSchedulesResponse, PatchScheduleRequest, PatchScheduleResponse,
    StartWorkflowExecutionRequest, UpdateScheduleRequest, UpdateScheduleResponse,
};
use refrain_wire::{options, payload, schedule as wire};
use tonic::Status;

const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;
const TOKEN_VERSION: u32 = 1;
/// What a start's nominal time adds to its workflow id.
const TIME_BYTES: usize = "-2026-11-22T13:48:34Z".len();

/// The last row of the page before.
#[derive(Clone, PartialEq, prost::Message)]
struct ListToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint64, tag = "2")]
    created_ms: u64,
    #[prost(string, tag = "3")]
    id: String,
}

pub(crate) async fn create(
    engine: &Engine,
    request: CreateScheduleRequest,
) -> Result<CreateScheduleResponse, Status> {
    let namespace = validate::namespace_for_start(engine, &request.namespace)?;
    validate::name("schedule_id", &request.schedule_id)?;
    let found = request.schedule_id.len();
    if found > SCHEDULE_ID_BYTES_MAX {
        return Err(invalid(format!(
            "schedule_id has {found} bytes, expected at most {SCHEDULE_ID_BYTES_MAX}"
        )));
    }
    validate::name("request_id", &request.request_id)?;
    validate::short("identity", &request.identity)?;
    let attributes = engine.search_attributes(namespace.id);
    let mut schedule = update_of(request.schedule, &attributes)?;
    schedule.search_attributes =
        Some(validate::search_attributes(&attributes, request.search_attributes)?);
    let memo = payload::memo_from_proto(request.memo);
    validate::blob_map("memo", &memo)?;
    let patch = patch_of(request.initial_patch.unwrap_or_default())?;
    let new = NewSchedule { schedule, patch, memo };
    let key = key_of(namespace.id, &request.schedule_id);
    let revision = engine.create_schedule(key, new, request.request_id).await.map_err(of)?;
    Ok(CreateScheduleResponse { conflict_token: conflict_token(revision) })
}

fn patch_of(patch: pb::SchedulePatch) -> Result<Patch, Status> {
    notes(&patch.pause)?;
    notes(&patch.unpause)?;
    wire::patch_from_proto(patch).map_err(undecodable)
}

fn key_of(namespace: NamespaceId, id: &str) -> ScheduleKey {
    ScheduleKey { namespace, id: id.into() }
}

/// As the real server's: eight bytes, the greatest first.
fn conflict_token(revision: u64) -> Vec<u8> {
    revision.to_be_bytes().to_vec()
}

fn update_of(
    schedule: Option<pb::Schedule>,
    attributes: &SearchAttributes,
) -> Result<ScheduleUpdate, Status> {
    let Some(schedule) = schedule else { return Err(invalid("schedule is missing")) };
    let spec = wire::spec_from_proto(schedule.spec.unwrap_or_default());
    let spec = spec.map_err(|error| invalid_spec(&error))?;
    let spec = spec.compile().map_err(|error| invalid_spec(&error))?;
    let policies = wire::policies_from_proto(schedule.policies).map_err(undecodable)?;
    if let Some(state) = &schedule.state {
        notes(&state.notes)?;
    }
    let standing = wire::standing_from_proto(schedule.state).map_err(undecodable)?;
    let action = schedule.action.unwrap_or_default().action;
    let Some(pb::schedule_action::Action::StartWorkflow(mut info)) = action else {
        return Err(invalid("schedule.action.start_workflow is missing"));
    };
    let start = Box::new(workflows::started(start_request(&info)?, attributes)?);
    // Shown with their types.
    info.search_attributes = some_attributes(&start.search_attributes);
    if let Some(queue) = &mut info.task_queue
        && queue.kind == TaskQueueKind::Unspecified as i32
    {
        queue.kind = TaskQueueKind::Normal as i32;
    }
    let action = pb::schedule_action::Action::StartWorkflow(info);
    let action = pb::ScheduleAction { action: Some(action) }.encode_to_vec();
    Ok(ScheduleUpdate { spec, policies, standing, start, action, search_attributes: None })
}

/// It begins as the real server's does, because Temporal's TypeScript client looks at that.
fn invalid_spec(error: &(dyn std::error::Error + 'static)) -> Status {
    invalid(format!("Invalid schedule spec: {}", with_causes(error)))
}

fn notes(notes: &str) -> Result<(), Status> {
    let found = notes.len();
    if found > ID_BYTES_MAX {
        return Err(invalid(format!(
            "Schedule notes exceeds limit.: it has {found} bytes, expected at most {ID_BYTES_MAX}"
        )));
    }
    Ok(())
}

/// The request that each of its runs is started by.
fn start_request(info: &NewWorkflowExecutionInfo) -> Result<StartWorkflowExecutionRequest, Status> {
    let found = info.workflow_id.len();
    if found + TIME_BYTES > ID_BYTES_MAX {
        return Err(invalid(format!(
            "workflow_id has {found} bytes, expected at most {}: the time of each run is added to it",
            ID_BYTES_MAX - TIME_BYTES
        )));
    }
    if !info.cron_schedule.is_empty() {
        return Err(invalid(format!(
            "cron_schedule is `{}`, expected none in a schedule: use spec.cron_string",
            info.cron_schedule
        )));
    }
    let reuse = info.workflow_id_reuse_policy;
    let allowed =
        [WorkflowIdReusePolicy::Unspecified as i32, WorkflowIdReusePolicy::AllowDuplicate as i32];
    if !allowed.contains(&reuse) {
        return Err(invalid(format!(
            "workflow_id_reuse_policy is `{reuse}`, expected none in a schedule"
        )));
    }
    let info = info.clone();
    Ok(StartWorkflowExecutionRequest {
        workflow_id: info.workflow_id,
        workflow_type: info.workflow_type,
        task_queue: info.task_queue,
        input: info.input,
        workflow_execution_timeout: info.workflow_execution_timeout,
        workflow_run_timeout: info.workflow_run_timeout,
        workflow_task_timeout: info.workflow_task_timeout,
        retry_policy: info.retry_policy,
        memo: info.memo,
        search_attributes: info.search_attributes,
        header: info.header,
        user_metadata: info.user_metadata,
        versioning_override: info.versioning_override,
        priority: info.priority,
        ..StartWorkflowExecutionRequest::default()
    })
}

pub(crate) async fn describe(
    engine: &Engine,
    request: DescribeScheduleRequest,
) -> Result<DescribeScheduleResponse, Status> {
    let key = existing(engine, &request.namespace, &request.schedule_id)?;
    let ScheduleView { record, future, .. } = engine.describe_schedule(&key).await.map_err(of)?;
    Ok(DescribeScheduleResponse {
        schedule: Some(wire::to_proto(&record)),
        info: Some(pb::ScheduleInfo {
            future_action_times: wire::times_to_proto(&future),
            ..wire::info_to_proto(&record.schedule)
        }),
        // As the real server's: here they are absent when empty, in lists the memo is not.
        memo: (!record.memo.is_empty()).then(|| payload::memo_to_proto(&record.memo)),
        search_attributes: some_attributes(&record.search_attributes),
        conflict_token: conflict_token(record.schedule.progress.revision),
    })
}

fn some_attributes(attributes: &PayloadMap) -> Option<pb_common::SearchAttributes> {
    (!attributes.is_empty()).then(|| payload::search_attributes_to_proto(attributes))
}

fn existing(engine: &Engine, namespace: &str, id: &str) -> Result<ScheduleKey, Status> {
    let namespace = validate::namespace(engine, namespace)?;
    validate::present("schedule_id", id)?;
    if id.len() > SCHEDULE_ID_BYTES_MAX {
        let shown: String = id.chars().take(40).collect();
        return Err(not_found(format!("schedule `{shown}...` not found")));
    }
    Ok(key_of(namespace.id, id))
}

pub(crate) async fn update(
    engine: &Engine,
    request: UpdateScheduleRequest,
) -> Result<UpdateScheduleResponse, Status> {
    let key = existing(engine, &request.namespace, &request.schedule_id)?;
    validate::short("request_id", &request.request_id)?;
    let attributes = engine.search_attributes(key.namespace);
    let mut update = update_of(request.schedule, &attributes)?;
    // Absent: as they are; empty: none.
    update.search_attributes = match request.search_attributes {
        None => None,
        Some(it) => Some(validate::search_attributes(&attributes, Some(it))?),
    };
    let expected = match request.conflict_token.as_slice() {
        [] => None,
        token => Some(u64::from_be_bytes(token.try_into().map_err(|_| foreign("conflict_token"))?)),
    };
    engine.update_schedule(key, update, expected, request.request_id).await.map_err(of)?;
    Ok(UpdateScheduleResponse::default())
}

pub(crate) async fn patch(
    engine: &Engine,
    request: PatchScheduleRequest,
) -> Result<PatchScheduleResponse, Status> {
    let key = existing(engine, &request.namespace, &request.schedule_id)?;
    validate::short("request_id", &request.request_id)?;
    let Some(patch) = request.patch else { return Err(invalid("patch is missing")) };
    let patch = patch_of(patch)?;
    if let Some(it) = patch.backfills.iter().find(|it| it.until < it.from) {
        return Err(invalid(format!(
            "backfill_request ends {} ms before it starts",
            it.from.since(it.until).as_ms()
        )));
    }
    engine.patch_schedule(key, patch, request.request_id).await.map_err(of)?;
    Ok(PatchScheduleResponse {})
}

pub(crate) async fn delete(
    engine: &Engine,
    request: DeleteScheduleRequest,
) -> Result<DeleteScheduleResponse, Status> {
    let key = existing(engine, &request.namespace, &request.schedule_id)?;
    engine.delete_schedule(key).await.map_err(of)?;
    Ok(DeleteScheduleResponse {})
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListSchedulesRequest,
) -> Result<ListSchedulesResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let filter = engine.schedule_filter(namespace.id, &request.query).map_err(invalid)?;
    let after = place(&request.next_page_token)?;
    let n_max = validate::page_size(request.maximum_page_size, PAGE_MAX);
    let views = engine.list_schedules(namespace.id, &filter, after.as_ref(), n_max).await;
    let views = views.map_err(of)?;
    let next = views.last().filter(|_| views.len() >= n_max as usize).map(|last| ListToken {
        version: TOKEN_VERSION,
        created_ms: last.record.schedule.progress.created.as_ms(),
        id: last.id.clone(),
    });
    Ok(ListSchedulesResponse {
        next_page_token: next.map(|it| it.encode_to_vec()).unwrap_or_default(),
        schedules: views.into_iter().map(list_entry).collect(),
    })
}

fn list_entry(view: ScheduleView) -> pb::ScheduleListEntry {
    let ScheduleView { id, record, future } = view;
    let schedule = &record.schedule;
    let shown = pb::ScheduleListInfo {
        spec: Some(wire::spec_to_proto(schedule.spec.spec())),
        workflow_type: Some(pb_common::WorkflowType { name: record.start.workflow_type.clone() }),
        notes: schedule.standing.notes.clone(),
        paused: schedule.standing.paused,
        recent_actions: recent(&record),
        future_action_times: wire::times_to_proto(&future),
        state_size_bytes: 0,
    };
    pb::ScheduleListEntry {
        schedule_id: id,
        memo: Some(payload::memo_to_proto(&record.memo)),
        search_attributes: some_attributes(&record.search_attributes),
        info: Some(shown),
    }
}

/// A list shows half of them.
fn recent(record: &refrain_calendar::schedule::Record) -> Vec<pb::ScheduleActionResult> {
    let recent = &record.schedule.progress.recent;
    let n_left_out = recent.len().saturating_sub(refrain_core::limits::SCHEDULE_SHOWN_MAX / 2);
    recent.iter().skip(n_left_out).map(wire::action_to_proto).collect()
}

fn place(token: &[u8]) -> Result<Option<SchedulePlace>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = ListToken::decode(token).map_err(|_| foreign(PAGE_TOKEN))?;
    if token.version != TOKEN_VERSION {
        return Err(foreign(PAGE_TOKEN));
    }
    Ok(Some(SchedulePlace { created: Timestamp(token.created_ms), id: token.id }))
}

pub(crate) async fn count(
    engine: &Engine,
    request: CountSchedulesRequest,
) -> Result<CountSchedulesResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let filter = engine.schedule_filter(namespace.id, &request.query).map_err(invalid)?;
    let count = engine.count_schedules(namespace.id, &filter).await.map_err(of)?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(CountSchedulesResponse { count, groups: Vec::new() })
}

pub(crate) async fn matching_times(
    engine: &Engine,
    request: ListScheduleMatchingTimesRequest,
) -> Result<ListScheduleMatchingTimesResponse, Status> {
    let key = existing(engine, &request.namespace, &request.schedule_id)?;
    let moment = |what, at| options::timestamp_from_proto(what, at).map_err(undecodable);
    let after = moment("start_time", request.start_time)?;
    let until = moment("end_time", request.end_time)?;
    let times = engine.schedule_times(&key, after, until).await.map_err(of)?;
    Ok(ListScheduleMatchingTimesResponse { start_time: wire::times_to_proto(&times) })
}
