//! Namespaces, components, deployments.

use crate::api::Uploaded;
use crate::cell::Letter;
use crate::deployments::Deployed;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::Checked;
use crate::start::unavailable;
use refrain_core::arrival::Arrival;
use refrain_core::ids::{Digest, NamespaceId};
use refrain_core::time::Delay;
use refrain_store::{
    ComponentKind, ComponentMeta, Deployment, Namespace, NamespaceError, NewDeployment,
    NewNamespace,
};
use std::sync::Arc;

const FAILING_PAGE: u32 = 1000;

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

    pub(crate) async fn deploy(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        task_queue: &str,
        digest: Digest,
    ) -> Result<Deployment, EngineError> {
        let meta = self.store.component_meta(namespace, digest).await.map_err(unavailable)?;
        let Some(meta) = meta else {
            return Err(EngineError::ComponentNotFound(format!("sha256:{digest}")));
        };
        let new = NewDeployment {
            namespace,
            task_queue: task_queue.to_owned(),
            kind: meta.kind,
            digest,
            name: meta.name.clone(),
            deployed_at: self.now(),
        };
        let row = self.store.deploy(&new).await.map_err(unavailable)?;
        let types = types_of(meta.kind, &meta.definition);
        self.deployments.set(namespace, meta.kind, Deployed { row: row.clone(), types });
        if meta.kind == ComponentKind::Activities {
            self.host_serves(namespace, task_queue);
        } else {
            self.try_failing_runs(namespace, task_queue).await?;
        }
        Ok(row)
    }

    /// What is deployed now may fit runs that are stuck: they need not wait for their retry.
    async fn try_failing_runs(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
    ) -> Result<(), EngineError> {
        let mut after = None;
        loop {
            let page = self.store.failing_runs(namespace, task_queue, after, FAILING_PAGE).await;
            let page = page.map_err(unavailable)?;
            for key in &page {
                let (run, arrival) = (Some(key.run), Arrival::TaskRetryDue);
                self.post(&key.execution, Letter::Deliver { run, arrival, reply: None });
            }
            after = page.last().map(|key| key.run);
            if page.len() < FAILING_PAGE as usize {
                return Ok(());
            }
        }
    }

    pub(crate) async fn load_deployments(&self) -> Result<(), EngineError> {
        for row in self.store.current_deployments().await.map_err(unavailable)? {
            let meta = self.store.component_meta(row.namespace, row.digest).await;
            let definition =
                meta.map_err(unavailable)?.map_or_else(String::new, |it| it.definition);
            let (namespace, kind) = (row.namespace, row.kind);
            let types = types_of(kind, &definition);
            self.deployments.set(namespace, kind, Deployed { row, types });
        }
        Ok(())
    }
}

/// The names of what a component offers, from the definition that was stored with it.
fn types_of(kind: ComponentKind, definition: &str) -> Vec<String> {
    let list = match kind {
        ComponentKind::Workflow => "workflow_types",
        ComponentKind::Activities => "activity_types",
    };
    let parsed: serde_json::Value = serde_json::from_str(definition).unwrap_or_default();
    let types = parsed.get(list).and_then(|it| it.as_array()).cloned().unwrap_or_default();
    let name =
        |it: &serde_json::Value| it.get("name").and_then(|it| it.as_str()).map(str::to_owned);
    types.iter().filter_map(name).collect()
}
