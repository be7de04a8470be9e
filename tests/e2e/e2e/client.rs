//! Temporal's calls over one connection, for tests that make many of them at once.

use anyhow::{Context, Result};
use std::time::Duration;
use temporalio_protos::temporal::api::common::v1::{
    Payload, Payloads, WorkflowExecution, WorkflowType,
};
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_protos::temporal::api::failure::v1::{ApplicationFailureInfo, Failure};
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse,
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
    PollActivityTaskQueueRequest, PollActivityTaskQueueResponse, QueryWorkflowRequest,
    QueryWorkflowResponse, RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse, RespondActivityTaskFailedRequest,
    RespondActivityTaskFailedResponse, SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse, StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// Calls that wait for nothing are answered within this, or the host is in trouble.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const NAMESPACE: &str = "default";

#[derive(Clone)]
pub(crate) struct Client {
    channel: Channel,
}

impl Client {
    /// Connects when first used, and again whenever the host is back.
    pub(crate) fn new(address: &str) -> Result<Client> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        Ok(Client { channel: endpoint.connect_lazy() })
    }

    /// One that asks for its answers and does not read them: it takes `window` bytes and no more.
    pub(crate) fn that_does_not_read(address: &str, window: u32) -> Result<Client> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .initial_stream_window_size(window)
            .initial_connection_window_size(window);
        Ok(Client { channel: endpoint.connect_lazy() })
    }

    /// The answer begins to come. Whoever holds what is returned has not read it.
    pub(crate) async fn history_unread(
        &self,
        workflow_id: &str,
    ) -> Result<tonic::Streaming<GetWorkflowExecutionHistoryResponse>, Status> {
        let path = "/temporal.api.workflowservice.v1.WorkflowService/GetWorkflowExecutionHistory";
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|it| Status::unavailable(it.to_string()))?;
        let request = Request::new(history_request(workflow_id));
        let codec = tonic_prost::ProstCodec::default();
        let path = PathAndQuery::from_static(path);
        grpc.server_streaming(request, path, codec).await.map(tonic::Response::into_inner)
    }

    /// With gzip both ways, as SDKs do.
    pub(crate) async fn call<Q, A>(
        &self,
        method: &str,
        request: Q,
        patience: Duration,
    ) -> Result<A, Status>
    where
        Q: tonic_prost::prost::Message + Send + Sync + 'static,
        A: tonic_prost::prost::Message + Default + Send + Sync + 'static,
    {
        let path = format!("/temporal.api.workflowservice.v1.WorkflowService/{method}");
        let path = PathAndQuery::try_from(path).map_err(|it| Status::internal(it.to_string()))?;
        let mut grpc = Grpc::new(self.channel.clone())
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        let called = async {
            grpc.ready().await.map_err(|it| Status::unavailable(it.to_string()))?;
            let codec = tonic_prost::ProstCodec::<Q, A>::default();
            grpc.unary(Request::new(request), path, codec).await
        };
        let Ok(answer) = tokio::time::timeout(patience, called).await else {
            return Err(Status::deadline_exceeded(format!("no answer within {patience:?}")));
        };
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn start(
        &self,
        workflow_id: &str,
        workflow_type: &str,
        task_queue: &str,
        input: &[Payload],
        request_id: &str,
    ) -> Result<StartWorkflowExecutionResponse, Status> {
        let request = StartWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType { name: workflow_type.to_owned() }),
            task_queue: Some(TaskQueue { name: task_queue.to_owned(), ..Default::default() }),
            input: payloads(input),
            request_id: request_id.to_owned(),
            identity: "e2e".to_owned(),
            ..Default::default()
        };
        self.call("StartWorkflowExecution", request, PATIENCE).await
    }

    pub(crate) async fn signal(
        &self,
        workflow_id: &str,
        signal: &str,
        input: &[Payload],
        request_id: &str,
    ) -> Result<SignalWorkflowExecutionResponse, Status> {
        let request = SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_execution: execution(workflow_id),
            signal_name: signal.to_owned(),
            input: payloads(input),
            request_id: request_id.to_owned(),
            identity: "e2e".to_owned(),
            ..Default::default()
        };
        self.call("SignalWorkflowExecution", request, PATIENCE).await
    }

    pub(crate) async fn query(
        &self,
        workflow_id: &str,
        query: &str,
    ) -> Result<QueryWorkflowResponse, Status> {
        let query = WorkflowQuery { query_type: query.to_owned(), ..Default::default() };
        let request = QueryWorkflowRequest {
            namespace: NAMESPACE.to_owned(),
            execution: execution(workflow_id),
            query: Some(query),
            ..Default::default()
        };
        self.call("QueryWorkflow", request, PATIENCE).await
    }

    pub(crate) async fn describe(
        &self,
        workflow_id: &str,
    ) -> Result<DescribeWorkflowExecutionResponse, Status> {
        let request = DescribeWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            execution: execution(workflow_id),
        };
        self.call("DescribeWorkflowExecution", request, PATIENCE).await
    }

    pub(crate) async fn count(&self, query: &str) -> Result<i64, Status> {
        let request = CountWorkflowExecutionsRequest {
            namespace: NAMESPACE.to_owned(),
            query: query.to_owned(),
        };
        let answer: CountWorkflowExecutionsResponse =
            self.call("CountWorkflowExecutions", request, PATIENCE).await?;
        Ok(answer.count)
    }

    /// All events of the latest run, page by page.
    pub(crate) async fn history(&self, workflow_id: &str) -> Result<Vec<HistoryEvent>, Status> {
        let mut events = Vec::new();
        let mut request = history_request(workflow_id);
        loop {
            let page: GetWorkflowExecutionHistoryResponse =
                self.call("GetWorkflowExecutionHistory", request.clone(), PATIENCE).await?;
            events.extend(page.history.unwrap_or_default().events);
            if page.next_page_token.is_empty() {
                return Ok(events);
            }
            request.next_page_token = page.next_page_token;
        }
    }

    /// Waits for the closing event. `None`: the run was still open when the host stopped waiting.
    pub(crate) async fn wait_for_end(
        &self,
        workflow_id: &str,
        patience: Duration,
    ) -> Result<Option<HistoryEvent>, Status> {
        let request = GetWorkflowExecutionHistoryRequest {
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
            ..history_request(workflow_id)
        };
        let page: GetWorkflowExecutionHistoryResponse =
            self.call("GetWorkflowExecutionHistory", request, patience).await?;
        Ok(page.history.unwrap_or_default().events.into_iter().next_back())
    }

    /// As a worker says that an attempt failed, and that the next one is to begin after so many ms.
    pub(crate) async fn fail_activity(&self, task_token: Vec<u8>, ms: u64) -> Result<(), Status> {
        let delay = Duration::from_millis(ms);
        let next_retry_delay = delay.try_into().ok();
        let info = ApplicationFailureInfo { next_retry_delay, ..Default::default() };
        let request = RespondActivityTaskFailedRequest {
            namespace: NAMESPACE.to_owned(),
            task_token,
            failure: Some(Failure {
                failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
                ..Default::default()
            }),
            ..Default::default()
        };
        let said: Result<RespondActivityTaskFailedResponse, Status> =
            self.call("RespondActivityTaskFailed", request, PATIENCE).await;
        said.map(drop)
    }

    /// As a worker says that an attempt is done.
    pub(crate) async fn complete_activity(&self, task_token: Vec<u8>) -> Result<(), Status> {
        let request = RespondActivityTaskCompletedRequest {
            namespace: NAMESPACE.to_owned(),
            task_token,
            ..Default::default()
        };
        let said: Result<RespondActivityTaskCompletedResponse, Status> =
            self.call("RespondActivityTaskCompleted", request, PATIENCE).await;
        said.map(drop)
    }

    /// As a worker asks for an activity.
    pub(crate) async fn poll_activity(
        &self,
        task_queue: &str,
        patience: Duration,
    ) -> Result<PollActivityTaskQueueResponse, Status> {
        let request = PollActivityTaskQueueRequest {
            namespace: NAMESPACE.to_owned(),
            task_queue: Some(TaskQueue { name: task_queue.to_owned(), ..Default::default() }),
            identity: "e2e".to_owned(),
            ..Default::default()
        };
        self.call("PollActivityTaskQueue", request, patience).await
    }
}

fn history_request(workflow_id: &str) -> GetWorkflowExecutionHistoryRequest {
    GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.to_owned(),
        execution: execution(workflow_id),
        ..Default::default()
    }
}

fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() })
}

/// None at all is not an empty list: some SDKs tell the two apart.
fn payloads(list: &[Payload]) -> Option<Payloads> {
    (!list.is_empty()).then(|| Payloads { payloads: list.to_vec() })
}

/// A value as all SDKs send it.
pub(crate) fn json(value: &serde_json::Value) -> Payload {
    Payload {
        metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
        data: value.to_string().into_bytes(),
        ..Default::default()
    }
}

pub(crate) fn from_json(payloads: Option<&Payloads>) -> Result<serde_json::Value> {
    let payload = payloads.and_then(|it| it.payloads.first()).context("no payload")?;
    Ok(serde_json::from_slice(&payload.data)?)
}

/// For tests that are not asynchronous themselves.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}
