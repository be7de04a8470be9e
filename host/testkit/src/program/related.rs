//! Wishes about other workflows.
//!
//! Options of a child: `id=ID` (else its type), `queue=NAME`; `close=abandon` or `close=cancel` for
//! what becomes of it when its parent closes (else it is terminated); `cancel=try`, `abandon` or
//! `requested` for what the parent waits for when it cancels it (else for its end); `reuse=allow`,
//! `failed-only` or `reject`; `take-over` of an open run of its id; `attempts=N` and `retry=5s`;
//! `cron=` with `_` for spaces.

use super::*;
use refrain_core::options::{ChildCancellation, IdReusePolicy, ParentClosePolicy};

pub(super) fn child(args: &[&str]) -> Result<child::Start, Wrong> {
    let [kind, options @ ..] = args else { return Err("a child needs a type".to_owned()) };
    let mut child = child::Initiated {
        workflow_id: (*kind).to_owned(),
        workflow_type: (*kind).to_owned(),
        ..child::Initiated::default()
    };
    let mut cancellation = ChildCancellation::WaitCompleted;
    for option in options {
        if let Some(input) = words::quoted(option) {
            child.input.push(input);
            continue;
        }
        let retry = |child: &mut child::Initiated, change: &dyn Fn(&mut RetryPolicy)| {
            change(child.retry.get_or_insert_with(RetryPolicy::default));
        };
        match option.split_once('=').unwrap_or((option, "")) {
            ("id", id) => child.workflow_id = id.to_owned(),
            ("queue", name) => child.task_queue = name.to_owned(),
            ("close", "abandon") => child.parent_close = ParentClosePolicy::Abandon,
            ("close", "cancel") => child.parent_close = ParentClosePolicy::RequestCancel,
            ("cancel", "try") => cancellation = ChildCancellation::TryCancel,
            ("cancel", "abandon") => cancellation = ChildCancellation::Abandon,
            ("cancel", "requested") => cancellation = ChildCancellation::WaitRequested,
            ("reuse", "allow") => child.reuse = IdReusePolicy::AllowDuplicate,
            ("reuse", "failed-only") => child.reuse = IdReusePolicy::AllowDuplicateFailedOnly,
            ("reuse", "reject") => child.reuse = IdReusePolicy::RejectDuplicate,
            ("take-over", "") => child.terminate_running = true,
            ("cron", text) => child.cron = text.replace('_', " "),
            ("attempts", n) => {
                let n = number(n)?;
                retry(&mut child, &|it| it.maximum_attempts = n);
            }
            ("retry", first) => {
                let first = words::delay(first)?;
                retry(&mut child, &|it| it.initial_interval = first);
            }
            _ => {
                return Err(format!(
                    "unknown option `{option}` of `child`: expected id=, queue=, close=, cancel=, reuse=, take-over, cron=, attempts=, retry= or a quoted argument"
                ));
            }
        }
    }
    Ok(child::Start { op: OpSeq(0), cancellation, child })
}

pub(super) fn signal(args: &[&str]) -> Result<external::Command, Wrong> {
    let [id, name, input @ ..] = args else {
        return Err("`signal-to` needs a workflow id and a name".to_owned());
    };
    let input = input.iter().filter_map(|it| words::quoted(it)).collect();
    let signal = external::Sent { name: (*name).to_owned(), input, ..external::Sent::default() };
    let (op, target) = (OpSeq(0), target(id));
    Ok(external::Command::Signal { op, target, signal: Box::new(signal) })
}

pub(super) fn cancel(args: &[&str]) -> Result<external::Command, Wrong> {
    let [id, why @ ..] = args else {
        return Err("`cancel-other` needs a workflow id".to_owned());
    };
    let reason = why.first().map_or_else(String::new, |it| words::unquoted(it).to_owned());
    Ok(external::Command::Cancel { op: OpSeq(0), target: target(id), reason })
}

fn target(id: &str) -> external::Target {
    external::Target { workflow_id: id.to_owned(), ..external::Target::default() }
}
