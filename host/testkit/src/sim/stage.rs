//! What an engine stands on in a test: programs that are scripts, and a directory.

use super::*;
use refrain_core::guest::{Guest, GuestErrorKind, Query, QueryError, Turn};
use refrain_core::machines::Command;
use refrain_core::payload::Payloads;

/// Components are numbers of versions: of one byte, or as a digest.
#[derive(Default)]
pub(super) struct ScriptedPrograms {
    versions: Mutex<Versions>,
    /// How often each was asked for.
    asked: Mutex<BTreeMap<Digest, usize>>,
    /// So many guests to come find no room.
    pub(super) turned_away: Arc<AtomicU64>,
}

impl ScriptedPrograms {
    pub(super) fn versions(&self) -> MutexGuard<'_, Versions> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn asked(&self) -> MutexGuard<'_, BTreeMap<Digest, usize>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Programs for ScriptedPrograms {
    fn cached(&self, component: Digest) -> Option<Arc<dyn Program>> {
        *self.asked().entry(component).or_default() += 1;
        let program = self.versions().program(component);
        Some(Arc::new(Crowded { program, turned_away: Arc::clone(&self.turned_away) }))
    }

    fn load(&self, component: Digest, _: Vec<u8>) -> Result<Arc<dyn Program>, GuestError> {
        Ok(Arc::new(self.versions().program(component)))
    }

    fn check(&self, bytes: &[u8]) -> Result<Checked, GuestError> {
        let (digest, kind, types) = match bytes == ACTIVITIES {
            true => (ACTIVITIES_DIGEST, ComponentKind::Activities, &locals::KINDS[..]),
            false => (digest_of(usize::from(bytes[0])), ComponentKind::Workflow, &[][..]),
        };
        let named: Vec<_> = types.iter().map(|it| serde_json::json!({ "name": it })).collect();
        Ok(Checked {
            digest,
            kind,
            definition: serde_json::json!({ "activity_types": named }).to_string(),
            types: types.iter().map(|it| (*it).to_owned()).collect(),
        })
    }

    fn load_activities(
        &self,
        _: Digest,
        _: Vec<u8>,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError> {
        Ok(Arc::new(ScriptedActivities))
    }
}

impl Sim {
    /// The host is full: so many guests find no room, those after them do.
    pub fn turn_away(&self, n_guests: u64) {
        self.programs.turned_away.store(n_guests, Ordering::Relaxed);
    }
}

/// Guests of a program on a host that may be full.
struct Crowded {
    program: ScriptedProgram,
    turned_away: Arc<AtomicU64>,
}

impl Program for Crowded {
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError> {
        let one_less = |n: u64| n.checked_sub(1);
        match self.turned_away.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(Box::new(TurnedAway)),
            Err(_) => self.program.guest(),
        }
    }
}

/// As the real ones, it finds out in its first turn.
struct TurnedAway;

fn no_room() -> GuestError {
    GuestError {
        kind: GuestErrorKind::NoRoom,
        message: "no room for one more guest".to_owned(),
        backtrace: String::new(),
    }
}

impl Guest for TurnedAway {
    fn turn(&mut self, _: Turn) -> Result<Vec<Command>, GuestError> {
        Err(no_room())
    }

    fn query(&mut self, _: &Query) -> Result<Payloads, QueryError> {
        Err(QueryError::Guest(no_room()))
    }

    fn validate_update(
        &mut self,
        _: &update::Request,
        _: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        Err(no_room())
    }

    fn unreceived(&self) -> Vec<signal::Signal> {
        Vec::new()
    }
}

/// Local activities of scripts.
pub(super) const ACTIVITIES: &[u8] = b"activities";
pub(super) const ACTIVITIES_DIGEST: Digest = Digest([0xac; 32]);

struct ScriptedActivities;

impl ActivityProgram for ScriptedActivities {
    fn execute(
        &self,
        _: String,
        task: ActivityTask,
        _: Arc<dyn Heartbeats>,
    ) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>> {
        Box::pin(std::future::ready(locals::attempt(&task)))
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
