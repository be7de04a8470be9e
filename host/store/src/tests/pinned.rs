//! Runs pinned to components, and what becomes of components that nobody needs.

use super::deployments::{NEW, OLD, queue, shop, upload};
use super::*;
use crate::{ListPlace, OpenRuns};
use expect_test::expect;
use refrain_core::deployment::Change;

async fn start(store: &Store, workflow: &str, run: u128, component: Digest) {
    commit(store, Step::start(workflow, run), component).await;
}

async fn commit(store: &Store, step: Step, component: Digest) {
    store.commit(&[step.write_on(component, None)]).await.unwrap();
}

#[tokio::test]
async fn open_runs_are_found_and_counted_by_component() {
    let store = temporary().await;
    let shop = shop(&store).await;
    for (workflow, run, component) in [("a", 1, OLD), ("b", 2, NEW), ("c", 3, OLD), ("d", 4, OLD)] {
        start(&store, workflow, run, component).await;
    }
    commit(&store, Step::at(key("d", 4), 2).close(execution::State::Completed, 9), OLD).await;
    // A paused run is as open as any other.
    let mut pause = Step::at(key("a", 1), 2).signals(1);
    pause.decision.run.status = execution::State::Paused { cancel_requested: false };
    pause.decision.run.pause_reason = Some(String::new());
    commit(&store, pause, OLD).await;

    let of = |component, n_open| OpenRuns { component, task_queue: "orders".to_owned(), n_open };
    assert_eq!(store.open_runs(shop).await.unwrap(), [of(OLD, 2), of(NEW, 1)]);
    let page = store.pinned_runs(shop, "orders", OLD, None, 1).await.unwrap();
    assert_eq!((&*page[0].key.execution.workflow, page[0].key.run), ("a", RunId(1)));
    let page = store
        .pinned_runs(shop, "orders", OLD, Some(ListPlace { started_at: s(1), run: RunId(1) }), 9)
        .await
        .unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!((&*page[0].key.execution.workflow, page[0].workflow_type.as_str()), ("c", "order"));
    assert_eq!(store.pinned_runs(shop, "bills", OLD, None, 9).await.unwrap(), []);
    let closed = store.components_with_closed_runs(shop).await.unwrap();
    assert_eq!(closed.into_iter().collect::<Vec<_>>(), [OLD]);
}

#[tokio::test]
async fn a_component_goes_when_no_run_and_no_queue_needs_it() {
    let store = temporary().await;
    let shop = shop(&store).await;
    let current = async |n: u8, at| {
        upload(&store, shop, Digest([n; 32]), at).await;
        let change = Change::SetCurrent(Digest([n; 32]));
        store.change_deployment(&queue(shop, "orders"), change, "orders", s(at)).await.unwrap();
    };
    let left = async || {
        let all = store.list_components(shop).await.unwrap();
        let mut all: Vec<_> = all.iter().map(|it| it.digest.0[0]).collect();
        all.sort_unstable();
        format!("{all:?}")
    };
    // 1 has a run. 3 served. 4 serves the queue before the last one. 5 is current, 6 is new.
    for (n, at) in [(1, 10), (3, 11), (4, 12), (5, 13)] {
        current(n, at).await;
    }
    start(&store, "a", 1, OLD).await;
    upload(&store, shop, Digest([6; 32]), 100).await;

    assert_eq!(store.collect_components(s(1), 9).await.unwrap(), (Vec::new(), 0));
    let (deleted, n) = store.collect_components(s(50), 9).await.unwrap();
    assert_eq!((deleted, n), (vec![NEW, Digest([3; 32])], 2));
    expect!["[1, 4, 5, 6]"].assert_eq(&left().await);
    assert_eq!(store.component(NEW).await.unwrap(), None);
    // What served is told of all the same.
    assert_eq!(store.list_deployments(shop).await.unwrap().len(), 4);

    // Few at a time, and one that another namespace uses keeps its bytes.
    let bank = new_namespace("bank", 2);
    let bank = store.insert_namespace(bank).await.unwrap().id;
    upload(&store, bank, Digest([6; 32]), 900).await;
    upload(&store, shop, Digest([7; 32]), 100).await;
    let (first, n_first) = store.collect_components(s(500), 1).await.unwrap();
    let (second, n_second) = store.collect_components(s(500), 1).await.unwrap();
    assert_eq!((n_first, n_second), (1, 1));
    assert_eq!([first, second].concat(), [Digest([7; 32])]);
    assert_eq!(store.collect_components(s(500), 1).await.unwrap(), (Vec::new(), 0));
    assert!(store.component(Digest([6; 32])).await.unwrap().is_some());
}
