//! Workers and worker deployments over the wire.

use super::*;
use expect_test::expect;
use refrain_wire::api::deployment::v1::WorkerDeploymentVersion;
use refrain_wire::api::worker::v1::{WorkerHeartbeat, WorkerHostInfo};
use std::fmt::Write;

fn worker(key: &str, task_queue: &str) -> WorkerHeartbeat {
    WorkerHeartbeat {
        worker_instance_key: key.to_owned(),
        worker_identity: format!("{key}@host"),
        task_queue: task_queue.to_owned(),
        host_info: Some(WorkerHostInfo { host_name: "vm".to_owned(), ..Default::default() }),
        sdk_name: "temporal-python".to_owned(),
        status: 1,
        ..Default::default()
    }
}

impl Host {
    async fn heartbeat(&self, worker_heartbeat: Vec<WorkerHeartbeat>) -> Result<(), Status> {
        let namespace = "default".to_owned();
        let request =
            RecordWorkerHeartbeatRequest { namespace, worker_heartbeat, ..Default::default() };
        let _: RecordWorkerHeartbeatResponse = self.call("RecordWorkerHeartbeat", request).await?;
        Ok(())
    }

    async fn workers(&self, query: &str) -> Result<Vec<String>, Status> {
        let request = ListWorkersRequest {
            namespace: "default".to_owned(),
            query: query.to_owned(),
            ..Default::default()
        };
        let listed: ListWorkersResponse = self.call("ListWorkers", request).await?;
        Ok(listed.workers.into_iter().map(|it| it.worker_instance_key).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_live_are_listed_counted_described_and_shut_down() {
    let host = Host::start().await;
    host.heartbeat(vec![worker("a", "cards"), worker("b", "mails")]).await.expect("two workers");
    let of_queue = [
        ("", vec!["a", "b"]),
        ("TaskQueue=\"cards\"", vec!["a"]),
        ("`TaskQueue` = 'mails' AND HostName = 'vm' AND Status = 'Running'", vec!["b"]),
        ("WorkerIdentity STARTS_WITH 'a' OR BuildId = 'x'", vec!["a"]),
        ("StartTime IS NULL", vec!["a", "b"]),
        ("SdkName != 'temporal-python'", vec![]),
    ];
    for (query, found) in of_queue {
        assert_eq!(host.workers(query).await.expect(query), found, "{query}");
    }
    let wrong = host.workers("Color = 'red'").await.expect_err("no such name");
    assert_eq!(wrong.code(), Code::InvalidArgument);

    let count = CountWorkersRequest {
        namespace: "default".to_owned(),
        query: "TaskQueue=\"cards\"".to_owned(),
        ..Default::default()
    };
    let counted: CountWorkersResponse = host.call("CountWorkers", count).await.expect("a query");
    assert_eq!(counted.count, 1);

    let describe = |key: &str| DescribeWorkerRequest {
        namespace: "default".to_owned(),
        worker_instance_key: key.to_owned(),
    };
    let said: DescribeWorkerResponse =
        host.call("DescribeWorker", describe("a")).await.expect("it lives");
    let said = said.worker_info.and_then(|it| it.worker_heartbeat);
    assert_eq!(said, Some(worker("a", "cards")));
    let nobody: Result<DescribeWorkerResponse, _> =
        host.call("DescribeWorker", describe("c")).await;
    assert_eq!(nobody.expect_err("nobody").code(), Code::NotFound);

    let request = ShutdownWorkerRequest {
        namespace: "default".to_owned(),
        worker_instance_key: "a".to_owned(),
        ..Default::default()
    };
    let _: ShutdownWorkerResponse = host.call("ShutdownWorker", request).await.expect("it lives");
    assert_eq!(host.workers("Status = 'Shutdown'").await.expect("a query"), ["a"]);

    let nameless = host.heartbeat(vec![worker("", "cards")]).await.expect_err("no key");
    assert_eq!(nameless.code(), Code::InvalidArgument);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_workers_hold_each_once() {
    let host = Host::start().await;
    let workers = ["a", "b", "c"].map(|key| worker(key, "cards"));
    host.heartbeat(workers.to_vec()).await.expect("three workers");
    let page = |next_page_token| ListWorkersRequest {
        namespace: "default".to_owned(),
        page_size: 2,
        next_page_token,
        ..Default::default()
    };
    let first: ListWorkersResponse = host.call("ListWorkers", page(vec![])).await.expect("a page");
    assert_eq!((first.workers.len(), first.next_page_token.as_slice()), (2, &b"b"[..]));
    let last: ListWorkersResponse =
        host.call("ListWorkers", page(first.next_page_token)).await.expect("a page");
    assert_eq!((last.workers.len(), last.next_page_token.len()), (1, 0));
    host.stop().await;
}

impl Host {
    async fn deployment(&self, name: &str) -> Result<DescribeWorkerDeploymentResponse, Status> {
        let request = DescribeWorkerDeploymentRequest {
            namespace: "default".to_owned(),
            deployment_name: name.to_owned(),
        };
        self.call("DescribeWorkerDeployment", request).await
    }

    /// How the versions of the queue `orders` stand, oldest first.
    async fn versions(&self) -> String {
        let info = self.deployment("orders").await.expect("it is deployed to");
        let info = info.worker_deployment_info.expect("always filled");
        let routing = info.routing_config.expect("always filled");
        let build = |it: Option<WorkerDeploymentVersion>| {
            it.map_or_else(|| "none".to_owned(), |it| it.build_id[18..22].to_owned())
        };
        let mut text = String::new();
        for it in info.version_summaries.into_iter().rev() {
            let status = it.status().as_str_name().to_owned();
            writeln!(text, "{} {status}", build(it.deployment_version)).expect("a text");
        }
        let percentage = routing.ramping_version_percentage;
        let (current, ramping) =
            (routing.current_deployment_version, routing.ramping_deployment_version);
        writeln!(text, "current {} ramping {} {percentage}", build(current), build(ramping))
            .expect("a text");
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_a_queue_are_read_and_switched_as_worker_deployments() {
    let host = Host::start().await;
    let list =
        ListWorkerDeploymentsRequest { namespace: "default".to_owned(), ..Default::default() };
    let listed: ListWorkerDeploymentsResponse =
        host.call("ListWorkerDeployments", list).await.expect("a list");
    assert_eq!(listed.worker_deployments[0].name, "orders");
    let first = host.deployment("orders").await.expect("it is deployed to");
    let old_token = first.conflict_token;
    host.deploy_again(b"workflows, mended").await;
    expect![[r#"
        0000 WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED
        2c20 WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT
        current 2c20 ramping none 0
    "#]]
    .assert_eq(&host.versions().await);

    let listed = host.deployment("orders").await.expect("it is deployed to");
    let summaries = listed.worker_deployment_info.expect("always filled").version_summaries;
    let build_ids: Vec<String> =
        summaries.into_iter().filter_map(|it| Some(it.deployment_version?.build_id)).collect();
    let ramp = |build_id: &str, percentage| SetWorkerDeploymentRampingVersionRequest {
        namespace: "default".to_owned(),
        deployment_name: "orders".to_owned(),
        build_id: build_id.to_owned(),
        percentage,
        ..Default::default()
    };
    let method = "SetWorkerDeploymentRampingVersion";
    let ramped: SetWorkerDeploymentRampingVersionResponse =
        host.call(method, ramp(&build_ids[1], 12.5)).await.expect("the old one ramps");
    expect![[r#"
        0000 WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING
        2c20 WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT
        current 2c20 ramping 0000 12.5
    "#]]
    .assert_eq(&host.versions().await);
    let too_much: Result<SetWorkerDeploymentRampingVersionResponse, _> =
        host.call(method, ramp(&build_ids[1], 101.0)).await;
    assert_eq!(too_much.expect_err("more than all").code(), Code::InvalidArgument);

    let current = |build_id: &str, conflict_token| SetWorkerDeploymentCurrentVersionRequest {
        namespace: "default".to_owned(),
        deployment_name: "orders".to_owned(),
        build_id: build_id.to_owned(),
        conflict_token,
        ..Default::default()
    };
    let method = "SetWorkerDeploymentCurrentVersion";
    let stale: Result<SetWorkerDeploymentCurrentVersionResponse, _> =
        host.call(method, current(&build_ids[1], old_token)).await;
    assert_eq!(stale.expect_err("a stale token").code(), Code::FailedPrecondition);
    let unknown: Result<SetWorkerDeploymentCurrentVersionResponse, _> =
        host.call(method, current(&"0".repeat(64), Vec::new())).await;
    assert_eq!(unknown.expect_err("no such component").code(), Code::NotFound);
    let _: SetWorkerDeploymentCurrentVersionResponse = host
        .call(method, current(&build_ids[1], ramped.conflict_token))
        .await
        .expect("the token is fresh");
    expect![[r#"
        0000 WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT
        2c20 WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED
        current 0000 ramping none 0
    "#]]
    .assert_eq(&host.versions().await);

    let describe = DescribeWorkerDeploymentVersionRequest {
        namespace: "default".to_owned(),
        deployment_version: Some(WorkerDeploymentVersion {
            build_id: build_ids[1].clone(),
            deployment_name: "orders".to_owned(),
        }),
        ..Default::default()
    };
    let one: DescribeWorkerDeploymentVersionResponse =
        host.call("DescribeWorkerDeploymentVersion", describe).await.expect("it is known");
    let info = one.worker_deployment_version_info.expect("always filled");
    assert_eq!(info.task_queue_infos[0].name, "orders");
    assert!(info.current_since_time.is_some() && info.drainage_info.is_none());
    let nowhere = host.deployment("nowhere").await.expect_err("nothing is deployed there");
    assert_eq!(nowhere.code(), Code::NotFound);
    host.stop().await;
}
