//! What a component costs here: compiling, a first activation, a durable operation, a query, and
//! the memory of a run that waits.
//!
//!     cargo run -p refrain-runtime --example drive -- component.wasm [workflow-type] [json arguments...]
//!
//! Every activity gets 7 as its result, every timer fires, and the run that waits for a signal gets `go`.

use refrain_core::guest::{Guest, Job, Program, Query, Start, Turn};
use refrain_core::ids::RunId;
use refrain_core::machines::{Command, activity, execution, signal, timer};
use refrain_core::payload::Payload;
use refrain_core::time::{Delay, Timestamp};
use refrain_runtime::{Runtime, RuntimeConfig};
use std::collections::{BTreeSet, VecDeque};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn start(workflow_type: &str, args: &[String]) -> Job {
    Job::Start(Box::new(Start {
        namespace: "default".to_owned(),
        run: RunId(7),
        started: Arc::new(execution::Started {
            workflow_type: workflow_type.to_owned(),
            workflow_id: "drive".to_owned(),
            task_queue: "default".to_owned(),
            input: args.iter().map(|arg| Payload::json(arg.as_str())).collect(),
            task_timeout: Delay::from_secs(10),
            attempt: 1,
            ..execution::Started::default()
        }),
        start_time: NOW,
        patches: BTreeSet::new(),
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

/// What the host would hand over some day.
fn answers(commands: &[Command]) -> Vec<Job> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::Activity(activity::Command::Schedule(schedule)) => {
                Some(Job::ActivityClosed { op: schedule.op, result: Ok(vec![Payload::json("7")]) })
            }
            Command::Timer(timer::Command::Start { op, .. }) => {
                Some(Job::TimerClosed { op: *op, result: Ok(()) })
            }
            Command::Execution(_)
            | Command::Local(_)
            | Command::Patch(_)
            | Command::Child(_)
            | Command::External(_)
            | Command::Update(_)
            | Command::Attributes(_)
            | Command::Cancel(_)
            | Command::Publish { .. } => None,
        })
        .collect()
}

fn end_of(commands: &[Command]) -> Option<&execution::Command> {
    commands.iter().find_map(|command| match command {
        Command::Execution(end) => Some(end),
        Command::Activity(_)
        | Command::Timer(_)
        | Command::Local(_)
        | Command::Patch(_)
        | Command::Child(_)
        | Command::External(_)
        | Command::Update(_)
        | Command::Attributes(_)
        | Command::Cancel(_)
        | Command::Publish { .. } => None,
    })
}

/// Plays a run to its end; how many things were handed over after the start.
fn play(
    guest: &mut dyn Guest,
    workflow_type: &str,
    args: &[String],
) -> Result<u32, Box<dyn Error>> {
    let mut commands = guest.turn(turn(start(workflow_type, args)))?;
    let mut waiting: VecDeque<Job> = VecDeque::new();
    let mut n_turns = 0;
    loop {
        if let Some(end) = end_of(&commands) {
            if let execution::Command::Fail { failure } = end {
                println!("  failed: {}", failure.message);
            }
            return Ok(n_turns);
        }
        waiting.extend(answers(&commands));
        let job = waiting.pop_front().unwrap_or_else(|| {
            Job::Signal(signal::Signal { name: "go".to_owned(), ..signal::Signal::default() })
        });
        n_turns += 1;
        if n_turns > 1_000_000 {
            return Err("the run does not end".into());
        }
        commands = guest.turn(turn(job))?;
    }
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0usize);
    pages * 4096
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let path = args.first().ok_or("usage: drive component.wasm [workflow-type] [json...]")?;
    let workflow_type = args.get(1).map_or("sequence", String::as_str);
    let input: Vec<String> = match args.get(2..) {
        Some(input) if !input.is_empty() => input.to_vec(),
        Some(_) | None => vec!["2000".to_owned()],
    };
    let cache = std::env::temp_dir().join("refrain-drive");
    let _ = std::fs::remove_dir_all(&cache);
    let bytes = std::fs::read(path)?;

    let began = Instant::now();
    let runtime = Runtime::new(RuntimeConfig::new(&cache))?;
    println!("runtime          {:>10.1?}", began.elapsed());
    let began = Instant::now();
    let info = runtime.check(&bytes)?;
    println!("check, compile   {:>10.1?}", began.elapsed());
    println!("{:?} {} {:#?}", info.kind, info.digest.short(), info.definition);
    drop(runtime);
    let runtime = Runtime::new(RuntimeConfig::new(&cache))?;
    let began = Instant::now();
    let program = runtime.load(info.digest, || Ok(bytes.clone()))?;
    println!("load from disk   {:>10.1?}", began.elapsed());

    let mut best = Duration::MAX;
    let mut sum = Duration::ZERO;
    const STARTS: u32 = 300;
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut guest = program.guest()?;
        guest.turn(turn(start(workflow_type, &input)))?;
        let took = began.elapsed();
        best = best.min(took);
        sum += took;
    }
    println!("first activation {:>10.1?} mean, {best:.1?} best", sum / STARTS);

    let mut guest = program.guest()?;
    let began = Instant::now();
    let n_turns = play(guest.as_mut(), workflow_type, &input)?;
    println!("an operation     {:>10.1?} ({n_turns} turns)", began.elapsed() / n_turns.max(1));

    if let Some(query) = info.definition.queries.first() {
        let query = Query { name: query.name.clone(), args: Vec::new(), now: NOW };
        let mut guest = program.guest()?;
        guest.turn(turn(start(workflow_type, &input)))?;
        let answer = guest.query(&query);
        let began = Instant::now();
        for _ in 0..1000 {
            let _ = guest.query(&query);
        }
        println!("a query          {:>10.1?} {answer:?}", began.elapsed() / 1000);
    }

    let mut guests = Vec::new();
    let before = resident_bytes();
    const WAITING: usize = 200;
    for _ in 0..WAITING {
        let mut guest = program.guest()?;
        guest.turn(turn(start(workflow_type, &input)))?;
        guests.push(guest);
    }
    println!(
        "a waiting run    {:>7} KB",
        (resident_bytes().saturating_sub(before)) / WAITING / 1024
    );
    Ok(())
}
