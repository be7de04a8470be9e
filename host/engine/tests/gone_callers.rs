//! Callers who go away in the middle: what the store has, memory has too.

use refrain_core::batch::{Batch, Deed, State, Targets};
use refrain_core::ids::NamespaceId;
use refrain_core::queue::QueueKind;
use refrain_core::search::Kind;
use refrain_engine::api::NamespaceSettings;
use refrain_engine::{Engine, EngineError};
use refrain_testkit::sim::{Mode, Sim, order};
use std::collections::BTreeMap;

/// Asks, and hears nothing more of it.
async fn ask(what: impl Future) {
    tokio::select! {
        biased;
        _ = what => {}
        () = std::future::ready(()) => {}
    }
}

#[tokio::test]
async fn two_changes_of_a_namespace_at_once_are_both_made() {
    let sim = Sim::new(Mode::Warm).await;
    let engine = sim.engine();
    let described = engine.update_namespace("default", |row| row.description = "shop".to_owned());
    let owned = engine.update_namespace("default", |row| row.owner_email = "a@b".to_owned());
    let (described, owned) = tokio::join!(described, owned);
    assert!(described.is_ok() && owned.is_ok());
    let row = engine.namespace("default").expect("it is there");
    assert_eq!((row.description.as_str(), row.owner_email.as_str()), ("shop", "a@b"));
}

async fn batch_is_done(engine: &Engine, namespace: NamespaceId) {
    loop {
        match engine.batch(namespace, "job").await.expect("the store is there") {
            Some(row) if row.progress.state == State::Completed => return,
            Some(_) | None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test]
async fn what_was_asked_for_is_done_whole_also_if_who_asked_goes_away() {
    let sim = Sim::new(Mode::Warm).await;
    sim.program(&["-", "-"]);
    let engine = sim.engine();
    engine.start_workflow(sim.start_request(order())).await.expect("it starts");
    let namespace = engine.namespace("default").expect("it is there").id;

    ask(engine.register_namespace("late", NamespaceSettings::default())).await;
    ask(engine.add_search_attributes(namespace, BTreeMap::from([("Late".into(), Kind::Int)])))
        .await;
    let weigh = |config: &mut refrain_core::queue::QueueConfig, _| {
        config.weights.insert("vip".to_owned(), 2.0);
        Ok::<(), EngineError>(())
    };
    ask(engine.configure_queue(namespace, "orders", QueueKind::Activity, weigh)).await;
    let batch = Batch {
        job: "job".to_owned(),
        targets: Targets::Query(String::new()),
        deed: Deed::Terminate { details: Vec::new() },
        reason: "all of them".to_owned(),
        identity: String::new(),
        per_second: None,
    };
    ask(engine.start_batch(namespace, batch, Vec::new())).await;
    engine.settle().await;

    assert!(engine.namespace("late").is_ok());
    assert!(engine.search_attributes(namespace).registry.0.contains_key("Late"));
    assert!(engine.queue_config(namespace, "orders", QueueKind::Activity).is_some());
    batch_is_done(engine, namespace).await;
    let row = engine.run(&sim.order_target()).await.expect("it is there");
    assert!(!row.status.is_open());
}
