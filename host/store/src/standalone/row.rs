//! An activity without a workflow, as a filter looks at it.

use refrain_core::search::{Field, Instant, Row, STATUSES, System, Value};
use refrain_core::standalone::Execution;
use refrain_core::time::Timestamp;
use refrain_wire::search;

pub(super) struct Listed<'a>(pub(super) &'a Execution);

impl Row for Listed<'_> {
    fn status(&self) -> i64 {
        let name = self.0.status().name();
        STATUSES.iter().find(|it| it.0 == name).map_or(0, |it| it.1)
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let Listed(it) = *self;
        let text = |text: &str| vec![Value::Text(text.to_owned())];
        let time =
            |at: Timestamp| vec![Value::Time(Instant::from_ms(i64::try_from(at.0).unwrap_or(0)))];
        let options = &it.task.options;
        match field {
            Field::System(System::TaskQueue) => text(&options.task_queue),
            Field::System(System::RunId) => text(&it.task.run.run.to_string()),
            Field::System(System::StartTime) => time(it.task.scheduled_at),
            Field::System(System::ExecutionTime) => time(it.began_at()),
            Field::System(System::CloseTime) => {
                it.closed.as_ref().map_or_else(Vec::new, |closed| time(closed.at))
            }
            Field::System(System::ExecutionDuration) => it.took().map_or_else(Vec::new, |it| {
                vec![Value::Int(i64::try_from(it.0).unwrap_or(0).saturating_mul(1_000_000))]
            }),
            Field::System(_) => Vec::new(),
            Field::Set { name, .. } => match name.as_str() {
                "ActivityId" => text(&options.activity_id),
                "ActivityType" => text(&options.activity_type),
                name => {
                    let payload = it.search_attributes.get(name);
                    payload.and_then(search::values_of).map_or_else(Vec::new, |it| it.1)
                }
            },
        }
    }
}
