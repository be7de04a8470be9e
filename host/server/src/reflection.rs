//! `grpc.reflection`: so that `grpcurl` and the like need no files to call this server.

use crate::serve::limited;
use http::Request;
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_wire::json::DESCRIPTORS;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use tonic::codec::CompressionEncoding;
use tonic::server::NamedService;
use tonic_reflection::pb;
use tonic_reflection::server::{Builder, v1, v1alpha};
use tower::Service;

const SERVICES: [&str; 6] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "refrain.v1.RefrainService",
    "temporal.api.operatorservice.v1.OperatorService",
    "temporal.api.workflowservice.v1.WorkflowService",
];
const TEST_SERVICE: &str = "temporal.api.testservice.v1.TestService";

/// Made when it is first asked for: few servers ever are, and the index of all names takes megabytes.
pub(crate) struct Lazily<S>(Arc<LazyLock<S, Box<dyn FnOnce() -> S + Send>>>);

impl<S> Lazily<S> {
    fn new(make: impl FnOnce() -> S + Send + 'static) -> Lazily<S> {
        Lazily(Arc::new(LazyLock::new(Box::new(make))))
    }
}

impl<S> Clone for Lazily<S> {
    fn clone(&self) -> Lazily<S> {
        Lazily(Arc::clone(&self.0))
    }
}

impl<S: NamedService> NamedService for Lazily<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for Lazily<S>
where
    S: Service<Request<B>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    /// Those of tonic are always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        S::clone(&self.0).call(request)
    }
}

/// `moves_time`: the test service is served too.
pub(crate) fn serves(service: &str, moves_time: bool) -> bool {
    SERVICES.contains(&service) || (moves_time && service == TEST_SERVICE)
}

/// Which of our services there are, and what all of them look like.
fn builder(moves_time: bool) -> Builder<'static> {
    let sets = [DESCRIPTORS, pb::v1::FILE_DESCRIPTOR_SET, pb::v1alpha::FILE_DESCRIPTOR_SET];
    let builder = sets
        .into_iter()
        .fold(Builder::configure(), |it, set| it.register_encoded_file_descriptor_set(set));
    let services = SERVICES.into_iter().chain(moves_time.then_some(TEST_SERVICE));
    services.fold(builder, |it, name| it.with_service_name(name))
}

const SOUND: &str = "build scripts wrote these bytes from checked descriptor sets";

/// `moves_time`: the test service is served too.
pub(crate) fn v1(
    moves_time: bool,
) -> Lazily<v1::ServerReflectionServer<impl v1::ServerReflection>> {
    Lazily::new(move || limited!(builder(moves_time).build_v1().expect(SOUND)))
}

/// What tools asked for before [`v1`], and many still do.
pub(crate) fn v1alpha(
    moves_time: bool,
) -> Lazily<v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection>> {
    Lazily::new(move || limited!(builder(moves_time).build_v1alpha().expect(SOUND)))
}
