//! How the programs for the other clients say it, too.

use anyhow::{Result, bail};
use serde_json::Value;
use std::fmt::Debug;
use std::time::{Duration, Instant};
use temporalio_client::Client;
use temporalio_client::grpc::WorkflowService;
use temporalio_common::data_converters::{PayloadConverter, RawValue};
use temporalio_common::protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_common::protos::temporal::api::workflowservice::v1::PollActivityTaskQueueRequest;
use tonic::IntoRequest;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn args(values: &[Value]) -> RawValue {
    let converter = PayloadConverter::serde_json();
    let payloads = values.iter().map(|it| RawValue::from_value(it, &converter).payloads);
    RawValue::new(payloads.flatten().collect())
}

pub(crate) fn value(raw: RawValue) -> Value {
    raw.to_value(&PayloadConverter::serde_json())
}

/// The first word of what the error is, with its status if it came as one.
pub(crate) fn refused<T, E: std::error::Error + 'static>(what: &str, result: Result<T, E>) {
    let Err(error) = result else {
        println!("{what}: NOT refused");
        return;
    };
    println!("{what}: {}{}", word(&error), code(&error));
}

fn word(error: &impl Debug) -> String {
    format!("{error:?}").chars().take_while(|it| it.is_ascii_alphanumeric()).collect()
}

fn code(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = Some(error);
    while let Some(it) = error {
        if let Some(status) = it.downcast_ref::<tonic::Status>() {
            return format!(" {:?}", status.code());
        }
        error = it.source();
    }
    String::new()
}

/// Looks again until it is so.
pub(crate) async fn eventually<F: Future<Output = Result<bool>>>(
    look: impl Fn() -> F,
) -> Result<()> {
    let started = Instant::now();
    while !look().await? {
        if started.elapsed() > PATIENCE {
            bail!("waited for too long");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// As a worker asks, for what this program then completes by hand.
pub(crate) async fn take(client: &Client, task_queue: &str) -> Result<Vec<u8>> {
    let request = PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: Some(TaskQueue { name: task_queue.to_owned(), ..Default::default() }),
        identity: "rust".to_owned(),
        ..Default::default()
    };
    let task = client.clone().poll_activity_task_queue(request.into_request()).await?;
    Ok(task.into_inner().task_token)
}
