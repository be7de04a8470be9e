//! Namespaces and components.

use crate::api::{NamespaceSettings, Uploaded};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::Checked;
use crate::start::unavailable;
use refrain_core::guest::GuestErrorKind;
use refrain_core::ids::NamespaceId;
use refrain_store::{ComponentMeta, Namespace, NamespaceError, NamespaceState, NewNamespace};
use std::sync::Arc;

impl Inner {
    pub(crate) async fn register_namespace(
        self: &Arc<Inner>,
        name: &str,
        settings: NamespaceSettings,
    ) -> Result<Arc<Namespace>, EngineError> {
        let new = NewNamespace {
            name: name.to_owned(),
            uuid: uuid::Uuid::new_v4().as_u128(),
            description: settings.description,
            owner_email: settings.owner_email,
            retention: settings.retention,
            detach_above: settings.detach_above,
            data: settings.data,
            created_at: self.now(),
        };
        let inner = Arc::clone(self);
        let registered = async move {
            match inner.store.insert_namespace(new).await {
                Ok(namespace) => Ok(inner.namespaces.add(namespace)),
                Err(NamespaceError::AlreadyExists { name }) => {
                    Err(EngineError::NamespaceExists(name))
                }
                Err(NamespaceError::Store { source, .. }) => Err(unavailable(source)),
            }
        };
        self.whole(registered).await
    }

    /// `change` makes the new row of the present one.
    pub(crate) async fn update_namespace(
        self: &Arc<Inner>,
        name: &str,
        change: impl FnOnce(&mut Namespace),
    ) -> Result<Arc<Namespace>, EngineError> {
        // Of two changes at once, neither undoes the other.
        let one_at_a_time = Arc::clone(&self.naming).lock_owned().await;
        let mut row = (*self.namespaces.by_name(name)?).clone();
        change(&mut row);
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let updated = async move {
            let _one_at_a_time = one_at_a_time;
            if !inner.store.update_namespace(&row).await.map_err(unavailable)? {
                return Err(EngineError::NamespaceNotFound(name));
            }
            Ok(inner.namespaces.replace(row))
        };
        self.whole(updated).await
    }

    /// Its name is free at once; what is in it goes in the background.
    pub(crate) async fn delete_namespace(
        self: &Arc<Inner>,
        name: &str,
    ) -> Result<Arc<Namespace>, EngineError> {
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let deleted = async move {
            let deleted = inner.update_namespace(&name, |row| {
                let uuid = uuid::Uuid::from_u128(row.uuid).to_string();
                row.name = format!("{}-deleted-{}", row.name, &uuid[..5]);
                row.state = NamespaceState::Deleted;
            });
            let deleted = deleted.await?;
            inner.deployments.forget_namespace(deleted.id);
            inner.empty_namespace(deleted.id);
            Ok(deleted)
        };
        self.whole(deleted).await
    }

    pub(crate) async fn check_component(&self, bytes: Vec<u8>) -> Result<Checked, EngineError> {
        let programs = Arc::clone(&self.programs);
        let checked = tokio::task::spawn_blocking(move || programs.check(&bytes)).await;
        match checked {
            Ok(Ok(checked)) => Ok(checked),
            Ok(Err(error)) if error.kind == GuestErrorKind::NoRoom => {
                Err(EngineError::NoRoom(error.message))
            }
            Ok(Err(error)) => Err(EngineError::InvalidArgument(error.message)),
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
