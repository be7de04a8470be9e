//! A real SQLite file for each test, and what is left in it as text.
//!
//! Times are seconds since 0. Runs are numbers; run n of a test is started at n seconds.

mod blobs;
mod commit;
mod configuration;
mod delete;
mod deployments;
mod errors;
mod failures;
mod history;
mod list;
mod open;
mod pending;
mod pinned;
mod plans;
mod related;
mod schedules;
mod standalone;

use crate::{NewNamespace, RunRow, RunWrite, Store, StoreConfig, Write};
use refrain_core::attempt::ActivityTask;
use refrain_core::decision::{CloseResult, Decision, DueTimer, Effect, RunSummary};
use refrain_core::event::Recorded;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, activity, execution, signal};
use refrain_core::options::{ActivityTimeouts, Priority, RetryPolicy};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::time::{Delay, Timestamp};
use sqlx::Row;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAMESPACE: NamespaceId = NamespaceId(1);
const COMPONENT: Digest = Digest([7; 32]);

fn s(secs: u64) -> Timestamp {
    Timestamp(secs * 1000)
}

/// One that has all that can be said of it.
fn new_namespace(name: &str, uuid: u128) -> NewNamespace {
    NewNamespace {
        name: name.to_owned(),
        uuid,
        description: "orders of the shop".to_owned(),
        owner_email: "shop@example.com".to_owned(),
        detach_above: Some(1 << 16),
        data: [("team".to_owned(), name.to_owned())].into(),
        retention: Delay::from_secs(3 * 86_400),
        created_at: s(1),
    }
}

async fn temporary() -> Store {
    Store::open(StoreConfig { path: None, readers: 2 }).await.unwrap()
}

/// A directory of the test's own; goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Directory {
        let path =
            std::env::temp_dir().join(format!("refrain-store-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn database(&self) -> PathBuf {
        self.0.join("refrain.db")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn at(path: &Path) -> StoreConfig {
    StoreConfig { path: Some(path.to_owned()), readers: 2 }
}

fn key(workflow: &str, run: u128) -> RunKey {
    RunKey {
        execution: ExecutionKey { namespace: NAMESPACE, workflow: workflow.into() },
        run: RunId(run),
    }
}

/// A signal event: the shortest that says something.
fn line(id: u64, time: u64) -> Recorded {
    Recorded {
        id: EventId(id),
        time: s(time),
        event: Event::Signal(signal::Event::Received(Box::new(signal::Signal {
            name: format!("signal-{id}"),
            ..signal::Signal::default()
        }))),
    }
}

/// A decision that is put together step by step.
struct Step {
    key: RunKey,
    request: Option<String>,
    decision: Decision,
}

impl Step {
    /// The first decision of run `run`.
    fn start(workflow: &str, run: u128) -> Step {
        let started = execution::Started {
            workflow_type: "order".to_owned(),
            workflow_id: workflow.to_owned(),
            task_queue: "orders".to_owned(),
            ..execution::Started::default()
        };
        Step::start_with(workflow, run, started)
    }

    fn start_with(workflow: &str, run: u128, started: execution::Started) -> Step {
        let first = Recorded {
            id: EventId(1),
            time: s(run as u64),
            event: Event::Execution(execution::Event::Started(Box::new(started.clone()))),
        };
        Step::at(key(workflow, run), 1).effect(Effect::InsertRun(Box::new(started))).event(first)
    }

    /// A decision of a run whose next event is `first`.
    fn at(key: RunKey, first: u64) -> Step {
        Step {
            key,
            request: None,
            decision: Decision {
                successor: None,
                first_event: EventId(first),
                events: Vec::new(),
                effects: Vec::new(),
                replies: Vec::new(),
                run: RunSummary {
                    status: execution::State::Running,
                    next_event: EventId(first),
                    closed_at: None,
                    pause_reason: None,
                    task_failure: None,
                },
            },
        }
    }

    fn event(mut self, event: Recorded) -> Step {
        self.decision.events.push(event);
        self.decision.run.next_event = self.decision.run.next_event.next();
        self
    }

    fn signals(mut self, n: u64) -> Step {
        for _ in 0..n {
            let next = self.decision.run.next_event.0;
            self = self.event(line(next, next));
        }
        self
    }

    fn effect(mut self, effect: Effect) -> Step {
        self.decision.effects.push(effect);
        self
    }

    fn timer(self, timer: DueTimer, at: u64) -> Step {
        self.effect(Effect::InsertTimer { timer, fire_at: s(at) })
    }

    fn close(mut self, status: execution::State, at: u64) -> Step {
        self.decision.run.status = status;
        self.decision.run.closed_at = Some(s(at));
        self.signals(1).effect(Effect::Close { result: CloseResult::TimedOut })
    }

    fn write(self) -> Write {
        self.write_on(COMPONENT, None)
    }

    /// Pinned to `component` from then on; the store is told the row that it was made from.
    fn write_on(self, component: Digest, before: Option<&RunRow>) -> Write {
        Write::run(RunWrite {
            key: self.key,
            component,
            before: before.cloned().map(Arc::new),
            start_request_id: self.request,
            decision: self.decision,
        })
    }
}

/// Waits since `scheduled` seconds, and may run for 10 s.
fn task(run: &RunKey, scheduled: u64) -> ActivityTask {
    ActivityTask::new(
        run.clone(),
        EventId(scheduled),
        s(scheduled),
        "order".to_owned(),
        activity::Scheduled {
            activity_id: scheduled.to_string(),
            activity_type: "charge".to_owned(),
            task_queue: "payments".to_owned(),
            input: vec![Payload::json("42")],
            header: PayloadMap::new(),
            timeouts: ActivityTimeouts {
                start_to_close: Some(Delay::from_secs(10)),
                ..ActivityTimeouts::default()
            },
            retry: RetryPolicy::default(),
            task: EventId(4),
            summary: None,
            priority: Priority::default(),
        },
        None,
    )
}

fn insert_activity(task: &ActivityTask) -> Effect {
    Effect::InsertActivity(Box::new(task.clone()))
}

/// Every row that a commit can write, without bytes.
async fn dump(store: &Store) -> String {
    let mut text = String::new();
    for (title, query) in [
        (
            "run",
            "SELECT hex(substr(run_id, 16)) || ' ' || workflow_id || ' status=' || status
                || ' cancel=' || cancel_requested || ' next=' || next_event_id
                || ' start=' || start_ms || ' close=' || coalesce(close_ms, '-')
                || ' attempts=' || task_attempts
             FROM runs ORDER BY run_id",
        ),
        (
            "history",
            "SELECT hex(substr(run_id, 16)) || ' ' || first_event_id || '+' || n_events
             FROM history ORDER BY run_id, first_event_id",
        ),
        (
            "timer",
            "SELECT hex(substr(run_id, 16)) || ' kind=' || kind || ' seq=' || seq
                || ' at=' || fire_at_ms
             FROM timers ORDER BY run_id, kind, seq",
        ),
        (
            "activity",
            "SELECT hex(substr(run_id, 16)) || ' ' || scheduled_event_id || ' state=' || state
                || ' since=' || since_ms || ' due=' || coalesce(due_ms, '-')
                || ' attempt=' || attempt || ' by=' || coalesce(started_by, '-')
             FROM activity_tasks ORDER BY run_id, scheduled_event_id",
        ),
        (
            "state",
            "SELECT hex(substr(run_id, 16)) || ' ' || name || ' ' || length(value) || ' bytes'
             FROM published_state ORDER BY run_id, name",
        ),
    ] {
        for row in sqlx::query(query).fetch_all(&store.readers).await.unwrap() {
            let line: String = row.get(0);
            writeln!(text, "{title} {line}").unwrap();
        }
    }
    text
}
