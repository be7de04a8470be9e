//! Filters as SQL. Names and values of a filter are parameters, always.

use super::plan::{PAUSED, Source, keys_of_prefix, range_of_kind, range_of_ms};
use super::tables::Tables;
use crate::rows::after_prefix;
use refrain_core::search::{BuildId, Condition, Field, Kind, Op, PauseInfo, System, Test, Value};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use std::ops::Bound;

const TASK_FAILED: &str = "category=WorkflowTaskFailed";
/// Reported from the first failure, where Temporal waits for the fifth: no worker can be missing here, so what fails once
/// waits for its repair.
const FAILS: &str = "r.task_attempts > 0";

/// A statement on its way to the database.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) tables: Tables,
    pub(super) sql: String,
    pub(super) parameters: Vec<Parameter>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parameter {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Text {
    pub(super) fn of(tables: Tables) -> Text {
        Text { tables, sql: String::new(), parameters: Vec::new() }
    }

    /// Its place, as SQL names it.
    pub(super) fn parameter(&mut self, parameter: Parameter) -> String {
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }

    pub(super) fn int(&mut self, value: i64) -> String {
        self.parameter(Parameter::Int(value))
    }

    fn text(&mut self, value: &str) -> String {
        self.parameter(Parameter::Text(value.to_owned()))
    }

    fn bytes(&mut self, value: &[u8]) -> String {
        self.parameter(Parameter::Bytes(value.to_vec()))
    }

    pub(super) fn query(self) -> Query<'static, Sqlite, SqliteArguments> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(self.sql));
        for parameter in self.parameters {
            query = match parameter {
                Parameter::Int(value) => query.bind(value),
                Parameter::Text(value) => query.bind(value),
                Parameter::Bytes(value) => query.bind(value),
            };
        }
        query
    }

    /// What to read, and on what condition. `with_runs`: more than keys is needed.
    pub(super) fn source(
        &mut self,
        source: &Source,
        namespace: &str,
        with_runs: bool,
    ) -> (String, String) {
        let Tables {
            rows,
            run: run_id,
            id: own_id,
            kind,
            by_status,
            by_type,
            by_id,
            attributes: values,
            by_value,
            unique: _,
        } = self.tables;
        let runs = |index: &str| format!("{rows} AS r INDEXED BY {index}");
        let of_namespace = format!("r.namespace_id = {namespace}");
        let attributes = || {
            let join = match with_runs {
                true => format!(
                    " CROSS JOIN {rows} AS r ON r.namespace_id = s.namespace_id AND r.{run_id} = s.{run_id}"
                ),
                false => String::new(),
            };
            format!("{values} AS s INDEXED BY {by_value}{join}")
        };
        match source {
            Source::Namespace => (runs(by_status), of_namespace),
            Source::Status(status) => {
                let condition = format!("{of_namespace} AND r.status = {}", self.int(*status));
                (runs(by_status), condition)
            }
            Source::Type { name, status } => {
                let (name, status) = (self.text(name), self.int(*status));
                let condition =
                    format!("{of_namespace} AND r.{kind} = {name} AND r.status = {status}");
                (runs(by_type), condition)
            }
            Source::Workflow(id) => {
                let condition = format!("{of_namespace} AND r.{own_id} = {}", self.text(id));
                (runs(by_id), condition)
            }
            Source::Workflows { from, to } => {
                let (from, to) = (self.text(from), self.text(to));
                let condition =
                    format!("{of_namespace} AND r.{own_id} >= {from} AND r.{own_id} < {to}");
                (runs(by_id), condition)
            }
            Source::Run(run) => {
                let run = self.bytes(&run.to_bytes());
                (format!("{rows} AS r"), format!("{of_namespace} AND r.{run_id} = {run}"))
            }
            Source::Parent(id) => {
                let id = self.text(id);
                let condition = format!("{of_namespace} AND r.parent_workflow_id = {id}");
                (runs("runs_by_parent"), condition)
            }
            Source::Root(id) => {
                let condition =
                    format!("{of_namespace} AND r.root_workflow_id = {}", self.text(id));
                (runs("runs_by_root"), condition)
            }
            Source::Failing => {
                (runs("runs_failing"), format!("{of_namespace} AND r.task_attempts > 0"))
            }
            Source::PausedActivities => {
                let from = format!(
                    "activity_tasks AS p INDEXED BY activity_tasks_paused CROSS JOIN {rows} AS r ON r.namespace_id = p.namespace_id AND r.{run_id} = p.run_id"
                );
                let condition =
                    format!("p.namespace_id = {namespace} AND p.paused_type IS NOT NULL");
                (from, condition)
            }
            Source::Component { digest, status } => {
                let (digest, status) = (self.bytes(&digest.0), self.int(*status));
                let condition =
                    format!("r.component = {digest} AND {of_namespace} AND r.status = {status}");
                (runs("runs_by_component"), condition)
            }
            Source::Moved => {
                let condition = format!("{of_namespace} AND r.earlier_components IS NOT NULL");
                (runs("runs_moved"), condition)
            }
            Source::Attribute { name, key } => {
                let (name, key) = (self.text(name), self.bytes(key));
                let condition =
                    format!("s.namespace_id = {namespace} AND s.name = {name} AND s.value = {key}");
                (attributes(), condition)
            }
            Source::Attributes { name, from, to } => {
                let (name, from, to) = (self.text(name), self.bytes(from), self.bytes(to));
                let condition = format!(
                    "s.namespace_id = {namespace} AND s.name = {name} AND s.value >= {from} AND s.value < {to}"
                );
                (attributes(), condition)
            }
        }
    }

    pub(super) fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All(parts) => {
                let parts: Vec<String> = parts.iter().map(|it| self.condition(it)).collect();
                balanced(&parts, "AND", "1")
            }
            Condition::Any(parts) => {
                let parts: Vec<String> = parts.iter().map(|it| self.condition(it)).collect();
                balanced(&parts, "OR", "0")
            }
            Condition::Test(test) => self.test(test),
        }
    }

    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Status(among) => {
                // Eight numbers of ours, and nothing of the filter's.
                let among: Vec<String> = among.iter().map(i64::to_string).collect();
                format!("r.status IN ({})", among.join(", "))
            }
            Test::Compare { field: Field::System(system), op, value } => {
                self.compare(*system, *op, value)
            }
            Test::Compare { field: Field::Set { name, kind }, op, value } => {
                let key = self.bytes(&value.key(*kind));
                let within = match op {
                    Op::Equal => format!("a.value = {key}"),
                    _ => format!("a.value {} {key} AND {}", op.sign(), self.of_kind(*kind)),
                };
                self.exists(name, &within)
            }
            Test::OneOf { field: Field::System(system), values, negated } => {
                let each: Vec<String> =
                    values.iter().map(|it| self.compare(*system, Op::Equal, it)).collect();
                let any = balanced(&each, "OR", "0");
                match negated {
                    false => any,
                    true => {
                        format!("({} IS NOT NULL AND NOT {any})", self.tables.expression(*system))
                    }
                }
            }
            Test::OneOf { field: Field::Set { name, kind }, values, negated } => {
                let keys = self.keys(*kind, values);
                let within = match negated {
                    false => format!("a.value IN ({keys})"),
                    true => format!("a.value NOT IN ({keys}) AND {}", self.of_kind(*kind)),
                };
                self.exists(name, &within)
            }
            Test::HasAny { field: Field::Set { name, kind }, values, negated } => {
                let keys = self.keys(*kind, values);
                let exists = self.exists(name, &format!("a.value IN ({keys})"));
                if *negated { format!("NOT {exists}") } else { exists }
            }
            Test::HasAny {
                field: Field::System(system @ (System::BuildIds | System::UsedVersions)),
                values,
                negated,
            } => {
                let texts = values.iter().filter_map(|it| match it {
                    Value::Text(text) => BuildId::of(*system, text),
                    Value::Int(_) | Value::Double(_) | Value::Bool(_) | Value::Time(_) => None,
                });
                let each: Vec<String> = texts.map(|it| self.build_id(&it)).collect();
                let any = balanced(&each, "OR", "0");
                if *negated { format!("NOT {any}") } else { any }
            }
            Test::HasAny { field: Field::System(System::Paused), values, negated } => {
                let asked = values.iter().filter_map(|it| match it {
                    Value::Text(text) => PauseInfo::of(text),
                    Value::Int(_) | Value::Double(_) | Value::Bool(_) | Value::Time(_) => None,
                });
                let each: Vec<String> = asked.map(|it| self.pause_info(&it)).collect();
                let any = balanced(&each, "OR", "0");
                if *negated { format!("NOT {any}") } else { any }
            }
            Test::HasAny { field: Field::System(_), values, negated } => {
                let asked = values.contains(&Value::Text(TASK_FAILED.to_owned()));
                match (asked, negated) {
                    (true, false) => FAILS.to_owned(),
                    (true, true) => format!("NOT {FAILS}"),
                    (false, false) => "0".to_owned(),
                    (false, true) => "1".to_owned(),
                }
            }
            Test::StartsWith { field: Field::System(system), prefix, negated } => {
                let (from, to) = (self.text(prefix), self.text(&after_prefix(prefix)));
                let text = self.tables.expression(*system);
                let not = if *negated { "NOT " } else { "" };
                format!("{not}({text} >= {from} AND {text} < {to})")
            }
            Test::StartsWith { field: Field::Set { name, kind }, prefix, negated } => {
                let (from, to) = keys_of_prefix(prefix, *kind);
                let (from, to) = (self.bytes(&from), self.bytes(&to));
                let starts = format!("(a.value >= {from} AND a.value < {to})");
                let within = match negated {
                    false => starts,
                    true => format!("NOT {starts} AND {}", self.of_kind(*kind)),
                };
                self.exists(name, &within)
            }
            Test::Words { field, any, negated } => {
                let groups: Vec<String> = any
                    .iter()
                    .map(|group| {
                        let has = |word: &String| {
                            let key = self.bytes(&Value::Text(word.clone()).key(Kind::Text));
                            self.exists(field.name(), &format!("a.value = {key}"))
                        };
                        balanced(&group.iter().map(has).collect::<Vec<_>>(), "AND", "1")
                    })
                    .collect();
                let any = balanced(&groups, "OR", "0");
                if *negated { format!("NOT {any}") } else { any }
            }
            Test::Null { field: Field::System(System::ReportedProblems), negated } => {
                if *negated {
                    FAILS.to_owned()
                } else {
                    format!("NOT {FAILS}")
                }
            }
            Test::Null { field: Field::System(System::Paused), negated } => {
                let any = format!("(r.status = {PAUSED} OR {})", paused_activity(""));
                if *negated { any } else { format!("NOT {any}") }
            }
            // Every run has them.
            Test::Null {
                field: Field::System(System::BuildIds | System::UsedVersions),
                negated,
            } => i64::from(*negated).to_string(),
            Test::Null { field: Field::System(system), negated } => {
                let not = if *negated { "NOT " } else { "" };
                format!("{} IS {not}NULL", self.tables.expression(*system))
            }
            Test::Null { field: Field::Set { name, kind }, negated } => {
                let of_kind = self.of_kind(*kind);
                let exists = self.exists(name, &of_kind);
                if *negated { exists } else { format!("NOT {exists}") }
            }
        }
    }

    /// The run has a value of this name for which `within` holds of `a.value`.
    fn exists(&mut self, name: &str, within: &str) -> String {
        let name = self.text(name);
        let Tables { attributes, run, unique, .. } = self.tables;
        let in_namespace = if unique { "" } else { " AND a.namespace_id = r.namespace_id" };
        format!(
            "EXISTS (SELECT 1 FROM {attributes} AS a WHERE a.{run} = r.{run}{in_namespace} AND a.name = {name} AND {within})"
        )
    }

    fn build_id(&mut self, it: &BuildId) -> String {
        let component = self.bytes(&it.component().0);
        let is = format!("r.component = {component}");
        // Digests one after the other: no two of them have a third one between them.
        let used = format!("({is} OR coalesce(instr(r.earlier_components, {component}), 0) > 0)");
        match it {
            BuildId::Used(_) => used,
            BuildId::Pinned(queue, _) => {
                let queue = self.text(queue);
                format!("(r.auto_upgrade = 0 AND r.task_queue = {queue} AND {is})")
            }
            BuildId::UsedIn(queue, _) => {
                format!("(r.task_queue = {} AND {used})", self.text(queue))
            }
        }
    }

    fn pause_info(&mut self, it: &PauseInfo) -> String {
        match it {
            PauseInfo::Run(id) => {
                format!("(r.status = {PAUSED} AND r.workflow_id = {})", self.text(id))
            }
            PauseInfo::Reason(reason) => {
                format!("(r.status = {PAUSED} AND r.pause_reason = {})", self.text(reason))
            }
            PauseInfo::ActivityType(name) => {
                paused_activity(&format!(" AND p.paused_type = {}", self.text(name)))
            }
        }
    }

    fn of_kind(&mut self, kind: Kind) -> String {
        let (from, to) = range_of_kind(kind);
        let (from, to) = (self.bytes(&from), self.bytes(&to));
        format!("a.value >= {from} AND a.value < {to}")
    }

    fn keys(&mut self, kind: Kind, values: &[Value]) -> String {
        let keys: Vec<String> = values.iter().map(|it| self.bytes(&it.key(kind))).collect();
        keys.join(", ")
    }

    fn compare(&mut self, system: System, op: Op, value: &Value) -> String {
        let left = self.tables.expression(system);
        let sign = op.sign();
        match value {
            Value::Text(text) => match (system, op, text.parse::<refrain_core::ids::RunId>()) {
                // Ids are kept as bytes.
                (System::RunId, Op::Equal, Ok(run)) if run.to_string() == *text => {
                    let column = self.tables.run;
                    format!("r.{column} = {}", self.bytes(&run.to_bytes()))
                }
                _ => format!("{left} {sign} {}", self.text(text)),
            },
            Value::Int(value) => format!("{left} {sign} {}", self.int(*value)),
            Value::Time(time) => {
                let (floor, exact) = time.floor_ms();
                let Some(range) = range_of_ms(op, floor, exact) else {
                    return match (op, exact) {
                        (Op::NotEqual, true) => format!("{left} <> {}", self.int(floor)),
                        (Op::NotEqual, false) => format!("{left} IS NOT NULL"),
                        _ => "0".to_owned(),
                    };
                };
                let mut parts = Vec::new();
                if let Bound::Included(low) = range.0 {
                    parts.push(format!("{left} >= {}", self.int(low)));
                }
                if let Bound::Included(high) = range.1 {
                    parts.push(format!("{left} <= {}", self.int(high)));
                }
                format!("({})", parts.join(" AND "))
            }
            // No attribute of the host has such values.
            Value::Double(_) | Value::Bool(_) => "0".to_owned(),
        }
    }
}

impl Tables {
    /// A run's own attribute, in terms of its row.
    pub(super) fn expression(self, system: System) -> String {
        let Tables { run, id, kind, .. } = self;
        // As ids are written.
        let uuid = |column: &str| {
            let hex = format!("lower(hex({column}))");
            let part = |from: u8, n: u8| format!("substr({hex}, {from}, {n})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
            format!("(CASE WHEN {column} IS NOT NULL THEN {} END)", parts.join(" || '-' || "))
        };
        match system {
            System::WorkflowId => format!("r.{id}"),
            System::RunId => uuid(&format!("r.{run}")),
            System::WorkflowType => format!("r.{kind}"),
            System::StartTime => "r.start_ms".to_owned(),
            System::ExecutionTime => "r.execution_ms".to_owned(),
            System::CloseTime => "r.close_ms".to_owned(),
            System::ExecutionStatus => "r.status".to_owned(),
            System::TaskQueue => "r.task_queue".to_owned(),
            System::HistoryLength => "(r.next_event_id - 1)".to_owned(),
            System::ExecutionDuration => "((r.close_ms - r.execution_ms) * 1000000)".to_owned(),
            System::StateTransitionCount => "r.state_transitions".to_owned(),
            System::HistorySizeBytes => "r.history_bytes".to_owned(),
            System::ParentWorkflowId => "r.parent_workflow_id".to_owned(),
            System::ParentRunId => uuid("r.parent_run_id"),
            System::RootWorkflowId => "coalesce(r.root_workflow_id, r.workflow_id)".to_owned(),
            System::RootRunId => uuid("coalesce(r.root_run_id, r.run_id)"),
            // These two have tests of their own.
            System::ReportedProblems => "r.task_attempts".to_owned(),
            System::Paused => "r.pause_reason".to_owned(),
            System::WorkerDeployment => "r.task_queue".to_owned(),
            System::WorkerDeploymentVersion => {
                "(r.task_queue || ':' || lower(hex(r.component)))".to_owned()
            }
            System::VersioningBehavior => "iif(r.auto_upgrade, 'AutoUpgrade', 'Pinned')".to_owned(),
            System::BuildIds | System::UsedVersions => "r.component".to_owned(),
        }
    }
}

/// The run has an activity that is paused, for which `within` holds of `p.paused_type`.
fn paused_activity(within: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM activity_tasks AS p INDEXED BY activity_tasks_paused WHERE p.namespace_id = r.namespace_id AND p.run_id = r.run_id AND p.paused_type IS NOT NULL{within})"
    )
}

/// In halves, because SQLite refuses expressions that are nested deeply.
fn balanced(parts: &[String], join: &str, none: &str) -> String {
    match parts {
        [] => none.to_owned(),
        [one] => one.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            format!("({} {join} {})", balanced(left, join, none), balanced(right, join, none))
        }
    }
}
