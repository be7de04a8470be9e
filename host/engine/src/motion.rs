//! Counts what is under way, so that a shutdown and a test can wait for its end.

use crate::until::until;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct Motion {
    n_moving: AtomicUsize,
    stopped: Notify,
}

impl Motion {
    pub(crate) fn begin(&self) {
        self.n_moving.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        if self.n_moving.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stopped.notify_waiters();
        }
    }

    pub(crate) fn is_still(&self) -> bool {
        self.n_moving.load(Ordering::SeqCst) == 0
    }

    /// Completes when all that moves has come to an end, once more after this call.
    pub(crate) fn stops(&self) -> tokio::sync::futures::Notified<'_> {
        self.stopped.notified()
    }

    pub(crate) async fn still(&self) {
        until(&self.stopped, || self.is_still()).await;
    }
}
