//! A run's history, folded: what is known of it without its guest.

mod activities;
mod related;
mod skipping;
mod timers;
mod wakes;

use crate::arrival::{Accepted, Arrival, Refused};
use crate::chain::{self, Heir};
use crate::decision::{CloseResult, DueTimer, Effect};
use crate::errors::{IllegalTransition, StepError};
use crate::event::Recorded;
use crate::ids::{EventId, RunId};
use crate::limits;
use crate::machines::{
    Event, activity, attributes, child, clock, execution, external, local, patch, signal, task,
    timer, update,
};
use crate::options::RunOptions;
use crate::payload::Payload;
use crate::reset::FirstTaskOn;
use crate::run::Surroundings;
use crate::time::{Delay, Timestamp};
use crate::updates::WaitingUpdates;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use wakes::wakes_guest;

#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub status: execution::State,
    pub task: task::State,
    pub next_event: EventId,
    pub started: Option<Arc<execution::Started>>,
    pub start_time: Timestamp,
    /// When it parted from the run whose history it begins with.
    pub reset_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    /// Why, if it is paused; empty if nobody said.
    pub pause_reason: Option<String>,
    /// The time of the latest event: what happens next is not earlier, whatever a clock says.
    pub latest: Timestamp,
    /// What all times here are times of.
    pub clock: clock::Clock,
    /// Those that are not closed.
    pub activities: BTreeMap<EventId, PendingActivity>,
    /// Those that have not fired.
    pub timers: BTreeMap<EventId, PendingTimer>,
    /// Those that are not closed.
    pub children: BTreeMap<EventId, PendingChild>,
    /// The same, by workflow id.
    child_ids: BTreeSet<(String, EventId)>,
    /// Signals to other runs that were not answered.
    pub external_signals: BTreeMap<EventId, Box<external::Target>>,
    /// Requests to cancel other runs that were not answered.
    pub external_cancels: BTreeMap<EventId, Box<external::Target>>,
    pub patches: BTreeSet<String>,
    /// Memo and search attributes as they are now.
    pub attributes: attributes::Attributes,
    /// As they are now.
    pub options: RunOptions,
    pub n_signals: u64,
    /// Those that history knows of, by the id that the caller chose.
    pub updates: BTreeMap<String, update::State>,
    /// Those of them that are not completed, by the event that accepted them.
    pub open_updates: BTreeMap<EventId, OpenUpdate>,
    /// Those that came again and were not handed over yet.
    pub(crate) admitted_updates: BTreeMap<String, OpenUpdate>,
    /// Happened, but no completed task has shown it to the guest yet.
    pub undelivered: VecDeque<Recorded>,
    /// Runs that this one was reset from, each with the event that says so: what they began before
    /// it is this run's own now.
    bases: BTreeMap<RunId, EventId>,
    /// Of the chain, as far as it is remembered; numbered in the order in which they came.
    signal_requests: BTreeMap<String, usize>,
    /// The requests that paused and unpaused it last.
    pause_request: Option<String>,
    unpause_request: Option<String>,
    /// Requests to start that found this run.
    attached_requests: BTreeSet<String>,
    /// The start asked for a wait that is not over.
    waits_for_first_task: bool,
    /// This run's own; the run's id is filled in by who knows it.
    first_tasks: Vec<FirstTaskOn>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PendingActivity {
    pub state: activity::State,
    pub options: Arc<activity::Scheduled>,
    pub scheduled_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PendingTimer {
    pub timer_id: String,
    pub summary: Option<Payload>,
    pub fire_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PendingChild {
    pub state: child::State,
    pub options: Arc<child::Initiated>,
    /// It was asked to stop.
    pub cancel_requested: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OpenUpdate {
    pub id: String,
    pub name: String,
    pub identity: String,
    /// Bytes of the request.
    pub size: usize,
}

/// What an arrival makes of a run, before a guest has seen it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) events: Vec<Recorded>,
    pub(crate) effects: Vec<Effect>,
    /// Outcomes of local activities. They become events when the guest sees them.
    pub(crate) locals: Vec<local::Closed>,
    /// The guest has something to do.
    pub(crate) wants_task: bool,
    /// The run is closed, and has a next one.
    pub(crate) heir: Option<Heir>,
    pub(crate) updates: WaitingUpdates,
}

impl Default for Execution {
    fn default() -> Execution {
        Execution {
            status: execution::State::Absent,
            task: task::State::Idle,
            next_event: EventId::FIRST,
            started: None,
            start_time: Timestamp::default(),
            reset_at: None,
            closed_at: None,
            pause_reason: None,
            latest: Timestamp::default(),
            clock: clock::Clock::default(),
            activities: BTreeMap::new(),
            timers: BTreeMap::new(),
            children: BTreeMap::new(),
            child_ids: BTreeSet::new(),
            external_signals: BTreeMap::new(),
            external_cancels: BTreeMap::new(),
            patches: BTreeSet::new(),
            attributes: attributes::Attributes::default(),
            options: RunOptions::default(),
            n_signals: 0,
            updates: BTreeMap::new(),
            open_updates: BTreeMap::new(),
            admitted_updates: BTreeMap::new(),
            undelivered: VecDeque::new(),
            bases: BTreeMap::new(),
            signal_requests: BTreeMap::new(),
            pause_request: None,
            unpause_request: None,
            attached_requests: BTreeSet::new(),
            waits_for_first_task: false,
            first_tasks: Vec::new(),
        }
    }
}

impl Execution {
    /// Folds a whole history.
    pub fn fold<'a>(
        history: impl IntoIterator<Item = &'a Recorded>,
    ) -> Result<Execution, StepError> {
        let mut execution = Execution::default();
        for recorded in history {
            execution.expect_next(recorded)?;
            execution.apply(recorded)?;
        }
        Ok(execution)
    }

    pub(crate) fn expect_next(&self, recorded: &Recorded) -> Result<(), StepError> {
        if recorded.id == self.next_event {
            return Ok(());
        }
        let cause = IllegalTransition::new("history", "with a gap or an overlap", "Event");
        Err(StepError::Corrupt { at: recorded.id, cause })
    }

    /// Applies one recorded event. The same code live and in replay.
    pub(crate) fn apply(&mut self, recorded: &Recorded) -> Result<(), StepError> {
        let Recorded { id, time, event } = recorded;
        self.apply_to_machine(*id, *time, event)
            .map_err(|cause| StepError::Corrupt { at: *id, cause })?;
        self.next_event = self.next_event.max(id.next());
        self.latest = self.latest.max(*time);
        FirstTaskOn::note(&mut self.first_tasks, RunId(0), recorded);
        if wakes_guest(event) {
            self.undelivered.push_back(recorded.clone());
        }
        Ok(())
    }

    fn apply_to_machine(
        &mut self,
        id: EventId,
        time: Timestamp,
        event: &Event,
    ) -> Result<(), IllegalTransition> {
        match event {
            Event::Execution(event) => {
                self.status = self.status.apply(event)?;
                if let execution::Event::Started(started) = event {
                    self.start_time = time;
                    // The first task of a next run is a step of its own.
                    self.waits_for_first_task =
                        started.first_task_backoff.is_some() || started.continued_from.is_some();
                    self.attributes = attributes::Attributes {
                        memo: started.memo.clone(),
                        search: started.search_attributes.clone(),
                    };
                    let carried = started.carried_requests.iter().cloned();
                    self.signal_requests = carried.zip(0..).collect();
                    self.options = started.options();
                    let config = started.time_skipping.as_ref();
                    self.clock = clock::Clock::of_start(config, started.inherited, time);
                    self.started = Some(Arc::new((**started).clone()));
                }
                if event.closes_run() {
                    self.closed_at = Some(time);
                    self.pause_reason = None;
                }
                if let execution::Event::OptionsUpdated { options, sets_time_skipping, .. } = event
                {
                    let mut options = (**options).clone().standing();
                    match sets_time_skipping {
                        true => self.clock.set(options.time_skipping.as_ref(), time),
                        false => options.time_skipping = self.options.time_skipping.take(),
                    }
                    self.options = options;
                }
                if let execution::Event::Paused { request_id, reason, .. } = event {
                    self.pause_request = Some(request_id.clone());
                    self.pause_reason = Some(reason.clone());
                }
                if let execution::Event::Unpaused { request_id, .. } = event {
                    self.unpause_request = Some(request_id.clone());
                    self.pause_reason = None;
                }
                if let execution::Event::RequestAttached { request_id } = event {
                    self.attached_requests.insert(request_id.clone());
                }
                Ok(())
            }
            Event::Task(event) => {
                self.task = self.task.apply(id, event)?;
                self.waits_for_first_task = false;
                if let task::Event::Completed { .. } = event {
                    self.undelivered.clear();
                }
                if let task::Event::Failed { reset: Some(reset), .. } = event {
                    self.bases.insert(reset.base, id);
                    self.reset_at = Some(time);
                }
                Ok(())
            }
            Event::Activity(event) => self.apply_activity(id, time, event),
            Event::Timer(event) => self.apply_timer(id, time, event),
            Event::Child(event) => self.apply_child(id, event),
            Event::External(event) => self.apply_external(id, event),
            Event::Signal(signal::Event::Received(signal)) => {
                self.n_signals += 1;
                if !signal.request_id.is_empty() {
                    let nth = self.signal_requests.len();
                    self.signal_requests.entry(signal.request_id.clone()).or_insert(nth);
                }
                Ok(())
            }
            Event::Local(local::Event::Recorded(_)) => Ok(()),
            Event::Patch(patch::Event::Recorded { patch, .. }) => {
                self.patches.insert(patch.clone());
                Ok(())
            }
            Event::Update(event) => self.apply_update(id, event),
            Event::Attributes(event) => {
                self.attributes.apply(event);
                Ok(())
            }
            Event::Clock(event) => {
                self.clock.apply(time, event);
                let clock::Event::Transitioned { target, .. } = event;
                self.latest = self.latest.max(target.unwrap_or_default());
                Ok(())
            }
        }
    }

    /// The moment at which the run must end: its own time is over, or that of its chain.
    pub fn run_deadline(&self) -> Option<Timestamp> {
        let started = self.started.as_ref()?;
        let begins = match self.reset_at {
            Some(reset_at) => reset_at,
            None => self.start_time.plus(started.first_task_backoff.unwrap_or(Delay::ZERO)),
        };
        let own = run_timeout(started).map(|limit| begins.plus(limit));
        match (own, started.execution_expires) {
            (Some(own), Some(expires)) => Some(own.min(expires)),
            (own, expires) => own.or(expires),
        }
    }

    /// Reset points that the next run of the chain is to know of. `run`: this one.
    pub fn reset_points(&self, run: RunId) -> Vec<FirstTaskOn> {
        let before = self.started.as_ref().map_or(&[][..], |it| &it.reset_points);
        let own: Vec<_> = self.first_tasks.iter().map(|it| FirstTaskOn { run, ..*it }).collect();
        FirstTaskOn::of_chain(before, &own)
    }

    /// Request ids that the next run of the chain is to know, oldest first. `but`: it gets the
    /// signals themselves.
    pub(crate) fn requests_to_carry(&self, but: &BTreeSet<&str>) -> Vec<String> {
        let mut newest_first: Vec<_> = self.signal_requests.iter().map(|it| (it.1, it.0)).collect();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut bytes = 0;
        let fits = |id: &&String| {
            bytes += id.len();
            bytes <= limits::CARRIED_REQUESTS_BYTES_MAX
        };
        let ids = newest_first.into_iter().map(|it| it.1).filter(|it| !but.contains(it.as_str()));
        let mut carried: Vec<_> =
            ids.take(limits::CARRIED_REQUESTS_MAX).take_while(fits).cloned().collect();
        carried.reverse();
        carried
    }

    /// The end of the wait that the start asked for.
    fn first_task_at(&self) -> Option<Timestamp> {
        let wait = self.started.as_ref()?.first_task_backoff?;
        Some(self.start_time.plus(wait))
    }

    /// Appends an event that has just happened.
    pub(crate) fn push(
        &mut self,
        draft: &mut Draft,
        time: Timestamp,
        event: Event,
    ) -> Result<EventId, StepError> {
        let id = self.next_event;
        let recorded = Recorded { id, time, event };
        self.apply(&recorded)?;
        draft.events.push(recorded);
        Ok(id)
    }

    /// What an arrival becomes. `Err` in the inner result is an answer, not a fault.
    pub(crate) fn admit(
        &mut self,
        arrival: Arrival,
        now: Timestamp,
        draft: &mut Draft,
        host: &Surroundings,
    ) -> Result<Result<Accepted, Refused>, StepError> {
        let Surroundings { link, limits, search: _ } = host;
        if let Arrival::FromParent { parent, arrival } = arrival {
            let is_its = |it: &execution::Parent| it.workflow.run == parent;
            let started = self.started.as_deref();
            return match started.and_then(|it| it.parent.as_ref()).is_some_and(is_its) {
                true => self.admit(*arrival, now, draft, host),
                false => Ok(Err(Refused::NotAChild)),
            };
        }
        if let Arrival::ForBase { base, initiated, arrival } = arrival {
            return match self.bases.get(&base).is_some_and(|reset| initiated < *reset) {
                true => self.admit(*arrival, now, draft, host),
                false => Ok(Err(Refused::ChildNotPending)),
            };
        }
        if let Arrival::Start(started) = arrival {
            self.admit_start(*started, now, draft)?;
            return Ok(Ok(Accepted::Recorded));
        }
        if !self.status.is_open() {
            return Ok(match arrival {
                // As Temporal: a run that is over needs no cancel, and that is no error.
                Arrival::CancelRequest { .. } => Ok(Accepted::AlreadyThere),
                _ => Err(Refused::RunClosed),
            });
        }
        match arrival {
            // Those have a place of their own, see `admit_update`.
            Arrival::Start(_) | Arrival::Update(_) => Ok(Err(Refused::Spurious)),
            Arrival::Signal(signal) => {
                if self.signal_requests.contains_key(&signal.request_id) {
                    return Ok(Ok(Accepted::AlreadyThere));
                }
                if self.n_signals >= limits.signals {
                    return Ok(Err(Refused::SignalLimit { most: limits.signals }));
                }
                let event = Event::Signal(signal::Event::Received(Box::new(signal)));
                self.push(draft, now, event)?;
                draft.wants_task |= !self.waits_for_first_task;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::UpdateAgain(request) => {
                if self.updates.contains_key(&request.id) {
                    return Ok(Ok(Accepted::AlreadyThere));
                }
                if self.updates.len() as u64 >= limits.updates {
                    return Ok(Err(Refused::UpdateLimit { most: limits.updates }));
                }
                self.push(draft, now, Event::Update(update::Event::Admitted { request }))?;
                draft.wants_task |= !self.waits_for_first_task;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::CancelRequest { cause, identity, from } => {
                if self.status.is_cancel_requested() {
                    return Ok(Ok(Accepted::AlreadyThere));
                }
                let event = execution::Event::CancelRequested { cause, identity, from };
                self.push(draft, now, Event::Execution(event))?;
                // Also a run that waits for its first task: there is nothing to wait for now.
                draft.wants_task = true;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::Terminate { reason, details, identity } => {
                let result = CloseResult::Terminated { reason: reason.clone() };
                let event = execution::Event::Terminated { reason, details, identity };
                self.push(draft, now, Event::Execution(event))?;
                draft.effects.push(Effect::Close { result });
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::RunTimedOut => {
                let (event, heir) = chain::time_out(self, now, link);
                let result = match event.new_run() {
                    Some(new_run) => CloseResult::Continued { new_run },
                    None => CloseResult::TimedOut,
                };
                self.push(draft, now, Event::Execution(event))?;
                draft.heir = heir;
                draft.effects.push(Effect::Close { result });
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::TimerDue { started } => {
                let Some(timer) = self.timers.get(&started) else {
                    return Ok(Err(Refused::TimerNotPending));
                };
                let event = timer::Event::Fired { timer_id: timer.timer_id.clone(), started };
                self.push(draft, now, Event::Timer(event))?;
                draft.effects.push(Effect::DeleteTimer { timer: DueTimer::User(started) });
                draft.wants_task = true;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::LocalClosed(closed) => {
                draft.locals.push(*closed);
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::LocalsDue => {
                draft.effects.push(Effect::DeleteTimer { timer: DueTimer::Locals });
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::ActivityClosed(closed) => self.admit_activity_closed(*closed, now, draft),
            // Taken out of their covers above.
            Arrival::FromParent { .. } | Arrival::ForBase { .. } => Ok(Err(Refused::Spurious)),
            Arrival::ChildStarted { initiated, run } => {
                self.admit_child_started(initiated, run, now, draft)
            }
            Arrival::ChildStartFailed { initiated, cause, reason } => {
                self.admit_child_start_failed(initiated, cause, reason, now, draft)
            }
            Arrival::ChildClosed { initiated, run, outcome } => {
                self.admit_child_closed(initiated, run, *outcome, now, draft)
            }
            Arrival::ExternalSignaled { initiated, failed } => {
                self.admit_signaled(initiated, failed, now, draft)
            }
            Arrival::ExternalCanceled { initiated, failed } => {
                self.admit_canceled(initiated, failed, now, draft)
            }
            Arrival::FirstTaskDue => {
                draft.effects.push(Effect::DeleteTimer { timer: DueTimer::FirstTask });
                // A request to cancel may have begun the first task before its time.
                draft.wants_task |= self.waits_for_first_task;
                self.waits_for_first_task &= self.status.is_paused();
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::Pause { reason, identity, request_id } => {
                if self.status.is_paused() {
                    return Ok(same_request(self.pause_request.as_ref(), &request_id)
                        .ok_or(Refused::AlreadyPaused));
                }
                let event = execution::Event::Paused { reason, identity, request_id };
                self.push(draft, now, Event::Execution(event))?;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::Unpause { reason, identity, request_id } => {
                if !self.status.is_paused() {
                    return Ok(same_request(self.unpause_request.as_ref(), &request_id)
                        .ok_or(Refused::NotPaused));
                }
                let event = execution::Event::Unpaused { reason, identity, request_id };
                self.push(draft, now, Event::Execution(event))?;
                // The wait before the first task may have ended while it was paused.
                let waits =
                    self.waits_for_first_task && self.first_task_at().is_some_and(|it| it > now);
                draft.wants_task |= !self.undelivered.is_empty() && !waits;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::UpdateOptions { change, identity } => {
                let sets_time_skipping = change.time_skipping.is_some();
                let options = Box::new(self.options.changed(*change));
                if *options == self.options && !sets_time_skipping {
                    return Ok(Ok(Accepted::AlreadyThere));
                }
                let forwarded = self.clock.forwards_to().is_some();
                let event =
                    execution::Event::OptionsUpdated { options, identity, sets_time_skipping };
                self.push(draft, now, Event::Execution(event))?;
                if sets_time_skipping {
                    self.watch_fast_forward(draft, forwarded);
                }
                draft.effects.push(Effect::SetOptions(Box::new(self.options.clone())));
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::AttachRequest { request_id } => {
                let is_full = self.attached_requests.len() >= limits::ATTACHED_REQUESTS_MAX;
                if is_full || self.attached_requests.contains(&request_id) {
                    return Ok(Ok(Accepted::AlreadyThere));
                }
                let event = execution::Event::RequestAttached { request_id };
                self.push(draft, now, Event::Execution(event))?;
                Ok(Ok(Accepted::Recorded))
            }
            Arrival::FastForwardDue => self.admit_fast_forward_due(now, draft),
            Arrival::TaskRetryDue => {
                if self.status.is_paused() {
                    // It is tried again when the run is unpaused.
                    draft.effects.push(Effect::DeleteTimer { timer: DueTimer::TaskRetry });
                }
                draft.wants_task |= !self.undelivered.is_empty() && !self.waits_for_first_task;
                Ok(Ok(Accepted::Recorded))
            }
        }
    }

    fn admit_start(
        &mut self,
        started: execution::Started,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Result<(), StepError> {
        draft.effects.push(Effect::InsertRun(Box::new(started.clone())));
        self.push(draft, now, Event::Execution(execution::Event::Started(Box::new(started))))?;
        if self.options.versioning.is_some() {
            draft.effects.push(Effect::SetOptions(Box::new(self.options.clone())));
        }
        draft.effects.extend(self.timer_rows());
        draft.wants_task |= !self.waits_for_first_task;
        Ok(())
    }
}

/// The run's own limit: what was asked for, never more than the whole execution has.
pub fn run_timeout(started: &execution::Started) -> Option<Delay> {
    match (started.run_timeout, started.execution_timeout) {
        (Some(run), Some(all)) => Some(run.min(all)),
        (run, all) => run.or(all),
    }
}

fn same_request(last: Option<&String>, request_id: &str) -> Option<Accepted> {
    let same = last.is_some_and(|it| !it.is_empty() && it == request_id);
    same.then_some(Accepted::AlreadyThere)
}
