//! Temporal's own development server, to compare with.

use crate::common::{Python, output_of_temporal};
use anyhow::{Context, Result};
use refrain_e2e::host::{eventually, free_port};
use refrain_e2e::paths;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct DevServer {
    process: Child,
    address: String,
}

impl DevServer {
    /// One that keeps nothing, and answers.
    pub(crate) fn start(directory: &Path, flags: &[&str]) -> Result<DevServer> {
        std::fs::create_dir_all(directory)?;
        let port = free_port()?;
        let log = File::create(directory.join("dev-server.log"))?;
        let process = Command::new(paths::client_program("temporal")?)
            .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--log-level", "warn"])
            .args(["--port", &port.to_string(), "--disable-config-file"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("Temporal's server can't be started")?;
        let server = DevServer { process, address: format!("127.0.0.1:{port}") };
        eventually("Temporal's server answers", || {
            let said = output_of_temporal(&server.address, &["workflow", "count"])?;
            Ok((said.code == Some(0)).then_some(()))
        })?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A worker for the bench workflows, ready to work.
    pub(crate) fn bench_worker(&self, directory: &Path) -> Result<Python> {
        let mut worker = Python::start(directory, "bench_worker", &["--address", &self.address])?;
        worker.wait_for("ready")?;
        Ok(worker)
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        // Only what was started here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
