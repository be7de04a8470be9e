//! Namespaces. Every message field is filled: the command line dies on an absent one.

use crate::status::{invalid, of};
use crate::system::CLUSTER;
use crate::token::{PAGE_TOKEN, foreign};
use crate::validate;
use refrain_core::limits::{BLOB_BYTES_MAX, DETACH_ABOVE};
use refrain_core::time::Delay;
use refrain_engine::api::{Namespace, NamespaceSettings, NamespaceState as State};
use refrain_engine::{Engine, EngineError};
use refrain_wire::DETACH_ABOVE_SETTING;
use refrain_wire::api::enums::v1::{ArchivalState, NamespaceState, ReplicationState};
use refrain_wire::api::namespace::v1::namespace_info::{Capabilities, Limits};
use refrain_wire::api::namespace::v1::{BadBinaries, NamespaceConfig, NamespaceInfo};
use refrain_wire::api::operatorservice::v1::{DeleteNamespaceRequest, DeleteNamespaceResponse};
use refrain_wire::api::replication::v1::{ClusterReplicationConfig, NamespaceReplicationConfig};
use refrain_wire::api::workflowservice::v1::{
    DeprecateNamespaceRequest, DeprecateNamespaceResponse, DescribeNamespaceRequest,
    DescribeNamespaceResponse, ListNamespacesRequest, ListNamespacesResponse,
    RegisterNamespaceRequest, RegisterNamespaceResponse, UpdateNamespaceRequest,
    UpdateNamespaceResponse,
};
use refrain_wire::options::delay_to_proto;
use std::collections::{BTreeMap, HashMap};
use tonic::Status;

const PAGE_MAX: usize = 1000;
const NEVER: &str = "never";
/// Temporal's own workflows run in it. There are none here, so there is no such namespace.
const OF_THE_SERVER: &str = "temporal-system";
const RETENTION_MIN: Delay = Delay::from_secs(3600);

/// A UUID as text; the same form as a run's.
pub(crate) fn id_of(namespace: &Namespace) -> String {
    refrain_core::ids::RunId(namespace.uuid).to_string()
}

/// As its owners said, and the settings that Temporal's messages have no field for.
fn data_of(namespace: &Namespace) -> HashMap<String, String> {
    let detach_above = namespace.detach_above.map_or_else(|| NEVER.to_owned(), |it| it.to_string());
    let said = namespace.data.clone().into_iter();
    said.chain([(DETACH_ABOVE_SETTING.to_owned(), detach_above)]).collect()
}

fn description(namespace: &Namespace) -> DescribeNamespaceResponse {
    DescribeNamespaceResponse {
        namespace_info: Some(NamespaceInfo {
            name: namespace.name.clone(),
            // Temporal's numbers are the stored ones.
            state: i32::try_from(namespace.state.number())
                .unwrap_or(NamespaceState::Unspecified as i32),
            description: namespace.description.clone(),
            owner_email: namespace.owner_email.clone(),
            data: data_of(namespace),
            id: id_of(namespace),
            capabilities: Some(Capabilities {
                sync_update: true,
                async_update: true,
                worker_heartbeats: true,
                workflow_pause: true,
                standalone_activities: true,
                standalone_activity_start_delay: true,
                standalone_activity_operator_commands: true,
                standalone_activity_batch_operations: true,
                ..Default::default()
            }),
            limits: Some(Limits {
                blob_size_limit_error: BLOB_BYTES_MAX as i64,
                memo_size_limit_error: BLOB_BYTES_MAX as i64,
                ..Default::default()
            }),
            supports_schedules: true,
        }),
        config: Some(NamespaceConfig {
            workflow_execution_retention_ttl: Some(delay_to_proto(namespace.retention)),
            bad_binaries: Some(BadBinaries::default()),
            history_archival_state: ArchivalState::Disabled as i32,
            visibility_archival_state: ArchivalState::Disabled as i32,
            ..Default::default()
        }),
        replication_config: Some(NamespaceReplicationConfig {
            active_cluster_name: CLUSTER.to_owned(),
            clusters: vec![ClusterReplicationConfig {
                cluster_name: CLUSTER.to_owned(),
                ..Default::default()
            }],
            state: ReplicationState::Normal as i32,
        }),
        ..Default::default()
    }
}

pub(crate) fn describe(
    engine: &Engine,
    request: DescribeNamespaceRequest,
) -> Result<DescribeNamespaceResponse, Status> {
    if request.namespace.is_empty() && !request.id.is_empty() {
        let all = engine.namespaces();
        let found = all.iter().find(|it| id_of(it) == request.id);
        let found = found.ok_or_else(|| of(EngineError::NamespaceNotFound(request.id.clone())))?;
        return Ok(description(found));
    }
    Ok(description(&*validate::namespace(engine, &request.namespace)?))
}

/// The token is the name of the last one: names are the order.
pub(crate) fn list(
    engine: &Engine,
    request: ListNamespacesRequest,
) -> Result<ListNamespacesResponse, Status> {
    let after = String::from_utf8(request.next_page_token).map_err(|_| foreign(PAGE_TOKEN))?;
    let n_max = match usize::try_from(request.page_size) {
        Ok(0) | Err(_) => PAGE_MAX,
        Ok(n) => n.min(PAGE_MAX),
    };
    let mut all = engine.namespaces();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.retain(|it| after.is_empty() || it.name > after);
    let more = all.len() > n_max;
    all.truncate(n_max);
    let last = all.last().filter(|_| more).map(|it| it.name.clone().into_bytes());
    Ok(ListNamespacesResponse {
        namespaces: all.iter().map(|it| description(it)).collect(),
        next_page_token: last.unwrap_or_default(),
    })
}

/// What is left of `data` when our own setting is taken out of it; outer `None`: it is not in it.
fn detach_above(data: &mut HashMap<String, String>) -> Result<Option<Option<u64>>, Status> {
    match data.remove(DETACH_ABOVE_SETTING).as_deref() {
        None => Ok(None),
        Some(NEVER) => Ok(Some(None)),
        Some(bytes) => bytes.parse().map(|it| Some(Some(it))).map_err(|_| {
            invalid(format!(
                "data `{DETACH_ABOVE_SETTING}` is `{bytes}`, expected a number of bytes or `{NEVER}`"
            ))
        }),
    }
}

pub(crate) async fn register(
    engine: &Engine,
    mut request: RegisterNamespaceRequest,
) -> Result<RegisterNamespaceResponse, Status> {
    validate::name("namespace", &request.namespace)?;
    validate::short("owner_email", &request.owner_email)?;
    if request.is_global_namespace {
        return Err(invalid(
            "is_global_namespace is `true`, expected `false`: this host is one cluster",
        ));
    }
    if request.namespace == OF_THE_SERVER {
        return Err(of(EngineError::NamespaceExists(request.namespace)));
    }
    only_cluster(&request.active_cluster_name, &request.clusters)?;
    let retention = validate::limit(
        "workflow_execution_retention_period",
        request.workflow_execution_retention_period,
    )?
    .unwrap_or(Delay::ZERO);
    check_retention("workflow_execution_retention_period", retention)?;
    let settings = NamespaceSettings {
        description: request.description,
        owner_email: request.owner_email,
        retention,
        detach_above: detach_above(&mut request.data)?.unwrap_or(Some(DETACH_ABOVE as u64)),
        data: data_from(request.data)?,
    };
    engine.register_namespace(&request.namespace, settings).await.map_err(of)?;
    Ok(RegisterNamespaceResponse::default())
}

/// Bounded together, as a payload is.
fn data_from(data: HashMap<String, String>) -> Result<BTreeMap<String, String>, Status> {
    let found: usize = data.iter().map(|(key, value)| key.len() + value.len()).sum();
    if found > BLOB_BYTES_MAX {
        return Err(invalid(format!("data has {found} bytes, expected at most {BLOB_BYTES_MAX}")));
    }
    Ok(data.into_iter().collect())
}

fn only_cluster(active: &str, clusters: &[ClusterReplicationConfig]) -> Result<(), Status> {
    let all = clusters.iter().map(|it| it.cluster_name.as_str());
    match all.chain([active]).find(|it| !it.is_empty() && *it != CLUSTER) {
        None => Ok(()),
        Some(other) => Err(invalid(format!("Invalid cluster name: {other}, expected `{CLUSTER}`"))),
    }
}

fn check_retention(field: &str, retention: Delay) -> Result<(), Status> {
    if retention < RETENTION_MIN {
        return Err(invalid(format!(
            "{field} is `{retention}`, expected at least `{RETENTION_MIN}`"
        )));
    }
    Ok(())
}

/// What is absent or empty stays as it is; what is in `data` is added to it.
pub(crate) async fn update(
    engine: &Engine,
    request: UpdateNamespaceRequest,
) -> Result<UpdateNamespaceResponse, Status> {
    let existing = validate::namespace(engine, &request.namespace)?;
    let mut info = request.update_info.unwrap_or_default();
    validate::short("owner_email", &info.owner_email)?;
    let state = match NamespaceState::try_from(info.state) {
        Ok(NamespaceState::Unspecified) => None,
        Ok(NamespaceState::Registered) => Some(State::Registered),
        Ok(NamespaceState::Deprecated) => Some(State::Deprecated),
        Ok(NamespaceState::Deleted) | Err(_) => {
            return Err(invalid(format!(
                "update_info.state is `{}`, expected 1 (registered) or 2 (deprecated)",
                info.state
            )));
        }
    };
    if request.promote_namespace {
        return Err(invalid(
            "promote_namespace is `true`, expected `false`: this host is one cluster",
        ));
    }
    let replication = request.replication_config.unwrap_or_default();
    only_cluster(&replication.active_cluster_name, &replication.clusters)?;
    let config = request.config.unwrap_or_default();
    if config.bad_binaries.is_some_and(|it| !it.binaries.is_empty())
        || !request.delete_bad_binary.is_empty()
    {
        return Err(invalid(
            "bad_binaries is set, expected none: `refrain deployment rollback` takes a version back",
        ));
    }
    let asked = config.workflow_execution_retention_ttl;
    let retention = match asked {
        None => None,
        Some(asked) => {
            let field = "config.workflow_execution_retention_ttl";
            let retention = validate::limit(field, Some(asked))?.unwrap_or(Delay::ZERO);
            check_retention(field, retention)?;
            Some(retention)
        }
    };
    let detach_above = detach_above(&mut info.data)?;
    let whole = existing.data.clone().into_iter().chain(info.data.clone());
    data_from(whole.collect())?;
    let updated = engine
        .update_namespace(&request.namespace, |row| {
            if !info.description.is_empty() {
                row.description = info.description;
            }
            if !info.owner_email.is_empty() {
                row.owner_email = info.owner_email;
            }
            row.retention = retention.unwrap_or(row.retention);
            row.detach_above = detach_above.unwrap_or(row.detach_above);
            row.state = state.unwrap_or(row.state);
            row.data.extend(info.data);
        })
        .await
        .map_err(of)?;
    let DescribeNamespaceResponse { namespace_info, config, replication_config, .. } =
        description(&updated);
    Ok(UpdateNamespaceResponse { namespace_info, config, replication_config, ..Default::default() })
}

#[allow(deprecated, reason = "tools still call it")]
pub(crate) async fn deprecate(
    engine: &Engine,
    request: DeprecateNamespaceRequest,
) -> Result<DeprecateNamespaceResponse, Status> {
    validate::namespace(engine, &request.namespace)?;
    let deprecate = |row: &mut Namespace| row.state = State::Deprecated;
    engine.update_namespace(&request.namespace, deprecate).await.map_err(of)?;
    Ok(DeprecateNamespaceResponse {})
}

/// Its name is free when this answers; what is in it goes afterwards, batch by batch.
pub(crate) async fn delete(
    engine: &Engine,
    request: DeleteNamespaceRequest,
) -> Result<DeleteNamespaceResponse, Status> {
    if request.namespace.is_empty() == request.namespace_id.is_empty() {
        return Err(invalid("expected either namespace or namespace_id, found both or none"));
    }
    if validate::limit("namespace_delete_delay", request.namespace_delete_delay)?.is_some() {
        return Err(invalid(
            "namespace_delete_delay is set, expected none: this host begins at once",
        ));
    }
    let name = match request.namespace.is_empty() {
        false => request.namespace,
        true => {
            let all = engine.namespaces();
            let found = all.iter().find(|it| id_of(it) == request.namespace_id);
            found.map_or(request.namespace_id, |it| it.name.clone())
        }
    };
    let deleted = engine.delete_namespace(&name).await.map_err(of)?;
    Ok(DeleteNamespaceResponse { deleted_namespace: deleted.name.clone() })
}
