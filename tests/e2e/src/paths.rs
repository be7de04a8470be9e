//! Where the binary and the guests lie.

use crate::host;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap_or_default()
}

/// `target`, or where `CARGO_TARGET_DIR` puts it.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where hosts of tests keep compiled components.
pub fn cache() -> PathBuf {
    target().join("e2e-cache")
}

/// The `refrain` binary: `REFRAIN_BIN`, or the one built in the profile of this program.
pub fn binary() -> Result<PathBuf> {
    let path = match std::env::var_os("REFRAIN_BIN") {
        Some(path) => PathBuf::from(path),
        None => {
            let this = std::env::current_exe().context("this program has no path")?;
            let profile = this
                .ancestors()
                .find(|it| it.parent() == Some(&target()))
                .map_or_else(|| target().join("debug"), Path::to_path_buf);
            profile.join("refrain")
        }
    };
    if !path.exists() {
        bail!("{} is not there: run `cargo build -p refrain`", path.display());
    }
    Ok(path)
}

/// A guest built by `cargo xtask guests`, e.g. `rust/order-fulfillment`.
pub fn guest(name: &str) -> Result<PathBuf> {
    let path = target().join("guests").join(format!("{name}.wasm"));
    if !path.exists() {
        bail!("{} is not there: run `cargo xtask guests`", path.display());
    }
    if name.starts_with("python/") {
        compile(&path)?;
    }
    Ok(path)
}

/// A component of Python takes ten seconds to compile, on a loaded machine a minute: once for all tests, and before the
/// patience of one of them begins.
fn compile(file: &Path) -> Result<()> {
    static COMPILED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if compiled.insert(file.to_owned()) {
        // Whether it fits this history is of no interest.
        let history = root().join("tests/histories/daily-report/0.1.0-rust-scheduled.json");
        let args = ["replay", &history.to_string_lossy(), &file.to_string_lossy()];
        host::output_within(Duration::from_secs(300), host::refrain()?.args(args))?;
    }
    Ok(())
}

/// Where `cargo xtask test` installs Temporal's own clients.
pub fn python_directory() -> PathBuf {
    target().join("test-tools/python")
}

/// Temporal's TypeScript SDK and our programs for it, once `cargo xtask test` or `bench` has installed it.
pub fn typescript_clients() -> Result<PathBuf> {
    let directory = root().join("tests/clients/typescript");
    if !directory.join("node_modules/@temporalio/worker").exists() {
        bail!(
            "Temporal's SDK is not in {}: run `cargo xtask test`, which installs it",
            directory.display()
        );
    }
    Ok(directory)
}

/// The program for Temporal's Rust client, once `cargo xtask test` has built it.
pub fn rust_client() -> Result<PathBuf> {
    let path = rust_client_directory().join("debug/everything");
    if !path.exists() {
        bail!("{} is not there: run `cargo xtask test`, which builds it", path.display());
    }
    Ok(path)
}

/// Where `cargo xtask test` builds the program for Temporal's Rust client.
pub fn rust_client_directory() -> PathBuf {
    target().join("test-tools/rust")
}

/// Every history in `tests/histories`, in order.
pub fn golden_histories() -> Result<Vec<PathBuf>> {
    let mut histories = Vec::new();
    for scenario in std::fs::read_dir(root().join("tests/histories"))? {
        let scenario = scenario?.path();
        if !scenario.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(scenario)? {
            histories.push(file?.path());
        }
    }
    histories.sort();
    Ok(histories)
}

/// A browser, and the program that looks at web pages with it, once `cargo xtask test` has installed it.
pub fn web_clients() -> Result<PathBuf> {
    let directory = root().join("tests/clients/web");
    if !directory.join("node_modules/@sparticuz/chromium").exists() {
        bail!(
            "the browser is not in {}: run `cargo xtask test`, which installs it",
            directory.display()
        );
    }
    Ok(directory)
}

/// A program of Temporal's clients: `temporal`, or the `python` that has the SDK.
pub fn client_program(name: &str) -> Result<PathBuf> {
    let path = python_directory().join("bin").join(name);
    if !path.exists() {
        bail!("{} is not there: run `cargo xtask test`, which installs it", path.display());
    }
    Ok(path)
}
