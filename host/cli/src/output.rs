//! What commands print: tables and fields for people, JSON for programs.
//!
//! stdout is data, stderr is talk. Text that came from elsewhere is cleaned of control
//! characters first, so that no workflow id can move the cursor.

use crate::errors::CliError;
use refrain_wire::api::common::v1::{Payload, Payloads};
use refrain_wire::wkt;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs; messages of Temporal's API as its own tools print them.
    Json,
    /// As `json`, one value a line; a list is as many lines.
    Jsonl,
    /// Nothing; errors are still told.
    None,
}

/// What stdout is given. One process, one command.
static OUTPUT: OnceLock<Output> = OnceLock::new();

impl Output {
    /// What a command prints in; what it prints comes out as this says.
    pub(crate) fn format(self) -> Format {
        // Called once.
        let _ = OUTPUT.set(self);
        match self {
            Output::Text => Format::Text,
            Output::Json | Output::Jsonl | Output::None => Format::Json,
        }
    }

    fn chosen() -> Output {
        OUTPUT.get().copied().unwrap_or(Output::Text)
    }

    fn json(self, value: &Value) -> String {
        match (self, value) {
            (Output::Jsonl, Value::Array(list)) => {
                list.iter().map(|it| format!("{it}\n")).collect()
            }
            (Output::Jsonl, one) => one.to_string(),
            (Output::Text | Output::Json | Output::None, value) => format!("{value:#}"),
        }
    }
}

/// To stdout, with a line's end.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    if Output::chosen() == Output::None {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    let mut written = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        written = written.and_then(|()| stdout.write_all(b"\n"));
    }
    written.and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::reader_gone(),
        _ => CliError::failed(format!("can't write to standard output: {error}")),
    })
}

pub(crate) fn print_json(value: &Value) -> Result<(), CliError> {
    match Output::chosen().json(value).as_str() {
        "" => Ok(()),
        text => print(text),
    }
}

/// A message of Temporal's API.
pub(crate) fn json_of<M: prost::Message>(full_name: &str, message: &M) -> Result<Value, CliError> {
    refrain_wire::json::to_value(full_name, message).map_err(|error| CliError::of(&error))
}

/// To stderr. If that does not work there is nobody to tell.
pub(crate) fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    if !text.ends_with('\n') && !text.ends_with('\r') {
        let _ = stderr.write_all(b"\n");
    }
    let _ = stderr.flush();
}

/// Control characters, and those that turn the direction of writing, as escapes.
pub(crate) fn clean(text: &str) -> String {
    let is_unsafe = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            cleaned.extend(c.escape_default());
        } else {
            cleaned.push(c);
        }
    }
    cleaned
}

/// Columns under headings, two spaces apart.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
    let width = |column: usize| {
        let of_rows = rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count());
        let heading = headings.get(column).map_or(0, |it| it.chars().count());
        of_rows.max().unwrap_or(0).max(heading)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(&mut headings.iter().copied());
    for row in &rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// `name  value`, a line each; those without a value are left out.
pub(crate) fn fields(fields: &[(&str, String)]) -> String {
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "{name:width$}  {}", clean(value));
    }
    text
}

/// Of a moment, in UTC, to the second: `2026-11-22 16:59:12`.
pub(crate) fn time(time: Option<&wkt::Timestamp>) -> String {
    let precise = time_precise(time);
    precise.get(..19).unwrap_or_default().to_owned()
}

/// To the millisecond.
pub(crate) fn time_precise(time: Option<&wkt::Timestamp>) -> String {
    let Some(time) = time else { return String::new() };
    let whole = prost_types::Timestamp { seconds: time.seconds, nanos: 0 };
    let text = whole.to_string();
    let text = text.trim_end_matches('Z').replacen('T', " ", 1);
    format!("{text}.{:03}", time.nanos.clamp(0, 999_999_999) / 1_000_000)
}

pub(crate) fn time_of_admin(at: Option<&prost_types::Timestamp>) -> String {
    time(at.map(|it| wkt::Timestamp { seconds: it.seconds, nanos: it.nanos }).as_ref())
}

pub(crate) fn span(span: Option<&wkt::Duration>) -> String {
    let Some(span) = span else { return String::new() };
    let ms = u64::try_from(span.seconds).unwrap_or(0).saturating_mul(1000)
        + u64::try_from(span.nanos).unwrap_or(0) / 1_000_000;
    crate::units::Span(std::time::Duration::from_millis(ms)).to_string()
}

/// A value as a person reads it: its JSON, or what it is.
pub(crate) fn payload(payload: &Payload) -> String {
    let encoding = encoding(payload);
    match encoding.as_str() {
        "binary/null" => "null".to_owned(),
        "json/plain" | "json/protobuf" => match std::str::from_utf8(&payload.data) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("<{encoding}, {} bytes>", payload.data.len()),
        },
        "" => format!("<{} bytes>", payload.data.len()),
        _ => format!("<{encoding}, {} bytes>", payload.data.len()),
    }
}

/// A value as a program reads it; what is not JSON is Temporal's own JSON of a payload.
pub(crate) fn payload_json(payload: &Payload) -> Value {
    let parsed = match encoding(payload).as_str() {
        "binary/null" => Some(Value::Null),
        "json/plain" | "json/protobuf" => serde_json::from_slice(&payload.data).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| {
        json_of("temporal.api.common.v1.Payload", payload)
            .unwrap_or_else(|_| json!({ "data": payload.data }))
    })
}

fn encoding(payload: &Payload) -> String {
    let bytes = payload.metadata.get("encoding").map(Vec::as_slice).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn payloads(payloads: Option<&Payloads>) -> Vec<Payload> {
    payloads.map(|it| it.payloads.clone()).unwrap_or_default()
}

/// Arguments in one line.
pub(crate) fn payload_list(list: Option<&Payloads>) -> String {
    let list: Vec<String> = payloads(list).iter().map(payload).collect();
    list.join(", ")
}

/// None as `null`, one as itself, many as a list.
pub(crate) fn result_json(list: &[Payload]) -> Value {
    match list {
        [] => Value::Null,
        [one] => payload_json(one),
        many => many.iter().map(payload_json).collect(),
    }
}

/// At most so many characters, and a sign that there were more.
pub(crate) fn shorten(text: &str, n_max: usize) -> String {
    if text.chars().count() <= n_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(n_max.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// `EVENT_TYPE_TIMER_STARTED` as `TimerStarted`.
pub(crate) fn camel(screaming: &str, prefix: &str) -> String {
    let words = screaming.strip_prefix(prefix).unwrap_or(screaming).split('_');
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|it| it.to_ascii_uppercase()).into_iter();
            first.chain(letters.map(|it| it.to_ascii_lowercase())).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn json_payload(encoding: &str, data: &[u8]) -> Payload {
        Payload {
            metadata: [("encoding".to_owned(), encoding.as_bytes().to_vec())].into(),
            data: data.to_vec(),
            external_payloads: Vec::new(),
        }
    }

    #[test]
    fn lists_are_a_line_for_each_where_lines_are_asked_for() {
        let list = json!([{ "a": 1 }, { "a": [2] }]);
        assert_eq!(Output::Jsonl.json(&list), "{\"a\":1}\n{\"a\":[2]}\n");
        assert_eq!(Output::Jsonl.json(&json!([])), "");
        assert_eq!(Output::Jsonl.json(&json!({ "a": 1 })), "{\"a\":1}");
        assert_eq!(Output::Json.json(&json!([1])), "[\n  1\n]");
    }

    #[test]
    fn a_table_is_aligned_and_has_no_spaces_at_the_end() {
        let rows = [
            vec!["order-1".to_owned(), "Running".to_owned(), String::new()],
            vec!["ö".to_owned(), "Completed".to_owned(), "x\u{1b}[2J".to_owned()],
        ];
        expect![[r"
            WORKFLOW ID  STATUS     NOTE
            order-1      Running
            ö            Completed  x\u{1b}[2J
        "]]
        .assert_eq(
            &format!("\n{}", table(&["WORKFLOW ID", "STATUS", "NOTE"], &rows))
                .replacen('\n', "", 1),
        );
    }

    #[test]
    fn fields_without_a_value_are_left_out() {
        let text = fields(&[
            ("Workflow", "order-1".into()),
            ("Closed", String::new()),
            ("Run", "7".into()),
        ]);
        expect![[r#"
            Workflow  order-1
            Run       7
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn moments() {
        let at = wkt::Timestamp { seconds: 1_800_000_000, nanos: 7_000_000 };
        assert_eq!(time(Some(&at)), "2027-01-15 08:00:00");
        assert_eq!(time_precise(Some(&at)), "2027-01-15 08:00:00.007");
        assert_eq!(time(None), "");
        let far = wkt::Timestamp { seconds: i64::MAX, nanos: -5 };
        assert!(!time_precise(Some(&far)).is_empty());
    }

    #[test]
    fn values_are_shown_as_what_they_are() {
        assert_eq!(payload(&json_payload("json/plain", b"{\"a\":1}")), "{\"a\":1}");
        assert_eq!(payload(&json_payload("binary/null", b"")), "null");
        assert_eq!(
            payload(&json_payload("binary/encrypted", b"abc")),
            "<binary/encrypted, 3 bytes>"
        );
        assert_eq!(payload(&json_payload("json/plain", b"\xff")), "<json/plain, 1 bytes>");
        assert_eq!(payload_json(&json_payload("json/plain", b"[1]")), json!([1]));
        expect![[r#"{"data":"YWJj","metadata":{"encoding":"YmluYXJ5L2VuY3J5cHRlZA=="}}"#]]
            .assert_eq(&payload_json(&json_payload("binary/encrypted", b"abc")).to_string());
    }

    #[test]
    fn names_of_enums() {
        assert_eq!(camel("EVENT_TYPE_TIMER_STARTED", "EVENT_TYPE_"), "TimerStarted");
        assert_eq!(camel("", "EVENT_TYPE_"), "");
    }
}
