//! Lists and counts of activities without a workflow. What a filter means is told by `holds`, row by
//! row; SQL has to find the same.

use super::*;
use crate::ListPlace;
use refrain_core::attempt::Pause;
use refrain_core::failure::RetryState;
use refrain_core::search::{
    Condition, Field, Instant, Kind, Registry, Row as Look, STATUSES, System, Value, holds, parse,
    typed,
};
use refrain_core::standalone::{Closed, Execution, SCHEDULED, Status};
use refrain_wire::search;

/// An activity, as a filter looks at it.
struct Listed<'a>(&'a Execution);

impl Look for Listed<'_> {
    fn status(&self) -> i64 {
        let name = self.0.status().name();
        STATUSES.iter().find(|it| it.0 == name).map_or(0, |it| it.1)
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let Listed(it) = *self;
        let text = |text: &str| vec![Value::Text(text.to_owned())];
        let time =
            |at: Timestamp| vec![Value::Time(Instant::from_ms(i64::try_from(at.0).unwrap_or(0)))];
        let options = &it.task.options;
        match field {
            Field::System(System::TaskQueue) => text(&options.task_queue),
            Field::System(System::RunId) => text(&it.task.run.run.to_string()),
            Field::System(System::StartTime) => time(it.task.scheduled_at),
            Field::System(System::ExecutionTime) => time(it.began_at()),
            Field::System(System::CloseTime) => {
                it.closed.as_ref().map_or_else(Vec::new, |closed| time(closed.at))
            }
            Field::System(System::ExecutionDuration) => it.took().map_or_else(Vec::new, |it| {
                vec![Value::Int(i64::try_from(it.0).unwrap_or(0).saturating_mul(1_000_000))]
            }),
            Field::System(_) => Vec::new(),
            Field::Set { name, .. } => match name.as_str() {
                "ActivityId" => text(&options.activity_id),
                "ActivityType" => text(&options.activity_type),
                name => {
                    let payload = it.search_attributes.get(name);
                    payload.and_then(search::values_of).map_or_else(Vec::new, |it| it.1)
                }
            },
        }
    }
}

pub(super) fn filter(text: &str) -> Condition {
    let mut names: std::collections::BTreeMap<String, Kind> =
        Kind::ALL.map(|kind| (format!("W{}", kind.name()), kind)).into();
    names.extend(["ActivityId", "ActivityType"].map(|it| (it.to_owned(), Kind::Keyword)));
    typed(&parse(text).unwrap(), &Registry(names)).unwrap().condition
}

/// Number `n` of all: what it is follows from that.
fn activity(n: u64) -> Execution {
    let run = RunKey {
        execution: ExecutionKey { namespace: NAMESPACE, workflow: "".into() },
        run: RunId(u128::from(n)),
    };
    // Two start at the same time.
    let mut task = ActivityTask { scheduled: SCHEDULED, ..task(&run, n / 2) };
    task.options.activity_id = format!("charge-{}", n % 6);
    task.options.activity_type = ["charge", "refund"][(n % 2) as usize].to_owned();
    task.options.task_queue = ["cards", "cash"][(n % 3 / 2) as usize].to_owned();
    let mut search_attributes = PayloadMap::new();
    if !n.is_multiple_of(4) {
        let payload = search::typed(Kind::Int, (n % 5).to_string());
        search_attributes.insert("WInt".to_owned(), payload);
    }
    if n % 6 == 1 {
        let payload = search::typed(Kind::KeywordList, r#"["red","green"]"#.to_owned());
        search_attributes.insert("WKeywordList".to_owned(), payload);
    }
    let status = Status::ALL[(n % 7) as usize];
    let open = matches!(status, Status::Running | Status::Paused);
    if status == Status::Paused {
        task.pause = Some(pause());
    }
    if open {
        // Of one id at most one is open.
        task.options.activity_id = format!("charge-{}-{n}", n % 6);
    }
    let closed = (!open).then(|| Closed {
        at: s(n + 3),
        status,
        by: String::new(),
        outcome: Ok(Vec::new()),
        retry_state: RetryState::Unspecified,
    });
    Execution {
        task,
        request_id: String::new(),
        details: None,
        search_attributes,
        delay: Delay(n % 3 * 1500),
        cancel: None,
        closed,
    }
}

fn pause() -> Pause {
    Pause { at: s(1), identity: "operator".to_owned(), reason: "lunch".to_owned() }
}

/// Writes them as they would be: first they begin, and then they end.
async fn of(all: &[Execution]) -> Store {
    let store = temporary().await;
    let new = new_namespace("shop", 7);
    assert_eq!(store.insert_namespace(new).await.unwrap().id, NAMESPACE);
    for it in all {
        let begun = Execution { closed: None, ..it.clone() };
        store.commit(&[Write::standalone_begins(&begun)]).await.unwrap();
        if it.closed.is_some() {
            store.commit(&[Write::standalone_ends(it)]).await.unwrap();
        }
    }
    store
}

#[tokio::test]
async fn lists_and_counts_have_what_the_filter_holds_for_newest_first_in_pages_of_any_size() {
    let mut all: Vec<_> = (1..=40).map(activity).collect();
    let store = of(&all).await;
    all.sort_by_key(|it| std::cmp::Reverse((it.task.scheduled_at, it.task.run.run)));
    for text in [
        "",
        "ExecutionStatus = 'Running'",
        "ExecutionStatus != 'Running'",
        "ExecutionStatus IN ('TimedOut', 'Failed')",
        "ExecutionStatus = 'Paused'",
        "ExecutionStatus IN ('Running', 'Paused')",
        "ActivityId = 'charge-3'",
        "ActivityId != 'charge-3' AND ActivityType = 'charge'",
        "ActivityId STARTS_WITH 'charge-'",
        "ActivityId STARTS_WITH 'charge-1' OR ActivityId IN ('charge-2', 'charge-4')",
        "ActivityType = 'refund' AND ExecutionStatus = 'Completed'",
        "ActivityType IS NULL",
        "TaskQueue = 'cash'",
        "TaskQueue != 'cash' AND ExecutionStatus = 'TimedOut'",
        "RunId = '00000000-0000-0000-0000-000000000007'",
        "StartTime BETWEEN '1970-01-01T00:00:05Z' AND '1970-01-01T00:00:11Z'",
        "ExecutionTime > '1970-01-01T00:00:11Z' AND StartTime <= '1970-01-01T00:00:11Z'",
        "CloseTime < '1970-01-01T00:00:20Z'",
        "CloseTime IS NULL",
        "ExecutionDuration > '10s'",
        "WInt = 3",
        "WInt > 1 AND WInt <= 3",
        "WInt IS NULL",
        "WInt IN (1, 2) AND ExecutionStatus = 'Canceled' OR WKeywordList = 'red'",
        "WKeywordList NOT IN ('green')",
        // What only workflows have.
        "WorkflowId = 'charge-3'",
        "WorkflowType != 'charge'",
        "HistoryLength IS NULL",
        "ParentWorkflowId IS NOT NULL",
        "NOT WorkflowId = 'a' OR WInt = 1",
    ] {
        let filter = filter(text);
        let expected: Vec<_> = all.iter().filter(|it| holds(&filter, &Listed(it))).collect();
        for n_max in [1, 3, 100] {
            let mut found: Vec<Execution> = Vec::new();
            loop {
                let after = found.last().map(ListPlace::of_standalone);
                let page = store.list_standalone(NAMESPACE, &filter, after, n_max).await.unwrap();
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            let ids =
                |all: &[&Execution]| all.iter().map(|it| it.task.run.run.0).collect::<Vec<_>>();
            assert_eq!(ids(&found.iter().collect::<Vec<_>>()), ids(&expected), "{text}");
        }
        let mut counts = crate::StandaloneCounts::new();
        expected.iter().for_each(|it| *counts.entry(it.status()).or_default() += 1);
        assert_eq!(store.count_standalone(NAMESPACE, &filter).await.unwrap(), counts, "{text}");
    }
    let elsewhere = store.list_standalone(NamespaceId(2), &filter(""), None, 9).await.unwrap();
    assert_eq!(elsewhere, []);
}

/// Also in one batch with its end, whichever comes first.
#[tokio::test]
async fn one_that_is_paused_is_listed_so_while_no_attempt_is_under_way() {
    let it = activity(14);
    let store = of(std::slice::from_ref(&it)).await;
    let listed = async |status: Status| {
        let filter = filter(&format!("ExecutionStatus = '{}'", status.name()));
        let found = store.list_standalone(NAMESPACE, &filter, None, 9).await.unwrap();
        let counts = store.count_standalone(NAMESPACE, &filter).await.unwrap();
        assert!(found.iter().all(|it| it.status() == status), "{found:?}");
        assert_eq!(counts.values().sum::<u64>(), found.len() as u64);
        found.len()
    };
    assert_eq!((listed(Status::Running).await, listed(Status::Paused).await), (1, 0));
    let paused = ActivityTask { pause: Some(pause()), ..it.task.clone() };
    store.commit(&[Write::activity(&paused, s(20))]).await.unwrap();
    assert_eq!((listed(Status::Running).await, listed(Status::Paused).await), (0, 1));
    let started = paused.clone().on_started("worker".to_owned(), s(21));
    store.commit(&[Write::standalone(&it), Write::activity(&started, s(21))]).await.unwrap();
    assert_eq!((listed(Status::Running).await, listed(Status::Paused).await), (1, 0));
    let closed = Closed {
        at: s(22),
        status: Status::Completed,
        by: String::new(),
        outcome: Ok(Vec::new()),
        retry_state: RetryState::Unspecified,
    };
    let ended = Execution { closed: Some(closed), ..it };
    let both = [Write::standalone_ends(&ended), Write::activity(&paused, s(22))];
    store.commit(&both).await.unwrap();
    assert_eq!((listed(Status::Completed).await, listed(Status::Paused).await), (1, 0));
}

/// Also of what filters look for.
#[tokio::test]
async fn nothing_is_left_of_one_that_is_deleted_or_that_its_namespace_keeps_no_longer() {
    let all = [activity(13), activity(19), activity(25)];
    let store = of(&all).await;
    let left = async || {
        let count = "SELECT (SELECT count(*) FROM standalone_activities), (SELECT count(*) FROM standalone_attributes)";
        let row = sqlx::query(count).fetch_one(&store.readers).await.unwrap();
        (row.get::<i64, _>(0), row.get::<i64, _>(1))
    };
    assert_eq!(left().await, (3, 9));
    store.delete_standalone(all[0].task.run.run).await.unwrap();
    assert_eq!(left().await, (2, 6));
    store.expire_standalone(NAMESPACE, s(23)).await.unwrap();
    assert_eq!(left().await, (1, 3));
}
