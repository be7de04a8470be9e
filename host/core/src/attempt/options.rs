//! What an activity is scheduled with: what the guest said, and what it left out.

use crate::ids::EventId;
use crate::machines::activity::{Schedule, Scheduled};
use crate::options::{ActivityTimeouts, Priority, RetryPolicy};
use crate::time::Delay;

/// What may be changed of an activity that is not closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tunable {
    pub task_queue: String,
    pub timeouts: ActivityTimeouts,
    pub retry: RetryPolicy,
    pub priority: Priority,
}

/// Fills in what the guest left out, by Temporal's rules.
///
/// Errors: neither `start_to_close` nor `schedule_to_close` is given, or a value is out of range.
pub fn fill_in(
    schedule: &Schedule,
    workflow_task_queue: &str,
    run_timeout: Option<Delay>,
    task: EventId,
) -> Result<Scheduled, String> {
    let kind = &schedule.activity_type;
    if kind.is_empty() {
        return Err("activity type is empty".to_owned());
    }
    let wanted = Tunable {
        task_queue: schedule.task_queue.clone().unwrap_or_else(|| workflow_task_queue.to_owned()),
        timeouts: schedule.timeouts,
        retry: schedule.retry.clone().unwrap_or_default(),
        priority: schedule.priority.clone(),
    };
    let Tunable { task_queue, timeouts, retry, priority } =
        wanted.checked(run_timeout).map_err(|wrong| format!("activity `{kind}` has {wrong}"))?;
    Ok(Scheduled {
        activity_id: schedule.activity_id.clone().unwrap_or_else(|| schedule.op.to_string()),
        activity_type: kind.clone(),
        task_queue,
        input: schedule.input.clone(),
        header: schedule.header.clone(),
        timeouts,
        retry,
        task,
        summary: schedule.summary.clone(),
        priority,
    })
}

impl Tunable {
    pub fn of(options: &Scheduled) -> Tunable {
        Tunable {
            task_queue: options.task_queue.clone(),
            timeouts: options.timeouts,
            retry: options.retry.clone(),
            priority: options.priority.clone(),
        }
    }

    pub fn put_into(self, options: &mut Scheduled) {
        let Tunable { task_queue, timeouts, retry, priority } = self;
        options.task_queue = task_queue;
        options.timeouts = timeouts;
        options.retry = retry;
        options.priority = priority;
    }

    /// With what is missing derived from what is there, and nothing longer than what it is part
    /// of. The error completes "activity `charge` has ...".
    pub(crate) fn checked(self, run_timeout: Option<Delay>) -> Result<Tunable, String> {
        let given = self.timeouts.without_zeros();
        if given.start_to_close.is_none() && given.schedule_to_close.is_none() {
            return Err("no time limit: set start_to_close or schedule_to_close".to_owned());
        }
        check_retry(&self.retry)?;
        let priority =
            self.priority.checked().map_err(|wrong| format!("an invalid priority: {wrong}"))?;
        let schedule_to_close = shorter(given.schedule_to_close, run_timeout);
        let start_to_close = shorter(given.start_to_close, schedule_to_close);
        let timeouts = ActivityTimeouts {
            schedule_to_close,
            schedule_to_start: shorter(given.schedule_to_start, schedule_to_close),
            start_to_close,
            // No heartbeats are expected if none were asked for.
            heartbeat: given.heartbeat.and_then(|it| shorter(Some(it), start_to_close)),
        };
        Ok(Tunable { timeouts, priority, ..self })
    }
}

fn shorter(limit: Option<Delay>, other: Option<Delay>) -> Option<Delay> {
    match (limit, other) {
        (Some(limit), Some(other)) => Some(limit.min(other)),
        (limit, other) => limit.or(other),
    }
}

fn check_retry(retry: &RetryPolicy) -> Result<(), String> {
    if retry.backoff_coefficient.is_nan() || retry.backoff_coefficient < 1.0 {
        return Err(format!(
            "backoff coefficient {}: expected 1 or more",
            retry.backoff_coefficient
        ));
    }
    if retry.maximum_interval < retry.initial_interval {
        return Err(format!(
            "maximum interval {}, less than its initial interval {}",
            retry.maximum_interval, retry.initial_interval
        ));
    }
    Ok(())
}
