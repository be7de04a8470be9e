//! Workers that say of themselves that they live, as they say it.

use crate::status::{invalid, not_found};
use crate::token::{PAGE_TOKEN, foreign};
use crate::validate;
use prost::Message;
use refrain_core::limits::LIST_PAGE_MAX;
use refrain_core::search::{
    Condition, Field, Instant, Kind, Registry, Row, System, Value, holds, parse, typed,
};
use refrain_engine::Engine;
use refrain_engine::api::Namespace;
use refrain_wire::api::enums::v1::WorkerStatus;
use refrain_wire::api::worker::v1::{WorkerHeartbeat, WorkerInfo, WorkerListInfo};
use refrain_wire::api::workflowservice::v1::{
    CountWorkersRequest, CountWorkersResponse, DescribeWorkerRequest, DescribeWorkerResponse,
    ListWorkersRequest, ListWorkersResponse, RecordWorkerHeartbeatRequest,
    RecordWorkerHeartbeatResponse, ShutdownWorkerRequest, ShutdownWorkerResponse,
};
use refrain_wire::wkt;
use std::sync::Arc;
use tonic::Status;

/// Heartbeats of one request: a process has few workers.
const HEARTBEATS_MAX: usize = 1000;
const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

fn heard(
    engine: &Engine,
    namespace: &Namespace,
    heartbeat: &WorkerHeartbeat,
) -> Result<(), Status> {
    let key = &heartbeat.worker_instance_key;
    validate::name("worker_heartbeat.worker_instance_key", key)?;
    engine.worker_heard(namespace.id, key, Arc::from(heartbeat.encode_to_vec()));
    Ok(())
}

pub(crate) fn heartbeat(
    engine: &Engine,
    request: RecordWorkerHeartbeatRequest,
) -> Result<RecordWorkerHeartbeatResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let found = request.worker_heartbeat.len();
    if found > HEARTBEATS_MAX {
        return Err(invalid(format!(
            "worker_heartbeat has {found} entries, expected at most {HEARTBEATS_MAX}"
        )));
    }
    request.worker_heartbeat.iter().try_for_each(|it| heard(engine, &namespace, it))?;
    Ok(RecordWorkerHeartbeatResponse::default())
}

/// A worker's last word. It stays in lists for a while, as one that has stopped.
pub(crate) fn shutdown(
    engine: &Engine,
    request: ShutdownWorkerRequest,
) -> Result<ShutdownWorkerResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let last = match request.worker_heartbeat {
        Some(last) => Some(last),
        None => all(engine, &namespace)
            .into_iter()
            .find(|it| it.worker_instance_key == request.worker_instance_key),
    };
    if let Some(mut last) = last {
        last.status = WorkerStatus::Shutdown as i32;
        heard(engine, &namespace, &last)?;
    }
    Ok(ShutdownWorkerResponse::default())
}

fn all(engine: &Engine, namespace: &Namespace) -> Vec<WorkerHeartbeat> {
    let workers = engine.workers(namespace.id);
    workers.iter().filter_map(|it| WorkerHeartbeat::decode(&**it).ok()).collect()
}

/// Those that a query holds for, by key.
fn found(
    engine: &Engine,
    namespace: &Namespace,
    query: &str,
) -> Result<Vec<WorkerHeartbeat>, Status> {
    let condition = condition(query)?;
    let mut found = all(engine, namespace);
    found.retain(|it| holds(&condition, &Worker(it)));
    Ok(found)
}

/// What a query may ask of a worker beside `TaskQueue` and `StartTime`.
const NAMES: [(&str, Kind); 9] = [
    ("WorkerInstanceKey", Kind::Keyword),
    ("WorkerIdentity", Kind::Keyword),
    ("HostName", Kind::Keyword),
    ("DeploymentName", Kind::Keyword),
    ("BuildId", Kind::Keyword),
    ("SdkName", Kind::Keyword),
    ("SdkVersion", Kind::Keyword),
    ("LastHeartbeatTime", Kind::Datetime),
    ("Status", Kind::Keyword),
];

fn condition(query: &str) -> Result<Condition, Status> {
    let wrong = |error: &dyn std::fmt::Display| invalid(format!("invalid query: {error}"));
    let query = parse(query).map_err(|error| wrong(&error))?;
    let registry = Registry(NAMES.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect());
    Ok(typed(&query, &registry).map_err(|error| wrong(&error))?.condition)
}

struct Worker<'a>(&'a WorkerHeartbeat);

impl Row for Worker<'_> {
    fn status(&self) -> i64 {
        0
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let Worker(it) = *self;
        let version = it.deployment_version.clone().unwrap_or_default();
        let text = |text: &str| vec![Value::Text(text.to_owned())];
        match field {
            Field::System(System::TaskQueue) => text(&it.task_queue),
            Field::System(System::StartTime) => it.start_time.map(time_value).into_iter().collect(),
            Field::System(_) => Vec::new(),
            Field::Set { name, .. } => match name.as_str() {
                "WorkerInstanceKey" => text(&it.worker_instance_key),
                "WorkerIdentity" => text(&it.worker_identity),
                "HostName" => text(&it.host_info.clone().unwrap_or_default().host_name),
                "DeploymentName" => text(&version.deployment_name),
                "BuildId" => text(&version.build_id),
                "SdkName" => text(&it.sdk_name),
                "SdkVersion" => text(&it.sdk_version),
                "LastHeartbeatTime" => it.heartbeat_time.map(time_value).into_iter().collect(),
                "Status" => text(status_name(it.status)),
                _ => Vec::new(),
            },
        }
    }
}

fn time_value(at: wkt::Timestamp) -> Value {
    let nanos = u32::try_from(at.nanos).unwrap_or_default();
    Value::Time(Instant { seconds: at.seconds, nanos })
}

fn status_name(status: i32) -> &'static str {
    match WorkerStatus::try_from(status) {
        Ok(WorkerStatus::Running) => "Running",
        Ok(WorkerStatus::ShuttingDown) => "ShuttingDown",
        Ok(WorkerStatus::Shutdown) => "Shutdown",
        Ok(WorkerStatus::Unspecified) | Err(_) => "Unspecified",
    }
}

/// The token is the key of the last one: keys are the order.
#[allow(deprecated, reason = "tools read either field")]
pub(crate) fn list(
    engine: &Engine,
    request: ListWorkersRequest,
) -> Result<ListWorkersResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let after = String::from_utf8(request.next_page_token).map_err(|_| foreign(PAGE_TOKEN))?;
    let n_max = validate::page_size(request.page_size, PAGE_MAX) as usize;
    let mut found = found(engine, &namespace, &request.query)?;
    found.retain(|it| after.is_empty() || it.worker_instance_key > after);
    let more = found.len() > n_max;
    found.truncate(n_max);
    let last = found.last().filter(|_| more).map(|it| it.worker_instance_key.clone().into_bytes());
    Ok(ListWorkersResponse {
        workers: found.iter().map(list_info).collect(),
        workers_info: found
            .into_iter()
            .map(|it| WorkerInfo { worker_heartbeat: Some(it) })
            .collect(),
        next_page_token: last.unwrap_or_default(),
    })
}

fn list_info(it: &WorkerHeartbeat) -> WorkerListInfo {
    let host = it.host_info.clone().unwrap_or_default();
    WorkerListInfo {
        worker_instance_key: it.worker_instance_key.clone(),
        worker_identity: it.worker_identity.clone(),
        task_queue: it.task_queue.clone(),
        deployment_version: it.deployment_version.clone(),
        sdk_name: it.sdk_name.clone(),
        sdk_version: it.sdk_version.clone(),
        status: it.status,
        start_time: it.start_time,
        host_name: host.host_name,
        worker_grouping_key: host.worker_grouping_key,
        process_id: host.process_id,
        plugins: it.plugins.clone(),
        drivers: it.drivers.clone(),
    }
}

pub(crate) fn count(
    engine: &Engine,
    request: CountWorkersRequest,
) -> Result<CountWorkersResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let count = found(engine, &namespace, &request.query)?.len();
    Ok(CountWorkersResponse { count: i64::try_from(count).unwrap_or(i64::MAX) })
}

pub(crate) fn describe(
    engine: &Engine,
    request: DescribeWorkerRequest,
) -> Result<DescribeWorkerResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let key = &request.worker_instance_key;
    validate::name("worker_instance_key", key)?;
    let found = all(engine, &namespace).into_iter().find(|it| it.worker_instance_key == *key);
    let found = found.ok_or_else(|| not_found(format!("worker `{key}` not found")))?;
    let worker_info = Some(WorkerInfo { worker_heartbeat: Some(found) });
    Ok(DescribeWorkerResponse { worker_info })
}
