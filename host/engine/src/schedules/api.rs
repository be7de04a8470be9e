//! What the engine offers about schedules.

use super::{NewSchedule, ScheduleUpdate, ScheduleView};
use crate::api::Engine;
use crate::error::EngineError;
use refrain_calendar::schedule::{Patch, ScheduleKey};
use refrain_core::ids::NamespaceId;
use refrain_core::search::Condition;
use refrain_core::time::Timestamp;
use refrain_store::SchedulePlace;

impl Engine {
    /// Answers with the schedule's revision.
    pub async fn create_schedule(
        &self,
        key: ScheduleKey,
        new: NewSchedule,
        request_id: String,
    ) -> Result<u64, EngineError> {
        self.inner.create_schedule(key, new, request_id).await
    }

    /// `expected`: the revision that the change was made from; `None`: whatever it is.
    pub async fn update_schedule(
        &self,
        key: ScheduleKey,
        update: ScheduleUpdate,
        expected: Option<u64>,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.inner.update_schedule(key, update, expected, request_id).await
    }

    pub async fn patch_schedule(
        &self,
        key: ScheduleKey,
        patch: Patch,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.inner.patch_schedule(key, patch, request_id).await
    }

    /// What it has started goes on.
    pub async fn delete_schedule(&self, key: ScheduleKey) -> Result<(), EngineError> {
        self.inner.delete_schedule(key).await
    }

    pub async fn describe_schedule(&self, key: &ScheduleKey) -> Result<ScheduleView, EngineError> {
        self.inner.describe_schedule(key).await
    }

    /// What a filter asks of schedules. Errors: the words for what is wrong with it.
    pub fn schedule_filter(&self, namespace: NamespaceId, text: &str) -> Result<Condition, String> {
        self.inner.schedule_filter(namespace, text)
    }

    /// Newest first. `after`: the last one of the page before.
    pub async fn list_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<&SchedulePlace>,
        n_max: u32,
    ) -> Result<Vec<ScheduleView>, EngineError> {
        self.inner.list_schedules(namespace, filter, after, n_max).await
    }

    pub async fn count_schedules(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<u64, EngineError> {
        self.inner.count_schedules(namespace, filter).await
    }

    /// When it would fire: after `after`, until `until`, that one included.
    pub async fn schedule_times(
        &self,
        key: &ScheduleKey,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Timestamp>, EngineError> {
        self.inner.schedule_times(key, after, until).await
    }
}
