//! Task queues as tools see them.
//!
//! The web page shows a run's call stack and queries only if someone polls the run's queue for
//! workflow tasks. Nobody does: the host runs workflows itself. So it stands there as a poller.

use crate::status::{invalid, of};
use crate::validate;
use crate::worker_deployments::versioning_info;
use refrain_core::fairness::Level;
use refrain_core::limits::FAIRNESS_WEIGHTS_MAX;
use refrain_core::options::Priority;
use refrain_core::queue::{QueueKind, RateLimit};
use refrain_core::time::Timestamp;
use refrain_engine::api::{ComponentKind, Limited, Namespace, QueueStats, SeenPoller};
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::common::v1::WorkerVersionCapabilities;
use refrain_wire::api::enums::v1::{
    BuildIdTaskReachability, DescribeTaskQueueMode, RateLimitSource, TaskQueueType,
};
use refrain_wire::api::taskqueue::v1::{
    PollerInfo, TaskIdBlock, TaskQueuePartitionMetadata, TaskQueueStats, TaskQueueStatus,
    TaskQueueTypeInfo, TaskQueueVersionInfo,
};
use refrain_wire::api::workflowservice::v1::describe_task_queue_response::EffectiveRateLimit;
use refrain_wire::api::workflowservice::v1::update_task_queue_config_request::RateLimitUpdate;
use refrain_wire::api::workflowservice::v1::{
    DescribeTaskQueueRequest, DescribeTaskQueueResponse, ListTaskQueuePartitionsRequest,
    ListTaskQueuePartitionsResponse, UpdateTaskQueueConfigRequest, UpdateTaskQueueConfigResponse,
};
use refrain_wire::options::{delay_to_proto, task_queue_from_proto, timestamp_to_proto};
use refrain_wire::queue;
use std::collections::HashMap;
use tonic::Status;

/// What tools show of a queue without a limit.
const UNLIMITED: f64 = 100_000.0;

/// One queue of one kind.
struct Described {
    pollers: Vec<PollerInfo>,
    stats: TaskQueueStats,
    stats_by_priority: HashMap<i32, TaskQueueStats>,
    limited: Limited,
}

async fn look(
    engine: &Engine,
    namespace: &Namespace,
    task_queue: &str,
    kind: TaskQueueType,
) -> Result<Described, Status> {
    let serves = |kind| engine.serves(namespace.id, task_queue, kind);
    match kind {
        TaskQueueType::Workflow | TaskQueueType::Unspecified => {
            Ok(without_tasks(the_host(engine, serves(ComponentKind::Workflow))))
        }
        TaskQueueType::Activity => {
            let state = engine.queue_state(namespace.id, task_queue).await.map_err(of)?;
            let mut pollers: Vec<_> = state.pollers.iter().map(poller).collect();
            pollers.extend(the_host(engine, serves(ComponentKind::Activities)));
            let is_told = |it: &(&Level, &QueueStats)| {
                *it.0 == Level::DEFAULT || *it.1 != QueueStats::default()
            };
            let levels = state.levels.iter().filter(is_told);
            let by_priority = levels
                .map(|(level, it)| (i32::from(level.number()), stats(it, state.limit_reached)));
            Ok(Described {
                pollers,
                stats: stats(&state.total(), state.limit_reached),
                stats_by_priority: by_priority.collect(),
                limited: state.limited,
            })
        }
        TaskQueueType::Nexus => Ok(without_tasks(Vec::new())),
    }
}

fn the_host(engine: &Engine, serves: bool) -> Vec<PollerInfo> {
    let host = || PollerInfo {
        last_access_time: Some(timestamp_to_proto(engine.now())),
        identity: engine.identity().to_owned(),
        rate_per_second: UNLIMITED,
        ..Default::default()
    };
    if serves { vec![host()] } else { Vec::new() }
}

#[allow(deprecated, reason = "tools show it")]
fn poller(seen: &SeenPoller) -> PollerInfo {
    PollerInfo {
        last_access_time: Some(timestamp_to_proto(seen.at)),
        identity: seen.identity.clone(),
        rate_per_second: seen.per_second,
        worker_version_capabilities: (!seen.build_id.is_empty()).then(|| {
            WorkerVersionCapabilities { build_id: seen.build_id.clone(), ..Default::default() }
        }),
        deployment_options: None,
    }
}

fn without_tasks(pollers: Vec<PollerInfo>) -> Described {
    let stats = stats(&QueueStats::default(), false);
    let stats_by_priority = [(i32::from(Level::DEFAULT.number()), stats)].into();
    Described { pollers, stats, stats_by_priority, limited: Limited::Not }
}

/// A limit keeps nothing back where nothing waits.
fn stats(it: &QueueStats, limit_reached: bool) -> TaskQueueStats {
    TaskQueueStats {
        approximate_backlog_count: i64::try_from(it.n_waiting).unwrap_or(i64::MAX),
        approximate_backlog_age: Some(delay_to_proto(it.age)),
        tasks_add_rate: it.added,
        tasks_dispatch_rate: it.dispatched,
        rate_limiting_active: limit_reached && it.n_waiting > 0,
    }
}

#[allow(deprecated, reason = "the command line still asks in the enhanced mode")]
pub(crate) async fn describe(
    engine: &Engine,
    request: DescribeTaskQueueRequest,
) -> Result<DescribeTaskQueueResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let task_queue = task_queue_from_proto(request.task_queue);
    validate::name("task_queue", &task_queue)?;
    if request.api_mode == DescribeTaskQueueMode::Enhanced as i32 {
        let kinds = match request.task_queue_types.is_empty() {
            true => vec![TaskQueueType::Workflow as i32, TaskQueueType::Activity as i32],
            false => request.task_queue_types,
        };
        let mut types_info = HashMap::new();
        for number in kinds {
            let it = look(engine, &namespace, &task_queue, queue_type(number)?).await?;
            let info = TaskQueueTypeInfo {
                pollers: if request.report_pollers { it.pollers } else { Vec::new() },
                stats: request.report_stats.then_some(it.stats),
            };
            types_info.insert(number, info);
        }
        // Whatever comes is done.
        let task_reachability = match request.report_task_reachability {
            true => BuildIdTaskReachability::Reachable as i32,
            false => BuildIdTaskReachability::Unspecified as i32,
        };
        let version = TaskQueueVersionInfo { types_info, task_reachability };
        return Ok(DescribeTaskQueueResponse {
            versions_info: [(String::new(), version)].into(),
            ..Default::default()
        });
    }
    let kind = queue_type(request.task_queue_type)?;
    let Described { pollers, stats, stats_by_priority, limited } =
        look(engine, &namespace, &task_queue, kind).await?;
    let config = match kind {
        TaskQueueType::Activity => QueueKind::Activity,
        TaskQueueType::Workflow | TaskQueueType::Unspecified | TaskQueueType::Nexus => {
            QueueKind::Workflow
        }
    };
    let config = engine.queue_config(namespace.id, &task_queue, config);
    Ok(DescribeTaskQueueResponse {
        pollers,
        stats_by_priority_key: match request.report_stats {
            true => stats_by_priority,
            false => HashMap::new(),
        },
        stats: request.report_stats.then_some(stats),
        task_queue_status: request.include_task_queue_status.then(|| status(&stats)),
        versioning_info: Some(versioning_info(engine, &namespace, &task_queue).await?),
        config: config.filter(|_| request.report_config).map(|it| queue::to_proto(&it)),
        effective_rate_limit: Some(effective(limited)),
        ..Default::default()
    })
}

/// Temporal's queues are numbered lines on disk; the command line dies without the block.
fn status(stats: &TaskQueueStats) -> TaskQueueStatus {
    TaskQueueStatus {
        backlog_count_hint: stats.approximate_backlog_count,
        rate_per_second: UNLIMITED,
        task_id_block: Some(TaskIdBlock { start_id: 1, end_id: 100_000 }),
        ..Default::default()
    }
}

fn queue_type(number: i32) -> Result<TaskQueueType, Status> {
    TaskQueueType::try_from(number)
        .map_err(|_| invalid(format!("task_queue_type is `{number}`, expected 0 to 3")))
}

fn effective(limited: Limited) -> EffectiveRateLimit {
    let (requests_per_second, source) = match limited {
        Limited::ByConfig(rate) => (rate, RateLimitSource::Api),
        Limited::ByWorkers(rate) => (rate as f32, RateLimitSource::Worker),
        Limited::Not => (UNLIMITED as f32, RateLimitSource::System),
    };
    EffectiveRateLimit { requests_per_second, rate_limit_source: source as i32 }
}

/// One: this host has all of a queue.
pub(crate) fn partitions(
    engine: &Engine,
    request: ListTaskQueuePartitionsRequest,
) -> Result<ListTaskQueuePartitionsResponse, Status> {
    validate::namespace(engine, &request.namespace)?;
    let key = task_queue_from_proto(request.task_queue);
    validate::name("task_queue", &key)?;
    let only =
        vec![TaskQueuePartitionMetadata { key, owner_host_name: engine.identity().to_owned() }];
    Ok(ListTaskQueuePartitionsResponse {
        activity_task_queue_partitions: only.clone(),
        workflow_task_queue_partitions: only,
    })
}

pub(crate) async fn update_config(
    engine: &Engine,
    request: UpdateTaskQueueConfigRequest,
) -> Result<UpdateTaskQueueConfigResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    validate::name("task_queue", &request.task_queue)?;
    validate::short("identity", &request.identity)?;
    let kind = match queue_type(request.task_queue_type)? {
        TaskQueueType::Activity => QueueKind::Activity,
        TaskQueueType::Workflow if request.update_queue_rate_limit.is_some() => {
            return Err(invalid("Setting rate limit on workflow task queues is not allowed."));
        }
        TaskQueueType::Workflow => QueueKind::Workflow,
        TaskQueueType::Unspecified | TaskQueueType::Nexus => {
            return Err(invalid(format!(
                "task_queue_type is `{}`, expected 1 (workflow) or 2 (activity)",
                request.task_queue_type
            )));
        }
    };
    check_rate("update_queue_rate_limit", request.update_queue_rate_limit.as_ref())?;
    check_rate(
        "update_fairness_key_rate_limit_default",
        request.update_fairness_key_rate_limit_default.as_ref(),
    )?;
    check_weights(&request)?;
    let identity = request.identity;
    let changed = engine.configure_queue(namespace.id, &request.task_queue, kind, |config, now| {
        let limit = |it: RateLimitUpdate| rate_limit(it, &identity, now);
        if let Some(update) = request.update_queue_rate_limit {
            config.rate = Some(limit(update));
        }
        if let Some(update) = request.update_fairness_key_rate_limit_default {
            config.rate_of_keys = Some(limit(update));
        }
        config.weights.extend(request.set_fairness_weight_overrides);
        config.weights.retain(|key, _| !request.unset_fairness_weight_overrides.contains(key));
        match config.weights.len() {
            ..=FAIRNESS_WEIGHTS_MAX => Ok(()),
            found => Err(EngineError::InvalidArgument(format!(
                "too many fairness weight overrides: the task queue would have {found}, maximum {FAIRNESS_WEIGHTS_MAX}"
            ))),
        }
    });
    let config = changed.await.map_err(of)?;
    Ok(UpdateTaskQueueConfigResponse { config: Some(queue::to_proto(&config)) })
}

/// In Temporal's words. A weight out of range counts as the nearest, as there.
fn check_weights(request: &UpdateTaskQueueConfigRequest) -> Result<(), Status> {
    let (set, unset) =
        (&request.set_fairness_weight_overrides, &request.unset_fairness_weight_overrides);
    let found = set.len() + unset.len();
    if found > FAIRNESS_WEIGHTS_MAX {
        return Err(invalid(format!(
            "too many fairness weight overrides in request: got {found}, maximum {FAIRNESS_WEIGHTS_MAX}"
        )));
    }
    for (key, weight) in set {
        if key.is_empty() {
            return Err(invalid("fairness weight override key must not be empty"));
        }
        let priority = Priority {
            fairness_key: key.clone(),
            fairness_weight: Some(*weight),
            ..Priority::default()
        };
        priority.checked().map_err(invalid)?;
        if *weight == 0.0 {
            return Err(invalid(format!(
                "invalid fairness weight for key `{key}`: must be greater than zero"
            )));
        }
        if unset.contains(key) {
            return Err(invalid(format!(
                "fairness weight override key `{key}` present in both set and unset lists"
            )));
        }
    }
    Ok(())
}

fn rate_limit(update: RateLimitUpdate, identity: &str, at: Timestamp) -> RateLimit {
    RateLimit {
        per_second: update.rate_limit.map(|it| it.requests_per_second),
        reason: update.reason,
        identity: identity.to_owned(),
        at,
    }
}

fn check_rate(field: &'static str, update: Option<&RateLimitUpdate>) -> Result<(), Status> {
    let Some(update) = update else { return Ok(()) };
    validate::short(field, &update.reason)?;
    match update.rate_limit.map(|it| it.requests_per_second) {
        Some(rate) if !rate.is_finite() || rate < 0.0 => {
            Err(invalid(format!("{field} is `{rate}` in a second, expected 0 or more")))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_of_where_something_waits_for_it() {
        let active = |n_waiting| {
            stats(&QueueStats { n_waiting, ..QueueStats::default() }, true).rate_limiting_active
        };
        assert!(active(1) && !active(0));
    }
}
