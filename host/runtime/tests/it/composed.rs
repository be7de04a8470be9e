//! Components that are composed of others, and what they may take of the pool that all guests share.

use crate::stage::{Actor, cache_dir, component, told};
use expect_test::expect;
use refrain_core::guest::{GuestError, GuestErrorKind};
use refrain_runtime::{ROOMS_PER_GUEST_MAX, Runtime, RuntimeConfig, digest_of};

/// A host whose pool has room for one guest that takes the most, and one that takes the least.
fn runtime() -> Runtime {
    let instances_max = ROOMS_PER_GUEST_MAX + 1;
    Runtime::new(RuntimeConfig { instances_max, ..RuntimeConfig::new(cache_dir()) }).unwrap()
}

fn actor(runtime: &Runtime, component: &[u8]) -> Actor {
    let program = runtime.load(digest_of(component), || Ok(component.to_vec())).unwrap();
    Actor::of(program.as_ref())
}

/// A workflow `main` that calls so many times a function of its other part, which waits for ever in the
/// midst of its code; then it waits itself.
fn waits(n_calls: usize) -> Vec<u8> {
    let text = format!(
        r#"(component
            (component $waiting
                (core module $libc (memory (export "memory") 1))
                (core instance $libc (instantiate $libc))
                (core func $new (canon waitable-set.new))
                (core func $wait (canon waitable-set.wait (memory (core memory $libc "memory"))))
                (core module $m
                    (import "" "new" (func $new (result i32)))
                    (import "" "wait" (func $wait (param i32 i32) (result i32)))
                    (func (export "wait") (drop (call $wait (call $new) (i32.const 0)))))
                (core instance $m (instantiate $m
                    (with "" (instance (export "new" (func $new)) (export "wait" (func $wait))))))
                (func (export "wait") async (canon lift (core func $m "wait") async)))
            (component $calling
                (import "wait" (func $wait async))
                (core func $call (canon lower (func $wait) async))
                (core func $wait (canon lower (func $wait)))
                (core module $m
                    (import "" "call" (func $call (result i32)))
                    (import "" "wait" (func $wait))
                    (func (export "main") (local $left i32)
                        (local.set $left (i32.const {n_calls}))
                        (loop $next
                            (drop (call $call))
                            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
                        (call $wait)))
                (core instance $m (instantiate $m
                    (with "" (instance (export "call" (func $call)) (export "wait" (func $wait))))))
                (func (export "main") async (canon lift (core func $m "main") async)))
            (instance $waiting (instantiate $waiting))
            (instance $calling (instantiate $calling (with "wait" (func $waiting "wait"))))
            (export "main" (func $calling "main")))"#
    );
    wat::parse_str(text).unwrap()
}

fn start(runtime: &Runtime, n_calls: usize) -> (Actor, Result<String, GuestError>) {
    let mut actor = actor(runtime, &waits(n_calls));
    let outcome = actor.try_start("main", &[], &[]);
    (actor, outcome.map(|commands| told(&commands)))
}

#[test]
fn a_guest_that_takes_many_stacks_is_ended_and_its_neighbor_goes_on() {
    let runtime = runtime();
    let mut neighbor = actor(&runtime, &component("rust", "bench"));
    neighbor.start("parallel", &["3"]);
    let (_hostile, outcome) = start(&runtime, 10_000);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, GuestErrorKind::OutOfMemory);
    expect!["guest has more than 17 calls that wait in the midst of their code, each on a stack: let fewer wait at a time, or lift its async functions with a callback"].assert_eq(&error.message);
    expect![[""]].assert_eq(&neighbor.activity(2, Ok("null")));
}

#[test]
fn a_guest_may_have_so_many_calls_that_wait_and_not_one_more() {
    let runtime = runtime();
    // Beside these, its main function waits, and calls.
    let (_most, outcome) = start(&runtime, 15);
    assert_eq!(outcome, Ok(String::new()));
    // All that a neighbor needs is still there.
    actor(&runtime, &component("rust", "bench")).start("sleep", &["1"]);
    drop(_most);
    let (_more, outcome) = start(&runtime, 16);
    assert_eq!(outcome.unwrap_err().kind, GuestErrorKind::OutOfMemory);
}
