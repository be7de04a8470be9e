//! In the place of Temporal's dev server, inside other people's test suites.

use crate::common::{directory, python, typescript};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{binary, output};
use refrain_e2e::{Host, paths};
use std::collections::BTreeSet;
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

/// All that its help names, and what any command of Temporal's takes.
#[test]
fn each_flag_of_temporals_dev_server_is_taken() -> Result<()> {
    let help = |args: &[&str]| {
        output(Command::new(paths::client_program("temporal")?).args(args))?
            .or_fail("temporal", args)
    };
    let options = help(&["options"])?;
    let (of_all, _) = options.split_once("Connection options").context("two kinds of options")?;
    let theirs = flags(&(help(&["server", "start-dev", "--help"])? + of_all));
    assert!(theirs.contains("--ui-codec-endpoint") && theirs.contains("--color"), "{theirs:?}");
    let args = ["server", "start-dev", "--help"];
    let ours = flags(&binary(&args)?.or_fail("refrain", &args)?);
    assert_eq!(theirs.difference(&ours).collect::<Vec<_>>(), Vec::<&String>::new());

    let given = "--ui-codec-endpoint http://localhost:1 --ui-asset-path x --log-config --ui-disable-news-fetch \
                 --color never --env e --env-file f --time-format iso --command-timeout 1m --client-connect-timeout 1s \
                 --profile p --config-file f --disable-config-file --disable-config-env \
                 --no-json-shorthand-payloads -o text";
    let given: Vec<&str> = given.split_whitespace().collect();
    let host = Host::start(&directory("temporals-flags"), &given)?;
    let log = host.log()?;
    let without = "without effect yet: --ui-asset-path, --ui-codec-endpoint, --log-config, --env, --env-file, \
                   --profile, --config-file, --command-timeout";
    assert!(log.contains(without), "{log}");
    Ok(())
}

/// Long and short ones that a help names.
fn flags(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|it| it.starts_with(['-', '[']));
    let words = lines.flat_map(|line| line.split([' ', ',', '[', ']', '=', '<']));
    words.filter(|it| it.starts_with('-') && it.len() > 1).map(str::to_owned).collect()
}
