//! Splits a line of a script. Quotes keep what is between them together.

use refrain_core::payload::{Payload, Payloads};
use refrain_core::time::Delay;

/// What was found and what was expected, without the line number.
pub(crate) type Wrong = String;

/// Splits at `at`, but not inside of `"..."`.
pub(crate) fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut from, mut quoted) = (Vec::new(), 0, false);
    for (index, found) in text.char_indices() {
        if found == '"' {
            quoted = !quoted;
        } else if found == at && !quoted {
            parts.push(text[from..index].trim());
            from = index + found.len_utf8();
        }
    }
    parts.push(text[from..].trim());
    parts
}

/// Words, with `"..."` as one word that keeps its quotes.
pub(crate) fn words(text: &str) -> Vec<&str> {
    split(text, ' ').into_iter().filter(|it| !it.is_empty()).collect()
}

/// `5s`, `1m30s`, `250ms`, `0s`.
pub(crate) fn delay(text: &str) -> Result<Delay, Wrong> {
    let wrong = || format!("`{text}` is not a time: expected one like `1m30s` or `250ms`");
    let (mut rest, mut total) = (text, 0);
    while !rest.is_empty() {
        let n_digits = rest.find(|it: char| !it.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..n_digits].parse().map_err(|_| wrong())?;
        let unit = &rest[n_digits..];
        let n_letters = unit.find(|it: char| it.is_ascii_digit()).unwrap_or(unit.len());
        total += number
            * match &unit[..n_letters] {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return Err(wrong()),
            };
        rest = &unit[n_letters..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Delay(total)) }
}

/// A word in quotes, as the JSON text it is.
pub(crate) fn quoted(word: &str) -> Option<Payload> {
    let inside = word.strip_prefix('"')?.strip_suffix('"')?;
    Some(Payload::json(format!("\"{inside}\"")))
}

pub(crate) fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(word)
}

/// As a reader wants to see them.
pub(crate) fn show(payloads: &Payloads) -> String {
    let shown: Vec<_> =
        payloads.iter().map(|it| String::from_utf8_lossy(&it.data).into_owned()).collect();
    shown.join(" ")
}
