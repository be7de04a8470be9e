//! In the place of Temporal's dev server, inside other people's test suites.

use crate::common::{python, typescript};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::output;
use refrain_e2e::paths;
use std::process::Command;

/// What the program itself printed, after what the server it started has.
fn said_by(command: &mut Command) -> Result<String> {
    let command = command.arg(paths::binary()?).arg(paths::guest("rust/bench")?);
    let said = output(command)?;
    assert!(!said.stderr.contains("warning: without effect"), "{}", said.stderr);
    let said = said.or_fail("the test suite", &[])?;
    let (_, of_program) = said.split_once("ready; Ctrl-C stops it\n").unwrap_or(("", &said));
    Ok(of_program.replace("stopped\n", ""))
}

#[test]
fn the_local_environment_of_temporals_python_sdk_starts_this_server() -> Result<()> {
    expect![[r#"
        worked in shop
        listed: ['tested']
        skips time: False
        worked in default
    "#]]
    .assert_eq(&said_by(&mut python("local_environment")?)?);
    Ok(())
}

#[test]
fn the_local_environment_of_temporals_typescript_sdk_starts_this_server() -> Result<()> {
    expect![[r#"
        worked
        described: COMPLETED
    "#]]
    .assert_eq(&said_by(&mut typescript("local_environment")?)?);
    Ok(())
}
