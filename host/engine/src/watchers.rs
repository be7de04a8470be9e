//! Those that wait for something of a run to change.

use refrain_core::ids::RunId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// By run, as long as somebody looks.
pub(crate) struct Watchers<T>(Arc<Mutex<ByRun<T>>>);

type ByRun<T> = HashMap<RunId, watch::Sender<T>>;

/// A look at one run. However it ends, also if its caller goes away, nothing of it is kept.
pub(crate) struct Watched<T> {
    pub(crate) changes: watch::Receiver<T>,
    run: RunId,
    all: Watchers<T>,
}

impl<T> Default for Watchers<T> {
    fn default() -> Watchers<T> {
        Watchers(Arc::default())
    }
}

impl<T> Watchers<T> {
    fn lock(&self) -> MutexGuard<'_, ByRun<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn announce(&self, run: RunId, news: impl FnOnce() -> T) {
        if let Some(sender) = self.lock().get(&run) {
            sender.send_replace(news());
        }
    }
}

impl<T: Default> Watchers<T> {
    /// Look at the run after this, not before: then nothing is missed.
    pub(crate) fn watch(&self, run: RunId) -> Watched<T> {
        let changes = self.lock().entry(run).or_default().subscribe();
        Watched { changes, run, all: Watchers(Arc::clone(&self.0)) }
    }
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        let mut by_run = self.all.lock();
        // This one still counts.
        if by_run.get(&self.run).is_some_and(|sender| sender.receiver_count() <= 1) {
            by_run.remove(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_whose_caller_goes_away_is_forgotten() {
        let watchers = Watchers::<u32>::default();
        let run = RunId(1);
        let waits = async |watched: &mut Watched<u32>| watched.changes.changed().await.is_ok();
        let mut other = watchers.watch(run);
        {
            let mut gone = watchers.watch(run);
            let waiting = waits(&mut gone);
            tokio::select! {
                biased;
                _ = waiting => panic!("nothing has changed"),
                () = std::future::ready(()) => {}
            }
        }
        watchers.announce(run, || 7);
        assert!(waits(&mut other).await, "who looks on is told");
        drop(other);
        assert!(watchers.lock().is_empty());
    }
}
