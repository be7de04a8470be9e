//! Starts that find a run, and want it to be known.

use super::*;
use expect_test::expect;
use refrain_core::limits;
use refrain_wire::api::common::v1::link::Variant;
use refrain_wire::api::common::v1::link::workflow_event::Reference;
use refrain_wire::api::enums::v1::WorkflowIdConflictPolicy;
use refrain_wire::api::workflow::v1::{OnConflictOptions, RequestIdInfo};
use std::collections::BTreeSet;

async fn attach(host: &Host, request_id: &str) -> StartWorkflowExecutionResponse {
    let request = StartWorkflowExecutionRequest {
        request_id: request_id.to_owned(),
        workflow_id_conflict_policy: WorkflowIdConflictPolicy::UseExisting as i32,
        on_conflict_options: Some(OnConflictOptions {
            attach_request_id: true,
            ..Default::default()
        }),
        ..start_request("w", "Wait")
    };
    host.call("StartWorkflowExecution", request).await.expect("it is taken")
}

/// Ids of requests that the history of the latest run has.
async fn attached(host: &Host) -> Vec<String> {
    let filter = HistoryEventFilterType::AllEvent;
    let patience = Duration::from_secs(15);
    let (mut events, mut token) =
        host.history("w", Vec::new(), false, filter, patience).await.expect("it is there");
    while !token.is_empty() {
        let more = host.history("w", token, false, filter, patience).await.expect("it goes on");
        events.extend(more.0);
        token = more.1;
    }
    let of = |it: HistoryEvent| match it.attributes {
        Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it)) => {
            Some(it.attached_request_id)
        }
        _ => None,
    };
    events.into_iter().filter_map(of).collect()
}

/// What a description says of requests: what became of each, and at which event.
async fn described(host: &Host, run: &str) -> String {
    let request = DescribeWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        execution: Some(WorkflowExecution { workflow_id: "w".to_owned(), run_id: run.to_owned() }),
    };
    let answer: DescribeWorkflowExecutionResponse =
        host.call("DescribeWorkflowExecution", request).await.expect("it is there");
    let infos = answer.workflow_extended_info.unwrap_or_default().request_id_infos;
    let line = |(id, it): (&String, &RequestIdInfo)| {
        let id = if it.event_id == 1 { "the start" } else { id };
        format!("{id}: {} {}\n", it.event_type().as_str_name(), it.event_id)
    };
    infos.iter().map(line).collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_finds_a_run_is_attached_to_it_once() {
    let host = Host::start().await;
    let run = host.start_workflow("w", "Wait").await.expect("it starts");
    for request_id in ["second", "second", "third"] {
        let answer = attach(&host, request_id).await;
        assert_eq!((answer.run_id, answer.started), (run.clone(), false));
        let link = answer.link.and_then(|it| it.variant);
        let Some(Variant::WorkflowEvent(event)) = link else { panic!("no link") };
        let Some(Reference::RequestIdRef(to)) = event.reference else { panic!("{event:?}") };
        assert_eq!(to.request_id, request_id);
        assert_eq!(to.event_type(), EventType::WorkflowExecutionOptionsUpdated);
    }
    assert_eq!(attached(&host).await, ["second", "third"]);
    let told = described(&host, &run).await;
    expect![[r#"
        second: EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED 5
        the start: EVENT_TYPE_WORKFLOW_EXECUTION_STARTED 1
        third: EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED 6
    "#]]
    .assert_eq(&told);

    host.signal("w", "finish").await.expect("it is open");
    host.close_event("w").await;
    let again = attach(&host, "third").await;
    assert_eq!((again.run_id, again.started), (run.clone(), false), "an answer was lost");
    assert_eq!(described(&host, &run).await, told);
    let answer = attach(&host, "fourth").await;
    assert!(answer.started && answer.run_id != run, "{answer:?}");
    assert!(attached(&host).await.is_empty());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_starts_find_again_and_again_does_not_fill_its_history_with_them() {
    let host = Host::start().await;
    let run = host.start_workflow("w", "Wait").await.expect("it starts");
    for nth in 0..=limits::ATTACHED_REQUESTS_MAX {
        assert_eq!(attach(&host, &nth.to_string()).await.run_id, run);
    }
    assert_eq!(attached(&host).await.len(), limits::ATTACHED_REQUESTS_MAX);
    host.stop().await;
}
