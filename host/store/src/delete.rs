//! What goes for good: runs with all that is of them, and namespaces of which nothing is left.
//!
//! Here is the one list of tables that have rows of a run. A test compares it with the schema, so
//! that a new table can't be forgotten.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, Rows, ms};
use crate::sql::{self, Statement};
use refrain_core::ids::{ExecutionKey, NamespaceId, RunKey};
use refrain_core::time::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::SqliteRow;

/// Each table with rows of a run, and what deletes them. All take rows
/// `[run id's place in $2, namespace]`.
pub(crate) const OF_A_RUN: &[(&str, Statement)] = &[
    ("runs", sql::RUN_DELETE),
    ("run_attributes", sql::RUN_ATTRIBUTES_DELETE),
    ("search_attributes", sql::SEARCH_ATTRIBUTES_DELETE_OF_RUNS),
    ("history", sql::HISTORY_DELETE),
    ("timers", sql::TIMER_DELETE_OF_RUNS),
    ("activity_tasks", sql::ACTIVITY_DELETE_OF_RUNS),
    ("published_state", sql::STATE_DELETE),
    ("run_resets", sql::RUN_RESETS_DELETE),
    ("pending_children", sql::CHILDREN_DELETE),
    ("attached_requests", sql::ATTACHED_REQUESTS_DELETE),
    // What only they have, before it is forgotten that they have it.
    ("run_blobs", sql::BLOBS_DELETE_UNUSED),
    ("run_blobs", sql::RUN_BLOBS_DELETE),
];

/// Each table with rows of a namespace that are of no run, and what deletes them: the namespace
/// itself last.
pub(crate) const OF_A_NAMESPACE: &[(&str, Statement)] = &[
    ("messages", sql::MESSAGES_DELETE),
    ("schedule_attributes", sql::SCHEDULE_ATTRIBUTES_DELETE_ALL),
    ("schedules", sql::SCHEDULES_DELETE),
    ("blobs", sql::BLOBS_DELETE),
    ("search_attribute_types", sql::SEARCH_ATTRIBUTE_TYPES_DELETE),
    ("standalone_attributes", sql::STANDALONE_ATTRIBUTES_DELETE_ALL),
    ("standalone_activities", sql::STANDALONE_DELETE_ALL),
    ("batches", sql::BATCHES_DELETE),
    ("task_queues", sql::TASK_QUEUES_DELETE),
    ("deployments", sql::DEPLOYMENTS_DELETE),
    ("namespace_components", sql::NAMESPACE_COMPONENTS_DELETE),
    ("namespaces", sql::NAMESPACE_DELETE),
];

/// A run that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoomedRun {
    pub key: RunKey,
    /// What deleting it costs.
    pub history_bytes: u64,
}

impl Store {
    /// Deletes closed runs with all that is of them, all or none. Those that are gone are no error.
    pub async fn delete_runs(&self, runs: &[RunKey]) -> Result<(), StoreError> {
        let mut rows = Rows::default();
        for run in runs {
            rows.row().fixed(&run.run.to_bytes()).int(i64::from(run.execution.namespace.0));
        }
        let (rows, bytes) = rows.finish();
        let mut writer = self.writer.lock().await;
        let failed = || StoreError::of_name("deletion of runs");
        let connection = writer.connection().await.map_err(failed())?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
        for (_, statement) in OF_A_RUN {
            sqlx::query(statement.text)
                .bind(rows.as_str())
                .bind(bytes.as_slice())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::of(*statement))?;
        }
        transaction.commit().await.map_err(failed())
    }

    /// Deletes a namespace. Its runs must be gone: what is left of one would belong to nobody.
    pub async fn delete_namespace(&self, namespace: NamespaceId) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let failed = || StoreError::of_name("deletion of a namespace");
        let connection = writer.connection().await.map_err(failed())?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
        for (_, statement) in OF_A_NAMESPACE {
            sqlx::query(statement.text)
                .bind(i64::from(namespace.0))
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::of(*statement))?;
        }
        transaction.commit().await.map_err(failed())
    }

    /// At most `n_max` runs of the namespace that were closed before `before`, the oldest first.
    pub async fn expired_runs(
        &self,
        namespace: NamespaceId,
        before: Timestamp,
        n_max: u32,
    ) -> Result<Vec<DoomedRun>, StoreError> {
        let rows = sqlx::query(sql::RUNS_EXPIRED.text)
            .bind(i64::from(namespace.0))
            .bind(ms(before))
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_EXPIRED))?;
        read_doomed(sql::RUNS_EXPIRED, namespace, &rows)
    }

    /// At most `n_max` runs of the namespace, open or not.
    pub async fn runs_of_namespace(
        &self,
        namespace: NamespaceId,
        n_max: u32,
    ) -> Result<Vec<DoomedRun>, StoreError> {
        let rows = sqlx::query(sql::RUNS_OF_NAMESPACE.text)
            .bind(i64::from(namespace.0))
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_OF_NAMESPACE))?;
        read_doomed(sql::RUNS_OF_NAMESPACE, namespace, &rows)
    }
}

fn read_doomed(
    statement: Statement,
    namespace: NamespaceId,
    rows: &[SqliteRow],
) -> Result<Vec<DoomedRun>, StoreError> {
    rows.iter()
        .map(|row| {
            let mut columns = Columns::new(statement, row);
            let run = columns.run()?;
            let workflow = columns.shared_text()?;
            let key = RunKey { execution: ExecutionKey { namespace, workflow }, run };
            Ok(DoomedRun { key, history_bytes: columns.count("bytes of history")? })
        })
        .collect()
}
