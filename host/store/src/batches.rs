//! Batches: one row each.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, after_prefix, ms};
use crate::sql::{self, Statement};
use refrain_core::batch::{Batch, Progress, State};
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use refrain_wire::DecodeError;
use sqlx::sqlite::SqliteRow;

#[derive(Clone, Debug, PartialEq)]
pub struct BatchRow {
    pub namespace: NamespaceId,
    pub job: String,
    pub created: Timestamp,
    pub progress: Progress,
    /// Bytes of `temporal.api.workflowservice.v1.StartBatchOperationRequest`.
    pub request: Vec<u8>,
}

impl BatchRow {
    /// What is to be done.
    pub fn batch(&self) -> Result<Batch, DecodeError> {
        refrain_wire::batch::decode(&self.request)
    }
}

impl Store {
    /// False: there is one of this job id already. `progress` is that of a new one.
    pub async fn insert_batch(&self, row: &BatchRow) -> Result<bool, StoreError> {
        let statement = sql::BATCH_INSERT;
        let query = sqlx::query(statement.text)
            .bind(i64::from(row.namespace.0))
            .bind(row.job.as_str())
            .bind(ms(row.created))
            .bind(row.request.as_slice());
        Ok(self.change(statement, query).await? == 1)
    }

    /// False: it is closed, or gone.
    pub async fn update_batch(
        &self,
        namespace: NamespaceId,
        job: &str,
        progress: &Progress,
    ) -> Result<bool, StoreError> {
        let statement = sql::BATCH_UPDATE;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let query = sqlx::query(statement.text)
            .bind(i64::from(namespace.0))
            .bind(job)
            .bind(i64::from(progress.state.number()))
            .bind(progress.closed.map(ms))
            .bind(count(progress.n_total))
            .bind(count(progress.n_done))
            .bind(count(progress.n_failed))
            .bind(progress.after.map(|it| ms(it.0)))
            .bind(progress.after.map(|it| it.1.to_bytes().to_vec()));
        Ok(self.change(statement, query).await? == 1)
    }

    pub async fn batch(
        &self,
        namespace: NamespaceId,
        job: &str,
    ) -> Result<Option<BatchRow>, StoreError> {
        let row = sqlx::query(sql::BATCH_GET.text)
            .bind(i64::from(namespace.0))
            .bind(job)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::BATCH_GET))?;
        row.map(|row| read(sql::BATCH_GET, &row)).transpose()
    }

    /// Newest first. `after`: the last one that was read before.
    pub async fn list_batches(
        &self,
        namespace: NamespaceId,
        after: Option<(Timestamp, &str)>,
        n_max: u32,
    ) -> Result<Vec<BatchRow>, StoreError> {
        let (created, job) = match after {
            Some((created, job)) => (ms(created), job.to_owned()),
            None => (i64::MAX, after_prefix("")),
        };
        let rows = sqlx::query(sql::BATCHES_LIST.text)
            .bind(i64::from(namespace.0))
            .bind(created)
            .bind(job)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::BATCHES_LIST))?;
        rows.iter().map(|row| read(sql::BATCHES_LIST, row)).collect()
    }

    /// All that are not done, of all namespaces.
    pub async fn running_batches(&self) -> Result<Vec<BatchRow>, StoreError> {
        let rows = sqlx::query(sql::BATCHES_RUNNING.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::BATCHES_RUNNING))?;
        rows.iter().map(|row| read(sql::BATCHES_RUNNING, row)).collect()
    }

    /// Forgets those that are done and were created before `before`.
    pub async fn expire_batches(
        &self,
        namespace: NamespaceId,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sql::BATCHES_EXPIRE;
        let query = sqlx::query(statement.text).bind(i64::from(namespace.0)).bind(ms(before));
        self.change(statement, query).await.map(drop)
    }
}

fn read(statement: Statement, row: &SqliteRow) -> Result<BatchRow, StoreError> {
    let mut columns = Columns::new(statement, row);
    let namespace = NamespaceId(columns.small("namespace")?);
    let job = columns.text()?;
    let created = columns.time()?;
    let number = columns.int()?;
    let state = State::from_number(number)
        .ok_or_else(|| columns.bad("state of a batch", number, "1 to 3"))?;
    let closed = columns.time_or_null()?;
    let n_total = columns.count("workflows of a batch")?;
    let n_done = columns.count("workflows of a batch")?;
    let n_failed = columns.count("workflows of a batch")?;
    let after = match columns.time_or_null()? {
        Some(at) => Some((at, columns.run()?)),
        None => {
            columns.bytes_or_null()?;
            None
        }
    };
    let progress = Progress { state, closed, n_total, n_done, n_failed, after };
    Ok(BatchRow { namespace, job, created, progress, request: columns.bytes()?.to_vec() })
}
