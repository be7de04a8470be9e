//! Moments and durations, in whole milliseconds. Time is always an argument, never read here.

use std::fmt;

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Delay(pub u64);

impl Timestamp {
    /// Later than anything a user can ask for.
    pub const NEVER: Timestamp = Timestamp(i64::MAX as u64);

    pub fn as_ms(self) -> u64 {
        self.0
    }

    /// Saturates at [`Timestamp::NEVER`]: a timer of a billion years is a timer that waits.
    pub fn plus(self, delay: Delay) -> Timestamp {
        Timestamp(self.0.saturating_add(delay.0)).min(Timestamp::NEVER)
    }

    /// Zero if `earlier` is in fact later: clocks of machines step back.
    pub fn since(self, earlier: Timestamp) -> Delay {
        Delay(self.0.saturating_sub(earlier.0))
    }
}

impl Delay {
    pub const ZERO: Delay = Delay(0);

    pub const fn from_secs(secs: u64) -> Delay {
        Delay(secs * 1000)
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn as_ms(self) -> u64 {
        self.0
    }
}

/// As a person would write it: `1d2h3m4s5ms`, without the parts that are zero.
impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, ms) in
            [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
        {
            if rest >= ms {
                write!(f, "{}{unit}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}
