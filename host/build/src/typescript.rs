//! TypeScript: checked by `tsc`, made a component by `refrain-build` of the SDK.
//!
//! Both are packages of the project, so that it says which versions it wants.

use crate::create::npm_install;
use crate::project::{Component, absolute};
use crate::{BuildError, tool};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where workflows are looked for, in this order; `refrain.workflows` in `package.json` names another place.
const ENTRIES: [&str; 6] = [
    "src/workflows.ts",
    "src/workflow.ts",
    "src/workflows/index.ts",
    "workflows.ts",
    "workflow.ts",
    "workflows/index.ts",
];

/// A folder whose packages are installed.
#[derive(Clone, Debug)]
pub struct Packages<'a> {
    folder: &'a Path,
}

impl Packages<'_> {
    /// # Errors
    ///
    /// If Node or one of the packages is missing, with the command that installs it.
    pub fn of(folder: &Path) -> Result<Packages<'_>, BuildError> {
        if tool::ask(Command::new("node").arg("--version")).is_none() {
            return Err(BuildError::Missing {
                what: "Node.js 20 or later".to_owned(),
                install: "https://nodejs.org, or on Debian `apt-get install nodejs npm`".to_owned(),
            });
        }
        for package in ["@refrain/workflow", "esbuild", "componentize-qjs"] {
            if !folder.join("node_modules").join(package).exists() {
                return Err(BuildError::Missing {
                    what: format!("the package `{package}`"),
                    install: npm_install(folder)?,
                });
            }
        }
        Ok(Packages { folder })
    }

    /// A program of a package. Run by Node itself: not every system can start a script.
    fn tool(&self, program: &str) -> Option<Command> {
        let program = self.folder.join("node_modules").join(program);
        let mut command = Command::new("node");
        command.arg(&program).current_dir(self.folder).stdin(Stdio::null());
        program.exists().then_some(command)
    }

    /// Checks types, if the project has `tsc` and a `tsconfig.json`.
    ///
    /// # Errors
    ///
    /// If they do not hold.
    pub fn check(&self) -> Result<(), BuildError> {
        let has_config = self.folder.join("tsconfig.json").exists();
        match self.tool("typescript/bin/tsc").filter(|_| has_config) {
            Some(mut tsc) => tool::run(tsc.args(["--noEmit", "--project", "."])),
            None => Ok(()),
        }
    }

    /// Makes a component of the module whose exported functions are workflows.
    ///
    /// # Errors
    ///
    /// If it can't be bundled.
    pub fn bundle(&self, workflows: &Path, output: &Path) -> Result<(), BuildError> {
        let program = "@refrain/workflow/bin/refrain-build.mjs";
        let mut build = self.tool(program).ok_or_else(|| BuildError::Missing {
            what: format!("`{program}`"),
            install: format!("`npm install` in `{}`", self.folder.display()),
        })?;
        tool::run(build.arg(workflows).arg("--output").arg(output))
    }
}

pub(crate) fn build_project(folder: &Path, out_dir: &Path) -> Result<Vec<Component>, BuildError> {
    let folder = &absolute(folder)?;
    let manifest = manifest(folder)?;
    let workflows = entry(folder, &manifest)?;
    let packages = Packages::of(folder)?;
    let of_folder = || folder.file_name().map(|it| it.to_string_lossy().into_owned());
    let name = manifest["name"].as_str().map(str::to_owned).or_else(of_folder);
    // `@shop/orders` is no name of a file.
    let name = name.unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
    let file = absolute(out_dir)?.join(format!("{name}.wasm"));
    let (checked, bundled) = std::thread::scope(|threads| {
        let checked = threads.spawn(|| packages.check());
        let bundled = packages.bundle(&workflows, &file);
        (checked.join(), bundled)
    });
    bundled?;
    checked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    Ok(vec![Component { name, file: out_dir.join(file.file_name().unwrap_or_default()) }])
}

fn manifest(folder: &Path) -> Result<Value, BuildError> {
    let file = folder.join("package.json");
    let text = std::fs::read_to_string(&file)
        .map_err(BuildError::files(format!("`{}` can't be read", file.display())))?;
    serde_json::from_str(&text).map_err(|error| BuildError::ToolUnclear {
        tool: "package.json".to_owned(),
        cause: error.to_string(),
    })
}

fn entry(folder: &Path, manifest: &Value) -> Result<PathBuf, BuildError> {
    let named = manifest["refrain"]["workflows"].as_str();
    let looked_for = named.map_or_else(|| ENTRIES.to_vec(), |it| vec![it]);
    let there = looked_for.iter().map(|it| folder.join(it)).find(|it| it.is_file());
    there.ok_or_else(|| BuildError::NoWorkflows {
        folder: folder.to_owned(),
        expected: format!(
            "expected `{}`, or another file named by `\"refrain\": {{ \"workflows\": … }}` in package.json",
            looked_for.join("`, `")
        ),
    })
}
