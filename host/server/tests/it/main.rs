//! The server over a real connection: a client of the protocol on one side, an engine with a
//! temporary database on the other.

mod attached;
mod batches;
mod chains;
mod connections;
mod fairness;
mod fuzz;
mod guests;
mod lists;
mod namespaces;
mod overrides;
mod queues;
mod reflection;
mod schedules;
mod standalone;
mod starts;
mod workers;

use guests::Texts;
use prost::Message;
use refrain_engine::api::NamespaceSettings;
use refrain_engine::{Engine, EngineConfig};
use refrain_store::{Store, StoreConfig};
use refrain_wire::admin::refrain_service_client::RefrainServiceClient;
use refrain_wire::admin::{
    ComponentHeader, DeployRequest, DescribeComponentRequest, DescribeStateRequest,
    UploadComponentRequest, upload_component_request::Part,
};
use refrain_wire::api::common::v1::{Payload, Payloads, WorkflowExecution, WorkflowType};
use refrain_wire::api::enums::v1::{EventType, HistoryEventFilterType};
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::query::v1::WorkflowQuery;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::wkt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

const SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";

struct Host {
    channel: Channel,
    /// Where its HTTP API is.
    http: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<Result<(), refrain_server::ServeError>>,
    engine: Engine,
}

impl Host {
    /// A host with one namespace, `default`, and a component on the queue `orders`.
    async fn start() -> Host {
        Host::start_with(None, EngineConfig::default().waiting_activities_max).await
    }

    /// On a database that may have something in it.
    async fn start_with(path: Option<&Path>, waiting_activities_max: usize) -> Host {
        let config = StoreConfig { path: path.map(Path::to_owned), readers: 2 };
        let store = Store::open(config).await.expect("a store");
        let config = EngineConfig { waiting_activities_max, ..EngineConfig::default() };
        let engine = Engine::start(config, store, Arc::new(Texts)).await.expect("an engine");
        let is_new = engine.namespace("default").is_err();
        if is_new {
            let day = refrain_core::time::Delay::from_secs(86_400);
            let settings = NamespaceSettings { retention: day, ..NamespaceSettings::default() };
            engine.register_namespace("default", settings).await.expect("a namespace");
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let stopped = async move {
            let _ = stopped.await;
        };
        let http = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let http_address = http.local_addr().expect("an address").to_string();
        let hosts = refrain_server::HttpHosts::any();
        let http = refrain_server::HttpListener { listener: http, page: None, hosts };
        let listeners = refrain_server::Listeners { grpc: listener, http: vec![http] };
        let connections = refrain_server::Connections::default();
        let served =
            tokio::spawn(refrain_server::serve(listeners, connections, engine.clone(), stopped));
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .expect("an address")
            .connect()
            .await
            .expect("a connection");
        let host = Host { channel, http: http_address, stop: Some(stop), served, engine };
        if is_new {
            host.deploy().await;
        }
        host
    }

    fn admin(&self) -> RefrainServiceClient<Channel> {
        RefrainServiceClient::new(self.channel.clone())
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip)
    }

    async fn deploy(&self) {
        let header =
            ComponentHeader { namespace: "default".to_owned(), name: "orders".to_owned(), kind: 0 };
        let parts =
            [Part::Header(header), Part::Chunk(b"work".to_vec()), Part::Chunk(b"flows".to_vec())];
        let parts = parts.map(|part| UploadComponentRequest { part: Some(part) });
        let uploaded = self
            .admin()
            .upload_component(tokio_stream::iter(parts))
            .await
            .expect("it is a component")
            .into_inner();
        assert_eq!(uploaded.workflow_types, ["Echo", "Wait", "Charge"]);
        assert!(!uploaded.already_there);
        let deployed = self
            .admin()
            .deploy(DeployRequest {
                namespace: "default".to_owned(),
                task_queue: "orders".to_owned(),
                component: "orders".to_owned(),
                ..Default::default()
            })
            .await
            .expect("it is there");
        let deployment = deployed.into_inner().deployment.expect("always filled");
        assert_eq!((deployment.digest, deployment.version), (uploaded.digest, 1));
    }

    /// Another component of the same name. Its digest.
    async fn upload_again(&self, bytes: &[u8]) -> String {
        let header =
            ComponentHeader { namespace: "default".to_owned(), name: "orders".to_owned(), kind: 0 };
        let parts = [Part::Header(header), Part::Chunk(bytes.to_vec())];
        let parts = parts.map(|part| UploadComponentRequest { part: Some(part) });
        let uploaded = self.admin().upload_component(tokio_stream::iter(parts)).await;
        uploaded.expect("it is a component").into_inner().digest
    }

    /// Another component of the same name, for the same queue.
    async fn deploy_again(&self, bytes: &[u8]) {
        let request = DeployRequest {
            namespace: "default".to_owned(),
            task_queue: "orders".to_owned(),
            component: self.upload_again(bytes).await,
            ..Default::default()
        };
        self.admin().deploy(request).await.expect("it is there");
    }

    async fn call<Q, R>(&self, method: &str, request: Q) -> Result<R, Status>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        self.call_within(method, request, None).await
    }

    async fn call_within<Q, R>(
        &self,
        method: &str,
        request: Q,
        timeout: Option<Duration>,
    ) -> Result<R, Status>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        let mut request = Request::new(request);
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        self.send(method, request).await
    }

    /// With its metadata.
    async fn send<Q, R>(&self, method: &str, request: Request<Q>) -> Result<R, Status>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        let mut client = tonic::client::Grpc::new(self.channel.clone())
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        client.ready().await.expect("a connection");
        let path = format!("/{SERVICE}/{method}");
        let path = PathAndQuery::from_maybe_shared(path).expect("a path");
        let codec = tonic_prost::ProstCodec::<Q, R>::default();
        Ok(client.unary(request, path, codec).await?.into_inner())
    }

    async fn start_workflow(&self, id: &str, kind: &str) -> Result<String, Status> {
        let request = start_request(id, kind);
        let started: StartWorkflowExecutionResponse =
            self.call("StartWorkflowExecution", request).await?;
        assert!(started.link.is_some() && started.first_execution_run_id == started.run_id);
        Ok(started.run_id)
    }

    async fn signal(&self, id: &str, name: &str) -> Result<(), Status> {
        let request = SignalWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(id, ""),
            signal_name: name.to_owned(),
            input: text("\"bye\""),
            ..Default::default()
        };
        let answer: SignalWorkflowExecutionResponse =
            self.call("SignalWorkflowExecution", request).await?;
        assert!(answer.link.is_some());
        Ok(())
    }

    async fn history(
        &self,
        id: &str,
        token: Vec<u8>,
        wait: bool,
        filter: HistoryEventFilterType,
        timeout: Duration,
    ) -> Result<(Vec<HistoryEvent>, Vec<u8>), Status> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(id, ""),
            next_page_token: token,
            wait_new_event: wait,
            history_event_filter_type: filter as i32,
            ..Default::default()
        };
        let answer: GetWorkflowExecutionHistoryResponse =
            self.call_within("GetWorkflowExecutionHistory", request, Some(timeout)).await?;
        Ok((answer.history.expect("always filled").events, answer.next_page_token))
    }

    /// Waits for the end as SDKs do.
    async fn close_event(&self, id: &str) -> HistoryEvent {
        let filter = HistoryEventFilterType::CloseEvent;
        let (mut events, token) = self
            .history(id, Vec::new(), true, filter, Duration::from_secs(15))
            .await
            .expect("it closes");
        assert_eq!((events.len(), token), (1, Vec::new()));
        events.remove(0)
    }

    async fn poll(&self, timeout: Duration) -> Result<PollActivityTaskQueueResponse, Status> {
        let request = PollActivityTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: Some(TaskQueue { name: "cards".to_owned(), ..Default::default() }),
            identity: "worker".to_owned(),
            ..Default::default()
        };
        self.call_within("PollActivityTaskQueue", request, Some(timeout)).await
    }

    async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        drop(self.channel);
        self.served.await.expect("no panic").expect("no error");
        self.engine.shutdown().await;
    }
}

fn execution(workflow_id: &str, run_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run_id.to_owned() })
}

fn text(json: &str) -> Option<Payloads> {
    let metadata = [("encoding".to_owned(), b"json/plain".to_vec())].into();
    let payload = Payload { metadata, data: json.as_bytes().to_vec(), external_payloads: vec![] };
    Some(Payloads { payloads: vec![payload] })
}

fn start_request(id: &str, kind: &str) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: id.to_owned(),
        workflow_type: Some(WorkflowType { name: kind.to_owned() }),
        task_queue: Some(TaskQueue { name: "orders".to_owned(), ..Default::default() }),
        input: text("\"hi\""),
        request_id: format!("request of {id}"),
        ..Default::default()
    }
}

fn data(payloads: Option<Payloads>) -> String {
    let payloads = payloads.unwrap_or_default().payloads;
    String::from_utf8(payloads.first().expect("one").data.clone()).expect("json")
}

/// The names of the typed details of an error.
fn has_detail(status: &Status, name: &str) -> bool {
    String::from_utf8_lossy(status.details()).contains(&format!("errordetails.v1.{name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_started_awaited_described_listed_and_counted() {
    let host = Host::start().await;
    let run = host.start_workflow("w1", "Echo").await.expect("it starts");
    let closed = host.close_event("w1").await;
    let Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) = closed.attributes else {
        panic!("{closed:?}");
    };
    assert_eq!(data(it.result), "\"hi\"");

    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("w1", ""),
    };
    let described: DescribeWorkflowExecutionResponse =
        host.call("DescribeWorkflowExecution", request).await.expect("it is there");
    let info = described.workflow_execution_info.expect("always filled");
    assert_eq!(info.execution, execution("w1", &run));
    assert_eq!((info.status, info.history_length), (2, closed.event_id));
    assert!(info.r#type.is_some() && info.start_time.is_some() && info.close_time.is_some());
    assert!(described.execution_config.is_some() && described.workflow_extended_info.is_some());

    let list = |query: &str| ListWorkflowExecutionsRequest {
        namespace: "default".to_owned(),
        query: query.to_owned(),
        page_size: 1,
        ..Default::default()
    };
    for query in ["", "WorkflowId='w1'", "ExecutionStatus=\"Completed\"", &format!("RunId='{run}'")]
    {
        let listed: ListWorkflowExecutionsResponse =
            host.call("ListWorkflowExecutions", list(query)).await.expect("a query");
        assert_eq!(listed.executions.len(), 1, "{query}");
        assert_eq!(listed.executions[0].execution, execution("w1", &run));
    }
    let listed: ListWorkflowExecutionsResponse =
        host.call("ListWorkflowExecutions", list("ExecutionStatus='Running'")).await.expect("ok");
    assert!(listed.executions.is_empty() && listed.next_page_token.is_empty());
    let wrong: Result<ListWorkflowExecutionsResponse, Status> =
        host.call("ListWorkflowExecutions", list("Color='red'")).await;
    assert_eq!(wrong.expect_err("no such attribute").code(), Code::InvalidArgument);

    let request = CountWorkflowExecutionsRequest {
        namespace: "default".to_owned(),
        query: "GROUP BY ExecutionStatus".to_owned(),
    };
    let counted: CountWorkflowExecutionsResponse =
        host.call("CountWorkflowExecutions", request).await.expect("a query");
    assert_eq!((counted.count, counted.groups.len()), (1, 1));
    assert_eq!(counted.groups[0].group_values[0].data, b"\"Completed\"");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_list_hold_every_run_once() {
    let host = Host::start().await;
    for n in 0..5 {
        host.start_workflow(&format!("w{n}"), "Wait").await.expect("it starts");
    }
    let mut seen = Vec::new();
    let mut token = Vec::new();
    loop {
        let request = ListWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            page_size: 2,
            next_page_token: token,
            ..Default::default()
        };
        let page: ListWorkflowExecutionsResponse =
            host.call("ListWorkflowExecutions", request).await.expect("a page");
        seen.extend(page.executions.into_iter().filter_map(|it| Some(it.execution?.workflow_id)));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["w0", "w1", "w2", "w3", "w4"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_is_refused_with_the_detail_that_sdks_need() {
    let host = Host::start().await;
    let run = host.start_workflow("w1", "Wait").await.expect("it starts");
    // The same request again is the same run.
    assert_eq!(host.start_workflow("w1", "Wait").await.expect("the same"), run);

    let mut request = start_request("w1", "Wait");
    request.request_id = "another".to_owned();
    let refused: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", request.clone()).await;
    let refused = refused.expect_err("it is running");
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(has_detail(&refused, "WorkflowExecutionAlreadyStartedFailure"));
    assert!(String::from_utf8_lossy(refused.details()).contains(&run));

    request.workflow_id_conflict_policy = 2;
    let used: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", request).await.expect("use existing");
    assert_eq!((used.run_id, used.started), (run, false));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused_by_field() {
    let host = Host::start().await;
    let start = |change: fn(&mut StartWorkflowExecutionRequest)| {
        let mut request = start_request("w1", "Echo");
        change(&mut request);
        request
    };
    let refused = [
        (start(|it| it.namespace.clear()), "namespace is missing or empty"),
        (start(|it| it.workflow_id.clear()), "workflow_id is missing or empty"),
        (start(|it| it.workflow_type = None), "workflow_type is missing or empty"),
        (start(|it| it.task_queue = None), "task_queue is missing or empty"),
        (start(|it| it.workflow_id = "x".repeat(1001)), "workflow_id has 1001 bytes"),
        (start(|it| it.cron_schedule = "@often".to_owned()), "invalid CronSchedule."),
        (start(|it| it.cron_schedule = "0 0 0 * * *".to_owned()), "has 6 fields, expected 5"),
        (start(|it| it.cron_schedule = "CRON_TZ=UTC".to_owned()), "invalid CronSchedule."),
        (
            start(|it| it.cron_schedule = "0 0 31 2 *".to_owned()),
            "invalid CronSchedule, no time can be found to satisfy the schedule",
        ),
        (
            start(|it| {
                it.cron_schedule = "@hourly".to_owned();
                it.workflow_start_delay = Some(wkt::Duration { seconds: 3, nanos: 0 });
            }),
            "CronSchedule and WorkflowStartDelay may not be used together.",
        ),
        (start(|it| it.workflow_id_reuse_policy = 9), "workflow_id_reuse_policy is `9`"),
    ];
    for (request, words) in refused {
        let refused: Result<StartWorkflowExecutionResponse, Status> =
            host.call("StartWorkflowExecution", request).await;
        let refused = refused.expect_err(words);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(words), "{refused:?}");
    }
    let nowhere: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", start(|it| it.namespace = "nope".to_owned())).await;
    let nowhere = nowhere.expect_err("no such namespace");
    assert_eq!(nowhere.code(), Code::NotFound);
    assert!(has_detail(&nowhere, "NamespaceNotFoundFailure"));
    let unknown = host.signal("nobody", "hello").await.expect_err("no such workflow");
    assert_eq!(unknown.code(), Code::NotFound);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_followed_to_its_end_and_read_backwards() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    let all = HistoryEventFilterType::AllEvent;
    let second = Duration::from_secs(1);

    let (mut events, token) =
        host.history("w1", Vec::new(), true, all, second).await.expect("what is there");
    assert!(!events.is_empty() && !token.is_empty());

    // Nothing new: an empty page in time, and the same place again.
    let began = Instant::now();
    let (none, token) = host.history("w1", token, true, all, second).await.expect("in time");
    assert!(none.is_empty() && !token.is_empty());
    assert!(began.elapsed() >= Duration::from_millis(500));

    let waits = host.history("w1", token, true, all, Duration::from_secs(15));
    let finishes = async {
        host.signal("w1", "finish").await.expect("it is open");
    };
    let (news, ()) = tokio::join!(waits, finishes);
    let (news, mut token) = news.expect("news");
    assert!(!news.is_empty());
    events.extend(news);
    while !token.is_empty() {
        let (more, next) =
            host.history("w1", token, true, all, Duration::from_secs(15)).await.expect("the rest");
        events.extend(more);
        token = next;
    }
    let ids: Vec<i64> = events.iter().map(|it| it.event_id).collect();
    assert_eq!(ids, (1..=events.len() as i64).collect::<Vec<_>>());
    let last = events.last().expect("some").event_type;
    assert_eq!(last, EventType::WorkflowExecutionCompleted as i32);

    let mut backwards = Vec::new();
    let mut token = Vec::new();
    loop {
        let request = GetWorkflowExecutionHistoryReverseRequest {
            namespace: "default".to_owned(),
            execution: execution("w1", ""),
            maximum_page_size: 2,
            next_page_token: token,
        };
        let page: GetWorkflowExecutionHistoryReverseResponse =
            host.call("GetWorkflowExecutionHistoryReverse", request).await.expect("a page");
        backwards.extend(page.history.expect("always filled").events);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    backwards.reverse();
    assert_eq!(backwards, events);

    let garbage = host.history("w1", b"x".to_vec(), false, all, second).await;
    assert_eq!(garbage.expect_err("not ours").code(), Code::InvalidArgument);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_the_end_gives_one_event_or_an_empty_page_with_a_token() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    let close = HistoryEventFilterType::CloseEvent;
    let (events, token) = host
        .history("w1", Vec::new(), true, close, Duration::from_millis(700))
        .await
        .expect("in time");
    assert!(events.is_empty() && !token.is_empty());
    let (events, token) = host
        .history("w1", Vec::new(), false, close, Duration::from_secs(5))
        .await
        .expect("at once");
    assert!(events.is_empty() && token.is_empty());
    host.signal("w1", "finish").await.expect("it is open");
    let event = host.close_event("w1").await;
    assert_eq!(event.event_type, EventType::WorkflowExecutionCompleted as i32);
    // The run is over: signals are refused, and a request to cancel has what it wants.
    let late = host.signal("w1", "finish").await.expect_err("it is closed");
    assert_eq!(late.code(), Code::NotFound);
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w1", ""),
        ..Default::default()
    };
    let _: RequestCancelWorkflowExecutionResponse =
        host.call("RequestCancelWorkflowExecution", request).await.expect("it is over");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_while_open_and_after() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    host.signal("w1", "tick").await.expect("it is open");
    let query = |name: &str, condition| QueryWorkflowRequest {
        namespace: "default".to_owned(),
        execution: execution("w1", ""),
        query: Some(WorkflowQuery { query_type: name.to_owned(), ..Default::default() }),
        query_reject_condition: condition,
    };
    let answer: QueryWorkflowResponse =
        host.call("QueryWorkflow", query("signals", 0)).await.expect("an answer");
    assert_eq!(data(answer.query_result), "1");
    host.signal("w1", "finish").await.expect("it is open");
    let answer: QueryWorkflowResponse =
        host.call("QueryWorkflow", query("signals", 3)).await.expect("an answer");
    assert_eq!(data(answer.query_result), "2");
    let answer: QueryWorkflowResponse =
        host.call("QueryWorkflow", query("signals", 2)).await.expect("an answer");
    assert_eq!(answer.query_rejected.expect("it is not open").status, 2);
    let answer: QueryWorkflowResponse =
        host.call("QueryWorkflow", query("__temporal_workflow_metadata", 0)).await.expect("ours");
    let metadata = data(answer.query_result);
    assert!(metadata.contains(r#""type": "Wait""#), "{metadata}");
    let failed: Result<QueryWorkflowResponse, Status> =
        host.call("QueryWorkflow", query("nope", 0)).await;
    let failed = failed.expect_err("no such query");
    assert_eq!(failed.code(), Code::InvalidArgument);
    assert!(has_detail(&failed, "QueryFailedFailure"));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_worker_gets_its_task_and_reports() {
    let host = Host::start().await;
    // Nothing to do: held, then empty.
    let began = Instant::now();
    let idle = host.poll(Duration::from_millis(600)).await.expect("in time");
    assert!(idle.task_token.is_empty());
    assert!(began.elapsed() >= Duration::from_millis(400));

    // A worker that goes away takes no task with it.
    let gone = tokio::time::timeout(Duration::from_millis(300), host.poll(Duration::from_secs(30)));
    assert!(gone.await.is_err());

    host.start_workflow("w1", "Charge").await.expect("it starts");
    let task = host.poll(Duration::from_secs(15)).await.expect("a task");
    assert_eq!(task.activity_type.expect("always filled").name, "charge");
    assert_eq!((data(task.input), task.attempt), ("\"hi\"".to_owned(), 1));
    assert!(task.scheduled_time.is_some() && task.start_to_close_timeout.is_some());

    let request = RecordActivityTaskHeartbeatRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token.clone(),
        details: text("1"),
        ..Default::default()
    };
    let beat: RecordActivityTaskHeartbeatResponse =
        host.call("RecordActivityTaskHeartbeat", request.clone()).await.expect("it is alive");
    assert!(!beat.cancel_requested);

    let describe = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("w1", ""),
    };
    let described: DescribeWorkflowExecutionResponse =
        host.call("DescribeWorkflowExecution", describe).await.expect("it is there");
    let [pending] = described.pending_activities.as_slice() else {
        panic!("{:?}", described.pending_activities);
    };
    assert_eq!((pending.state, pending.last_worker_identity.as_str()), (2, "worker"));
    assert_eq!(data(pending.heartbeat_details.clone()), "1");

    let completed = RespondActivityTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token,
        result: text("\"paid\""),
        ..Default::default()
    };
    let _: RespondActivityTaskCompletedResponse =
        host.call("RespondActivityTaskCompleted", completed.clone()).await.expect("its result");
    let closed = host.close_event("w1").await;
    let Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) = closed.attributes else {
        panic!("{closed:?}");
    };
    assert_eq!(data(it.result), "\"paid\"");

    // A second answer, and a late heartbeat, find nothing.
    let again: Result<RespondActivityTaskCompletedResponse, Status> =
        host.call("RespondActivityTaskCompleted", completed).await;
    assert_eq!(again.expect_err("it is over").code(), Code::NotFound);
    let late: Result<RecordActivityTaskHeartbeatResponse, Status> =
        host.call("RecordActivityTaskHeartbeat", request).await;
    assert_eq!(late.expect_err("it is over").code(), Code::NotFound);

    let state = host
        .admin()
        .describe_state(DescribeStateRequest {
            namespace: "default".to_owned(),
            workflow_id: "w1".to_owned(),
            ..Default::default()
        })
        .await
        .expect("it published")
        .into_inner();
    assert_eq!(state.state["phase"].data, b"\"charging\"");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_is_completed_from_outside_by_its_id() {
    let host = Host::start().await;
    host.start_workflow("w1", "Charge").await.expect("it starts");
    host.poll(Duration::from_secs(15)).await.expect("a task");
    let request = RespondActivityTaskFailedByIdRequest {
        namespace: "default".to_owned(),
        workflow_id: "w1".to_owned(),
        activity_id: "1".to_owned(),
        failure: Some(refrain_wire::failure::to_proto(&refrain_core::failure::Failure::host(
            "CardDeclined",
            "no",
        ))),
        ..Default::default()
    };
    let _: RespondActivityTaskFailedByIdResponse =
        host.call("RespondActivityTaskFailedById", request).await.expect("it is pending");
    let closed = host.close_event("w1").await;
    assert_eq!(closed.event_type, EventType::WorkflowExecutionFailed as i32);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terminate_and_cancel_end_a_run() {
    let host = Host::start().await;
    let run = host.start_workflow("w1", "Wait").await.expect("it starts");
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w1", ""),
        first_execution_run_id: run,
        ..Default::default()
    };
    let _: RequestCancelWorkflowExecutionResponse =
        host.call("RequestCancelWorkflowExecution", request).await.expect("it is open");
    let closed = host.close_event("w1").await;
    assert_eq!(closed.event_type, EventType::WorkflowExecutionCanceled as i32);

    host.start_workflow("w2", "Wait").await.expect("it starts");
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w2", ""),
        reason: "enough".to_owned(),
        // Whatever a message has room for: a run can be ended in any case.
        details: text(&"x".repeat(3 << 20)),
        ..Default::default()
    };
    let _: TerminateWorkflowExecutionResponse =
        host.call("TerminateWorkflowExecution", request.clone()).await.expect("it is open");
    let closed = host.close_event("w2").await;
    let Some(Attributes::WorkflowExecutionTerminatedEventAttributes(terminated)) =
        closed.attributes
    else {
        panic!("{} is another event", closed.event_type)
    };
    assert_eq!(terminated.details, request.details);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_and_its_refusals_have_the_words_that_clients_read() {
    let host = Host::start().await;
    let info: GetSystemInfoResponse =
        host.call("GetSystemInfo", GetSystemInfoRequest::default()).await.expect("always");
    assert!(info.server_version.starts_with("1.") && info.capabilities.is_some());
    let cluster: GetClusterInfoResponse =
        host.call("GetClusterInfo", GetClusterInfoRequest::default()).await.expect("always");
    assert_eq!(cluster.cluster_name, "active");

    let request =
        DescribeNamespaceRequest { namespace: "default".to_owned(), ..Default::default() };
    let namespace: DescribeNamespaceResponse =
        host.call("DescribeNamespace", request).await.expect("it is there");
    assert!(namespace.namespace_info.is_some_and(|it| it.name == "default"));
    assert!(namespace.config.is_some() && namespace.replication_config.is_some());
    let all: ListNamespacesResponse =
        host.call("ListNamespaces", ListNamespacesRequest::default()).await.expect("always");
    assert!(all.namespaces.iter().all(|it| it.namespace_info.is_some()));

    let request = DescribeTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: Some(TaskQueue { name: "orders".to_owned(), ..Default::default() }),
        task_queue_type: 1,
        ..Default::default()
    };
    let queue: DescribeTaskQueueResponse =
        host.call("DescribeTaskQueue", request).await.expect("always");
    assert_eq!(queue.pollers.len(), 1);

    for method in ["CreateWorkflowRule", "NoSuchMethod"] {
        let refused: Result<CreateWorkflowRuleResponse, Status> =
            host.call(method, CreateWorkflowRuleRequest::default()).await;
        let refused = refused.expect_err("not yet");
        assert_eq!(refused.code(), Code::Unimplemented);
        assert_eq!(refused.message(), format!("unknown method {method} for service {SERVICE}"));
    }
    let paths = [
        ("/temporal.api.nope.v1.Nope/Do", "unknown service temporal.api.nope.v1.Nope"),
        (
            "/temporal.api.testservice.v1.TestService/GetCurrentTime",
            "unknown service temporal.api.testservice.v1.TestService",
        ),
        ("/a/b/c", "unknown service a/b"),
        ("/nope", "malformed method name: \"/nope\""),
    ];
    for (path, words) in paths {
        let refused = fuzz::send(host.channel.clone(), path, Request::new(Vec::new())).await;
        let refused = refused.expect_err("there is none");
        assert_eq!((refused.code(), refused.message()), (Code::Unimplemented, words));
    }

    let mut health = tonic_health::pb::health_client::HealthClient::new(host.channel.clone());
    for service in ["", SERVICE] {
        let service = service.to_owned();
        let request = tonic_health::pb::HealthCheckRequest { service };
        assert_eq!(health.check(request).await.expect("known").into_inner().status, 1);
    }
    let request = tonic_health::pb::HealthCheckRequest { service: "nope".to_owned() };
    assert_eq!(health.check(request).await.expect_err("unknown").code(), Code::NotFound);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_four_mebibytes_is_refused_in_the_words_that_sdks_do_not_try_again_after() {
    let host = Host::start().await;
    let mut request = start_request("w1", "Echo");
    request.input = text(&"x".repeat((4 << 20) + 1));
    let packed: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", request.clone()).await;
    let mut client = tonic::client::Grpc::new(host.channel.clone());
    client.ready().await.expect("a connection");
    let path = PathAndQuery::from_maybe_shared(format!("/{SERVICE}/StartWorkflowExecution"));
    let (length, codec) = (request.encoded_len(), tonic_prost::ProstCodec::default());
    let plain: Result<tonic::Response<StartWorkflowExecutionResponse>, Status> =
        client.unary(Request::new(request.clone()), path.expect("a path"), codec).await;
    let words = [
        (
            packed.expect_err("too large"),
            "grpc: received message after decompression larger than max 4194304".to_owned(),
        ),
        (
            plain.expect_err("too large"),
            format!("grpc: received message larger than max ({length} vs. 4194304)"),
        ),
    ];
    for (refused, words) in words {
        assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, &*words));
    }
    request.input = text(&"x".repeat((2 << 20) + 1));
    let refused: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", request).await;
    let refused = refused.expect_err("too large a payload");
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(
        refused.message().starts_with("Blob data size exceeds limit.: input has"),
        "{refused:?}"
    );
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn components_are_described_and_checked() {
    let host = Host::start().await;
    let request = DescribeComponentRequest {
        namespace: "default".to_owned(),
        component: "orders".to_owned(),
    };
    let described = host.admin().describe_component(request).await.expect("it is there");
    let described = described.into_inner();
    assert_eq!(
        described.definition.expect("always filled").workflow_types,
        ["Echo", "Wait", "Charge"]
    );
    let request =
        DescribeComponentRequest { namespace: "default".to_owned(), component: "nope".to_owned() };
    let unknown = host.admin().describe_component(request).await.expect_err("no such component");
    assert_eq!(unknown.code(), Code::NotFound);

    let chunk = UploadComponentRequest { part: Some(Part::Chunk(b"w".to_vec())) };
    let refused = host.admin().upload_component(tokio_stream::iter([chunk])).await;
    assert_eq!(refused.expect_err("no header").code(), Code::InvalidArgument);
    host.stop().await;
}

/// A poll is held for up to a minute; stopping must not take that long.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_does_not_wait_for_polls() {
    let mut host = Host::start().await;
    let began = Instant::now();
    let stop = host.stop.take().expect("not stopped yet");
    let stops = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let _ = stop.send(());
    };
    let (_, ()) = tokio::join!(host.poll(Duration::from_secs(60)), stops);
    host.stop().await;
    assert!(began.elapsed() < Duration::from_secs(15));
}
