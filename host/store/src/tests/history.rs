use super::*;

/// Batches of 3, 1, 4 and 2 events.
async fn of_four_batches() -> Store {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).signals(2).write()]).await.unwrap();
    for (first, n) in [(4, 1), (5, 4), (9, 2)] {
        store.commit(&[Step::at(key("a", 1), first).signals(n).write()]).await.unwrap();
    }
    store.commit(&[Step::start("b", 2).write()]).await.unwrap();
    store
}

fn ids(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|it| it.id.0).collect()
}

#[tokio::test]
async fn a_history_is_read_from_any_event_to_any_other() {
    let store = of_four_batches().await;
    for from in 1..=12 {
        for n_max in 0..=11 {
            let events = store.history(RunId(1), EventId(from), n_max).await.unwrap();
            let expected: Vec<u64> = (from..=10).take(n_max).collect();
            assert_eq!(ids(&events), expected, "{n_max} events from {from}");
        }
    }
    assert_eq!(store.history(RunId(3), EventId(1), 9).await.unwrap(), []);
}

#[tokio::test]
async fn pages_of_any_size_put_together_are_the_history() {
    let store = of_four_batches().await;
    let whole = store.history(RunId(1), EventId(1), 100).await.unwrap();
    for from in 1..=10 {
        for n_max in 1..=11 {
            let mut bytes = Vec::new();
            let mut next = EventId(from);
            loop {
                let page = store.history_page(RunId(1), next, n_max).await.unwrap();
                assert!(page.n_events >= 1 && page.n_events <= n_max);
                assert_eq!(page.next, next.plus(page.n_events));
                assert_eq!(page.more, page.next.0 <= 10, "{n_max} events from {next}");
                bytes.extend(page.bytes);
                next = page.next;
                if !page.more {
                    break;
                }
            }
            assert_eq!(refrain_wire::event::decode(&bytes).unwrap(), whole[from as usize - 1..]);
        }
    }
}

#[tokio::test]
async fn a_page_beyond_the_end_is_empty() {
    let store = of_four_batches().await;
    let page = store.history_page(RunId(1), EventId(11), 5).await.unwrap();
    assert_eq!((page.n_events, page.next, page.more), (0, EventId(11), false));
    assert!(page.bytes.is_empty());
}

#[tokio::test]
async fn histories_of_more_batches_than_one_read_takes_are_whole() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    for first in 2..=100 {
        store.commit(&[Step::at(key("a", 1), first).signals(1).write()]).await.unwrap();
        // Also when it ends where a read does.
        let events = store.history(RunId(1), EventId(1), 1000).await.unwrap();
        assert_eq!(ids(&events), (1..=first).collect::<Vec<u64>>());
    }
    let events = store.history(RunId(1), EventId(1), 1000).await.unwrap();
    let page = store.history_page(RunId(1), EventId(1), 1000).await.unwrap();
    assert_eq!((page.n_events, page.more), (100, false));
    assert_eq!(refrain_wire::event::decode(&page.bytes).unwrap(), events);
}

#[tokio::test]
async fn a_page_ends_before_it_grows_too_large() {
    let store = temporary().await;
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    for first in 2..=5 {
        let mut large = line(first, first);
        if let Event::Signal(signal::Event::Received(signal)) = &mut large.event {
            signal.input = vec![Payload { data: vec![0; 700_000], ..Payload::default() }];
        }
        store.commit(&[Step::at(key("a", 1), first).event(large).write()]).await.unwrap();
    }
    let mut sizes = Vec::new();
    let mut next = EventId(1);
    loop {
        let page = store.history_page(RunId(1), next, 1000).await.unwrap();
        sizes.push(page.n_events);
        next = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!(sizes, [2, 1, 1, 1]);
}
