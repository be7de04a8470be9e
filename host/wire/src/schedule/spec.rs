//! When a schedule fires.

use crate::DecodeError;
use crate::api::schedule::v1 as pb;
use crate::options::{timestamp_from_proto, timestamp_to_proto};
use crate::wkt;
use refrain_calendar::spec::{Calendar, CalendarText, Interval, Range, Spec};

pub fn spec_from_proto(it: pb::ScheduleSpec) -> Result<Spec, DecodeError> {
    let moment = |what, at: Option<wkt::Timestamp>| {
        at.map(|at| timestamp_from_proto(what, Some(at))).transpose()
    };
    #[allow(deprecated, reason = "deprecated is not unused")]
    let exclude_texts = it.exclude_calendar;
    Ok(Spec {
        calendars: it.structured_calendar.into_iter().map(calendar_from_proto).collect(),
        texts: it.calendar.into_iter().map(text_from_proto).collect(),
        crons: it.cron_string,
        intervals: it.interval.into_iter().map(interval_from_proto).collect(),
        exclude: it.exclude_structured_calendar.into_iter().map(calendar_from_proto).collect(),
        exclude_texts: exclude_texts.into_iter().map(text_from_proto).collect(),
        start: moment("spec.start_time", it.start_time)?,
        end: moment("spec.end_time", it.end_time)?,
        jitter_ms: it.jitter.map_or(0, ms),
        zone: it.timezone_name,
        zone_data: it.timezone_data,
    })
}

/// Of a compiled spec, which has no texts and no cron strings.
pub fn spec_to_proto(it: &Spec) -> pb::ScheduleSpec {
    pb::ScheduleSpec {
        structured_calendar: it.calendars.iter().map(calendar_to_proto).collect(),
        interval: it.intervals.iter().map(interval_to_proto).collect(),
        exclude_structured_calendar: it.exclude.iter().map(calendar_to_proto).collect(),
        start_time: it.start.map(timestamp_to_proto),
        end_time: it.end.map(timestamp_to_proto),
        jitter: (it.jitter_ms != 0).then(|| duration(it.jitter_ms)),
        timezone_name: it.zone.clone(),
        timezone_data: it.zone_data.clone(),
        ..pb::ScheduleSpec::default()
    }
}

/// Saturates; what is negative stays so, to be refused with its value.
fn ms(it: wkt::Duration) -> i64 {
    it.seconds.saturating_mul(1000).saturating_add(i64::from(it.nanos) / 1_000_000)
}

fn duration(ms: i64) -> wkt::Duration {
    wkt::Duration { seconds: ms / 1000, nanos: (ms % 1000) as i32 * 1_000_000 }
}

fn interval_from_proto(it: pb::IntervalSpec) -> Interval {
    Interval { every_ms: it.interval.map_or(0, ms), phase_ms: it.phase.map_or(0, ms) }
}

fn interval_to_proto(it: &Interval) -> pb::IntervalSpec {
    pb::IntervalSpec {
        interval: Some(duration(it.every_ms)),
        phase: (it.phase_ms != 0).then(|| duration(it.phase_ms)),
    }
}

fn ranges_from_proto(ranges: Vec<pb::Range>) -> Vec<Range> {
    ranges.iter().map(|it| Range { start: it.start, end: it.end, step: it.step }).collect()
}

fn ranges_to_proto(ranges: &[Range]) -> Vec<pb::Range> {
    ranges.iter().map(|it| pb::Range { start: it.start, end: it.end, step: it.step }).collect()
}

fn calendar_from_proto(it: pb::StructuredCalendarSpec) -> Calendar {
    Calendar {
        second: ranges_from_proto(it.second),
        minute: ranges_from_proto(it.minute),
        hour: ranges_from_proto(it.hour),
        day_of_month: ranges_from_proto(it.day_of_month),
        month: ranges_from_proto(it.month),
        year: ranges_from_proto(it.year),
        day_of_week: ranges_from_proto(it.day_of_week),
        comment: it.comment,
    }
}

fn calendar_to_proto(it: &Calendar) -> pb::StructuredCalendarSpec {
    pb::StructuredCalendarSpec {
        second: ranges_to_proto(&it.second),
        minute: ranges_to_proto(&it.minute),
        hour: ranges_to_proto(&it.hour),
        day_of_month: ranges_to_proto(&it.day_of_month),
        month: ranges_to_proto(&it.month),
        year: ranges_to_proto(&it.year),
        day_of_week: ranges_to_proto(&it.day_of_week),
        comment: it.comment.clone(),
    }
}

fn text_from_proto(it: pb::CalendarSpec) -> CalendarText {
    CalendarText {
        second: it.second,
        minute: it.minute,
        hour: it.hour,
        day_of_month: it.day_of_month,
        month: it.month,
        year: it.year,
        day_of_week: it.day_of_week,
        comment: it.comment,
    }
}
