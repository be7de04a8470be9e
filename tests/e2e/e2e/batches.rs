//! A batch that outlives its host.

use crate::client::{Client, runtime};
use crate::common::{BENCH, deploy_bench, directory, temporal, temporal_json};
use anyhow::Result;
use refrain_e2e::Host;
use refrain_e2e::host::eventually;

const N_RUNS: i64 = 60;

#[test]
fn a_batch_goes_on_after_its_host_was_killed() -> Result<()> {
    let mut host = Host::start(&directory("batch-killed"), &[])?;
    deploy_bench(&host)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    for n in 0..N_RUNS {
        let id = format!("w{n}");
        runtime.block_on(client.start(&id, "wait-signal", BENCH, &[], &id))?;
    }
    let all = "WorkflowType = 'wait-signal'";
    let terminate = ["workflow", "terminate", "--query", all, "--reason", "a test", "--yes"];
    temporal(&host, &[&terminate[..], &["--rps", "20"]].concat())?;
    let terminated = "ExecutionStatus = 'Terminated'";
    eventually("some are terminated", || {
        Ok((runtime.block_on(client.count(terminated))? > 0).then_some(()))
    })?;
    host.kill()?;
    host.start_again()?;
    let n_left = runtime.block_on(client.count("ExecutionStatus = 'Running'"))?;
    assert!(n_left > 0, "the batch was done before the host was killed");
    eventually("all are terminated", || {
        Ok((runtime.block_on(client.count(terminated))? == N_RUNS).then_some(()))
    })?;
    let job = eventually("the batch is done", || {
        let listed = temporal_json(&host, &["batch", "list"])?;
        let state = listed[0]["state"].as_str().unwrap_or_default();
        Ok((state == "BATCH_OPERATION_STATE_COMPLETED").then(|| listed[0]["jobId"].clone()))
    })?;
    let job = job.as_str().unwrap_or_default();
    let described = temporal_json(&host, &["batch", "describe", "--job-id", job])?;
    assert!(described["failureOperationCount"].is_null(), "{described}");
    assert_eq!(described["operationType"], "BATCH_OPERATION_TYPE_TERMINATE_WORKFLOW");
    Ok(())
}
