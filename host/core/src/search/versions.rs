//! What lists say of the component that a run is pinned to, in the words of Temporal's worker
//! versioning: a deployment is a task queue, a build id a component's digest.

use super::System;
use crate::ids::Digest;

/// The components of one run.
#[derive(Clone, Copy, Debug)]
pub struct RunVersions<'a> {
    pub task_queue: &'a str,
    pub component: Digest,
    /// What it was pinned to before that, if it was moved.
    pub earlier: &'a [Digest],
    /// It moves on with what is deployed.
    pub follows: bool,
}

impl RunVersions<'_> {
    /// Those that say something of versions, with the values that this run has. None of another one.
    pub fn values(&self, system: System) -> Vec<String> {
        let version = |component: Digest| format!("{}:{component}", self.task_queue);
        let used = || {
            let mut used = self.earlier.to_vec();
            used.push(self.component);
            used.sort_unstable();
            used.dedup();
            used.into_iter()
        };
        match system {
            System::WorkerDeployment => vec![self.task_queue.to_owned()],
            System::WorkerDeploymentVersion => vec![version(self.component)],
            System::VersioningBehavior => {
                vec![if self.follows { "AutoUpgrade" } else { "Pinned" }.to_owned()]
            }
            System::BuildIds => {
                let pinned = BuildId::Pinned(self.task_queue.to_owned(), self.component);
                let used = used().map(BuildId::Used);
                let pinned = Some(pinned).filter(|_| !self.follows);
                pinned.into_iter().chain(used).map(|it| it.to_string()).collect()
            }
            System::UsedVersions => used().map(version).collect(),
            System::WorkflowId
            | System::RunId
            | System::WorkflowType
            | System::StartTime
            | System::ExecutionTime
            | System::CloseTime
            | System::ExecutionStatus
            | System::TaskQueue
            | System::HistoryLength
            | System::ExecutionDuration
            | System::StateTransitionCount
            | System::HistorySizeBytes
            | System::ParentWorkflowId
            | System::ParentRunId
            | System::RootWorkflowId
            | System::RootRunId
            | System::ReportedProblems
            | System::Paused => Vec::new(),
        }
    }
}

/// What a value of one of these attributes says of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildId {
    /// In this queue it is pinned to this component.
    Pinned(String, Digest),
    /// It is, or was, on this component. The word is Temporal's for a build id without a deployment.
    Used(Digest),
    /// The same, in this queue.
    UsedIn(String, Digest),
}

const PINNED: &str = "pinned:";
const UNVERSIONED: &str = "unversioned:";

impl BuildId {
    /// `None`: a text that no run has.
    pub fn of(system: System, text: &str) -> Option<BuildId> {
        let found = match system {
            System::BuildIds => match text.strip_prefix(PINNED) {
                Some(version) => {
                    version_of(version).map(|(queue, digest)| BuildId::Pinned(queue, digest))
                }
                None => text.strip_prefix(UNVERSIONED)?.parse().ok().map(BuildId::Used),
            },
            System::UsedVersions => {
                version_of(text).map(|(queue, digest)| BuildId::UsedIn(queue, digest))
            }
            _ => None,
        };
        // A digest has several spellings, a value has one.
        found.filter(|it| it.to_string() == text)
    }

    pub fn component(&self) -> Digest {
        match self {
            BuildId::Pinned(_, digest) | BuildId::Used(digest) | BuildId::UsedIn(_, digest) => {
                *digest
            }
        }
    }
}

impl std::fmt::Display for BuildId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BuildId::Pinned(queue, digest) => write!(f, "{PINNED}{queue}:{digest}"),
            BuildId::Used(digest) => write!(f, "{UNVERSIONED}{digest}"),
            BuildId::UsedIn(queue, digest) => write!(f, "{queue}:{digest}"),
        }
    }
}

/// A queue and a component, as `TemporalWorkerDeploymentVersion` names them.
pub fn version_of(text: &str) -> Option<(String, Digest)> {
    let (queue, digest) = text.rsplit_once(':')?;
    Some((queue.to_owned(), digest.parse().ok()?))
}
