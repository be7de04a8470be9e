//! TypeScript: checked by `tsc`, built by `refrain-build` of the SDK.
//!
//! The tools are pinned in `guest-examples/typescript/package-lock.json`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use super::{Scenario, ask_tool, run_tool};

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let examples = root.join("guest-examples/typescript");
    install(&examples)?;

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

/// Installs what the lock file says, once for each state of it.
fn install(examples: &Path) -> anyhow::Result<()> {
    let lock = fs::read_to_string(examples.join("package-lock.json"))?;
    let installed = examples.join("node_modules/.refrain-lock");
    if fs::read_to_string(&installed).is_ok_and(|was| was == lock) {
        return Ok(());
    }
    if ask_tool("npm", &["--version"]).is_none() {
        bail!(
            "`npm` was not found\nhint: install Node.js 20 or later, on Debian with `apt-get install nodejs npm`"
        );
    }
    // Not `npm ci`: some of componentize-qjs's optional packages were never published, and it insists on them.
    run_tool(
        Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(examples),
    )?;
    Ok(fs::write(installed, lock)?)
}

fn tool(examples: &Path, name: &str) -> Command {
    let mut command = Command::new(examples.join("node_modules/.bin").join(name));
    command.current_dir(examples);
    command
}
