//! Temporal's calls that a load needs, over a few connections. Only what the real clients send.

use anyhow::{Context, Result, bail};
use http::uri::PathAndQuery;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use temporalio_protos::temporal::api::common::v1::{
    Payload, Payloads, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::enums::v1::{EventType, HistoryEventFilterType};
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetSystemInfoRequest, GetSystemInfoResponse, GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse, PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse, RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse, SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse, StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};
use tonic::transport::{Channel, Endpoint};

const NAMESPACE: &str = "default";
const IDENTITY: &str = "refrain-bench";
const CONNECTIONS: usize = 4;

#[derive(Clone)]
pub(crate) struct Client {
    channels: Arc<[Channel]>,
    next: Arc<AtomicUsize>,
}

macro_rules! call {
    ($self:ident, $method:literal, $request:expr => $answer:ty) => {{
        let mut grpc = tonic::client::Grpc::new($self.channel());
        grpc.ready().await.context("no connection")?;
        let path = PathAndQuery::from_static(concat!(
            "/temporal.api.workflowservice.v1.WorkflowService/",
            $method
        ));
        let codec = tonic_prost::ProstCodec::<_, $answer>::default();
        let answer = grpc.unary(tonic::Request::new($request), path, codec).await;
        answer.map(tonic::Response::into_inner).context($method)
    }};
}

impl Client {
    pub(crate) async fn connect(address: &str) -> Result<Client> {
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
            channels.push(endpoint.connect().await?);
        }
        let client = Client { channels: channels.into(), next: Arc::default() };
        client.system_info().await?;
        Ok(client)
    }

    fn channel(&self) -> Channel {
        let at = self.next.fetch_add(1, Ordering::Relaxed) % self.channels.len();
        self.channels[at].clone()
    }

    /// Each client's first call.
    pub(crate) async fn system_info(&self) -> Result<GetSystemInfoResponse> {
        call!(self, "GetSystemInfo", GetSystemInfoRequest::default() => GetSystemInfoResponse)
    }

    pub(crate) async fn start(
        &self,
        workflow_id: &str,
        workflow_type: &str,
        task_queue: &str,
        argument: Option<Value>,
    ) -> Result<()> {
        let request = StartWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType { name: workflow_type.to_owned() }),
            task_queue: Some(queue(task_queue)),
            input: argument.map(|it| json(&it)),
            identity: IDENTITY.to_owned(),
            // Unique enough: the id of the workflow is.
            request_id: workflow_id.to_owned(),
            ..Default::default()
        };
        call!(self, "StartWorkflowExecution", request => StartWorkflowExecutionResponse).map(drop)
    }

    /// Waits for the end of a workflow, which must be a good one.
    pub(crate) async fn result(&self, workflow_id: &str) -> Result<()> {
        let mut next_page_token = Vec::new();
        loop {
            let request = GetWorkflowExecutionHistoryRequest {
                namespace: NAMESPACE.to_owned(),
                execution: Some(execution(workflow_id)),
                next_page_token,
                wait_new_event: true,
                history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
                skip_archival: true,
                ..Default::default()
            };
            let answer = self.history_call(request).await?;
            if let Some(event) = answer.history.and_then(|it| it.events.into_iter().next()) {
                if event.event_type() != EventType::WorkflowExecutionCompleted {
                    bail!("{workflow_id} ended with {:?}: {event:?}", event.event_type());
                }
                return Ok(());
            }
            next_page_token = answer.next_page_token;
        }
    }

    /// The first events of a history.
    pub(crate) async fn first_events(&self, workflow_id: &str) -> Result<Vec<HistoryEvent>> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: NAMESPACE.to_owned(),
            execution: Some(execution(workflow_id)),
            ..Default::default()
        };
        let answer = self.history_call(request).await?;
        Ok(answer.history.unwrap_or_default().events)
    }

    async fn history_call(
        &self,
        request: GetWorkflowExecutionHistoryRequest,
    ) -> Result<GetWorkflowExecutionHistoryResponse> {
        call!(self, "GetWorkflowExecutionHistory", request => GetWorkflowExecutionHistoryResponse)
    }

    pub(crate) async fn signal(&self, workflow_id: &str, name: &str, input: Value) -> Result<()> {
        let request = SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_execution: Some(execution(workflow_id)),
            signal_name: name.to_owned(),
            input: Some(json(&input)),
            identity: IDENTITY.to_owned(),
            request_id: workflow_id.to_owned(),
            ..Default::default()
        };
        call!(self, "SignalWorkflowExecution", request => SignalWorkflowExecutionResponse).map(drop)
    }

    pub(crate) async fn poll(&self, task_queue: &str) -> Result<PollActivityTaskQueueResponse> {
        let request = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: Some(queue(task_queue)),
            identity: IDENTITY.to_owned(),
            ..Default::default()
        };
        call!(self, "PollActivityTaskQueue", request => PollActivityTaskQueueResponse)
    }

    /// Completes an activity with nothing.
    pub(crate) async fn complete(&self, task_token: Vec<u8>) -> Result<()> {
        let request = RespondActivityTaskCompletedRequest {
            task_token,
            namespace: NAMESPACE.to_owned(),
            identity: IDENTITY.to_owned(),
            result: Some(json(&Value::Null)),
            ..Default::default()
        };
        call!(self, "RespondActivityTaskCompleted", request => RespondActivityTaskCompletedResponse)
            .map(drop)
    }
}

fn execution(workflow_id: &str) -> WorkflowExecution {
    WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() }
}

fn queue(name: &str) -> TaskQueue {
    TaskQueue { name: name.to_owned(), ..Default::default() }
}

/// As SDKs write values.
fn json(value: &Value) -> Payloads {
    let encoding = if value.is_null() { "binary/null" } else { "json/plain" };
    let data = if value.is_null() { Vec::new() } else { value.to_string().into_bytes() };
    let metadata = [("encoding".to_owned(), encoding.as_bytes().to_vec())].into();
    Payloads { payloads: vec![Payload { metadata, data, ..Default::default() }] }
}
