//! What operators do to activities that are not closed: by id, by type, or to all of a run.
//!
//! Each comes in two forms. The older one names activities in three ways; the newer one names one
//! activity, of a workflow or by itself, and this host has none of the latter.

use crate::patience::jitter;
use crate::pending_activity;
use crate::status::{invalid, of, undecodable};
use crate::validate;
use refrain_core::attempt::{ActivityTask, OptionChanges, Reset, Tuning};
use refrain_core::time::Delay;
use refrain_engine::Engine;
use refrain_engine::api::WhichActivities;
use refrain_wire::api::activity::v1::ActivityOptions;
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::options::{delay_from_proto, priority_from_proto, task_queue_from_proto};
use refrain_wire::wkt;
use tonic::Status;

/// Who is meant, of which run, in which namespace.
struct Meant {
    namespace: String,
    execution: Option<WorkflowExecution>,
    which: WhichActivities,
}

impl Meant {
    /// The newer form.
    fn one(
        namespace: String,
        workflow_id: String,
        run_id: String,
        activity_id: String,
    ) -> Result<Meant, Status> {
        if workflow_id.is_empty() {
            return Err(Status::unimplemented(
                "workflow_id is missing: this host has no activities without a workflow",
            ));
        }
        validate::name("activity_id", &activity_id)?;
        let execution = Some(WorkflowExecution { workflow_id, run_id });
        Ok(Meant { namespace, execution, which: WhichActivities::Id(activity_id) })
    }

    async fn tune(self, engine: &Engine, tuning: Tuning) -> Result<Vec<ActivityTask>, Status> {
        let namespace = validate::namespace(engine, &self.namespace)?;
        let target = validate::target(&namespace, self.execution)?;
        engine.tune_activities(&target, &self.which, &tuning).await.map_err(of)
    }
}

fn unnamed() -> Status {
    invalid("Either Activity.Id or Activity.Type should be set on request.")
}

/// A random part of what was asked for.
fn wait(jitter_max: Option<wkt::Duration>) -> Result<Delay, Status> {
    match jitter_max {
        Some(max) => Ok(jitter(delay_from_proto("jitter", max).map_err(undecodable)?)),
        None => Ok(Delay::ZERO),
    }
}

fn pausing(identity: String, reason: String) -> Result<Tuning, Status> {
    validate::short("identity", &identity)?;
    validate::short("reason", &reason)?;
    Ok(Tuning::Pause { identity, reason })
}

pub(crate) async fn pause(
    engine: &Engine,
    request: PauseActivityRequest,
) -> Result<PauseActivityResponse, Status> {
    let which = match request.activity {
        Some(pause_activity_request::Activity::Id(id)) => WhichActivities::Id(id),
        Some(pause_activity_request::Activity::Type(kind)) => WhichActivities::Type(kind),
        None => return Err(unnamed()),
    };
    let meant = Meant { namespace: request.namespace, execution: request.execution, which };
    meant.tune(engine, pausing(request.identity, request.reason)?).await?;
    Ok(Default::default())
}

pub(crate) async fn pause_one(
    engine: &Engine,
    request: PauseActivityExecutionRequest,
) -> Result<PauseActivityExecutionResponse, Status> {
    let (workflow, run) = (request.workflow_id, request.run_id);
    let meant = Meant::one(request.namespace, workflow, run, request.activity_id)?;
    meant.tune(engine, pausing(request.identity, request.reason)?).await?;
    Ok(Default::default())
}

pub(crate) async fn unpause(
    engine: &Engine,
    request: UnpauseActivityRequest,
) -> Result<UnpauseActivityResponse, Status> {
    let which = match request.activity {
        Some(unpause_activity_request::Activity::Id(id)) => WhichActivities::Id(id),
        Some(unpause_activity_request::Activity::Type(kind)) => WhichActivities::Type(kind),
        Some(unpause_activity_request::Activity::UnpauseAll(true)) => WhichActivities::All,
        Some(unpause_activity_request::Activity::UnpauseAll(false)) | None => {
            return Err(unnamed());
        }
    };
    let tuning = Tuning::Unpause {
        reset_attempts: request.reset_attempts,
        forget_heartbeat: request.reset_heartbeat,
        wait: wait(request.jitter)?,
    };
    let meant = Meant { namespace: request.namespace, execution: request.execution, which };
    meant.tune(engine, tuning).await?;
    Ok(Default::default())
}

pub(crate) async fn unpause_one(
    engine: &Engine,
    request: UnpauseActivityExecutionRequest,
) -> Result<UnpauseActivityExecutionResponse, Status> {
    let wait = wait(request.jitter)?;
    let tuning = Tuning::Unpause { reset_attempts: false, forget_heartbeat: false, wait };
    let (workflow, run) = (request.workflow_id, request.run_id);
    let meant = Meant::one(request.namespace, workflow, run, request.activity_id)?;
    meant.tune(engine, tuning).await?;
    Ok(Default::default())
}

pub(crate) async fn reset(
    engine: &Engine,
    request: ResetActivityRequest,
) -> Result<ResetActivityResponse, Status> {
    let which = match request.activity {
        Some(reset_activity_request::Activity::Id(id)) => WhichActivities::Id(id),
        Some(reset_activity_request::Activity::Type(kind)) => WhichActivities::Type(kind),
        Some(reset_activity_request::Activity::MatchAll(true)) => WhichActivities::All,
        Some(reset_activity_request::Activity::MatchAll(false)) | None => return Err(unnamed()),
    };
    let reset = Reset {
        keep_paused: request.keep_paused,
        forget_heartbeat: request.reset_heartbeat,
        restore_options: request.restore_original_options,
        wait: wait(request.jitter)?,
    };
    let meant = Meant { namespace: request.namespace, execution: request.execution, which };
    meant.tune(engine, Tuning::Reset(reset)).await?;
    Ok(Default::default())
}

pub(crate) async fn reset_one(
    engine: &Engine,
    request: ResetActivityExecutionRequest,
) -> Result<ResetActivityExecutionResponse, Status> {
    let reset = Reset {
        keep_paused: request.keep_paused,
        forget_heartbeat: request.reset_heartbeat,
        restore_options: request.restore_original_options,
        wait: wait(request.jitter)?,
    };
    let (workflow, run) = (request.workflow_id, request.run_id);
    let meant = Meant::one(request.namespace, workflow, run, request.activity_id)?;
    meant.tune(engine, Tuning::Reset(reset)).await?;
    Ok(Default::default())
}

pub(crate) async fn update_options(
    engine: &Engine,
    request: UpdateActivityOptionsRequest,
) -> Result<UpdateActivityOptionsResponse, Status> {
    let which = match request.activity {
        Some(update_activity_options_request::Activity::Id(id)) => WhichActivities::Id(id),
        Some(update_activity_options_request::Activity::Type(kind)) => WhichActivities::Type(kind),
        Some(update_activity_options_request::Activity::MatchAll(true)) => WhichActivities::All,
        Some(update_activity_options_request::Activity::MatchAll(false)) | None => {
            return Err(unnamed());
        }
    };
    let tuning = changing(request.activity_options, request.update_mask, request.restore_original)?;
    let meant = Meant { namespace: request.namespace, execution: request.execution, which };
    let tuned = meant.tune(engine, tuning).await?;
    let activity_options = tuned.last().map(|task| pending_activity::options(&task.options));
    Ok(UpdateActivityOptionsResponse { activity_options })
}

pub(crate) async fn update_options_of_one(
    engine: &Engine,
    request: UpdateActivityExecutionOptionsRequest,
) -> Result<UpdateActivityExecutionOptionsResponse, Status> {
    let tuning = changing(request.activity_options, request.update_mask, request.restore_original)?;
    let (workflow, run) = (request.workflow_id, request.run_id);
    let meant = Meant::one(request.namespace, workflow, run, request.activity_id)?;
    let tuned = meant.tune(engine, tuning).await?;
    let activity_options = tuned.last().map(|task| pending_activity::options(&task.options));
    Ok(UpdateActivityExecutionOptionsResponse { activity_options })
}

fn changing(
    options: Option<ActivityOptions>,
    mask: Option<wkt::FieldMask>,
    restore: bool,
) -> Result<Tuning, Status> {
    let paths = mask.unwrap_or_default().paths;
    match (restore, paths.is_empty()) {
        (true, false) => Err(invalid("Both UpdateMask and RestoreOriginal are provided")),
        (true, true) => Ok(Tuning::RestoreOptions),
        (false, true) => Err(invalid("UpdateMask must specify at least one path")),
        (false, false) => {
            let options = options.ok_or_else(|| invalid("ActivityOptions are not provided"))?;
            changes(options, &paths).map(|it| Tuning::Options(Box::new(it)))
        }
    }
}

/// Only what the mask names is looked at. A limit that it names and that is not given is none.
fn changes(options: ActivityOptions, paths: &[String]) -> Result<OptionChanges, Status> {
    let limit = |field: &'static str, it: Option<wkt::Duration>| match it {
        Some(it) => delay_from_proto(field, it).map(Some).map_err(undecodable),
        None => Ok(Some(Delay::ZERO)),
    };
    let retry =
        || options.retry_policy.clone().ok_or_else(|| invalid("RetryPolicy is not provided"));
    let mut changes = OptionChanges::default();
    for path in paths {
        match snake(path).as_str() {
            "task_queue" | "task_queue.name" => {
                let queue = task_queue_from_proto(options.task_queue.clone());
                validate::name("task_queue", &queue)?;
                changes.task_queue = Some(queue);
            }
            "schedule_to_close_timeout" => {
                let given = options.schedule_to_close_timeout;
                changes.schedule_to_close = limit("schedule_to_close_timeout", given)?;
            }
            "schedule_to_start_timeout" => {
                let given = options.schedule_to_start_timeout;
                changes.schedule_to_start = limit("schedule_to_start_timeout", given)?;
            }
            "start_to_close_timeout" => {
                let given = options.start_to_close_timeout;
                changes.start_to_close = limit("start_to_close_timeout", given)?;
            }
            "heartbeat_timeout" => {
                changes.heartbeat = limit("heartbeat_timeout", options.heartbeat_timeout)?;
            }
            "retry_policy" => {
                let policy = validate::retry_policy(Some(retry()?))?.unwrap_or_default();
                changes.initial_interval = Some(policy.initial_interval);
                changes.backoff_coefficient = Some(policy.backoff_coefficient);
                changes.maximum_interval = Some(policy.maximum_interval);
                changes.maximum_attempts = Some(policy.maximum_attempts);
                changes.non_retryable_error_types = Some(policy.non_retryable_error_types);
            }
            "retry_policy.initial_interval" => {
                changes.initial_interval = limit("initial_interval", retry()?.initial_interval)?;
            }
            "retry_policy.backoff_coefficient" => {
                changes.backoff_coefficient = Some(retry()?.backoff_coefficient);
            }
            "retry_policy.maximum_interval" => {
                changes.maximum_interval = limit("maximum_interval", retry()?.maximum_interval)?;
            }
            "retry_policy.maximum_attempts" => {
                let found = retry()?.maximum_attempts;
                let n = u32::try_from(found).map_err(|_| {
                    invalid(format!("maximum_attempts is {found}, expected 0 or more"))
                })?;
                changes.maximum_attempts = Some(n);
            }
            "retry_policy.non_retryable_error_types" => {
                changes.non_retryable_error_types = Some(retry()?.non_retryable_error_types);
            }
            "priority" | "priority.priority_key" => {
                let priority = priority_from_proto(options.priority.clone());
                changes.priority = Some(priority.map_err(undecodable)?);
            }
            other => {
                return Err(invalid(format!(
                    "update_mask has the path `{other}`: expected task_queue.name, schedule_to_close_timeout, schedule_to_start_timeout, start_to_close_timeout, heartbeat_timeout, retry_policy or a field of it, or priority"
                )));
            }
        }
    }
    Ok(changes)
}

/// Clients write `startToCloseTimeout` as well as `start_to_close_timeout`.
fn snake(path: &str) -> String {
    let mut text = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn refusal(paths: &[&str], options: Option<ActivityOptions>, restore: bool) -> String {
        let paths = paths.iter().map(|it| (*it).to_owned()).collect();
        match changing(options, Some(wkt::FieldMask { paths }), restore) {
            Ok(tuning) => format!("{tuning:?}"),
            Err(status) => format!("{:?} {}", status.code(), status.message()),
        }
    }

    #[test]
    fn a_mask_that_can_not_be_followed_is_refused_in_temporals_words() {
        let none = || Some(ActivityOptions::default());
        let refusals = [
            refusal(&[], none(), false),
            refusal(&["start_to_close_timeout"], none(), true),
            refusal(&["start_to_close_timeout"], None, false),
            refusal(&["retryPolicy.maximumAttempts"], none(), false),
            refusal(&["nonsense"], none(), false),
        ];
        expect![[r#"
            InvalidArgument UpdateMask must specify at least one path
            InvalidArgument Both UpdateMask and RestoreOriginal are provided
            InvalidArgument ActivityOptions are not provided
            InvalidArgument RetryPolicy is not provided
            InvalidArgument update_mask has the path `nonsense`: expected task_queue.name, schedule_to_close_timeout, schedule_to_start_timeout, start_to_close_timeout, heartbeat_timeout, retry_policy or a field of it, or priority"#]]
        .assert_eq(&refusals.join("\n"));
    }

    #[test]
    fn only_what_the_mask_names_is_changed_and_absent_means_none() {
        let options = ActivityOptions {
            start_to_close_timeout: Some(wkt::Duration { seconds: 7, nanos: 0 }),
            heartbeat_timeout: Some(wkt::Duration { seconds: 9, nanos: 0 }),
            ..Default::default()
        };
        let paths = ["startToCloseTimeout", "schedule_to_close_timeout"].map(str::to_owned);
        let changed = changes(options, &paths).expect("a mask that can be followed");
        let expected = OptionChanges {
            start_to_close: Some(Delay::from_secs(7)),
            schedule_to_close: Some(Delay::ZERO),
            ..OptionChanges::default()
        };
        assert_eq!(changed, expected);
    }
}
