//! C, C++ and Zig: compiled by `zig` with its own libc, together with the SDK; then the component is
//! made from the core module.

use crate::encode::{self, why};
use crate::{BuildError, tool};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER_NAME,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as ADAPTER,
};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// One folder of sources that becomes one component.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// Sources lie in it, not below it. They are in C, or one of them in C++ or in Zig.
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
            zig.args(["build-exe", "-lc", "-fno-entry", "-OReleaseSmall"]);
            zig.arg(joined("-femit-bin=", &module));
        } else {
            // Nobody could catch an exception of C++.
            zig.args(if has("cpp") { &["c++", "-fno-exceptions"][..] } else { &["cc"] });
            zig.args(["-Os", "-Wall", "-Wextra", "-o"]).arg(&module);
        }
        sources.extend(self::sources(&self.sdk.join("src"))?);
        zig.args(["-target", "wasm32-wasi", "-mexec-model=reactor"]);
        zig.arg(joined("-I", &self.sdk.join("include"))).args(&sources);
        tool::run(&mut zig)?;

        let name = self.folder.display().to_string();
        encode::component(&name, &module, self.output, |encoder, module| {
            encoder.module(&self.described(module)?).map_err(why)?;
            encoder.adapter(ADAPTER_NAME, ADAPTER).map(drop).map_err(why)
        })
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
    Ok(found)
}

fn joined(flag: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(flag);
    flag.push(path);
    flag
}
