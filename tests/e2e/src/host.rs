//! One host process on a database of its own.

use crate::paths;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const START_PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

pub struct Host {
    process: Child,
    port: u16,
    directory: PathBuf,
    flags: Vec<String>,
    n_lives: u32,
}

/// What a command of the binary said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Host {
    /// Starts a host on `directory/refrain.db`. `flags` go to `server start-dev` as they are.
    pub fn start(directory: &Path, flags: &[&str]) -> Result<Host> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("{} can't be made", directory.display()))?;
        // Free now, and nobody else on this machine is told of it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let flags: Vec<_> = flags.iter().map(|it| (*it).to_owned()).collect();
        let process = spawn(directory, port, &flags, 1)?;
        let mut host = Host { process, port, directory: directory.to_owned(), flags, n_lives: 1 };
        host.wait_until_ready()?;
        Ok(host)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`: no goodbye, no flush.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill().context("the host can't be killed")?;
        self.process.wait().context("the host can't be waited for")?;
        Ok(())
    }

    /// As an operator stops it: SIGTERM, and wait for its exit code.
    pub fn stop(&mut self) -> Result<Option<i32>> {
        #[allow(unsafe_code)]
        // SAFETY: kill(2) takes no pointers, and the process is our child, not yet waited for.
        let sent = unsafe { libc::kill(self.process.id() as libc::pid_t, libc::SIGTERM) };
        if sent != 0 {
            bail!("SIGTERM not sent: {}", std::io::Error::last_os_error());
        }
        Ok(self.process.wait()?.code())
    }

    /// The next life of a host that was killed or stopped.
    pub fn start_again(&mut self) -> Result<()> {
        self.n_lives += 1;
        self.process = spawn(&self.directory, self.port, &self.flags, self.n_lives)?;
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_PATIENCE {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the host ended with {status}:\n{}", self.log()?);
            }
            std::thread::sleep(POLL);
        }
        bail!("the host is not ready after {START_PATIENCE:?}:\n{}", self.log()?)
    }

    /// All that the host logged, in all its lives.
    pub fn log(&self) -> Result<String> {
        let mut log = String::new();
        for life in 1..=self.n_lives {
            log.push_str(&std::fs::read_to_string(log_path(&self.directory, life))?);
        }
        Ok(log)
    }

    /// Runs the binary against this host, whatever comes of it.
    pub fn try_cli(&self, args: &[&str]) -> Result<Said> {
        let output = Command::new(paths::binary()?)
            .args(args)
            .env("REFRAIN_ADDRESS", self.address())
            .stdin(Stdio::null())
            .output()?;
        Ok(Said::of(&output))
    }

    /// Runs the binary against this host; it must succeed. Returns its standard output.
    pub fn cli(&self, args: &[&str]) -> Result<String> {
        let said = self.try_cli(args)?;
        if said.code != Some(0) {
            bail!(
                "`refrain {}` ended with {:?}:\n{}{}",
                args.join(" "),
                said.code,
                said.stdout,
                said.stderr
            );
        }
        Ok(said.stdout)
    }

    /// The same with `--output json`, parsed.
    pub fn json(&self, args: &[&str]) -> Result<Value> {
        let args: Vec<_> = args.iter().copied().chain(["--output", "json"]).collect();
        let stdout = self.cli(&args)?;
        serde_json::from_str(&stdout).with_context(|| format!("not JSON: {stdout}"))
    }

    /// A run's events, as Temporal's JSON has them.
    pub fn history(&self, workflow_id: &str) -> Result<Vec<Value>> {
        let history = self.json(&["workflow", "show", "--workflow-id", workflow_id])?;
        let events = history.get("events").and_then(Value::as_array).cloned();
        events.with_context(|| format!("no events in {history}"))
    }

    /// A run's event types, without the prefix, in order.
    pub fn event_types(&self, workflow_id: &str) -> Result<Vec<String>> {
        let name = |event: &Value| {
            let name = event.get("eventType").and_then(Value::as_str).unwrap_or_default();
            name.trim_start_matches("EVENT_TYPE_").to_owned()
        };
        Ok(self.history(workflow_id)?.iter().map(name).collect())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Only what was started here.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Said {
    fn of(output: &Output) -> Said {
        Said {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Looks again and again until `look` finds something.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > START_PATIENCE {
            bail!("{what}: not within {START_PATIENCE:?}");
        }
        std::thread::sleep(POLL);
    }
}

fn log_path(directory: &Path, life: u32) -> PathBuf {
    directory.join(format!("host-{life}.log"))
}

fn spawn(directory: &Path, port: u16, flags: &[String], life: u32) -> Result<Child> {
    let log = File::create(log_path(directory, life))?;
    Command::new(paths::binary()?)
        .args(["server", "start-dev", "--headless", "--port", &port.to_string()])
        .arg("--db-filename")
        .arg(directory.join("refrain.db"))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("the host can't be started")
}
