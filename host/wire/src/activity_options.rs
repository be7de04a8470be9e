//! Changes of a pending activity's options: Temporal's message and the mask that says what of it
//! is meant.

use crate::DecodeError;
use crate::api::activity::v1::ActivityOptions;
use crate::options::{
    delay_from_proto, priority_from_proto, retry_from_proto, task_queue_from_proto,
};
use crate::wkt;
use refrain_core::attempt::{OptionChanges, Tuning};
use refrain_core::time::Delay;

fn refused(words: &str) -> DecodeError {
    DecodeError::Refused(words.to_owned())
}

/// Errors: the mask can't be followed. In Temporal's words.
pub fn changing(
    options: Option<ActivityOptions>,
    mask: Option<wkt::FieldMask>,
    restore: bool,
) -> Result<Tuning, DecodeError> {
    let paths = mask.unwrap_or_default().paths;
    match (restore, paths.is_empty()) {
        (true, false) => Err(refused("Both UpdateMask and RestoreOriginal are provided")),
        (true, true) => Ok(Tuning::RestoreOptions),
        (false, true) => Err(refused("UpdateMask must specify at least one path")),
        (false, false) => {
            let options = options.ok_or_else(|| refused("ActivityOptions are not provided"))?;
            changes(options, &paths).map(|it| Tuning::Options(Box::new(it)))
        }
    }
}

/// Only what the mask names is looked at. A limit that it names and that is not given is none.
fn changes(options: ActivityOptions, paths: &[String]) -> Result<OptionChanges, DecodeError> {
    let limit = |field: &'static str, it: Option<wkt::Duration>| match it {
        Some(it) => delay_from_proto(field, it).map(Some),
        None => Ok(Some(Delay::ZERO)),
    };
    let retry =
        || options.retry_policy.clone().ok_or_else(|| refused("RetryPolicy is not provided"));
    let priority = || priority_from_proto(options.priority.clone());
    let mut changes = OptionChanges::default();
    for path in paths {
        match snake(path).as_str() {
            "task_queue" | "task_queue.name" => {
                let queue = task_queue_from_proto(options.task_queue.clone());
                if queue.is_empty() {
                    return Err(DecodeError::Missing { what: "task_queue" });
                }
                changes.task_queue = Some(queue);
            }
            "schedule_to_close_timeout" => {
                let given = options.schedule_to_close_timeout;
                changes.schedule_to_close = limit("schedule_to_close_timeout", given)?;
            }
            "schedule_to_start_timeout" => {
                let given = options.schedule_to_start_timeout;
                changes.schedule_to_start = limit("schedule_to_start_timeout", given)?;
            }
            "start_to_close_timeout" => {
                let given = options.start_to_close_timeout;
                changes.start_to_close = limit("start_to_close_timeout", given)?;
            }
            "heartbeat_timeout" => {
                changes.heartbeat = limit("heartbeat_timeout", options.heartbeat_timeout)?;
            }
            "retry_policy" => {
                let policy = retry_from_proto(retry()?)?;
                changes.initial_interval = Some(policy.initial_interval);
                changes.backoff_coefficient = Some(policy.backoff_coefficient);
                changes.maximum_interval = Some(policy.maximum_interval);
                changes.maximum_attempts = Some(policy.maximum_attempts);
                changes.non_retryable_error_types = Some(policy.non_retryable_error_types);
            }
            "retry_policy.initial_interval" => {
                changes.initial_interval = limit("initial_interval", retry()?.initial_interval)?;
            }
            "retry_policy.backoff_coefficient" => {
                changes.backoff_coefficient = Some(retry()?.backoff_coefficient);
            }
            "retry_policy.maximum_interval" => {
                changes.maximum_interval = limit("maximum_interval", retry()?.maximum_interval)?;
            }
            "retry_policy.maximum_attempts" => {
                let found = retry()?.maximum_attempts;
                let n = u32::try_from(found)
                    .map_err(|_| DecodeError::bad("maximum_attempts", found, "0 or more"))?;
                changes.maximum_attempts = Some(n);
            }
            "retry_policy.non_retryable_error_types" => {
                changes.non_retryable_error_types = Some(retry()?.non_retryable_error_types);
            }
            "priority" => {
                let priority = priority()?;
                changes.priority_key = Some(priority.key);
                changes.fairness_key = Some(priority.fairness_key);
                changes.fairness_weight = Some(priority.fairness_weight);
            }
            "priority.priority_key" => changes.priority_key = Some(priority()?.key),
            "priority.fairness_key" => changes.fairness_key = Some(priority()?.fairness_key),
            "priority.fairness_weight" => {
                changes.fairness_weight = Some(priority()?.fairness_weight);
            }
            other => {
                return Err(refused(&format!(
                    "update_mask has the path `{other}`: expected task_queue.name, schedule_to_close_timeout, schedule_to_start_timeout, start_to_close_timeout, heartbeat_timeout, retry_policy or priority, or a field of one of them"
                )));
            }
        }
    }
    Ok(changes)
}

/// Clients write `startToCloseTimeout` as well as `start_to_close_timeout`.
fn snake(path: &str) -> String {
    let mut text = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn refusal(paths: &[&str], options: Option<ActivityOptions>, restore: bool) -> String {
        let paths = paths.iter().map(|it| (*it).to_owned()).collect();
        match changing(options, Some(wkt::FieldMask { paths }), restore) {
            Ok(tuning) => format!("{tuning:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_mask_that_can_not_be_followed_is_refused_in_temporals_words() {
        let none = || Some(ActivityOptions::default());
        let refusals = [
            refusal(&[], none(), false),
            refusal(&["start_to_close_timeout"], none(), true),
            refusal(&["start_to_close_timeout"], None, false),
            refusal(&["retryPolicy.maximumAttempts"], none(), false),
            refusal(&["nonsense"], none(), false),
        ];
        expect![[r#"
            UpdateMask must specify at least one path
            Both UpdateMask and RestoreOriginal are provided
            ActivityOptions are not provided
            RetryPolicy is not provided
            update_mask has the path `nonsense`: expected task_queue.name, schedule_to_close_timeout, schedule_to_start_timeout, start_to_close_timeout, heartbeat_timeout, retry_policy or priority, or a field of one of them"#]]
        .assert_eq(&refusals.join("\n"));
    }

    #[test]
    fn only_what_the_mask_names_is_changed_and_absent_means_none() {
        let options = ActivityOptions {
            start_to_close_timeout: Some(wkt::Duration { seconds: 7, nanos: 0 }),
            heartbeat_timeout: Some(wkt::Duration { seconds: 9, nanos: 0 }),
            ..Default::default()
        };
        let paths = ["startToCloseTimeout", "schedule_to_close_timeout"].map(str::to_owned);
        let changed = changes(options, &paths).expect("a mask that can be followed");
        let expected = OptionChanges {
            start_to_close: Some(Delay::from_secs(7)),
            schedule_to_close: Some(Delay::ZERO),
            ..OptionChanges::default()
        };
        assert_eq!(changed, expected);
    }
}
