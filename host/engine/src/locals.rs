//! Local activities: attempts that this host makes beside a step, for the run that asks.
//!
//! Whoever brings a run to the end of a step says here what of it is open (`sync`); what is not
//! under way begins. An outcome goes to the run's mailbox like any arrival. Nothing of this is
//! stored: a run that is played again asks again.

use crate::activities::HOST_WORKER;
use crate::cell::Letter;
use crate::inner::Inner;
use crate::programs::{ActivityProgram, Heartbeats, execute};
use refrain_core::arrival::{ActivityOutcome, Arrival};
use refrain_core::attempt::{ActivityTask, Due, Heartbeat, Next};
use refrain_core::failure::{Failure, RetryState};
use refrain_core::ids::{OpSeq, RunId};
use refrain_core::limits;
use refrain_core::machines::local::Closed;
use refrain_core::payload::Payloads;
use refrain_core::run::Run;
use refrain_core::time::Delay;
use refrain_store::ComponentKind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;

pub(crate) struct Locals {
    under_way: Mutex<BTreeMap<(RunId, OpSeq), UnderWay>>,
    slots: Semaphore,
}

struct UnderWay {
    abort: AbortHandle,
    stop: Arc<AtomicBool>,
    /// Raised with the outcome, for a step that waits for it.
    ended: Arc<Notify>,
}

impl Default for Locals {
    fn default() -> Locals {
        let slots = Semaphore::new(limits::LOCAL_AT_ONCE_MAX);
        Locals { under_way: Mutex::default(), slots }
    }
}

impl Locals {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(RunId, OpSeq), UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Begins what is open and not under way, and stops what is no longer open. `None`: there is
    /// nothing that could end. Else what is raised when something has.
    pub(crate) fn sync_locals(self: &Arc<Inner>, run: &Run) -> Option<Arc<Notify>> {
        let id = run.facts().key.run;
        let mut under_way = self.locals.lock();
        let mut open = BTreeSet::new();
        let mut ended = None;
        for local in run.local_activities() {
            open.insert(local.op);
            match under_way.get(&(id, local.op)) {
                Some(known) => {
                    known.stop.store(local.task.cancel_requested, Ordering::Relaxed);
                    ended = Some(Arc::clone(&known.ended));
                }
                None if local.is_abandoned => {}
                None => {
                    let notify = ended.get_or_insert_with(Arc::default);
                    let new = self.begin_local(local.op, local.task.clone(), Arc::clone(notify));
                    under_way.insert((id, local.op), new);
                }
            }
        }
        let of_run = under_way.range((id, OpSeq(0))..).take_while(|it| it.0.0 == id);
        let gone: Vec<_> = of_run.map(|it| *it.0).filter(|it| !open.contains(&it.1)).collect();
        for key in gone {
            if let Some(gone) = under_way.remove(&key) {
                gone.abort.abort();
            }
        }
        ended
    }

    /// The run is closed or its guest is gone: nobody waits for what is under way.
    pub(crate) fn stop_locals(&self, run: RunId) {
        let mut under_way = self.locals.lock();
        let of_run = under_way.range((run, OpSeq(0))..).take_while(|it| it.0.0 == run);
        for key in of_run.map(|it| *it.0).collect::<Vec<_>>() {
            if let Some(gone) = under_way.remove(&key) {
                gone.abort.abort();
            }
        }
    }

    fn begin_local(
        self: &Arc<Inner>,
        op: OpSeq,
        task: ActivityTask,
        ended: Arc<Notify>,
    ) -> UnderWay {
        let stop = Arc::new(AtomicBool::new(false));
        let (stops, notify) = (Arc::clone(&stop), Arc::clone(&ended));
        let abort = self
            .spawn(|inner| async move {
                let run = task.run.clone();
                let closed = Box::new(inner.run_local(op, task, stops).await);
                let arrival = Arrival::LocalClosed(closed);
                inner.post(&run.execution, Letter::own(run.run, arrival));
                // Not before: what is neither under way nor in the mailbox begins anew.
                inner.locals.lock().remove(&(run.run, op));
                notify.notify_one();
            })
            .abort_handle();
        UnderWay { abort, stop, ended }
    }

    /// All attempts, with the waits between them, up to one that is too long for memory.
    async fn run_local(&self, op: OpSeq, mut task: ActivityTask, stop: Arc<AtomicBool>) -> Closed {
        let program = match self.program_of_local(&task).await {
            Ok(program) => program,
            Err(failure) => {
                return Closed { op, attempt: task.attempt, backoff: None, result: Err(failure) };
            }
        };
        loop {
            let attempt = task.attempt;
            let close = |backoff, result| Closed { op, attempt, backoff, result };
            let next = match self.attempt_local(&program, &task, &stop).await {
                Ok(result) => return close(None, Ok(result)),
                Err(next) => next,
            };
            match next {
                Next::Close(closed) => return close(None, result_of(closed.outcome)),
                Next::Retry(next) => {
                    let backoff = next.backoff(self.now()).unwrap_or(Delay::ZERO);
                    if backoff > limits::LOCAL_BACKOFF_MAX {
                        let failure = next.last_failure.unwrap_or_default();
                        return close(Some(backoff), Err(failure));
                    }
                    tokio::time::sleep(Duration::from_millis(backoff.as_ms())).await;
                    task = *next;
                }
            }
        }
    }

    async fn attempt_local(
        &self,
        program: &Arc<dyn ActivityProgram>,
        task: &ActivityTask,
        stop: &Arc<AtomicBool>,
    ) -> Result<Payloads, Next> {
        let _slot = self.locals.slots.acquire().await;
        let now = self.now();
        let started = task.clone().on_started(HOST_WORKER.to_owned(), now);
        let namespace = self.namespaces.name_of(task.run.execution.namespace);
        let patience = started.due_at(now).since(now).min(Delay::from_secs(86_400 * 365));
        let beats = Arc::new(Beats(Arc::clone(stop)));
        let attempt = execute(Arc::clone(program), namespace, started.clone(), beats);
        match tokio::time::timeout(Duration::from_millis(patience.as_ms()), attempt).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(failure)) => Err(match failure.cancellation() {
                Some(details) if stop.load(Ordering::Relaxed) => {
                    Next::Close(started.on_canceled(details.clone()))
                }
                Some(_) | None => started.on_failed(failure, self.now()),
            }),
            // The clock of tests may stand still.
            Err(_) => Err(match started.on_due(now.plus(patience)) {
                Due::TimedOut(next) => next,
                Due::Later(_) | Due::Dispatch | Due::Never => {
                    started.on_failed(Failure::host("TimedOut", "it took too long"), self.now())
                }
            }),
        }
    }

    /// The component of activities that is deployed to the run's task queue.
    async fn program_of_local(
        &self,
        task: &ActivityTask,
    ) -> Result<Arc<dyn ActivityProgram>, Failure> {
        let (queue, kind) = (&task.options.task_queue, &task.options.activity_type);
        let namespace = task.run.execution.namespace;
        let deployed = self.deployments.current(namespace, queue, ComponentKind::Activities);
        let Some(deployed) = deployed else {
            return Err(Failure::host(
                "NoLocalActivities",
                format!(
                    "local activity `{kind}`: no component of activities is deployed to task queue `{queue}`, deploy one with `refrain deploy`"
                ),
            ));
        };
        if !deployed.has(kind) {
            return Err(Failure::host(
                "NoLocalActivities",
                format!(
                    "local activity `{kind}` is not in the component of activities deployed to task queue `{queue}`"
                ),
            ));
        }
        let program = self.activity_program(deployed.row.digest).await;
        program.map_err(|error| Failure::host("ActivityNotLoaded", error.to_string()))
    }
}

#[expect(clippy::result_large_err, reason = "the error is core's, and made once")]
fn result_of(outcome: ActivityOutcome) -> Result<Payloads, Failure> {
    match outcome {
        ActivityOutcome::Completed { result } => Ok(result),
        ActivityOutcome::Failed { failure, retry_state: RetryState::CancelRequested } => {
            Err(Failure::canceled_with(Vec::new()).caused_by(failure))
        }
        ActivityOutcome::Failed { failure, .. } | ActivityOutcome::TimedOut { failure, .. } => {
            Err(failure)
        }
        ActivityOutcome::Canceled { details } => Err(Failure::canceled_with(details)),
    }
}

/// Tells an attempt to stop. What it tells is not kept: an attempt is short.
struct Beats(Arc<AtomicBool>);

impl Heartbeats for Beats {
    fn beat(self: Arc<Self>, _: Heartbeat) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
