//! Lists and counts of runs.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, after_prefix, ms};
use crate::runs::{RunRow, Status, read_runs};
use crate::sql::{self, Statement};
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use std::collections::{BTreeMap, BTreeSet};

/// Which runs. All conditions must hold; the default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    pub workflow_id: Option<String>,
    pub workflow_id_prefix: Option<String>,
    pub workflow_type: Option<String>,
    pub task_queue: Option<String>,
    /// One of these; empty: any.
    pub statuses: BTreeSet<Status>,
    /// Started then or later.
    pub started_min: Option<Timestamp>,
    /// Started then or before.
    pub started_max: Option<Timestamp>,
    /// Closed then or later. Leaves out open runs.
    pub closed_min: Option<Timestamp>,
    /// Closed then or before. Leaves out open runs.
    pub closed_max: Option<Timestamp>,
}

/// How many runs of each status. A status that no run has is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunCounts(pub BTreeMap<Status, u64>);

impl RunCounts {
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl ListFilter {
    /// As bits, by number.
    fn status_bits(&self) -> i64 {
        let bit = |status: &Status| 1 << status.number();
        if self.statuses.is_empty() {
            Status::ALL.iter().map(bit).sum()
        } else {
            self.statuses.iter().map(bit).sum()
        }
    }

    fn only_status(&self) -> Option<Status> {
        match self.statuses.len() {
            1 => self.statuses.first().copied(),
            _ => None,
        }
    }

    fn is_by_status_alone(&self) -> bool {
        let any_status = ListFilter { statuses: BTreeSet::new(), ..self.clone() };
        any_status == ListFilter::default()
    }

    /// Binds the parameters that all statements here share, `$1` to `$12`.
    fn bind<'q>(
        &'q self,
        statement: Statement,
        namespace: NamespaceId,
        after: Option<&RunRow>,
        n_max: u32,
    ) -> Query<'q, Sqlite, SqliteArguments> {
        let (before_start, before_run) = match after {
            Some(last) => (ms(last.started_at), last.key.run.to_bytes().to_vec()),
            // Before every run of the next millisecond: with those of this one.
            None => {
                (ms(self.started_max.unwrap_or(Timestamp::NEVER)).saturating_add(1), Vec::new())
            }
        };
        sqlx::query(statement.text)
            .bind(i64::from(namespace.0))
            .bind(i64::from(n_max))
            .bind(ms(self.started_min.unwrap_or_default()))
            .bind(before_start)
            .bind(before_run)
            .bind(self.closed_min.map(ms))
            .bind(self.closed_max.map(ms))
            .bind(self.status_bits())
            .bind(self.workflow_type.as_deref())
            .bind(self.task_queue.as_deref())
            .bind(self.workflow_id_prefix.as_deref())
            .bind(self.workflow_id_prefix.as_deref().map(after_prefix))
    }
}

impl Store {
    /// Runs, newest start first, at most `n_max`. `after`: the last one of the page before; runs
    /// that start meanwhile do not shift the pages.
    pub async fn list_runs(
        &self,
        namespace: NamespaceId,
        filter: &ListFilter,
        after: Option<&RunRow>,
        n_max: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let (statement, query) = match (&filter.workflow_id, filter.only_status()) {
            (Some(workflow), _) => {
                let statement = sql::RUNS_LIST_OF_WORKFLOW;
                (statement, filter.bind(statement, namespace, after, n_max).bind(workflow.as_str()))
            }
            (None, Some(status)) => {
                let statement = sql::RUNS_LIST_OF_STATUS;
                (statement, filter.bind(statement, namespace, after, n_max).bind(status.number()))
            }
            (None, None) => (sql::RUNS_LIST, filter.bind(sql::RUNS_LIST, namespace, after, n_max)),
        };
        let rows = query.fetch_all(&self.readers).await.map_err(StoreError::of(statement))?;
        read_runs(statement, &rows)
    }

    /// How many runs there are, by status.
    pub async fn count_runs(
        &self,
        namespace: NamespaceId,
        filter: &ListFilter,
    ) -> Result<RunCounts, StoreError> {
        let (statement, query) = match &filter.workflow_id {
            Some(workflow) => {
                let statement = sql::RUNS_COUNT_OF_WORKFLOW;
                (statement, filter.bind(statement, namespace, None, 0).bind(workflow.as_str()))
            }
            None if filter.is_by_status_alone() => (
                sql::RUNS_COUNT_ALL,
                sqlx::query(sql::RUNS_COUNT_ALL.text).bind(i64::from(namespace.0)),
            ),
            None => (sql::RUNS_COUNT, filter.bind(sql::RUNS_COUNT, namespace, None, 0)),
        };
        let rows = query.fetch_all(&self.readers).await.map_err(StoreError::of(statement))?;
        let mut counts = RunCounts::default();
        for row in &rows {
            let mut columns = Columns::new(statement, row);
            let number = columns.int()?;
            let n_runs = columns.count("number of runs")?;
            let status = Status::from_number(number)
                .ok_or_else(|| columns.bad("status", number, "1 to 7"))?;
            if filter.statuses.is_empty() || filter.statuses.contains(&status) {
                counts.0.insert(status, n_runs);
            }
        }
        Ok(counts)
    }
}
