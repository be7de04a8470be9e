//! Rust: built for `wasm32-unknown-unknown`, then a component is made of the core module.

use crate::encode::{self, why};
use crate::project::Component;
use crate::{BuildError, tool};
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const TARGET: &str = "wasm32-unknown-unknown";
/// What Debian calls a toolchain for it, where rustup can't download.
pub const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// A cargo that can build for [`TARGET`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one on the path has the target's standard library.
    Ready,
    /// Debian's, which builds the standard library from source.
    Debian { linker: PathBuf },
}

impl Toolchain {
    /// # Errors
    ///
    /// If there is none, with the command that installs one.
    pub fn find(folder: &Path) -> Result<Toolchain, BuildError> {
        let mut libraries = clean(Command::new("rustc"));
        libraries.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder);
        let is_ready = tool::ask(&mut libraries).is_some_and(|it| Path::new(&it).exists());
        if is_ready && tool::ask(Command::new("cargo").arg("--version")).is_some() {
            return Ok(Toolchain::Ready);
        }
        debian().ok_or_else(|| BuildError::Missing {
            what: format!("a Rust toolchain for {TARGET}"),
            install: format!(
                "`rustup target add {TARGET}`; where rustup can't download, on Debian `apt-get install {}`",
                DEBIAN_PACKAGES.join(" ")
            ),
        })
    }

    fn cargo(&self) -> Command {
        clean(Command::new(match self {
            Toolchain::Ready => "cargo",
            Toolchain::Debian { .. } => "/usr/bin/cargo",
        }))
    }

    fn cargo_build(&self) -> Command {
        let mut cargo = self.cargo();
        cargo.arg("build");
        if let Toolchain::Debian { linker } = self {
            cargo
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTDOC", "/usr/bin/rustdoc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
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
        let mut cargo = toolchain.cargo_build();
        cargo
            .args(["--release", "--lib", "--target", TARGET])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(self.folder)
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags());
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
    fn flags(&self) -> String {
        let home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
        let remap = |path: &Path, to| format!("--remap-path-prefix={}={to}", path.display());
        let mut flags: Vec<String> = given_flags();
        flags.extend(self.hidden.map(|it| remap(it, "refrain")));
        flags.extend(home.map(|it| remap(&it, "cargo")));
        flags.join("\u{1f}")
    }

    /// Binaryen's `wasm-opt -Os` would take another tenth off a module (`hello`: 245 KB, then 219 KB, in four seconds).
    /// It is not called: a digest would tell of whether and in which version a machine has it.
    fn component(&self, package: &str, said: &str) -> Result<Component, BuildError> {
        let found = said.lines().find_map(|line| module_of(package, line));
        let module = found.ok_or_else(|| BuildError::NotAComponent {
            name: package.to_owned(),
            cause: "cargo built no module of it".to_owned(),
        })?;
        let file = self.out_dir.join(format!("{package}.wasm"));
        encode::component(package, &module, &file, |encoder, module| {
            encoder.module(&module).map(drop).map_err(why)
        })?;
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
    let toolchain = Toolchain::find(folder)?;
    let packages = components_of(folder, &toolchain)?;
    // Paths in the project are relative already.
    let build = Build { folder, packages: &packages, out_dir, target_dir: None, hidden: None };
    build.run(&toolchain)
}

/// The packages that say `crate-type = ["cdylib"]`.
fn components_of(folder: &Path, toolchain: &Toolchain) -> Result<Vec<String>, BuildError> {
    let mut metadata = toolchain.cargo();
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
    let found: Vec<String> = packages
        .iter()
        .filter(|it| is_component(it))
        .filter_map(|it| it["name"].as_str().map(str::to_owned))
        .collect();
    if found.is_empty() {
        return Err(BuildError::NoWorkflows {
            folder: folder.to_owned(),
            expected: "expected a package with `crate-type = [\"cdylib\"]` under `[lib]`"
                .to_owned(),
        });
    }
    Ok(found)
}

fn debian() -> Option<Toolchain> {
    let sysroot = tool::ask(clean(Command::new("/usr/bin/rustc")).args(["--print", "sysroot"]))?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
    if !Path::new("/usr/bin/cargo").exists() || !source.exists() {
        return None;
    }
    Some(Toolchain::Debian { linker: linker()? })
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
}
