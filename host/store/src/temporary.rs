//! Databases without a name: each in a directory of its own, which goes with its host.

use crate::error::OpenError;
use crate::open::lock_file;
use std::fs::{DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A host that is about to lock its database is not taken for one that is gone.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// A directory of our own under the system's temporary one.
#[derive(Debug)]
pub(crate) struct Temporary {
    directory: PathBuf,
}

impl Temporary {
    /// Also takes away what hosts left behind that were killed: those that tests begin mostly are.
    pub(crate) fn create(root: &Path) -> Result<Temporary, OpenError> {
        static N_MADE: AtomicU64 = AtomicU64::new(0);
        sweep(root);
        loop {
            let number = N_MADE.fetch_add(1, Ordering::Relaxed);
            let directory = root.join(format!("refrain-{}-{number}", std::process::id()));
            match std::fs::create_dir(&directory) {
                Ok(()) => return Ok(Temporary { directory }),
                // Left behind by an earlier process of the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    return Err(OpenError::NoTemporary { directory: root.to_owned(), source });
                }
            }
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        database_in(&self.directory)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            tracing::warn!(directory = %self.directory.display(), %error, "temporary database stays");
        }
    }
}

fn database_in(directory: &Path) -> PathBuf {
    directory.join("refrain.db")
}

/// Nothing depends on it: what can't be read, locked or removed (another user's) stays.
fn sweep(root: &Path) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten().filter(is_named_as_ours) {
        if let Ok(true) = is_left_behind(&entry) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// `refrain-PROCESS-NUMBER`
fn is_named_as_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let numbers = name.to_str().and_then(|it| it.strip_prefix("refrain-")?.split_once('-'));
    numbers.is_some_and(|(process, number)| {
        process.parse::<u32>().is_ok() && number.parse::<u64>().is_ok()
    })
}

fn is_left_behind(entry: &DirEntry) -> io::Result<bool> {
    // A link is no directory here.
    if !entry.file_type()?.is_dir() {
        return Ok(false);
    }
    let lock = File::open(lock_file(&database_in(&entry.path())))?;
    let age = lock.metadata()?.modified()?.elapsed().unwrap_or_default();
    Ok(age > GONE_AFTER && lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_killed_hosts_left_behind_is_taken_away_and_nothing_else() {
        let root = std::env::temp_dir().join(format!("refrain-sweep-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let make = |name: &str, age: u64| {
            let directory = root.join(name);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(database_in(&directory), "pages").unwrap();
            let lock = File::create(lock_file(&database_in(&directory))).unwrap();
            lock.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            lock
        };
        make("refrain-7-0", 3600);
        make("refrain-7-1", 61);
        make("refrain-8-0", 30);
        make("refrain-teashop-0", 3600);
        make("others-7-0", 3600);
        let living = make("refrain-9-0", 3600);
        living.lock().unwrap();
        std::fs::create_dir(root.join("refrain-10-0")).unwrap();

        let new = Temporary::create(&root).unwrap();
        let left = || {
            let entries = std::fs::read_dir(&root).unwrap().flatten();
            let names = entries.map(|it| it.file_name().into_string().unwrap());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let mine = new.directory.file_name().unwrap().to_str().unwrap().to_owned();
        let all = ["others-7-0", "refrain-10-0", "refrain-8-0", "refrain-9-0", "refrain-teashop-0"];
        let mut expected: std::collections::BTreeSet<_> = all.map(str::to_owned).into();
        assert!(expected.insert(mine.clone()));
        assert_eq!(left(), expected);
        drop(new);
        expected.remove(&mine);
        assert_eq!(left(), expected);
        std::fs::remove_dir_all(&root).unwrap();
    }
}
