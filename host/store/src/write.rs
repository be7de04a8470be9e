//! What a batch is made of: decisions, activity rows and schedules, as bytes. All encoding happens here, on
//! the caller's thread, so that the one connection that writes only binds.

use crate::related::RelatedPart;
use crate::rows::{id, ms};
use crate::runs::{RunRow, Status, columns_of};
use crate::schedules::status_of;
use crate::standalone::status_number;
use refrain_calendar::schedule::{Record, ScheduleKey};
use refrain_core::attempt::{ActivityTask, State};
use refrain_core::decision::{Decision, DueTimer, Effect};
use refrain_core::event::Recorded;
use refrain_core::fairness::Level;
use refrain_core::ids::{Digest, EventId, ExecutionKey, RunId, RunKey};
use refrain_core::machines::attributes::Attributes;
use refrain_core::machines::execution::Started;
use refrain_core::machines::{Event, task};
use refrain_core::message::{Message, MessageId};
use refrain_core::payload::PayloadMap;
use refrain_core::search::Kind;
use refrain_core::standalone::Execution;
use refrain_core::time::{Delay, Timestamp};
use refrain_wire::detached::{self, Blob};
use refrain_wire::search::values_of;
use refrain_wire::{event, schedule, stored};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A decision on its way to the store.
#[derive(Clone, Debug)]
pub struct RunWrite {
    pub key: RunKey,
    /// What the run is pinned to from now on.
    pub component: Digest,
    /// The row that the decision was made from, if that is at hand: what stays as it was is not
    /// written again.
    pub before: Option<Arc<RunRow>>,
    /// Only looked at if the decision inserts the run.
    pub start_request_id: Option<String>,
    /// Its replies are the engine's; take them out before, if they are large.
    pub decision: Decision,
}

/// One part of a batch, encoded.
#[derive(Debug)]
pub struct Write(pub(crate) Part);

#[derive(Debug)]
pub(crate) enum Part {
    Run(Box<RunPart>),
    Activity(Box<ActivityPart>),
    Schedule(Box<SchedulePart>),
    Messages(MessagesPart),
    Standalone(Box<StandalonePart>),
}

/// Messages that go, and messages that come.
#[derive(Debug)]
pub(crate) struct MessagesPart {
    pub(crate) taken: Vec<MessageId>,
    pub(crate) sent: Vec<SentPart>,
}

#[derive(Debug)]
pub(crate) struct SentPart {
    pub(crate) id: MessageId,
    pub(crate) to: ExecutionKey,
    pub(crate) message: Vec<u8>,
}

/// A decision, as columns.
#[derive(Debug)]
pub(crate) struct RunPart {
    pub(crate) key: RunKey,
    pub(crate) component: Digest,
    /// Status, component, pause and failing task are what they were.
    pub(crate) stands_as_before: bool,
    pub(crate) first_event: EventId,
    pub(crate) next_event: EventId,
    pub(crate) status: i64,
    pub(crate) cancel_requested: bool,
    /// `None`: it is not paused.
    pub(crate) pause_reason: Option<String>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) task_failure: Option<TaskFailurePart>,
    pub(crate) n_events: usize,
    pub(crate) history: Vec<u8>,
    /// What was too large for it.
    pub(crate) blobs: Vec<Blob>,
    pub(crate) insert: Option<InsertPart>,
    /// `None`: it goes.
    pub(crate) timers: BTreeMap<DueTimer, Option<Timestamp>>,
    /// `None`: it goes.
    pub(crate) activities: BTreeMap<EventId, Option<ActivityPart>>,
    pub(crate) published: BTreeMap<String, Vec<u8>>,
    /// Only if they change; of a new run, only if there are any.
    pub(crate) attributes: Option<AttributesPart>,
    /// Encoded, and whether the run follows what is deployed.
    pub(crate) options: Option<(Vec<u8>, bool)>,
    pub(crate) related: RelatedPart,
    /// Of a new run.
    pub(crate) reset_from: Option<RunId>,
    /// All its timers and activities go.
    pub(crate) closes: bool,
}

#[derive(Debug)]
pub(crate) struct TaskFailurePart {
    pub(crate) attempts: u32,
    pub(crate) failure: Vec<u8>,
    pub(crate) retry_at: Timestamp,
}

/// What only a new run's rows have.
#[derive(Debug)]
pub(crate) struct InsertPart {
    pub(crate) started: Box<Started>,
    pub(crate) start_request_id: Option<String>,
    pub(crate) started_at: Timestamp,
    pub(crate) execution_at: Timestamp,
}

/// Memo and search attributes, for those that list runs and for those that look for them.
#[derive(Debug)]
pub(crate) struct AttributesPart {
    pub(crate) memo: Vec<u8>,
    pub(crate) search: Vec<u8>,
    /// By name; a list and a text have several.
    pub(crate) values: BTreeSet<(String, Vec<u8>)>,
}

impl AttributesPart {
    fn of(memo: &PayloadMap, search: &PayloadMap) -> AttributesPart {
        AttributesPart {
            memo: stored::encode_payload_map(memo),
            search: stored::encode_payload_map(search),
            values: values_to_find(search),
        }
    }
}

fn values_to_find(search: &PayloadMap) -> BTreeSet<(String, Vec<u8>)> {
    let values = search.iter().flat_map(|(name, payload)| {
        let (kind, values) = values_of(payload).unwrap_or((Kind::Text, Vec::new()));
        values.into_iter().map(move |value| (name.clone(), value.key(kind)))
    });
    values.collect()
}

/// An activity without a workflow.
#[derive(Debug)]
pub(crate) struct StandalonePart {
    pub(crate) run: RunKey,
    pub(crate) activity_id: String,
    pub(crate) activity_type: String,
    pub(crate) task_queue: String,
    pub(crate) status: i64,
    pub(crate) started_at: Timestamp,
    pub(crate) began_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    /// Search attributes, if it begins: they stay.
    pub(crate) values: BTreeSet<(String, Vec<u8>)>,
    pub(crate) execution: Vec<u8>,
    pub(crate) attempts: AttemptsPart,
}

/// What becomes of the row of its attempts.
#[derive(Debug)]
pub(crate) enum AttemptsPart {
    Begin(Box<ActivityPart>),
    Stay,
    End,
}

impl StandalonePart {
    fn of(it: &Execution, attempts: AttemptsPart) -> Write {
        Write(Part::Standalone(Box::new(StandalonePart {
            run: it.task.run.clone(),
            activity_id: it.task.options.activity_id.clone(),
            activity_type: it.task.options.activity_type.clone(),
            task_queue: it.task.options.task_queue.clone(),
            status: status_number(it.status()),
            started_at: it.task.scheduled_at,
            began_at: it.began_at(),
            values: match attempts {
                AttemptsPart::Begin(_) => values_to_find(&it.search_attributes),
                AttemptsPart::Stay | AttemptsPart::End => BTreeSet::new(),
            },
            closed_at: it.closed.as_ref().map(|it| it.at),
            execution: stored::encode_standalone(it),
            attempts,
        })))
    }
}

/// A schedule's row.
#[derive(Debug)]
pub(crate) struct SchedulePart {
    pub(crate) key: ScheduleKey,
    pub(crate) created: Timestamp,
    pub(crate) wake: Option<Timestamp>,
    pub(crate) follows: bool,
    pub(crate) status: i64,
    /// Search attributes, if they are not what they were.
    pub(crate) values: Option<BTreeSet<(String, Vec<u8>)>>,
    pub(crate) schedule: Vec<u8>,
}

impl SchedulePart {
    fn of(
        key: ScheduleKey,
        record: &Record,
        wake: Option<Timestamp>,
        values: Option<BTreeSet<(String, Vec<u8>)>>,
    ) -> Write {
        let progress = &record.schedule.progress;
        Write(Part::Schedule(Box::new(SchedulePart {
            created: progress.created,
            wake,
            follows: !progress.running.is_empty(),
            status: status_of(record.schedule.standing.paused).number(),
            values,
            schedule: schedule::encode(record),
            key,
        })))
    }
}

/// An activity's row.
#[derive(Debug)]
pub(crate) struct ActivityPart {
    pub(crate) key: RunKey,
    pub(crate) scheduled: EventId,
    pub(crate) activity_id: String,
    pub(crate) task_queue: String,
    pub(crate) since: Timestamp,
    /// `None`: never.
    pub(crate) due: Option<Timestamp>,
    pub(crate) attempt: u32,
    /// `None`: it waits.
    pub(crate) started_by: Option<String>,
    pub(crate) level: Level,
    pub(crate) fairness_key: String,
    /// `None`: it is not in line.
    pub(crate) pass: Option<u64>,
    /// `None`: it is not paused.
    pub(crate) paused_type: Option<String>,
    /// See [`ActivityTask::is_held`].
    pub(crate) held: bool,
    pub(crate) task: Vec<u8>,
}

impl Write {
    /// A decision. Encodes its events and rows; costs what they are long.
    pub fn run(write: RunWrite) -> Write {
        Write(Part::Run(Box::new(RunPart::of(write))))
    }

    /// Payloads of more than so many bytes are kept beside the history, by their digest.
    pub fn detaching_above(mut self, limit: usize) -> Write {
        if let Part::Run(run) = &mut self.0
            // Bytes that were encoded just now can be decoded.
            && let Ok(Some((history, blobs))) = detached::detach(&run.history, limit)
        {
            run.history = history;
            run.blobs = blobs;
        }
        self
    }

    /// Is all that it adds to the history in [`Write::history`]?
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Part::Run(run) => run.blobs.is_empty(),
            Part::Activity(_) | Part::Messages(_) | Part::Schedule(_) | Part::Standalone(_) => true,
        }
    }

    /// What it adds to its run's history: bytes of `temporal.api.history.v1.History`.
    pub fn history(&self) -> &[u8] {
        match &self.0 {
            Part::Run(run) => &run.history,
            Part::Activity(_) | Part::Messages(_) | Part::Schedule(_) | Part::Standalone(_) => &[],
        }
    }

    /// Bytes that it adds to its run's history.
    pub fn history_bytes(&self) -> u64 {
        match &self.0 {
            Part::Run(run) => run.history.len() as u64,
            Part::Activity(_) | Part::Messages(_) | Part::Schedule(_) | Part::Standalone(_) => 0,
        }
    }

    /// Messages that a receiver has taken, and new ones. An answer takes the place of what it
    /// answers, whether that is taken or not.
    pub fn messages(taken: Vec<MessageId>, sent: &[Message]) -> Write {
        let sent = sent.iter().map(|it| SentPart {
            id: it.id,
            to: it.to.clone(),
            message: stored::encode_message(&it.body),
        });
        Write(Part::Messages(MessagesPart { taken, sent: sent.collect() }))
    }

    /// An activity's row as it is now. If the row is gone meanwhile it stays gone: the activity is
    /// closed, and what becomes of the attempt interests nobody.
    ///
    /// `now` decides whether a backoff is still ahead, see [`ActivityTask::due_at`].
    pub fn activity(task: &ActivityTask, now: Timestamp) -> Write {
        Write(Part::Activity(Box::new(ActivityPart::of(task, now))))
    }

    /// An activity without a workflow begins.
    pub fn standalone_begins(it: &Execution) -> Write {
        let row = ActivityPart::of(&it.task, it.task.scheduled_at);
        StandalonePart::of(it, AttemptsPart::Begin(Box::new(row)))
    }

    /// What is known of it changes; its attempts go on.
    pub fn standalone(it: &Execution) -> Write {
        StandalonePart::of(it, AttemptsPart::Stay)
    }

    /// It is closed.
    pub fn standalone_ends(it: &Execution) -> Write {
        StandalonePart::of(it, AttemptsPart::End)
    }

    /// A schedule as it is now, new or not. `wake`: when it must be looked at again.
    pub fn schedule(key: ScheduleKey, record: &Record, wake: Option<Timestamp>) -> Write {
        let values = values_to_find(&record.search_attributes);
        SchedulePart::of(key, record, wake, Some(values))
    }

    /// The same, of one whose search attributes are what they were.
    pub fn schedule_goes_on(key: ScheduleKey, record: &Record, wake: Option<Timestamp>) -> Write {
        SchedulePart::of(key, record, wake, None)
    }
}

impl RunPart {
    fn of(write: RunWrite) -> RunPart {
        let RunWrite { key, component, before, start_request_id, decision } = write;
        // A successor is a run, and so a write of its own.
        let Decision { first_event, events, effects, replies: _, run, successor: _ } = decision;
        debug_assert_eq!(first_event.plus(events.len()), run.next_event, "{key} counts its events");
        let (status, cancel_requested) = columns_of(run.status);
        let stands_as_before = before.is_some_and(|it| {
            Status::of(it.status) == status
                && it.component == component
                && it.pause_reason == run.pause_reason
                && it.task_failure.is_none()
                && run.task_failure.is_none()
        });
        let mut part = RunPart {
            component,
            stands_as_before,
            first_event,
            next_event: run.next_event,
            status: status.map_or(0, Status::number),
            cancel_requested,
            pause_reason: run.pause_reason,
            closed_at: run.closed_at,
            task_failure: run.task_failure.map(|it| TaskFailurePart {
                attempts: it.attempts,
                failure: stored::encode_failure(&it.failure),
                retry_at: it.retry_at,
            }),
            n_events: events.len(),
            history: if events.is_empty() { Vec::new() } else { event::encode(&events) },
            blobs: Vec::new(),
            insert: None,
            timers: BTreeMap::new(),
            activities: BTreeMap::new(),
            published: BTreeMap::new(),
            options: None,
            attributes: None,
            related: RelatedPart::of(&events),
            reset_from: reset_from(&events, key.run),
            closes: false,
            key,
        };
        let started_at = match first_event {
            EventId::FIRST => began_at(&events),
            _ => Timestamp::default(),
        };
        let mut start_request_id = start_request_id;
        // The last word on each row counts: a decision may start a timer and cancel it.
        for effect in effects {
            match effect {
                Effect::InsertRun(started) => {
                    let (memo, search) = (&started.memo, &started.search_attributes);
                    if !(memo.is_empty() && search.is_empty()) {
                        part.attributes = Some(AttributesPart::of(memo, search));
                    }
                    debug_assert_eq!(first_event, EventId::FIRST, "{} begins at 1", part.key);
                    part.insert =
                        Some(InsertPart::of(started, start_request_id.take(), started_at));
                }
                Effect::InsertTimer { timer, fire_at } => {
                    part.timers.insert(timer, Some(fire_at));
                }
                Effect::DeleteTimer { timer } => {
                    part.timers.insert(timer, None);
                }
                Effect::InsertActivity(task) => {
                    let row = ActivityPart::of(&task, task.scheduled_at);
                    part.activities.insert(task.scheduled, Some(row));
                }
                Effect::DeleteActivity { scheduled } => {
                    part.activities.insert(scheduled, None);
                }
                // The engine owns the attempt and sends the row's new content itself.
                Effect::CancelActivity { scheduled: _ } => {}
                Effect::PublishState { name, value } => {
                    part.published.insert(name, stored::encode_payload(&value));
                }
                // Messages have an address, which a decision does not know: see `Write::messages`.
                Effect::Send(_) => {}
                Effect::SetAttributes(attributes) => {
                    let Attributes { memo, search } = &*attributes;
                    let says_nothing = memo.is_empty() && search.is_empty();
                    let is_new = part.insert.is_some();
                    part.attributes =
                        (!(says_nothing && is_new)).then(|| AttributesPart::of(memo, search));
                }
                Effect::SetOptions(options) => {
                    part.options = Some((stored::encode_options(&options), options.follows()));
                }
                Effect::Close { result: _ } => part.closes = true,
            }
        }
        if part.closes {
            part.timers.clear();
            part.activities.clear();
        }
        part
    }
}

/// The run that this one was reset from, in the decision that begins it.
fn reset_from(events: &[Recorded], run: RunId) -> Option<RunId> {
    events.iter().find_map(|it| match &it.event {
        Event::Task(task::Event::Failed { reset: Some(reset), .. }) if reset.new == run => {
            Some(reset.base)
        }
        _ => None,
    })
}

/// A run that begins with another's history began when the two parted.
pub fn began_at(events: &[Recorded]) -> Timestamp {
    let parted = events
        .iter()
        .rev()
        .find(|it| matches!(&it.event, Event::Task(task::Event::Failed { reset: Some(_), .. })));
    parted.or(events.first()).map_or(Timestamp::default(), |it| it.time)
}

impl InsertPart {
    fn of(
        started: Box<Started>,
        start_request_id: Option<String>,
        started_at: Timestamp,
    ) -> InsertPart {
        InsertPart {
            start_request_id,
            started_at,
            execution_at: started_at.plus(started.first_task_backoff.unwrap_or(Delay::ZERO)),
            started,
        }
    }
}

impl ActivityPart {
    fn of(task: &ActivityTask, now: Timestamp) -> ActivityPart {
        let due = task.due_at(now);
        let (since, started_by) = match &task.state {
            State::Waiting { since } => (*since, None),
            State::Started { at, identity } => (*at, Some(identity.clone())),
        };
        let priority = task.priority();
        ActivityPart {
            key: task.run.clone(),
            scheduled: task.scheduled,
            activity_id: task.options.activity_id.clone(),
            task_queue: task.options.task_queue.clone(),
            since,
            due: (due < Timestamp::NEVER).then_some(due),
            attempt: task.attempt,
            started_by,
            level: Level::of(&priority),
            fairness_key: priority.fairness_key,
            pass: task.pass,
            paused_type: task.is_paused().then(|| task.options.activity_type.clone()),
            held: task.is_held(),
            task: stored::encode_activity_task(task),
        }
    }

    /// `state`, as its column holds it.
    pub(crate) fn state(&self) -> i64 {
        match self.started_by {
            None => 0,
            Some(_) => 1,
        }
    }

    pub(crate) fn pass(&self) -> Option<i64> {
        self.pass.map(|it| i64::try_from(it).unwrap_or(i64::MAX))
    }

    pub(crate) fn due_ms(&self) -> Option<i64> {
        self.due.map(ms)
    }

    pub(crate) fn scheduled_id(&self) -> i64 {
        id(self.scheduled)
    }
}
