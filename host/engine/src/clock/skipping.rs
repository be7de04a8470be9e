//! Real time that can be moved on: for tests of workflows that wait for days.

use crate::until::until;
use refrain_core::time::{Delay, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Goes as the system's clock does, and jumps ahead when the engine finds that nothing else can
/// happen: somebody waits for an outcome, and all that is left are timers.
///
/// Locks are counted, as in Temporal's test service: while there is one, time is real time.
#[derive(Clone, Debug, Default)]
pub struct SkippingClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    ahead_ms: AtomicU64,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    locks: usize,
    waiting: usize,
    /// Moments that somebody waits for, and how many do.
    awaited: BTreeMap<Timestamp, usize>,
}

impl State {
    /// Who waits for a moment that has come goes on first: he may lock.
    fn may_skip(&self, now: Timestamp) -> bool {
        self.locks == 0 && self.waiting > 0 && self.awaited.range(..=now).next().is_none()
    }
}

/// While it lives somebody waits, and the clock may jump.
#[derive(Debug)]
pub struct Waiting {
    clock: SkippingClock,
    until: Option<Timestamp>,
    /// Locks the clock when it ends.
    locks: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.clock.lock_state();
        state.waiting -= 1;
        if let Some(until) = self.until
            && let Some(waiting) = state.awaited.get_mut(&until)
        {
            *waiting -= 1;
            state.awaited.retain(|_, waiting| *waiting > 0);
        }
        // In one go: nobody may skip between.
        state.locks += usize::from(self.locks);
        drop(state);
        self.clock.0.changed.notify_waiters();
    }
}

impl SkippingClock {
    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> Timestamp {
        super::system_now().plus(Delay(self.0.ahead_ms.load(Ordering::SeqCst)))
    }

    /// Time is real time until as many [`SkippingClock::unlock`] have come.
    pub fn lock(&self) {
        self.lock_state().locks += 1;
    }

    /// False: it was not locked.
    pub fn unlock(&self) -> bool {
        let mut state = self.lock_state();
        let Some(locks) = state.locks.checked_sub(1) else { return false };
        state.locks = locks;
        drop(state);
        self.0.changed.notify_waiters();
        true
    }

    /// Somebody waits for an outcome, until the answer is dropped.
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting_until(None)
    }

    fn waiting_until(&self, until: Option<Timestamp>) -> Waiting {
        let mut state = self.lock_state();
        state.waiting += 1;
        if let Some(until) = until {
            *state.awaited.entry(until).or_default() += 1;
        }
        drop(state);
        self.0.changed.notify_waiters();
        Waiting { clock: self.clone(), until, locks: false }
    }

    /// Returns when it is `at`: soon, if nothing happens before and nobody holds a lock.
    pub async fn wait_until(&self, at: Timestamp) {
        let _waiting = self.waiting_until(Some(at));
        self.sleep_until(at).await;
    }

    /// As [`SkippingClock::wait_until`], with one lock less meanwhile: it is back when this returns, and when the caller
    /// goes away. False, at once: it was not locked.
    pub async fn unlocked_until(&self, at: Timestamp) -> bool {
        let mut waiting = self.waiting_until(Some(at));
        if !self.unlock() {
            return false;
        }
        waiting.locks = true;
        self.sleep_until(at).await;
        true
    }

    /// The first moment after `now` that somebody waits for.
    pub(crate) fn next_awaited(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock_state().awaited.range(now.plus(Delay(1))..).next().map(|(at, _)| *at)
    }

    /// Never back. False: somebody has locked the clock meanwhile, or nobody waits any more, or somebody for a
    /// moment before.
    pub(crate) fn skip_to(&self, at: Timestamp) -> bool {
        let state = self.lock_state();
        let now = self.now();
        let is_passed = state.awaited.range(..at).next().is_some();
        if !state.may_skip(now) || is_passed {
            return false;
        }
        self.0.ahead_ms.fetch_add(at.since(now).as_ms(), Ordering::SeqCst);
        drop(state);
        self.0.changed.notify_waiters();
        true
    }

    fn may_skip(&self) -> bool {
        self.lock_state().may_skip(self.now())
    }

    /// Returns when a lock came or went, or somebody began or ended to wait.
    pub(crate) fn changes(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    pub(crate) async fn until_it_may_skip(&self) {
        until(&self.0.changed, || self.may_skip()).await;
    }

    pub(super) async fn sleep_until(&self, at: Timestamp) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wait = at.since(self.now());
            if wait.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(wait.as_ms())) => {}
                () = changed => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_jump_on_before_those_go_on_who_waited_for_this_moment() {
        let clock = SkippingClock::default();
        let _outcome = clock.waiting();
        let at = clock.now().plus(Delay(60_000));
        let sleeper = clock.waiting_until(Some(at));
        assert!(clock.may_skip());
        assert!(!clock.skip_to(at.plus(Delay(1))), "past the sleeper");
        assert!(clock.skip_to(at));
        assert!(!clock.may_skip(), "the sleeper is still there");
        drop(sleeper);
        assert!(clock.may_skip());
    }

    #[tokio::test]
    async fn the_lock_is_back_when_who_slept_without_it_goes_on() {
        let clock = SkippingClock::default();
        assert!(!clock.unlocked_until(clock.now()).await, "there was no lock");
        clock.lock();
        let _outcome = clock.waiting();
        let at = clock.now().plus(Delay(60_000));
        let sleeping = clock.unlocked_until(at);
        tokio::pin!(sleeping);
        assert!(is_pending(sleeping.as_mut()).await);
        assert!(clock.may_skip());
        assert!(clock.skip_to(at));
        assert!(sleeping.await);
        assert!(!clock.skip_to(at.plus(Delay(1))), "it is locked");
    }

    /// Polls it once.
    async fn is_pending(future: impl Future) -> bool {
        tokio::select! {
            biased;
            _ = future => false,
            () = std::future::ready(()) => true,
        }
    }
}
