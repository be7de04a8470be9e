//! The server as a whole: its services, their limits, how it starts and how it stops.

use crate::admin::Admin;
use crate::aged::Aged;
use crate::frontend::Frontend;
use crate::http::{self, HttpHosts};
use crate::operator::Operator;
use crate::patience::Stopping;
use crate::stubs::operator::operator_service_server::OperatorServiceServer;
use crate::stubs::testing::test_service_server::TestServiceServer;
use crate::stubs::workflow::workflow_service_server::WorkflowServiceServer;
use crate::testing::Testing;
use crate::tls::Tls;
use crate::words::WordsLayer;
use futures::future::try_join_all;
use futures::{Stream, TryStreamExt};
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_engine::Engine;
use refrain_wire::admin::refrain_service_server::RefrainServiceServer;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::Layer;

/// How long calls under way may go on once the server is to stop. Those that are held do not
/// need it: they answer at once, see [`Stopping`].
const GRACE: Duration = Duration::from_secs(5);
/// As the real server's: a client may ping this often.
const KEEPALIVE: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the certificate, its key or the authorities of clients can't be used")]
    Tls(#[source] tonic::transport::Error),
    #[error("the server stopped")]
    Transport(#[source] tonic::transport::Error),
}

/// Where a server listens.
#[derive(Debug)]
pub struct Listeners {
    pub grpc: TcpListener,
    pub http: Vec<HttpListener>,
}

/// For Temporal's HTTP API.
#[derive(Debug)]
pub struct HttpListener {
    pub listener: TcpListener,
    /// The path that the web page lies under, if it is served too; with a slash before it, none after it.
    pub page: Option<String>,
    pub hosts: HttpHosts,
}

/// What holds for every connection.
#[derive(Clone, Debug)]
pub struct Connections {
    pub tls: Option<Tls>,
    /// After that a client is asked to connect anew, so that load spreads. Calls under way go on.
    pub age_max: Duration,
    /// So long they may go on. Longer than a poll is held, or polls are lost.
    pub age_grace: Duration,
}

impl Default for Connections {
    /// As the real server's.
    fn default() -> Connections {
        let (age_max, age_grace) = (Duration::from_secs(300), Duration::from_secs(70));
        Connections { tls: None, age_max, age_grace }
    }
}

impl Connections {
    /// Says what is wrong with the settings before anything listens.
    pub fn check(&self) -> Result<(), ServeError> {
        self.server().map(|_| ())
    }

    fn server(&self) -> Result<Server, ServeError> {
        let server = Server::builder()
            .tcp_nodelay(true)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .max_connection_age(self.age_max);
        match &self.tls {
            Some(tls) => server.tls_config(tls.config()).map_err(ServeError::Tls),
            None => Ok(server),
        }
    }

    fn incoming(&self, listener: TcpListener) -> impl Stream<Item = io::Result<Aged>> + use<> {
        let age_max = self.age_max.saturating_add(self.age_grace);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        incoming.map_ok(move |stream| Aged::new(stream, age_max))
    }
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
pub(crate) use limited;

/// Serves Temporal's protocol and ours until `shutdown` resolves and calls under way are done, or
/// their grace is over.
pub async fn serve<F>(
    listeners: Listeners,
    connections: Connections,
    engine: Engine,
    shutdown: F,
) -> Result<(), ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (stop, stopping) = Stopping::new();
    let shown =
        |it: &TcpListener| it.local_addr().map_or_else(|_| String::new(), |it| it.to_string());
    let address = shown(&listeners.grpc);
    let http_address = listeners.http.first().map_or_else(String::new, |it| shown(&it.listener));
    let words = WordsLayer { moves_time: engine.skipping_clock().is_some() };
    let services = services(engine, stopping.clone(), address, http_address).await;
    let grpc = connections
        .server()?
        .layer(words)
        .add_routes(services.clone())
        .serve_with_incoming_shutdown(
            connections.incoming(listeners.grpc),
            stopping.clone().wait(),
        );
    let mut pages = Vec::new();
    let mut api = None;
    for HttpListener { listener, page, hosts } in listeners.http {
        let api = api.get_or_insert_with(|| http::api(words.layer(services.clone())));
        let router = http::router(api.clone(), hosts, page.as_deref());
        let server = connections.server()?.accept_http1(true).add_routes(Routes::from(router));
        let stop = stopping.clone().wait();
        pages.push(server.serve_with_incoming_shutdown(connections.incoming(listener), stop));
    }
    let serving = async { tokio::try_join!(grpc, try_join_all(pages)).map(|_| ()) };
    let grace = async {
        shutdown.await;
        // Nobody listens any more only if the server is gone already.
        let _ = stop.send(true);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served.map_err(ServeError::Transport),
        () = grace => Ok(()),
    }
}

async fn services(
    engine: Engine,
    stopping: Stopping,
    address: String,
    http_address: String,
) -> Routes {
    let frontend = WorkflowServiceServer::new(Frontend { engine: engine.clone(), stopping });
    let operator =
        OperatorServiceServer::new(Operator { engine: engine.clone(), address, http_address });
    let testing = engine.skipping_clock().cloned();
    let admin = RefrainServiceServer::new(Admin { engine });
    let routes = Routes::new(limited!(frontend))
        .add_service(limited!(operator))
        .add_service(limited!(admin))
        .add_service(limited!(crate::health::service().await))
        .add_service(crate::reflection::v1(testing.is_some()))
        .add_service(crate::reflection::v1alpha(testing.is_some()));
    match testing {
        Some(clock) => routes.add_service(limited!(TestServiceServer::new(Testing { clock }))),
        None => routes,
    }
    .prepare()
}
