//! Has a file of the project changed?
//!
//! Asked again and again: a project is a few hundred files, and what systems tell by themselves differs, also
//! between disks of one system.

use crate::errors::CliError;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const POLL: Duration = Duration::from_millis(200);
/// Folders that tools write. Hidden ones are no sources either.
const MADE: [&str; 6] =
    ["target", "dist", "build", "node_modules", "__pycache__", refrain_build::SDK_FOLDER];
/// Files that package managers write.
const LOCKS: [&str; 5] = ["Cargo.lock", "package-lock.json", "uv.lock", "poetry.lock", "go.sum"];

/// When each file was last written, and how long it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Sources(BTreeMap<PathBuf, (Option<SystemTime>, u64)>);

impl Sources {
    pub(super) fn of(folder: &Path) -> Result<Sources, CliError> {
        let mut sources = Sources::default();
        sources.add(folder).map_err(|error| {
            CliError::failed(format!("`{}` can't be read: {error}", folder.display()))
        })?;
        Ok(sources)
    }

    fn add(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') || LOCKS.contains(&&*name) {
                continue;
            }
            let Ok(metadata) = entry.metadata() else {
                // Gone since it was listed, as editors do when they save.
                continue;
            };
            if metadata.is_dir() {
                if !MADE.contains(&&*name) {
                    match self.add(&entry.path()) {
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        added => added?,
                    }
                }
            } else {
                self.0.insert(entry.path(), (metadata.modified().ok(), metadata.len()));
            }
        }
        Ok(())
    }

    /// Waits until the sources are others than these, and stay as they are for a moment: an editor may
    /// write several files, or one in pieces.
    pub(super) async fn changed(&self, folder: &Path) -> Result<(), CliError> {
        let mut last = self.clone();
        loop {
            tokio::time::sleep(POLL).await;
            let now = Sources::of(folder)?;
            if now != *self && now == last {
                return Ok(());
            }
            last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_is_no_change_and_what_people_write_is() {
        let folder = std::env::temp_dir().join(format!("refrain-watch-{}", std::process::id()));
        for file in ["src/lib.rs", "target/debug/a", ".git/HEAD", "Cargo.lock"] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap_or(&folder)).unwrap();
            fs::write(file, "1").unwrap();
        }
        let before = Sources::of(&folder).unwrap();
        fs::write(folder.join("target/debug/a"), "more").unwrap();
        fs::write(folder.join("Cargo.lock"), "more").unwrap();
        assert_eq!(Sources::of(&folder).unwrap(), before);
        fs::write(folder.join("src/lib.rs"), "more").unwrap();
        assert_ne!(Sources::of(&folder).unwrap(), before);
        fs::remove_dir_all(folder).unwrap();
    }
}
