//! Measures a release build of the real binary. What is measured and how: `tests/bench`.

use crate::shell;
use anyhow::{Context, Result};
use refrain_e2e::paths;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Workloads (W1a, W1b, ...; all if none is named), and flags: `--quick`, `--runs N`,
    /// `--idle-runs N`, `--remote driver`, `--without typescript`, `--peers`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    shell::cargo(&["build", "--release", "--package", "refrain", "--package", "refrain-bench"])?;
    shell::cargo(&["xtask", "guests"])?;
    typescript_worker()?;
    let driver = paths::target().join("release/refrain-bench");
    // Backtraces of errors that nobody sees are not what is to be measured.
    shell::run(Command::new(driver).args(&args.rest).env_remove("RUST_BACKTRACE"))
}

/// Temporal's own worker, pinned.
fn typescript_worker() -> Result<()> {
    let worker = paths::root().join("tests/bench/worker");
    if worker.join("node_modules/@temporalio/worker").exists() {
        return Ok(());
    }
    println!("installing Temporal's TypeScript worker into tests/bench/worker");
    shell::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(worker))
        .context("npm is needed")
}
