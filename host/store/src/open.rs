//! Opening and closing a database: the lock, the checks that keep a host off files it must not
//! touch, the settings, the schema.

use crate::error::{Class, OpenError, StoreError, class_of};
use crate::sql::Statement;
use crate::temporary::Temporary;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, SqlSafeStr, Sqlite, SqliteConnection};
use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// Marks a database as ours: `RFRN`.
const APPLICATION_ID: i64 = 0x5246_524e;
/// How long a statement waits for a lock that some other program (a backup) holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Prepared statements kept by each connection.
const STATEMENTS_KEPT: usize = 256;
/// Memory for pages of the database, in KB: a start or a close touches a page at a random place in
/// the index of workflow ids, and reading it back in would cost more than changing it.
const WRITER_CACHE_KB: i64 = 64 << 10;
/// Pages of the write-ahead log after which a commit moves them into the database: 16 MB.
const CHECKPOINT_PAGES: i64 = 4096;

macro_rules! migrations {
    ($($version:literal $name:literal)*) => {
        /// Every migration: version, name, text.
        pub(crate) const MIGRATIONS: &[(i64, &str, &str)] = &[$((
            $version,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
        )),*];
    };
}

migrations! {
    1 "0001_namespaces"
    2 "0002_components"
    3 "0003_deployments"
    4 "0004_runs"
    5 "0005_run_attributes"
    6 "0006_history"
    7 "0007_timers"
    8 "0008_activity_tasks"
    9 "0009_published_state"
    10 "0010_messages"
    11 "0011_schedules"
    12 "0012_blobs"
    13 "0013_search_attributes"
    14 "0014_task_queues"
    15 "0015_batches"
    16 "0016_standalone_activities"
    17 "0017_run_resets"
    18 "0018_pending_children"
    19 "0019_attached_requests"
}

/// The newest schema that this host knows.
const SCHEMA: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Where the database is, and how many may read it at once.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The database file; made if it is not there, its directory is not.
    /// `None`: a temporary one, which goes with the [`Store`].
    pub path: Option<PathBuf>,
    /// Connections that read, at least 1.
    pub readers: u32,
}

/// An open database. Nobody else has it open as a host while this lives.
#[derive(Debug)]
pub struct Store {
    pub(crate) writer: Mutex<Writer>,
    pub(crate) readers: SqlitePool,
    path: PathBuf,
    /// Dropped last: it deletes the files.
    _temporary: Option<Temporary>,
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// `None`: the store is closed.
    connection: Option<SqliteConnection>,
    /// The caller that began a transaction went away in the middle of it.
    pub(crate) in_transaction: bool,
    _lock: Option<File>,
}

impl Writer {
    /// The connection, in no transaction.
    pub(crate) async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.in_transaction {
            self.roll_back().await;
        }
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// The connection, for a caller that sends `BEGIN` and `COMMIT` itself, and says so when it
    /// has committed.
    pub(crate) async fn begin(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.in_transaction {
            self.roll_back().await;
        }
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        self.in_transaction = true;
        Ok(connection)
    }

    /// After an error. SQLite may have rolled back by itself; then this is refused, and right so.
    pub(crate) async fn roll_back(&mut self) {
        if let Some(connection) = &mut self.connection
            && let Err(error) = sqlx::query("ROLLBACK").execute(connection).await
        {
            tracing::debug!(%error, "rollback refused");
        }
        self.in_transaction = false;
    }
}

impl Store {
    /// Opens a database, makes it if need be, and brings its schema up to date.
    ///
    /// Errors say what was found, what was expected and what to do; none of them leaves a mark in
    /// a file that is not ours.
    pub async fn open(config: StoreConfig) -> Result<Store, OpenError> {
        let temporary = match &config.path {
            Some(_) => None,
            None => Some(Temporary::create(&std::env::temp_dir())?),
        };
        let path = match (&config.path, &temporary) {
            (Some(path), _) => path.clone(),
            (None, Some(temporary)) => temporary.database(),
            (None, None) => PathBuf::new(),
        };
        check_directory(&path)?;
        let lock = lock(&path)?;
        check_writable(&path)?;

        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(STATEMENTS_KEPT)
            // What is deleted with its host need not outlive a power cut.
            .synchronous(match temporary {
                Some(_) => SqliteSynchronous::Off,
                None => SqliteSynchronous::Full,
            })
            .foreign_keys(true);
        let failed = |error| open_error(&path, error);
        let (mut connection, is_marked) = match connect(&path, &options).await {
            Ok(connected) => connected,
            Err(error) => {
                if matches!(error, OpenError::NotADatabase { .. } | OpenError::NotOurs { .. }) {
                    lock.take_back();
                }
                return Err(error);
            }
        };
        // To write it again would be a commit, before anybody is served.
        let mark = (!is_marked).then(|| format!("PRAGMA application_id = {APPLICATION_ID}"));
        let settings = [
            "PRAGMA journal_mode = WAL".to_owned(),
            format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"),
            // Less than 0: KB, not pages.
            format!("PRAGMA cache_size = -{WRITER_CACHE_KB}"),
        ];
        for setting in mark.into_iter().chain(settings) {
            // Safe: made of our own constants.
            sqlx::query(sqlx::AssertSqlSafe(setting))
                .execute(&mut connection)
                .await
                .map_err(failed)?;
        }
        migrator().run(&mut connection).await.map_err(|error| migration_error(&path, error))?;

        let readers = SqlitePoolOptions::new()
            .max_connections(config.readers.max(1))
            .idle_timeout(None)
            .max_lifetime(None)
            // Asking the file each time whether it is still there costs as much as the query.
            .test_before_acquire(false)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await
            .map_err(failed)?;
        Ok(Store {
            writer: Mutex::new(Writer {
                connection: Some(connection),
                in_transaction: false,
                _lock: Some(lock.file),
            }),
            readers,
            path,
            _temporary: temporary,
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One statement in a transaction of its own. Returns how many rows it has changed.
    pub(crate) async fn change(
        &self,
        statement: Statement,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Result<u64, StoreError> {
        let mut writer = self.writer.lock().await;
        let connection = writer.connection().await.map_err(StoreError::of(statement))?;
        let done = query.execute(connection).await.map_err(StoreError::of(statement))?;
        Ok(done.rows_affected())
    }

    /// Waits for what is under way, moves the write-ahead log into the database and lets go of
    /// the lock. Whatever is asked for later is refused as unavailable.
    ///
    /// A store that is dropped instead loses nothing: the next one to open it reads the log.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        let mut writer = self.writer.lock().await;
        if writer.in_transaction {
            writer.roll_back().await;
        }
        let closed = match writer.connection.take() {
            Some(connection) => connection.close().await,
            None => Ok(()),
        };
        writer._lock = None;
        closed.map_err(StoreError::of_name("close"))
    }
}

fn check_directory(path: &Path) -> Result<(), OpenError> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    if directory.is_dir() {
        Ok(())
    } else {
        Err(OpenError::DirectoryMissing { directory: directory.to_owned() })
    }
}

/// What keeps other hosts off.
struct Lock {
    file: File,
    path: PathBuf,
    /// It was not there before.
    is_new: bool,
}

impl Lock {
    /// Beside a file that is not ours, nothing of ours stays.
    fn take_back(self) {
        if self.is_new
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(lock = %self.path.display(), %error, "lock file stays");
        }
    }
}

pub(crate) fn lock_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Two hosts on one database would each believe to own every run.
fn lock(database: &Path) -> Result<Lock, OpenError> {
    let path = lock_file(database);
    let not_writable = |source| OpenError::NotWritable { path: database.to_owned(), source };
    let (file, is_new) = match OpenOptions::new().create_new(true).write(true).open(&path) {
        Ok(file) => (file, true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut there = OpenOptions::new();
            let file = there.create(true).truncate(false).write(true).open(&path);
            (file.map_err(not_writable)?, false)
        }
        Err(error) => return Err(not_writable(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Lock { file, path, is_new }),
        Err(TryLockError::WouldBlock) => {
            Err(OpenError::LockedByAnotherHost { path: database.to_owned(), lock: path })
        }
        Err(TryLockError::Error(source)) => Err(not_writable(source)),
    }
}

/// A connection to a file that is ours, or new; and whether it is marked as ours.
async fn connect(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<(SqliteConnection, bool), OpenError> {
    let mut connection =
        SqliteConnection::connect_with(options).await.map_err(|error| open_error(path, error))?;
    let is_marked = check_owner(path, &mut connection).await?;
    check_schema(path, &mut connection).await?;
    Ok((connection, is_marked))
}

/// SQLite would open a file that it may only read, and fail at the first commit.
fn check_writable(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OpenError::NotWritable { path: path.to_owned(), source }),
    }
}

/// Is it marked as ours? One that is not is new, or refused.
async fn check_owner(path: &Path, connection: &mut SqliteConnection) -> Result<bool, OpenError> {
    let failed = |error| open_error(path, error);
    let found: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let n_tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    match found {
        APPLICATION_ID => Ok(true),
        0 if n_tables == 0 => Ok(false),
        _ => Err(OpenError::NotOurs { path: path.to_owned(), found, expected: APPLICATION_ID }),
    }
}

async fn check_schema(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |error| open_error(path, error);
    let known: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    if known == 0 {
        return Ok(());
    }
    let found: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if found > SCHEMA {
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, supported: SCHEMA });
    }
    Ok(())
}

fn migrator() -> Migrator {
    Migrator::with_migrations(
        MIGRATIONS
            .iter()
            .map(|&(version, name, text)| {
                Migration::new(
                    version,
                    Cow::Borrowed(name),
                    MigrationType::Simple,
                    text.into_sql_str(),
                    false,
                )
            })
            .collect(),
    )
}

fn open_error(path: &Path, source: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    match class_of(&source) {
        Class::NotADatabase => OpenError::NotADatabase { path },
        Class::Corrupt => OpenError::Corrupt { path, source },
        Class::Unavailable | Class::Refused | Class::Broken => {
            OpenError::Unavailable { path, source }
        }
    }
}

fn migration_error(path: &Path, error: MigrateError) -> OpenError {
    match error {
        MigrateError::Execute(source) => open_error(path, source),
        source => OpenError::Migration { path: path.to_owned(), supported: SCHEMA, source },
    }
}
