//! Temporal's own programs, which nobody here wrote: what the tests drive us with.

use crate::{npm, shell};
use anyhow::{Context, Result};
use refrain_e2e::paths;
use std::process::Command;

/// Temporal's own command line and Python SDK, pinned, in a place of their own.
pub(crate) fn python() -> Result<()> {
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
        Command::new(python.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .arg("--requirement")
            .arg(&requirements),
    )?;
    std::fs::write(stamp, wanted).context("the stamp can't be written")
}

/// Temporal's TypeScript SDK, pinned. Both the tests and the benchmarks use its worker.
pub(crate) fn typescript() -> Result<()> {
    npm::install(&paths::root().join("tests/clients/typescript"))
}

/// A browser, pinned, to look at Temporal's web page with.
pub(crate) fn web() -> Result<()> {
    npm::install(&paths::root().join("tests/clients/web"))
}

/// Our program for Temporal's Rust client. Apart from the workspace, see its `Cargo.toml`.
pub(crate) fn rust() -> Result<()> {
    shell::run(
        Command::new("cargo")
            .args(["build", "--quiet", "--locked", "--target-dir"])
            .arg(paths::rust_client_directory())
            .current_dir(paths::root().join("tests/clients/rust")),
    )
}
