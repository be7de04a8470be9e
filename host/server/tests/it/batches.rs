//! Batches over the wire.

use super::*;
use expect_test::expect;
use refrain_wire::api::batch::v1 as pb;
use refrain_wire::api::common::v1::{ResetOptions, reset_options};
use refrain_wire::api::enums::v1::BatchOperationState;
use start_batch_operation_request::Operation;
use std::fmt::Write;

pub(super) fn terminate() -> Operation {
    let identity = "operator".to_owned();
    Operation::TerminationOperation(pb::BatchOperationTermination { identity, details: None })
}

pub(super) fn batch(job: &str, query: &str, operation: Operation) -> StartBatchOperationRequest {
    StartBatchOperationRequest {
        namespace: "default".to_owned(),
        job_id: job.to_owned(),
        visibility_query: query.to_owned(),
        reason: "a test".to_owned(),
        operation: Some(operation),
        ..Default::default()
    }
}

impl Host {
    pub(super) async fn start_batch(
        &self,
        request: StartBatchOperationRequest,
    ) -> Result<(), Status> {
        let _: StartBatchOperationResponse = self.call("StartBatchOperation", request).await?;
        Ok(())
    }

    /// Once it is done.
    pub(super) async fn batch(&self, job: &str) -> DescribeBatchOperationResponse {
        let request = DescribeBatchOperationRequest {
            namespace: "default".to_owned(),
            job_id: job.to_owned(),
        };
        loop {
            let described: DescribeBatchOperationResponse =
                self.call("DescribeBatchOperation", request.clone()).await.expect("it is there");
            if described.state() != BatchOperationState::Running {
                return described;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn with_status(&self, status: &str) -> i64 {
        let request = CountWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            query: format!("ExecutionStatus = '{status}'"),
        };
        let counted: CountWorkflowExecutionsResponse =
            self.call("CountWorkflowExecutions", request).await.expect("a query");
        counted.count
    }
}

pub(super) fn shown(it: &DescribeBatchOperationResponse) -> String {
    let mut text = String::new();
    let kind = it.operation_type().as_str_name().trim_start_matches("BATCH_OPERATION_TYPE_");
    let state = it.state().as_str_name().trim_start_matches("BATCH_OPERATION_STATE_");
    let (all, done, failed) =
        (it.total_operation_count, it.complete_operation_count, it.failure_operation_count);
    writeln!(text, "{} {kind} {state} of {all} done {done} failed {failed}", it.job_id)
        .expect("a text");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deed_is_done_to_all_that_a_query_finds() {
    let host = Host::start().await;
    for n in 0..120 {
        host.start_workflow(&format!("w{n}"), "Wait").await.expect("it starts");
    }
    host.start_workflow("done", "Echo").await.expect("it starts");
    host.close_event("done").await;
    let mut text = String::new();

    let signal = pb::BatchOperationSignal {
        signal: "finish".to_owned(),
        identity: "operator".to_owned(),
        ..Default::default()
    };
    let some = "WorkflowId STARTS_WITH 'w1'";
    let request = batch("signal", some, Operation::SignalOperation(signal));
    host.start_batch(request).await.expect("a batch");
    text.push_str(&shown(&host.batch("signal").await));
    host.close_event("w119").await;

    let everything = "WorkflowType = 'Wait' OR WorkflowType = 'Echo'";
    host.start_batch(batch("terminate", everything, terminate())).await.expect("a batch");
    text.push_str(&shown(&host.batch("terminate").await));

    let reset = pb::BatchOperationReset {
        identity: "operator".to_owned(),
        options: Some(ResetOptions {
            target: Some(reset_options::Target::FirstWorkflowTask(())),
            ..Default::default()
        }),
        ..Default::default()
    };
    let request = batch("reset", "WorkflowId = 'w2'", Operation::ResetOperation(reset));
    host.start_batch(request).await.expect("a batch");
    text.push_str(&shown(&host.batch("reset").await));
    assert_eq!(host.with_status("Running").await, 1);

    let cancel = Operation::CancellationOperation(pb::BatchOperationCancellation::default());
    let mut request = batch("cancel", "", cancel);
    let execution =
        |id: &str| WorkflowExecution { workflow_id: id.to_owned(), ..Default::default() };
    #[allow(deprecated)]
    request.executions.extend([execution("w2"), execution("nobody")]);
    host.start_batch(request).await.expect("a batch");
    text.push_str(&shown(&host.batch("cancel").await));

    let delete = Operation::DeletionOperation(pb::BatchOperationDeletion::default());
    let closed = "ExecutionStatus != 'Running'";
    host.start_batch(batch("delete", closed, delete)).await.expect("a batch");
    text.push_str(&shown(&host.batch("delete").await));
    assert_eq!(host.with_status("Terminated").await, 0);

    host.start_batch(batch("wrong", "Color = 'red'", terminate())).await.expect("it starts");
    text.push_str(&shown(&host.batch("wrong").await));
    expect![[r#"
        signal SIGNAL_WORKFLOW COMPLETED of 31 done 31 failed 0
        terminate TERMINATE_WORKFLOW COMPLETED of 89 done 89 failed 0
        reset RESET_WORKFLOW COMPLETED of 1 done 1 failed 0
        cancel CANCEL_WORKFLOW COMPLETED of 2 done 1 failed 1
        delete DELETE_WORKFLOW COMPLETED of 122 done 122 failed 0
        wrong TERMINATE_WORKFLOW FAILED of 0 done 0 failed 0
    "#]]
    .assert_eq(&text);

    let mut listed = Vec::new();
    let mut next_page_token = Vec::new();
    loop {
        let request = ListBatchOperationsRequest {
            namespace: "default".to_owned(),
            page_size: 4,
            next_page_token,
        };
        let page: ListBatchOperationsResponse =
            host.call("ListBatchOperations", request).await.expect("a page");
        listed.extend(page.operation_info.into_iter().map(|it| it.job_id));
        next_page_token = page.next_page_token;
        if next_page_token.is_empty() {
            break;
        }
    }
    listed.sort();
    assert_eq!(listed, ["cancel", "delete", "reset", "signal", "terminate", "wrong"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_batch_is_stopped_and_its_job_id_stays_taken() {
    let host = Host::start().await;
    for n in 0..3 {
        host.start_workflow(&format!("w{n}"), "Wait").await.expect("it starts");
    }
    let mut request = batch("slow", "WorkflowType = 'Wait'", terminate());
    request.max_operations_per_second = 0.01;
    host.start_batch(request.clone()).await.expect("a batch");
    let taken = host.start_batch(request).await.expect_err("it is there");
    assert_eq!(taken.code(), Code::AlreadyExists);
    let stop = |job: &str| StopBatchOperationRequest {
        namespace: "default".to_owned(),
        job_id: job.to_owned(),
        reason: "too slow".to_owned(),
        ..Default::default()
    };
    let _: StopBatchOperationResponse =
        host.call("StopBatchOperation", stop("slow")).await.expect("it is under way");
    assert_eq!(host.batch("slow").await.state(), BatchOperationState::Failed);
    assert!(host.with_status("Running").await >= 2);
    for job in ["slow", "nobody"] {
        let refused: Result<StopBatchOperationResponse, _> =
            host.call("StopBatchOperation", stop(job)).await;
        assert_eq!(refused.expect_err(job).code(), Code::NotFound);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_batches_run_at_once_and_no_more() {
    let host = Host::start().await;
    let n_max = refrain_core::limits::BATCHES_RUNNING_MAX;
    for n in 0..=n_max {
        host.start_workflow(&format!("w{n}"), "Wait").await.expect("it starts");
    }
    let slow = |n: usize| {
        let signal = pb::BatchOperationSignal { signal: "other".to_owned(), ..Default::default() };
        let operation = Operation::SignalOperation(signal);
        let mut request = batch(&format!("b{n}"), "WorkflowType = 'Wait'", operation);
        request.max_operations_per_second = 0.01;
        request
    };
    for n in 0..n_max {
        host.start_batch(slow(n)).await.expect("a batch");
    }
    let refused = host.start_batch(slow(n_max)).await.expect_err("one more");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(has_detail(&refused, "ResourceExhaustedFailure"));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_make_no_sense_are_refused() {
    let host = Host::start().await;
    let with = |change: fn(&mut StartBatchOperationRequest)| {
        let mut request = batch("job", "WorkflowType = 'Wait'", terminate());
        change(&mut request);
        request
    };
    #[allow(deprecated)]
    let refused = [
        (with(|it| it.job_id.clear()), "JobId is not set"),
        (with(|it| it.reason.clear()), "Reason is not set"),
        (with(|it| it.operation = None), "Batch operation is not set"),
        (with(|it| it.visibility_query.clear()), "must be set on request"),
        (with(|it| it.executions.push(WorkflowExecution::default())), "mutually exclusive"),
        (
            with(|it| {
                it.visibility_query.clear();
                it.executions = vec![execution("w", "").expect("some"); 1001];
            }),
            "executions has 1001 entries, expected at most 1000",
        ),
        (
            with(|it| it.operation = Some(Operation::ResetOperation(Default::default()))),
            "reset_type is `0`",
        ),
        (
            with(|it| {
                it.operation = Some(Operation::ResetActivitiesOperation(Default::default()));
            }),
            "match all should be set to true",
        ),
        (
            with(|it| it.operation = Some(Operation::SignalOperation(Default::default()))),
            "Signal name is not set",
        ),
    ];
    for (request, words) in refused {
        let refused = host.start_batch(request).await.expect_err(words);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(words), "{refused:?}");
    }
    host.stop().await;
}
