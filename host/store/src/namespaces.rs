//! Tenants.

use crate::error::{Class, StoreError, class_of};
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::sql::{self, Statement};
use refrain_core::ids::NamespaceId;
use refrain_core::time::{Delay, Timestamp};
use refrain_wire::namespace;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// In Temporal's words and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NamespaceState {
    #[default]
    Registered,
    Deprecated,
    Deleted,
}

impl NamespaceState {
    pub fn number(self) -> i64 {
        match self {
            NamespaceState::Registered => 1,
            NamespaceState::Deprecated => 2,
            NamespaceState::Deleted => 3,
        }
    }
}

/// The number was not that of a namespace's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("namespace state is {0}, expected 1 to 3")]
pub struct UnknownNamespaceState(pub i64);

impl TryFrom<i64> for NamespaceState {
    type Error = UnknownNamespaceState;

    fn try_from(number: i64) -> Result<NamespaceState, UnknownNamespaceState> {
        [NamespaceState::Registered, NamespaceState::Deprecated, NamespaceState::Deleted]
            .into_iter()
            .find(|it| it.number() == number)
            .ok_or(UnknownNamespaceState(number))
    }
}

/// A namespace to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNamespace {
    pub name: String,
    /// What Temporal's tools know it by beside the name.
    pub uuid: u128,
    pub description: String,
    pub owner_email: String,
    /// How long closed runs are kept.
    pub retention: Delay,
    /// Payloads of more bytes are kept beside the histories. `None`: none are.
    pub detach_above: Option<u64>,
    /// What its owners note about it.
    pub data: BTreeMap<String, String>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub id: NamespaceId,
    pub name: String,
    pub uuid: u128,
    pub description: String,
    pub owner_email: String,
    pub retention: Delay,
    /// As [`NewNamespace::detach_above`].
    pub detach_above: Option<u64>,
    /// What its owners note about it.
    pub data: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub state: NamespaceState,
}

#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    #[error("namespace `{name}` already exists")]
    AlreadyExists { name: String },
    #[error("namespace `{name}` can't be stored")]
    Store {
        name: String,
        #[source]
        source: StoreError,
    },
}

impl Store {
    /// Makes a namespace. Errors: its name (or uuid) is in use.
    pub async fn insert_namespace(&self, new: NewNamespace) -> Result<Namespace, NamespaceError> {
        let mut writer = self.writer.lock().await;
        let store_error = |source| NamespaceError::Store { name: new.name.clone(), source };
        let inserted: Result<u32, sqlx::Error> = match writer.connection().await {
            Ok(connection) => {
                sqlx::query_scalar(sql::NAMESPACE_INSERT.text)
                    .bind(new.name.as_str())
                    .bind(new.uuid.to_be_bytes().as_slice())
                    .bind(new.description.as_str())
                    .bind(new.owner_email.as_str())
                    .bind(ms(Timestamp(new.retention.as_ms())))
                    .bind(new.detach_above.map(saturating))
                    .bind(namespace::encode_data(&new.data))
                    .bind(ms(new.created_at))
                    .bind(NamespaceState::Registered.number())
                    .fetch_one(connection)
                    .await
            }
            Err(error) => Err(error),
        };
        match inserted {
            Ok(id) => Ok(Namespace {
                id: NamespaceId(id),
                name: new.name,
                uuid: new.uuid,
                description: new.description,
                owner_email: new.owner_email,
                retention: new.retention,
                detach_above: new.detach_above,
                data: new.data,
                created_at: new.created_at,
                state: NamespaceState::Registered,
            }),
            Err(error) if class_of(&error) == Class::Refused => {
                Err(NamespaceError::AlreadyExists { name: new.name })
            }
            Err(error) => Err(store_error(StoreError::of(sql::NAMESPACE_INSERT)(error))),
        }
    }

    /// Changes name, description, owner, retention, what is detached, data, and state; the rest of
    /// `namespace` is only read to find it, by id. False: there is none.
    pub async fn update_namespace(&self, namespace: &Namespace) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::NAMESPACE_UPDATE.text)
            .bind(i64::from(namespace.id.0))
            .bind(namespace.description.as_str())
            .bind(namespace.owner_email.as_str())
            .bind(ms(Timestamp(namespace.retention.as_ms())))
            .bind(namespace.detach_above.map(saturating))
            .bind(namespace.state.number())
            .bind(namespace.name.as_str())
            .bind(namespace::encode_data(&namespace.data));
        Ok(self.change(sql::NAMESPACE_UPDATE, query).await? == 1)
    }

    /// `None`: there is none of this name.
    pub async fn namespace(&self, name: &str) -> Result<Option<Namespace>, StoreError> {
        let row = sqlx::query(sql::NAMESPACE_GET.text)
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::NAMESPACE_GET))?;
        row.map(|row| read_namespace(sql::NAMESPACE_GET, &row)).transpose()
    }

    /// All of them, in the order in which they were made.
    pub async fn list_namespaces(&self) -> Result<Vec<Namespace>, StoreError> {
        let rows = sqlx::query(sql::NAMESPACES_LIST.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::NAMESPACES_LIST))?;
        rows.iter().map(|row| read_namespace(sql::NAMESPACES_LIST, row)).collect()
    }
}

fn saturating(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn read_namespace(statement: Statement, row: &SqliteRow) -> Result<Namespace, StoreError> {
    let mut columns = Columns::new(statement, row);
    Ok(Namespace {
        id: NamespaceId(columns.small("namespace")?),
        name: columns.text()?,
        uuid: u128::from_be_bytes(columns.uuid()?),
        description: columns.text()?,
        owner_email: columns.text()?,
        retention: Delay(columns.count("retention")?),
        detach_above: columns.int_or_null()?.map(|it| it.unsigned_abs()),
        data: namespace::decode_data(columns.bytes()?)
            .map_err(columns.undecodable("the data of a namespace"))?,
        created_at: columns.time()?,
        state: {
            let number = columns.int()?;
            NamespaceState::try_from(number)
                .map_err(|_| columns.bad("state of a namespace", number, "1 to 3"))?
        },
    })
}
