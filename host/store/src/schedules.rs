//! Schedules: one row each, written whole.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, after_prefix, ms};
use crate::sql;
use refrain_calendar::schedule::{Record, ScheduleKey};
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use refrain_wire::schedule::decode;

/// A schedule that waits for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwakeSchedule {
    pub key: ScheduleKey,
    pub wake: Option<Timestamp>,
    /// It waits for the end of a run.
    pub follows: bool,
}

/// Which schedules of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleFilter {
    pub paused: Option<bool>,
    pub id: ScheduleIds,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScheduleIds {
    #[default]
    All,
    One(String),
    Prefix(String),
}

impl ScheduleIds {
    /// The first, and the one before which they end.
    fn range(&self) -> (String, String) {
        match self {
            ScheduleIds::All => (String::new(), after_prefix("")),
            ScheduleIds::One(id) => (id.clone(), format!("{id}\0")),
            ScheduleIds::Prefix(prefix) => (prefix.clone(), after_prefix(prefix)),
        }
    }
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

    /// Newest first. `after`: the last one of the page before.
    pub async fn list_schedules(
        &self,
        namespace: NamespaceId,
        filter: &ScheduleFilter,
        after: Option<&SchedulePlace>,
        n_max: u32,
    ) -> Result<Vec<(SchedulePlace, Record)>, StoreError> {
        let (created, id) =
            after.map_or((i64::MAX, ""), |place| (ms(place.created), place.id.as_str()));
        let (first, end) = filter.id.range();
        let rows = sqlx::query(sql::SCHEDULES_LIST.text)
            .bind(i64::from(namespace.0))
            .bind(created)
            .bind(id)
            .bind(filter.paused.map(i64::from))
            .bind(first)
            .bind(end)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::SCHEDULES_LIST))?;
        let read = |row| {
            let mut columns = Columns::new(sql::SCHEDULES_LIST, row);
            let id = columns.text()?;
            let created = columns.time()?;
            Ok((SchedulePlace { created, id }, read_record(&mut columns)?))
        };
        rows.iter().map(read).collect()
    }

    pub async fn count_schedules(
        &self,
        namespace: NamespaceId,
        filter: &ScheduleFilter,
    ) -> Result<u64, StoreError> {
        let (first, end) = filter.id.range();
        let row = sqlx::query(sql::SCHEDULES_COUNT.text)
            .bind(i64::from(namespace.0))
            .bind(filter.paused.map(i64::from))
            .bind(first)
            .bind(end)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::of(sql::SCHEDULES_COUNT))?;
        Columns::new(sql::SCHEDULES_COUNT, &row).count("number of schedules")
    }
}

fn read_record(columns: &mut Columns<'_>) -> Result<Record, StoreError> {
    let bytes = columns.bytes()?;
    decode(bytes).map_err(columns.undecodable("schedule"))
}
