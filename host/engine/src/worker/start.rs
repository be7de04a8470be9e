//! A request to start, and what is in its way.

use super::*;
use crate::deploy::types_of;
use crate::deployments;
use refrain_core::message::BY_NEW_RUN;
use refrain_core::options::Override;
use refrain_core::payload::Payload;
use std::borrow::Cow;

impl Visit<'_> {
    pub(super) fn start(&mut self, request: Box<StartRequest>, with: With, reply: Starter) -> bool {
        if let With::Update { request: update, .. } = &with
            && let Some(row) = self.current.clone()
        {
            if self.warm.is_none() && self.loaded.is_none() {
                return self.want_history(reply.into_letter(request, with), row);
            }
            // As Temporal: one that the latest run knows is answered, whatever the policies say.
            if self.knows_update(&update.id) {
                let (run, first, status) = (row.key.run, row.first_run, row.status);
                reply.send(self.inner, Ok(StartReply { run, first, started: false, status }));
                return self.bring(with, run);
            }
        }
        let current = self.current.as_ref().map(|row| Current {
            run: row.key.run,
            status: row.status,
            start_request_id: row.start_request_id.clone().unwrap_or_default(),
        });
        // As Temporal: who also signals is not asked whether it was this request that began the run.
        let request_id = match with {
            With::Signal { .. } => "",
            With::Nothing | With::Update { .. } => &request.request_id,
        };
        let admission = admit::start(current.as_ref(), request_id, request.reuse, request.conflict);
        let status = current.as_ref().map_or(execution::State::Running, |it| it.status);
        match admission {
            Admission::Existing { run, started } => {
                // The request began a chain, and that has gone on.
                let first = self.current.as_ref().map_or(run, |row| row.first_run);
                let run = if started { first } else { run };
                reply.send(self.inner, Ok(StartReply { run, first, started, status }));
                self.bring(with, run)
            }
            Admission::Refused { run, start_request_id } => {
                let workflow_id = self.cell.key.workflow.to_string();
                let finished = (!status.is_open()).then_some(request.reuse);
                let error =
                    EngineError::AlreadyStarted { workflow_id, run, start_request_id, finished };
                reply.send(self.inner, Err(error));
                false
            }
            Admission::New => self.start_new(request, with, reply, None),
            Admission::TerminateFirst { .. } => {
                let Some(row) = self.current.clone() else { return false };
                if self.warm.is_none() && self.loaded.is_none() {
                    return self.want_history(reply.into_letter(request, with), row);
                }
                let new = self.inner.new_run_id_after(Some(row.key.run), self.inner.now());
                let details = vec![Payload::json(format!("\"terminated by new runID: {new}\""))];
                match self.terminate(&row, BY_NEW_RUN, details, &request.started.identity) {
                    Ok(ended) => self.start_new(request, with, reply, Some((ended, new))),
                    Err(error) => {
                        with.refuse(&error);
                        reply.send(self.inner, Err(error));
                        false
                    }
                }
            }
        }
    }

    /// What a request to start brought along, for a run that is there.
    fn bring(&mut self, with: With, run: RunId) -> bool {
        match with {
            With::Nothing => false,
            With::Signal { signal, reply } => {
                self.deliver(Some(run), None, Arrival::Signal(*signal), Some(reply))
            }
            With::Update { request, reply } => self.update(Some(run), None, request, reply),
        }
    }

    /// `replaced`: what makes way for it, and the id that it is to have.
    pub(super) fn start_new(
        &mut self,
        request: Box<StartRequest>,
        with: With,
        reply: Starter,
        replaced: Option<(Stepped, RunId)>,
    ) -> bool {
        let (component, program) = match self.program_for(&request, reply.component()) {
            Ok(found) => found,
            Err(error) => {
                reply.send(self.inner, Err(error));
                // What was ended for it is not committed either; its guest is gone, which is
                // no loss.
                return false;
            }
        };
        let StartRequest { mut started, request_id, .. } = *request;
        let now = self.inner.now();
        let (ended, run) = match replaced {
            Some((ended, run)) => (Some(ended), run),
            None => {
                let before = self.current.as_ref().map(|row| row.key.run);
                (None, self.inner.new_run_id_after(before, now))
            }
        };
        let key = RunKey { execution: self.cell.key.clone(), run };
        started.original_run = Some(run);
        started.first_run = Some(run);
        // A child begins at its parent's time.
        let its_now = now.plus(started.inherited.ahead);
        refrain_core::chain::await_first_time(&mut started, its_now, chain::next_cron);
        started.execution_expires = started.execution_timeout.map(|limit| its_now.plus(limit));
        let row = rows::of_start(key.clone(), component, &request_id, &started, now);
        let facts = self.inner.facts_of(key, component);
        let mut batch = Batch::of(Arrival::Start(Box::new(started)), Caller::Host);
        match with {
            With::Nothing => {}
            With::Signal { signal, reply } => {
                batch.arrivals.push(Arrival::Signal(*signal));
                batch.callers.push(Caller::Client(reply));
            }
            With::Update { request, reply } => batch.push_update(request, reply),
        }
        let step = self.step_of(batch.arrivals, &row);
        let outcome = match program.guest() {
            Ok(guest) => Run::new(facts, guest).step(step),
            Err(error) => Err(StepError::Guest(error)),
        };
        match outcome {
            Ok(outcome) => {
                self.report(&row, outcome.failed.as_ref());
                let started = Stepped {
                    batch: batch.callers,
                    started: Some(reply),
                    start_request_id: Some(request_id).filter(|it| !it.is_empty()),
                    ..Stepped::of(row, outcome.run, outcome.decision)
                };
                self.conclude(ended, started);
                true
            }
            Err(error) => {
                self.inner.make_room(&error);
                let error = EngineError::of_step(&error);
                batch.callers.into_iter().for_each(|caller| caller.refuse(error.clone()));
                reply.send(self.inner, Err(error));
                false
            }
        }
    }

    pub(super) fn program_for(
        &self,
        request: &StartRequest,
        component: Option<Digest>,
    ) -> Result<(Digest, Arc<dyn Program>), EngineError> {
        if let Some(component) = component {
            return self.program(component);
        }
        let namespace = request.namespace;
        let started = &request.started;
        let (task_queue, kind) = (&started.task_queue, &started.workflow_type);
        let deployed;
        let (digest, types): (_, Cow<'_, [String]>) = match &started.versioning {
            Some(Override::Pinned(version) | Override::OneTime(version)) => {
                let found = self.inner.component_of_version(namespace, task_queue, version);
                let meta = self.inner.runtime.block_on(found)?;
                (meta.digest, Cow::Owned(types_of(meta.kind, &meta.definition)))
            }
            Some(Override::AutoUpgrade) | None => {
                let serving = &self.inner.deployments;
                let nothing = || EngineError::NothingDeployed { task_queue: task_queue.clone() };
                let found = serving.for_start(namespace, task_queue, &started.workflow_id, kind);
                deployed = found.ok_or_else(nothing)?;
                (deployed.row.digest, Cow::Borrowed(&deployed.types[..]))
            }
        };
        if !deployments::takes(&types, kind) {
            let (found, task_queue) = (kind.clone(), task_queue.clone());
            let known = types.join(", ");
            return Err(EngineError::UnknownWorkflowType { found, task_queue, known });
        }
        self.program(digest)
    }
}
