//! What guests cost here, a row for each language: the guest `bench` of each, and any components that are named.
//!
//!     cargo xtask bench guests [--quick] [component.wasm...]
//!
//! In parentheses: the numbers of the design, which are to be held. What a waiting run takes is memory of its own: the
//! pages of the component's image that it has only read are there once for all runs.

use refrain_core::arrival::{ActivityClosed, ActivityOutcome, Arrival, LastAttempt};
use refrain_core::chain::Link;
use refrain_core::event::Recorded;
use refrain_core::guest::{Guest, Job, Program, Query, Start, Turn};
use refrain_core::ids::{ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, activity, execution};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::run::{Run, RunFacts, Step, Surroundings};
use refrain_core::search::Judge;
use refrain_core::time::{Delay, Timestamp};
use refrain_runtime::{Runtime, RuntimeConfig};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Failed = Box<dyn Error>;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Of the design: KB, ms, us, us, us, KB.
const LINES: [(&str, [f64; 6]); 3] = [
    ("rust", [60.0, 60.0, 70.0, 5.0, 7.0, 50.0]),
    ("typescript", [1700.0, 1200.0, 300.0, 22.0, 45.0, 440.0]),
    ("python", [21_000.0, 6800.0, 2000.0, 36.0, 55.0, 8600.0]),
];

const HEAD: &str = "| guest | component KB | upload to ready ms | first activation us | its page faults | an operation us | a query us | a waiting run KB | operations/s | replay, events/s |\n|---|---|---|---|---|---|---|---|---|---|";

#[derive(Clone, Copy)]
struct Scale {
    n_starts: u32,
    n_operations: usize,
    n_waiting: usize,
}

fn main() -> Result<(), Failed> {
    let mut named: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = named.iter().any(|it| it == "--quick");
    named.retain(|it| it != "--quick");
    let scale = match is_quick {
        true => Scale { n_starts: 50, n_operations: 200, n_waiting: 20 },
        false => Scale { n_starts: 300, n_operations: 2000, n_waiting: 200 },
    };
    let mut guests: Vec<(String, PathBuf)> =
        named.iter().map(|it| (it.clone(), PathBuf::from(it))).collect();
    if guests.is_empty() {
        guests = of_languages()?;
    }
    println!("{HEAD}");
    for (name, path) in guests {
        println!("{}", row(&name, &path, scale)?);
    }
    Ok(())
}

/// The guest `bench` of every language that has one.
fn of_languages() -> Result<Vec<(String, PathBuf)>, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
    let mut guests = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let component = entry.path().join("bench.wasm");
        if component.exists() {
            guests.push((entry.file_name().to_string_lossy().into_owned(), component));
        }
    }
    guests.sort();
    Ok(guests)
}

fn row(name: &str, path: &Path, scale: Scale) -> Result<String, Failed> {
    // Nothing that was compiled before.
    let cache = std::env::temp_dir().join(format!("refrain-cost-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&cache);
    let bytes = std::fs::read(path)?;
    let runtime = Runtime::new(RuntimeConfig::new(&cache))?;
    let began = Instant::now();
    let info = runtime.check(&bytes)?;
    let ready = began.elapsed();
    let program = runtime.load(info.digest, || Ok(bytes.clone()))?;

    let waiting = || -> Result<Box<dyn Guest>, Failed> {
        let mut guest = program.guest()?;
        guest.turn(turn(start("wait-signal", None)))?;
        Ok(guest)
    };
    let (mut activations, mut faults) = (Vec::new(), Vec::new());
    for _ in 0..scale.n_starts {
        let (began, faults_before) = (Instant::now(), page_faults());
        waiting()?;
        activations.push(began.elapsed());
        faults.push(page_faults() - faults_before);
    }
    activations.sort();
    faults.sort_unstable();

    let mut asked = waiting()?;
    let query = Query { name: "status".to_owned(), args: Vec::new(), now: NOW };
    asked.query(&query).map_err(|error| format!("{error:?}"))?;
    let began = Instant::now();
    for _ in 0..scale.n_starts {
        let _ = asked.query(&query);
    }
    let a_query = began.elapsed() / scale.n_starts;

    let before = own_bytes();
    let guests = (0..scale.n_waiting).map(|_| waiting()).collect::<Result<Vec<_>, _>>()?;
    let a_waiting_run = own_bytes().saturating_sub(before) / guests.len();
    drop(guests);

    let began = Instant::now();
    let history = sequence(program.as_ref(), info.digest, scale.n_operations)?;
    let live = began.elapsed();
    let began = Instant::now();
    Run::replay(facts(info.digest), &history, program.guest()?)?;
    let replay = began.elapsed();
    let _ = std::fs::remove_dir_all(&cache);

    let an_operation = live / scale.n_operations as u32;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let measured = [
        bytes.len() as f64 / 1e3,
        us(ready) / 1e3,
        us(activations[activations.len() / 2]),
        us(an_operation),
        us(a_query),
        a_waiting_run as f64 / 1e3,
    ];
    let lines = LINES.iter().find(|(language, _)| *language == name).map(|(_, lines)| lines);
    let cells = measured.iter().enumerate().map(|(at, value)| match lines {
        Some(lines) => format!("{value:.0} ({})", lines[at]),
        None => format!("{value:.0}"),
    });
    let mut cells: Vec<_> = cells.collect();
    cells.insert(3, faults[faults.len() / 2].to_string());
    Ok(format!(
        "| {name} | {} | {:.0} | {:.0} |",
        cells.join(" | "),
        1.0 / an_operation.as_secs_f64(),
        history.len() as f64 / replay.as_secs_f64(),
    ))
}

/// Memory that is not shared with a file or with other guests.
fn own_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kb = line.and_then(|it| it.split_whitespace().next()).and_then(|kb| kb.parse().ok());
    kb.unwrap_or(0_usize) * 1024
}

/// Of this process so far; none of them needed the disk.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().nth(7).and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn started(workflow_type: &str, argument: Option<usize>) -> execution::Started {
    execution::Started {
        workflow_type: workflow_type.to_owned(),
        workflow_id: "cost".to_owned(),
        task_queue: "default".to_owned(),
        input: argument.map(|it| Payload::json(it.to_string())).into_iter().collect(),
        task_timeout: Delay::from_secs(10),
        attempt: 1,
        ..execution::Started::default()
    }
}

fn start(workflow_type: &str, argument: Option<usize>) -> Job {
    Job::Start(Box::new(Start {
        namespace: "default".to_owned(),
        run: RunId(7),
        started: Arc::new(started(workflow_type, argument)),
        start_time: NOW,
        patches: BTreeSet::new(),
        signals: Vec::new(),
    }))
}

fn turn(job: Job) -> Turn {
    Turn {
        now: NOW,
        replaying: false,
        history_length: 3,
        history_bytes: 500,
        suggest_continue_as_new: false,
        job,
    }
}

/// The history of a run that has called so many activities, one after another, and waits for one more.
/// Core and the guest make it, as in the host; nothing is stored.
fn sequence(
    program: &dyn Program,
    component: refrain_core::ids::Digest,
    n: usize,
) -> Result<Vec<Recorded>, Failed> {
    let mut run = Run::new(facts(component), program.guest()?);
    let mut arrival = Arrival::Start(Box::new(started("sequence", Some(n + 1))));
    let mut history: Vec<Recorded> = Vec::new();
    for nth in 0..=n {
        let outcome = run.step(step(arrival))?;
        if let Some(error) = outcome.failed {
            return Err(error.into());
        }
        history.extend(outcome.decision.events);
        let scheduled = history.iter().rev().find_map(|it| match &it.event {
            Event::Activity(activity::Event::Scheduled(_)) => Some(it.id),
            _ => None,
        });
        let scheduled = scheduled.ok_or_else(|| format!("no activity {nth}"))?;
        arrival = Arrival::ActivityClosed(Box::new(ActivityClosed {
            scheduled,
            attempt: Some(LastAttempt {
                number: 1,
                started: NOW,
                identity: String::new(),
                last_failure: None,
            }),
            outcome: ActivityOutcome::Completed { result: vec![Payload::json("null")] },
        }));
        run = outcome.run.ok_or("the run is gone")?;
    }
    Ok(history)
}

fn facts(component: refrain_core::ids::Digest) -> RunFacts {
    let execution = ExecutionKey { namespace: NamespaceId(1), workflow: "cost".into() };
    RunFacts {
        key: RunKey { execution, run: RunId(7) },
        namespace: "default".to_owned(),
        component,
    }
}

fn step(arrival: Arrival) -> Step {
    Step {
        arrivals: vec![arrival],
        now: NOW,
        identity: String::new(),
        history_bytes: 500,
        task_failure: None,
        host: Surroundings {
            link: Link { run: RunId(7), next: RunId(8), next_cron: |_, _, _| None },
            search: Arc::new(NoAttributes),
            limits: Arc::default(),
        },
    }
}

#[derive(Debug)]
struct NoAttributes;

impl Judge for NoAttributes {
    fn judge(&self, _: &PayloadMap) -> Result<PayloadMap, String> {
        Err("no search attribute is registered".to_owned())
    }
}
