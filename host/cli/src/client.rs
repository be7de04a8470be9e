//! Talking to a server: Temporal's service for workflows and namespaces, our own for the rest.

use crate::errors::CliError;
use crate::tls::ClientTlsArgs;
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_wire::admin::refrain_service_client::RefrainServiceClient;
use refrain_wire::api::operatorservice::v1 as operator;
use refrain_wire::api::workflowservice::v1 as pb;
use std::error::Error as _;
use std::net::SocketAddr;
use std::time::Duration;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};

const DEFAULT_ADDRESS: &str = "127.0.0.1:7233";
const DEFAULT_NAMESPACE: &str = "default";
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A held poll is answered after 20 s at the latest.
const CALL_PATIENCE: Duration = Duration::from_secs(120);
/// An upload is compiled before it is answered, and makes way for all else that the host does.
/// Less than a connection's age.
pub(crate) const UPLOAD_PATIENCE: Duration = Duration::from_secs(330);
const ANSWER_BYTES_MAX: usize = 128 << 20;
/// What this program knows: that the end of a run, whichever it is, may name a next run.
const FEATURES: &str = "follows-next-run-id";
/// Before a call is made again whose connection broke; doubled each time. In all that is 6.3 s:
/// enough for a server that is started anew.
const REPEAT_PAUSE_MIN: Duration = Duration::from_millis(100);
const REPEAT_PAUSE_MAX: Duration = Duration::from_millis(3200);

/// Which server, and which namespace in it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConnectArgs {
    /// Where the server listens, as `host:port`. Default: 127.0.0.1:7233.
    ///
    /// Without the flag and REFRAIN_ADDRESS, TEMPORAL_ADDRESS is asked.
    #[arg(long, env = "REFRAIN_ADDRESS", value_name = "HOST:PORT", help_heading = "Server")]
    pub(crate) address: Option<String>,
    #[command(flatten)]
    pub(crate) tls: ClientTlsArgs,
}

/// Commands that work inside one namespace.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ScopeArgs {
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    /// The namespace. Default: `default`.
    ///
    /// Without the flag and REFRAIN_NAMESPACE, TEMPORAL_NAMESPACE is asked.
    #[arg(long, short, env = "REFRAIN_NAMESPACE", value_name = "NAME", help_heading = "Server")]
    namespace: Option<String>,
}

impl ScopeArgs {
    pub(crate) fn namespace(&self) -> String {
        first_of(self.namespace.as_deref(), "TEMPORAL_NAMESPACE", DEFAULT_NAMESPACE)
    }

    pub(crate) async fn connect(&self) -> Result<Client, CliError> {
        self.connect.connect().await
    }
}

fn first_of(given: Option<&str>, variable: &str, default: &str) -> String {
    match given {
        Some(given) => given.to_owned(),
        None => match std::env::var(variable) {
            Ok(value) if !value.is_empty() => value,
            Ok(_) | Err(_) => default.to_owned(),
        },
    }
}

impl ConnectArgs {
    /// Where a server of our own can listen so that this finds it: on this machine, without TLS.
    pub(crate) fn local_server(&self) -> Option<SocketAddr> {
        let address = first_of(self.address.as_deref(), "TEMPORAL_ADDRESS", DEFAULT_ADDRESS);
        if self.tls.config(false).ok()?.is_some() {
            return None;
        }
        let address = address.replacen("localhost:", "127.0.0.1:", 1);
        address.parse::<SocketAddr>().ok().filter(|it| it.ip().is_loopback())
    }

    pub(crate) async fn connect(&self) -> Result<Client, CliError> {
        let address = first_of(self.address.as_deref(), "TEMPORAL_ADDRESS", DEFAULT_ADDRESS);
        let (scheme, host_port) = match address.split_once("://") {
            Some((scheme, rest)) => (scheme, rest.to_owned()),
            None => ("http", address.clone()),
        };
        let tls = self.tls.config(scheme == "https")?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let wrong = || {
            CliError::usage(format!("address `{host_port}` is not `host:port`"))
                .hint(format!("e.g. {DEFAULT_ADDRESS}"))
        };
        let has_port = host_port.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && port.parse::<u16>().is_ok_and(|it| it > 0)
        });
        if !has_port {
            return Err(wrong());
        }
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{host_port}"))
            .map_err(|_| wrong())?
            .connect_timeout(CONNECT_PATIENCE)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_while_idle(true);
        if let Some(tls) = tls {
            endpoint = endpoint
                .tls_config(tls)
                .map_err(|error| CliError::usage(format!("TLS: {}", innermost(&error))))?;
        }
        match endpoint.connect().await {
            Ok(channel) => Ok(Client { channel, address: host_port }),
            Err(error) => {
                let why = innermost(&error);
                Err(CliError::unreachable(format!("can't reach a server at {host_port}: {why}"))
                    .hint(
                        "start one with `refrain server start-dev`, or name another with `--address`",
                    ))
            }
        }
    }
}

/// The layers above say "transport error" and no more.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// What broke a stream of answers.
pub(crate) fn innermost_status(status: &tonic::Status) -> String {
    match status.message() {
        "" => format!("the connection broke: {}", innermost(status)),
        message => message.to_owned(),
    }
}

/// The connection broke, or there was none: a status that a server sends has no source.
pub(crate) fn is_broken(status: &tonic::Status) -> bool {
    status.source().is_some()
}

/// The connection had been given up already when the call was to go out.
fn is_never_sent(status: &tonic::Status) -> bool {
    let causes = std::iter::successors(status.source(), |it| (*it).source());
    causes.filter_map(|it| it.downcast_ref::<hyper::Error>()).any(hyper::Error::is_canceled)
}

/// May a call be made twice, if nobody knows whether the first one arrived? Those that only look,
/// and those that the server knows again by an id.
fn may_repeat(path: &str) -> bool {
    const LOOKS: [&str; 5] = ["Get", "Describe", "List", "Count", "Query"];
    const KNOWN_AGAIN: [&str; 5] = [
        "PollWorkflowExecutionUpdate",
        "PollActivityExecution",
        "StartWorkflowExecution",
        "StartActivityExecution",
        "UpdateWorkflowExecution",
    ];
    let method = path.rsplit('/').next().unwrap_or_default();
    KNOWN_AGAIN.contains(&method) || LOOKS.iter().any(|it| method.starts_with(it))
}

/// How this program names itself in histories.
pub(crate) fn identity() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("USERNAME"));
    format!("refrain-cli:{}@{}", user.unwrap_or_else(|_| "unknown".to_owned()), hostname())
}

pub(crate) fn hostname() -> String {
    let known = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::env::var("HOSTNAME").map_err(std::io::Error::other));
    match known {
        Ok(name) if !name.trim().is_empty() => name.trim().to_owned(),
        Ok(_) | Err(_) => "localhost".to_owned(),
    }
}

pub(crate) struct Client {
    channel: Channel,
    address: String,
}

/// A request of Temporal's service, and what answers it.
pub(crate) trait Call: prost::Message + Clone + 'static {
    type Answer: prost::Message + Default + 'static;
    const PATH: &'static str;
}

macro_rules! operator_calls {
    ($($method:literal $request:ident $answer:ident)*) => {$(
        impl Call for operator::$request {
            type Answer = operator::$answer;
            const PATH: &'static str =
                concat!("/temporal.api.operatorservice.v1.OperatorService/", $method);
        }
    )*};
}

operator_calls! {
    "DeleteNamespace" DeleteNamespaceRequest DeleteNamespaceResponse
    "ListSearchAttributes" ListSearchAttributesRequest ListSearchAttributesResponse
    "AddSearchAttributes" AddSearchAttributesRequest AddSearchAttributesResponse
    "RemoveSearchAttributes" RemoveSearchAttributesRequest RemoveSearchAttributesResponse
}

macro_rules! calls {
    ($($method:literal $request:ident $answer:ident)*) => {$(
        impl Call for pb::$request {
            type Answer = pb::$answer;
            const PATH: &'static str =
                concat!("/temporal.api.workflowservice.v1.WorkflowService/", $method);
        }
    )*};
}

calls! {
    "StartWorkflowExecution" StartWorkflowExecutionRequest StartWorkflowExecutionResponse
    "GetWorkflowExecutionHistory" GetWorkflowExecutionHistoryRequest GetWorkflowExecutionHistoryResponse
    "GetWorkflowExecutionHistoryReverse" GetWorkflowExecutionHistoryReverseRequest GetWorkflowExecutionHistoryReverseResponse
    "DescribeWorkflowExecution" DescribeWorkflowExecutionRequest DescribeWorkflowExecutionResponse
    "ListWorkflowExecutions" ListWorkflowExecutionsRequest ListWorkflowExecutionsResponse
    "CountWorkflowExecutions" CountWorkflowExecutionsRequest CountWorkflowExecutionsResponse
    "SignalWorkflowExecution" SignalWorkflowExecutionRequest SignalWorkflowExecutionResponse
    "QueryWorkflow" QueryWorkflowRequest QueryWorkflowResponse
    "RequestCancelWorkflowExecution" RequestCancelWorkflowExecutionRequest RequestCancelWorkflowExecutionResponse
    "TerminateWorkflowExecution" TerminateWorkflowExecutionRequest TerminateWorkflowExecutionResponse
    "PauseWorkflowExecution" PauseWorkflowExecutionRequest PauseWorkflowExecutionResponse
    "UnpauseWorkflowExecution" UnpauseWorkflowExecutionRequest UnpauseWorkflowExecutionResponse
    "ResetWorkflowExecution" ResetWorkflowExecutionRequest ResetWorkflowExecutionResponse
    "DeleteWorkflowExecution" DeleteWorkflowExecutionRequest DeleteWorkflowExecutionResponse
    "SignalWithStartWorkflowExecution" SignalWithStartWorkflowExecutionRequest SignalWithStartWorkflowExecutionResponse
    "UpdateWorkflowExecution" UpdateWorkflowExecutionRequest UpdateWorkflowExecutionResponse
    "PollWorkflowExecutionUpdate" PollWorkflowExecutionUpdateRequest PollWorkflowExecutionUpdateResponse
    "PollActivityTaskQueue" PollActivityTaskQueueRequest PollActivityTaskQueueResponse
    "RespondActivityTaskCompleted" RespondActivityTaskCompletedRequest RespondActivityTaskCompletedResponse
    "RespondActivityTaskFailed" RespondActivityTaskFailedRequest RespondActivityTaskFailedResponse
    "PauseActivity" PauseActivityRequest PauseActivityResponse
    "UnpauseActivity" UnpauseActivityRequest UnpauseActivityResponse
    "ResetActivity" ResetActivityRequest ResetActivityResponse
    "UpdateActivityOptions" UpdateActivityOptionsRequest UpdateActivityOptionsResponse
    "RespondActivityTaskCompletedById" RespondActivityTaskCompletedByIdRequest RespondActivityTaskCompletedByIdResponse
    "RespondActivityTaskFailedById" RespondActivityTaskFailedByIdRequest RespondActivityTaskFailedByIdResponse
    "CreateSchedule" CreateScheduleRequest CreateScheduleResponse
    "DescribeSchedule" DescribeScheduleRequest DescribeScheduleResponse
    "ListSchedules" ListSchedulesRequest ListSchedulesResponse
    "UpdateSchedule" UpdateScheduleRequest UpdateScheduleResponse
    "PatchSchedule" PatchScheduleRequest PatchScheduleResponse
    "DeleteSchedule" DeleteScheduleRequest DeleteScheduleResponse
    "ListScheduleMatchingTimes" ListScheduleMatchingTimesRequest ListScheduleMatchingTimesResponse
    "StartBatchOperation" StartBatchOperationRequest StartBatchOperationResponse
    "StopBatchOperation" StopBatchOperationRequest StopBatchOperationResponse
    "DescribeBatchOperation" DescribeBatchOperationRequest DescribeBatchOperationResponse
    "ListBatchOperations" ListBatchOperationsRequest ListBatchOperationsResponse
    "DescribeTaskQueue" DescribeTaskQueueRequest DescribeTaskQueueResponse
    "StartActivityExecution" StartActivityExecutionRequest StartActivityExecutionResponse
    "PollActivityExecution" PollActivityExecutionRequest PollActivityExecutionResponse
    "DescribeActivityExecution" DescribeActivityExecutionRequest DescribeActivityExecutionResponse
    "ListActivityExecutions" ListActivityExecutionsRequest ListActivityExecutionsResponse
    "CountActivityExecutions" CountActivityExecutionsRequest CountActivityExecutionsResponse
    "RequestCancelActivityExecution" RequestCancelActivityExecutionRequest RequestCancelActivityExecutionResponse
    "TerminateActivityExecution" TerminateActivityExecutionRequest TerminateActivityExecutionResponse
    "DeleteActivityExecution" DeleteActivityExecutionRequest DeleteActivityExecutionResponse
    "UpdateTaskQueueConfig" UpdateTaskQueueConfigRequest UpdateTaskQueueConfigResponse
    "UpdateNamespace" UpdateNamespaceRequest UpdateNamespaceResponse
    "RegisterNamespace" RegisterNamespaceRequest RegisterNamespaceResponse
    "ListNamespaces" ListNamespacesRequest ListNamespacesResponse
    "DescribeNamespace" DescribeNamespaceRequest DescribeNamespaceResponse
}

impl Client {
    /// One call of Temporal's service.
    pub(crate) async fn call<C: Call>(&self, request: C) -> Result<C::Answer, CliError> {
        let size = request.encoded_len();
        if size > MESSAGE_BYTES_MAX {
            return Err(CliError::failed(format!(
                "the request has {size} bytes, at most {MESSAGE_BYTES_MAX} are allowed"
            ))
            .hint("keep large data elsewhere, and hand over where it is"));
        }
        let mut pause = REPEAT_PAUSE_MIN;
        loop {
            let broke = match self.patiently(CALL_PATIENCE, self.once(request.clone())).await? {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => status,
            };
            // The channel connects anew by itself, but takes no call along.
            let repeats = is_never_sent(&broke) || (is_broken(&broke) && may_repeat(C::PATH));
            if !repeats || pause > REPEAT_PAUSE_MAX {
                return Err(CliError::of_status(&self.address, &broke));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn once<C: Call>(&self, request: C) -> Result<tonic::Response<C::Answer>, tonic::Status> {
        let mut grpc = Grpc::new(self.channel.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        grpc.ready().await.map_err(|error| tonic::Status::from_error(error.into()))?;
        let codec = tonic_prost::ProstCodec::<C, C::Answer>::default();
        let path = PathAndQuery::from_static(C::PATH);
        let mut request = Request::new(request);
        let features = AsciiMetadataValue::from_static(FEATURES);
        request.metadata_mut().insert("supported-features", features);
        grpc.unary(request, path, codec).await
    }

    /// Our own service.
    pub(crate) fn admin(&self) -> RefrainServiceClient<Channel> {
        RefrainServiceClient::new(self.channel.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
    }

    /// Waits for a call, and puts what goes wrong into words.
    pub(crate) async fn answer<T>(
        &self,
        call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> Result<T, CliError> {
        self.answer_within(CALL_PATIENCE, call).await
    }

    pub(crate) async fn answer_within<T>(
        &self,
        patience: Duration,
        call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> Result<T, CliError> {
        match self.patiently(patience, call).await? {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(CliError::of_status(&self.address, &status)),
        }
    }

    async fn patiently<T>(
        &self,
        patience: Duration,
        call: impl Future<Output = T>,
    ) -> Result<T, CliError> {
        tokio::time::timeout(patience, call).await.map_err(|_| {
            let (address, patience) = (&self.address, patience.as_secs());
            CliError::failed(format!("no answer from {address} within {patience} seconds"))
                .hint("look at the server's log")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::Exit;

    #[test]
    fn only_calls_that_look_or_are_known_again_are_made_twice() {
        for path in [
            pb::GetWorkflowExecutionHistoryRequest::PATH,
            pb::QueryWorkflowRequest::PATH,
            pb::UpdateWorkflowExecutionRequest::PATH,
            pb::PollActivityExecutionRequest::PATH,
            operator::ListSearchAttributesRequest::PATH,
        ] {
            assert!(may_repeat(path), "{path}");
        }
        for path in [
            pb::SignalWorkflowExecutionRequest::PATH,
            pb::PollActivityTaskQueueRequest::PATH,
            pb::ResetWorkflowExecutionRequest::PATH,
            pb::DeleteScheduleRequest::PATH,
        ] {
            assert!(!may_repeat(path), "{path}");
        }
    }

    #[test]
    fn a_broken_connection_is_a_server_out_of_reach_with_address_and_cause() {
        let broke = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "reset by peer");
        let status = tonic::Status::from_error(Box::new(broke));
        let error = CliError::of_status("there:7233", &status);
        assert_eq!(error.exit, Exit::Unreachable);
        assert_eq!(error.message, "the connection to there:7233 broke: reset by peer");
    }
}
