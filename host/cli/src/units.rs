//! Values as people write them: `1h30m`, `64MiB`, `key=value`.

use refrain_core::search::{Kind, is_reserved};
use refrain_wire::wkt;
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time: `500ms`, `30s`, `5m`, `1h30m`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

const SPAN_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// A hundred years: what is longer is a slip of the keyboard.
const SPAN_MS_MAX: u64 = 100 * 365 * 86_400_000;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration: expected e.g. 500ms, 30s, 5m, 1h30m or 7d (at most 100 years)")]
pub(crate) struct NotASpan(String);

impl Span {
    pub(crate) fn to_proto(self) -> wkt::Duration {
        wkt::Duration {
            seconds: i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(self.0.subsec_nanos()).unwrap_or(0),
        }
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Span, NotASpan> {
        let wrong = || NotASpan(text.to_owned());
        if text == "0" {
            return Ok(Span(Duration::ZERO));
        }
        let mut rest = text;
        let mut ms: u64 = 0;
        while !rest.is_empty() {
            let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, after) = rest.split_at(n_digits);
            let n_letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(n_letters);
            let number: u64 = digits.parse().map_err(|_| wrong())?;
            let (_, unit_ms) =
                SPAN_UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            let part = number.checked_mul(unit_ms).ok_or_else(wrong)?;
            ms = ms.checked_add(part).filter(|it| *it <= SPAN_MS_MAX).ok_or_else(wrong)?;
            rest = after;
        }
        if text.is_empty() { Err(wrong()) } else { Ok(Span(Duration::from_millis(ms))) }
    }
}

impl TryFrom<String> for Span {
    type Error = NotASpan;

    fn try_from(text: String) -> Result<Span, NotASpan> {
        text.parse()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, unit_ms) in
            [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
        {
            if rest >= unit_ms {
                write!(f, "{}{name}", rest / unit_ms)?;
                rest %= unit_ms;
            }
        }
        Ok(())
    }
}

/// A search attribute and its type: `Color=Keyword`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SearchAttribute {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a search attribute: expected NAME=TYPE with a name of the user's own and a type of Text, Keyword, Int, Double, Bool, Datetime, KeywordList"
)]
pub(crate) struct NotASearchAttribute(String);

impl FromStr for SearchAttribute {
    type Err = NotASearchAttribute;

    fn from_str(text: &str) -> Result<SearchAttribute, NotASearchAttribute> {
        let wrong = || NotASearchAttribute(text.to_owned());
        let (name, kind) = text.split_once('=').ok_or_else(wrong)?;
        let kind = Kind::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(kind));
        match kind {
            Some(kind) if !name.is_empty() && !is_reserved(name) => {
                Ok(SearchAttribute { name: name.to_owned(), kind })
            }
            Some(_) | None => Err(wrong()),
        }
    }
}

impl TryFrom<String> for SearchAttribute {
    type Error = NotASearchAttribute;

    fn try_from(text: String) -> Result<SearchAttribute, NotASearchAttribute> {
        text.parse()
    }
}

/// A number of bytes: `65536`, `512KiB`, `64MiB`, `1GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Bytes(pub(crate) u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size: expected e.g. 65536, 512KiB, 64MiB or 1GiB")]
pub(crate) struct NotASize(String);

impl FromStr for Bytes {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Bytes, NotASize> {
        let wrong = || NotASize(text.to_owned());
        let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, unit) = text.split_at(n_digits);
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let unit: u64 = match unit {
            "" | "B" => 1,
            "KiB" | "K" | "k" => 1 << 10,
            "MiB" | "M" => 1 << 20,
            "GiB" | "G" => 1 << 30,
            "KB" | "kB" => 1000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit).map(Bytes).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Bytes {
    type Error = NotASize;

    fn try_from(text: String) -> Result<Bytes, NotASize> {
        text.parse()
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, unit) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if self.0 >= unit {
                return write!(f, "{:.1} {name}", self.0 as f64 / unit as f64);
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// `key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyValue {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl FromStr for KeyValue {
    type Err = String;

    fn from_str(text: &str) -> Result<KeyValue, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                Ok(KeyValue { key: key.to_owned(), value: value.to_owned() })
            }
            Some(_) | None => Err(format!("`{text}` is not `key=value`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let ms = |text: &str| text.parse::<Span>().map(|it| it.0.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("5m"), Ok(300_000));
        assert_eq!(ms("1h30m"), Ok(5_400_000));
        assert_eq!(ms("24h"), Ok(86_400_000));
        assert_eq!(ms("7d"), Ok(604_800_000));
        assert_eq!(ms("0"), Ok(0));
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in
            ["", "5", "s", "-5s", "5 s", "1h 30m", "5y", "1.5h", "é", "99999999999999999999s"]
        {
            assert_eq!(text.parse::<Span>(), Err(NotASpan(text.to_owned())));
        }
        assert!("36501d".parse::<Span>().is_err());
    }

    #[test]
    fn durations_print_what_they_are_read_from() {
        for text in ["500ms", "1h30m", "1d", "1d2h3m4s5ms", "0s"] {
            assert_eq!(text.parse::<Span>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn sizes() {
        assert_eq!("64MiB".parse(), Ok(Bytes(64 << 20)));
        assert_eq!("65536".parse(), Ok(Bytes(65_536)));
        assert_eq!("1GB".parse(), Ok(Bytes(1_000_000_000)));
        for text in ["", "MiB", "1TiB", "-1", "1.5MiB", "99999999999999999999"] {
            assert_eq!(text.parse::<Bytes>(), Err(NotASize(text.to_owned())));
        }
        assert_eq!(Bytes(234_122).to_string(), "228.6 KiB");
    }
}
