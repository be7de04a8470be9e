//! A child that is not closed, as describe shows it.

use refrain_engine::api::PendingChild;
use refrain_wire::api::workflow::v1::PendingChildExecutionInfo;
use refrain_wire::options::{event_id_to_proto, parent_close_to_proto, run_to_proto};

pub(crate) fn info(child: &PendingChild) -> PendingChildExecutionInfo {
    PendingChildExecutionInfo {
        workflow_id: child.workflow_id.clone(),
        run_id: run_to_proto(child.run),
        workflow_type_name: child.workflow_type.clone(),
        initiated_id: event_id_to_proto(child.initiated),
        parent_close_policy: parent_close_to_proto(child.parent_close) as i32,
    }
}
