//! Deletes runs for good: those that somebody names, and those that their namespace keeps no longer.
//!
//! A run goes through the mailbox of its execution, so that nobody holds what is about to go; open ones
//! are terminated there first. Many then go in one transaction, which is kept short, because what runs
//! on the host waits for it.

use crate::cell::{Cell, Known, Letter, Phase, ReplyTo};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use refrain_store::{DoomedRun, NamespaceState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Runs that go in one transaction, and bytes of their histories, at most.
const RUNS_PER_DELETE_MAX: usize = 64;
const BYTES_PER_DELETE_MAX: u64 = 4 << 20;
/// Runs that a sweep looks up at once.
const RUNS_PER_PAGE: u32 = 256;

/// A closed run whose execution's cell is held for it.
pub(crate) struct Deletion {
    pub(crate) cell: Arc<Cell>,
    pub(crate) run: DoomedRun,
    pub(crate) reply: ReplyTo<()>,
}

/// What the sweep of closed runs knows of itself.
#[derive(Default)]
pub(crate) struct Sweep {
    under_way: AtomicBool,
    next_at: AtomicU64,
}

pub(crate) async fn run(inner: Arc<Inner>, mut doomed: mpsc::UnboundedReceiver<Deletion>) {
    let mut waiting = Vec::new();
    while doomed.recv_many(&mut waiting, RUNS_PER_DELETE_MAX).await > 0 {
        while !waiting.is_empty() {
            let mut bytes = 0;
            let mut fits = |it: &Deletion| {
                bytes += it.run.history_bytes;
                bytes <= BYTES_PER_DELETE_MAX
            };
            let n = waiting.iter().take_while(|it| fits(it)).count().max(1);
            let batch: Vec<_> = waiting.drain(..n).collect();
            delete(&inner, batch).await;
        }
    }
}

async fn delete(inner: &Arc<Inner>, batch: Vec<Deletion>) {
    let runs: Vec<_> = batch.iter().map(|it| it.run.key.clone()).collect();
    let deleted = inner.store.delete_runs(&runs).await.map_err(unavailable);
    for Deletion { cell, run, reply } in batch {
        let mut state = cell.lock();
        let is_known = matches!(&state.known, Known::Run(row) if row.key == run.key);
        if is_known {
            state.known = Known::Unknown;
        }
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        inner.settled(&cell, more);
        // A caller that has gone needs no answer.
        let _ = reply.send(deleted.clone());
    }
}

impl Inner {
    /// Errors: there is no such run, or the store can't be written.
    pub(crate) async fn delete_run(self: &Arc<Inner>, run: DoomedRun) -> Result<(), EngineError> {
        let execution = run.key.execution.clone();
        self.ask(&execution, |reply| Letter::Delete { run: Box::new(run), reply }).await
    }

    /// All of them, side by side. The first error ends it.
    async fn delete_all(self: &Arc<Inner>, runs: Vec<DoomedRun>) -> Result<(), EngineError> {
        let answers: Vec<_> = runs
            .into_iter()
            .map(|run| {
                let (reply, answer) = oneshot::channel();
                let execution = run.key.execution.clone();
                self.post(&execution, Letter::Delete { run: Box::new(run), reply });
                answer
            })
            .collect();
        for answer in answers {
            answer.await.unwrap_or(Err(EngineError::ShuttingDown))?;
        }
        Ok(())
    }

    // ---- retention

    /// Called by the loop of the timers. Says when to come again.
    pub(crate) fn sweep_if_due(self: &Arc<Inner>, now: Timestamp) -> Timestamp {
        match self.config.clock {
            // A jump of a month would take the very runs that it was made for.
            Clock::Skipping(_) => return Timestamp::NEVER,
            Clock::System | Clock::Sim(_) => {}
        }
        let next_at = Timestamp(self.sweep.next_at.load(Ordering::SeqCst));
        if now < next_at {
            return next_at;
        }
        let next_at = now.plus(self.config.retention_sweep);
        self.sweep.next_at.store(next_at.0, Ordering::SeqCst);
        self.begin_sweep();
        next_at
    }

    /// Unless one is under way.
    fn begin_sweep(self: &Arc<Inner>) {
        if self.sweep.under_way.swap(true, Ordering::SeqCst) {
            return;
        }
        self.spawn(|inner| async move {
            if let Err(error) = inner.delete_expired().await
                && error != EngineError::ShuttingDown
            {
                tracing::error!(%error, "closed runs could not be deleted; the next sweep tries again");
            }
            if let Err(error) = inner.expire_batches().await {
                tracing::error!(%error, "batches could not be forgotten; the next sweep tries again");
            }
            if let Err(error) = inner.expire_standalone().await {
                tracing::error!(%error, "closed activities could not be deleted; the next sweep tries again");
            }
            inner.sweep.under_way.store(false, Ordering::SeqCst);
        });
    }

    async fn delete_expired(self: &Arc<Inner>) -> Result<(), EngineError> {
        for namespace in self.namespaces.all() {
            loop {
                let before = Timestamp(self.now().0.saturating_sub(namespace.retention.0));
                let page = self.store.expired_runs(namespace.id, before, RUNS_PER_PAGE).await;
                let page = page.map_err(unavailable)?;
                if page.is_empty() {
                    break;
                }
                tracing::debug!(namespace = namespace.name, n = page.len(), "deleting closed runs");
                self.delete_page(page).await?;
            }
        }
        Ok(())
    }

    /// Takes as long a rest afterwards as it took: at most half of the store's time is for this.
    async fn delete_page(self: &Arc<Inner>, page: Vec<DoomedRun>) -> Result<(), EngineError> {
        if self.is_shutting_down() {
            return Err(EngineError::ShuttingDown);
        }
        let began = Instant::now();
        self.delete_all(page).await?;
        tokio::time::sleep(began.elapsed().min(Duration::from_secs(1))).await;
        Ok(())
    }

    // ---- namespaces

    /// Lets the runs of a deleted namespace go, and then the namespace. A host that stops in the
    /// middle of it goes on after its next start.
    pub(crate) fn empty_namespace(self: &Arc<Inner>, namespace: NamespaceId) {
        self.spawn(|inner| async move {
            match inner.delete_namespace_rows(namespace).await {
                Ok(()) => {}
                Err(EngineError::ShuttingDown) => {}
                Err(error) => {
                    tracing::error!(%error, "a namespace could not be emptied; the next start tries again");
                }
            }
        });
    }

    async fn delete_namespace_rows(
        self: &Arc<Inner>,
        namespace: NamespaceId,
    ) -> Result<(), EngineError> {
        self.delete_schedules_of(namespace).await?;
        self.end_all_standalone(namespace).await?;
        loop {
            let page = self.store.runs_of_namespace(namespace, RUNS_PER_PAGE).await;
            let page = page.map_err(unavailable)?;
            if page.is_empty() {
                break;
            }
            self.delete_page(page).await?;
        }
        self.store.delete_namespace(namespace).await.map_err(unavailable)?;
        self.namespaces.forget(namespace);
        Ok(())
    }

    /// What the last host did not come to.
    pub(crate) fn empty_deleted_namespaces(self: &Arc<Inner>) {
        for namespace in self.namespaces.all() {
            if namespace.state == NamespaceState::Deleted {
                self.empty_namespace(namespace.id);
            }
        }
    }
}
