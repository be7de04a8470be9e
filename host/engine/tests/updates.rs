//! Updates that a run leaves behind when it ends for another one.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use refrain_core::ids::EventId;
use refrain_core::machines::{signal, update};
use refrain_core::payload::Payload;
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::api::{Reapply, ResetRequest, Target, UpdateReply, UpdateStage, UpdateState};
use refrain_engine::{Engine, EngineError};
use refrain_testkit::sim::{Mode, Sim, order};

async fn paused_run(sim: &mut Sim, program: &[&str]) -> Target {
    sim.program(program);
    let engine = sim.engine();
    engine.start_workflow(sim.start_request(order())).await.unwrap();
    engine.settle().await;
    let target = sim.order_target();
    engine.pause(target.clone(), String::new(), String::new(), String::new()).await.unwrap();
    target
}

/// Returns once the update waits in the run.
async fn send(
    engine: &Engine,
    target: &Target,
    id: &'static str,
) -> tokio::task::JoinHandle<Result<UpdateReply, EngineError>> {
    let request =
        update::Request { id: id.to_owned(), name: "pay".to_owned(), ..Default::default() };
    let (its, whom) = (engine.clone(), target.clone());
    let patience = Delay::from_secs(60);
    let sent =
        tokio::spawn(
            async move { its.update(&whom, request, UpdateStage::Completed, patience).await },
        );
    let admitted = || engine.poll_update(target, id, UpdateStage::Admitted, Delay::ZERO);
    while admitted().await.is_err() {
        tokio::task::yield_now().await;
    }
    sent
}

fn answered(reply: &UpdateReply) -> bool {
    reply.state == UpdateState::Completed(Ok(vec![Payload::json("\"ok\"")]))
}

#[tokio::test]
async fn an_update_that_waits_when_its_run_continues_as_new_is_answered_by_the_next_run() {
    let mut sim = Sim::new(Mode::Warm).await;
    let target = paused_run(&mut sim, &["-", "first 1 ? continue : answer any \"ok\""]).await;
    let engine = sim.engine();
    let before = engine.run(&target).await.unwrap().key.run;
    let sent = send(engine, &target, "u1").await;
    let of_this_run = Target { run: Some(before), ..target.clone() };
    let bound = send(engine, &of_this_run, "u2").await;
    let go = signal::Signal { name: "go".to_owned(), ..signal::Signal::default() };
    engine.signal(target.clone(), go).await.unwrap();
    engine.unpause(target.clone(), String::new(), String::new(), String::new()).await.unwrap();

    let reply = sent.await.unwrap().unwrap();
    assert!(answered(&reply) && reply.run != before, "{reply:?}");
    let refused = bound.await.unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "workflow update was aborted by closing workflow");
}

#[tokio::test]
async fn an_update_that_waits_when_its_run_is_reset_is_answered_by_the_new_run() {
    let mut sim = Sim::new(Mode::Warm).await;
    let target = paused_run(&mut sim, &["-", "answer any \"ok\""]).await;
    let engine = sim.engine();
    let before = engine.run(&target).await.unwrap().key.run;
    let sent = send(engine, &target, "u1").await;
    let reset = ResetRequest {
        target: target.clone(),
        at: EventId(4),
        reason: String::new(),
        identity: String::new(),
        request_id: String::new(),
        reapply: Reapply { signals: true, updates: true },
        after: Vec::new(),
    };
    engine.reset(reset).await.unwrap();
    let reply = sent.await.unwrap().unwrap();
    assert!(answered(&reply) && reply.run != before, "{reply:?}");
    assert_eq!(engine.now(), Timestamp(0), "nothing had to wait");
}
