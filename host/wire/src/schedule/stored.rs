//! A row of `schedules`: Temporal's messages for what it has one for, and ours around them.

use crate::api::common::v1::{Header, Payloads as PbPayloads};
use crate::api::failure::v1::Failure as PbFailure;
use crate::api::schedule::v1 as pb;
use crate::{DecodeError, event, failure, payload};
use prost::Message;
use refrain_calendar::schedule::{Action, Backfill, Progress, Record, Running, Schedule, Wanted};
use refrain_core::event::Recorded;
use refrain_core::ids::{EventId, RunId};
use refrain_core::machines::{Event, execution};
use refrain_core::time::Timestamp;

const VERSION: u32 = 1;
const WHAT: &str = "stored schedule";

/// Absent times are absent fields: 0 is a time.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredSchedule {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(message, optional, tag = "2")]
    schedule: Option<pb::Schedule>,
    /// A history of one event.
    #[prost(bytes = "vec", tag = "3")]
    start: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    memo: Option<Header>,
    #[prost(message, optional, tag = "5")]
    search_attributes: Option<Header>,
    /// The counters, times and error of `ScheduleInfo`.
    #[prost(message, optional, tag = "6")]
    info: Option<pb::ScheduleInfo>,
    #[prost(uint64, tag = "7")]
    taken_until_ms: u64,
    #[prost(uint64, tag = "8")]
    revision: u64,
    #[prost(uint64, tag = "9")]
    n_wanted: u64,
    #[prost(message, repeated, tag = "10")]
    buffer: Vec<StoredWanted>,
    #[prost(message, repeated, tag = "11")]
    starting: Vec<StoredWanted>,
    #[prost(message, repeated, tag = "12")]
    running: Vec<StoredRunning>,
    #[prost(message, repeated, tag = "13")]
    backfills: Vec<StoredBackfill>,
    #[prost(message, repeated, tag = "14")]
    recent: Vec<StoredAction>,
    #[prost(message, optional, tag = "15")]
    last_result: Option<PbPayloads>,
    #[prost(message, optional, tag = "16")]
    last_failure: Option<PbFailure>,
    #[prost(string, repeated, tag = "17")]
    request_ids: Vec<String>,
    #[prost(uint64, tag = "18")]
    created_ms: u64,
    #[prost(uint64, optional, tag = "19")]
    updated_ms: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredWanted {
    #[prost(uint64, tag = "1")]
    seq: u64,
    #[prost(uint64, tag = "2")]
    nominal_ms: u64,
    #[prost(uint64, tag = "3")]
    at_ms: u64,
    #[prost(int32, tag = "4")]
    overlap: i32,
    #[prost(bool, tag = "5")]
    manual: bool,
    #[prost(bool, tag = "6")]
    exclusive: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredRunning {
    #[prost(string, tag = "1")]
    workflow_id: String,
    #[prost(bytes = "vec", tag = "2")]
    run: Vec<u8>,
    #[prost(bool, tag = "3")]
    cancel_requested: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredBackfill {
    #[prost(uint64, tag = "1")]
    from_ms: u64,
    #[prost(uint64, tag = "2")]
    until_ms: u64,
    #[prost(int32, tag = "3")]
    overlap: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredAction {
    #[prost(uint64, tag = "1")]
    at_ms: u64,
    #[prost(uint64, tag = "2")]
    started_ms: u64,
    #[prost(string, tag = "3")]
    workflow_id: String,
    #[prost(bytes = "vec", tag = "4")]
    run: Vec<u8>,
    #[prost(int32, tag = "5")]
    status: i32,
}

pub fn encode(record: &Record) -> Vec<u8> {
    let progress = &record.schedule.progress;
    let start = Recorded {
        id: EventId::FIRST,
        time: progress.created,
        event: Event::Execution(execution::Event::Started(record.start.clone())),
    };
    StoredSchedule {
        version: VERSION,
        schedule: Some(super::to_proto(record)),
        start: event::encode(&[start]),
        memo: Some(payload::header_to_proto(&record.memo)),
        search_attributes: Some(payload::header_to_proto(&record.search_attributes)),
        info: Some(pb::ScheduleInfo {
            running_workflows: Vec::new(),
            recent_actions: Vec::new(),
            ..super::info_to_proto(&record.schedule)
        }),
        taken_until_ms: progress.taken_until.0,
        revision: progress.revision,
        n_wanted: progress.n_wanted,
        buffer: progress.buffer.iter().map(wanted_to_stored).collect(),
        starting: progress.starting.iter().map(wanted_to_stored).collect(),
        running: progress.running.iter().map(running_to_stored).collect(),
        backfills: progress.backfills.iter().map(backfill_to_stored).collect(),
        recent: progress.recent.iter().map(action_to_stored).collect(),
        last_result: payload::result_to_proto(progress.last_result.as_ref()),
        last_failure: progress.last_failure.as_ref().map(failure::to_proto),
        request_ids: record.request_ids.iter().cloned().collect(),
        created_ms: progress.created.0,
        updated_ms: progress.updated.map(|it| it.0),
    }
    .encode_to_vec()
}

pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let row = StoredSchedule::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    if row.version != VERSION {
        let found = row.version;
        return Err(DecodeError::UnknownVersion { what: WHAT, found, expected: VERSION });
    }
    let schedule = row.schedule.ok_or(DecodeError::Missing { what: WHAT })?;
    let spec = super::spec_from_proto(schedule.spec.unwrap_or_default())?.compile();
    let spec = spec.map_err(|error| DecodeError::bad(WHAT, error, "a spec that was checked"))?;
    let info = row.info.unwrap_or_default();
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let wanted = |list: Vec<StoredWanted>| list.into_iter().map(wanted_from_stored);
    #[allow(deprecated, reason = "the only place for an error of the schedule as a whole")]
    let start_error = info.invalid_schedule_error;
    let progress = Progress {
        created: Timestamp(row.created_ms),
        updated: row.updated_ms.map(Timestamp),
        taken_until: Timestamp(row.taken_until_ms),
        revision: row.revision,
        n_wanted: row.n_wanted,
        buffer: wanted(row.buffer).collect::<Result<_, _>>()?,
        starting: wanted(row.starting).collect::<Result<_, _>>()?,
        running: row.running.into_iter().map(running_from_stored).collect::<Result<_, _>>()?,
        backfills: row.backfills.iter().map(backfill_from_stored).collect::<Result<_, _>>()?,
        recent: row.recent.into_iter().map(action_from_stored).collect::<Result<_, _>>()?,
        n_actions: count(info.action_count),
        n_missed: count(info.missed_catchup_window),
        n_skipped: count(info.overlap_skipped),
        n_dropped: count(info.buffer_dropped),
        last_result: payload::result_from_proto(row.last_result),
        last_failure: row.last_failure.map(failure::from_proto).transpose()?,
        start_error,
    };
    Ok(Record {
        schedule: Schedule {
            spec,
            policies: super::policies_from_proto(schedule.policies)?,
            standing: super::standing_from_proto(schedule.state)?,
            progress,
        },
        start: start_from_stored(&row.start)?,
        action: schedule.action.unwrap_or_default().encode_to_vec(),
        memo: payload::header_from_proto(row.memo),
        search_attributes: payload::header_from_proto(row.search_attributes),
        request_ids: row.request_ids.into(),
    })
}

fn start_from_stored(bytes: &[u8]) -> Result<Box<execution::Started>, DecodeError> {
    let first = event::decode(bytes)?.into_iter().next();
    match first.map(|it| it.event) {
        Some(Event::Execution(execution::Event::Started(started))) => Ok(started),
        Some(_) | None => Err(DecodeError::Missing { what: "stored schedule's start" }),
    }
}

fn run_from_stored(bytes: &[u8]) -> Result<RunId, DecodeError> {
    let bytes = bytes.try_into();
    bytes.map(RunId::from_bytes).map_err(|_| DecodeError::Missing { what: "stored schedule's run" })
}

fn wanted_to_stored(it: &Wanted) -> StoredWanted {
    StoredWanted {
        seq: it.seq,
        nominal_ms: it.nominal.0,
        at_ms: it.at.0,
        overlap: super::overlap_to_proto(it.overlap),
        manual: it.manual,
        exclusive: it.exclusive,
    }
}

fn wanted_from_stored(it: StoredWanted) -> Result<Wanted, DecodeError> {
    Ok(Wanted {
        seq: it.seq,
        nominal: Timestamp(it.nominal_ms),
        at: Timestamp(it.at_ms),
        overlap: super::overlap_from_proto(WHAT, it.overlap)?,
        manual: it.manual,
        exclusive: it.exclusive,
    })
}

fn running_to_stored(it: &Running) -> StoredRunning {
    StoredRunning {
        workflow_id: it.workflow_id.clone(),
        run: it.run.to_bytes().to_vec(),
        cancel_requested: it.cancel_requested,
    }
}

fn running_from_stored(it: StoredRunning) -> Result<Running, DecodeError> {
    let run = run_from_stored(&it.run)?;
    Ok(Running { workflow_id: it.workflow_id, run, cancel_requested: it.cancel_requested })
}

fn backfill_to_stored(it: &Backfill) -> StoredBackfill {
    StoredBackfill {
        from_ms: it.from.0,
        until_ms: it.until.0,
        overlap: super::overlap_to_proto(it.overlap),
    }
}

fn backfill_from_stored(it: &StoredBackfill) -> Result<Backfill, DecodeError> {
    Ok(Backfill {
        from: Timestamp(it.from_ms),
        until: Timestamp(it.until_ms),
        overlap: super::overlap_from_proto(WHAT, it.overlap)?,
    })
}

fn action_to_stored(it: &Action) -> StoredAction {
    StoredAction {
        at_ms: it.at.0,
        started_ms: it.started.0,
        workflow_id: it.workflow_id.clone(),
        run: it.run.to_bytes().to_vec(),
        status: super::status_to_proto(it.status) as i32,
    }
}

fn action_from_stored(it: StoredAction) -> Result<Action, DecodeError> {
    Ok(Action {
        at: Timestamp(it.at_ms),
        started: Timestamp(it.started_ms),
        run: run_from_stored(&it.run)?,
        workflow_id: it.workflow_id,
        status: super::status_from_proto(it.status),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_calendar::schedule::{Outcome, Overlap, Patch, Policies, Standing, Trigger};
    use refrain_calendar::spec::{Interval, Spec};
    use refrain_core::failure::Failure;
    use refrain_core::payload::Payload;
    use refrain_core::time::Delay;

    #[test]
    fn a_schedule_with_all_that_it_can_have_is_read_as_it_was_written() {
        let at = |n: u64| Timestamp(1_700_000_000_000 + n);
        let spec = Spec {
            crons: vec!["CRON_TZ=Europe/Paris 0 12 * * 5-7 # noon".to_owned()],
            intervals: vec![Interval { every_ms: 1500, phase_ms: 500 }],
            exclude: vec![Default::default()],
            start: Some(at(0)),
            end: Some(at(9_000_000)),
            jitter_ms: 1001,
            ..Spec::default()
        };
        let policies = Policies {
            overlap: Overlap::CancelOther,
            catchup_window: Delay::from_secs(17),
            pause_on_failure: true,
            keep_original_workflow_id: true,
        };
        let standing =
            Standing { notes: "n".to_owned(), remaining: Some(99), ..Standing::default() };
        let mut schedule =
            Schedule::new(spec.compile().expect("checked"), policies, standing, at(0));
        let trigger = |overlap| Patch {
            trigger: Some(Trigger { overlap, nominal: None }),
            ..Patch::default()
        };
        let id = |n| format!("w-{n}");
        for n in 1..=2 {
            schedule.patch(trigger(Some(Overlap::AllowAll)), at(n)).expect("room");
            schedule.patch(trigger(None), at(n)).expect("room");
            schedule.decide();
            for wanted in schedule.progress.starting.clone() {
                schedule.started(&wanted, id(n), RunId(u128::from(wanted.seq)), at(10));
            }
            let result = vec![Payload::default()];
            schedule.ended(RunId(2), Outcome::Completed(result));
            schedule.ended(RunId(2), Outcome::Failed(Failure::host("T", "m")));
        }
        schedule.progress.last_failure = Some(Failure::host("T", "m"));
        schedule.patch(trigger(None), at(20)).expect("room");
        schedule.patch(trigger(Some(Overlap::AllowAll)), at(20)).expect("room");
        schedule.decide();
        let backfills = vec![Backfill { from: at(1), until: at(2), overlap: None }];
        schedule.patch(Patch { backfills, ..Patch::default() }, at(21)).expect("room");
        schedule.progress.updated = Some(at(22));
        schedule.progress.start_error = "nothing deployed".to_owned();
        (schedule.progress.n_missed, schedule.progress.n_dropped) = (3, 4);
        let action = pb::ScheduleAction::default();
        let map = [("k".to_owned(), Payload::default())].into_iter().collect::<_>();
        let record = Record {
            schedule,
            start: Box::new(execution::Started {
                workflow_type: "T".to_owned(),
                workflow_id: "w".to_owned(),
                task_queue: "q".to_owned(),
                attempt: 1,
                ..Default::default()
            }),
            action: action.encode_to_vec(),
            memo: map,
            search_attributes: Default::default(),
            request_ids: ["r".to_owned()].into(),
        };
        let progress = &record.schedule.progress;
        assert!(!progress.starting.is_empty() && !progress.recent.is_empty());
        let read = decode(&encode(&record)).expect("just encoded");
        assert_eq!(read.schedule.progress, record.schedule.progress);
        assert_eq!(read.schedule.spec.spec(), record.schedule.spec.spec());
        assert_eq!(read.schedule.policies, record.schedule.policies);
        assert_eq!(read.schedule.standing, record.schedule.standing);
        assert_eq!(read.start, record.start);
        assert_eq!(read.action, record.action);
        assert_eq!(read.memo, record.memo);
        assert_eq!(read.request_ids, record.request_ids);
        assert!(decode(b"\xff").is_err());
    }
}
