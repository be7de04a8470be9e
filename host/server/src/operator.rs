//! Temporal's OperatorService, as far as the web page and the command line look at it.

use crate::stubs::operator::operator_service_server::OperatorService;
use crate::validate;
use refrain_engine::Engine;
use refrain_wire::api::enums::v1::IndexedValueType;
use refrain_wire::api::operatorservice::v1::{
    ClusterMetadata, DeleteNamespaceRequest, DeleteNamespaceResponse, ListClustersRequest,
    ListClustersResponse, ListNexusEndpointsRequest, ListNexusEndpointsResponse,
    ListSearchAttributesRequest, ListSearchAttributesResponse,
};
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) engine: Engine,
}

/// Those that lists can be asked by.
const ATTRIBUTES: [(&str, IndexedValueType); 7] = [
    ("WorkflowId", IndexedValueType::Keyword),
    ("WorkflowType", IndexedValueType::Keyword),
    ("ExecutionStatus", IndexedValueType::Keyword),
    ("RunId", IndexedValueType::Keyword),
    ("StartTime", IndexedValueType::Datetime),
    ("CloseTime", IndexedValueType::Datetime),
    ("TaskQueue", IndexedValueType::Keyword),
];

#[tonic::async_trait]
impl OperatorService for Operator {
    async fn list_search_attributes(
        &self,
        request: Request<ListSearchAttributesRequest>,
    ) -> Result<Response<ListSearchAttributesResponse>, Status> {
        let request = request.into_inner();
        if !request.namespace.is_empty() {
            validate::namespace(&self.engine, &request.namespace)?;
        }
        let attributes = ATTRIBUTES.into_iter();
        Ok(Response::new(ListSearchAttributesResponse {
            system_attributes: attributes
                .map(|(name, kind)| (name.to_owned(), kind as i32))
                .collect(),
            ..Default::default()
        }))
    }

    async fn delete_namespace(
        &self,
        request: Request<DeleteNamespaceRequest>,
    ) -> Result<Response<DeleteNamespaceResponse>, Status> {
        crate::namespaces::delete(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_clusters(
        &self,
        _: Request<ListClustersRequest>,
    ) -> Result<Response<ListClustersResponse>, Status> {
        let info = crate::system::cluster_info();
        Ok(Response::new(ListClustersResponse {
            clusters: vec![ClusterMetadata {
                cluster_name: info.cluster_name,
                cluster_id: info.cluster_id,
                initial_failover_version: info.initial_failover_version,
                history_shard_count: info.history_shard_count,
                is_connection_enabled: true,
                ..Default::default()
            }],
            ..Default::default()
        }))
    }

    async fn list_nexus_endpoints(
        &self,
        _: Request<ListNexusEndpointsRequest>,
    ) -> Result<Response<ListNexusEndpointsResponse>, Status> {
        Ok(Response::new(ListNexusEndpointsResponse::default()))
    }
}
