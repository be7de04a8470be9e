//! Guests that misbehave end alone, with an error that says why.

use crate::handmade::workflow;
use crate::stage::{ACTIVATION_MS_MAX, Actor, cache_dir, component};
use expect_test::expect;
use refrain_core::guest::{GuestErrorKind, Job, QueryError};
use refrain_runtime::{Runtime, RuntimeConfig, digest_of};
use std::time::{Duration, Instant};

fn broken(workflow_type: &str, args: &[&str]) -> (GuestErrorKind, String, String) {
    breaks(Actor::rust("bad"), workflow_type, args)
}

fn breaks(
    mut actor: Actor,
    workflow_type: &str,
    args: &[&str],
) -> (GuestErrorKind, String, String) {
    let error = actor.try_start(workflow_type, args, &[]).unwrap_err();
    // It stays broken, and says the same.
    let again = actor.turn(Job::CancelRequested { cause: String::new() }).unwrap_err();
    assert_eq!(again, error);
    (error.kind, error.message, error.backtrace)
}

#[test]
fn a_trap_tells_the_panic_and_where_it_was() {
    let (kind, message, backtrace) = broken("trap", &[]);
    assert_eq!(kind, GuestErrorKind::Trap);
    assert!(message.contains("trapped on purpose"), "{message}");
    assert!(backtrace.contains("core::panicking::panic_fmt\n"), "{backtrace}");
    assert!(backtrace.contains("[async-lift]run\n"), "{backtrace}");
    assert!(!backtrace.contains("0x"), "{backtrace}");
}

/// Its compiler leaves names out unless it is asked for them.
#[test]
fn a_trap_in_c_names_the_functions_that_it_came_through() {
    let mut actor = Actor::new(&component("c", "bad"));
    let backtrace = actor.try_start("asserts", &[], &[]).unwrap_err().backtrace;
    for name in [": abort\n", ": asserts\n", ": refrain_export_run\n"] {
        assert!(backtrace.contains(name), "no `{name}` in\n{backtrace}");
    }
}

#[test]
fn a_guest_that_spins_runs_out_of_time_and_holds_up_no_other() {
    let began = Instant::now();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let spinning = std::thread::spawn(move || {
        let actor = Actor::rust("bad");
        ready.send(()).unwrap();
        breaks(actor, "spin", &[])
    });
    is_ready.recv().unwrap();
    let mut n_beside = 0;
    while !spinning.is_finished() {
        Actor::rust("bench").start("sleep", &["1"]);
        n_beside += usize::from(!spinning.is_finished());
    }
    // The first one may have come before it spun.
    assert!(n_beside >= 2, "{n_beside} others");
    let (kind, message, _) = spinning.join().unwrap();
    assert_eq!(kind, GuestErrorKind::OutOfTime);
    expect![
        "guest ran for more than 500 ms without waiting for anything: do long work in an activity, or raise `--guest-time`"
    ]
    .assert_eq(&message);
    assert!(began.elapsed() >= Duration::from_millis(ACTIVATION_MS_MAX));
}

#[test]
fn memory_has_a_limit() {
    let (kind, message, _) = broken("oom", &[]);
    assert_eq!(kind, GuestErrorKind::OutOfMemory, "{message}");
    assert!(message.contains("at most 67108864 are allowed"), "{message}");
}

#[test]
fn endless_recursion_ends() {
    let (kind, message, backtrace) = broken("deep", &[]);
    assert_eq!(kind, GuestErrorKind::StackOverflow, "{message}");
    assert!(backtrace.contains("down"), "{backtrace}");
}

#[test]
fn a_flood_of_commands_is_stopped() {
    let (kind, message, _) = broken("flood", &[]);
    assert_eq!(kind, GuestErrorKind::TooManyCommands, "{message}");
}

#[test]
fn a_flood_of_log_lines_costs_time_and_nothing_else() {
    let (kind, message, _) = broken("flood-log", &[]);
    assert_eq!(kind, GuestErrorKind::OutOfTime, "{message}");
}

#[test]
fn an_argument_that_is_too_large_is_a_failure_that_the_guest_can_catch() {
    let mut actor = Actor::rust("bad");
    expect!["fail InvalidActivityOptions: activity `noop`: arguments have 3145748 bytes, at most 2097152 are allowed"]
        .assert_eq(&actor.start("huge-argument", &["3"]));
}

#[test]
fn a_guest_that_waits_for_nothing_is_idle() {
    let mut actor = Actor::rust("bad");
    expect![""].assert_eq(&actor.start("never", &[]));
    expect![""].assert_eq(&actor.signal("go", &[]));
}

#[test]
fn a_query_that_spins_breaks_the_guest_only() {
    let mut actor = Actor::rust("bad");
    actor.start("spin-in-query", &[]);
    let Err(QueryError::Guest(error)) = actor.query("spin") else { panic!("answered") };
    assert_eq!(error.kind, GuestErrorKind::OutOfTime);
    let again = actor.turn(Job::CancelRequested { cause: String::new() });
    assert_eq!(again, Err(error));
}

#[test]
fn a_failure_of_the_programs_own_is_no_trap() {
    let mut actor = Actor::rust("bad");
    expect!["fail Oops: failed on purpose"].assert_eq(&actor.start("fail", &["\"Oops\""]));
}

#[test]
fn a_pool_that_is_used_up_says_so_and_has_room_again() {
    let config = RuntimeConfig { instances_max: 3, ..RuntimeConfig::new(cache_dir()) };
    let runtime = Runtime::new(config).unwrap();
    let bytes = component("rust", "bench");
    let program = runtime.load(digest_of(&bytes), || Ok(bytes.clone())).unwrap();
    let mut actors: Vec<Actor> = (0..4).map(|_| Actor::of(program.as_ref())).collect();
    for actor in &mut actors[..3] {
        actor.start("sleep", &["1"]);
    }
    let error = actors[3].try_start("sleep", &["1"], &[]).unwrap_err();
    assert_eq!(error.kind, GuestErrorKind::NoRoom);
    expect![[r#"no room for one more guest on this host, try again later or raise `--warm-runs`"#]]
        .assert_eq(error.message.split(':').next().unwrap());
    actors.clear();
    Actor::of(program.as_ref()).start("sleep", &["1"]);
}

/// Rooms of the pool are used again, and what is not thrown away of them is put back as it was: whatever is written
/// there, in few places or in many, next to each other or not.
#[test]
fn a_guest_finds_nothing_of_those_before_it() {
    for stride in [4096, 8192, 65536] {
        // Behind what the module has there itself.
        let code = format!(
            "(drop (memory.grow (i32.const 900)))
             (i32.store (i32.const 128) (i32.const 262144))
             (loop $again
                (if (i32.load (i32.load (i32.const 128))) (then (unreachable)))
                (i32.store (i32.load (i32.const 128)) (i32.const 1))
                (i32.store (i32.const 128) (i32.add (i32.load (i32.const 128)) (i32.const {stride})))
                (br_if $again (i32.lt_u (i32.load (i32.const 128)) (i32.const 59000000))))"
        );
        let component = workflow("", &code);
        for _ in 0..20 {
            Actor::new(&component).start("any", &[]);
        }
    }
}
