//! What goes wrong around the host, and what it says then.

use crate::client::{Client, json, runtime};
use crate::common::{BENCH, blank, deploy_bench, directory};
use anyhow::Result;
use expect_test::{Expect, expect};
use refrain_e2e::host::{Said, binary, free_port, output};
use refrain_e2e::{Host, order, paths};
use std::path::Path;
use std::process::Command;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;

/// A host that must not start: on a database, and on a port.
fn try_start(database: &Path, port: u16) -> Result<Said> {
    let (database, port) = (database.to_string_lossy(), port.to_string());
    let args = ["server", "start-dev", "--headless", "--port", &port, "--db-filename", &database];
    binary(&args)
}

/// What it says, without what differs from place to place.
fn told(said: &Said, directory: &Path, port: u16) -> String {
    let text = said.stderr.replace(&directory.to_string_lossy().into_owned(), "DIRECTORY");
    let text = text.replace(&format!(":{port}"), ":PORT");
    let text = blank(&text, "schemas up to ", |c| c.is_ascii_digit());
    format!("{:?}\n{text}", said.code)
}

fn check_start(name: &str, database: &[u8], expected: &Expect) -> Result<()> {
    let directory = directory(name);
    std::fs::create_dir_all(&directory)?;
    let file = directory.join("refrain.db");
    std::fs::write(&file, database)?;
    let port = free_port()?;
    let said = try_start(&file, port)?;
    expected.assert_eq(&told(&said, &directory, port));
    assert_eq!(std::fs::read(&file)?, database, "what is not ours is left alone");
    Ok(())
}

#[test]
fn two_hosts_do_not_share_a_database() -> Result<()> {
    let directory = directory("locked");
    let host = Host::start(&directory, &[])?;
    let port = free_port()?;
    let said = try_start(&host.database(), port)?;
    expect![[r#"
        Some(1)
        error: database `DIRECTORY/refrain.db` is in use by another host (`DIRECTORY/refrain.db.lock` is locked): stop it, or choose another path
    "#]].assert_eq(&told(&said, &directory, port));
    host.cli(&["workflow", "list"])?;
    Ok(())
}

#[test]
fn two_hosts_do_not_share_a_port() -> Result<()> {
    let directory = directory("port-in-use");
    let host = Host::start(&directory, &[])?;
    let said = try_start(&directory.join("other.db"), host.port())?;
    expect![[r#"
        Some(1)
        error: can't listen on 127.0.0.1:PORT: Address already in use (os error 98)
        hint: another server may be running there: stop it, or choose another port (0: any free one)
    "#]]
    .assert_eq(&told(&said, &directory, host.port()));
    host.cli(&["workflow", "list"])?;
    Ok(())
}

#[test]
fn a_file_that_is_no_database_is_refused() -> Result<()> {
    let text = "This is my diary. ".repeat(1000);
    check_start(
        "not-a-database",
        text.as_bytes(),
        &expect![[r#"
        Some(1)
        error: file `DIRECTORY/refrain.db` is not an SQLite database: choose another path
    "#]],
    )
}

#[test]
fn a_database_of_another_program_is_refused() -> Result<()> {
    // The header of an empty SQLite database, with an application id.
    let mut database = vec![0; 4096];
    database[..16].copy_from_slice(b"SQLite format 3\0");
    let header = [0x10, 0, 1, 1, 0, 64, 32, 32, 0, 0, 0, 1, 0, 0, 0, 1];
    database[16..32].copy_from_slice(&header);
    database[47] = 4;
    database[59] = 1;
    database[68..72].copy_from_slice(b"GPKG");
    database[95] = 1;
    database[96..100].copy_from_slice(&[0, 0x2e, 0x63, 0x01]);
    // The root page: a leaf of a table without rows.
    database[100..108].copy_from_slice(&[13, 0, 0, 0, 0, 0x10, 0, 0]);
    check_start(
        "not-ours",
        &database,
        &expect![[r#"
        Some(1)
        error: database `DIRECTORY/refrain.db` belongs to another program (application id 1196444487, expected 1380340302): choose another path
    "#]],
    )
}

#[test]
fn a_database_of_a_newer_host_is_refused() -> Result<()> {
    let directory = directory("newer-schema");
    let mut host = Host::start(&directory, &[])?;
    host.stop()?;
    // As a newer host would have left it.
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); \
        db.execute(\"INSERT INTO _sqlx_migrations \
        (version, description, success, checksum, execution_time) \
        VALUES (9999, 'from the future', 1, x'00', 0)\"); db.commit()";
    let mut python = Command::new(paths::client_program("python")?);
    let edited = output(python.args(["-c", script]).arg(host.database()))?;
    edited.or_fail("python", &[])?;
    let port = free_port()?;
    let said = try_start(&host.database(), port)?;
    expect![[r#"
        Some(1)
        error: database `DIRECTORY/refrain.db` has schema 9999, and this host knows schemas up to _: run the newer host
    "#]].assert_eq(&told(&said, &directory, port));
    Ok(())
}

#[test]
fn a_command_without_a_host_says_so() -> Result<()> {
    let port = free_port()?;
    let said = binary(&["workflow", "list", "--address", &format!("127.0.0.1:{port}")])?;
    expect![[r#"
        Some(3)
        error: can't reach a server at 127.0.0.1:PORT: Connection refused (os error 111)
        hint: start one with `refrain server start-dev`, or name another with `--address`
    "#]]
    .assert_eq(&told(&said, Path::new("DIRECTORY"), port));
    Ok(())
}

#[test]
fn a_place_that_cannot_be_written_is_refused() -> Result<()> {
    // Not even root writes there.
    let directory = Path::new("/sys");
    let port = free_port()?;
    let said = try_start(&directory.join("refrain.db"), port)?;
    expect![[r#"
        Some(1)
        error: database `DIRECTORY/refrain.db` can't be written: give this user write access to the file and its directory: Permission denied (os error 13)
    "#]].assert_eq(&told(&said, directory, port));
    Ok(())
}

#[test]
fn a_directory_that_is_not_there_is_not_made() -> Result<()> {
    let directory = directory("nowhere");
    let port = free_port()?;
    let said = try_start(&directory.join("refrain.db"), port)?;
    expect![[r#"
        Some(1)
        error: directory `DIRECTORY` of the database does not exist: create it, or choose another path
    "#]].assert_eq(&told(&said, &directory, port));
    assert!(!directory.exists());
    Ok(())
}

/// What does not fit on the disk is refused and not there; what was acknowledged is, later.
#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() -> Result<()> {
    const FILE_BYTES_MAX: u64 = 12 << 20;
    let directory = directory("disk-full");
    let mut host = Host::start_limited(&directory, &[], Some(FILE_BYTES_MAX))?;
    deploy_bench(&host)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;

    let (n_acknowledged, refused) = runtime.block_on(async {
        client.start("waits", "wait-signal", BENCH, &[], "start").await?;
        // Each of them other: what is the same is stored once.
        let megabyte = |nth: i32| json(&serde_json::json!(format!("{nth}{}", "x".repeat(1 << 20))));
        let mut n_acknowledged = 0;
        // The limit is reached long before this ends.
        for nth in 0..64 {
            let request = format!("signal-{nth}");
            match client.signal("waits", "other", &[megabyte(nth)], &request).await {
                Ok(_) => n_acknowledged += 1,
                Err(status) => return Ok((n_acknowledged, Some(status))),
            }
        }
        anyhow::Ok((n_acknowledged, None))
    })?;
    let refused = refused.expect("the disk is full");
    assert_eq!(refused.code(), tonic::Code::Unavailable, "{refused}");
    assert!(refused.message().starts_with("the store is not available"), "{refused}");
    assert!(n_acknowledged > 3, "{n_acknowledged}");
    // What needs no room still works.
    host.cli(&["workflow", "describe", "--workflow-id", "waits"])?;

    // There is room again: the host goes on by itself, and the refused signal can be sent again.
    host.lift_limit()?;
    let n_there = || {
        let history = runtime.block_on(client.history("waits"))?;
        let is_signal =
            |it: &&HistoryEvent| it.event_type() == EventType::WorkflowExecutionSignaled;
        anyhow::Ok(history.iter().filter(is_signal).count())
    };
    assert_eq!(n_there()?, n_acknowledged, "what was refused is not there");
    let again = format!("signal-{n_acknowledged}");
    runtime.block_on(client.signal("waits", "other", &[], &again))?;
    assert_eq!(n_there()?, n_acknowledged + 1);

    host.kill()?;
    host.start_again()?;
    assert_eq!(n_there()?, n_acknowledged + 1);
    let last = json(&serde_json::json!("at last"));
    runtime.block_on(client.signal("waits", "go", &[last], "go"))?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "waits"])?;
    assert_eq!(result.trim(), "\"at last\"");
    Ok(())
}

#[test]
fn a_workflow_type_that_is_not_there_is_refused_by_name() -> Result<()> {
    let host = Host::start(&directory("no-such-type"), &[])?;
    order::deploy(&host, "rust")?;
    let start = |kind: &str, queue: &str| {
        let args = ["workflow", "start", "--workflow-id", "x", "--type", kind];
        host.try_cli(&args.into_iter().chain(["--task-queue", queue]).collect::<Vec<_>>())
    };
    let said = [start("order", "orders")?, start("orderFulfillment", "empty")?];
    let text: String = said.iter().map(|it| format!("{:?} {}", it.code, it.stderr)).collect();
    expect![[r#"
        Some(1) error: workflow type `order` is not in the component deployed to task queue `orders`: it has orderFulfillment
        Some(1) error: no workflow component is deployed to task queue `empty`: deploy one with `refrain deploy`
    "#]].assert_eq(&text);
    Ok(())
}
