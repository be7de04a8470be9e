//! Whose turn it is at a queue.

use super::*;
use refrain_wire::api::common::v1::{ActivityType, Priority};
use refrain_wire::api::taskqueue::v1::RateLimit;
use std::path::PathBuf;
use update_task_queue_config_request::RateLimitUpdate;

/// Level, fairness key, weight; 0 and empty say nothing.
type Said<'a> = (i32, &'a str, f32);

fn priority((priority_key, fairness_key, fairness_weight): Said<'_>) -> Option<Priority> {
    Some(Priority { priority_key, fairness_key: fairness_key.to_owned(), fairness_weight })
}

/// A database that goes when the test does.
struct Database(PathBuf);

impl Database {
    fn new(name: &str) -> Database {
        let name = format!("refrain-fairness-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Database(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("refrain.db")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Host {
    async fn put_in_line(&self, id: &str, said: Said<'_>) {
        let request = StartActivityExecutionRequest {
            namespace: "default".to_owned(),
            activity_id: id.to_owned(),
            activity_type: Some(ActivityType { name: "charge".to_owned() }),
            task_queue: Some(TaskQueue { name: "cards".to_owned(), ..Default::default() }),
            start_to_close_timeout: Some(wkt::Duration { seconds: 30, nanos: 0 }),
            priority: priority(said),
            ..Default::default()
        };
        let _: StartActivityExecutionResponse =
            self.call("StartActivityExecution", request).await.expect("it starts");
    }

    /// The ids of the next tasks.
    async fn take(&self, n: usize) -> String {
        let mut ids = Vec::new();
        for _ in 0..n {
            let task = self.poll(Duration::from_secs(60)).await.expect("a task");
            ids.push(task.activity_id);
        }
        ids.join(" ")
    }

    async fn configure(
        &self,
        change: impl FnOnce(&mut UpdateTaskQueueConfigRequest),
    ) -> Result<(), Status> {
        let mut request = UpdateTaskQueueConfigRequest {
            namespace: "default".to_owned(),
            task_queue: "cards".to_owned(),
            task_queue_type: 2,
            ..Default::default()
        };
        change(&mut request);
        let _: UpdateTaskQueueConfigResponse = self.call("UpdateTaskQueueConfig", request).await?;
        Ok(())
    }

    /// Level and how many wait.
    async fn backlog(&self) -> Vec<(i32, i64)> {
        let request = DescribeTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: Some(TaskQueue { name: "cards".to_owned(), ..Default::default() }),
            task_queue_type: 2,
            report_stats: true,
            ..Default::default()
        };
        let queue: DescribeTaskQueueResponse =
            self.call("DescribeTaskQueue", request).await.expect("any queue");
        let levels = queue.stats_by_priority_key.iter();
        let mut levels: Vec<_> =
            levels.map(|(level, it)| (*level, it.approximate_backlog_count)).collect();
        let total: i64 = levels.iter().map(|it| it.1).sum();
        assert_eq!(queue.stats.expect("asked for").approximate_backlog_count, total);
        levels.sort_unstable();
        levels
    }
}

/// With all that waits in memory, and with two of them, so that the order is that of the store.
const IN_MEMORY: [usize; 2] = [10_000, 2];

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_handed_out_by_priority_and_then_by_key_whatever_is_in_memory() {
    for in_memory in IN_MEMORY {
        let host = Host::start_with(None, in_memory).await;
        assert_eq!(host.backlog().await, [(3, 0)]);
        for (n, level) in [5, 0, 1, 4, 2, 3, 1, 9].into_iter().enumerate() {
            host.put_in_line(&format!("{n}:{level}"), (level, "", 0.0)).await;
        }
        assert_eq!(host.backlog().await, [(1, 2), (2, 1), (3, 2), (4, 1), (5, 2)]);
        assert_eq!(host.take(8).await, "2:1 6:1 4:2 1:0 5:3 3:4 0:5 7:9");
        assert_eq!(host.backlog().await, [(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]);

        for n in 0..4 {
            host.put_in_line(&format!("a{n}"), (0, "a", 0.0)).await;
        }
        for n in 0..2 {
            host.put_in_line(&format!("b{n}"), (0, "b", 0.0)).await;
        }
        for n in 0..6 {
            host.put_in_line(&format!("w{n}"), (0, "w", 3.0)).await;
        }
        host.put_in_line("urgent", (1, "a", 0.0)).await;
        let order = "urgent a0 b0 w0 w1 w2 w3 a1 b1 w4 w5 a2 a3";
        assert_eq!(host.take(13).await, order, "{in_memory} in memory");
        host.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_and_priorities_hold_after_a_restart() {
    for in_memory in IN_MEMORY {
        let database = Database::new(&in_memory.to_string());
        let host = Host::start_with(Some(&database.file()), in_memory).await;
        for n in 0..5 {
            host.put_in_line(&format!("a{n}"), (0, "a", 0.0)).await;
        }
        host.put_in_line("late", (5, "", 0.0)).await;
        assert_eq!(host.take(1).await, "a0");
        host.stop().await;

        let host = Host::start_with(Some(&database.file()), in_memory).await;
        assert_eq!(host.backlog().await, [(3, 4), (5, 1)]);
        host.put_in_line("b0", (0, "b", 0.0)).await;
        host.put_in_line("a5", (0, "a", 0.0)).await;
        host.put_in_line("b1", (0, "b", 0.0)).await;
        host.put_in_line("urgent", (2, "b", 0.0)).await;
        assert_eq!(host.take(9).await, "urgent a1 b0 a2 b1 a3 a4 a5 late", "{in_memory} in memory");
        host.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_say_what_a_key_weighs_and_how_fast_it_goes() {
    let host = Host::start().await;
    let weights = |all: &[(&str, f32)]| all.iter().map(|(k, w)| ((*k).to_owned(), *w)).collect();
    let set = |all: &[(&str, f32)]| {
        let all = weights(all);
        move |it: &mut UpdateTaskQueueConfigRequest| it.set_fairness_weight_overrides = all
    };
    host.configure(set(&[("a", 2.0)])).await.expect("a weight");
    for n in 0..4 {
        host.put_in_line(&format!("a{n}"), (0, "a", 0.001)).await;
    }
    for n in 0..2 {
        host.put_in_line(&format!("b{n}"), (0, "b", 0.0)).await;
    }
    assert_eq!(host.take(6).await, "a0 b0 a1 a2 b1 a3");

    // One key waits for its limit, the others pass it by.
    let limit = |rate: Option<f32>| {
        move |it: &mut UpdateTaskQueueConfigRequest| {
            let rate_limit = rate.map(|requests_per_second| RateLimit { requests_per_second });
            it.update_fairness_key_rate_limit_default =
                Some(RateLimitUpdate { rate_limit, reason: "too fast".to_owned() });
        }
    };
    host.configure(limit(Some(2.0))).await.expect("a limit");
    for n in 0..3 {
        host.put_in_line(&format!("x{n}"), (1, "x", 0.0)).await;
    }
    host.put_in_line("y0", (5, "y", 0.0)).await;
    let began = Instant::now();
    assert_eq!(host.take(4).await, "x0 y0 x1 x2");
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(900), "3 at 2 in a second took {took:?}");

    // A limit that is taken back holds nothing any more.
    host.configure(limit(Some(0.001))).await.expect("a limit");
    for n in 0..3 {
        host.put_in_line(&format!("z{n}"), (0, "z", 0.0)).await;
    }
    assert_eq!(host.take(1).await, "z0");
    let waits = host.poll(Duration::from_millis(300)).await.expect("an empty answer");
    assert!(waits.task_token.is_empty());
    host.configure(limit(None)).await.expect("no limit");
    assert_eq!(host.take(2).await, "z1 z2");

    let refused = |it: Result<(), Status>| it.expect_err("it is refused").message().to_owned();
    let long = "k".repeat(65);
    let many: Vec<(String, f32)> = (0..1001).map(|n| (n.to_string(), 1.0)).collect();
    let many: Vec<(&str, f32)> = many.iter().map(|(k, w)| (k.as_str(), *w)).collect();
    host.configure(set(&many[..999])).await.expect("with `a` they are 1,000");
    let both = |it: &mut UpdateTaskQueueConfigRequest| {
        set(&[("a", 1.0)])(it);
        it.unset_fairness_weight_overrides = vec!["a".to_owned()];
    };
    let words = [
        refused(host.configure(set(&[("a", 0.0)])).await),
        refused(host.configure(set(&[("a", -1.0)])).await),
        refused(host.configure(set(&[("", 1.0)])).await),
        refused(host.configure(set(&[(&long, 1.0)])).await),
        refused(host.configure(both).await),
        refused(host.configure(set(&many)).await),
        refused(host.configure(set(&many[999..])).await),
    ];
    expect_test::expect![[r#"
        invalid fairness weight for key `a`: must be greater than zero
        fairness weight must be greater than zero: it is `-1`
        fairness weight override key must not be empty
        fairness key length exceeds limit: it has 65 bytes, expected at most 64
        fairness weight override key `a` present in both set and unset lists
        too many fairness weight overrides in request: got 1001, maximum 1000
        too many fairness weight overrides: the task queue would have 1002, maximum 1000"#]]
    .assert_eq(&words.join("\n"));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_has_what_it_leaves_out_from_its_workflow() {
    let host = Host::start().await;
    let start = async |id: &str, said: Said<'_>| {
        let request = StartWorkflowExecutionRequest {
            priority: priority(said),
            ..start_request(id, "Charge")
        };
        host.call::<_, StartWorkflowExecutionResponse>("StartWorkflowExecution", request).await
    };
    start("w1", (0, "", 0.0)).await.expect("it starts");
    start("w2", (1, "a", 2.0)).await.expect("it starts");
    let first = host.poll(Duration::from_secs(60)).await.expect("a task");
    assert_eq!(first.workflow_execution.expect("it is a workflow's").workflow_id, "w2");
    // As in Temporal: what is shown is what the activity itself says.
    assert_eq!(first.priority, priority((0, "", 0.0)));

    let words = [(-1, "", 0.0), (1, &"k".repeat(65), 0.0), (1, "", -0.5)];
    let mut refused = Vec::new();
    for said in words {
        refused.push(start("w3", said).await.expect_err("it is refused"));
    }
    assert!(refused.iter().all(|it| it.code() == Code::InvalidArgument));
    let words: Vec<_> = refused.iter().map(Status::message).collect();
    expect_test::expect![[r#"
        priority key can't be negative
        fairness key length exceeds limit: it has 65 bytes, expected at most 64
        fairness weight must be greater than zero: it is `-0.5`"#]]
    .assert_eq(&words.join("\n"));
    host.stop().await;
}
