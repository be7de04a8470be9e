//! Which versions serve which task queue. The rules are core's; here they are read, applied and
//! written in one transaction.

use crate::components::{ComponentKind, read_kind};
use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql::{self, Statement};
use refrain_core::deployment::{Change, Refused, Share, Version, change};
use refrain_core::ids::{Digest, NamespaceId};
use refrain_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};

/// A task queue, as far as one kind of component serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub kind: ComponentKind,
}

/// What serves a queue, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub kind: ComponentKind,
    pub version: u32,
    pub digest: Digest,
    /// What the component was called when the queue first got it.
    pub name: String,
    /// When the queue first got it.
    pub deployed_at: Timestamp,
    pub current: bool,
    /// The share of new runs that it takes beside the current one; `None`: it does not ramp.
    pub ramp: Option<Share>,
    /// When it last became current; `None`: it never was.
    pub current_since: Option<Timestamp>,
    /// When any of the last three changed.
    pub changed_at: Timestamp,
}

/// Why a queue is served as before.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    #[error("{0}")]
    Refused(#[source] Refused),
    /// The namespace may not use it.
    #[error("component sha256:{0} is not stored")]
    UnknownComponent(Digest),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for DeployError {
    fn from(error: StoreError) -> DeployError {
        DeployError::Store(error)
    }
}

impl Deployment {
    /// As core's rules see it.
    pub fn to_version(&self) -> Version {
        Version {
            number: self.version,
            component: self.digest,
            current: self.current,
            ramp: self.ramp,
            current_since: self.current_since,
            changed_at: self.changed_at,
        }
    }

    fn of(queue: &Queue, version: &Version, name: &str, deployed_at: Timestamp) -> Deployment {
        Deployment {
            namespace: queue.namespace,
            task_queue: queue.task_queue.clone(),
            kind: queue.kind,
            version: version.number,
            digest: version.component,
            name: name.to_owned(),
            deployed_at,
            current: version.current,
            ramp: version.ramp,
            current_since: version.current_since,
            changed_at: version.changed_at,
        }
    }

    fn serves(&self) -> bool {
        self.current || self.ramp.is_some()
    }
}

impl Store {
    /// Changes what serves a queue; returns all its versions as they are then, oldest first.
    /// A component that the queue does not know yet is called `name` from then on.
    ///
    /// Errors: core's rules refuse it, or the component is not there. Nothing is written then.
    pub async fn change_deployment(
        &self,
        queue: &Queue,
        asked: Change,
        name: &str,
        now: Timestamp,
    ) -> Result<Vec<Deployment>, DeployError> {
        let mut writer = self.writer.lock().await;
        let connection =
            writer.connection().await.map_err(StoreError::of(sql::DEPLOYMENTS_OF_QUEUE))?;
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_OF_QUEUE))?;
        let rows = of_queue(sql::DEPLOYMENTS_OF_QUEUE, queue)
            .fetch_all(&mut *transaction)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_OF_QUEUE))?;
        let before = read_all(sql::DEPLOYMENTS_OF_QUEUE, &rows)?;
        let versions: Vec<_> = before.iter().map(Deployment::to_version).collect();
        let versions = change(&versions, asked, now).map_err(DeployError::Refused)?;
        let after: Vec<_> = versions
            .iter()
            .enumerate()
            .map(|(at, version)| match before.get(at) {
                Some(was) => Deployment::of(queue, version, &was.name, was.deployed_at),
                None => Deployment::of(queue, version, name, now),
            })
            .collect();
        write(&mut transaction, queue, &before, &after).await?;
        transaction.commit().await.map_err(StoreError::of_name("commit of a deployment"))?;
        Ok(after)
    }

    /// What is current or ramps, in every queue of every namespace: for start-up.
    pub async fn serving_deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        let rows = sqlx::query(sql::DEPLOYMENTS_SERVING.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_SERVING))?;
        read_all(sql::DEPLOYMENTS_SERVING, &rows)
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
        read_all(sql::DEPLOYMENTS_LIST, &rows)
    }

    /// All versions of a queue, oldest first.
    pub async fn deployments_of(&self, queue: &Queue) -> Result<Vec<Deployment>, StoreError> {
        let rows = of_queue(sql::DEPLOYMENTS_OF_QUEUE, queue)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENTS_OF_QUEUE))?;
        read_all(sql::DEPLOYMENTS_OF_QUEUE, &rows)
    }
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn of_queue(statement: Statement, queue: &Queue) -> Query {
    sqlx::query(statement.text)
        .bind(i64::from(queue.namespace.0))
        .bind(queue.task_queue.clone())
        .bind(queue.kind.name())
}

/// What differs. Those that no longer serve come first: two may not be current at once.
async fn write(
    connection: &mut SqliteConnection,
    queue: &Queue,
    before: &[Deployment],
    after: &[Deployment],
) -> Result<(), DeployError> {
    for new in after.iter().skip(before.len()) {
        let known = sqlx::query(sql::COMPONENT_OF_NAMESPACE.text)
            .bind(i64::from(queue.namespace.0))
            .bind(new.digest.0.as_slice())
            .fetch_optional(&mut *connection)
            .await
            .map_err(StoreError::of(sql::COMPONENT_OF_NAMESPACE))?;
        if known.is_none() {
            return Err(DeployError::UnknownComponent(new.digest));
        }
        of_queue(sql::DEPLOYMENT_INSERT, queue)
            .bind(i64::from(new.version))
            .bind(new.digest.0.as_slice())
            .bind(new.name.clone())
            .bind(ms(new.deployed_at))
            .execute(&mut *connection)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_INSERT))?;
    }
    let mut changed: Vec<_> =
        after.iter().enumerate().filter(|(at, it)| before.get(*at) != Some(*it)).collect();
    changed.sort_by_key(|(_, it)| it.serves());
    for (_, it) in changed {
        of_queue(sql::DEPLOYMENT_UPDATE, queue)
            .bind(i64::from(it.version))
            .bind(i64::from(it.current))
            .bind(it.ramp.map(|it| i64::from(it.hundredths())))
            .bind(it.current_since.map(ms))
            .bind(ms(it.changed_at))
            .execute(&mut *connection)
            .await
            .map_err(StoreError::of(sql::DEPLOYMENT_UPDATE))?;
    }
    Ok(())
}

fn read_all(statement: Statement, rows: &[SqliteRow]) -> Result<Vec<Deployment>, StoreError> {
    rows.iter().map(|row| read_deployment(statement, row)).collect()
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
        ramp: match columns.int_or_null()? {
            None => None,
            Some(found) => {
                let share = u32::try_from(found).ok().and_then(Share::of_hundredths);
                Some(share.ok_or_else(|| columns.bad("ramp", found, "0 to 10000"))?)
            }
        },
        current_since: columns.time_or_null()?,
        changed_at: columns.time()?,
    })
}
