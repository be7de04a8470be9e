//! What compilers do not check. Each rule says where it was broken and what was expected.

use anyhow::{Context, Result, bail};
use refrain_e2e::paths;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of a source file at most; tests do not count.
const LINES_MAX: usize = 600;
/// Longer ones. This list may only shrink.
const LONG_FILES: &[&str] = &[];
/// All that `refrain-core` may use from outside.
const PURE: &[&str] = &["cov-mark", "sha2", "thiserror"];

pub(crate) fn run() -> Result<()> {
    let files = source_files()?;
    let mut broken = Vec::new();
    imports_as_in_architecture(&mut broken)?;
    for (path, text) in &files {
        let lines = text.lines().take_while(|it| *it != "#[cfg(test)]").count();
        let name = path.to_string_lossy();
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        if lines > LINES_MAX && !is_test && !LONG_FILES.contains(&name.as_ref()) {
            broken.push(format!("{name}: {lines} lines, at most {LINES_MAX} are expected"));
        }
        forbidden_words(&name, text, &mut broken);
    }
    lock_files(&mut broken)?;
    migrations(&mut broken)?;
    crate::routes::check(&mut broken)?;
    if broken.is_empty() {
        println!("tidy: {} source files, nothing to complain about", files.len());
        return Ok(());
    }
    bail!("not tidy:\n  {}", broken.join("\n  "))
}

/// The table in `ARCHITECTURE.md` must say what the Cargo files say.
fn imports_as_in_architecture(broken: &mut Vec<String>) -> Result<()> {
    let page = std::fs::read_to_string(paths::root().join("ARCHITECTURE.md"))?;
    let said = table_of_imports(&page);
    let is = imports()?;
    for (name, ours) in &is.from_us {
        match said.get(name) {
            Some(said) if said == ours => {}
            Some(said) => {
                broken.push(format!("{name} imports {ours:?}, but ARCHITECTURE.md says {said:?}"))
            }
            None => broken.push(format!("{name} is not in the table of ARCHITECTURE.md")),
        }
    }
    for found in is.of_core.iter().filter(|it| !PURE.contains(&it.as_str())) {
        broken.push(format!("refrain-core depends on `{found}`, expected only {PURE:?}"));
    }
    Ok(())
}

/// Rows like: | `refrain-core` | nothing | … |
fn table_of_imports(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut table = BTreeMap::new();
    for line in page.lines().filter(|it| it.starts_with("| `refrain")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let (Some(name), Some(imports)) = (cells.get(1), cells.get(2)) else { continue };
        let imports = imports.split(',').map(|it| it.trim().trim_matches('`'));
        let imports = imports.filter(|it| *it != "nothing").map(str::to_owned).collect();
        table.insert(name.trim_matches('`').to_owned(), imports);
    }
    table
}

struct Imports {
    from_us: BTreeMap<String, BTreeSet<String>>,
    of_core: BTreeSet<String>,
}

fn imports() -> Result<Imports> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(paths::root())
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let mut imports = Imports { from_us: BTreeMap::new(), of_core: BTreeSet::new() };
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let mut ours = BTreeSet::new();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            // `null` is a normal dependency, against "dev" and "build".
            if !dependency["kind"].is_null() {
                continue;
            }
            let on = dependency["name"].as_str().unwrap_or_default();
            if on == "refrain" || on.starts_with("refrain-") {
                ours.insert(on.trim_start_matches("refrain-").to_owned());
            }
            if name == "refrain-core" {
                imports.of_core.insert(on.to_owned());
            }
        }
        imports.from_us.insert(name.to_owned(), ours);
    }
    Ok(imports)
}

fn forbidden_words(name: &str, text: &str, broken: &mut Vec<String>) {
    // This file has to name them.
    if name.ends_with("xtask/src/tidy.rs") {
        return;
    }
    let rules = [
        ("#[ignore", "a test that does not run proves nothing"),
        ("TODO", "unfinished work goes to an issue"),
    ];
    for (word, why) in rules {
        if text.contains(word) {
            broken.push(format!("{name}: `{word}`: {why}"));
        }
    }
    let makes_config = text.contains("wasmtime::Config::new") || text.contains("= Config::new()");
    if makes_config && !name.ends_with("host/runtime/src/engine.rs") {
        broken.push(format!(
            "{name}: makes a wasmtime `Config`; only host/runtime/src/engine.rs may, or compiled components no longer fit"
        ));
    }
}

/// A lock file that names where a package was downloaded works on one machine only.
fn lock_files(broken: &mut Vec<String>) -> Result<()> {
    for path in tracked()?.iter().filter(|it| it.ends_with("package-lock.json")) {
        let text = std::fs::read_to_string(paths::root().join(path))?;
        if text.contains("\"resolved\": \"http") {
            broken.push(format!("{path}: has `resolved` addresses, expected none"));
        }
    }
    Ok(())
}

/// Both databases have the same steps, once there are two.
fn migrations(broken: &mut Vec<String>) -> Result<()> {
    let (sqlite, postgres) = (migration_names("sqlite")?, migration_names("postgres")?);
    if !postgres.is_empty() && sqlite != postgres {
        broken.push(format!("migrations differ: sqlite has {sqlite:?}, postgres {postgres:?}"));
    }
    Ok(())
}

fn migration_names(database: &str) -> Result<BTreeSet<String>> {
    let folder = paths::root().join("migrations").join(database);
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    Ok(entries.iter().map(|it| it.file_name().to_string_lossy().into_owned()).collect())
}

fn source_files() -> Result<Vec<(PathBuf, String)>> {
    let is_source = |path: &&String| path.ends_with(".rs") || path.ends_with(".ts");
    let read = |path: &String| {
        let text = std::fs::read_to_string(paths::root().join(path));
        text.map(|text| (Path::new(path).to_owned(), text)).with_context(|| path.clone())
    };
    tracked()?.iter().filter(is_source).map(read).collect()
}

/// What git knows, and what is new and not ignored.
fn tracked() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(paths::root())
        .output()
        .context("git can't be started")?;
    let paths = String::from_utf8(output.stdout)?;
    let there = |it: &&str| paths::root().join(it).exists();
    Ok(paths.lines().filter(there).map(str::to_owned).collect())
}
