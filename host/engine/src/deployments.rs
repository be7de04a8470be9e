//! Which components serve which task queue now.

use refrain_core::ids::NamespaceId;
use refrain_store::{ComponentKind, Deployment, Queue};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A version that serves, with what its component says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Deployed {
    pub(crate) row: Deployment,
    /// Workflow types or activity types. Empty: the component does not say.
    pub(crate) types: Vec<String>,
}

/// A component that lists a type of this name takes whatever it does not list: a dynamic workflow.
const ANY_TYPE: &str = "*";

/// Does a component with these types take this one?
pub(crate) fn takes(types: &[String], name: &str) -> bool {
    types.is_empty() || types.iter().any(|it| it == name || it == ANY_TYPE)
}

impl Deployed {
    pub(crate) fn has(&self, name: &str) -> bool {
        takes(&self.types, name)
    }
}

type Key = (NamespaceId, String, ComponentKind);

/// What serves one queue.
#[derive(Default)]
struct Serving {
    current: Option<Arc<Deployed>>,
    ramping: Option<Arc<Deployed>>,
}

#[derive(Default)]
pub(crate) struct Deployments {
    serving: RwLock<BTreeMap<Key, Serving>>,
}

impl Deployments {
    fn look<T>(&self, key: &Key, look: impl FnOnce(&Serving) -> Option<T>) -> Option<T> {
        self.serving.read().unwrap_or_else(PoisonError::into_inner).get(key).and_then(look)
    }

    pub(crate) fn current(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        kind: ComponentKind,
    ) -> Option<Arc<Deployed>> {
        self.look(&(namespace, task_queue.to_owned(), kind), |it| it.current.clone())
    }

    /// What a new run of this workflow id starts on: the version that ramps, if the id belongs to
    /// its share and it has the type, else the current one.
    pub(crate) fn for_start(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        workflow_id: &str,
        workflow_type: &str,
    ) -> Option<Arc<Deployed>> {
        let key = (namespace, task_queue.to_owned(), ComponentKind::Workflow);
        self.look(&key, |serving| {
            let takes = |it: &&Arc<Deployed>| {
                it.row.ramp.is_some_and(|share| share.takes(workflow_id)) && it.has(workflow_type)
            };
            serving.ramping.as_ref().filter(takes).or(serving.current.as_ref()).cloned()
        })
    }

    /// All that serves the queue from now on.
    pub(crate) fn set(&self, queue: &Queue, serving: impl IntoIterator<Item = Deployed>) {
        let mut now = Serving::default();
        for deployed in serving {
            match (deployed.row.current, deployed.row.ramp) {
                (true, _) => now.current = Some(Arc::new(deployed)),
                (false, Some(_)) => now.ramping = Some(Arc::new(deployed)),
                (false, None) => {}
            }
        }
        let key = (queue.namespace, queue.task_queue.clone(), queue.kind);
        self.serving.write().unwrap_or_else(PoisonError::into_inner).insert(key, now);
    }

    /// What is current in each queue.
    pub(crate) fn of_namespace(&self, namespace: NamespaceId) -> Vec<Deployment> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        let of_it = serving.iter().filter(|(key, _)| key.0 == namespace);
        of_it.filter_map(|(_, it)| it.current.as_ref().map(|it| it.row.clone())).collect()
    }

    pub(crate) fn forget_namespace(&self, namespace: NamespaceId) {
        let mut serving = self.serving.write().unwrap_or_else(PoisonError::into_inner);
        serving.retain(|key, _| key.0 != namespace);
    }

    /// Task queues whose activities run in this host.
    pub(crate) fn activity_queues(&self) -> Vec<(NamespaceId, String)> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        let of_activities = serving.keys().filter(|key| key.2 == ComponentKind::Activities);
        of_activities.map(|key| (key.0, key.1.clone())).collect()
    }
}
