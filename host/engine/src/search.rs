//! The search attributes that a namespace's users have registered.

use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::ids::NamespaceId;
use refrain_core::limits::SEARCH_ATTRIBUTE_NAMES_MAX;
use refrain_core::search::{Kind, Registry};
use std::collections::BTreeMap;

impl Inner {
    /// Names that are there already keep their type, as in Temporal.
    pub(crate) async fn add_search_attributes(
        &self,
        namespace: NamespaceId,
        names: BTreeMap<String, Kind>,
    ) -> Result<(), EngineError> {
        let _one_at_a_time = self.registering.lock().await;
        let mut registry = self.registry(namespace);
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
        self.store.add_search_attribute_types(namespace, &new).await.map_err(unavailable)?;
        registry.0.extend(new);
        self.namespaces.set_search_attributes(namespace, registry);
        Ok(())
    }

    /// Names that are not there are no error, as in Temporal.
    pub(crate) async fn remove_search_attributes(
        &self,
        namespace: NamespaceId,
        names: &[String],
    ) -> Result<(), EngineError> {
        let _one_at_a_time = self.registering.lock().await;
        let mut registry = self.registry(namespace);
        self.store.remove_search_attribute_types(namespace, names).await.map_err(unavailable)?;
        registry.0.retain(|name, _| !names.contains(name));
        self.namespaces.set_search_attributes(namespace, registry);
        Ok(())
    }

    fn registry(&self, namespace: NamespaceId) -> Registry {
        (*self.namespaces.search_attributes(namespace).registry).clone()
    }
}
