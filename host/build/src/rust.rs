//! Rust: built for `wasm32-unknown-unknown`, or for a target with WASI where a package asks for it; then a
//! component is made of the core module, unless the linker has made one.

use crate::encode::{self, why};
use crate::project::Component;
use crate::{BuildError, names, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wit_component::ComponentEncoder;

/// What a package is built for, as `target` in its `[package.metadata.refrain]` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// It has nothing but what the host's interface gives it.
    #[default]
    Plain,
    /// Its standard library has WASI 0.1: clocks, randomness, standard output.
    Wasi,
    /// WASI 0.2. Only rustup has it: its libc, and the linker that makes a component of what it links.
    Wasi2,
}

impl Target {
    const ALL: [Target; 3] = [Target::Plain, Target::Wasi, Target::Wasi2];

    pub fn triple(self) -> &'static str {
        match self {
            Target::Plain => "wasm32-unknown-unknown",
            Target::Wasi => "wasm32-wasip1",
            Target::Wasi2 => "wasm32-wasip2",
        }
    }

    fn of_triple(triple: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|it| it.triple() == triple)
    }
}

/// What Debian calls a toolchain for it, where rustup can't download.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// A cargo that can build for a [`Target`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one on the path has the target's standard library.
    Ready,
    /// Debian's, which builds the standard library from source. For [`Target::Wasi`] the linker is one
    /// that has a libc, and is called as a C compiler is.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// # Errors
    ///
    /// If there is none, with the command that installs one.
    pub fn find(folder: &Path, target: Target) -> Result<Toolchain, BuildError> {
        let triple = target.triple();
        let mut libraries = clean(Command::new("rustc"));
        libraries.args(["--print", "target-libdir", "--target", triple]).current_dir(folder);
        let is_ready = tool::ask(&mut libraries).is_some_and(|it| Path::new(&it).exists());
        if is_ready && has_cargo() {
            return Ok(Toolchain::Ready);
        }
        match target {
            Target::Plain => Toolchain::debian(linker).ok_or_else(|| missing(target)),
            Target::Wasi | Target::Wasi2 => Err(missing(target)),
        }
    }

    /// Debian's, if it is there and there is a linker.
    pub fn debian(linker: impl FnOnce() -> Option<PathBuf>) -> Option<Toolchain> {
        let mut rustc = clean(Command::new("/usr/bin/rustc"));
        let sysroot = tool::ask(rustc.args(["--print", "sysroot"]))?;
        let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
        if !Path::new(DEBIAN_CARGO).exists() || !source.exists() {
            return None;
        }
        Some(Toolchain::Debian { linker: linker()? })
    }

    fn cargo_build(&self, target: Target) -> Command {
        let mut cargo = clean(Command::new(match self {
            Toolchain::Ready => "cargo",
            Toolchain::Debian { .. } => DEBIAN_CARGO,
        }));
        cargo.arg("build");
        if let Toolchain::Debian { linker } = self {
            let name = target.triple().to_uppercase().replace('-', "_");
            cargo
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTDOC", "/usr/bin/rustdoc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env(format!("CARGO_TARGET_{name}_LINKER"), linker)
                .arg("-Zbuild-std=std,panic_abort");
        }
        cargo
    }
}

/// Packages of one workspace, built together.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    pub folder: &'a Path,
    pub packages: &'a [String],
    /// Of all of them.
    pub target: Target,
    pub out_dir: &'a Path,
    /// Where cargo keeps what it has built. Default: where the workspace has it.
    pub target_dir: Option<&'a Path>,
    /// A folder whose path must not be in the component.
    pub hidden: Option<&'a Path>,
}

impl Build<'_> {
    /// Writes `<package>.wasm` for each package.
    ///
    /// # Errors
    ///
    /// If cargo fails, or what it made can't be a component.
    pub fn run(&self, toolchain: &Toolchain) -> Result<Vec<Component>, BuildError> {
        let mut cargo = toolchain.cargo_build(self.target);
        cargo
            .args(["--release", "--lib", "--target", self.target.triple()])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(self.folder)
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags(toolchain));
        if let Some(target_dir) = self.target_dir {
            cargo.env("CARGO_TARGET_DIR", target_dir);
        }
        for package in self.packages {
            cargo.args(["--package", package]);
        }
        let said = tool::output(&mut cargo)?;
        self.packages.iter().map(|package| self.component(package, &said)).collect()
    }

    /// The same bytes on every machine: no paths of this one in panic messages.
    fn flags(&self, toolchain: &Toolchain) -> String {
        let home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        let remap = |path: &Path, to| format!("--remap-path-prefix={}={to}", path.display());
        let mut flags: Vec<String> = given_flags();
        if matches!((toolchain, self.target), (Toolchain::Debian { .. }, Target::Wasi)) {
            // The libc is the linker's.
            flags.extend(["-Clink-self-contained=no", "-Clinker-flavor=gcc"].map(str::to_owned));
        }
        flags.extend(self.hidden.map(|it| remap(it, "refrain")));
        flags.extend(home.map(|it| remap(&it, "cargo")));
        flags.join("\u{1f}")
    }

    /// Binaryen's `wasm-opt -Os` is not called. One of a pinned version (npm's `binaryen`, 132) would make the same bytes
    /// everywhere, but it is 104 MB to install and takes six seconds for each module, and what comes of it is a tenth
    /// smaller: 372 KB, then 334 KB (`bench`); C 42 and 37, Go 1927 and 1834, Python 20,721 and 18,938 in two minutes,
    /// TypeScript 1763 and 1749.
    fn component(&self, package: &str, said: &str) -> Result<Component, BuildError> {
        let found = said.lines().find_map(|line| module_of(package, line));
        let module = found.ok_or_else(|| BuildError::NotAComponent {
            name: package.to_owned(),
            cause: "cargo built no module of it".to_owned(),
        })?;
        let file = self.out_dir.join(format!("{package}.wasm"));
        let encoded = |adapt: fn(&mut ComponentEncoder) -> Result<(), String>| {
            encode::component(package, &module, &file, |encoder, module| {
                let module = names::shortened(&module)?;
                encoder.module(&module).map_err(why).and_then(adapt)
            })
        };
        match self.target {
            Target::Plain => encoded(|_| Ok(()))?,
            Target::Wasi => encoded(encode::adapt)?,
            Target::Wasi2 => std::fs::copy(&module, &file)
                .map(drop)
                .map_err(BuildError::files(format!("`{}` can't be copied", module.display())))?,
        }
        Ok(Component { name: package.to_owned(), file })
    }
}

/// What whoever runs us wants the compiler told.
fn given_flags() -> Vec<String> {
    let given = |name, separator: char| {
        let flags = env::var(name).ok().filter(|it| !it.is_empty())?;
        Some(flags.split(separator).map(str::to_owned).collect())
    };
    given("CARGO_ENCODED_RUSTFLAGS", '\u{1f}')
        .or_else(|| given("RUSTFLAGS", ' '))
        .unwrap_or_default()
}

/// The module in a line of cargo's messages, if it is of this package.
fn module_of(package: &str, line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_ours =
        message["reason"] == "compiler-artifact" && names(message["package_id"].as_str()?, package);
    let files = message["filenames"].as_array().filter(|_| is_ours)?;
    files.iter().filter_map(Value::as_str).find(|it| it.ends_with(".wasm")).map(PathBuf::from)
}

/// `path+file:///some/folder#name@0.1.0`, or without the name if the folder is called so.
fn names(package_id: &str, package: &str) -> bool {
    let (folder, version) = package_id.rsplit_once('#').unwrap_or((package_id, ""));
    match version.split_once('@') {
        Some((name, _)) => name == package,
        None => folder.rsplit('/').next() == Some(package),
    }
}

pub(crate) fn build_project(folder: &Path, out_dir: &Path) -> Result<Vec<Component>, BuildError> {
    let mut built = Vec::new();
    for (target, packages) in components_of(folder)? {
        let toolchain = Toolchain::find(folder, target)?;
        // Paths in the project are relative already.
        let (target_dir, hidden) = (None, None);
        let build = Build { folder, packages: &packages, target, out_dir, target_dir, hidden };
        built.extend(build.run(&toolchain)?);
    }
    Ok(built)
}

fn missing(target: Target) -> BuildError {
    let triple = target.triple();
    let add = format!("`rustup target add {triple}`");
    let install = match target {
        Target::Plain => format!(
            "{add}; where rustup can't download, on Debian `apt-get install {}`",
            DEBIAN_PACKAGES.join(" ")
        ),
        Target::Wasi | Target::Wasi2 => add,
    };
    BuildError::Missing { what: format!("a Rust toolchain for {triple}"), install }
}

/// On the path.
fn has_cargo() -> bool {
    tool::ask(Command::new("cargo").arg("--version")).is_some()
}

/// The packages of a workspace that say `crate-type = ["cdylib"]`, by what they are built for.
///
/// # Errors
///
/// If there is none, one asks for another target, or cargo is missing or does not say.
pub fn components_of(folder: &Path) -> Result<BTreeMap<Target, Vec<String>>, BuildError> {
    let mut metadata = clean(Command::new(match has_cargo() {
        true => "cargo",
        false if Path::new(DEBIAN_CARGO).exists() => DEBIAN_CARGO,
        false => return Err(missing(Target::Plain)),
    }));
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder);
    let said = tool::output(&mut metadata)?;
    let metadata: Value = serde_json::from_str(&said).map_err(|error| BuildError::ToolUnclear {
        tool: "cargo metadata".to_owned(),
        cause: error.to_string(),
    })?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_component = |package: &Value| {
        let of_target = |target: &Value| list(&target["crate_types"]).contains(&"cdylib".into());
        list(&package["targets"]).iter().any(of_target)
    };
    let packages = list(&metadata["packages"]);
    let mut found: BTreeMap<Target, Vec<String>> = BTreeMap::new();
    for package in packages.iter().filter(|it| is_component(it)) {
        let name = package["name"].as_str().unwrap_or_default().to_owned();
        found.entry(target_of(&name, package)?).or_default().push(name);
    }
    if found.is_empty() {
        return Err(BuildError::NoWorkflows {
            folder: folder.to_owned(),
            expected: "expected a package with `crate-type = [\"cdylib\"]` under `[lib]`"
                .to_owned(),
        });
    }
    Ok(found)
}

fn target_of(name: &str, package: &Value) -> Result<Target, BuildError> {
    let asked = &package["metadata"]["refrain"]["target"];
    let known = match asked {
        Value::Null => Some(Target::Plain),
        triple => triple.as_str().and_then(Target::of_triple),
    };
    known.ok_or_else(|| BuildError::NotAComponent {
        name: name.to_owned(),
        cause: format!(
            "its `[package.metadata.refrain]` asks for the target {asked}, expected one of {}",
            Target::ALL.map(Target::triple).join(", ")
        ),
    })
}

/// Debian's `wasm-ld`, or the linker inside an installed toolchain.
fn linker() -> Option<PathBuf> {
    if tool::ask(Command::new("wasm-ld").arg("--version")).is_some() {
        return Some("wasm-ld".into());
    }
    let rustc = |args: &[&str]| tool::ask(clean(Command::new("rustc")).args(args));
    let sysroot = rustc(&["--print", "sysroot"])?;
    let host =
        rustc(&["-vV"])?.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
    let lld = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    lld.exists().then_some(lld)
}

/// Without what a cargo that runs us has set for itself.
fn clean(mut command: Command) -> Command {
    if env::var_os("CARGO").is_some() {
        for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "CARGO_MANIFEST_DIR"] {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_name_wherever_its_folder_lies() {
        assert!(names("path+file:///a/b#shop@0.1.0", "shop"));
        assert!(names("path+file:///a/shop#0.1.0", "shop"));
        assert!(!names("path+file:///a/shop#other@0.1.0", "shop"));
        assert!(!names("path+file:///a/b#0.1.0", "shop"));
    }

    #[test]
    fn a_package_says_what_it_is_built_for() {
        let asks = |target: Value| {
            target_of("shop", &serde_json::json!({"metadata": {"refrain": {"target": target}}}))
        };
        assert!(matches!(target_of("shop", &Value::Null), Ok(Target::Plain)));
        assert!(matches!(asks("wasm32-wasip1".into()), Ok(Target::Wasi)));
        assert!(matches!(asks("wasm32-wasip2".into()), Ok(Target::Wasi2)));
        let refused = asks("wasm32-wasip3".into()).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|it| it.contains("expected one of wasm32-unknown-unknown, ")));
    }
}
