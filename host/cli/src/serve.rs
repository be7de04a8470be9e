//! `refrain server`: the order of starting and stopping.

use crate::config::{DevArgs, HostArgs, HostConfig, HttpConfig, LogConfig, LogFormat, Mode};
use crate::errors::{CliError, with_causes};
use crate::output::{self, Format};
use crate::rooms;
use clap::{Args, Subcommand};
use refrain_engine::api::NamespaceSettings;
use refrain_engine::wasm::WasmPrograms;
use refrain_engine::{Engine, EngineError};
use refrain_runtime::{EgressList, Runtime};
use refrain_server::{HttpListener, Listeners};
use refrain_store::Store;
use serde_json::json;
use std::fmt::Display;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The server ends by itself sooner than that.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// What a shell reports for a program that was interrupted.
const INTERRUPTED: i32 = 130;

#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Start a server for development: everything in one process, nothing to set up.
    ///
    /// Takes the flags of `temporal server start-dev`, so test suites of Temporal's SDKs can
    /// start it in its place.
    StartDev(Box<StartDevArgs>),
    /// Start a server that keeps its promises over restarts.
    Start(Box<StartArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct StartDevArgs {
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    dev: DevArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// A file of settings (TOML). Keys are the long names of the flags; flags and variables win.
    #[arg(long, short, env = "REFRAIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(command: ServerCommand, format: Format) -> Result<(), CliError> {
    match command {
        ServerCommand::StartDev(args) => {
            let host = args.host.with_limits(args.dev.temporals.limits()?);
            let mut config = host.validate(Mode::Development)?;
            if let Some(time_skipping) = args.dev.time_skipping {
                config.engine.clock = time_skipping.clock();
            }
            config.listen_http = args.dev.listen_http(&config)?;
            let without_effect = args.dev.temporals.without_effect();
            if !without_effect.is_empty() {
                output::say(&format!("warning: without effect yet: {}", without_effect.join(", ")));
            }
            serve(config, format).await
        }
        ServerCommand::Start(args) => {
            let file = match &args.config {
                Some(path) => HostArgs::read(path)?,
                None => HostArgs::default(),
            };
            serve(args.host.or(file).validate(Mode::Durable)?, format).await
        }
    }
}

pub(crate) async fn serve(config: HostConfig, format: Format) -> Result<(), CliError> {
    start_logging(&config.log)?;
    // From here on a signal is an orderly stop, whatever is being opened.
    let stop = stop_on_signals()?;
    // Memory for guests is reserved while the store is opened. What is written waits for the store's
    // lock.
    let settings = config.runtime.clone();
    let reserved = tokio::task::spawn_blocking(|| Runtime::reserve(settings));
    let store = Store::open(config.store.clone()).await.map_err(|error| CliError::of(&error))?;
    let reserved = reserved.await.map_err(|panic| CliError::failed(panic.to_string()))?;
    let reserved = reserved.map_err(|error| CliError::of(&error))?;
    let runtime = reserved.open().map_err(|error| CliError::of(&error))?;
    let mut sizes = config.engine.clone();
    if let Some(less) = rooms::fit(&mut sizes, runtime.config().instances_max as usize) {
        output::say(&format!("warning: {less}"));
    }
    let programs = Arc::new(WasmPrograms::new(runtime, config.egress.clone()));
    let engine =
        Engine::start(sizes, store, programs).await.map_err(|error| CliError::of(&error))?;
    let served = listen(&config, &engine, stop, format).await;
    engine.shutdown().await;
    if served.is_ok() && format == Format::Text {
        output::say("stopped");
    }
    served
}

/// From the listener to the last answer. The engine still runs when this returns.
async fn listen(
    config: &HostConfig,
    engine: &Engine,
    stop: watch::Receiver<bool>,
    format: Format,
) -> Result<(), CliError> {
    for name in &config.namespaces {
        match engine.register_namespace(name, NamespaceSettings::default()).await {
            Ok(_) | Err(EngineError::NamespaceExists(_)) => {}
            Err(error) => return Err(CliError::of(&error)),
        }
        let namespace = engine.namespace(name).map_err(|error| CliError::of(&error))?;
        let attributes = config.search_attributes.clone();
        engine
            .add_search_attributes(namespace.id, attributes)
            .await
            .map_err(|error| CliError::of(&error))?;
    }
    let grpc = bind(config.listen).await?;
    let mut http = Vec::new();
    for HttpConfig { address, page } in &config.listen_http {
        let listener = bind(*address).await?;
        http.push(HttpListener { listener, page: page.clone(), hosts: config.http_hosts.clone() });
    }
    let bound = Bound::of(&grpc, &http)?;
    if !bound.grpc.ip().is_loopback() {
        output::say(&format!(
            "warning: there is no authentication yet, and whoever reaches {} can run code here",
            bound.grpc
        ));
    }
    let serving = tokio::spawn(refrain_server::serve(
        Listeners { grpc, http },
        config.connections.clone(),
        engine.clone(),
        wait_for(stop.clone()),
    ));
    print_ready(config, &bound, format)?;

    let mut serving = serving;
    tokio::select! {
        ended = &mut serving => return ended_early(ended),
        () = wait_for(stop) => {}
    }
    if format == Format::Text {
        output::say("\nstopping; once more to exit at once");
    }
    // Polls that are held would keep the listener for a minute; the engine lets them go.
    engine.shutdown().await;
    match tokio::time::timeout(STOP_PATIENCE, serving).await {
        Ok(ended) => ended_early(ended),
        Err(_) => Ok(()),
    }
}

/// Where the server does listen, when any free port was asked for.
struct Bound {
    grpc: SocketAddr,
    http: Option<SocketAddr>,
    /// With its path.
    page: Option<String>,
}

impl Bound {
    fn of(grpc: &TcpListener, http: &[HttpListener]) -> Result<Bound, CliError> {
        let address = |it: &TcpListener| {
            it.local_addr().map_err(|error| CliError::failed(format!("no address: {error}")))
        };
        let (mut api, mut page) = (None, None);
        for it in http {
            let at = address(&it.listener)?;
            api = api.or(Some(at));
            page = page.or(it.page.as_ref().map(|path| format!("{at}{path}")));
        }
        Ok(Bound { grpc: address(grpc)?, http: api, page })
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| {
        let failed = CliError::failed(format!("can't listen on {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failed.hint(
                "another server may be running there: stop it, or choose another port (0: any free one)",
            ),
            std::io::ErrorKind::PermissionDenied => {
                failed.hint("ports below 1024 are the administrator's: choose another port")
            }
            std::io::ErrorKind::AddrNotAvailable => {
                failed.hint("this machine does not have that address: choose another `--ip`")
            }
            _ => failed,
        }
    })
}

fn ended_early(
    ended: Result<Result<(), refrain_server::ServeError>, tokio::task::JoinError>,
) -> Result<(), CliError> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CliError::failed(with_causes(&error))),
        Err(panic) => Err(CliError::failed(format!("the server broke: {panic}"))),
    }
}

fn print_ready(config: &HostConfig, bound: &Bound, format: Format) -> Result<(), CliError> {
    let store = config.store.path.as_ref().map(|it| it.display().to_string());
    match format {
        Format::Json => output::print(
            &json!({
                "address": bound.grpc.to_string(),
                "http": bound.http.map(|it| it.to_string()),
                "page": bound.page,
                "namespaces": config.namespaces,
                "db": store,
                "pid": std::process::id(),
            })
            .to_string(),
        ),
        Format::Text => {
            let namespaces = config.namespaces.join(", ");
            let store = store.unwrap_or_else(|| {
                "temporary, deleted on exit (--db-filename FILE keeps it)".to_owned()
            });
            let egress = &config.egress;
            let (tls, scheme) = match &config.connections.tls {
                Some(tls) if tls.client_authorities.is_some() => (" (mutual TLS)", "https"),
                Some(_) => (" (TLS)", "https"),
                None => ("", "http"),
            };
            let address = |it: &dyn Display| format!("{scheme}://{it}");
            let page = bound.page.as_ref().map(|it| address(it)).unwrap_or_default();
            // The page's port has the API too.
            let http = bound.http.map(|it| address(&it)).filter(|it| *it != page);
            let block = output::fields(&[
                ("  gRPC", format!("{}{tls}", bound.grpc)),
                ("  HTTP", http.unwrap_or_default()),
                ("  Web page", page),
                ("  Namespaces", namespaces),
                ("  Database", store),
                ("  Cache", config.runtime.cache_dir.display().to_string()),
                (
                    "  Egress",
                    if *egress == EgressList::default() {
                        "none: activities can't send requests (--egress HOST allows it)".to_owned()
                    } else {
                        String::new()
                    },
                ),
            ]);
            let version = env!("CARGO_PKG_VERSION");
            output::print(&format!("refrain {version}\n\n{block}\nready; Ctrl-C stops it\n"))
        }
    }
}

/// The first signal asks for an orderly stop, the second ends the process.
fn stop_on_signals() -> Result<watch::Receiver<bool>, CliError> {
    let (asked, stop) = watch::channel(false);
    let mut signals = Signals::new()
        .map_err(|error| CliError::failed(format!("can't listen for signals: {error}")))?;
    tokio::spawn(async move {
        signals.next().await;
        // Nobody waits any more only if the server has ended already.
        let _ = asked.send(true);
        signals.next().await;
        output::say("exiting at once");
        std::process::exit(INTERRUPTED);
    });
    Ok(stop)
}

async fn wait_for(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the process.
    let _ = stop.wait_for(|it| *it).await;
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn start_logging(config: &LogConfig) -> Result<(), CliError> {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| CliError::failed(format!("log filter is not valid: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
        LogFormat::Pretty => lines.pretty().try_init(),
    };
    started.map_err(|error| CliError::failed(format!("logging can't be started: {error}")))
}
