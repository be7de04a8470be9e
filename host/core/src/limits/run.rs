//! What one run may have: limits that whoever runs a host can set, with Temporal's defaults.
//!
//! They hold for what is new. What history has was allowed once, so a replay asks none of them, and a
//! host may be started with other values than the one before.

/// Declares the fields, and the table that flags and texts are made from, in one place.
macro_rules! run_limits {
    ($($(#[doc = $doc:literal])+ $field:ident, $name:literal, $temporal:expr, $default:expr;)+) => {
        /// What one run may have at most.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct RunLimits {
            $($(#[doc = $doc])+ pub $field: u64,)+
        }

        impl RunLimits {
            pub const DEFAULT: RunLimits = RunLimits { $($field: $default,)+ };

            /// For what was allowed before, and must not get lost now.
            pub(crate) const NONE: RunLimits = RunLimits { $($field: u64::MAX,)+ };

            /// All of them, as they can be set.
            pub const ALL: &[RunLimit] = &[$(RunLimit {
                name: $name,
                temporal: $temporal,
                default: $default,
                text: concat!($($doc),+),
            },)+];

            fn field(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $($name => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

run_limits! {
    /// Events of one run; one more terminates it.
    history_events, "history-events", Some("limit.historyCount.error"), 51_200;
    /// Bytes of one run's history; more terminates it.
    history_bytes, "history-bytes", Some("limit.historySize.error"), 50 << 20;
    /// From so many events on a run is told to continue as new.
    suggest_at_events, "suggest-at-events",
        Some("limit.historyCount.suggestContinueAsNew"), 4096;
    /// From so many bytes of history on a run is told to continue as new.
    suggest_at_bytes, "suggest-at-bytes",
        Some("limit.historySize.suggestContinueAsNew"), 4 << 20;
    /// Activities of one run that are not closed.
    pending_activities, "pending-activities", Some("limit.numPendingActivities.error"), 2000;
    /// Timers of one run that have not fired.
    pending_timers, "pending-timers", None, 2000;
    /// Children of one run that are not closed.
    pending_children, "pending-children", Some("limit.numPendingChildExecutions.error"), 2000;
    /// Signals of one run to others that were not answered.
    pending_signals, "pending-signals", Some("limit.numPendingSignals.error"), 2000;
    /// Requests to cancel, to children and other runs, that were not answered.
    pending_cancels, "pending-cancels", Some("limit.numPendingCancelRequests.error"), 2000;
    /// Signals that one run takes.
    signals, "signals", Some("history.maximumSignalsPerExecution"), 10_000;
    /// Updates of one run that are not completed.
    updates_in_flight, "updates-in-flight", Some("history.maxInFlightUpdates"), 10;
    /// Bytes that those carry together.
    update_bytes_in_flight, "update-bytes-in-flight",
        Some("history.maxInFlightUpdatePayloads"), 20 << 20;
    /// Updates that one run takes; at nine tenths of them it is told to continue as new.
    updates, "updates", Some("history.maxTotalUpdates"), 2000;
}

/// One of them, for flags and their help.
#[derive(Clone, Copy, Debug)]
pub struct RunLimit {
    pub name: &'static str,
    /// The key of the same limit among the settings of Temporal's server.
    pub temporal: Option<&'static str>,
    pub default: u64,
    /// What it bounds.
    pub text: &'static str,
}

/// Nobody knows a limit of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit, expected one of {names}", names = names())]
pub struct NoSuchLimit(pub String);

fn names() -> String {
    let names: Vec<_> = RunLimits::ALL.iter().map(|it| it.name).collect();
    names.join(", ")
}

impl Default for RunLimits {
    fn default() -> RunLimits {
        RunLimits::DEFAULT
    }
}

impl RunLimits {
    /// Sets the one of this name. None may be zero: a run without an event is none.
    pub fn set(&mut self, name: &str, value: std::num::NonZeroU64) -> Result<(), NoSuchLimit> {
        *self.field(name).ok_or_else(|| NoSuchLimit(name.to_owned()))? = value.get();
        Ok(())
    }

    /// So many updates, and the run is told to continue as new.
    pub(crate) fn suggest_at_updates(&self) -> u64 {
        self.updates - self.updates / 10
    }
}
