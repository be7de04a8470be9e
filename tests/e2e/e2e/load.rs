//! Many clients at once, and clients that behave badly: nobody waits for them, and the host's memory has a bound.
//! `cargo test -p refrain-e2e load:: -- --nocapture` says the numbers.

use crate::client::{Client, json, runtime};
use crate::common::{cpu, directory};
use anyhow::{Context, Result, ensure};
use refrain_e2e::{Host, order};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueResponse, RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse, StartWorkflowExecutionResponse,
};
use tokio::task::JoinSet;
use tonic::{Code, Status};

const QUEUE: &str = "load";
const N_CONNECTIONS: usize = 20;
/// Held polls of workers that have nothing to do.
const N_IDLE_POLLS: usize = 1000;
/// Held polls of workers that get a task.
const N_BUSY_POLLS: usize = 200;
const N_STARTS: usize = 200;
/// Polls whose clients go away while they are held.
const N_GONE: usize = 100;
const GONE_AFTER: Duration = Duration::from_millis(300);
const N_UNREAD: usize = 20;
const BIG: usize = 1 << 20;
/// What all of it may add to the host's memory.
const GROWTH_MAX: u64 = 256 << 20;
/// With nothing but held polls, the host has hardly anything to do.
const IDLE: Duration = Duration::from_secs(3);
const IDLE_CPU_MAX: Duration = Duration::from_millis(600);
const MESSAGE_MAX: usize = 4 << 20;
const POLL: Duration = Duration::from_secs(50);

/// What is sent as a `StartWorkflowExecutionRequest`, and is none.
#[derive(Clone, PartialEq, prost::Message)]
struct Misread {
    #[prost(uint64, tag = "1")]
    namespace: u64,
    #[prost(bytes, tag = "2")]
    workflow_id: Vec<u8>,
    #[prost(string, tag = "9")]
    identity: String,
}

/// What the host's process has in memory.
fn memory(host: &Host) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid()))?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kib.trim().parse::<u64>()? << 10)
}

/// Works like a worker with one slot: polls, does what it gets, and is done.
async fn work_once(client: Client) -> Result<(), Status> {
    let task: PollActivityTaskQueueResponse = client.poll_activity(QUEUE, POLL).await?;
    let done = RespondActivityTaskCompletedRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token,
        ..Default::default()
    };
    let _: RespondActivityTaskCompletedResponse =
        client.call("RespondActivityTaskCompleted", done, POLL).await?;
    Ok(())
}

async fn all<T: 'static>(mut tasks: JoinSet<Result<T, Status>>) -> Result<Vec<T>> {
    let mut done = Vec::new();
    while let Some(task) = tasks.join_next().await {
        done.push(task??);
    }
    Ok(done)
}

#[test]
fn a_thousand_polls_and_two_hundred_starts_at_once_are_all_answered() -> Result<()> {
    let host = Host::start(&directory("load"), &[])?;
    order::deploy_guest(&host, "rust/bench", QUEUE)?;
    let before = memory(&host)?;
    let address = host.address();
    runtime()?.block_on(async {
        let clients =
            (0..N_CONNECTIONS).map(|_| Client::new(&address)).collect::<Result<Vec<_>>>()?;
        let client = |nth: usize| clients[nth % N_CONNECTIONS].clone();

        let mut idle = JoinSet::new();
        for nth in 0..N_IDLE_POLLS {
            let client = client(nth);
            idle.spawn(async move { client.poll_activity(&format!("idle-{nth}"), POLL).await });
        }
        // They ask for the tasks that are to come, and are gone before these come.
        let mut gone = JoinSet::new();
        for nth in 0..N_GONE {
            let client = client(nth);
            gone.spawn(async move { client.poll_activity(QUEUE, GONE_AFTER).await });
        }
        while let Some(given_up) = gone.join_next().await {
            let code = given_up?.map_err(|it| it.code()).err();
            ensure!(code == Some(Code::DeadlineExceeded), "{code:?}");
        }

        let mut busy = JoinSet::new();
        for nth in 0..N_BUSY_POLLS {
            busy.spawn(work_once(client(nth)));
        }
        let started = Instant::now();
        let mut starts = JoinSet::new();
        for nth in 0..N_STARTS {
            let client = client(nth);
            starts.spawn(async move {
                let id = format!("load-{nth}");
                client.start(&id, "one-activity", QUEUE, &[], &id).await?;
                client.wait_for_end(&id, POLL).await
            });
        }
        all(starts).await?;
        let took = started.elapsed();
        all(busy).await?;
        let held = memory(&host)?;
        let used = cpu(&host)?;
        tokio::time::sleep(IDLE).await;
        let used = cpu(&host)? - used;
        eprintln!(
            "{N_STARTS} starts to their ends beside {N_IDLE_POLLS} held polls: {took:?}; \
             memory {} MiB, before {} MiB; CPU time of the polls alone: {used:?} in {IDLE:?}",
            held >> 20,
            before >> 20
        );
        ensure!(held < before + GROWTH_MAX, "{held} bytes in memory, {before} before");
        ensure!(used < IDLE_CPU_MAX, "{used:?} of CPU time in {IDLE:?}");
        Ok(())
    })
}

/// Answers to clients that do not read stay where they are; others are answered meanwhile.
#[test]
fn clients_that_do_not_read_vanish_or_send_rubbish_hurt_nobody() -> Result<()> {
    let host = Host::start(&directory("bad-clients"), &[])?;
    order::deploy_guest(&host, "rust/bench", QUEUE)?;
    let address = host.address();
    let before = memory(&host)?;
    runtime()?.block_on(async {
        let client = Client::new(&address)?;
        client.start("big", "wait-signal", QUEUE, &[json(&json!("x".repeat(BIG)))], "big").await?;

        let mut unread = Vec::new();
        for _ in 0..N_UNREAD {
            let slow = Client::that_does_not_read(&address, 65_535)?;
            unread.push(slow.history_unread("big").await?);
        }
        for half_said in [
            &b""[..],
            b"PRI * HTTP/2.0\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0",
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
            &[0xff; 4096],
        ] {
            for _ in 0..10 {
                let mut gone = TcpStream::connect(&address)?;
                gone.write_all(half_said)?;
            }
        }

        let too_long = Misread { identity: "x".repeat(MESSAGE_MAX), ..Misread::default() };
        let number = Misread { namespace: 7, ..Misread::default() };
        let no_text = Misread { workflow_id: vec![0xff, 0xfe], ..Misread::default() };
        for (message, code) in [
            (too_long, Code::ResourceExhausted),
            (number, Code::Internal),
            (no_text, Code::Internal),
        ] {
            let refused: Result<StartWorkflowExecutionResponse, Status> =
                client.call("StartWorkflowExecution", message, POLL).await;
            ensure!(refused.as_ref().map_err(Status::code).err() == Some(code), "{refused:?}");
        }

        client.signal("big", "go", &[], "go").await?;
        ensure!(client.wait_for_end("big", POLL).await?.is_some(), "it goes on");
        let now = memory(&host)?;
        ensure!(now < before + GROWTH_MAX, "{now} bytes in memory, {before} before");
        drop(unread);
        Ok(())
    })
}
