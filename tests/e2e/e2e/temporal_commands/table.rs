//! The list of commands, as it stands in its file.
//!
//! ```text
//! # Words for people.
//! [family]                        families run side by side, their commands in order
//! name | workflow list --limit 2  a command; single quotes keep words together
//! until Running | workflow list   again and again until it says so; not compared
//! ```

use anyhow::{Context, Result, bail};

pub(super) struct Family {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
}

pub(super) struct Case {
    pub(super) name: String,
    /// Not empty: the command is not compared but waited for, until its output has this.
    pub(super) until: String,
    pub(super) args: Vec<String>,
}

impl Family {
    pub(super) fn compared(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|it| it.until.is_empty())
    }
}

pub(super) fn read(text: &str) -> Result<Vec<Family>> {
    let mut families: Vec<Family> = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            families.push(Family { name: name.to_owned(), cases: Vec::new() });
            continue;
        }
        let family = families.last_mut().with_context(|| format!("no family before `{line}`"))?;
        let (name, command) = line.split_once('|').with_context(|| format!("no `|`: {line}"))?;
        let (name, args) = (name.trim().to_owned(), words(command)?);
        let until = name.strip_prefix("until ").unwrap_or_default().to_owned();
        if until.is_empty() && family.compared().any(|it| it.name == name) {
            bail!("`{name}` is there twice in `{}`", family.name);
        }
        family.cases.push(Case { name, until, args });
    }
    Ok(families)
}

fn words(command: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        bail!("a quote is not closed: {command}");
    }
    words.extend(word);
    Ok(words)
}
