//! Activities that the host runs itself: real clocks, real randomness, and requests to listed hosts.
//!
//! An attempt is an instance of its own and a future of tokio's. A guest that computes for long
//! gives way at every epoch, so that it blocks no other attempt; how long it may take at all is
//! said by the activity's timeouts, and kept by dropping the future.

mod egress;

use crate::bindings::convert::{failure_in, fields_out, payloads_in, payloads_out, priority_out};
use crate::bindings::definitions;
use crate::bindings::types::{self, LogLevel};
use crate::bindings::worker::{self, activity_context};
use crate::component::Definition;
use crate::errors::{
    ComponentError, Stage, guest_error, no_room, not_instantiated, without_backtrace,
};
use crate::instance;
use crate::limits::{self, Limits};
use crate::program::{import_mismatch, mismatch};
use crate::run::say;
use crate::wasi::{self, LineLog};
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::guest::GuestErrorKind;
use refrain_core::ids::Digest;
use refrain_core::options::Priority;
use refrain_core::payload::{PayloadMap, Payloads};
use refrain_core::time::{Delay, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{
    Component, ComponentExportIndex, HasSelf, Instance, InstancePre, Linker, ResourceTable,
};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

pub use egress::{EgressList, EgressPatternError};

/// An attempt that there is no room for looks again after this.
const ROOM_AGAIN: Duration = Duration::from_millis(50);

/// What an attempt may know of itself.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ActivityInfo {
    pub namespace: String,
    pub activity_id: String,
    pub activity_type: String,
    pub task_queue: String,
    /// `None`: started by itself.
    pub workflow: Option<WorkflowOfActivity>,
    /// Counts from 1.
    pub attempt: u32,
    pub scheduled_time: Timestamp,
    pub started_time: Timestamp,
    pub schedule_to_close: Option<Delay>,
    pub start_to_close: Option<Delay>,
    pub heartbeat: Option<Delay>,
    /// Told by the attempt before this one.
    pub heartbeat_details: Payloads,
    pub header: PayloadMap,
    pub priority: Priority,
    pub is_local: bool,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct WorkflowOfActivity {
    pub workflow_id: String,
    pub run_id: String,
    pub workflow_type: String,
}

/// Takes what an attempt tells of its progress. True: it was asked to stop.
pub type Heartbeats = Arc<dyn Fn(Payloads) -> bool + Send + Sync>;

/// A component of activities, compiled and linked.
pub struct ActivityProgram {
    digest: Digest,
    pre: InstancePre<Ctx>,
    execute: ComponentExportIndex,
    definition: Definition,
    memory_bytes_max: usize,
}

/// A store's data.
pub(crate) struct Ctx {
    limits: Limits,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Egress,
    label: Arc<Label>,
    heartbeats: Heartbeats,
    said: String,
}

/// Who logs.
struct Label {
    namespace: String,
    workflow_id: String,
    run_id: String,
    activity_id: String,
    activity_type: String,
}

pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Ctx>> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    worker::ActivityWorker::add_to_linker::<_, HasSelf<Ctx>>(&mut linker, |ctx| ctx)?;
    Ok(linker)
}

impl ActivityProgram {
    pub(crate) fn new(
        digest: Digest,
        component: &Component,
        linker: &Linker<Ctx>,
        memory_bytes_max: usize,
    ) -> Result<ActivityProgram, ComponentError> {
        let Some(execute) = component.get_export_index(None, "execute") else {
            return Err(ComponentError::WrongWorld {
                found: "no `execute`".to_owned(),
                expected: "`execute`".to_owned(),
            });
        };
        let pre = linker.instantiate_pre(component).map_err(|cause| import_mismatch(&cause))?;
        let mut program = ActivityProgram {
            digest,
            pre,
            execute,
            definition: Definition::default(),
            memory_bytes_max,
        };
        let definition = component.get_export_index(None, "definition");
        program.definition = program.read_definition(definition)?;
        Ok(program)
    }

    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// One attempt. Dropping the future ends it, wherever it is.
    ///
    /// A trap and a limit that was passed are failures that can be tried again, of the types
    /// `Trap`, `OutOfMemory` and so on.
    pub async fn execute(
        &self,
        info: ActivityInfo,
        args: Payloads,
        heartbeats: Heartbeats,
        egress: EgressList,
    ) -> Result<Payloads, Failure> {
        let label = Arc::new(Label {
            namespace: info.namespace.clone(),
            workflow_id: info
                .workflow
                .as_ref()
                .map(|workflow| workflow.workflow_id.clone())
                .unwrap_or_default(),
            run_id: info
                .workflow
                .as_ref()
                .map(|workflow| workflow.run_id.clone())
                .unwrap_or_default(),
            activity_id: info.activity_id.clone(),
            activity_type: info.activity_type.clone(),
        });
        let store = || self.store(label.clone(), heartbeats.clone(), egress.clone());
        let (mut store, instance) = match self.instance(store).await {
            Ok(made) => made,
            Err(cause) => return Err(broke(&cause, Stage::Instantiating, None)),
        };
        match self.attempt(&mut store, instance, info, args).await {
            Ok(Ok(result)) => Ok(payloads_in(result)),
            Ok(Err(frames)) => Err(failure_in(frames, &[])
                .unwrap_or_else(|stop| broke(&stop.into(), Stage::Running, None))),
            Err(cause) => Err(broke(
                &cause,
                Stage::Running,
                Some(store.data().said.as_str()).filter(|said| !said.is_empty()),
            )),
        }
    }

    /// Waits for room: that there is none is no failure of the attempt, whose timeouts go on meanwhile.
    async fn instance(
        &self,
        store: impl Fn() -> Store<Ctx>,
    ) -> wasmtime::Result<(Store<Ctx>, Instance)> {
        loop {
            let mut store = store();
            match self.pre.instantiate_async(&mut store).await {
                Ok(instance) => return Ok((store, instance)),
                Err(cause) if no_room(&cause).is_some() => tokio::time::sleep(ROOM_AGAIN).await,
                Err(cause) => return Err(cause),
            }
        }
    }

    async fn attempt(
        &self,
        store: &mut Store<Ctx>,
        instance: Instance,
        info: ActivityInfo,
        args: Payloads,
    ) -> wasmtime::Result<Result<types::Payloads, types::Failure>> {
        type Args = (worker::ActivityInfo, types::Payloads);
        type Answer = (Result<types::Payloads, types::Failure>,);
        let execute = instance.get_typed_func::<Args, Answer>(&mut *store, self.execute)?;
        let args = (info_out(info), payloads_out(args));
        let (answer,) = store
            .run_concurrent(async |accessor| execute.call_concurrent(accessor, args).await)
            .await??;
        Ok(answer)
    }

    fn store(&self, label: Arc<Label>, heartbeats: Heartbeats, egress: EgressList) -> Store<Ctx> {
        let log = |level: LogLevel| {
            let label = label.clone();
            LineLog::new(move |line| label.log(level, line))
        };
        let wasi = WasiCtx::builder()
            .stdout(log(LogLevel::Info))
            .stderr(log(LogLevel::Warn))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(wasi::HANDLES_MAX);
        let ctx = Ctx {
            limits: Limits::new(self.memory_bytes_max),
            table,
            wasi,
            http: WasiHttpCtx::new(),
            hooks: Egress { list: egress, label: label.clone() },
            label,
            heartbeats,
            said: String::new(),
        };
        let mut store = Store::new(self.pre.engine(), ctx);
        limits::limit(&mut store, self.memory_bytes_max, |ctx: &mut Ctx| &mut ctx.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    fn read_definition(
        &self,
        export: Option<ComponentExportIndex>,
    ) -> Result<Definition, ComponentError> {
        let label = Arc::new(Label {
            namespace: String::new(),
            workflow_id: String::new(),
            run_id: String::new(),
            activity_id: String::new(),
            activity_type: String::new(),
        });
        let mut store = self.store(label, Arc::new(|_| false), EgressList::default());
        type Args = (worker::ActivityInfo, types::Payloads);
        type Answer = (Result<types::Payloads, types::Failure>,);
        instance::complete(
            async {
                let instance = match self.pre.instantiate_async(&mut store).await {
                    Ok(instance) => instance,
                    Err(cause) => return Ok(Err(not_instantiated(&cause))),
                };
                if let Err(cause) =
                    instance.get_typed_func::<Args, Answer>(&mut store, self.execute)
                {
                    return Ok(Err(mismatch("execute", &cause)));
                }
                let Some(export) = export else { return Ok(Ok(Definition::default())) };
                let definition = match instance
                    .get_typed_func::<(), (definitions::ActivityDefinition,)>(&mut store, export)
                {
                    Ok(definition) => definition,
                    Err(cause) => return Ok(Err(mismatch("definition", &cause))),
                };
                let (definition,) = definition.call_async(&mut store, ()).await?;
                Ok(Ok(Definition::of_activities(definition)))
            },
            Duration::from_secs(10),
        )
        .unwrap_or_else(|cause| Err(ComponentError::Definition(without_backtrace(&cause))))
    }
}

/// The guest broke: a failed attempt, which is tried again as the retry policy says.
fn broke(cause: &wasmtime::Error, stage: Stage, said: Option<&str>) -> Failure {
    let error = guest_error(cause, stage, said);
    let error_type = match error.kind {
        GuestErrorKind::Trap => "Trap",
        GuestErrorKind::OutOfTime => "OutOfTime",
        GuestErrorKind::OutOfMemory => "OutOfMemory",
        GuestErrorKind::StackOverflow => "StackOverflow",
        GuestErrorKind::TooManyCommands => "TooManyCommands",
        GuestErrorKind::BrokenInterface => "BrokenInterface",
        GuestErrorKind::Instantiate => "Instantiate",
        GuestErrorKind::NoRoom => "NoRoom",
    };
    Failure {
        message: error.message,
        source: "refrain".to_owned(),
        stack_trace: error.backtrace,
        encoded_attributes: None,
        kind: FailureKind::Application {
            error_type: error_type.to_owned(),
            non_retryable: false,
            details: Vec::new(),
            next_retry_delay: None,
            benign: false,
        },
        cause: None,
    }
}

fn info_out(info: ActivityInfo) -> worker::ActivityInfo {
    let headers = fields_out(&info.header);
    let (execution, workflow_type) = match info.workflow {
        Some(workflow) => (
            Some(types::Execution {
                workflow_id: workflow.workflow_id,
                run_id: Some(workflow.run_id),
            }),
            Some(workflow.workflow_type),
        ),
        None => (None, None),
    };
    worker::ActivityInfo {
        namespace: info.namespace,
        activity_id: info.activity_id,
        activity_type: info.activity_type,
        task_queue: info.task_queue,
        workflow: execution,
        workflow_type,
        attempt: info.attempt,
        scheduled_time_ms: info.scheduled_time.as_ms(),
        started_time_ms: info.started_time.as_ms(),
        schedule_to_close_ms: info.schedule_to_close.map(Delay::as_ms),
        start_to_close_ms: info.start_to_close.map(Delay::as_ms),
        heartbeat_ms: info.heartbeat.map(Delay::as_ms),
        heartbeat_details: payloads_out(info.heartbeat_details),
        headers,
        priority: priority_out(&info.priority),
        is_local: info.is_local,
    }
}

impl types::Host for Ctx {}
impl definitions::Host for Ctx {}

impl activity_context::Host for Ctx {
    fn heartbeat(&mut self, details: types::Payloads) -> wasmtime::Result<bool> {
        Ok((self.heartbeats)(payloads_in(details)))
    }

    fn log(&mut self, level: LogLevel, message: String) -> wasmtime::Result<()> {
        self.label.log(level, &message);
        if level == LogLevel::Error {
            say(&mut self.said, &message);
        }
        Ok(())
    }
}

impl Label {
    fn log(&self, level: LogLevel, line: &str) {
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "refrain::guest", tracing::Level::$level,
                    namespace = self.namespace.as_str(),
                    workflow_id = self.workflow_id.as_str(),
                    run_id = self.run_id.as_str(),
                    activity_id = self.activity_id.as_str(),
                    activity_type = self.activity_type.as_str(),
                    "{line}"
                )
            };
        }
        match level {
            LogLevel::Trace => emit!(TRACE),
            LogLevel::Debug => emit!(DEBUG),
            LogLevel::Info => emit!(INFO),
            LogLevel::Warn => emit!(WARN),
            LogLevel::Error => emit!(ERROR),
        }
    }
}

impl WasiView for Ctx {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Ctx {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// Requests of WASI 0.2 and 0.3 both come through here.
struct Egress {
    list: EgressList,
    label: Arc<Label>,
}

type Sent = Result<
    (
        http::Response<wasmtime_wasi_http::WasiBody>,
        Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ),
    wasmtime_wasi_http::Error,
>;

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: http::Request<wasmtime_wasi_http::WasiBody>,
        options: Option<wasmtime_wasi_http::RequestOptions>,
        sent: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let host = request.uri().host().unwrap_or_default();
        let default_port = match request.uri().scheme_str() {
            Some("http") => 80,
            Some(_) | None => 443,
        };
        let port = request.uri().port_u16().unwrap_or(default_port);
        if self.list.allows(host, port) {
            return wasmtime_wasi_http::default_hooks().send_request(request, options, sent);
        }
        let denied =
            format!("host `{host}` is not on the egress list: allow it with `--egress {host}`");
        self.label.log(LogLevel::Warn, &denied);
        Box::new(async move { Err(wasmtime_wasi_http::Error::InternalError(Some(denied))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Empty};
    use std::io::{Read, Write};
    use wasmtime_wasi_http::Error;

    async fn send(egress: &str, uri: &str) -> Result<u16, Error> {
        let label = Label {
            namespace: String::new(),
            workflow_id: String::new(),
            run_id: String::new(),
            activity_id: String::new(),
            activity_type: String::new(),
        };
        let list = EgressList::new(egress.split_whitespace()).unwrap();
        let mut hooks = Egress { list, label: Arc::new(label) };
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = http::Request::get(uri).body(body).unwrap();
        let sent = hooks.send_request(request, None, Box::new(async { Ok(()) }));
        let (response, _connection) = Box::into_pin(sent).await?;
        Ok(response.status().as_u16())
    }

    #[tokio::test]
    async fn a_request_to_a_host_that_is_not_listed_is_denied_by_name() {
        let denied = send("*.acme.test", "https://api.example.com/x").await;
        let Err(Error::InternalError(Some(text))) = denied else { panic!("{denied:?}") };
        assert_eq!(
            text,
            "host `api.example.com` is not on the egress list: allow it with `--egress api.example.com`"
        );
    }

    #[tokio::test]
    async fn a_request_to_a_listed_host_goes_out() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let answering = std::thread::spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let _ = connection.read(&mut [0; 1024]).unwrap();
            connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        });
        let uri = format!("http://{address}/");
        assert!(send("127.0.0.1:1", &uri).await.is_err());
        assert!(matches!(send(&address.to_string(), &uri).await, Ok(204)));
        answering.join().unwrap();
    }
}
