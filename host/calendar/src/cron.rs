//! The cron schedule of a workflow, which is older than schedules and has rules of its own: five
//! fields only, `?` for `*`, and if both kinds of day are restricted, one of them is enough.

use crate::compiled::Fields;
use crate::errors::CronError;
use crate::text::{self, Times};
use crate::zone::Zone;
use refrain_core::time::Timestamp;

/// The first time after `after`; `@every` counts from there. `None`: there is none.
pub fn next_cron_time(expr: &str, after: Timestamp) -> Result<Option<Timestamp>, CronError> {
    let after_s = (after.as_ms() / 1000) as i64;
    let (zone, fields) = zone_and_fields(expr);
    let n_fields = fields.split_whitespace().count();
    if !fields.starts_with('@') && n_fields != 5 {
        return Err(CronError::Fields { found: expr.to_owned(), n_fields });
    }
    let next_s = match text::cron(&fields.replace('?', "*"))?.times {
        Times::Interval(interval) => {
            crate::compiled::check_interval(interval)?;
            Some(after_s + (interval.every_ms / 1000).max(1))
        }
        Times::Calendar(calendar) => {
            let mut words = fields.split_whitespace().skip(2);
            let (of_month, of_week) = (words.next(), words.nth(1));
            let is_any = |it: Option<&str>| it.is_none_or(|it| matches!(it, "*" | "?"));
            let mut fields = Fields::of(&calendar);
            fields.any_day = !is_any(of_month) && !is_any(of_week);
            fields.next_after(Zone::named(zone)?, after_s)
        }
    };
    Ok(next_s.map(|it| Timestamp(it as u64 * 1000)))
}

fn zone_and_fields(expr: &str) -> (&str, &str) {
    let expr = expr.trim();
    match expr.strip_prefix("CRON_TZ=").or_else(|| expr.strip_prefix("TZ=")) {
        Some(rest) => {
            let (zone, fields) = rest.split_once(' ').unwrap_or((rest, ""));
            (zone, fields.trim())
        }
        None => ("", expr),
    }
}
