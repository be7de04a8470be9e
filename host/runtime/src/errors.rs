//! What can go wrong, and what wasmtime's errors mean to a user.

use crate::engine::STACK_BYTES;
use crate::{limits, wasi};
use refrain_core::guest::{GuestError, GuestErrorKind};
use refrain_core::ids::Digest;
use std::fmt::Write;
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// The host's own trouble.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    #[error("wasm engine could not be built: {0}")]
    Engine(String),
    #[error("compile cache `{path}` can't be used: {cause}")]
    Cache { path: String, cause: std::io::Error },
}

/// A component that can't be used, in the words of its author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComponentError {
    #[error("component has {found} bytes, at most {limit} are allowed")]
    TooLarge { found: usize, limit: usize },
    #[error(
        "found {found}, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)"
    )]
    NotWasm { found: String },
    #[error(
        "found a core module, expected a component: wrap it with `wasm-tools component new`, or build it with one of the SDKs"
    )]
    CoreModule,
    #[error("component can't be parsed: {0}")]
    Malformed(String),
    #[error("component ends too early, after {found} bytes: the file is not whole")]
    Truncated { found: usize },
    #[error("import `{import}` is unknown: {expected}")]
    UnknownImport { import: String, expected: String },
    #[error("import `{import}` does not fit: {reason}")]
    ImportMismatch { import: String, reason: String },
    #[error("component exports {found}, expected {expected}")]
    WrongWorld { found: String, expected: String },
    #[error("export `{export}` does not fit: {reason}")]
    ExportMismatch { export: String, reason: String },
    #[error("component has {found} {what}, at most {limit} are allowed")]
    TooManyParts { found: usize, what: String, limit: usize },
    #[error("component can't be compiled: {0}")]
    Compile(String),
    #[error(
        "component takes more than {seconds} s of computing to compile: one of its functions is very large, or has loops and \
         blocks nested very deep, as generated code may; split it, or raise `--compile-time`"
    )]
    CompilesTooLong { seconds: u64 },
    #[error(
        "component takes more than {bytes} bytes of memory to compile: one of its functions is very large, or has very many \
         variables, as generated code may; split it, or raise `--compile-memory`"
    )]
    CompilesTooLarge { bytes: usize },
    #[error("component has types or parts that are nested too deep to be read: make them flatter")]
    NestedTooDeep,
    #[error("component can't be instantiated: {0}")]
    Instantiate(String),
    /// The host's own trouble: the component may be sound.
    #[error("{0}")]
    NoRoom(String),
    #[error("export `definition` failed: {0}")]
    Definition(String),
    #[error("component {digest} is a {found} component, expected a {expected} component")]
    WrongKind { digest: Digest, found: &'static str, expected: &'static str },
    #[error("bytes of component {wanted} have the digest {found}")]
    WrongDigest { wanted: Digest, found: Digest },
    #[error("component {digest} can't be read: {reason}")]
    Unreadable { digest: Digest, reason: String },
}

/// Ends a guest on purpose: a limit was passed, or the interface was broken.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Stop {
    pub(crate) kind: GuestErrorKind,
    pub(crate) message: String,
}

impl Stop {
    pub(crate) fn new(kind: GuestErrorKind, message: impl Into<String>) -> Stop {
        Stop { kind, message: message.into() }
    }

    pub(crate) fn broken(message: impl Into<String>) -> Stop {
        Stop::new(GuestErrorKind::BrokenInterface, message)
    }
}

/// Where a guest was when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Instantiating,
    Running,
}

/// `said` is the last line that the guest logged as an error: what a panic handler prints. It is all there is to
/// tell of a program that ended itself; that it did so by the instruction `unreachable` is of no use to its author.
pub(crate) fn guest_error(error: &wasmtime::Error, stage: Stage, said: Option<&str>) -> GuestError {
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    let (kind, message) = classify(error, stage);
    let ended_itself = matches!(error.downcast_ref(), Some(Trap::UnreachableCodeReached));
    let message = match said {
        Some(said) if ended_itself => said.to_owned(),
        Some(said) if kind == GuestErrorKind::Trap => format!("{message}: {said}"),
        Some(_) | None => message,
    };
    GuestError { kind, message, backtrace }
}

fn classify(error: &wasmtime::Error, stage: Stage) -> (GuestErrorKind, String) {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return (stop.kind, stop.message.clone());
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        let message = format!(
            "guest called exit({code}): a workflow ends when its function returns, a result or a failure"
        );
        return (GuestErrorKind::Trap, message);
    }
    if let Some(message) = no_room(error) {
        return (GuestErrorKind::NoRoom, message);
    }
    let is_full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
    // wasmtime tells these two by their text only.
    let text = error.root_cause().to_string();
    if is_full || text.starts_with("cannot allocate another handle") {
        let message = format!(
            "guest has too many open handles, {} of WASI and {} in all are allowed: drop those that it needs no more",
            wasi::HANDLES_MAX,
            limits::HANDLES_MAX
        );
        return (GuestErrorKind::TooManyCommands, message);
    }
    if text.ends_with("fuel allocated for hostcalls has been exhausted") {
        let message = "guest handed over more in one call than it may have in memory: hand over less at a time";
        return (GuestErrorKind::OutOfMemory, message.to_owned());
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return (trap_kind(*trap), trap_text(*trap));
    }
    let kind = match stage {
        Stage::Instantiating => GuestErrorKind::Instantiate,
        Stage::Running => GuestErrorKind::BrokenInterface,
    };
    (kind, without_backtrace(error))
}

/// What to say if it is the pool that is used up, and not the guest that is at fault.
pub(crate) fn no_room(error: &wasmtime::Error) -> Option<String> {
    error.downcast_ref::<PoolConcurrencyLimitError>()?;
    let cause = error.root_cause();
    Some(format!(
        "no room for one more guest on this host, try again later or raise `--warm-runs`: {cause}"
    ))
}

fn trap_text(trap: Trap) -> String {
    match trap {
        Trap::StackOverflow => format!(
            "{trap}: a function calls itself without end, or too deeply for a stack of {STACK_BYTES} bytes: \
             go through the data in a loop instead, or do it in an activity"
        ),
        Trap::MemoryOutOfBounds => format!(
            "{trap}: the program reads or writes where it has no memory: a wrong pointer or index, or a function that calls \
             itself too deeply for the stack that its compiler gave it"
        ),
        _ => trap.to_string(),
    }
}

fn trap_kind(trap: Trap) -> GuestErrorKind {
    match trap {
        Trap::StackOverflow => GuestErrorKind::StackOverflow,
        Trap::Interrupt | Trap::OutOfFuel => GuestErrorKind::OutOfTime,
        Trap::AllocationTooLarge => GuestErrorKind::OutOfMemory,
        Trap::CannotEnterComponent | Trap::NoAsyncResult | Trap::CannotLeaveComponent => {
            GuestErrorKind::BrokenInterface
        }
        // Not our enum: wasmtime may add traps.
        _ => GuestErrorKind::Trap,
    }
}

/// A component that does not fit into the pool of instances. wasmtime tells it by its text only.
pub(crate) fn too_many_parts(error: &wasmtime::Error) -> Option<ComponentError> {
    let text = without_backtrace(error);
    let told = text.split_once("The component transitively contains ")?.1;
    let (found, rest) = told.split_once(' ')?;
    let (what, rest) = rest.split_once(", which exceeds the configured maximum of ")?;
    let limit = rest.split(' ').next()?.parse().ok()?;
    Some(ComponentError::TooManyParts { found: found.parse().ok()?, what: what.to_owned(), limit })
}

/// Of a component that is looked at.
pub(crate) fn not_instantiated(error: &wasmtime::Error) -> ComponentError {
    match no_room(error) {
        Some(message) => ComponentError::NoRoom(message),
        None => ComponentError::Instantiate(without_backtrace(error)),
    }
}

/// The chain of causes in one line.
pub(crate) fn without_backtrace(error: &wasmtime::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if cause.starts_with("error while executing at wasm backtrace") {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(cause.trim_end());
    }
    text
}

/// One line for each frame, innermost first: the function's name as its author wrote it. Empty if no function has one.
fn frames(backtrace: &WasmBacktrace) -> String {
    let mut text = String::new();
    // Wasmtime's own text has the demangled names; the addresses in it are of no use to anyone.
    let names = backtrace.to_string();
    let names: Vec<&str> = names
        .lines()
        .filter_map(|line| line.split_once(" - "))
        .map(|(_, name)| name.split_once('!').map_or(name, |(_, name)| name))
        .collect();
    let is_nameless =
        |name: &&str| name.starts_with("<wasm function ") || name.starts_with("[callback]");
    if names.iter().all(is_nameless) {
        return text;
    }
    for (at, name) in names.into_iter().enumerate() {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{at:>3}: {}", without_hashes(name));
    }
    text
}

/// Rust's names carry hashes of crates and of instances: `std[a543996e6e7dbf1e]::x`, `x::h0ba0223c762f6865`.
fn without_hashes(name: &str) -> String {
    let is_hash =
        |text: &str| (10..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let name = match name.rsplit_once("::h") {
        Some((name, hash)) if is_hash(hash) => name,
        Some(_) | None => name,
    };
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        rest = match after.split_once(']') {
            Some((hash, after)) if is_hash(hash) => after,
            Some(_) | None => {
                text.push('[');
                after
            }
        };
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions_are_told_as_they_were_written() {
        let told = |name| without_hashes(name);
        assert_eq!(
            told("core[4d105328dfd0a45]::panicking::panic_fmt"),
            "core::panicking::panic_fmt"
        );
        assert_eq!(told("a::{{closure}}::hbe55d837bf2efccb"), "a::{{closure}}");
        assert_eq!(told("[async-lift]run"), "[async-lift]run");
    }
}
