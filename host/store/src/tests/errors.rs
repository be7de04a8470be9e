//! Every error, as an operator reads it.

use super::*;
use crate::{CommitError, NamespaceError, OpenError, StoreError};
use expect_test::expect;

fn cause() -> sqlx::Error {
    sqlx::Error::PoolClosed
}

#[test]
fn errors_say_what_was_found_and_what_to_do() {
    let path = PathBuf::from("/data/refrain.db");
    let statement = "run_get";
    let io = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let undecodable = refrain_wire::event::decode(b"\xff").unwrap_err();
    let errors: Vec<Box<dyn std::error::Error>> = vec![
        Box::new(OpenError::NotWritable { path: path.clone(), source: io() }),
        Box::new(OpenError::NotADatabase { path: path.clone() }),
        Box::new(OpenError::NotOurs { path: path.clone(), found: 7, expected: 8 }),
        Box::new(OpenError::Corrupt { path: path.clone(), source: cause() }),
        Box::new(OpenError::Migration {
            path: path.clone(),
            supported: 9,
            source: sqlx::migrate::MigrateError::Dirty(3),
        }),
        Box::new(OpenError::Unavailable { path: path.clone(), source: cause() }),
        Box::new(OpenError::NoTemporary { directory: "/tmp".into(), source: io() }),
        Box::new(StoreError::Unavailable { statement, source: cause() }),
        Box::new(StoreError::Corrupt { statement, source: cause() }),
        Box::new(StoreError::Undecodable { statement, what: "a memo", source: undecodable }),
        Box::new(StoreError::BadColumn {
            statement,
            what: "status",
            found: "9".to_owned(),
            expected: "1 to 5 or 7",
        }),
        Box::new(StoreError::Broken { statement, source: cause() }),
        Box::new(CommitError::Unavailable { source: cause() }),
        Box::new(CommitError::Stale { run: key("a", 1), expected: EventId(2), found: None }),
        Box::new(CommitError::Twice { n_runs: 2, n_changed: 1 }),
        Box::new(CommitError::Corrupt { source: cause() }),
        Box::new(CommitError::Broken { source: cause() }),
        Box::new(NamespaceError::Store {
            name: "shop".to_owned(),
            source: StoreError::Unavailable { statement, source: cause() },
        }),
    ];
    let mut text = String::new();
    for error in errors {
        writeln!(text, "{error}").unwrap();
    }
    expect![[r#"
        database `/data/refrain.db` can't be written: give this user write access to the file and its directory
        file `/data/refrain.db` is not an SQLite database: choose another path
        database `/data/refrain.db` belongs to another program (application id 7, expected 8): choose another path
        database `/data/refrain.db` is damaged: restore a backup
        database `/data/refrain.db` can't be brought to schema 9
        database `/data/refrain.db` can't be used now: check the disk's space and health
        no temporary database can be made in `/tmp`
        the store can't do `run_get` now
        the database is damaged, found by `run_get`: restore a backup
        `run_get` read a memo that can't be decoded
        `run_get` read status `9`, expected 1 to 5 or 7
        `run_get` was refused by the database
        the database can't be written now
        a/00000000-0000-0000-0000-000000000001 has a decision for event 2, but no row
        the batch moves 2 runs on, but 1 rows changed: a run is in it twice
        the database is damaged: restore a backup
        the batch was refused by the database
        namespace `shop` can't be stored
    "#]].assert_eq(&text);
}
