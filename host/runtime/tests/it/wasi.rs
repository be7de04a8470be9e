//! What a toolchain's WASI imports see of the world is the run, and nothing else.

use crate::handmade::workflow;
use crate::stage::{Actor, NOW, logged};
use expect_test::expect;
use refrain_core::guest::GuestErrorKind;
use refrain_core::machines::{Command, execution};

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

#[test]
fn a_sleep_on_a_clock_is_refused_by_name_and_no_sleep_is_none() {
    let sleep = |ns: u64| {
        workflow(
            r#"(import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration"
                   (func $subscribe (param i64) (result i32)))
               (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))"#,
            &format!("(call $block (call $subscribe (i64.const {ns})))"),
        )
    };
    assert_eq!(words(&sleep(0))[0], 0);
    let error = Actor::new(&sleep(5_000_000_000)).try_start("any", &[], &[]).unwrap_err();
    assert_eq!(error.kind, GuestErrorKind::BrokenInterface);
    expect!["guest waits 5000 ms on a WASI clock, which is not durable yet: use `timers.sleep`"]
        .assert_eq(&error.message);
}
