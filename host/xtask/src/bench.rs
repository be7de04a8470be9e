//! Placeholder while the driver is written.

use anyhow::{Result, bail};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Workloads to run; all if none is named.
    workloads: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    bail!("no workload is ready: {:?}", args.workloads)
}
