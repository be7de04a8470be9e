//! The list calls that came before queries, as clients still send them.

use super::*;
use list_closed_workflow_executions_request::Filters as Closed;
use list_open_workflow_executions_request::Filters as Open;
use refrain_wire::api::common::v1::SearchAttributes;
use refrain_wire::api::enums::v1::WorkflowExecutionStatus as RunStatus;
use refrain_wire::api::filter::v1::{StatusFilter, WorkflowExecutionFilter, WorkflowTypeFilter};
use refrain_wire::api::workflow::v1::WorkflowExecutionInfo;

fn ids(executions: Vec<WorkflowExecutionInfo>) -> Vec<String> {
    executions.into_iter().filter_map(|it| it.execution).map(|it| it.workflow_id).collect()
}

impl Host {
    async fn open(
        &self,
        filters: Option<Open>,
        size: i32,
        token: Vec<u8>,
    ) -> (Vec<String>, Vec<u8>) {
        let request = ListOpenWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            maximum_page_size: size,
            next_page_token: token,
            filters,
            ..Default::default()
        };
        let page: ListOpenWorkflowExecutionsResponse =
            self.call("ListOpenWorkflowExecutions", request).await.expect("a page");
        (ids(page.executions), page.next_page_token)
    }

    async fn closed(&self, filters: Option<Closed>) -> Result<Vec<String>, Status> {
        let namespace = "default".to_owned();
        let request =
            ListClosedWorkflowExecutionsRequest { namespace, filters, ..Default::default() };
        let page: ListClosedWorkflowExecutionsResponse =
            self.call("ListClosedWorkflowExecutions", request).await?;
        Ok(ids(page.executions))
    }
}

/// `w1` runs, `w2` is completed, `w3` is paused, `w4` is terminated.
async fn host_with_runs() -> Host {
    let host = Host::start().await;
    for id in ["w1", "w2", "w3", "w4"] {
        host.start_workflow(id, "Wait").await.expect("it starts");
    }
    host.signal("w2", "finish").await.expect("it is open");
    host.close_event("w2").await;
    let pause = PauseWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "w3".to_owned(),
        ..Default::default()
    };
    let _: PauseWorkflowExecutionResponse =
        host.call("PauseWorkflowExecution", pause).await.expect("it is open");
    let terminate = TerminateWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_execution: execution("w4", ""),
        ..Default::default()
    };
    let _: TerminateWorkflowExecutionResponse =
        host.call("TerminateWorkflowExecution", terminate).await.expect("it is open");
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn open_runs_are_listed_by_page_id_and_type_and_paused_ones_are_among_them() {
    let host = host_with_runs().await;
    let (first, token) = host.open(None, 1, Vec::new()).await;
    let (second, token) = host.open(None, 1, token).await;
    assert_eq!((first, second, token), (vec!["w3".into()], vec!["w1".into()], Vec::new()));
    let id = |id: &str| {
        let (workflow_id, run_id) = (id.to_owned(), String::new());
        Some(Open::ExecutionFilter(WorkflowExecutionFilter { workflow_id, run_id }))
    };
    assert_eq!(host.open(id("w3"), 9, Vec::new()).await.0, ["w3"]);
    assert_eq!(host.open(id("w2"), 9, Vec::new()).await.0, Vec::<String>::new());
    let kind = |name: &str| Some(Open::TypeFilter(WorkflowTypeFilter { name: name.to_owned() }));
    assert_eq!(host.open(kind("Wait"), 9, Vec::new()).await.0, ["w3", "w1"]);
    assert_eq!(host.open(kind("Other"), 9, Vec::new()).await.0, Vec::<String>::new());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_runs_are_listed_by_how_they_ended() {
    let host = host_with_runs().await;
    assert_eq!(host.closed(None).await.expect("a page"), ["w4", "w2"]);
    let status =
        |status: RunStatus| Some(Closed::StatusFilter(StatusFilter { status: status as i32 }));
    assert_eq!(host.closed(status(RunStatus::Completed)).await.expect("a page"), ["w2"]);
    assert_eq!(host.closed(status(RunStatus::Failed)).await.expect("a page"), [""; 0]);
    for open in [RunStatus::Running, RunStatus::Paused, RunStatus::Unspecified] {
        let refused = host.closed(status(open)).await.expect_err("it is no end");
        assert_eq!(refused.code(), Code::InvalidArgument, "{open:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_a_list_and_nothing_is_archived() {
    let host = host_with_runs().await;
    let request = ScanWorkflowExecutionsRequest {
        namespace: "default".to_owned(),
        query: "ExecutionStatus IN ('Paused', 'Completed')".to_owned(),
        ..Default::default()
    };
    let page: ScanWorkflowExecutionsResponse =
        host.call("ScanWorkflowExecutions", request).await.expect("a page");
    assert_eq!(ids(page.executions), ["w3", "w2"]);
    let request = ListArchivedWorkflowExecutionsRequest {
        namespace: "default".to_owned(),
        ..Default::default()
    };
    let refused: Result<ListArchivedWorkflowExecutionsResponse, Status> =
        host.call("ListArchivedWorkflowExecutions", request).await;
    assert_eq!(refused.expect_err("there is no archive").code(), Code::InvalidArgument);
    host.stop().await;
}

impl Host {
    /// The values of `TemporalPauseInfo` of each run that the filter finds.
    async fn paused(&self, query: &str) -> Vec<String> {
        let request = ListWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            query: query.to_owned(),
            ..Default::default()
        };
        let page: ListWorkflowExecutionsResponse =
            self.call("ListWorkflowExecutions", request).await.expect("a page");
        let line = |it: WorkflowExecutionInfo| {
            let id = it.execution.unwrap_or_default().workflow_id;
            format!("{id} {}", pause_info(it.search_attributes))
        };
        page.executions.into_iter().map(line).collect()
    }
}

fn pause_info(attributes: Option<SearchAttributes>) -> String {
    let value = attributes.unwrap_or_default().indexed_fields.remove("TemporalPauseInfo");
    value.map_or_else(|| "-".to_owned(), |it| String::from_utf8_lossy(&it.data).into_owned())
}

/// In the words of Temporal's server, and until it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_of_a_run_is_a_search_attribute() {
    let host = Host::start().await;
    for (id, kind) in [("w", "Wait"), ("c", "Charge")] {
        host.start_workflow(id, kind).await.expect("it starts");
    }
    assert_eq!(host.paused("TemporalPauseInfo IS NOT NULL").await, [""; 0]);
    let pause = PauseActivityRequest {
        namespace: "default".to_owned(),
        execution: execution("c", ""),
        activity: Some(pause_activity_request::Activity::Id("1".to_owned())),
        ..Default::default()
    };
    let _: PauseActivityResponse = host.call("PauseActivity", pause).await.expect("it waits");
    for (id, reason) in [("w", ""), ("c", "lunch")] {
        let pause = PauseWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_id: id.to_owned(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let _: PauseWorkflowExecutionResponse =
            host.call("PauseWorkflowExecution", pause).await.expect("it is open");
    }
    let of_w = r#"w ["Workflow:w"]"#;
    let of_c = r#"c ["Workflow:c","Reason:lunch","property:activityType=charge"]"#;
    assert_eq!(host.paused("TemporalPauseInfo IS NOT NULL").await, [of_c, of_w]);
    assert_eq!(host.paused("TemporalPauseInfo = 'Workflow:w'").await, [of_w]);
    assert_eq!(host.paused("TemporalPauseInfo = 'Reason:lunch'").await, [of_c]);
    assert_eq!(host.paused("TemporalPauseInfo = 'property:activityType=charge'").await, [of_c]);
    assert_eq!(host.paused("TemporalPauseInfo = 'property:activityType=c'").await, [""; 0]);
    let described = chains::describe(&host, "c").await;
    let shown = described.workflow_execution_info.and_then(|it| it.search_attributes);
    assert_eq!(format!("c {}", pause_info(shown)), of_c);

    let unpause = UnpauseWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "c".to_owned(),
        ..Default::default()
    };
    let _: UnpauseWorkflowExecutionResponse =
        host.call("UnpauseWorkflowExecution", unpause).await.expect("it is paused");
    assert_eq!(
        host.paused("WorkflowId = 'c'").await,
        [r#"c ["property:activityType=charge"]"#],
        "its activity is paused by itself"
    );
    let unpause = UnpauseActivityRequest {
        namespace: "default".to_owned(),
        execution: execution("c", ""),
        activity: Some(unpause_activity_request::Activity::Type("charge".to_owned())),
        ..Default::default()
    };
    let _: UnpauseActivityResponse = host.call("UnpauseActivity", unpause).await.expect("it waits");
    assert_eq!(host.paused("WorkflowId = 'c'").await, ["c -"]);
    host.stop().await;
}
