//! Namespaces, all in memory: there are few, and every request names one.

use crate::error::EngineError;
use refrain_core::ids::NamespaceId;
use refrain_store::{Namespace, NamespaceState};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) struct Namespaces {
    by_name: RwLock<BTreeMap<String, Arc<Namespace>>>,
}

impl Namespaces {
    pub(crate) fn new(rows: Vec<Namespace>) -> Namespaces {
        let by_name = rows.into_iter().map(|row| (row.name.clone(), Arc::new(row))).collect();
        Namespaces { by_name: RwLock::new(by_name) }
    }

    pub(crate) fn by_name(&self, name: &str) -> Result<Arc<Namespace>, EngineError> {
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        // One that is deleted is there until it is empty, and answers to nobody.
        let found = by_name.get(name).filter(|it| it.state != NamespaceState::Deleted).cloned();
        found.ok_or_else(|| EngineError::NamespaceNotFound(name.to_owned()))
    }

    /// Its name, for a guest that asks where it is.
    pub(crate) fn name_of(&self, id: NamespaceId) -> String {
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        by_name.values().find(|it| it.id == id).map_or_else(String::new, |it| it.name.clone())
    }

    pub(crate) fn all(&self) -> Vec<Arc<Namespace>> {
        let by_name = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        by_name.values().cloned().collect()
    }

    /// Puts the new row in the place of the old one, whatever it was called.
    pub(crate) fn replace(&self, row: Namespace) -> Arc<Namespace> {
        self.forget(row.id);
        self.add(row)
    }

    pub(crate) fn forget(&self, id: NamespaceId) {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        by_name.retain(|_, it| it.id != id);
    }

    pub(crate) fn add(&self, row: Namespace) -> Arc<Namespace> {
        let row = Arc::new(row);
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        by_name.insert(row.name.clone(), Arc::clone(&row));
        row
    }
}
