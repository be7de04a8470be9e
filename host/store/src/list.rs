//! Lists and counts of runs, of activities without a workflow and of schedules, by filters.
//!
//! A filter becomes a statement of its own that finds keys; what runs are is read by key then. So
//! the statement that depends on what was asked for is small, and its plan is chosen here
//! (`plan`), not guessed by the database.

mod plan;
mod tables;
mod text;

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, Rows, ms};
use crate::runs::{RunRow, Status, read_runs};
use crate::schedules::{SchedulePlace, read_listed};
use crate::sql::{self, Statement};
use crate::standalone::{self, StandaloneCounts};
use plan::{Plan, Source};
use refrain_calendar::schedule::Record;
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::search::Condition;
use refrain_core::standalone::Execution;
use refrain_core::time::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;
use tables::{ACTIVITIES, RUNS, SCHEDULES, Tables, of_activities, of_schedules};
use text::{Parameter, Text};

/// A range that is not in the order of lists is read as a whole if it has no more entries.
const RANGE_MAX: i64 = 10_000;

const PAGE: Statement = Statement { name: "a page of runs", text: "" };
const COUNT: Statement = Statement { name: "a count of runs", text: "" };
const RANGE: Statement = Statement { name: "the size of a range", text: "" };

/// Where a page ended: lists have the newest start first, and of one millisecond the greatest id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPlace {
    pub started_at: Timestamp,
    pub run: RunId,
}

impl ListPlace {
    pub fn of(last: &RunRow) -> ListPlace {
        ListPlace { started_at: last.started_at, run: last.key.run }
    }

    pub fn of_standalone(last: &Execution) -> ListPlace {
        ListPlace { started_at: last.task.scheduled_at, run: last.task.run.run }
    }
}

/// The start and the key of the last row of a page.
type After = (i64, Parameter);

impl From<ListPlace> for After {
    fn from(it: ListPlace) -> After {
        (ms(it.started_at), Parameter::Bytes(it.run.to_bytes().to_vec()))
    }
}

/// How many runs of each status. A status that no run has is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunCounts(pub BTreeMap<Status, u64>);

impl RunCounts {
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl Store {
    /// Runs that the filter holds for, newest start first, at most `n_max`. `after`: where the
    /// page before ended; runs that start or close meanwhile do not shift the pages.
    pub async fn list_runs(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let after = after.map(After::from);
        let found = self.find(RUNS, namespace, filter, after, n_max).await?;
        let (asked, runs) = run_keys(&found)?;
        let rows = sqlx::query(sql::RUNS_OF_KEYS.text)
            .bind(i64::from(namespace.0))
            .bind(asked)
            .bind(runs)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_OF_KEYS))?;
        read_runs(sql::RUNS_OF_KEYS, &rows)
    }

    /// How many runs the filter holds for, by status. Costs what it counts, but for what one index
    /// knows by itself: all, by status, by type.
    pub async fn count_runs(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<RunCounts, StoreError> {
        let mut counts = RunCounts::default();
        for row in self.count(RUNS, namespace, filter).await? {
            let mut columns = Columns::new(COUNT, &row);
            let number = columns.int()?;
            let n_runs = columns.count("number of runs")?;
            let status = Status::from_number(number)
                .ok_or_else(|| columns.bad("status", number, Status::NUMBERS))?;
            *counts.0.entry(status).or_default() += n_runs;
        }
        Ok(counts)
    }

    /// At most `n_max` activities without a workflow that the filter holds for, newest start first.
    pub async fn list_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<Execution>, StoreError> {
        let filter = of_activities(filter);
        let after = after.map(After::from);
        let found = self.find(ACTIVITIES, namespace, &filter, after, n_max).await?;
        let (asked, runs) = run_keys(&found)?;
        let rows = sqlx::query(sql::STANDALONE_OF_KEYS.text)
            .bind(asked)
            .bind(runs)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::STANDALONE_OF_KEYS))?;
        rows.iter().map(standalone::read_listed).collect()
    }

    /// As [`Store::count_runs`].
    pub async fn count_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<StandaloneCounts, StoreError> {
        let mut counts = StandaloneCounts::new();
        for row in self.count(ACTIVITIES, namespace, &of_activities(filter)).await? {
            let mut columns = Columns::new(COUNT, &row);
            let number = columns.int()?;
            let n_activities = columns.count("number of activities")?;
            let status = standalone::status_of(number)
                .ok_or_else(|| columns.bad("status", number, "1 to 5, 7 or 8"))?;
            *counts.entry(status).or_default() += n_activities;
        }
        Ok(counts)
    }

    /// At most `n_max` schedules that the filter holds for, newest first. `after`: the last one of
    /// the page before.
    pub async fn list_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<&SchedulePlace>,
        n_max: u32,
    ) -> Result<Vec<(SchedulePlace, Record)>, StoreError> {
        let after = after.map(|it| (ms(it.created), Parameter::Text(it.id.clone())));
        let found = self.find(SCHEDULES, namespace, &of_schedules(filter), after, n_max).await?;
        let mut asked = Rows::default();
        for row in &found {
            asked.row().text(row.try_get(1).map_err(StoreError::of(PAGE))?);
        }
        let rows = sqlx::query(sql::SCHEDULES_OF_KEYS.text)
            .bind(i64::from(namespace.0))
            .bind(asked.finish().0)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::SCHEDULES_OF_KEYS))?;
        rows.iter().map(read_listed).collect()
    }

    pub async fn count_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<u64, StoreError> {
        let mut n_schedules = 0;
        for row in self.count(SCHEDULES, namespace, &of_schedules(filter)).await? {
            let mut columns = Columns::new(COUNT, &row);
            columns.int()?;
            n_schedules += columns.count("number of schedules")?;
        }
        Ok(n_schedules)
    }

    /// The rows of a page: starts and keys.
    async fn find(
        &self,
        tables: Tables,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<After>,
        n_max: u32,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let plan = self.choose(tables, namespace, Plan::of(filter)).await?;
        let Some(text) = page(tables, &plan, namespace, after, n_max) else {
            return Ok(Vec::new());
        };
        text.query().fetch_all(&self.readers).await.map_err(StoreError::of(PAGE))
    }

    /// Statuses and numbers; a status may come more than once.
    async fn count(
        &self,
        tables: Tables,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let plan = self.choose(tables, namespace, Plan::of(filter)).await?.for_count();
        let Some(text) = count(tables, &plan, namespace) else { return Ok(Vec::new()) };
        text.query().fetch_all(&self.readers).await.map_err(StoreError::of(COUNT))
    }

    /// The range, if there is one and it is small; else the rest of the plan.
    async fn choose<'a>(
        &self,
        tables: Tables,
        namespace: NamespaceId,
        mut plan: Plan<'a>,
    ) -> Result<Plan<'a>, StoreError> {
        let Some(range) = plan.if_small.take() else { return Ok(plan) };
        let Some(text) = range.sources.first().map(|it| size(tables, it, namespace)) else {
            return Ok(plan);
        };
        let row = text.query().fetch_one(&self.readers).await.map_err(StoreError::of(RANGE))?;
        let n_entries: i64 = row.try_get(0).map_err(StoreError::of(RANGE))?;
        Ok(if n_entries <= RANGE_MAX { *range } else { plan })
    }
}

/// As statements take them.
fn run_keys(found: &[SqliteRow]) -> Result<(String, Vec<u8>), StoreError> {
    let mut asked = Rows::default();
    for row in found {
        let run: Vec<u8> = row.try_get(1).map_err(StoreError::of(PAGE))?;
        asked.row().fixed(&run);
    }
    Ok(asked.finish())
}

/// The entries of a range, counted no further than what is too many.
fn size(tables: Tables, source: &Source, namespace: NamespaceId) -> Text {
    let mut text = Text::of(tables);
    let namespace = text.int(i64::from(namespace.0));
    let (from, condition) = text.source(source, &namespace, false);
    let n_max = text.int(RANGE_MAX + 1);
    text.sql =
        format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {condition} LIMIT {n_max})");
    text
}

/// Start times and ids. `None`: there is no place to look at.
fn page(
    tables: Tables,
    plan: &Plan<'_>,
    namespace: NamespaceId,
    after: Option<After>,
    n_max: u32,
) -> Option<Text> {
    let mut text = Text::of(tables);
    let namespace = text.int(i64::from(namespace.0));
    // Before every run of the next millisecond: with those of this one.
    let beyond = plan.start_max.map(|it| (it.saturating_add(1), Parameter::Bytes(Vec::new())));
    let before = match (beyond, after) {
        (Some(beyond), Some(after)) => Some(beyond.min(after)),
        (beyond, after) => beyond.or(after),
    };
    let before = before.map(|(start, key)| (text.int(start), text.parameter(key)));
    let start_min = plan.start_min.map(|it| text.int(it));
    let rest = rest(plan, &mut text);
    let run_id = tables.run;
    let mut arms = Vec::new();
    for source in &plan.sources {
        let with_runs = rest.is_some();
        let (from, condition) = text.source(source, &namespace, with_runs);
        let table = match source {
            Source::Attribute { .. } | Source::Attributes { .. } => "s",
            _ => "r",
        };
        let mut arm =
            format!("SELECT {table}.start_ms, {table}.{run_id} FROM {from} WHERE {condition}");
        if let Some(start_min) = &start_min {
            arm += &format!(" AND {table}.start_ms >= {start_min}");
        }
        if let Some((start, run)) = &before {
            arm += &format!(" AND ({table}.start_ms, {table}.{run_id}) < ({start}, {run})");
        }
        if let Some(rest) = &rest {
            arm += &format!(" AND {rest}");
        }
        arms.push(arm);
    }
    if arms.is_empty() {
        return None;
    }
    let n_max = text.int(i64::from(n_max));
    let union = if plan.disjoint { " UNION ALL " } else { " UNION " };
    text.sql = format!("{} ORDER BY 1 DESC, 2 DESC LIMIT {n_max}", arms.join(union));
    Some(text)
}

/// Statuses and numbers of runs; a status may come more than once.
fn count(tables: Tables, plan: &Plan<'_>, namespace: NamespaceId) -> Option<Text> {
    let mut text = Text::of(tables);
    let namespace = text.int(i64::from(namespace.0));
    let start_min = plan.start_min.map(|it| text.int(it));
    let start_max = plan.start_max.map(|it| text.int(it));
    let rest = rest(plan, &mut text);
    let run_id = tables.run;
    let mut arms = Vec::new();
    for source in &plan.sources {
        let (from, mut condition) = text.source(source, &namespace, true);
        for (sign, bound) in [(">=", &start_min), ("<=", &start_max)] {
            if let Some(bound) = bound {
                condition += &format!(" AND r.start_ms {sign} {bound}");
            }
        }
        if let Some(rest) = &rest {
            condition += &format!(" AND {rest}");
        }
        arms.push(match plan.disjoint {
            true => {
                format!("SELECT r.status, count(*) FROM {from} WHERE {condition} GROUP BY r.status")
            }
            false => format!(
                "SELECT r.{run_id} AS run_id, r.status AS status FROM {from} WHERE {condition}"
            ),
        });
    }
    if arms.is_empty() {
        return None;
    }
    text.sql = match plan.disjoint {
        true => arms.join(" UNION ALL "),
        false => {
            format!("SELECT status, count(*) FROM ({}) GROUP BY status", arms.join(" UNION "))
        }
    };
    Some(text)
}

fn rest(plan: &Plan<'_>, text: &mut Text) -> Option<String> {
    let parts: Vec<String> = plan.rest.iter().map(|it| text.condition(it)).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// The statements that a filter leads to, for tests that look at their plans.
#[cfg(test)]
pub(crate) fn statements(filter: &Condition) -> Vec<(&'static str, String)> {
    statements_of(RUNS, filter)
}

#[cfg(test)]
pub(crate) fn standalone_statements(filter: &Condition) -> Vec<(&'static str, String)> {
    statements_of(ACTIVITIES, &of_activities(filter))
}

#[cfg(test)]
pub(crate) fn schedule_statements(filter: &Condition) -> Vec<(&'static str, String)> {
    statements_of(SCHEDULES, &of_schedules(filter))
}

#[cfg(test)]
fn statements_of(tables: Tables, filter: &Condition) -> Vec<(&'static str, String)> {
    let namespace = NamespaceId(1);
    let plan = Plan::of(filter);
    let mut statements = Vec::new();
    if let Some(range) = &plan.if_small {
        statements.push(("range", size(tables, &range.sources[0], namespace).sql));
        let page = page(tables, range, namespace, None, 10);
        statements.extend(page.map(|it| ("page if small", it.sql)));
    }
    statements.extend(page(tables, &plan, namespace, None, 10).map(|it| ("page", it.sql)));
    statements.extend(count(tables, &plan.for_count(), namespace).map(|it| ("count", it.sql)));
    statements
}
