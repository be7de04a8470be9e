//! A host that has no room for one more guest: that is its own trouble, and no run's.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::expect;
use refrain_core::ids::EventId;
use refrain_core::machines::{signal, update};
use refrain_core::options::IdConflictPolicy;
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::api::{StartRequest, Target, UpdateStage};
use refrain_engine::{Engine, EngineError};
use refrain_testkit::sim::{Mode, Sim, order};

fn start(sim: &Sim, conflict: IdConflictPolicy) -> StartRequest {
    StartRequest { request_id: String::new(), conflict, ..sim.start_request(order()) }
}

async fn n_events(engine: &Engine, target: &Target) -> u64 {
    engine.run(target).await.unwrap().next_event.0 - 1
}

#[tokio::test]
async fn a_timer_whose_run_finds_no_room_comes_again_and_history_says_nothing_of_it() {
    let mut sim = Sim::new(Mode::Evict).await;
    sim.program(&["timer 5s", "complete \"done\""]);
    let target = sim.order_target();
    sim.engine().start_workflow(start(&sim, IdConflictPolicy::Fail)).await.unwrap();
    sim.engine().settle().await;
    sim.turn_away(1);
    sim.until(Timestamp(5000)).await;
    let engine = sim.engine();
    while engine.run(&target).await.unwrap().status.is_open() {
        tokio::task::yield_now().await;
    }
    let row = engine.run(&target).await.unwrap();
    // Started, a task, the timer's two, a task, completed.
    assert_eq!(row.next_event, EventId(11));
    assert_eq!(row.task_failure, None);
}

#[tokio::test]
async fn who_asks_a_run_that_finds_no_room_is_told_so_and_nothing_is_stored() {
    let sim = Sim::new(Mode::Evict).await;
    sim.program(&["-", "-", "-", "-"]);
    let (engine, target) = (sim.engine(), sim.order_target());
    sim.turn_away(1);
    let refused = engine.start_workflow(start(&sim, IdConflictPolicy::Fail)).await.unwrap_err();
    expect!["no room for one more guest"].assert_eq(&refused.to_string());
    assert!(matches!(engine.run(&target).await, Err(EngineError::WorkflowNotFound { .. })));
    engine.start_workflow(start(&sim, IdConflictPolicy::Fail)).await.unwrap();
    engine.settle().await;
    let before = n_events(engine, &target).await;
    let no_room = EngineError::NoRoom("no room for one more guest".to_owned());

    sim.turn_away(1);
    let asked = engine.query(target.clone(), "seen".to_owned(), Vec::new()).await;
    assert_eq!(asked, Err(no_room.clone()));
    sim.turn_away(1);
    let request = update::Request { id: "u".into(), name: "pay".into(), ..Default::default() };
    let stage = UpdateStage::Accepted;
    let sent = engine.update(&target, request.clone(), stage, Delay::from_secs(60)).await;
    assert_eq!(sent.unwrap_err(), no_room);
    sim.turn_away(1);
    let go = signal::Signal { name: "go".to_owned(), ..signal::Signal::default() };
    assert_eq!(engine.signal(target.clone(), go.clone()).await.unwrap_err(), no_room);
    sim.turn_away(1);
    let instead = start(&sim, IdConflictPolicy::TerminateExisting);
    assert_eq!(engine.start_workflow(instead).await.unwrap_err(), no_room);
    engine.settle().await;
    let row = engine.run(&target).await.unwrap();
    assert!(row.status.is_open() && row.task_failure.is_none());
    assert_eq!(n_events(engine, &target).await, before);

    // There is room again.
    engine.signal(target.clone(), go).await.unwrap();
    engine.update(&target, request, stage, Delay::from_secs(60)).await.unwrap();
    assert!(n_events(engine, &target).await > before);
}
