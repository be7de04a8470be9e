//! Updates on their way into a run and out of it.

use super::*;
use crate::cell::AdmittedUpdate;
use crate::updates::{News, UpdateAnswer};
use refrain_core::machines::{Event, update};
use refrain_core::updates::{UpdateState, state_in};

/// Who waits for what becomes of an arrival.
pub(super) enum Caller {
    /// The host itself, which sends it again if it can't be stored.
    Host,
    Client(ReplyTo<Accepted>),
    /// `reply`: none if its sender was told before that it waits.
    Update {
        request: Box<update::Request>,
        reply: Option<ReplyTo<UpdateAnswer>>,
    },
}

impl Caller {
    pub(super) fn of(reply: Option<ReplyTo<Accepted>>) -> Caller {
        reply.map_or(Caller::Host, Caller::Client)
    }

    pub(super) fn refuse(self, error: EngineError) {
        // A caller that has gone needs no answer.
        match self {
            Caller::Host | Caller::Update { reply: None, .. } => {}
            Caller::Client(reply) => drop(reply.send(Err(error))),
            Caller::Update { reply: Some(reply), .. } => drop(reply.send(Err(error))),
        }
    }
}

impl Visit<'_> {
    pub(super) fn update(
        &mut self,
        run: Option<RunId>,
        chain: Option<RunId>,
        request: Box<update::Request>,
        reply: ReplyTo<UpdateAnswer>,
    ) -> bool {
        let Some(row) = self.current.clone() else {
            let _ = reply.send(Err(self.not_found(run)));
            return false;
        };
        if chain.is_some_and(|first| first != row.first_run) {
            let _ = reply.send(Err(self.not_found(chain)));
            return false;
        }
        let asked = run.unwrap_or(row.key.run);
        if asked != row.key.run || !row.status.is_open() {
            // Closed: only what its history knows of the update can be told.
            let news = self.inner.updates.watch(asked, &request.id);
            let _ = reply.send(Ok(UpdateAnswer { run: asked, state: None, news }));
            return false;
        }
        if self.warm.is_none() && self.loaded.is_none() {
            return self.want_history(Letter::Update { run, chain, request, reply }, row);
        }
        let mut batch = Batch::default();
        batch.push_update(request, reply);
        self.step_with(&row, batch)
    }

    /// Does the latest run have it, taken or waiting?
    pub(super) fn knows_update(&self, id: &str) -> bool {
        let recorded = match (&self.warm, &self.loaded) {
            (Some(run), _) => run.execution().updates.contains_key(id),
            (None, Some(loaded)) => state_in(&loaded.history, id).is_some(),
            (None, None) => false,
        };
        recorded || self.cell.lock().admitted.iter().any(|it| it.request.id == id)
    }
}

impl Batch {
    pub(super) fn push_update(
        &mut self,
        request: Box<update::Request>,
        reply: ReplyTo<UpdateAnswer>,
    ) {
        self.arrivals.push(Arrival::Update(request.clone()));
        self.callers.push(Caller::Update { request, reply: Some(reply) });
    }

    /// What waits comes along with each step, before what has just come.
    pub(super) fn after(mut self, admitted: &[AdmittedUpdate]) -> Batch {
        let arrival = |it: &AdmittedUpdate| Arrival::Update(it.request.clone());
        let caller =
            |it: &AdmittedUpdate| Caller::Update { request: it.request.clone(), reply: None };
        self.messages.iter_mut().for_each(|it| it.at += admitted.len());
        self.arrivals.splice(0..0, admitted.iter().map(arrival));
        self.callers.splice(0..0, admitted.iter().map(caller));
        self
    }
}

/// An update of a step, and what the step made of it.
pub(super) struct Asked {
    pub(super) request: Box<update::Request>,
    pub(super) reply: Option<ReplyTo<UpdateAnswer>>,
    pub(super) answer: Result<Accepted, Refused>,
}

/// How far those are that a decision changes.
pub(super) fn states_in(decision: &Decision) -> Vec<(String, UpdateState)> {
    let of_event = |it: &refrain_core::event::Recorded| match &it.event {
        Event::Update(update::Event::Accepted { update, .. }) => {
            Some((update.clone(), UpdateState::Accepted))
        }
        Event::Update(update::Event::Rejected { update, failure, .. }) => {
            Some((update.clone(), UpdateState::Rejected(failure.clone())))
        }
        Event::Update(update::Event::Completed { update, outcome, .. }) => {
            Some((update.clone(), UpdateState::Completed(outcome.clone())))
        }
        _ => None,
    };
    decision.events.iter().filter_map(of_event).collect()
}

/// After the commit: tells those who wait for updates of the run. Returns those that wait on.
pub(super) fn tell(
    inner: &Inner,
    row: &RunRow,
    changed: Vec<(String, UpdateState)>,
    asked: Vec<Asked>,
) -> Vec<AdmittedUpdate> {
    let run = row.key.run;
    let is_open = row.status.is_open();
    let mut waiting: Vec<AdmittedUpdate> = Vec::new();
    for Asked { request, reply, answer } in asked {
        let last = changed.iter().rev().find(|it| it.0 == request.id).map(|it| it.1.clone());
        let state = match answer {
            Ok(Accepted::Recorded | Accepted::AlreadyThere) => match last {
                Some(UpdateState::Accepted) if !is_open => {
                    Ok(Some(UpdateState::Completed(Err(update::closed_first()))))
                }
                other => Ok(other),
            },
            Ok(Accepted::Waits) => Ok(Some(UpdateState::Admitted)),
            Err(Refused::UpdateRejected(failure)) => Ok(Some(UpdateState::Rejected(*failure))),
            Err(refused) => Err(refused),
        };
        match &state {
            Ok(Some(rejected @ UpdateState::Rejected(_))) => {
                inner.updates.announce(run, &request.id, News::State(rejected.clone()));
            }
            Err(Refused::UpdateAborted) => {
                inner.updates.announce(run, &request.id, News::Aborted);
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(reply) = reply {
            let news = inner.updates.watch(run, &request.id);
            let answer = state.clone().map(|state| UpdateAnswer { run, state, news });
            let _ = reply.send(answer.map_err(EngineError::Refused));
        }
        if state == Ok(Some(UpdateState::Admitted))
            && waiting.iter().all(|it| it.request.id != request.id)
        {
            waiting.push(AdmittedUpdate { run, request });
        }
    }
    for (id, state) in changed {
        inner.updates.announce(run, &id, News::State(state));
    }
    if !is_open {
        inner.updates.close_run(run);
    }
    waiting
}
