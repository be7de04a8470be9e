//! Where guests come from. In production: the wasm runtime. In tests: scripts.

use futures::FutureExt;
use refrain_core::attempt::{ActivityTask, Heartbeat};
use refrain_core::failure::Failure;
use refrain_core::guest::{GuestError, Program};
use refrain_core::ids::Digest;
use refrain_core::payload::Payloads;
use refrain_store::ComponentKind;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

pub type ActivityResult = Result<Payloads, Failure>;

pub trait Programs: Send + Sync {
    /// What is in memory already; no waiting.
    fn cached(&self, digest: Digest) -> Option<Arc<dyn Program>>;

    /// Compiles, or loads what was compiled before. Takes up to seconds: called on a thread that
    /// may block.
    fn load(&self, digest: Digest, bytes: Vec<u8>) -> Result<Arc<dyn Program>, GuestError>;

    /// Looks at a component before it is stored.
    fn check(&self, bytes: &[u8]) -> Result<Checked, GuestError>;

    /// The component is gone: what was made of it may go as well.
    fn forget(&self, _digest: Digest) {}

    /// A component of activities, ready to run. May block, as `load`.
    fn load_activities(
        &self,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError>;
}

pub trait ActivityProgram: Send + Sync {
    /// Runs one attempt. A trap is a failure like any other.
    fn execute(
        &self,
        namespace: String,
        task: ActivityTask,
        heartbeats: Arc<dyn Heartbeats>,
    ) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>>;
}

/// As [`ActivityProgram::execute`]. A program that panics has failed: its attempt does not stay under way.
pub(crate) async fn execute(
    program: Arc<dyn ActivityProgram>,
    namespace: String,
    task: ActivityTask,
    heartbeats: Arc<dyn Heartbeats>,
) -> ActivityResult {
    no_panic(async move { program.execute(namespace, task, heartbeats).await }).await
}

async fn no_panic(attempt: impl Future<Output = ActivityResult>) -> ActivityResult {
    match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(result) => result,
        Err(_) => {
            let message = "the host broke while it ran this attempt; its log says where";
            Err(Failure::host_for_now("HostPanicked", message))
        }
    }
}

/// What a running activity reports to.
pub trait Heartbeats: Send + Sync {
    /// True if someone wants it to stop.
    fn beat(self: Arc<Self>, heartbeat: Heartbeat) -> bool;
}

/// What is known of a valid component.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub digest: Digest,
    pub kind: ComponentKind,
    /// JSON, as `refrain component describe` shows it.
    pub definition: String,
    /// Workflow types or activity types. Empty: the component does not say.
    pub types: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::failure::FailureKind;

    #[tokio::test]
    async fn a_program_that_panics_has_failed_and_may_be_tried_again() {
        let failure = no_panic(async { panic!("a bug of the host") }).await;
        let failure = failure.expect_err("it panicked");
        assert_eq!(failure.message, "the host broke while it ran this attempt; its log says where");
        let FailureKind::Application { non_retryable, .. } = failure.kind else {
            panic!("{failure:?}")
        };
        assert!(!non_retryable);
    }
}
