//! Running the tools of others.

use crate::BuildError;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a tool. All that it says goes to standard error: standard output is for what we say.
///
/// # Errors
///
/// If it can't be started, or does not end well.
pub(crate) fn run(command: &mut Command) -> Result<(), BuildError> {
    let tool = name(command);
    let status =
        command.stdout(io::stderr()).status().map_err(BuildError::files(cant_start(&tool)))?;
    match status.success() {
        true => Ok(()),
        false => Err(BuildError::ToolFailed { tool, status: status.to_string() }),
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

/// Of a script or module that another program runs, its own.
fn name(command: &Command) -> String {
    let stem = |it: &OsStr| Path::new(it).file_stem().unwrap_or(it).to_string_lossy().into_owned();
    let program = stem(command.get_program());
    let is_runner = program == "node" || program.starts_with("python");
    let mut args = command.get_args().filter(|_| is_runner);
    match args.next() {
        Some(flag) if flag == "-m" => {
            args.next().map_or(program, |it| it.to_string_lossy().into_owned())
        }
        Some(script) => stem(script),
        None => program,
    }
}

fn cant_start(tool: &str) -> String {
    format!("`{tool}` can't be started")
}
