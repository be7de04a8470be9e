//! What an engine stands on in a test: programs that are scripts, and a directory.

use super::*;

/// Components are numbers of versions: of one byte, or as a digest.
#[derive(Default)]
pub(super) struct ScriptedPrograms(pub(super) Mutex<Versions>);

impl ScriptedPrograms {
    pub(super) fn versions(&self) -> MutexGuard<'_, Versions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Programs for ScriptedPrograms {
    fn cached(&self, component: Digest) -> Option<Arc<dyn Program>> {
        Some(Arc::new(self.versions().program(component)))
    }

    fn load(&self, component: Digest, _: Vec<u8>) -> Result<Arc<dyn Program>, GuestError> {
        Ok(Arc::new(self.versions().program(component)))
    }

    fn check(&self, bytes: &[u8]) -> Result<Checked, String> {
        Ok(Checked {
            digest: digest_of(usize::from(bytes[0])),
            kind: ComponentKind::Workflow,
            definition: "{}".to_owned(),
            types: Vec::new(),
        })
    }

    fn load_activities(
        &self,
        _: Digest,
        _: Vec<u8>,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError> {
        Err(GuestError {
            kind: GuestErrorKind::Instantiate,
            message: "scripts have no activities of their own".to_owned(),
            backtrace: String::new(),
        })
    }
}

/// A directory that goes when the test does.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("refrain-sim-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
