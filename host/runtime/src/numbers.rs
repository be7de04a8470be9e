//! Numbers of a guest's operations.
//!
//! Numbers of what is recorded become the ids of activities and timers. Waits (for a signal, for
//! cancellation) leave nothing in history, so they are counted apart: an SDK may come to wait for
//! more, and old histories still fit.

/// Which of the two an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Recorded,
    Waits,
}

/// Waits are numbered from here on.
pub(crate) const WAITS_FROM: u32 = 1 << 31;

/// The last number of each.
pub(crate) struct OpNumbers {
    recorded: u32,
    waits: u32,
}

impl Default for OpNumbers {
    fn default() -> OpNumbers {
        OpNumbers { recorded: 0, waits: WAITS_FROM }
    }
}

impl OpNumbers {
    pub(crate) fn next(&mut self, numbers: Numbers) -> u32 {
        let last = match numbers {
            Numbers::Recorded => &mut self.recorded,
            Numbers::Waits => &mut self.waits,
        };
        *last += 1;
        *last
    }
}
