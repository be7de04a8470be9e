//! Task queues as tools see them.
//!
//! The web page shows a run's call stack and queries only if someone polls the run's queue for
//! workflow tasks. Nobody does: the host runs workflows itself. So it stands there as a poller.

use crate::validate;
use refrain_core::time::Delay;
use refrain_engine::Engine;
use refrain_engine::api::{ComponentKind, Namespace};
use refrain_wire::api::enums::v1::TaskQueueType;
use refrain_wire::api::taskqueue::v1::{
    PollerInfo, TaskQueueStats, TaskQueueTypeInfo, TaskQueueVersionInfo,
};
use refrain_wire::api::workflowservice::v1::{DescribeTaskQueueRequest, DescribeTaskQueueResponse};
use refrain_wire::options::{delay_to_proto, task_queue_from_proto, timestamp_to_proto};
use tonic::Status;

fn pollers(
    engine: &Engine,
    namespace: &Namespace,
    task_queue: &str,
    kind: ComponentKind,
) -> Vec<PollerInfo> {
    if !engine.serves(namespace.id, task_queue, kind) {
        return Vec::new();
    }
    vec![PollerInfo {
        last_access_time: Some(timestamp_to_proto(engine.now())),
        identity: engine.identity().to_owned(),
        rate_per_second: 100_000.0,
        ..Default::default()
    }]
}

fn stats() -> TaskQueueStats {
    TaskQueueStats {
        approximate_backlog_age: Some(delay_to_proto(Delay::ZERO)),
        ..Default::default()
    }
}

#[allow(deprecated, reason = "the command line still asks in the enhanced mode")]
pub(crate) fn describe(
    engine: &Engine,
    request: DescribeTaskQueueRequest,
) -> Result<DescribeTaskQueueResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let task_queue = task_queue_from_proto(request.task_queue);
    validate::name("task_queue", &task_queue)?;
    let of_kind = |kind| pollers(engine, &namespace, &task_queue, kind);
    if request.api_mode != 0 {
        let info = |kind| TaskQueueTypeInfo {
            pollers: if request.report_pollers { of_kind(kind) } else { Vec::new() },
            stats: request.report_stats.then(stats),
        };
        let types_info = [
            (TaskQueueType::Workflow as i32, info(ComponentKind::Workflow)),
            (TaskQueueType::Activity as i32, info(ComponentKind::Activities)),
        ];
        let version = TaskQueueVersionInfo { types_info: types_info.into(), ..Default::default() };
        return Ok(DescribeTaskQueueResponse {
            versions_info: [(String::new(), version)].into(),
            ..Default::default()
        });
    }
    let pollers = match TaskQueueType::try_from(request.task_queue_type) {
        Ok(TaskQueueType::Unspecified | TaskQueueType::Workflow) => {
            of_kind(ComponentKind::Workflow)
        }
        Ok(TaskQueueType::Activity) => of_kind(ComponentKind::Activities),
        Ok(TaskQueueType::Nexus) | Err(_) => Vec::new(),
    };
    Ok(DescribeTaskQueueResponse {
        pollers,
        stats: request.report_stats.then(stats),
        ..Default::default()
    })
}
