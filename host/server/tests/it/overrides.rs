//! Overrides of versions over the wire: at a start, of a run that is open, and after a reset.

use super::*;
use crate::batches::{batch, shown};
use expect_test::expect;
use refrain_wire::api::batch::v1::BatchOperationReset;
use refrain_wire::api::common::v1::{Priority, ResetOptions, reset_options};
use refrain_wire::api::deployment::v1::WorkerDeploymentVersion;
use refrain_wire::api::workflow::v1::post_reset_operation::{
    SignalWorkflow, UpdateWorkflowOptions, Variant,
};
use refrain_wire::api::workflow::v1::versioning_override::{
    OneTimeOverride, Override, PinnedOverride,
};
use refrain_wire::api::workflow::v1::{
    PostResetOperation, VersioningOverride, WorkflowExecutionOptions,
};
use refrain_wire::wkt::FieldMask;
use start_batch_operation_request::Operation;
use std::fmt::Write;

const RUNNING: &str = "WorkflowId = 'in-a-batch' AND ExecutionStatus = 'Running'";

/// Of `orders`, by the text that is its component.
fn version(component: &[u8]) -> Option<WorkerDeploymentVersion> {
    let build_id = crate::guests::digest_of(component).to_string();
    Some(WorkerDeploymentVersion { build_id, deployment_name: "orders".to_owned() })
}

fn versioning(it: Override) -> VersioningOverride {
    VersioningOverride { r#override: Some(it), ..Default::default() }
}

fn pinned(version: Option<WorkerDeploymentVersion>) -> VersioningOverride {
    versioning(Override::Pinned(PinnedOverride { behavior: 1, version }))
}

fn once(target_deployment_version: Option<WorkerDeploymentVersion>) -> VersioningOverride {
    versioning(Override::OneTime(OneTimeOverride { target_deployment_version }))
}

fn update(versioning: Option<VersioningOverride>, paths: &[&str]) -> PostResetOperation {
    let mask = FieldMask { paths: paths.iter().map(|it| (*it).to_owned()).collect() };
    let options = WorkflowExecutionOptions {
        versioning_override: versioning,
        priority: Some(Priority { priority_key: 2, ..Default::default() }),
        ..Default::default()
    };
    let update = UpdateWorkflowOptions {
        workflow_execution_options: Some(options),
        update_mask: Some(mask),
    };
    PostResetOperation { variant: Some(Variant::UpdateWorkflowOptions(update)) }
}

fn signal(name: &str) -> PostResetOperation {
    let signal = SignalWorkflow { signal_name: name.to_owned(), ..Default::default() };
    PostResetOperation { variant: Some(Variant::SignalWorkflow(signal)) }
}

impl Host {
    /// `workflows` and then `works`: both have all types.
    async fn with_two_versions() -> Host {
        let host = Host::start().await;
        host.deploy_again(b"works").await;
        host
    }

    async fn start_on(&self, id: &str, it: VersioningOverride) -> Result<(), Status> {
        let request = StartWorkflowExecutionRequest {
            versioning_override: Some(it),
            ..start_request(id, "Wait")
        };
        let _: StartWorkflowExecutionResponse =
            self.call("StartWorkflowExecution", request).await?;
        Ok(())
    }

    async fn reset(&self, id: &str, after: Vec<PostResetOperation>) -> Result<(), Status> {
        let request = ResetWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(id, ""),
            workflow_task_finish_event_id: 4,
            request_id: format!("reset {}", after.len()),
            post_reset_operations: after,
            identity: "operator".to_owned(),
            ..Default::default()
        };
        let _: ResetWorkflowExecutionResponse =
            self.call("ResetWorkflowExecution", request).await?;
        Ok(())
    }

    /// What happened to it, which version it is on, and its override.
    async fn story(&self, id: &str) -> String {
        let (first, second) = (version(b"workflows"), version(b"works"));
        let name = |it: &Option<WorkerDeploymentVersion>| match it {
            it if *it == first => "first".to_owned(),
            it if *it == second => "second".to_owned(),
            other => format!("{other:?}"),
        };
        let said = |it: &Option<VersioningOverride>| match it.as_ref().map(|it| &it.r#override) {
            Some(Some(Override::Pinned(it))) => format!("pinned to {}", name(&it.version)),
            Some(Some(Override::OneTime(it))) => {
                format!("once {}", name(&it.target_deployment_version))
            }
            Some(Some(Override::AutoUpgrade(_))) => "follows".to_owned(),
            Some(None) | None => "free".to_owned(),
        };
        let filter = HistoryEventFilterType::AllEvent;
        let events = self.history(id, Vec::new(), false, filter, Duration::from_secs(15)).await;
        let mut text = id.to_owned();
        for event in events.expect("it is there").0 {
            match event.attributes {
                Some(Attributes::WorkflowExecutionSignaledEventAttributes(it)) => {
                    write!(text, ", signal {}", it.signal_name)
                }
                Some(Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it)) => {
                    let priority = it.priority.map_or(0, |it| it.priority_key);
                    write!(text, ", {} at {priority}", said(&it.versioning_override))
                }
                _ => continue,
            }
            .expect("a text");
        }
        let described = chains::describe(self, id).await;
        let info = described.workflow_execution_info.and_then(|it| it.versioning_info);
        let info = info.expect("always filled");
        let (on, over) = (name(&info.deployment_version), said(&info.versioning_override));
        format!("{text}: on {on}, {over}\n")
    }
}

/// In a line.
fn refusal(what: &str, answer: Result<(), Status>) -> String {
    let refused = answer.expect_err(what);
    format!("{what}: {:?}, {}\n", refused.code(), refused.message())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_names_the_version_that_it_is_to_be_on() {
    let host = Host::with_two_versions().await;
    let first = || version(b"workflows");
    let mut text = String::new();
    let auto = versioning(Override::AutoUpgrade(true));
    for (id, it) in [("pinned", pinned(first())), ("once", once(first())), ("auto", auto)] {
        host.start_on(id, it).await.expect(id);
        text += &host.story(id).await;
    }
    let signal = SignalWithStartWorkflowExecutionRequest {
        namespace: "default".to_owned(),
        workflow_id: "signaled".to_owned(),
        workflow_type: start_request("", "Wait").workflow_type,
        task_queue: start_request("", "Wait").task_queue,
        request_id: "r".to_owned(),
        signal_name: "other".to_owned(),
        versioning_override: Some(pinned(first())),
        ..Default::default()
    };
    let _: SignalWithStartWorkflowExecutionResponse =
        host.call("SignalWithStartWorkflowExecution", signal).await.expect("it starts");
    text += &host.story("signaled").await;

    let gone = WorkerDeploymentVersion { build_id: "gone".to_owned(), ..first().expect("one") };
    let nameless = WorkerDeploymentVersion { build_id: String::new(), ..first().expect("one") };
    #[allow(deprecated, reason = "older clients say it so")]
    let old = |behavior| VersioningOverride { behavior, ..Default::default() };
    for (what, it) in [
        ("no version", pinned(None)),
        ("no build id", pinned(Some(nameless))),
        ("a version that is gone", pinned(Some(gone.clone()))),
        ("once onto one that is gone", once(Some(gone))),
        ("once without a version", once(None)),
        ("nothing", old(0)),
        ("pinned the old way", old(1)),
    ] {
        text += &refusal(what, host.start_on("refused", it).await);
    }
    let request = StartWorkflowExecutionRequest {
        versioning_override: Some(pinned(first())),
        ..start_request("refused", "Nobody")
    };
    let unknown: Result<StartWorkflowExecutionResponse, _> =
        host.call("StartWorkflowExecution", request).await;
    text += &refusal("no such type", unknown.map(drop));
    expect![[r#"
        pinned: on first, pinned to first
        once: on first, free
        auto: on second, follows
        signaled, signal other: on first, pinned to first
        no version: InvalidArgument, must provide version if override is pinned.
        no build id: InvalidArgument, a version has a deployment_name and a build_id, and one is not set
        a version that is gone: FailedPrecondition, Pinned version 'orders:gone' is not present in task queue 'orders' of type 'Workflow'
        once onto one that is gone: FailedPrecondition, Pinned version 'orders:gone' is not present in task queue 'orders' of type 'Workflow'
        once without a version: InvalidArgument, target_deployment_version is not set in a one_time override
        nothing: InvalidArgument, override behavior is required
        pinned the old way: InvalidArgument, must provide deployment (deprecated) or pinned version if behavior is 'PINNED'
        no such type: InvalidArgument, workflow type `Nobody` is not in the component deployed to task queue `orders`: it has Echo, Wait, Charge
    "#]].assert_eq(&text);
    let none = host.history(
        "refused",
        Vec::new(),
        false,
        HistoryEventFilterType::AllEvent,
        Duration::from_secs(15),
    );
    assert_eq!(none.await.expect_err("nothing is stored").code(), Code::NotFound);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_a_reset_brings_come_after_those_that_come_again() {
    let host = Host::with_two_versions().await;
    let first = || Some(pinned(version(b"workflows")));
    let mut text = String::new();
    for id in ["alone", "in-a-batch"] {
        host.start_on(id, versioning(Override::AutoUpgrade(true))).await.expect("it starts");
        host.signal(id, "other").await.expect("it is open");
        let request = UpdateWorkflowExecutionOptionsRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(id, ""),
            workflow_execution_options: Some(WorkflowExecutionOptions {
                versioning_override: Some(pinned(None)),
                ..Default::default()
            }),
            update_mask: Some(FieldMask { paths: vec!["versioning_override".to_owned()] }),
            ..Default::default()
        };
        let changed: UpdateWorkflowExecutionOptionsResponse =
            host.call("UpdateWorkflowExecutionOptions", request).await.expect("its own");
        let described = chains::describe(&host, id).await;
        let info = described.workflow_execution_info.and_then(|it| it.versioning_info);
        // With what older clients read.
        assert_eq!(
            changed.workflow_execution_options.and_then(|it| it.versioning_override),
            info.and_then(|it| it.versioning_override)
        );
    }
    let after = || {
        vec![
            signal("before"),
            update(first(), &["versioning_override", "priority"]),
            signal("behind"),
        ]
    };
    host.reset("alone", after()).await.expect("it fits");
    text += &host.story("alone").await;
    let of_batch = |job: &str, after| {
        let reset = BatchOperationReset {
            options: Some(ResetOptions {
                target: Some(reset_options::Target::FirstWorkflowTask(())),
                ..Default::default()
            }),
            post_reset_operations: after,
            ..Default::default()
        };
        batch(job, RUNNING, Operation::ResetOperation(reset))
    };
    host.start_batch(of_batch("reset", after())).await.expect("a batch");
    text += &shown(&host.batch("reset").await);
    text += &host.story("in-a-batch").await;

    let gone = WorkerDeploymentVersion {
        build_id: "gone".to_owned(),
        deployment_name: "orders".to_owned(),
    };
    let badly = |change: fn(&mut UpdateWorkflowOptions)| {
        let mut it = update(None, &["priority"]);
        if let Some(Variant::UpdateWorkflowOptions(it)) = &mut it.variant {
            change(it);
        }
        it
    };
    for (what, it) in [
        ("nothing", PostResetOperation::default()),
        ("a signal without a name", signal("")),
        ("options without a mask", badly(|it| it.update_mask = None)),
        ("no such option", update(first(), &["color"])),
        ("pinned to no version", update(Some(pinned(None)), &["versioning_override"])),
        ("an override of nothing", update(Some(Default::default()), &["versioning_override"])),
        (
            "no such priority",
            badly(|it| {
                let options = it.workflow_execution_options.get_or_insert_default();
                options.priority = Some(Priority { priority_key: -2, ..Default::default() });
            }),
        ),
    ] {
        text += &refusal(what, host.reset("alone", vec![it.clone()]).await);
        let refused = host.start_batch(of_batch("refused", vec![it])).await.expect_err(what);
        assert_eq!(refused.code(), Code::InvalidArgument, "{what}: {refused:?}");
    }
    let gone = update(Some(pinned(Some(gone))), &["versioning_override"]);
    text += &refusal("a version that is gone", host.reset("alone", vec![gone.clone()]).await);
    host.start_batch(of_batch("gone", vec![gone])).await.expect("each is refused for itself");
    text += &shown(&host.batch("gone").await);
    text += &host.story("in-a-batch").await;
    expect![[r#"
        alone, signal other, pinned to second at 0, signal before, pinned to first at 2, signal behind: on first, pinned to first
        reset RESET_WORKFLOW COMPLETED of 1 done 1 failed 0
        in-a-batch, signal other, pinned to second at 0, signal before, pinned to first at 2, signal behind: on first, pinned to first
        nothing: InvalidArgument, unsupported post reset operation: <nil>
        a signal without a name: InvalidArgument, signal_name is missing or empty
        options without a mask: InvalidArgument, UpdateMask is required
        no such option: InvalidArgument, error parsing UpdateMask: proto: invalid path "color" for message "temporal.api.workflow.v1.WorkflowExecutionOptions"
        pinned to no version: InvalidArgument, must provide version if override is pinned.
        an override of nothing: InvalidArgument, override behavior is required
        no such priority: InvalidArgument, priority key can't be negative
        a version that is gone: FailedPrecondition, Pinned version 'orders:gone' is not present in task queue 'orders' of type 'Workflow'
        gone RESET_WORKFLOW COMPLETED of 1 done 0 failed 1
        in-a-batch, signal other, pinned to second at 0, signal before, pinned to first at 2, signal behind: on first, pinned to first
    "#]].assert_eq(&text);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_priority_is_checked_wherever_options_are_changed() {
    let host = Host::start().await;
    host.start_workflow("w", "Wait").await.expect("it starts");
    let options = |key: &str, priority_key, fairness_weight| {
        let fairness_key = key.to_owned();
        let priority = Some(Priority { priority_key, fairness_key, fairness_weight });
        WorkflowExecutionOptions { priority, ..Default::default() }
    };
    let mask = FieldMask { paths: vec!["priority".to_owned()] };
    let long = "k".repeat(65);
    for wrong in [options("", -1, 0.0), options("", 0, -1.0), options(&long, 0, 0.0)] {
        let request = UpdateWorkflowExecutionOptionsRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution("w", ""),
            workflow_execution_options: Some(wrong.clone()),
            update_mask: Some(mask.clone()),
            ..Default::default()
        };
        let refused: Result<UpdateWorkflowExecutionOptionsResponse, _> =
            host.call("UpdateWorkflowExecutionOptions", request).await;
        assert_eq!(refused.expect_err("alone").code(), Code::InvalidArgument, "{wrong:?}");
        let many = refrain_wire::api::batch::v1::BatchOperationUpdateWorkflowExecutionOptions {
            workflow_execution_options: Some(wrong.clone()),
            update_mask: Some(mask.clone()),
            ..Default::default()
        };
        let many =
            batch("job", "WorkflowId = 'w'", Operation::UpdateWorkflowOptionsOperation(many));
        let refused = host.start_batch(many).await.expect_err("in a batch");
        assert_eq!(refused.code(), Code::InvalidArgument, "{wrong:?}");
    }
    assert_eq!(host.story("w").await, "w: on first, free\n");
    host.stop().await;
}
