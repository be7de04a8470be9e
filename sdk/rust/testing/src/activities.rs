//! Activities that are closures of a test.

use crate::program::{Result, cant_start, refrain};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// How an activity fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    message: String,
    kind: String,
    non_retryable: bool,
}

impl Failure {
    /// One that the workflow's retry policy decides about.
    pub fn new(kind: &str, message: &str) -> Failure {
        Failure { message: message.to_owned(), kind: kind.to_owned(), non_retryable: false }
    }

    /// One that is not tried again, whatever the retry policy says.
    pub fn non_retryable(kind: &str, message: &str) -> Failure {
        Failure { non_retryable: true, ..Failure::new(kind, message) }
    }
}

type Mock = Arc<dyn Fn(&[Value]) -> std::result::Result<Value, Failure> + Send + Sync>;

#[derive(Default)]
struct State {
    mocks: HashMap<String, Mock>,
    calls: HashMap<String, Vec<Vec<Value>>>,
}

/// A worker beside the test, which asks it what activities come to.
pub(crate) struct Activities {
    state: Arc<Mutex<State>>,
    worker: Child,
}

impl Activities {
    pub(crate) fn start(address: &str, task_queue: &str) -> Result<Activities> {
        let mut worker = refrain(&["activity", "worker", "--task-queue", task_queue])
            .args(["--address", address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(cant_start)?;
        let state = Arc::new(Mutex::new(State::default()));
        if let (Some(answers), Some(tasks)) = (worker.stdin.take(), worker.stdout.take()) {
            let state = Arc::clone(&state);
            std::thread::spawn(move || work(&state, tasks, answers));
        }
        Ok(Activities { state, worker })
    }

    pub(crate) fn mock(&self, name: &str, mock: Mock) {
        locked(&self.state).mocks.insert(name.to_owned(), mock);
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.worker.kill();
        let _ = self.worker.wait();
    }

    pub(crate) fn calls(&self, name: &str) -> Vec<Vec<Value>> {
        locked(&self.state).calls.get(name).cloned().unwrap_or_default()
    }
}

/// A mock that panicked has told its test already.
fn locked(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(state: &Mutex<State>, tasks: ChildStdout, mut answers: ChildStdin) {
    for line in BufReader::new(tasks).lines().map_while(std::result::Result::ok) {
        let Ok(task) = serde_json::from_str::<Value>(&line) else { continue };
        let name = task["type"].as_str().unwrap_or_default().to_owned();
        let input = task["input"].as_array().cloned().unwrap_or_default();
        let mock = {
            let mut state = locked(state);
            state.calls.entry(name.clone()).or_default().push(input.clone());
            state.mocks.get(&name).cloned()
        };
        // Not under the lock: a mock may take its time, and may panic.
        let outcome = match mock {
            Some(mock) => {
                let called = std::panic::AssertUnwindSafe(|| mock(&input));
                std::panic::catch_unwind(called).unwrap_or_else(|_| {
                    Err(Failure::non_retryable(
                        "MockPanicked",
                        &format!("the mock of `{name}` panicked"),
                    ))
                })
            }
            None => Err(Failure::non_retryable("NoMock", &format!("no mock of activity `{name}`"))),
        };
        let answer = match outcome {
            Ok(result) => json!({ "task": task["task"], "result": result }),
            Err(Failure { message, kind, non_retryable }) => json!({
                "task": task["task"],
                "failure": { "message": message, "type": kind, "nonRetryable": non_retryable },
            }),
        };
        if writeln!(answers, "{answer}").and_then(|()| answers.flush()).is_err() {
            return;
        }
    }
}
