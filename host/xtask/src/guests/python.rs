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

/// Not with the others: interceptors hold for all workflows of a component, and these have types that others have too.
const APART: [&[&str]; 2] = [&["mirror"], &["patched-upgrade-v2", "travel-saga-repaired"]];

/// `all`: the scenarios that are there, fresh ones too.
pub(super) fn build(root: &Path, stale: &[Scenario], all: &[Scenario]) -> anyhow::Result<()> {
    clients::python()?;
    for scenarios in components(all) {
        if stale.iter().any(|it| scenarios.iter().any(|one| one.name == it.name)) {
            component(root, &scenarios)?;
        }
    }
    Ok(())
}

/// Which scenarios are built together.
fn components(all: &[Scenario]) -> Vec<Vec<&Scenario>> {
    let mut components = vec![Vec::new(); APART.len() + 1];
    for it in all {
        let apart = APART.iter().position(|names| names.contains(&&*it.name));
        components[apart.unwrap_or(APART.len())].push(it);
    }
    components.retain(|it| !it.is_empty());
    components
}

impl Scenario {
    fn source(&self) -> PathBuf {
        self.folder.join("workflow.py")
    }
}

/// One component of all of them. Each has a file of its name.
fn component(root: &Path, scenarios: &[&Scenario]) -> anyhow::Result<()> {
    let examples = root.join("guest-examples/python");
    let sources: Vec<_> = scenarios.iter().map(|it| it.source()).collect();
    let [first, others @ ..] = scenarios else { return Ok(()) };
    for scenario in scenarios {
        // It may be a link to another one's.
        let _ = fs::remove_file(&scenario.output);
    }
    let mut python = Command::new(paths::client_program("python")?);
    python.env("PYTHONPATH", root.join("sdk/python/src")).env_remove("VIRTUAL_ENV");
    built(Build { sources: &sources, root: &examples, output: &first.output }.run(python))?;
    for scenario in others {
        fs::hard_link(&first.output, &scenario.output)
            .with_context(|| format!("{} can't be linked", scenario.output.display()))?;
    }
    Ok(())
}
