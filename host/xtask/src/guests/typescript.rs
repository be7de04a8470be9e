//! TypeScript: one project whose folders are scenarios.
//!
//! The tools are pinned in `guest-examples/typescript/package-lock.json`.

use std::path::Path;

use refrain_build::typescript::Packages;

use super::{Scenario, built};
use crate::npm;

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let examples = root.join("guest-examples/typescript");
    npm::install(&examples)?;
    let packages = built(Packages::of(&examples))?;
    built(packages.check())?;
    for scenario in scenarios {
        built(packages.bundle(&scenario.folder.join("workflow.ts"), &scenario.output))?;
    }
    Ok(())
}
