//! To another component, if the run fits it.

use super::*;

impl Visit<'_> {
    /// Replays the run on `to` and, if it fits, pins it to that. A run that does not fit stays
    /// as it is, and whoever asked is told why.
    pub(super) fn move_run(&mut self, run: RunId, to: Digest, reply: ReplyTo<Accepted>) -> bool {
        let of_run = |row: &&Arc<RunRow>| row.key.run == run;
        let Some(row) = self.current.as_ref().filter(of_run).cloned() else {
            self.answer(Some(reply), Err(self.not_found(Some(run))));
            return false;
        };
        if !row.status.is_open() || row.component == to {
            let closed = Err(EngineError::Refused(Refused::RunClosed));
            let answer = if row.status.is_open() { Ok(Accepted::AlreadyThere) } else { closed };
            self.answer(Some(reply), answer);
            return false;
        }
        if row.is_pinned() {
            // Whoever pinned it wants it where it is.
            self.answer(Some(reply), Err(EngineError::Refused(Refused::Spurious)));
            return false;
        }
        let Some(Loaded { history, .. }) = self.loaded.take() else {
            return self.want_history(Letter::Move { run, to, reply }, row);
        };
        let mut row = (*row).clone();
        row.move_to(to);
        match self.inner.replay(&row, &history, self.inner.program_blocking(to)) {
            Ok(moved) => {
                let decision = moved.unchanged(row.task_failure.clone());
                self.warm = None;
                let batch = vec![Caller::Client(reply)];
                self.commit(vec![Stepped { batch, ..Stepped::of(row, Some(moved), decision) }]);
                true
            }
            Err(error) => {
                self.inner.make_room(&error);
                self.answer(Some(reply), Err(EngineError::of_trial(error)));
                false
            }
        }
    }
}
