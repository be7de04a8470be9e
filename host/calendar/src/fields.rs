//! The fields of a clock and a calendar, and sets of their values.

use crate::errors::SpecError;
use crate::spec::Range;

pub(crate) const YEAR_LEAST: i32 = 2000;
pub(crate) const YEAR_MOST: i32 = 2100;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    Year,
    DayOfWeek,
}

impl Field {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Field::Second => "Second",
            Field::Minute => "Minute",
            Field::Hour => "Hour",
            Field::DayOfMonth => "DayOfMonth",
            Field::Month => "Month",
            Field::Year => "Year",
            Field::DayOfWeek => "DayOfWeek",
        }
    }

    pub(crate) fn least(self) -> i32 {
        match self {
            Field::Second | Field::Minute | Field::Hour | Field::DayOfWeek => 0,
            Field::DayOfMonth | Field::Month => 1,
            Field::Year => YEAR_LEAST,
        }
    }

    fn most(self) -> i32 {
        match self {
            Field::Second | Field::Minute => 59,
            Field::Hour => 23,
            Field::DayOfMonth => 31,
            Field::Month => 12,
            Field::Year => YEAR_MOST,
            Field::DayOfWeek => 6,
        }
    }

    /// Only in text may Sunday be 7.
    pub(crate) fn most_in_text(self) -> i32 {
        match self {
            Field::DayOfWeek => 7,
            _ => self.most(),
        }
    }

    /// `Monday`, `mon` or `mo`; months have three letters at least.
    pub(crate) fn named(self, text: &str) -> Option<i32> {
        let (names, letters, first): (&[&str], usize, i32) = match self {
            Field::DayOfWeek => (&DAYS, 2, 0),
            Field::Month => (&MONTHS, 3, 1),
            Field::Second | Field::Minute | Field::Hour | Field::DayOfMonth | Field::Year => {
                return None;
            }
        };
        let text = text.to_lowercase();
        let at = names.iter().position(|it| text.len() >= letters && it.starts_with(&text))?;
        Some(at as i32 + first)
    }

    /// What a range means, with what was not given filled in.
    pub(crate) fn checked(self, range: Range) -> Result<Range, SpecError> {
        let end = if range.end == 0 { range.start } else { range.end };
        let checked = Range { start: range.start, end, step: range.step.max(1) };
        let values = self.least()..=self.most();
        let found = || format!("{}-{}/{}", range.start, range.end, range.step);
        if range.step < 0 {
            return Err(SpecError::Step { field: self.name(), found: found() });
        }
        if !values.contains(&range.start) || !values.contains(&end) {
            let (least, most) = (self.least(), self.most());
            return Err(SpecError::Value { field: self.name(), found: found(), least, most });
        }
        if end < range.start {
            return Err(SpecError::Backwards { field: self.name(), found: found() });
        }
        Ok(checked)
    }
}

/// The values of a field, as bits counted from its least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Values {
    bits: u128,
    least: i32,
    most: i32,
}

impl Values {
    /// Of ranges that are checked.
    pub(crate) fn of(field: Field, ranges: &[Range]) -> Values {
        let (least, most) = (field.least(), field.most());
        let mut bits = 0;
        for range in ranges {
            for value in (range.start..=range.end).step_by(range.step.max(1) as usize) {
                bits |= 1 << (value - least);
            }
        }
        Values { bits, least, most }
    }

    pub(crate) fn has(&self, value: i32) -> bool {
        (self.least..=self.most).contains(&value) && self.bits & 1 << (value - self.least) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bits == 0
    }

    pub(crate) fn is_all(&self) -> bool {
        self.bits.count_ones() as i32 == self.most - self.least + 1
    }

    /// The first value at `value` or later.
    pub(crate) fn at_or_after(&self, value: i32) -> Option<i32> {
        let from = (value - self.least).max(0) as u32;
        let rest = self.bits.checked_shr(from).unwrap_or(0);
        (rest != 0).then(|| self.least + (from + rest.trailing_zeros()) as i32)
    }
}
