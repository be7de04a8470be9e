//! Those that wait for something to change: of a run, or of an update.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// By what is looked at, as long as somebody looks.
pub(crate) struct Watchers<K, T>(Arc<Mutex<ByKey<K, T>>>);

/// Each with how many look.
type ByKey<K, T> = BTreeMap<K, (watch::Sender<T>, usize)>;

/// A look at one. However it ends, also if its caller goes away, nothing of it is kept.
pub(crate) struct Watched<K: Ord, T> {
    pub(crate) changes: watch::Receiver<T>,
    key: K,
    all: Watchers<K, T>,
}

impl<K, T> Default for Watchers<K, T> {
    fn default() -> Watchers<K, T> {
        Watchers(Arc::default())
    }
}

impl<K: Ord, T> Watchers<K, T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, ByKey<K, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn announce(&self, key: &K, news: impl FnOnce() -> T) {
        if let Some((sender, _)) = self.lock().get(key) {
            sender.send_replace(news());
        }
    }
}

impl<K: Ord + Clone, T: Default> Watchers<K, T> {
    /// Look at the thing itself after this, not before: then nothing is missed.
    pub(crate) fn watch(&self, key: K) -> Watched<K, T> {
        let mut by_key = self.lock();
        let (sender, n_looks) = by_key.entry(key.clone()).or_default();
        *n_looks += 1;
        Watched { changes: sender.subscribe(), key, all: Watchers(Arc::clone(&self.0)) }
    }
}

impl<K: Ord, T> Drop for Watched<K, T> {
    fn drop(&mut self) {
        let mut by_key = self.all.lock();
        // The sender's own count still has this one, and any that another thread lets go of just now.
        if let Some((_, n_looks)) = by_key.get_mut(&self.key) {
            *n_looks -= 1;
            if *n_looks == 0 {
                by_key.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::ids::RunId;

    #[tokio::test]
    async fn a_look_whose_caller_goes_away_is_forgotten() {
        let watchers = Watchers::<RunId, u32>::default();
        let run = RunId(1);
        let waits =
            async |watched: &mut Watched<RunId, u32>| watched.changes.changed().await.is_ok();
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
        watchers.announce(&run, || 7);
        assert!(waits(&mut other).await, "who looks on is told");
        drop(other);
        assert!(watchers.lock().is_empty());
    }

    #[test]
    fn two_looks_that_end_at_once_are_both_forgotten() {
        let watchers = Watchers::<RunId, u32>::default();
        let (one, other) = (watchers.watch(RunId(1)), watchers.watch(RunId(1)));
        // It is the last to go of what the first has.
        let receiver = one.changes.clone();
        drop((one, other));
        assert!(watchers.lock().is_empty());
        drop(receiver);
    }
}
