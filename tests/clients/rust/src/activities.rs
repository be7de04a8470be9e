//! Activities without a workflow.

use crate::words::{args, refused, take, value};
use anyhow::Result;
use futures_util::TryStreamExt;
use serde_json::json;
use std::time::Duration;
use temporalio_client::errors::StartActivityError;
use temporalio_client::{
    ActivityCancelOptions, ActivityCountOptions, ActivityDescribeOptions,
    ActivityExecutionInfoLike, ActivityHandle, ActivityIdentifier, ActivityListOptions,
    ActivityStartOptions, ActivityTerminateOptions, AsyncActivityHandle, Client, RpcOptions,
};
use temporalio_common::UntypedActivity;
use temporalio_common::error::ApplicationFailure;
use temporalio_common::protos::TaskToken;

const QUEUE: &str = "by-hand";

pub(crate) async fn run(client: &Client) -> Result<()> {
    let done = start(client, "a1").await?;
    refused("activity started twice", start(client, "a1").await);
    next(client).await?.complete(Some("done".to_owned()), RpcOptions::default()).await?;
    println!("activity: {}", value(done.result().await?));

    let failed = start(client, "a2").await?;
    let broken = ApplicationFailure::non_retryable(anyhow::anyhow!("broken"));
    next(client).await?.fail(broken, None::<String>, RpcOptions::default()).await?;
    refused("failed activity", failed.result().await);

    let canceled = start(client, "a3").await?;
    let task = next(client).await?;
    canceled.cancel(ActivityCancelOptions::builder().reason("enough").build()).await?;
    let told = task.heartbeat(Some("half".to_owned()), RpcOptions::default()).await?;
    println!("told to cancel: {}", told.cancel_requested);
    task.report_cancelation(Some("stopped".to_owned()), RpcOptions::default()).await?;
    refused("canceled activity", canceled.result().await);

    let terminated = start(client, "a4").await?;
    next(client).await?;
    let options =
        ActivityDescribeOptions::builder().include_input(true).include_outcome(true).build();
    let open = terminated.describe(options.clone()).await?;
    println!(
        "open activity: {:?} {} {} {}",
        open.status(),
        open.attempt(),
        open.has_input(),
        open.has_outcome()
    );
    terminated.terminate(ActivityTerminateOptions::builder().reason("for good").build()).await?;
    refused("terminated activity", terminated.result().await);
    let closed = client.get_untyped_activity_handle("a4", None).describe(options).await?;
    println!("closed activity: {:?} {}", closed.status(), closed.has_outcome());

    let by_id =
        |id: &str| client.get_async_activity_handle(ActivityIdentifier::by_id_standalone(id, ""));
    let outside = start(client, "a5").await?;
    next(client).await?;
    by_id("a5").heartbeat(Some("half".to_owned()), RpcOptions::default()).await?;
    by_id("a5").complete(Some("from outside".to_owned()), RpcOptions::default()).await?;
    println!("completed by id: {}", value(outside.result().await?));
    let outside = start(client, "a6").await?;
    next(client).await?;
    let broken = ApplicationFailure::non_retryable(anyhow::anyhow!("broken"));
    by_id("a6").fail(broken, None::<String>, RpcOptions::default()).await?;
    refused("failed by id", outside.result().await);
    let outside = start(client, "a7").await?;
    next(client).await?;
    outside.cancel(ActivityCancelOptions::default()).await?;
    by_id("a7").report_cancelation(None::<String>, RpcOptions::default()).await?;
    refused("canceled by id", outside.result().await);

    let nobody = client.get_activity_handle(UntypedActivity::new("wait"), "nobody", None);
    refused("unknown activity", nobody.describe(ActivityDescribeOptions::default()).await);
    let query = format!("TaskQueue = '{QUEUE}'");
    let listed = client.list_activities(query.clone(), ActivityListOptions::default());
    let mut listed: Vec<String> =
        listed.map_ok(|it| format!("{} {:?}", it.activity_id(), it.status())).try_collect().await?;
    listed.sort();
    println!("activities: {}", listed.join(", "));
    let grouped = format!("{query} GROUP BY ExecutionStatus");
    let counted = client.count_activities(grouped, ActivityCountOptions::default()).await?;
    println!("counted: {} {}", counted.count(), counted.groups().len());
    Ok(())
}

async fn start(
    client: &Client,
    id: &str,
) -> Result<ActivityHandle<Client, UntypedActivity>, StartActivityError> {
    let options =
        ActivityStartOptions::with_start_to_close_timeout(QUEUE, id, Duration::from_secs(60))
            .build();
    client.start_activity(UntypedActivity::new("wait"), args(&[json!(id)]), options).await
}

/// What a worker would get.
async fn next(client: &Client) -> Result<AsyncActivityHandle<Client>> {
    let token = TaskToken::from(take(client, QUEUE).await?);
    Ok(client.get_async_activity_handle(ActivityIdentifier::from_task_token(token)))
}
