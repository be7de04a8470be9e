//! Commit: the only place that changes a run.
//!
//! Many decisions, one transaction: either all of it is on disk or none of it, so a crash between
//! two statements needs no repair code. The statements do not grow in number with the runs: each
//! takes the rows of all decisions at once, and all of them go to the connection's thread in one
//! message, because each message costs more than most statements.
//!
//! One guard keeps a stale decision out: `next_event_id` must be what the decision was made from.
//! If one of a batch is stale, nothing of the batch is written, since it can only mean that two
//! of us believed to own the run, and then nothing they say should be kept.
//!
//! Nothing here waits for a guest and nothing here tells anyone: replies and wake-ups are sent by
//! the engine after commit, because a reader that is woken before commit finds nothing.

mod standalone;

use crate::error::{Class, class_of};
use crate::open::{Store, Writer};
use crate::rows::{NO_ROWS, Rows, id, ms};
use crate::sql::{self, Statement};
use crate::timers::timer_columns;
use crate::write::{ActivityPart, InsertPart, MessagesPart, Part, RunPart, TaskFailurePart, Write};
use refrain_core::ids::{EventId, RunId, RunKey};
use refrain_core::machines::execution::WorkflowRun;
use refrain_core::message::MessageId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Why a batch was not written. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Disk full, locked, I/O. The same batch may be written later.
    #[error("the database can't be written now")]
    Unavailable {
        #[source]
        source: sqlx::Error,
    },
    /// A broken promise of ours: the decision was made from another history than the stored one.
    #[error("{run} has a decision for event {expected}, {}", match found {
        Some(found) => format!("but its next event is {found}"),
        None => "but no row".to_owned(),
    })]
    Stale { run: RunKey, expected: EventId, found: Option<EventId> },
    /// A broken promise of ours: the workflow id has an open run, or the run id is in use.
    #[error("{run} can't be inserted: run {by} is in its place")]
    Taken { run: RunKey, by: RunId },
    /// A broken promise of ours: a run is in the batch twice.
    #[error("the batch moves {n_runs} runs on, but {n_changed} rows changed: a run is in it twice")]
    Twice { n_runs: usize, n_changed: i64 },
    /// The file is damaged.
    #[error("the database is damaged: restore a backup")]
    Corrupt {
        #[source]
        source: sqlx::Error,
    },
    /// A broken promise of ours: the rows contradict each other or the schema.
    #[error("the batch was refused by the database")]
    Broken {
        #[source]
        source: sqlx::Error,
    },
}

/// The batch, in the order in which it must be written: closed runs make room for new ones of the
/// same workflow id, and a row that one decision inserts may be updated by what follows.
const STATEMENTS: [Statement; N_STATEMENTS] = [
    sql::RUN_ADVANCE,
    sql::RUN_CHANGE,
    sql::RUN_INSERT,
    sql::RUN_ATTRIBUTES_PUT,
    sql::RUN_OPTIONS_PUT,
    sql::SEARCH_ATTRIBUTES_DELETE_OF_RUNS,
    sql::SEARCH_ATTRIBUTES_INSERT,
    sql::HISTORY_APPEND,
    sql::BLOB_INSERT,
    sql::RUN_BLOB_INSERT,
    sql::TIMER_PUT,
    sql::TIMER_DELETE,
    sql::TIMER_DELETE_OF_RUNS,
    sql::ACTIVITY_INSERT,
    sql::ACTIVITY_UPDATE,
    sql::ACTIVITY_DELETE,
    sql::ACTIVITY_DELETE_OF_RUNS,
    sql::STATE_PUT,
    sql::RUN_RESET_PUT,
    sql::CHILD_PUT,
    sql::CHILD_DELETE,
    sql::REQUEST_ATTACH,
    sql::MESSAGE_TAKE,
    sql::MESSAGE_PUT,
    sql::SCHEDULE_PUT,
    sql::SCHEDULE_ATTRIBUTES_DELETE,
    sql::SCHEDULE_ATTRIBUTES_INSERT,
    sql::STANDALONE_PUT,
    sql::STANDALONE_ATTRIBUTES_INSERT,
    sql::STANDALONE_FOLLOW,
];
const N_STATEMENTS: usize = 30;
/// The first of them move runs on: each run by one of these.
const N_MOVES: usize = 2;
/// The place of `RUN_INSERT`.
const INSERT: usize = N_MOVES;

/// One text for each choice of statements: those without rows are left out, because each statement
/// is a message from the connection's thread, whatever it does. Few choices occur, and they stay.
static TRANSACTIONS: Mutex<BTreeMap<usize, &'static str>> = Mutex::new(BTreeMap::new());

/// The chosen ones of [`STATEMENTS`] as one transaction, with parameters of their own. After each that
/// moves runs on it stops if they are not as many as a parameter behind all others says.
fn transaction(chosen: usize) -> &'static str {
    let mut transactions = TRANSACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    transactions.entry(chosen).or_insert_with(|| {
        let mut text = "BEGIN IMMEDIATE;\n".to_owned();
        let is_chosen = |at: usize| chosen & 1 << at != 0;
        let (mut n_parameters, mut n_checks) = (0, 0);
        for (at, statement) in STATEMENTS.iter().enumerate().filter(|(at, _)| is_chosen(*at)) {
            text.push_str(&renumbered(statement.text, n_parameters));
            text.push_str(";\n");
            n_parameters += 2;
            if at < N_MOVES {
                let before = 2 * chosen.count_ones() as usize + n_checks;
                text.push_str(&renumbered(sql::CHANGES_CHECK.text, before));
                text.push_str(";\n");
                n_checks += 1;
            }
        }
        text.push_str("COMMIT");
        text.leak()
    })
}

/// `$1` becomes the parameter after `before`, `$2` the one after that.
fn renumbered(text: &str, before: usize) -> String {
    let mut pieces = text.split('$');
    let mut renumbered = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = match piece.strip_prefix('1') {
            Some(rest) => (before + 1, rest),
            None => (before + 2, piece.strip_prefix('2').unwrap_or(piece)),
        };
        // Writing to a string can't fail.
        let _ = write!(renumbered, "${number}{rest}");
    }
    renumbered
}

impl Store {
    /// Writes all of it, or nothing. On disk when this returns.
    ///
    /// No two writes may concern the same run, except that a decision which closes a run may stand
    /// beside one that starts another run of its workflow id. Of two writes of the same activity
    /// the later one counts.
    ///
    /// A caller that drops the future in the middle does not learn what became of the batch.
    pub async fn commit(&self, writes: &[Write]) -> Result<(), CommitError> {
        if writes.is_empty() {
            return Ok(());
        }
        let batch = Batch::of(writes);
        // A statement finds the run that it has twice, but not the one that another has too.
        if batch.moved.iter().all(|it| !it.is_empty())
            && let Some(twice) = batch.twice()
        {
            return Err(twice);
        }
        let mut writer = self.writer.lock().await;
        let written = batch.write(&mut writer).await;
        if written.is_err() {
            writer.roll_back().await;
        }
        match written {
            Ok(()) => Ok(()),
            Err(failed) => Err(batch.explain(&mut writer, failed).await),
        }
    }
}

/// Rows by statement, and whose those of the first ones are.
struct Batch {
    parameters: Vec<(String, Vec<u8>)>,
    moved: [Vec<(RunKey, EventId)>; N_MOVES],
    inserted: Vec<RunKey>,
}

impl Batch {
    fn of(writes: &[Write]) -> Batch {
        let mut tables = Tables::default();
        let mut moved = [const { Vec::new() }; N_MOVES];
        let mut inserted = Vec::new();
        let mut updates: HashMap<(RunId, EventId), &ActivityPart> = HashMap::new();
        for write in writes {
            match &write.0 {
                Part::Run(run) => {
                    tables.add_run(run);
                    match run.insert {
                        Some(_) => inserted.push(run.key.clone()),
                        None => moved[usize::from(!run.stands_as_before)]
                            .push((run.key.clone(), run.first_event)),
                    }
                }
                Part::Activity(row) => {
                    updates.insert((row.key.run, row.scheduled), row);
                }
                Part::Messages(messages) => tables.add_messages(messages),
                Part::Schedule(row) => tables.put_schedule(row),
                Part::Standalone(row) => tables.put_standalone(row),
            }
        }
        for row in updates.values() {
            tables.update_activity(row);
        }
        Batch { parameters: tables.finish(), moved, inserted }
    }

    async fn write(&self, writer: &mut Writer) -> Result<(), sqlx::Error> {
        let connection = writer.begin().await?;
        let has_rows = |at: &usize| self.parameters[*at].0 != NO_ROWS;
        let chosen: Vec<usize> = (0..N_STATEMENTS).filter(has_rows).collect();
        let mut query = sqlx::query(transaction(chosen.iter().map(|at| 1 << at).sum()));
        for at in chosen {
            let (rows, bytes) = &self.parameters[at];
            query = query.bind(rows.as_str()).bind(bytes.as_slice());
        }
        for moved in self.moved.iter().filter(|it| !it.is_empty()) {
            query = query.bind(moved.len() as i64);
        }
        query.execute(&mut *connection).await?;
        writer.in_transaction = false;
        Ok(())
    }

    /// Finds out whose fault it was. The batch is rolled back already.
    async fn explain(&self, writer: &mut Writer, source: sqlx::Error) -> CommitError {
        match class_of(&source) {
            Class::Unavailable => return CommitError::Unavailable { source },
            Class::Corrupt | Class::NotADatabase => return CommitError::Corrupt { source },
            Class::Refused | Class::Broken => {}
        }
        match self.find_culprit(writer).await {
            Ok(Some(culprit)) => return culprit,
            Ok(None) => {}
            Err(source) => return CommitError::Unavailable { source },
        }
        self.twice().unwrap_or(CommitError::Broken { source })
    }

    fn twice(&self) -> Option<CommitError> {
        let moved = || self.moved.iter().flatten().map(|(run, _)| run);
        let (n_runs, n) = (moved().count(), moved().collect::<HashSet<_>>().len());
        (n < n_runs).then_some(CommitError::Twice { n_runs, n_changed: n as i64 })
    }

    async fn find_culprit(&self, writer: &mut Writer) -> Result<Option<CommitError>, sqlx::Error> {
        let connection = writer.connection().await?;
        for (moved, (rows, bytes)) in self.moved.iter().zip(&self.parameters) {
            let stale: Option<(i64, Option<i64>)> = sqlx::query_as(sql::RUN_STALE.text)
                .bind(rows.as_str())
                .bind(bytes.as_slice())
                .fetch_optional(&mut *connection)
                .await?;
            if let Some((at, found)) = stale
                && let Some((run, expected)) = moved.get(at as usize)
            {
                return Ok(Some(CommitError::Stale {
                    run: run.clone(),
                    expected: *expected,
                    found: found.map(|it| EventId(it as u64)),
                }));
            }
        }
        let (rows, bytes) = &self.parameters[INSERT];
        let taken: Option<(i64, Vec<u8>)> = sqlx::query_as(sql::RUN_TAKEN.text)
            .bind(rows.as_str())
            .bind(bytes.as_slice())
            .fetch_optional(&mut *connection)
            .await?;
        if let Some((at, by)) = taken
            && let Some(run) = self.inserted.get(at as usize)
            && let Ok(by) = by.try_into()
        {
            return Ok(Some(CommitError::Taken { run: run.clone(), by: RunId::from_bytes(by) }));
        }
        Ok(None)
    }
}

/// The rows of each statement.
#[derive(Default)]
pub(crate) struct Tables {
    run_advance: Rows,
    run_change: Rows,
    run_insert: Rows,
    run_attributes_put: Rows,
    run_options_put: Rows,
    search_attributes_delete_of_runs: Rows,
    search_attributes_insert: Rows,
    history_append: Rows,
    blob_insert: Rows,
    run_blob_insert: Rows,
    timer_put: Rows,
    timer_delete: Rows,
    timer_delete_of_runs: Rows,
    activity_insert: Rows,
    activity_update: Rows,
    activity_delete: Rows,
    activity_delete_of_runs: Rows,
    state_put: Rows,
    run_reset_put: Rows,
    pub(crate) child_put: Rows,
    pub(crate) child_delete: Rows,
    pub(crate) request_attach: Rows,
    message_take: Rows,
    message_put: Rows,
    pub(crate) schedule_put: Rows,
    pub(crate) schedule_attributes_delete: Rows,
    pub(crate) schedule_attributes_insert: Rows,
    standalone_put: Rows,
    standalone_attributes_insert: Rows,
    standalone_follow: Rows,
}

impl Tables {
    /// In the order of [`STATEMENTS`].
    fn finish(self) -> Vec<(String, Vec<u8>)> {
        let rows: [Rows; N_STATEMENTS] = [
            self.run_advance,
            self.run_change,
            self.run_insert,
            self.run_attributes_put,
            self.run_options_put,
            self.search_attributes_delete_of_runs,
            self.search_attributes_insert,
            self.history_append,
            self.blob_insert,
            self.run_blob_insert,
            self.timer_put,
            self.timer_delete,
            self.timer_delete_of_runs,
            self.activity_insert,
            self.activity_update,
            self.activity_delete,
            self.activity_delete_of_runs,
            self.state_put,
            self.run_reset_put,
            self.child_put,
            self.child_delete,
            self.request_attach,
            self.message_take,
            self.message_put,
            self.schedule_put,
            self.schedule_attributes_delete,
            self.schedule_attributes_insert,
            self.standalone_put,
            self.standalone_attributes_insert,
            self.standalone_follow,
        ];
        rows.into_iter().map(Rows::finish).collect()
    }

    fn add_run(&mut self, part: &RunPart) {
        let run = part.key.run.to_bytes();
        let namespace = i64::from(part.key.execution.namespace.0);
        match &part.insert {
            Some(insert) => self.insert_run(part, insert),
            None => self.advance_run(part),
        }
        if part.n_events > 0 {
            self.history_append
                .row()
                .fixed(&run)
                .int(id(part.first_event))
                .int(part.n_events as i64)
                .bytes(&part.history);
        }
        for blob in &part.blobs {
            self.blob_insert.row().int(namespace).fixed(&blob.digest.0).bytes(&blob.data);
            self.run_blob_insert.row().fixed(&run).fixed(&blob.digest.0).int(namespace);
        }
        for (timer, fire_at) in &part.timers {
            let (kind, seq) = timer_columns(*timer);
            match fire_at {
                Some(fire_at) => self
                    .timer_put
                    .row()
                    .fixed(&run)
                    .int(kind)
                    .int(seq)
                    .int(ms(*fire_at))
                    .int(namespace)
                    .text(&part.key.execution.workflow),
                None => self.timer_delete.row().fixed(&run).int(kind).int(seq),
            };
        }
        for (scheduled, row) in &part.activities {
            match row {
                Some(row) => self.insert_activity(row),
                None => {
                    self.activity_delete.row().fixed(&run).int(id(*scheduled));
                }
            }
        }
        self.add_related(part.key.run, &part.related);
        if let Some(base) = part.reset_from {
            self.run_reset_put.row().int(namespace).fixed(&base.to_bytes()).fixed(&run);
        }
        if let Some((options, follows)) = &part.options {
            self.run_options_put
                .row()
                .int(namespace)
                .fixed(&run)
                .bytes(options)
                .int(i64::from(*follows));
        }
        if let Some(attributes) = &part.attributes {
            self.run_attributes_put
                .row()
                .int(namespace)
                .fixed(&run)
                .bytes(&attributes.memo)
                .bytes(&attributes.search);
            if part.insert.is_none() {
                self.search_attributes_delete_of_runs.row().fixed(&run);
            }
            for (name, value) in &attributes.values {
                self.search_attributes_insert
                    .row()
                    .int(namespace)
                    .fixed(&run)
                    .text(name)
                    .bytes(value);
            }
        }
        for (name, value) in &part.published {
            self.state_put.row().fixed(&run).text(name).bytes(value);
        }
        if part.closes {
            self.timer_delete_of_runs.row().fixed(&run);
            self.activity_delete_of_runs.row().fixed(&run);
        }
    }

    fn add_messages(&mut self, part: &MessagesPart) {
        for id in &part.taken {
            add_message_id(self.message_take.row(), *id);
        }
        for sent in &part.sent {
            add_message_id(self.message_put.row(), sent.id)
                .int(i64::from(sent.to.namespace.0))
                .text(&sent.to.workflow)
                .bytes(&sent.message);
        }
    }

    fn advance_run(&mut self, part: &RunPart) {
        let namespace = i64::from(part.key.execution.namespace.0);
        let run = part.key.run.to_bytes();
        let rows = match part.stands_as_before {
            true => &mut self.run_advance,
            false => &mut self.run_change,
        };
        let row = rows.row().int(namespace).fixed(&run);
        let row = row.int(id(part.first_event)).int(id(part.next_event));
        let row = row.int(i64::from(part.cancel_requested)).int(part.history.len() as i64);
        if !part.stands_as_before {
            row.int(part.status).int_or_null(part.closed_at.map(ms)).fixed(&part.component.0);
            row.text_or_null(part.pause_reason.as_deref());
            add_task_failure(row, part.task_failure.as_ref());
        }
    }

    fn insert_run(&mut self, part: &RunPart, insert: &InsertPart) {
        let namespace = i64::from(part.key.execution.namespace.0);
        let run = part.key.run.to_bytes();
        let started = &insert.started;
        let row = self
            .run_insert
            .row()
            .int(namespace)
            .fixed(&run)
            .text(&part.key.execution.workflow)
            .text(&started.workflow_type)
            .text(&started.task_queue)
            .int(part.status)
            .int(i64::from(part.cancel_requested))
            .int(ms(insert.started_at))
            .int(ms(insert.execution_at))
            .int_or_null(part.closed_at.map(ms))
            .int(id(part.next_event))
            .int(part.history.len() as i64)
            .fixed(&part.component.0)
            .text_or_null(insert.start_request_id.as_deref())
            .fixed(&started.first_run.unwrap_or(part.key.run).to_bytes())
            .text_or_null(part.pause_reason.as_deref());
        add_task_failure(row, part.task_failure.as_ref());
        add_family(row, started.parent.as_ref().map(|it| &it.workflow));
        add_family(row, started.root.as_ref());
    }

    fn insert_activity(&mut self, part: &ActivityPart) {
        let row = self
            .activity_insert
            .row()
            .fixed(&part.key.run.to_bytes())
            .int(part.scheduled_id())
            .int(i64::from(part.key.execution.namespace.0))
            .text(&part.key.execution.workflow)
            .text(&part.activity_id);
        add_attempts(row, part);
    }

    fn update_activity(&mut self, part: &ActivityPart) {
        let run = part.key.run.to_bytes();
        let row = self.activity_update.row().fixed(&run).int(part.scheduled_id());
        add_attempts(row, part);
        if part.key.execution.workflow.is_empty() {
            self.follow_standalone(part);
        }
    }
}

/// What changes of an activity's attempts.
fn add_attempts(row: &mut Rows, part: &ActivityPart) {
    row.text(&part.task_queue)
        .int(part.state())
        .int(ms(part.since))
        .int_or_null(part.due_ms())
        .int(i64::from(part.attempt))
        .text_or_null(part.started_by.as_deref())
        .int(i64::from(part.level.number()))
        .text(&part.fairness_key)
        .int_or_null(part.pass())
        .text_or_null(part.paused_type.as_deref())
        .bytes(&part.task);
}

fn add_message_id(row: &mut Rows, message: MessageId) -> &mut Rows {
    row.fixed(&message.run.to_bytes()).int(id(message.event)).int(i64::from(message.n))
}

fn add_task_failure(row: &mut Rows, failure: Option<&TaskFailurePart>) {
    row.int(failure.map_or(0, |it| i64::from(it.attempts)))
        .bytes_or_null(failure.map(|it| it.failure.as_slice()))
        .int_or_null(failure.map(|it| ms(it.retry_at)));
}

fn add_family(row: &mut Rows, run: Option<&WorkflowRun>) {
    row.text_or_null(run.map(|it| it.workflow_id.as_str())).run_or_null(run.map(|it| it.run));
}
