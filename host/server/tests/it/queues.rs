//! Task queues over the wire: who polls, what waits, what operators say of them.

use super::*;
use refrain_wire::api::enums::v1::{DescribeTaskQueueMode, RateLimitSource, TaskQueueType};
use refrain_wire::api::taskqueue::v1::{RateLimit, TaskQueueMetadata};
use update_task_queue_config_request::RateLimitUpdate;

fn named(name: &str) -> Option<TaskQueue> {
    Some(TaskQueue { name: name.to_owned(), ..Default::default() })
}

impl Host {
    async fn describe_queue(&self, name: &str, kind: TaskQueueType) -> DescribeTaskQueueResponse {
        let request = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: named(name),
            task_queue_type: kind as i32,
            report_stats: true,
            report_config: true,
            ..Default::default()
        };
        self.call("DescribeTaskQueue", request).await.expect("any queue")
    }

    async fn limit_queue(&self, kind: TaskQueueType, rate: Option<f32>) -> Result<(), Status> {
        let request = UpdateTaskQueueConfigRequest {
            namespace: "default".to_owned(),
            identity: "operator".to_owned(),
            task_queue: "cards".to_owned(),
            task_queue_type: kind as i32,
            update_queue_rate_limit: Some(RateLimitUpdate {
                rate_limit: rate.map(|requests_per_second| RateLimit { requests_per_second }),
                reason: "too fast".to_owned(),
            }),
            ..Default::default()
        };
        let _: UpdateTaskQueueConfigResponse = self.call("UpdateTaskQueueConfig", request).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_shows_its_pollers_its_backlog_and_its_rates() {
    let host = Host::start().await;
    let queue = host.describe_queue("orders", TaskQueueType::Workflow).await;
    assert_eq!(queue.pollers.len(), 1, "the host itself");
    let current = queue.versioning_info.expect("always filled").current_deployment_version;
    assert_eq!(current.expect("it is deployed to").deployment_name, "orders");

    for n in 0..2 {
        host.start_workflow(&format!("w{n}"), "Charge").await.expect("it starts");
    }
    let waiting = host.describe_queue("cards", TaskQueueType::Activity).await;
    let stats = waiting.stats.expect("asked for");
    assert_eq!((stats.approximate_backlog_count, waiting.pollers.len()), (2, 0));
    assert!(stats.tasks_add_rate > 0.0 && stats.tasks_dispatch_rate == 0.0);

    let task = host.poll(Duration::from_secs(10)).await.expect("a task");
    assert!(!task.task_token.is_empty());
    let working = host.describe_queue("cards", TaskQueueType::Activity).await;
    let stats = working.stats.expect("asked for");
    assert_eq!(stats.approximate_backlog_count, 1);
    assert!(stats.tasks_dispatch_rate > 0.0);
    assert_eq!(working.pollers[0].identity, "worker");

    #[allow(deprecated)]
    let enhanced = DescribeTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: named("cards"),
        api_mode: DescribeTaskQueueMode::Enhanced as i32,
        report_pollers: true,
        report_stats: true,
        ..Default::default()
    };
    let enhanced: DescribeTaskQueueResponse =
        host.call("DescribeTaskQueue", enhanced).await.expect("any queue");
    #[allow(deprecated)]
    let types = &enhanced.versions_info[""].types_info;
    assert_eq!(types[&2].pollers.len(), 1);
    assert_eq!(types[&2].stats.expect("asked for").approximate_backlog_count, 1);
    assert!(types[&1].pollers.is_empty());

    let request = ListTaskQueuePartitionsRequest {
        namespace: "default".to_owned(),
        task_queue: named("cards"),
    };
    let partitions: ListTaskQueuePartitionsResponse =
        host.call("ListTaskQueuePartitions", request).await.expect("any queue");
    assert_eq!(partitions.activity_task_queue_partitions[0].key, "cards");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_holds_tasks_back_and_says_who_set_it() {
    let host = Host::start().await;
    let source = |queue: &DescribeTaskQueueResponse| {
        let limit = queue.effective_rate_limit.expect("asked for");
        (limit.requests_per_second, limit.rate_limit_source())
    };
    let queue = host.describe_queue("cards", TaskQueueType::Activity).await;
    assert_eq!(source(&queue), (100_000.0, RateLimitSource::System));

    host.limit_queue(TaskQueueType::Activity, Some(5.0)).await.expect("a limit");
    let queue = host.describe_queue("cards", TaskQueueType::Activity).await;
    assert_eq!(source(&queue), (5.0, RateLimitSource::Api));
    let limit = queue.config.and_then(|it| it.queue_rate_limit).expect("it was set");
    assert_eq!(limit.metadata.expect("who and why").reason, "too fast");

    for n in 0..3 {
        host.start_workflow(&format!("w{n}"), "Charge").await.expect("it starts");
    }
    let began = Instant::now();
    for _ in 0..3 {
        let task = host.poll(Duration::from_secs(10)).await.expect("a task");
        assert!(!task.task_token.is_empty());
    }
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(350), "3 at 5 in a second took {took:?}");

    host.limit_queue(TaskQueueType::Activity, None).await.expect("no limit");
    let with_wish = PollActivityTaskQueueRequest {
        namespace: "default".to_owned(),
        task_queue: named("cards"),
        task_queue_metadata: Some(TaskQueueMetadata { max_tasks_per_second: Some(7.0) }),
        ..Default::default()
    };
    let _: PollActivityTaskQueueResponse = host
        .call_within("PollActivityTaskQueue", with_wish, Some(Duration::from_millis(200)))
        .await
        .expect("an empty answer in time");
    let queue = host.describe_queue("cards", TaskQueueType::Activity).await;
    assert_eq!(source(&queue), (7.0, RateLimitSource::Worker));

    let refused = [
        (TaskQueueType::Workflow, Some(1.0), "not allowed"),
        (TaskQueueType::Nexus, Some(1.0), "task_queue_type is `3`"),
        (TaskQueueType::Activity, Some(-1.0), "expected 0 or more"),
        (TaskQueueType::Activity, Some(f32::NAN), "expected 0 or more"),
    ];
    for (kind, rate, words) in refused {
        let refused = host.limit_queue(kind, rate).await.expect_err(words);
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(words), "{refused:?}");
    }
    host.stop().await;
}
