//! How what is uploaded is compiled: by this program, in a process of its own for each.

use crate::config::within;
use crate::errors::CliError;
use crate::units::{Bytes, Span};
use refrain_core::limits::{COMPILE_BYTES, COMPILE_TIME};
use refrain_runtime::Compiler;
use std::path::PathBuf;
use std::time::Duration;

const SECONDS_MIN: u64 = 1;
const SECONDS_MAX: u64 = 3600;
const MEMORY_MIN: u64 = 64 << 20;
const MEMORY_MAX: u64 = 64 << 30;

/// Within these limits, or those that hold where none are given.
pub(crate) fn of(time: Option<Span>, memory: Option<Bytes>) -> Result<Compiler, CliError> {
    let time = time.map_or(COMPILE_TIME.0 / 1000, |Span(time)| time.as_secs());
    let seconds = within("compile-time (in s)", time, SECONDS_MIN, SECONDS_MAX)?;
    let memory = memory.map_or(COMPILE_BYTES as u64, |Bytes(memory)| memory);
    let memory = within("compile-memory", memory, MEMORY_MIN, MEMORY_MAX)?;
    // It stays what it is also when another version takes its place on disk.
    let itself = PathBuf::from("/proc/self/exe");
    let program = match itself.exists() {
        true => itself,
        false => std::env::current_exe().map_err(|error| {
            CliError::failed(format!("can't tell where this program is: {error}"))
        })?,
    };
    Ok(Compiler {
        program,
        cpu_time_max: Duration::from_secs(seconds),
        memory_bytes_max: usize::try_from(memory).unwrap_or(usize::MAX),
    })
}
