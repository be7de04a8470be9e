//! A new run that begins with the history of another one.

use super::*;
use crate::api::{Onto, ResetRequest};
use crate::start::unavailable;
use refrain_core::event::Recorded;
use refrain_core::message::Body;
use refrain_core::reset::{Beginning, Reset};

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
            let (run, status) = (current.key.run, current.status);
            let _ = reply.send(Ok(StartReply { run, started: true, status }));
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
            Ok(stepped) => match self.end_current(&request, &current) {
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

    /// The new run's first step.
    fn begin_again(
        &mut self,
        request: &ResetRequest,
        base: Option<&ClosedBase>,
        current: &RunRow,
    ) -> Result<Stepped, EngineError> {
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
        let mut beginning = reset.begin(history, &[], now).map_err(EngineError::NotReset)?;
        beginning.again.extend(request.signals.iter().cloned().map(Arrival::Signal));
        let started = match beginning.events.first().map(|it| &it.event) {
            Some(Event::Execution(execution::Event::Started(started))) => (**started).clone(),
            Some(_) | None => return Err(EngineError::Internal("history has no start".to_owned())),
        };
        let (component, program) = self.component_of_reset(request, row)?;
        self.begin_on(request, run, component, program, &started, beginning)
    }

    fn begin_on(
        &self,
        request: &ResetRequest,
        run: RunId,
        component: Digest,
        program: Arc<dyn Program>,
        started: &execution::Started,
        beginning: Beginning,
    ) -> Result<Stepped, EngineError> {
        let key = RunKey { execution: self.cell.key.clone(), run };
        let started = execution::Started { first_task_backoff: None, ..started.clone() };
        let now = self.inner.now();
        let row = rows::of_start(key.clone(), component, &request.request_id, &started, now);
        let facts = self.inner.facts_of(key, component);
        let step = self.step_of(Vec::new(), &row);
        let guest = program.guest().map_err(|error| EngineError::Internal(error.to_string()))?;
        let outcome = Run::reset(facts, beginning, guest, step)
            .map_err(|error| EngineError::DoesNotFit(Box::new(error)))?;
        self.report(&row, outcome.failed.as_ref());
        let start_request_id = Some(request.request_id.clone()).filter(|it| !it.is_empty());
        Ok(Stepped { start_request_id, ..Stepped::of(row, outcome.run, outcome.decision) })
    }

    fn component_of_reset(
        &self,
        request: &ResetRequest,
        base: &RunRow,
    ) -> Result<(Digest, Arc<dyn Program>), EngineError> {
        let digest = match request.onto {
            Onto::Its => base.component,
            Onto::Component(digest) => digest,
            Onto::Deployed => {
                let (id, queue) = (&base.key.execution, &base.task_queue);
                let kind = &base.workflow_type;
                let deployed =
                    self.inner.deployments.for_start(id.namespace, queue, &id.workflow, kind);
                let Some(deployed) = deployed else {
                    return Err(EngineError::NothingDeployed { task_queue: queue.clone() });
                };
                deployed.row.digest
            }
        };
        self.program(digest)
    }

    /// At most one run of a workflow id is open.
    fn end_current(
        &mut self,
        request: &ResetRequest,
        current: &Arc<RunRow>,
    ) -> Result<Option<Stepped>, EngineError> {
        if !current.status.is_open() {
            return Ok(None);
        }
        match self.terminate(current, &request.reason, &request.identity) {
            Some(mut ended) => {
                // Its parent waits for the new run. Its children began after the place that is
                // gone back to, and end with it.
                ended.decision.effects.retain(|effect| !tells_parent(effect));
                // Should the commit fail, the run is not to be terminated all the same.
                Ok(Some(Stepped { own: Vec::new(), ..ended }))
            }
            None => Err(EngineError::Internal("the run could not be terminated".to_owned())),
        }
    }
}

fn tells_parent(effect: &Effect) -> bool {
    let Effect::Send(message) = effect else { return false };
    matches!(message.body, Body::ChildClosed { .. })
}
