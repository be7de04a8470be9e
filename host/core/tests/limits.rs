//! What a run may have at most: exactly that, and one more.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::expect;
use refrain_core::arrival::Arrival;
use refrain_core::decision::Decision;
use refrain_core::event::Recorded;
use refrain_core::guest::{Guest, GuestError, Job, Program, Query, QueryError, Turn};
use refrain_core::ids::EventId;
use refrain_core::limits::{BLOB_BYTES_MAX, RunLimits};
use refrain_core::machines::signal::Signal;
use refrain_core::machines::{Command, Event, execution, task};
use refrain_core::payload::{Payload, Payloads, size_of_all};
use refrain_core::run::{Run, Step};
use refrain_core::time::{Delay, Timestamp};
use refrain_testkit::program::ScriptedProgram;
use refrain_testkit::{facts, lone_step};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

const LIMITS: RunLimits = RunLimits::DEFAULT;

fn guest(program: &str) -> Box<dyn Guest> {
    ScriptedProgram::parse(program.lines()).unwrap().guest().unwrap()
}

fn step(arrivals: Vec<Arrival>, history_bytes: u64) -> Step {
    Step { history_bytes, ..lone_step(Timestamp(2000), arrivals) }
}

fn signals(n: usize) -> Vec<Arrival> {
    let signal = Signal { name: "more".to_owned(), ..Signal::default() };
    vec![Arrival::Signal(signal); n]
}

/// A run of a program that does nothing, after so many workflow tasks: three events each and the
/// start.
fn after_tasks(n_tasks: u64) -> Run {
    let mut events = vec![Event::Execution(execution::Event::Started(Box::default()))];
    for nth in 0..n_tasks {
        let scheduled = EventId(2 + nth * 3);
        let started = scheduled.next();
        let (task_queue, timeout) = (String::new(), Delay::from_secs(10));
        let tasks = [
            task::Event::Scheduled { task_queue, timeout, attempt: 1 },
            task::Event::Started {
                scheduled,
                identity: String::new(),
                history_bytes: 0,
                suggest_continue_as_new: false,
            },
            task::Event::Completed { scheduled, started, identity: String::new(), component: None },
        ];
        events.extend(tasks.map(Event::Task));
    }
    let recorded = |(at, event)| Recorded { id: EventId(at), time: Timestamp(1000), event };
    let history: Vec<_> = (1..).zip(events).map(recorded).collect();
    Run::replay(facts("order-1"), &history, guest("-")).unwrap()
}

fn is_told_to_continue(decision: &Decision) -> bool {
    decision.events.iter().any(|it| match it.event {
        Event::Task(task::Event::Started { suggest_continue_as_new, .. }) => {
            suggest_continue_as_new
        }
        _ => false,
    })
}

/// Why it was terminated, and the number of its last event.
fn end(decision: &Decision) -> (String, u64) {
    let last = decision.events.last().unwrap();
    let why = match &last.event {
        Event::Execution(execution::Event::Terminated { reason, details, .. }) => {
            let details = details.iter().map(|it| String::from_utf8_lossy(&it.data).into_owned());
            format!("{reason} {}", details.collect::<String>())
        }
        other => other.to_string(),
    };
    (why, last.id.0)
}

#[test]
fn a_history_takes_its_last_event_and_one_more_terminates_the_run() {
    // The start, tasks, one signal and its task: all there is room for.
    let n_tasks = (LIMITS.history_events - 1 - 1 - 3) / 3;
    assert_eq!(1 + n_tasks * 3 + 1 + 3, LIMITS.history_events, "the edge is met exactly");
    let fits = after_tasks(n_tasks).step(step(signals(1), 0)).unwrap().decision;
    assert_eq!(end(&fits), ("task completed".to_owned(), LIMITS.history_events));
    assert_eq!(fits.run.status, execution::State::Running);
    let over = after_tasks(n_tasks).step(step(signals(2), 0)).unwrap().decision;
    assert_eq!(over.run.status, execution::State::Terminated);
    expect![[r#"("Workflow history count exceeds limit. \"history has 51198 events, at most 51200 are allowed\"", 51199)"#]]
        .assert_eq(&format!("{:?}", end(&over)));
}

#[test]
fn a_history_takes_its_last_byte_and_one_more_terminates_the_run() {
    let most = LIMITS.history_bytes;
    let fits = after_tasks(1).step(step(signals(1), most)).unwrap().decision;
    assert_eq!(fits.run.status, execution::State::Running);
    let over = after_tasks(1).step(step(signals(1), most + 1)).unwrap().decision;
    assert_eq!(over.run.status, execution::State::Terminated);
    expect![[r#"("Workflow history size exceeds limit. \"history has 52428801 bytes, at most 52428800 are allowed\"", 6)"#]]
        .assert_eq(&format!("{:?}", end(&over)));
}

#[test]
fn a_run_is_told_to_continue_as_new_from_the_4096th_event_on() {
    let n_tasks = (LIMITS.suggest_at_events - 4) / 3;
    assert_eq!(1 + n_tasks * 3 + 1 + 1, LIMITS.suggest_at_events - 1, "one before the edge");
    let told =
        |n| is_told_to_continue(&after_tasks(n_tasks).step(step(signals(n), 0)).unwrap().decision);
    assert!(!told(1));
    assert!(told(2));
}

#[test]
fn a_run_is_told_to_continue_as_new_from_four_mebibytes_on() {
    let told = |bytes| {
        is_told_to_continue(&after_tasks(1).step(step(signals(1), bytes)).unwrap().decision)
    };
    assert!(!told(LIMITS.suggest_at_bytes - 1));
    assert!(told(LIMITS.suggest_at_bytes));
}

/// What the first task of a program comes to.
fn first_task(program: &str) -> String {
    let start = vec![Arrival::Start(Box::default())];
    let decision =
        Run::new(facts("order-1"), guest(program)).step(step(start, 0)).unwrap().decision;
    let n_events = decision.events.len();
    let failed = decision.run.task_failure.map(|it| it.failure.message);
    failed.unwrap_or_else(|| format!("{n_events} events"))
}

#[test]
fn two_thousand_activities_and_timers_may_be_pending_and_one_more_fails_the_task() {
    let activities = |n| first_task(&vec!["activity charge"; n].join(", "));
    assert_eq!(activities(2000), "2004 events");
    expect![
        "[W0202] the number of pending activities, 2000, has reached the per-workflow limit of 2000"
    ]
    .assert_eq(&activities(2001));
    assert_eq!(first_task("flood 2000"), "2004 events");
    expect![
        "[W0202] the number of pending timers, 2000, has reached the per-workflow limit of 2000"
    ]
    .assert_eq(&first_task("flood 2001"));
}

/// A host may be started with less than the one before allowed: nothing that is there is lost.
#[test]
fn a_run_keeps_what_a_greater_limit_allowed_and_gets_no_more() {
    let mut limits = LIMITS;
    limits.set("pending-timers", NonZeroU64::new(2).unwrap()).unwrap();
    let program = "flood 3\ntimer 1s";
    let begun = Run::new(facts("order-1"), guest(program))
        .step(step(vec![Arrival::Start(Box::default())], 0))
        .unwrap();
    let history = begun.decision.events;
    let again = Run::replay(facts("order-1"), &history, guest(program)).unwrap();
    assert_eq!(again.execution().timers.len(), 3);
    let mut narrow = step(signals(1), 0);
    narrow.host.limits = Arc::new(limits);
    let failed = again.step(narrow).unwrap().decision.run.task_failure;
    expect!["[W0202] the number of pending timers, 3, has reached the per-workflow limit of 2"]
        .assert_eq(&failed.unwrap().failure.message);
}

#[test]
fn only_limits_that_there_are_can_be_set() {
    let mut limits = LIMITS;
    for limit in RunLimits::ALL {
        limits.set(limit.name, NonZeroU64::MIN).unwrap();
    }
    assert_eq!(limits.updates, 1);
    expect!["`pending-activites` is no limit, expected one of history-events, history-bytes, suggest-at-events, suggest-at-bytes, pending-activities, pending-timers, pending-children, pending-signals, pending-cancels, signals, updates-in-flight, update-bytes-in-flight, updates"]
        .assert_eq(&limits.set("pending-activites", NonZeroU64::MIN).unwrap_err().to_string());
}

#[test]
fn a_result_of_two_mebibytes_completes_a_run_and_one_byte_more_fails_the_task() {
    let around = size_of_all(&[Payload::json("\"\"")]);
    let result = |bytes| format!("complete \"{}\"", "x".repeat(bytes));
    assert_eq!(first_task(&result(BLOB_BYTES_MAX - around)), "5 events");
    expect!["[W0202] result: 2097153 bytes found, at most 2097152 are allowed"]
        .assert_eq(&first_task(&result(BLOB_BYTES_MAX - around + 1)));
}

/// The next run of a chain knows so many requests of those before it, the newest.
#[test]
fn a_next_run_is_told_of_the_newest_thousand_requests() {
    let signals = |n: usize, bytes: usize| {
        let id = move |nth| format!("{nth:0bytes$}");
        let signal = move |nth| Signal { request_id: id(nth), ..Signal::default() };
        (0..n).map(move |nth| Arrival::Signal(signal(nth))).collect::<Vec<_>>()
    };
    let carried = |n: usize, bytes: usize| {
        let program = format!("-\n{}continue", "-\n".repeat(n - 1));
        let start = Arrival::Start(Box::default());
        let begun = Run::new(facts("order-1"), guest(&program)).step(step(vec![start], 0)).unwrap();
        let ended = begun.run.unwrap().step(step(signals(n, bytes), 0)).unwrap().decision;
        let next = ended.successor.unwrap();
        let carried = next.started.carried_requests;
        (carried.len(), carried.first().cloned(), carried.last().cloned())
    };
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(carried(1000, 4), (1000, some("0000"), some("0999")));
    assert_eq!(carried(1001, 4), (1000, some("0001"), some("1000")));
    assert_eq!(
        carried(32, 1024),
        (32, some(&format!("{:01024}", 0)), some(&format!("{:01024}", 31)))
    );
    assert_eq!(
        carried(33, 1024),
        (32, some(&format!("{:01024}", 1)), some(&format!("{:01024}", 32)))
    );
}

/// Looks for signals by itself, and writes down what it is handed.
struct Taker(Arc<Mutex<Vec<String>>>);

impl Guest for Taker {
    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError> {
        let told = match turn.job {
            Job::Start(start) => format!("start with {}", start.signals.len()),
            Job::Signal(signal) => format!("signal {}", signal.request_id),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(told);
        Ok(Vec::new())
    }

    fn unreceived(&self) -> Vec<Signal> {
        Vec::new()
    }

    fn takes_signals(&self) -> bool {
        true
    }

    fn query(&mut self, _: &Query) -> Result<Payloads, QueryError> {
        Ok(Vec::new())
    }
}

#[test]
fn a_thousand_signals_that_came_with_a_start_are_handed_over_with_it_and_more_one_by_one() {
    let turns = Arc::new(Mutex::new(Vec::new()));
    let taker = || Box::new(Taker(Arc::clone(&turns)));
    let signal =
        |nth: u32| Arrival::Signal(Signal { request_id: nth.to_string(), ..Signal::default() });
    let mut arrivals = vec![Arrival::Start(Box::default())];
    arrivals.extend((1..=1002).map(signal));
    let first = Run::new(facts("order-1"), taker()).step(step(arrivals, 0)).unwrap();
    let second = first.run.unwrap().step(step(vec![signal(1003)], 0)).unwrap();
    let live = std::mem::take(&mut *turns.lock().unwrap());
    assert_eq!(live, ["start with 1000", "signal 1001", "signal 1002", "signal 1003"]);
    let mut history = first.decision.events;
    history.extend(second.decision.events);
    Run::replay(facts("order-1"), &history, taker()).unwrap();
    assert_eq!(*turns.lock().unwrap(), live);
}
