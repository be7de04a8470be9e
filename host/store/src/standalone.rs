//! Activities without a workflow.

mod row;

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql::{self, Statement};
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::search::{Condition, holds};
use refrain_core::standalone::{Execution, Status};
use refrain_core::time::Timestamp;
use refrain_wire::stored;
use row::Listed;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// Rows read at once to be filtered.
const PAGE: u32 = 1000;

/// How many of each status. One that none has is absent.
pub type StandaloneCounts = BTreeMap<Status, u64>;

/// A row of a list, to go on after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandalonePlace {
    pub started_at: Timestamp,
    pub run: RunId,
}

impl StandalonePlace {
    pub fn of(it: &Execution) -> StandalonePlace {
        StandalonePlace { started_at: it.task.scheduled_at, run: it.task.run.run }
    }
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

    /// At most `n_max` of those that the filter holds for, newest start first.
    pub async fn standalone_matching(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<StandalonePlace>,
        n_max: u32,
    ) -> Result<Vec<Execution>, StoreError> {
        let mut found = Vec::new();
        let take = |it: Execution| {
            found.push(it);
            found.len() < n_max as usize
        };
        self.visit_standalone(namespace, filter, after, take).await?;
        Ok(found)
    }

    /// Costs what there is, not what it counts.
    pub async fn count_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<StandaloneCounts, StoreError> {
        let mut counts = StandaloneCounts::new();
        let take = |it: Execution| {
            *counts.entry(it.status()).or_default() += 1;
            true
        };
        self.visit_standalone(namespace, filter, None, take).await?;
        Ok(counts)
    }

    /// As long as `take` wants more.
    async fn visit_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        mut after: Option<StandalonePlace>,
        mut take: impl FnMut(Execution) -> bool,
    ) -> Result<(), StoreError> {
        loop {
            let page = self.standalone_list(namespace, after, PAGE).await?;
            let more = page.len() == PAGE as usize;
            after = page.last().map(StandalonePlace::of);
            for it in page {
                if holds(filter, &Listed(&it)) && !take(it) {
                    return Ok(());
                }
            }
            if !more {
                return Ok(());
            }
        }
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
