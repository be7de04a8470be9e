//! What a workload runs on: a host with its guests, a client, and a worker if activities are not
//! run by the host.

use crate::client::Client;
use crate::remote;
use crate::usage::{self, Reading};
use anyhow::{Context, Result, bail};
use refrain_e2e::{Host, paths};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

pub(crate) const QUEUE: &str = "bench";

/// Who runs the activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activities {
    /// The host, from a component.
    Host,
    /// Temporal's TypeScript worker.
    TypeScript,
    /// A loop of polls in this program.
    Driver,
    /// Nobody; or the workload itself.
    Nobody,
}

impl Activities {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Activities::Host => "host",
            Activities::TypeScript => "TypeScript worker",
            Activities::Driver => "worker in the driver",
            Activities::Nobody => "-",
        }
    }
}

pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) client: Client,
    pub(crate) directory: PathBuf,
    worker: Option<Worker>,
    /// For ids that were never used.
    n_ids: AtomicUsize,
}

enum Worker {
    Process(Child),
    /// In this program; they end when this is dropped.
    Polls {
        _lanes: JoinSet<()>,
    },
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Worker::Process(process) = self {
            // Only what was started here.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Stage {
    /// A new host on an empty database, with `guest` (a language) deployed.
    pub(crate) async fn open(guest: &str, activities: Activities, flags: &[&str]) -> Result<Stage> {
        let directory = paths::target().join("bench/host");
        let _ = std::fs::remove_dir_all(&directory);
        let host = Host::start(&directory, flags)?;
        let deploy = |guest: &str| {
            let path = paths::guest(guest)?;
            host.cli(&["deploy", &path.to_string_lossy(), "--task-queue", QUEUE])
        };
        deploy(&format!("{guest}/bench"))?;
        if activities == Activities::Host {
            deploy("rust/bench-activities")?;
        }
        let client = Client::connect(&host.address()).await?;
        let worker = match activities {
            Activities::Host | Activities::Nobody => None,
            Activities::TypeScript => Some(Worker::Process(typescript_worker(&host.address())?)),
            Activities::Driver => {
                let lanes = remote::work(&Client::connect(&host.address()).await?, QUEUE);
                Some(Worker::Polls { _lanes: lanes })
            }
        };
        Ok(Stage { host, client, directory, worker, n_ids: AtomicUsize::new(0) })
    }

    pub(crate) fn id(&self) -> String {
        format!("bench-{}", self.n_ids.fetch_add(1, Ordering::Relaxed))
    }

    /// Starts a workflow; returns its id.
    pub(crate) async fn start(
        &self,
        workflow_type: &str,
        argument: Option<Value>,
    ) -> Result<String> {
        let id = self.id();
        self.client.start(&id, workflow_type, QUEUE, argument).await?;
        Ok(id)
    }

    /// Starts a workflow and waits for its result.
    pub(crate) async fn execute(
        &self,
        workflow_type: &str,
        argument: Option<Value>,
    ) -> Result<Duration> {
        let began = Instant::now();
        let id = self.start(workflow_type, argument).await?;
        self.client.result(&id).await?;
        Ok(began.elapsed())
    }

    pub(crate) fn reading(&self) -> Result<Reading> {
        let worker = match &self.worker {
            Some(Worker::Process(process)) => Some(process.id()),
            Some(Worker::Polls { .. }) | None => None,
        };
        Reading::take(self.host.pid(), worker)
    }

    pub(crate) fn resident(&self) -> Result<u64> {
        usage::resident(self.host.pid())
    }

    /// The next life of a host that was stopped. Returns how long it took to answer a call.
    pub(crate) async fn start_again(&mut self) -> Result<Duration> {
        let began = Instant::now();
        self.host.start_again()?;
        self.client = Client::connect(&self.host.address()).await?;
        Ok(began.elapsed())
    }
}

fn typescript_worker(address: &str) -> Result<Child> {
    let directory = paths::typescript_clients()?;
    let mut process = Command::new("node")
        .args(["noop_worker.mjs", address, QUEUE])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("node can't be started")?;
    let stdout = process.stdout.take().context("no stdout")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    if line.trim() != "ready" {
        let _ = process.kill();
        let _ = process.wait();
        bail!("the TypeScript worker says `{line}`, expected `ready`");
    }
    Ok(process)
}

/// Does `work` for 0..n, at most `n_at_once` at a time. Returns what each took, in no order.
pub(crate) async fn at_once<F, W>(n: usize, n_at_once: usize, work: F) -> Result<Vec<Duration>>
where
    F: Fn(usize) -> W + Send + Sync + 'static,
    W: Future<Output = Result<()>> + Send + 'static,
{
    let work = Arc::new(work);
    let next = Arc::new(AtomicUsize::new(0));
    let mut lanes = JoinSet::new();
    for _ in 0..n_at_once.min(n) {
        let (work, next) = (Arc::clone(&work), Arc::clone(&next));
        lanes.spawn(async move {
            let mut times = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= n {
                    return anyhow::Ok(times);
                }
                let began = Instant::now();
                work(at).await?;
                times.push(began.elapsed());
            }
        });
    }
    let mut all = Vec::with_capacity(n);
    while let Some(times) = lanes.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}
