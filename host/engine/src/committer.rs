//! Group commit: whatever waits is written in one transaction, then told.

use crate::error::EngineError;
use crate::inner::Inner;
use refrain_store::{CommitError, Write};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Writes of one transaction at most.
const JOBS_PER_COMMIT_MAX: usize = 512;

/// What is called with the outcome. It must not wait.
pub(crate) type Done = Box<dyn FnOnce(&Arc<Inner>, Result<(), EngineError>) + Send>;

pub(crate) struct CommitJob {
    pub(crate) writes: Vec<Write>,
    pub(crate) done: Done,
}

pub(crate) async fn run(inner: Arc<Inner>, mut jobs: mpsc::UnboundedReceiver<CommitJob>) {
    let mut batch = Vec::with_capacity(JOBS_PER_COMMIT_MAX);
    while jobs.recv_many(&mut batch, JOBS_PER_COMMIT_MAX).await > 0 {
        let (writes, dones): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|job| (job.writes, job.done)).unzip();
        let n_writes: Vec<_> = writes.iter().map(Vec::len).collect();
        let mut writes: Vec<_> = writes.into_iter().flatten().collect();
        match inner.store.commit(&writes).await {
            Ok(()) => {
                for done in dones {
                    tell(&inner, done, Ok(()));
                }
            }
            Err(error @ CommitError::Unavailable { .. }) => {
                tracing::error!(error = &error as &dyn std::error::Error, "commit failed");
                for done in dones {
                    tell(&inner, done, Err(EngineError::StoreUnavailable(error.to_string())));
                }
            }
            // One of them breaks a promise of ours: the others must not suffer for it.
            Err(_) => {
                for (n, done) in n_writes.into_iter().zip(dones) {
                    let rest = writes.split_off(n);
                    let own = std::mem::replace(&mut writes, rest);
                    let outcome = inner.store.commit(&own).await.map_err(|error| match error {
                        CommitError::Unavailable { .. } => {
                            EngineError::StoreUnavailable(error.to_string())
                        }
                        _ => {
                            tracing::error!(
                                bug = true,
                                error = &error as &dyn std::error::Error,
                                "commit refused"
                            );
                            EngineError::Internal(error.to_string())
                        }
                    });
                    tell(&inner, done, outcome);
                }
            }
        }
    }
}

fn tell(inner: &Arc<Inner>, done: Done, outcome: Result<(), EngineError>) {
    done(inner, outcome);
    inner.motion.end();
}
