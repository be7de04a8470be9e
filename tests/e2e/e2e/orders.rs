//! The main job: an order outlives its host.

use anyhow::Result;
use refrain_e2e::{Host, order, paths};

fn directory(name: &str) -> std::path::PathBuf {
    let directory = paths::target().join("e2e").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

fn order_survives_its_host(language: &str) -> Result<()> {
    let mut host = Host::start(&directory(&format!("order-{language}")), &[])?;
    order::deploy(&host, language)?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    let before = host.history("order-1001")?;

    host.kill()?;
    host.start_again()?;
    assert_eq!(host.history("order-1001")?, before, "what was committed is there, unchanged");

    order::confirm(&host, "order-1001")?;
    let result: serde_json::Value = serde_json::from_str(&order::result(&host, "order-1001")?)?;
    assert_eq!(result, serde_json::from_str::<serde_json::Value>(order::RESULT)?);

    let history = host.history("order-1001")?;
    assert_eq!(history[..before.len()], before, "history is only ever added to");
    for done in ["charging 4200 for order 1001", "reserving 2 x kettle for order 1001"] {
        let n_times = host.log()?.matches(done).count();
        assert_eq!(n_times, 1, "`{done}` ran once, before the kill, and not again after it");
    }
    Ok(())
}

#[test]
fn an_order_in_rust_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("rust")
}

#[test]
fn an_order_in_typescript_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("typescript")
}
