//! What a toolchain's WASI imports see of the world is the run, and nothing else.

use crate::handmade::workflow;
use crate::stage::{Actor, NOW, logged};
use expect_test::expect;
use refrain_core::guest::Job;
use refrain_core::ids::OpSeq;
use refrain_core::machines::{Command, execution};
use refrain_core::time::Delay;

/// The words of 8 bytes that a handmade workflow returns.
fn words(component: &[u8]) -> Vec<u64> {
    let mut actor = Actor::new(component);
    let commands = actor.try_start("any", &[], &[]).unwrap_or_else(|error| panic!("{error:?}"));
    let Some(Command::Execution(execution::Command::Complete { result })) = commands.last() else {
        panic!("{commands:?}");
    };
    result[0].data.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}

#[test]
fn clocks_show_the_time_of_the_run() {
    let clocks = workflow(
        r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $wall (param i32)))
           (import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $mono (result i64)))"#,
        "(call $wall (i32.const 0)) (i64.store (i32.const 16) (call $mono))",
    );
    let words = words(&clocks);
    assert_eq!(words[0], NOW.as_ms() / 1000);
    assert_eq!(words[2], NOW.as_ms() * 1_000_000);
}

#[test]
fn randomness_is_the_runs_own() {
    let random = workflow(
        r#"(import "wasi:random/random@0.2.3" "get-random-u64" (func $wasi (result i64)))
           (import "refrain:workflow/context@0.1.0" "random-u64" (func $own (result i64)))"#,
        "(i64.store (i32.const 0) (call $wasi))
         (i64.store (i32.const 8) (call $wasi))
         (i64.store (i32.const 16) (call $own))",
    );
    let drawn = words(&random);
    assert_eq!(drawn, words(&random));
    // Histories depend on these: if they change, runs that are open diverge.
    expect!["[2810063547033349057, 2290580749000748619, 12700237506801054982]"]
        .assert_eq(&format!("{:?}", &drawn[..3]));
}

#[test]
fn nothing_of_the_host_is_seen() {
    let outside = workflow(
        r#"(import "wasi:cli/environment@0.2.3" "get-environment" (func $env (param i32)))
           (import "wasi:cli/environment@0.2.3" "get-arguments" (func $args (param i32)))
           (import "wasi:filesystem/preopens@0.2.3" "get-directories" (func $dirs (param i32)))"#,
        "(call $env (i32.const 0)) (call $args (i32.const 8)) (call $dirs (i32.const 16))",
    );
    let lengths: Vec<u64> = words(&outside)[..3].iter().map(|word| word >> 32).collect();
    assert_eq!(lengths, [0, 0, 0]);
}

#[test]
fn a_socket_is_refused_with_a_line_that_says_what_to_do() {
    let socket = workflow(
        r#"(import "wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket"
               (func $tcp (param i32 i32)))"#,
        "(call $tcp (i32.const 0) (i32.const 0))",
    );
    let mut answer = Vec::new();
    let line = logged(|| answer = words(&socket));
    // result: error; error code 1: access-denied.
    assert_eq!((answer[0] & 0xff, (answer[0] >> 32) & 0xff), (1, 1));
    assert!(line.contains("opening a TCP socket is not possible in a workflow"), "{line}");
}

/// Sleeps, and tells the time before and after.
fn sleeper(ns: u64) -> Vec<u8> {
    workflow(
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $now (result i64)))
           (import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
               (func $subscribe (param i64) (result i32)))
           (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
           (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))
           (global $pollable (mut i32) (i32.const 0))"#,
        &format!(
            "(i64.store (i32.const 0) (call $now))
             (global.set $pollable (call $subscribe (i64.const {ns})))
             (call $block (global.get $pollable))
             (call $drop (global.get $pollable))
             (i64.store (i32.const 8) (call $now))"
        ),
    )
}

#[test]
fn a_sleep_on_a_clock_is_a_durable_timer_live_and_in_replay() {
    // Rounded up to whole milliseconds: the guest never wakes too early.
    let component = sleeper(30 * 86_400 * 1_000_000_000 + 1);
    for replaying in [false, true] {
        let mut actor = Actor::new(&component);
        actor.replaying = replaying;
        assert_eq!(actor.start("any", &[]), "timer 1 30d1ms");
        actor.now = NOW.plus(Delay(30 * 86_400_000 + 1));
        let commands = actor.turn(Job::TimerClosed { op: OpSeq(1), result: Ok(()) }).unwrap();
        let Some(Command::Execution(execution::Command::Complete { result })) = commands.last()
        else {
            panic!("{commands:?}");
        };
        let word = |at: usize| u64::from_le_bytes(result[0].data[at..at + 8].try_into().unwrap());
        assert_eq!(word(0), NOW.as_ms() * 1_000_000);
        assert_eq!(word(8), actor.now.as_ms() * 1_000_000);
    }
}

#[test]
fn no_sleep_is_none_and_a_pollable_that_nobody_waits_for_starts_no_timer() {
    assert_eq!(words(&sleeper(0))[1], NOW.as_ms() * 1_000_000);
    let unawaited = workflow(
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
               (func $subscribe (param i64) (result i32)))
           (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))"#,
        "(call $drop (call $subscribe (i64.const 5000000000)))",
    );
    assert!(Actor::new(&unawaited).start("any", &[]).starts_with("complete"));
}

/// An event loop that waits for the first of two, and gives up the other.
#[test]
fn a_sleep_that_is_given_up_cancels_its_timer() {
    let first_of_two = workflow(
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
               (func $subscribe (param i64) (result i32)))
           (import "wasi:io/poll@0.2.3" "poll" (func $poll (param i32 i32 i32)))
           (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop (param i32)))"#,
        "(i32.store (i32.const 64) (call $subscribe (i64.const 60000000000)))
         (i32.store (i32.const 68) (call $subscribe (i64.const 1000000)))
         (call $poll (i32.const 64) (i32.const 2) (i32.const 72))
         (i32.store (i32.const 0) (i32.load (i32.load (i32.const 72))))
         (i32.store (i32.const 4) (i32.load (i32.const 76)))
         (call $drop (i32.load (i32.const 64)))
         (call $drop (i32.load (i32.const 68)))",
    );
    let mut actor = Actor::new(&first_of_two);
    assert_eq!(actor.start("any", &[]), "timer 1 1m\ntimer 2 1ms");
    let commands = actor.timer(2, Ok(()));
    assert!(commands.starts_with("cancel 1\ncomplete "), "{commands}");
}

#[test]
fn wasi_0_3_sleeps_the_same_way() {
    let component = workflow(
        r#"(import "wasi:clocks/monotonic-clock@0.3.0" "wait-for" (func $wait (param i64)))"#,
        "(call $wait (i64.const 2000000000))",
    );
    let mut actor = Actor::new(&component);
    assert_eq!(actor.start("any", &[]), "timer 1 2s");
    assert!(actor.timer(1, Ok(())).starts_with("complete"));
}

#[test]
fn handles_that_are_never_dropped_have_a_limit() {
    let leak = workflow(
        r#"(import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
               (func $subscribe (param i64) (result i32)))"#,
        "(loop $again (drop (call $subscribe (i64.const 1))) (br $again))",
    );
    let error = Actor::new(&leak).try_start("any", &[], &[]).unwrap_err();
    expect!["guest has too many open handles, 10000 of WASI and 30000 in all are allowed: drop those that it needs no more"].assert_eq(&error.message);
}
