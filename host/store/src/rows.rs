//! Rows into the database and out of it.
//!
//! In: one statement takes all rows of its kind, as a JSON array of arrays (`$1`) and one string
//! of bytes (`$2`) that the arrays point into. So a batch of any size is the same statement with
//! two parameters, and bytes are copied, not printed in hex and parsed again.
//!
//! Statements read it with `jsonb_each`: `json_each` would make each row text again, and parse that.

use crate::error::StoreError;
use crate::sql::Statement;
use refrain_core::ids::{Digest, EventId, RunId};
use refrain_core::time::Timestamp;
use refrain_wire::DecodeError;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::fmt::Write;
use std::sync::Arc;

/// What [`Rows::finish`] makes of nothing.
pub(crate) const NO_ROWS: &str = "[]";

/// Rows on their way in.
#[derive(Debug)]
pub(crate) struct Rows {
    json: String,
    bytes: Vec<u8>,
    n_rows: u64,
}

impl Default for Rows {
    fn default() -> Rows {
        Rows { json: "[".to_owned(), bytes: Vec::new(), n_rows: 0 }
    }
}

impl Rows {
    /// Begins the next row. Its columns follow, in the order that the statement names them.
    pub(crate) fn row(&mut self) -> &mut Rows {
        self.json.push_str(if self.n_rows == 0 { "[" } else { "],[" });
        self.n_rows += 1;
        self
    }

    fn separate(&mut self) {
        if !self.json.ends_with('[') {
            self.json.push(',');
        }
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Rows {
        self.separate();
        // Writing to a string can't fail.
        let _ = write!(self.json, "{value}");
        self
    }

    pub(crate) fn null(&mut self) -> &mut Rows {
        self.separate();
        self.json.push_str("null");
        self
    }

    pub(crate) fn int_or_null(&mut self, value: Option<i64>) -> &mut Rows {
        match value {
            Some(value) => self.int(value),
            None => self.null(),
        }
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Rows {
        self.separate();
        self.json.push('"');
        for c in value.chars() {
            match c {
                '"' => self.json.push_str("\\\""),
                '\\' => self.json.push_str("\\\\"),
                c if (c as u32) < 0x20 => {
                    let _ = write!(self.json, "\\u{:04x}", c as u32);
                }
                c => self.json.push(c),
            }
        }
        self.json.push('"');
        self
    }

    pub(crate) fn text_or_null(&mut self, value: Option<&str>) -> &mut Rows {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// Bytes whose length the statement knows. One column: the place, counted from 1.
    pub(crate) fn fixed(&mut self, value: &[u8]) -> &mut Rows {
        let place = self.bytes.len() as i64 + 1;
        self.bytes.extend_from_slice(value);
        self.int(place)
    }

    pub(crate) fn run_or_null(&mut self, run: Option<RunId>) -> &mut Rows {
        match run {
            Some(run) => self.fixed(&run.to_bytes()),
            None => self.null(),
        }
    }

    /// Two columns: the place, counted from 1, and the length.
    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Rows {
        self.fixed(value).int(value.len() as i64)
    }

    pub(crate) fn bytes_or_null(&mut self, value: Option<&[u8]>) -> &mut Rows {
        match value {
            Some(value) => self.bytes(value),
            None => self.null().null(),
        }
    }

    /// `$1` and `$2`.
    pub(crate) fn finish(mut self) -> (String, Vec<u8>) {
        self.json.push_str(if self.n_rows == 0 { "]" } else { "]]" });
        (self.json, self.bytes)
    }
}

/// A row on its way out, column by column in the order of its statement.
pub(crate) struct Columns<'r> {
    row: &'r SqliteRow,
    statement: Statement,
    at: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(statement: Statement, row: &'r SqliteRow) -> Columns<'r> {
        Columns { row, statement, at: 0 }
    }

    fn next<T>(&mut self) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        let at = self.at;
        self.at += 1;
        self.row.try_get(at).map_err(StoreError::of(self.statement))
    }

    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        self.next()
    }

    pub(crate) fn int_or_null(&mut self) -> Result<Option<i64>, StoreError> {
        self.next()
    }

    pub(crate) fn count(&mut self, what: &'static str) -> Result<u64, StoreError> {
        let found = self.int()?;
        u64::try_from(found).map_err(|_| self.bad(what, found, "0 or more"))
    }

    pub(crate) fn small(&mut self, what: &'static str) -> Result<u32, StoreError> {
        let found = self.int()?;
        u32::try_from(found).map_err(|_| self.bad(what, found, "0 to 4294967295"))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.count("time").map(Timestamp)
    }

    pub(crate) fn time_or_null(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.int_or_null()?.map(|it| Timestamp(it.max(0) as u64)))
    }

    pub(crate) fn event(&mut self) -> Result<EventId, StoreError> {
        self.count("event id").map(EventId)
    }

    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.next()
    }

    pub(crate) fn text_or_null(&mut self) -> Result<Option<String>, StoreError> {
        self.next()
    }

    pub(crate) fn shared_text(&mut self) -> Result<Arc<str>, StoreError> {
        self.next::<&str>().map(Arc::from)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        self.next()
    }

    pub(crate) fn bytes_or_null(&mut self) -> Result<Option<&'r [u8]>, StoreError> {
        self.next()
    }

    pub(crate) fn uuid(&mut self) -> Result<[u8; 16], StoreError> {
        let found = self.bytes()?;
        self.uuid_of(found)
    }

    fn uuid_of(&self, found: &[u8]) -> Result<[u8; 16], StoreError> {
        found.try_into().map_err(|_| self.bad("id of bytes", found.len(), "16"))
    }

    pub(crate) fn run(&mut self) -> Result<RunId, StoreError> {
        self.uuid().map(RunId::from_bytes)
    }

    pub(crate) fn run_or_null(&mut self) -> Result<Option<RunId>, StoreError> {
        let found = self.bytes_or_null()?;
        found.map(|it| self.uuid_of(it).map(RunId::from_bytes)).transpose()
    }

    pub(crate) fn digest(&mut self) -> Result<Digest, StoreError> {
        let found = self.bytes()?;
        found.try_into().map(Digest).map_err(|_| self.bad("digest of bytes", found.len(), "32"))
    }

    /// Any number of them, one after the other.
    pub(crate) fn digests_or_null(&mut self) -> Result<Vec<Digest>, StoreError> {
        let (digests, rest) = self.bytes_or_null()?.unwrap_or_default().as_chunks();
        match rest.len() {
            0 => Ok(digests.iter().copied().map(Digest).collect()),
            found => Err(self.bad("bytes after digests", found, "none")),
        }
    }

    pub(crate) fn bad(
        &self,
        what: &'static str,
        found: impl ToString,
        expected: &'static str,
    ) -> StoreError {
        StoreError::BadColumn {
            statement: self.statement.name,
            what,
            found: found.to_string(),
            expected,
        }
    }

    pub(crate) fn undecodable(
        &self,
        what: &'static str,
    ) -> impl FnOnce(DecodeError) -> StoreError + use<> {
        let statement = self.statement.name;
        move |source| StoreError::Undecodable { statement, what, source }
    }
}

/// A time as a column holds it. [`Timestamp::NEVER`] is the greatest.
pub(crate) fn ms(time: Timestamp) -> i64 {
    time.min(Timestamp::NEVER).0 as i64
}

/// An event id as a column holds it.
pub(crate) fn id(event: EventId) -> i64 {
    event.0 as i64
}

/// The least text that is greater than every text with this prefix.
pub(crate) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
