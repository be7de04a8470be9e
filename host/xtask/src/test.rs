//! All tests, from a fresh clone: guests and clients first, then everything that cargo knows.

use crate::{clients, shell};
use anyhow::Result;
use refrain_e2e::paths;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed to `cargo test`, e.g. `-p refrain-core` or a part of a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let names_a_package = args.rest.iter().any(|it| it == "-p" || it == "--package");
    shell::cargo(&["xtask", "guests"])?;
    clients::python()?;
    clients::typescript()?;
    clients::web()?;
    clients::rust()?;
    // The end-to-end tests start the binary that a user would. Built with the tests, so that
    // what both stand on is built once.
    shell::cargo(&["build", "--workspace", "--bins", "--tests"])?;
    if !names_a_package {
        rust_sdk()?;
    }
    let mut test = vec!["test", "--no-fail-fast"];
    if !names_a_package {
        test.push("--workspace");
    }
    test.extend(args.rest.iter().map(String::as_str));
    shell::cargo(&test)
}

/// The examples in the documentation of the Rust SDK, and the tests of its attributes: on this machine,
/// with the dependencies that guests have.
fn rust_sdk() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["test", "--quiet", "--package", "refrain-sdk", "--package", "refrain-sdk-macros"])
        .current_dir(paths::root().join("guest-examples/rust"))
        .env("CARGO_TARGET_DIR", paths::target().join("guests/rust/host"));
    shell::run(&mut cargo)
}
