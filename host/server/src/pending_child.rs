//! A child that is not closed, as describe shows it.

use refrain_core::execution::PendingChild;
use refrain_core::ids::EventId;
use refrain_wire::api::workflow::v1::PendingChildExecutionInfo;
use refrain_wire::options::{event_id_to_proto, parent_close_to_proto, run_to_proto};

pub(crate) fn info(initiated: EventId, child: &PendingChild) -> PendingChildExecutionInfo {
    let options = &child.options;
    PendingChildExecutionInfo {
        workflow_id: options.workflow_id.clone(),
        run_id: run_to_proto(child.state.run()),
        workflow_type_name: options.workflow_type.clone(),
        initiated_id: event_id_to_proto(initiated),
        parent_close_policy: parent_close_to_proto(options.parent_close) as i32,
    }
}
