//! Measures a release build of the real binary. What is measured and how: `tests/bench`. `lists N` measures
//! the store alone: a page and a count of each kind over N runs, see `host/store/examples/list_bench.rs`.
//! `guests` measures the guests alone, see `host/runtime/examples/cost.rs`.

use crate::{clients, shell};
use anyhow::Result;
use refrain_e2e::paths;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Workloads (W1a, W1b, ...; all if none is named), and flags: `--quick`, `--runs N`,
    /// `--idle-runs N`, `--remote driver`, `--without typescript`, `--peers`. Or `lists N`: lists and counts
    /// over N runs (a million, if it is not said). Or `guests`: what the guests of each language cost.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if let [lists, rest @ ..] = &args.rest[..]
        && lists == "lists"
    {
        let n_runs = rest.first().map_or("1000000", String::as_str);
        let example = ["run", "--release", "--package", "refrain-store", "--example", "list_bench"];
        return shell::cargo(&[&example[..], &["--", n_runs]].concat());
    }
    if let [guests, rest @ ..] = &args.rest[..]
        && guests == "guests"
    {
        shell::cargo(&["xtask", "guests"])?;
        let example =
            ["run", "--release", "--package", "refrain-runtime", "--example", "cost", "--"];
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        return shell::cargo(&[&example[..], &rest].concat());
    }
    shell::cargo(&["build", "--release", "--package", "refrain", "--package", "refrain-bench"])?;
    shell::cargo(&["xtask", "guests"])?;
    clients::typescript()?;
    let driver = paths::target().join("release/refrain-bench");
    // Backtraces of errors that nobody sees are not what is to be measured.
    shell::run(Command::new(driver).args(&args.rest).env_remove("RUST_BACKTRACE"))
}
