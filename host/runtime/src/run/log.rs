//! What a guest logs.

use super::*;

impl Run {
    /// What was logged as errors in this turn: often why a guest trapped.
    pub(crate) fn said(&self) -> Option<&str> {
        Some(self.said.as_str()).filter(|said| !said.is_empty())
    }

    pub(crate) fn log(&mut self, level: types::LogLevel, line: &str) {
        let line = cut(line, LOG_LINE_BYTES_MAX);
        if level == types::LogLevel::Error {
            if self.tells_nothing(line) {
                return;
            }
            say(&mut self.said, line);
        }
        if let Some(watch) = self.watch.as_ref().filter(|_| self.phase == Phase::Turn) {
            (watch.seen)(Seen::Log { level: name_of(level), line });
        }
        if self.replaying && self.phase != Phase::Query {
            return;
        }
        if self.log_bytes > LOG_BYTES_PER_TURN_MAX {
            return;
        }
        self.log_bytes += line.len() + 64;
        if self.log_bytes > LOG_BYTES_PER_TURN_MAX {
            self.emit(types::LogLevel::Warn, "the rest of this turn's log was dropped: too long");
            return;
        }
        self.emit(level, line);
    }

    /// An engine in the guest panics with what the program threw, over several lines, and ends; the SDK has told it
    /// before, in the program's own terms.
    fn tells_nothing(&mut self, line: &str) -> bool {
        let is_of_engine = line.starts_with("thread '") && line.contains(PANIC_OF_JAVASCRIPT);
        self.engine_panics |= is_of_engine && !self.said.is_empty();
        self.engine_panics || is_of_toolchain(line)
    }

    fn emit(&self, level: types::LogLevel, line: &str) {
        let Some(start) = &self.start else { return };
        let (namespace, workflow_id, run_id) =
            (start.namespace.as_str(), start.started.workflow_id.as_str(), start.run);
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "refrain::guest", tracing::Level::$level,
                    namespace, workflow_id, %run_id, "{line}"
                )
            };
        }
        match level {
            types::LogLevel::Trace => emit!(TRACE),
            types::LogLevel::Debug => emit!(DEBUG),
            types::LogLevel::Info => emit!(INFO),
            types::LogLevel::Warn => emit!(WARN),
            types::LogLevel::Error => emit!(ERROR),
        }
    }
}

fn name_of(level: types::LogLevel) -> &'static str {
    match level {
        types::LogLevel::Trace => "trace",
        types::LogLevel::Debug => "debug",
        types::LogLevel::Info => "info",
        types::LogLevel::Warn => "warn",
        types::LogLevel::Error => "error",
    }
}

/// At most so many bytes, ending at a character.
fn cut(line: &str, bytes_max: usize) -> &str {
    &line[..line.floor_char_boundary(bytes_max)]
}

/// Where componentize-qjs hands on what a program in JavaScript threw.
const PANIC_OF_JAVASCRIPT: &str = " panicked at crates/runtime/src/";

/// What Rust's panics print beside their reason.
fn is_of_toolchain(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with("note: run with `RUST_BACKTRACE=1`")
}

/// Keeps the first lines that tell why, without what a toolchain adds to each of them.
pub(crate) fn say(said: &mut String, line: &str) {
    if is_of_toolchain(line) {
        return;
    }
    if said.len() < SAID_BYTES_MAX {
        if !said.is_empty() {
            said.push_str("; ");
        }
        said.push_str(cut(line.trim(), SAID_BYTES_MAX));
    }
}
