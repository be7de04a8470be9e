//! The search attributes that a namespace's users have registered.

use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::ids::NamespaceId;
use refrain_core::limits::SEARCH_ATTRIBUTE_NAMES_MAX;
use refrain_core::search::{Kind, Registry};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Inner {
    /// Names that are there already keep their type, as in Temporal.
    pub(crate) async fn add_search_attributes(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        names: BTreeMap<String, Kind>,
    ) -> Result<(), EngineError> {
        let inner = Arc::clone(self);
        let added = async move {
            let _one_at_a_time = inner.registering.lock().await;
            let mut registry = inner.registry(namespace);
            let new: Vec<(String, Kind)> =
                names.into_iter().filter(|it| !registry.0.contains_key(&it.0)).collect();
            let found = registry.0.len() + new.len();
            if found > SEARCH_ATTRIBUTE_NAMES_MAX {
                return Err(EngineError::InvalidArgument(format!(
                    "Unable to create search attributes: cannot have more than {SEARCH_ATTRIBUTE_NAMES_MAX} search attributes, found {found}."
                )));
            }
            if new.is_empty() {
                return Ok(());
            }
            inner.store.add_search_attribute_types(namespace, &new).await.map_err(unavailable)?;
            registry.0.extend(new);
            inner.namespaces.set_search_attributes(namespace, registry);
            Ok(())
        };
        self.whole(added).await
    }

    /// Names that are not there are no error, as in Temporal.
    pub(crate) async fn remove_search_attributes(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        names: &[String],
    ) -> Result<(), EngineError> {
        let (inner, names) = (Arc::clone(self), names.to_vec());
        let removed = async move {
            let _one_at_a_time = inner.registering.lock().await;
            let mut registry = inner.registry(namespace);
            let removed = inner.store.remove_search_attribute_types(namespace, &names).await;
            removed.map_err(unavailable)?;
            registry.0.retain(|name, _| !names.contains(name));
            inner.namespaces.set_search_attributes(namespace, registry);
            Ok(())
        };
        self.whole(removed).await
    }

    fn registry(&self, namespace: NamespaceId) -> Registry {
        (*self.namespaces.search_attributes(namespace).registry).clone()
    }
}
