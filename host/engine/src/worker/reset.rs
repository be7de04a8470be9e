//! A new run that begins with the history of another one.

use super::*;
use crate::api::{AfterReset, ResetRequest};
use crate::start::unavailable;
use refrain_core::event::Recorded;
use refrain_core::limits::RunLimits;
use refrain_core::machines::child::Outcome;
use refrain_core::message::Body;
use refrain_core::options::{Override, Version};
use refrain_core::reset::{Beginning, Reset, continued_as};
use std::collections::BTreeSet;

/// A closed run that is gone back to: what it was does not change any more.
pub(crate) struct ClosedBase {
    pub(crate) row: RunRow,
    pub(crate) history: Vec<Recorded>,
}

impl Visit<'_> {
    /// `base`: none if the run was open when its row was read.
    pub(super) fn reset(
        &mut self,
        request: Box<ResetRequest>,
        base: Option<Box<ClosedBase>>,
        reply: ReplyTo<StartReply>,
    ) -> bool {
        let Some(current) = self.current.clone() else {
            let _ = reply.send(Err(self.not_found(request.target.run)));
            return false;
        };
        let same = current.start_request_id.as_ref().filter(|it| **it == request.request_id);
        if same.is_some_and(|it| !it.is_empty()) {
            let (run, first, status) = (current.key.run, current.first_run, current.status);
            let _ = reply.send(Ok(StartReply { run, first, started: true, status }));
            return false;
        }
        if base.is_none() && request.target.run.is_some_and(|run| run != current.key.run) {
            // Closed since its row was read.
            let _ = reply.send(Err(EngineError::Refused(Refused::RunClosed)));
            return false;
        }
        if self.warm.is_none() && self.loaded.is_none() && current.status.is_open() {
            // It is to be terminated.
            return self.want_history(Letter::Reset { request, base, reply }, current);
        }
        match self.begin_again(&request, base.as_deref(), &current) {
            Ok((stepped, kept)) => match self.end_current(&request, &current, &kept) {
                Ok(ended) => {
                    self.conclude(
                        ended,
                        Stepped { started: Some(Starter::Caller(reply)), ..stepped },
                    );
                    true
                }
                Err(error) => {
                    let _ = reply.send(Err(error));
                    false
                }
            },
            Err(error) => {
                let _ = reply.send(Err(error));
                false
            }
        }
    }

    /// The new run's first step, and the workflow ids of the children that are the new run's own.
    fn begin_again(
        &mut self,
        request: &ResetRequest,
        base: Option<&ClosedBase>,
        current: &RunRow,
    ) -> Result<(Stepped, BTreeSet<String>), EngineError> {
        let now = self.inner.now();
        let run = self.inner.new_run_id_after(Some(current.key.run), now);
        let read;
        let (row, history) = match base {
            Some(base) => (&base.row, base.history.as_slice()),
            None => {
                // What a replay reads may lack what the guest said itself; the new run needs it.
                let whole =
                    self.inner.store.whole_history(current.key.run, EventId::FIRST, usize::MAX);
                read = self.inner.runtime.block_on(whole).map_err(unavailable)?;
                (current, read.as_slice())
            }
        };
        let reset = Reset {
            base: row.key.run,
            new: run,
            at: request.at,
            reason: request.reason.clone(),
            identity: request.identity.clone(),
            reapply: request.reapply,
        };
        let later = self.continued(history)?;
        let later: Vec<_> = later.iter().map(Vec::as_slice).collect();
        let mut beginning = reset.begin(history, &later, now).map_err(EngineError::NotReset)?;
        if !row.status.is_open() {
            self.add_ends_of_children(&mut beginning)?;
        }
        let after = request.after.iter().cloned();
        beginning.again.extend(after.map(|it| it.arrival(&request.identity)));
        let started = match beginning.events.first().map(|it| &it.event) {
            Some(Event::Execution(execution::Event::Started(started))) => (**started).clone(),
            Some(_) | None => return Err(EngineError::Internal("history has no start".to_owned())),
        };
        let (component, may_stay) = self.component_of_reset(request, row, &beginning)?;
        let kept = beginning.children.iter().map(|it| it.workflow_id.clone()).collect();
        if may_stay && component != row.component {
            match self.begin_on(request, run, component, &started, beginning.clone()) {
                Err(EngineError::DoesNotFit(_)) => {}
                done => return Ok((done?, kept)),
            }
            return Ok((self.begin_on(request, run, row.component, &started, beginning)?, kept));
        }
        Ok((self.begin_on(request, run, component, &started, beginning)?, kept))
    }

    /// The histories of the runs that one was continued as.
    fn continued(&self, history: &[Recorded]) -> Result<Vec<Vec<Recorded>>, EngineError> {
        let mut later: Vec<Vec<Recorded>> = Vec::new();
        while let Some(run) = continued_as(later.last().map_or(history, Vec::as_slice)) {
            let whole = self.inner.store.whole_history(run, EventId::FIRST, usize::MAX);
            let next = self.inner.runtime.block_on(whole).map_err(unavailable)?;
            if next.is_empty() {
                // Deleted, and with it what it had been sent.
                break;
            }
            later.push(next);
        }
        Ok(later)
    }

    /// A child that ended after its parent told nobody how.
    fn add_ends_of_children(&self, beginning: &mut Beginning) -> Result<(), EngineError> {
        for child in &beginning.children {
            let Some(mut run) = child.run else { continue };
            while let Some(closing) = self.closing_event(run)? {
                if let Some(next) = closing.new_run() {
                    run = next;
                    continue;
                }
                let Some(outcome) = Outcome::of(&closing) else { break };
                let (initiated, outcome) = (child.initiated, Box::new(outcome));
                beginning.again.push(Arrival::ChildClosed { initiated, run, outcome });
                break;
            }
        }
        Ok(())
    }

    /// `None`: the run is open, or gone.
    fn closing_event(&self, run: RunId) -> Result<Option<execution::Event>, EngineError> {
        let (store, namespace) = (&self.inner.store, self.cell.key.namespace);
        let row = self.inner.runtime.block_on(store.run(namespace, run)).map_err(unavailable)?;
        let Some(row) = row.filter(|it| !it.status.is_open()) else { return Ok(None) };
        let last = EventId(row.next_event.0.saturating_sub(1));
        let events = store.whole_history(run, last, 1);
        let events = self.inner.runtime.block_on(events).map_err(unavailable)?;
        Ok(events.into_iter().find_map(|it| match it.event {
            Event::Execution(event) if event.closes_run() => Some(event),
            _ => None,
        }))
    }

    fn begin_on(
        &self,
        request: &ResetRequest,
        run: RunId,
        component: Digest,
        started: &execution::Started,
        beginning: Beginning,
    ) -> Result<Stepped, EngineError> {
        let (_, program) = self.program(component)?;
        let key = RunKey { execution: self.cell.key.clone(), run };
        let started = execution::Started { first_task_backoff: None, ..started.clone() };
        let now = self.inner.now();
        let row = rows::of_start(key.clone(), component, &request.request_id, &started, now);
        let facts = self.inner.facts_of(key, component);
        let mut step = self.step_of(Vec::new(), &row);
        // What comes again was taken once, under whatever limit there was then.
        let limits = RunLimits { signals: u64::MAX, updates: u64::MAX, ..*step.host.limits };
        step.host.limits = Arc::new(limits);
        let guest = program.guest();
        let guest = guest.map_err(|error| EngineError::of_step(&StepError::Guest(error)))?;
        let outcome = Run::reset(facts, beginning, guest, step)
            .inspect_err(|error| self.inner.make_room(error))
            .map_err(EngineError::of_trial)?;
        self.report(&row, outcome.failed.as_ref());
        let start_request_id = Some(request.request_id.clone()).filter(|it| !it.is_empty());
        Ok(Stepped { start_request_id, ..Stepped::of(row, outcome.run, outcome.decision) })
    }

    /// As the last word on it says, and whether the new run may be where its base is if it does not
    /// fit there. Who asks for a version with the reset is told if it can't be.
    fn component_of_reset(
        &self,
        request: &ResetRequest,
        base: &RunRow,
        beginning: &Beginning,
    ) -> Result<(Digest, bool), EngineError> {
        let asked = request.after.iter().rev().find_map(AfterReset::versioning);
        let may_stay = asked.is_none();
        let own = base.component;
        match asked.unwrap_or(&beginning.versioning) {
            None => Ok((own, false)),
            Some(Override::AutoUpgrade) if may_stay => {
                Ok((self.inner.deployed_for(base).unwrap_or(own), true))
            }
            Some(Override::AutoUpgrade) => Ok((self.inner.must_be_deployed_for(base)?, false)),
            // It was for then.
            Some(Override::OneTime(_)) if may_stay => Ok((own, false)),
            Some(Override::Pinned(it) | Override::OneTime(it))
                if it.deployment == base.task_queue && it.build_id == own.to_string() =>
            {
                Ok((own, false))
            }
            Some(Override::Pinned(it) | Override::OneTime(it)) => {
                Ok((self.component_of_version(base, it)?, false))
            }
        }
    }

    fn component_of_version(
        &self,
        base: &RunRow,
        version: &Version,
    ) -> Result<Digest, EngineError> {
        let (namespace, queue) = (base.key.execution.namespace, &base.task_queue);
        let found = self.inner.component_of_version(namespace, queue, version);
        Ok(self.inner.runtime.block_on(found)?.digest)
    }

    /// At most one run of a workflow id is open. `kept`: children of the new run.
    fn end_current(
        &mut self,
        request: &ResetRequest,
        current: &Arc<RunRow>,
        kept: &BTreeSet<String>,
    ) -> Result<Option<Stepped>, EngineError> {
        if !current.status.is_open() {
            return Ok(None);
        }
        let mut ended = self.terminate(current, &request.reason, Vec::new(), &request.identity)?;
        // Its parent waits for the new run. Children that began after the place that is
        // gone back to end with it; those that began before go on.
        ended.decision.effects.retain(|effect| !goes_on(effect, kept));
        Ok(Some(ended))
    }
}

/// Does it say something that is not so, because the new run takes the place of this one?
fn goes_on(effect: &Effect, kept: &BTreeSet<String>) -> bool {
    let Effect::Send(message) = effect else { return false };
    match message.body {
        Body::ChildClosed { .. } => true,
        Body::TerminateChild { .. } | Body::CancelChild { .. } => kept.contains(&message.to),
        _ => false,
    }
}
