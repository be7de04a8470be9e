//! What a start says beside what its program sees.

use crate::{Host, chains, execution, has_detail, start_request, text};
use prost::Message;
use refrain_wire::api::common::v1::Link;
use refrain_wire::api::common::v1::link::{BatchJob, Variant};
use refrain_wire::api::enums::v1::{EventType, HistoryEventFilterType};
use refrain_wire::api::errordetails::v1::WorkflowExecutionAlreadyStartedFailure;
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::wkt;
use std::time::Duration;
use tonic::{Code, Status};

fn link() -> Link {
    Link { variant: Some(Variant::BatchJob(BatchJob { job_id: "j".to_owned() })) }
}

/// Of the first event of the latest run.
async fn links(host: &Host, id: &str) -> Vec<Link> {
    history(host, id).await.swap_remove(0).links
}

async fn history(host: &Host, id: &str) -> Vec<HistoryEvent> {
    let (filter, patience) = (HistoryEventFilterType::AllEvent, Duration::from_secs(60));
    host.history(id, Vec::new(), false, filter, patience).await.expect("it is there").0
}

/// Of each signal, in order.
async fn links_of_signals(host: &Host, id: &str) -> Vec<Vec<Link>> {
    let signaled = EventType::WorkflowExecutionSignaled as i32;
    let events = history(host, id).await.into_iter();
    events.filter(|it| it.event_type == signaled).map(|it| it.links).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_a_start_are_in_the_first_event_of_each_run_of_its_chain() {
    let host = Host::start().await;
    let mut request = start_request("w1", "Wait");
    request.links = vec![link(), link()];
    let _: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", request).await.expect("it starts");
    assert_eq!(links(&host, "w1").await, [link(), link()]);
    host.signal("w1", "again").await.expect("it is open");
    assert_eq!(links(&host, "w1").await, [link(), link()]);

    let request = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w2".to_owned(),
        workflow_type: start_request("w2", "Wait").workflow_type,
        task_queue: start_request("w2", "Wait").task_queue,
        signal_name: "hello".to_owned(),
        input: text("1"),
        links: vec![link()],
        ..Default::default()
    };
    let _: SignalWithStartWorkflowExecutionResponse =
        host.call("SignalWithStartWorkflowExecution", request).await.expect("it starts");
    assert_eq!(links(&host, "w2").await, [link()]);
    assert_eq!(links_of_signals(&host, "w2").await, [[link()]]);

    let mut request = start_request("w3", "Wait");
    request.links = vec![Link::default()];
    let refused: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", request).await;
    assert_eq!(refused.expect_err("it leads nowhere").code(), Code::InvalidArgument);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_a_signal_are_in_its_event() {
    let host = Host::start().await;
    let _: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", start_request("w1", "Wait")).await.expect("it starts");
    let signal = |links: Vec<Link>| SignalWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w1", ""),
        signal_name: "noted".to_owned(),
        links,
        ..Default::default()
    };
    for links in [vec![link(), link()], Vec::new()] {
        let _: SignalWorkflowExecutionResponse =
            host.call("SignalWorkflowExecution", signal(links)).await.expect("it is open");
    }
    assert_eq!(links_of_signals(&host, "w1").await, [vec![link(), link()], Vec::new()]);

    let refused: Result<SignalWorkflowExecutionResponse, Status> =
        host.call("SignalWorkflowExecution", signal(vec![Link::default()])).await;
    assert_eq!(refused.expect_err("it leads nowhere").code(), Code::InvalidArgument);
    host.stop().await;
}

/// `google.rpc.Status`, as far as it matters.
#[derive(Clone, PartialEq, prost::Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<wkt::Any>,
}

/// Of a refusal.
fn start_request_id(status: &Status) -> String {
    assert!(has_detail(status, "WorkflowExecutionAlreadyStartedFailure"));
    let all = Details::decode(status.details()).expect("a status");
    let detail = WorkflowExecutionAlreadyStartedFailure::decode(&*all.details[0].value);
    detail.expect("its own").start_request_id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_request_id_is_given_one() {
    let host = Host::start().await;
    let mut request = start_request("w1", "Wait");
    request.request_id = String::new();
    let _: StartWorkflowExecutionResponse =
        host.call("StartWorkflowExecution", request.clone()).await.expect("it starts");
    let refused: Result<StartWorkflowExecutionResponse, Status> =
        host.call("StartWorkflowExecution", request).await;
    let given = start_request_id(&refused.expect_err("another one's start"));
    uuid::Uuid::parse_str(&given).expect("one of ours");
    let described = chains::describe(&host, "w1").await;
    let infos = described.workflow_extended_info.expect("always filled").request_id_infos;
    assert!(infos.contains_key(&given));
    host.stop().await;
}
