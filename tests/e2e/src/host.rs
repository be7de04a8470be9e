//! One host process on a database of its own.

use crate::paths;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that a test or the demo waits for, on a machine that does other things too.
pub const PATIENCE: Duration = Duration::from_secs(240);
const POLL: Duration = Duration::from_millis(20);
/// What the host prints when it listens.
const READY: &str = "ready;";

pub struct Host {
    process: Child,
    port: u16,
    directory: PathBuf,
    flags: Vec<String>,
    /// The host may write no file larger than this: a disk that fills up.
    file_bytes_max: Option<u64>,
    n_lives: u32,
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// None if a signal ended it: `ended` has its name.
    pub code: Option<i32>,
    pub ended: String,
    pub stdout: String,
    pub stderr: String,
}

impl Host {
    /// Starts a host on `directory/refrain.db`. `flags` go to `server start-dev` as they are.
    pub fn start(directory: &Path, flags: &[&str]) -> Result<Host> {
        Host::start_limited(directory, flags, None)
    }

    /// The same; with `file_bytes_max`, on a disk that is full when a file has so many bytes.
    pub fn start_limited(
        directory: &Path,
        flags: &[&str],
        file_bytes_max: Option<u64>,
    ) -> Result<Host> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("{} can't be made", directory.display()))?;
        let port = free_port()?;
        let flags: Vec<_> = flags.iter().map(|it| (*it).to_owned()).collect();
        let process = spawn(directory, port, &flags, file_bytes_max, 1)?;
        let directory = directory.to_owned();
        let mut host = Host { process, port, directory, flags, file_bytes_max, n_lives: 1 };
        host.wait_until_ready()?;
        Ok(host)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn database(&self) -> PathBuf {
        self.directory.join("refrain.db")
    }

    /// `kill -9`: no goodbye, no flush.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill().context("the host can't be killed")?;
        self.process.wait().context("the host can't be waited for")?;
        Ok(())
    }

    /// As an operator stops it: SIGTERM, and wait for its exit code.
    pub fn stop(&mut self) -> Result<Option<i32>> {
        self.terminate()?;
        let process = &mut self.process;
        let status = eventually("the host ends after SIGTERM", || Ok(process.try_wait()?))?;
        Ok(status.code())
    }

    /// SIGTERM, without waiting for what comes of it.
    pub fn terminate(&self) -> Result<()> {
        #[allow(unsafe_code)]
        // SAFETY: kill(2) takes no pointers, and the process is our child, not yet waited for.
        let sent = unsafe { libc::kill(self.process.id() as libc::pid_t, libc::SIGTERM) };
        if sent != 0 {
            bail!("SIGTERM not sent: {}", std::io::Error::last_os_error());
        }
        Ok(())
    }

    /// The next life of a host that was killed or stopped.
    pub fn start_again(&mut self) -> Result<()> {
        self.n_lives += 1;
        let (port, limit) = (self.port, self.file_bytes_max);
        self.process = spawn(&self.directory, port, &self.flags, limit, self.n_lives)?;
        self.wait_until_ready()
    }

    /// The disk has room again, for the host as it runs and for its next lives.
    pub fn lift_limit(&mut self) -> Result<()> {
        self.file_bytes_max = None;
        let all = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        let (pid, no_old) = (self.process.id() as libc::pid_t, std::ptr::null_mut());
        #[allow(unsafe_code)]
        // SAFETY: `all` outlives the call, and the old limits are not asked for.
        let lifted = unsafe { libc::prlimit(pid, libc::RLIMIT_FSIZE, &all, no_old) };
        if lifted != 0 {
            bail!("the limit can't be lifted: {}", std::io::Error::last_os_error());
        }
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            // Its own word: on its port, someone else may answer for a moment.
            if self.log_of_this_life()?.lines().any(|it| it.starts_with(READY)) {
                return Ok(());
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the host ended with {status}:\n{}", self.log()?);
            }
            std::thread::sleep(POLL);
        }
        bail!("the host is not ready after {PATIENCE:?}:\n{}", self.log()?)
    }

    /// All that the host logged, in all its lives.
    pub fn log(&self) -> Result<String> {
        let mut log = String::new();
        for life in 1..=self.n_lives {
            log.push_str(&self.log_of(life)?);
        }
        Ok(log)
    }

    /// What the host logged since it was last started.
    pub fn log_of_this_life(&self) -> Result<String> {
        self.log_of(self.n_lives)
    }

    fn log_of(&self, life: u32) -> Result<String> {
        let bytes = std::fs::read(log_path(&self.directory, life))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Runs the binary against this host, whatever comes of it.
    pub fn try_cli(&self, args: &[&str]) -> Result<Said> {
        cli_at(&self.address(), args)
    }

    /// Runs the binary against this host; it must succeed. Returns its standard output.
    pub fn cli(&self, args: &[&str]) -> Result<String> {
        self.try_cli(args)?.or_fail("refrain", args)
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
            ended: output.status.to_string(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Its standard output; an error if it did not end well.
    pub fn or_fail(self, program: &str, args: &[&str]) -> Result<String> {
        if self.code == Some(0) {
            return Ok(self.stdout);
        }
        let Said { code: _, ended, stdout, stderr } = self;
        bail!("`{program} {}` ended with {ended}:\n{stdout}{stderr}", args.join(" "))
    }
}

/// Runs the binary without a host of ours, whatever comes of it. It must end by itself.
pub fn binary(args: &[&str]) -> Result<Said> {
    output(refrain()?.args(args))
}

/// Runs the binary against whatever is at an address.
pub fn cli_at(address: &str, args: &[&str]) -> Result<Said> {
    output(refrain()?.args(args).env("REFRAIN_ADDRESS", address))
}

/// The binary. What it compiles is shared by all that is run from here, and by nobody else.
pub(crate) fn refrain() -> Result<Command> {
    let mut command = Command::new(paths::binary()?);
    command.env("REFRAIN_CACHE_DIR", paths::cache());
    Ok(command)
}

/// Runs a program until it ends; one that does not is killed.
pub fn output(command: &mut Command) -> Result<Said> {
    output_within(PATIENCE, command)
}

/// The same, for one that may take so long.
pub fn output_within(patience: Duration, command: &mut Command) -> Result<Said> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} can't be started", command.get_program().display()))?;
    // Pipes must be read while the program runs, or it waits for us.
    let stdout = child.stdout.take().map(read_to_end);
    let stderr = child.stderr.take().map(read_to_end);
    let status: Result<ExitStatus> = within(patience, "the program ends", || Ok(child.try_wait()?));
    if status.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let read = |reader: Option<std::thread::JoinHandle<Vec<u8>>>| {
        reader.and_then(|it| it.join().ok()).unwrap_or_default()
    };
    let (stdout, stderr) = (read(stdout), read(stderr));
    let status = status.with_context(|| {
        let said = String::from_utf8_lossy(&stdout).into_owned();
        format!("{command:?} said:\n{said}{}", String::from_utf8_lossy(&stderr))
    })?;
    Ok(Said::of(&Output { status, stdout, stderr }))
}

fn read_to_end(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until then is worth showing.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// Looks again and again until `look` finds something.
pub fn eventually<T>(what: &str, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    within(PATIENCE, what, look)
}

/// The same, for what may take so long.
pub fn within<T>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > patience {
            bail!("{what}: not within {patience:?}");
        }
        std::thread::sleep(POLL);
    }
}

/// Free now. Below the ports that the system gives to outgoing connections: one of those could be
/// taken while the host is down, and a connection to it could even reach itself.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const N_PORTS: u16 = 20_000;
    // Processes that run at the same time have ids close together, and begin far apart.
    let offset = (std::process::id().wrapping_mul(7919) % u32::from(N_PORTS)) as u16;
    for _ in 0..N_PORTS {
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (offset + nth) % N_PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port from {FIRST} on")
}

fn log_path(directory: &Path, life: u32) -> PathBuf {
    directory.join(format!("host-{life}.log"))
}

fn spawn(
    directory: &Path,
    port: u16,
    flags: &[String],
    file_bytes_max: Option<u64>,
    life: u32,
) -> Result<Child> {
    let log = File::create(log_path(directory, life))?;
    let mut command = match file_bytes_max {
        None => refrain()?,
        Some(bytes) => {
            // Without the signal, a write over the limit fails as on a full disk.
            let n_blocks = bytes / 512;
            let script = format!("trap '' XFSZ; ulimit -S -f {n_blocks}; exec \"$0\" \"$@\"");
            let mut command = Command::new("sh");
            command.arg("-c").arg(script).arg(paths::binary()?);
            command.env("REFRAIN_CACHE_DIR", paths::cache());
            command
        }
    };
    command
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_a_signal_ended_is_told_with_the_signal() -> Result<()> {
        let failed = |script: &str| -> Result<String> {
            let said = output(Command::new("sh").args(["-c", script]))?;
            let refused = said.or_fail("sh", &[]).expect_err("it did not end well");
            Ok(refused.to_string())
        };
        assert_eq!(
            failed("echo words; kill -KILL $$")?,
            "`sh ` ended with signal: 9 (SIGKILL):\nwords\n"
        );
        assert_eq!(failed("exit 3")?, "`sh ` ended with exit status: 3:\n");
        Ok(())
    }
}
