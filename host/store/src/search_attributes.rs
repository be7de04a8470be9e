//! The search attributes that users have registered.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, Rows};
use crate::sql::{self, Statement};
use refrain_core::ids::NamespaceId;
use refrain_core::search::{Kind, Registry};
use std::collections::BTreeMap;

impl Store {
    /// Those of all namespaces that have any.
    pub async fn search_attribute_types(
        &self,
    ) -> Result<BTreeMap<NamespaceId, Registry>, StoreError> {
        let statement = sql::SEARCH_ATTRIBUTE_TYPES_LIST;
        let rows = sqlx::query(statement.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(statement))?;
        let mut registries: BTreeMap<NamespaceId, Registry> = BTreeMap::new();
        for row in &rows {
            let mut columns = Columns::new(statement, row);
            let namespace = NamespaceId(columns.small("namespace")?);
            let name = columns.text()?;
            let number = columns.int()?;
            let kind = Kind::from_number(number)
                .ok_or_else(|| columns.bad("kind of a search attribute", number, "1 to 7"))?;
            registries.entry(namespace).or_default().0.insert(name, kind);
        }
        Ok(registries)
    }

    /// Those that are there already keep their kind.
    pub async fn add_search_attribute_types(
        &self,
        namespace: NamespaceId,
        names: &[(String, Kind)],
    ) -> Result<(), StoreError> {
        let mut rows = Rows::default();
        for (name, kind) in names {
            rows.row().int(i64::from(namespace.0)).text(name).int(i64::from(kind.number()));
        }
        self.change_types(sql::SEARCH_ATTRIBUTE_TYPES_ADD, rows).await
    }

    pub async fn remove_search_attribute_types(
        &self,
        namespace: NamespaceId,
        names: &[String],
    ) -> Result<(), StoreError> {
        let mut rows = Rows::default();
        for name in names {
            rows.row().int(i64::from(namespace.0)).text(name);
        }
        self.change_types(sql::SEARCH_ATTRIBUTE_TYPES_REMOVE, rows).await
    }

    async fn change_types(&self, statement: Statement, rows: Rows) -> Result<(), StoreError> {
        let (rows, _) = rows.finish();
        let query = sqlx::query(statement.text).bind(rows);
        self.change(statement, query).await.map(drop)
    }
}
