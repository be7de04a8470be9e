//! Counts what is under way, so that a shutdown and a test can wait for its end.

use crate::inner::Inner;
use crate::until::until;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Something is under way, until this is dropped.
pub(crate) struct Moving(Arc<Inner>);

impl Moving {
    pub(crate) fn begin(inner: &Arc<Inner>) -> Moving {
        inner.motion.begin();
        Moving(Arc::clone(inner))
    }
}

impl Inner {
    /// Work that goes on whoever waits for it; a shutdown does.
    pub(crate) fn spawn<W>(
        self: &Arc<Inner>,
        work: impl FnOnce(Arc<Inner>) -> W,
    ) -> JoinHandle<W::Output>
    where
        W: Future<Output: Send + 'static> + Send + 'static,
    {
        let moving = Moving::begin(self);
        let work = work(Arc::clone(self));
        self.runtime.spawn(async move {
            let _moving = moving;
            work.await
        })
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        self.0.motion.end();
    }
}

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
