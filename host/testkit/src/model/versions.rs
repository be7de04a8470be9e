//! Which version a run is on.

use super::*;
use crate::script::OnVersion;
use crate::versions::{digest_of, told};
use refrain_core::options::{Override, Version};

impl Model {
    pub(super) fn replay_on(&self, at: usize, component: Digest) -> Result<Run, StepError> {
        let run = &self.runs[at];
        let guest = self.versions.program(component).guest().map_err(StepError::Guest)?;
        Run::replay(self.facts(&run.key, component), &run.history, guest)
    }

    /// A run that is stuck is tried on the newest version first: it has nothing to lose. So is one
    /// whose options say so.
    pub(super) fn revive(&mut self, at: usize) -> Result<Run, StepError> {
        let newest = self.versions.newest();
        let run = &self.runs[at];
        let may_move = run.follows() || run.task_failure.is_some() && !run.is_pinned();
        if may_move
            && newest != self.runs[at].component
            && let Ok(run) = self.replay_on(at, newest)
        {
            self.runs[at].component = newest;
            return Ok(run);
        }
        self.replay(at)
    }

    /// On the newest version; `moves` pins it to that if it fits.
    pub(super) fn check(&mut self, at: usize, moves: bool) {
        let newest = self.versions.newest();
        if !self.runs[at].status.is_open() || self.runs[at].component == newest {
            return self.note("nothing to replay");
        }
        let replayed = self.replay_on(at, newest);
        self.note(told(replayed.as_ref().map(drop)));
        if let (true, Ok(run)) = (moves, replayed) {
            self.runs[at].component = newest;
            let unchanged = run.unchanged(self.runs[at].task_failure.clone());
            self.commit(at, Some(run), unchanged);
        }
    }

    /// What it does at once when its options are changed. A failed task is tried again then.
    ///
    /// Errors: it is to be on a version that it does not fit.
    pub(super) fn move_by_options(
        &mut self,
        at: usize,
        act: &Act,
    ) -> Result<Option<Arrival>, StepError> {
        let Act::RunOptions { version: Some(version), .. } = act else { return Ok(None) };
        let Some(to) = self.version_of(*version) else { return Ok(None) };
        let run = &self.runs[at];
        if !run.status.is_open() || run.component == to {
            return Ok(None);
        }
        let run = match self.replay_on(at, to) {
            Ok(run) => run,
            Err(_) if *version == OnVersion::Follows => return Ok(None),
            Err(error) => return Err(error),
        };
        self.runs[at].component = to;
        self.runs[at].live = Some(run);
        Ok(self.runs[at].task_failure.is_some().then_some(Arrival::TaskRetryDue))
    }

    pub(super) fn version_of(&self, version: OnVersion) -> Option<Digest> {
        match version {
            OnVersion::Follows | OnVersion::Newest => Some(self.versions.newest()),
            OnVersion::Free => None,
            OnVersion::Pinned(number) => Some(digest_of(number)),
        }
    }

    /// Where a reset is to, and whether it may be where its base is if it does not fit there.
    pub(super) fn version_of_reset(
        &self,
        asked: Option<OnVersion>,
        said: Option<&Override>,
        own: Digest,
    ) -> (Digest, bool) {
        if let Some(asked) = asked {
            return (self.version_of(asked).unwrap_or(own), false);
        }
        let named = |it: &Version| it.build_id.parse().unwrap_or(own);
        match said {
            None => (own, false),
            Some(Override::AutoUpgrade) => (self.versions.newest(), true),
            Some(Override::Pinned(it)) => (named(it), false),
            Some(Override::OneTime(it)) => (named(it), true),
        }
    }

    /// One that is stuck is not kept: its next attempt may be another version's.
    pub(super) fn keep(&mut self, at: usize, live: Run) {
        self.runs[at].live = Some(live).filter(|_| self.runs[at].task_failure.is_none());
    }
}
