//! The query language of schedule lists: `TemporalSchedulePaused = true`, `ScheduleId = "…"` or
//! `ScheduleId STARTS_WITH "…"`, joined by AND. Other attributes are refused by name, as the real
//! server does.

use crate::status::invalid;
use refrain_engine::api::{ScheduleFilter, ScheduleIds};
use tonic::Status;

pub(super) fn parse(query: &str) -> Result<ScheduleFilter, Status> {
    let mut filter = ScheduleFilter::default();
    let mut rest = query.trim();
    while !rest.is_empty() {
        rest = condition(rest, &mut filter)?;
        let and = rest.get(..3).is_some_and(|it| it.eq_ignore_ascii_case("and"));
        rest = match rest {
            "" => "",
            rest if and => rest[3..].trim_start(),
            rest => return Err(invalid(format!("query: found `{rest}`, expected AND"))),
        };
    }
    Ok(filter)
}

/// Takes one condition off; answers with what follows it.
fn condition<'q>(text: &'q str, filter: &mut ScheduleFilter) -> Result<&'q str, Status> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '`').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (sign, rest) = match rest.strip_prefix('=') {
        Some(rest) => ("=", rest),
        None => rest.split_once(' ').unwrap_or((rest, "")),
    };
    let (value, rest) = value(rest.trim_start());
    let sign = sign.to_ascii_uppercase();
    match (name.trim_matches('`'), sign.as_str(), value) {
        ("TemporalSchedulePaused", "=", Value::Word("true")) => filter.paused = Some(true),
        ("TemporalSchedulePaused", "=", Value::Word("false")) => filter.paused = Some(false),
        ("ScheduleId", "=", Value::Text(id)) => filter.id = ScheduleIds::One(id.to_owned()),
        ("ScheduleId", "STARTS_WITH", Value::Text(id)) => {
            filter.id = ScheduleIds::Prefix(id.to_owned());
        }
        ("TemporalSchedulePaused" | "ScheduleId", _, _) => {
            return Err(invalid(format!(
                "query: found `{text}`, expected `TemporalSchedulePaused = true`, `ScheduleId = \"…\"` or `ScheduleId STARTS_WITH \"…\"`"
            )));
        }
        (name, _, _) => {
            return Err(invalid(format!(
                "query: cannot filter schedules on `{name}`, expected TemporalSchedulePaused or ScheduleId"
            )));
        }
    }
    Ok(rest.trim_start())
}

enum Value<'q> {
    Word(&'q str),
    Text(&'q str),
}

fn value(text: &str) -> (Value<'_>, &str) {
    for quote in ['"', '\''] {
        if let Some((value, rest)) = text.strip_prefix(quote).and_then(|it| it.split_once(quote)) {
            return (Value::Text(value), rest);
        }
    }
    let (word, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    (Value::Word(word), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_found_by_id_and_by_being_paused() {
        let parsed = |query| parse(query).map_err(|it| it.message().to_owned());
        let one = ScheduleIds::One("a b".to_owned());
        let all = ScheduleFilter::default();
        assert_eq!(parsed("  "), Ok(all.clone()));
        let paused = ScheduleFilter { paused: Some(true), ..all.clone() };
        assert_eq!(parsed("TemporalSchedulePaused = true"), Ok(paused));
        let both = ScheduleFilter { paused: Some(false), id: one };
        assert_eq!(parsed("`ScheduleId`='a b' AND TemporalSchedulePaused=false"), Ok(both));
        let prefix = ScheduleFilter { id: ScheduleIds::Prefix("night".to_owned()), ..all };
        assert_eq!(parsed("ScheduleId STARTS_WITH \"night\""), Ok(prefix));
        for wrong in [
            "WorkflowType = 'x'",
            "ScheduleId",
            "ScheduleId = x",
            "ScheduleId = 'x' OR ScheduleId = 'y'",
            "TemporalSchedulePaused = 'true'",
            "ScheduleId != 'x'",
            "ä",
            "'",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
