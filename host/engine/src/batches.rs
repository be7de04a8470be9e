//! Batches: one thing done to many workflows, or to many activities without one, a few at a time.
//!
//! The row says how far it is. It is written after every page of deeds, so a host that is killed does
//! at most one page again; each deed has a name of its own (the job and the run), so that it
//! counts once.

use crate::api::{Engine, ResetRequest, StandaloneRef, StartReply, Target, WhichActivities};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use futures::StreamExt;
use refrain_core::attempt::{Reset, Tuning};
use refrain_core::batch::{
    Batch, Deed, Progress, ResetPoint, StandaloneDeed, State, Targets, Which,
};
use refrain_core::ids::{EventId, NamespaceId, RunId};
use refrain_core::limits::BATCHES_RUNNING_MAX;
use refrain_core::machines::{Event, task};
use refrain_core::reset::FirstTaskOn;
use refrain_core::search::{Condition, Test, parse, typed};
use refrain_core::spread::spread;
use refrain_core::standalone::Execution;
use refrain_core::time::{Delay, Timestamp};
use refrain_store::{BatchRow, ListPlace, Status};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// Deeds between two writes of how far it is.
const PAGE: u32 = 50;
/// Deeds under way at once, as in Temporal: a batch must not crowd out what users wait for.
const AT_ONCE: usize = 5;
/// A store or a mailbox that can't take more now is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);
const TRIES_MAX: usize = 5;

/// Those that this host works at.
#[derive(Default)]
pub(crate) struct Batches {
    running: Mutex<BTreeMap<(NamespaceId, String), AbortHandle>>,
    /// Held while one begins or is stopped.
    changing: tokio::sync::Mutex<()>,
}

/// One object of a batch: a workflow or an activity, as its deed says.
struct One {
    id: String,
    run: Option<RunId>,
    /// Where it is in its list.
    place: Option<(Timestamp, RunId)>,
}

impl Inner {
    pub(crate) async fn start_batch(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        batch: Batch,
        request: Vec<u8>,
    ) -> Result<(), EngineError> {
        let inner = Arc::clone(self);
        self.whole(async move { inner.begin_batch(namespace, batch, request).await }).await
    }

    async fn begin_batch(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        batch: Batch,
        request: Vec<u8>,
    ) -> Result<(), EngineError> {
        let _changing = self.batches.changing.lock().await;
        let there = self.store.batch(namespace, &batch.job).await.map_err(unavailable)?;
        if there.is_some() {
            return Err(EngineError::BatchExists { job: batch.job });
        }
        let n_running = {
            let running = self.batches.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.keys().filter(|key| key.0 == namespace).count()
        };
        if n_running >= BATCHES_RUNNING_MAX {
            return Err(EngineError::TooManyBatches);
        }
        let progress = Progress::new();
        let (job, created) = (batch.job.clone(), self.now());
        let row = BatchRow { namespace, job, created, progress, request };
        self.store.insert_batch(&row).await.map_err(unavailable)?;
        self.work_at(row, batch);
        Ok(())
    }

    /// What the last host left undone.
    pub(crate) async fn resume_batches(self: &Arc<Inner>) -> Result<(), EngineError> {
        for row in self.store.running_batches().await.map_err(unavailable)? {
            match row.batch() {
                Ok(batch) => self.work_at(row, batch),
                Err(error) => {
                    tracing::error!(
                        job = row.job,
                        error = &error as &dyn std::error::Error,
                        "a batch can't be read"
                    );
                }
            }
        }
        Ok(())
    }

    /// Stops it where it is. What was done stays done.
    pub(crate) async fn stop_batch(
        &self,
        namespace: NamespaceId,
        job: &str,
    ) -> Result<(), EngineError> {
        let _changing = self.batches.changing.lock().await;
        let row = self.store.batch(namespace, job).await.map_err(unavailable)?;
        let row = row.ok_or_else(|| EngineError::BatchNotFound { job: job.to_owned() })?;
        let (state, closed) = (State::Failed, Some(self.now()));
        let stopped = Progress { state, closed, ..row.progress };
        match self.store.update_batch(namespace, job, &stopped).await.map_err(unavailable)? {
            true => self.batch_gone(namespace, job, true),
            false => return Err(EngineError::BatchClosed),
        }
        Ok(())
    }

    pub(crate) async fn expire_batches(&self) -> Result<(), EngineError> {
        for namespace in self.namespaces.all() {
            let before = Timestamp(self.now().0.saturating_sub(namespace.retention.0));
            self.store.expire_batches(namespace.id, before).await.map_err(unavailable)?;
        }
        Ok(())
    }

    fn batch_gone(&self, namespace: NamespaceId, job: &str, abort: bool) {
        let mut running = self.batches.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = running.remove(&(namespace, job.to_owned()))
            && abort
        {
            handle.abort();
        }
    }

    fn work_at(self: &Arc<Inner>, row: BatchRow, batch: Batch) {
        let (inner, namespace, job) = (Arc::clone(self), row.namespace, row.job.clone());
        let mut running = self.batches.running.lock().unwrap_or_else(PoisonError::into_inner);
        let work = async move {
            tokio::select! {
                () = inner.work(&row, &batch) => inner.batch_gone(row.namespace, &row.job, false),
                // It goes on after the next start.
                () = inner.shutting_down() => {}
            }
        };
        let handle = tokio::spawn(work).abort_handle();
        running.insert((namespace, job), handle);
    }

    async fn work(self: &Arc<Inner>, row: &BatchRow, batch: &Batch) {
        let engine = Engine { inner: Arc::clone(self) };
        let mut progress = row.progress.clone();
        let condition = match self.objects_of(row.namespace, batch) {
            Ok(condition) => condition,
            Err(wrong) => {
                tracing::info!(job = row.job, wrong, "a batch has failed");
                self.close_batch(row, State::Failed, progress).await;
                return;
            }
        };
        if progress.n_tried() == 0 {
            progress.n_total = self.until_stored(|| self.total(row, batch, &condition)).await;
        }
        loop {
            let began = Instant::now();
            let n_max = batch.per_second.map_or(PAGE, |it| (it.ceil() as u32).clamp(1, PAGE));
            let page =
                self.until_stored(|| self.page(row, batch, &condition, &progress, n_max)).await;
            let Some(last) = page.last() else { break };
            progress.after = last.place.or(progress.after);
            let n_page = page.len();
            let deeds = page.into_iter().map(|one| do_one(&engine, row.namespace, batch, one));
            let done: Vec<bool> =
                futures::stream::iter(deeds).buffer_unordered(AT_ONCE).collect().await;
            let n_done = done.iter().filter(|it| **it).count() as u64;
            progress.n_done += n_done;
            progress.n_failed += n_page as u64 - n_done;
            progress.n_total = progress.n_total.max(progress.n_tried());
            let written = self
                .until_stored(|| async {
                    let written = self.store.update_batch(row.namespace, &row.job, &progress);
                    written.await.map_err(unavailable)
                })
                .await;
            if !written {
                // Stopped meanwhile.
                return;
            }
            if let Some(rate) = batch.per_second {
                let due = Duration::try_from_secs_f64(n_page as f64 / f64::from(rate));
                let wait = due.unwrap_or(AGAIN).saturating_sub(began.elapsed());
                tokio::time::sleep(wait).await;
            }
        }
        self.close_batch(row, State::Completed, progress).await;
    }

    async fn close_batch(&self, row: &BatchRow, state: State, progress: Progress) {
        let closed = Progress { state, closed: Some(self.now()), ..progress };
        self.until_stored(|| async {
            self.store.update_batch(row.namespace, &row.job, &closed).await.map_err(unavailable)
        })
        .await;
    }

    /// Reading and writing how far it is has no caller who could try again.
    async fn until_stored<T, F: Future<Output = Result<T, EngineError>>>(
        &self,
        mut what: impl FnMut() -> F,
    ) -> T {
        loop {
            match what().await {
                Ok(done) => return done,
                Err(error) => {
                    tracing::warn!(%error, "a batch waits for the store");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// What a query asks for. Of a list: all.
    fn objects_of(&self, namespace: NamespaceId, batch: &Batch) -> Result<Condition, String> {
        let Targets::Query(text) = &batch.targets else { return Ok(Condition::All(Vec::new())) };
        let condition = if let Deed::Standalone(_) = batch.deed {
            self.standalone_filter(namespace, text)?.condition
        } else {
            let query = parse(text).map_err(|error| error.to_string())?;
            let registry = &self.namespaces.search_attributes(namespace).registry;
            typed(&query, registry).map_err(|error| error.to_string())?.condition
        };
        let open = Status::ALL.into_iter().filter(|it| it.is_open()).map(Status::number);
        Ok(match batch.deed.needs_open() {
            true => Condition::All(vec![condition, Condition::Test(Test::Status(open.collect()))]),
            false => condition,
        })
    }

    async fn total(
        &self,
        row: &BatchRow,
        batch: &Batch,
        condition: &Condition,
    ) -> Result<u64, EngineError> {
        match (&batch.targets, &batch.deed) {
            (Targets::List(list), _) => Ok(list.len() as u64),
            (Targets::Query(_), Deed::Standalone(_)) => {
                let counts = self.store.count_standalone(row.namespace, condition).await;
                Ok(counts.map_err(unavailable)?.values().sum())
            }
            (Targets::Query(_), _) => Ok(self.count(row.namespace, condition).await?.total()),
        }
    }

    async fn page(
        &self,
        row: &BatchRow,
        batch: &Batch,
        condition: &Condition,
        progress: &Progress,
        n_max: u32,
    ) -> Result<Vec<One>, EngineError> {
        let namespace = row.namespace;
        match (&batch.targets, &batch.deed) {
            (Targets::List(list), _) => {
                let begin = usize::try_from(progress.n_tried()).unwrap_or(usize::MAX);
                let page = list.iter().skip(begin).take(n_max as usize);
                Ok(page.map(|(id, run)| One { id: id.clone(), run: *run, place: None }).collect())
            }
            (Targets::Query(_), Deed::Standalone(_)) => {
                let after = progress.after;
                let after = after.map(|(started_at, run)| ListPlace { started_at, run });
                let found = self.store.list_standalone(namespace, condition, after, n_max).await;
                let one = |it: &Execution| {
                    let ListPlace { started_at, run } = ListPlace::of_standalone(it);
                    let id = it.task.options.activity_id.clone();
                    One { id, run: Some(run), place: Some((started_at, run)) }
                };
                Ok(found.map_err(unavailable)?.iter().map(one).collect())
            }
            (Targets::Query(_), _) => {
                let after = progress.after.map(|(started_at, run)| ListPlace { started_at, run });
                let rows = self.list(namespace, condition, after, n_max).await?;
                let one = |row: &refrain_store::RunRow| One {
                    id: row.key.execution.workflow.to_string(),
                    run: Some(row.key.run),
                    place: Some((row.started_at, row.key.run)),
                };
                Ok(rows.iter().map(one).collect())
            }
        }
    }
}

async fn do_one(engine: &Engine, namespace: NamespaceId, batch: &Batch, one: One) -> bool {
    for _ in 0..TRIES_MAX {
        match attempt(engine, namespace, batch, &one).await {
            Ok(()) => return true,
            Err(error) if error.passes() => tokio::time::sleep(AGAIN).await,
            Err(error) => {
                tracing::debug!(job = batch.job, id = one.id, %error, "not done in a batch");
                return false;
            }
        }
    }
    false
}

async fn attempt(
    engine: &Engine,
    namespace: NamespaceId,
    batch: &Batch,
    one: &One,
) -> Result<(), EngineError> {
    let (reason, identity) = (batch.reason.clone(), batch.identity.clone());
    let One { id, run, place: _ } = one;
    let target = Target { namespace, workflow_id: id.clone(), run: *run, chain: None };
    let whose = run.map_or_else(|| id.clone(), |it| it.to_string());
    let request_id = format!("{}-{whose}", batch.job);
    match &batch.deed {
        Deed::Terminate { details } => {
            engine.terminate(target, reason, details.clone(), identity).await
        }
        Deed::Cancel => engine.request_cancel(target, reason, identity).await,
        Deed::Signal(signal) => {
            let signal =
                refrain_core::machines::signal::Signal { request_id, ..(**signal).clone() };
            engine.signal(target, signal).await
        }
        Deed::Delete => engine.delete(&target).await,
        Deed::Options(change) => {
            engine.update_options(&target, (**change).clone(), identity).await.map(drop)
        }
        Deed::Reset { to, reapply, after } => {
            let (target, at) = place_to_reset_to(engine, target, to).await?;
            let (reapply, after) = (*reapply, after.clone());
            let request = ResetRequest { target, at, reason, identity, request_id, reapply, after };
            engine.reset(request).await.map(|_: StartReply| ())
        }
        Deed::Activities { which, tuning, jitter } => {
            let which = match which {
                Which::Type(kind) => WhichActivities::Type(kind.clone()),
                Which::All => WhichActivities::All,
            };
            let tuning = after_a_while(tuning, *jitter, &request_id);
            engine.tune_activities(&target, &which, &tuning).await.map(drop)
        }
        Deed::Standalone(deed) => {
            let target = StandaloneRef { namespace, activity_id: id.clone(), run: *run };
            match deed {
                StandaloneDeed::Terminate { reason } => {
                    engine.terminate_standalone(&target, reason.clone(), identity).await
                }
                StandaloneDeed::Cancel { reason } => {
                    engine.cancel_standalone(&target, reason.clone(), identity).await
                }
                StandaloneDeed::Delete => engine.delete_standalone(&target).await,
            }
        }
    }
}

/// Each workflow at its own moment within `jitter`.
fn after_a_while(tuning: &Tuning, jitter: Delay, request_id: &str) -> Tuning {
    let wait = Delay(spread(request_id.bytes()) % jitter.0.saturating_add(1).max(1));
    match tuning {
        Tuning::Unpause { reset_attempts, forget_heartbeat, wait: _ } => Tuning::Unpause {
            reset_attempts: *reset_attempts,
            forget_heartbeat: *forget_heartbeat,
            wait,
        },
        Tuning::Reset(reset) => Tuning::Reset(Reset { wait, ..reset.clone() }),
        Tuning::Pause { .. } | Tuning::Options(_) | Tuning::RestoreOptions => tuning.clone(),
    }
}

/// Of which run, and where.
async fn place_to_reset_to(
    engine: &Engine,
    target: Target,
    point: &ResetPoint,
) -> Result<(Target, EventId), EngineError> {
    let is_last = match point {
        ResetPoint::At(event) => return Ok((target, *event)),
        ResetPoint::BuildId { build_id, own } => {
            let row = engine.run(&target).await?;
            let points = engine.inner.reset_points(&row).await?;
            let is_it = |it: &FirstTaskOn| {
                it.component.to_string() == *build_id && (!own || it.run == row.key.run)
            };
            let Some(found) = points.into_iter().find(is_it) else {
                return Err(EngineError::InvalidArgument(format!(
                    "no workflow task has completed on build id `{build_id}`: nothing to go back to"
                )));
            };
            return Ok((Target { run: Some(found.run), ..target }, found.completed));
        }
        ResetPoint::FirstTask => false,
        ResetPoint::LastTask => true,
    };
    let row = engine.run(&target).await?;
    let history = engine
        .inner
        .store
        .whole_history(row.key.run, EventId::FIRST, usize::MAX)
        .await
        .map_err(unavailable)?;
    let is_end = |event: &Event| matches!(event, Event::Task(task::Event::Completed { .. }));
    let mut ended = history.iter().enumerate().filter(|(_, it)| is_end(&it.event));
    let found = if is_last { ended.next_back() } else { ended.next() };
    let found = found.map(|(at, _)| (target, EventId::FIRST.plus(at)));
    found.ok_or_else(|| {
        EngineError::InvalidArgument(
            "no workflow task has completed: nothing to go back to".to_owned(),
        )
    })
}
