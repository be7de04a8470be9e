//! What a user says of a schedule's times. Nothing here is checked: that is `Spec::compile`.

use refrain_core::time::Timestamp;

/// `start`, then each `step` after it until `end`. An `end` or `step` of zero counts as not given:
/// then it is `start`, or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub start: i32,
    pub end: i32,
    pub step: i32,
}

/// Matches a moment if each field matches its local clock. A field without ranges matches nothing,
/// except the year, which then is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    pub second: Vec<Range>,
    pub minute: Vec<Range>,
    pub hour: Vec<Range>,
    pub day_of_month: Vec<Range>,
    /// 1 is January.
    pub month: Vec<Range>,
    pub year: Vec<Range>,
    /// 0 is Sunday.
    pub day_of_week: Vec<Range>,
    pub comment: String,
}

/// A calendar in cron's language. An empty field has a default: 0 for the clock's three, all for
/// the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarText {
    pub second: String,
    pub minute: String,
    pub hour: String,
    pub day_of_month: String,
    pub month: String,
    pub year: String,
    pub day_of_week: String,
    pub comment: String,
}

/// Moments that are `phase` after a multiple of `every`, counted from 1970. Milliseconds, of which
/// whole seconds count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub every_ms: i64,
    pub phase_ms: i64,
}

/// All times that one of `calendars`, `texts`, `crons` and `intervals` gives and that no exclusion
/// matches, between `start` and `end`, both inclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    pub calendars: Vec<Calendar>,
    pub texts: Vec<CalendarText>,
    pub crons: Vec<String>,
    pub intervals: Vec<Interval>,
    pub exclude: Vec<Calendar>,
    pub exclude_texts: Vec<CalendarText>,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    /// Each time is late by less than this.
    pub jitter_ms: i64,
    /// Of the calendars. Empty: UTC.
    pub zone: String,
    /// That zone's rules as a TZif file, from a user who does not want ours. Empty: ours.
    pub zone_data: Vec<u8>,
}
