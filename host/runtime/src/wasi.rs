//! Virtual WASI: what components of ordinary toolchains expect, made of the run alone.
//!
//! wasmtime-wasi does the work, on clocks, randomness and streams of ours. It knows nothing of
//! the outside: no environment, no arguments, no preopens, no sockets. What it would do with
//! tokio or with real time is linked again here: sleeping is a durable timer; connecting and
//! sending requests answer with an error, and the log says what to use instead.

mod clocks;
mod sleep;
mod stdio;

use crate::bindings::types::LogLevel;
use crate::imports::Ctx;
use crate::run::{SharedRun, Stream};
use crate::wasi::sleep::Sleep;
use rand_chacha::rand_core::{Rng, TryRng};
use std::convert::Infallible;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode as P2SocketError, IpAddressFamily};
use wasmtime_wasi::p2::{DynPollable, Pollable, TcpSocket, UdpSocket, subscribe};
use wasmtime_wasi::p3::bindings::sockets::types as p3_sockets;
use wasmtime_wasi::sockets::{TcpSocket as P3TcpSocket, UdpSocket as P3UdpSocket};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types as p2_http;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

pub(crate) use stdio::LineLog;

/// Handles of WASI that one guest has open.
pub(crate) const HANDLES_MAX: usize = 10_000;
/// What the host keeps of the headers, or of the body, of a request that is made and never sent.
const HTTP_BYTES_MAX: usize = 4 << 10;

pub(crate) struct VirtualWasi {
    ctx: WasiCtx,
    http: WasiHttpCtx,
    hooks: NoHttp,
    table: ResourceTable,
}

impl VirtualWasi {
    fn new(run: &SharedRun) -> VirtualWasi {
        let seed = {
            let mut run = run.lock();
            let rng = run.random(Stream::Insecure);
            (u128::from(rng.next_u64()) << 64) | u128::from(rng.next_u64())
        };
        let ctx = WasiCtx::builder()
            .wall_clock(clocks::RunClock(run.clone()))
            .monotonic_clock(clocks::RunClock(run.clone()))
            .secure_random(RunRandom { run: run.clone(), stream: Stream::Wasi })
            .insecure_random(RunRandom { run: run.clone(), stream: Stream::Insecure })
            .insecure_random_seed(seed)
            .max_random_size(64 << 10)
            .stdout(stdio::to_run(run, LogLevel::Info))
            .stderr(stdio::to_run(run, LogLevel::Error))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HTTP_BYTES_MAX);
        VirtualWasi { ctx, http, hooks: NoHttp { run: run.clone() }, table }
    }
}

impl Ctx {
    fn wasi(&mut self) -> &mut VirtualWasi {
        self.wasi.get_or_insert_with(|| Box::new(VirtualWasi::new(&self.run)))
    }

    fn refuse(&self, what: &str) {
        let line = format!(
            "{what} is not possible in a workflow: do it in an activity (`activities.execute`)"
        );
        self.run.lock().log(LogLevel::Warn, &line);
    }
}

impl WasiView for Ctx {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut wasi.table }
    }
}

impl WasiHttpView for Ctx {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let wasi = self.wasi();
        WasiHttpCtxView { hooks: &mut wasi.hooks, table: &mut wasi.table, ctx: &mut wasi.http }
    }
}

/// One of the run's streams, for wasmtime-wasi.
struct RunRandom {
    run: SharedRun,
    stream: Stream,
}

impl TryRng for RunRandom {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.run.lock().random(self.stream).next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.run.lock().random(self.stream).next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.run.lock().random(self.stream).fill_bytes(bytes);
        Ok(())
    }
}

/// WASI 0.3's `client.send` comes here; 0.2's `outgoing-handler` never gets that far.
struct NoHttp {
    run: SharedRun,
}

type Sent = Result<
    (
        http::Response<wasmtime_wasi_http::WasiBody>,
        Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ),
    wasmtime_wasi_http::Error,
>;

impl WasiHttpHooks for NoHttp {
    fn send_request(
        &mut self,
        request: http::Request<wasmtime_wasi_http::WasiBody>,
        _options: Option<wasmtime_wasi_http::RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let line = format!(
            "an HTTP request to `{}` is not possible in a workflow: do it in an activity (`activities.execute`)",
            request.uri().host().unwrap_or_default()
        );
        self.run.lock().log(LogLevel::Warn, &line);
        Box::new(async { Err(wasmtime_wasi_http::Error::HttpRequestDenied) })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        HTTP_BYTES_MAX
    }
}

/// A pollable that is ready when the run's clock has moved on by so much.
fn sleep(ctx: &mut Ctx, nanoseconds: u64) -> wasmtime::Result<(Resource<DynPollable>,)> {
    let sleep = Sleep::new(&ctx.run, nanoseconds);
    let table = &mut ctx.wasi().table;
    let sleep = table.push(sleep)?;
    Ok((subscribe(table, sleep)?,))
}

/// Links all of WASI 0.2 and 0.3. The linker must allow shadowing.
pub(crate) fn add_to_linker(linker: &mut Linker<Ctx>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)?;
    tame_p2(linker)?;
    tame_p3(linker)
}

/// The versions are those that wasmtime-wasi links; the linker gives them to any 0.2.x.
fn tame_p2(linker: &mut Linker<Ctx>) -> wasmtime::Result<()> {
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    clock.func_wrap("subscribe-duration", |mut store, (duration,): (u64,)| {
        sleep(store.data_mut(), duration)
    })?;
    clock.func_wrap("subscribe-instant", |mut store, (when,): (u64,)| {
        let ctx = store.data_mut();
        let now = clocks::nanoseconds(ctx.run.lock().now());
        sleep(ctx, when.saturating_sub(now))
    })?;

    let mut tcp = linker.instance("wasi:sockets/tcp-create-socket@0.2.12")?;
    tcp.func_wrap("create-tcp-socket", |store, (_family,): (IpAddressFamily,)| {
        store.data().refuse("opening a TCP socket");
        let refused: Result<Resource<TcpSocket>, _> = Err(P2SocketError::AccessDenied);
        Ok((refused,))
    })?;
    let mut udp = linker.instance("wasi:sockets/udp-create-socket@0.2.12")?;
    udp.func_wrap("create-udp-socket", |store, (_family,): (IpAddressFamily,)| {
        store.data().refuse("opening a UDP socket");
        let refused: Result<Resource<UdpSocket>, _> = Err(P2SocketError::AccessDenied);
        Ok((refused,))
    })?;

    let mut http = linker.instance("wasi:http/outgoing-handler@0.2.12")?;
    type Request = Resource<p2_http::OutgoingRequest>;
    type Options = Option<Resource<p2_http::RequestOptions>>;
    type Response = Resource<p2_http::FutureIncomingResponse>;
    http.func_wrap("handle", |store, (_request, _options): (Request, Options)| {
        store.data().refuse("sending an HTTP request");
        let refused: Result<Response, _> = Err(p2_http::ErrorCode::HttpRequestDenied);
        Ok((refused,))
    })
}

fn tame_p3(linker: &mut Linker<Ctx>) -> wasmtime::Result<()> {
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.3.0")?;
    clock.func_wrap_concurrent("wait-for", |accessor, (duration,): (u64,)| {
        Box::pin(async move {
            let mut sleep = accessor.with(|mut access| Sleep::new(&access.get().run, duration));
            sleep.ready().await;
            Ok(())
        })
    })?;
    clock.func_wrap_concurrent("wait-until", |accessor, (when,): (u64,)| {
        Box::pin(async move {
            let mut sleep = accessor.with(|mut access| {
                let run = &access.get().run;
                let now = clocks::nanoseconds(run.lock().now());
                Sleep::new(run, when.saturating_sub(now))
            });
            sleep.ready().await;
            Ok(())
        })
    })?;

    let mut sockets = linker.instance("wasi:sockets/types@0.3.0")?;
    type Family = p3_sockets::IpAddressFamily;
    sockets.func_wrap("[static]tcp-socket.create", |store, (_family,): (Family,)| {
        store.data().refuse("opening a TCP socket");
        let refused: Result<Resource<P3TcpSocket>, _> = Err(p3_sockets::ErrorCode::AccessDenied);
        Ok((refused,))
    })?;
    sockets.func_wrap("[static]udp-socket.create", |store, (_family,): (Family,)| {
        store.data().refuse("opening a UDP socket");
        let refused: Result<Resource<P3UdpSocket>, _> = Err(p3_sockets::ErrorCode::AccessDenied);
        Ok((refused,))
    })
}
