//! The run's time as a WASI clock: it stands still while the guest runs.

use crate::run::SharedRun;
use refrain_core::time::Timestamp;
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

pub(super) struct RunClock(pub(super) SharedRun);

/// Monotonic time counts from 1970 as well, so that both clocks agree.
pub(super) fn nanoseconds(now: Timestamp) -> u64 {
    now.as_ms().saturating_mul(1_000_000)
}

impl HostWallClock for RunClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.lock().now().as_ms())
    }
}

impl HostMonotonicClock for RunClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        nanoseconds(self.0.lock().now())
    }
}
