//! All tests, from a fresh clone: guests and clients first, then everything that cargo knows.

use crate::{clients, shell};
use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Passed to `cargo test`, e.g. `-p refrain-core` or a part of a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    shell::cargo(&["xtask", "guests"])?;
    clients::python()?;
    clients::typescript()?;
    clients::web()?;
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
