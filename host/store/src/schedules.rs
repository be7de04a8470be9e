//! Schedules: one row each, written whole, and what they are found by. `list` has their lists.

use crate::commit::Tables;
use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, ms};
use crate::runs::Status;
use crate::sql;
use crate::write::SchedulePart;
use refrain_calendar::schedule::{Record, ScheduleKey};
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use refrain_wire::schedule::decode;
use sqlx::sqlite::SqliteRow;

/// A schedule that waits for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwakeSchedule {
    pub key: ScheduleKey,
    pub wake: Option<Timestamp>,
    /// It waits for the end of a run.
    pub follows: bool,
}

/// A row of a list, to go on after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePlace {
    pub created: Timestamp,
    pub id: String,
}

impl Store {
    pub async fn schedule(&self, key: &ScheduleKey) -> Result<Option<Record>, StoreError> {
        let row = sqlx::query(sql::SCHEDULE_GET.text)
            .bind(i64::from(key.namespace.0))
            .bind(key.id.as_ref())
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::of(sql::SCHEDULE_GET))?;
        row.map(|row| read_record(&mut Columns::new(sql::SCHEDULE_GET, &row))).transpose()
    }

    /// False: it is not there.
    pub async fn delete_schedule(&self, key: &ScheduleKey) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::SCHEDULE_DELETE.text)
            .bind(i64::from(key.namespace.0))
            .bind(key.id.as_ref());
        Ok(self.change(sql::SCHEDULE_DELETE, query).await? == 1)
    }

    /// Those that wait for a moment or for a run, of all namespaces, in the order of their keys.
    pub async fn schedules_awake(
        &self,
        after: Option<&ScheduleKey>,
        n_max: u32,
    ) -> Result<Vec<AwakeSchedule>, StoreError> {
        let (namespace, id) = after.map_or((-1, ""), |it| (i64::from(it.namespace.0), &*it.id));
        let rows = sqlx::query(sql::SCHEDULES_AWAKE.text)
            .bind(namespace)
            .bind(id)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::SCHEDULES_AWAKE))?;
        let read = |row| {
            let mut columns = Columns::new(sql::SCHEDULES_AWAKE, row);
            Ok(AwakeSchedule {
                key: ScheduleKey {
                    namespace: NamespaceId(columns.small("namespace")?),
                    id: columns.shared_text()?,
                },
                wake: columns.time_or_null()?,
                follows: columns.flag()?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl Tables {
    pub(crate) fn put_schedule(&mut self, part: &SchedulePart) {
        let namespace = i64::from(part.key.namespace.0);
        let created = ms(part.created);
        self.schedule_put
            .row()
            .int(namespace)
            .text(&part.key.id)
            .int(created)
            .int_or_null(part.wake.map(ms))
            .int(i64::from(part.follows))
            .int(part.status)
            .bytes(&part.schedule);
        let Some(values) = &part.values else { return };
        self.schedule_attributes_delete.row().int(namespace).text(&part.key.id);
        for (name, value) in values {
            self.schedule_attributes_insert
                .row()
                .int(namespace)
                .text(&part.key.id)
                .text(name)
                .int(created)
                .bytes(value);
        }
    }
}

/// The status that its row has, and filters ask for.
pub(crate) fn status_of(paused: bool) -> Status {
    if paused { Status::Paused } else { Status::Running }
}

/// A row of [`sql::SCHEDULES_OF_KEYS`].
pub(crate) fn read_listed(row: &SqliteRow) -> Result<(SchedulePlace, Record), StoreError> {
    let mut columns = Columns::new(sql::SCHEDULES_OF_KEYS, row);
    let id = columns.text()?;
    let created = columns.time()?;
    Ok((SchedulePlace { created, id }, read_record(&mut columns)?))
}

fn read_record(columns: &mut Columns<'_>) -> Result<Record, StoreError> {
    let bytes = columns.bytes()?;
    decode(bytes).map_err(columns.undecodable("schedule"))
}
