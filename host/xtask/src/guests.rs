//! Builds the example guests, each with the toolchain of its language.
//!
//! A guest is rebuilt when the bytes of its inputs changed: its own folder, its language's SDK, `wit/`,
//! what builds them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::ValueEnum;
use refrain_build::BuildError;

mod c;
mod go;
mod python;
mod rust;
mod typescript;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the guests of this language.
    #[arg(long)]
    language: Option<Language>,

    /// Only this scenario.
    #[arg(long)]
    scenario: Option<String>,

    /// Build what is up to date too.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// And what calls C: C++ and Zig.
    C,
    Go,
    Python,
    Rust,
    Typescript,
}

impl Language {
    fn folder(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Go => "go",
            Language::Python => "python",
            Language::Rust => "rust",
            Language::Typescript => "typescript",
        }
    }

    /// One of these files makes a folder a scenario.
    fn markers(self) -> &'static [&'static str] {
        match self {
            Language::Python => &["workflow.py"],
            Language::Go => &["main.go"],
            Language::C => &["workflow.c", "workflow.cpp", "workflow.zig"],
            Language::Rust => &["Cargo.toml"],
            Language::Typescript => &["workflow.ts"],
        }
    }
}

/// One guest: `guest-examples/<language>/<scenario>`.
struct Scenario {
    name: String,
    folder: PathBuf,
    output: PathBuf,
    /// Hash of all that the output is made from.
    inputs: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = root();
    for language in Language::value_variants() {
        if args.language.is_some_and(|only| only != *language) {
            continue;
        }
        let mut stale = scenarios(&root, *language)?;
        if let Some(only) = &args.scenario {
            stale.retain(|scenario| scenario.name == *only);
        }
        if !args.force {
            stale.retain(|scenario| !scenario.is_fresh());
        }
        if stale.is_empty() {
            continue;
        }
        let out_dir = root.join("target/guests").join(language.folder());
        fs::create_dir_all(&out_dir)?;
        match language {
            Language::C => c::build(&root, &stale)?,
            Language::Go => go::build(&root, &stale)?,
            Language::Python => python::build(&root, &stale, &scenarios(&root, *language)?)?,
            Language::Rust => rust::build(&root, &out_dir, &stale)?,
            Language::Typescript => typescript::build(&root, &stale)?,
        }
        for scenario in stale.iter().filter(|it| it.output.exists()) {
            scenario.mark_fresh()?;
        }
    }
    Ok(())
}

impl Scenario {
    fn stamp(&self) -> PathBuf {
        self.output.with_extension("inputs")
    }

    fn is_fresh(&self) -> bool {
        self.output.exists() && fs::read_to_string(self.stamp()).is_ok_and(|was| was == self.inputs)
    }

    fn mark_fresh(&self) -> anyhow::Result<()> {
        let bytes = fs::metadata(&self.output)?.len();
        println!("{} ({} KB)", self.output.display(), bytes / 1024);
        Ok(fs::write(self.stamp(), &self.inputs)?)
    }
}

fn scenarios(root: &Path, language: Language) -> anyhow::Result<Vec<Scenario>> {
    let examples = root.join("guest-examples").join(language.folder());
    let mut shared = DefaultHasher::new();
    hash_tree(&root.join("wit"), &mut shared)?;
    hash_tree(&root.join("sdk").join(language.folder()), &mut shared)?;
    // What builds them: ours, and the toolchains that are pinned.
    hash_tree(&root.join("host/build/src"), &mut shared)?;
    hash_tree(&root.join("tests/clients/requirements.txt"), &mut shared)?;
    for file in entries(&examples)?.iter().filter(|path| path.is_file()) {
        hash_tree(file, &mut shared)?;
    }

    let mut found = Vec::new();
    let is_scenario = |path: &PathBuf| language.markers().iter().any(|it| path.join(it).exists());
    for folder in entries(&examples)?.into_iter().filter(is_scenario) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut hasher = shared.clone();
        hash_tree(&folder, &mut hasher)?;
        found.push(Scenario {
            output: root.join("target/guests").join(language.folder()).join(format!("{name}.wasm")),
            inputs: format!("{:016x}", hasher.finish()),
            name,
            folder,
        });
    }
    Ok(found)
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_file() {
        path.hash(hasher);
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    for entry in entries(path)? {
        let name = entry.file_name().unwrap_or_default();
        if name != "target" && name != "node_modules" && name != "__pycache__" {
            hash_tree(&entry, hasher)?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn root() -> PathBuf {
    // host/xtask is two levels below.
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// With the hint that an error of the builder may have.
fn built<T>(result: Result<T, BuildError>) -> anyhow::Result<T> {
    result.map_err(|error| match error.hint() {
        Some(hint) => anyhow::anyhow!("{error}\nhint: {hint}"),
        None => anyhow::anyhow!(error),
    })
}
