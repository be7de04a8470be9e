//! What operators do to activities that are not closed: by id, by type, or to all of a run.
//!
//! Each comes in two forms. The older one names activities in three ways; the newer one names one
//! activity, of a workflow or by itself.

use crate::patience::jitter;
use crate::pending_activity;
use crate::standalone;
use crate::status::{invalid, of, undecodable};
use crate::validate;
use refrain_core::attempt::{ActivityTask, Reset, Tuning};
use refrain_core::time::Delay;
use refrain_engine::Engine;
use refrain_engine::api::WhichActivities;
use refrain_wire::activity_options;
use refrain_wire::api::activity::v1::ActivityOptions;
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::workflowservice::v1::*;
use refrain_wire::options::delay_from_proto;
use refrain_wire::wkt;
use tonic::Status;

/// Who is meant, of which run, in which namespace.
struct Meant {
    namespace: String,
    execution: Option<WorkflowExecution>,
    which: WhichActivities,
    /// Without a workflow id it is an activity without a workflow.
    newer: bool,
}

impl Meant {
    /// The newer form.
    fn one(
        namespace: String,
        workflow_id: String,
        run_id: String,
        activity_id: String,
        identity: &str,
    ) -> Result<Meant, Status> {
        validate::name("activity_id", &activity_id)?;
        validate::short("identity", identity)?;
        let execution = Some(WorkflowExecution { workflow_id, run_id });
        Ok(Meant { namespace, execution, which: WhichActivities::Id(activity_id), newer: true })
    }

    async fn tune(self, engine: &Engine, tuning: Tuning) -> Result<Vec<ActivityTask>, Status> {
        if self.newer
            && let (WhichActivities::Id(id), Some(named)) = (&self.which, &self.execution)
            && named.workflow_id.is_empty()
        {
            let target = standalone::target(engine, &self.namespace, id.clone(), &named.run_id)?;
            let tuned = engine.tune_standalone(&target, &tuning).await.map_err(of)?;
            return Ok(vec![tuned]);
        }
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
    let meant =
        Meant { namespace: request.namespace, execution: request.execution, which, newer: false };
    meant.tune(engine, pausing(request.identity, request.reason)?).await?;
    Ok(Default::default())
}

pub(crate) async fn pause_one(
    engine: &Engine,
    request: PauseActivityExecutionRequest,
) -> Result<PauseActivityExecutionResponse, Status> {
    let (workflow, run) = (request.workflow_id, request.run_id);
    let meant =
        Meant::one(request.namespace, workflow, run, request.activity_id, &request.identity)?;
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
    let meant =
        Meant { namespace: request.namespace, execution: request.execution, which, newer: false };
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
    let meant =
        Meant::one(request.namespace, workflow, run, request.activity_id, &request.identity)?;
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
    let meant =
        Meant { namespace: request.namespace, execution: request.execution, which, newer: false };
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
    let meant =
        Meant::one(request.namespace, workflow, run, request.activity_id, &request.identity)?;
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
    let meant =
        Meant { namespace: request.namespace, execution: request.execution, which, newer: false };
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
    let meant =
        Meant::one(request.namespace, workflow, run, request.activity_id, &request.identity)?;
    let tuned = meant.tune(engine, tuning).await?;
    let activity_options = tuned.last().map(|task| pending_activity::options(&task.options));
    Ok(UpdateActivityExecutionOptionsResponse { activity_options })
}

fn changing(
    options: Option<ActivityOptions>,
    mask: Option<wkt::FieldMask>,
    restore: bool,
) -> Result<Tuning, Status> {
    activity_options::changing(options, mask, restore).map_err(undecodable)
}
