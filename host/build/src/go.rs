//! Go: compiled by `go` for WASI 0.1, which an adapter makes of the run's context.

use crate::encode::{self, why};
use crate::{BuildError, tool};
use std::path::Path;
use std::process::Command;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

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
        encode::component(&name, &module, self.output, |encoder, module| {
            let adapter = wat::parse_str(PREVIEW1).map_err(why)?;
            let adapter =
                self.described(adapter, "adapter", "import refrain:workflow/context@0.1.0;")?;
            let world = "include refrain:workflow/workflow-minimal@0.1.0;";
            encoder.module(&self.described(module, "guest", world)?).map_err(why)?;
            encoder.adapter("wasi_snapshot_preview1", &adapter).map(drop).map_err(why)
        })
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
