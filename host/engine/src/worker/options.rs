//! A run's options, and the component that they put it on.

use super::*;
use crate::api::versions::OptionsRequest;

impl Visit<'_> {
    /// In one commit: the run is on another component, and its history says why. A run that does
    /// not fit the component it is to be pinned to stays as it is, and whoever asked is told.
    pub(super) fn update_options(
        &mut self,
        run: RunId,
        asked: Box<OptionsRequest>,
        reply: ReplyTo<Accepted>,
    ) -> bool {
        let of_run = |row: &&Arc<RunRow>| row.key.run == run;
        let Some(row) = self.current.as_ref().filter(of_run).cloned() else {
            self.answer(Some(reply), Err(self.not_found(Some(run))));
            return false;
        };
        let arrival = Arrival::UpdateOptions {
            change: asked.change.clone(),
            identity: asked.identity.clone(),
        };
        let to = asked.component.filter(|to| *to != row.component);
        if !row.status.is_open() || (to.is_none() && self.warm.is_some()) {
            return self.deliver(Some(run), None, arrival, Some(reply));
        }
        let Some(mut loaded) = self.loaded.take() else {
            return self.want_history(Letter::Options { run, asked, reply }, row);
        };
        // It goes where the options say, not where the ones before would have brought it.
        loaded.deployed = None;
        let Some(to) = to else {
            self.loaded = Some(loaded);
            return self.deliver(Some(run), None, arrival, Some(reply));
        };
        let mut moved = (*row).clone();
        moved.move_to(to);
        match self.inner.replay(&moved, &loaded.history, self.inner.program_blocking(to)) {
            Ok(alive) => {
                self.warm = Some(alive);
                let mut batch = Batch::of(arrival, Caller::Client(reply));
                if row.task_failure.is_some() {
                    batch.arrivals.push(Arrival::TaskRetryDue);
                    batch.callers.push(Caller::Host);
                }
                self.step_with(&Arc::new(moved), batch)
            }
            Err(error) if asked.may_stay && error.fails_task() => {
                self.note_unfit(&moved, &error);
                self.loaded = Some(loaded);
                self.deliver(Some(run), None, arrival, Some(reply))
            }
            Err(error) => {
                self.inner.make_room(&error);
                self.answer(Some(reply), Err(EngineError::of_trial(error)));
                false
            }
        }
    }
}
