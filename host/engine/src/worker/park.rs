//! A step that has begun local activities waits a little for their end, so that it and they are one
//! commit. The worker thread does not wait with it: the cell is put aside, and comes back.

use super::*;
use crate::warm::Waiting;
use refrain_core::run::Outcome;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A step between its turns.
pub(crate) struct Parked {
    ended: Option<Stepped>,
    stepped: Stepped,
    until: Instant,
    /// Counted while it waits.
    room: Option<Waiting>,
}

impl Visit<'_> {
    /// The end of a step: its commit, unless local activities may still be part of it.
    pub(super) fn conclude(&mut self, ended: Option<Stepped>, stepped: Stepped) {
        let patience = self.inner.config.local_in_step.as_ms();
        let until = Instant::now() + std::time::Duration::from_millis(patience);
        self.wait_or_commit(Parked { ended, stepped, until, room: None });
    }

    fn wait_or_commit(&mut self, parked: Parked) {
        let Parked { ended, stepped, until, room } = parked;
        let run_id = stepped.row.key.run;
        if let Some(ended) = &ended {
            self.inner.stop_locals(ended.row.key.run);
        }
        let something_ends = match &stepped.run {
            Some(run) => self.inner.sync_locals(run),
            None => {
                self.inner.stop_locals(run_id);
                None
            }
        };
        let may_go_on = stepped.run.as_ref().is_some_and(Run::may_go_on);
        match something_ends {
            Some(something_ends) if may_go_on && Instant::now() < until => {
                // Without room it is two commits instead of one.
                let Some(room) = room.or_else(|| self.room_to_wait(&stepped)) else {
                    return self.commit_chain(ended.into_iter().collect(), stepped);
                };
                self.put_back();
                let parked = Parked { ended, stepped, until, room: Some(room) };
                self.cell.lock().parked = Some(Box::new(parked));
                self.come_back(something_ends, until);
            }
            Some(_) | None => self.commit_chain(ended.into_iter().collect(), stepped),
        }
    }

    fn room_to_wait(&self, stepped: &Stepped) -> Option<Waiting> {
        let rooms = stepped.run.as_ref().map_or(0, Run::rooms);
        self.inner.warm.park(&self.inner.cells, &self.cell, rooms)
    }

    fn come_back(&self, something_ends: Arc<Notify>, until: Instant) {
        let (inner, cell) = (Arc::clone(self.inner), Arc::clone(&self.cell));
        self.inner.runtime.spawn(async move {
            let _ = tokio::time::timeout_at(until, something_ends.notified()).await;
            inner.ready.push(cell);
        });
    }

    /// Shows the guest what has come meanwhile.
    pub(super) fn go_on(&mut self, parked: Parked) {
        let Parked { ended, mut stepped, until, room } = parked;
        let closed = self.take_outcomes(stepped.row.key.run);
        if let Some(run) = stepped.run.take() {
            let decision = stepped.decision.clone();
            match run.go_on(decision, closed) {
                Ok(Outcome { run, decision, failed }) => {
                    self.report(&stepped.row, failed.as_ref());
                    stepped = Stepped { run, decision, ..stepped };
                }
                Err(error) => {
                    self.report(&stepped.row, Some(&error));
                    self.inner.stop_locals(stepped.row.key.run);
                    let error = EngineError::of_step(&error);
                    self.refuse(stepped, &error);
                    if let Some(ended) = ended {
                        self.refuse(ended, &error);
                    }
                    return self.forget();
                }
            }
        }
        self.wait_or_commit(Parked { ended, stepped, until, room });
    }

    fn take_outcomes(&mut self, of: RunId) -> Vec<Closed> {
        let mut closed = Vec::new();
        let mut others = VecDeque::with_capacity(self.letters.len());
        for letter in std::mem::take(&mut self.letters) {
            match letter {
                Letter::Deliver { run: Some(run), arrival: Arrival::LocalClosed(it), .. }
                    if run == of =>
                {
                    closed.push(*it);
                }
                other => others.push_back(other),
            }
        }
        self.letters = others;
        closed
    }

    /// The step came to nothing: the run is as the store has it.
    fn forget(&mut self) {
        self.put_back();
        let mut state = self.cell.lock();
        state.warm = None;
        state.known = Known::Unknown;
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        self.inner.settled(&self.cell, more);
    }

    /// Nobody has seen the step: those who wait are told, and what was sent comes again.
    fn refuse(&mut self, stepped: Stepped, error: &EngineError) {
        stepped.batch.into_iter().for_each(|caller| caller.refuse(error.clone()));
        self.arrive_when_there_is_room(stepped.row.key.run, stepped.own, stepped.messages);
        if let Some(starter) = stepped.started {
            starter.send(self.inner, Err(error.clone()));
        }
    }
}
