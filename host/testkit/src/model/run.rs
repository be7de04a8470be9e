//! One run of the model: its rows, and how effects change them.

use super::*;

impl ModelRun {
    pub(super) fn new(key: RunKey, component: Digest, start_request: String) -> ModelRun {
        ModelRun {
            key,
            component,
            start_request,
            live: None,
            history: Vec::new(),
            status: execution::State::Absent,
            task_failure: None,
            timers: BTreeMap::new(),
            activities: BTreeMap::new(),
            published: BTreeMap::new(),
            attributes: Attributes::default(),
            options: None,
            gone: false,
            admitted: Vec::new(),
        }
    }

    /// Returns an activity that is to be closed as canceled, since no worker has it.
    pub(super) fn apply(&mut self, effect: Effect) -> Option<EventId> {
        match effect {
            Effect::InsertRun(started) => {
                assert_eq!(self.history[0].id, EventId(1));
                self.attributes.memo = started.memo;
                self.attributes.search = started.search_attributes;
            }
            Effect::InsertTimer { timer, fire_at } => {
                self.timers.insert(timer, fire_at);
            }
            Effect::DeleteTimer { timer } => {
                let had_row = self.timers.remove(&timer).is_some();
                // A pause may have outlasted the wait for a retry.
                let may_be_gone =
                    matches!(timer, DueTimer::TaskRetry | DueTimer::Locals | DueTimer::FastForward);
                assert!(had_row || may_be_gone, "{timer:?} has no row to delete");
            }
            Effect::InsertActivity(task) => {
                self.activities.insert(task.scheduled, *task);
            }
            Effect::DeleteActivity { scheduled } => {
                assert!(self.activities.remove(&scheduled).is_some(), "{scheduled} has no row");
            }
            Effect::CancelActivity { scheduled } => {
                let task = self.activities.get_mut(&scheduled).expect("a row to cancel");
                task.cancel_requested = true;
                return (!task.is_started()).then_some(scheduled);
            }
            Effect::PublishState { name, value } => {
                self.published.insert(name, value);
            }
            // Delivered by the model, once it is committed.
            Effect::Send(_) => {}
            Effect::SetAttributes(attributes) => self.attributes = *attributes,
            Effect::SetOptions(options) => self.options = Some(*options),
            Effect::Close { .. } => {
                self.timers.clear();
                self.activities.clear();
            }
        }
        None
    }

    pub(super) fn follows(&self) -> bool {
        self.options.as_ref().is_some_and(RunOptions::follows)
    }

    pub(super) fn is_pinned(&self) -> bool {
        self.options.as_ref().is_some_and(RunOptions::is_pinned)
    }

    /// The rows beside a history say what the history says.
    pub(super) fn check_rows(&self, folded: &Execution) {
        assert_eq!(self.attributes, folded.attributes, "memo and search attributes of the row");
        if let Some(options) = &self.options {
            assert_eq!(options, &folded.options, "options of the row");
        }
        if !folded.status.is_open() {
            assert!(self.timers.is_empty() && self.activities.is_empty(), "rows outlive the run");
            return;
        }
        let timers = folded.timers.iter().map(|it| (*it.0, folded.clock.of_host(it.1.fire_at)));
        let timers: Vec<_> = timers.collect();
        let rows: Vec<_> = self
            .timers
            .iter()
            .filter_map(|(timer, at)| match timer {
                DueTimer::User(started) => Some((*started, *at)),
                DueTimer::RunTimeout
                | DueTimer::FirstTask
                | DueTimer::TaskRetry
                | DueTimer::Locals
                | DueTimer::FastForward => None,
            })
            .collect();
        assert_eq!(rows, timers, "timer rows");
        let activities: Vec<_> = folded.activities.keys().collect();
        assert_eq!(self.activities.keys().collect::<Vec<_>>(), activities, "activity rows");
        let waits_for_retry = self.timers.contains_key(&DueTimer::TaskRetry);
        assert!(
            !waits_for_retry || self.task_failure.is_some(),
            "only a failing task is tried again"
        );
        assert!(
            waits_for_retry || self.task_failure.is_none() || folded.status.is_paused(),
            "a failing task waits for its retry, unless the run is paused"
        );
    }
}
