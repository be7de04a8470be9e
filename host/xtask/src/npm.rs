//! Packages of npm, as the lock file beside them says.

use crate::shell;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Installs what the lock file says, once for each state of it.
pub(crate) fn install(directory: &Path) -> Result<()> {
    let lock = fs::read_to_string(directory.join("package-lock.json"))?;
    let installed = directory.join("node_modules/.refrain-lock");
    if fs::read_to_string(&installed).is_ok_and(|was| was == lock) {
        return Ok(());
    }
    println!("installing the packages of {}", directory.display());
    // Not `npm ci`: it insists on packages for other systems that were never published.
    let args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    shell::run(Command::new("npm").args(args).current_dir(directory)).context(
        "`npm` is needed\nhint: install Node.js 20 or later, on Debian with `apt-get install nodejs npm`",
    )?;
    Ok(fs::write(installed, lock)?)
}
