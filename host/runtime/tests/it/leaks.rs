//! What a program has begun and forgotten is gone once it has ended; what it keeps has a limit.

use crate::stage::{Actor, component, told};
use expect_test::{Expect, expect};
use refrain_core::failure::{Failure, FailureKind, RetryState};
use refrain_core::guest::{GuestErrorKind, Job, Query};
use refrain_core::ids::{EventId, OpSeq, RunId};
use refrain_core::machines::execution::WorkflowRun;
use refrain_core::machines::signal::Signal;
use refrain_core::machines::{Command, activity, child, timer, update};
use refrain_core::payload::{Payload, PayloadMap};
use std::collections::VecDeque;

/// Each begins three things: together more than a guest has of operations (10,000) and of handles (30,000).
const ROUNDS: usize = 10_100;

/// The outcome of what a command began.
fn outcome(command: &Command) -> Option<Job> {
    match command {
        Command::Activity(activity::Command::Schedule(it)) => {
            Some(Job::ActivityClosed { op: it.op, result: Ok(vec![Payload::json("null")]) })
        }
        Command::Timer(timer::Command::Start { op, .. }) => {
            Some(Job::TimerClosed { op: *op, result: Ok(()) })
        }
        Command::Cancel(_) => None,
        other => panic!("{}", told(std::slice::from_ref(other))),
    }
}

fn rounds(language: &str) {
    let mut actor = Actor::new(&component(language, "bad"));
    let begun = actor.try_start("drops", &[], &[]).unwrap_or_else(|it| panic!("{language}: {it}"));
    let mut begun = VecDeque::from(begun);
    let mut n_timers = 0;
    while n_timers < 2 * ROUNDS {
        let command = begun.pop_front().unwrap_or_else(|| panic!("{language}: {n_timers} timers"));
        let Some(job) = outcome(&command) else { continue };
        n_timers += usize::from(matches!(job, Job::TimerClosed { .. }));
        begun.extend(actor.turn(job).unwrap_or_else(|it| panic!("{language}: {it}")));
    }
}

#[test]
fn what_a_program_in_rust_forgets_takes_nothing_for_long() {
    rounds("rust");
}

#[test]
fn what_a_program_in_typescript_forgets_takes_nothing_for_long() {
    rounds("typescript");
}

#[test]
fn what_a_program_in_python_forgets_takes_nothing_for_long() {
    rounds("python");
}

#[test]
fn what_a_program_in_c_forgets_takes_nothing_for_long() {
    rounds("c");
}

/// With all that a failure has.
fn failed(page: &str) -> Failure {
    let name = page.trim_matches('"').to_owned();
    let kind = FailureKind::Application {
        error_type: name.clone(),
        non_retryable: false,
        details: vec![Payload::json(page)],
        next_retry_delay: None,
        benign: false,
    };
    let cause = Failure {
        message: name.clone(),
        source: name.clone(),
        stack_trace: name.clone(),
        encoded_attributes: Some(Payload::json(page)),
        kind,
        cause: None,
    };
    let kind = FailureKind::Activity {
        scheduled: EventId(5),
        started: EventId(6),
        identity: name.clone(),
        activity_type: name.clone(),
        activity_id: name.clone(),
        retry_state: RetryState::MaximumAttemptsReached,
    };
    Failure { message: name, kind, ..Failure::default() }.caused_by(cause)
}

/// One round of what goes in and out of a program in C. What is told: how many pages of memory it has.
fn round(actor: &mut Actor, page: &str, printed: OpSeq) -> Vec<Command> {
    let name = page.trim_matches('"').to_owned();
    let header = PayloadMap::from([(name.clone(), Payload::json(page))]);
    let result = || Ok(vec![Payload::json(page)]);
    let begun = actor.turn(Job::ActivityClosed { op: printed, result: Err(failed(page)) }).unwrap();
    let [Command::Child(child::Command::Start(it))] = &*begun else { panic!("{}", told(&begun)) };
    let run = WorkflowRun { workflow_id: "child".to_owned(), run: RunId(7) };
    assert_eq!(actor.turn(Job::ChildStarted { op: it.op, result: Ok(run) }).unwrap(), []);
    assert_eq!(actor.turn(Job::ChildClosed { op: it.op, result: result() }).unwrap(), []);
    for nth in 0..20 {
        let request = update::Request {
            id: format!("{nth}-{name}"),
            name: "swallow".to_owned(),
            input: vec![Payload::json(page)],
            header: header.clone(),
            ..update::Request::default()
        };
        actor.guest.validate_update(&request, actor.now).unwrap().unwrap();
        assert_eq!(actor.turn(Job::Update(Box::new(request))).unwrap().len(), 1);
    }
    let input = vec![Payload::json(page)];
    for nth in 0..20 {
        let (name, args) = ("refuse".to_owned(), input.clone());
        let request =
            update::Request { id: format!("refused {nth}"), name, input: args, ..<_>::default() };
        actor.guest.validate_update(&request, actor.now).unwrap().unwrap_err();
    }
    for (name, is_answered) in [("swallow", true), ("refuse", false)] {
        let query = Query { name: name.to_owned(), args: input.clone(), now: actor.now };
        assert_eq!(actor.guest.query(&query).is_ok(), is_answered, "{name}");
    }
    actor.turn(Job::Signal(Signal { name, input, header, ..Signal::default() })).unwrap()
}

#[test]
fn what_a_program_in_c_has_sent_received_and_freed_takes_no_memory() {
    // Long names too, and items that are nothing.
    let page = format!("\"{}\"", "x".repeat(10 << 10));
    let args: Vec<&str> = std::iter::once(&*page).chain(["null"; 100]).collect();
    let mut actor = Actor::new(&component("c", "bad"));
    let mut begun = actor.try_start("frees", &args, &[]).unwrap();
    let mut pages = Vec::new();
    for _ in 0..100 {
        let printed = begun.iter().find_map(|it| match it {
            Command::Activity(activity::Command::Schedule(it)) => Some(it.op),
            _ => None,
        });
        begun = round(&mut actor, &page, printed.unwrap());
        pages.extend(begun.iter().filter_map(|it| match it {
            Command::Publish { value, .. } => Some(value.clone()),
            _ => None,
        }));
    }
    assert_eq!(pages.len(), 100);
    assert_eq!(pages[10], pages[99], "{pages:?}");
}

/// A program that begins more at each of its timers.
fn leaks(language: &str, expected: &Expect) {
    let mut actor = Actor::new(&component(language, "bad"));
    let mut begun = actor.try_start("leaks", &[], &[]);
    let refused = loop {
        let is_timer = |it: &&Command| matches!(it, Command::Timer(_));
        match begun {
            Ok(commands) => {
                let timer = commands.iter().find(is_timer).and_then(outcome);
                begun = actor.turn(timer.unwrap_or_else(|| panic!("{language}: no timer")));
            }
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.kind, GuestErrorKind::TooManyCommands, "{refused}");
    expected.assert_eq(&refused.message);
}

#[test]
fn a_program_in_typescript_that_keeps_too_much_is_told_so() {
    leaks(
        "typescript",
        &expect![
            "guest has 10000 open operations, more are not allowed: await or cancel some before"
        ],
    );
}

#[test]
fn a_program_in_python_that_keeps_too_much_is_told_so() {
    leaks(
        "python",
        &expect![
            "guest has 10000 open operations, more are not allowed: await or cancel some before"
        ],
    );
}
