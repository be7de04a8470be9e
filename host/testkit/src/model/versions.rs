//! Which version a run is on.

use super::*;
use crate::versions::told;

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
        let may_move = self.runs[at].task_failure.is_some() || self.runs[at].follows();
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

    /// What it does at once when it is told to follow. A failed task is tried again then.
    pub(super) fn move_to_follow(&mut self, at: usize, act: &Act) -> Option<Arrival> {
        let moves = matches!(act, Act::RunOptions { follows: Some(true), .. });
        let newest = self.versions.newest();
        let run = &self.runs[at];
        if !moves || !run.status.is_open() || run.component == newest {
            return None;
        }
        let run = self.replay_on(at, newest).ok()?;
        self.runs[at].component = newest;
        self.runs[at].live = Some(run);
        self.runs[at].task_failure.is_some().then_some(Arrival::TaskRetryDue)
    }

    /// One that is stuck is not kept: its next attempt may be another version's.
    pub(super) fn keep(&mut self, at: usize, live: Run) {
        self.runs[at].live = Some(live).filter(|_| self.runs[at].task_failure.is_none());
    }
}
