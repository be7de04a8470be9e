//! Which component serves which task queue now.

use refrain_core::ids::NamespaceId;
use refrain_store::{ComponentKind, Deployment};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A deployment, with what its component says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) row: Deployment,
    /// Workflow types or activity types. Empty: the component does not say.
    pub(crate) types: Vec<String>,
}

impl Deployed {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|it| it == name)
    }
}

type Key = (NamespaceId, String, ComponentKind);

#[derive(Default)]
pub(crate) struct Deployments {
    current: RwLock<BTreeMap<Key, Arc<Deployed>>>,
}

impl Deployments {
    pub(crate) fn current(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        kind: ComponentKind,
    ) -> Option<Arc<Deployed>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(&(namespace, task_queue.to_owned(), kind)).cloned()
    }

    pub(crate) fn set(&self, namespace: NamespaceId, kind: ComponentKind, deployed: Deployed) {
        let key = (namespace, deployed.row.task_queue.clone(), kind);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.insert(key, Arc::new(deployed));
    }

    pub(crate) fn of_namespace(&self, namespace: NamespaceId) -> Vec<Deployment> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let of_it = current.iter().filter(|(key, _)| key.0 == namespace);
        of_it.map(|(_, deployed)| deployed.row.clone()).collect()
    }

    /// Task queues whose activities run in this host.
    pub(crate) fn activity_queues(&self) -> Vec<(NamespaceId, String)> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let of_activities = current.keys().filter(|key| key.2 == ComponentKind::Activities);
        of_activities.map(|key| (key.0, key.1.clone())).collect()
    }
}
