//! The server as a whole: its services, their limits, how it starts and how it stops.

use crate::admin::Admin;
use crate::frontend::Frontend;
use crate::operator::Operator;
use crate::patience::Stopping;
use crate::stubs::operator::operator_service_server::OperatorServiceServer;
use crate::stubs::testing::test_service_server::TestServiceServer;
use crate::stubs::workflow::workflow_service_server::WorkflowServiceServer;
use crate::testing::Testing;
use crate::words::WordsLayer;
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_engine::Engine;
use refrain_wire::admin::refrain_service_server::RefrainServiceServer;
use std::future::Future;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;

/// How long calls under way may go on once the server is to stop. Those that are held do not
/// need it: they answer at once, see [`Stopping`].
const GRACE: Duration = Duration::from_secs(5);
/// As the real server's: a client may ping this often.
const KEEPALIVE: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the server stopped")]
    Transport(#[source] tonic::transport::Error),
}

/// Every service with gzip both ways (SDKs compress by default) and the size limit.
macro_rules! limited {
    ($service:expr) => {
        $service
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
    };
}

/// Serves Temporal's protocol and ours until `shutdown` resolves and calls under way are done, or
/// their grace is over.
pub async fn serve<F>(listener: TcpListener, engine: Engine, shutdown: F) -> Result<(), ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (stop, stopping) = Stopping::new();
    let (grace_begins, grace_begun) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody listens any more only if the server is gone already.
        let _ = stop.send(true);
        let _ = grace_begins.send(stop);
    };
    let frontend = WorkflowServiceServer::new(Frontend { engine: engine.clone(), stopping });
    let address = listener.local_addr().map_or_else(|_| String::new(), |it| it.to_string());
    let operator = OperatorServiceServer::new(Operator { engine: engine.clone(), address });
    let testing = engine.skipping_clock().cloned();
    let testing = testing.map(|clock| limited!(TestServiceServer::new(Testing { clock })));
    let admin = RefrainServiceServer::new(Admin { engine });
    let serving = tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .layer(WordsLayer)
        .add_service(limited!(frontend))
        .add_service(limited!(operator))
        .add_service(limited!(admin))
        .add_optional_service(testing)
        .add_service(limited!(crate::health::service().await))
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown,
        );
    let grace = async {
        match grace_begun.await {
            Ok(_stop) => tokio::time::sleep(GRACE).await,
            // The server ended by itself; its own result says why.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = serving => served.map_err(ServeError::Transport),
        () = grace => Ok(()),
    }
}
