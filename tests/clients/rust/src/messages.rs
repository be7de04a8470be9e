//! Signals, queries, updates, and activities that somebody else completes.

use crate::words::{args, refused, take, value};
use crate::workflows::{result, start};
use anyhow::Result;
use serde_json::{Value, json};
use temporalio_client::{
    ActivityIdentifier, AsyncActivityHandle, Client, RpcOptions, UntypedQuery, UntypedSignal,
    UntypedUpdate, WorkflowExecuteUpdateOptions, WorkflowHandle, WorkflowIdConflictPolicy,
    WorkflowQueryOptions, WorkflowSignalOptions, WorkflowStartOptions, WorkflowStartUpdateOptions,
    WorkflowUpdateWithStartOptions,
};
use temporalio_common::UntypedWorkflow;
use temporalio_common::data_converters::RawValue;
use temporalio_common::protos::TaskToken;

pub(crate) async fn run(client: &Client) -> Result<()> {
    let desk = start(client, "desk", WorkflowStartOptions::new("desk", "desk").build()).await?;
    let pay = |order: &str, amount: i32| args(&[json!(order), json!(amount)]);
    let update = || UntypedUpdate::new("pay");
    let paid =
        desk.execute_update(update(), pay("7", 100), WorkflowExecuteUpdateOptions::default());
    let (paid, completed) = tokio::join!(paid, complete(client, "charge-7"));
    completed?;
    println!("updated: {}", value(paid?));
    let second = WorkflowStartUpdateOptions::builder().update_id("second".to_owned()).build();
    let second = desk.start_update(update(), pay("8", 50), second).await?;
    let task = next(client).await?;
    let heard = task.heartbeat(Some("half".to_owned()), RpcOptions::default()).await?;
    task.complete(Some("charge-8".to_owned()), RpcOptions::default()).await?;
    let again =
        desk.get_update_handle(update(), "second").get_result(RpcOptions::default()).await?;
    let first = second.get_result(RpcOptions::default()).await?;
    println!("accepted: {} {} {}", value(first), value(again), heard.cancel_requested);
    refused(
        "completed twice",
        task.complete(Some("again".to_owned()), RpcOptions::default()).await,
    );
    let execute = WorkflowExecuteUpdateOptions::default;
    refused("rejected", desk.execute_update(update(), pay("9", 0), execute()).await);
    let nonsense = UntypedUpdate::new("no-such-update");
    refused("no such update", desk.execute_update(nonsense, RawValue::default(), execute()).await);
    let query = WorkflowQueryOptions::default;
    let total = desk.query(UntypedQuery::new("total"), RawValue::default(), query()).await?;
    println!("query: {}", value(total));
    let nonsense = UntypedQuery::new("no-such-query");
    refused("unknown query", desk.query(nonsense, RawValue::default(), query()).await);
    println!("total: {}", close(&desk).await?);

    let with_start = || {
        WorkflowUpdateWithStartOptions::new("desk", "desk-2", WorkflowIdConflictPolicy::UseExisting)
    };
    let workflow = || UntypedWorkflow::new("desk");
    let input = (RawValue::default(), pay("10", 5), pay("11", 6));
    let paid = client.execute_update_with_start_workflow(
        workflow(),
        input.0.clone(),
        update(),
        input.1,
        with_start().build(),
    );
    let (paid, completed) = tokio::join!(paid, complete(client, "charge-10"));
    completed?;
    println!("update with start: {}", value(paid?));
    let started = client.start_update_with_start_workflow(
        workflow(),
        input.0,
        update(),
        input.2,
        with_start().build(),
    );
    let started = started.await?;
    complete(client, "charge-11").await?;
    println!("started with start: {}", value(started.get_result(RpcOptions::default()).await?));
    let second: WorkflowHandle<Client, UntypedWorkflow> = client.get_workflow_handle("desk-2");
    println!("total: {}", close(&second).await?);
    Ok(())
}

/// The next activity of the desk.
async fn complete(client: &Client, with: &str) -> Result<()> {
    Ok(next(client).await?.complete(Some(with.to_owned()), RpcOptions::default()).await?)
}

async fn next(client: &Client) -> Result<AsyncActivityHandle<Client>> {
    let token = TaskToken::from(take(client, "desk").await?);
    Ok(client.get_async_activity_handle(ActivityIdentifier::from_task_token(token)))
}

async fn close(desk: &WorkflowHandle<Client, UntypedWorkflow>) -> Result<Value> {
    let options = WorkflowSignalOptions::default();
    desk.signal(UntypedSignal::new("close"), RawValue::default(), options).await?;
    result(desk).await
}
