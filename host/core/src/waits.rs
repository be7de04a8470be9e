//! What a run waits for, as a person reads it. Known without its guest.

use crate::execution::Execution;
use crate::machines::activity;
use crate::time::Timestamp;
use std::fmt::Write;

/// Asked for by tools as by a query; answered by the host.
pub const STACK_TRACE_QUERY: &str = "__stack_trace";

/// One line for each open operation, in the order in which they began. `now`: the host's. Empty if the run is
/// closed.
pub fn stack_trace(execution: &Execution, now: Timestamp) -> String {
    if !execution.status.is_open() {
        return String::new();
    }
    let now = execution.clock.of_run(now);
    let activities = execution.activities.iter().map(|(id, it)| {
        let kind = &it.options.activity_type;
        let more = match it.state {
            activity::State::CancelRequested { .. } => ", asked to cancel",
            activity::State::Absent
            | activity::State::Scheduled
            | activity::State::Started { .. }
            | activity::State::Completed
            | activity::State::Failed
            | activity::State::TimedOut
            | activity::State::Canceled => "",
        };
        (*id, format!("activity `{kind}` ({}){more}", it.options.activity_id))
    });
    let timers = execution.timers.iter().map(|(id, it)| {
        (*id, format!("timer {} for another {}", it.timer_id, it.fire_at.since(now)))
    });
    let updates = execution
        .open_updates
        .iter()
        .map(|(id, it)| (*id, format!("update `{}` ({}) is not completed", it.name, it.id)));
    let children = execution.children.iter().map(|(id, it)| {
        let (kind, workflow) = (&it.options.workflow_type, &it.options.workflow_id);
        (*id, format!("child workflow `{kind}` ({workflow})"))
    });
    let signals = execution
        .external_signals
        .iter()
        .map(|(id, it)| (*id, format!("signal to workflow `{}`", it.workflow_id)));
    let cancels = execution
        .external_cancels
        .iter()
        .map(|(id, it)| (*id, format!("request to cancel workflow `{}`", it.workflow_id)));
    let related = children.chain(signals).chain(cancels);
    let mut lines: Vec<_> = activities.chain(timers).chain(updates).chain(related).collect();
    lines.sort_by_key(|it| it.0);
    if lines.is_empty() {
        return "a message: a signal, an update or a request to cancel\n".to_owned();
    }
    let mut text = String::new();
    for (id, line) in lines {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{line}, since event {id}");
    }
    text
}
