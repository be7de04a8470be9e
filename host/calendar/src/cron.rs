//! The cron schedule of a workflow, which is older than schedules and has rules of its own: five
//! fields only, `?` for `*`, Sunday is 0 and never 7, and if both kinds of day are restricted, one of
//! them is enough.

use crate::compiled::Fields;
use crate::errors::CronError;
use crate::text::{self, Times};
use crate::zone::Zone;
use refrain_core::time::Timestamp;

/// The first time after `from` that is not before `now`; `@every` counts from `from`. `None`: there
/// is none.
pub fn next_cron_time(
    expr: &str,
    from: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, CronError> {
    let (zone, fields) = zone_and_fields(expr);
    let words: Vec<_> = fields.split_whitespace().collect();
    let from_s = (from.as_ms() / 1000) as i64;
    let now_s = now.as_ms().div_ceil(1000) as i64;
    let zone = Zone::named(zone)?;
    let is_named = fields.starts_with('@');
    if !is_named && words.len() != 5 {
        let n_fields = words.len();
        return Err(CronError::Fields { found: expr.to_owned(), n_fields });
    }
    if fields.contains('#') {
        return Err(CronError::Comment(expr.to_owned()));
    }
    let next_s = match text::cron(&fields.replace('?', "*"))?.times {
        Times::Interval(interval) if interval.phase_ms != 0 => {
            return Err(CronError::Phase(expr.to_owned()));
        }
        Times::Interval(interval) => {
            let every_s = (interval.every_ms / 1000).max(1);
            let passed_s = (now_s - from_s).max(1) as u64;
            let n = passed_s.div_ceil(every_s as u64) as i64;
            Some(from_s.saturating_add(every_s.saturating_mul(n)))
        }
        Times::Calendar(calendar) => {
            let (of_month, of_week) = (words.get(2), words.get(4));
            if !is_named && of_week.is_some_and(|it| has_seven(it)) {
                return Err(CronError::Seven(expr.to_owned()));
            }
            let is_any = |it: Option<&&str>| it.is_none_or(|it| matches!(*it, "*" | "?"));
            let mut fields = Fields::of(&calendar);
            fields.any_day = !is_any(of_month) && !is_any(of_week);
            fields.next_after(&zone, from_s.max(now_s - 1))
        }
    };
    Ok(next_s.map(|it| Timestamp(it as u64 * 1000)))
}

/// In a range, a list or alone; not as a step.
fn has_seven(of_week: &str) -> bool {
    let values = of_week.split(',').filter_map(|it| it.split('/').next());
    values.flat_map(|it| it.split('-')).any(|it| it.parse() == Ok(7))
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
