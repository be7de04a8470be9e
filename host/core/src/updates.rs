//! How far updates are. Between its arrival and its acceptance one is nowhere but in memory.

use crate::arrival::{Accepted, Refused};
use crate::errors::IllegalTransition;
use crate::event::Recorded;
use crate::execution::{Execution, OpenUpdate};
use crate::failure::Failure;
use crate::ids::EventId;
use crate::limits::RunLimits;
use crate::machines::{Event, update};
use std::collections::VecDeque;

/// How far an update is, as its caller is told.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateState {
    /// It waits for a workflow task.
    Admitted,
    Accepted,
    /// Nothing of it is kept.
    Rejected(Failure),
    Completed(update::Outcome),
}

/// What a history says of an update. `None`: it was never accepted.
pub fn state_in(history: &[Recorded], id: &str) -> Option<UpdateState> {
    let (mut state, mut is_closed) = (None, false);
    for recorded in history {
        is_closed |= recorded.event.closes_run();
        match &recorded.event {
            Event::Update(event) if event.update() == id => match event {
                update::Event::Admitted { .. } => state = Some(UpdateState::Admitted),
                update::Event::Accepted { .. } => state = Some(UpdateState::Accepted),
                update::Event::Rejected { failure, .. } => {
                    state = Some(UpdateState::Rejected(failure.clone()));
                }
                update::Event::Completed { outcome, .. } => {
                    state = Some(UpdateState::Completed(outcome.clone()));
                }
            },
            _ => {}
        }
    }
    match state {
        Some(UpdateState::Accepted) if is_closed => {
            Some(UpdateState::Completed(Err(update::closed_first())))
        }
        // Nobody took it.
        Some(UpdateState::Admitted) if is_closed => None,
        state => state,
    }
}

/// Those of one step.
#[derive(Debug, Default)]
pub(crate) struct WaitingUpdates {
    pub(crate) waiting: VecDeque<WaitingUpdate>,
    /// The guest has just said that it may be accepted.
    pub(crate) valid: Option<WaitingUpdate>,
    /// For those that wait no longer.
    pub(crate) verdicts: Vec<(WaitingUpdate, Result<Accepted, Refused>)>,
}

#[derive(Debug)]
pub(crate) struct WaitingUpdate {
    pub(crate) request: update::Request,
    /// The arrivals of the step that ask for it.
    pub(crate) arrivals: Vec<usize>,
}

impl WaitingUpdates {
    pub(crate) fn is_empty(&self) -> bool {
        self.valid.is_none() && self.waiting.is_empty()
    }

    fn with_id(&mut self, id: &str) -> Option<&mut WaitingUpdate> {
        self.waiting.iter_mut().find(|it| it.request.id == id)
    }

    fn size(&self) -> usize {
        self.waiting.iter().map(|it| it.request.size()).sum()
    }

    /// Puts the verdicts where the arrivals' replies are. Those that are left wait on, unless
    /// the run is closed and there is nothing to wait for.
    pub(crate) fn settle(self, is_open: bool, replies: &mut [Result<Accepted, Refused>]) {
        let left = self.valid.into_iter().chain(self.waiting);
        let verdict = match is_open {
            true => Ok(Accepted::Waits),
            false => Err(Refused::UpdateAborted),
        };
        let left = left.map(|it| (it, verdict.clone()));
        for (update, verdict) in left.chain(self.verdicts) {
            for at in update.arrivals {
                replies[at] = verdict.clone();
            }
        }
    }
}

impl OpenUpdate {
    fn of(request: &update::Request) -> OpenUpdate {
        OpenUpdate {
            id: request.id.clone(),
            name: request.name.clone(),
            identity: request.identity.clone(),
            size: request.size(),
        }
    }
}

impl Execution {
    /// `at`: which of the step's arrivals it is.
    pub(crate) fn admit_update(
        &self,
        request: update::Request,
        at: usize,
        updates: &mut WaitingUpdates,
        limits: &RunLimits,
    ) -> Result<Accepted, Refused> {
        if self.updates.contains_key(&request.id) {
            return Ok(Accepted::AlreadyThere);
        }
        if !self.status.is_open() {
            return Err(Refused::RunClosed);
        }
        if let Some(first) = updates.with_id(&request.id) {
            first.arrivals.push(at);
            return Ok(Accepted::Waits);
        }
        let n_in_flight = self.open_updates.len() + updates.waiting.len();
        if n_in_flight as u64 >= limits.updates_in_flight {
            return Err(Refused::UpdatesInFlight { most: limits.updates_in_flight });
        }
        let in_flight: usize = self.open_updates.values().map(|it| it.size).sum();
        let bytes = in_flight + updates.size() + request.size();
        if bytes as u64 > limits.update_bytes_in_flight {
            return Err(Refused::UpdateBytesInFlight { most: limits.update_bytes_in_flight });
        }
        if (self.updates.len() + updates.waiting.len()) as u64 >= limits.updates {
            return Err(Refused::UpdateLimit { most: limits.updates });
        }
        updates.waiting.push_back(WaitingUpdate { request, arrivals: vec![at] });
        Ok(Accepted::Waits)
    }

    pub(crate) fn apply_update(
        &mut self,
        id: EventId,
        event: &update::Event,
    ) -> Result<(), IllegalTransition> {
        let state = self.updates.get(event.update()).copied().unwrap_or(update::State::Absent);
        let next = state.apply(id, event)?;
        self.updates.insert(event.update().to_owned(), next);
        match event {
            update::Event::Admitted { request } => {
                self.admitted_updates.insert(request.id.clone(), OpenUpdate::of(request));
            }
            update::Event::Accepted { update, request, .. } => {
                let admitted = self.admitted_updates.remove(update);
                let open = request.as_deref().map(OpenUpdate::of).or(admitted);
                self.open_updates.extend(open.map(|open| (id, open)));
            }
            update::Event::Rejected { update, .. } => {
                self.admitted_updates.remove(update);
            }
            update::Event::Completed { accepted, .. } => {
                self.open_updates.remove(accepted);
            }
        }
        Ok(())
    }
}
