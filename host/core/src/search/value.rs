//! Values of search attributes, and the bytes that order them.

use super::{Instant, Kind};

/// One value. A list of keywords has several, a text one for each of its words.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Value {
    /// A keyword, or a word of a text.
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
    Time(Instant),
}

impl Value {
    /// Bytes that sort as the values of one kind do. The kind comes first, so that what was
    /// written when a name had another type is never mistaken for a value of this one.
    pub fn key(&self, kind: Kind) -> Vec<u8> {
        let mut key = vec![kind.number()];
        match self {
            Value::Text(text) => key.extend_from_slice(text.as_bytes()),
            Value::Int(value) => key.extend_from_slice(&sortable(*value)),
            Value::Double(value) => {
                // Floats sort as their bits do once the negative ones are turned around; -0 is 0.
                let bits = (*value + 0.0).to_bits() as i64;
                let turned = if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits };
                key.extend_from_slice(&sortable(turned));
            }
            Value::Bool(value) => key.push(u8::from(*value)),
            Value::Time(at) => {
                key.extend_from_slice(&sortable(at.seconds));
                key.extend_from_slice(&at.nanos.to_be_bytes());
            }
        }
        key
    }
}

fn sortable(value: i64) -> [u8; 8] {
    (value as u64 ^ 1 << 63).to_be_bytes()
}

/// What a text is found by: runs of letters and digits, in lower case, each once.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_values_do() {
        let ints = [i64::MIN, -5, -1, 0, 1, 7, i64::MAX].map(Value::Int);
        let doubles = [f64::NEG_INFINITY, -1e300, -2.5, -1e-300, 0.0, 1e-300, 2.5, f64::INFINITY]
            .map(Value::Double);
        let times = [(-1, 999), (0, 0), (0, 1), (1, 0)]
            .map(|(seconds, nanos)| Value::Time(Instant { seconds, nanos }));
        let texts = ["", "Red", "a", "ab", "b", "é"].map(|it| Value::Text(it.to_owned()));
        let bools = [false, true].map(Value::Bool);
        for (kind, values) in [
            (Kind::Int, &ints[..]),
            (Kind::Double, &doubles[..]),
            (Kind::Datetime, &times[..]),
            (Kind::Keyword, &texts[..]),
            (Kind::Bool, &bools[..]),
        ] {
            for pair in values.windows(2) {
                assert!(pair[0].key(kind) < pair[1].key(kind), "{pair:?}");
            }
        }
        assert_eq!(Value::Double(-0.0).key(Kind::Double), Value::Double(0.0).key(Kind::Double));
    }

    #[test]
    fn a_text_is_found_by_its_words() {
        assert_eq!(
            words("The quick brown-fox, jumps! over_it THE"),
            ["brown", "fox", "it", "jumps", "over", "quick", "the"]
        );
        assert!(words("!!").is_empty());
    }
}
