//! Activities that are not closed. Reading does not take them: an attempt begins when its row
//! has been committed as started.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, Rows, after_prefix, id, ms};
use crate::sql::{self, Statement};
use refrain_core::attempt::{ActivityTask, State};
use refrain_core::fairness::Level;
use refrain_core::ids::{EventId, NamespaceId, RunId};
use refrain_core::time::Timestamp;
use refrain_wire::stored;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// An activity for which a moment comes by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct DueActivity {
    pub due: Timestamp,
    pub task: ActivityTask,
}

/// Activities that wait for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub n_waiting: u64,
    /// Of the first of them.
    pub since: Timestamp,
}

/// What of one fairness key is in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub level: Level,
    pub fairness_key: String,
    /// Passes.
    pub first: u64,
    pub last: u64,
}

/// A place in line at a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLine {
    pub level: Level,
    pub pass: u64,
    pub since: Timestamp,
    pub run: RunId,
    pub scheduled: EventId,
}

impl InLine {
    /// Before all others.
    pub const FIRST: InLine = InLine {
        level: Level::ALL[0],
        pass: 0,
        since: Timestamp(0),
        run: RunId(0),
        scheduled: EventId(0),
    };
}

impl Store {
    /// Activities due at `until` or before, earliest first, at most `n_max`. `after`: the last one
    /// that was read before.
    pub async fn activities_due(
        &self,
        until: Timestamp,
        after: Option<&DueActivity>,
        n_max: u32,
    ) -> Result<Vec<DueActivity>, StoreError> {
        let (due, run, scheduled) = match after {
            Some(last) => (ms(last.due), run_bytes(&last.task), id(last.task.scheduled)),
            None => (-1, Vec::new(), 0),
        };
        let rows = sqlx::query(sql::ACTIVITIES_DUE.text)
            .bind(ms(until))
            .bind(due)
            .bind(run)
            .bind(scheduled)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_DUE))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::ACTIVITIES_DUE, row);
                Ok(DueActivity { due: columns.time()?, task: read_task(&mut columns)? })
            })
            .collect()
    }

    /// Does a worker have an attempt, or could one take an attempt at `now`?
    pub async fn has_activities_under_way(&self, now: Timestamp) -> Result<bool, StoreError> {
        let (under_way,): (bool,) = sqlx::query_as(sql::ACTIVITIES_UNDER_WAY.text)
            .bind(ms(now))
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_UNDER_WAY))?;
        Ok(under_way)
    }

    /// Queues of activities that a worker could take at `now`.
    pub async fn queues_of_activities_to_take(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(NamespaceId, String)>, StoreError> {
        let rows = sqlx::query(sql::ACTIVITIES_WANTING.text)
            .bind(ms(now))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_WANTING))?;
        let queue = |row| {
            let mut columns = Columns::new(sql::ACTIVITIES_WANTING, row);
            Ok((NamespaceId(columns.small("namespace id")?), columns.text()?))
        };
        rows.iter().map(queue).collect()
    }

    /// Activities in line at a queue, in the order of the line, from a place on, at most `n_max`.
    pub async fn activities_waiting(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        from: InLine,
        n_max: u32,
    ) -> Result<Vec<ActivityTask>, StoreError> {
        let rows = sqlx::query(sql::ACTIVITIES_WAITING.text)
            .bind(i64::from(namespace.0))
            .bind(task_queue)
            .bind(i64::from(from.level.number()))
            .bind(i64::try_from(from.pass).unwrap_or(i64::MAX))
            .bind(ms(from.since))
            .bind(from.run.to_bytes().as_slice())
            .bind(id(from.scheduled))
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_WAITING))?;
        read_tasks(sql::ACTIVITIES_WAITING, &rows)
    }

    /// Started activities whose worker's identity begins with `prefix`, at most `n_max`: a host
    /// that comes back finds the attempts that died with it. `after`: the last one that was read
    /// before.
    pub async fn activities_started_by(
        &self,
        prefix: &str,
        after: Option<&ActivityTask>,
        n_max: u32,
    ) -> Result<Vec<ActivityTask>, StoreError> {
        let (identity, run, scheduled) = match after {
            Some(last) => match &last.state {
                State::Started { identity, .. } => {
                    (identity.clone(), run_bytes(last), id(last.scheduled))
                }
                State::Waiting { .. } => (prefix.to_owned(), Vec::new(), 0),
            },
            None => (prefix.to_owned(), Vec::new(), 0),
        };
        let rows = sqlx::query(sql::ACTIVITIES_STARTED_BY.text)
            .bind(after_prefix(prefix))
            .bind(identity)
            .bind(run)
            .bind(scheduled)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_STARTED_BY))?;
        read_tasks(sql::ACTIVITIES_STARTED_BY, &rows)
    }

    /// All activities of a run that are not closed, in the order in which they were scheduled.
    pub async fn activities_of_run(&self, run: RunId) -> Result<Vec<ActivityTask>, StoreError> {
        let rows = sqlx::query(sql::ACTIVITIES_OF_RUN.text)
            .bind(run.to_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_OF_RUN))?;
        read_tasks(sql::ACTIVITIES_OF_RUN, &rows)
    }

    /// What kinds of activities are paused, of those of these runs that have any.
    pub async fn paused_activity_types(
        &self,
        namespace: NamespaceId,
        runs: &[RunId],
    ) -> Result<BTreeMap<RunId, Vec<String>>, StoreError> {
        let mut asked = Rows::default();
        for run in runs {
            asked.row().fixed(&run.to_bytes());
        }
        let (asked, bytes) = asked.finish();
        let rows = sqlx::query(sql::ACTIVITIES_PAUSED.text)
            .bind(i64::from(namespace.0))
            .bind(asked)
            .bind(bytes)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_PAUSED))?;
        let mut found: BTreeMap<RunId, Vec<String>> = BTreeMap::new();
        for row in &rows {
            let mut columns = Columns::new(sql::ACTIVITIES_PAUSED, row);
            found.entry(columns.run()?).or_default().push(columns.text()?);
        }
        Ok(found)
    }

    /// `None`: closed, or never scheduled.
    pub async fn activity(
        &self,
        run: RunId,
        scheduled: EventId,
    ) -> Result<Option<ActivityTask>, StoreError> {
        let row = sqlx::query(sql::ACTIVITY_GET.text)
            .bind(run.to_bytes().as_slice())
            .bind(id(scheduled))
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITY_GET))?;
        row.map(|row| read_task(&mut Columns::new(sql::ACTIVITY_GET, &row))).transpose()
    }

    /// How many activities of a queue wait for a worker, and since when the first of them, by
    /// priority.
    pub async fn activities_backlog(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        now: Timestamp,
    ) -> Result<BTreeMap<Level, Backlog>, StoreError> {
        let rows = sqlx::query(sql::ACTIVITIES_BACKLOG.text)
            .bind(i64::from(namespace.0))
            .bind(task_queue)
            .bind(ms(now))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_BACKLOG))?;
        let mut found: BTreeMap<Level, Backlog> = BTreeMap::new();
        for row in &rows {
            let mut columns = Columns::new(sql::ACTIVITIES_BACKLOG, row);
            let level = read_level(&mut columns)?;
            let part = Backlog { n_waiting: columns.count("activities")?, since: columns.time()? };
            match found.get_mut(&level) {
                Some(it) => {
                    it.n_waiting += part.n_waiting;
                    it.since = it.since.min(part.since);
                }
                None => drop(found.insert(level, part)),
            }
        }
        Ok(found)
    }

    /// What is in line. Reads all that waits: for start-up.
    pub async fn activities_lines(&self) -> Result<Vec<Line>, StoreError> {
        let rows = sqlx::query(sql::ACTIVITIES_LINES.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ACTIVITIES_LINES))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::ACTIVITIES_LINES, row);
                Ok(Line {
                    namespace: NamespaceId(columns.small("namespace")?),
                    task_queue: columns.text()?,
                    level: read_level(&mut columns)?,
                    fairness_key: columns.text()?,
                    first: columns.count("pass")?,
                    last: columns.count("pass")?,
                })
            })
            .collect()
    }
}

fn read_level(columns: &mut Columns<'_>) -> Result<Level, StoreError> {
    let number = columns.int()?;
    Level::from_number(number).ok_or_else(|| columns.bad("priority", number, "1 to 5"))
}

fn run_bytes(task: &ActivityTask) -> Vec<u8> {
    task.run.run.to_bytes().to_vec()
}

fn read_tasks(statement: Statement, rows: &[SqliteRow]) -> Result<Vec<ActivityTask>, StoreError> {
    rows.iter().map(|row| read_task(&mut Columns::new(statement, row))).collect()
}

fn read_task(columns: &mut Columns<'_>) -> Result<ActivityTask, StoreError> {
    stored::decode_activity_task(columns.bytes()?).map_err(columns.undecodable("an activity task"))
}
