//! What a request must be before anything is asked of the engine.
//!
//! Everything that can be refused without reading a run is refused here, by the field's name,
//! with what was found and what was expected.

use crate::status::{invalid, undecodable};
use refrain_core::ids::RunId;
use refrain_core::limits::{
    BLOB_BYTES_MAX, ID_BYTES_MAX, MEMO_BYTES_MAX, TASK_TIMEOUT, TASK_TIMEOUT_MAX,
};
use refrain_core::options::{IdConflictPolicy, IdReusePolicy, Priority, RetryPolicy};
use refrain_core::payload::{Payload, PayloadMap, size_of_all, size_of_map};
use refrain_core::search::{self, Judge};
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::api::{Namespace, NamespaceState, SearchAttributes, Target};
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::common::v1 as common;
use refrain_wire::api::enums::v1::{WorkflowIdConflictPolicy, WorkflowIdReusePolicy};
use refrain_wire::api::sdk::v1::UserMetadata;
use refrain_wire::api::workflow::v1::post_reset_operation::Variant;
use refrain_wire::api::workflow::v1::{PostResetOperation, WorkflowExecutionOptions};
use refrain_wire::api::workflowservice::v1::StartWorkflowExecutionRequest;
use refrain_wire::{options, wkt};
use std::sync::Arc;
use tonic::Status;

pub(crate) fn namespace(engine: &Engine, name: &str) -> Result<Arc<Namespace>, Status> {
    present("namespace", name)?;
    engine.namespace(name).map_err(crate::status::of)
}

/// Where something new is to begin.
pub(crate) fn namespace_for_start(engine: &Engine, name: &str) -> Result<Arc<Namespace>, Status> {
    let namespace = self::namespace(engine, name)?;
    match namespace.state {
        NamespaceState::Registered => Ok(namespace),
        NamespaceState::Deprecated | NamespaceState::Deleted => {
            let deprecated = EngineError::NamespaceDeprecated(name.to_owned());
            Err(crate::status::of(deprecated))
        }
    }
}

/// What a page has at most: as asked for, if that is a number and no more than `n_max`.
pub(crate) fn page_size(asked: i32, n_max: u32) -> u32 {
    match u32::try_from(asked) {
        Ok(0) | Err(_) => n_max,
        Ok(n) => n.min(n_max),
    }
}

/// A name that must be there. If it is too long to be anyone's, nobody is found by it.
pub(crate) fn present(field: &'static str, value: &str) -> Result<(), Status> {
    if value.is_empty() {
        return Err(invalid(format!("{field} is missing or empty")));
    }
    Ok(())
}

/// A name that must be there, and short enough to be a key.
pub(crate) fn name(field: &'static str, value: &str) -> Result<(), Status> {
    present(field, value)?;
    short(field, value)
}

/// Temporal's servers call the parts of a queue so.
const QUEUE_PARTS: &str = "/_sys/";

pub(crate) fn task_queue(value: &str) -> Result<(), Status> {
    name("task_queue", value)?;
    if value.starts_with(QUEUE_PARTS) {
        return Err(invalid(format!(
            "task_queue is `{value}`, expected one that does not start with reserved prefix {QUEUE_PARTS}"
        )));
    }
    Ok(())
}

/// SDKs wait for signals of such names to find out what waits at all.
const HOST_NAMES: &str = "__";

/// Names that begin with `__` belong to the host and to SDKs.
pub(crate) fn signal_name(value: &str) -> Result<(), Status> {
    name("signal_name", value)?;
    if value.starts_with(HOST_NAMES) {
        return Err(invalid(format!(
            "signal_name is `{value}`, expected one that does not begin with `{HOST_NAMES}`"
        )));
    }
    Ok(())
}

/// A name that may be absent.
pub(crate) fn short(field: &'static str, value: &str) -> Result<(), Status> {
    if value.len() > ID_BYTES_MAX {
        let found = value.len();
        return Err(invalid(format!("{field} has {found} bytes, expected at most {ID_BYTES_MAX}")));
    }
    Ok(())
}

pub(crate) fn run_id(text: &str) -> Result<Option<RunId>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| invalid(format!("run_id is `{text}`, expected a UUID")))
}

/// The first run of the chain that is meant. What can't be a run's id is that of none.
pub(crate) fn chain(first: &str) -> Option<RunId> {
    const NONE: RunId = RunId(0);
    (!first.is_empty()).then(|| first.parse().unwrap_or(NONE))
}

pub(crate) fn target(
    namespace: &Namespace,
    execution: Option<common::WorkflowExecution>,
) -> Result<Target, Status> {
    let execution = execution.unwrap_or_default();
    present("workflow_id", &execution.workflow_id)?;
    let run = run_id(&execution.run_id)?;
    // Not found rather than refused, as the real server: no workflow has such an id.
    if execution.workflow_id.len() > ID_BYTES_MAX {
        let shown: String = execution.workflow_id.chars().take(40).collect();
        return Err(crate::status::not_found(format!("workflow execution `{shown}...` not found")));
    }
    Ok(Target { namespace: namespace.id, workflow_id: execution.workflow_id, run, chain: None })
}

pub(crate) fn blob(field: &'static str, payloads: &[Payload]) -> Result<(), Status> {
    blob_size(field, size_of_all(payloads))
}

pub(crate) fn blob_map(field: &'static str, map: &PayloadMap) -> Result<(), Status> {
    blob_size(field, size_of_map(map))
}

fn blob_size(field: &'static str, found: usize) -> Result<(), Status> {
    if found > BLOB_BYTES_MAX {
        return Err(invalid(format!(
            "Blob data size exceeds limit.: {field} has {found} bytes, expected at most {BLOB_BYTES_MAX}"
        )));
    }
    Ok(())
}

pub(crate) fn limit(
    field: &'static str,
    value: Option<wkt::Duration>,
) -> Result<Option<Delay>, Status> {
    options::limit_from_proto(field, value).map_err(undecodable)
}

pub(crate) fn retry_policy(
    policy: Option<common::RetryPolicy>,
) -> Result<Option<RetryPolicy>, Status> {
    let Some(policy) = policy else { return Ok(None) };
    let policy = options::retry_from_proto(policy).map_err(undecodable)?;
    if policy.backoff_coefficient.is_nan() || policy.backoff_coefficient < 1.0 {
        return Err(invalid(format!(
            "retry_policy.backoff_coefficient is `{}`, expected 1 or more",
            policy.backoff_coefficient
        )));
    }
    if policy.maximum_interval < policy.initial_interval {
        return Err(invalid(format!(
            "retry_policy.maximum_interval is `{}`, expected at least initial_interval `{}`",
            policy.maximum_interval, policy.initial_interval
        )));
    }
    for kind in &policy.non_retryable_error_types {
        let limit = kind.strip_prefix(TIMEOUT_TYPE);
        if let Some(limit) = limit.filter(|it| !TIMEOUTS.contains(it)) {
            return Err(invalid(format!(
                "Invalid timeout type value: {limit}, expected {}",
                TIMEOUTS.join(", ")
            )));
        }
    }
    Ok(Some(policy))
}

/// Before the name of a time limit, among the types of failures that are not tried again.
const TIMEOUT_TYPE: &str = "TemporalTimeout:";
const TIMEOUTS: [&str; 4] = ["StartToClose", "ScheduleToStart", "ScheduleToClose", "Heartbeat"];

/// The two policies as the host has them. TERMINATE_IF_RUNNING, which clients still send, says
/// both at once.
#[allow(deprecated, reason = "deprecated is not unused")]
pub(crate) fn id_policies(
    reuse: i32,
    conflict: i32,
) -> Result<(IdReusePolicy, IdConflictPolicy), Status> {
    use WorkflowIdConflictPolicy as Conflict;
    use WorkflowIdReusePolicy as Reuse;
    let reuse = Reuse::try_from(reuse)
        .map_err(|_| invalid(format!("workflow_id_reuse_policy is `{reuse}`, expected 0 to 4")))?;
    let conflict = Conflict::try_from(conflict).map_err(|_| {
        invalid(format!("workflow_id_conflict_policy is `{conflict}`, expected 0 to 3"))
    })?;
    match (reuse, conflict) {
        (Reuse::TerminateIfRunning, Conflict::Unspecified) => {
            return Ok((IdReusePolicy::AllowDuplicate, IdConflictPolicy::TerminateExisting));
        }
        (
            Reuse::TerminateIfRunning,
            Conflict::Fail | Conflict::UseExisting | Conflict::TerminateExisting,
        ) => {
            return Err(invalid(
                "workflow_id_reuse_policy is `TERMINATE_IF_RUNNING`, expected no workflow_id_conflict_policy beside it",
            ));
        }
        (Reuse::RejectDuplicate, Conflict::TerminateExisting) => {
            return Err(invalid(
                "workflow_id_conflict_policy is `TERMINATE_EXISTING`, expected another one beside workflow_id_reuse_policy `REJECT_DUPLICATE`",
            ));
        }
        _ => {}
    }
    let reuse = match reuse {
        Reuse::Unspecified | Reuse::AllowDuplicate | Reuse::TerminateIfRunning => {
            IdReusePolicy::AllowDuplicate
        }
        Reuse::AllowDuplicateFailedOnly => IdReusePolicy::AllowDuplicateFailedOnly,
        Reuse::RejectDuplicate => IdReusePolicy::RejectDuplicate,
    };
    let conflict = match conflict {
        Conflict::Unspecified | Conflict::Fail => IdConflictPolicy::Fail,
        Conflict::UseExisting => IdConflictPolicy::UseExisting,
        Conflict::TerminateExisting => IdConflictPolicy::TerminateExisting,
    };
    Ok((reuse, conflict))
}

/// In Temporal's words, and what is wrong.
pub(crate) fn cron_schedule(
    request: &StartWorkflowExecutionRequest,
    now: Timestamp,
) -> Result<(), Status> {
    let cron = &request.cron_schedule;
    if cron.is_empty() {
        return Ok(());
    }
    if request.workflow_start_delay.is_some_and(|it| it.seconds != 0 || it.nanos != 0) {
        return Err(invalid("CronSchedule and WorkflowStartDelay may not be used together."));
    }
    match refrain_calendar::next_cron_time(cron, now, now) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(invalid(format!(
            "invalid CronSchedule, no time can be found to satisfy the schedule `{cron}`"
        ))),
        Err(error) => Err(invalid(format!("invalid CronSchedule. {error}"))),
    }
}

/// A start's three limits, made to fit into each other: execution, run, task.
pub(crate) struct StartTimeouts {
    pub(crate) execution: Option<Delay>,
    pub(crate) run: Option<Delay>,
    pub(crate) task: Delay,
}

pub(crate) fn start_timeouts(
    execution: Option<wkt::Duration>,
    run: Option<wkt::Duration>,
    task: Option<wkt::Duration>,
) -> Result<StartTimeouts, Status> {
    let execution = limit("workflow_execution_timeout", execution)?;
    let run = match (limit("workflow_run_timeout", run)?, execution) {
        (Some(run), Some(execution)) => Some(run.min(execution)),
        (run, execution) => run.or(execution),
    };
    let task = limit("workflow_task_timeout", task)?.unwrap_or(TASK_TIMEOUT).min(TASK_TIMEOUT_MAX);
    let task = run.map_or(task, |run| task.min(run));
    Ok(StartTimeouts { execution, run, task })
}

/// As the real server, which takes more of both than its documentation says.
pub(crate) fn user_metadata(
    metadata: Option<UserMetadata>,
) -> Result<(Option<Payload>, Option<Payload>), Status> {
    let (summary, details) = options::user_metadata_from_proto(metadata);
    blob("user_metadata.summary", summary.as_slice())?;
    blob("user_metadata.details", details.as_slice())?;
    Ok((summary, details))
}

/// Attributes of a start. As the real server: what says nothing is not kept, so that "no value" has
/// one form.
pub(crate) fn search_attributes(
    known: &SearchAttributes,
    attributes: Option<common::SearchAttributes>,
) -> Result<PayloadMap, Status> {
    let map = refrain_wire::payload::search_attributes_from_proto(attributes);
    let mut map = known.judge(&map).map_err(invalid)?;
    map.retain(|_, value| !value.is_null());
    search::check_sizes(&map).map_err(invalid)?;
    Ok(map)
}

pub(crate) fn memo(memo: &PayloadMap) -> Result<(), Status> {
    let found = size_of_map(memo);
    if found > MEMO_BYTES_MAX {
        return Err(invalid(format!(
            "Memo size exceeds limit.: memo has {found} bytes, expected at most {MEMO_BYTES_MAX}"
        )));
    }
    Ok(())
}

/// Errors: in Temporal's words.
pub(crate) fn priority(priority: Option<common::Priority>) -> Result<Priority, Status> {
    options::priority_from_proto(priority).map_err(undecodable)?.checked().map_err(invalid)
}

pub(crate) fn run_options(options: Option<&WorkflowExecutionOptions>) -> Result<(), Status> {
    priority(options.and_then(|it| it.priority.clone())).map(drop)
}

pub(crate) fn after_reset(all: &[PostResetOperation]) -> Result<(), Status> {
    all.iter().try_for_each(|it| match &it.variant {
        Some(Variant::SignalWorkflow(it)) => signal_name(&it.signal_name),
        Some(Variant::UpdateWorkflowOptions(it)) => {
            run_options(it.workflow_execution_options.as_ref())
        }
        // Refused by who reads it.
        None => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::search::{Kind, Registry};

    fn text<T>(result: Result<T, Status>) -> String {
        match result {
            Ok(_) => "ok".to_owned(),
            Err(status) => format!("{:?}: {}", status.code(), status.message()),
        }
    }

    #[test]
    fn names_are_there_and_short() {
        assert_eq!(text(name("workflow_id", "w")), "ok");
        assert_eq!(
            text(name("workflow_id", "")),
            "InvalidArgument: workflow_id is missing or empty"
        );
        assert_eq!(
            text(name("workflow_id", &"é".repeat(501))),
            "InvalidArgument: workflow_id has 1002 bytes, expected at most 1000"
        );
        assert_eq!(
            text(signal_name("__never")),
            "InvalidArgument: signal_name is `__never`, expected one that does not begin with `__`"
        );
        assert_eq!(text(run_id("17")), "InvalidArgument: run_id is `17`, expected a UUID");
    }

    #[test]
    fn contradicting_id_policies_are_refused_and_the_old_one_is_translated() {
        use IdConflictPolicy as C;
        use IdReusePolicy as R;
        assert_eq!(id_policies(0, 0).ok(), Some((R::AllowDuplicate, C::Fail)));
        assert_eq!(id_policies(4, 0).ok(), Some((R::AllowDuplicate, C::TerminateExisting)));
        assert_eq!(id_policies(2, 2).ok(), Some((R::AllowDuplicateFailedOnly, C::UseExisting)));
        for (reuse, conflict) in [(4, 1), (4, 2), (4, 3), (3, 3), (9, 0), (0, 9)] {
            assert!(id_policies(reuse, conflict).is_err(), "{reuse} {conflict}");
        }
    }

    #[test]
    fn start_timeouts_fit_into_each_other() {
        let seconds = |seconds| Some(wkt::Duration { seconds, nanos: 0 });
        let times = |e, r, t| {
            start_timeouts(e, r, t).map(|it| (it.execution, it.run, it.task)).map_err(drop)
        };
        let s = Delay::from_secs;
        assert_eq!(times(None, None, None), Ok((None, None, s(10))));
        assert_eq!(times(None, seconds(1), None), Ok((None, Some(s(1)), s(1))));
        assert_eq!(times(None, None, seconds(200)), Ok((None, None, s(120))));
        assert_eq!(times(seconds(5), seconds(9), None), Ok((Some(s(5)), Some(s(5)), s(5))));
        assert_eq!(times(seconds(-1), None, None), Err(()));
    }

    #[test]
    fn retry_policies_that_make_no_sense_are_refused() {
        let policy = |backoff_coefficient, maximum| common::RetryPolicy {
            backoff_coefficient,
            maximum_interval: Some(wkt::Duration { seconds: maximum, nanos: 0 }),
            initial_interval: Some(wkt::Duration { seconds: 2, nanos: 0 }),
            ..Default::default()
        };
        assert_eq!(text(retry_policy(None)), "ok");
        assert_eq!(text(retry_policy(Some(policy(1.0, 2)))), "ok");
        assert!(retry_policy(Some(policy(0.5, 2))).is_err());
        assert!(retry_policy(Some(policy(f64::NAN, 2))).is_err());
        assert!(retry_policy(Some(policy(2.0, 1))).is_err());
        assert!(retry_policy(Some(policy(2.0, -1))).is_err());
    }

    #[test]
    fn search_attributes_that_say_nothing_are_dropped_and_the_others_have_their_type() {
        let registry = Registry(["a", "b", "c"].map(|it| (it.to_owned(), Kind::Int)).into());
        let known =
            SearchAttributes { namespace: "default".to_owned(), registry: Arc::new(registry) };
        let value = |data: &str| {
            let payload = Payload::json(data);
            refrain_wire::payload::to_proto(&payload)
        };
        let attributes = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(key, data)| ((*key).to_owned(), value(data)));
            Some(common::SearchAttributes { indexed_fields: fields.collect() })
        };
        let kept = attributes(&[("a", "null"), ("b", "[]"), ("c", "[1]")]);
        let kept = search_attributes(&known, kept).expect("a value of its type");
        let kept: Vec<_> = kept.iter().map(|it| (it.0.as_str(), it.1.data.as_slice())).collect();
        assert_eq!(kept, [("c", &b"1"[..])]);
        assert_eq!(
            text(search_attributes(&known, attributes(&[("d", "1")]))),
            "InvalidArgument: Namespace default has no mapping defined for search attribute d"
        );
    }

    #[test]
    fn a_memo_has_a_limit_and_so_has_a_fairness_key() {
        let of = |bytes: usize| {
            PayloadMap::from([(
                "a".to_owned(),
                Payload { data: vec![0; bytes], ..Payload::default() },
            )])
        };
        assert_eq!(text(memo(&of(MEMO_BYTES_MAX - 1))), "ok");
        assert!(text(memo(&of(MEMO_BYTES_MAX))).contains("Memo size exceeds limit."));
        let key = |bytes: usize, fairness_weight: f32| {
            let fairness_key = "k".repeat(bytes);
            Some(common::Priority { fairness_key, fairness_weight, priority_key: 5 })
        };
        assert_eq!(text(priority(key(64, 0.5))), "ok");
        assert!(text(priority(key(65, 0.5))).contains("fairness key length exceeds limit"));
        assert!(text(priority(key(1, -1.0))).contains("must be greater than zero"));
    }
}
