use super::*;

/// A run whose history has the text three times, and one that has it once.
async fn with_large_payloads() -> (Store, Vec<Recorded>) {
    let store = temporary().await;
    let text = Payload::json(format!("{:?}", "x".repeat(1000)));
    let signal = |id: u64| Recorded {
        id: EventId(id),
        time: s(id),
        event: Event::Signal(signal::Event::Received(Box::new(signal::Signal {
            name: "go".to_owned(),
            input: vec![Payload::json("1"), text.clone()],
            ..signal::Signal::default()
        }))),
    };
    let a = Step::start("a", 1).event(signal(2)).event(signal(3)).write().detaching_above(100);
    assert!(!a.is_whole() && a.history_bytes() < 1000);
    let b = Step::start("b", 2).event(signal(2)).write().detaching_above(100);
    store.commit(&[a, b]).await.unwrap();
    store
        .commit(&[Step::at(key("a", 1), 4).event(signal(4)).write().detaching_above(100)])
        .await
        .unwrap();
    (store, [2, 3, 4].map(signal).into())
}

async fn count(store: &Store, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(&store.readers).await.unwrap()
}

#[tokio::test]
async fn a_large_payload_is_stored_once_and_read_in_every_place() {
    let (store, signals) = with_large_payloads().await;
    assert_eq!(count(&store, "SELECT count(*) FROM blobs").await, 1);
    assert_eq!(count(&store, "SELECT count(*) FROM run_blobs").await, 2);
    let events = store.history(RunId(1), EventId(2), 100).await.unwrap();
    assert_eq!(events, signals);
    let page = store.history_page(RunId(2), EventId(2), 100).await.unwrap();
    assert_eq!(refrain_wire::event::decode(&page.bytes).unwrap(), signals[..1]);
}

/// What a tenant can write into a payload must not give it what others have.
#[tokio::test]
async fn a_digest_that_a_program_wrote_itself_is_only_a_digest() {
    let (store, signals) = with_large_payloads().await;
    let digest: Vec<u8> =
        sqlx::query_scalar("SELECT digest FROM blobs").fetch_one(&store.readers).await.unwrap();
    let Event::Signal(signal::Event::Received(signal)) = &signals[0].event else { unreachable!() };
    let mut forged = Payload { data: Vec::new(), ..signal.input[1].clone() };
    forged.metadata.insert(refrain_core::payload::DETACHED.to_owned(), digest);
    let mut signal = signal.clone();
    signal.input = vec![forged];
    let event = Event::Signal(signal::Event::Received(signal));
    let event = Recorded { id: EventId(2), time: s(2), event };
    let write = Step::start("c", 3).event(event.clone()).write().detaching_above(100);
    store.commit(&[write]).await.unwrap();
    assert_eq!(store.history(RunId(3), EventId(2), 1).await.unwrap(), [event]);
}

#[tokio::test]
async fn a_large_payload_goes_with_the_last_run_that_has_it() {
    let (store, _) = with_large_payloads().await;
    store.delete_runs(&[key("a", 1)]).await.unwrap();
    assert_eq!(count(&store, "SELECT count(*) FROM blobs").await, 1);
    assert_eq!(store.history(RunId(2), EventId(2), 100).await.unwrap().len(), 1);
    store.delete_runs(&[key("b", 2)]).await.unwrap();
    assert_eq!(count(&store, "SELECT count(*) FROM blobs").await, 0);
    assert_eq!(count(&store, "SELECT count(*) FROM run_blobs").await, 0);
}
