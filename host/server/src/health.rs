//! `grpc.health.v1`: what load balancers, SDKs and `temporal operator cluster health` ask.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};

/// The name under which Temporal's clients ask; the empty one is the server as a whole.
const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

pub(crate) async fn service() -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    for name in ["", WORKFLOW_SERVICE] {
        reporter.set_service_status(name, ServingStatus::Serving).await;
    }
    service
}
