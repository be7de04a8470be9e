use super::*;
use crate::{ListFilter, Status};
use refrain_core::machines::execution::State as RunState;
use std::collections::BTreeSet;

/// Runs 1 to 9, started at their number of seconds; 1 to 6 closed ten seconds later.
async fn of_nine() -> Store {
    let store = temporary().await;
    let starts: Vec<_> = (1..=9)
        .map(|run| {
            let started = execution::Started {
                workflow_type: if run % 2 == 0 { "even" } else { "odd" }.to_owned(),
                task_queue: "orders".to_owned(),
                ..execution::Started::default()
            };
            let step = Step::start_with(&format!("order-{}", run % 3), run, started);
            match run {
                1..=4 => step.close(RunState::Completed, run as u64 + 10),
                5..=6 => step.close(RunState::Failed, run as u64 + 10),
                _ => step,
            }
            .write()
        })
        .collect();
    store.commit(&starts).await.unwrap();
    let mut elsewhere = Step::start("order-0", 20);
    elsewhere.key.execution.namespace = NamespaceId(2);
    store.commit(&[elsewhere.write()]).await.unwrap();
    store
}

/// All that match, read in pages of each size; and the count agrees.
async fn all(store: &Store, filter: ListFilter) -> Vec<u128> {
    let mut answers = BTreeSet::new();
    for n_max in [1, 2, 4, 100] {
        let mut found = Vec::new();
        let mut last = None;
        loop {
            let page = store.list_runs(NAMESPACE, &filter, last.as_ref(), n_max).await.unwrap();
            found.extend(page.iter().map(|it| it.key.run.0));
            match page.last() {
                Some(run) => last = Some(run.clone()),
                None => break,
            }
        }
        answers.insert(found);
    }
    assert_eq!(answers.len(), 1, "the size of a page changes what is found: {answers:?}");
    let found = answers.pop_first().unwrap();
    let counts = store.count_runs(NAMESPACE, &filter).await.unwrap();
    assert_eq!(counts.total(), found.len() as u64, "{filter:?}");
    found
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_by_all_conditions() {
    let store = of_nine().await;
    let any = ListFilter::default;
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(all(&store, any()).await, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    for (expected, filter) in [
        (vec![9, 8, 7], ListFilter { statuses: [Status::Running].into(), ..any() }),
        (vec![6, 5], ListFilter { statuses: [Status::Failed].into(), ..any() }),
        (
            vec![9, 8, 7, 6, 5],
            ListFilter { statuses: [Status::Running, Status::Failed].into(), ..any() },
        ),
        (vec![], ListFilter { statuses: [Status::TimedOut].into(), ..any() }),
        (vec![7, 4, 1], ListFilter { workflow_id: text("order-1"), ..any() }),
        (
            vec![4, 1],
            ListFilter {
                workflow_id: text("order-1"),
                statuses: [Status::Completed].into(),
                ..any()
            },
        ),
        (vec![8, 6, 4, 2], ListFilter { workflow_type: text("even"), ..any() }),
        (
            vec![8],
            ListFilter { workflow_type: text("even"), statuses: [Status::Running].into(), ..any() },
        ),
        (vec![], ListFilter { task_queue: text("elsewhere"), ..any() }),
        (vec![9, 6, 3], ListFilter { workflow_id_prefix: text("order-0"), ..any() }),
        (
            vec![9, 8, 7, 6, 5, 4, 3, 2, 1],
            ListFilter { workflow_id_prefix: text("order"), task_queue: text("orders"), ..any() },
        ),
        (vec![5, 4, 3], ListFilter { started_min: Some(s(3)), started_max: Some(s(5)), ..any() }),
        (
            vec![5],
            ListFilter { started_max: Some(s(5)), statuses: [Status::Failed].into(), ..any() },
        ),
        (vec![4, 3], ListFilter { closed_min: Some(s(13)), closed_max: Some(s(14)), ..any() }),
        (vec![6], ListFilter { closed_min: Some(s(16)), ..any() }),
    ] {
        assert_eq!(all(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_run_that_starts_between_two_pages_does_not_shift_them() {
    let store = of_nine().await;
    let filter = ListFilter::default();
    let first = store.list_runs(NAMESPACE, &filter, None, 4).await.unwrap();
    store.commit(&[Step::start("new", 10).write()]).await.unwrap();
    let second = store.list_runs(NAMESPACE, &filter, first.last(), 4).await.unwrap();
    let runs: Vec<_> = second.iter().map(|it| it.key.run.0).collect();
    assert_eq!(runs, [5, 4, 3, 2]);
}

#[tokio::test]
async fn runs_of_the_same_millisecond_are_all_listed() {
    let store = temporary().await;
    let starts: Vec<_> = (1..=5)
        .map(|run| {
            let mut step = Step::start(&format!("w-{run}"), run);
            step.decision.events[0].time = s(1);
            step.write()
        })
        .collect();
    store.commit(&starts).await.unwrap();
    assert_eq!(all(&store, ListFilter::default()).await, [5, 4, 3, 2, 1]);
    let exactly =
        ListFilter { started_min: Some(s(1)), started_max: Some(s(1)), ..ListFilter::default() };
    assert_eq!(all(&store, exactly).await, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn counts_are_by_status() {
    let store = of_nine().await;
    let counts = store.count_runs(NAMESPACE, &ListFilter::default()).await.unwrap();
    assert_eq!(
        counts.0,
        [(Status::Running, 3), (Status::Completed, 4), (Status::Failed, 2)].into()
    );
    let odd = ListFilter { workflow_type: Some("odd".to_owned()), ..ListFilter::default() };
    let counts = store.count_runs(NAMESPACE, &odd).await.unwrap();
    assert_eq!(
        counts.0,
        [(Status::Running, 2), (Status::Completed, 2), (Status::Failed, 1)].into()
    );
}
