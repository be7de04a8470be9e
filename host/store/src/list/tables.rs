//! What is listed: runs, activities without a workflow, or schedules. Their tables are made alike, so
//! that a filter becomes the same statement for all.

use crate::schedules::status_of;
use refrain_core::search::{
    Condition, Field, Row, SCHEDULE_ID, SCHEDULE_PAUSED, System, Test, Value, holds,
};

/// Names in SQL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables {
    pub(super) rows: &'static str,
    /// Columns. `run` is the key.
    pub(super) run: &'static str,
    /// No two namespaces have the same key.
    pub(super) unique: bool,
    pub(super) id: &'static str,
    pub(super) kind: &'static str,
    /// Indexes.
    pub(super) by_status: &'static str,
    pub(super) by_type: &'static str,
    pub(super) by_id: &'static str,
    /// Values of search attributes, and their index.
    pub(super) attributes: &'static str,
    pub(super) by_value: &'static str,
}

pub(super) const RUNS: Tables = Tables {
    rows: "runs",
    run: "run_id",
    unique: true,
    id: "workflow_id",
    kind: "workflow_type",
    by_status: "runs_by_status",
    by_type: "runs_by_type",
    by_id: "runs_of_workflow",
    attributes: "search_attributes",
    by_value: "search_attributes_by_value",
};

pub(super) const ACTIVITIES: Tables = Tables {
    rows: "standalone_activities",
    run: "activity_run_id",
    unique: true,
    id: "activity_id",
    kind: "activity_type",
    by_status: "standalone_activities_by_status",
    by_type: "standalone_activities_by_type",
    by_id: "standalone_activities_by_id",
    attributes: "standalone_attributes",
    by_value: "standalone_attributes_by_value",
};

/// They have no type, and their filters ask for none.
pub(super) const SCHEDULES: Tables = Tables {
    rows: "schedules",
    run: "schedule_id",
    unique: false,
    id: "schedule_id",
    kind: "schedule_id",
    by_status: "schedules_by_status",
    by_type: "schedules_by_id",
    by_id: "schedules_by_id",
    attributes: "schedule_attributes",
    by_value: "schedule_attributes_by_value",
};

/// A filter of activities, in the words of runs: an activity's id and type are in the place of a
/// workflow's, and of what only runs have it has nothing.
pub(super) fn of_activities(condition: &Condition) -> Condition {
    each_test(condition, &|test| match test {
        Test::Status(_) => Condition::Test(test.clone()),
        _ => in_columns(test, column_of),
    })
}

/// A filter of schedules, in the words of runs: the id is in the place of a workflow's, being paused
/// is a status, and of what runs have by themselves a schedule has nothing.
pub(super) fn of_schedules(condition: &Condition) -> Condition {
    each_test(condition, &|test| match field_of(&mut test.clone()) {
        Some(Field::Set { name, .. }) if name == SCHEDULE_PAUSED => {
            let asked = Condition::Test(test.clone());
            let meant = [false, true].into_iter().filter(|it| holds(&asked, &Paused(*it)));
            Condition::Test(Test::Status(meant.map(|it| status_of(it).number()).collect()))
        }
        _ => in_columns(test, |field| match field {
            Field::Set { name, .. } if name == SCHEDULE_ID => {
                Some(Field::System(System::WorkflowId))
            }
            Field::Set { .. } => Some(field.clone()),
            Field::System(_) => None,
        }),
    })
}

/// A schedule that is paused, or one that is not.
struct Paused(bool);

impl Row for Paused {
    fn status(&self) -> i64 {
        0
    }

    fn values(&self, _: &Field) -> Vec<Value> {
        vec![Value::Bool(self.0)]
    }
}

fn each_test(condition: &Condition, of_test: &dyn Fn(&Test) -> Condition) -> Condition {
    let each = |parts: &[Condition]| parts.iter().map(|it| each_test(it, of_test)).collect();
    match condition {
        Condition::All(parts) => Condition::All(each(parts)),
        Condition::Any(parts) => Condition::Any(each(parts)),
        Condition::Test(test) => of_test(test),
    }
}

fn field_of(test: &mut Test) -> Option<&mut Field> {
    match test {
        Test::Status(_) => None,
        Test::Compare { field, .. }
        | Test::OneOf { field, .. }
        | Test::StartsWith { field, .. }
        | Test::HasAny { field, .. }
        | Test::Words { field, .. }
        | Test::Null { field, .. } => Some(field),
    }
}

/// The test with the field in whose column the value is, or what it says of one without a value.
fn in_columns(test: &Test, column_of: impl Fn(&Field) -> Option<Field>) -> Condition {
    let mut moved = test.clone();
    if let Some(field) = field_of(&mut moved)
        && let Some(column) = column_of(field)
    {
        *field = column;
        return Condition::Test(moved);
    }
    without_value(test)
}

fn column_of(field: &Field) -> Option<Field> {
    match field {
        Field::Set { name, .. } => Some(match name.as_str() {
            "ActivityId" => Field::System(System::WorkflowId),
            "ActivityType" => Field::System(System::WorkflowType),
            _ => field.clone(),
        }),
        Field::System(
            System::RunId
            | System::StartTime
            | System::ExecutionTime
            | System::CloseTime
            | System::ExecutionStatus
            | System::TaskQueue
            | System::ExecutionDuration,
        ) => Some(field.clone()),
        Field::System(
            System::WorkflowId
            | System::WorkflowType
            | System::HistoryLength
            | System::StateTransitionCount
            | System::HistorySizeBytes
            | System::ParentWorkflowId
            | System::ParentRunId
            | System::RootWorkflowId
            | System::RootRunId
            | System::ReportedProblems
            | System::Paused
            | System::WorkerDeployment
            | System::WorkerDeploymentVersion
            | System::VersioningBehavior
            | System::BuildIds
            | System::UsedVersions,
        ) => None,
    }
}

/// What a test says of one that has no such value.
fn without_value(test: &Test) -> Condition {
    let holds = match test {
        Test::Status(_) | Test::Compare { .. } | Test::OneOf { .. } | Test::StartsWith { .. } => {
            false
        }
        Test::HasAny { negated, .. } | Test::Words { negated, .. } => *negated,
        Test::Null { negated, .. } => !*negated,
    };
    if holds { Condition::All(Vec::new()) } else { Condition::Any(Vec::new()) }
}
