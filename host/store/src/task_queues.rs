//! What operators have said of task queues.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::Columns;
use crate::sql;
use refrain_core::ids::NamespaceId;
use refrain_core::queue::{QueueConfig, QueueKind};
use refrain_wire::queue;

/// A task queue of one kind, with what was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfiguredQueue {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub kind: QueueKind,
    pub config: QueueConfig,
}

impl Store {
    pub async fn task_queues(&self) -> Result<Vec<ConfiguredQueue>, StoreError> {
        let statement = sql::TASK_QUEUES_LIST;
        let rows = sqlx::query(statement.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(statement))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(statement, row);
                let namespace = NamespaceId(columns.small("namespace")?);
                let task_queue = columns.text()?;
                let number = columns.int()?;
                let kind = QueueKind::from_number(number)
                    .ok_or_else(|| columns.bad("kind of a task queue", number, "1 or 2"))?;
                let config = queue::decode(columns.bytes()?)
                    .map_err(columns.undecodable("a task queue's config"))?;
                Ok(ConfiguredQueue { namespace, task_queue, kind, config })
            })
            .collect()
    }

    /// In the place of what was said of it before.
    pub async fn put_task_queue(&self, row: &ConfiguredQueue) -> Result<(), StoreError> {
        let statement = sql::TASK_QUEUE_PUT;
        let query = sqlx::query(statement.text)
            .bind(i64::from(row.namespace.0))
            .bind(row.task_queue.as_str())
            .bind(i64::from(row.kind.number()))
            .bind(queue::encode(&row.config));
        self.change(statement, query).await.map(drop)
    }
}
