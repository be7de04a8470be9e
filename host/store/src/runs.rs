//! Runs as they are now.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, Rows};
use crate::sql::{self, Statement};
use refrain_core::decision::TaskFailure;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::execution::{self, WorkflowRun};
use refrain_core::options::RunOptions;
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::search::RunVersions;
use refrain_core::time::Timestamp;
use refrain_wire::stored;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// A run, without its history.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub key: RunKey,
    pub workflow_type: String,
    pub task_queue: String,
    /// Never `Absent`.
    pub status: execution::State,
    /// Someone asked for it, whatever became of it; also said of closed runs.
    pub cancel_requested: bool,
    /// Why, if it is paused; empty if nobody said.
    pub pause_reason: Option<String>,
    pub started_at: Timestamp,
    /// When the first task could begin: later than the start by a backoff or a delay.
    pub execution_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// One more than the length of its history.
    pub next_event: EventId,
    /// Encoded size of its history.
    pub history_bytes: u64,
    /// What it is pinned to.
    pub component: Digest,
    /// What it was pinned to before, in order.
    pub earlier: Vec<Digest>,
    /// `None`: as its start said.
    pub options: Option<RunOptions>,
    /// The request that started it, if that had an id.
    pub start_request_id: Option<String>,
    /// The first run of its chain; itself, if it is that.
    pub first_run: RunId,
    pub task_failure: Option<TaskFailure>,
    /// Commits that moved it on.
    pub state_transitions: u64,
    /// `None`: nobody's child.
    pub parent: Option<WorkflowRun>,
    /// The run at the top of the tree of parents; `None`: this one is.
    pub root: Option<WorkflowRun>,
    pub memo: PayloadMap,
    pub search_attributes: PayloadMap,
}

impl RunRow {
    /// Pinned to `component` from now on. The store does the same when it is written.
    pub fn move_to(&mut self, component: Digest) {
        if component != self.component {
            self.earlier.push(std::mem::replace(&mut self.component, component));
        }
    }

    pub fn versions(&self) -> RunVersions<'_> {
        RunVersions {
            task_queue: &self.task_queue,
            component: self.component,
            earlier: &self.earlier,
            follows: self.follows(),
        }
    }

    /// Does it move on with what is deployed?
    pub fn follows(&self) -> bool {
        self.options.as_ref().is_some_and(RunOptions::follows)
    }

    /// Does it stay on its version, also if that fails?
    pub fn is_pinned(&self) -> bool {
        self.options.as_ref().is_some_and(RunOptions::is_pinned)
    }
}

/// How a run stands, in Temporal's words and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Running,
    Completed,
    Failed,
    Canceled,
    Terminated,
    ContinuedAsNew,
    TimedOut,
    Paused,
}

impl Status {
    pub const ALL: [Status; 8] = [
        Status::Running,
        Status::Completed,
        Status::Failed,
        Status::Canceled,
        Status::Terminated,
        Status::ContinuedAsNew,
        Status::TimedOut,
        Status::Paused,
    ];

    /// As Temporal's `WorkflowExecutionStatus` numbers them, and as rows hold them.
    pub fn number(self) -> i64 {
        match self {
            Status::Running => 1,
            Status::Completed => 2,
            Status::Failed => 3,
            Status::Canceled => 4,
            Status::Terminated => 5,
            Status::ContinuedAsNew => 6,
            Status::TimedOut => 7,
            Status::Paused => 8,
        }
    }

    /// Those that there are, as errors say it.
    pub(crate) const NUMBERS: &str = "1 to 8";

    pub fn is_open(self) -> bool {
        match self {
            Status::Running | Status::Paused => true,
            Status::Completed
            | Status::Failed
            | Status::Canceled
            | Status::Terminated
            | Status::ContinuedAsNew
            | Status::TimedOut => false,
        }
    }

    /// `None`: there is no such status.
    pub fn from_number(number: i64) -> Option<Status> {
        Status::ALL.into_iter().find(|it| it.number() == number)
    }

    /// `None`: a run of this state has no row.
    pub fn of(state: execution::State) -> Option<Status> {
        columns_of(state).0
    }
}

/// `status` and `cancel_requested` of a row.
pub(crate) fn columns_of(state: execution::State) -> (Option<Status>, bool) {
    match state {
        execution::State::Absent => (None, false),
        execution::State::Running => (Some(Status::Running), false),
        execution::State::CancelRequested => (Some(Status::Running), true),
        execution::State::Paused { cancel_requested } => (Some(Status::Paused), cancel_requested),
        execution::State::Completed => (Some(Status::Completed), false),
        execution::State::Failed => (Some(Status::Failed), false),
        execution::State::Canceled => (Some(Status::Canceled), true),
        execution::State::TimedOut => (Some(Status::TimedOut), false),
        execution::State::Terminated => (Some(Status::Terminated), false),
        execution::State::ContinuedAsNew => (Some(Status::ContinuedAsNew), false),
    }
}

fn state_of(status: Status, cancel_requested: bool) -> Option<execution::State> {
    match (status, cancel_requested) {
        (Status::Running, false) => Some(execution::State::Running),
        (Status::Running, true) => Some(execution::State::CancelRequested),
        (Status::Paused, cancel_requested) => Some(execution::State::Paused { cancel_requested }),
        (Status::Completed, _) => Some(execution::State::Completed),
        (Status::Failed, _) => Some(execution::State::Failed),
        (Status::Canceled, _) => Some(execution::State::Canceled),
        (Status::Terminated, _) => Some(execution::State::Terminated),
        (Status::TimedOut, _) => Some(execution::State::TimedOut),
        (Status::ContinuedAsNew, _) => Some(execution::State::ContinuedAsNew),
    }
}

impl Store {
    /// The current run of each execution, in the order asked: its open run, else its latest.
    /// `None`: it never had one. One statement for all.
    pub async fn current_runs(
        &self,
        executions: &[ExecutionKey],
    ) -> Result<Vec<Option<RunRow>>, StoreError> {
        if executions.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = Rows::default();
        for execution in executions {
            asked.row().int(i64::from(execution.namespace.0)).text(&execution.workflow);
        }
        let (asked, _) = asked.finish();
        let rows = sqlx::query(sql::RUNS_CURRENT.text)
            .bind(asked)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_CURRENT))?;
        let mut found: Vec<Option<RunRow>> = executions.iter().map(|_| None).collect();
        for row in &rows {
            let mut columns = Columns::new(sql::RUNS_CURRENT, row);
            let run = read_run(&mut columns)?;
            let at = columns.int()?;
            match found.get_mut(at as usize) {
                Some(place) => *place = Some(run),
                None => return Err(columns.bad("place", at, "one of those asked for")),
            }
        }
        Ok(found)
    }

    /// `None`: this namespace has no such run.
    pub async fn run(
        &self,
        namespace: NamespaceId,
        run: RunId,
    ) -> Result<Option<RunRow>, StoreError> {
        let row = sqlx::query(sql::RUN_GET.text)
            .bind(i64::from(namespace.0))
            .bind(run.to_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUN_GET))?;
        row.map(|row| read_run(&mut Columns::new(sql::RUN_GET, &row))).transpose()
    }

    /// Open runs of a task queue whose workflow task fails, by run id. `after`: the last one of the
    /// page before.
    pub async fn failing_runs(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        after: Option<RunId>,
        n_max: u32,
    ) -> Result<Vec<RunKey>, StoreError> {
        let rows = sqlx::query(sql::RUNS_FAILING.text)
            .bind(i64::from(namespace.0))
            .bind(task_queue)
            .bind(after.map_or_else(Vec::new, |run| run.to_bytes().to_vec()))
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_FAILING))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::RUNS_FAILING, row);
                let run = columns.run()?;
                let workflow = columns.shared_text()?;
                Ok(RunKey { execution: ExecutionKey { namespace, workflow }, run })
            })
            .collect()
    }

    /// All paused runs, of all namespaces.
    pub async fn paused_runs(&self) -> Result<Vec<RunId>, StoreError> {
        let rows = sqlx::query(sql::RUNS_PAUSED.text)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUNS_PAUSED))?;
        rows.iter().map(|row| Columns::new(sql::RUNS_PAUSED, row).run()).collect()
    }

    /// The run that this one was reset to last. `None`: it never was.
    pub async fn reset_of(
        &self,
        namespace: NamespaceId,
        run: RunId,
    ) -> Result<Option<RunId>, StoreError> {
        let row = sqlx::query(sql::RUN_RESET_GET.text)
            .bind(i64::from(namespace.0))
            .bind(run.to_bytes().as_slice())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::RUN_RESET_GET))?;
        row.map(|row| Columns::new(sql::RUN_RESET_GET, &row).run()).transpose()
    }

    /// The last value of each name that the run published; also after it is closed.
    pub async fn published_state(
        &self,
        run: RunId,
    ) -> Result<BTreeMap<String, Payload>, StoreError> {
        let rows = sqlx::query(sql::STATE_READ.text)
            .bind(run.to_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::STATE_READ))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::STATE_READ, row);
                let name = columns.text()?;
                let value = stored::decode_payload(columns.bytes()?)
                    .map_err(columns.undecodable("a published value"))?;
                Ok((name, value))
            })
            .collect()
    }
}

pub(crate) fn read_runs(
    statement: Statement,
    rows: &[SqliteRow],
) -> Result<Vec<RunRow>, StoreError> {
    rows.iter().map(|row| read_run(&mut Columns::new(statement, row))).collect()
}

/// The columns that all statements which read runs begin with.
fn read_run(columns: &mut Columns<'_>) -> Result<RunRow, StoreError> {
    let namespace = NamespaceId(columns.small("namespace")?);
    let run = columns.run()?;
    let workflow = columns.shared_text()?;
    let workflow_type = columns.text()?;
    let task_queue = columns.text()?;
    let number = columns.int()?;
    let cancel_requested = columns.flag()?;
    let status = Status::from_number(number)
        .and_then(|status| state_of(status, cancel_requested))
        .ok_or_else(|| columns.bad("status", number, Status::NUMBERS))?;
    Ok(RunRow {
        key: RunKey { execution: ExecutionKey { namespace, workflow }, run },
        workflow_type,
        task_queue,
        status,
        cancel_requested,
        pause_reason: columns.text_or_null()?,
        started_at: columns.time()?,
        execution_at: columns.time()?,
        closed_at: columns.time_or_null()?,
        next_event: columns.event()?,
        history_bytes: columns.count("bytes of history")?,
        component: columns.digest()?,
        earlier: columns.digests_or_null()?,
        options: read_options(columns)?,
        start_request_id: columns.text_or_null()?,
        first_run: columns.run()?,
        task_failure: read_task_failure(columns)?,
        state_transitions: columns.count("state transitions")?,
        parent: read_family(columns)?,
        root: read_family(columns)?,
        memo: read_map(columns, "a memo")?,
        search_attributes: read_map(columns, "search attributes")?,
    })
}

fn read_task_failure(columns: &mut Columns<'_>) -> Result<Option<TaskFailure>, StoreError> {
    let attempts = columns.small("attempts")?;
    let failure = columns.bytes_or_null()?;
    let retry_at = columns.time_or_null()?;
    match (failure, retry_at) {
        (Some(failure), Some(retry_at)) => Ok(Some(TaskFailure {
            attempts,
            failure: stored::decode_failure(failure)
                .map_err(columns.undecodable("a task's failure"))?,
            retry_at,
        })),
        (None, _) | (_, None) => Ok(None),
    }
}

fn read_options(columns: &mut Columns<'_>) -> Result<Option<RunOptions>, StoreError> {
    let Some(bytes) = columns.bytes_or_null()? else { return Ok(None) };
    stored::decode_options(bytes).map(Some).map_err(columns.undecodable("a run's options"))
}

fn read_family(columns: &mut Columns<'_>) -> Result<Option<WorkflowRun>, StoreError> {
    let workflow_id = columns.text_or_null()?;
    let run = columns.run_or_null()?;
    Ok(workflow_id.zip(run).map(|(workflow_id, run)| WorkflowRun { workflow_id, run }))
}

fn read_map(columns: &mut Columns<'_>, what: &'static str) -> Result<PayloadMap, StoreError> {
    match columns.bytes_or_null()? {
        Some(bytes) => stored::decode_payload_map(bytes).map_err(columns.undecodable(what)),
        None => Ok(PayloadMap::new()),
    }
}
