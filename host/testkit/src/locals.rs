//! Local activities of scripts, and what a host makes of them.
//!
//! `look` gives its argument back; `flaky` fails twice before it does; `never` fails for good.

use refrain_core::arrival::ActivityOutcome;
use refrain_core::attempt::{ActivityTask, Next};
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::ids::OpSeq;
use refrain_core::limits;
use refrain_core::machines::local::Closed;
use refrain_core::payload::Payloads;
use refrain_core::time::Timestamp;

pub(crate) const KINDS: [&str; 3] = ["look", "flaky", "never"];

/// One attempt.
#[expect(clippy::result_large_err, reason = "the error is core's")]
pub(crate) fn attempt(task: &ActivityTask) -> Result<Payloads, Failure> {
    let failure = |message: &str, non_retryable| Failure {
        message: message.to_owned(),
        kind: FailureKind::Application {
            error_type: String::new(),
            non_retryable,
            details: Vec::new(),
            next_retry_delay: None,
            benign: false,
        },
        ..Failure::default()
    };
    match task.options.activity_type.as_str() {
        "look" => Ok(task.options.input.clone()),
        "flaky" if task.attempt > 2 => Ok(task.options.input.clone()),
        "flaky" => Err(failure("not yet", false)),
        _ => Err(failure("never", true)),
    }
}

/// All attempts, up to a wait that is too long for memory. Their waits take no time.
pub(crate) fn all_attempts(op: OpSeq, mut task: ActivityTask, now: Timestamp) -> Closed {
    loop {
        let n = task.attempt;
        let close = |backoff, result| Closed { op, attempt: n, backoff, result };
        if !KINDS.contains(&task.options.activity_type.as_str()) {
            let kind = &task.options.activity_type;
            let message = format!(
                "local activity `{kind}` is not in the component of activities deployed to task queue `orders`"
            );
            return close(None, Err(Failure::host("NoLocalActivities", message)));
        }
        let started = task.on_started(String::new(), now);
        let failure = match attempt(&started) {
            Ok(result) => return close(None, Ok(result)),
            Err(failure) => failure,
        };
        match started.on_failed(failure, now) {
            Next::Retry(next) => {
                let backoff = next.attempt_at.since(now);
                if backoff > limits::LOCAL_BACKOFF_MAX {
                    return close(Some(backoff), Err(next.last_failure.unwrap_or_default()));
                }
                task = *next;
            }
            Next::Close(closed) => match closed.outcome {
                ActivityOutcome::Failed { failure, .. } => return close(None, Err(failure)),
                other => panic!("an attempt that failed ended as {other:?}"),
            },
        }
    }
}
