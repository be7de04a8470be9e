//! What a server is told: flags, variables and a file, in that order, and then defaults.
//!
//! One struct is flag, variable, file key and help. All that can be known to be wrong without
//! opening anything is found in [`HostArgs::validate`]; past it only [`HostConfig`] travels.

use crate::errors::{CliError, with_causes};
use crate::limits::{self, Limit};
use crate::temporals::TemporalsArgs;
use crate::units::{Bytes, SearchAttribute, Span};
use crate::{compiler, rooms, tls};
use clap::{ArgAction, Args, ValueEnum};
use refrain_core::search::Kind;
use refrain_core::time::Delay;
use refrain_engine::{Clock, EngineConfig, SkippingClock};
use refrain_runtime::{EgressList, RuntimeConfig};
use refrain_server::{Connections, HttpHosts};
use refrain_store::StoreConfig;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) const DEFAULT_NAMESPACE: &str = "default";
const DEFAULT_PORT: u16 = 7233;
/// As in Temporal.
const PAGE_PORT_OFFSET: u16 = 1000;
const WORKERS_MAX: usize = 256;
const WARM_RUNS_MAX: usize = 20_000;
const ACTIVITIES_MAX: usize = 10_000;
const GUEST_MEMORY_MIN: u64 = 1 << 20;
const GUEST_MEMORY_MAX: u64 = 4 << 30;
const GUEST_TIME_MS_MIN: u128 = 10;
const GUEST_TIME_MS_MAX: u128 = 600_000;
const READERS: u32 = 4;
const AGE_MAX_S: u64 = 365 * 86_400;
const COMPONENT_GRACE: Delay = Delay::from_secs(3600);

/// Keys of the configuration file are the long names of the flags.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HostArgs {
    /// The address to listen on. Default: 127.0.0.1.
    ///
    /// There is no authentication yet: whoever reaches the address can upload and run code.
    #[arg(long, env = "REFRAIN_IP", value_name = "IP", value_parser = ip)]
    ip: Option<IpAddr>,
    /// The port for gRPC; 0 takes any free one and prints it. Default: 7233.
    #[arg(long, short, env = "REFRAIN_PORT", value_name = "PORT")]
    port: Option<u16>,
    /// The port for Temporal's HTTP API, and for the web page; 0 takes any free one and prints it.
    /// Default: none.
    #[arg(long, env = "REFRAIN_HTTP_PORT", value_name = "PORT")]
    http_port: Option<u16>,
    /// A name by which the HTTP API and the web page may be called; `localhost` and IP addresses
    /// always may. Repeat it for more; `*` is any name.
    ///
    /// A name service can make any name lead here, and a browser then lets pages of that name do
    /// here what they like. With TLS the certificate settles it: any name will do, unless some are given.
    #[arg(long, env = "REFRAIN_HTTP_HOST", value_name = "NAME", value_delimiter = ',')]
    http_host: Vec<String>,
    /// A namespace to create if it is not there. Repeat it for more; `default` always is.
    #[arg(long, short, env = "REFRAIN_NAMESPACES", value_name = "NAME", value_delimiter = ',')]
    namespace: Vec<String>,
    /// A search attribute to register in these namespaces, as `NAME=TYPE`. Repeat it for more.
    ///
    /// A type is Text, Keyword, Int, Double, Bool, Datetime or KeywordList.
    #[arg(long, value_name = "NAME=TYPE")]
    search_attribute: Vec<SearchAttribute>,
    /// The database file (SQLite); made if it is not there, its directory is not.
    #[arg(
        long,
        visible_alias = "db-filename",
        short = 'f',
        env = "REFRAIN_DB",
        value_name = "FILE"
    )]
    db: Option<PathBuf>,
    /// Threads that run workflows. Default: one for each core.
    #[arg(long, env = "REFRAIN_WORKERS", value_name = "N")]
    workers: Option<usize>,
    /// Workflows kept in memory between steps. 0 replays at every step (slow, good for tests).
    /// Default: 1000.
    #[arg(long, env = "REFRAIN_WARM_RUNS", value_name = "N")]
    warm_runs: Option<usize>,
    /// WASM activities that run at once. Default: 200.
    #[arg(long, env = "REFRAIN_ACTIVITIES", value_name = "N")]
    activities: Option<usize>,
    /// Where compiled components are kept. What lies there is run: nobody else may write to it.
    /// Default: `FILE.cache` beside the database, or `refrain` in the user's cache directory.
    #[arg(long, env = "REFRAIN_CACHE_DIR", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// A host that WASM activities may send requests to: `api.example.com`, `*.example.com`,
    /// `localhost:8080` or `*`. Repeat it for more. Default: none.
    #[arg(long, env = "REFRAIN_EGRESS", value_name = "HOST", value_delimiter = ',')]
    egress: Vec<String>,
    /// Memory that one workflow or activity may use. Default: 64MiB.
    #[arg(long, env = "REFRAIN_GUEST_MEMORY", value_name = "SIZE")]
    guest_memory: Option<Bytes>,
    /// Time that one step of a workflow may take. Default: 1s.
    #[arg(long, env = "REFRAIN_GUEST_TIME", value_name = "DURATION")]
    guest_time: Option<Span>,
    /// Computing that compiling a component may take, all cores together. Default: 60s.
    #[arg(long, env = "REFRAIN_COMPILE_TIME", value_name = "DURATION")]
    compile_time: Option<Span>,
    /// Memory that compiling a component may take. Default: 2GiB.
    #[arg(long, env = "REFRAIN_COMPILE_MEMORY", value_name = "SIZE")]
    compile_memory: Option<Bytes>,
    #[arg(long, value_name = "NAME=N", help = limits::SHORT_HELP, long_help = limits::help())]
    limit: Vec<Limit>,
    /// A component that nothing needs is kept for so long after its upload or its last service,
    /// and deleted after that. Default: 1h.
    #[arg(long, env = "REFRAIN_COMPONENT_GRACE", value_name = "DURATION")]
    component_grace: Option<Span>,
    /// Which log lines to write to standard error. Default: `info`; in development `warn`, and
    /// what workflows and activities log.
    #[arg(long, env = "REFRAIN_LOG_LEVEL", value_enum, ignore_case = true, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
    /// How log lines look. Default: text.
    #[arg(long, env = "REFRAIN_LOG_FORMAT", value_enum, ignore_case = true, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// A client's connection is closed after so long, and the client connects anew; calls under
    /// way go on. Default: 5m.
    #[arg(long, env = "REFRAIN_CONNECTION_AGE", value_name = "DURATION")]
    connection_age: Option<Span>,
    /// Speak TLS on all ports, with this certificate (PEM; those that lead to an authority after it).
    #[arg(long, env = "REFRAIN_TLS_CERT_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_cert_path: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, env = "REFRAIN_TLS_KEY_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_key_path: Option<PathBuf>,
    /// Take clients only whose certificate one of these authorities has signed (PEM).
    #[arg(long, env = "REFRAIN_TLS_CLIENT_CA_PATH", value_name = "FILE", help_heading = "TLS")]
    tls_client_ca_path: Option<PathBuf>,
}

/// What only a server for development takes, most of it for Temporal's sake.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DevArgs {
    /// Let time jump: while a client waits for an outcome and nothing but timers is left, the
    /// clock of the whole server moves on to the next of them. A workflow that waits for 30 days
    /// is tested in milliseconds.
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "unlocked"
    )]
    pub(crate) time_skipping: Option<TimeSkipping>,
    /// Start without the web page.
    #[arg(
        long,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        action = ArgAction::Set,
        overrides_with = "headless",
        value_name = "BOOL",
        help_heading = "Web page"
    )]
    headless: bool,
    /// The port of the web page; 0 takes any free one and prints it. Default: the port for gRPC, plus 1000.
    #[arg(long, value_name = "PORT", help_heading = "Web page")]
    ui_port: Option<u16>,
    /// The address of the web page. Default: that of --ip.
    #[arg(long, value_name = "IP", value_parser = ip, help_heading = "Web page")]
    ui_ip: Option<IpAddr>,
    /// The path that the web page lies under, e.g. `/refrain`, if a proxy passes requests on as
    /// they come. Default: `/`.
    #[arg(long, value_name = "PATH", value_parser = path, help_heading = "Web page")]
    ui_public_path: Option<String>,
    #[command(flatten)]
    pub(crate) temporals: TemporalsArgs,
}

impl DevArgs {
    /// What start-dev serves beside gRPC: without `--headless`, the page on a port of its own.
    pub(crate) fn listen_http(&self, config: &HostConfig) -> Result<Vec<HttpConfig>, CliError> {
        let api = config.listen_http.iter().map(|it| HttpConfig { page: None, ..it.clone() });
        if self.headless {
            return Ok(api.collect());
        }
        let port = match (self.ui_port, config.listen.port()) {
            (Some(port), _) => port,
            (None, 0) => 0,
            (None, port) => port.checked_add(PAGE_PORT_OFFSET).ok_or_else(|| {
                let found = u32::from(port) + u32::from(PAGE_PORT_OFFSET);
                CliError::usage(format!("the web page's port is {found}, expected 65535 at most"))
                    .hint("name one with --ui-port, or do without the page: --headless")
            })?,
        };
        let address = SocketAddr::new(self.ui_ip.unwrap_or(config.listen.ip()), port);
        let page =
            HttpConfig { address, page: Some(self.ui_public_path.clone().unwrap_or_default()) };
        // One port may be both.
        let others = api.filter(|it| it.address != address || port == 0);
        Ok(others.chain([page]).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeSkipping {
    /// From the start.
    Unlocked,
    /// Once a client of Temporal's test service asks for it.
    Locked,
}

impl TimeSkipping {
    pub(crate) fn clock(self) -> Clock {
        let clock = SkippingClock::default();
        match self {
            TimeSkipping::Unlocked => {}
            TimeSkipping::Locked => clock.lock(),
        }
        Clock::Skipping(clock)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    /// Nothing at all.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// A line for each.
    #[default]
    Text,
    /// A JSON object for each.
    Json,
    /// Several lines for each.
    Pretty,
}

/// `localhost` is what people say.
fn ip(text: &str) -> Result<IpAddr, String> {
    match text {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        other => other.parse().map_err(|_| "expected an IP address, e.g. 127.0.0.1".to_owned()),
    }
}

/// `/a/b` of `a/b/`; nothing of `/`.
fn path(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('/').filter(|it| !it.is_empty()).collect();
    let plain = |it: &u8| it.is_ascii_alphanumeric() || b"-._~".contains(it);
    match parts.iter().all(|it| it.bytes().all(|byte| plain(&byte)) && !it.starts_with('.')) {
        true => Ok(parts.iter().map(|it| format!("/{it}")).collect()),
        false => Err("expected a path of letters, digits and `-._~`, e.g. /refrain".to_owned()),
    }
}

/// What kind of server is to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A store that is deleted on exit will do.
    Development,
    /// What was promised must be there after a restart.
    Durable,
}

#[derive(Clone, Debug)]
pub(crate) struct HostConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) listen_http: Vec<HttpConfig>,
    pub(crate) http_hosts: HttpHosts,
    pub(crate) connections: Connections,
    pub(crate) namespaces: Vec<String>,
    pub(crate) search_attributes: BTreeMap<String, Kind>,
    pub(crate) store: StoreConfig,
    pub(crate) engine: EngineConfig,
    pub(crate) runtime: RuntimeConfig,
    pub(crate) egress: EgressList,
    pub(crate) log: LogConfig,
}

/// One port that speaks HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpConfig {
    pub(crate) address: SocketAddr,
    /// The path that the web page lies under, if it is there.
    pub(crate) page: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// Directives of `tracing`.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

impl HostArgs {
    /// As if these had been given, and nothing else.
    pub(crate) fn of(
        listen: SocketAddr,
        db: Option<PathBuf>,
        cache_dir: Option<PathBuf>,
    ) -> HostArgs {
        let (ip, port) = (Some(listen.ip()), Some(listen.port()));
        HostArgs { ip, port, db, cache_dir, ..HostArgs::default() }
    }

    /// What a configuration file says.
    pub(crate) fn read(path: &Path) -> Result<HostArgs, CliError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::usage(format!("configuration `{}` can't be read: {error}", path.display()))
        })?;
        toml::from_str(&text).map_err(|error| {
            CliError::usage(format!(
                "configuration `{}` is not valid: {}",
                path.display(),
                error.to_string().trim_end()
            ))
        })
    }

    /// As if the flag had been given with each of these, before those that were.
    pub(crate) fn with_limits(self, limits: Vec<Limit>) -> HostArgs {
        HostArgs { limit: [limits, self.limit].concat(), ..self }
    }

    /// Whatever is not said here is taken from `file`.
    pub(crate) fn or(self, file: HostArgs) -> HostArgs {
        fn list<T>(here: Vec<T>, there: Vec<T>) -> Vec<T> {
            if here.is_empty() { there } else { here }
        }
        HostArgs {
            ip: self.ip.or(file.ip),
            port: self.port.or(file.port),
            http_port: self.http_port.or(file.http_port),
            http_host: list(self.http_host, file.http_host),
            namespace: list(self.namespace, file.namespace),
            search_attribute: list(self.search_attribute, file.search_attribute),
            db: self.db.or(file.db),
            workers: self.workers.or(file.workers),
            warm_runs: self.warm_runs.or(file.warm_runs),
            activities: self.activities.or(file.activities),
            cache_dir: self.cache_dir.or(file.cache_dir),
            egress: list(self.egress, file.egress),
            guest_memory: self.guest_memory.or(file.guest_memory),
            guest_time: self.guest_time.or(file.guest_time),
            compile_time: self.compile_time.or(file.compile_time),
            compile_memory: self.compile_memory.or(file.compile_memory),
            // One by one: of two of one name, the last wins.
            limit: [file.limit, self.limit].concat(),
            component_grace: self.component_grace.or(file.component_grace),
            log_level: self.log_level.or(file.log_level),
            log_format: self.log_format.or(file.log_format),
            connection_age: self.connection_age.or(file.connection_age),
            tls_cert_path: self.tls_cert_path.or(file.tls_cert_path),
            tls_key_path: self.tls_key_path.or(file.tls_key_path),
            tls_client_ca_path: self.tls_client_ca_path.or(file.tls_client_ca_path),
        }
    }

    /// All that can be known to be wrong without opening the store is found here.
    pub(crate) fn validate(self, mode: Mode) -> Result<HostConfig, CliError> {
        let path = match (self.db, mode) {
            (Some(path), _) if path.as_os_str().is_empty() => {
                return Err(CliError::usage("the name of the database file is empty"));
            }
            (None, Mode::Durable) => {
                return Err(CliError::usage("no database is given").hint(
                    "name its file: --db FILE, REFRAIN_DB or `db` in the configuration; \
                     `refrain server start-dev` does without",
                ));
            }
            (path, _) => path,
        };
        let workers = within(
            "workers",
            self.workers.unwrap_or_else(|| {
                std::thread::available_parallelism().map_or(2, usize::from).min(WORKERS_MAX)
            }),
            1,
            WORKERS_MAX,
        )?;
        let warm_runs = within("warm-runs", self.warm_runs.unwrap_or(1000), 0, WARM_RUNS_MAX)?;
        let activities = within("activities", self.activities.unwrap_or(200), 1, ACTIVITIES_MAX)?;
        let cache_dir = self.cache_dir.unwrap_or_else(|| match (&path, mode) {
            (Some(path), Mode::Durable) => {
                let mut name = path.as_os_str().to_owned();
                name.push(".cache");
                PathBuf::from(name)
            }
            _ => default_cache_dir(),
        });
        let mut runtime = RuntimeConfig::new(cache_dir);
        let instances = rooms::needed(warm_runs, activities, workers);
        check_mappings(instances, mappings_allowed())?;
        runtime.instances_max = u32::try_from(instances).unwrap_or(u32::MAX);
        if let Some(Bytes(memory)) = self.guest_memory {
            let given = within("guest-memory", memory, GUEST_MEMORY_MIN, GUEST_MEMORY_MAX)?;
            runtime.memory_bytes_max = usize::try_from(given).unwrap_or(usize::MAX);
        }
        if let Some(Span(time)) = self.guest_time {
            let ms = within(
                "guest-time (in ms)",
                time.as_millis(),
                GUEST_TIME_MS_MIN,
                GUEST_TIME_MS_MAX,
            )?;
            runtime.activation_ms_max = u64::try_from(ms).unwrap_or(u64::MAX);
        }
        runtime.compiler = Some(compiler::of(self.compile_time, self.compile_memory)?);
        let egress = EgressList::new(self.egress.iter().map(String::as_str))
            .map_err(|error| CliError::usage(error.to_string()))?;
        let limits =
            limits::all(&self.limit).map_err(|error| CliError::usage(error.to_string()))?;
        let mut namespaces = vec![DEFAULT_NAMESPACE.to_owned()];
        for name in self.namespace {
            if name.trim().is_empty() || name.len() > 255 {
                return Err(CliError::usage(format!(
                    "namespace `{name}` has no name that can be used: expected 1 to 255 bytes"
                )));
            }
            if !namespaces.contains(&name) {
                namespaces.push(name);
            }
        }
        let mut connections = Connections {
            tls: tls::of_server(
                self.tls_cert_path.as_deref(),
                self.tls_key_path.as_deref(),
                self.tls_client_ca_path.as_deref(),
            )?,
            ..Connections::default()
        };
        if let Some(Span(age)) = self.connection_age {
            connections.age_max =
                within("connection-age (in s)", age.as_secs(), 1, AGE_MAX_S).map(|_| age)?;
        }
        connections.check().map_err(|error| CliError::usage(with_causes(&error)))?;
        let ip = self.ip.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Ok(HostConfig {
            listen: SocketAddr::new(ip, self.port.unwrap_or(DEFAULT_PORT)),
            listen_http: self
                .http_port
                .map(|port| HttpConfig {
                    address: SocketAddr::new(ip, port),
                    page: Some(String::new()),
                })
                .into_iter()
                .collect(),
            http_hosts: match &connections.tls {
                Some(_) if self.http_host.is_empty() => HttpHosts::any(),
                Some(_) | None => HttpHosts::new(self.http_host),
            },
            connections,
            namespaces,
            search_attributes: self
                .search_attribute
                .into_iter()
                .map(|it| (it.name, it.kind))
                .collect(),
            store: StoreConfig { path, readers: READERS },
            engine: EngineConfig {
                clock: Clock::System,
                identity: format!("{}@{}", std::process::id(), crate::client::hostname()),
                workers,
                warm_runs_max: warm_runs,
                host_activities_max: activities,
                component_grace: self.component_grace.map_or(COMPONENT_GRACE, |Span(it)| {
                    Delay(u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
                }),
                limits: Arc::new(limits),
                ..EngineConfig::default()
            },
            runtime,
            egress,
            log: LogConfig {
                filter: filter(self.log_level, mode),
                format: self.log_format.unwrap_or_default(),
            },
        })
    }
}

pub(crate) fn within<T: PartialOrd + std::fmt::Display>(
    what: &str,
    given: T,
    min: T,
    max: T,
) -> Result<T, CliError> {
    if given < min || given > max {
        return Err(CliError::usage(format!("{what} is {given}, expected {min} to {max}")));
    }
    Ok(given)
}

/// Memory mappings that a room takes: two for each of its stacks; a guest in it has about 4, and some to
/// spare.
const MAPPINGS_PER_INSTANCE: usize = 15;
/// What the rest of the host takes.
const MAPPINGS_OF_HOST: usize = 4096;

/// `None`: this system has no such limit, or does not say.
fn mappings_allowed() -> Option<usize> {
    std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

/// Past the limit the system refuses memory to whoever asks next, be it a guest or the store.
fn check_mappings(instances: usize, allowed: Option<usize>) -> Result<(), CliError> {
    let needed = instances * MAPPINGS_PER_INSTANCE + MAPPINGS_OF_HOST;
    match allowed {
        Some(allowed) if needed > allowed => Err(CliError::usage(format!(
            "room for {instances} guests takes {needed} memory mappings, and this system allows \
             {allowed}: lower --warm-runs or --activities, or raise vm.max_map_count"
        ))),
        Some(_) | None => Ok(()),
    }
}

fn filter(level: Option<LogLevel>, mode: Mode) -> String {
    let all = match (level, mode) {
        (None, Mode::Development) => "warn,refrain::guest=info",
        (None, Mode::Durable) => "info",
        (Some(LogLevel::Trace), _) => "trace",
        // What lies below says more at this level than anyone can read.
        (Some(LogLevel::Debug), _) => {
            "debug,h2=info,hyper=info,tower=info,sqlx=info,cranelift_codegen=info,wasmtime=info,\
             wasmtime_internal_cranelift=info,regalloc2=info"
        }
        (Some(LogLevel::Info), _) => "info",
        (Some(LogLevel::Warn), _) => "warn",
        (Some(LogLevel::Error), _) => "error",
        (Some(LogLevel::Never), _) => "off",
    };
    all.to_owned()
}

/// Of this user alone: what lies there is run.
pub(crate) fn default_cache_dir() -> PathBuf {
    let given = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    given("XDG_CACHE_HOME")
        .filter(|it| it.is_absolute())
        .or_else(|| given("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("refrain")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::Exit;

    fn file(text: &str) -> Result<HostArgs, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn more_guests_than_the_system_can_map_are_refused_before_anything_is_opened() {
        assert!(check_mappings(1_300, Some(65_530)).is_ok());
        assert!(check_mappings(20_300, None).is_ok());
        let refused = check_mappings(20_300, Some(65_530)).map_err(|error| error.to_string());
        assert_eq!(
            refused,
            Err("room for 20300 guests takes 308596 memory mappings, and this system allows 65530: \
                 lower --warm-runs or --activities, or raise vm.max_map_count"
                .to_owned())
        );
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let file = file("port = 1\ndb = \"file.db\"\nguest-memory = \"8MiB\"\negress = [\"*\"]")
            .expect("valid");
        let flags = HostArgs { port: Some(2), ..HostArgs::default() };
        let config = flags.or(file).validate(Mode::Durable).expect("valid");
        assert_eq!(config.listen.to_string(), "127.0.0.1:2");
        assert_eq!(config.store.path, Some(PathBuf::from("file.db")));
        assert_eq!(config.runtime.cache_dir, PathBuf::from("file.db.cache"));
        assert_eq!(config.runtime.memory_bytes_max, 8 << 20);
        assert_eq!(config.namespaces, ["default"]);
        assert!(config.egress.allows("example.com", 443));
    }

    #[test]
    fn keys_that_are_not_known_are_refused() {
        assert!(file("prot = 1").is_err());
        assert!(file("guest-time = \"soon\"").is_err());
        assert!(file("port = 70000").is_err());
    }

    #[test]
    fn what_is_wrong_is_found_before_anything_is_opened() {
        let wrong = |args: HostArgs, mode| args.validate(mode).expect_err("wrong").exit;
        let none = HostArgs::default;
        assert_eq!(wrong(none(), Mode::Durable), Exit::Usage);
        for args in [
            HostArgs { workers: Some(0), ..none() },
            HostArgs { warm_runs: Some(usize::MAX), ..none() },
            HostArgs { guest_memory: Some(Bytes(1)), ..none() },
            HostArgs { guest_time: Some(Span(std::time::Duration::ZERO)), ..none() },
            HostArgs { compile_time: Some(Span(std::time::Duration::ZERO)), ..none() },
            HostArgs { compile_memory: Some(Bytes(1)), ..none() },
            HostArgs { egress: vec!["http://x/y".to_owned()], ..none() },
            HostArgs { namespace: vec![" ".to_owned()], ..none() },
            HostArgs { db: Some(PathBuf::new()), ..none() },
        ] {
            assert_eq!(wrong(args, Mode::Development), Exit::Usage);
        }
    }

    fn pages(host: HostArgs, dev: &DevArgs) -> Result<Vec<String>, String> {
        let config = host.validate(Mode::Development).expect("valid");
        let all = dev.listen_http(&config).map_err(|error| error.to_string())?;
        let text = |it: &HttpConfig| match &it.page {
            Some(path) => format!("{} page {path}/", it.address),
            None => it.address.to_string(),
        };
        Ok(all.iter().map(text).collect())
    }

    #[test]
    fn the_page_has_a_port_of_its_own_beside_grpcs() {
        let port = |port| HostArgs { port: Some(port), ..HostArgs::default() };
        let none = DevArgs::default;
        let said = |all: &[&str]| Ok(all.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(pages(HostArgs::default(), &none()), said(&["127.0.0.1:8233 page /"]));
        assert_eq!(pages(port(0), &none()), said(&["127.0.0.1:0 page /"]));
        assert_eq!(pages(port(64_535), &none()), said(&["127.0.0.1:65535 page /"]));
        assert!(pages(port(64_536), &none()).is_err());
        assert_eq!(pages(port(64_536), &DevArgs { headless: true, ..none() }), said(&[]));
        let chosen = DevArgs {
            ui_port: Some(80),
            ui_ip: Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            ui_public_path: Some("/a".to_owned()),
            ..none()
        };
        assert_eq!(pages(port(64_536), &chosen), said(&["0.0.0.0:80 page /a/"]));
        let http = |port| HostArgs { http_port: Some(port), ..HostArgs::default() };
        let both = said(&["127.0.0.1:7243", "127.0.0.1:8233 page /"]);
        assert_eq!(pages(http(7243), &none()), both);
        assert_eq!(pages(http(8233), &none()), said(&["127.0.0.1:8233 page /"]));
        let headless = DevArgs { headless: true, ..none() };
        assert_eq!(pages(http(7243), &headless), said(&["127.0.0.1:7243"]));
        // Where there is no other port, the page is on that of the API.
        let durable = HostArgs { db: Some(PathBuf::from("x.db")), ..http(7243) };
        let durable = durable.validate(Mode::Durable).expect("valid").listen_http;
        assert_eq!(durable.iter().map(|it| it.page.as_deref()).collect::<Vec<_>>(), [Some("")]);
    }

    #[test]
    fn a_public_path_is_plain() {
        assert_eq!(path("/"), Ok(String::new()));
        assert_eq!(path("a/b-1/"), Ok("/a/b-1".to_owned()));
        for wrong in ["/{x}", "/a b", "/..", "/a?b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }
}
