//! What tests of the engine do without a script: they start and find the workflow `w`.

use super::*;
use refrain_core::limits;
use refrain_core::machines::execution;
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_engine::api::StartRequest;

const W: &str = "w";

/// The start of an order, with no more than has to be said.
pub fn order() -> execution::Started {
    execution::Started {
        workflow_type: "order".to_owned(),
        workflow_id: W.to_owned(),
        task_queue: "orders".to_owned(),
        task_timeout: limits::TASK_TIMEOUT,
        attempt: 1,
        ..Default::default()
    }
}

impl Sim {
    /// By the request `r`, in nobody's place.
    pub fn start_request(&self, started: execution::Started) -> StartRequest {
        StartRequest {
            namespace: self.namespace,
            started,
            request_id: "r".to_owned(),
            reuse: IdReusePolicy::AllowDuplicate,
            conflict: IdConflictPolicy::Fail,
        }
    }

    /// The latest run of `w`.
    pub fn order_target(&self) -> Target {
        Target::latest(self.namespace, W.to_owned())
    }
}
