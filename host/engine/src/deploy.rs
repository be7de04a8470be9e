//! Versions of a queue: switching, ramping, going back, and how each one stands.

use crate::api::{ComponentState, Kept, Stage, VersionState};
use crate::cell::Letter;
use crate::deployments::Deployed;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::arrival::Arrival;
use refrain_core::deployment::{Change, Version, previous};
use refrain_core::ids::{Digest, NamespaceId};
use refrain_store::{ComponentKind, ComponentMeta, DeployError, Deployment, Queue};
use std::collections::BTreeMap;
use std::sync::Arc;

const FAILING_PAGE: u32 = 1000;

impl Inner {
    /// Makes a component current; the version that it is then.
    pub(crate) async fn deploy(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        task_queue: &str,
        digest: Digest,
    ) -> Result<Deployment, EngineError> {
        let meta = self.component_of(namespace, digest).await?;
        let queue = Queue { namespace, task_queue: task_queue.to_owned(), kind: meta.kind };
        let after = self.change_deployment(&queue, Change::SetCurrent(digest), &meta.name).await?;
        if meta.kind == ComponentKind::Workflow {
            self.try_failing_runs(namespace, task_queue).await?;
        }
        let current = after.into_iter().find(|it| it.current);
        current.ok_or_else(|| EngineError::Internal("nothing is current after a deploy".to_owned()))
    }

    pub(crate) async fn component_of(
        &self,
        namespace: NamespaceId,
        digest: Digest,
    ) -> Result<ComponentMeta, EngineError> {
        let meta = self.store.component_meta(namespace, digest).await.map_err(unavailable)?;
        meta.ok_or_else(|| EngineError::ComponentNotFound(format!("sha256:{digest}")))
    }

    /// Applies a change, in the store and then here. Changes of all queues come one by one, so
    /// that what is here is what was written last.
    pub(crate) async fn change_deployment(
        self: &Arc<Inner>,
        queue: &Queue,
        change: Change,
        name: &str,
    ) -> Result<Vec<Deployment>, EngineError> {
        if let Change::Ramp(..) = change
            && queue.kind == ComponentKind::Activities
        {
            return Err(EngineError::InvalidArgument(
                "component is of kind `activities`, expected `workflow`: only workflows ramp"
                    .to_owned(),
            ));
        }
        let (inner, queue, name) = (Arc::clone(self), queue.clone(), name.to_owned());
        let changed = async move {
            let _one_at_a_time = inner.deploying.lock().await;
            let changed = inner.store.change_deployment(&queue, change, &name, inner.now()).await;
            let after = changed.map_err(|error| match error {
                DeployError::Refused(refused) => EngineError::DeployRefused(refused),
                DeployError::UnknownComponent(digest) => {
                    EngineError::ComponentNotFound(format!("sha256:{digest}"))
                }
                DeployError::Store(error) => unavailable(error),
            })?;
            inner.serve(&queue, &after).await?;
            if queue.kind == ComponentKind::Activities {
                // Also after a rollback: who takes which type may be another one now.
                inner.host_serves(queue.namespace, &queue.task_queue);
            }
            Ok(after)
        };
        self.whole(changed).await
    }

    /// Puts into memory what of `rows` serves.
    async fn serve(&self, queue: &Queue, rows: &[Deployment]) -> Result<(), EngineError> {
        let mut serving = Vec::new();
        for row in rows.iter().filter(|it| it.current || it.ramp.is_some()) {
            let meta = self.store.component_meta(row.namespace, row.digest).await;
            let definition =
                meta.map_err(unavailable)?.map_or_else(String::new, |it| it.definition);
            serving.push(Deployed { row: row.clone(), types: types_of(row.kind, &definition) });
        }
        self.deployments.set(queue, serving);
        Ok(())
    }

    pub(crate) async fn load_deployments(&self) -> Result<(), EngineError> {
        let mut queues: BTreeMap<_, Vec<Deployment>> = BTreeMap::new();
        for row in self.store.serving_deployments().await.map_err(unavailable)? {
            let key = (row.namespace, row.task_queue.clone(), row.kind);
            queues.entry(key).or_default().push(row);
        }
        for ((namespace, task_queue, kind), rows) in queues {
            self.serve(&Queue { namespace, task_queue, kind }, &rows).await?;
        }
        Ok(())
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
                self.post(&key.execution, Letter::own(key.run, Arrival::TaskRetryDue));
            }
            after = page.last().map(|key| key.run);
            if page.len() < FAILING_PAGE as usize {
                return Ok(());
            }
        }
    }

    // ---- how things stand

    /// All versions that serve or served, with the runs that are still on each.
    pub(crate) async fn versions(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<VersionState>, EngineError> {
        let rows = self.store.list_deployments(namespace).await.map_err(unavailable)?;
        let open = self.store.open_runs(namespace).await.map_err(unavailable)?;
        let n_open = |row: &Deployment| {
            let its = |it: &&refrain_store::OpenRuns| {
                it.component == row.digest && it.task_queue == row.task_queue
            };
            match row.kind {
                ComponentKind::Workflow => open.iter().find(its).map_or(0, |it| it.n_open),
                ComponentKind::Activities => 0,
            }
        };
        let state = |row: Deployment| {
            let n_open = n_open(&row);
            let stage = match (row.current, row.ramp) {
                (true, _) => Stage::Current,
                (false, Some(share)) => Stage::Ramping(share),
                (false, None) if n_open > 0 => Stage::Draining,
                (false, None) => Stage::Drained,
            };
            VersionState { row, stage, n_open }
        };
        Ok(rows.into_iter().map(state).collect())
    }

    /// All components of a namespace, and what each is kept for.
    pub(crate) async fn kept_components(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<ComponentState>, EngineError> {
        let all = self.store.list_components(namespace).await.map_err(unavailable)?;
        let rows = self.store.list_deployments(namespace).await.map_err(unavailable)?;
        let open = self.store.open_runs(namespace).await.map_err(unavailable)?;
        let closed =
            self.store.components_with_closed_runs(namespace).await.map_err(unavailable)?;
        let young = self.now().0.saturating_sub(self.config.component_grace.0);
        let mut queues: BTreeMap<(&str, ComponentKind), Vec<Version>> = BTreeMap::new();
        for row in &rows {
            queues.entry((&row.task_queue, row.kind)).or_default().push(row.to_version());
        }
        let kept = |meta: &ComponentMeta| {
            let mut kept = Vec::new();
            for ((queue, _), versions) in &queues {
                let queue = || (*queue).to_owned();
                let its = versions.iter().find(|it| it.component == meta.digest);
                match its.map(|it| (it.current, it.ramp)) {
                    Some((true, _)) => kept.push(Kept::Current(queue())),
                    Some((false, Some(share))) => kept.push(Kept::Ramping(queue(), share)),
                    Some((false, None)) | None => {}
                }
                if previous(versions).is_some_and(|it| it.component == meta.digest) {
                    kept.push(Kept::Previous(queue()));
                }
            }
            let n_open = open.iter().filter(|it| it.component == meta.digest).map(|it| it.n_open);
            match n_open.sum() {
                0 => {}
                n => kept.push(Kept::OpenRuns(n)),
            }
            if closed.contains(&meta.digest) {
                kept.push(Kept::ClosedRuns);
            }
            if meta.created_at.0 >= young {
                kept.push(Kept::Young);
            }
            kept
        };
        Ok(all.into_iter().map(|meta| ComponentState { kept: kept(&meta), meta }).collect())
    }
}

/// The names of what a component offers, from the definition that was stored with it.
pub(crate) fn types_of(kind: ComponentKind, definition: &str) -> Vec<String> {
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
