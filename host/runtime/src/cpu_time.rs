//! The time that a thread has computed. A neighbour that keeps the machine busy costs a guest
//! nothing of its allowance.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Of the calling thread, since it began.
pub(crate) fn of_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}
