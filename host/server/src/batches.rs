//! Batches: one thing done to many workflows.

use crate::status::{internal, invalid, of, undecodable};
use crate::token::{PAGE_TOKEN, foreign};
use crate::validate;
use prost::Message;
use refrain_core::batch::{Batch, Targets};
use refrain_core::limits::{BATCH_TARGETS_MAX, LIST_PAGE_MAX};
use refrain_core::search::parse;
use refrain_core::time::Timestamp;
use refrain_engine::api::BatchRow;
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::batch::v1::BatchOperationInfo;
use refrain_wire::api::common::v1::Execution;
use refrain_wire::api::workflowservice::v1::{
    DescribeBatchOperationRequest, DescribeBatchOperationResponse, ListBatchOperationsRequest,
    ListBatchOperationsResponse, StartBatchOperationRequest, StartBatchOperationResponse,
    StopBatchOperationRequest, StopBatchOperationResponse,
    start_batch_operation_request::Operation,
};
use refrain_wire::batch;
use refrain_wire::options::{run_to_proto, timestamp_to_proto};
use tonic::Status;

const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

#[derive(Clone, PartialEq, prost::Message)]
struct PlaceToken {
    #[prost(uint64, tag = "1")]
    created_ms: u64,
    #[prost(string, tag = "2")]
    job: String,
}

/// A query with an unknown name fails the batch, not its start: as the real server.
pub(crate) async fn start(
    engine: &Engine,
    request: StartBatchOperationRequest,
) -> Result<StartBatchOperationResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    if request.job_id.is_empty() {
        return Err(invalid("JobId is not set on request."));
    }
    validate::short("job_id", &request.job_id)?;
    if request.reason.is_empty() {
        return Err(invalid("Reason is not set on request."));
    }
    validate::short("reason", &request.reason)?;
    match &request.operation {
        Some(Operation::UpdateWorkflowOptionsOperation(it)) => {
            validate::run_options(it.workflow_execution_options.as_ref())?;
        }
        Some(Operation::ResetOperation(it)) => {
            validate::after_reset(&it.post_reset_operations)?;
        }
        _ => {}
    }
    let bytes = request.encode_to_vec();
    let batch = batch::from_proto(request).map_err(undecodable)?;
    validate::short("identity", &batch.identity)?;
    match &batch.targets {
        Targets::List(list) if list.len() > BATCH_TARGETS_MAX => {
            return Err(invalid(format!(
                "executions has {} entries, expected at most {BATCH_TARGETS_MAX}",
                list.len()
            )));
        }
        Targets::List(_) => {}
        Targets::Query(query) => {
            parse(query).map_err(|error| invalid(format!("invalid visibility query: {error}")))?;
        }
    }
    engine.start_batch(namespace.id, batch, bytes).await.map_err(of)?;
    Ok(StartBatchOperationResponse {})
}

pub(crate) async fn stop(
    engine: &Engine,
    request: StopBatchOperationRequest,
) -> Result<StopBatchOperationResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    validate::present("job_id", &request.job_id)?;
    if request.reason.is_empty() {
        return Err(invalid("Reason is not set on request."));
    }
    engine.stop_batch(namespace.id, &request.job_id).await.map_err(of)?;
    Ok(StopBatchOperationResponse {})
}

fn read(row: &BatchRow) -> Result<Batch, Status> {
    row.batch().map_err(|error| internal(&error))
}

pub(crate) async fn describe(
    engine: &Engine,
    request: DescribeBatchOperationRequest,
) -> Result<DescribeBatchOperationResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let job = request.job_id;
    validate::present("job_id", &job)?;
    let row = engine.batch(namespace.id, &job).await.map_err(of)?;
    let row = row.ok_or_else(|| of(EngineError::BatchNotFound { job }))?;
    let batch = read(&row)?;
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let progress = &row.progress;
    let (query, executions) = match batch.targets {
        Targets::Query(query) => (query, Vec::new()),
        Targets::List(list) => {
            let one = |(business_id, run)| Execution {
                business_id,
                run_id: run_to_proto(run),
                ..Default::default()
            };
            (String::new(), list.into_iter().map(one).collect())
        }
    };
    Ok(DescribeBatchOperationResponse {
        operation_type: batch::operation_type(&batch.deed) as i32,
        job_id: row.job,
        state: i32::from(progress.state.number()),
        start_time: Some(timestamp_to_proto(row.created)),
        close_time: progress.closed.map(timestamp_to_proto),
        total_operation_count: count(progress.n_total),
        complete_operation_count: count(progress.n_done),
        failure_operation_count: count(progress.n_failed),
        identity: batch.identity,
        reason: batch.reason,
        query,
        executions,
    })
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListBatchOperationsRequest,
) -> Result<ListBatchOperationsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let token =
        PlaceToken::decode(request.next_page_token.as_slice()).map_err(|_| foreign(PAGE_TOKEN))?;
    let after = Some((Timestamp(token.created_ms), token.job.as_str()));
    let after = after.filter(|_| !request.next_page_token.is_empty());
    let n_max = validate::page_size(request.page_size, PAGE_MAX);
    let mut rows = engine.batches(namespace.id, after, n_max + 1).await.map_err(of)?;
    let more = rows.len() > n_max as usize;
    rows.truncate(n_max as usize);
    let next = rows.last().filter(|_| more).map(|last| {
        PlaceToken { created_ms: last.created.0, job: last.job.clone() }.encode_to_vec()
    });
    let info = |row: &BatchRow| {
        Ok(BatchOperationInfo {
            operation_type: batch::operation_type(&read(row)?.deed) as i32,
            job_id: row.job.clone(),
            state: i32::from(row.progress.state.number()),
            start_time: Some(timestamp_to_proto(row.created)),
            close_time: row.progress.closed.map(timestamp_to_proto),
        })
    };
    Ok(ListBatchOperationsResponse {
        operation_info: rows.iter().map(info).collect::<Result<_, Status>>()?,
        next_page_token: next.unwrap_or_default(),
    })
}
