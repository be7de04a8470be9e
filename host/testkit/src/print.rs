//! A history as text: the evidence of a script test.

use crate::skipping;
use crate::words::show;
use refrain_core::attempt::{ActivityTask, State};
use refrain_core::decision::TaskFailure;
use refrain_core::event::Recorded;
use refrain_core::failure::{Failure, FailureKind, RetryState};
use refrain_core::machines::{
    Event, activity, attributes, child, clock, execution, external, local, patch, signal, task,
    update,
};
use refrain_core::options::{Override, Version};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::time::{Delay, Timestamp};
use refrain_core::updates::UpdateState;

/// One line for each event; the three events of a task that went well share one.
pub fn history(events: &[Recorded]) -> String {
    let mut text = String::new();
    let mut rest = events;
    while let [first, more @ ..] = rest {
        let (ids, what, n) = match rest {
            [a, b, c, ..] if is_whole_task(&a.event, &b.event, &c.event) => {
                (format!("{}-{}", a.id, c.id), task_line(&c.event), 3)
            }
            _ => (first.id.to_string(), event(&first.event), 1),
        };
        let _ = more;
        text.push_str(&format!("{ids:<7}{:>6}  {what}\n", at(first.time)));
        rest = &rest[n..];
    }
    text
}

/// How far an update is, as its sender is told.
pub(crate) fn update(id: &str, state: &UpdateState) -> String {
    match state {
        UpdateState::Admitted => format!("update {id} waits"),
        UpdateState::Accepted => format!("update {id} accepted"),
        UpdateState::Rejected(failure) => format!("update {id} rejected: {}", failure.message),
        UpdateState::Completed(Ok(result)) => format!("update {id} completed {}", show(result)),
        UpdateState::Completed(Err(failure)) => {
            format!("update {id} failed: {}", failure.message)
        }
    }
}

pub fn at(time: Timestamp) -> String {
    Delay(time.as_ms()).to_string()
}

fn is_whole_task(a: &Event, b: &Event, c: &Event) -> bool {
    matches!(
        (a, b, c),
        (
            Event::Task(task::Event::Scheduled { .. }),
            Event::Task(task::Event::Started { .. }),
            Event::Task(task::Event::Completed { .. } | task::Event::Failed { .. })
        )
    )
}

fn task_line(last: &Event) -> String {
    match last {
        Event::Task(task::Event::Failed { cause, failure, .. }) => {
            format!("task failed: {cause:?}, {}", failure.message)
        }
        // Version 1 is what nearly all scripts have.
        Event::Task(task::Event::Completed { component: Some(it), .. }) if it.0[0] > 1 => {
            format!("{last} on version {}", it.0[0])
        }
        other => other.to_string(),
    }
}

fn event(event: &Event) -> String {
    let mut text = match event {
        Event::Task(_) => task_line(event),
        Event::Activity(activity::Event::TimedOut { scheduled, failure, retry_state, .. }) => {
            format!(
                "activity of {scheduled} timed out, {}, {retry_state:?}{}",
                failure.type_name(),
                cause(failure)
            )
        }
        other => other.to_string(),
    };
    let details = match event {
        Event::Execution(execution::Event::Started(it)) => {
            format!("{} queue={}{}", show(&it.input), it.task_queue, place_in_chain(it))
        }
        Event::Execution(execution::Event::Failed { retry_state, new_run, .. })
        | Event::Execution(execution::Event::TimedOut { retry_state, new_run }) => {
            match (retry_state, new_run) {
                (RetryState::RetryPolicyNotSet, None) => String::new(),
                (state, None) => format!("{state:?}"),
                (state, Some(_)) => format!("{state:?}, next run"),
            }
        }
        Event::Execution(execution::Event::CancelRequested { cause, .. }) => cause.clone(),
        Event::Execution(
            execution::Event::Paused { reason, .. } | execution::Event::Unpaused { reason, .. },
        ) => reason.clone(),
        Event::Execution(execution::Event::RequestAttached { request_id }) => request_id.clone(),
        Event::Execution(execution::Event::OptionsUpdated {
            options, sets_time_skipping, ..
        }) => {
            let config = options.time_skipping.as_ref();
            let skips = sets_time_skipping.then(|| skipping::shown(config));
            let priority = options.priority.key.map(|it| format!("priority {it}"));
            let number = |it: &Version| u8::from_str_radix(&it.build_id[..2], 16).unwrap_or(0);
            let version = options.versioning.as_ref().map(|it| match it {
                Override::AutoUpgrade => "auto-upgrade".to_owned(),
                Override::Pinned(it) => format!("pinned to version {}", number(it)),
                Override::OneTime(it) => format!("version {} once", number(it)),
            });
            priority.into_iter().chain(version).chain(skips).collect::<Vec<_>>().join(", ")
        }
        Event::Execution(execution::Event::Completed { result, new_run, .. }) => {
            format!("{}{}", show(result), if new_run.is_some() { ", next run" } else { "" })
        }
        Event::Execution(execution::Event::ContinuedAsNew(it)) => show(&it.input),
        Event::Execution(execution::Event::Canceled { details, .. }) => show(details),
        Event::Activity(activity::Event::Scheduled(it)) => show(&it.input),
        Event::Activity(activity::Event::Completed { result, .. }) => show(result),
        Event::Activity(activity::Event::Canceled { details, .. }) => show(details),
        Event::Activity(activity::Event::Failed { retry_state, .. }) => format!("{retry_state:?}"),
        Event::Activity(activity::Event::Started { identity, last_failure, .. }) => {
            match last_failure {
                Some(last) => format!("by {identity}, after {}", reason(last)),
                None => format!("by {identity}"),
            }
        }
        Event::Local(local::Event::Recorded(it)) => {
            let closed = &it.closed;
            let how = match &closed.result {
                Ok(result) => show(result),
                Err(failure) => reason(failure),
            };
            format!("{how}, attempt {}", closed.attempt)
        }
        Event::Child(child::Event::Initiated(child)) => show(&child.input),
        Event::Child(child::Event::StartFailed { reason, .. }) => reason.clone(),
        Event::Child(child::Event::Closed { outcome, .. }) => match outcome {
            child::Outcome::Completed { result } => show(result),
            child::Outcome::Canceled { details } => show(details),
            child::Outcome::Failed { retry_state, .. }
            | child::Outcome::TimedOut { retry_state } => {
                format!("{retry_state:?}")
            }
            child::Outcome::Terminated => String::new(),
        },
        Event::External(external::Event::SignalInitiated { signal, .. }) => show(&signal.input),
        Event::External(external::Event::CancelInitiated { reason, .. }) => reason.clone(),
        Event::Signal(signal::Event::Received(signal)) => show(&signal.input),
        Event::Patch(patch::Event::Recorded { deprecated: true, .. }) => "deprecated".to_owned(),
        Event::Update(update::Event::Admitted { request }) => show(&request.input),
        Event::Update(update::Event::Accepted { request, .. }) => {
            request.as_ref().map_or_else(String::new, |it| show(&it.input))
        }
        Event::Update(update::Event::Rejected { .. }) => String::new(),
        Event::Update(update::Event::Completed { outcome: Ok(result), .. }) => show(result),
        Event::Update(update::Event::Completed { outcome: Err(_), .. }) => String::new(),
        Event::Execution(execution::Event::Terminated { .. })
        | Event::Activity(
            activity::Event::TimedOut { .. } | activity::Event::CancelRequested { .. },
        )
        | Event::Patch(_)
        | Event::Task(_)
        | Event::Timer(_)
        | Event::Child(child::Event::Started { .. })
        | Event::External(
            external::Event::Signaled { .. }
            | external::Event::SignalFailed { .. }
            | external::Event::CancelRequested { .. }
            | external::Event::CancelFailed { .. },
        ) => String::new(),
        Event::Attributes(attributes::Event::SearchUpserted { attributes, .. }) => map(attributes),
        Event::Attributes(attributes::Event::MemoUpserted { memo, .. }) => map(memo),
        Event::Clock(clock::Event::Transitioned { target, .. }) => {
            target.map_or_else(String::new, |it| format!("to {}", at(it)))
        }
    };
    let details = details.trim();
    if !details.is_empty() {
        text.push(' ');
        text.push_str(details);
    }
    text
}

fn place_in_chain(started: &execution::Started) -> String {
    let mut text = match started.initiator {
        None => String::new(),
        Some(execution::Initiator::ContinueAsNew) => ", continued".to_owned(),
        Some(execution::Initiator::Retry) => format!(", attempt {}", started.attempt),
        Some(execution::Initiator::Cron) => ", by cron".to_owned(),
    };
    if let Some(config) = &started.time_skipping {
        text.push_str(&format!(", {}", skipping::shown(Some(config))));
    }
    if !started.inherited.ahead.is_zero() {
        text.push_str(&format!(", ahead {}", started.inherited.ahead));
    }
    if let Some(wait) = started.first_task_backoff.filter(|_| started.initiator.is_some()) {
        text.push_str(&format!(" in {wait}"));
    }
    if let Some(failure) = &started.continued_failure {
        text.push_str(&format!(", after {}", reason(failure)));
    }
    if let Some(result) = &started.last_completion_result {
        text.push_str(&format!(", last result {}", show(result)));
    }
    text
}

/// `name=value` for each, in the order of names.
pub fn map(map: &PayloadMap) -> String {
    let shown = |(name, value): (&String, &Payload)| {
        format!("{name}={}", String::from_utf8_lossy(&value.data))
    };
    map.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn reason(failure: &Failure) -> String {
    match &failure.kind {
        FailureKind::Timeout { timeout, last_heartbeat } => {
            format!("{} timeout {}", timeout.name(), show(last_heartbeat)).trim_end().to_owned()
        }
        FailureKind::Application { .. }
        | FailureKind::Canceled { .. }
        | FailureKind::Terminated
        | FailureKind::ResetWorkflow { .. }
        | FailureKind::Server { .. }
        | FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. } => format!("{:?}", failure.message),
    }
}

fn cause(failure: &Failure) -> String {
    failure.cause.as_deref().map_or_else(String::new, |it| format!(", after {}", reason(it)))
}

/// A run as the text shows it; the same for the model and the engine.
pub(crate) struct RunText<'a> {
    pub(crate) history: &'a [Recorded],
    pub(crate) status: execution::State,
    pub(crate) task_failure: Option<&'a TaskFailure>,
    pub(crate) activities: Vec<&'a ActivityTask>,
    pub(crate) published: Vec<(&'a str, &'a Payload)>,
    pub(crate) memo: &'a PayloadMap,
    pub(crate) search_attributes: &'a PayloadMap,
}

impl std::fmt::Display for RunText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&history(self.history))?;
        if self.status.is_open() {
            writeln!(f, "{}", self.status.name())?;
            for task in &self.activities {
                let state = match &task.state {
                    State::Waiting { since } => format!("waits since {}", at(*since)),
                    State::Started { at, identity } => {
                        format!("started {} by {identity}", self::at(*at))
                    }
                };
                let (kind, attempt) = (&task.options.activity_type, task.attempt);
                let paused = match &task.pause {
                    Some(pause) => format!(", paused since {}", at(pause.at)),
                    None => String::new(),
                };
                writeln!(f, "activity {kind}, attempt {attempt}, {state}{paused}")?;
            }
            if let Some(failure) = self.task_failure {
                writeln!(
                    f,
                    "task failed {} times, again at {}: {}",
                    failure.attempts,
                    at(failure.retry_at),
                    failure.failure.message
                )?;
            }
        }
        for (name, value) in &self.published {
            writeln!(f, "{name} is {}", show(&vec![(*value).clone()]))?;
        }
        for (what, fields) in [("memo", self.memo), ("search attributes", self.search_attributes)] {
            if !fields.is_empty() {
                writeln!(f, "{what}: {}", map(fields))?;
            }
        }
        Ok(())
    }
}
