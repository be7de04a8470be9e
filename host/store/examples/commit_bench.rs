//! What a commit costs: `cargo run -p refrain-store --example commit_bench --release`.
//!
//! Each run starts with an activity and a timer, gets its result and closes: three decisions, about
//! 600 bytes of history each. Prints microseconds per decision, with one run in each commit and
//! with 200.

use refrain_core::attempt::ActivityTask;
use refrain_core::decision::{CloseResult, Decision, DueTimer, Effect, RunSummary};
use refrain_core::event::Recorded;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, activity, execution, signal};
use refrain_core::options::{ActivityTimeouts, Priority, RetryPolicy};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::time::{Delay, Timestamp};
use refrain_store::{RunWrite, Store, StoreConfig, Write};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn key(run: u64) -> RunKey {
    // Workflow ids as users choose them: in no order.
    let workflow = format!("order-{:016x}", run.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let id = u128::from(NOW.0 + run / 10) << 80 | 7 << 76 | u128::from(run);
    RunKey {
        execution: ExecutionKey { namespace: NamespaceId(1), workflow: workflow.into() },
        run: RunId(id),
    }
}

fn event(id: u64) -> Recorded {
    let event = signal::Signal {
        name: "result".to_owned(),
        input: vec![Payload::json(format!("\"{}\"", "x".repeat(540)))],
        ..signal::Signal::default()
    };
    Recorded {
        id: EventId(id),
        time: NOW,
        event: Event::Signal(signal::Event::Received(Box::new(event))),
    }
}

fn task(run: &RunKey) -> ActivityTask {
    ActivityTask::new(
        run.clone(),
        EventId(1),
        NOW,
        "order".to_owned(),
        activity::Scheduled {
            activity_id: "1".to_owned(),
            activity_type: "charge".to_owned(),
            task_queue: "payments".to_owned(),
            input: vec![Payload::json("42")],
            header: PayloadMap::new(),
            timeouts: ActivityTimeouts {
                start_to_close: Some(Delay::from_secs(10)),
                ..ActivityTimeouts::default()
            },
            retry: RetryPolicy::default(),
            task: EventId(1),
            summary: None,
            priority: Priority::default(),
        },
        None,
    )
}

fn decision(run: u64, step: u64) -> Write {
    let key = key(run);
    let timer = DueTimer::User(EventId(1));
    let started = execution::Started {
        workflow_type: "order".to_owned(),
        task_queue: "orders".to_owned(),
        ..execution::Started::default()
    };
    let (status, closed_at, effects) = match step {
        1 => (
            execution::State::Running,
            None,
            vec![
                Effect::InsertRun(Box::new(started)),
                Effect::InsertTimer { timer, fire_at: NOW.plus(Delay::from_secs(60)) },
                Effect::InsertActivity(Box::new(task(&key))),
            ],
        ),
        2 => (
            execution::State::Running,
            None,
            vec![Effect::DeleteTimer { timer }, Effect::DeleteActivity { scheduled: EventId(1) }],
        ),
        _ => (
            execution::State::Completed,
            Some(NOW),
            vec![Effect::Close { result: CloseResult::Completed(Vec::new()) }],
        ),
    };
    Write::run(RunWrite {
        key,
        component: Digest([7; 32]),
        before: None,
        start_request_id: None,
        decision: Decision {
            successor: None,
            first_event: EventId(step),
            events: vec![event(step)],
            effects,
            replies: Vec::new(),
            run: RunSummary {
                status,
                next_event: EventId(step + 1),
                closed_at,
                pause_reason: None,
                task_failure: None,
            },
        },
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::temp_dir().join(format!("commit-bench-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let path = Some(directory.join("refrain.db"));
    let store = Store::open(StoreConfig { path, readers: 1 }).await?;
    let mut first = 0;
    for (n_runs, n_batches) in [(1, 300), (200, 25), (200, 25), (200, 25), (1, 300)] {
        let mut spent = [Duration::ZERO; 3];
        for _ in 0..n_batches {
            for (step, spent) in (1..).zip(&mut spent) {
                let writes: Vec<_> =
                    (first..first + n_runs).map(|run| decision(run, step)).collect();
                let begun = Instant::now();
                store.commit(&writes).await?;
                *spent += begun.elapsed();
            }
            first += n_runs;
        }
        let n_decisions = (n_runs * n_batches) as f64;
        let [start, step, close] = spent.map(|it| it.as_secs_f64() * 1e6 / n_decisions);
        println!(
            "{n_runs:4} runs a commit: start {start:6.1} us, step {step:6.1} us, close {close:6.1} us"
        );
    }
    store.close().await?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}
