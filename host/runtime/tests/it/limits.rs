//! What one guest may take of the host, each up to its limit and one more.

use crate::handmade::workflow;
use crate::stage::{Actor, component, logged};
use expect_test::{Expect, expect};
use refrain_core::guest::{GuestError, GuestErrorKind};

fn run(imports: &str, code: &str) -> Result<usize, GuestError> {
    Actor::new(&workflow(imports, code)).try_start("any", &[], &[]).map(|commands| commands.len())
}

fn refused(outcome: Result<usize, GuestError>, kind: GuestErrorKind, expected: &Expect) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    expected.assert_eq(&error.message);
}

/// Does something so many times.
fn times(n: usize, code: &str) -> String {
    format!(
        "(i32.store (i32.const 256) (i32.const {n}))
         (loop $again
            {code}
            (i32.store (i32.const 256) (i32.sub (i32.load (i32.const 256)) (i32.const 1)))
            (br_if $again (i32.load (i32.const 256))))"
    )
}

#[test]
fn memory_grows_to_its_limit() {
    // It begins with 4 pages of 64 KiB.
    let grow = |pages| run("", &format!("(drop (memory.grow (i32.const {pages})))"));
    assert_eq!(grow(1020), Ok(1));
    refused(
        grow(1021),
        GuestErrorKind::OutOfMemory,
        &expect![
            "guest asked for 67174400 bytes of memory, at most 67108864 are allowed: keep less, or raise `--guest-memory`"
        ],
    );
}

#[test]
fn a_table_grows_to_its_limit() {
    let grow = |n| {
        let code = format!("(drop (table.grow (ref.null func) (i32.const {n})))");
        run("(table 0 funcref)", &code)
    };
    assert_eq!(grow(50_000), Ok(1));
    refused(
        grow(50_001),
        GuestErrorKind::OutOfMemory,
        &expect![
            "guest asked for a table of 50001 elements, at most 50000 are allowed: it has too many functions, or takes too many references to them"
        ],
    );
}

#[test]
fn random_bytes_come_up_to_so_many_at_a_time() {
    let random = |n| {
        let imports = r#"(import "refrain:workflow/context@0.1.0" "random-bytes" (func $random (param i32 i32)))"#;
        run(imports, &format!("(call $random (i32.const {n}) (i32.const 256))"))
    };
    assert_eq!(random(65_536), Ok(1));
    refused(
        random(65_537),
        GuestErrorKind::BrokenInterface,
        &expect!["guest asked for 65537 random bytes, at most 65536 are allowed"],
    );
}

#[test]
fn one_guest_waits_for_so_many_things() {
    let waits = |n| {
        let imports = r#"(import "refrain:workflow/signals@0.1.0" "receive"
            (func $receive (param i32 i32 i32 i32)))"#;
        let receive = "(call $receive (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 300))";
        run(imports, &times(n, receive))
    };
    assert_eq!(waits(10_000), Ok(1));
    refused(
        waits(10_001),
        GuestErrorKind::TooManyCommands,
        &expect![
            "guest has 10000 open operations, more are not allowed: await or cancel some before"
        ],
    );
}

/// Publishes so many values of so many bytes.
fn publish(n: usize, bytes: usize) -> Result<usize, GuestError> {
    let imports = r#"(import "refrain:workflow/state@0.1.0" "publish"
        (func $publish (param i32 i32 i32 i32 i32 i32 i32)))"#;
    let publish = format!(
        "(call $publish (i32.const 0) (i32.const 1) (i32.const 1)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {bytes}))"
    );
    run(imports, &format!("(drop (memory.grow (i32.const 64))) {}", times(n, &publish)))
}

#[test]
fn one_task_asks_for_so_many_things() {
    // The end is one more.
    assert_eq!(publish(10_000, 1), Ok(10_001));
    refused(
        publish(10_001, 1),
        GuestErrorKind::TooManyCommands,
        &expect![
            "guest asked for more than 10000 things without waiting for any: wait for some before it asks for more"
        ],
    );
}

#[test]
fn one_task_hands_over_so_many_bytes() {
    let largest = 2 << 20;
    assert_eq!(publish(1, largest), Ok(2));
    refused(
        publish(1, largest + 1),
        GuestErrorKind::BrokenInterface,
        &expect!["guest published `\0` with 2097153 bytes, at most 2097152 are allowed"],
    );
    // Each counts with some bytes beside its own.
    assert_eq!(publish(15, largest), Ok(16));
    refused(
        publish(16, largest),
        GuestErrorKind::TooManyCommands,
        &expect![
            "guest handed over more than 33554432 bytes without waiting for anything: wait in between, or hand over references"
        ],
    );
}

#[test]
fn one_guest_has_so_many_handles() {
    let sets = |n| {
        let imports = r#"(import "$root" "[waitable-set-new]" (func $new (result i32)))"#;
        run(imports, &times(n, "(drop (call $new))"))
    };
    // The call of `run` has one.
    assert_eq!(sets(29_999), Ok(1));
    refused(
        sets(30_000),
        GuestErrorKind::TooManyCommands,
        &expect![
            "guest has too many open handles, 10000 of WASI and 30000 in all are allowed: drop those that it needs no more"
        ],
    );
}

#[test]
fn a_log_line_is_cut_and_a_flood_of_them_is_dropped() {
    let log = |n, bytes| {
        let imports =
            r#"(import "refrain:workflow/context@0.1.0" "log" (func $log (param i32 i32 i32)))"#;
        let code = format!(
            "(memory.fill (i32.const 1000) (i32.const 120) (i32.const 40000))
             {}",
            times(n, &format!("(call $log (i32.const 2) (i32.const 1000) (i32.const {bytes}))"))
        );
        let said = logged(|| drop(run(imports, &code)));
        (said.matches('x').count(), said.lines().count(), said)
    };
    let (bytes, lines, _) = log(1, 16 << 10);
    assert_eq!((bytes, lines), (16 << 10, 1));
    let (bytes, _, _) = log(1, (16 << 10) + 1);
    assert_eq!(bytes, 16 << 10);
    // Each counts with 64 bytes beside its own, and a megabyte is what a turn has.
    let (_, lines, said) = log(64, (16 << 10) - 64);
    assert_eq!(lines, 64, "{}", said.len());
    let (_, lines, said) = log(80, (16 << 10) - 64);
    assert_eq!(lines, 65);
    assert!(said.contains("the rest of this turn's log was dropped: too long"));
}

#[test]
fn what_is_kept_of_requests_that_are_never_sent_has_a_limit() {
    let header = |bytes| {
        let imports = r#"
            (import "wasi:http/types@0.2.3" "[constructor]fields" (func $new (result i32)))
            (import "wasi:http/types@0.2.3" "[method]fields.append"
                (func $append (param i32 i32 i32 i32 i32 i32)))"#;
        // The name is one letter, and the host counts some bytes beside name and value.
        let code = format!(
            "(memory.fill (i32.const 1000) (i32.const 120) (i32.const 40000))
             (call $append (call $new) (i32.const 1000) (i32.const 1) (i32.const 1000)
                (i32.const {bytes}) (i32.const 300))
             (if (i32.load8_u (i32.const 300)) (then (unreachable)))"
        );
        run(imports, &code)
    };
    assert_eq!(header(3 << 10), Ok(1));
    assert!(header(5 << 10).is_err());
}

/// A program in C holds a stack for each update that waits. Nothing is lost if there are more, and a
/// replay begins each of them where it began at first.
#[test]
fn updates_that_block_wait_for_their_turn() {
    let play = |replaying| {
        let mut actor = Actor::new(&component("c", "toolbox"));
        actor.replaying = replaying;
        let mut told = vec![actor.start("counter", &["40"])];
        told.extend((1..=40).map(|n| actor.update(&format!("u{n}"), "add", &["1"])));
        assert_eq!(actor.query("total").unwrap(), "0");
        // The last ones that began are done first, so that others than the oldest make room.
        for timers in [1..=10, 11..=20, 21..=30, 31..=40] {
            told.extend(timers.rev().map(|timer| actor.timer(timer, Ok(()))));
        }
        told.retain(|it| !it.is_empty());
        told
    };
    let mut live = Vec::new();
    let log = logged(|| live = play(false));
    assert_eq!(log.matches("waits for its turn").count(), 30, "{log}");
    expect![[r#" WARN refrain::guest: update `add` waits for its turn: it begins when fewer than 11 calls of this program wait in the midst of their code, each on a stack namespace="default" workflow_id="w1" run_id=0195e1f2-0000-7abc-8def-0123456789ab"#]].assert_eq(log.lines().next().unwrap_or_default());
    expect![[r#"
        timer 10 1s
        timer 11 1s
        answer u10 1
        timer 12 1s
        answer u9 2"#]]
    .assert_eq(&live[9..12].join("\n"));
    expect![[r#"
        answer u32 39
        answer u31 40
        complete 40"#]]
    .assert_eq(&live[48..].join("\n"));
    assert_eq!(live.join("\n").matches("answer u").count(), 40);
    assert_eq!(play(true), live);
}

/// What an update in C has of a stack is in the program's own memory.
#[test]
fn an_update_in_c_that_needs_more_stack_than_it_has_is_told_so() {
    let told = |update: &str| {
        let mut actor = Actor::new(&component("c", "bad"));
        actor.start("waits", &[]);
        actor.try_update("u", update, &["1"]).unwrap_err().message
    };
    expect!["update `needMuchStack` needs more than its stack of 65536 bytes: keep large things on the heap, and go through data in a loop"].assert_eq(&told("needMuchStack"));
    // When it waits, not when it returns.
    expect!["update `needMuchStackAndWait` needs more than its stack of 65536 bytes: keep large things on the heap, and go through data in a loop"].assert_eq(&told("needMuchStackAndWait"));
    expect!["wasm trap: call stack exhausted: a function calls itself without end, or too deeply for a stack of 1048576 bytes: go through the data in a loop instead, or do it in an activity"].assert_eq(&told("recurse"));
}
