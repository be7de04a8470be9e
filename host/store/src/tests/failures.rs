//! The disk's and the neighbours' troubles: refused whole, and over when they are over.

use super::*;
use crate::CommitError;
use sqlx::Connection;

async fn set(store: &Store, pragma: String) {
    let mut writer = store.writer.lock().await;
    let connection = writer.connection().await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(pragma)).execute(connection).await.unwrap();
}

fn large(run: u128, n_bytes: usize) -> Write {
    let mut event = line(2, 2);
    if let Event::Signal(signal::Event::Received(signal)) = &mut event.event {
        signal.input = vec![Payload { data: vec![7; n_bytes], ..Payload::default() }];
    }
    Step::start(&format!("w-{run}"), run).event(event).write()
}

#[tokio::test]
async fn a_full_disk_refuses_the_batch_and_is_forgotten_when_there_is_space() {
    let directory = Directory::new("full");
    let store = Store::open(at(&directory.database())).await.unwrap();
    store.commit(&[large(1, 100)]).await.unwrap();
    let before = dump(&store).await;
    let n_pages: i64 = {
        let mut writer = store.writer.lock().await;
        let connection = writer.connection().await.unwrap();
        sqlx::query_scalar("PRAGMA page_count").fetch_one(connection).await.unwrap()
    };
    set(&store, format!("PRAGMA max_page_count = {}", n_pages + 5)).await;
    for _ in 0..2 {
        let full = store.commit(&[large(2, 100), large(3, 1_000_000)]).await.unwrap_err();
        assert!(matches!(full, CommitError::Unavailable { .. }), "{full:?}");
        assert_eq!(dump(&store).await, before);
    }
    // What is small still fits.
    store.commit(&[large(2, 100)]).await.unwrap();
    set(&store, "PRAGMA max_page_count = 1000000".to_owned()).await;
    store.commit(&[large(3, 1_000_000)]).await.unwrap();
    assert_eq!(store.history(RunId(3), EventId(1), 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_database_that_turns_read_only_refuses_and_recovers() {
    let store = temporary().await;
    set(&store, "PRAGMA query_only = 1".to_owned()).await;
    let refused = store.commit(&[large(1, 100)]).await.unwrap_err();
    assert!(matches!(refused, CommitError::Unavailable { .. }), "{refused:?}");
    set(&store, "PRAGMA query_only = 0".to_owned()).await;
    store.commit(&[large(1, 100)]).await.unwrap();
}

#[tokio::test]
async fn a_backup_that_holds_the_lock_too_long_refuses_and_recovers() {
    let directory = Directory::new("busy");
    let store = Store::open(at(&directory.database())).await.unwrap();
    set(&store, "PRAGMA busy_timeout = 0".to_owned()).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(directory.database());
    let mut backup = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut backup).await.unwrap();
    let busy = store.commit(&[large(1, 100)]).await.unwrap_err();
    assert!(matches!(busy, CommitError::Unavailable { .. }), "{busy:?}");
    sqlx::query("ROLLBACK").execute(&mut backup).await.unwrap();
    store.commit(&[large(1, 100)]).await.unwrap();
    backup.close().await.unwrap();
}

/// The caller goes away at each point where the commit waits. The next commit finds a connection
/// in no transaction, and the batch is either whole or absent.
#[tokio::test]
async fn a_commit_that_is_dropped_half_way_leaves_the_store_usable() {
    use std::future::Future;
    use std::task::{Context, Waker};
    let store = temporary().await;
    for n_polls in 1..=6 {
        let run = n_polls as u128;
        let writes = [large(run, 100)];
        let mut commit = Box::pin(store.commit(&writes));
        for _ in 0..n_polls {
            if commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(commit);
        let next = run + 100;
        store.commit(&[large(next, 100)]).await.unwrap();
        let n_events = store.history(RunId(run), EventId(1), 9).await.unwrap().len();
        let is_there = store.run(NAMESPACE, RunId(run)).await.unwrap().is_some();
        assert_eq!(n_events, if is_there { 2 } else { 0 });
    }
}

#[tokio::test]
async fn rows_that_contradict_the_schema_are_ours_to_mend() {
    let store = temporary().await;
    let mut step = Step::start("a", 1);
    step.decision.run.status = execution::State::Completed;
    let broken = store.commit(&[step.write()]).await.unwrap_err();
    assert!(matches!(broken, CommitError::Broken { .. }), "{broken:?}");
    assert_eq!(dump(&store).await, "");
}
