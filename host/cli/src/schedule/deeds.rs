//! `toggle`, `trigger`, `backfill` and `delete`.

use super::{Moment, Overlap, ScheduleArgs};
use crate::client::identity;
use crate::errors::CliError;
use crate::output::Format;
use clap::Args;
use refrain_wire::api::schedule::v1::{BackfillRequest, SchedulePatch, TriggerImmediatelyRequest};
use refrain_wire::api::workflowservice::v1 as pb;

#[derive(Debug, Args)]
pub(crate) struct ToggleArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// Pause it.
    #[arg(long, conflicts_with = "unpause", required_unless_present = "unpause")]
    pause: bool,
    /// Let it go on.
    #[arg(long)]
    unpause: bool,
    /// Why; `schedule describe` shows it.
    #[arg(long, value_name = "TEXT", default_value = "(no reason provided)")]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct TriggerArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// If the last one is still open. Default: what the schedule says.
    #[arg(long, value_enum, ignore_case = true, value_name = "POLICY")]
    overlap_policy: Option<Overlap>,
}

#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// From this moment on, as `2026-11-22T13:48:34Z`.
    #[arg(long, value_name = "MOMENT")]
    start_time: Moment,
    /// Up to this moment, and at it.
    #[arg(long, value_name = "MOMENT")]
    end_time: Moment,
    /// If the one before is still open. Default: what the schedule says.
    #[arg(long, value_enum, ignore_case = true, value_name = "POLICY")]
    overlap_policy: Option<Overlap>,
}

pub(super) async fn toggle(args: ToggleArgs, format: Format) -> Result<(), CliError> {
    let ToggleArgs { schedule, pause, unpause: _, reason } = args;
    let (words, change) = match pause {
        true => ("paused", SchedulePatch { pause: reason, ..SchedulePatch::default() }),
        false => ("unpaused", SchedulePatch { unpause: reason, ..SchedulePatch::default() }),
    };
    patch(&schedule, change).await?;
    schedule.done(words, format)
}

pub(super) async fn trigger(args: TriggerArgs, format: Format) -> Result<(), CliError> {
    let trigger = TriggerImmediatelyRequest {
        overlap_policy: args.overlap_policy.map_or(0, Overlap::to_proto),
        scheduled_time: None,
    };
    let change = SchedulePatch { trigger_immediately: Some(trigger), ..SchedulePatch::default() };
    patch(&args.schedule, change).await?;
    args.schedule.done("triggered", format)
}

pub(super) async fn backfill(args: BackfillArgs, format: Format) -> Result<(), CliError> {
    let backfill = BackfillRequest {
        start_time: Some(args.start_time.0),
        end_time: Some(args.end_time.0),
        overlap_policy: args.overlap_policy.map_or(0, Overlap::to_proto),
    };
    let change = SchedulePatch { backfill_request: vec![backfill], ..SchedulePatch::default() };
    patch(&args.schedule, change).await?;
    args.schedule.done("backfilling", format)
}

async fn patch(schedule: &ScheduleArgs, patch: SchedulePatch) -> Result<(), CliError> {
    let client = schedule.scope.connect().await?;
    client
        .call(pb::PatchScheduleRequest {
            namespace: schedule.scope.namespace(),
            schedule_id: schedule.schedule_id.clone(),
            patch: Some(patch),
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
        })
        .await
        .map(drop)
}

pub(super) async fn delete(args: ScheduleArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    client
        .call(pb::DeleteScheduleRequest {
            namespace: args.scope.namespace(),
            schedule_id: args.schedule_id.clone(),
            identity: identity(),
        })
        .await?;
    args.done("deleted", format)
}
