//! The host is killed again and again under load. What it acknowledged must be there; what it did not
//! acknowledge, clients ask for again, and it must not be done twice.

use crate::client::{Client, from_json, json, runtime};
use crate::common::{BENCH, deploy_bench, directory};
use anyhow::{Context, Result, bail, ensure};
use refrain_e2e::Host;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;
use tokio::sync::Semaphore;
use tonic::{Code, Status};

const N_RUNS: usize = 200;
const N_CLIENTS: usize = 8;
const N_KILLS: usize = 20;
/// From the start of a life to its end.
const LIFE_MS_MAX: u64 = 250;
/// Of the longest workflows.
const N_STEPS: u64 = 20;
/// So few guests are kept in memory that others are replayed again and again.
const N_WARM: &str = "8";
/// All of it.
const AT_MOST: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    OneActivity,
    Sequence,
    WaitSignal,
}

impl Job {
    fn of(nth: usize) -> Job {
        match nth % 3 {
            0 => Job::OneActivity,
            1 => Job::Sequence,
            _ => Job::WaitSignal,
        }
    }

    fn workflow_type(self) -> &'static str {
        match self {
            Job::OneActivity => "one-activity",
            Job::Sequence => "sequence",
            Job::WaitSignal => "wait-signal",
        }
    }

    fn n_activities(self) -> usize {
        match self {
            Job::OneActivity => 1,
            Job::Sequence => N_STEPS as usize,
            Job::WaitSignal => 0,
        }
    }

    fn result(self, nth: usize) -> Value {
        match self {
            Job::OneActivity => Value::Null,
            Job::Sequence => json!(N_STEPS),
            Job::WaitSignal => sent(nth),
        }
    }
}

fn id(nth: usize) -> String {
    format!("run-{nth}")
}

/// What the signal to a run carries.
fn sent(nth: usize) -> Value {
    json!({ "for": id(nth), "nth": nth })
}

/// The same numbers for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    /// SplitMix64.
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Requests that met a host that was dead, or that died on them.
static N_SENT_AGAIN: AtomicUsize = AtomicUsize::new(0);

/// May the same request be sent again?
fn is_passing(status: &Status) -> bool {
    // Unknown: the connection broke in the middle of an answer.
    matches!(
        status.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled
    )
}

/// Sends the same request until it is answered.
pub(crate) async fn until_answered<T, F>(
    deadline: Instant,
    mut send: impl FnMut() -> F,
) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    loop {
        match send().await {
            Err(status) if is_passing(&status) && Instant::now() < deadline => {
                N_SENT_AGAIN.fetch_add(1, Ordering::Relaxed);
                // The host is being started again.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            answered => return answered,
        }
    }
}

/// Starts a run, gives it what it waits for, and waits for its end. Returns its run id.
async fn drive(client: &Client, nth: usize, deadline: Instant) -> Result<String> {
    let (job, id) = (Job::of(nth), id(nth));
    let input = match job {
        Job::Sequence => vec![json(&json!(N_STEPS))],
        Job::OneActivity | Job::WaitSignal => Vec::new(),
    };
    let (kind, request) = (job.workflow_type(), format!("start-{nth}"));
    let started =
        until_answered(deadline, || client.start(&id, kind, BENCH, &input, &request)).await;
    let run_id = started.with_context(|| format!("{id} can't be started"))?.run_id;

    if job == Job::WaitSignal {
        let (payload, request) = ([json(&sent(nth))], format!("signal-{nth}"));
        let signaled =
            until_answered(deadline, || client.signal(&id, "go", &payload, &request)).await;
        match signaled {
            Ok(_) => {}
            // An answer was lost, and the run has ended with what it was sent.
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => bail!("{id} can't be signaled: {status}"),
        }
    }
    loop {
        let long = Duration::from_secs(25);
        let end = until_answered(deadline, || client.wait_for_end(&id, long)).await;
        let end = end.with_context(|| format!("the end of {id}"))?;
        let Some(end) = end else {
            ensure!(Instant::now() < deadline, "{id} does not end");
            continue;
        };
        match end.attributes {
            Some(Attributes::WorkflowExecutionCompletedEventAttributes(completed)) => {
                let result = from_json(completed.result.as_ref()).unwrap_or_default();
                ensure!(result == job.result(nth), "{id} has the result {result}");
                return Ok(run_id);
            }
            other => bail!("{id} ended with {other:?}"),
        }
    }
}

/// One start, one end, each activity and each signal once, ids without gaps.
fn check_history(nth: usize, history: &[HistoryEvent]) -> Result<()> {
    let job = Job::of(nth);
    for (event, id) in history.iter().zip(1..) {
        ensure!(event.event_id == id, "event {} where {id} is due", event.event_id);
    }
    let count = |kind: EventType| history.iter().filter(|it| it.event_type() == kind).count();
    let expected = [
        (EventType::WorkflowExecutionStarted, 1),
        (EventType::WorkflowExecutionCompleted, 1),
        (EventType::WorkflowExecutionSignaled, usize::from(job == Job::WaitSignal)),
        (EventType::ActivityTaskScheduled, job.n_activities()),
        (EventType::ActivityTaskStarted, job.n_activities()),
        (EventType::ActivityTaskCompleted, job.n_activities()),
        (EventType::WorkflowTaskFailed, 0),
    ];
    for (kind, n) in expected {
        ensure!(count(kind) == n, "{} of {kind:?}, expected {n}", count(kind));
    }
    Ok(())
}

async fn check_run(client: &Client, nth: usize, run_id: &str) -> Result<()> {
    let id = id(nth);
    check_history(nth, &client.history(&id).await?)?;
    let described = client.describe(&id).await?;
    let info = described.workflow_execution_info.unwrap_or_default();
    let latest = info.execution.unwrap_or_default().run_id;
    ensure!(latest == run_id, "the run acknowledged was {run_id}, there is {latest}");
    // The host has not seen this run in this life: to answer, it replays it.
    match client.query(&id, "status").await {
        Ok(answer) => {
            ensure!(from_json(answer.query_result.as_ref())? == json!("signaled"));
        }
        // The guest answered that it has no such query.
        Err(status) if status.code() == Code::InvalidArgument => {
            ensure!(Job::of(nth) != Job::WaitSignal, "{status}");
        }
        Err(status) => bail!("{id} does not replay: {status}"),
    }
    Ok(())
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_done_twice_when_the_host_is_killed_20_times()
-> Result<()> {
    let seed = match std::env::var("REFRAIN_TORTURE_SEED") {
        Ok(seed) => seed.parse().context("REFRAIN_TORTURE_SEED is not a number")?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64,
    };
    println!("REFRAIN_TORTURE_SEED={seed}");
    let mut dice = Dice(seed);
    let mut host = Host::start(&directory("torture"), &["--warm-runs", N_WARM])?;
    deploy_bench(&host)?;

    let runtime = runtime()?;
    let deadline = Instant::now() + AT_MOST;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    let next = Arc::new(AtomicUsize::new(0));
    // Each life gets a share of the runs, so that no life is idle.
    let share = Arc::new(Semaphore::new(0));
    let clients: Vec<_> = (0..N_CLIENTS)
        .map(|_| {
            let (client, next, share) = (client.clone(), Arc::clone(&next), Arc::clone(&share));
            runtime.spawn(async move {
                let mut acknowledged = Vec::new();
                loop {
                    share.acquire().await?.forget();
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= N_RUNS {
                        return anyhow::Ok(acknowledged);
                    }
                    acknowledged.push((nth, drive(&client, nth, deadline).await?));
                }
            })
        })
        .collect();

    for _ in 0..N_KILLS {
        share.add_permits(N_RUNS / N_KILLS);
        // Not a wait for anything: any moment is as good as another to be killed.
        std::thread::sleep(Duration::from_millis(dice.roll(LIFE_MS_MAX)));
        host.kill()?;
        host.start_again()?;
    }
    share.add_permits(N_RUNS + N_CLIENTS);

    let mut acknowledged = Vec::new();
    for driven in clients {
        let driven = runtime.block_on(driven)?;
        acknowledged.extend(driven.with_context(|| host.log_of_this_life().unwrap_or_default())?);
    }
    assert_eq!(acknowledged.len(), N_RUNS);
    let n_sent_again = N_SENT_AGAIN.load(Ordering::Relaxed);
    println!("{n_sent_again} requests were sent again");
    assert!(n_sent_again > N_KILLS, "the host was killed while there was work");

    host.kill()?;
    host.start_again()?;
    runtime.block_on(async {
        assert_eq!(client.count("").await?, N_RUNS as i64, "one run for each id, and no other");
        assert_eq!(client.count("ExecutionStatus = 'Completed'").await?, N_RUNS as i64);
        for (nth, run_id) in &acknowledged {
            let checked = check_run(&client, *nth, run_id).await;
            checked.with_context(|| format!("run-{nth}, seed {seed}"))?;
        }
        Ok(())
    })
}
