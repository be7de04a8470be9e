//! C, C++ and Zig: compiled by `zig` with its own libc, together with the SDK; then the component is
//! made from the core module.

use crate::create::SDK_FOLDER;
use crate::encode::{self, why};
use crate::project::{Component, absolute, candidates, name_of};
use crate::{BuildError, tool};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// One folder of sources that becomes one component.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// Sources lie in it, not below it. They are in C, or some of them in C++ or in Zig: then `workflow.zig` imports
    /// the others.
    pub folder: &'a Path,
    /// `sdk/c`.
    pub sdk: &'a Path,
    /// The contract, `wit/`.
    pub wit: &'a Path,
    pub output: &'a Path,
}

impl Build<'_> {
    /// `zig`: how it is called, as `zig` or `python -m ziglang`.
    ///
    /// # Errors
    ///
    /// If the compiler fails, or what it made can't be a component.
    pub fn run(&self, mut zig: Command) -> Result<(), BuildError> {
        let module = self.output.with_extension("core.wasm");
        let mut sources = sources(self.folder)?;
        if sources.is_empty() {
            return Err(BuildError::NoWorkflows {
                folder: self.folder.to_owned(),
                expected: "expected sources in C, C++ or Zig".to_owned(),
            });
        }
        let has = |extension: &str| {
            sources.iter().any(|it| it.extension().is_some_and(|is| is == extension))
        };
        if has("zig") {
            zig.args(["build-exe", "-lc", "-fno-entry", "-OReleaseSmall", "-fno-strip"]);
            zig.arg(joined("-femit-bin=", &module));
        } else {
            // Nobody could catch an exception of C++.
            zig.args(if has("cpp") { &["c++", "-fno-exceptions"][..] } else { &["cc"] });
            // An `assert` that does not hold fails the workflow task; `zig` would leave it out.
            // It names its file: by the place in the project, so that the bytes are the same on every machine.
            // Names of functions only come with `-g`.
            // A field that a program does not name is nothing: most options, and what is for people.
            zig.args([
                "-Os",
                "-g",
                "-UNDEBUG",
                "-Wall",
                "-Wextra",
                "-Wno-missing-field-initializers",
            ]);
            zig.arg("-o").arg(&module);
            zig.arg(format!("-ffile-prefix-map={}/=", self.folder.display()));
        }
        sources.extend(self::sources(&self.sdk.join("src"))?);
        zig.args(["-target", "wasm32-wasi", "-mexec-model=reactor"]);
        zig.arg(joined("-I", &self.sdk.join("include"))).args(&sources);
        tool::run(&mut zig)?;

        let name = self.folder.display().to_string();
        let made = encode::component(&name, &module, self.output, |encoder, module| {
            let module = encode::without_debug_info(&module)?;
            encoder.module(&self.described(module)?).map_err(why)?;
            encode::adapt(encoder)
        });
        let _ = std::fs::remove_file(&module);
        made
    }

    /// Says in the module which world it is of.
    fn described(&self, mut module: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(self.wit).map_err(why)?;
        let world = resolve.select_world(&[package], Some("workflow")).map_err(why)?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .map_err(why)?;
        Ok(module)
    }
}

pub(crate) fn build_project(folder: &Path, out_dir: &Path) -> Result<Vec<Component>, BuildError> {
    let folder = &absolute(folder)?;
    let zig = zig(folder)?;
    let name = name_of(folder);
    let file = out_dir.join(format!("{name}.wasm"));
    let sdk = folder.join(SDK_FOLDER);
    let build =
        Build { folder, sdk: &sdk.join("sdk/c"), wit: &sdk.join("wit"), output: &absolute(&file)? };
    build.run(zig)?;
    Ok(vec![Component { name, file }])
}

/// A `zig` of its own, or the one in Python's package `ziglang`.
fn zig(folder: &Path) -> Result<Command, BuildError> {
    let command = |(program, args): &(PathBuf, &[&str])| {
        let mut command = Command::new(program);
        command.args(*args).current_dir(folder).stdin(Stdio::null());
        command
    };
    let own = candidates(folder, "zig").into_iter().map(|it| (it, &[][..]));
    let packaged = candidates(folder, "python3").into_iter().map(|it| (it, &["-m", "ziglang"][..]));
    let works = |it: &(PathBuf, &[&str])| tool::ask(command(it).arg("version")).is_some();
    let found = own.chain(packaged).find(works);
    found.map(|it| command(&it)).ok_or_else(|| BuildError::Missing {
        what: "a compiler for C, `zig`".to_owned(),
        install: format!(
            "`python3 -m venv .venv && .venv/bin/pip install ziglang` in `{}`, or https://ziglang.org/download",
            folder.display()
        ),
    })
}

/// In an order that is the same everywhere.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let cant = || BuildError::files(format!("`{}` can't be read", folder.display()));
    let is_source = |it: &Path| {
        it.extension().is_some_and(|it| ["c", "cpp", "zig"].iter().any(|known| it == *known))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cant())? {
        found.push(entry.map_err(cant())?.path());
    }
    found.retain(|it| is_source(it));
    found.sort();
    Ok(compiled(found))
}

/// Zig takes one file of its own language; others are imported by it.
fn compiled(mut sources: Vec<PathBuf>) -> Vec<PathBuf> {
    let is_root = |it: &PathBuf| it.file_name().is_some_and(|it| it == "workflow.zig");
    if sources.iter().any(is_root) {
        sources.retain(|it| is_root(it) || it.extension().is_some_and(|it| it != "zig"));
    }
    sources
}

fn joined(flag: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(flag);
    flag.push(path);
    flag
}

#[cfg(test)]
mod tests {
    use super::compiled;
    use std::path::PathBuf;

    #[test]
    fn zig_is_given_its_root_and_what_is_in_other_languages() {
        let given = |names: &[&str]| compiled(names.iter().map(PathBuf::from).collect());
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let all = ["a/fast.c", "a/prices.zig", "a/workflow.zig"];
        assert_eq!(given(&all), paths(&["a/fast.c", "a/workflow.zig"]));
        for all in [&["a/shop.zig"][..], &["a/fast.c", "a/workflow.cpp"]] {
            assert_eq!(given(all), paths(all));
        }
    }
}
