//! One live guest, and how it is driven.
//!
//! The whole of `Store::run_concurrent` is one boxed future that owns the store. It is polled
//! here, by hand, with a waker that only raises a flag: if the future waits and the flag is down,
//! nothing inside can go on, and the guest is *idle*. So a turn is a plain function call. There is
//! no task, no thread and no timer per run, and any thread may make the next turn.
//!
//! Exactly one thing is handed to the guest before it runs to idle. wasmtime orders futures that
//! become ready together by their place in a table; with one at a time there is nothing to order.

use crate::bindings::convert::{failure_out, fields_out, payloads_in, payloads_out};
use crate::bindings::lifecycle::{self, IncomingUpdate};
use crate::bindings::{children, types};
use crate::engine::{self, CALLS_THAT_QUEUE_UPDATES};
use crate::errors::{Stage, Stop, guest_error};
use crate::imports::{Ctx, outcome_in};
use crate::limits::{self, Limits, Stacks};
use crate::program::{Answer, Functions, Workflow};
use crate::run::{Open, Run, SharedRun};
use crate::watch::Watch;
use futures::channel::{mpsc, oneshot};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, select_biased};
use refrain_core::failure::Failure;
use refrain_core::guest::{Guest, GuestError, GuestErrorKind, Job, Query, QueryError, Start, Turn};
use refrain_core::machines::signal::Signal;
use refrain_core::machines::{Command, update};
use refrain_core::payload::Payloads;
use refrain_core::time::Timestamp;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use wasmtime::component::Accessor;
use wasmtime::{Store, UpdateDeadline};

/// A guest made of a component.
pub(crate) struct WasmGuest {
    workflow: Arc<Workflow>,
    watch: Option<Watch>,
    life: Life,
}

enum Life {
    /// Has not seen its first turn: nothing is instantiated.
    Fresh,
    Live(Live),
    /// Broke. It says so to whoever asks again.
    Gone(GuestError),
}

impl WasmGuest {
    pub(crate) fn new(workflow: Arc<Workflow>, watch: Option<Watch>) -> WasmGuest {
        WasmGuest { workflow, watch, life: Life::Fresh }
    }

    fn live(&mut self) -> Result<&mut Live, GuestError> {
        match &mut self.life {
            Life::Live(live) => Ok(live),
            Life::Gone(error) => Err(error.clone()),
            Life::Fresh => Err(misused("the first turn of a guest must be `Start`")),
        }
    }
}

fn misused(what: &str) -> GuestError {
    GuestError {
        kind: GuestErrorKind::BrokenInterface,
        message: format!("host used a guest wrongly: {what}"),
        backtrace: String::new(),
    }
}

impl Guest for WasmGuest {
    fn turn(&mut self, mut turn: Turn) -> Result<Vec<Command>, GuestError> {
        let job = std::mem::replace(&mut turn.job, Job::CancelRequested { cause: String::new() });
        let job = match (job, &self.life) {
            (Job::Start(start), Life::Fresh) => {
                self.life = Life::Live(Live::start(&self.workflow, start, self.watch.clone()));
                None
            }
            (Job::Start(_), Life::Live(_)) => {
                return Err(misused("a guest that runs was started again"));
            }
            (job, _) => Some(job),
        };
        // One whose component has lost the handler since the update was accepted.
        if let Some(Job::Update(request)) = &job
            && self.workflow.exports.update.is_none()
        {
            let outcome = Err(self.workflow.unknown_update(&request.name));
            let update = request.id.clone();
            return Ok(vec![Command::Update(update::Command::Complete { update, outcome })]);
        }
        let live = self.live()?;
        let outcome = live.turn(&turn, job);
        if let Err(error) = &outcome {
            self.life = Life::Gone(error.clone());
        }
        outcome
    }

    fn unreceived(&self) -> Vec<Signal> {
        match &self.life {
            Life::Live(live) => live.run.lock().signals.all(),
            Life::Fresh | Life::Gone(_) => Vec::new(),
        }
    }

    fn takes_signals(&self) -> bool {
        self.workflow.takes_signals
    }

    fn rooms(&self) -> usize {
        match &self.life {
            Life::Live(live) => {
                engine::rooms(self.workflow.memories, self.workflow.tables, live.stacks.held())
            }
            Life::Fresh | Life::Gone(_) => 1,
        }
    }

    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        if self.workflow.exports.query.is_none() {
            return Err(QueryError::Failed(self.workflow.unknown_query(&query.name)));
        }
        let live = self.live().map_err(QueryError::Guest)?;
        let outcome = live.query(query);
        if let Err(QueryError::Guest(error)) = &outcome {
            self.life = Life::Gone(error.clone());
        }
        outcome
    }

    fn validate_update(
        &mut self,
        request: &update::Request,
        now: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        let exports = &self.workflow.exports;
        if exports.update.is_none() {
            return Ok(Err(Box::new(self.workflow.unknown_update(&request.name))));
        }
        if exports.validate_update.is_none() {
            return Ok(Ok(()));
        }
        let outcome = self.live()?.validate_update(request, now);
        if let Err(error) = &outcome {
            self.life = Life::Gone(error.clone());
        }
        outcome
    }
}

/// Raised when something inside the guest's future can go on.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is asked of a guest beside its `run`.
enum Call {
    Query {
        name: String,
        args: types::Payloads,
        reply: oneshot::Sender<Answer>,
    },
    Validate {
        update: IncomingUpdate,
        reply: oneshot::Sender<Result<(), types::Failure>>,
    },
    /// Runs beside `run` until it returns, in this turn or in a later one.
    Update(IncomingUpdate),
}

fn update_out(request: update::Request) -> IncomingUpdate {
    IncomingUpdate {
        headers: fields_out(&request.header),
        id: request.id,
        name: request.name,
        args: payloads_out(request.input),
    }
}

struct Live {
    run: SharedRun,
    stacks: Stacks,
    /// Never ready, unless the guest broke.
    guest: Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>,
    calls: mpsc::UnboundedSender<Call>,
    /// Handed over, and not begun: there is no stack for one that waits in the midst of its code.
    queued_updates: VecDeque<IncomingUpdate>,
    woken: Arc<Flag>,
    waker: Waker,
    stage: Stage,
}

impl Drop for Live {
    /// What a program lets go of while it is taken apart, it did not ask for.
    fn drop(&mut self) {
        self.run.lock().is_over = true;
    }
}

impl Live {
    fn start(workflow: &Arc<Workflow>, mut start: Box<Start>, watch: Option<Watch>) -> Live {
        let workflow_type = start.started.workflow_type.clone();
        let args = start.started.input.clone();
        let signals = std::mem::take(&mut start.signals);
        let run = SharedRun::new(Run::new(Some(start), workflow.activation_max));
        {
            let mut run = run.lock();
            run.watch = watch;
            signals.into_iter().for_each(|it| run.take_signal(it));
            run.ends_when_canceled = workflow.exports.main.ends_when_canceled();
        }
        let store = store(workflow, &run);
        let stacks = store.data().limits.stacks.clone();
        let (calls, called) = mpsc::unbounded();
        let guest =
            Box::pin(live(workflow.clone(), store, run.clone(), workflow_type, args, called));
        let woken = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        let (queued_updates, stage) = (VecDeque::new(), Stage::Instantiating);
        Live { run, stacks, guest, calls, queued_updates, woken, waker, stage }
    }

    fn turn(&mut self, turn: &Turn, job: Option<Job>) -> Result<Vec<Command>, GuestError> {
        {
            let mut run = self.run.lock();
            if run.is_over {
                return Ok(Vec::new());
            }
            run.begin_turn(turn);
            match job {
                Some(Job::Update(request)) => {
                    if self.stacks.held() >= CALLS_THAT_QUEUE_UPDATES {
                        run.log(
                            types::LogLevel::Warn,
                            &format!(
                                "update `{}` waits for its turn: it begins when fewer than {CALLS_THAT_QUEUE_UPDATES} calls of this program wait in the midst of their code, each on a stack",
                                request.name
                            ),
                        );
                    }
                    self.queued_updates.push_back(update_out(*request));
                }
                Some(job) => deliver(&mut run, job),
                None => {}
            }
        }
        self.begin_update()?;
        self.run_to_idle()?;
        // What the host itself owes is handed over one by one as well.
        while self.run.lock().owes_one() || self.begin_update()? {
            self.run_to_idle()?;
        }
        let mut run = self.run.lock();
        let mut commands = run.take_commands();
        if let Some(outcome) = run.ended.take() {
            run.is_over = true;
            let end =
                outcome_in(outcome).map_err(|stop| guest_error(&stop.into(), self.stage, None))?;
            commands.push(Command::Execution(end));
        }
        Ok(commands)
    }

    #[expect(clippy::result_large_err, reason = "the error is core's")]
    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        let (name, args) = (query.name.clone(), payloads_out(query.args.clone()));
        let waited = || {
            format!(
                "guest did not answer query `{}` at once: its handler waits, or the program \
                 blocks in a sleep on a WASI clock (one on `timers.sleep` can be asked meanwhile)",
                query.name
            )
        };
        let answer = self.ask(query.now, |reply| Call::Query { name, args, reply }, waited);
        match answer.map_err(QueryError::Guest)? {
            Ok(result) => Ok(payloads_in(result)),
            Err(failure) => Err(QueryError::Failed(*failure)),
        }
    }

    fn validate_update(
        &mut self,
        request: &update::Request,
        now: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        let update = update_out(request.clone());
        let waited =
            || format!("guest did not validate update `{}` before it waited", request.name);
        self.ask(now, |reply| Call::Validate { update, reply }, waited)
    }

    /// Asks something that must be answered before the guest waits. The inner error is the
    /// guest's own answer; `waited`: what to say of one that waits.
    fn ask<T>(
        &mut self,
        now: Timestamp,
        call: impl FnOnce(oneshot::Sender<Result<T, types::Failure>>) -> Call,
        waited: impl FnOnce() -> String,
    ) -> Result<Result<T, Box<Failure>>, GuestError> {
        self.run.lock().begin_query(now);
        let (reply, mut answer) = oneshot::channel();
        self.call(call(reply))?;
        self.run_to_idle()?;
        match answer.try_recv() {
            Ok(Some(Ok(told))) => Ok(Ok(told)),
            Ok(Some(Err(frames))) => match self.run.lock().failure_in(frames) {
                Ok(failure) => Ok(Err(Box::new(failure))),
                Err(stop) => Err(guest_error(&stop.into(), Stage::Running, None)),
            },
            // It would wait for something that only a turn can bring. Such a guest is of no use
            // any more: the call is still inside it.
            Ok(None) | Err(oneshot::Canceled) => Err(GuestError {
                kind: GuestErrorKind::BrokenInterface,
                message: waited(),
                backtrace: String::new(),
            }),
        }
    }

    /// The next one that is queued, if there is a stack for it. It depends on nothing but what the
    /// guest was handed before, so a replay begins it in the same turn.
    fn begin_update(&mut self) -> Result<bool, GuestError> {
        if self.stacks.held() >= CALLS_THAT_QUEUE_UPDATES || self.run.lock().ended.is_some() {
            return Ok(false);
        }
        let Some(update) = self.queued_updates.pop_front() else { return Ok(false) };
        self.call(Call::Update(update))?;
        Ok(true)
    }

    fn call(&self, call: Call) -> Result<(), GuestError> {
        self.calls.unbounded_send(call).map_err(|_| misused("a guest that is gone was called"))
    }

    /// Polls until nothing inside can go on.
    fn run_to_idle(&mut self) -> Result<(), GuestError> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.poll()));
        let broke = match polled {
            Ok(Ok(())) => {
                self.stage = Stage::Running;
                return Ok(());
            }
            Ok(Err(broke)) => broke,
            Err(_) => {
                // The panic's own text is on the host's standard error, from the panic hook.
                return Err(GuestError {
                    kind: GuestErrorKind::BrokenInterface,
                    message: "the host panicked in a call of this guest: a bug of the host"
                        .to_owned(),
                    backtrace: String::new(),
                });
            }
        };
        Err(guest_error(&broke, self.stage, self.run.lock().said()))
    }

    fn poll(&mut self) -> wasmtime::Result<()> {
        let mut context = Context::from_waker(&self.waker);
        loop {
            self.woken.0.store(false, Ordering::Relaxed);
            match self.guest.as_mut().poll(&mut context) {
                Poll::Ready(ended) => {
                    return ended.and_then(|()| Err(Stop::broken("guest ended by itself").into()));
                }
                Poll::Pending if !self.woken.0.load(Ordering::Relaxed) => {
                    return self.run.lock().take_stopped().map_or(Ok(()), |stop| Err(stop.into()));
                }
                // A guest that only yields never runs long enough to be interrupted.
                Poll::Pending => self.run.lock().check_time()?,
            }
        }
    }
}

/// Hands over one thing.
fn deliver(run: &mut Run, job: Job) {
    match job {
        // The guest's future starts with it; an update is a call.
        Job::Start(_) | Job::Update(_) => {}
        Job::ActivityClosed { op, result } => {
            if let Err(failure) = &result {
                run.remember_events(failure);
            }
            if let Some(Open::Activity(reply)) = run.take_open(op) {
                // The guest may have dropped its end: then nobody waits, which is its right.
                let _ = reply.send(result.map(payloads_out).map_err(failure_out));
            }
        }
        Job::TimerClosed { op, result } => {
            if let Some(Open::Timer(reply)) = run.take_open(op) {
                let _ = reply.send(result.map_err(failure_out));
            }
        }
        Job::ChildStarted { op, result } => {
            if let Err(failure) = &result {
                run.remember_events(failure);
            }
            if let Some(reply) = run.take_child_start(op) {
                let started = result.map(|child| children::Started {
                    workflow_id: child.workflow_id,
                    run_id: child.run.to_string(),
                });
                let _ = reply.send(started.map_err(failure_out));
            }
        }
        Job::ChildClosed { op, result } => {
            if let Err(failure) = &result {
                run.remember_events(failure);
            }
            if let Some(Open::Child { result: reply, .. }) = run.take_open(op) {
                let _ = reply.send(result.map(payloads_out).map_err(failure_out));
            }
        }
        Job::ExternalClosed { op, result } => {
            if let Some(Open::External(reply)) = run.take_open(op) {
                let _ = reply.send(result.map_err(failure_out));
            }
        }
        Job::Signal(signal) => run.take_signal(signal),
        Job::CancelRequested { cause } => run.request_cancel(cause),
    }
}

/// A store for one run, with its limits.
pub(crate) fn store(workflow: &Workflow, run: &SharedRun) -> Store<Ctx> {
    let limits = Limits::new(workflow.memory_bytes_max);
    let ctx = Ctx { run: run.clone(), limits, wasi: None };
    let mut store = Store::new(workflow.pre.engine(), ctx);
    limits::limit(&mut store, workflow.memory_bytes_max, |ctx: &mut Ctx| &mut ctx.limits);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        store.data().run.lock().check_time()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store
}

/// The guest's whole life: `run` once, updates beside it, and questions as they come.
async fn live(
    workflow: Arc<Workflow>,
    mut store: Store<Ctx>,
    shared: SharedRun,
    workflow_type: String,
    args: Payloads,
    mut called: mpsc::UnboundedReceiver<Call>,
) -> wasmtime::Result<()> {
    let instance = workflow.pre.instantiate_async(&mut store).await?;
    let functions = workflow.exports.functions(&mut store, &instance);
    let Functions { main, query, validate_update, update } =
        functions.map_err(|(_, cause)| cause)?;
    store
        .run_concurrent(async |accessor: &Accessor<Ctx>| -> wasmtime::Result<()> {
            let mut running = pin!(main.call(accessor, workflow_type, args).fuse());
            let mut updates = FuturesUnordered::new();
            loop {
                // Nobody drops the other end of a reply before the guest is idle again.
                select_biased! {
                    returned = running => {
                        end(&shared, returned?)?;
                    }
                    (number, id, returned) = updates.select_next_some() => {
                        let (outcome,): (Answer,) = returned?;
                        shared.lock().end_update(number, id, outcome)?;
                    }
                    call = called.select_next_some() => match call {
                        Call::Query { name, args, reply } => {
                            let Some(query) = query else { continue };
                            let (answer,) = query.call_concurrent(accessor, (name, args)).await?;
                            let _ = reply.send(answer);
                        }
                        Call::Validate { update, reply } => {
                            let Some(validate) = validate_update else { continue };
                            let (answer,) = validate.call_concurrent(accessor, (update,)).await?;
                            let _ = reply.send(answer);
                        }
                        Call::Update(incoming) => {
                            let Some(update) = update else { continue };
                            let (number, id) = (shared.lock().begin_update(), incoming.id.clone());
                            let call = update.call_concurrent(accessor, (incoming,));
                            updates.push(async move { (number, id, call.await) });
                        }
                    },
                }
            }
        })
        .await?
}

fn end(
    shared: &SharedRun,
    outcome: Result<lifecycle::Outcome, types::Failure>,
) -> Result<(), Stop> {
    let mut run = shared.lock();
    let outcome = match outcome {
        Ok(outcome) => Ok(outcome),
        Err(frames) => Err(run.failure_in(frames)?),
    };
    // If something else ended the run in this turn, that was earlier.
    run.ended.get_or_insert(outcome);
    Ok(())
}

/// Runs a future that must not wait for anything outside: an upload's look at a component.
pub(crate) fn complete<T>(
    future: impl Future<Output = wasmtime::Result<T>>,
    deadline: Duration,
) -> wasmtime::Result<T> {
    let woken = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let began = std::time::Instant::now();
    loop {
        woken.0.store(false, Ordering::Relaxed);
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending if !woken.0.load(Ordering::Relaxed) => {
                return Err(Stop::broken("it waits for something").into());
            }
            Poll::Pending if began.elapsed() > deadline => {
                return Err(Stop::new(GuestErrorKind::OutOfTime, "it does not end").into());
            }
            Poll::Pending => {}
        }
    }
}
