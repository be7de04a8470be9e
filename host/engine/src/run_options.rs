//! Changes of what a run was started with: which version it is on, and its priority.

use crate::api::Target;
use crate::api::versions::OptionsRequest;
use crate::cell::Letter;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::reads::not_found;
use crate::start::unavailable;
use refrain_core::arrival::{Accepted, Refused};
use refrain_core::ids::{Digest, NamespaceId, RunId};
use refrain_core::options::{OptionsChange, Override, RunOptions, Version};
use refrain_store::{ComponentKind, ComponentMeta, Queue, RunRow};
use std::sync::Arc;

impl Inner {
    pub(crate) async fn update_options(
        self: &Arc<Inner>,
        target: &Target,
        mut change: OptionsChange,
        identity: String,
    ) -> Result<RunOptions, EngineError> {
        let row = self.row(target).await?;
        if !row.status.is_open() {
            return Err(EngineError::Refused(Refused::RunClosed));
        }
        self.name_version(&row, &mut change)?;
        let (component, may_stay) = match &change.versioning {
            Some(Some(Override::Pinned(version) | Override::OneTime(version))) => {
                let namespace = row.key.execution.namespace;
                let component = self.component_of_version(namespace, &row.task_queue, version);
                (Some(component.await?.digest), false)
            }
            Some(Some(Override::AutoUpgrade)) => (self.deployed_for(&row), true),
            Some(None) | None => (None, false),
        };
        let (run, change) = (row.key.run, Box::new(change));
        let asked = Box::new(OptionsRequest { change, identity, component, may_stay });
        let letter = |reply| Letter::Options { run, asked, reply };
        let _: Accepted = self.ask(&row.key.execution, letter).await?;
        self.options(&Target::of(&row.key)).await
    }

    /// Fills in what the request leaves out: history has to say which version it was.
    pub(crate) fn name_version(
        &self,
        row: &RunRow,
        change: &mut OptionsChange,
    ) -> Result<(), EngineError> {
        let of_queue = |digest: Digest| Version {
            deployment: row.task_queue.clone(),
            build_id: digest.to_string(),
        };
        match &mut change.versioning {
            Some(Some(Override::Pinned(version))) if version.build_id.is_empty() => {
                *version = of_queue(row.component);
            }
            Some(Some(Override::OneTime(version))) if version.deployment.is_empty() => {
                match version.build_id.is_empty() {
                    true => *version = of_queue(self.must_be_deployed_for(row)?),
                    false => version.deployment.clone_from(&row.task_queue),
                }
            }
            Some(
                Some(Override::Pinned(_) | Override::OneTime(_) | Override::AutoUpgrade) | None,
            )
            | None => {}
        }
        Ok(())
    }

    /// As they are now.
    pub(crate) async fn options(&self, target: &Target) -> Result<RunOptions, EngineError> {
        let row = self.row(target).await?;
        match &row.options {
            Some(options) => Ok(options.clone()),
            None => {
                let started = self.started(row.key.run).await?;
                Ok(started.ok_or_else(|| not_found(target))?.options())
            }
        }
    }

    /// Errors: it never served the queue.
    pub(crate) async fn component_of_version(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        version: &Version,
    ) -> Result<ComponentMeta, EngineError> {
        let kind = ComponentKind::Workflow;
        let queue = Queue { namespace, task_queue: task_queue.to_owned(), kind };
        let serve = self.store.deployments_of(&queue).await.map_err(unavailable)?;
        let is_it = |digest: &Digest| digest.to_string() == version.build_id;
        let found = serve.iter().map(|it| it.digest).find(is_it);
        let digest = found.filter(|_| version.deployment == task_queue).ok_or_else(|| {
            let (version, task_queue) = (version.to_string(), task_queue.to_owned());
            EngineError::NoSuchVersion { version, task_queue }
        })?;
        // A deployment is remembered for longer than its component.
        self.component_of(namespace, digest).await
    }

    pub(crate) fn must_be_deployed_for(&self, row: &RunRow) -> Result<Digest, EngineError> {
        let nothing = || EngineError::NothingDeployed { task_queue: row.task_queue.clone() };
        self.deployed_for(row).ok_or_else(nothing)
    }

    /// What a new run like this one would start on.
    pub(crate) fn deployed_for(&self, row: &RunRow) -> Option<Digest> {
        let id = &row.key.execution;
        let deployed = self.deployments.for_start(
            id.namespace,
            &row.task_queue,
            &id.workflow,
            &row.workflow_type,
        );
        deployed.map(|it| it.row.digest)
    }

    /// It is to follow what is deployed, and that is another component by now. `unfit`: one that a
    /// run has diverged on.
    pub(crate) fn is_outdated(&self, row: &RunRow, unfit: Option<(RunId, Digest)>) -> bool {
        row.follows() && row.status.is_open() && self.newer_for(row, unfit).is_some()
    }

    /// What a new run like this one would start on, if that is another component than its own and
    /// not `unfit`.
    pub(crate) fn newer_for(&self, row: &RunRow, unfit: Option<(RunId, Digest)>) -> Option<Digest> {
        let is_new = |it: &Digest| *it != row.component && unfit != Some((row.key.run, *it));
        self.deployed_for(row).filter(is_new)
    }
}
