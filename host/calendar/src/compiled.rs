//! A checked spec, and the times it gives.
//!
//! A calendar matches the local clock literally: what the clock skips in spring does not fire.
//! What it shows twice in autumn fires twice where the clock is behind UTC, and the second time
//! only where it is not; Temporal's server does the same with a daily time. A calendar of every
//! hour takes both: nothing is repeated there.

use crate::errors::SpecError;
use crate::fields::{Field, Values, YEAR_MOST};
use crate::spec::{Calendar, Interval, Range, Spec};
use crate::text::{self, Times};
use crate::zone::{DAY_S, EPOCH_DAY, Local, Run, Zone};
use chrono::{Datelike, Days, NaiveDate};
use refrain_core::spread::spread;
use refrain_core::time::{Delay, Timestamp};

/// So many times in a row may be excluded; then there are no more. Over the seconds of a day.
const EXCLUDED_IN_A_ROW_MAX: usize = 100_000;
/// No clock is put forward or back between two multiples of this.
const CLOCK_STEP_S: i64 = 15 * 60;

/// A spec that has a meaning.
#[derive(Clone, Debug)]
pub struct Compiled {
    spec: Spec,
    times: Vec<Fields>,
    exclude: Vec<Fields>,
    zone: Zone,
}

/// When a schedule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// What the spec says.
    pub nominal: Timestamp,
    /// Later by the jitter.
    pub at: Timestamp,
}

impl Spec {
    /// Checks all of it. What was text is calendars and intervals afterwards.
    pub fn compile(mut self) -> Result<Compiled, SpecError> {
        for text in std::mem::take(&mut self.texts) {
            self.calendars.push(text::calendar(&text)?);
        }
        let mut zone: Option<String> = None;
        for cron in std::mem::take(&mut self.crons) {
            let cron = text::cron(&cron)?;
            match cron.times {
                Times::Interval(interval) => self.intervals.push(interval),
                Times::Calendar(calendar) => {
                    self.calendars.push(calendar);
                    let one = zone.get_or_insert_with(|| cron.zone.clone());
                    same_zone(one, &cron.zone)?;
                }
            }
        }
        if let Some(zone) = zone.filter(|it| !it.is_empty()) {
            if !self.zone.is_empty() {
                same_zone(&self.zone, &zone)?;
            }
            self.zone = zone;
        }
        for text in std::mem::take(&mut self.exclude_texts) {
            self.exclude.push(text::calendar(&text)?);
        }
        for calendar in self.calendars.iter_mut().chain(&mut self.exclude) {
            check_calendar(calendar)?;
        }
        for interval in &self.intervals {
            check_interval(*interval)?;
        }
        if self.jitter_ms < 0 {
            return Err(SpecError::Jitter { found_ms: self.jitter_ms });
        }
        Ok(Compiled {
            times: self.calendars.iter().map(Fields::of).collect(),
            exclude: self.exclude.iter().map(Fields::of).collect(),
            zone: match self.zone_data.as_slice() {
                [] => Zone::named(&self.zone)?,
                data => Zone::brought(&self.zone, data)?,
            },
            spec: self,
        })
    }
}

fn same_zone(one: &str, other: &str) -> Result<(), SpecError> {
    if one == other {
        return Ok(());
    }
    Err(SpecError::Zones { one: one.to_owned(), other: other.to_owned() })
}

fn check_calendar(calendar: &mut Calendar) -> Result<(), SpecError> {
    let check = |field: Field, ranges: &mut Vec<Range>| -> Result<(), SpecError> {
        for range in ranges {
            *range = field.checked(*range)?;
        }
        Ok(())
    };
    check(Field::Second, &mut calendar.second)?;
    check(Field::Minute, &mut calendar.minute)?;
    check(Field::Hour, &mut calendar.hour)?;
    check(Field::DayOfMonth, &mut calendar.day_of_month)?;
    check(Field::Month, &mut calendar.month)?;
    check(Field::Year, &mut calendar.year)?;
    check(Field::DayOfWeek, &mut calendar.day_of_week)
}

pub(crate) fn check_interval(interval: Interval) -> Result<(), SpecError> {
    if interval.every_ms < 1000 {
        return Err(SpecError::IntervalTooSmall { found_ms: interval.every_ms });
    }
    if !(0..interval.every_ms).contains(&interval.phase_ms) {
        return Err(SpecError::Phase { found_ms: interval.phase_ms });
    }
    Ok(())
}

impl Compiled {
    /// In its compiled form: no texts and no cron strings.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The first time whose nominal moment is after this one. `seed`: whose jitter it is; the same
    /// seed gives the same time again.
    pub fn next_after(&self, after: Timestamp, seed: &str) -> Option<Time> {
        let nominal_s = self.nominal_after((after.as_ms() / 1000) as i64)?;
        let nominal = Timestamp(nominal_s as u64 * 1000);
        let jitter = self.jitter(nominal_s, seed);
        Some(Time { nominal, at: nominal.plus(jitter) })
    }

    /// Times after `after` until `until`, that one included, by their nominal moments; at most
    /// `n_max`.
    pub fn matching(
        &self,
        after: Timestamp,
        until: Timestamp,
        n_max: usize,
        seed: &str,
    ) -> Vec<Time> {
        let next = |time: &Time| self.next_after(time.nominal, seed);
        std::iter::successors(self.next_after(after, seed), next)
            .take_while(|time| time.nominal <= until)
            .take(n_max)
            .collect()
    }

    fn nominal_after(&self, after_s: i64) -> Option<i64> {
        let start_s = self.spec.start.map_or(i64::MIN, |it| (it.as_ms() / 1000) as i64 - 1);
        let end_s = self.spec.end.map_or(i64::MAX, |it| (it.as_ms() / 1000) as i64);
        let mut after_s = after_s.max(start_s).max(0);
        for _ in 0..EXCLUDED_IN_A_ROW_MAX {
            let nominal_s = self.raw_after(after_s).filter(|it| *it <= end_s)?;
            let excluding = self.exclude.iter().filter(|it| it.matches(&self.zone, nominal_s));
            match excluding.map(|it| it.excludes_until(nominal_s)).max() {
                None => return Some(nominal_s),
                Some(until_s) => after_s = until_s,
            }
        }
        None
    }

    /// The first time after, excluded or not.
    fn raw_after(&self, after_s: i64) -> Option<i64> {
        let of_calendars = self.times.iter().filter_map(|it| it.next_after(&self.zone, after_s));
        let of_intervals = self.spec.intervals.iter().map(|it| it.next_after(after_s));
        of_calendars.chain(of_intervals).min().filter(|it| *it < END_S)
    }

    /// Never so late that the next one comes first.
    fn jitter(&self, nominal_s: i64, seed: &str) -> Delay {
        if self.spec.jitter_ms == 0 {
            return Delay::ZERO;
        }
        let room_ms = self.raw_after(nominal_s).map_or(i64::MAX, |it| (it - nominal_s) * 1000);
        let most_ms = self.spec.jitter_ms.min(room_ms) as u64;
        Delay(hash(seed, nominal_s) % most_ms)
    }
}

/// 2101-01-01.
const END_S: i64 = 4_133_980_800;

/// May never change: a schedule that was read again must find the same times.
fn hash(seed: &str, nominal_s: i64) -> u64 {
    spread(seed.bytes().chain(nominal_s.to_be_bytes()))
}

impl Interval {
    fn next_after(&self, after_s: i64) -> i64 {
        let every_s = (self.every_ms / 1000).max(1);
        let phase_s = self.phase_ms / 1000;
        let n = (after_s - phase_s).div_euclid(every_s) + 1;
        n.saturating_mul(every_s).saturating_add(phase_s)
    }
}

/// A calendar, ready to be compared.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    second: Values,
    minute: Values,
    hour: Values,
    day_of_month: Values,
    month: Values,
    /// Empty: any.
    year: Values,
    day_of_week: Values,
    /// Cron's own rule: if both kinds of day are restricted, one of them is enough.
    pub(crate) any_day: bool,
}

impl Fields {
    pub(crate) fn of(calendar: &Calendar) -> Fields {
        Fields {
            second: Values::of(Field::Second, &calendar.second),
            minute: Values::of(Field::Minute, &calendar.minute),
            hour: Values::of(Field::Hour, &calendar.hour),
            day_of_month: Values::of(Field::DayOfMonth, &calendar.day_of_month),
            month: Values::of(Field::Month, &calendar.month),
            year: Values::of(Field::Year, &calendar.year),
            day_of_week: Values::of(Field::DayOfWeek, &calendar.day_of_week),
            any_day: false,
        }
    }

    fn has_year(&self, year: i32) -> bool {
        self.year.is_empty() || self.year.has(year)
    }

    fn has_day(&self, date: NaiveDate) -> bool {
        let of_month = self.day_of_month.has(date.day() as i32);
        let of_week = self.day_of_week.has(date.weekday().num_days_from_sunday() as i32);
        match self.any_day {
            true => of_month || of_week,
            false => of_month && of_week,
        }
    }

    fn has_date(&self, date: NaiveDate) -> bool {
        self.has_year(date.year()) && self.month.has(date.month() as i32) && self.has_day(date)
    }

    /// The first matching second of the day at `from` or later.
    fn second_of_day(&self, from: i64) -> Option<i64> {
        let (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        let (hour, minute, second) = (hour as i32, minute as i32, second as i32);
        let clock = |hour: i32, minute: i32, second: i32| {
            i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
        };
        let (first_minute, first_second) =
            (self.minute.at_or_after(0)?, self.second.at_or_after(0)?);
        if self.hour.has(hour) {
            if self.minute.has(minute)
                && let Some(second) = self.second.at_or_after(second)
            {
                return Some(clock(hour, minute, second));
            }
            if let Some(minute) = self.minute.at_or_after(minute + 1) {
                return Some(clock(hour, minute, first_second));
            }
        }
        let hour = self.hour.at_or_after(hour + 1)?;
        Some(clock(hour, first_minute, first_second))
    }

    fn matches_clock(&self, local: &Local) -> bool {
        let is_repeated = local.comes_again && local.ahead && !self.hour.is_all();
        self.second_of_day(local.second_of_day) == Some(local.second_of_day) && !is_repeated
    }

    /// An exclusion holds for every moment that the clock shows so, repeated or not.
    pub(crate) fn matches(&self, zone: &Zone, at_s: i64) -> bool {
        let local = zone.local(at_s);
        self.has_date(local.date)
            && self.second_of_day(local.second_of_day) == Some(local.second_of_day)
    }

    /// How far an exclusion of this moment reaches at least.
    fn excludes_until(&self, at_s: i64) -> i64 {
        match self.minute.is_all() && self.second.is_all() {
            true => at_s - at_s.rem_euclid(CLOCK_STEP_S) + CLOCK_STEP_S - 1,
            false => at_s,
        }
    }

    pub(crate) fn next_after(&self, zone: &Zone, after_s: i64) -> Option<i64> {
        // A clock that is put back over midnight shows yesterday again.
        let mut date = zone.local(after_s).date.pred_opt()?;
        let mut found = None;
        while date.year() <= YEAR_MOST {
            if !self.has_year(date.year()) {
                date = NaiveDate::from_ymd_opt(date.year() + 1, 1, 1)?;
                continue;
            }
            if !self.month.has(date.month() as i32) {
                date = first_of_next_month(date)?;
                continue;
            }
            if self.has_day(date) {
                let run = zone.run_of(date);
                found = earlier(found, self.next_on(zone, date, &run, after_s));
                // The day after one whose clock is changed may begin before its end.
                if found.is_some() && matches!(run, Run::Even { .. }) {
                    return found;
                }
            } else if found.is_some() {
                return found;
            }
            date = date.checked_add_days(Days::new(1))?;
        }
        found
    }

    /// The first match of this day after that moment.
    fn next_on(&self, zone: &Zone, date: NaiveDate, run: &Run, after_s: i64) -> Option<i64> {
        match *run {
            Run::Even { offset_s } => {
                let midnight_s = i64::from(date.num_days_from_ce() - EPOCH_DAY) * DAY_S - offset_s;
                let from = (after_s + 1 - midnight_s).max(0);
                let second = (from < DAY_S).then(|| self.second_of_day(from)).flatten();
                second.map(|it| midnight_s + it)
            }
            Run::Uneven { from_s, to_s } => {
                let mut at_s = from_s.max(after_s + 1);
                while at_s < to_s {
                    let local = zone.local(at_s);
                    if local.date == date && self.matches_clock(&local) {
                        return Some(at_s);
                    }
                    at_s = self.look_next(date, &local, at_s);
                }
                None
            }
        }
    }

    /// The next moment that may match, on a day whose clock is changed.
    fn look_next(&self, date: NaiveDate, local: &Local, at_s: i64) -> i64 {
        let step_end = at_s - at_s.rem_euclid(CLOCK_STEP_S) + CLOCK_STEP_S;
        match self.second_of_day(local.second_of_day + 1) {
            Some(next) if local.date == date => (at_s + next - local.second_of_day).min(step_end),
            Some(_) | None => step_end,
        }
    }
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year() + 1, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    }
}
