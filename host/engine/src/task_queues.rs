//! Task queues as operators see them: who polls, what waits, how fast it goes and may go.

use crate::activities::{Limited, SeenPoller};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::fairness::Level;
use refrain_core::ids::NamespaceId;
use refrain_core::queue::{QueueConfig, QueueKind};
use refrain_core::time::{Delay, Timestamp};
use refrain_store::ConfiguredQueue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Key = (NamespaceId, String, QueueKind);

/// What operators have said, all of it. Written to the store first.
#[derive(Default)]
pub(crate) struct TaskQueues {
    configs: Mutex<BTreeMap<Key, QueueConfig>>,
    /// Held while one is changed.
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// What waits, and how it goes.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct QueueStats {
    /// Tasks that a worker could take.
    pub n_waiting: u64,
    /// How long the first of them waits.
    pub age: Delay,
    /// In a second, over half a minute.
    pub added: f32,
    pub dispatched: f32,
}

impl QueueState {
    /// Of all priorities together.
    pub fn total(&self) -> QueueStats {
        self.levels.values().fold(QueueStats::default(), |sum, it| QueueStats {
            n_waiting: sum.n_waiting + it.n_waiting,
            age: sum.age.max(it.age),
            added: sum.added + it.added,
            dispatched: sum.dispatched + it.dispatched,
        })
    }
}

/// A queue of activities.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueState {
    pub pollers: Vec<SeenPoller>,
    /// By priority, all of them.
    pub levels: BTreeMap<Level, QueueStats>,
    pub limited: Limited,
    /// Something waits for the limit and for nothing else.
    pub limit_reached: bool,
}

impl TaskQueues {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, QueueConfig>> {
        self.configs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn config(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        kind: QueueKind,
    ) -> Option<QueueConfig> {
        self.lock().get(&(namespace, task_queue.to_owned(), kind)).cloned()
    }
}

impl Inner {
    pub(crate) async fn load_task_queues(self: &Arc<Inner>) -> Result<(), EngineError> {
        for row in self.store.task_queues().await.map_err(unavailable)? {
            self.queue_configured(row);
        }
        Ok(())
    }

    fn queue_configured(self: &Arc<Inner>, row: ConfiguredQueue) {
        let ConfiguredQueue { namespace, task_queue, kind, config } = row;
        if kind == QueueKind::Activity {
            self.configure_activities(&(namespace, task_queue.clone()), &config);
        }
        self.task_queues.lock().insert((namespace, task_queue, kind), config);
    }

    /// `change` makes the new config of the present one.
    pub(crate) async fn configure_queue(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        task_queue: &str,
        kind: QueueKind,
        change: impl FnOnce(&mut QueueConfig, Timestamp) -> Result<(), EngineError>,
    ) -> Result<QueueConfig, EngineError> {
        let changing = Arc::clone(&self.task_queues.changing).lock_owned().await;
        let mut config = self.task_queues.config(namespace, task_queue, kind).unwrap_or_default();
        change(&mut config, self.now())?;
        let row = ConfiguredQueue {
            namespace,
            task_queue: task_queue.to_owned(),
            kind,
            config: config.clone(),
        };
        let inner = Arc::clone(self);
        let configured = async move {
            let _changing = changing;
            inner.store.put_task_queue(&row).await.map_err(unavailable)?;
            inner.queue_configured(row);
            Ok(config)
        };
        self.whole(configured).await
    }

    pub(crate) async fn queue_state(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
    ) -> Result<QueueState, EngineError> {
        let now = self.now();
        let backlog = self.store.activities_backlog(namespace, task_queue, now);
        let backlog = backlog.await.map_err(unavailable)?;
        let mut seen = self.activities.seen(&(namespace, task_queue.to_owned()), now);
        for (level, waiting) in backlog {
            let stats = seen.levels.entry(level).or_default();
            stats.n_waiting = waiting.n_waiting;
            stats.age = Delay(now.0.saturating_sub(waiting.since.0));
        }
        Ok(seen)
    }
}
