//! Running `refrain`.

use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub type Result<T> = std::result::Result<T, Error>;

/// What could not be done, and why, in words for whoever reads the test's output.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub(crate) fn new(text: impl Into<String>) -> Error {
        Error(text.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A test that returns an error prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// `refrain` with these arguments, which are not yet all.
pub(crate) fn refrain(args: &[&str]) -> Command {
    let program = std::env::var_os("REFRAIN_BIN").map_or_else(|| "refrain".into(), PathBuf::from);
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

pub(crate) fn cant_start(error: std::io::Error) -> Error {
    Error::new(format!(
        "`refrain` can't be started: {error}\nhint: put it on your PATH, or its path into REFRAIN_BIN"
    ))
}

/// Runs it to its end, whatever comes of it.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    command.output().map_err(cant_start)
}

/// Runs it with `--output json`; it must succeed.
pub(crate) fn json(command: &mut Command) -> Result<Value> {
    let output = output(command.args(["--output", "json"]))?;
    if !output.status.success() {
        return Err(said(&output));
    }
    parsed(&output.stdout)
}

pub(crate) fn parsed(bytes: &[u8]) -> Result<Value> {
    let not_json = |error| Error::new(format!("`refrain` said no JSON: {error}"));
    match bytes.trim_ascii() {
        [] => Ok(Value::Null),
        text => serde_json::from_slice(text).map_err(not_json),
    }
}

pub(crate) fn said(output: &Output) -> Error {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    // A test that returns an error says `Error` before it.
    Error::new(text.strip_prefix("error: ").unwrap_or(&text))
}
