//! Histories on disk.

use crate::errors::CliError;
use std::path::{Path, PathBuf};

/// More than any history has: 50 MB of events, written out.
const BYTES_MAX: u64 = 512 << 20;

/// Files as they are given, and of directories all `.json` files below, by name.
pub(super) fn find(given: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    for path in given {
        if path.is_dir() {
            let before = found.len();
            below(path, &mut found)?;
            if found.len() == before {
                let what = format!("directory `{}` has no `.json` files", path.display());
                return Err(CliError::failed(what));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn below(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::failed(format!("directory `{}` can't be read: {error}", directory.display()))
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for path in entries {
        // A link to a directory may lead back here.
        if path.is_dir() && !path.is_symlink() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|it| it == "json") {
            found.push(path);
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > BYTES_MAX {
        return Err(format!("it has {size} bytes, at most {BYTES_MAX} are expected"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
