//! Times and durations as filters spell them.

/// A moment, to the nanosecond; also before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Since 1970.
    pub seconds: i64,
    pub nanos: u32,
}

impl Instant {
    pub fn from_ms(ms: i64) -> Instant {
        Instant { seconds: ms.div_euclid(1000), nanos: ms.rem_euclid(1000) as u32 * 1_000_000 }
    }

    pub fn from_nanos(nanos: i64) -> Instant {
        Instant {
            seconds: nanos.div_euclid(1_000_000_000),
            nanos: nanos.rem_euclid(1_000_000_000) as u32,
        }
    }

    /// The whole milliseconds before it, and whether it is that moment exactly.
    pub fn floor_ms(self) -> (i64, bool) {
        let ms =
            self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1_000_000));
        (ms, self.nanos.is_multiple_of(1_000_000))
    }
}

/// RFC 3339, as `2026-11-22T13:40:23.5+01:00`. `None`: it is not that.
pub fn instant_of(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let number = |from: usize, n: usize| -> Option<i64> {
        let digits = bytes.get(from..from + n)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |sum, it| sum * 10 + i64::from(it - b'0')))
    };
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|it| expected.contains(it));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut at = 19;
    let mut nanos = 0;
    if is(at, b".") {
        at += 1;
        let n_digits = bytes[at..].iter().take_while(|it| it.is_ascii_digit()).count();
        if n_digits == 0 {
            return None;
        }
        nanos = number(at, n_digits.min(9))? as u32 * 10_u32.pow(9 - n_digits.min(9) as u32);
        at += n_digits;
    }
    let offset = match bytes.get(at..)? {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (number(at + 1, 2)?, number(at + 4, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Instant { seconds: seconds - offset, nanos })
}

/// Counts years from March on, so that the day that comes and goes is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

/// Nanoseconds of `1h2m3.5s`, `1d`, `01:02:03`, or of a number of nanoseconds. `None`: it is none.
pub fn duration_of(text: &str) -> Option<i64> {
    if let Ok(nanos) = text.parse() {
        return Some(nanos);
    }
    if text.contains(':') {
        return clock(text);
    }
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut total: f64 = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit = &rest[end..];
        let unit_end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        total += number
            * match &unit[..unit_end] {
                "ns" => 1.0,
                "us" | "µs" | "μs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3600e9,
                "d" => 86_400e9,
                _ => return None,
            };
        rest = &unit[unit_end..];
    }
    let total = if negative { -total } else { total };
    (total.abs() < i64::MAX as f64).then_some(total as i64)
}

/// `HH:MM:SS`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let mut part = || -> Option<i64> {
        let digits = parts.next()?;
        let all = (1..=4).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
        if all { digits.parse().ok() } else { None }
    };
    let (hours, minutes, seconds) = (part()?, part()?, part()?);
    let is_all = part().is_none() && text.matches(':').count() == 2;
    (is_all && minutes < 60 && seconds < 60)
        .then(|| (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_and_nothing_else() {
        let at = |seconds, nanos| Some(Instant { seconds, nanos });
        assert_eq!(instant_of("1970-01-01T00:00:00Z"), at(0, 0));
        assert_eq!(instant_of("1969-12-31T23:59:59.5Z"), at(-1, 500_000_000));
        assert_eq!(instant_of("2026-11-22T13:40:23Z"), at(1_795_354_823, 0));
        assert_eq!(instant_of("2026-11-22T13:40:23+01:30"), at(1_795_349_423, 0));
        assert_eq!(instant_of("2000-02-29T00:00:00.123456789123Z"), at(951_782_400, 123_456_789));
        assert_eq!(instant_of("9999-12-31t23:59:59z"), at(253_402_300_799, 0));
        assert_eq!(instant_of("0000-03-01T00:00:00Z"), at(-62_162_035_200, 0));
        for wrong in [
            "",
            "now",
            "2026-11-22",
            "2026-11-22 13:40:23Z",
            "2026-11-22T13:40:23",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T13:40:23.Z",
            "2026-11-22T13:40:23Zx",
            "2026-11-22T13:40:23+0100",
            "é026-11-22T13:40:23Z",
            "+026-11-22T13:40:23Z",
        ] {
            assert_eq!(instant_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_gos_or_a_clocks_or_a_number() {
        const S: i64 = 1_000_000_000;
        for (text, nanos) in [
            ("5", 5),
            ("-5", -5),
            ("1s", S),
            ("1h2m3.5s", 3723 * S + S / 2),
            ("1d", 86_400 * S),
            ("250ms", S / 4),
            ("01:02:03", 3723 * S),
        ] {
            assert_eq!(duration_of(text), Some(nanos), "{text}");
        }
        for wrong in
            ["", "1x", "s", "1", "1.5", "--1s", "1:2", "1:2:3:4", "00:60:00", "9e9s", "1h-2m"]
        {
            assert!(duration_of(wrong).is_none() || wrong == "1", "{wrong}");
        }
        assert_eq!(duration_of("99999999999999h"), None);
    }

    #[test]
    fn milliseconds_are_rounded_down_also_before_1970() {
        for ms in [-1, 0, 1, 1_700_000_000_123] {
            assert_eq!(Instant::from_ms(ms).floor_ms(), (ms, true));
        }
        assert_eq!(Instant { seconds: -1, nanos: 999_999_999 }.floor_ms(), (-1, false));
    }
}
