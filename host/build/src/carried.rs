//! Files of this repository that the binary carries.

use crate::BuildError;
use std::path::Path;

/// By their names in the repository, in order.
const FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// What lies in `folder`, with names from there.
pub(crate) fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter_map(move |(name, bytes)| {
        let name = name.strip_prefix(folder)?.strip_prefix('/')?;
        Some((name, *bytes))
    })
}

/// One that is known to be there.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    let (_, bytes) = FILES.iter().find(|(it, _)| *it == name)?;
    std::str::from_utf8(bytes).ok()
}

/// # Errors
///
/// If the disk does not take it.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, bytes))
        .map_err(BuildError::files(format!("`{}` can't be written", file.display())))
}
