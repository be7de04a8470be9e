//! Python: made a component by `refrain.build` of the SDK, which calls componentize-py.

use crate::create::{SDK_FOLDER, pip_install};
use crate::project::{Component, absolute, candidates, name_of};
use crate::{BuildError, tool};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where workflows are looked for, in this order.
const ENTRIES: [&str; 4] = ["workflow.py", "workflows.py", "src/workflow.py", "src/workflows.py"];

pub(crate) fn build_project(folder: &Path, out_dir: &Path) -> Result<Vec<Component>, BuildError> {
    let folder = &absolute(folder)?;
    let entry = ENTRIES.iter().map(|it| folder.join(it)).find(|it| it.is_file());
    let workflows = entry.ok_or_else(|| BuildError::NoWorkflows {
        folder: folder.to_owned(),
        expected: format!("expected `{}`", ENTRIES.join("`, `")),
    })?;
    let interpreter = interpreter(folder)?;
    let name = named(folder).unwrap_or_else(|| name_of(folder));
    let file = absolute(out_dir)?.join(format!("{name}.wasm"));
    let root = workflows.parent().unwrap_or(folder);
    let build = Build { sources: std::slice::from_ref(&workflows), root, output: &file };
    build.run(python(&interpreter, folder))?;
    Ok(vec![Component { file: out_dir.join(file.file_name().unwrap_or_default()), name }])
}

/// By its `pyproject.toml`.
fn named(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("pyproject.toml")).ok()?;
    let manifest: toml::Table = text.parse().ok()?;
    Some(manifest.get("project")?.get("name")?.as_str()?.to_owned())
}

/// Files of workflows that become one component.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    pub sources: &'a [PathBuf],
    /// The files are named by it and import from it.
    pub root: &'a Path,
    pub output: &'a Path,
}

impl Build<'_> {
    /// `python`: one that has the SDK and componentize-py.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub fn run(&self, mut python: Command) -> Result<(), BuildError> {
        python.args(["-m", "refrain.build"]).args(self.sources);
        python.arg("--root").arg(self.root).arg("--output").arg(self.output);
        tool::run(&mut python)
    }
}

/// The project's own, the active one, or the system's: the first that has what is needed.
fn interpreter(folder: &Path) -> Result<PathBuf, BuildError> {
    let has_all = |it: &PathBuf| {
        tool::ask(python(it, folder).args(["-c", "import componentize_py, refrain.build"]))
            .is_some()
    };
    match candidates(folder, "python3").into_iter().find(has_all) {
        Some(found) => Ok(found),
        None => Err(BuildError::Missing {
            what: "a Python with the packages `refrain` and `componentize-py`".to_owned(),
            install: pip_install(folder)?,
        }),
    }
}

/// With the project's SDK.
fn python(interpreter: &Path, folder: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.current_dir(folder).stdin(Stdio::null());
    let sdk = folder.join(SDK_FOLDER).join("sdk/python/src");
    if sdk.exists() {
        command.env("PYTHONPATH", sdk);
    }
    command
}
