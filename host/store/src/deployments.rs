//! Which component serves which task queue. Versions are counted from 1 for each queue and kind;
//! none is ever deleted, and going back to an old component is a new version.

use crate::components::{ComponentKind, read_kind};
use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql::{self, Statement};
use refrain_core::ids::{Digest, NamespaceId};
use refrain_core::time::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::SqliteRow;

/// What is to serve a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeployment {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub kind: ComponentKind,
    /// Of a stored component.
    pub digest: Digest,
    pub name: String,
    pub deployed_at: Timestamp,
}

/// What serves a queue, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub kind: ComponentKind,
    pub version: u32,
    pub digest: Digest,
    pub name: String,
    pub deployed_at: Timestamp,
    pub current: bool,
}

impl Store {
    /// Makes a component current for its queue. If it is that already, nothing changes and what is
    /// there is returned.
    ///
    /// Errors: the namespace or the component does not exist ([`StoreError::Broken`]).
    pub async fn deploy(&self, new: &NewDeployment) -> Result<Deployment, StoreError> {
        let mut writer = self.writer.lock().await;
        let connection =
            writer.connection().await.map_err(StoreError::of(sql::DEPLOYMENT_CURRENT))?;
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_CURRENT))?;
        let of_queue = |statement: Statement| {
            sqlx::query(statement.text)
                .bind(i64::from(new.namespace.0))
                .bind(new.task_queue.as_str())
                .bind(new.kind.name())
        };
        let current = of_queue(sql::DEPLOYMENT_CURRENT)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_CURRENT))?
            .map(|row| read_deployment(sql::DEPLOYMENT_CURRENT, &row))
            .transpose()?;
        // What is current is the greatest version: each one that was deployed was current then.
        let version = match current {
            Some(current) if current.digest == new.digest => return Ok(current),
            Some(current) => current.version + 1,
            None => 1,
        };
        of_queue(sql::DEPLOYMENT_RETIRE)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_RETIRE))?;
        of_queue(sql::DEPLOYMENT_INSERT)
            .bind(i64::from(version))
            .bind(new.digest.0.as_slice())
            .bind(new.name.as_str())
            .bind(ms(new.deployed_at))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_INSERT))?;
        transaction.commit().await.map_err(StoreError::of_name("commit of a deployment"))?;
        let new = new.clone();
        Ok(Deployment {
            namespace: new.namespace,
            task_queue: new.task_queue,
            kind: new.kind,
            version,
            digest: new.digest,
            name: new.name,
            deployed_at: new.deployed_at,
            current: true,
        })
    }

    /// What serves each queue of each namespace: for start-up.
    pub async fn current_deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        let rows = sqlx::query(sql::DEPLOYMENTS_CURRENT.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_CURRENT))?;
        rows.iter().map(|row| read_deployment(sql::DEPLOYMENTS_CURRENT, row)).collect()
    }

    /// All that ever served the namespace's queues, by queue, newest first.
    pub async fn list_deployments(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<Deployment>, StoreError> {
        let rows = sqlx::query(sql::DEPLOYMENTS_LIST.text)
            .bind(i64::from(namespace.0))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_LIST))?;
        rows.iter().map(|row| read_deployment(sql::DEPLOYMENTS_LIST, row)).collect()
    }
}

fn read_deployment(statement: Statement, row: &SqliteRow) -> Result<Deployment, StoreError> {
    let mut columns = Columns::new(statement, row);
    Ok(Deployment {
        namespace: NamespaceId(columns.small("namespace")?),
        task_queue: columns.text()?,
        kind: read_kind(&mut columns)?,
        version: columns.small("version")?,
        digest: columns.digest()?,
        name: columns.text()?,
        deployed_at: columns.time()?,
        current: columns.flag()?,
    })
}
