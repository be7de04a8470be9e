//! What is listed: runs, or activities without a workflow. Their tables are made alike, so that a
//! filter becomes the same statement for both.

use refrain_core::search::{Condition, Field, System, Test};

/// Names in SQL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables {
    pub(super) rows: &'static str,
    /// Columns.
    pub(super) run: &'static str,
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
    id: "activity_id",
    kind: "activity_type",
    by_status: "standalone_activities_by_status",
    by_type: "standalone_activities_by_type",
    by_id: "standalone_activities_by_id",
    attributes: "standalone_attributes",
    by_value: "standalone_attributes_by_value",
};

/// A filter of activities, in the words of runs: an activity's id and type are in the place of a
/// workflow's, and of what only runs have it has nothing.
pub(super) fn of_activities(condition: &Condition) -> Condition {
    match condition {
        Condition::All(parts) => Condition::All(parts.iter().map(of_activities).collect()),
        Condition::Any(parts) => Condition::Any(parts.iter().map(of_activities).collect()),
        Condition::Test(test) => {
            let mut test = test.clone();
            let field = match &mut test {
                Test::Status(_) => return Condition::Test(test),
                Test::Compare { field, .. }
                | Test::OneOf { field, .. }
                | Test::StartsWith { field, .. }
                | Test::HasAny { field, .. }
                | Test::Words { field, .. }
                | Test::Null { field, .. } => field,
            };
            match column_of(field) {
                Some(column) => {
                    *field = column;
                    Condition::Test(test)
                }
                None => without_value(&test),
            }
        }
    }
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
