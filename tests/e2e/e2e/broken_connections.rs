//! What our command line does when its connection breaks in the middle of a call.

use crate::common::{BENCH, deploy_bench, directory};
use anyhow::Result;
use refrain_e2e::Host;
use refrain_e2e::host::{Said, cli_at, eventually};
use refrain_e2e::proxy::Proxy;

/// Runs a command through a proxy that breaks while the command waits, and does `then` once the
/// command is back.
fn broken(
    host: &Host,
    args: &'static [&'static str],
    then: impl FnOnce() -> Result<()>,
) -> Result<Said> {
    let proxy = Proxy::start(&host.address())?;
    let address = proxy.address().to_owned();
    let command = std::thread::spawn(move || cli_at(&address, args));
    eventually("the command waits for an answer", || Ok(proxy.waits().then_some(())))?;
    proxy.cut();
    let is_back = || Ok((proxy.n_connections() > 1 || command.is_finished()).then_some(()));
    eventually("the command is back", is_back)?;
    then()?;
    command.join().map_err(|_| anyhow::anyhow!("the command's thread panicked"))?
}

#[test]
fn waiting_goes_on_over_a_new_connection() -> Result<()> {
    let host = Host::start(&directory("broken-connections"), &[])?;
    deploy_bench(&host)?;
    host.cli(&["workflow", "start", "-w", "waits", "--type", "wait-signal", "-t", BENCH])?;
    let said = broken(&host, &["workflow", "result", "-w", "waits"], || {
        let signal = ["workflow", "signal", "-w", "waits", "--name", "go", "--input", "7"];
        host.cli(&signal).map(drop)
    })?;
    assert_eq!(said.or_fail("refrain", &[])?.trim(), "7");
    Ok(())
}
