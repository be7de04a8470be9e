//! Events and failures in a line each.

use crate::output::{camel, clean, payload_list, payloads, shorten, span, time, time_precise};
use refrain_core::machines::{Event, local};
use refrain_wire::api::common::v1::{
    Payloads, TimeSkippingConfig, WorkflowExecution, WorkflowType,
};
use refrain_wire::api::deployment::v1::WorkerDeploymentVersion;
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::failure::v1::Failure;
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::workflow::v1::VersioningOverride;
use refrain_wire::api::workflow::v1::versioning_override::Override;
use refrain_wire::payload::list_to_proto;
use refrain_wire::wkt;

/// Longer values are cut in a history; `--output json` has all of them.
const VALUE_CHARS_MAX: usize = 120;
/// A failure that was caused by a failure, and so on.
const CAUSES_MAX: usize = 50;

pub(crate) fn event_name(event: &HistoryEvent) -> String {
    camel(event.event_type().as_str_name(), "EVENT_TYPE_")
}

/// `id  time  event  detail`.
pub(crate) fn event_row(event: &HistoryEvent) -> Vec<String> {
    vec![
        event.event_id.to_string(),
        time_precise(event.event_time.as_ref()),
        event_name(event),
        event_detail(event),
    ]
}

/// For `--follow`, where the widths of later rows are not known.
pub(crate) fn event_line(event: &HistoryEvent) -> String {
    let (name, detail) = (event_name(event), clean(&event_detail(event)));
    let time = time_precise(event.event_time.as_ref());
    format!("{:>4}  {time}  {name:<32}  {detail}", event.event_id).trim_end().to_owned()
}

fn values(list: Option<&Payloads>) -> String {
    shorten(&payload_list(list), VALUE_CHARS_MAX)
}

/// `what(arguments)`.
fn call(name: &str, list: Option<&Payloads>) -> String {
    format!("{name}({})", values(list))
}

fn result(list: Option<&Payloads>) -> String {
    match payloads(list).as_slice() {
        [] => String::new(),
        _ => format!("-> {}", values(list)),
    }
}

fn of_event(id: i64) -> String {
    format!("of event {id}")
}

fn execution(execution: Option<&WorkflowExecution>) -> String {
    execution.map(|it| it.workflow_id.clone()).unwrap_or_default()
}

fn type_name(workflow_type: Option<&WorkflowType>) -> &str {
    workflow_type.map_or("", |it| it.name.as_str())
}

fn join(parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    parts.join(", ")
}

/// How a run's own clock goes on.
fn skips(it: Option<&TimeSkippingConfig>) -> String {
    let Some(it) = it.filter(|it| it.enabled) else { return "off".to_owned() };
    let forward = it.fast_forward_config.as_ref();
    let forward = forward.map_or_else(String::new, |it| span(it.duration.as_ref()));
    join(&["on".to_owned(), labeled("fast-forward", &forward)])
}

fn labeled(label: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{label}: {value}") }
}

/// Nothing if there is none.
fn delay(delay: Option<&wkt::Duration>) -> String {
    span(delay.filter(|it| it.seconds != 0 || it.nanos != 0))
}

/// `None` if the marker stands for something else.
fn of_local_activity(event: &HistoryEvent) -> Option<String> {
    let recorded = refrain_wire::event::from_proto(event.clone()).ok()?;
    let Event::Local(local::Event::Recorded(it)) = &recorded.event else { return None };
    let next = it.closed.backoff.map_or_else(String::new, |wait| wait.to_string());
    let ended = it.closed.result.as_ref().ok().and_then(|it| list_to_proto(it));
    Some(join(&[
        recorded.event.to_string(),
        format!("attempt {}", it.closed.attempt),
        labeled("next one in", &next),
        result(ended.as_ref()),
    ]))
}

/// What there is to know of an event beside its name.
pub(crate) fn event_detail(event: &HistoryEvent) -> String {
    let Some(attributes) = &event.attributes else { return String::new() };
    match attributes {
        Attributes::WorkflowExecutionStartedEventAttributes(it) => {
            let queue = it.task_queue.as_ref().map_or("", |it| it.name.as_str());
            join(&[
                call(type_name(it.workflow_type.as_ref()), it.input.as_ref()),
                format!("task queue {queue}"),
                labeled("delay", &delay(it.first_workflow_task_backoff.as_ref())),
                it.time_skipping_config
                    .as_ref()
                    .map_or_else(String::new, |it| labeled("time skipping", &skips(Some(it)))),
                labeled("continued from", &it.continued_execution_run_id),
            ])
        }
        Attributes::WorkflowExecutionCompletedEventAttributes(it) => result(it.result.as_ref()),
        Attributes::WorkflowExecutionFailedEventAttributes(it) => failure(it.failure.as_ref()),
        Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it) => join(&[
            call(type_name(it.workflow_type.as_ref()), it.input.as_ref()),
            format!("new run {}", it.new_execution_run_id),
        ]),
        Attributes::WorkflowExecutionTerminatedEventAttributes(it) => {
            join(&[it.reason.clone(), labeled("by", &it.identity)])
        }
        Attributes::WorkflowExecutionPausedEventAttributes(it) => {
            join(&[it.reason.clone(), labeled("by", &it.identity)])
        }
        Attributes::WorkflowExecutionUnpausedEventAttributes(it) => {
            join(&[it.reason.clone(), labeled("by", &it.identity)])
        }
        Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(it) => {
            let skipping = it.time_skipping_config_updated;
            join(&[
                over(it.versioning_override.as_ref()),
                if skipping {
                    labeled("time skipping", &skips(it.time_skipping_config.as_ref()))
                } else {
                    String::new()
                },
                labeled("request", &it.attached_request_id),
                labeled("by", &it.identity),
            ])
        }
        Attributes::WorkflowExecutionTimeSkippingTransitionedEventAttributes(it) => {
            let over = if it.disabled_after_fast_forward { "fast-forward over" } else { "" };
            join(&[labeled("to", &time(it.target_time.as_ref())), over.to_owned()])
        }
        Attributes::WorkflowExecutionCancelRequestedEventAttributes(it) => {
            join(&[it.cause.clone(), labeled("by", &it.identity)])
        }
        Attributes::WorkflowExecutionCanceledEventAttributes(it) => values(it.details.as_ref()),
        Attributes::WorkflowExecutionSignaledEventAttributes(it) => {
            call(&it.signal_name, it.input.as_ref())
        }
        Attributes::WorkflowTaskCompletedEventAttributes(it) => {
            let build = it.deployment_version.as_ref().map_or("", |it| it.build_id.as_str());
            let build = build.strip_prefix("sha256:").unwrap_or(build);
            labeled("component", build.get(..12).unwrap_or(build))
        }
        Attributes::WorkflowTaskFailedEventAttributes(it) => {
            let cause = it.cause().as_str_name();
            join(&[camel(cause, "WORKFLOW_TASK_FAILED_CAUSE_"), failure(it.failure.as_ref())])
        }
        Attributes::WorkflowTaskTimedOutEventAttributes(it) => {
            camel(it.timeout_type().as_str_name(), "TIMEOUT_TYPE_")
        }
        Attributes::ActivityTaskScheduledEventAttributes(it) => {
            let name = it.activity_type.as_ref().map_or("", |it| it.name.as_str());
            let queue = it.task_queue.as_ref().map_or("", |it| it.name.as_str());
            join(&[call(name, it.input.as_ref()), format!("task queue {queue}")])
        }
        Attributes::ActivityTaskStartedEventAttributes(it) => join(&[
            of_event(it.scheduled_event_id),
            format!("attempt {}", it.attempt),
            labeled("by", &it.identity),
            labeled("last failure", &failure(it.last_failure.as_ref())),
        ]),
        Attributes::ActivityTaskCompletedEventAttributes(it) => {
            join(&[of_event(it.scheduled_event_id), result(it.result.as_ref())])
        }
        Attributes::ActivityTaskFailedEventAttributes(it) => join(&[
            of_event(it.scheduled_event_id),
            failure(it.failure.as_ref()),
            camel(it.retry_state().as_str_name(), "RETRY_STATE_"),
        ]),
        Attributes::ActivityTaskTimedOutEventAttributes(it) => join(&[
            of_event(it.scheduled_event_id),
            failure(it.failure.as_ref()),
            camel(it.retry_state().as_str_name(), "RETRY_STATE_"),
        ]),
        Attributes::ActivityTaskCancelRequestedEventAttributes(it) => {
            of_event(it.scheduled_event_id)
        }
        Attributes::ActivityTaskCanceledEventAttributes(it) => of_event(it.scheduled_event_id),
        Attributes::TimerStartedEventAttributes(it) => {
            format!("timer {}, {}", it.timer_id, span(it.start_to_fire_timeout.as_ref()))
        }
        Attributes::TimerFiredEventAttributes(it) => format!("timer {}", it.timer_id),
        Attributes::TimerCanceledEventAttributes(it) => format!("timer {}", it.timer_id),
        Attributes::MarkerRecordedEventAttributes(it) => {
            let what = match of_local_activity(event) {
                Some(local) => local,
                None => it.marker_name.clone(),
            };
            join(&[what, labeled("failure", &failure(it.failure.as_ref()))])
        }
        Attributes::StartChildWorkflowExecutionInitiatedEventAttributes(it) => join(&[
            call(type_name(it.workflow_type.as_ref()), it.input.as_ref()),
            format!("workflow {}", it.workflow_id),
        ]),
        Attributes::StartChildWorkflowExecutionFailedEventAttributes(it) => {
            let cause = it.cause().as_str_name();
            join(&[
                format!("workflow {}", it.workflow_id),
                camel(cause, "START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_"),
            ])
        }
        Attributes::ChildWorkflowExecutionStartedEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::ChildWorkflowExecutionCompletedEventAttributes(it) => {
            join(&[execution(it.workflow_execution.as_ref()), result(it.result.as_ref())])
        }
        Attributes::ChildWorkflowExecutionFailedEventAttributes(it) => {
            join(&[execution(it.workflow_execution.as_ref()), failure(it.failure.as_ref())])
        }
        Attributes::ChildWorkflowExecutionCanceledEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::ChildWorkflowExecutionTimedOutEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::ChildWorkflowExecutionTerminatedEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => join(&[
            execution(it.workflow_execution.as_ref()),
            call(&it.signal_name, it.input.as_ref()),
        ]),
        Attributes::ExternalWorkflowExecutionSignaledEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            execution(it.workflow_execution.as_ref())
        }
        Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(it) => {
            labeled("update", &it.protocol_instance_id)
        }
        // Its name says enough, or it is newer than this program.
        _ => String::new(),
    }
}

/// A failure and its causes in one line, outermost first.
pub(crate) fn failure(failure: Option<&Failure>) -> String {
    let lines: Vec<String> = failure_lines(failure);
    shorten(&lines.join(": "), 2 * VALUE_CHARS_MAX)
}

/// A failure and its causes, a line each, outermost first.
pub(crate) fn failure_lines(failure: Option<&Failure>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut next = failure;
    while let Some(failure) = next {
        if lines.len() == CAUSES_MAX {
            lines.push("…".to_owned());
            break;
        }
        lines.push(failure_line(failure));
        next = failure.cause.as_deref();
    }
    lines
}

fn failure_line(failure: &Failure) -> String {
    let message = failure.message.as_str();
    let named = |kind: String| match (message.is_empty(), kind.is_empty()) {
        (true, _) => kind,
        (false, true) => message.to_owned(),
        (false, false) => format!("{message} ({kind})"),
    };
    match &failure.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(it)) => {
            let details = values(it.details.as_ref());
            let line = named(it.r#type.clone());
            if details.is_empty() { line } else { format!("{line} {details}") }
        }
        Some(FailureInfo::TimeoutFailureInfo(it)) => {
            let which = enums::TimeoutType::try_from(it.timeout_type).unwrap_or_default();
            named(format!("{} timeout", camel(which.as_str_name(), "TIMEOUT_TYPE_")))
        }
        Some(FailureInfo::CanceledFailureInfo(_)) => named("canceled".to_owned()),
        Some(FailureInfo::TerminatedFailureInfo(_)) => named("terminated".to_owned()),
        Some(FailureInfo::ServerFailureInfo(_)) => named("server failure".to_owned()),
        Some(FailureInfo::ActivityFailureInfo(it)) => {
            let name = it.activity_type.as_ref().map_or("", |it| it.name.as_str());
            format!("activity `{name}` failed")
        }
        Some(FailureInfo::ChildWorkflowExecutionFailureInfo(it)) => {
            let name = type_name(it.workflow_type.as_ref());
            let id = execution(it.workflow_execution.as_ref());
            format!("child workflow `{id}` ({name}) failed")
        }
        Some(_) | None => named(String::new()),
    }
}

/// Which component a run is to be on from then on.
pub(crate) fn over(it: Option<&VersioningOverride>) -> String {
    let build = |version: Option<&WorkerDeploymentVersion>| {
        let build = version.map_or("", |it| it.build_id.as_str());
        build.get(..12).unwrap_or(build).to_owned()
    };
    match it.and_then(|it| it.r#override.as_ref()) {
        Some(Override::Pinned(it)) => labeled("pinned to", &build(it.version.as_ref())),
        Some(Override::OneTime(it)) => {
            labeled("moved to", &build(it.target_deployment_version.as_ref()))
        }
        Some(Override::AutoUpgrade(_)) => "follows what is deployed".to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use refrain_wire::api::common::v1::{ActivityType, Payload};
    use refrain_wire::api::failure::v1::{ActivityFailureInfo, ApplicationFailureInfo};
    use refrain_wire::api::history::v1 as events;

    fn args(list: &[&str]) -> Option<Payloads> {
        let payload = |text: &&str| Payload {
            metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
            data: text.as_bytes().to_vec(),
            external_payloads: Vec::new(),
        };
        Some(Payloads { payloads: list.iter().map(payload).collect() })
    }

    fn event(event_id: i64, kind: enums::EventType, attributes: Attributes) -> HistoryEvent {
        HistoryEvent {
            event_id,
            event_time: Some(wkt::Timestamp { seconds: 1_800_000_000, nanos: 0 }),
            event_type: kind as i32,
            attributes: Some(attributes),
            ..HistoryEvent::default()
        }
    }

    fn card_declined() -> Failure {
        Failure {
            message: "Activity task failed".to_owned(),
            failure_info: Some(FailureInfo::ActivityFailureInfo(ActivityFailureInfo {
                activity_type: Some(ActivityType { name: "charge".to_owned() }),
                ..ActivityFailureInfo::default()
            })),
            cause: Some(Box::new(Failure {
                message: "card declined".to_owned(),
                failure_info: Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
                    r#type: "CardDeclined".to_owned(),
                    ..ApplicationFailureInfo::default()
                })),
                ..Failure::default()
            })),
            ..Failure::default()
        }
    }

    #[test]
    fn a_history_is_a_line_for_each_event() {
        let history = [
            event(
                1,
                enums::EventType::WorkflowExecutionSignaled,
                Attributes::WorkflowExecutionSignaledEventAttributes(
                    events::WorkflowExecutionSignaledEventAttributes {
                        signal_name: "go".to_owned(),
                        input: args(&["1", "\"a\""]),
                        ..Default::default()
                    },
                ),
            ),
            event(
                2,
                enums::EventType::TimerStarted,
                Attributes::TimerStartedEventAttributes(events::TimerStartedEventAttributes {
                    timer_id: "5".to_owned(),
                    start_to_fire_timeout: Some(wkt::Duration { seconds: 5400, nanos: 0 }),
                    ..Default::default()
                }),
            ),
            event(
                3,
                enums::EventType::WorkflowExecutionFailed,
                Attributes::WorkflowExecutionFailedEventAttributes(
                    events::WorkflowExecutionFailedEventAttributes {
                        failure: Some(card_declined()),
                        ..Default::default()
                    },
                ),
            ),
        ];
        let rows: Vec<Vec<String>> = history.iter().map(event_row).collect();
        expect![[r#"
            ID  TIME (UTC)               EVENT                      DETAIL
            1   2027-01-15 08:00:00.000  WorkflowExecutionSignaled  go(1, "a")
            2   2027-01-15 08:00:00.000  TimerStarted               timer 5, 1h30m
            3   2027-01-15 08:00:00.000  WorkflowExecutionFailed    activity `charge` failed: card declined (CardDeclined)
        "#]]
        .assert_eq(&crate::output::table(&["ID", "TIME (UTC)", "EVENT", "DETAIL"], &rows));
    }

    #[test]
    fn an_event_that_is_empty_is_shown_all_the_same() {
        let words: Vec<String> =
            event_line(&HistoryEvent::default()).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["0", "Unspecified"]);
    }
}
