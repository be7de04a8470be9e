//! A namespace that takes nothing new.

use super::*;
use execute_multi_operation_request::{Operation, operation::Operation as One};
use refrain_wire::api::namespace::v1 as pb;
use refrain_wire::api::schedule::v1 as schedule;
use refrain_wire::api::update::v1 as update;
use std::collections::HashMap;

fn signal_with_start(id: &str) -> SignalWithStartWorkflowExecutionRequest {
    let start = start_request(id, "Wait");
    SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        signal_name: "hello".to_owned(),
        ..Default::default()
    }
}

fn update_of(id: &str) -> UpdateWorkflowExecutionRequest {
    UpdateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution(id, ""),
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
        ..Default::default()
    }
}

fn update_with_start(id: &str) -> ExecuteMultiOperationRequest {
    let operations =
        [One::StartWorkflow(start_request(id, "Wait")), One::UpdateWorkflow(update_of(id))];
    ExecuteMultiOperationRequest {
        namespace: "default".to_owned(),
        operations: operations.map(|it| Operation { operation: Some(it) }).into(),
        ..Default::default()
    }
}

/// As the real server for starts and signal-with-start; the others it forgets.
#[tokio::test(flavor = "multi_thread")]
async fn a_deprecated_namespace_starts_nothing_and_serves_what_is_open() {
    let host = Host::start().await;
    host.start_workflow("open", "Wait").await.expect("it starts");
    let request = UpdateNamespaceRequest {
        namespace: "default".to_owned(),
        update_info: Some(pb::UpdateNamespaceInfo { state: 2, ..Default::default() }),
        ..Default::default()
    };
    let _: UpdateNamespaceResponse =
        host.call("UpdateNamespace", request).await.expect("it is there");

    let mut refused = vec![host.start_workflow("new", "Wait").await.map(drop)];
    for id in ["new", "open"] {
        let done: Result<SignalWithStartWorkflowExecutionResponse, _> =
            host.call("SignalWithStartWorkflowExecution", signal_with_start(id)).await;
        refused.push(done.map(drop));
    }
    let request = CreateScheduleRequest {
        namespace: "default".to_owned(),
        schedule_id: "s1".to_owned(),
        request_id: "r1".to_owned(),
        schedule: Some(schedule::Schedule::default()),
        ..Default::default()
    };
    let done: Result<CreateScheduleResponse, _> = host.call("CreateSchedule", request).await;
    refused.push(done.map(drop));
    for done in refused {
        let status = done.expect_err("nothing new begins");
        assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
        assert!(has_detail(&status, "NamespaceInvalidStateFailure"), "{status:?}");
    }
    for id in ["new", "open"] {
        let done: Result<ExecuteMultiOperationResponse, _> =
            host.call("ExecuteMultiOperation", update_with_start(id)).await;
        let status = done.expect_err("nothing new begins");
        assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
        assert!(has_detail(&status, "MultiOperationExecutionFailure"), "{status:?}");
    }
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: execution("new", ""),
    };
    let found: Result<DescribeWorkflowExecutionResponse, _> =
        host.call("DescribeWorkflowExecution", request).await;
    assert_eq!(found.map_err(|it| it.code()), Err(Code::NotFound), "nothing was stored");

    let done: UpdateWorkflowExecutionResponse =
        host.call("UpdateWorkflowExecution", update_of("open")).await.expect("it is open");
    assert_eq!(done.stage, 3);
    // How else would it become empty?
    let mut request = batches::batch("all", "WorkflowId = 'open'", batches::terminate());
    request.reason = "moving out".to_owned();
    host.start_batch(request).await.expect("a batch");
    assert_eq!(host.batch("all").await.complete_operation_count, 1);
    host.stop().await;
}

/// The documentation says 400 bytes and 20,000; no server refuses more, up to what a payload may have.
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_may_have_as_many_bytes_as_any_payload() {
    use refrain_core::limits::BLOB_BYTES_MAX;
    use refrain_wire::api::sdk::v1::UserMetadata;
    let host = Host::start().await;
    let payload =
        |n_bytes: usize| Some(Payload { data: vec![b'7'; n_bytes], ..Default::default() });
    let start = |id: &str, summary: usize, details: usize| {
        let mut request = start_request(id, "Wait");
        let (summary, details) = (payload(summary), payload(details));
        request.user_metadata = Some(UserMetadata { summary, details });
        request
    };
    for (id, summary, details) in
        [("400", 400, 20_000), ("401", 401, 20_001), ("most", 1, BLOB_BYTES_MAX - 100)]
    {
        let _: StartWorkflowExecutionResponse = host
            .call("StartWorkflowExecution", start(id, summary, details))
            .await
            .expect("it starts");
        let request = DescribeWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            execution: execution(id, ""),
        };
        let described: DescribeWorkflowExecutionResponse =
            host.call("DescribeWorkflowExecution", request).await.expect("it is there");
        let kept = described.execution_config.expect("always filled").user_metadata;
        let kept = kept.expect("it was given");
        let n_bytes = |it: Option<Payload>| it.map(|it| it.data.len());
        assert_eq!((n_bytes(kept.summary), n_bytes(kept.details)), (Some(summary), Some(details)));
    }
    for (id, summary, details) in
        [("summary", BLOB_BYTES_MAX + 1, 1), ("details", 1, BLOB_BYTES_MAX + 1)]
    {
        let done: Result<StartWorkflowExecutionResponse, _> =
            host.call("StartWorkflowExecution", start(id, summary, details)).await;
        let status = done.expect_err("it is too long");
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains(&format!("user_metadata.{id}")), "{status}");
    }
    host.stop().await;
}

/// As the real server: what is said is added to what was.
#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_keeps_what_its_owners_note_about_it() {
    let host = Host::start().await;
    let data = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let request = RegisterNamespaceRequest {
        namespace: "shop".to_owned(),
        workflow_execution_retention_period: Some(wkt::Duration { seconds: 86_400, nanos: 0 }),
        data: data(&[("team", "orders"), ("tier", "1"), ("refrain.detach-above", "never")]),
        ..Default::default()
    };
    let _: RegisterNamespaceResponse = host.call("RegisterNamespace", request).await.expect("new");
    let request = |pairs: &[(&str, &str)]| UpdateNamespaceRequest {
        namespace: "shop".to_owned(),
        update_info: Some(pb::UpdateNamespaceInfo { data: data(pairs), ..Default::default() }),
        ..Default::default()
    };
    let changes = request(&[("tier", "2"), ("pager", "a@b.c")]);
    let _: UpdateNamespaceResponse = host.call("UpdateNamespace", changes).await.expect("there");
    let long = "x".repeat(refrain_core::limits::BLOB_BYTES_MAX);
    let refused: Result<UpdateNamespaceResponse, _> =
        host.call("UpdateNamespace", request(&[("a", &long)])).await;
    assert_eq!(refused.expect_err("too much").code(), Code::InvalidArgument);

    let expected = data(&[
        ("team", "orders"),
        ("tier", "2"),
        ("pager", "a@b.c"),
        ("refrain.detach-above", "never"),
    ]);
    let described = DescribeNamespaceRequest { namespace: "shop".to_owned(), ..Default::default() };
    let found: DescribeNamespaceResponse =
        host.call("DescribeNamespace", described).await.expect("there");
    assert_eq!(found.namespace_info.expect("filled").data, expected);
    host.stop().await;
}
