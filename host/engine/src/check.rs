//! Would the open runs of a queue go on with another component? Their histories are replayed
//! against it, on threads of their own and apart from their cells: nothing waits for a check.
//!
//! A check decides nothing. A move does, and replays again, in the run's own mailbox.

use crate::api::{CheckRequest, Finding, ReplayReport};
use crate::cell::Letter;
use crate::deploy::types_of;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::deployment::Share;
use refrain_core::errors::{Owner, StepError};
use refrain_core::guest::Program;
use refrain_core::ids::{Digest, EventId, RunId};
use refrain_core::limits;
use refrain_core::run::{Run, RunFacts};
use refrain_store::{ComponentKind, ListPlace, PinnedRun, Queue};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Open runs that one statement lists.
const RUNS_PAGE: u32 = 1000;
/// Listed, and waiting for a thread.
const RUNS_AHEAD: usize = 64;
const THREADS_MAX: usize = 8;
/// Runs that are moved at once: each takes a worker thread for the time of its replay.
const MOVES_AT_ONCE: usize = 4;

/// A replay that there was no room for is tried again after this.
const ROOM_AGAIN: Duration = Duration::from_millis(100);

type Reports = watch::Sender<ReplayReport>;

impl Inner {
    /// Replays open runs of the queue that are on other versions. The last report is `done`.
    /// Stops when nobody wants to hear of it any more.
    pub(crate) async fn check_replay(
        self: &Arc<Inner>,
        request: CheckRequest,
    ) -> Result<watch::Receiver<ReplayReport>, EngineError> {
        let target = self.target_of(&request).await?;
        let (reports, watching) = watch::channel(self.first_report(&request).await?);
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let (runs, listed) = mpsc::channel(RUNS_AHEAD);
            let threads = inner.start_threads(&reports, &Arc::new(target), listed);
            let (threads, read) = match threads {
                Ok(threads) => (threads, inner.list_runs(&request, runs, &reports).await),
                Err(error) => {
                    (Vec::new(), Err(EngineError::Internal(format!("no thread: {error}"))))
                }
            };
            // A thread ends by itself when the list does.
            let joined = tokio::task::spawn_blocking(move || {
                threads.into_iter().for_each(|thread| drop(thread.join()));
            });
            let _ = joined.await;
            finish(&reports, read);
        });
        Ok(watching)
    }

    /// Moves the open runs of the queue that fit, each in its own mailbox.
    pub(crate) async fn move_runs(
        self: &Arc<Inner>,
        request: CheckRequest,
    ) -> Result<watch::Receiver<ReplayReport>, EngineError> {
        // Found to be sound and in memory before anyone waits for it.
        self.target_of(&request).await?;
        let (reports, watching) = watch::channel(self.first_report(&request).await?);
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let (runs, mut listed) = mpsc::channel::<PinnedRun>(RUNS_AHEAD);
            let lister = {
                let (inner, request) = (Arc::clone(&inner), request.clone());
                let reports = reports.clone();
                tokio::spawn(async move { inner.list_runs(&request, runs, &reports).await })
            };
            let mut moving = JoinSet::new();
            while let Some(run) = listed.recv().await {
                if reports.is_closed() {
                    break;
                }
                if moving.len() >= MOVES_AT_ONCE {
                    moving.join_next().await;
                }
                let (inner, reports, to) = (Arc::clone(&inner), reports.clone(), request.component);
                moving.spawn(async move {
                    let key = run.key.run;
                    let letter = |reply| Letter::Move { run: key, to, reply };
                    match inner.ask(&run.key.execution, letter).await {
                        Ok(_) => note(&reports, &run, Ok(())),
                        Err(EngineError::DoesNotFit(error)) => note(&reports, &run, Err(&error)),
                        // It ended before its turn came.
                        Err(EngineError::Refused(_) | EngineError::WorkflowNotFound { .. }) => {
                            reports.send_modify(|it| it.n_open = it.n_open.saturating_sub(1));
                        }
                        Err(error) => reports.send_modify(|it| it.failed = Some(error)),
                    }
                });
            }
            drop(listed);
            while moving.join_next().await.is_some() {}
            let read = lister.await.unwrap_or(Ok(()));
            finish(&reports, read);
        });
        Ok(watching)
    }

    async fn first_report(&self, request: &CheckRequest) -> Result<ReplayReport, EngineError> {
        let open = self.store.open_runs(request.namespace).await.map_err(unavailable)?;
        let others = open
            .iter()
            .filter(|it| it.task_queue == request.task_queue && it.component != request.component);
        Ok(ReplayReport { n_open: others.map(|it| it.n_open).sum(), ..ReplayReport::default() })
    }

    async fn target_of(&self, request: &CheckRequest) -> Result<Target, EngineError> {
        let meta = self.component_of(request.namespace, request.component).await?;
        if meta.kind != ComponentKind::Workflow {
            return Err(EngineError::InvalidArgument(
                "component is of kind `activities`, expected `workflow`: only workflows are replayed"
                    .to_owned(),
            ));
        }
        let program = self.program(meta.digest).await;
        Ok(Target {
            program: program.map_err(|error| EngineError::InvalidArgument(error.to_string()))?,
            types: types_of(meta.kind, &meta.definition),
            namespace: self.namespaces.name_of(request.namespace),
            component: meta.digest,
        })
    }

    fn start_threads(
        self: &Arc<Inner>,
        reports: &Reports,
        target: &Arc<Target>,
        listed: mpsc::Receiver<PinnedRun>,
    ) -> std::io::Result<Vec<std::thread::JoinHandle<()>>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let listed = Arc::new(Mutex::new(listed));
        (0..(cores / 2).clamp(1, THREADS_MAX))
            .map(|n| {
                let (inner, target) = (Arc::clone(self), Arc::clone(target));
                let (reports, listed) = (reports.clone(), Arc::clone(&listed));
                let name = format!("refrain-check-{n}");
                std::thread::Builder::new().name(name).spawn(move || {
                    give_way();
                    while let Some(run) = next(&listed) {
                        let is_over = || reports.is_closed() || inner.is_shutting_down();
                        if is_over() {
                            return;
                        }
                        match inner.runtime.block_on(inner.history_for_replay(run.key.run)) {
                            Ok(history) => {
                                let replay = || target.replay(&run, &history);
                                let fits = when_there_is_room(replay, is_over, || {
                                    inner.warm.make_room(&inner.cells);
                                });
                                note(&reports, &run, fits.as_ref().map(|_| ()));
                            }
                            Err(error) => reports.send_modify(|it| it.failed = Some(error)),
                        }
                    }
                })
            })
            .collect()
    }

    /// All that are open now, or a sample of them.
    async fn list_runs(
        &self,
        request: &CheckRequest,
        runs: mpsc::Sender<PinnedRun>,
        reports: &Reports,
    ) -> Result<(), EngineError> {
        let queue = Queue {
            namespace: request.namespace,
            task_queue: request.task_queue.clone(),
            kind: ComponentKind::Workflow,
        };
        let versions = self.store.deployments_of(&queue).await.map_err(unavailable)?;
        let mut sample = request.sample.map(Sample::of);
        for version in versions.iter().filter(|it| it.digest != request.component) {
            let mut after = None;
            loop {
                let page = self.store.pinned_runs(
                    request.namespace,
                    &request.task_queue,
                    version.digest,
                    after,
                    RUNS_PAGE,
                );
                let page = page.await.map_err(unavailable)?;
                after =
                    page.last().map(|it| ListPlace { started_at: it.started_at, run: it.key.run });
                let is_last = page.len() < RUNS_PAGE as usize;
                for run in page {
                    match &mut sample {
                        Some(sample) => sample.offer(run),
                        // Nobody listens any more.
                        None if runs.send(run).await.is_err() => return Ok(()),
                        None => {}
                    }
                }
                if reports.is_closed() {
                    return Ok(());
                }
                if is_last {
                    break;
                }
            }
        }
        for run in sample.into_iter().flat_map(Sample::into_runs) {
            if runs.send(run).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What runs are replayed against.
struct Target {
    program: Arc<dyn Program>,
    types: Vec<String>,
    namespace: String,
    component: Digest,
}

impl Target {
    fn replay(
        &self,
        run: &PinnedRun,
        history: &[refrain_core::event::Recorded],
    ) -> Result<(), StepError> {
        if !self.types.is_empty() && !self.types.contains(&run.workflow_type) {
            return Err(self.without_type(run));
        }
        let (namespace, component) = (self.namespace.clone(), self.component);
        let facts = RunFacts { key: run.key.clone(), namespace, component };
        let guest = self.program.guest().map_err(StepError::Guest)?;
        Run::replay(facts, history, guest).map(drop)
    }

    fn without_type(&self, run: &PinnedRun) -> StepError {
        StepError::Diverged(Box::new(refrain_core::errors::Divergence {
            at: EventId::FIRST,
            recorded: Some(format!("execution started {}", run.workflow_type)),
            asked: Some(format!("one of the workflow types {}", self.types.join(", "))),
            command: 0,
            recorded_by: Some(run.component),
            replayed_by: Some(self.component),
        }))
    }
}

/// Tries until it has to do with anything but room, or nobody waits for it any more.
fn when_there_is_room(
    mut replay: impl FnMut() -> Result<(), StepError>,
    is_over: impl Fn() -> bool,
    make_room: impl Fn(),
) -> Result<(), StepError> {
    loop {
        match replay() {
            Err(error) if error.owner() == Owner::Operator && !is_over() => {
                make_room();
                std::thread::sleep(ROOM_AGAIN);
            }
            done => return done,
        }
    }
}

fn next(listed: &Mutex<mpsc::Receiver<PinnedRun>>) -> Option<PinnedRun> {
    listed.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}

fn finish(reports: &Reports, read: Result<(), EngineError>) {
    reports.send_modify(|it| {
        if let Err(error) = read {
            it.failed.get_or_insert(error);
        }
        it.done = true;
    });
}

/// What became of one run.
fn note(reports: &Reports, run: &PinnedRun, fits: Result<(), &StepError>) {
    reports.send_modify(|report| {
        report.n_checked += 1;
        match fits {
            Ok(()) => report.n_fit += 1,
            Err(error) => report.add(Finding::of(run, error)),
        }
    });
}

impl ReplayReport {
    /// Runs that diverge in the same way share a finding.
    fn add(&mut self, found: Finding) {
        self.n_unfit += 1;
        if let Some(known) = self.findings.iter_mut().find(|it| it.is_like(&found)) {
            known.n_runs += 1;
            if known.runs.len() < limits::FINDING_RUNS_MAX {
                known.runs.extend(found.runs);
            }
        } else if self.findings.len() < limits::FINDINGS_MAX {
            self.findings.push(found);
        } else {
            self.n_untold += 1;
        }
    }
}

impl Finding {
    fn of(run: &PinnedRun, error: &StepError) -> Finding {
        let divergence = match error {
            StepError::Diverged(it) => Some(&**it),
            StepError::Guest(_) | StepError::BadCommand { .. } | StepError::Corrupt { .. } => None,
        };
        Finding {
            workflow_type: run.workflow_type.clone(),
            component: run.component,
            code: error.code().0,
            at: divergence.map(|it| it.at),
            recorded: divergence.and_then(|it| it.recorded.clone()),
            asked: divergence.and_then(|it| it.asked.clone()),
            message: error.to_string(),
            n_runs: 1,
            runs: vec![run.key.clone()],
        }
    }

    fn is_like(&self, other: &Finding) -> bool {
        (&self.workflow_type, self.component, self.code, self.at)
            == (&other.workflow_type, other.component, other.code, other.at)
            && (&self.recorded, &self.asked) == (&other.recorded, &other.asked)
            && (self.at.is_some() || self.message == other.message)
    }
}

/// So many runs of each workflow type, spread over all of them by their ids: the same runs each
/// time, as long as they are open.
struct Sample {
    n_max: usize,
    by_type: BTreeMap<String, BTreeMap<(u32, RunId), PinnedRun>>,
}

impl Sample {
    fn of(n_max: u32) -> Sample {
        Sample { n_max: n_max as usize, by_type: BTreeMap::new() }
    }

    fn offer(&mut self, run: PinnedRun) {
        let chosen = self.by_type.entry(run.workflow_type.clone()).or_default();
        let place = Share::place_of(&run.key.run.to_string());
        chosen.insert((place, run.key.run), run);
        if chosen.len() > self.n_max {
            chosen.pop_last();
        }
    }

    fn into_runs(self) -> impl Iterator<Item = PinnedRun> {
        self.by_type.into_values().flat_map(BTreeMap::into_values)
    }
}

/// Those that move runs on come first.
#[cfg(target_os = "linux")]
fn give_way() {
    const NICENESS: i32 = 10;
    #[allow(unsafe_code)]
    // SAFETY: takes no pointers. On Linux, 0 is the calling thread and no other.
    let set = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
    if set != 0 {
        tracing::debug!("a check runs at the priority of everyone else");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::errors::Divergence;
    use refrain_core::guest::{GuestError, GuestErrorKind};
    use refrain_core::ids::{ExecutionKey, NamespaceId, RunKey};

    fn run(n: u128, workflow_type: &str) -> PinnedRun {
        let workflow = format!("order-{n}").as_str().into();
        let execution = ExecutionKey { namespace: NamespaceId(1), workflow };
        PinnedRun {
            key: RunKey { execution, run: RunId(n) },
            started_at: refrain_core::time::Timestamp(0),
            workflow_type: workflow_type.to_owned(),
            component: Digest([1; 32]),
        }
    }

    fn diverged(at: u64) -> StepError {
        StepError::Diverged(Box::new(Divergence {
            at: EventId(at),
            recorded: Some("timer 1 started 5s".to_owned()),
            asked: None,
            command: 0,
            recorded_by: None,
            replayed_by: None,
        }))
    }

    #[test]
    fn a_replay_that_finds_no_room_is_tried_again_only_while_somebody_listens() {
        let no_room = || {
            let (kind, message) = (GuestErrorKind::NoRoom, "full".to_owned());
            Err(StepError::Guest(GuestError { kind, message, backtrace: String::new() }))
        };
        let (reports, listener) = watch::channel(ReplayReport::default());
        let (mut listener, mut n_tried) = (Some(listener), 0);
        let replay = || {
            n_tried += 1;
            if n_tried == 3 {
                listener.take();
            }
            no_room()
        };
        let done = when_there_is_room(replay, || reports.is_closed(), || {});
        assert_eq!((n_tried, done.is_err()), (3, true));
    }

    #[test]
    fn runs_that_diverge_alike_share_a_finding_which_names_so_many_of_them() {
        let mut report = ReplayReport::default();
        for n in 0..=limits::FINDING_RUNS_MAX as u128 {
            report.add(Finding::of(&run(n, "order"), &diverged(5)));
        }
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].runs.len(), limits::FINDING_RUNS_MAX);
        assert_eq!(report.findings[0].n_runs, limits::FINDING_RUNS_MAX as u64 + 1);
    }

    #[test]
    fn past_so_many_findings_runs_are_counted_only() {
        let mut report = ReplayReport::default();
        for n in 0..=limits::FINDINGS_MAX as u64 {
            report.add(Finding::of(&run(1, "order"), &diverged(n)));
        }
        assert_eq!((report.findings.len(), report.n_untold), (limits::FINDINGS_MAX, 1));
        assert_eq!(report.n_unfit, limits::FINDINGS_MAX as u64 + 1);
    }

    #[test]
    fn a_sample_has_so_many_of_each_type_and_is_the_same_each_time() {
        let sample = || {
            let mut sample = Sample::of(3);
            (0..100).for_each(|n| sample.offer(run(n, "order")));
            (100..102).for_each(|n| sample.offer(run(n, "bill")));
            sample.into_runs().map(|it| it.key.run.0).collect::<Vec<_>>()
        };
        assert_eq!(sample().len(), 5);
        assert_eq!(sample(), sample());
    }
}
