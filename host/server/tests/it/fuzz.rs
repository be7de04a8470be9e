//! Every call, with messages that nobody would write: refused with a code that says whose fault it is, and the
//! server goes on. The messages are protobuf with the numbers of real fields, so that many get past the decoder.

use super::Host;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use refrain_wire::raw::RawCodec;
use std::collections::BTreeSet;
use std::time::Duration;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

const SEED: u64 = 20_261_122;
/// Messages for each call; REFRAIN_FUZZ_ROUNDS asks for more.
const ROUNDS: u32 = 60;
const DEPTH_MAX: u32 = 5;
const FIELDS_MAX: u32 = 8;
const NUMBER_MAX: u32 = 24;
/// What calls that are held are held for.
const PATIENCE: Duration = Duration::from_millis(30);

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n.max(1)
    }

    fn message(&mut self, depth: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..self.below(FIELDS_MAX) {
            self.field(depth, &mut bytes);
        }
        if self.below(40) == 0 {
            let end = self.below(bytes.len() as u32 + 1) as usize;
            bytes.truncate(end);
        }
        bytes
    }

    fn field(&mut self, depth: u32, bytes: &mut Vec<u8>) {
        let number = u64::from(1 + self.below(NUMBER_MAX));
        let (wire_type, content) = match self.below(20) {
            0 => (1, self.0.next_u64().to_le_bytes().to_vec()),
            1 => (5, self.0.next_u32().to_le_bytes().to_vec()),
            2..=6 => (0, varint(self.number())),
            7..=12 => (2, lengthened(self.text())),
            _ if depth < DEPTH_MAX => (2, lengthened(self.message(depth + 1))),
            _ => (2, lengthened(Vec::new())),
        };
        bytes.extend(varint(number << 3 | wire_type));
        bytes.extend(content);
    }

    /// Those at edges more often than others.
    fn number(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => i64::MAX as u64,
            3 => u64::from(u32::MAX),
            4..=6 => u64::from(self.below(12)),
            _ => self.0.next_u64(),
        }
    }

    /// Words that mean something to some call, and others.
    fn text(&mut self) -> Vec<u8> {
        const WORDS: [&[u8]; 16] = [
            b"default",
            b"orders",
            b"w",
            b"nobody",
            b"",
            b"0194b0c4-6b1c-7000-8000-000000000000",
            b"ExecutionStatus = 'Running' AND (",
            b"* * * * *",
            b"@every 0s",
            b"json/plain",
            b"{\"a\":[1,2",
            b"WorkflowId",
            b"__stack_trace",
            b"\xff\xfe",
            b"\0",
            "\u{1F980}`'\"%".as_bytes(),
        ];
        match self.below(20) {
            0 => vec![b'x'; 1001],
            1 => (0..self.below(20)).map(|_| self.0.next_u32() as u8).collect(),
            _ => WORDS[self.below(WORDS.len() as u32) as usize].to_vec(),
        }
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn lengthened(content: Vec<u8>) -> Vec<u8> {
    let mut bytes = varint(content.len() as u64);
    bytes.extend(content);
    bytes
}

async fn call(channel: Channel, path: &str, message: Vec<u8>) -> Result<(), Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
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

fn calls() -> BTreeSet<String> {
    let mut service = "";
    let of = |call| format!("/temporal.api.workflowservice.v1.WorkflowService/{call}");
    let mut calls: BTreeSet<String> = WITHOUT_PATH.map(of).into();
    for line in include_str!("../../src/http/routes.txt").lines() {
        match line.strip_prefix("  ") {
            Some(route) => {
                let call = route.split(' ').next().unwrap_or_default();
                calls.insert(format!("/{service}/{call}"));
            }
            None => service = line,
        }
    }
    calls
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
    let rounds = std::env::var("REFRAIN_FUZZ_ROUNDS").ok().and_then(|it| it.parse().ok());
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(SEED));
    let calls = calls();
    let (mut accepted, mut refused) = (0, 0);
    for path in &calls {
        for _ in 0..rounds.unwrap_or(ROUNDS) {
            let message = dice.message(0);
            match call(host.channel.clone(), path, message.clone()).await {
                Ok(()) => accepted += 1,
                Err(status) => {
                    assert!(!is_to_blame_on_the_server(&status), "{path} {message:02x?}: {status}");
                    refused += 1;
                }
            }
        }
    }
    // Neither everything nor nothing gets through.
    assert!(accepted > refused / 50 && refused > accepted / 50, "{accepted}, {refused}");
    host.stop().await;
}
