//! What this server is: the first thing that every client asks.

use refrain_wire::api::workflowservice::v1::get_system_info_response::Capabilities;
use refrain_wire::api::workflowservice::v1::{GetClusterInfoResponse, GetSystemInfoResponse};

/// The version of Temporal's server that we answer like. The web page and the SDKs switch
/// features on by it.
const SERVER_VERSION: &str = "1.32.0";
pub(crate) const CLUSTER: &str = "active";

pub(crate) fn system_info() -> GetSystemInfoResponse {
    GetSystemInfoResponse {
        server_version: SERVER_VERSION.to_owned(),
        capabilities: Some(Capabilities {
            signal_and_query_header: true,
            // INTERNAL means "do not try again"; what may be retried has another code.
            internal_error_differentiation: true,
            activity_failure_include_heartbeat: true,
            supports_schedules: true,
            encoded_failure_attributes: true,
            upsert_memo: true,
            sdk_metadata: true,
            count_group_by_execution_status: true,
            // The host runs workflows itself: nothing to start eagerly, no workers to version.
            eager_workflow_start: false,
            build_id_based_versioning: false,
            nexus: false,
            server_scaled_deployments: false,
            server_scaled_provider_cloud_run: false,
        }),
    }
}

pub(crate) fn cluster_info() -> GetClusterInfoResponse {
    let clients = [
        ("temporal-java", "<2.0.0"),
        ("temporal-ui", "<3.0.0"),
        ("temporal-typescript", "<2.0.0"),
        ("temporal-go", "<2.0.0"),
        ("temporal-cli", "<2.0.0"),
        ("temporal-server", "<2.0.0"),
        ("temporal-php", "<2.0.0"),
    ];
    GetClusterInfoResponse {
        supported_clients: clients
            .into_iter()
            .map(|(client, versions)| (client.to_owned(), versions.to_owned()))
            .collect(),
        server_version: SERVER_VERSION.to_owned(),
        // One cluster, always the same: tools only show it.
        cluster_id: "01a2037b-0000-7000-8072-65667261696e".to_owned(),
        cluster_name: CLUSTER.to_owned(),
        history_shard_count: 1,
        persistence_store: "sqlite".to_owned(),
        visibility_store: "sqlite".to_owned(),
        initial_failover_version: 1,
        failover_version_increment: 10,
        // With alerts in it the web page would nag about Temporal's releases.
        version_info: None,
    }
}
