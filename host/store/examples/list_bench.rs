//! What a list and a count cost over many runs:
//! `cargo xtask bench lists 1000000`.
//!
//! Writes so many runs straight into a store file: four in five are closed, they have twenty types,
//! one in ten has search attributes, one in a hundred was moved to another component. Prints the milliseconds of a page of 100 of each shape, the best
//! of five and the worst, and of the counts. The plans behind them are in `src/tests/plans.rs`.

use refrain_core::decision::{CloseResult, Decision, Effect, RunSummary};
use refrain_core::event::Recorded;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, execution};
use refrain_core::payload::PayloadMap;
use refrain_core::search::{Kind, Registry, parse, typed};
use refrain_core::time::Timestamp;
use refrain_store::{ListPlace, RunWrite, Store, StoreConfig, Write};
use refrain_wire::search::typed as attribute;
use std::time::Instant;

const BEGIN: u64 = 1_795_000_000_000;
const NAMESPACE: NamespaceId = NamespaceId(1);
const BATCH: u64 = 1000;
const OLD: Digest = Digest([7; 32]);
const NEW: Digest = Digest([8; 32]);

fn run(n: u64) -> Write {
    let at = Timestamp(BEGIN + n * 10);
    // Workflow ids as users choose them: in no order.
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let started = execution::Started {
        workflow_type: format!("type-{}", mixed % 20),
        workflow_id: format!("order-{mixed:016x}"),
        task_queue: "orders".to_owned(),
        search_attributes: match n % 10 {
            0 => PayloadMap::from([
                ("Customer".to_owned(), attribute(Kind::Keyword, format!("\"c{}\"", mixed % 1000))),
                ("Amount".to_owned(), attribute(Kind::Int, (mixed % 10_000).to_string())),
            ]),
            _ => PayloadMap::new(),
        },
        ..execution::Started::default()
    };
    let key = key_of(n, at);
    let (status, closed_at) = match mixed % 5 {
        0 => (execution::State::Running, None),
        1 if mixed % 1000 == 1 => (execution::State::Failed, Some(Timestamp(at.0 + 5000))),
        _ => (execution::State::Completed, Some(Timestamp(at.0 + 5000))),
    };
    let event = Event::Execution(execution::Event::Started(Box::new(started.clone())));
    let mut effects = vec![Effect::InsertRun(Box::new(started))];
    if closed_at.is_some() {
        effects.push(Effect::Close { result: CloseResult::Completed(Vec::new()) });
    }
    Write::run(RunWrite {
        key,
        component: OLD,
        before: None,
        start_request_id: None,
        decision: Decision {
            first_event: EventId::FIRST,
            events: vec![Recorded { id: EventId::FIRST, time: at, event }],
            effects,
            replies: Vec::new(),
            successor: None,
            run: summary(status, closed_at),
        },
    })
}

fn summary(status: execution::State, closed_at: Option<Timestamp>) -> RunSummary {
    let next_event = EventId(2);
    RunSummary { status, next_event, closed_at, pause_reason: None, task_failure: None }
}

/// Some of those that are open.
fn moved(n: u64) -> Option<Write> {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let at = Timestamp(BEGIN + n * 10);
    let status = execution::State::Running;
    let decision = Decision {
        first_event: EventId(2),
        events: Vec::new(),
        effects: Vec::new(),
        replies: Vec::new(),
        successor: None,
        run: summary(status, None),
    };
    let (key, component) = (key_of(n, at), NEW);
    let write =
        Write::run(RunWrite { key, component, before: None, start_request_id: None, decision });
    mixed.is_multiple_of(100).then_some(write)
}

fn key_of(n: u64, at: Timestamp) -> RunKey {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let workflow = format!("order-{mixed:016x}").as_str().into();
    RunKey {
        execution: ExecutionKey { namespace: NAMESPACE, workflow },
        run: RunId(u128::from(at.0) << 80 | 7 << 76 | u128::from(n)),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n_runs: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 100_000,
    };
    let directory = std::env::temp_dir().join(format!("list-bench-{}", std::process::id()));
    std::fs::create_dir(&directory)?;
    let path = Some(directory.join("refrain.db"));
    let store = Store::open(StoreConfig { path, readers: 1 }).await?;
    let begun = Instant::now();
    for first in (0..n_runs).step_by(BATCH as usize) {
        let writes: Vec<_> = (first..(first + BATCH).min(n_runs)).map(run).collect();
        store.commit(&writes).await?;
        let moves: Vec<_> = (first..(first + BATCH).min(n_runs)).filter_map(moved).collect();
        store.commit(&moves).await?;
    }
    println!("{n_runs} runs written in {:.1} s", begun.elapsed().as_secs_f64());
    let registry = Registry(
        [("Customer", Kind::Keyword), ("Amount", Kind::Int)]
            .map(|it| (it.0.to_owned(), it.1))
            .into(),
    );
    let id = format!("order-{:016x}", (n_runs / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for query in [
        "",
        "ExecutionStatus = 'Running'",
        "ExecutionStatus != 'Running'",
        "ExecutionStatus = 'Failed'",
        "WorkflowType = 'type-7'",
        "WorkflowType = 'type-1' AND ExecutionStatus = 'Failed'",
        &format!("WorkflowId = '{id}'"),
        &format!("WorkflowId STARTS_WITH '{}'", &id[..11]),
        "WorkflowId STARTS_WITH 'order'",
        "StartTime BETWEEN '2026-11-18T11:10:00Z' AND '2026-11-18T11:12:00Z'",
        "CloseTime < '2026-11-18T11:12:00Z'",
        "Customer = 'c6'",
        "Customer = 'c6' AND ExecutionStatus = 'Running'",
        "Customer IN ('c6', 'c8', 'c9')",
        "Amount > 9990",
        "Amount > 10",
        &format!(
            "TemporalWorkerDeploymentVersion = 'orders:{OLD}' AND ExecutionStatus = 'Running'"
        ),
        &format!("TemporalWorkerDeploymentVersion = 'orders:{NEW}'"),
        &format!("BuildIds = 'unversioned:{OLD}'"),
        "TemporalWorkflowVersioningBehavior = 'Pinned' AND TaskQueue = 'orders'",
    ] {
        let condition = typed(&parse(query)?, &registry)?.condition;
        let mut spent = Vec::new();
        let mut after = None;
        let mut n_found = 0;
        for _ in 0..5 {
            let begun = Instant::now();
            let page = store.list_runs(NAMESPACE, &condition, after, 100).await?;
            spent.push(begun.elapsed().as_secs_f64() * 1e3);
            n_found += page.len();
            after = page.last().map(ListPlace::of);
        }
        spent.sort_by(f64::total_cmp);
        let begun = Instant::now();
        let counted = store.count_runs(NAMESPACE, &condition).await?.total();
        let counting = begun.elapsed().as_secs_f64() * 1e3;
        println!(
            "page {:8.2} to {:8.2} ms ({n_found} in 5), count {counting:8.2} ms ({counted})  {query}",
            spent[0], spent[4]
        );
    }
    store.close().await?;
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}
