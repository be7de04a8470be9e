//! What remains of a command's output when all that differs from run to run is taken out.

use refrain_e2e::host::Said;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Lines, and how often each was said.
pub(super) struct Shape(BTreeMap<String, u32>);

impl Shape {
    pub(super) fn of(said: &Said, args: &[&str]) -> Shape {
        let mut lines = vec![format!("exit {:?}", said.code.unwrap_or(-1))];
        let is_json = args.iter().any(|it| ["json", "jsonl"].contains(it));
        let values = serde_json::Deserializer::from_str(&said.stdout).into_iter::<Value>();
        match values.collect::<Result<Vec<_>, _>>() {
            Ok(values) if is_json => {
                let mut paths = Vec::new();
                values.iter().for_each(|it| paths_of("", it, &mut paths));
                paths.sort();
                paths.dedup();
                lines.extend(paths);
            }
            Ok(_) | Err(_) => lines.extend(said.stdout.lines().map(scrubbed)),
        }
        lines.extend(said.stderr.lines().map(|it| format!("stderr: {}", complaint(it))));
        let mut counted = BTreeMap::new();
        for line in lines.into_iter().filter(|it| !it.is_empty()) {
            *counted.entry(line).or_default() += 1;
        }
        Shape(counted)
    }

    /// `- line` for what only this one has, `+ line` for what only the other one has.
    pub(super) fn differences(&self, other: &Shape) -> Vec<String> {
        let more = |these: &Shape, those: &Shape, sign: char| -> Vec<String> {
            let more = these.0.iter().filter(|(it, n)| **n > *those.0.get(*it).unwrap_or(&0));
            more.map(|(it, _)| format!("{sign} {it}")).collect()
        };
        [more(self, other, '-'), more(other, self, '+')].concat()
    }
}

/// Each path with its type; of values from a fixed set, with the value.
fn paths_of(path: &str, value: &Value, paths: &mut Vec<String>) {
    let is_name = |text: &str| {
        text.contains('_') && text.chars().all(|it| it.is_ascii_uppercase() || it == '_')
    };
    // How events look inside is compared elsewhere, event by event.
    if path.starts_with(".events[].") && !value.is_string() {
        paths.push(path.to_owned());
        return;
    }
    match value {
        Value::Null => paths.push(format!("{path} null")),
        Value::Bool(it) => paths.push(format!("{path} {it}")),
        Value::Number(_) => paths.push(format!("{path} number")),
        Value::String(it) if is_name(it) => paths.push(format!("{path} {it}")),
        Value::String(_) => paths.push(format!("{path} string")),
        Value::Array(list) if list.is_empty() => paths.push(format!("{path}[] empty")),
        Value::Array(list) => {
            list.iter().for_each(|it| paths_of(&format!("{path}[]"), it, paths));
        }
        Value::Object(fields) if fields.is_empty() => paths.push(format!("{path} {{}}")),
        Value::Object(fields) => {
            for (name, value) in fields {
                paths_of(&format!("{path}.{}", scrubbed(name)), value, paths);
            }
        }
    }
}

static SCRUBS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\b[0-9a-f]{32,64}\b", "DIGEST"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+ [+-]\d{4} UTC", "TIME"),
        (r"\d+ \w+ (ago|from now)|\bnow\b|\ba long while ago\b", "AGO"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"\d+@[\w.-]+", "WORKER"),
        (r"\b\d+(\.\d+)?(ns|µs|ms|s)\b", "SPAN"),
        // What took less than a millisecond is told as a time.
        (r"SPAN ago", "SPAN"),
        (r"^ *RunTime +SPAN", ""),
        (r"StateTransitionCount +\d+", "StateTransitionCount N"),
        (r"\d+\.\d+|\d{3,}", "N"),
        (r"\s+", " "),
    ]
    .map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
    .into()
});

fn scrubbed(line: &str) -> String {
    let mut line = line.to_owned();
    for (pattern, word) in SCRUBS.iter() {
        line = pattern.replace_all(&line, *word).into_owned();
    }
    line.trim().to_owned()
}

/// That something is wrong; the words for why are each server's own.
fn complaint(line: &str) -> String {
    match line.strip_prefix("Error: ") {
        Some(_) => "Error: WHY".to_owned(),
        None => scrubbed(line),
    }
}
