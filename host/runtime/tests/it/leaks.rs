//! What a program has begun and forgotten is gone once it has ended; what it keeps has a limit.

use crate::stage::{Actor, component, told};
use expect_test::{Expect, expect};
use refrain_core::guest::{GuestErrorKind, Job};
use refrain_core::machines::{Command, activity, timer};
use refrain_core::payload::Payload;
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

/// Together they are more than a guest's memory.
#[test]
fn what_a_program_in_c_has_sent_and_freed_takes_no_memory() {
    let page = format!("\"{}\"", "x".repeat(100 << 10));
    let mut actor = Actor::new(&component("c", "bad"));
    actor.try_start("frees", &[&page], &[]).unwrap();
    for nth in 1..=1000 {
        let printed = actor.activity(nth, Ok(&page));
        assert!(printed.starts_with(&format!("activity {} print", nth + 1)), "{nth}");
    }
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
