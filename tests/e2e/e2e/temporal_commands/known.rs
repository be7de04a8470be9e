//! The differences that are known, as they stand in their file.
//!
//! ```text
//! # Why it is so. Above the differences that it explains; a `#` alone begins anew.
//! family/name - line   only Temporal's server makes the command say this
//! family/name + line   only ours does
//! ~ family/name - line at times only: which of two things comes first is up to the machine
//! ```
//!
//! `*` stands for anything, in the name and in the line.

use anyhow::{Result, bail};
use regex::Regex;

pub(super) struct Known(Vec<Entry>);

struct Entry {
    line: String,
    pattern: Regex,
    always: bool,
}

impl Known {
    pub(super) fn read(text: &str) -> Result<Known> {
        let mut entries = Vec::new();
        let mut has_reason = false;
        for line in text.lines().map(str::trim_end) {
            if let Some(reason) = line.strip_prefix('#') {
                has_reason = !reason.trim().is_empty();
                continue;
            }
            if line.is_empty() {
                continue;
            }
            if !has_reason {
                bail!("no reason is given for `{line}`");
            }
            let (always, line) = match line.strip_prefix("~ ") {
                Some(line) => (false, line),
                None => (true, line),
            };
            let parts: Vec<String> = line.split('*').map(regex::escape).collect();
            let pattern = Regex::new(&format!("^{}$", parts.join(".*")))?;
            entries.push(Entry { line: line.to_owned(), pattern, always });
        }
        Ok(Known(entries))
    }

    /// What is wrong: differences that are not known, and known ones that were not found.
    pub(super) fn compare(&self, found: &[String]) -> Vec<String> {
        let is_known = |it: &&String| !self.0.iter().any(|known| known.pattern.is_match(it));
        let is_found = |known: &&Entry| found.iter().any(|it| known.pattern.is_match(it));
        let gone = self.0.iter().filter(|known| known.always && !is_found(known));
        let gone = gone.map(|it| format!("no longer so: {}", it.line));
        found.iter().filter(is_known).cloned().chain(gone).collect()
    }
}
