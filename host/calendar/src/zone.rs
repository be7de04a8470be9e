//! A time zone's clock, in whole seconds.

use crate::errors::SpecError;
use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use jiff::tz::AmbiguousOffset;
use refrain_core::time::Timestamp;

pub(crate) const DAY_S: i64 = 86_400;
/// No clock is further from UTC than this, in either direction.
const OFFSET_MOST_S: i64 = 15 * 3600;
/// A zone that a user brings along. The largest of the world's has 3.5 KB.
const ZONE_DATA_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Named(Tz),
    /// Of a user who brought the rules along.
    Brought(jiff::tz::TimeZone),
}

/// How a zone's clock runs over a day.
pub(crate) enum Run {
    /// It shows this much more than UTC, all day.
    Even { offset_s: i64 },
    /// It is put forward or back around that day. Seconds since 1970 that the day lies within.
    Uneven { from_s: i64, to_s: i64 },
}

/// A moment as a local clock shows it.
pub(crate) struct Local {
    pub(crate) date: NaiveDate,
    pub(crate) second_of_day: i64,
    /// The clock shows this twice, and this is the first time.
    pub(crate) comes_again: bool,
    /// ... and shows no less than UTC does when it comes again.
    pub(crate) ahead: bool,
}

impl Zone {
    pub(crate) fn named(name: &str) -> Result<Zone, SpecError> {
        match name {
            "" => Ok(Zone::Named(Tz::UTC)),
            name => {
                name.parse().map(Zone::Named).map_err(|_| SpecError::UnknownZone(name.to_owned()))
            }
        }
    }

    /// `data`: a TZif file.
    pub(crate) fn brought(name: &str, data: &[u8]) -> Result<Zone, SpecError> {
        let n_bytes = data.len();
        if n_bytes > ZONE_DATA_BYTES_MAX {
            return Err(SpecError::ZoneDataTooLarge { n_bytes, most: ZONE_DATA_BYTES_MAX });
        }
        let zone = jiff::tz::TimeZone::tzif(name, data);
        zone.map(Zone::Brought).map_err(|_| SpecError::ZoneData { n_bytes })
    }

    /// More than UTC.
    fn offset_s(&self, at_s: i64) -> i64 {
        match self {
            Zone::Named(zone) => {
                i64::from(zone.offset_from_utc_datetime(&utc(at_s)).fix().local_minus_utc())
            }
            Zone::Brought(zone) => i64::from(zone.to_offset(moment(at_s)).seconds()),
        }
    }

    /// Two offsets, if the clock shows this local time twice.
    fn offsets_of(&self, local_s: i64) -> Option<(i64, i64)> {
        match self {
            Zone::Named(zone) => match zone.offset_from_local_datetime(&utc(local_s)) {
                MappedLocalTime::Ambiguous(one, other) => {
                    let seconds = |it: &<Tz as TimeZone>::Offset| it.fix().local_minus_utc().into();
                    Some((seconds(&one), seconds(&other)))
                }
                MappedLocalTime::Single(_) | MappedLocalTime::None => None,
            },
            Zone::Brought(zone) => {
                let local = jiff::tz::Offset::UTC.to_datetime(moment(local_s));
                match zone.to_ambiguous_timestamp(local).offset() {
                    AmbiguousOffset::Fold { before, after } => {
                        Some((before.seconds().into(), after.seconds().into()))
                    }
                    AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => None,
                }
            }
        }
    }

    pub(crate) fn local(&self, at_s: i64) -> Local {
        let offset_s = self.offset_s(at_s);
        let again = self
            .offsets_of(at_s + offset_s)
            .and_then(|(one, other)| (one.max(other) == offset_s).then_some(one.min(other)));
        Local {
            date: utc(at_s + offset_s).date(),
            second_of_day: (at_s + offset_s).rem_euclid(DAY_S),
            comes_again: again.is_some(),
            ahead: again.is_some_and(|offset_s| offset_s >= 0),
        }
    }

    pub(crate) fn run_of(&self, date: NaiveDate) -> Run {
        let midnight = i64::from(date.num_days_from_ce() - EPOCH_DAY) * DAY_S;
        let (from_s, to_s) = (midnight - OFFSET_MOST_S, midnight + DAY_S + OFFSET_MOST_S);
        let offset_s = self.offset_s(from_s);
        let even =
            offset_s == self.offset_s(midnight + DAY_S / 2) && offset_s == self.offset_s(to_s);
        match even {
            true => Run::Even { offset_s },
            false => Run::Uneven { from_s, to_s },
        }
    }
}

/// 1970-01-01, in days of the common era.
pub(crate) const EPOCH_DAY: i32 = 719_163;

fn moment(at_s: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at_s).unwrap_or_default()
}

fn utc(at_s: i64) -> NaiveDateTime {
    // Only moments of the years 1970 to 2101 come here.
    DateTime::from_timestamp(at_s, 0).unwrap_or_default().naive_utc()
}

/// `2026-11-22T13:48:34Z`, in whole seconds.
pub fn rfc3339(at: Timestamp) -> String {
    let at_s = i64::try_from(at.as_ms() / 1000).unwrap_or_default();
    utc(at_s).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
