//! Schedules: written, found, listed, gone.

use super::*;
use crate::{ScheduleFilter, ScheduleIds, SchedulePlace};
use refrain_calendar::schedule::{Policies, Record, Schedule, ScheduleKey, Standing};
use refrain_calendar::spec::Spec;

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

#[tokio::test]
async fn schedules_are_listed_newest_first_and_filtered() {
    let store = temporary().await;
    let mut writes = Vec::new();
    for (n, id) in ["day-1", "day-2", "night-1", "night-2"].into_iter().enumerate() {
        let mut record = record(s(1 + n as u64 / 2));
        record.schedule.standing.paused = id.ends_with('2');
        writes.push(Write::schedule(named(id), &record, None));
    }
    store.commit(&writes).await.unwrap();
    let list = |paused, id, after: Option<SchedulePlace>, n_max| {
        let store = &store;
        async move {
            let filter = ScheduleFilter { paused, id };
            let rows = store.list_schedules(NAMESPACE, &filter, after.as_ref(), n_max).await;
            let rows: Vec<_> = rows.unwrap().into_iter().map(|(place, _)| place).collect();
            assert!(store.count_schedules(NAMESPACE, &filter).await.unwrap() >= rows.len() as u64);
            rows
        }
    };
    let ids = |rows: &[SchedulePlace]| rows.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    let page = list(None, ScheduleIds::All, None, 3).await;
    assert_eq!(ids(&page), ["night-2", "night-1", "day-2"]);
    let rest = list(None, ScheduleIds::All, page.last().cloned(), 3).await;
    assert_eq!(ids(&rest), ["day-1"]);
    assert_eq!(ids(&list(Some(true), ScheduleIds::All, None, 9).await), ["night-2", "day-2"]);
    let night = ScheduleIds::Prefix("night".to_owned());
    assert_eq!(ids(&list(Some(false), night, None, 9).await), ["night-1"]);
    let one = ScheduleIds::One("day-1".to_owned());
    assert_eq!(ids(&list(None, one, None, 9).await), ["day-1"]);
}
