//! The engine with its store, played by a script: the clock stands where the script says.

mod activities;
mod messages;
mod operator;
mod others;
mod plain;
mod stage;

use crate::facts::started;
use crate::locals;
use crate::model::{RETENTION, WORKFLOW_ID, new_run, subject_of};
use crate::print::{self, RunText};
use crate::program::ScriptedProgram;
use crate::script::{self, Act, Line, Script, Start};
use crate::versions::{self, Versions, digest_of};
use crate::words::show;
use refrain_core::attempt::ActivityTask;
use refrain_core::event::Recorded;
use refrain_core::execution::Execution;
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::guest::{GuestError, Program};
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, signal, update};
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::api::{
    ActivityRef, AfterReset, AttemptResult, CheckRequest, Description, NamespaceSettings, Reapply,
    ResetRequest, SeenPoller, StartRequest, Target, UpdateStage, UpdateState, WhichActivities,
};
use refrain_engine::programs::{ActivityProgram, ActivityResult, Checked, Heartbeats, Programs};
use refrain_engine::{Clock, Engine, EngineConfig, EngineError, SimClock};
use refrain_store::{ComponentKind, Store, StoreConfig};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use activities::ref_of;
pub use plain::order;
use stage::{ACTIVITIES, ACTIVITIES_DIGEST, Folder, ScriptedPrograms};

/// How hard it is made for the engine. The text that is left must not differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Guests stay in memory.
    Warm,
    /// Guests are dropped after every step, so each one replays.
    Evict,
    /// Before every line the host is killed: another one goes on with a copy of the files as they
    /// are at that moment. What was answered must be in them.
    Crash,
}

impl Mode {
    pub const HARDER: [Mode; 2] = [Mode::Evict, Mode::Crash];
}

/// What was left, and the histories behind it.
pub struct Played {
    pub text: String,
    pub histories: Vec<Vec<Recorded>>,
}

/// How long something that must come may take. Only a test that fails ever waits so long.
const PATIENCE: Duration = Duration::from_secs(10);
const MANY: usize = 1000;

pub struct Sim {
    mode: Mode,
    late_locals: bool,
    has_others: bool,
    folder: Folder,
    n_hosts: u32,
    clock: SimClock,
    programs: Arc<ScriptedPrograms>,
    engine: Engine,
    namespace: NamespaceId,
    /// The workflow id that the line is about.
    subject: String,
    /// Of the workflow that scripts are about.
    runs: Vec<RunKey>,
    /// Of other workflows: children, and those that lines name.
    others: BTreeMap<String, Vec<RunKey>>,
    notes: Vec<String>,
    /// Updates whose senders were told that they wait.
    admitted: Vec<update::Request>,
}

/// Plays a script on a runtime of its own.
pub fn play(script: &Script, mode: Mode) -> Played {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async { Sim::with(mode, script.late_locals).await.play(script).await })
}

/// For tests that speak to the engine themselves.
impl Sim {
    /// A host whose clock stands at 0, with one component for task queue `orders`.
    pub async fn new(mode: Mode) -> Sim {
        Sim::with(mode, false).await
    }

    async fn with(mode: Mode, late_locals: bool) -> Sim {
        let folder = Folder::new();
        let clock = SimClock::at(Timestamp(0));
        let programs = Arc::new(ScriptedPrograms::default());
        let engine = host(mode, late_locals, &clock, &programs, &folder.0.join("0.db")).await;
        let namespace = match engine.namespace("default") {
            Ok(row) => row.id,
            Err(_) => {
                let settings = NamespaceSettings {
                    retention: RETENTION,
                    // So few bytes that what scripts say is kept beside histories, too.
                    detach_above: Some(6),
                    ..NamespaceSettings::default()
                };
                engine.register_namespace("default", settings).await.expect("a namespace").id
            }
        };
        let names = crate::search::NAMES.map(|(name, kind)| (name.to_owned(), kind));
        engine.add_search_attributes(namespace, names.into()).await.expect("new names");
        release(&engine, namespace, digest_of(1)).await;
        let bytes = ACTIVITIES.to_vec();
        engine.upload_component(namespace, "activities", bytes).await.expect("an upload");
        engine.deploy(namespace, "orders", ACTIVITIES_DIGEST).await.expect("a deployment");
        Sim {
            mode,
            late_locals,
            has_others: false,
            folder,
            n_hosts: 1,
            admitted: Vec::new(),
            clock,
            programs,
            engine,
            namespace,
            subject: WORKFLOW_ID.to_owned(),
            runs: Vec::new(),
            others: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn namespace(&self) -> NamespaceId {
        self.namespace
    }

    /// What every guest does from now on, turn by turn.
    pub fn program(&self, turns: &[&str]) {
        let program = ScriptedProgram::parse(turns.iter().copied()).expect("a program");
        self.programs.versions().replace(&program);
        self.engine.evict_all();
    }

    /// Lets the clock stand at a later moment, and all that is due happen. In [`Mode::Crash`]
    /// another host does it.
    pub async fn until(&mut self, at: Timestamp) {
        if self.mode == Mode::Crash {
            self.crash().await;
        }
        self.clock.set(at);
        self.engine.settle().await;
    }

    async fn play(mut self, script: &Script) -> Played {
        self.has_others = script.has_others;
        for line in &script.lines {
            assert!(!line.together, "lines that share a step are for `check_core` only");
            self.subject = WORKFLOW_ID.to_owned();
            if self.mode == Mode::Crash && !self.runs.is_empty() {
                self.crash().await;
            }
            self.pass_time(line.at).await;
            self.subject = subject_of(line).to_owned();
            self.act(line).await;
            self.engine.settle().await;
            self.follow_chain().await;
        }
        let mut played = Played { text: String::new(), histories: Vec::new() };
        self.follow_others().await;
        for (at, run) in self.all_runs() {
            match at {
                0 if *run.execution.workflow == *WORKFLOW_ID => {}
                0 => played.text.push_str(&format!("workflow {}\n", run.execution.workflow)),
                _ => played.text.push_str("next run\n"),
            }
            let described = match self.described(&run).await {
                Ok(described) => described,
                Err(EngineError::WorkflowNotFound { .. }) => {
                    played.text.push_str("gone\n");
                    continue;
                }
                Err(error) => panic!("a run that was started can't be read: {error}"),
            };
            let history = self.history(&run).await;
            let Description { row, pending_activities, published, .. } = described;
            let mut activities: Vec<_> = pending_activities.iter().collect();
            activities.sort_by_key(|it| it.scheduled);
            let text = RunText {
                history: &history,
                status: row.status,
                task_failure: row.task_failure.as_ref(),
                activities,
                published: published.iter().map(|it| (it.0.as_str(), it.1)).collect(),
                memo: &row.memo,
                search_attributes: &row.search_attributes,
            };
            played.text.push_str(&text.to_string());
            played.histories.push(history);
        }
        self.notes.iter().for_each(|note| {
            played.text.push_str(note);
            played.text.push('\n');
        });
        self.engine.shutdown().await;
        played
    }

    /// Runs that took the place of the last one that is known.
    async fn follow_chain(&mut self) {
        while let Some(last) = self.runs.last().cloned() {
            if self.described(&last).await.is_err() {
                // Deleted.
                return;
            }
            let history = self.history(&last).await;
            let Some(run) = history.last().and_then(|it| new_run(&it.event)) else { return };
            self.runs.push(RunKey { run, ..last });
        }
    }

    /// Another host goes on with the files as they are now; the old one knows nothing of it.
    async fn crash(&mut self) {
        let mut admitted = Vec::new();
        for request in std::mem::take(&mut self.admitted) {
            if let Ok(UpdateState::Admitted) = self.state_of(&request.id).await {
                admitted.push(request);
            }
        }
        let (from, to) = (self.n_hosts - 1, self.n_hosts);
        for suffix in ["", "-wal"] {
            let name = |n: u32| self.folder.0.join(format!("{n}.db{suffix}"));
            if name(from).exists() {
                std::fs::copy(name(from), name(to)).expect("a copy of the store");
            }
        }
        let next = self.folder.0.join(format!("{to}.db"));
        let engine = host(self.mode, self.late_locals, &self.clock, &self.programs, &next).await;
        let old = std::mem::replace(&mut self.engine, engine);
        // Threads and files go; what it does to its own files concerns nobody.
        old.shutdown().await;
        self.n_hosts += 1;
        self.engine.settle().await;
        for request in admitted {
            self.send_update(request.clone()).await.expect("a run that takes updates");
            self.admitted.push(request);
        }
        self.engine.settle().await;
    }

    fn note(&mut self, text: impl std::fmt::Display) {
        self.notes.push(format!("at {}  {text}", print::at(self.clock.now())));
    }

    fn refused(&mut self, error: &EngineError) {
        match error {
            EngineError::WorkflowNotFound { .. } => self.note("refused: no such workflow"),
            EngineError::UpdateNotFound(_) => self.note("refused: no such update"),
            EngineError::AlreadyStarted { .. } => self.note("refused: already started"),
            EngineError::ActivityNotFound => self.note("refused: activity task not found"),
            other => self.note(format!("refused: {other}")),
        }
    }

    /// Of the workflow that the line is about.
    fn runs_of_subject(&mut self) -> &mut Vec<RunKey> {
        match self.subject == WORKFLOW_ID {
            true => &mut self.runs,
            false => self.others.entry(self.subject.clone()).or_default(),
        }
    }

    fn target(&self, run: Option<RunId>) -> Target {
        Target { namespace: self.namespace, workflow_id: self.subject.clone(), run, chain: None }
    }

    async fn described(&self, run: &RunKey) -> Result<Description, EngineError> {
        let workflow_id = run.execution.workflow.to_string();
        let target =
            Target { namespace: self.namespace, workflow_id, run: Some(run.run), chain: None };
        self.engine.describe(&target).await
    }

    async fn describe(&self, run: Option<RunId>) -> Result<Description, EngineError> {
        self.engine.describe(&self.target(run)).await
    }

    async fn history(&self, run: &RunKey) -> Vec<Recorded> {
        let mut events = Vec::new();
        let mut from = EventId::FIRST;
        loop {
            let page = self.engine.history(run, from, MANY).await.expect("a history");
            events.extend(refrain_wire::event::decode(&page.bytes).expect("a page of a history"));
            if !page.more {
                return events;
            }
            from = page.next;
        }
    }

    // ---- what the script says

    async fn act(&mut self, line: &Line) {
        let outcome = match &line.act {
            Act::Wait => Ok(()),
            Act::Deploy(program) => {
                self.programs.versions().replace(program);
                self.engine.evict_all();
                Ok(())
            }
            Act::Release(program) => {
                self.release_program(program).await;
                Ok(())
            }
            Act::Check => self.check(false).await,
            Act::Move => self.check(true).await,
            Act::Start(start) => self.start(start).await,
            Act::Signal { name, input, request } => {
                let signal = signal::Signal {
                    name: name.clone(),
                    input: input.clone(),
                    request_id: request.clone(),
                    ..signal::Signal::default()
                };
                self.engine.signal(self.target(None), signal).await
            }
            Act::Update { name, input, id } => {
                let request = update::Request {
                    id: id.clone(),
                    name: name.clone(),
                    input: input.clone(),
                    ..update::Request::default()
                };
                self.update(request).await
            }
            Act::Ask { id } => self.ask(id).await,
            Act::Cancel { cause } => {
                let (target, client) = (self.target(None), "client".to_owned());
                self.engine.request_cancel(target, cause.clone(), client).await
            }
            Act::Terminate { reason } => {
                let (target, client) = (self.target(None), "client".to_owned());
                self.engine.terminate(target, reason.clone(), Vec::new(), client).await
            }
            Act::Reset(reset) => self.reset(reset).await,
            Act::Delete => self.engine.delete(&self.target(None)).await,
            Act::Pause { reason, request } => {
                let (target, client) = (self.target(None), "client".to_owned());
                self.engine.pause(target, reason.clone(), client, request.clone()).await
            }
            Act::Unpause { reason, request } => {
                let (target, client) = (self.target(None), "client".to_owned());
                self.engine.unpause(target, reason.clone(), client, request.clone()).await
            }
            Act::RunOptions { priority, version, skipping } => {
                let (target, client) = (self.target(None), "client".to_owned());
                let change = self.programs.versions().change(*priority, *version, skipping.clone());
                self.engine.update_options(&target, change, client).await.map(drop)
            }
            Act::Take { activity, worker } => self.take(activity, worker).await,
            Act::Beat { activity, details } => match self.started(activity).await {
                Ok(task) => match self.engine.heartbeat_activity(task, details.clone()).await {
                    Ok(reply) => {
                        if reply.cancel_requested {
                            self.note(format!("{activity} is asked to stop"));
                        }
                        if reply.paused {
                            self.note(format!("{activity} is paused"));
                        }
                        if reply.reset {
                            self.note(format!("{activity} is to begin again"));
                        }
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            },
            Act::Done { activity, result } => {
                self.finish(activity, AttemptResult::Completed(result.clone())).await
            }
            Act::Fail { activity, failure } => {
                let kind = FailureKind::Application {
                    error_type: failure.error_type.clone(),
                    non_retryable: failure.non_retryable,
                    details: Vec::new(),
                    next_retry_delay: failure.next_retry_delay,
                    benign: false,
                };
                let message = failure.message.clone();
                let failure = Failure { message, kind, ..Failure::default() };
                let result =
                    AttemptResult::Failed { failure: Box::new(failure), last_heartbeat: None };
                self.finish(activity, result).await
            }
            Act::GiveUp { activity } => {
                self.finish(activity, AttemptResult::Canceled(Vec::new())).await
            }
            Act::DoneOutside { activity, result } => match self.activity(activity).await {
                Ok(Some(task)) => {
                    let (result, identity) = (result.clone(), "client".to_owned());
                    let result = AttemptResult::CompletedOutside { result, identity };
                    self.engine.finish_activity(ref_of(task), result).await
                }
                Ok(None) => Err(EngineError::PendingActivityNotFound),
                Err(error) => Err(error),
            },
            Act::Tune { activity, tuning } => {
                let (target, which) = (self.target(None), WhichActivities::Type(activity.clone()));
                self.engine.tune_activities(&target, &which, tuning).await.map(drop)
            }
            Act::Query { name } => self.query(name).await,
        };
        if let Err(error) = outcome {
            self.refused(&error);
        }
    }

    async fn start(&mut self, start: &Start) -> Result<(), EngineError> {
        let mut started = started(start, RunId(0), self.programs.versions().newest());
        (started.original_run, started.first_run) = (None, None);
        started.workflow_id.clone_from(&self.subject);
        let request = StartRequest {
            namespace: self.namespace,
            started,
            request_id: start.request.clone(),
            reuse: start.reuse,
            conflict: start.conflict,
        };
        let reply = self.engine.start_workflow(request).await?;
        let key = RunKey { execution: self.target(None).execution(), run: reply.run };
        let runs = self.runs_of_subject();
        match (runs.contains(&key), reply.started) {
            (false, _) => runs.push(key),
            (true, true) => self.note("its own run"),
            (true, false) => self.note("existing run"),
        }
        Ok(())
    }

    // ---- time

    /// Moves the clock from one moment at which something is due to the next. At each it waits
    /// for what must come of it, so that it does not matter how fast the host is.
    async fn pass_time(&mut self, until: Timestamp) {
        while let Some(at) = self.next_due().await.filter(|it| *it <= until) {
            self.clock.set(self.clock.now().max(at));
            let began = Instant::now();
            while self.next_due().await.is_some_and(|it| it <= at) {
                assert!(began.elapsed() < PATIENCE, "what is due at {} does not come", at.0);
                self.engine.settle().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.engine.settle().await;
        }
        self.clock.set(self.clock.now().max(until));
        self.engine.settle().await;
    }

    /// When the next thing happens by itself, going by what the store says.
    async fn next_due(&mut self) -> Option<Timestamp> {
        self.follow_chain().await;
        let mut next = self.next_due_of(WORKFLOW_ID).await;
        self.follow_others().await;
        for other in self.others.keys().cloned().collect::<Vec<_>>() {
            next = next.into_iter().chain(self.next_due_of(&other).await).min();
        }
        next
    }

    async fn next_due_of(&self, workflow: &str) -> Option<Timestamp> {
        let target = Target::latest(self.namespace, workflow.to_owned());
        let description = match self.engine.describe(&target).await {
            Ok(description) => description,
            Err(EngineError::WorkflowNotFound { .. }) => return None,
            Err(error) => panic!("the latest run can't be read: {error}"),
        };
        if !description.row.status.is_open() {
            return None;
        }
        let history = self.history(&description.row.key).await;
        let folded = Execution::fold(&history).expect("history folds");
        // A run that goes on meanwhile is of no use for that: its row was read before its children, and its
        // history after them.
        let next_event = description.row.next_event;
        if history.last().is_some_and(|it| it.id.next() == next_event) {
            others::check_children(&description, &folded);
        }
        let had_task = history.iter().any(|it| matches!(it.event, Event::Task(_)));
        let started = &description.started;
        let no_wait = started.continued_from.map(|_| Delay::ZERO);
        let first_task = started
            .first_task_backoff
            .or(no_wait)
            .filter(|_| !had_task && !folded.status.is_paused());
        let now = self.clock.now();
        let paused = folded.status.is_paused();
        let timers = folded.timers.values().map(|it| it.fire_at);
        let activities = description.pending_activities.iter().map(|it| it.due_at(now));
        timers
            .chain(folded.run_deadline())
            .chain(first_task.map(|it| folded.start_time.plus(it)))
            .chain(folded.clock.forwards_to())
            .map(|it| folded.clock.of_host(it))
            .chain(activities)
            .chain(description.row.task_failure.filter(|_| !paused).map(|it| it.retry_at))
            .filter(|it| *it < Timestamp::NEVER)
            .min()
    }
}

async fn release(engine: &Engine, namespace: NamespaceId, component: Digest) {
    let bytes = vec![component.0[0]];
    engine.upload_component(namespace, "script", bytes).await.expect("an upload");
    engine.deploy(namespace, "orders", component).await.expect("a deployment");
}

async fn host(
    mode: Mode,
    late_locals: bool,
    clock: &SimClock,
    programs: &Arc<ScriptedPrograms>,
    path: &Path,
) -> Engine {
    let config = StoreConfig { path: Some(path.to_owned()), readers: 1 };
    let store = Store::open(config).await.expect("a store");
    let config = EngineConfig {
        // One in memory, so that those that follow it come from the store.
        waiting_activities_max: 1,
        clock: Clock::Sim(clock.clone()),
        identity: "host".to_owned(),
        workers: 1,
        warm_runs_max: match mode {
            Mode::Warm | Mode::Crash => 100,
            Mode::Evict => 0,
        },
        // The loop of the timers looks whenever the clock moves, so `settle` can wait for it; and
        // nearly every timer is one that memory does not hold yet.
        timer_window: Delay(1),
        // Longer than a machine that is busy takes.
        local_in_step: if late_locals { Delay::ZERO } else { Delay::from_secs(10) },
        ..EngineConfig::default()
    };
    let programs = Arc::clone(programs) as Arc<dyn Programs>;
    Engine::start(config, store, programs).await.expect("an engine")
}
