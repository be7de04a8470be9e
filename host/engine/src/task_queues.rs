//! Task queues as operators see them: who polls, what waits, how fast it goes and may go.

use crate::activities::{Limited, SeenPoller};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
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
    changing: tokio::sync::Mutex<()>,
}

/// A queue of activities.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueState {
    pub pollers: Vec<SeenPoller>,
    /// Tasks that a worker could take.
    pub n_waiting: u64,
    /// How long the first of them waits.
    pub age: Delay,
    /// In a second, over half a minute.
    pub added: f32,
    pub dispatched: f32,
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
            let per_second = config.rate.as_ref().and_then(|it| it.per_second);
            self.limit_queue(&(namespace, task_queue.clone()), per_second);
        }
        self.task_queues.lock().insert((namespace, task_queue, kind), config);
    }

    /// `change` makes the new config of the present one.
    pub(crate) async fn configure_queue(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        task_queue: &str,
        kind: QueueKind,
        change: impl FnOnce(&mut QueueConfig, Timestamp),
    ) -> Result<QueueConfig, EngineError> {
        let _changing = self.task_queues.changing.lock().await;
        let mut config = self.task_queues.config(namespace, task_queue, kind).unwrap_or_default();
        change(&mut config, self.now());
        let row = ConfiguredQueue {
            namespace,
            task_queue: task_queue.to_owned(),
            kind,
            config: config.clone(),
        };
        self.store.put_task_queue(&row).await.map_err(unavailable)?;
        self.queue_configured(row);
        Ok(config)
    }

    pub(crate) async fn queue_state(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
    ) -> Result<QueueState, EngineError> {
        let now = self.now();
        let backlog = self.store.activities_backlog(namespace, task_queue, now);
        let (n_waiting, since) = backlog.await.map_err(unavailable)?;
        let seen = self.activities.seen(&(namespace, task_queue.to_owned()), now);
        Ok(QueueState {
            n_waiting,
            age: since.map_or(Delay::ZERO, |it| Delay(now.0.saturating_sub(it.0))),
            ..seen
        })
    }
}
