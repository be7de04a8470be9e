//! What goes for good, and that nothing is forgotten.

use super::*;
use crate::delete::{OF_A_NAMESPACE, OF_A_RUN};
use crate::{DoomedRun, StoreError};
use refrain_core::machines::task as workflow_task;
use std::collections::BTreeSet;

/// Tables that have a column of this name, as the schema says.
async fn tables_with(store: &Store, column: &str) -> BTreeSet<String> {
    let rows = sqlx::query(
        "SELECT tables.name
         FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
         WHERE tables.type = 'table' AND columns.name = $1",
    )
    .bind(column)
    .fetch_all(&store.readers)
    .await
    .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A table with rows of runs that is missing in [`OF_A_RUN`] keeps them for ever.
#[tokio::test]
async fn every_table_with_rows_of_runs_is_in_the_list_of_what_a_delete_takes() {
    let store = temporary().await;
    let listed: BTreeSet<_> = OF_A_RUN.iter().map(|it| it.0.to_owned()).collect();
    assert_eq!(tables_with(&store, "run_id").await, listed);
}

/// Those of runs go with the runs; the others must be listed.
#[tokio::test]
async fn every_table_with_rows_of_namespaces_is_in_a_list_of_what_a_delete_takes() {
    let store = temporary().await;
    // A message is on its way, and goes when it is taken or refused.
    let goes_by_itself = ["messages"].map(str::to_owned);
    let listed = OF_A_NAMESPACE.iter().chain(OF_A_RUN).map(|it| it.0.to_owned());
    let listed: BTreeSet<_> = listed.chain(goes_by_itself).collect();
    let mut found = tables_with(&store, "namespace_id").await;
    found.insert("namespaces".to_owned());
    assert_eq!(&found - &listed, BTreeSet::new());
}

fn a_run_with_rows_everywhere(workflow: &str, run: u128) -> Step {
    let key = key(workflow, run);
    let mut started =
        execution::Started { workflow_type: "order".to_owned(), ..Default::default() };
    started.memo.insert("why".to_owned(), Payload::json("1"));
    let count = refrain_wire::search::typed(refrain_core::search::Kind::Int, "1".to_owned());
    started.search_attributes.insert("count".to_owned(), count);
    let reset = workflow_task::Reset { base: RunId(run), new: RunId(run) };
    let parted = workflow_task::Event::Failed {
        scheduled: EventId(0),
        started: EventId(1),
        cause: workflow_task::FailedCause::ResetWorkflow,
        failure: workflow_task::reset_failure("back"),
        identity: String::new(),
        reset: Some(reset),
    };
    let parted = Recorded { id: EventId(2), time: s(1), event: Event::Task(parted) };
    Step::start_with(workflow, run, started)
        .event(parted)
        .event(related::initiated(3, "child"))
        .event(related::attached(4, "request"))
        .timer(DueTimer::RunTimeout, 90)
        .effect(insert_activity(&task(&key, 1)))
        .effect(Effect::PublishState { name: "step".to_owned(), value: Payload::json("1") })
}

async fn n_rows(store: &Store) -> Vec<(&'static str, i64)> {
    let mut counts = Vec::new();
    for (table, _) in OF_A_RUN {
        let query = format!("SELECT count(*) FROM {table}");
        let row = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_one(&store.readers).await.unwrap();
        counts.push((*table, row.get(0)));
    }
    counts
}

#[tokio::test]
async fn a_deleted_run_leaves_no_row_in_any_table_and_takes_none_of_others() {
    let store = temporary().await;
    let write =
        |run: u128| a_run_with_rows_everywhere(&format!("w{run}"), run).write().detaching_above(0);
    store.commit(&[write(1), write(2), write(3)]).await.unwrap();
    let each = |n: i64| OF_A_RUN.iter().map(|it| (it.0, n)).collect::<Vec<_>>();
    assert_eq!(n_rows(&store).await, each(3));
    // One that is not there is no error.
    store.delete_runs(&[key("w1", 1), key("w2", 2), key("w9", 9)]).await.unwrap();
    assert_eq!(n_rows(&store).await, each(1));
    store.delete_runs(&[key("w3", 3)]).await.unwrap();
    assert_eq!(n_rows(&store).await, each(0));
}

#[tokio::test]
async fn runs_are_found_in_the_order_in_which_they_were_closed() {
    let store = temporary().await;
    let closed = |run: u128, at| {
        Step::start(&format!("w{run}"), run).close(execution::State::Completed, at).write()
    };
    let open = Step::start("w4", 4).write();
    store.commit(&[closed(1, 50), closed(2, 40), closed(3, 60), open]).await.unwrap();
    let found = |before, n| {
        let store = &store;
        async move {
            let runs = store.expired_runs(NAMESPACE, s(before), n).await.unwrap();
            runs.into_iter().map(|DoomedRun { key, .. }| key.run.0).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(40, 9).await, []);
    assert_eq!(found(41, 9).await, [2]);
    assert_eq!(found(99, 9).await, [2, 1, 3]);
    assert_eq!(found(99, 2).await, [2, 1]);
}

#[tokio::test]
async fn a_namespace_goes_with_what_was_deployed_in_it() {
    let store = temporary().await;
    let new = new_namespace("shop", 7);
    let mut namespace = store.insert_namespace(new.clone()).await.unwrap();
    namespace.name = "shop-deleted-00000".to_owned();
    assert!(store.update_namespace(&namespace).await.unwrap());
    assert_eq!(store.namespace("shop").await.unwrap(), None);
    store.delete_namespace(namespace.id).await.unwrap();
    assert_eq!(store.namespace("shop-deleted-00000").await.unwrap(), None);
    // The name may be used again, its number is not.
    assert_ne!(store.insert_namespace(new).await.unwrap().id, namespace.id);
    store.close().await.unwrap();
    let refused = store.delete_runs(&[key("w1", 1)]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
}
