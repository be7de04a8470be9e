//! Rows of activities without a workflow.

use super::Tables;
use crate::rows::{id, ms};
use crate::standalone::status_number;
use crate::write::{ActivityPart, AttemptsPart, StandalonePart};
use refrain_core::standalone::{SCHEDULED, Status};

impl Tables {
    pub(super) fn put_standalone(&mut self, part: &StandalonePart) {
        let run = part.run.run.to_bytes();
        self.standalone_put
            .row()
            .fixed(&run)
            .int(i64::from(part.run.execution.namespace.0))
            .text(&part.activity_id)
            .text(&part.activity_type)
            .text(&part.task_queue)
            .int(part.status)
            .int(ms(part.started_at))
            .int(ms(part.began_at))
            .int_or_null(part.closed_at.map(ms))
            .bytes(&part.execution);
        for (name, value) in &part.values {
            self.standalone_attributes_insert
                .row()
                .fixed(&run)
                .int(i64::from(part.run.execution.namespace.0))
                .text(name)
                .int(ms(part.started_at))
                .bytes(value);
        }
        match &part.attempts {
            AttemptsPart::Begin(row) => self.insert_activity(row),
            AttemptsPart::Stay => {}
            AttemptsPart::End => {
                self.activity_delete.row().fixed(&run).int(id(SCHEDULED));
            }
        }
    }

    /// Lists say what the row of its attempts says.
    pub(super) fn follow_standalone(&mut self, part: &ActivityPart) {
        let status = if part.held { Status::Paused } else { Status::Running };
        self.standalone_follow
            .row()
            .fixed(&part.key.run.to_bytes())
            .int(status_number(status))
            .text(&part.task_queue);
    }
}
