//! `refrain schedule`: workflows that start at times.

mod deeds;
mod definition;
mod show;

use crate::client::ScopeArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand, ValueEnum};
use refrain_wire::api::enums::v1::ScheduleOverlapPolicy;
use refrain_wire::wkt;
use serde_json::json;
use std::str::FromStr;

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Create a schedule.
    Create(definition::CreateArgs),
    /// Replace all that a schedule says; what it has done stays.
    Update(definition::DefinitionArgs),
    /// Show what a schedule says, what it has done and what it will do.
    Describe(ScheduleArgs),
    /// List schedules, newest first.
    List(show::ListArgs),
    /// Show the times at which a schedule fires between two moments.
    ListMatchingTimes(show::MatchingTimesArgs),
    /// Pause a schedule, or let it go on.
    Toggle(deeds::ToggleArgs),
    /// Fire a schedule now.
    Trigger(deeds::TriggerArgs),
    /// Fire a schedule for all its times between two moments, now.
    Backfill(deeds::BackfillArgs),
    /// Delete a schedule; what it has started goes on.
    Delete(ScheduleArgs),
}

/// One schedule.
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    /// The schedule's id.
    #[arg(long, short, value_name = "ID")]
    schedule_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl ScheduleArgs {
    /// What there is to say when nothing comes back.
    fn done(&self, words: &str, format: Format) -> Result<(), CliError> {
        match format {
            Format::Text => {
                output::say(&format!("{words} schedule `{}`", output::clean(&self.schedule_id)));
                Ok(())
            }
            Format::Json => output::print_json(&json!({ "scheduleId": self.schedule_id })),
        }
    }
}

/// What becomes of a start while the last one is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum Overlap {
    /// It is left out.
    Skip,
    /// One waits until the open one has ended.
    BufferOne,
    /// All wait, and start one after the other.
    BufferAll,
    /// The open one is asked to stop, and this one starts when it has.
    CancelOther,
    /// The open one is terminated, and this one starts.
    TerminateOther,
    /// They run side by side.
    AllowAll,
}

impl Overlap {
    fn to_proto(self) -> i32 {
        let policy = match self {
            Overlap::Skip => ScheduleOverlapPolicy::Skip,
            Overlap::BufferOne => ScheduleOverlapPolicy::BufferOne,
            Overlap::BufferAll => ScheduleOverlapPolicy::BufferAll,
            Overlap::CancelOther => ScheduleOverlapPolicy::CancelOther,
            Overlap::TerminateOther => ScheduleOverlapPolicy::TerminateOther,
            Overlap::AllowAll => ScheduleOverlapPolicy::AllowAll,
        };
        policy as i32
    }
}

/// A moment, as `2026-11-22T13:48:34Z`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moment(wkt::Timestamp);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a moment: expected e.g. 2026-11-22T13:48:34Z")]
struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Moment, NotAMoment> {
        let parsed: prost_types::Timestamp =
            text.parse().map_err(|_| NotAMoment(text.to_owned()))?;
        Ok(Moment(wkt::Timestamp { seconds: parsed.seconds, nanos: parsed.nanos }))
    }
}

pub(crate) async fn run(command: ScheduleCommand, format: Format) -> Result<(), CliError> {
    match command {
        ScheduleCommand::Create(args) => definition::create(args, format).await,
        ScheduleCommand::Update(args) => definition::update(args, format).await,
        ScheduleCommand::Describe(args) => show::describe(args, format).await,
        ScheduleCommand::List(args) => show::list(args, format).await,
        ScheduleCommand::ListMatchingTimes(args) => show::matching_times(args, format).await,
        ScheduleCommand::Toggle(args) => deeds::toggle(args, format).await,
        ScheduleCommand::Trigger(args) => deeds::trigger(args, format).await,
        ScheduleCommand::Backfill(args) => deeds::backfill(args, format).await,
        ScheduleCommand::Delete(args) => deeds::delete(args, format).await,
    }
}
