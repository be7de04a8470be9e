//! A chain of runs is one execution for those who name its first run.

use crate::{Host, data, execution, start_request, text};
use refrain_wire::api::common::v1::{Priority, RetryPolicy};
use refrain_wire::api::enums::v1::{
    EventType, HistoryEventFilterType, WorkflowExecutionStatus, WorkflowIdConflictPolicy,
};
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::update::v1 as update;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::wkt;
use tonic::{Code, Request, Status};

pub(crate) async fn describe(host: &Host, id: &str) -> DescribeWorkflowExecutionResponse {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution(id, ""),
    };
    host.call("DescribeWorkflowExecution", request).await.expect("it is there")
}

async fn status(host: &Host, id: &str) -> WorkflowExecutionStatus {
    describe(host, id).await.workflow_execution_info.expect("always filled").status()
}

/// Returns the first run and the second.
async fn chain(host: &Host, id: &str) -> (String, String) {
    let first = host.start_workflow(id, "Wait").await.expect("it starts");
    host.signal(id, "again").await.expect("it is open");
    let info = describe(host, id).await.workflow_execution_info.expect("always filled");
    assert_eq!(info.first_run_id, first);
    let second = info.execution.expect("always filled").run_id;
    assert_ne!(first, second);
    (first, second)
}

async fn cancel(host: &Host, id: &str, run: &str, first: &str) -> Result<(), Status> {
    let request = RequestCancelWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution(id, run),
        first_execution_run_id: first.to_owned(),
        ..Default::default()
    };
    let done: Result<RequestCancelWorkflowExecutionResponse, _> =
        host.call("RequestCancelWorkflowExecution", request).await;
    done.map(drop)
}

async fn terminate(host: &Host, id: &str, run: &str, first: &str) -> Result<(), Status> {
    let request = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution(id, run),
        first_execution_run_id: first.to_owned(),
        ..Default::default()
    };
    let done: Result<TerminateWorkflowExecutionResponse, _> =
        host.call("TerminateWorkflowExecution", request).await;
    done.map(drop)
}

fn code(done: Result<(), Status>) -> Code {
    done.map_or_else(|status| status.code(), |()| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_the_first_run_of_a_chain_cancels_the_latest() {
    let host = Host::start().await;
    let (first, second) = chain(&host, "w1").await;
    let (other, _) = chain(&host, "w2").await;
    assert_eq!(code(cancel(&host, "w1", "", &other).await), Code::NotFound);
    assert_eq!(code(cancel(&host, "w1", "", &second).await), Code::NotFound);
    assert_eq!(code(cancel(&host, "w1", &second, &other).await), Code::NotFound);
    assert_eq!(code(cancel(&host, "w1", "", "17").await), Code::NotFound);
    // One that has ended needs no cancel.
    assert_eq!(code(cancel(&host, "w1", &first, "").await), Code::Ok);
    assert_eq!(status(&host, "w1").await, WorkflowExecutionStatus::Running);
    // As the real server: of a chain, whichever run is named, it is the latest that is meant.
    assert_eq!(code(cancel(&host, "w1", &first, &first).await), Code::Ok);
    assert_eq!(status(&host, "w1").await, WorkflowExecutionStatus::Canceled);
    assert_eq!(code(cancel(&host, "w1", "", &first).await), Code::Ok);
    assert_eq!(code(cancel(&host, "w2", "", &other).await), Code::Ok);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_names_the_first_run_of_a_chain_terminates_the_latest() {
    let host = Host::start().await;
    let (first, second) = chain(&host, "w1").await;
    let (other, newest) = chain(&host, "w2").await;
    for (run, chain) in [("", &*other), ("", &*second), (&*second, &*other), (&*first, "")] {
        assert_eq!(code(terminate(&host, "w1", run, chain).await), Code::NotFound);
    }
    assert_eq!(status(&host, "w1").await, WorkflowExecutionStatus::Running);
    assert_eq!(code(terminate(&host, "w1", &first, &first).await), Code::Ok);
    assert_eq!(status(&host, "w1").await, WorkflowExecutionStatus::Terminated);
    assert_eq!(code(terminate(&host, "w1", "", &first).await), Code::NotFound);
    assert_eq!(code(terminate(&host, "w2", &newest, &other).await), Code::Ok);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_finds_a_chain_says_where_it_began() {
    let host = Host::start().await;
    let (first, second) = chain(&host, "w1").await;
    let mut request = start_request("w1", "Wait");
    request.request_id = "another".to_owned();
    request.workflow_id_conflict_policy = WorkflowIdConflictPolicy::UseExisting as i32;
    let found: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", request).await.expect("it is there");
    assert_eq!((found.run_id, found.first_execution_run_id), (second.clone(), first.clone()));
    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w1".to_owned(),
        workflow_type: start_request("w1", "Wait").workflow_type,
        task_queue: start_request("w1", "Wait").task_queue,
        signal_name: "hello".to_owned(),
        ..Default::default()
    };
    let found: SignalWithStartWorkflowExecutionResponse =
        host.call("SignalWithStartWorkflowExecution", request).await.expect("it is there");
    assert!(!found.started);
    assert_eq!((found.run_id, found.first_execution_run_id), (second, first));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_for_the_chain_that_its_sender_means() {
    let host = Host::start().await;
    let (first, second) = chain(&host, "w1").await;
    let update = |chain: &str| UpdateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w1", ""),
        first_execution_run_id: chain.to_owned(),
        request: Some(update::Request {
            meta: Some(update::Meta { update_id: "u1".to_owned(), ..Default::default() }),
            input: Some(update::Input {
                name: "add".to_owned(),
                args: text("7"),
                ..Default::default()
            }),
            ..Default::default()
        }),
        wait_policy: Some(update::WaitPolicy { lifecycle_stage: 3 }),
    };
    let refused: Result<UpdateWorkflowExecutionResponse, Status> =
        host.call("UpdateWorkflowExecution", update(&second)).await;
    assert_eq!(refused.map_err(|it| it.code()), Err(Code::NotFound));
    let done: UpdateWorkflowExecutionResponse =
        host.call("UpdateWorkflowExecution", update(&first)).await.expect("it is open");
    assert_eq!(done.stage, 3);
    let told = done.update_ref.and_then(|it| it.workflow_execution).expect("always filled");
    assert_eq!(told.run_id, second);
    host.stop().await;
}

/// As the real server: the times of a chain count from its first run.
#[tokio::test(flavor = "multi_thread")]
async fn a_description_of_a_later_run_has_the_times_of_its_chain() {
    let host = Host::start().await;
    let mut request = start_request("w1", "Wait");
    let seconds = |seconds| Some(wkt::Duration { seconds, nanos: 0 });
    request.workflow_execution_timeout = seconds(3600);
    request.workflow_run_timeout = seconds(600);
    request.priority = Some(Priority { priority_key: 2, ..Default::default() });
    let _: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", request).await.expect("it starts");
    let before = describe(&host, "w1").await.workflow_extended_info.expect("always filled");
    host.signal("w1", "again").await.expect("it is open");
    let described = describe(&host, "w1").await;
    let after = described.workflow_extended_info.expect("always filled");
    assert_eq!(after.execution_expiration_time, before.execution_expiration_time);
    let info = described.workflow_execution_info.expect("always filled");
    let start = info.start_time.expect("always filled");
    let end = after.run_expiration_time.expect("always filled");
    assert_eq!((end.seconds - start.seconds, end.nanos), (600, start.nanos));
    assert_eq!(info.priority.expect("always filled").priority_key, 2);
    assert_eq!(info.root_execution, info.execution);
    host.stop().await;
}

/// The event that closes a run, once there is one, as a client with these features is told of it.
async fn end(host: &Host, id: &str, run: &str, features: &'static str) -> HistoryEvent {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".to_owned(),
        execution: execution(id, run),
        wait_new_event: true,
        history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
        ..Default::default()
    };
    loop {
        let mut request = Request::new(request.clone());
        request.metadata_mut().insert("supported-features", features.parse().expect("ascii"));
        let told: GetWorkflowExecutionHistoryResponse =
            host.send("GetWorkflowExecutionHistory", request).await.expect("it is there");
        if let Some(event) = told.history.expect("always filled").events.pop() {
            return event;
        }
    }
}

/// As by the real server; clients that know say so.
#[allow(deprecated, reason = "the real server says there why the run failed")]
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_run_that_another_one_follows_is_a_continue_as_new_to_clients_that_know_no_other()
 {
    let host = Host::start().await;
    let millis = |millis: i32| {
        let (seconds, nanos) = (i64::from(millis / 1000), millis % 1000 * 1_000_000);
        Some(wkt::Duration { seconds, nanos })
    };
    let retry =
        RetryPolicy { initial_interval: millis(10), maximum_attempts: 2, ..RetryPolicy::default() };
    let mut failed = start_request("failed", "Wait");
    failed.retry_policy = Some(retry.clone());
    let mut late = start_request("late", "Wait");
    (late.retry_policy, late.workflow_run_timeout) = (Some(retry), millis(100));
    let mut again = start_request("again", "Echo");
    again.cron_schedule = "@every 1s".to_owned();
    let ends = [
        (failed, EventType::WorkflowExecutionFailed),
        (late, EventType::WorkflowExecutionTimedOut),
        (again, EventType::WorkflowExecutionCompleted),
    ];
    for (request, really) in ends {
        let id = request.workflow_id.clone();
        let started: StartWorkflowExecutionResponse =
            host.call("StartWorkflowExecution", request).await.expect("it starts");
        let run = started.run_id;
        if really == EventType::WorkflowExecutionFailed {
            host.signal(&id, "fail").await.expect("it is open");
        }
        let known = end(&host, &id, &run, "some,follows-next-run-id").await;
        assert_eq!(known.event_type(), really);
        let next = match known.attributes.expect("always filled") {
            Attributes::WorkflowExecutionFailedEventAttributes(it) => it.new_execution_run_id,
            Attributes::WorkflowExecutionTimedOutEventAttributes(it) => it.new_execution_run_id,
            Attributes::WorkflowExecutionCompletedEventAttributes(it) => it.new_execution_run_id,
            other => panic!("{other:?}"),
        };
        assert!(!next.is_empty());
        let told = end(&host, &id, &run, "xfollows-next-run-id").await;
        assert_eq!(told.event_type(), EventType::WorkflowExecutionContinuedAsNew);
        assert_eq!((told.event_id, told.event_time), (known.event_id, known.event_time));
        let Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) = told.attributes
        else {
            panic!("{told:?}");
        };
        assert_eq!(it.new_execution_run_id, next);
        match really {
            EventType::WorkflowExecutionFailed => {
                assert_eq!(it.failure.expect("it is told").message, "not this time");
            }
            EventType::WorkflowExecutionTimedOut => {
                let failure = it.failure.expect("it is told");
                assert_eq!(failure.message, "workflow timeout");
                assert!(matches!(failure.failure_info, Some(FailureInfo::TimeoutFailureInfo(_))));
            }
            _ => assert_eq!(data(it.last_completion_result), "\"hi\""),
        }
        // The history itself says what is so.
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(&id, &run),
            ..Default::default()
        };
        let all: GetWorkflowExecutionHistoryResponse =
            host.call("GetWorkflowExecutionHistory", request).await.expect("it is there");
        let last = all.history.expect("always filled").events.pop().expect("it has some");
        assert_eq!(last.event_type(), really);
    }
    // The end of a chain is what it is.
    let last = host.start_workflow("last", "Echo").await.expect("it starts");
    let told = end(&host, "last", &last, "").await;
    assert_eq!(told.event_type(), EventType::WorkflowExecutionCompleted);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_not_there_is_named() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    const NOBODY: &str = "12345678-dead-beef-1234-1234567890ab";
    for id in ["w1", "nobody"] {
        let request = DescribeWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            execution: execution(id, NOBODY),
        };
        let described: Result<DescribeWorkflowExecutionResponse, Status> =
            host.call("DescribeWorkflowExecution", request).await;
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(id, NOBODY),
            ..Default::default()
        };
        let history: Result<GetWorkflowExecutionHistoryResponse, Status> =
            host.call("GetWorkflowExecutionHistory", request).await;
        let refused = [
            described.map(drop),
            history.map(drop),
            terminate(&host, id, NOBODY, "").await,
            cancel(&host, id, NOBODY, "").await,
        ];
        for refused in refused {
            let refused = refused.expect_err("it is not there");
            assert_eq!(refused.code(), Code::NotFound);
            let words = format!("workflow execution `{id}` with run `{NOBODY}` not found");
            assert_eq!(refused.message(), words);
        }
    }
    host.stop().await;
}
