//! Components by content. The bytes of one are stored once, whoever uploads them; which namespace
//! may use it, and under what name, is said apart.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql;
use refrain_core::ids::{Digest, NamespaceId};
use refrain_core::time::Timestamp;
use sqlx::Connection;
use std::fmt;
use std::str::FromStr;

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentKind {
    Workflow,
    Activities,
}

impl ComponentKind {
    pub fn name(self) -> &'static str {
        match self {
            ComponentKind::Workflow => "workflow",
            ComponentKind::Activities => "activities",
        }
    }
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text was not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("component kind is `{0}`, expected `workflow` or `activities`")]
pub struct UnknownKind(pub String);

impl FromStr for ComponentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<ComponentKind, UnknownKind> {
        [ComponentKind::Workflow, ComponentKind::Activities]
            .into_iter()
            .find(|it| it.name() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// A component as a namespace knows it, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentMeta {
    pub digest: Digest,
    pub kind: ComponentKind,
    /// What its owner calls it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What it offers, as JSON; the store does not look inside.
    pub definition: String,
    pub created_at: Timestamp,
}

/// A component as a runtime needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub digest: Digest,
    pub kind: ComponentKind,
    pub definition: String,
    pub bytes: Vec<u8>,
}

impl Store {
    /// Stores a component, unless it is there already, and lets the namespace use it. A second
    /// upload changes the name and nothing else. `meta.size` is taken from `bytes`.
    pub async fn put_component(
        &self,
        namespace: NamespaceId,
        meta: &ComponentMeta,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let failed = |statement| StoreError::of(statement);
        let mut writer = self.writer.lock().await;
        let connection = writer.connection().await.map_err(failed(sql::COMPONENT_INSERT))?;
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(failed(sql::COMPONENT_INSERT))?;
        sqlx::query(sql::COMPONENT_INSERT.text)
            .bind(meta.digest.0.as_slice())
            .bind(meta.kind.name())
            .bind(bytes.len() as i64)
            .bind(meta.definition.as_str())
            .bind(bytes)
            .execute(&mut *transaction)
            .await
            .map_err(failed(sql::COMPONENT_INSERT))?;
        sqlx::query(sql::NAMESPACE_COMPONENT_PUT.text)
            .bind(i64::from(namespace.0))
            .bind(meta.digest.0.as_slice())
            .bind(meta.name.as_str())
            .bind(ms(meta.created_at))
            .execute(&mut *transaction)
            .await
            .map_err(failed(sql::NAMESPACE_COMPONENT_PUT))?;
        transaction.commit().await.map_err(StoreError::of_name("commit of a component"))
    }

    /// A component with its bytes, whoever uploaded it. `None`: there is none.
    pub async fn component(&self, digest: Digest) -> Result<Option<Component>, StoreError> {
        let row = sqlx::query(sql::COMPONENT_GET.text)
            .bind(digest.0.as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::COMPONENT_GET))?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::new(sql::COMPONENT_GET, &row);
        let kind = read_kind(&mut columns)?;
        let _size = columns.count("size")?;
        let definition = columns.text()?;
        let bytes = columns.bytes()?.to_vec();
        Ok(Some(Component { digest, kind, definition, bytes }))
    }

    /// What the namespace knows of a component. `None`: it may not use it.
    pub async fn component_meta(
        &self,
        namespace: NamespaceId,
        digest: Digest,
    ) -> Result<Option<ComponentMeta>, StoreError> {
        let row = sqlx::query(sql::COMPONENT_OF_NAMESPACE.text)
            .bind(i64::from(namespace.0))
            .bind(digest.0.as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::COMPONENT_OF_NAMESPACE))?;
        row.map(|row| read_meta(&mut Columns::new(sql::COMPONENT_OF_NAMESPACE, &row))).transpose()
    }

    /// May the namespace use it?
    pub async fn has_component(
        &self,
        namespace: NamespaceId,
        digest: Digest,
    ) -> Result<bool, StoreError> {
        Ok(self.component_meta(namespace, digest).await?.is_some())
    }

    /// All that the namespace may use, newest first.
    pub async fn list_components(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<ComponentMeta>, StoreError> {
        let rows = sqlx::query(sql::COMPONENTS_LIST.text)
            .bind(i64::from(namespace.0))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::COMPONENTS_LIST))?;
        rows.iter().map(|row| read_meta(&mut Columns::new(sql::COMPONENTS_LIST, row))).collect()
    }
}

pub(crate) fn read_kind(columns: &mut Columns<'_>) -> Result<ComponentKind, StoreError> {
    let found = columns.text()?;
    found.parse().map_err(|_| columns.bad("kind of component", &found, "workflow or activities"))
}

fn read_meta(columns: &mut Columns<'_>) -> Result<ComponentMeta, StoreError> {
    Ok(ComponentMeta {
        digest: columns.digest()?,
        kind: read_kind(columns)?,
        name: columns.text()?,
        size: columns.count("size")?,
        definition: columns.text()?,
        created_at: columns.time()?,
    })
}
