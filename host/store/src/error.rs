//! What can go wrong between us and the database, by who must act.

use refrain_wire::DecodeError;
use std::path::PathBuf;

/// A read or an administrative write that failed. A write that failed wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Disk full, locked, I/O. The same call may work later.
    #[error("the store can't do `{statement}` now")]
    Unavailable {
        statement: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// The file is damaged.
    #[error("the database is damaged, found by `{statement}`: restore a backup")]
    Corrupt {
        statement: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// A row that we wrote is not what we would write.
    #[error("`{statement}` read {what} that can't be decoded")]
    Undecodable {
        statement: &'static str,
        what: &'static str,
        #[source]
        source: DecodeError,
    },
    /// A row's column holds what no version of ours puts there.
    #[error("`{statement}` read {what} `{found}`, expected {expected}")]
    BadColumn { statement: &'static str, what: &'static str, found: String, expected: &'static str },
    /// A broken promise of ours: the statement itself was refused.
    #[error("`{statement}` was refused by the database")]
    Broken {
        statement: &'static str,
        #[source]
        source: sqlx::Error,
    },
}

/// Why a store can't be opened. The message says what was found and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "directory `{directory}` of the database does not exist: create it, or choose another path"
    )]
    DirectoryMissing { directory: PathBuf },
    #[error(
        "database `{path}` can't be written: give this user write access to the file and its directory"
    )]
    NotWritable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "database `{path}` is in use by another host (`{lock}` is locked): stop it, or choose another path"
    )]
    LockedByAnotherHost { path: PathBuf, lock: PathBuf },
    #[error(
        "database `{path}` has schema {found}, and this host knows schemas up to {supported}: run the newer host"
    )]
    NewerSchema { path: PathBuf, found: i64, supported: i64 },
    #[error("file `{path}` is not an SQLite database: choose another path")]
    NotADatabase { path: PathBuf },
    #[error(
        "database `{path}` belongs to another program (application id {found}, expected {expected}): choose another path"
    )]
    NotOurs { path: PathBuf, found: i64, expected: i64 },
    #[error("database `{path}` is damaged: restore a backup")]
    Corrupt {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("database `{path}` can't be brought to schema {supported}")]
    Migration {
        path: PathBuf,
        supported: i64,
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// Disk full, I/O. The same call may work later.
    #[error("database `{path}` can't be used now: check the disk's space and health")]
    Unavailable {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    #[error("no temporary database can be made in `{directory}`")]
    NoTemporary {
        directory: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Whose an error of the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The disk's or the neighbour's: later it may work.
    Unavailable,
    /// The file's.
    Corrupt,
    NotADatabase,
    /// A constraint refused the rows.
    Refused,
    /// Ours.
    Broken,
}

/// Primary result codes of SQLite, see <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const READONLY: i32 = 8;
    pub(super) const INTERRUPT: i32 = 9;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const PROTOCOL: i32 = 15;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

pub(crate) fn class_of(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Database(database) => {
            let extended = database.code().and_then(|it| it.parse::<i32>().ok()).unwrap_or(0);
            match extended & 0xff {
                code::PERM
                | code::BUSY
                | code::LOCKED
                | code::NOMEM
                | code::READONLY
                | code::INTERRUPT
                | code::IOERR
                | code::FULL
                | code::CANTOPEN
                | code::PROTOCOL => Class::Unavailable,
                code::CORRUPT => Class::Corrupt,
                code::NOTADB => Class::NotADatabase,
                code::CONSTRAINT => Class::Refused,
                _ => Class::Broken,
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Class::Unavailable,
        _ => Class::Broken,
    }
}

impl StoreError {
    /// For `map_err`: says which statement it was.
    pub(crate) fn of(statement: crate::sql::Statement) -> impl FnOnce(sqlx::Error) -> StoreError {
        StoreError::of_name(statement.name)
    }

    pub(crate) fn of_name(statement: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| match class_of(&source) {
            Class::Unavailable => StoreError::Unavailable { statement, source },
            Class::Corrupt | Class::NotADatabase => StoreError::Corrupt { statement, source },
            Class::Refused | Class::Broken => StoreError::Broken { statement, source },
        }
    }
}
