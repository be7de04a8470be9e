//! The limits of runs, as flags, the configuration file and Temporal's own flag name them.

use crate::units::Bytes;
use refrain_core::limits::{NoSuchLimit, RunLimit, RunLimits};
use serde::Deserialize;
use std::num::NonZeroU64;
use std::str::FromStr;

/// One limit, set: `pending-activities=5000`, `history-bytes=100MiB`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Limit {
    name: String,
    value: NonZeroU64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotALimit {
    #[error("`{0}` sets no limit: expected NAME=N, like pending-activities=5000")]
    Shape(String),
    #[error(transparent)]
    Name(#[from] NoSuchLimit),
    #[error("`{name}` is `{found}`, expected a number of 1 or more, or a size like 64MiB")]
    Value { name: String, found: String },
}

fn value(name: &str, found: &str) -> Result<NonZeroU64, NotALimit> {
    let number = found.parse().ok().and_then(|Bytes(number)| NonZeroU64::new(number));
    number.ok_or_else(|| NotALimit::Value { name: name.to_owned(), found: found.to_owned() })
}

impl FromStr for Limit {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Limit, NotALimit> {
        let shape = || NotALimit::Shape(text.to_owned());
        let (name, found) = text.split_once('=').ok_or_else(shape)?;
        let limit = RunLimits::ALL.iter().find(|it| it.name == name);
        let limit = limit.ok_or_else(|| NoSuchLimit(name.to_owned()))?;
        Ok(Limit { name: limit.name.to_owned(), value: value(name, found)? })
    }
}

impl TryFrom<String> for Limit {
    type Error = NotALimit;

    fn try_from(text: String) -> Result<Limit, NotALimit> {
        text.parse()
    }
}

impl Limit {
    /// What a setting of Temporal's server, `limit.historyCount.error=100`, sets. `None`: another
    /// setting.
    pub(crate) fn of_temporal(setting: &str) -> Option<Result<Limit, NotALimit>> {
        let (key, found) = setting.split_once('=')?;
        let limit = temporals(key)?;
        // There, that is no limit.
        let value = if found == "0" { Ok(NonZeroU64::MAX) } else { value(key, found) };
        Some(value.map(|value| Limit { name: limit.name.to_owned(), value }))
    }
}

fn temporals(key: &str) -> Option<&'static RunLimit> {
    let is_it = |it: &&RunLimit| it.temporal.is_some_and(|it| it.eq_ignore_ascii_case(key));
    RunLimits::ALL.iter().find(is_it)
}

/// Does Temporal's server call a limit of runs so?
pub(crate) fn is_temporals(key: &str) -> bool {
    temporals(key).is_some()
}

/// All of them, set; of two of one name the last wins.
pub(crate) fn all(given: &[Limit]) -> Result<RunLimits, NoSuchLimit> {
    let mut limits = RunLimits::DEFAULT;
    given.iter().try_for_each(|it| limits.set(&it.name, it.value))?;
    Ok(limits)
}

/// What `-h` says of the flag.
pub(crate) const SHORT_HELP: &str = "What one run may have at most; `--help` has the names";

/// What `--help` says of the flag.
pub(crate) fn help() -> String {
    let mut text =
        "What one run may have at most, as `NAME=N`. Repeat it for more. What a run has \
                    already stays. Names, and their defaults:\n"
            .to_owned();
    for RunLimit { name, default, text: what, .. } in RunLimits::ALL {
        text.push_str(&format!("\n- {name} ({default}):{what}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn set(text: &str) -> String {
        match text.parse::<Limit>() {
            Ok(limit) => format!("{} {}", limit.name, limit.value),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_limit_is_a_name_and_a_number_or_a_size() {
        assert_eq!(set("pending-activities=5000"), "pending-activities 5000");
        assert_eq!(set("history-bytes=1MiB"), "history-bytes 1048576");
        expect![
            "`pending-activities` sets no limit: expected NAME=N, like pending-activities=5000"
        ]
        .assert_eq(&set("pending-activities"));
        expect!["`activities` is no limit, expected one of history-events, history-bytes, suggest-at-events, suggest-at-bytes, pending-activities, pending-timers, pending-children, pending-signals, pending-cancels, signals, updates-in-flight, update-bytes-in-flight, updates"].assert_eq(&set("activities=1"));
        expect!["`signals` is `0`, expected a number of 1 or more, or a size like 64MiB"]
            .assert_eq(&set("signals=0"));
        expect!["`signals` is `many`, expected a number of 1 or more, or a size like 64MiB"]
            .assert_eq(&set("signals=many"));
    }

    #[test]
    fn settings_of_temporals_server_that_mean_a_limit_set_it() {
        let set = |text| Limit::of_temporal(text).map(|it| it.map_err(|it| it.to_string()));
        let of = |name: &str, n| {
            NonZeroU64::new(n).map(|value| Ok(Limit { name: name.to_owned(), value }))
        };
        assert_eq!(set("limit.historyCount.error=100"), of("history-events", 100));
        assert_eq!(set("history.maxInFlightUpdates=3"), of("updates-in-flight", 3));
        assert_eq!(set("history.maximumSignalsPerExecution=0"), of("signals", u64::MAX));
        assert_eq!(set("frontend.x=true"), None);
        expect![[r#"Some(Err("`limit.numPendingSignals.error` is `no`, expected a number of 1 or more, or a size like 64MiB"))"#]].assert_eq(&format!("{:?}", set("limit.numPendingSignals.error=no")));
    }

    #[test]
    fn of_two_of_one_name_the_last_wins() {
        let given: Vec<Limit> =
            ["signals=1", "signals=2"].iter().filter_map(|it| it.parse().ok()).collect();
        assert_eq!(all(&given).map(|it| it.signals), Ok(2));
    }
}
