//! Timers and activities, as the loops that wait for them read them.

use super::*;
use crate::InLine;
use refrain_core::attempt::State;
use refrain_core::failure::Failure;
use refrain_core::fairness::Level;

#[tokio::test]
async fn due_timers_come_earliest_first_page_by_page() {
    let store = temporary().await;
    store
        .commit(&[
            Step::start("a", 1)
                .signals(3)
                .timer(DueTimer::User(EventId(3)), 30)
                .timer(DueTimer::User(EventId(2)), 30)
                .timer(DueTimer::RunTimeout, 20)
                .write(),
            Step::start("b", 2)
                .timer(DueTimer::FirstTask, 30)
                .timer(DueTimer::TaskRetry, 31)
                .write(),
        ])
        .await
        .unwrap();
    let mut found = Vec::new();
    let mut last = None;
    loop {
        let page = store.timers_due(s(30), last.as_ref(), 2).await.unwrap();
        let Some(timer) = page.last() else { break };
        last = Some(timer.clone());
        found.extend(page.into_iter().map(|it| (it.fire_at, it.key, it.timer)));
    }
    assert_eq!(
        found,
        [
            (s(20), key("a", 1), DueTimer::RunTimeout),
            (s(30), key("a", 1), DueTimer::User(EventId(2))),
            (s(30), key("a", 1), DueTimer::User(EventId(3))),
            (s(30), key("b", 2), DueTimer::FirstTask),
        ]
    );
}

#[tokio::test]
async fn due_activities_come_earliest_first_and_those_without_a_moment_never() {
    let store = temporary().await;
    let (a, b, c) = (task(&key("a", 1), 2), task(&key("b", 2), 2), task(&key("c", 3), 2));
    let start = |task: &ActivityTask| {
        Step::start(&task.run.execution.workflow, task.run.run.0)
            .signals(1)
            .effect(insert_activity(task))
            .write()
    };
    store.commit(&[start(&a), start(&b), start(&c)]).await.unwrap();
    assert_eq!(store.activities_due(Timestamp::NEVER, None, 9).await.unwrap(), []);

    let a = a.on_started("worker-1".to_owned(), s(5));
    let refrain_core::attempt::Next::Retry(b) = b.on_failed(Failure::default(), s(5)) else {
        panic!("the default policy retries")
    };
    store.commit(&[Write::activity(&a, s(5)), Write::activity(&b, s(5))]).await.unwrap();
    let first = store.activities_due(s(15), None, 1).await.unwrap();
    assert_eq!((first[0].due, &first[0].task), (s(6), &*b));
    let second = store.activities_due(s(15), first.last(), 9).await.unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!((second[0].due, &second[0].task), (s(15), &a));
    assert_eq!(store.activities_due(s(5), None, 9).await.unwrap(), []);
}

/// In line.
fn placed(
    run: &RunKey,
    scheduled: u64,
    key: Option<u32>,
    fairness: &str,
    pass: u64,
) -> ActivityTask {
    let mut task = task(run, scheduled);
    task.options.priority =
        Priority { key, fairness_key: fairness.to_owned(), ..Priority::default() };
    ActivityTask { pass: Some(pass), ..task }
}

#[tokio::test]
async fn waiting_activities_come_in_the_order_of_their_line() {
    let store = temporary().await;
    let run = key("a", 1);
    let tasks = [
        placed(&run, 4, None, "a", 0),
        placed(&run, 3, None, "b", 0),
        placed(&run, 2, None, "a", 7),
        placed(&run, 5, Some(1), "a", 9),
        placed(&run, 6, Some(1000), "a", 0),
    ];
    // Not in line: its time has come meanwhile, or has not.
    let later = [task(&run, 7), task(&run, 60)];
    let mut step = Step::start("a", 1).signals(60);
    for task in tasks.iter().chain(&later) {
        step = step.effect(insert_activity(task));
    }
    store.commit(&[step.write()]).await.unwrap();
    let line = [3, 1, 0, 2, 4].map(|at| tasks[at].clone());
    let first = store.activities_waiting(NAMESPACE, "payments", InLine::FIRST, 2).await.unwrap();
    assert_eq!(first, line[..2]);
    let last = &first[1];
    let State::Waiting { since } = last.state else { panic!("it waits") };
    let from = InLine {
        level: Level::of(&last.priority()),
        pass: last.pass.unwrap(),
        since,
        run: last.run.run,
        scheduled: last.scheduled,
    };
    let others = store.activities_waiting(NAMESPACE, "payments", from, 9).await.unwrap();
    assert_eq!(others, line[1..]);
    assert_eq!(store.activities_waiting(NAMESPACE, "orders", InLine::FIRST, 2).await.unwrap(), []);
    assert_eq!(
        store.activities_waiting(NamespaceId(2), "payments", InLine::FIRST, 2).await.unwrap(),
        []
    );

    let lines = store.activities_lines().await.unwrap();
    let lines = lines.iter().map(|it| {
        format!(
            "{} {} `{}` {}..={}",
            it.task_queue,
            it.level.number(),
            it.fairness_key,
            it.first,
            it.last
        )
    });
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "payments 1 `a` 9..=9",
            "payments 3 `a` 0..=7",
            "payments 3 `b` 0..=0",
            "payments 5 `a` 0..=0"
        ]
    );
    let backlog = store.activities_backlog(NAMESPACE, "payments", s(20)).await.unwrap();
    let backlog = backlog.iter().map(|(level, it)| (level.number(), it.n_waiting, it.since));
    assert_eq!(backlog.collect::<Vec<_>>(), [(1, 1, s(5)), (3, 4, s(2)), (5, 1, s(6))]);

    let started = tasks[1].clone().on_started("worker-1".to_owned(), s(9));
    store.commit(&[Write::activity(&started, s(9))]).await.unwrap();
    let left = store.activities_waiting(NAMESPACE, "payments", InLine::FIRST, 9).await.unwrap();
    assert_eq!(left, [3, 0, 2, 4].map(|at| tasks[at].clone()));
}

#[tokio::test]
async fn a_host_finds_the_attempts_that_died_with_it() {
    let store = temporary().await;
    let run = key("a", 1);
    let mut step = Step::start("a", 1).signals(5);
    for scheduled in 2..=5 {
        step = step.effect(insert_activity(&task(&run, scheduled)));
    }
    store.commit(&[step.write()]).await.unwrap();
    let begin = |scheduled, identity: &str| {
        Write::activity(&task(&run, scheduled).on_started(identity.to_owned(), s(9)), s(9))
    };
    store
        .commit(&[
            begin(2, "host@1/b"),
            begin(3, "host@1/a"),
            begin(4, "host@10/a"),
            begin(5, "me"),
        ])
        .await
        .unwrap();
    let first = store.activities_started_by("host@1/", None, 1).await.unwrap();
    assert_eq!(first[0].scheduled, EventId(3));
    let second = store.activities_started_by("host@1/", first.last(), 9).await.unwrap();
    let scheduled: Vec<_> = second.iter().map(|it| it.scheduled).collect();
    assert_eq!(scheduled, [EventId(2)]);
    let of_run: Vec<_> =
        store.activities_of_run(RunId(1)).await.unwrap().iter().map(|it| it.scheduled.0).collect();
    assert_eq!(of_run, [2, 3, 4, 5]);
}
