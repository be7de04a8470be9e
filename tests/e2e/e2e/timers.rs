//! Timers: as many as there may be, all due at once.

use crate::common::{BENCH, directory};
use anyhow::Result;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};

/// As many as a run may have.
const N_TIMERS: usize = 2000;
const LENGTH_MS: &str = "3000";
const SLEEPERS: [&str; 3] = ["one", "two", "three"];

fn n_events(host: &Host, sleeper: &str, kind: &str) -> Result<usize> {
    Ok(host.event_types(sleeper)?.iter().filter(|it| *it == kind).count())
}

fn thousands_fire(language: &str) -> Result<()> {
    let n_timers = N_TIMERS.to_string();
    let mut host = Host::start(&directory(&format!("timers-{language}")), &[])?;
    order::deploy_guest(&host, &format!("{language}/bench"), BENCH)?;
    for sleeper in SLEEPERS {
        let start = ["workflow", "start", "--type", "timers", "--task-queue", BENCH];
        let input = ["--workflow-id", sleeper, "--input", &n_timers, "--input", LENGTH_MS];
        host.cli(&[&start[..], &input].concat())?;
    }
    for sleeper in SLEEPERS {
        eventually("all timers have started", || {
            Ok((n_events(&host, sleeper, "TIMER_STARTED")? == N_TIMERS).then_some(()))
        })?;
    }
    host.kill()?;
    host.start_again()?;
    for sleeper in SLEEPERS {
        assert_eq!(order::result(&host, sleeper)?, n_timers);
        assert_eq!(n_events(&host, sleeper, "TIMER_FIRED")?, N_TIMERS);
    }
    Ok(())
}

#[test]
fn thousands_of_timers_in_rust_that_are_due_at_once_fire_once_each_though_their_host_was_killed()
-> Result<()> {
    thousands_fire("rust")
}

#[test]
fn thousands_of_timers_in_typescript_that_are_due_at_once_fire_once_each_though_their_host_was_killed()
-> Result<()> {
    thousands_fire("typescript")
}
