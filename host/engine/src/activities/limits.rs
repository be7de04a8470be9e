//! Rate limits of queues, and what operators see of a queue.

use super::line::Taker;
use super::matching::is_served;
use super::*;
use crate::task_queues::QueueStats;
use refrain_core::queue::{QueueConfig, RateLimit};
use std::time::Duration;

impl Activities {
    /// What memory knows of a queue.
    pub(crate) fn seen(&self, queue_key: &QueueKey, now: Timestamp) -> QueueState {
        let mut state = self.lock();
        let mut none = Queue::default();
        let queue = state.queues.get_mut(queue_key).unwrap_or(&mut none);
        let levels = Level::ALL.into_iter().map(|level| {
            let stats = QueueStats {
                added: queue.added.per_second(level, now),
                dispatched: queue.dispatched.per_second(level, now),
                ..QueueStats::default()
            };
            (level, stats)
        });
        QueueState {
            pollers: queue.seen.shown(now),
            levels: levels.collect(),
            limited: queue.pace.limited(),
            limit_reached: queue.pace.awaited || queue.keys.is_reached(),
        }
    }

    /// Does a worker ask for its activities, or has lately, or does this host run them?
    pub(crate) fn is_polled(&self, queue_key: &QueueKey, now: Timestamp) -> bool {
        if is_served(&self.deployments, queue_key) {
            return true;
        }
        let mut state = self.lock();
        state.queues.get_mut(queue_key).is_some_and(|queue| {
            queue.has_taker(Taker::Workers, 0) || !queue.seen.shown(now).is_empty()
        })
    }
}

impl Inner {
    pub(crate) fn configure_activities(
        self: &Arc<Inner>,
        queue_key: &QueueKey,
        config: &QueueConfig,
    ) {
        let per_second = |limit: &Option<RateLimit>| limit.as_ref().and_then(|it| it.per_second);
        let mut state = self.activities.lock();
        let queue = state.queues.entry(queue_key.clone()).or_default();
        queue.pace.configure(per_second(&config.rate));
        queue.keys.configure(per_second(&config.rate_of_keys));
        queue.weights.clone_from(&config.weights);
        Taker::ALL.into_iter().for_each(|it| queue.lane(it).unpark_all());
        drop(state);
        self.match_queue(queue_key);
    }

    /// If it is the limit that keeps a task back, it is looked at again when there is room.
    pub(super) fn match_when_allowed(
        self: &Arc<Inner>,
        queue_key: &QueueKey,
        pace: &mut Pace,
        wait: Duration,
    ) {
        if std::mem::replace(&mut pace.awaited, true) {
            return;
        }
        let (inner, queue_key) = (Arc::clone(self), queue_key.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = inner.shutting_down() => return,
            }
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                queue.pace.awaited = false;
            }
            inner.match_queue(&queue_key);
        });
    }

    /// One after the other, tasks that wait for the limit of their fairness key get in line again.
    pub(super) fn unpark_when_allowed(
        self: &Arc<Inner>,
        queue_key: &QueueKey,
        taker: Taker,
        key: String,
        mut wait: Duration,
    ) {
        let (inner, queue_key) = (Arc::clone(self), queue_key.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = inner.shutting_down() => return,
                }
                let next = {
                    let mut state = inner.activities.lock();
                    let host_free = state.host_free;
                    let queue = state.queues.get_mut(&queue_key);
                    queue.and_then(|it| match it.has_taker(taker, host_free) {
                        true => it.lane(taker).unpark(&key),
                        // Nobody spends what is allowed: they wait where all wait.
                        false => {
                            it.lane(taker).unpark_key(&key);
                            None
                        }
                    })
                };
                let Some((place, stored, is_last)) = next else { return };
                // If it is closed there is nothing more to do for it.
                let loaded = inner.ensure_task(place.key).await;
                {
                    let mut state = inner.activities.lock();
                    let Some(queue) = state.queues.get_mut(&queue_key) else { return };
                    let lane = queue.lane(taker);
                    match loaded {
                        Ok(()) => lane.waiting.insert(place, stored),
                        Err(EngineError::ActivityNotFound) => {}
                        Err(_) => lane.ends_before(place),
                    }
                    wait = queue.keys.wait_again(&key, Instant::now());
                }
                inner.match_queue(&queue_key);
                if is_last {
                    return;
                }
            }
        });
    }
}
