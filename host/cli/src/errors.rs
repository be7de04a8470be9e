//! What a command ends with when it does not work out: words for a person, a number for a script.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::process::ExitCode;
use tonic::Code;

/// The exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was tried and failed: not found, workflow failed, port in use.
    Failed = 1,
    /// The command line or the configuration is wrong; nothing was tried.
    Usage = 2,
    /// There is no server at that address.
    Unreachable = 3,
    /// It worked, and the answer is no: runs or histories do not fit a component.
    DoesNotFit = 4,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CliError {
    pub(crate) exit: Exit,
    /// What was found, and what was expected. Lines after the first are details.
    pub(crate) message: String,
    /// What the reader can do.
    pub(crate) hint: Option<String>,
    /// The reader went away: nothing is left to be said.
    pub(crate) silent: bool,
}

impl CliError {
    fn new(exit: Exit, message: impl Into<String>) -> CliError {
        CliError { exit, message: message.into(), hint: None, silent: false }
    }

    pub(crate) fn failed(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, message)
    }

    pub(crate) fn does_not_fit(message: impl Into<String>) -> CliError {
        CliError::new(Exit::DoesNotFit, message)
    }

    pub(crate) fn unreachable(message: impl Into<String>) -> CliError {
        CliError::new(Exit::Unreachable, message)
    }

    /// Whoever read our output has gone (`refrain workflow list | head`).
    pub(crate) fn reader_gone() -> CliError {
        CliError { silent: true, ..CliError::failed("") }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hint = Some(hint.into());
        self
    }

    /// An error of another crate with its causes.
    pub(crate) fn of(error: &dyn Error) -> CliError {
        CliError::failed(with_causes(error))
    }

    /// What a server answered.
    pub(crate) fn of_status(address: &str, status: &tonic::Status) -> CliError {
        if crate::client::is_broken(status) {
            let why = crate::client::innermost(status);
            return CliError::unreachable(format!("the connection to {address} broke: {why}"));
        }
        let said = match status.message() {
            "" => format!("the server at {address} answered `{}`", name_of(status.code())),
            message => message.to_owned(),
        };
        match status.code() {
            Code::DeadlineExceeded => CliError::failed(format!("no answer in time: {said}"))
                .hint("try again, or look at the server's log"),
            Code::NotFound if said.to_ascii_lowercase().starts_with("namespace") => {
                CliError::failed(said).hint("`refrain namespace list` shows those that are there")
            }
            Code::NotFound if said.starts_with("component `") => {
                CliError::failed(said).hint("`refrain component list` shows those that are there")
            }
            Code::Unimplemented => {
                CliError::failed(format!("the server at {address} does not have this call: {said}"))
                    .hint("is it a Refrain server, and as new as this program?")
            }
            _ => CliError::failed(said),
        }
    }

    pub(crate) fn report(&self) -> ExitCode {
        if self.silent {
            return ExitCode::SUCCESS;
        }
        crate::output::say(&self.text());
        ExitCode::from(self.exit as u8)
    }

    /// As it is said to people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut lines = self.message.lines();
        let _ = writeln!(text, "error: {}", crate::output::clean(lines.next().unwrap_or_default()));
        for line in lines {
            let _ = writeln!(text, "{}", crate::output::clean(line));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "hint: {hint}");
        }
        text
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for CliError {}

/// The whole chain in one line. A cause that its error repeats is said once.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// As Temporal's documentation writes it.
fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid argument",
        Code::DeadlineExceeded => "deadline exceeded",
        Code::NotFound => "not found",
        Code::AlreadyExists => "already exists",
        Code::PermissionDenied => "permission denied",
        Code::ResourceExhausted => "resource exhausted",
        Code::FailedPrecondition => "failed precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out of range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal error",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data loss",
        Code::Unauthenticated => "unauthenticated",
    }
}
