//! Activities that the host runs itself.

use crate::handmade;
use crate::stage::{component, failure_line, json, runtime};
use expect_test::expect;
use refrain_core::payload::{Payload, Payloads};
use refrain_runtime::{ActivityInfo, ActivityProgram, EgressList, digest_of};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn program(name: &str) -> Arc<ActivityProgram> {
    let bytes = component("rust", name);
    runtime().load_activities(digest_of(&bytes), || Ok(bytes.clone())).unwrap()
}

async fn execute(activity_type: &str, attempt: u32, args: &[&str]) -> Result<String, String> {
    let info = ActivityInfo {
        activity_type: activity_type.to_owned(),
        attempt,
        ..ActivityInfo::default()
    };
    let args = args.iter().map(|arg| Payload::json(*arg)).collect();
    program("bench-activities")
        .execute(info, args, Arc::new(|_| false), EgressList::default())
        .await
        .map(|result| json(&result))
        .map_err(|failure| failure_line(&failure))
}

#[test]
fn an_upload_says_which_activities_are_in_it() {
    let info = runtime().check(&component("rust", "bench-activities")).unwrap();
    let names: Vec<_> =
        info.definition.activity_types.iter().map(|named| named.name.as_str()).collect();
    assert!(names.contains(&"noop"), "{names:?}");
}

#[tokio::test]
async fn an_attempt_gets_arguments_and_gives_a_result() {
    let attempt = tokio::spawn(execute("echo", 1, &["{\"a\":1}"]));
    assert_eq!(attempt.await.unwrap(), Ok("{\"a\":1}".to_owned()));
}

#[tokio::test]
async fn an_attempt_fails_with_the_failure_it_gave() {
    let failed = execute("fail", 2, &["2"]).await.unwrap_err();
    expect!["OnPurpose: attempt 2 fails on purpose"].assert_eq(&failed);
    assert_eq!(execute("fail", 3, &["2"]).await, Ok("3".to_owned()));
}

#[tokio::test]
async fn an_activity_type_that_is_not_there_is_told() {
    let failed = execute("nonsense", 1, &[]).await.unwrap_err();
    expect!["ActivityNotFound: no activity type `nonsense` in this component"].assert_eq(&failed);
}

#[tokio::test]
async fn heartbeats_arrive_and_the_answer_can_end_the_attempt() {
    let told: Arc<Mutex<Vec<Payloads>>> = Arc::default();
    let keep = told.clone();
    let heartbeats = Arc::new(move |details: Payloads| {
        let mut told = keep.lock().unwrap();
        told.push(details);
        told.len() == 3
    });
    let info =
        ActivityInfo { activity_type: "beat".to_owned(), attempt: 1, ..ActivityInfo::default() };
    let failure = program("bench-activities")
        .execute(info, vec![Payload::json("10")], heartbeats, EgressList::default())
        .await
        .unwrap_err();
    assert_eq!(failure.type_name(), "CanceledFailure");
    assert_eq!(told.lock().unwrap().len(), 3);
}

async fn attempt(component: &[u8]) -> Result<String, String> {
    let program =
        runtime().load_activities(digest_of(component), || Ok(component.to_vec())).unwrap();
    program
        .execute(ActivityInfo::default(), Vec::new(), Arc::new(|_| false), EgressList::default())
        .await
        .map(|result| json(&result))
        .map_err(|failure| failure_line(&failure))
}

#[tokio::test(flavor = "current_thread")]
async fn an_activity_that_spins_gives_way_and_can_be_dropped() {
    let spin = handmade::component(
        "execute",
        r#"(func (export "execute") (param i32) (result i32) (loop $spin (br $spin)) (unreachable))"#,
    );
    let began = Instant::now();
    let spinning = tokio::time::timeout(Duration::from_millis(100), attempt(&spin));
    let other = async { execute("echo", 1, &["1"]).await };
    // Both are on this one thread.
    let (spun, echoed) = tokio::join!(spinning, other);
    assert!(spun.is_err());
    assert_eq!(echoed, Ok("1".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_trap_is_a_failure_that_can_be_tried_again() {
    let trap = handmade::component(
        "execute",
        r#"(func (export "execute") (param i32) (result i32) (unreachable))"#,
    );
    let failed = attempt(&trap).await.unwrap_err();
    expect!["Trap: wasm trap: wasm `unreachable` instruction executed"].assert_eq(&failed);
}

#[tokio::test]
async fn an_activity_sees_the_real_clock() {
    let now = |component: Vec<u8>| async move { attempt(&component).await };
    // Traps unless the clock shows a time after the tests' workflow time's year began.
    let clock = handmade::component(
        "execute",
        r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))
           (func (export "execute") (param i32) (result i32)
               (call $now (i32.const 0))
               (if (i64.lt_u (i64.load (i32.const 0)) (i64.const 1700000000)) (then (unreachable)))
               (i32.const 1024))"#,
    );
    assert_eq!(now(clock).await, Ok(String::new()));
}
