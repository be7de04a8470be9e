//! Schedules. Each is owned like a cell: what is done to it is done one after the other, and told
//! when it is committed. What it does then (`deeds`) goes on without its caller; a deed that is
//! not known to be done is done again, by the same request id, so a crash starts nothing twice.

mod api;
mod deeds;
mod wakes;

use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_calendar::schedule::{
    Patch, Policies, Record, RunStatus, Schedule, ScheduleKey, Standing, TooManyBackfills, Wake,
};
use refrain_core::ids::{ExecutionKey, NamespaceId};
use refrain_core::limits::{
    SCHEDULE_MATCHING_TIMES_MAX, SCHEDULE_SHOWN_MAX, SCHEDULE_STARTS_PER_SECOND_MAX,
};
use refrain_core::machines::execution::Started;
use refrain_core::payload::PayloadMap;
use refrain_core::search::{
    Condition, Kind, SCHEDULE_ID, SCHEDULE_PAUSED, is_reserved, parse, typed,
};
use refrain_core::time::Timestamp;
use refrain_store::{SchedulePlace, Write};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedMutexGuard, oneshot};
use wakes::Wakes;

pub(crate) use wakes::{load, run};

const DELETED_AT_ONCE: u32 = 100;

/// What a schedule is made of, checked.
#[derive(Clone, Debug)]
pub struct ScheduleUpdate {
    pub spec: refrain_calendar::Compiled,
    pub policies: Policies,
    pub standing: Standing,
    /// Of every run it starts; ids and times are filled in then.
    pub start: Box<Started>,
    /// The action as its user gave it, to be shown.
    pub action: Vec<u8>,
    /// `None`: as they are.
    pub search_attributes: Option<PayloadMap>,
}

#[derive(Clone, Debug)]
pub struct NewSchedule {
    pub schedule: ScheduleUpdate,
    /// Done at once.
    pub patch: Patch,
    pub memo: PayloadMap,
}

/// A schedule as it is now.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    pub id: String,
    pub record: Record,
    pub future: Vec<Timestamp>,
}

#[derive(Default)]
pub(crate) struct Schedules {
    /// Those that something is done to now.
    owned: Mutex<HashMap<ScheduleKey, Arc<tokio::sync::Mutex<()>>>>,
    /// Who waits for the end of a workflow.
    followed: Mutex<BTreeMap<ExecutionKey, BTreeSet<ScheduleKey>>>,
    pub(crate) wakes: Wakes,
    /// The last second in which one of a namespace's has started something, and how much.
    starts: Mutex<HashMap<NamespaceId, (u64, u32)>>,
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Schedules {
    async fn own(&self, key: &ScheduleKey) -> OwnedMutexGuard<()> {
        let owner = Arc::clone(lock(&self.owned).entry(key.clone()).or_default());
        owner.lock_owned().await
    }

    fn disown(&self, key: &ScheduleKey, guard: OwnedMutexGuard<()>) {
        drop(guard);
        let mut owned = lock(&self.owned);
        if owned.get(key).is_some_and(|it| Arc::strong_count(it) == 1) {
            owned.remove(key);
        }
    }

    fn follow(&self, key: &ScheduleKey, record: &Record) {
        let mut followed = lock(&self.followed);
        for running in &record.schedule.progress.running {
            let workflow = running.workflow_id.as_str().into();
            let execution = ExecutionKey { namespace: key.namespace, workflow };
            followed.entry(execution).or_default().insert(key.clone());
        }
    }

    fn unfollow(&self, key: &ScheduleKey, workflow_id: &str) {
        let execution = ExecutionKey { namespace: key.namespace, workflow: workflow_id.into() };
        let mut followed = lock(&self.followed);
        if let Some(schedules) = followed.get_mut(&execution) {
            schedules.remove(key);
            if schedules.is_empty() {
                followed.remove(&execution);
            }
        }
    }

    /// False: not before [`Schedules::next_start`].
    fn may_start(&self, namespace: NamespaceId, now: Timestamp) -> bool {
        let second = now.as_ms() / 1000;
        let mut starts = lock(&self.starts);
        let (at, n) = starts.entry(namespace).or_default();
        if *at != second {
            (*at, *n) = (second, 0);
        }
        let may = *n < SCHEDULE_STARTS_PER_SECOND_MAX;
        *n += u32::from(may);
        may
    }

    /// When one of a namespace's may start something again: now, or in the next second.
    fn next_start(&self, namespace: NamespaceId, now: Timestamp) -> Timestamp {
        let second = now.as_ms() / 1000;
        match lock(&self.starts).get(&namespace) {
            Some((at, n)) if *at == second && *n >= SCHEDULE_STARTS_PER_SECOND_MAX => {
                Timestamp((second + 1) * 1000)
            }
            Some(_) | None => now,
        }
    }

    fn followers(&self, execution: &ExecutionKey) -> Vec<ScheduleKey> {
        let followed = lock(&self.followed);
        followed.get(execution).into_iter().flatten().cloned().collect()
    }
}

impl Inner {
    // ---- what users do

    pub(crate) async fn create_schedule(
        self: &Arc<Inner>,
        key: ScheduleKey,
        new: NewSchedule,
        request_id: String,
    ) -> Result<u64, EngineError> {
        self.change(key, move |inner, key, old| {
            if let Some(old) = old {
                return match !request_id.is_empty() && old.request_ids.contains(&request_id) {
                    true => Ok((old.schedule.progress.revision, Some(old))),
                    false => Err(EngineError::ScheduleExists { id: key.id.to_string() }),
                };
            }
            let now = inner.now();
            let NewSchedule { schedule: it, patch, memo } = new;
            let mut schedule = Schedule::new(it.spec, it.policies, it.standing, now);
            let revision = schedule.progress.revision;
            schedule.patch(patch, now).map_err(too_many)?;
            let mut record = Record {
                schedule,
                start: it.start,
                action: it.action,
                memo,
                search_attributes: it.search_attributes.unwrap_or_default(),
                request_ids: VecDeque::new(),
            };
            record.is_new_request(&request_id);
            Ok((revision, Some(record)))
        })
        .await
    }

    pub(crate) async fn update_schedule(
        self: &Arc<Inner>,
        key: ScheduleKey,
        update: ScheduleUpdate,
        expected: Option<u64>,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.change(key, move |inner, key, old| {
            let mut record = old.ok_or_else(|| not_found(key))?;
            if !record.is_new_request(&request_id) {
                return Ok(((), Some(record)));
            }
            let found = record.schedule.progress.revision;
            if let Some(expected) = expected.filter(|it| *it != found) {
                return Err(EngineError::ScheduleChanged { expected, found });
            }
            let it = update;
            record.schedule.update(it.spec, it.policies, it.standing, inner.now());
            (record.start, record.action) = (it.start, it.action);
            record.search_attributes = it.search_attributes.unwrap_or(record.search_attributes);
            Ok(((), Some(record)))
        })
        .await
    }

    pub(crate) async fn patch_schedule(
        self: &Arc<Inner>,
        key: ScheduleKey,
        patch: Patch,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.change(key, move |inner, key, old| {
            let mut record = old.ok_or_else(|| not_found(key))?;
            if record.is_new_request(&request_id) {
                record.schedule.patch(patch, inner.now()).map_err(too_many)?;
            }
            Ok(((), Some(record)))
        })
        .await
    }

    /// What it has started goes on.
    pub(crate) async fn delete_schedule(
        self: &Arc<Inner>,
        key: ScheduleKey,
    ) -> Result<(), EngineError> {
        self.change(key, |_, key, old| match old {
            Some(_) => Ok(((), None)),
            None => Err(not_found(key)),
        })
        .await
    }

    /// First of all of a namespace that goes, so that nothing new is started in it.
    pub(crate) async fn delete_schedules_of(
        self: &Arc<Inner>,
        namespace: NamespaceId,
    ) -> Result<(), EngineError> {
        let all = Condition::All(Vec::new());
        loop {
            let page = self.store.list_schedules(namespace, &all, None, DELETED_AT_ONCE).await;
            let page = page.map_err(unavailable)?;
            if page.is_empty() {
                return Ok(());
            }
            for (place, _) in page {
                match self.delete_schedule(ScheduleKey { namespace, id: place.id.into() }).await {
                    Ok(()) | Err(EngineError::ScheduleNotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Does one thing to a schedule, after all that was due before. The answer comes after the
    /// commit; what the schedule does about it goes on. Without a schedule left it is deleted.
    async fn change<T: Send + 'static>(
        self: &Arc<Inner>,
        key: ScheduleKey,
        change: impl FnOnce(
            &Inner,
            &ScheduleKey,
            Option<Record>,
        ) -> Result<(T, Option<Record>), EngineError>
        + Send
        + 'static,
    ) -> Result<T, EngineError> {
        if self.is_shutting_down() {
            return Err(EngineError::ShuttingDown);
        }
        let (reply, answer) = oneshot::channel();
        self.spawn(|inner| async move {
            let guard = inner.schedules.own(&key).await;
            let changed = inner.change_owned(&key, change).await;
            let record = match changed {
                Ok((answer, record)) => {
                    let _ = reply.send(Ok(answer));
                    record
                }
                Err(error) => {
                    let _ = reply.send(Err(error));
                    None
                }
            };
            if let Some(record) = record {
                inner.go_on(&key, record).await;
            }
            inner.schedules.disown(&key, guard);
        });
        answer.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    async fn change_owned<T>(
        self: &Arc<Inner>,
        key: &ScheduleKey,
        change: impl FnOnce(
            &Inner,
            &ScheduleKey,
            Option<Record>,
        ) -> Result<(T, Option<Record>), EngineError>,
    ) -> Result<(T, Option<Record>), EngineError> {
        let mut old = self.store.schedule(key).await.map_err(unavailable)?;
        if let Some(record) = &mut old {
            record.schedule.advance(self.now(), &key.id);
        }
        let had = old.as_ref().map(|it| it.search_attributes.clone());
        let (answer, record) = change(self, key, old)?;
        match &record {
            Some(record) if had.as_ref() != Some(&record.search_attributes) => {
                self.put(key, record, Write::schedule).await?;
            }
            Some(record) => self.put(key, record, Write::schedule_goes_on).await?,
            None => self.remove(key).await?,
        }
        Ok((answer, record))
    }

    /// Writes it, and sets its alarm.
    async fn put(
        self: &Arc<Inner>,
        key: &ScheduleKey,
        record: &Record,
        write: fn(ScheduleKey, &Record, Option<Timestamp>) -> Write,
    ) -> Result<(), EngineError> {
        let now = self.now();
        let wake = match record.schedule.wake(now, &key.id) {
            Wake::Now => Some(self.schedules.next_start(key.namespace, now)),
            Wake::At(at) | Wake::Expires(at) => Some(at),
            Wake::Never => None,
        };
        let write = write(key.clone(), record, wake);
        self.written(vec![write], |_, _| {}).await?;
        self.schedules.follow(key, record);
        self.schedules.wakes.set(key, wake);
        Ok(())
    }

    async fn remove(&self, key: &ScheduleKey) -> Result<(), EngineError> {
        self.store.delete_schedule(key).await.map_err(unavailable)?;
        self.schedules.wakes.set(key, None);
        Ok(())
    }

    // ---- what users see

    pub(crate) async fn describe_schedule(
        &self,
        key: &ScheduleKey,
    ) -> Result<ScheduleView, EngineError> {
        let record = self.store.schedule(key).await.map_err(unavailable)?;
        let record = record.ok_or_else(|| not_found(key))?;
        let mut view = self.view(key.id.to_string(), record, SCHEDULE_SHOWN_MAX);
        // Nobody waits for the end of those that run beside others.
        for action in &mut view.record.schedule.progress.recent {
            if action.status == RunStatus::Running {
                let status = self.status_of_chain(key, &action.workflow_id, action.run).await?;
                action.status = status.unwrap_or(action.status);
            }
        }
        Ok(view)
    }

    fn view(&self, id: String, record: Record, n_future: usize) -> ScheduleView {
        let future = record.schedule.future(self.now(), n_future, &id);
        ScheduleView { id, record, future }
    }

    pub(crate) fn schedule_filter(
        &self,
        namespace: NamespaceId,
        text: &str,
    ) -> Result<Condition, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("invalid query: {error}");
        let query = parse(text).map_err(|error| wrong(&error))?;
        let is_foreign = |name: &&str| is_reserved(name) && *name != SCHEDULE_PAUSED;
        if let Some(name) = query.names().into_iter().find(is_foreign) {
            return Err(format!(
                "invalid query filter for schedules: cannot filter on {name:?}, expected {SCHEDULE_ID}, {SCHEDULE_PAUSED} or a search attribute that is registered"
            ));
        }
        let mut registry = (*self.namespaces.search_attributes(namespace).registry).clone();
        registry.0.insert(SCHEDULE_ID.to_owned(), Kind::Keyword);
        Ok(typed(&query, &registry).map_err(|error| wrong(&error))?.condition)
    }

    pub(crate) async fn list_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<&SchedulePlace>,
        n_max: u32,
    ) -> Result<Vec<ScheduleView>, EngineError> {
        let rows = self.store.list_schedules(namespace, filter, after, n_max).await;
        let rows = rows.map_err(unavailable)?.into_iter();
        Ok(rows.map(|(place, it)| self.view(place.id, it, SCHEDULE_SHOWN_MAX / 2)).collect())
    }

    pub(crate) async fn count_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<u64, EngineError> {
        self.store.count_schedules(namespace, filter).await.map_err(unavailable)
    }

    pub(crate) async fn schedule_times(
        &self,
        key: &ScheduleKey,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Timestamp>, EngineError> {
        let record = self.store.schedule(key).await.map_err(unavailable)?;
        let record = record.ok_or_else(|| not_found(key))?;
        let spec = &record.schedule.spec;
        let times = spec.matching(after, until, SCHEDULE_MATCHING_TIMES_MAX, &key.id);
        Ok(times.into_iter().map(|time| time.at).collect())
    }
}

fn not_found(key: &ScheduleKey) -> EngineError {
    EngineError::ScheduleNotFound { id: key.id.to_string() }
}

fn too_many(error: TooManyBackfills) -> EngineError {
    EngineError::InvalidArgument(error.to_string())
}
