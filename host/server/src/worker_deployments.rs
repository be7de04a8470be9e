//! Versions of task queues, in the words of Temporal's worker deployments.
//!
//! A deployment is a task queue that this host runs workflows of, because it is for a queue that
//! versions are switched here; a build id is a component's digest.

use crate::status::{invalid, not_found, of};
use crate::token::{PAGE_TOKEN, foreign};
use crate::{validate, versions};
use refrain_core::deployment::Change;
use refrain_core::ids::Digest;
use refrain_core::limits::LIST_PAGE_MAX;
use refrain_core::spread::fingerprint;
use refrain_core::time::Timestamp;
use refrain_engine::Engine;
use refrain_engine::api::{ComponentKind, Namespace, Queue, Stage, VersionState};
use refrain_wire::api::deployment::v1::worker_deployment_info::WorkerDeploymentVersionSummary;
use refrain_wire::api::deployment::v1::worker_deployment_version_info::VersionTaskQueueInfo;
use refrain_wire::api::deployment::v1::{
    RoutingConfig, VersionDrainageInfo, WorkerDeploymentInfo, WorkerDeploymentVersion,
    WorkerDeploymentVersionInfo,
};
use refrain_wire::api::enums::v1::{
    TaskQueueType, VersionDrainageStatus, WorkerDeploymentVersionStatus,
};
use refrain_wire::api::taskqueue::v1::TaskQueueVersioningInfo;
use refrain_wire::api::workflowservice::v1::describe_worker_deployment_version_response::VersionTaskQueue;
use refrain_wire::api::workflowservice::v1::list_worker_deployments_response::WorkerDeploymentSummary;
use refrain_wire::api::workflowservice::v1::{
    DescribeWorkerDeploymentRequest, DescribeWorkerDeploymentResponse,
    DescribeWorkerDeploymentVersionRequest, DescribeWorkerDeploymentVersionResponse,
    ListWorkerDeploymentsRequest, ListWorkerDeploymentsResponse,
    SetWorkerDeploymentCurrentVersionRequest, SetWorkerDeploymentCurrentVersionResponse,
    SetWorkerDeploymentRampingVersionRequest, SetWorkerDeploymentRampingVersionResponse,
};
use refrain_wire::options::timestamp_to_proto;
use refrain_wire::wkt;
use std::collections::BTreeMap;
use tonic::Status;

const UNVERSIONED: &str = "__unversioned__";
const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

/// All versions of the workflows of one queue, oldest first.
type Versions = Vec<VersionState>;

async fn all(engine: &Engine, namespace: &Namespace) -> Result<BTreeMap<String, Versions>, Status> {
    let mut queues: BTreeMap<String, Versions> = BTreeMap::new();
    for state in engine.versions(namespace.id).await.map_err(of)? {
        if state.row.kind == ComponentKind::Workflow {
            queues.entry(state.row.task_queue.clone()).or_default().push(state);
        }
    }
    queues.values_mut().for_each(|it| it.sort_by_key(|it| it.row.version));
    Ok(queues)
}

async fn one(engine: &Engine, namespace: &Namespace, name: &str) -> Result<Versions, Status> {
    validate::name("deployment_name", name)?;
    let found = all(engine, namespace).await?.remove(name);
    found.ok_or_else(|| not_found(format!("Worker Deployment `{name}` not found")))
}

fn version(state: &VersionState) -> WorkerDeploymentVersion {
    WorkerDeploymentVersion {
        build_id: state.row.digest.to_string(),
        deployment_name: state.row.task_queue.clone(),
    }
}

/// The older form, which names a version in one text.
fn version_text(state: &VersionState) -> String {
    format!("{}.{}", state.row.task_queue, state.row.digest)
}

fn current(versions: &[VersionState]) -> Option<&VersionState> {
    versions.iter().find(|it| it.stage == Stage::Current)
}

fn ramping(versions: &[VersionState]) -> Option<(&VersionState, f32)> {
    versions.iter().find_map(|it| match it.stage {
        Stage::Ramping(share) => Some((it, share.hundredths() as f32 / 100.0)),
        Stage::Current | Stage::Draining | Stage::Drained => None,
    })
}

fn time(at: Timestamp) -> Option<wkt::Timestamp> {
    Some(timestamp_to_proto(at))
}

fn changed(versions: &[VersionState]) -> Option<wkt::Timestamp> {
    versions.iter().map(|it| it.row.changed_at).max().and_then(time)
}

#[allow(deprecated, reason = "tools read either field")]
fn routing(versions: &[VersionState]) -> RoutingConfig {
    let (current, ramping) = (current(versions), ramping(versions));
    let ramping_since = ramping.and_then(|(it, _)| time(it.row.changed_at));
    RoutingConfig {
        current_deployment_version: current.map(version),
        current_version: current.map_or_else(|| UNVERSIONED.to_owned(), version_text),
        ramping_deployment_version: ramping.map(|(it, _)| version(it)),
        ramping_version: ramping.map(|(it, _)| version_text(it)).unwrap_or_default(),
        ramping_version_percentage: ramping.map_or(0.0, |(_, percentage)| percentage),
        current_version_changed_time: current.and_then(|it| it.row.current_since).and_then(time),
        ramping_version_changed_time: ramping_since,
        ramping_version_percentage_changed_time: ramping_since,
        ..Default::default()
    }
}

/// What a description of a queue says of its versions.
#[allow(deprecated, reason = "tools read either field")]
pub(crate) async fn versioning_info(
    engine: &Engine,
    namespace: &Namespace,
    task_queue: &str,
) -> Result<TaskQueueVersioningInfo, Status> {
    let versions = all(engine, namespace).await?.remove(task_queue).unwrap_or_default();
    let routing = routing(&versions);
    Ok(TaskQueueVersioningInfo {
        current_deployment_version: routing.current_deployment_version,
        current_version: routing.current_version,
        ramping_deployment_version: routing.ramping_deployment_version,
        ramping_version: routing.ramping_version,
        ramping_version_percentage: routing.ramping_version_percentage,
        update_time: changed(&versions),
    })
}

fn status(state: &VersionState) -> WorkerDeploymentVersionStatus {
    match state.stage {
        Stage::Current => WorkerDeploymentVersionStatus::Current,
        Stage::Ramping(_) => WorkerDeploymentVersionStatus::Ramping,
        Stage::Draining => WorkerDeploymentVersionStatus::Draining,
        Stage::Drained => WorkerDeploymentVersionStatus::Drained,
    }
}

fn drainage(state: &VersionState) -> VersionDrainageStatus {
    match state.stage {
        Stage::Current | Stage::Ramping(_) => VersionDrainageStatus::Unspecified,
        Stage::Draining => VersionDrainageStatus::Draining,
        Stage::Drained => VersionDrainageStatus::Drained,
    }
}

fn drainage_info(state: &VersionState) -> Option<VersionDrainageInfo> {
    let status = drainage(state);
    (status != VersionDrainageStatus::Unspecified).then(|| VersionDrainageInfo {
        status: status as i32,
        last_changed_time: time(state.row.changed_at),
        last_checked_time: time(state.row.changed_at),
    })
}

/// Since when it is what it is now, if it is of that stage.
fn since(state: &VersionState) -> [Option<wkt::Timestamp>; 2] {
    match state.stage {
        Stage::Current => [state.row.current_since.and_then(time), None],
        Stage::Ramping(_) => [None, time(state.row.changed_at)],
        Stage::Draining | Stage::Drained => [None, None],
    }
}

#[allow(deprecated, reason = "tools read either field")]
fn summary(state: &VersionState) -> WorkerDeploymentVersionSummary {
    let [current_since_time, ramping_since_time] = since(state);
    WorkerDeploymentVersionSummary {
        version: version_text(state),
        status: status(state) as i32,
        deployment_version: Some(version(state)),
        create_time: time(state.row.deployed_at),
        drainage_status: drainage(state) as i32,
        drainage_info: drainage_info(state),
        current_since_time,
        ramping_since_time,
        routing_update_time: time(state.row.changed_at),
        first_activation_time: time(state.row.deployed_at),
        last_current_time: state.row.current_since.and_then(time),
        ..Default::default()
    }
}

/// The token is the name of the last one: names are the order.
pub(crate) async fn list(
    engine: &Engine,
    request: ListWorkerDeploymentsRequest,
) -> Result<ListWorkerDeploymentsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let after = String::from_utf8(request.next_page_token).map_err(|_| foreign(PAGE_TOKEN))?;
    let n_max = validate::page_size(request.page_size, PAGE_MAX) as usize;
    let mut all: Vec<_> = all(engine, &namespace).await?.into_iter().collect();
    all.retain(|(name, _)| after.is_empty() || *name > after);
    let more = all.len() > n_max;
    all.truncate(n_max);
    let last = all.last().filter(|_| more).map(|(name, _)| name.clone().into_bytes());
    let summaries = all.into_iter().map(|(name, versions)| WorkerDeploymentSummary {
        name,
        create_time: versions.iter().map(|it| it.row.deployed_at).min().and_then(time),
        routing_config: Some(routing(&versions)),
        latest_version_summary: versions.last().map(summary),
        current_version_summary: current(&versions).map(summary),
        ramping_version_summary: ramping(&versions).map(|(it, _)| summary(it)),
    });
    Ok(ListWorkerDeploymentsResponse {
        worker_deployments: summaries.collect(),
        next_page_token: last.unwrap_or_default(),
    })
}

pub(crate) async fn describe(
    engine: &Engine,
    request: DescribeWorkerDeploymentRequest,
) -> Result<DescribeWorkerDeploymentResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let versions = one(engine, &namespace, &request.deployment_name).await?;
    Ok(DescribeWorkerDeploymentResponse {
        conflict_token: token(&versions),
        worker_deployment_info: Some(WorkerDeploymentInfo {
            name: request.deployment_name,
            // Newest first.
            version_summaries: versions.iter().rev().map(summary).collect(),
            create_time: versions.iter().map(|it| it.row.deployed_at).min().and_then(time),
            routing_config: Some(routing(&versions)),
            ..Default::default()
        }),
    })
}

/// How the versions stood. Whoever changes them may say which state it has seen.
fn token(versions: &[VersionState]) -> Vec<u8> {
    let text: String = versions.iter().map(|it| format!("{:?};", it.row.to_version())).collect();
    fingerprint(text.bytes()).to_be_bytes().to_vec()
}

/// Named in two parts, or in one text by older tools.
fn named(version: Option<WorkerDeploymentVersion>, text: &str) -> Result<(String, String), Status> {
    let (name, build_id) = match version {
        Some(it) => (it.deployment_name, it.build_id),
        None => text
            .rsplit_once('.')
            .or_else(|| text.split_once(':'))
            .map(|(name, build_id)| (name.to_owned(), build_id.to_owned()))
            .ok_or_else(|| invalid("deployment_version is missing or empty"))?,
    };
    validate::name("deployment_name", &name)?;
    validate::name("build_id", &build_id)?;
    Ok((name, build_id))
}

/// The version of that build id, among those of one queue.
fn of_build<'a>(
    versions: &'a Versions,
    name: &str,
    build_id: &str,
) -> Result<&'a VersionState, Status> {
    let digest: Option<Digest> = build_id.parse().ok();
    versions.iter().find(|it| Some(it.row.digest) == digest).ok_or_else(|| {
        not_found(format!(
            "build ID `{build_id}` not found in Worker Deployment `{name}`: deploy it with `refrain deploy`"
        ))
    })
}

#[allow(deprecated, reason = "tools read either field")]
pub(crate) async fn describe_version(
    engine: &Engine,
    request: DescribeWorkerDeploymentVersionRequest,
) -> Result<DescribeWorkerDeploymentVersionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let (name, build_id) = named(request.deployment_version, &request.version)?;
    let versions = one(engine, &namespace, &name).await?;
    let found = of_build(&versions, &name, &build_id)?;
    let [current_since_time, ramping_since_time] = since(found);
    let kind = TaskQueueType::Workflow as i32;
    Ok(DescribeWorkerDeploymentVersionResponse {
        worker_deployment_version_info: Some(WorkerDeploymentVersionInfo {
            version: version_text(found),
            status: status(found) as i32,
            deployment_version: Some(version(found)),
            deployment_name: name.clone(),
            create_time: time(found.row.deployed_at),
            routing_changed_time: time(found.row.changed_at),
            current_since_time,
            ramping_since_time,
            first_activation_time: time(found.row.deployed_at),
            last_current_time: found.row.current_since.and_then(time),
            ramp_percentage: ramping(std::slice::from_ref(found)).map_or(0.0, |it| it.1),
            task_queue_infos: vec![VersionTaskQueueInfo { name: name.clone(), r#type: kind }],
            drainage_info: drainage_info(found),
            ..Default::default()
        }),
        version_task_queues: vec![VersionTaskQueue { name, r#type: kind, ..Default::default() }],
    })
}

/// What a request asks of one queue.
struct Asked {
    namespace: String,
    deployment_name: String,
    conflict_token: Vec<u8>,
}

impl Asked {
    async fn apply(
        &self,
        engine: &Engine,
        change: impl FnOnce(&Versions) -> Result<(Change, String), Status>,
    ) -> Result<(Versions, Vec<u8>), Status> {
        let namespace = validate::namespace(engine, &self.namespace)?;
        let before = one(engine, &namespace, &self.deployment_name).await?;
        if !self.conflict_token.is_empty() && self.conflict_token != token(&before) {
            return Err(Status::failed_precondition("conflict token mismatch"));
        }
        let (change, name) = change(&before)?;
        let queue = Queue {
            namespace: namespace.id,
            task_queue: self.deployment_name.clone(),
            kind: ComponentKind::Workflow,
        };
        engine.change_deployment(&queue, change, &name).await.map_err(of)?;
        let after = one(engine, &namespace, &self.deployment_name).await?;
        Ok((before, token(&after)))
    }

    /// The version that a change is about: its digest and its name.
    fn version(&self, versions: &Versions, build_id: &str) -> Result<(Digest, String), Status> {
        let found = of_build(versions, &self.deployment_name, build_id)?;
        Ok((found.row.digest, found.row.name.clone()))
    }
}

/// The build id of a change, in either form. `None`: no version at all.
fn target(build_id: String, text: &str) -> Result<Option<String>, Status> {
    match (build_id.is_empty(), text) {
        (true, "" | UNVERSIONED) => Ok(None),
        (true, text) => named(None, text).map(|it| Some(it.1)),
        (false, _) => Ok(Some(build_id)),
    }
}

#[allow(deprecated, reason = "tools send and read either field")]
pub(crate) async fn set_current(
    engine: &Engine,
    request: SetWorkerDeploymentCurrentVersionRequest,
) -> Result<SetWorkerDeploymentCurrentVersionResponse, Status> {
    let target = target(request.build_id, &request.version)?;
    let asked = Asked {
        namespace: request.namespace,
        deployment_name: request.deployment_name,
        conflict_token: request.conflict_token,
    };
    let change = |versions: &Versions| {
        let target = target.ok_or_else(|| {
            invalid("build_id is missing or empty: a queue that is deployed to stays so")
        })?;
        let (digest, name) = asked.version(versions, &target)?;
        Ok((Change::SetCurrent(digest), name))
    };
    let (before, conflict_token) = asked.apply(engine, change).await?;
    Ok(SetWorkerDeploymentCurrentVersionResponse {
        conflict_token,
        previous_version: current(&before).map_or_else(|| UNVERSIONED.to_owned(), version_text),
        previous_deployment_version: current(&before).map(version),
    })
}

/// No version, or a share of nothing, ends the ramp.
#[allow(deprecated, reason = "tools send and read either field")]
pub(crate) async fn set_ramping(
    engine: &Engine,
    request: SetWorkerDeploymentRampingVersionRequest,
) -> Result<SetWorkerDeploymentRampingVersionResponse, Status> {
    let target = target(request.build_id, &request.version)?;
    let share = versions::share(f64::from(request.percentage))?;
    let asked = Asked {
        namespace: request.namespace,
        deployment_name: request.deployment_name,
        conflict_token: request.conflict_token,
    };
    let change = |versions: &Versions| match &target {
        None => Ok((Change::StopRamp, String::new())),
        Some(target) => {
            let (digest, name) = asked.version(versions, target)?;
            Ok((Change::Ramp(digest, share), name))
        }
    };
    let (before, conflict_token) = asked.apply(engine, change).await?;
    let was = ramping(&before);
    Ok(SetWorkerDeploymentRampingVersionResponse {
        conflict_token,
        previous_version: was.map(|(it, _)| version_text(it)).unwrap_or_default(),
        previous_percentage: was.map_or(0.0, |it| it.1),
        previous_deployment_version: was.map(|(it, _)| version(it)),
    })
}
