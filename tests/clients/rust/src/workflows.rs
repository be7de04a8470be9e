//! Starts, ends, lists, histories.

use crate::words::{args, refused, value};
use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use serde_json::json;
use std::time::Duration;
use temporalio_client::grpc::WorkflowService;
use temporalio_client::{
    Client, UntypedSignal, WorkflowCancelOptions, WorkflowCountOptions,
    WorkflowFetchHistoryOptions, WorkflowGetResultOptions, WorkflowHandle, WorkflowHistory,
    WorkflowIdConflictPolicy, WorkflowListOptions, WorkflowSignalOptions, WorkflowStartOptions,
    WorkflowTerminateOptions,
};
use temporalio_common::data_converters::RawValue;
use temporalio_common::protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_common::protos::temporal::api::workflowservice::v1::ResetWorkflowExecutionRequest;
use temporalio_common::search_attributes::{SearchAttributeKey, SearchAttributes};
use temporalio_common::{MemoValues, UntypedWorkflow};
use tonic::IntoRequest;

const STAGE: SearchAttributeKey<String> = SearchAttributeKey::keyword("Stage");

type Handle = WorkflowHandle<Client, UntypedWorkflow>;

pub(crate) async fn run(client: &Client) -> Result<()> {
    let mut memo = MemoValues::new();
    memo.insert("from", "rust".to_owned());
    let options = WorkflowStartOptions::new("bench", "echo")
        .memo(memo)
        .search_attributes(SearchAttributes::new([STAGE.value_set("new".to_owned())]))
        .static_summary("an echo")
        .run_timeout(Duration::from_secs(300));
    let echo = start(client, "wait-signal", options.build()).await?;
    let described = echo.describe(Default::default()).await?;
    let stage = described.search_attributes().get(&STAGE).context("no stage")?;
    let memo = described.memo().get::<String>("from")?;
    println!(
        "described: {:?} {stage} {memo:?} {:?}",
        described.status(),
        described.static_summary()
    );
    let twice = WorkflowStartOptions::new("bench", "echo");
    refused("started twice", start(client, "wait-signal", twice.build()).await);
    let same = WorkflowStartOptions::new("bench", "echo")
        .id_conflict_policy(WorkflowIdConflictPolicy::UseExisting);
    let same = start(client, "wait-signal", same.build()).await?;
    println!("the existing one: {}", same.run_id() == echo.run_id());
    signal(&echo, json!({"text": "grüße"})).await?;
    println!("result: {}", result(&echo).await?);

    let both = client.signal_with_start_workflow(
        UntypedWorkflow::new("wait-signal"),
        RawValue::default(),
        UntypedSignal::new("go"),
        args(&[json!(7)]),
        WorkflowStartOptions::new("bench", "both").build(),
    );
    println!("signaled with start: {}", result(&both.await?).await?);
    let late = echo.signal(
        UntypedSignal::new("go"),
        RawValue::default(),
        WorkflowSignalOptions::default(),
    );
    refused("signal after the end", late.await);
    let nobody: Handle = client.get_workflow_handle("nobody");
    refused("no such workflow", nobody.describe(Default::default()).await);
    let nowhere = WorkflowStartOptions::new("nowhere", "x");
    refused("nothing deployed", start(client, "x", nowhere.build()).await);

    let canceled =
        start(client, "until-canceled", WorkflowStartOptions::new("bench", "canceled").build())
            .await?;
    canceled.cancel(WorkflowCancelOptions::builder().reason("enough").build()).await?;
    refused("canceled", canceled.get_result(WorkflowGetResultOptions::default()).await);
    let terminated =
        start(client, "wait-signal", WorkflowStartOptions::new("bench", "terminated").build())
            .await?;
    terminated
        .terminate(WorkflowTerminateOptions::builder().reason("no longer needed").build())
        .await?;
    refused("terminated", terminated.get_result(WorkflowGetResultOptions::default()).await);
    reset(client).await?;

    let history = echo.fetch_history(WorkflowFetchHistoryOptions::default());
    let json = history.to_json().await?;
    let events = WorkflowHistory::from_json(&json)?.into_events().await?;
    println!("history: {}", events.iter().zip(1..).all(|(event, nth)| event.event_id == nth));
    let query = "TaskQueue = 'bench'";
    let listed = client.list_workflows(query, WorkflowListOptions::default());
    let mut listed: Vec<String> =
        listed.map_ok(|it| format!("{} {:?}", it.id(), it.status())).try_collect().await?;
    listed.sort();
    println!("listed: {}", listed.join(", "));
    let grouped = format!("{query} GROUP BY ExecutionStatus");
    let counted = client.count_workflows(grouped, WorkflowCountOptions::default()).await?;
    println!("counted: {} {}", counted.count(), counted.groups().len());
    Ok(())
}

/// What the client has no word of its own for, but its connection.
async fn reset(client: &Client) -> Result<()> {
    let request = ResetWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: Some(WorkflowExecution {
            workflow_id: "terminated".to_owned(),
            run_id: String::new(),
        }),
        workflow_task_finish_event_id: 4,
        request_id: "reset".to_owned(),
        reason: "once more".to_owned(),
        ..Default::default()
    };
    client.clone().reset_workflow_execution(request.into_request()).await?;
    let again: Handle = client.get_workflow_handle("terminated");
    signal(&again, json!("after all")).await?;
    println!("reset: {}", result(&again).await?);
    Ok(())
}

pub(crate) async fn start(
    client: &Client,
    workflow_type: &str,
    options: WorkflowStartOptions,
) -> Result<Handle, temporalio_client::errors::WorkflowStartError> {
    client.start_workflow(UntypedWorkflow::new(workflow_type), RawValue::default(), options).await
}

async fn signal(handle: &Handle, with: serde_json::Value) -> Result<()> {
    let options = WorkflowSignalOptions::default();
    Ok(handle.signal(UntypedSignal::new("go"), args(&[with]), options).await?)
}

pub(crate) async fn result(handle: &Handle) -> Result<serde_json::Value> {
    let result = handle.get_result(WorkflowGetResultOptions::default()).await?;
    if result.payloads.is_empty() {
        bail!("no result");
    }
    Ok(value(result))
}
