use super::*;
use crate::OpenError;
use expect_test::expect;

async fn error_of(path: &Path) -> OpenError {
    Store::open(at(path)).await.unwrap_err()
}

fn names_in(directory: &Directory) -> Vec<String> {
    let entries = std::fs::read_dir(&directory.0).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_committed_survives_a_host_that_was_not_closed() {
    let directory = Directory::new("crash");
    let store = Store::open(at(&directory.database())).await.unwrap();
    store.commit(&[Step::start("a", 1).signals(2).write()]).await.unwrap();
    // What a crash leaves: the database and its log, as they are on disk, without a goodbye.
    let copy = Directory::new("crash-copy");
    for name in ["refrain.db", "refrain.db-wal"] {
        std::fs::copy(directory.0.join(name), copy.0.join(name)).unwrap();
    }
    let again = Store::open(at(&copy.database())).await.unwrap();
    assert_eq!(dump(&again).await, dump(&store).await);
    assert_eq!(again.history(RunId(1), EventId(1), 9).await.unwrap().len(), 3);
    again.commit(&[Step::at(key("a", 1), 4).signals(1).write()]).await.unwrap();
}

#[tokio::test]
async fn a_log_cut_short_by_a_crash_loses_the_last_commit_whole() {
    let directory = Directory::new("torn");
    let store = Store::open(at(&directory.database())).await.unwrap();
    store.commit(&[Step::start("a", 1).timer(DueTimer::RunTimeout, 9).write()]).await.unwrap();
    let before = dump(&store).await;
    let wal = directory.0.join("refrain.db-wal");
    let n_before = std::fs::metadata(&wal).unwrap().len();
    store
        .commit(&[Step::at(key("a", 1), 2).signals(3).timer(DueTimer::TaskRetry, 3).write()])
        .await
        .unwrap();
    let n_after = std::fs::metadata(&wal).unwrap().len();
    assert!(n_after > n_before);
    for cut in [n_before, n_before + 100, (n_before + n_after) / 2, n_after - 1] {
        let copy = Directory::new("torn-copy");
        std::fs::copy(directory.database(), copy.database()).unwrap();
        let bytes = std::fs::read(&wal).unwrap();
        std::fs::write(copy.0.join("refrain.db-wal"), &bytes[..cut as usize]).unwrap();
        let again = Store::open(at(&copy.database())).await.unwrap();
        assert_eq!(dump(&again).await, before, "log cut at {cut} of {n_after}");
    }
}

#[tokio::test]
async fn a_closed_store_is_opened_again_and_refuses_what_comes_late() {
    let directory = Directory::new("close");
    let store = Store::open(at(&directory.database())).await.unwrap();
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    let before = dump(&store).await;
    store.close().await.unwrap();
    let late = store.commit(&[Step::start("b", 2).write()]).await.unwrap_err();
    assert!(matches!(late, crate::CommitError::Unavailable { .. }), "{late}");
    let late = store.run(NAMESPACE, RunId(1)).await.unwrap_err();
    assert!(matches!(late, crate::StoreError::Unavailable { .. }), "{late}");
    let again = Store::open(at(&directory.database())).await.unwrap();
    assert_eq!(dump(&again).await, before);
}

#[tokio::test]
async fn two_hosts_do_not_share_a_database() {
    let directory = Directory::new("locked");
    let store = Store::open(at(&directory.database())).await.unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::LockedByAnotherHost { .. }), "{error}");
    let text = error.to_string().replace(&directory.0.display().to_string(), "/data");
    expect!["database `/data/refrain.db` is in use by another host (`/data/refrain.db.lock` is locked): stop it, or choose another path"].assert_eq(&text);
    drop(store);
    Store::open(at(&directory.database())).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let directory = Directory::new("newer");
    let store = Store::open(at(&directory.database())).await.unwrap();
    {
        let mut writer = store.writer.lock().await;
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (99, 'future', TRUE, x'00', 0)",
        )
        .execute(writer.connection().await.unwrap())
        .await
        .unwrap();
    }
    store.close().await.unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::NewerSchema { found: 99, .. }), "{error}");
    let text = error.to_string().replace(&directory.0.display().to_string(), "/data");
    expect!["database `/data/refrain.db` has schema 99, and this host knows schemas up to 19: run the newer host"].assert_eq(&text);
}

#[tokio::test]
async fn a_file_of_another_kind_is_left_alone() {
    let directory = Directory::new("text");
    let text = "Dear diary, ".repeat(1000);
    std::fs::write(directory.database(), &text).unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(directory.database()).unwrap(), text);
    assert_eq!(names_in(&directory), ["refrain.db"]);
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    use sqlx::Connection;
    let directory = Directory::new("foreign");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(directory.database())
        .create_if_missing(true);
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("CREATE TABLE diary (day TEXT)").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let before = std::fs::read(directory.database()).unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::NotOurs { found: 0, .. }), "{error}");
    assert_eq!(std::fs::read(directory.database()).unwrap(), before);
    assert_eq!(names_in(&directory), ["refrain.db"]);
    // A lock file that was there before stays.
    std::fs::write(directory.0.join("refrain.db.lock"), "").unwrap();
    error_of(&directory.database()).await;
    assert_eq!(names_in(&directory), ["refrain.db", "refrain.db.lock"]);
}

#[tokio::test]
async fn a_damaged_database_is_said_to_be_damaged() {
    let directory = Directory::new("damaged");
    let store = Store::open(at(&directory.database())).await.unwrap();
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    store.close().await.unwrap();
    let mut bytes = std::fs::read(directory.database()).unwrap();
    // The page of the schema, behind the header.
    bytes[100..4096].fill(0xff);
    std::fs::write(directory.database(), bytes).unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let directory = Directory::new("missing");
    let error = error_of(&directory.0.join("nowhere/refrain.db")).await;
    let text = error.to_string().replace(&directory.0.display().to_string(), "/data");
    expect!["directory `/data/nowhere` of the database does not exist: create it, or choose another path"].assert_eq(&text);
}

#[tokio::test]
async fn a_database_that_can_not_be_written_is_refused_at_once() {
    let directory = Directory::new("directory");
    // Stands for missing rights, which a test that runs as root does not lack.
    std::fs::create_dir(directory.database()).unwrap();
    let error = error_of(&directory.database()).await;
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_temporary_database_goes_with_its_store() {
    let store = temporary().await;
    let directory = store.path().parent().unwrap().to_owned();
    store.commit(&[Step::start("a", 1).write()]).await.unwrap();
    assert!(directory.exists());
    let other = temporary().await;
    assert_ne!(other.path(), store.path());
    drop(store);
    assert!(!directory.exists());
}

/// The list in `open.rs` is written by hand; the folder is the truth.
#[test]
fn every_migration_is_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let listed: Vec<_> = crate::open::MIGRATIONS.iter().map(|it| it.1.to_owned()).collect();
    assert_eq!(files, listed);
    assert!(crate::open::MIGRATIONS.is_sorted_by_key(|it| it.0));
    for (version, name, _) in crate::open::MIGRATIONS {
        assert!(name.starts_with(&format!("{version:04}_")), "{name}");
    }
}
