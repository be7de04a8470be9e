//! Python: built by `refrain-build` of the SDK, with componentize-py as `tests/clients/requirements.txt` pins it.
//!
//! A component has all of CPython in it: 20 MB, ten seconds to build and as many to compile. So the scenarios that can
//! live in one component do, and their files are links to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use refrain_build::python::Build;
use refrain_e2e::paths;

use super::{Scenario, built};
use crate::clients;

/// Those that have a workflow type which another one has too.
const ALONE: [&str; 4] =
    ["mirror", "patched-upgrade-v1", "patched-upgrade-v2", "travel-saga-repaired"];

/// `all`: the scenarios that are there, fresh ones too.
pub(super) fn build(root: &Path, stale: &[Scenario], all: &[Scenario]) -> anyhow::Result<()> {
    clients::python()?;
    for scenario in stale.iter().filter(|it| is_alone(it)) {
        component(root, &[scenario.source()], &scenario.output)?;
    }
    if stale.iter().all(is_alone) {
        return Ok(());
    }
    let together: Vec<_> = all.iter().filter(|it| !is_alone(it)).collect();
    let sources: Vec<_> = together.iter().map(|it| it.source()).collect();
    let whole = root.join("target/guests/python/together.wasm");
    component(root, &sources, &whole)?;
    for scenario in together {
        let _ = fs::remove_file(&scenario.output);
        fs::hard_link(&whole, &scenario.output)
            .with_context(|| format!("{} can't be linked", scenario.output.display()))?;
    }
    Ok(())
}

fn is_alone(scenario: &Scenario) -> bool {
    ALONE.contains(&scenario.name.as_str())
}

impl Scenario {
    fn source(&self) -> PathBuf {
        self.folder.join("workflow.py")
    }
}

/// One component of these files.
fn component(root: &Path, sources: &[PathBuf], output: &Path) -> anyhow::Result<()> {
    let examples = root.join("guest-examples/python");
    let mut python = Command::new(paths::client_program("python")?);
    python.env("PYTHONPATH", root.join("sdk/python/src")).env_remove("VIRTUAL_ENV");
    built(Build { sources, root: &examples, output }.run(python))
}
