//! The import page of Temporal's own web UI shows histories of ours, and has nothing to complain of.

use crate::common::{BROWSER_PATIENCE, browse, directory};
use crate::dev_server::DevServer;
use crate::golden::event_types;
use anyhow::{Context, Result};
use refrain_e2e::host::{eventually, free_port, output_within};
use refrain_e2e::paths;
use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::PathBuf;

/// Of the golden histories, as few as have every type of event between them.
fn histories() -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for file in paths::golden_histories()? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains("-rust-") {
            let kinds = event_types(&file)?;
            all.push((file, kinds));
        }
    }
    let (mut chosen, mut seen) = (Vec::new(), BTreeSet::new());
    loop {
        let n_new = |kinds: &BTreeSet<String>| kinds.difference(&seen).count();
        let best = all.iter().max_by_key(|(_, kinds)| n_new(kinds)).context("no histories")?;
        if n_new(&best.1) == 0 {
            return Ok(chosen);
        }
        chosen.push(best.0.clone());
        seen.extend(best.1.iter().cloned());
    }
}

#[test]
fn temporals_import_page_shows_every_type_of_event() -> Result<()> {
    let place = directory("web-page");
    let port = free_port()?;
    let flags = ["--headless=false", "--ui-port", &port.to_string()];
    let _server = DevServer::start(&place, &flags)?;
    eventually("the page is there", || Ok(TcpStream::connect(("127.0.0.1", port)).ok()))?;
    let mut look = browse("import", &place)?;
    look.arg(format!("http://127.0.0.1:{port}")).args(histories()?);
    let said = output_within(BROWSER_PATIENCE, &mut look)?;
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    Ok(())
}
