//! Bytes that are right: what targets begin with.

use refrain_calendar::schedule::{Backfill, Patch, Policies, Record, Schedule, Standing, Trigger};
use refrain_calendar::spec::{Interval, Spec};
use refrain_core::attempt::ActivityTask;
use refrain_core::failure::Failure;
use refrain_core::ids::{EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, activity, execution, signal};
use refrain_core::message::{Body, Receiver};
use refrain_core::options::{Priority, RunOptions};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::queue::{QueueConfig, RateLimit};
use refrain_core::standalone::{Cancel, Execution};
use refrain_core::time::{Delay, Timestamp};
use refrain_wire::json::call::Call;
use refrain_wire::{event, import, namespace, queue, schedule, stored};
use serde_json::Value;
use std::path::Path;

/// Requests as Temporal's clients send them, a line each: `{"call": "Service/Method", "request": {…}}`.
const REQUESTS: &str = include_str!("../requests.jsonl");
/// Long ones say the same thing often.
const HISTORY_BYTES_MAX: usize = 20_000;
const AT: Timestamp = Timestamp(1_700_000_000_000);

/// The path of a call, and the bytes of a request.
pub fn requests() -> Vec<(String, Vec<u8>)> {
    let request = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("a line is JSON");
        let path = line["call"].as_str().expect("a line has a call").to_owned();
        let (service, method) = path.split_once('/').expect("of a service");
        let call = Call::find(service, method).expect("one of Temporal's");
        let bytes = call.request(line["request"].take()).expect("a request of it");
        (format!("/{path}"), bytes)
    };
    REQUESTS.lines().map(request).collect()
}

/// The path of a call, and a body of the HTTP API.
pub fn bodies() -> Vec<(String, Vec<u8>)> {
    let body = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a line is JSON");
        let path = line["call"].as_str().expect("a line has a call");
        (format!("/{path}"), line["request"].to_string().into_bytes())
    };
    REQUESTS.lines().map(body).collect()
}

pub(crate) fn calls() -> Vec<Vec<u8>> {
    let parameters = r#"{"call":"temporal.api.workflowservice.v1.WorkflowService/GetWorkflowExecutionHistory","namespace":"default","execution.workflowId":"w","maximumPageSize":"3","waitNewEvent":"true"}"#;
    let short = r#"{"call":"temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution","request":{"input":["7",{"a":[1]},null],"memo":{"fields":{"k":{"_protoMessageType":"temporal.api.common.v1.Link","x":1}}}}}"#;
    REQUESTS.lines().chain([parameters, short]).map(|it| it.as_bytes().to_vec()).collect()
}

pub(crate) fn encoded_requests() -> Vec<Vec<u8>> {
    let read = ["StartWorkflowExecution", "StartBatchOperation", "CreateSchedule"];
    let is_read = |path: &String| read.iter().any(|it| path.ends_with(it));
    requests().into_iter().filter(|(path, _)| is_read(path)).map(|(_, bytes)| bytes).collect()
}

/// Those that every version has to replay.
pub(crate) fn histories() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/histories");
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of histories") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    let texts = found.iter().map(|it| std::fs::read(it).expect("it can be read"));
    texts.filter(|it| it.len() < HISTORY_BYTES_MAX).collect()
}

pub(crate) fn events() -> Vec<Vec<u8>> {
    let import = |text: Vec<u8>| import::history(&String::from_utf8_lossy(&text)).ok();
    let histories: Vec<_> = histories().into_iter().filter_map(import).collect();
    assert!(histories.len() > 5, "{} of the histories can be read", histories.len());
    let whole = histories.iter().map(|it| event::encode(&it.events));
    let single = histories.iter().flat_map(|it| it.events.chunks(3).map(event::encode));
    whole.chain(single).collect()
}

fn payloads() -> Vec<Payload> {
    let mut other = Payload::json("{}");
    other.metadata.insert("messageType".to_owned(), vec![0, 255]);
    vec![Payload::json("\"x\""), other]
}

fn map() -> PayloadMap {
    PayloadMap::from([("a".to_owned(), Payload::json("1")), ("b".to_owned(), Payload::default())])
}

fn failure() -> Failure {
    Failure { cause: Some(Box::new(Failure::host("Inner", "why"))), ..Failure::host("Broken", "m") }
}

fn task() -> ActivityTask {
    let run = RunKey {
        execution: ExecutionKey { namespace: NamespaceId(3), workflow: "w".into() },
        run: RunId(7),
    };
    let scheduled = events().iter().find_map(|it| {
        event::decode(it).ok()?.into_iter().find_map(|it| match it.event {
            Event::Activity(activity::Event::Scheduled(it)) => Some(*it),
            _ => None,
        })
    });
    let options = scheduled.expect("a history has an activity");
    ActivityTask::new(run, EventId(5), AT, "order".to_owned(), options, Some(Timestamp(99)))
}

fn standalone(task: ActivityTask) -> Execution {
    Execution {
        task,
        request_id: "request".to_owned(),
        details: Some(Payload::json("1")),
        search_attributes: map(),
        delay: Delay(5),
        cancel: Some(Cancel { reason: "r".to_owned(), identity: "i".to_owned() }),
        closed: None,
    }
}

fn messages() -> Vec<Body> {
    let signal = signal::Signal {
        name: "go".to_owned(),
        input: payloads(),
        header: map(),
        identity: "cli".to_owned(),
        request_id: "r".to_owned(),
        from: None,
        links: Vec::new(),
    };
    vec![
        Body::Signal { target: Receiver::default(), signal: Box::new(signal) },
        Body::TerminateChild { base: Some(RunId(7)) },
        Body::CancelChild { parent: "p".to_owned(), base: None },
        Body::ChildStarted { run: RunId(7) },
        Body::Signaled,
    ]
}

fn scheduled() -> Record {
    let spec = Spec {
        crons: vec!["CRON_TZ=Europe/Paris 0 12 * * 5-7 # noon".to_owned()],
        intervals: vec![Interval { every_ms: 1500, phase_ms: 500 }],
        exclude: vec![Default::default()],
        start: Some(AT),
        jitter_ms: 1001,
        ..Spec::default()
    };
    let spec = spec.compile().expect("it has a meaning");
    let standing = Standing { notes: "n".to_owned(), remaining: Some(99), ..Standing::default() };
    let mut schedule = Schedule::new(spec, Policies::default(), standing, AT);
    let patch = Patch {
        trigger: Some(Trigger { overlap: None, nominal: None }),
        backfills: vec![Backfill { from: AT, until: Timestamp(AT.0 + 1), overlap: None }],
        ..Patch::default()
    };
    schedule.patch(patch, AT).expect("there is room");
    schedule.decide();
    for wanted in schedule.progress.starting.clone() {
        schedule.started(&wanted, "w".to_owned(), RunId(1), AT);
    }
    schedule.progress.last_failure = Some(failure());
    Record {
        schedule,
        start: Box::new(execution::Started {
            workflow_type: "T".to_owned(),
            workflow_id: "w".to_owned(),
            task_queue: "q".to_owned(),
            attempt: 1,
            ..Default::default()
        }),
        action: Vec::new(),
        memo: map(),
        search_attributes: map(),
        request_ids: ["r".to_owned()].into(),
    }
}

/// The first byte is the kind of row.
pub(crate) fn stored() -> Vec<Vec<u8>> {
    let task = task();
    let rate =
        RateLimit { per_second: Some(7.5), reason: "slow".to_owned(), ..RateLimit::default() };
    let config = QueueConfig {
        rate: Some(rate),
        rate_of_keys: None,
        weights: [("a".to_owned(), 2.0)].into(),
    };
    let priority =
        Priority { key: Some(2), fairness_key: "k".to_owned(), fairness_weight: Some(0.25) };
    let options = RunOptions { priority, ..RunOptions::default() };
    let mut rows = vec![
        (0, stored::encode_activity_task(&task)),
        (1, stored::encode_standalone(&standalone(task.clone()))),
        (2, stored::encode_failure(&failure())),
        (3, stored::encode_payload(&payloads()[0])),
        (4, stored::encode_payloads(&payloads())),
        (5, stored::encode_payload_map(&map())),
        (6, stored::encode_options(&options)),
        (8, queue::encode(&config)),
        (9, schedule::encode(&scheduled())),
        (10, namespace::encode_data(&[("k".to_owned(), "v".to_owned())].into())),
    ];
    rows.extend(messages().iter().map(|it| (7, stored::encode_message(it))));
    let is_batch = |path: &String| path.ends_with("StartBatchOperation");
    let batches = requests().into_iter().filter(|(path, _)| is_batch(path));
    rows.extend(batches.map(|(_, bytes)| (11, bytes)));
    let row = |(kind, bytes): (u8, Vec<u8>)| [vec![kind], bytes].concat();
    rows.into_iter().map(row).collect()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|it| it.as_bytes().to_vec()).collect()
}

pub(crate) fn filters() -> Vec<Vec<u8>> {
    texts(&[
        r#"WorkflowType = "order" AND (ExecutionStatus IN ("Running", 'Failed') OR NOT `Color` IS NULL)"#,
        "StartTime BETWEEN '2026-01-01T00:00:00Z' AND '2026-02-01' AND Size >= -12 GROUP BY ExecutionStatus",
        "WorkflowId STARTS_WITH 'o-' AND Weight != 1.5e-3 && ExecutionDuration > '1h30m'",
        "((((Color not in ('red','blue') || Size <> 7)))) AND CloseTime is not null",
        r#"`TemporalReportedProblems` IN ("category=WorkflowTaskFailed") AND HistoryLength < 10"#,
    ])
}

pub(crate) fn calendars() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"interval":[{"interval":"3600s","phase":"300s"}],"jitter":"3s","timezoneName":"Europe/Berlin"}"#,
        r#"{"cronString":["CRON_TZ=America/New_York 30 1 * * MON-FRI # words","@every 1h/5m","@daily"],"startTime":"2026-01-01T00:00:00Z","endTime":"2030-01-01T00:00:00Z"}"#,
        r#"{"structuredCalendar":[{"second":[{"start":0}],"minute":[{"start":2,"end":59,"step":7}],"hour":[{"start":1,"end":23}],"dayOfMonth":[{"start":29,"end":31}],"month":[{"start":2}],"year":[{"start":2028,"end":2099,"step":4}],"dayOfWeek":[{"start":0,"end":6}]}],"excludeStructuredCalendar":[{"hour":[{"start":3}],"dayOfMonth":[{"start":1,"end":31}],"month":[{"start":1,"end":12}],"dayOfWeek":[{"start":0,"end":6}]}]}"#,
        r#"{"calendar":[{"hour":"5","month":"2","dayOfWeek":"mon-fri","year":"*","comment":"c"}],"excludeCalendar":[{"dayOfMonth":"1-7"}]}"#,
        "0 12 * * 1-5",
        "CRON_TZ=Pacific/Apia */7 0-23/3 31 2,12 ?",
        "TZ=UTC @monthly",
        "@every 90m",
    ])
}
