//! All tests, from a fresh clone: guests and clients first, then everything that cargo knows.

use crate::shell;
use anyhow::{Context, Result};
use refrain_e2e::paths;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed to `cargo test`, e.g. `-p refrain-core` or a part of a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    shell::cargo(&["xtask", "guests"])?;
    python_clients()?;
    // The end-to-end tests start the binary that a user would. Built with the tests, so that
    // what both stand on is built once.
    shell::cargo(&["build", "--workspace", "--bins", "--tests"])?;
    let mut test = vec!["test", "--no-fail-fast"];
    if !args.rest.iter().any(|it| it == "-p" || it == "--package") {
        test.push("--workspace");
    }
    test.extend(args.rest.iter().map(String::as_str));
    shell::cargo(&test)
}

/// Temporal's own command line and Python SDK, pinned, in a place of their own.
fn python_clients() -> Result<()> {
    let python = paths::python_directory();
    let requirements = paths::root().join("tests/clients/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements)?;
    let stamp = python.join("requirements.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|is| is == wanted) {
        return Ok(());
    }
    println!("installing Temporal's clients into target/test-tools/python");
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&python))
        .context("a Python with `venv` is needed (Debian: apt-get install python3-venv)")?;
    shell::run(
        Command::new(python.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    std::fs::write(stamp, wanted).context("the stamp can't be written")
}
