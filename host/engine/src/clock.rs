//! The engine's only clock. Tests set it by hand.

mod skipping;

use crate::until::until;
use refrain_core::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

pub use skipping::{SkippingClock, Waiting};

#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    Skipping(SkippingClock),
    Sim(SimClock),
}

/// Stands still until a test moves it.
#[derive(Clone, Debug, Default)]
pub struct SimClock(Arc<Sim>);

#[derive(Debug, Default)]
struct Sim {
    now_ms: AtomicU64,
    moved: Notify,
}

impl SimClock {
    pub fn at(now: Timestamp) -> SimClock {
        let clock = SimClock::default();
        clock.set(now);
        clock
    }

    pub fn set(&self, now: Timestamp) {
        self.0.now_ms.store(now.as_ms(), Ordering::SeqCst);
        self.0.moved.notify_waiters();
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.0.now_ms.load(Ordering::SeqCst))
    }
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => system_now(),
            Clock::Skipping(skipping) => skipping.now(),
            Clock::Sim(sim) => sim.now(),
        }
    }

    /// Returns when it is `at`, or later.
    pub async fn sleep_until(&self, at: Timestamp) {
        match self {
            Clock::System => {
                let wait = at.since(self.now());
                if !wait.is_zero() {
                    tokio::time::sleep(Duration::from_millis(wait.as_ms())).await;
                }
            }
            Clock::Skipping(skipping) => skipping.sleep_until(at).await,
            Clock::Sim(sim) => until(&sim.0.moved, || sim.now() >= at).await,
        }
    }
}

fn system_now() -> Timestamp {
    // Before 1970 there is nothing to run.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(since.as_millis() as u64)
}
