//! What is wrong with a spec, in words for whoever wrote it.

/// A schedule's spec that has no meaning. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("{field} is `{found}`, expected values in [{least}-{most}]")]
    Value { field: &'static str, found: String, least: i32, most: i32 },
    #[error("{field} is `{found}`: it ends before it starts")]
    Backwards { field: &'static str, found: String },
    #[error("{field} is `{found}`, expected a step of 1 or more")]
    Step { field: &'static str, found: String },
    #[error("cron string `{found}` has {n_fields} fields, expected 5 to 7")]
    Fields { found: String, n_fields: usize },
    #[error("cron string `{0}` has a time zone, but no fields")]
    OnlyZone(String),
    #[error("cron string `{0}` has no interval after @every")]
    NoInterval(String),
    #[error("duration is `{0}`, expected one like `90s` or `1h30m`")]
    Duration(String),
    #[error("interval is {found_ms} ms, expected at least 1 s")]
    IntervalTooSmall { found_ms: i64 },
    #[error("phase of interval is {found_ms} ms, expected it between 0 and the interval")]
    Phase { found_ms: i64 },
    #[error("jitter is {found_ms} ms, expected it not to be negative")]
    Jitter { found_ms: i64 },
    #[error("time zone `{0}` is unknown, expected a name like `Europe/Paris`")]
    UnknownZone(String),
    #[error("time zones `{one}` and `{other}` are in one spec, expected one for all of it")]
    Zones { one: String, other: String },
    #[error("timezone_data has {n_bytes} bytes that are not a TZif file")]
    ZoneData { n_bytes: usize },
    #[error("timezone_data has {n_bytes} bytes, expected at most {most}")]
    ZoneDataTooLarge { n_bytes: usize, most: usize },
}

/// A cron schedule of a workflow that has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("cron schedule `{found}` has {n_fields} fields, expected 5")]
    Fields { found: String, n_fields: usize },
    #[error("cron schedule `{0}` has a comment, expected none")]
    Comment(String),
    #[error("cron schedule `{0}` has a phase after @every, expected an interval only")]
    Phase(String),
    #[error("cron schedule `{0}` has a 7 as the day of the week, expected 0 for Sunday")]
    Seven(String),
    #[error("cron schedule: {0}")]
    Spec(#[from] SpecError),
}
