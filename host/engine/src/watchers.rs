//! Those that wait for a run's history to grow.

use crate::api::Progress;
use refrain_core::ids::RunId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct Watchers {
    by_run: Mutex<HashMap<RunId, watch::Sender<Option<Progress>>>>,
}

impl Watchers {
    /// Look at the run's progress after this, not before: then nothing is missed.
    pub(crate) fn watch(&self, run: RunId) -> watch::Receiver<Option<Progress>> {
        let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        by_run.entry(run).or_insert_with(|| watch::Sender::new(None)).subscribe()
    }

    pub(crate) fn announce(&self, run: RunId, progress: impl FnOnce() -> Progress) {
        let by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = by_run.get(&run) {
            sender.send_replace(Some(progress()));
        }
    }

    /// After a receiver was dropped.
    pub(crate) fn forget_if_unwatched(&self, run: RunId) {
        let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        if by_run.get(&run).is_some_and(|sender| sender.receiver_count() == 0) {
            by_run.remove(&run);
        }
    }
}
