//! Many clients at once, beside clients that behave badly: nobody waits for these, and the host's memory has a bound.
//! `cargo test -p refrain-e2e load:: -- --nocapture` says the numbers, of a build that is not optimized.

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
/// Polls that are given up while they are held, and as many whose connections are gone.
const N_GONE: usize = 100;
const GONE_AFTER: Duration = Duration::from_millis(300);
const N_UNREAD: usize = 20;
const BIG: usize = 1 << 20;
/// MiB that all of it may add to the host's memory.
const GROWTH_MAX: u64 = 256;
/// With nothing but held polls, the host has hardly anything to do.
const IDLE: Duration = Duration::from_secs(3);
const IDLE_CPU_MAX: Duration = Duration::from_millis(600);
const MESSAGE_MAX: usize = 4 << 20;
/// Of one letter: with gzip it is small.
const BOMB: usize = 16 * MESSAGE_MAX;
/// How long an answer to a start may take beside all that, on a machine that does other things too.
const START_MAX: Duration = Duration::from_secs(20);
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

/// MiB that the host's process has in memory now (`VmRSS`), or had at most (`VmHWM`).
fn memory(host: &Host, which: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.pid()))?;
    let line = status.lines().find_map(|it| it.strip_prefix(which)?.strip_prefix(':'));
    let kib = line.and_then(|it| it.trim().strip_suffix(" kB")).context("not in status")?;
    Ok(kib.trim().parse::<u64>()? >> 10)
}

/// The median, the 99th percentile and the greatest.
fn shown(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_millis();
    format!("{}, {} and {} ms", at(50), at(99), at(100))
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

/// Requests that are refused, each with its code.
async fn send_rubbish(client: &Client) -> Result<()> {
    let too_long = Misread { identity: "x".repeat(MESSAGE_MAX), ..Misread::default() };
    let bomb = Misread { identity: "x".repeat(BOMB), ..Misread::default() };
    let number = Misread { namespace: 7, ..Misread::default() };
    let no_text = Misread { workflow_id: vec![0xff, 0xfe], ..Misread::default() };
    for (message, code) in [
        (too_long, Code::ResourceExhausted),
        (bomb, Code::ResourceExhausted),
        (number, Code::Internal),
        (no_text, Code::Internal),
    ] {
        let refused: Result<StartWorkflowExecutionResponse, Status> =
            client.call("StartWorkflowExecution", message, POLL).await;
        ensure!(refused.as_ref().map_err(Status::code).err() == Some(code), "{refused:?}");
    }
    Ok(())
}

/// Connections that say something that is no protocol, or half of one, and are gone.
fn half_said(address: &str) -> Result<()> {
    for said in [
        &b""[..],
        b"PRI * HTTP/2.0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        &[0xff; 4096],
    ] {
        for _ in 0..10 {
            TcpStream::connect(address)?.write_all(said)?;
        }
    }
    Ok(())
}

#[test]
fn a_thousand_polls_and_two_hundred_starts_beside_bad_clients_are_all_answered() -> Result<()> {
    let host = Host::start(&directory("load"), &[])?;
    order::deploy_guest(&host, "rust/bench", QUEUE)?;
    let before = memory(&host, "VmRSS")?;
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
        let (mut gone, mut cut_off) = (JoinSet::new(), JoinSet::new());
        let leaving = Client::new(&address)?;
        for nth in 0..N_GONE {
            let (client, leaving) = (client(nth), leaving.clone());
            gone.spawn(async move { client.poll_activity(QUEUE, GONE_AFTER).await });
            cut_off.spawn(async move { leaving.poll_activity(QUEUE, POLL).await });
        }
        while let Some(given_up) = gone.join_next().await {
            let code = given_up?.map_err(|it| it.code()).err();
            ensure!(code == Some(Code::DeadlineExceeded), "{code:?}");
        }
        // With the last one that uses it, the connection is closed.
        cut_off.shutdown().await;
        drop(leaving);

        // Answers to clients that do not read stay where they are.
        let big = [json(&json!("x".repeat(BIG)))];
        clients[0].start("big", "wait-signal", QUEUE, &big, "big").await?;
        let mut unread = Vec::new();
        for _ in 0..N_UNREAD {
            let slow = Client::that_does_not_read(&address, 65_535)?;
            unread.push(slow.history_unread("big").await?);
        }

        let mut busy = JoinSet::new();
        for nth in 0..N_BUSY_POLLS {
            busy.spawn(work_once(client(nth)));
        }
        let to = address.clone();
        let said = tokio::task::spawn_blocking(move || half_said(&to));
        let rude = Client::new(&address)?;
        let rubbish = tokio::spawn(async move { send_rubbish(&rude).await });
        let started = Instant::now();
        let mut starts = JoinSet::new();
        for nth in 0..N_STARTS {
            let client = client(nth);
            starts.spawn(async move {
                let (id, asked) = (format!("load-{nth}"), Instant::now());
                client.start(&id, "one-activity", QUEUE, &[], &id).await?;
                let answered = asked.elapsed();
                while client.wait_for_end(&id, POLL).await?.is_none() {}
                Ok((answered, asked.elapsed()))
            });
        }
        let (answered, ended): (Vec<_>, Vec<_>) = all(starts).await?.into_iter().unzip();
        let took = started.elapsed();
        all(busy).await?;
        rubbish.await??;
        said.await??;
        ensure!(answered.iter().max() < Some(&START_MAX), "{answered:?}");

        let (highest, used) = (memory(&host, "VmHWM")?, cpu(&host)?);
        tokio::time::sleep(IDLE).await;
        let used = cpu(&host)? - used;
        ensure!(idle.try_join_next().is_none(), "a poll for nothing was answered");
        ensure!(used < IDLE_CPU_MAX, "{used:?} of CPU time in {IDLE:?}");

        clients[0].signal("big", "go", &[], "go").await?;
        ensure!(clients[0].wait_for_end("big", POLL).await?.is_some(), "it goes on");
        idle.shutdown().await;
        drop((unread, clients));
        // Whoever comes after all of them is answered.
        Client::new(&address)?.describe("big").await?;
        let after = memory(&host, "VmRSS")?;
        eprintln!(
            "beside {N_IDLE_POLLS} held polls, {N_UNREAD} clients that do not read, {} that vanish and \
             messages that are none, with gzip:\n\
             {N_STARTS} starts at once, to their ends: {took:?}\n\
             median, 99th percentile and most until a start is answered: {}; until its end: {}\n\
             memory before {before} MiB, at most {highest} MiB, after {after} MiB\n\
             CPU time of the held polls alone: {used:?} in {IDLE:?}",
            2 * N_GONE,
            shown(answered),
            shown(ended),
        );
        ensure!(highest < before + GROWTH_MAX, "{highest} MiB in memory, {before} before");
        Ok(())
    })
}
