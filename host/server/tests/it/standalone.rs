//! Activities without a workflow, over the wire.

use super::*;
use expect_test::expect;
use refrain_core::machines::activity::Scheduled;
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::payload::PayloadMap;
use refrain_core::time::Delay;
use refrain_engine::EngineError;
use refrain_engine::api::{NewStandalone, StandaloneRef};
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

#[tokio::test(flavor = "multi_thread")]
async fn whoever_ended_an_activity_is_named_in_its_outcome() {
    let host = Host::start().await;
    let namespace = || "default".to_owned();
    let mut said = String::new();
    let mut note = |it: DescribeActivityExecutionResponse| {
        let info = it.info.expect("always filled");
        let by = match it.outcome.expect("it is closed").value {
            Some(Value::Failure(it)) => match it.failure_info {
                Some(FailureInfo::CanceledFailureInfo(it)) => {
                    format!("canceled by {}, {}", it.identity, data(it.details))
                }
                Some(FailureInfo::TerminatedFailureInfo(it)) => {
                    format!("terminated by {}", it.identity)
                }
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        };
        let (worker, failed) = (info.last_worker_identity, info.last_failure.is_some());
        let attempt_ended = info.last_attempt_complete_time.is_some();
        writeln!(said, "{}: {by}; worker `{worker}` {failed} {attempt_ended}", info.activity_id)
            .expect("a text");
    };
    let cancel = |id: &str| RequestCancelActivityExecutionRequest {
        namespace: namespace(),
        activity_id: id.to_owned(),
        identity: "owner".to_owned(),
        reason: "\"enough\"".to_owned(),
        ..Default::default()
    };
    let method = "RequestCancelActivityExecution";

    host.start_activity(charge("waiting")).await.expect("it starts");
    let _: RequestCancelActivityExecutionResponse =
        host.call(method, cancel("waiting")).await.expect("it is open");
    // No worker has it, so it is over when that is answered.
    note(host.activity("waiting").await.expect("it is there"));

    host.start_activity(charge("started")).await.expect("it starts");
    host.poll(Duration::from_secs(10)).await.expect("a task");
    let _: RequestCancelActivityExecutionResponse =
        host.call(method, cancel("started")).await.expect("it is open");
    let stopped = RespondActivityTaskCanceledByIdRequest {
        namespace: namespace(),
        activity_id: "started".to_owned(),
        details: text("\"stopped\""),
        ..Default::default()
    };
    let _: RespondActivityTaskCanceledByIdResponse =
        host.call("RespondActivityTaskCanceledById", stopped).await.expect("it was asked to");
    note(host.activity("started").await.expect("it is there"));

    host.start_activity(charge("terminated")).await.expect("it starts");
    let terminate = TerminateActivityExecutionRequest {
        namespace: namespace(),
        activity_id: "terminated".to_owned(),
        identity: "operator".to_owned(),
        ..Default::default()
    };
    let _: TerminateActivityExecutionResponse =
        host.call("TerminateActivityExecution", terminate).await.expect("it is open");
    note(host.activity("terminated").await.expect("it is there"));
    expect![[r#"
        waiting: canceled by owner, "\"enough\""; worker `` false false
        started: canceled by owner, "stopped"; worker `worker` false false
        terminated: terminated by operator; worker `` false false
    "#]]
    .assert_eq(&said);

    host.start_activity(charge("outside")).await.expect("it starts");
    let complete = RespondActivityTaskCompletedByIdRequest {
        namespace: namespace(),
        activity_id: "outside".to_owned(),
        identity: "operator".to_owned(),
        ..Default::default()
    };
    let _: RespondActivityTaskCompletedByIdResponse =
        host.call("RespondActivityTaskCompletedById", complete).await.expect("it is open");
    let info = host.activity("outside").await.expect("it is there").info.expect("always filled");
    assert_eq!(info.last_worker_identity, "operator");
    assert!(info.last_started_time.is_some() && info.last_attempt_complete_time.is_some());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_an_activity_is_told_to_whoever_waits_for_it() {
    let host = Host::start().await;
    host.start_activity(charge("a")).await.expect("it starts");
    let wait = async |token: Vec<u8>| {
        let request = DescribeActivityExecutionRequest {
            namespace: "default".to_owned(),
            activity_id: "a".to_owned(),
            long_poll_token: token.clone(),
            ..Default::default()
        };
        let patience = Some(Duration::from_secs(60));
        let told: DescribeActivityExecutionResponse = host
            .call_within("DescribeActivityExecution", request, patience)
            .await
            .expect("it is there");
        assert_ne!(told.long_poll_token, token, "the patience of the host is over");
        told
    };
    let first = wait(Vec::new()).await;
    let (told, task) =
        tokio::join!(wait(first.long_poll_token), host.poll(Duration::from_secs(10)));
    let task = task.expect("a task");
    assert_eq!(told.info.expect("always filled").last_worker_identity, "worker");

    let beat = RecordActivityTaskHeartbeatRequest {
        namespace: "default".to_owned(),
        task_token: task.task_token.clone(),
        ..Default::default()
    };
    let beat =
        host.call::<_, RecordActivityTaskHeartbeatResponse>("RecordActivityTaskHeartbeat", beat);
    let (told, beaten) = tokio::join!(wait(told.long_poll_token), beat);
    beaten.expect("it is under way");
    assert!(told.info.expect("always filled").last_heartbeat_time.is_some());

    let (told, done) = tokio::join!(wait(told.long_poll_token), host.complete(task.task_token));
    done.expect("it is under way");
    assert_eq!(told.info.expect("always filled").status(), ActivityExecutionStatus::Completed);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_done_to_all_activities_that_a_query_finds() {
    use refrain_wire::api::batch::v1 as pb;
    use start_batch_operation_request::Operation;
    let host = Host::start().await;
    for n in 0..60 {
        host.start_activity(charge(&format!("a{n}"))).await.expect("it starts");
    }
    let (identity, reason) = ("operator".to_owned(), "too many".to_owned());
    let cancel =
        pb::BatchOperationCancelActivities { identity: identity.clone(), reason: reason.clone() };
    let terminate = pb::BatchOperationTerminateActivities { identity, reason };
    let delete = pb::BatchOperationDeleteActivities {};
    let mut text = String::new();
    for (job, query, operation) in [
        ("cancel", "ActivityId STARTS_WITH 'a1'", Operation::CancelActivitiesOperation(cancel)),
        (
            "terminate",
            "ActivityType = 'charge'",
            Operation::TerminateActivitiesOperation(terminate),
        ),
        ("delete", "ExecutionStatus = 'Canceled'", Operation::DeleteActivitiesOperation(delete)),
        ("wrong", "Nonsense = 1", Operation::DeleteActivitiesOperation(delete)),
    ] {
        let request = StartBatchOperationRequest {
            namespace: "default".to_owned(),
            job_id: job.to_owned(),
            visibility_query: query.to_owned(),
            reason: "a test".to_owned(),
            operation: Some(operation),
            ..Default::default()
        };
        host.start_batch(request).await.expect("a batch");
        text.push_str(&batches::shown(&host.batch(job).await));
    }
    expect![[r#"
        cancel CANCEL_ACTIVITY COMPLETED of 11 done 11 failed 0
        terminate TERMINATE_ACTIVITY COMPLETED of 49 done 49 failed 0
        delete DELETE_ACTIVITY COMPLETED of 11 done 11 failed 0
        wrong DELETE_ACTIVITY FAILED of 0 done 0 failed 0
    "#]]
    .assert_eq(&text);
    let left = host.activity("a20").await.expect("it is there").info.expect("always filled");
    assert_eq!(left.status(), ActivityExecutionStatus::Terminated);
    assert_eq!(host.activity("a10").await.expect_err("deleted").code(), Code::NotFound);
    host.stop().await;
}

/// Goes away when it would be polled for the `n`th time.
async fn given_up<F: Future>(future: F, n: usize) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let mut n_left = n;
    let poll = |context: &mut std::task::Context<'_>| {
        if n_left == 0 {
            return std::task::Poll::Ready(None);
        }
        n_left -= 1;
        future.as_mut().poll(context).map(Some)
    };
    std::future::poll_fn(poll).await
}

/// Wherever a caller goes away: either nothing was asked for, or it is done.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_half_done_when_a_caller_goes_away() {
    let host = Host::start().await;
    let namespace = host.engine.namespace("default").expect("it is there").id;
    for n_polls in 1..=8 {
        let ids = ["start", "terminate", "cancel", "cancel started"];
        let ids = ids.map(|it| format!("{it} {n_polls}"));
        for id in &ids[1..] {
            let mut request = charge(id);
            let queue = if id.contains("started") { "cards" } else { "nobody's" };
            request.task_queue = Some(TaskQueue { name: queue.to_owned(), ..Default::default() });
            host.start_activity(request).await.expect("it starts");
        }
        let started = host.poll(Duration::from_secs(60)).await.expect("a task");
        assert_eq!(started.activity_id, ids[3]);

        let target = |id: &str| StandaloneRef { namespace, activity_id: id.to_owned(), run: None };
        let known = host.engine.standalone(&target(&ids[3])).await.expect("it is there").0;
        let options = Scheduled { activity_id: ids[0].clone(), ..known.task.options };
        let new = NewStandalone {
            namespace,
            options: Box::new(options),
            request_id: String::new(),
            details: None,
            search_attributes: PayloadMap::new(),
            delay: Delay::ZERO,
            reuse: IdReusePolicy::AllowDuplicate,
            conflict: IdConflictPolicy::Fail,
        };
        given_up(host.engine.start_standalone(new), n_polls).await;
        let (why, by) = (String::new(), String::new());
        let of = target(&ids[1]);
        let asked = host.engine.terminate_standalone(&of, why.clone(), by.clone());
        given_up(asked, n_polls).await;
        for id in &ids[2..] {
            let of = target(id);
            let asked = host.engine.cancel_standalone(&of, why.clone(), by.clone());
            given_up(asked, n_polls).await;
        }

        // If it began, a worker gets it.
        let again = host.start_activity(charge(&ids[0])).await;
        assert!(again.as_ref().is_ok_and(|it| it.started) || again.is_err());
        let task = host.poll(Duration::from_secs(60)).await.expect("a task");
        assert_eq!(task.activity_id, ids[0]);
        for id in &ids {
            let of = target(id);
            let again = host.engine.terminate_standalone(&of, why.clone(), by.clone());
            let again = tokio::time::timeout(Duration::from_secs(60), again).await;
            match again.expect("nobody holds it for ever") {
                Ok(()) | Err(EngineError::StandaloneClosed) => {}
                Err(error) => panic!("{id}: {error}"),
            }
        }
    }
    host.stop().await;
}
