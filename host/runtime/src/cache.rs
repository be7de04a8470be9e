//! Compiled components: on disk by content and engine, in memory by last use.
//!
//! What lies on disk is machine code and is run as it is. So nothing is read that this host has
//! not written itself, the folder is closed to others, and a name says of which bytes and for
//! which engine a file is. A file that can't be read is written anew.

use crate::compile::{self, Compiler, NotCompiled, WaitedFor};
use crate::errors::{ComponentError, RuntimeError};
use refrain_core::ids::Digest;
use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use wasmtime::Engine;
use wasmtime::component::Component;

/// On disk.
pub(crate) struct Compiled {
    dir: PathBuf,
    engine_hash: u64,
    compiler: Option<Compiler>,
    compiling: Mutex<HashMap<Digest, WaitedFor>>,
    compiled: Condvar,
}

/// Components that are compiled at a time for uploads, and as many again for runs: no upload holds those up.
/// Each takes all cores that nobody else needs; a second one, so that one that takes long does not hold up all
/// others.
const COMPILED_AT_ONCE_MAX: usize = 2;

/// One of those: nobody compiles the same meanwhile.
struct Compiling<'a> {
    of: &'a Compiled,
    digest: Digest,
}

impl Drop for Compiling<'_> {
    fn drop(&mut self) {
        self.of.compiling.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.digest);
        self.of.compiled.notify_all();
    }
}

impl Compiled {
    pub(crate) fn open(
        dir: &Path,
        engine: &Engine,
        compiler: Option<Compiler>,
    ) -> Result<Compiled, RuntimeError> {
        let failed = |cause| RuntimeError::Cache { path: dir.display().to_string(), cause };
        fs::create_dir_all(dir).map_err(failed)?;
        close_to_others(dir).map_err(failed)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Compiled {
            dir: dir.to_owned(),
            engine_hash: hasher.finish(),
            compiler,
            compiling: Mutex::default(),
            compiled: Condvar::new(),
        })
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.dir.join(format!("{digest}-{:016x}.cwasm", self.engine_hash))
    }

    /// Deletes what was compiled for this engine and for earlier ones.
    pub(crate) fn forget(&self, digest: Digest) {
        let prefix = format!("{digest}-");
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(&prefix)
                && let Err(cause) = fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %cause, "compiled component not deleted");
            }
        }
    }

    /// From disk, or compiled from the bytes and written there.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        digest: Digest,
        by: WaitedFor,
        bytes: impl FnOnce() -> Result<Vec<u8>, ComponentError>,
    ) -> Result<Component, ComponentError> {
        let path = self.path(digest);
        if let Some(component) = read(engine, &path) {
            return Ok(component);
        }
        let bytes = bytes()?;
        let _compiling = self.begin(digest, by);
        if let Some(component) = read(engine, &path) {
            return Ok(component);
        }
        match self.compile(engine, &bytes, by, &path) {
            Ok(()) => match deserialize(engine, &path) {
                Ok(component) => return Ok(component),
                Err(cause) => {
                    let _ = fs::remove_file(&path);
                    if let Some(refused) = crate::errors::too_many_parts(&cause) {
                        return Err(refused);
                    }
                    tracing::warn!(path = %path.display(), %cause, "compiled component can't be used");
                }
            },
            Err(NotCompiled::Component(refused)) => return Err(refused),
            Err(NotCompiled::NotWritten(cause)) => {
                tracing::warn!(path = %path.display(), %cause, "compiled component not kept");
            }
        }
        // A disk that is full must not keep a run from going on: compile once more, in memory.
        Component::new(engine, &bytes)
            .map_err(|cause| ComponentError::Compile(crate::errors::without_backtrace(&cause)))
    }

    /// Waits for its turn.
    fn begin(&self, digest: Digest, by: WaitedFor) -> Compiling<'_> {
        let is_full = |compiling: &mut HashMap<_, _>| {
            let alike = compiling.values().filter(|it| **it == by).count();
            compiling.contains_key(&digest) || alike >= COMPILED_AT_ONCE_MAX
        };
        let compiling = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = self.compiled.wait_while(compiling, is_full);
        turn.unwrap_or_else(PoisonError::into_inner).insert(digest, by);
        Compiling { of: self, digest }
    }

    /// All of it, or nothing: a crash must not leave half a program to be run.
    fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        by: WaitedFor,
        path: &Path,
    ) -> Result<(), NotCompiled> {
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let written = match &self.compiler {
            Some(compiler) => compiler.compile(bytes, by, &unfinished),
            None => compile::in_this_process(engine, bytes)
                .map_err(NotCompiled::Component)
                .and_then(|it| compile::write(&unfinished, &it).map_err(NotCompiled::NotWritten)),
        };
        match written {
            Ok(()) => fs::rename(&unfinished, path).map_err(NotCompiled::NotWritten),
            Err(cause) => {
                let _ = fs::remove_file(&unfinished);
                Err(cause)
            }
        }
    }
}

fn read(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    match deserialize(engine, path) {
        Ok(component) => Some(component),
        Err(cause) => {
            tracing::warn!(path = %path.display(), %cause, "compiled component can't be used");
            None
        }
    }
}

#[allow(unsafe_code)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was made by `Engine::precompile_component` of this very engine, or of one of its
    // kind in a process of this program: `compile` is the only writer, in a folder that is closed to others, under a name made of the
    // component's digest and the engine's hash, moved there only when it was complete.
    unsafe { Component::deserialize_file(engine, path) }
}

#[cfg(unix)]
fn close_to_others(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close_to_others(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// In memory.
pub(crate) struct Recent<T> {
    kept: Mutex<Kept<T>>,
    max: usize,
}

struct Kept<T> {
    clock: u64,
    by_digest: HashMap<Digest, (u64, Arc<T>)>,
}

impl<T> Recent<T> {
    pub(crate) fn new(max: usize) -> Recent<T> {
        Recent { kept: Mutex::new(Kept { clock: 0, by_digest: HashMap::new() }), max: max.max(1) }
    }

    /// The one that is kept, or the one that `load` makes. Two callers may load the same; both
    /// get the one that was kept first.
    pub(crate) fn get(
        &self,
        digest: Digest,
        load: impl FnOnce() -> Result<T, ComponentError>,
    ) -> Result<Arc<T>, ComponentError> {
        if let Some(found) = self.touch(digest) {
            return Ok(found);
        }
        let loaded = Arc::new(load()?);
        if let Some(found) = self.touch(digest) {
            return Ok(found);
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_digest.len() >= self.max {
            let oldest =
                kept.by_digest.iter().min_by_key(|(_, (used, _))| *used).map(|(digest, _)| *digest);
            if let Some(oldest) = oldest {
                kept.by_digest.remove(&oldest);
            }
        }
        kept.clock += 1;
        let now = kept.clock;
        kept.by_digest.insert(digest, (now, loaded.clone()));
        Ok(loaded)
    }

    pub(crate) fn forget(&self, digest: Digest) {
        let forgotten = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.by_digest.remove(&digest)
        };
        // May be the last use of a whole program: not under the lock.
        drop(forgotten);
    }

    /// The one that is kept, which counts as using it.
    pub(crate) fn touch(&self, digest: Digest) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let (used, found) = kept.by_digest.get_mut(&digest)?;
        *used = now;
        Some(found.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_waits_for_is_compiled_though_every_place_for_uploads_is_taken() {
        let dir = std::env::temp_dir().join(format!("refrain-places-{}", std::process::id()));
        let compiled = Compiled::open(&dir, &Engine::default(), None).expect("it opens");
        let digest = |n| Digest([n; 32]);
        let _uploads = [1, 2].map(|n| compiled.begin(digest(n), WaitedFor::ByUpload));
        let _runs = [3, 4].map(|n| compiled.begin(digest(n), WaitedFor::ByRun));
        let compiling = compiled.compiling.lock().expect("nobody panicked");
        assert_eq!(compiling.len(), 4);
        drop(compiling);
        let _ = fs::remove_dir(dir);
    }
}
