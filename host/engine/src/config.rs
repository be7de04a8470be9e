//! What an engine can be told. Validated before it gets here.

use crate::clock::Clock;
use refrain_core::limits::RunLimits;
use refrain_core::time::Delay;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct EngineConfig {
    pub clock: Clock,
    /// How this host names itself in history.
    pub identity: String,
    /// Threads that run guests.
    pub workers: usize,
    /// Guests kept in memory between steps. 0: every step replays.
    pub warm_runs_max: usize,
    /// WASM activities that run at once.
    pub host_activities_max: usize,
    /// Activities in line at one queue that are kept in memory; more wait in the store.
    pub waiting_activities_max: usize,
    /// A component is kept for so long after it was uploaded, or served, though nothing needs it.
    pub component_grace: Delay,
    /// Timers due within this time are kept in memory; the others wait in the store.
    pub timer_window: Delay,
    /// How often closed runs are looked for that their namespace keeps no longer.
    pub retention_sweep: Delay,
    /// A step waits so long for the local activities that it began, so that it and they are one
    /// commit.
    pub local_in_step: Delay,
    pub limits: Arc<RunLimits>,
}

impl Default for EngineConfig {
    fn default() -> EngineConfig {
        EngineConfig {
            clock: Clock::System,
            identity: "refrain".to_owned(),
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            warm_runs_max: 1000,
            host_activities_max: 200,
            waiting_activities_max: 10_000,
            component_grace: Delay::from_secs(3600),
            timer_window: Delay::from_secs(60),
            retention_sweep: Delay::from_secs(60),
            local_in_step: refrain_core::limits::LOCAL_IN_STEP,
            limits: Arc::default(),
        }
    }
}
