//! Compiling, in a process of its own.
//!
//! How much time and memory a component takes can't be seen by looking at it: 8 KiB of loops within loops take
//! minutes. So it is compiled by a process that the system ends when it has used too much. What is uploaded
//! makes way for what runs, and there are few of these processes at a time: who runs workflows hardly notices.

use crate::component;
use crate::engine;
use crate::errors::ComponentError;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::str::FromStr;
use std::time::Duration;

/// The first argument of such a process.
const COMMAND: &str = "__compile";
/// Less than any thread has that looks at a component afterwards: what is nested too deep for it ends here.
const STACK_BYTES: usize = 1 << 20;
/// The last of what a process said that matters to a message. Bytes.
const SAID_BYTES_MAX: usize = 1000;

/// What the process ends with.
const REFUSED: u8 = 1;
/// It was compiled all the same, within the limits.
const NOT_WRITTEN: u8 = 3;
const OUT_OF_MEMORY: u8 = 4;

/// Who can't go on before a component is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitedFor {
    ByUpload,
    /// It was compiled when it was uploaded, and what came of that is not there anymore or was for another engine.
    ByRun,
}

impl WaitedFor {
    /// As `nice` has it. An upload has a third of the time of others who are busy: on a host that always is,
    /// it has to end all the same.
    fn niceness(self) -> i32 {
        match self {
            WaitedFor::ByUpload => 5,
            WaitedFor::ByRun => 0,
        }
    }
}

/// Compiles in processes, each within limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// A program that calls [`as_compiler`] first.
    pub program: PathBuf,
    /// Of all its threads together.
    pub cpu_time_max: Duration,
    pub memory_bytes_max: usize,
}

/// Why there is nothing compiled.
pub(crate) enum NotCompiled {
    Component(ComponentError),
    /// It was compiled, within the limits, and could not be written.
    NotWritten(io::Error),
}

/// There was no process, or somebody ended it: no fault of the component.
fn no_compiler(cause: impl fmt::Display) -> NotCompiled {
    let message = format!("no room to compile a component now, try again later: {cause}");
    NotCompiled::Component(ComponentError::NoRoom(message))
}

impl Compiler {
    /// Writes what it compiles to a file, all of it before this returns.
    pub(crate) fn compile(
        &self,
        bytes: &[u8],
        by: WaitedFor,
        file: &Path,
    ) -> Result<(), NotCompiled> {
        let mut command = Command::new(&self.program);
        apart(&mut command);
        let mut process = command
            .arg(COMMAND)
            .arg(file)
            .arg(self.cpu_seconds().to_string())
            .arg(self.memory_bytes_max.to_string())
            .arg(by.niceness().to_string())
            // What the allocator takes in advance would count.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(no_compiler)?;
        if let Some(mut input) = process.stdin.take() {
            // It says nothing before it has read all. If it ended before that, how it ended says more.
            let _ = input.write_all(bytes);
        }
        let ended = process.wait_with_output().map_err(no_compiler)?;
        let said = String::from_utf8_lossy(&ended.stderr);
        match ended.status.code() {
            Some(0) => Ok(()),
            Some(code) if code == i32::from(REFUSED) => {
                // It has survived the look at it, so this process does, and has words for what is wrong.
                component::read(bytes, usize::MAX).map_err(NotCompiled::Component)?;
                Err(NotCompiled::Component(ComponentError::Compile(said.trim().to_owned())))
            }
            Some(code) if code == i32::from(NOT_WRITTEN) => {
                Err(NotCompiled::NotWritten(io::Error::other(said.trim().to_owned())))
            }
            Some(code) if code == i32::from(OUT_OF_MEMORY) => {
                Err(NotCompiled::Component(self.too_large()))
            }
            None if is_ended_by_others(ended.status) => Err(no_compiler(ended.status)),
            Some(_) | None => Err(NotCompiled::Component(self.ended(ended.status, &said))),
        }
    }

    /// Of a process that did not end by itself.
    fn ended(&self, status: ExitStatus, said: &str) -> ComponentError {
        if is_out_of_time(status) {
            return ComponentError::CompilesTooLong { seconds: self.cpu_seconds() };
        }
        if said.contains("memory allocation of") {
            return self.too_large();
        }
        if said.contains("has overflowed its stack") {
            return ComponentError::NestedTooDeep;
        }
        let from = said.ceil_char_boundary(said.len().saturating_sub(SAID_BYTES_MAX));
        ComponentError::Compile(format!("the compiler broke ({status}): {}", said[from..].trim()))
    }

    fn too_large(&self) -> ComponentError {
        ComponentError::CompilesTooLarge { bytes: self.memory_bytes_max }
    }

    fn cpu_seconds(&self) -> u64 {
        self.cpu_time_max.as_secs().max(1)
    }
}

/// Who ends the host by its terminal does not end it: the host has to hear why it has nothing compiled.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn apart(_command: &mut Command) {}

/// Not by its own doing: who runs the host stops it, or the system has no memory left.
#[cfg(unix)]
fn is_ended_by_others(status: ExitStatus) -> bool {
    use rustix::process::Signal;
    use std::os::unix::process::ExitStatusExt;
    let signals = [Signal::HUP, Signal::INT, Signal::KILL, Signal::TERM];
    signals.iter().any(|it| status.signal() == Some(it.as_raw()))
}

#[cfg(not(unix))]
fn is_ended_by_others(_status: ExitStatus) -> bool {
    false
}

#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use rustix::process::Signal;
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn is_out_of_time(_status: ExitStatus) -> bool {
    false
}

/// If this program was started to compile: does that. A program whose path is that of a [`Compiler`]
/// has to call it before anything else.
pub fn as_compiler(args: &[OsString]) -> Option<ExitCode> {
    let [_, command, file, cpu_seconds, memory_bytes, niceness] = args else { return None };
    if command != COMMAND {
        return None;
    }
    if let (Some(cpu_seconds), Some(memory_bytes), Some(niceness)) =
        (number(cpu_seconds), number(memory_bytes), number(niceness))
    {
        limit_this_process(cpu_seconds, memory_bytes, niceness);
    }
    Some(match read_and_compile(file.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => {
            eprintln!("{why}");
            ExitCode::from(code)
        }
    })
}

fn number<N: FromStr>(text: &OsStr) -> Option<N> {
    text.to_str()?.parse().ok()
}

fn read_and_compile(file: &Path) -> Result<(), (u8, String)> {
    let with = |code| move |cause: io::Error| (code, cause.to_string());
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(with(OUT_OF_MEMORY))?;
    let compiled = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || {
            component::read(&bytes, usize::MAX).map_err(|refused| refused.to_string())?;
            let engine = engine::build_compiler().map_err(|cause| cause.to_string())?;
            in_this_process(&engine, &bytes).map_err(|refused| match refused {
                ComponentError::Compile(cause) => cause,
                refused => refused.to_string(),
            })
        })
        .map_err(with(OUT_OF_MEMORY))?
        .join()
        .unwrap_or_else(|_| Err("the compiler panicked: a bug of the host".to_owned()))
        .map_err(|why| (REFUSED, why))?;
    write(file, &compiled).map_err(with(NOT_WRITTEN))
}

pub(crate) fn in_this_process(
    engine: &wasmtime::Engine,
    bytes: &[u8],
) -> Result<Vec<u8>, ComponentError> {
    engine
        .precompile_component(bytes)
        .map_err(|cause| ComponentError::Compile(crate::errors::without_backtrace(&cause)))
}

pub(crate) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What the system does not know of, it does not limit.
#[cfg(unix)]
fn limit_this_process(cpu_seconds: u64, memory_bytes: u64, niceness: i32) {
    use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
    let limit = |resource, n| {
        let _ = setrlimit(resource, Rlimit { current: Some(n), ..getrlimit(resource) });
    };
    let _ = nice(niceness);
    limit(Resource::Cpu, cpu_seconds);
    limit(Resource::Data, memory_bytes);
    // Nobody wants to see what a bomb looked like in memory.
    limit(Resource::Core, 0);
}

#[cfg(not(unix))]
fn limit_this_process(_cpu_seconds: u64, _memory_bytes: u64, _niceness: i32) {}
