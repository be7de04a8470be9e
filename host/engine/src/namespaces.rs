//! Namespaces, all in memory: there are few, and every request names one.

use crate::error::EngineError;
use refrain_core::ids::NamespaceId;
use refrain_core::search::Registry;
use refrain_store::{Namespace, NamespaceState, SearchAttributes};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

pub(crate) struct Namespaces {
    known: RwLock<Known>,
    search: RwLock<BTreeMap<NamespaceId, Arc<SearchAttributes>>>,
}

#[derive(Default)]
struct Known {
    by_name: BTreeMap<String, Arc<Namespace>>,
    by_id: BTreeMap<NamespaceId, Arc<Namespace>>,
}

impl Known {
    fn add(&mut self, row: Arc<Namespace>) {
        self.by_id.insert(row.id, Arc::clone(&row));
        self.by_name.insert(row.name.clone(), row);
    }
}

impl Namespaces {
    pub(crate) fn new(
        rows: Vec<Namespace>,
        mut registries: BTreeMap<NamespaceId, Registry>,
    ) -> Namespaces {
        let search = rows.iter().map(|row| {
            let registry = Arc::new(registries.remove(&row.id).unwrap_or_default());
            let attributes = SearchAttributes { namespace: row.name.clone(), registry };
            (row.id, Arc::new(attributes))
        });
        let search = RwLock::new(search.collect());
        let mut known = Known::default();
        rows.into_iter().for_each(|row| known.add(Arc::new(row)));
        Namespaces { known: RwLock::new(known), search }
    }

    /// The registered ones are those of this moment.
    pub(crate) fn search_attributes(&self, id: NamespaceId) -> Arc<SearchAttributes> {
        let search = self.search.read().unwrap_or_else(PoisonError::into_inner);
        search.get(&id).cloned().unwrap_or_else(|| {
            let (namespace, registry) = (self.name_of(id), Arc::default());
            Arc::new(SearchAttributes { namespace, registry })
        })
    }

    pub(crate) fn set_search_attributes(&self, id: NamespaceId, registry: Registry) {
        let namespace = self.name_of(id);
        let attributes = SearchAttributes { namespace, registry: Arc::new(registry) };
        let mut search = self.search.write().unwrap_or_else(PoisonError::into_inner);
        search.insert(id, Arc::new(attributes));
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn by_name(&self, name: &str) -> Result<Arc<Namespace>, EngineError> {
        let known = self.read();
        // One that is deleted is there until it is empty, and answers to nobody.
        let found = known.by_name.get(name).filter(|it| it.state != NamespaceState::Deleted);
        found.cloned().ok_or_else(|| EngineError::NamespaceNotFound(name.to_owned()))
    }

    /// Its name, for a guest that asks where it is.
    pub(crate) fn name_of(&self, id: NamespaceId) -> String {
        self.read().by_id.get(&id).map_or_else(String::new, |it| it.name.clone())
    }

    /// Payloads of more bytes are kept beside the histories of this namespace.
    pub(crate) fn detach_above(&self, id: NamespaceId) -> usize {
        let limit = self.read().by_id.get(&id).and_then(|it| it.detach_above);
        limit.and_then(|it| usize::try_from(it).ok()).unwrap_or(usize::MAX)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Namespace>> {
        self.read().by_name.values().cloned().collect()
    }

    /// Puts the new row in the place of the old one, whatever it was called.
    pub(crate) fn replace(&self, row: Namespace) -> Arc<Namespace> {
        self.forget(row.id);
        self.add(row)
    }

    pub(crate) fn forget(&self, id: NamespaceId) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.by_id.remove(&id);
        known.by_name.retain(|_, it| it.id != id);
    }

    pub(crate) fn add(&self, row: Namespace) -> Arc<Namespace> {
        let row = Arc::new(row);
        self.known.write().unwrap_or_else(PoisonError::into_inner).add(Arc::clone(&row));
        row
    }
}
