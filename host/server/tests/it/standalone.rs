//! Activities without a workflow, over the wire.

use super::*;
use expect_test::expect;
use refrain_wire::api::activity::v1::ActivityExecutionOutcome;
use refrain_wire::api::activity::v1::activity_execution_outcome::Value;
use refrain_wire::api::common::v1::{ActivityType, RetryPolicy};
use refrain_wire::api::enums::v1::ActivityExecutionStatus;
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::failure::v1::{ApplicationFailureInfo, Failure};
use refrain_wire::wkt;
use std::fmt::Write;

fn charge(id: &str) -> StartActivityExecutionRequest {
    StartActivityExecutionRequest {
        namespace: "default".to_owned(),
        activity_id: id.to_owned(),
        activity_type: Some(ActivityType { name: "charge".to_owned() }),
        task_queue: Some(TaskQueue { name: "cards".to_owned(), ..Default::default() }),
        start_to_close_timeout: Some(wkt::Duration { seconds: 30, nanos: 0 }),
        request_id: format!("request of {id}"),
        input: text("42"),
        ..Default::default()
    }
}

impl Host {
    async fn start_activity(
        &self,
        request: StartActivityExecutionRequest,
    ) -> Result<StartActivityExecutionResponse, Status> {
        self.call("StartActivityExecution", request).await
    }

    async fn outcome(&self, id: &str) -> Option<ActivityExecutionOutcome> {
        let request = PollActivityExecutionRequest {
            namespace: "default".to_owned(),
            activity_id: id.to_owned(),
            ..Default::default()
        };
        let patience = Some(Duration::from_secs(15));
        let polled: PollActivityExecutionResponse = self
            .call_within("PollActivityExecution", request, patience)
            .await
            .expect("it is there");
        assert!(!polled.run_id.is_empty());
        polled.outcome
    }

    async fn activity(&self, id: &str) -> Result<DescribeActivityExecutionResponse, Status> {
        let request = DescribeActivityExecutionRequest {
            namespace: "default".to_owned(),
            activity_id: id.to_owned(),
            include_outcome: true,
            include_input: true,
            include_last_failure: true,
            ..Default::default()
        };
        self.call("DescribeActivityExecution", request).await
    }

    async fn complete(&self, task_token: Vec<u8>) -> Result<(), Status> {
        let request = RespondActivityTaskCompletedRequest {
            namespace: "default".to_owned(),
            task_token,
            result: text("\"charged\""),
            ..Default::default()
        };
        let _: RespondActivityTaskCompletedResponse =
            self.call("RespondActivityTaskCompleted", request).await?;
        Ok(())
    }

    async fn fail(&self, task_token: Vec<u8>, non_retryable: bool) {
        let failure_info = FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
            r#type: "Declined".to_owned(),
            non_retryable,
            ..Default::default()
        });
        let request = RespondActivityTaskFailedRequest {
            namespace: "default".to_owned(),
            task_token,
            failure: Some(Failure {
                message: "no money".to_owned(),
                failure_info: Some(failure_info),
                ..Default::default()
            }),
            ..Default::default()
        };
        let _: RespondActivityTaskFailedResponse =
            self.call("RespondActivityTaskFailed", request).await.expect("it is under way");
    }

    async fn listed(&self, query: &str) -> String {
        let request = ListActivityExecutionsRequest {
            namespace: "default".to_owned(),
            query: query.to_owned(),
            ..Default::default()
        };
        let listed: ListActivityExecutionsResponse =
            self.call("ListActivityExecutions", request).await.expect(query);
        let mut names: Vec<_> = listed.executions.into_iter().map(|it| it.activity_id).collect();
        names.sort();
        names.join(" ")
    }
}

fn shown(outcome: Option<ActivityExecutionOutcome>) -> String {
    match outcome.and_then(|it| it.value) {
        None => "open".to_owned(),
        Some(Value::Result(it)) => data(Some(it)),
        Some(Value::Failure(it)) => {
            let kind = format!("{:?}", it.failure_info.expect("always filled"));
            format!("{} ({})", it.message, kind.split('(').next().unwrap_or_default())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_without_a_workflow_is_retried_until_it_succeeds() {
    let host = Host::start().await;
    let mut request = charge("a1");
    request.retry_policy = Some(RetryPolicy {
        initial_interval: Some(wkt::Duration { seconds: 0, nanos: 1_000_000 }),
        ..Default::default()
    });
    let started = host.start_activity(request.clone()).await.expect("it starts");
    assert!(started.started && started.link.is_some());
    let again = host.start_activity(request).await.expect("the same request");
    assert_eq!(again.run_id, started.run_id);

    let task = host.poll(Duration::from_secs(10)).await.expect("a task");
    assert_eq!(
        (task.activity_id.as_str(), task.activity_run_id.as_str()),
        ("a1", &*started.run_id)
    );
    assert!(task.workflow_execution.is_none() && task.workflow_type.is_none());
    assert_eq!(data(task.input), "42");
    let info = host.activity("a1").await.expect("it is there").info.expect("always filled");
    assert_eq!(
        (info.status(), info.run_state, info.attempt),
        (ActivityExecutionStatus::Running, 2, 1)
    );
    host.fail(task.task_token, false).await;

    let task = host.poll(Duration::from_secs(10)).await.expect("the next attempt");
    assert_eq!(task.attempt, 2);
    let info = host.activity("a1").await.expect("it is there").info.expect("always filled");
    assert_eq!(info.last_failure.expect("of the first attempt").message, "no money");
    let (outcome, completed) =
        tokio::join!(host.outcome("a1"), host.complete(task.task_token.clone()));
    completed.expect("it is under way");
    assert_eq!(shown(outcome), "\"charged\"");
    let late = host.complete(task.task_token).await.expect_err("its attempt is over");
    assert_eq!(late.code(), Code::NotFound);

    let described = host.activity("a1").await.expect("it is kept");
    let info = described.info.expect("always filled");
    assert_eq!((info.status(), info.attempt), (ActivityExecutionStatus::Completed, 2));
    assert_eq!(info.last_worker_identity, "worker");
    assert!(info.close_time.is_some() && info.execution_duration.is_some());
    assert_eq!(data(described.input), "42");
    assert_eq!(shown(described.outcome), "\"charged\"");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_without_a_workflow_ends_as_its_attempts_or_its_owner_say() {
    let host = Host::start().await;
    let mut said = String::new();
    let mut note = |id: &str, outcome| writeln!(said, "{id}: {}", shown(outcome)).expect("a text");

    host.start_activity(charge("failed")).await.expect("it starts");
    let task = host.poll(Duration::from_secs(10)).await.expect("a task");
    host.fail(task.task_token, true).await;
    note("failed", host.outcome("failed").await);

    let cancel = |id: &str| RequestCancelActivityExecutionRequest {
        namespace: "default".to_owned(),
        activity_id: id.to_owned(),
        reason: "enough".to_owned(),
        ..Default::default()
    };
    host.start_activity(charge("waiting")).await.expect("it starts");
    let method = "RequestCancelActivityExecution";
    let _: RequestCancelActivityExecutionResponse =
        host.call(method, cancel("waiting")).await.expect("it is open");
    note("waiting", host.outcome("waiting").await);

    host.start_activity(charge("canceled")).await.expect("it starts");
    let task = host.poll(Duration::from_secs(10)).await.expect("a task");
    let beat = RecordActivityTaskHeartbeatRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token.clone(),
        ..Default::default()
    };
    let method_beat = "RecordActivityTaskHeartbeat";
    let told: RecordActivityTaskHeartbeatResponse =
        host.call(method_beat, beat.clone()).await.expect("it is under way");
    assert!(!told.cancel_requested);
    let _: RequestCancelActivityExecutionResponse =
        host.call(method, cancel("canceled")).await.expect("it is open");
    let told: RecordActivityTaskHeartbeatResponse =
        host.call(method_beat, beat).await.expect("it is under way");
    assert!(told.cancel_requested);
    let info = host.activity("canceled").await.expect("it is there").info.expect("always filled");
    assert_eq!(info.canceled_reason, "enough");
    let stopped = RespondActivityTaskCanceledByIdRequest {
        namespace: "default".to_owned(),
        activity_id: "canceled".to_owned(),
        ..Default::default()
    };
    let _: RespondActivityTaskCanceledByIdResponse =
        host.call("RespondActivityTaskCanceledById", stopped).await.expect("it was asked to");
    note("canceled", host.outcome("canceled").await);

    let terminate = |id: &str| TerminateActivityExecutionRequest {
        namespace: "default".to_owned(),
        activity_id: id.to_owned(),
        reason: "for good".to_owned(),
        ..Default::default()
    };
    host.start_activity(charge("terminated")).await.expect("it starts");
    let _: TerminateActivityExecutionResponse =
        host.call("TerminateActivityExecution", terminate("terminated")).await.expect("it is open");
    note("terminated", host.outcome("terminated").await);

    let mut late = charge("late");
    late.schedule_to_start_timeout = Some(wkt::Duration { seconds: 0, nanos: 50_000_000 });
    host.start_activity(late).await.expect("it starts");
    note("late", host.outcome("late").await);
    expect![[r#"
        failed: no money (ApplicationFailureInfo)
        waiting: Activity canceled (CanceledFailureInfo)
        canceled: Activity canceled (CanceledFailureInfo)
        terminated: for good (TerminatedFailureInfo)
        late: activity ScheduleToStart timeout (TimeoutFailureInfo)
    "#]]
    .assert_eq(&said);

    for id in ["late", "nobody"] {
        let refused: Result<TerminateActivityExecutionResponse, _> =
            host.call("TerminateActivityExecution", terminate(id)).await;
        let code = if id == "late" { Code::FailedPrecondition } else { Code::NotFound };
        assert_eq!(refused.expect_err(id).code(), code);
    }
    assert_eq!(host.listed("").await, "canceled failed late terminated waiting");
    assert_eq!(host.listed("ExecutionStatus = 'Canceled'").await, "canceled waiting");
    assert_eq!(host.listed("ActivityType = 'charge' AND ActivityId = 'late'").await, "late");
    let count = CountActivityExecutionsRequest {
        namespace: "default".to_owned(),
        query: "GROUP BY ExecutionStatus".to_owned(),
    };
    let counted: CountActivityExecutionsResponse =
        host.call("CountActivityExecutions", count).await.expect("a query");
    assert_eq!((counted.count, counted.groups.len()), (5, 4));

    let delete = DeleteActivityExecutionRequest {
        namespace: "default".to_owned(),
        activity_id: "late".to_owned(),
        ..Default::default()
    };
    let _: DeleteActivityExecutionResponse =
        host.call("DeleteActivityExecution", delete).await.expect("it is there");
    let gone = host.activity("late").await.expect_err("deleted");
    assert_eq!(gone.code(), Code::NotFound);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_activity_of_an_id_begins_as_its_policies_say() {
    let host = Host::start().await;
    let first = host.start_activity(charge("a")).await.expect("it starts");
    let another = |reuse, conflict| {
        let mut request = charge("a");
        request.request_id = format!("{reuse} {conflict}");
        request.id_reuse_policy = reuse;
        request.id_conflict_policy = conflict;
        request
    };
    let refused = host.start_activity(another(0, 0)).await.expect_err("one is open");
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert!(has_detail(&refused, "ActivityExecutionAlreadyStartedFailure"));
    let used = host.start_activity(another(0, 2)).await.expect("use existing");
    assert_eq!((used.run_id, used.started), (first.run_id.clone(), false));

    let task = host.poll(Duration::from_secs(10)).await.expect("a task");
    host.complete(task.task_token).await.expect("it is under way");
    for reuse in [2, 3] {
        let refused = host.start_activity(another(reuse, 0)).await.expect_err("it completed");
        assert_eq!(refused.code(), Code::AlreadyExists);
    }
    let second = host.start_activity(another(1, 0)).await.expect("duplicates are allowed");
    assert_ne!(second.run_id, first.run_id);

    let with = |change: fn(&mut StartActivityExecutionRequest)| {
        let mut request = charge("b");
        change(&mut request);
        request
    };
    let refused = [
        (with(|it| it.activity_id.clear()), "activity_id is missing"),
        (with(|it| it.activity_type = None), "activity_type is missing"),
        (with(|it| it.task_queue = None), "task_queue is missing"),
        (with(|it| it.start_to_close_timeout = None), "no time limit"),
        (with(|it| it.id_reuse_policy = 9), "id_reuse_policy is `9`"),
        (with(|it| it.id_conflict_policy = 9), "id_conflict_policy is `9`"),
        (with(|it| it.activity_id = "x".repeat(1001)), "activity_id has 1001 bytes"),
    ];
    for (request, words) in refused {
        let refused = host.start_activity(request).await.expect_err(words);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(words), "{refused:?}");
    }
    host.stop().await;
}
