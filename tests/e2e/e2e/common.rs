//! What several of these tests need.

use anyhow::{Context, Result};
use refrain_e2e::host::{Said, binary, eventually, output};
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const BENCH: &str = "bench";
/// A browser starts and shows a dozen pages, on a machine that does other things too.
pub(crate) const BROWSER_PATIENCE: Duration = Duration::from_secs(600);

/// A place of its own for one test, empty.
pub(crate) fn directory(name: &str) -> PathBuf {
    let directory = paths::target().join("e2e").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

/// The bench workflows with their activities, on the task queue `bench`.
pub(crate) fn deploy_bench(host: &Host) -> Result<()> {
    order::deploy_guest(host, "rust/bench", BENCH)?;
    order::deploy_guest(host, "rust/bench-activities", BENCH)
}

/// A task queue of [`bench_host`] that has the workflows and nobody for their activities.
pub(crate) const WAITING: &str = "waiting";

/// What the tests of our own command line talk to.
pub(crate) fn bench_host(name: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &["--search-attribute", "Color=Keyword"])?;
    deploy_bench(&host)?;
    order::deploy_guest(&host, "rust/bench", WAITING)?;
    Ok(host)
}

pub(crate) fn start(host: &Host, id: &str, kind: &str, queue: &str) -> Result<()> {
    start_with(host, id, kind, queue, &[])
}

pub(crate) fn start_with(
    host: &Host,
    id: &str,
    kind: &str,
    queue: &str,
    inputs: &[&str],
) -> Result<()> {
    let args = ["workflow", "start", "--workflow-id", id, "--type", kind, "--task-queue", queue];
    let inputs = inputs.iter().flat_map(|it| ["--input", it]);
    host.cli(&args.into_iter().chain(inputs).collect::<Vec<_>>()).map(drop)
}

/// A line per event: its number, its type, and what the program chose. Times, ids of runs and
/// whatever differs from run to run are left out.
pub(crate) fn summary(history: &[Value]) -> String {
    history
        .iter()
        .map(|event| {
            let id = event["eventId"].as_str().unwrap_or_default();
            format!("{id:>2} {}\n", line(event))
        })
        .collect()
}

/// As [`summary`], without workflow tasks and numbers: what comes from beside the run, as the outcome of
/// a local activity, is in the task that waits for it for a moment, or in the next one if the machine is busy.
pub(crate) fn summary_without_tasks(history: &[Value]) -> String {
    let lines = history.iter().map(line);
    lines.filter(|it| !it.starts_with("workflow task")).map(|it| format!("{it}\n")).collect()
}

fn line(event: &Value) -> String {
    let kind = event["eventType"].as_str().unwrap_or_default();
    let mut line = kind.trim_start_matches("EVENT_TYPE_").to_lowercase().replace('_', " ");
    let attributes = event.as_object().into_iter().flatten();
    let attributes = attributes.filter(|(name, _)| name.ends_with("EventAttributes"));
    for (_, it) in attributes {
        let chosen = [
            &it["activityType"]["name"],
            &it["signalName"],
            &it["markerName"],
            &it["startToFireTimeout"],
            &it["failure"]["message"],
        ];
        for chosen in chosen.iter().filter_map(|it| it.as_str()) {
            let _ = write!(line, " {chosen}");
        }
    }
    line
}

/// Blanks what follows `marker`, wherever it is, as far as it is made of `what`: digests, line
/// numbers and the like, which differ from build to build.
pub(crate) fn blank(text: &str, marker: &str, what: fn(char) -> bool) -> String {
    let mut parts = text.split(marker);
    let mut blanked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(what);
        let blank = if rest.len() < part.len() { "_" } else { "" };
        let _ = write!(blanked, "{marker}{blank}{rest}");
    }
    blanked
}

/// Temporal's own command line against a host, whatever comes of it.
pub(crate) fn try_temporal(host: &Host, args: &[&str]) -> Result<Said> {
    output_of_temporal(&host.address(), args)
}

/// The same against whatever server listens there.
pub(crate) fn output_of_temporal(address: &str, args: &[&str]) -> Result<Said> {
    let mut command = Command::new(paths::client_program("temporal")?);
    command.args(args).args(["--address", address, "--disable-config-file"]);
    output(&mut command)
}

/// The same; it must succeed. Returns its standard output.
pub(crate) fn temporal(host: &Host, args: &[&str]) -> Result<String> {
    try_temporal(host, args)?.or_fail("temporal", args)
}

pub(crate) fn temporal_json(host: &Host, args: &[&str]) -> Result<Value> {
    let args: Vec<_> = args.iter().copied().chain(["--output", "json"]).collect();
    let stdout = temporal(host, &args)?;
    serde_json::from_str(&stdout).with_context(|| format!("not JSON: {stdout}"))
}

/// A run's status, as Temporal's own command line tells it.
pub(crate) fn status(host: &Host, workflow_id: &str) -> Result<Value> {
    let described = temporal_json(host, &["workflow", "describe", "--workflow-id", workflow_id])?;
    Ok(described["workflowExecutionInfo"]["status"].clone())
}

/// What the history says of the workflow task that failed, once one has.
pub(crate) fn task_failure(host: &Host, workflow_id: &str) -> Result<Value> {
    eventually("the workflow task fails", || {
        let history = host.history(workflow_id)?;
        Ok(history.iter().find_map(|it| it.get("workflowTaskFailedEventAttributes")).cloned())
    })
}

/// The history of a run fits a guest, as `refrain replay` says.
pub(crate) fn replays(host: &Host, workflow_id: &str, guest: &str) -> Result<()> {
    let show = ["workflow", "show", "--workflow-id", workflow_id, "--output", "json"];
    let history = host.cli(&show)?;
    let name = format!("replay-{workflow_id}-{}.json", guest.replace('/', "-"));
    // Beside the database: other tests have runs of the same name.
    let file = host.database().with_file_name(name);
    std::fs::write(&file, history)?;
    let guest = paths::guest(guest)?;
    let said = binary(&["replay", &file.to_string_lossy(), &guest.to_string_lossy()])?;
    anyhow::ensure!(said.code == Some(0), "{said:?}");
    Ok(())
}

/// A program of `tests/clients` that runs beside the test; most are in Python.
pub(crate) struct Python {
    process: Child,
    /// What it writes to stdout; stderr lies beside it.
    said: PathBuf,
}

impl Python {
    pub(crate) fn start(directory: &Path, program: &str, args: &[&str]) -> Result<Python> {
        let mut command = python(program)?;
        command.args(args);
        Python::run(directory, program, command)
    }

    pub(crate) fn run(directory: &Path, name: &str, mut command: Command) -> Result<Python> {
        static N_STARTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let nth = N_STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::fs::create_dir_all(directory)?;
        let said = directory.join(format!("{name}-{nth}.log"));
        let process = command
            .stdin(Stdio::null())
            .stdout(File::create(&said)?)
            .stderr(File::create(said.with_extension("err"))?)
            .spawn()
            .with_context(|| format!("{name} can't be started"))?;
        Ok(Python { process, said })
    }

    /// A worker for the activities of the order, ready to work.
    pub(crate) fn order_worker(directory: &Path, host: &Host, flags: &[&str]) -> Result<Python> {
        let address = host.address();
        let mut args = vec!["--address", &address, "--task-queue", order::TASK_QUEUE];
        args.extend(flags);
        let mut worker = Python::start(directory, "activity_worker", &args)?;
        worker.wait_for("ready")?;
        Ok(worker)
    }

    pub(crate) fn said(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.said)?)
    }

    /// Where its standard error is written.
    pub(crate) fn complaints(&self) -> PathBuf {
        self.said.with_extension("err")
    }

    /// How often it said so, by whole lines.
    pub(crate) fn count(&self, line: &str) -> Result<usize> {
        Ok(self.said()?.lines().filter(|it| *it == line).count())
    }

    pub(crate) fn wait_for(&mut self, line: &str) -> Result<()> {
        let waited = eventually(&format!("`{line}`"), || {
            if let Some(status) = self.process.try_wait()? {
                let complained = std::fs::read_to_string(self.complaints())?;
                anyhow::bail!("the program ended with {status}:\n{complained}");
            }
            Ok((self.count(line)? > 0).then_some(()))
        });
        waited.with_context(|| self.said().unwrap_or_default())
    }

    /// Returns whether it ended well.
    pub(crate) fn wait_for_end(&mut self) -> Result<bool> {
        let status = eventually("the program ends", || Ok(self.process.try_wait()?))?;
        Ok(status.success())
    }

    /// SIGTERM, without waiting for what comes of it.
    pub(crate) fn terminate(&self) -> Result<()> {
        #[allow(unsafe_code)]
        // SAFETY: kill(2) takes no pointers, and the process is our child, not yet waited for.
        let sent = unsafe { libc::kill(self.process.id() as libc::pid_t, libc::SIGTERM) };
        anyhow::ensure!(sent == 0, "SIGTERM not sent: {}", std::io::Error::last_os_error());
        Ok(())
    }

    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The Python that has Temporal's SDK, and one of our programs.
pub(crate) fn python(program: &str) -> Result<Command> {
    let file = paths::root().join("tests/clients/python").join(format!("{program}.py"));
    let mut command = Command::new(paths::client_program("python")?);
    command.arg(file);
    Ok(command)
}

/// A program of `tests/clients/typescript`, for Node with Temporal's packages.
pub(crate) fn typescript(program: &str) -> Result<Command> {
    let mut command = Command::new("node");
    command.arg(format!("{program}.mjs")).current_dir(paths::typescript_clients()?);
    Ok(command)
}

/// A program of `tests/clients/web`, which looks at pages with a browser. The browser comes packed, and is
/// unpacked in `place`.
pub(crate) fn browse(program: &str, place: &Path) -> Result<Command> {
    let mut command = Command::new("node");
    command.arg(format!("{program}.mjs")).current_dir(paths::web_clients()?).env("TMPDIR", place);
    Ok(command)
}

/// CPU time of the host so far, in ticks of 10 ms.
pub(crate) fn cpu(host: &Host) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", host.pid()))?;
    let fields = stat.rsplit(')').next().context("no name in stat")?;
    let ticks =
        |nth: usize| fields.split_whitespace().nth(nth).and_then(|it| it.parse::<u64>().ok());
    let user = ticks(11).context("no utime")?;
    let system = ticks(12).context("no stime")?;
    Ok(Duration::from_millis((user + system) * 10))
}
