//! `describe`, `list` and `list-matching-times`.

use super::{Moment, ScheduleArgs};
use crate::client::{Client, ScopeArgs};
use crate::errors::{CliError, Exit};
use crate::output::{self, Format};
use crate::workflow::status_name;
use clap::Args;
use refrain_wire::api::schedule::v1 as schedule;
use refrain_wire::api::workflow::v1::NewWorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::wkt;
use serde_json::Value;

const PAGE: i32 = 100;
const SHOWN_MAX: usize = 5;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// A filter, e.g. `TemporalSchedulePaused=true`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MatchingTimesArgs {
    #[command(flatten)]
    schedule: ScheduleArgs,
    /// After this moment, as `2026-11-22T13:48:34Z`.
    #[arg(long, value_name = "MOMENT")]
    start_time: Moment,
    /// Up to this moment, and at it.
    #[arg(long, value_name = "MOMENT")]
    end_time: Moment,
}

pub(super) async fn describe(args: ScheduleArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let answer = client
        .call(pb::DescribeScheduleRequest {
            namespace: args.scope.namespace(),
            schedule_id: args.schedule_id.clone(),
        })
        .await?;
    if format == Format::Json {
        let name = "temporal.api.workflowservice.v1.DescribeScheduleResponse";
        return output::print_json(&output::json_of(name, &answer)?);
    }
    let it = answer.schedule.unwrap_or_default();
    let (spec, state) = (it.spec.unwrap_or_default(), it.state.unwrap_or_default());
    let policies = it.policies.unwrap_or_default();
    let start = started(it.action.as_ref());
    let info = answer.info.unwrap_or_default();
    #[allow(deprecated, reason = "the only place for an error of the schedule as a whole")]
    let error = info.invalid_schedule_error.clone();
    let overlap = policies.overlap_policy().as_str_name();
    let left = state.limited_actions.then(|| state.remaining_actions.to_string());
    let counted = |n: i64| if n == 0 { String::new() } else { n.to_string() };
    let times = info.future_action_times.iter().take(SHOWN_MAX);
    let times: Vec<String> = times.map(|it| output::time(Some(it))).collect();
    let running: Vec<String> =
        info.running_workflows.iter().map(|it| it.workflow_id.clone()).collect();
    let mut text = output::fields(&[
        ("Schedule id", args.schedule_id.clone()),
        ("Paused", if state.paused { "yes".to_owned() } else { String::new() }),
        ("Notes", state.notes.clone()),
        ("Error", error),
        ("Times", times_words(&spec)),
        ("Time zone", spec.timezone_name.clone()),
        ("From (UTC)", output::time(spec.start_time.as_ref())),
        ("Until (UTC)", output::time(spec.end_time.as_ref())),
        ("Jitter", output::span(spec.jitter.as_ref())),
        ("Overlap", output::camel(overlap, "SCHEDULE_OVERLAP_POLICY_")),
        ("Catch-up window", output::span(policies.catchup_window.as_ref())),
        ("On failure", if policies.pause_on_failure { "pause" } else { "" }.to_owned()),
        ("Starts left", left.unwrap_or_default()),
        ("Type", start.workflow_type.unwrap_or_default().name),
        ("Task queue", start.task_queue.unwrap_or_default().name),
        ("Workflow id", start.workflow_id),
        ("Input", output::payload_list(start.input.as_ref())),
        ("Created (UTC)", output::time(info.create_time.as_ref())),
        ("Updated (UTC)", output::time(info.update_time.as_ref())),
        ("Starts", info.action_count.to_string()),
        ("Missed", counted(info.missed_catchup_window)),
        ("Skipped", counted(info.overlap_skipped)),
        ("Dropped", counted(info.buffer_dropped)),
        ("Waiting", counted(info.buffer_size)),
        ("Open", running.join(", ")),
        ("Next (UTC)", times.join(", ")),
    ]);
    if !info.recent_actions.is_empty() {
        let row = |it: &schedule::ScheduleActionResult| {
            let run = it.start_workflow_result.clone().unwrap_or_default();
            vec![
                output::time(it.schedule_time.as_ref()),
                output::time(it.actual_time.as_ref()),
                status_name(it.start_workflow_status),
                run.workflow_id,
                run.run_id,
            ]
        };
        let rows: Vec<Vec<String>> = info.recent_actions.iter().rev().map(row).collect();
        let headings = ["DUE (UTC)", "STARTED (UTC)", "STATUS", "WORKFLOW ID", "RUN ID"];
        text.push_str(&format!("\n{}", output::table(&headings, &rows)));
    }
    output::print(&text)
}

fn started(action: Option<&schedule::ScheduleAction>) -> NewWorkflowExecutionInfo {
    match action.and_then(|it| it.action.as_ref()) {
        Some(schedule::schedule_action::Action::StartWorkflow(it)) => it.clone(),
        None => NewWorkflowExecutionInfo::default(),
    }
}

/// Calendars come back compiled: ranges of numbers.
fn times_words(spec: &schedule::ScheduleSpec) -> String {
    let interval = |it: &schedule::IntervalSpec| match &it.phase {
        None => format!("every {}", output::span(it.interval.as_ref())),
        Some(phase) => {
            format!("every {} + {}", output::span(it.interval.as_ref()), output::span(Some(phase)))
        }
    };
    let calendars = spec.structured_calendar.iter().map(calendar_words);
    let all: Vec<String> = calendars.chain(spec.interval.iter().map(interval)).collect();
    all.join("; ")
}

fn calendar_words(it: &schedule::StructuredCalendarSpec) -> String {
    // In the order of cron, with seconds before and the year behind.
    let fields = [&it.second, &it.minute, &it.hour, &it.day_of_month, &it.month, &it.day_of_week];
    let all: [(i32, i32); 6] = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    let mut words: Vec<String> =
        fields.iter().zip(all).map(|(ranges, all)| range_words(ranges, all)).collect();
    if !it.year.is_empty() {
        words.push(range_words(&it.year, (0, 0)));
    }
    words.join(" ")
}

fn range_words(ranges: &[schedule::Range], all: (i32, i32)) -> String {
    let words = |it: &schedule::Range| {
        let (end, step) = (it.end.max(it.start), it.step.max(1));
        match ((it.start, end) == all, it.start == end, step) {
            (true, _, 1) => "*".to_owned(),
            (true, _, step) => format!("*/{step}"),
            (false, true, _) => it.start.to_string(),
            (false, false, 1) => format!("{}-{end}", it.start),
            (false, false, step) => format!("{}-{end}/{step}", it.start),
        }
    };
    ranges.iter().map(words).collect::<Vec<_>>().join(",")
}

pub(super) async fn list(args: ListArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let (mut found, mut token) = (Vec::new(), Vec::new());
    loop {
        let answer = client
            .call(pb::ListSchedulesRequest {
                namespace: args.scope.namespace(),
                maximum_page_size: PAGE,
                next_page_token: token,
                query: args.query.clone(),
            })
            .await?;
        found.extend(answer.schedules);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    match format {
        Format::Json => {
            let of = |it| output::json_of("temporal.api.schedule.v1.ScheduleListEntry", it);
            let list: Vec<Value> = found.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text if found.is_empty() => {
            output::say("no schedules");
            Ok(())
        }
        Format::Text => {
            let mut rows = Vec::new();
            for entry in found {
                let error = start_error(&client, &args.scope.namespace(), &entry).await?;
                rows.push(list_row(entry, error));
            }
            let headings =
                ["SCHEDULE ID", "TYPE", "PAUSED", "NEXT (UTC)", "LAST (UTC)", "NOTES", "ERROR"];
            output::print(&output::table(&headings, &rows))
        }
    }
}

/// Why a schedule could not start what was due last, which a list does not say.
#[allow(deprecated, reason = "the only place for an error of the schedule as a whole")]
async fn start_error(
    client: &Client,
    namespace: &str,
    entry: &schedule::ScheduleListEntry,
) -> Result<String, CliError> {
    if entry.info.as_ref().is_some_and(|it| it.paused) {
        return Ok(String::new());
    }
    let request = pb::DescribeScheduleRequest {
        namespace: namespace.to_owned(),
        schedule_id: entry.schedule_id.clone(),
    };
    match client.call(request).await {
        Ok(answer) => Ok(answer.info.unwrap_or_default().invalid_schedule_error),
        // It was deleted since.
        Err(error) if error.exit == Exit::Failed => Ok(String::new()),
        Err(error) => Err(error),
    }
}

fn list_row(entry: schedule::ScheduleListEntry, error: String) -> Vec<String> {
    let info = entry.info.unwrap_or_default();
    let last = info.recent_actions.last().and_then(|it| it.actual_time.as_ref());
    vec![
        entry.schedule_id,
        info.workflow_type.unwrap_or_default().name,
        if info.paused { "yes" } else { "" }.to_owned(),
        output::time(info.future_action_times.first()),
        output::time(last),
        info.notes,
        error,
    ]
}

pub(super) async fn matching_times(
    args: MatchingTimesArgs,
    format: Format,
) -> Result<(), CliError> {
    let ScheduleArgs { schedule_id, scope } = &args.schedule;
    let client = scope.connect().await?;
    let answer = client
        .call(pb::ListScheduleMatchingTimesRequest {
            namespace: scope.namespace(),
            schedule_id: schedule_id.clone(),
            start_time: Some(args.start_time.0),
            end_time: Some(args.end_time.0),
        })
        .await?;
    if format == Format::Json {
        let name = "temporal.api.workflowservice.v1.ListScheduleMatchingTimesResponse";
        return output::print_json(&output::json_of(name, &answer)?);
    }
    let line = |it: &wkt::Timestamp| output::time(Some(it));
    let lines: Vec<String> = answer.start_time.iter().map(line).collect();
    if lines.is_empty() {
        output::say("no times");
        return Ok(());
    }
    output::print(&lines.join("\n"))
}
