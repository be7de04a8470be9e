//! Namespaces and components.

use crate::api::Uploaded;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::Checked;
use crate::start::unavailable;
use refrain_core::ids::NamespaceId;
use refrain_core::time::Delay;
use refrain_store::{ComponentMeta, Namespace, NamespaceError, NewNamespace};
use std::sync::Arc;

impl Inner {
    pub(crate) async fn register_namespace(
        &self,
        name: &str,
        description: &str,
        owner_email: &str,
        retention: Delay,
    ) -> Result<Arc<Namespace>, EngineError> {
        let new = NewNamespace {
            name: name.to_owned(),
            uuid: uuid::Uuid::new_v4().as_u128(),
            description: description.to_owned(),
            owner_email: owner_email.to_owned(),
            retention,
            created_at: self.now(),
        };
        match self.store.insert_namespace(new).await {
            Ok(namespace) => Ok(self.namespaces.add(namespace)),
            Err(NamespaceError::AlreadyExists { name }) => Err(EngineError::NamespaceExists(name)),
            Err(NamespaceError::Store { source, .. }) => Err(unavailable(source)),
        }
    }

    pub(crate) async fn check_component(&self, bytes: Vec<u8>) -> Result<Checked, EngineError> {
        let programs = Arc::clone(&self.programs);
        let checked = tokio::task::spawn_blocking(move || programs.check(&bytes)).await;
        match checked {
            Ok(Ok(checked)) => Ok(checked),
            Ok(Err(reason)) => Err(EngineError::InvalidArgument(reason)),
            Err(panic) => Err(EngineError::Internal(panic.to_string())),
        }
    }

    pub(crate) async fn upload_component(
        &self,
        namespace: NamespaceId,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Uploaded, EngineError> {
        let component = self.check_component(bytes.clone()).await?;
        let there = self.store.has_component(namespace, component.digest).await;
        let already_there = there.map_err(unavailable)?;
        let meta = ComponentMeta {
            digest: component.digest,
            kind: component.kind,
            name: name.to_owned(),
            size: bytes.len() as u64,
            definition: component.definition.clone(),
            created_at: self.now(),
        };
        self.store.put_component(namespace, &meta, &bytes).await.map_err(unavailable)?;
        Ok(Uploaded { component, already_there })
    }

    pub(crate) async fn components(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<ComponentMeta>, EngineError> {
        self.store.list_components(namespace).await.map_err(unavailable)
    }
}
