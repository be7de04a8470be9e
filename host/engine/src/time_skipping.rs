//! When nothing else can happen, the clock jumps to what is due next.

use crate::activities::QueueKey;
use crate::clock::{Clock, SkippingClock};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::decision::DueTimer;
use refrain_core::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Earliest rows among which the next moment is looked for.
const ROWS_LOOKED_AT: u32 = 1000;
/// The store could not be read: look again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Workers that begin beside what needs them are there by then.
const WORKERS_COME_WITHIN: Duration = Duration::from_secs(1);

/// What the clock may do when nothing moves.
enum Next {
    At(Timestamp),
    /// Nothing happens by itself.
    Never,
    /// A worker has an attempt, or could take one: that is real time, as in Temporal's test server.
    AfterAttempts,
}

/// Ends with the host.
pub(crate) async fn run(inner: Arc<Inner>, clock: SkippingClock) {
    // Queues that it has said nobody polls.
    let mut said = BTreeSet::new();
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
        if !matches!(target, Ok(Next::AfterAttempts)) {
            said.clear();
        }
        match target {
            Ok(Next::At(at)) if clock.skip_to(at) => inner.caught_up(at).await,
            Ok(Next::At(_)) => {}
            // Also a new wait for a moment: it may be that one.
            Ok(Next::Never) => tokio::select! {
                () = stirred => {}
                () = changed => {}
            },
            Ok(Next::AfterAttempts) => tokio::select! {
                () = stirred => {}
                () = changed => {}
                () = inner.say_who_is_missing(&mut said) => {}
            },
            Err(error) => {
                tracing::error!(%error, "the next timer can't be found");
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

impl Inner {
    /// Whether there is a moment after `now` at which something happens by itself.
    async fn next_jump(&self, clock: &SkippingClock, now: Timestamp) -> Result<Next, EngineError> {
        if self.store.has_activities_under_way(now).await.map_err(unavailable)? {
            return Ok(Next::AfterAttempts);
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
        Ok(due.filter(|at| *at > now).min().map_or(Next::Never, Next::At))
    }

    /// Says of each queue once that its activities hold time up because nobody polls it. Does not
    /// return: they do so until something moves.
    async fn say_who_is_missing(&self, said: &mut BTreeSet<QueueKey>) {
        tokio::time::sleep(WORKERS_COME_WITHIN).await;
        let now = self.now();
        match self.store.queues_of_activities_to_take(now).await {
            Ok(queues) => {
                for key in queues {
                    if !self.activities.is_polled(&key, now) && said.insert(key.clone()) {
                        tracing::warn!(
                            task_queue = key.1,
                            "time does not jump: an activity waits to be started, and nobody polls its task queue"
                        );
                    }
                }
            }
            Err(error) => tracing::error!(%error, "what holds time up can't be read"),
        }
        std::future::pending().await
    }

    /// Somebody waits for an outcome until the answer is dropped.
    pub(crate) fn waits_for_outcome(&self) -> Option<crate::clock::Waiting> {
        match &self.config.clock {
            Clock::Skipping(clock) => Some(clock.waiting()),
            Clock::System | Clock::Sim(_) => None,
        }
    }
}
