//! What processes use, from `/proc`.

use anyhow::{Context, Result};
use serde::Serialize;
use std::path::Path;

/// Clock ticks of a second in `/proc/PID/stat`: the same on every Linux.
const TICKS: f64 = 100.0;

/// A reading; two of them make a [`Cost`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    host_cpu_s: f64,
    driver_cpu_s: f64,
    worker_cpu_s: f64,
    written: u64,
    flushes: u64,
}

/// What a measured stretch cost.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cost {
    pub(crate) host_cpu_s: f64,
    pub(crate) driver_cpu_s: f64,
    /// Of a worker process, if there is one.
    pub(crate) worker_cpu_s: f64,
    /// Sent to the disk by the host.
    pub(crate) written_bytes: u64,
    /// Cache flushes of all disks of this machine: one for each fsync, and a few of others.
    pub(crate) flushes: u64,
}

impl Reading {
    pub(crate) fn take(host: u32, worker: Option<u32>) -> Result<Reading> {
        Ok(Reading {
            host_cpu_s: cpu_s(&host.to_string())?,
            driver_cpu_s: cpu_s("self")?,
            worker_cpu_s: worker.map_or(Ok(0.0), |pid| cpu_s(&pid.to_string()))?,
            written: written(host)?,
            flushes: flushes()?,
        })
    }

    pub(crate) fn until(self, end: Reading) -> Cost {
        Cost {
            host_cpu_s: end.host_cpu_s - self.host_cpu_s,
            driver_cpu_s: end.driver_cpu_s - self.driver_cpu_s,
            worker_cpu_s: end.worker_cpu_s - self.worker_cpu_s,
            written_bytes: end.written - self.written,
            flushes: end.flushes - self.flushes,
        }
    }
}

fn cpu_s(pid: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program, in parentheses, may have spaces.
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / TICKS)
}

fn written(pid: u32) -> Result<u64> {
    number_after(&std::fs::read_to_string(format!("/proc/{pid}/io"))?, "write_bytes:")
}

/// Resident memory, in bytes. `VmRSS` counts a page of a component's image once for each run that has read it, and it is
/// there once.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let mappings = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    number_after(&mappings, "Pss:").map(|kb| kb * 1024)
}

fn number_after(text: &str, key: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|it| it.split_whitespace().next());
    number.and_then(|it| it.parse().ok()).with_context(|| format!("no {key} in {text}"))
}

fn flushes() -> Result<u64> {
    let disks = std::fs::read_to_string("/proc/diskstats")?;
    let of_disk = |line: &str| line.split_whitespace().nth(18)?.parse::<u64>().ok();
    Ok(disks.lines().filter_map(of_disk).sum())
}

/// The database with all that belongs to it, in bytes.
pub(crate) fn database_bytes(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("refrain.db") {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
