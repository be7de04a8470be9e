//! The same clients do the same things on Temporal's own server and here, with the same workflows,
//! and are told the same: every event, every answer. What differs is listed with the reason in
//! `tests/clients/python/mirror/known.toml`. Two guests are played here: one in Rust, and the file of Temporal's own worker.

use crate::common::{directory, python};
use crate::http_api::http_address;
use anyhow::Result;
use refrain_e2e::host::output_within;
use refrain_e2e::{Host, order, paths};
use std::time::Duration;

/// Many scenarios, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(240);
const QUEUE: &str = "mirror";
const ATTRIBUTES: [&str; 3] = ["Stage=Keyword", "Items=Int", "Labels=KeywordList"];

#[test]
fn temporals_own_server_and_this_one_tell_the_same() -> Result<()> {
    let mut flags = ATTRIBUTES.map(|it| ["--search-attribute", it]).concat();
    flags.extend(["--http-port", "0"]);
    let mut differences = python("differences")?;
    differences.arg("--refrain").arg(paths::binary()?);
    // In Python it is the very file that a worker of Temporal's SDK runs for Temporal's own server.
    let mut hosts = Vec::new();
    for language in ["rust", "python"] {
        let host = Host::start(&directory(&format!("differences-{language}")), &flags)?;
        order::deploy_guest(&host, &format!("{language}/mirror"), QUEUE)?;
        order::deploy_guest(&host, "rust/mirror-activities", QUEUE)?;
        differences.args(["--address", &format!("{language}={}", host.address())]);
        hosts.push(host);
    }
    differences.args(["--http", &http_address(&hosts[0])?]);
    let said = output_within(PATIENCE, &mut differences)?;
    assert_eq!(said.code, Some(0), "{}\n{}", said.stdout, said.stderr);
    Ok(())
}
