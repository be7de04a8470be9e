//! Temporal's OperatorService, as far as the web page and the command line look at it.

use crate::search;
use crate::stubs::operator::operator_service_server::OperatorService;
use refrain_engine::Engine;
use refrain_wire::api::operatorservice::v1::{
    AddSearchAttributesRequest, AddSearchAttributesResponse, ClusterMetadata,
    DeleteNamespaceRequest, DeleteNamespaceResponse, ListClustersRequest, ListClustersResponse,
    ListNexusEndpointsRequest, ListNexusEndpointsResponse, ListSearchAttributesRequest,
    ListSearchAttributesResponse, RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) engine: Engine,
    /// Where the server listens.
    pub(crate) address: String,
    /// Empty if there is none.
    pub(crate) http_address: String,
}

#[tonic::async_trait]
impl OperatorService for Operator {
    async fn list_search_attributes(
        &self,
        request: Request<ListSearchAttributesRequest>,
    ) -> Result<Response<ListSearchAttributesResponse>, Status> {
        search::list(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn add_search_attributes(
        &self,
        request: Request<AddSearchAttributesRequest>,
    ) -> Result<Response<AddSearchAttributesResponse>, Status> {
        search::add(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn remove_search_attributes(
        &self,
        request: Request<RemoveSearchAttributesRequest>,
    ) -> Result<Response<RemoveSearchAttributesResponse>, Status> {
        search::remove(&self.engine, request.into_inner()).await.map(Response::new)
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
                address: self.address.clone(),
                http_address: self.http_address.clone(),
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
