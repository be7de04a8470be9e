//! TypeScript: checked by `tsc`, built by `refrain-build` of the SDK.
//!
//! The tools are pinned in `guest-examples/typescript/package-lock.json`.

use std::path::Path;
use std::process::Command;

use super::{Scenario, run_tool};
use crate::npm;

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let examples = root.join("guest-examples/typescript");
    npm::install(&examples)?;

    run_tool(tool(&examples, "tsc").args(["--noEmit", "--project", "."]))?;
    for scenario in scenarios {
        run_tool(
            tool(&examples, "refrain-build")
                .arg(scenario.folder.join("workflow.ts"))
                .arg("--output")
                .arg(&scenario.output),
        )?;
    }
    Ok(())
}

fn tool(examples: &Path, name: &str) -> Command {
    let mut command = Command::new(examples.join("node_modules/.bin").join(name));
    command.current_dir(examples);
    command
}
