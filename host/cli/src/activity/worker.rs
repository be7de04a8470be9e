//! `refrain activity worker`: an activity is a line of JSON out, and a line of JSON in.

use crate::client::{Client, ScopeArgs, identity};
use crate::errors::CliError;
use crate::input::json_payload;
use crate::output;
use clap::Args;
use refrain_wire::api::common::v1::Payloads;
use refrain_wire::api::failure::v1::ApplicationFailureInfo;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1 as pb;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::BufRead;
use tokio::sync::mpsc;

/// Answers that were read and not yet sent.
const ANSWERS_MAX: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    /// The task queue that the activities are on.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    task: u64,
    #[serde(default)]
    result: Value,
    failure: Option<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Told {
    message: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    non_retryable: bool,
    details: Option<Value>,
}

pub(super) async fn run(args: WorkerArgs) -> Result<(), CliError> {
    let worker = Worker {
        client: args.scope.connect().await?,
        namespace: args.scope.namespace(),
        task_queue: args.task_queue,
    };
    let mut answers = lines_of_stdin();
    let mut n_tasks = 0;
    let mut tokens = HashMap::new();
    let mut poll = Box::pin(worker.poll());
    loop {
        tokio::select! {
            task = &mut poll => {
                let task = task?;
                // A poll that found nothing in its time has no token.
                if !task.task_token.is_empty() {
                    n_tasks += 1;
                    output::print(&line_of(n_tasks, &task))?;
                    tokens.insert(n_tasks, task.task_token);
                }
                poll = Box::pin(worker.poll());
            }
            line = answers.recv() => {
                let Some(line) = line else { return Ok(()) };
                worker.answer(&mut tokens, &line).await?;
            }
        }
    }
}

/// Until standard input ends.
fn lines_of_stdin() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(ANSWERS_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn line_of(nth: u64, task: &pb::PollActivityTaskQueueResponse) -> String {
    let execution = task.workflow_execution.clone().unwrap_or_default();
    let input: Vec<Value> =
        output::payloads(task.input.as_ref()).iter().map(output::payload_json).collect();
    let name = task.activity_type.clone().unwrap_or_default().name;
    json!({
        "task": nth,
        "type": name,
        "input": input,
        "workflowId": execution.workflow_id,
        "activityId": task.activity_id,
        "attempt": task.attempt,
    })
    .to_string()
}

struct Worker {
    client: Client,
    namespace: String,
    task_queue: String,
}

impl Worker {
    async fn poll(&self) -> Result<pb::PollActivityTaskQueueResponse, CliError> {
        let request = pb::PollActivityTaskQueueRequest {
            namespace: self.namespace.clone(),
            task_queue: Some(TaskQueue { name: self.task_queue.clone(), ..Default::default() }),
            identity: identity(),
            ..Default::default()
        };
        self.client.call(request).await
    }

    /// What the server does not take is said, and is no reason to stop: the attempt may have timed out.
    async fn answer(&self, tokens: &mut HashMap<u64, Vec<u8>>, line: &str) -> Result<(), CliError> {
        let answer: Answer = serde_json::from_str(line).map_err(|error| {
            CliError::usage(format!("an answer is not as expected: {error}: {line}"))
                .hint("expected {\"task\": 1, \"result\": …} or {\"task\": 1, \"failure\": {\"message\": …}}")
        })?;
        let task_token = tokens.remove(&answer.task).ok_or_else(|| {
            CliError::usage(format!("no task {} waits for an answer", answer.task))
        })?;
        let payloads = |value: &Value| {
            let payload = json_payload(value.to_string().into_bytes(), "result")?;
            Ok::<_, CliError>(Some(Payloads { payloads: vec![payload] }))
        };
        let (namespace, identity) = (self.namespace.clone(), identity());
        let taken = match answer.failure {
            None => {
                let result = payloads(&answer.result)?;
                let request = pb::RespondActivityTaskCompletedRequest {
                    task_token,
                    result,
                    namespace,
                    identity,
                    ..Default::default()
                };
                self.client.call(request).await.map(|_| ())
            }
            Some(told) => {
                let info = ApplicationFailureInfo {
                    r#type: told.r#type,
                    non_retryable: told.non_retryable,
                    details: told.details.as_ref().map(payloads).transpose()?.flatten(),
                    ..Default::default()
                };
                let request = pb::RespondActivityTaskFailedRequest {
                    task_token,
                    failure: Some(super::application_failure(told.message, info)),
                    namespace,
                    identity,
                    ..Default::default()
                };
                self.client.call(request).await.map(|_| ())
            }
        };
        if let Err(error) = taken {
            output::say(&error.text());
        }
        Ok(())
    }
}
