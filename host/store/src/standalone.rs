//! Activities without a workflow.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql::{self, Statement};
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::standalone::Execution;
use refrain_core::time::Timestamp;
use refrain_wire::stored;
use sqlx::sqlite::SqliteRow;

/// A row of a list, to go on after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandalonePlace {
    pub started_at: Timestamp,
    pub run: RunId,
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
        row.map(|row| read(sql::STANDALONE_GET, &row)).transpose()
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
        row.map(|row| read(sql::STANDALONE_LATEST, &row)).transpose()
    }

    /// Newest start first. `after`: the last one that was read before.
    pub async fn standalone_list(
        &self,
        namespace: NamespaceId,
        after: Option<StandalonePlace>,
        n_max: u32,
    ) -> Result<Vec<Execution>, StoreError> {
        let (start, run) = match after {
            Some(it) => (ms(it.started_at), it.run.to_bytes().to_vec()),
            None => (i64::MAX, Vec::new()),
        };
        let rows = sqlx::query(sql::STANDALONE_LIST.text)
            .bind(i64::from(namespace.0))
            .bind(start)
            .bind(run)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::STANDALONE_LIST))?;
        rows.iter().map(|row| read(sql::STANDALONE_LIST, row)).collect()
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

fn read(statement: Statement, row: &SqliteRow) -> Result<Execution, StoreError> {
    let mut columns = Columns::new(statement, row);
    stored::decode_standalone(columns.bytes()?)
        .map_err(columns.undecodable("an activity execution"))
}
