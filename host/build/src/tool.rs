//! Running the tools of others.

use crate::BuildError;
use std::io;
use std::process::{Command, Stdio};

/// Runs a tool, by whatever program. All that it says goes to standard error: standard output is for what we say.
///
/// # Errors
///
/// If it can't be started, or does not end well.
pub(crate) fn run(tool: &str, command: &mut Command) -> Result<(), BuildError> {
    let status =
        command.stdout(io::stderr()).status().map_err(BuildError::files(cant_start(tool)))?;
    match status.success() {
        true => Ok(()),
        false => Err(BuildError::ToolFailed { tool: tool.to_owned(), status: status.to_string() }),
    }
}

/// The same, and gives what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, BuildError> {
    let tool = name(command);
    let output =
        command.stderr(Stdio::inherit()).output().map_err(BuildError::files(cant_start(&tool)))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(BuildError::ToolFailed { tool, status: output.status.to_string() }),
    }
}

/// The answer of a tool, or none when it is missing or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn name(command: &Command) -> String {
    let path = std::path::Path::new(command.get_program());
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn cant_start(tool: &str) -> String {
    format!("`{tool}` can't be started")
}
