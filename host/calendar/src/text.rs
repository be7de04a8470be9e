//! Calendars and cron strings as text, compiled to ranges exactly as Temporal's server does, so
//! that a schedule reads the same whichever of the two described it.

use crate::errors::SpecError;
use crate::fields::Field;
use crate::spec::{Calendar, CalendarText, Interval, Range};

/// What one cron string means.
pub(crate) struct Cron {
    pub(crate) times: Times,
    /// From `CRON_TZ=` or `TZ=`; empty if neither is there.
    pub(crate) zone: String,
}

pub(crate) enum Times {
    Calendar(Calendar),
    Interval(Interval),
}

const ALIASES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

pub(crate) fn cron(text: &str) -> Result<Cron, SpecError> {
    let mut rest = text.trim();
    let mut zone = "";
    if rest.starts_with("TZ=") || rest.starts_with("CRON_TZ=") {
        let Some((named, fields)) = rest.split_once(' ') else {
            return Err(SpecError::OnlyZone(text.to_owned()));
        };
        (_, zone) = named.split_once('=').unwrap_or_default();
        rest = fields;
    }
    let (fields, comment) = rest.split_once('#').unwrap_or((rest, ""));
    let fields = fields.trim();
    let times = match fields.strip_prefix("@every") {
        Some(interval) => Times::Interval(every(text, interval)?),
        None => Times::Calendar(calendar(&split(text, fields, comment.trim())?)?),
    };
    Ok(Cron { times, zone: zone.to_owned() })
}

fn split(text: &str, fields: &str, comment: &str) -> Result<CalendarText, SpecError> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == fields);
    let fields: Vec<_> = alias.map_or(fields, |(_, long)| long).split_whitespace().collect();
    let (second, rest) = match fields.as_slice() {
        [second, rest @ ..] if rest.len() == 6 => (*second, rest),
        all => ("", all),
    };
    let (rest, year) = match rest {
        [rest @ .., year] if rest.len() == 5 => (rest, *year),
        all => (all, ""),
    };
    let [minute, hour, day_of_month, month, day_of_week] = rest else {
        return Err(SpecError::Fields { found: text.to_owned(), n_fields: fields.len() });
    };
    Ok(CalendarText {
        second: second.to_owned(),
        minute: (*minute).to_owned(),
        hour: (*hour).to_owned(),
        day_of_month: (*day_of_month).to_owned(),
        month: (*month).to_owned(),
        year: year.to_owned(),
        day_of_week: (*day_of_week).to_owned(),
        comment: comment.to_owned(),
    })
}

/// ` 10m/3m` after `@every`: an interval, and its phase.
fn every(text: &str, interval: &str) -> Result<Interval, SpecError> {
    let Some(interval) = interval.strip_prefix(' ') else {
        return Err(SpecError::NoInterval(text.to_owned()));
    };
    let (every, phase) = match interval.split_once('/') {
        Some((every, phase)) => (every, duration_ms(phase)?),
        None => (interval, 0),
    };
    Ok(Interval { every_ms: duration_ms(every)?, phase_ms: phase })
}

/// `1h30m`, `1.5s`, `2d`: numbers with a unit each, in milliseconds.
fn duration_ms(text: &str) -> Result<i64, SpecError> {
    let bad = || SpecError::Duration(text.to_owned());
    let mut rest = text;
    let mut ms = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, after) = rest.split_at(end);
        let number: f64 = number.parse().map_err(|_| bad())?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit_ms = match unit {
            "ms" => 1.0,
            "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return Err(bad()),
        };
        ms += number * unit_ms;
        rest = after;
    }
    match text.is_empty() {
        true => Err(bad()),
        // Saturates: whoever asks for a billion years may wait for ever.
        false => Ok(ms.min(1e15) as i64),
    }
}

pub(crate) fn calendar(text: &CalendarText) -> Result<Calendar, SpecError> {
    Ok(Calendar {
        second: ranges(Field::Second, &text.second, "0")?,
        minute: ranges(Field::Minute, &text.minute, "0")?,
        hour: ranges(Field::Hour, &text.hour, "0")?,
        day_of_month: ranges(Field::DayOfMonth, &text.day_of_month, "*")?,
        month: ranges(Field::Month, &text.month, "*")?,
        year: ranges(Field::Year, &text.year, "*")?,
        day_of_week: ranges(Field::DayOfWeek, &text.day_of_week, "*")?,
        comment: text.comment.clone(),
    })
}

fn ranges(field: Field, text: &str, default: &str) -> Result<Vec<Range>, SpecError> {
    let text = match text.trim() {
        "" => default,
        text => text,
    };
    // Any year is no range, since the years have no end.
    if field == Field::Year && text == "*" {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    for part in text.split(',') {
        let (values, step) = match part.split_once('/') {
            Some((values, step)) => (values, Some(step)),
            None => (part, None),
        };
        let found = || part.to_owned();
        let step_by = match step.map(str::parse::<i32>) {
            None => 1,
            Some(Ok(step)) if step >= 1 => step,
            Some(_) => return Err(SpecError::Step { field: field.name(), found: found() }),
        };
        let (least, most) = (field.least(), field.most_in_text());
        let (start, end) = match values.split_once('-') {
            _ if values == "*" => (least, most),
            Some((start, end)) => (value(field, start)?, value(field, end)?),
            // With a step, one value is where it begins.
            None if step.is_some() => (value(field, values)?, most),
            None => (value(field, values)?, value(field, values)?),
        };
        if end < start {
            return Err(SpecError::Backwards { field: field.name(), found: found() });
        }
        sunday_first(field, Range { start, end, step: step_by }, &mut ranges);
    }
    Ok(ranges)
}

/// Sunday may be written 7, which is 0. A range that ends there becomes two, except all days.
fn sunday_first(field: Field, range: Range, ranges: &mut Vec<Range>) {
    if field != Field::DayOfWeek || range.end < 7 {
        ranges.push(range);
        return;
    }
    let is_week = range.start == 0 && range.step == 1;
    if (7 - range.start) % range.step == 0 && !is_week {
        ranges.push(Range { start: 0, end: 0, step: 1 });
    }
    if range.start < 7 {
        ranges.push(Range { end: 6, ..range });
    }
}

fn value(field: Field, text: &str) -> Result<i32, SpecError> {
    let (least, most) = (field.least(), field.most_in_text());
    let value = match field.named(text) {
        Some(value) => Some(value),
        None => text.parse().ok(),
    };
    value.filter(|it| (least..=most).contains(it)).ok_or_else(|| SpecError::Value {
        field: field.name(),
        found: text.to_owned(),
        least,
        most,
    })
}
