//! The load: drives a release build of the real binary over gRPC on loopback, with a durable
//! store on disk, and says what it measured. `cargo xtask bench` builds what it needs and starts it.

mod client;
mod figures;
mod remote;
mod report;
mod stage;
mod usage;
mod workloads;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use stage::Activities;

#[derive(Parser)]
#[command(about = "Measures a host over gRPC on loopback")]
pub(crate) struct Args {
    /// Workloads to run, e.g. W1b; all if none is named.
    workloads: Vec<String>,
    /// A short run: one round, a tenth of the load.
    #[arg(long)]
    quick: bool,
    /// Rounds of each workload; figures are medians of them.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Idle runs in the store of W9.
    #[arg(long, default_value_t = 100_000)]
    idle_runs: usize,
    /// Who runs the activities where bench.md asks for a remote worker.
    #[arg(long, value_enum, default_value_t = Remote::Typescript)]
    remote: Remote,
    /// Leave out the variants that match: a language of guests, or `remote`.
    #[arg(long)]
    without: Vec<String>,
    /// Threads of this program.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The same against others.
    #[arg(long)]
    peers: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Remote {
    /// Temporal's, as for Temporal itself.
    Typescript,
    /// A loop of polls in this program.
    Driver,
}

impl Remote {
    fn activities(self) -> Activities {
        match self {
            Remote::Typescript => Activities::TypeScript,
            Remote::Driver => Activities::Driver,
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if args.peers {
        bail!("--peers: not yet");
    }
    let mut threads = match args.threads {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = threads.worker_threads(args.threads.max(1)).enable_all().build()?;
    let rows = runtime.block_on(workloads::run(&args))?;
    report::write(&rows)
}
