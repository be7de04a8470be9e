//! Who needs which component: the runs that are pinned to it. And taking away what nobody needs.

use crate::error::StoreError;
use crate::list::ListPlace;
use crate::open::Store;
use crate::rows::{Columns, Rows, ms};
use crate::sql;
use refrain_core::ids::{Digest, ExecutionKey, NamespaceId, RunKey};
use refrain_core::time::Timestamp;
use sqlx::Connection;
use std::collections::BTreeSet;

/// An open run, as far as a check of its history needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedRun {
    pub key: RunKey,
    pub started_at: Timestamp,
    pub workflow_type: String,
    pub component: Digest,
}

/// Open runs of one queue that are pinned to one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRuns {
    pub component: Digest,
    pub task_queue: String,
    pub n_open: u64,
}

impl Store {
    /// Open runs of a queue that are pinned to a component, oldest start first. `after`: the last one of
    /// the page before.
    pub async fn pinned_runs(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        component: Digest,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<PinnedRun>, StoreError> {
        let rows = sqlx::query(sql::RUNS_PINNED.text)
            .bind(i64::from(namespace.0))
            .bind(task_queue)
            .bind(component.0.as_slice())
            .bind(after.map_or(-1, |it| ms(it.started_at)))
            .bind(after.map_or_else(Vec::new, |it| it.run.to_bytes().to_vec()))
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_PINNED))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::RUNS_PINNED, row);
                let started_at = columns.time()?;
                let run = columns.run()?;
                let workflow = columns.shared_text()?;
                Ok(PinnedRun {
                    key: RunKey { execution: ExecutionKey { namespace, workflow }, run },
                    started_at,
                    workflow_type: columns.text()?,
                    component,
                })
            })
            .collect()
    }

    /// How many runs are open, by component and queue; those without any are left out.
    pub async fn open_runs(&self, namespace: NamespaceId) -> Result<Vec<OpenRuns>, StoreError> {
        let rows = sqlx::query(sql::RUNS_OPEN_BY_COMPONENT.text)
            .bind(i64::from(namespace.0))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_OPEN_BY_COMPONENT))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::RUNS_OPEN_BY_COMPONENT, row);
                Ok(OpenRuns {
                    component: columns.digest()?,
                    task_queue: columns.text()?,
                    n_open: columns.count("open runs")?,
                })
            })
            .collect()
    }

    /// Components that closed runs were pinned to which are still kept.
    pub async fn components_with_closed_runs(
        &self,
        namespace: NamespaceId,
    ) -> Result<BTreeSet<Digest>, StoreError> {
        let rows = sqlx::query(sql::COMPONENTS_WITH_CLOSED_RUNS.text)
            .bind(i64::from(namespace.0))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::COMPONENTS_WITH_CLOSED_RUNS))?;
        rows.iter()
            .map(|row| Columns::new(sql::COMPONENTS_WITH_CLOSED_RUNS, row).digest())
            .collect()
    }

    /// Takes away components that nobody needs, at most `n_max` of them: nothing that was
    /// uploaded, or served a queue, at `before` or later. Returns those whose bytes are gone, and
    /// how many were taken away from a namespace.
    pub async fn collect_components(
        &self,
        before: Timestamp,
        n_max: u32,
    ) -> Result<(Vec<Digest>, usize), StoreError> {
        let mut writer = self.writer.lock().await;
        let connection =
            writer.connection().await.map_err(StoreError::of(sql::COMPONENTS_FORGET))?;
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(StoreError::of(sql::COMPONENTS_FORGET))?;
        let forgotten = sqlx::query(sql::COMPONENTS_FORGET.text)
            .bind(ms(before))
            .bind(i64::from(n_max))
            .fetch_all(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::COMPONENTS_FORGET))?;
        let mut rows = Rows::default();
        for row in &forgotten {
            rows.row().fixed(&Columns::new(sql::COMPONENTS_FORGET, row).digest()?.0);
        }
        let (places, digests) = rows.finish();
        let deleted = sqlx::query(sql::COMPONENTS_DELETE.text)
            .bind(places)
            .bind(digests)
            .fetch_all(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::COMPONENTS_DELETE))?;
        let deleted = deleted
            .iter()
            .map(|row| Columns::new(sql::COMPONENTS_DELETE, row).digest())
            .collect::<Result<_, _>>()?;
        transaction.commit().await.map_err(StoreError::of_name("commit of a sweep"))?;
        Ok((deleted, forgotten.len()))
    }
}
