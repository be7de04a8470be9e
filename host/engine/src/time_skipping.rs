//! When nothing else can happen, the clock jumps to what is due next.

use crate::clock::{Clock, SkippingClock};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::decision::DueTimer;
use refrain_core::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Earliest rows among which the next moment is looked for.
const ROWS_LOOKED_AT: u32 = 1000;
/// The store could not be read: look again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Ends with the host.
pub(crate) async fn run(inner: Arc<Inner>, clock: SkippingClock) {
    loop {
        clock.until_it_may_skip().await;
        let stirred = inner.motion.stops();
        tokio::pin!(stirred);
        stirred.as_mut().enable();
        let changed = clock.changes();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let now = inner.now();
        inner.caught_up(now).await;
        inner.motion.still().await;
        let target = inner.next_jump(&clock, now).await;
        // What came meanwhile is looked at first: it may have set an earlier timer.
        if !inner.motion.is_still() {
            continue;
        }
        match target {
            Ok(Some(at)) if clock.skip_to(at) => inner.caught_up(at).await,
            Ok(Some(_)) => {}
            // Also a new wait for a moment: it may be that one.
            Ok(None) => tokio::select! {
                () = stirred => {}
                () = changed => {}
            },
            Err(error) => {
                tracing::error!(%error, "the next timer can't be found");
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

impl Inner {
    /// The moment after `now` at which something happens by itself. `None`: nothing does, or a
    /// worker has something to do before.
    async fn next_jump(
        &self,
        clock: &SkippingClock,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, EngineError> {
        if self.store.has_activities_under_way(now).await.map_err(unavailable)? {
            return Ok(None);
        }
        // A task that fails is tried again in real time: it would fail for ever in no time.
        let may_be_skipped = |timer: DueTimer| match timer {
            DueTimer::User(_)
            | DueTimer::RunTimeout
            | DueTimer::FirstTask
            | DueTimer::FastForward => true,
            DueTimer::TaskRetry | DueTimer::Locals => false,
        };
        let end = Timestamp::NEVER;
        let timers = self.store.timers_due(end, None, ROWS_LOOKED_AT).await.map_err(unavailable)?;
        let activities = self.store.activities_due(end, None, ROWS_LOOKED_AT).await;
        let timers = timers.iter().filter(|it| may_be_skipped(it.timer)).map(|it| it.fire_at);
        let activities = activities.map_err(unavailable)?;
        let activities = activities.iter().map(|it| it.due);
        let due = timers
            .chain(activities)
            .chain(clock.next_awaited(now))
            .chain(self.schedules.wakes.earliest());
        Ok(due.filter(|at| *at > now).min())
    }

    /// Somebody waits for an outcome until the answer is dropped.
    pub(crate) fn waits_for_outcome(&self) -> Option<crate::clock::Waiting> {
        match &self.config.clock {
            Clock::Skipping(clock) => Some(clock.waiting()),
            Clock::System | Clock::Sim(_) => None,
        }
    }
}
