use super::*;
use crate::CommitError;
use expect_test::expect;
use refrain_core::decision::TaskFailure;
use refrain_core::failure::Failure;
use refrain_core::machines::execution::State as RunState;

#[tokio::test]
async fn what_was_committed_is_read_back() {
    let store = temporary().await;
    let memo = PayloadMap::from([("who".to_owned(), Payload::json("\"ann\""))]);
    let started = execution::Started {
        workflow_type: "order".to_owned(),
        task_queue: "orders \"[1]\" \\ \u{1}\u{1F600}".to_owned(),
        first_task_backoff: Some(Delay::from_secs(3)),
        memo: memo.clone(),
        ..execution::Started::default()
    };
    let mut step = Step::start_with("order-1", 1, started).signals(2);
    step.request = Some("request-1".to_owned());
    let failure =
        TaskFailure { attempts: 2, failure: Failure::host("Trap", "unreachable"), retry_at: s(9) };
    step.decision.run.task_failure = Some(failure.clone());
    let events = step.decision.events.clone();
    store.commit(&[step.write()]).await.unwrap();

    let row = store.run(NAMESPACE, RunId(1)).await.unwrap().unwrap();
    assert_eq!(store.history(RunId(1), EventId(1), 100).await.unwrap(), events);
    assert_eq!(row.key, key("order-1", 1));
    assert_eq!(row.task_queue, "orders \"[1]\" \\ \u{1}\u{1F600}");
    assert_eq!((row.started_at, row.execution_at, row.closed_at), (s(1), s(4), None));
    assert_eq!((row.next_event, row.status), (EventId(4), RunState::Running));
    assert_eq!(row.start_request_id.as_deref(), Some("request-1"));
    assert_eq!((row.component, row.first_run), (COMPONENT, RunId(1)));
    assert_eq!((row.memo, row.search_attributes), (memo, PayloadMap::new()));
    assert_eq!(row.task_failure, Some(failure));
    assert_eq!(row.history_bytes, refrain_wire::event::encode(&events).len() as u64);
    assert_eq!(store.run(NamespaceId(2), RunId(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_batch_of_many_kinds_is_written_at_once() {
    let store = temporary().await;
    let (a, b) = (key("a", 1), key("b", 2));
    store
        .commit(&[
            Step::start("a", 1)
                .signals(3)
                .timer(DueTimer::User(EventId(3)), 30)
                .timer(DueTimer::RunTimeout, 90)
                .effect(insert_activity(&task(&a, 4)))
                .write(),
            Step::start("b", 2).signals(5).effect(insert_activity(&task(&b, 5))).write(),
        ])
        .await
        .unwrap();
    let started = task(&b, 5).on_started("worker-1".to_owned(), s(8));
    store
        .commit(&[
            Step::at(a.clone(), 5)
                .signals(1)
                .effect(Effect::DeleteTimer { timer: DueTimer::User(EventId(3)) })
                .effect(Effect::DeleteActivity { scheduled: EventId(4) })
                .effect(Effect::PublishState {
                    name: "progress".to_owned(),
                    value: Payload::json("50"),
                })
                .timer(DueTimer::TaskRetry, 12)
                .write(),
            Write::activity(&started, s(8)),
            Step::start("c", 3).write(),
        ])
        .await
        .unwrap();
    expect![[r#"
        run 01 a status=1 cancel=0 next=6 start=1000 close=- attempts=0
        run 02 b status=1 cancel=0 next=7 start=2000 close=- attempts=0
        run 03 c status=1 cancel=0 next=2 start=3000 close=- attempts=0
        history 01 1+4
        history 01 5+1
        history 02 1+6
        history 03 1+1
        timer 01 kind=2 seq=0 at=90000
        timer 01 kind=4 seq=0 at=12000
        activity 02 5 state=1 since=8000 due=18000 attempt=1 by=worker-1
        state 01 progress 28 bytes
    "#]]
    .assert_eq(&dump(&store).await);
    assert_eq!(
        store.published_state(RunId(1)).await.unwrap(),
        std::collections::BTreeMap::from([("progress".to_owned(), Payload::json("50"))])
    );
    assert_eq!(store.activity(RunId(2), EventId(5)).await.unwrap(), Some(started));
}

#[tokio::test]
async fn closing_takes_timers_and_activities_with_it_and_leaves_the_neighbours() {
    let store = temporary().await;
    let full = |workflow, run| {
        let key = key(workflow, run);
        Step::start(workflow, run)
            .signals(3)
            .timer(DueTimer::User(EventId(3)), 30)
            .timer(DueTimer::RunTimeout, 90)
            .effect(insert_activity(&task(&key, 4)))
            .write()
    };
    store.commit(&[full("a", 1), full("b", 2)]).await.unwrap();
    store
        .commit(&[
            Step::at(key("a", 1), 5)
                .timer(DueTimer::TaskRetry, 12)
                .close(RunState::Completed, 7)
                .write(),
            // Came with the last attempt's heartbeat, too late.
            Write::activity(&task(&key("a", 1), 4), s(6)),
        ])
        .await
        .unwrap();
    expect![[r#"
        run 01 a status=2 cancel=0 next=6 start=1000 close=7000 attempts=0
        run 02 b status=1 cancel=0 next=5 start=2000 close=- attempts=0
        history 01 1+4
        history 01 5+1
        history 02 1+4
        timer 02 kind=1 seq=3 at=30000
        timer 02 kind=2 seq=0 at=90000
        activity 02 4 state=0 since=4000 due=- attempt=1 by=-
    "#]]
    .assert_eq(&dump(&store).await);
}

#[tokio::test]
async fn the_last_word_of_a_decision_on_a_row_counts() {
    let store = temporary().await;
    let cancel = |timer| Effect::DeleteTimer { timer };
    store
        .commit(&[Step::start("a", 1)
            .signals(3)
            .timer(DueTimer::User(EventId(3)), 30)
            .effect(cancel(DueTimer::User(EventId(3))))
            .timer(DueTimer::TaskRetry, 10)
            .effect(insert_activity(&task(&key("a", 1), 4)))
            .effect(Effect::DeleteActivity { scheduled: EventId(4) })
            .effect(Effect::CancelActivity { scheduled: EventId(4) })
            .write()])
        .await
        .unwrap();
    store
        .commit(&[Step::at(key("a", 1), 5)
            .effect(cancel(DueTimer::TaskRetry))
            .timer(DueTimer::TaskRetry, 20)
            .write()])
        .await
        .unwrap();
    expect![[r#"
        run 01 a status=1 cancel=0 next=5 start=1000 close=- attempts=0
        history 01 1+4
        timer 01 kind=4 seq=0 at=20000
    "#]]
    .assert_eq(&dump(&store).await);
}

#[tokio::test]
async fn a_request_to_cancel_is_remembered_after_the_run_is_closed() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let mut step = Step::at(key("a", 1), 2).signals(1);
    step.decision.run.status = RunState::CancelRequested;
    store.commit(&[step.write()]).await.unwrap();
    let row = store.run(NAMESPACE, RunId(1)).await.unwrap().unwrap();
    assert_eq!((row.status, row.cancel_requested), (RunState::CancelRequested, true));
    store.commit(&[Step::at(key("a", 1), 3).close(RunState::Completed, 9).write()]).await.unwrap();
    let row = store.run(NAMESPACE, RunId(1)).await.unwrap().unwrap();
    assert_eq!((row.status, row.cancel_requested), (RunState::Completed, true));
}

#[tokio::test]
async fn a_run_that_ends_in_its_first_decision_is_inserted_closed() {
    let store = temporary().await;
    store
        .commit(&[
            Step::start("a", 1).timer(DueTimer::RunTimeout, 9).close(RunState::Failed, 1).write(),
            // Its workflow id is free again, even in this batch.
            Step::start("a", 2).write(),
        ])
        .await
        .unwrap();
    expect![[r#"
        run 01 a status=3 cancel=0 next=3 start=1000 close=1000 attempts=0
        run 02 a status=1 cancel=0 next=2 start=2000 close=- attempts=0
        history 01 1+2
        history 02 1+1
    "#]]
    .assert_eq(&dump(&store).await);
}

#[tokio::test]
async fn a_run_is_terminated_and_its_successor_started_in_one_batch() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    store
        .commit(&[
            Step::start("a", 2).write(),
            Step::at(key("a", 1), 2).close(RunState::Terminated, 5).write(),
        ])
        .await
        .unwrap();
    let current = store.current_runs(&[key("a", 0).execution]).await.unwrap();
    assert_eq!(current[0].as_ref().map(|it| it.key.run), Some(RunId(2)));
}

#[tokio::test]
async fn a_stale_decision_keeps_its_whole_batch_out() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write(), Step::start("b", 2).write()]).await.unwrap();
    let before = dump(&store).await;
    let stale = store
        .commit(&[
            Step::at(key("a", 1), 2).signals(1).write(),
            Step::start("c", 3).write(),
            Step::at(key("b", 2), 7).signals(1).write(),
        ])
        .await
        .unwrap_err();
    assert_eq!(
        stale.to_string(),
        "b/00000000-0000-0000-0000-000000000002 has a decision for event 7, but its next event is 2"
    );
    assert!(matches!(
        stale,
        CommitError::Stale { expected: EventId(7), found: Some(EventId(2)), .. }
    ));
    assert_eq!(dump(&store).await, before);
    // The connection is as good as new, and the others of the batch can be written.
    store.commit(&[Step::at(key("a", 1), 2).signals(1).write()]).await.unwrap();
}

#[tokio::test]
async fn the_same_decision_twice_is_stale() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let decision = || Step::at(key("a", 1), 2).signals(1).write();
    store.commit(&[decision()]).await.unwrap();
    let again = store.commit(&[decision()]).await.unwrap_err();
    assert!(matches!(again, CommitError::Stale { found: Some(EventId(3)), .. }), "{again}");
}

#[tokio::test]
async fn a_decision_of_a_run_that_is_not_there_is_stale() {
    let store = temporary().await;
    let stale = store.commit(&[Step::at(key("a", 1), 2).signals(1).write()]).await.unwrap_err();
    assert!(matches!(stale, CommitError::Stale { found: None, .. }), "{stale}");
    // Nor does a run answer to another namespace or workflow id of the same run id.
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let mut stranger = key("a", 1);
    stranger.execution.namespace = NamespaceId(2);
    let stale = store.commit(&[Step::at(stranger, 2).signals(1).write()]).await.unwrap_err();
    assert!(matches!(stale, CommitError::Stale { found: None, .. }), "{stale}");
}

#[tokio::test]
async fn a_second_open_run_of_a_workflow_id_is_refused_by_name() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let before = dump(&store).await;
    let taken = store
        .commit(&[Step::start("b", 2).write(), Step::start("a", 3).write()])
        .await
        .unwrap_err();
    assert_eq!(
        taken.to_string(),
        "a/00000000-0000-0000-0000-000000000003 can't be inserted: run 00000000-0000-0000-0000-000000000001 is in its place"
    );
    assert_eq!(dump(&store).await, before);
    let twice = store
        .commit(&[Step::start("b", 2).write(), Step::start("b", 3).write()])
        .await
        .unwrap_err();
    assert!(matches!(twice, CommitError::Broken { .. }), "{twice}");
    // The same workflow id is free in another namespace.
    let mut elsewhere = Step::start("a", 4);
    elsewhere.key.execution.namespace = NamespaceId(2);
    store.commit(&[elsewhere.write()]).await.unwrap();
}

#[tokio::test]
async fn a_run_twice_in_a_batch_is_refused() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let decision = || Step::at(key("a", 1), 2).write();
    let twice = store.commit(&[decision(), decision()]).await.unwrap_err();
    assert!(matches!(twice, CommitError::Twice { n_runs: 2, n_changed: 1 }), "{twice}");
}

#[tokio::test]
async fn what_a_row_was_before_makes_no_difference_to_what_it_becomes() {
    let failing =
        TaskFailure { attempts: 1, failure: Failure::host("Trap", "unreachable"), retry_at: s(9) };
    let (other, paused) = (Digest([9; 32]), RunState::Paused { cancel_requested: true });
    let steps = [
        (RunState::Running, COMPONENT, None),
        (RunState::CancelRequested, COMPONENT, None),
        (RunState::CancelRequested, COMPONENT, Some(failing)),
        (RunState::CancelRequested, COMPONENT, None),
        (paused, COMPONENT, None),
        (paused, COMPONENT, None),
        (RunState::CancelRequested, COMPONENT, None),
        (RunState::CancelRequested, other, None),
        (RunState::CancelRequested, other, None),
        (RunState::Completed, other, None),
    ];
    let (known, unknown) = (temporary().await, temporary().await);
    for store in [&known, &unknown] {
        store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    }
    for (status, component, task_failure) in steps {
        let before = known.run(NAMESPACE, RunId(1)).await.unwrap().unwrap();
        let step = || {
            let mut step = Step::at(key("a", 1), before.next_event.0).signals(1);
            if status == RunState::Completed {
                step = step.close(status, 20);
            }
            step.decision.run.status = status;
            step.decision.run.pause_reason = (status == paused).then(String::new);
            step.decision.run.task_failure = task_failure.clone();
            step
        };
        known.commit(&[step().write_on(component, Some(&before))]).await.unwrap();
        unknown.commit(&[step().write_on(component, None)]).await.unwrap();
        let row = known.run(NAMESPACE, RunId(1)).await.unwrap();
        assert_eq!(row, unknown.run(NAMESPACE, RunId(1)).await.unwrap());
        let row = row.unwrap();
        assert_eq!(
            (row.status, row.component, row.task_failure),
            (status, component, task_failure)
        );
    }
    assert_eq!(dump(&known).await, dump(&unknown).await);
}

#[tokio::test]
async fn a_stale_decision_is_found_whatever_it_changes() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write(), Step::start("b", 2).write()]).await.unwrap();
    let row = |run| store.run(NAMESPACE, RunId(run));
    let (a, b) = (row(1).await.unwrap().unwrap(), row(2).await.unwrap().unwrap());
    let before = dump(&store).await;
    for (of_a, of_b) in [(2, 7), (7, 2)] {
        let goes_on = Step::at(key("a", 1), of_a).signals(1).write_on(COMPONENT, Some(&a));
        let closes = Step::at(key("b", 2), of_b).close(RunState::Completed, 5);
        let closes = closes.write_on(COMPONENT, Some(&b));
        let stale = store.commit(&[goes_on, closes]).await.unwrap_err();
        assert!(
            matches!(&stale, CommitError::Stale { run, expected: EventId(7), found: Some(EventId(2)) }
                if run.run == if of_a == 7 { RunId(1) } else { RunId(2) }),
            "{stale}"
        );
        assert_eq!(dump(&store).await, before);
    }
    let goes_on = Step::at(key("a", 1), 2).write_on(COMPONENT, Some(&a));
    let closes = Step::at(key("a", 1), 2).close(RunState::Completed, 5).write();
    let twice = store.commit(&[goes_on, closes]).await.unwrap_err();
    assert!(matches!(twice, CommitError::Twice { n_runs: 2, .. }), "{twice}");
}

#[tokio::test]
async fn of_two_writes_of_an_activity_the_later_one_counts() {
    let store = temporary().await;
    let row = task(&key("a", 1), 2);
    store
        .commit(&[Step::start("a", 1).signals(1).effect(insert_activity(&row)).write()])
        .await
        .unwrap();
    let first = row.clone().on_started("worker-1".to_owned(), s(3));
    let second = row.on_started("worker-2".to_owned(), s(4));
    store.commit(&[Write::activity(&first, s(3)), Write::activity(&second, s(4))]).await.unwrap();
    assert_eq!(store.activity(RunId(1), EventId(2)).await.unwrap(), Some(second));
}

#[tokio::test]
async fn current_runs_come_in_the_order_asked_and_open_ones_first() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 9).write()]).await.unwrap();
    store
        .commit(&[
            Step::at(key("a", 9), 2).close(RunState::Completed, 9).write(),
            // The clock has stepped back: the open run has the smaller id.
            Step::start("a", 5).write(),
            Step::start("b", 6).close(RunState::Completed, 6).write(),
        ])
        .await
        .unwrap();
    store.commit(&[Step::start("b", 7).close(RunState::Failed, 7).write()]).await.unwrap();
    let asked: Vec<_> = ["b", "nobody", "a", "b"].iter().map(|it| key(it, 0).execution).collect();
    let found: Vec<_> = store
        .current_runs(&asked)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.map(|it| it.key.run.0))
        .collect();
    assert_eq!(found, [Some(7), None, Some(5), Some(7)]);
    assert_eq!(store.current_runs(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn a_large_batch_takes_no_more_statements_than_a_small_one() {
    let store = temporary().await;
    let starts: Vec<_> = (1..=500)
        .map(|run| {
            let workflow = format!("order-{run}");
            let key = key(&workflow, run);
            Step::start(&workflow, run)
                .signals(2)
                .timer(DueTimer::RunTimeout, 90)
                .effect(insert_activity(&task(&key, 2)))
                .write()
        })
        .collect();
    store.commit(&starts).await.unwrap();
    let moves: Vec<_> = (1..=500)
        .map(|run| {
            Step::at(key(&format!("order-{run}"), run), 4).close(RunState::Completed, 5).write()
        })
        .collect();
    store.commit(&moves).await.unwrap();
    let counts = store
        .count_runs(NAMESPACE, &refrain_core::search::Condition::All(Vec::new()))
        .await
        .unwrap();
    assert_eq!(counts.0, [(crate::Status::Completed, 500)].into());
}
