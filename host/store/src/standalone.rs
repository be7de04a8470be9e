//! Activities without a workflow.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql;
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::search::STATUSES;
use refrain_core::standalone::{Execution, Status};
use refrain_core::time::Timestamp;
use refrain_wire::stored;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// How many of each status. One that none has is absent.
pub type StandaloneCounts = BTreeMap<Status, u64>;

/// As the column has it: a workflow's number of the same name, so that filters know it.
pub(crate) fn status_number(status: Status) -> i64 {
    STATUSES.iter().find(|it| it.0 == status.name()).map_or(0, |it| it.1)
}

pub(crate) fn status_of(number: i64) -> Option<Status> {
    Status::ALL.into_iter().find(|it| status_number(*it) == number)
}

impl Store {
    pub async fn standalone(
        &self,
        namespace: NamespaceId,
        run: RunId,
    ) -> Result<Option<Execution>, StoreError> {
        let row = sqlx::query(sql::STANDALONE_GET.text)
            .bind(i64::from(namespace.0))
            .bind(run.to_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::STANDALONE_GET))?;
        row.map(|row| read(&mut Columns::new(sql::STANDALONE_GET, &row))).transpose()
    }

    pub async fn standalone_latest(
        &self,
        namespace: NamespaceId,
        activity_id: &str,
    ) -> Result<Option<Execution>, StoreError> {
        let row = sqlx::query(sql::STANDALONE_LATEST.text)
            .bind(i64::from(namespace.0))
            .bind(activity_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::STANDALONE_LATEST))?;
        row.map(|row| read(&mut Columns::new(sql::STANDALONE_LATEST, &row))).transpose()
    }

    /// One that is gone is no error.
    pub async fn delete_standalone(&self, run: RunId) -> Result<(), StoreError> {
        let statement = sql::STANDALONE_DELETE;
        let query = sqlx::query(statement.text).bind(run.to_bytes().as_slice());
        self.change(statement, query).await.map(drop)
    }

    /// Forgets those that were closed before `before`.
    pub async fn expire_standalone(
        &self,
        namespace: NamespaceId,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sql::STANDALONE_EXPIRE;
        let query = sqlx::query(statement.text).bind(i64::from(namespace.0)).bind(ms(before));
        self.change(statement, query).await.map(drop)
    }
}

/// A row of [`sql::STANDALONE_OF_KEYS`]: with the row of its attempts, while it has one.
pub(crate) fn read_listed(row: &SqliteRow) -> Result<Execution, StoreError> {
    let mut columns = Columns::new(sql::STANDALONE_OF_KEYS, row);
    let mut listed = read(&mut columns)?;
    if let Some(task) = columns.bytes_or_null()? {
        listed.task =
            stored::decode_activity_task(task).map_err(columns.undecodable("an activity task"))?;
    }
    Ok(listed)
}

fn read(columns: &mut Columns<'_>) -> Result<Execution, StoreError> {
    stored::decode_standalone(columns.bytes()?)
        .map_err(columns.undecodable("an activity execution"))
}
