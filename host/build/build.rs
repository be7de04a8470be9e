//! What `refrain new` writes is carried in the binary: the SDKs, the contract, templates and the first program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const CARRIED: [&str; 15] = [
    "wit",
    "sdk/rust",
    "sdk/typescript",
    "sdk/python",
    "sdk/c",
    "guest-examples/rust/Cargo.lock",
    "guest-examples/rust/hello/src",
    "guest-examples/typescript/package.json",
    "guest-examples/typescript/hello",
    "guest-examples/python/hello",
    "guest-examples/c/hello",
    "guest-examples/go/hello",
    "host/build/templates",
    "tests/clients/requirements.txt",
    "tests/clients/typescript/package.json",
];
/// What tools leave behind.
const LEFT: [&str; 6] = ["target", "node_modules", "__pycache__", "dist", ".venv", "Cargo.lock"];

fn main() -> io::Result<()> {
    let crate_folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = crate_folder.join("../..").canonicalize()?;
    let mut files = Vec::new();
    for carried in CARRIED {
        list(&root.join(carried), &mut files)?;
    }
    let mut list = String::from("[\n");
    for file in &files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        // As they are named in the repository, on every system.
        let name = name.to_string_lossy().replace('\\', "/");
        let _ = writeln!(list, "    ({name:?}, include_bytes!({:?})),", file.display().to_string());
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("carried.rs"), list)
}

/// The files below, in order. Says whether tools left anything there.
fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<bool> {
    if path.is_file() {
        println!("cargo:rerun-if-changed={}", path.display());
        files.push(path.to_owned());
        return Ok(false);
    }
    let mut entries = fs::read_dir(path)?
        .map(|entry| entry.map(|it| it.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut any_left = false;
    for entry in entries {
        let name = entry.file_name().unwrap_or_default();
        let is_left = LEFT.iter().any(|it| name == *it);
        any_left |= is_left || list(&entry, files)?;
    }
    // Cargo looks at all below a folder, so those with leavings would always be new.
    if !any_left {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    Ok(any_left)
}
