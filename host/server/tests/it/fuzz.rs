//! Every call, with messages that nobody would write, over gRPC and over HTTP: refused with a code that says whose
//! fault it is, and the server goes on. Some are requests of real clients that were changed a little, others have
//! the numbers of real fields and no sense.

use super::Host;
use refrain_fuzz::{Dice, requests, rounds};
use refrain_wire::raw::RawCodec;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// Messages to all calls together.
const ROUNDS: u32 = 6000;
const HTTP_ROUNDS: u32 = 1000;
/// What calls that are held are held for.
const PATIENCE: Duration = Duration::from_millis(30);

async fn call(channel: Channel, path: &str, message: Vec<u8>) -> Result<(), Status> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    send(channel, path, request).await
}

pub(crate) async fn send(
    channel: Channel,
    path: &str,
    request: Request<Vec<u8>>,
) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let path = path.parse().map_err(|_| Status::unknown("no path"))?;
    grpc.unary(request, path, RawCodec).await.map(|_| ())
}

/// Calls that have no path in the HTTP API.
const WITHOUT_PATH: [&str; 6] = [
    "PollActivityTaskQueue",
    "PollWorkflowExecutionUpdate",
    "ExecuteMultiOperation",
    "DeleteWorkflowExecution",
    "DeprecateNamespace",
    "ListOpenWorkflowExecutions",
];

/// Verbs and paths, and the calls that they are.
fn routes() -> Vec<(&'static str, &'static str, String)> {
    let (mut service, mut routes) = ("", Vec::new());
    for line in include_str!("../../src/http/routes.txt").lines() {
        match line.strip_prefix("  ").map(|it| it.split(' ').collect::<Vec<_>>()) {
            Some(route) => routes.push((route[1], route[2], format!("/{service}/{}", route[0]))),
            None => service = line,
        }
    }
    routes
}

fn calls() -> Vec<String> {
    let of = |call| format!("/temporal.api.workflowservice.v1.WorkflowService/{call}");
    let mut calls: BTreeSet<String> = WITHOUT_PATH.map(of).into();
    calls.extend(routes().into_iter().map(|(_, _, call)| call));
    calls.into_iter().collect()
}

fn is_to_blame_on_the_server(status: &Status) -> bool {
    match status.code() {
        Code::Unknown | Code::DataLoss => true,
        // As in the real server, bytes that are no message are INTERNAL.
        Code::Internal => !status.message().starts_with("failed to decode Protobuf message"),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_nobody_would_write_is_refused_and_the_server_goes_on() {
    let host = Host::start().await;
    let (calls, requests) = (calls(), requests());
    let mut dice = Dice::default();
    let (mut accepted, mut refused) = (0, 0);
    for round in rounds(ROUNDS) {
        let (path, message) = match round % 3 {
            0 => (dice.one_of(&calls).clone(), dice.message(0)),
            1 => {
                let (path, right) = dice.one_of(&requests);
                (path.clone(), dice.bytes_changed(right))
            }
            _ => {
                let (path, right) = dice.one_of(&requests);
                (path.clone(), dice.message_changed(right))
            }
        };
        match call(host.channel.clone(), &path, message.clone()).await {
            Ok(()) => accepted += 1,
            Err(status) => {
                assert!(!is_to_blame_on_the_server(&status), "{path} {message:02x?}: {status}");
                refused += 1;
            }
        }
    }
    // Neither everything nor nothing gets through.
    assert!(accepted > refused / 20 && refused > accepted / 20, "{accepted}, {refused}");
    host.stop().await;
}

/// The status of the answer.
async fn http(address: &str, verb: &str, path: &str, body: &[u8]) -> std::io::Result<u16> {
    let mut connection = TcpStream::connect(address).await?;
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nhost: {address}\r\ngrpc-timeout: 30m\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    status.ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_or_a_path_that_nobody_would_write_is_refused_and_the_server_goes_on() {
    let host = Host::start().await;
    let (routes, bodies) = (routes(), refrain_fuzz::bodies());
    let mut dice = Dice::default();
    let (mut accepted, mut refused) = (0, 0);
    for _ in rounds(HTTP_ROUNDS) {
        let (verb, path, call) = dice.one_of(&routes);
        let of_call: Vec<_> = bodies.iter().filter(|(of, _)| of == call).collect();
        let body = match of_call.as_slice() {
            [] => b"{}".to_vec(),
            some => dice.one_of(some).1.clone(),
        };
        let body = if dice.below(3) == 0 { body } else { dice.bytes_changed(&body) };
        let mut path = path.replace("{namespace}", "default");
        while let Some((before, (_, after))) =
            path.split_once('{').and_then(|(before, it)| Some((before, it.split_once('}')?)))
        {
            let word = *dice.one_of(&["w", "nobody", "%2F", "%ff", "%00", "a%20b", "default"]);
            path = format!("{before}{word}{after}");
        }
        let query =
            dice.one_of(&["", "?pageSize=2", "?x=1", "?pretty", "?next_page_token=eA", "?%ff=%"]);
        let status = http(&host.http, verb, &format!("{path}{query}"), &body).await;
        let status = status.unwrap_or_else(|error| panic!("{verb} {path}{query}: {error}"));
        let is_ours = status == 500 || status == 502;
        assert!(!is_ours, "{verb} {path}{query} {}: {status}", String::from_utf8_lossy(&body));
        *(if status == 200 { &mut accepted } else { &mut refused }) += 1;
    }
    assert!(accepted > refused / 50 && refused > accepted / 20, "{accepted}, {refused}");
    host.stop().await;
}
