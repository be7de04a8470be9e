//! Schedules: written, found, listed, gone.

use super::*;
use crate::SchedulePlace;
use refrain_calendar::schedule::{Policies, Record, Schedule, ScheduleKey, Standing};
use refrain_calendar::spec::Spec;
use refrain_core::search::{
    Condition, Field, Kind, Registry, Row as Look, SCHEDULE_ID, SCHEDULE_PAUSED, Value, holds,
    parse, typed,
};
use refrain_wire::search;

fn named(id: &str) -> ScheduleKey {
    ScheduleKey { namespace: NAMESPACE, id: id.into() }
}

fn record(created: Timestamp) -> Record {
    let spec = Spec::default().compile().unwrap();
    Record {
        schedule: Schedule::new(spec, Policies::default(), Standing::default(), created),
        start: Box::default(),
        action: Vec::new(),
        memo: Default::default(),
        search_attributes: Default::default(),
        request_ids: Default::default(),
    }
}

#[tokio::test]
async fn a_schedule_is_written_changed_and_gone() {
    let store = temporary().await;
    let key = named("nightly");
    assert!(store.schedule(&key).await.unwrap().is_none());
    let mut record = record(s(1));
    store.commit(&[Write::schedule(key.clone(), &record, Some(s(9)))]).await.unwrap();
    record.schedule.standing.notes = "changed".to_owned();
    store.commit(&[Write::schedule(key.clone(), &record, None)]).await.unwrap();
    let read = store.schedule(&key).await.unwrap().unwrap();
    assert_eq!(read.schedule.standing.notes, "changed");
    assert!(store.delete_schedule(&key).await.unwrap());
    assert!(!store.delete_schedule(&key).await.unwrap());
    assert!(store.schedule(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn only_schedules_that_wait_for_something_are_read_at_a_start() {
    let store = temporary().await;
    let write = |id, wake| Write::schedule(named(id), &record(s(1)), wake);
    let writes = [write("a", None), write("b", Some(s(7))), write("c", Some(s(5)))];
    store.commit(&writes).await.unwrap();
    let first = store.schedules_awake(None, 1).await.unwrap();
    assert_eq!(first[0].key, named("b"));
    assert_eq!((first[0].wake, first[0].follows), (Some(s(7)), false));
    let rest = store.schedules_awake(Some(&first[0].key), 9).await.unwrap();
    assert_eq!(rest.iter().map(|it| &*it.key.id).collect::<Vec<_>>(), ["c"]);
}

/// A schedule, as a filter looks at it.
struct Listed<'a>(&'a str, &'a Record);

impl Look for Listed<'_> {
    fn status(&self) -> i64 {
        0
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        let Listed(id, record) = *self;
        match field {
            Field::System(_) => Vec::new(),
            Field::Set { name, .. } => match name.as_str() {
                SCHEDULE_ID => vec![Value::Text(id.to_owned())],
                SCHEDULE_PAUSED => vec![Value::Bool(record.schedule.standing.paused)],
                name => {
                    let payload = record.search_attributes.get(name);
                    payload.and_then(search::values_of).map_or_else(Vec::new, |it| it.1)
                }
            },
        }
    }
}

pub(super) fn filter(text: &str) -> Condition {
    let mut names: std::collections::BTreeMap<String, Kind> =
        Kind::ALL.map(|kind| (format!("W{}", kind.name()), kind)).into();
    names.insert(SCHEDULE_ID.to_owned(), Kind::Keyword);
    typed(&parse(text).unwrap(), &Registry(names)).unwrap().condition
}

/// Number `n` of all: what it is follows from that. Two are made at the same time.
fn numbered(n: u64) -> (ScheduleKey, Record) {
    let mut record = record(s(1 + n / 2));
    record.schedule.standing.paused = n.is_multiple_of(3);
    let attributes = &mut record.search_attributes;
    let mut set = |kind: Kind, json: String| {
        attributes.insert(format!("W{}", kind.name()), search::typed(kind, json));
    };
    if !n.is_multiple_of(4) {
        set(Kind::Int, (n % 5).to_string());
        set(Kind::Keyword, format!("\"{}\"", ["red", "green", "blue"][(n % 3) as usize]));
    }
    if n % 6 == 1 {
        set(Kind::KeywordList, r#"["red","green"]"#.to_owned());
        set(Kind::Text, "\"the quick fox\"".to_owned());
    }
    (named(&format!("{}-{n}", ["day", "night"][(n % 2) as usize])), record)
}

async fn ids(store: &Store, filter: &Condition, n_max: u32) -> Vec<String> {
    let mut found: Vec<SchedulePlace> = Vec::new();
    loop {
        let page = store.list_schedules(NAMESPACE, filter, found.last(), n_max).await.unwrap();
        if page.is_empty() {
            return found.into_iter().map(|it| it.id).collect();
        }
        found.extend(page.into_iter().map(|it| it.0));
    }
}

#[tokio::test]
async fn schedules_that_the_filter_holds_for_are_listed_newest_first_in_pages_of_any_size() {
    let store = temporary().await;
    let mut all: Vec<_> = (1..=30).map(numbered).collect();
    let write = |(key, record): &(ScheduleKey, Record)| Write::schedule(key.clone(), record, None);
    store.commit(&all.iter().map(write).collect::<Vec<_>>()).await.unwrap();
    // The same ids in another namespace, with other attributes.
    let elsewhere = |n| {
        let (key, record) = (numbered(n).0, numbered(n + 1).1);
        Write::schedule(ScheduleKey { namespace: NamespaceId(2), ..key }, &record, None)
    };
    store.commit(&(1..=30).map(elsewhere).collect::<Vec<_>>()).await.unwrap();
    all.sort_by_key(|(key, it)| std::cmp::Reverse((it.schedule.progress.created, key.id.clone())));
    for text in [
        "",
        "TemporalSchedulePaused = true",
        "TemporalSchedulePaused != true",
        "TemporalSchedulePaused IN (true, false)",
        "TemporalSchedulePaused > false",
        "TemporalSchedulePaused IS NULL",
        "TemporalSchedulePaused IS NOT NULL AND WInt = 3",
        "ScheduleId = 'day-4'",
        "ScheduleId != 'day-4' AND TemporalSchedulePaused = false",
        "ScheduleId IN ('day-4', 'night-7', 'nobody')",
        "ScheduleId STARTS_WITH 'day-1'",
        "ScheduleId > 'night-2'",
        "WInt = 3",
        "WInt > 1 AND WInt <= 3",
        "WInt > 1 AND TemporalSchedulePaused = true",
        "WInt IS NULL",
        "WInt IS NOT NULL",
        "WInt != 2 AND ScheduleId STARTS_WITH 'night'",
        "WKeyword = 'red'",
        "WKeyword STARTS_WITH 'gr' OR WInt = 1",
        "WKeyword NOT IN ('red', 'blue')",
        "WKeywordList = 'red'",
        "WKeywordList IN ('red', 'green') AND TemporalSchedulePaused = false",
        "WKeywordList != 'red'",
        "WText = 'fox'",
        "NOT (WInt = 1 OR WKeyword = 'blue')",
        "WInt = 1 OR TemporalSchedulePaused = true OR ScheduleId = 'day-4'",
    ] {
        let filter = filter(text);
        let holds = |it: &&(ScheduleKey, Record)| holds(&filter, &Listed(&it.0.id, &it.1));
        let expected: Vec<_> = all.iter().filter(holds).map(|it| it.0.id.to_string()).collect();
        for n_max in [1, 3, 100] {
            assert_eq!(ids(&store, &filter, n_max).await, expected, "{text}");
        }
        let n = store.count_schedules(NAMESPACE, &filter).await.unwrap();
        assert_eq!(n, expected.len() as u64, "{text}");
    }
}

#[tokio::test]
async fn a_schedule_is_found_by_the_search_attributes_that_it_has_now() {
    let store = temporary().await;
    let (key, mut record) = numbered(7);
    store.commit(&[Write::schedule(key.clone(), &record, None)]).await.unwrap();
    store.commit(&[Write::schedule_goes_on(key.clone(), &record, Some(s(9)))]).await.unwrap();
    assert_eq!(ids(&store, &filter("WInt = 2"), 9).await, ["night-7"]);
    record.search_attributes = numbered(8).1.search_attributes;
    record.search_attributes.insert("WInt".to_owned(), search::typed(Kind::Int, "5".to_owned()));
    store.commit(&[Write::schedule(key.clone(), &record, None)]).await.unwrap();
    assert_eq!(ids(&store, &filter("WInt = 5"), 9).await, ["night-7"]);
    assert!(ids(&store, &filter("WInt = 2 OR WKeyword = 'green'"), 9).await.is_empty());
    assert!(store.delete_schedule(&key).await.unwrap());
    let left = "SELECT count(*) FROM schedule_attributes";
    let row = sqlx::query(left).fetch_one(&store.readers).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 0);
}
