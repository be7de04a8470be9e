//! `create` and `update`: what a schedule says.

use super::{Moment, Overlap, ScheduleArgs};
use crate::client::identity;
use crate::errors::CliError;
use crate::input::{self, InputArgs};
use crate::output::Format;
use crate::units::{KeyValue, Span};
use clap::Args;
use refrain_wire::api::common::v1::WorkflowType;
use refrain_wire::api::schedule::v1 as schedule;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflow::v1::NewWorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use serde::Deserialize;
use std::str::FromStr;

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    definition: DefinitionArgs,
    /// A note kept with the schedule, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    schedule_memo: Vec<KeyValue>,
    /// A search attribute of the schedule, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    schedule_search_attribute: Vec<KeyValue>,
}

#[derive(Debug, Args)]
pub(crate) struct DefinitionArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    #[command(flatten)]
    times: TimesArgs,
    /// If the last one is still open. Default: `Skip`.
    #[arg(long, value_enum, ignore_case = true, value_name = "POLICY")]
    overlap_policy: Option<Overlap>,
    /// How late a start may be if the host was down. Default: 365d.
    #[arg(long, value_name = "DURATION")]
    catchup_window: Option<Span>,
    /// Pause when a workflow that it started has failed.
    #[arg(long)]
    pause_on_failure: bool,
    /// Words for people.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    notes: String,
    /// It does nothing until it is unpaused.
    #[arg(long)]
    paused: bool,
    /// Only so many starts. Default: without end.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    remaining_actions: Option<i64>,
    #[command(flatten)]
    workflow: WorkflowArgs,
}

/// When it fires.
#[derive(Debug, Args)]
struct TimesArgs {
    /// A calendar, as JSON: `{"hour":"9-17","dayOfWeek":"Mon-Fri"}`. Repeat it for more.
    #[arg(long, value_name = "JSON")]
    calendar: Vec<Calendar>,
    /// A cron string: `30 12 * * Fri`. Repeat it for more.
    #[arg(long, value_name = "CRON")]
    cron: Vec<String>,
    /// Every so often, `45m`, perhaps with an offset, `6h/1h`. Repeat it for more.
    #[arg(long, value_name = "INTERVAL")]
    interval: Vec<Interval>,
    /// Not before this moment, as `2026-11-22T13:48:34Z`.
    #[arg(long, value_name = "MOMENT")]
    start_time: Option<Moment>,
    /// Not after this moment.
    #[arg(long, value_name = "MOMENT")]
    end_time: Option<Moment>,
    /// Each start is late by up to so much.
    #[arg(long, value_name = "DURATION")]
    jitter: Option<Span>,
    /// The time zone of calendars and cron strings. Default: UTC.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    time_zone: String,
}

/// What it starts.
#[derive(Debug, Args)]
struct WorkflowArgs {
    /// The workflow type: its name in the component.
    #[arg(long = "type", value_name = "NAME")]
    workflow_type: String,
    /// The task queue that the component is deployed to.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// How the ids of its workflows begin; the time of each is added. Default: a new UUID.
    #[arg(long, short, value_name = "ID")]
    workflow_id: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    /// Time for a workflow with all its retries and continuations.
    #[arg(long, value_name = "DURATION")]
    execution_timeout: Option<Span>,
    /// Time for one run.
    #[arg(long, value_name = "DURATION")]
    run_timeout: Option<Span>,
    /// Time for one workflow task.
    #[arg(long, value_name = "DURATION")]
    task_timeout: Option<Span>,
    /// A note kept with each workflow, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    memo: Vec<KeyValue>,
    /// A search attribute of each workflow, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<KeyValue>,
}

/// Every field as people write it: `"9-17"`, `"*/15"`, `"Mon-Fri"`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Calendar {
    second: String,
    minute: String,
    hour: String,
    day_of_month: String,
    month: String,
    year: String,
    day_of_week: String,
    comment: String,
}

impl FromStr for Calendar {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Calendar, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Interval {
    every: Span,
    offset: Option<Span>,
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an interval: expected e.g. 45m, or 6h/1h with an offset")]
struct NotAnInterval(String);

impl FromStr for Interval {
    type Err = NotAnInterval;

    fn from_str(text: &str) -> Result<Interval, NotAnInterval> {
        let wrong = || NotAnInterval(text.to_owned());
        let (every, offset) = match text.split_once('/') {
            None => (text, None),
            Some((every, offset)) => (every, Some(offset.parse().map_err(|_| wrong())?)),
        };
        Ok(Interval { every: every.parse().map_err(|_| wrong())?, offset })
    }
}

pub(super) async fn create(args: CreateArgs, format: Format) -> Result<(), CliError> {
    let it = schedule_of(&args.definition)?;
    let memo = input::memo(&args.schedule_memo)?;
    let search_attributes = input::search_attributes(&args.schedule_search_attribute)?;
    let ScheduleArgs { schedule_id, scope } = &args.definition.schedule;
    let client = scope.connect().await?;
    client
        .call(pb::CreateScheduleRequest {
            namespace: scope.namespace(),
            schedule_id: schedule_id.clone(),
            schedule: Some(it),
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            memo,
            search_attributes,
            ..Default::default()
        })
        .await?;
    args.definition.schedule.done("created", format)
}

pub(super) async fn update(args: DefinitionArgs, format: Format) -> Result<(), CliError> {
    let it = schedule_of(&args)?;
    let ScheduleArgs { schedule_id, scope } = &args.schedule;
    let client = scope.connect().await?;
    client
        .call(pb::UpdateScheduleRequest {
            namespace: scope.namespace(),
            schedule_id: schedule_id.clone(),
            schedule: Some(it),
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            ..Default::default()
        })
        .await?;
    args.schedule.done("updated", format)
}

fn schedule_of(args: &DefinitionArgs) -> Result<schedule::Schedule, CliError> {
    let workflow = &args.workflow;
    let start = NewWorkflowExecutionInfo {
        workflow_id: workflow
            .workflow_id
            .clone()
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        workflow_type: Some(WorkflowType { name: workflow.workflow_type.clone() }),
        task_queue: Some(TaskQueue { name: workflow.task_queue.clone(), ..TaskQueue::default() }),
        input: workflow.input.payloads()?,
        workflow_execution_timeout: workflow.execution_timeout.map(Span::to_proto),
        workflow_run_timeout: workflow.run_timeout.map(Span::to_proto),
        workflow_task_timeout: workflow.task_timeout.map(Span::to_proto),
        memo: input::memo(&workflow.memo)?,
        search_attributes: input::search_attributes(&workflow.search_attribute)?,
        ..Default::default()
    };
    let action = schedule::schedule_action::Action::StartWorkflow(start);
    Ok(schedule::Schedule {
        spec: Some(spec(&args.times)),
        action: Some(schedule::ScheduleAction { action: Some(action) }),
        policies: Some(schedule::SchedulePolicies {
            overlap_policy: args.overlap_policy.map_or(0, Overlap::to_proto),
            catchup_window: args.catchup_window.map(Span::to_proto),
            pause_on_failure: args.pause_on_failure,
            ..Default::default()
        }),
        state: Some(schedule::ScheduleState {
            notes: args.notes.clone(),
            paused: args.paused,
            limited_actions: args.remaining_actions.is_some(),
            remaining_actions: args.remaining_actions.unwrap_or(0),
        }),
    })
}

fn spec(times: &TimesArgs) -> schedule::ScheduleSpec {
    let calendar = |it: &Calendar| schedule::CalendarSpec {
        second: it.second.clone(),
        minute: it.minute.clone(),
        hour: it.hour.clone(),
        day_of_month: it.day_of_month.clone(),
        month: it.month.clone(),
        year: it.year.clone(),
        day_of_week: it.day_of_week.clone(),
        comment: it.comment.clone(),
    };
    let interval = |it: &Interval| schedule::IntervalSpec {
        interval: Some(it.every.to_proto()),
        phase: it.offset.map(Span::to_proto),
    };
    schedule::ScheduleSpec {
        calendar: times.calendar.iter().map(calendar).collect(),
        cron_string: times.cron.clone(),
        interval: times.interval.iter().map(interval).collect(),
        start_time: times.start_time.map(|it| it.0),
        end_time: times.end_time.map(|it| it.0),
        jitter: times.jitter.map(Span::to_proto),
        timezone_name: times.time_zone.clone(),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_with_and_without_an_offset() {
        let span = |text: &str| text.parse::<Span>().expect("a duration");
        let read = |text: &str| text.parse::<Interval>().ok();
        assert_eq!(read("45m"), Some(Interval { every: span("45m"), offset: None }));
        assert_eq!(read("6h/1h"), Some(Interval { every: span("6h"), offset: Some(span("1h")) }));
        for text in ["", "/", "6h/", "/1h", "6h/1h/1h", "often"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_calendar_with_a_field_that_there_is_not_is_refused() {
        let read = |text: &str| text.parse::<Calendar>();
        assert_eq!(read(r#"{"hour":"9-17"}"#).expect("a calendar").hour, "9-17");
        assert!(read(r#"{"hours":"9-17"}"#).is_err());
        assert!(read(r#"{"hour":9}"#).is_err());
    }
}
