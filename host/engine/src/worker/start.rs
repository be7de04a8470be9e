//! A request to start, and what is in its way.

use super::*;

impl Visit<'_> {
    pub(super) fn start(&mut self, request: Box<StartRequest>, reply: Starter) -> bool {
        let current = self.current.as_ref().map(|row| Current {
            run: row.key.run,
            status: row.status,
            start_request_id: row.start_request_id.clone().unwrap_or_default(),
        });
        let admission =
            admit::start(current.as_ref(), &request.request_id, request.reuse, request.conflict);
        let status = current.as_ref().map_or(execution::State::Running, |it| it.status);
        match admission {
            Admission::Existing { run, started } => {
                // The request began a chain, and that has gone on.
                let first = self.current.as_ref().filter(|_| started).map(|row| row.first_run);
                let run = first.unwrap_or(run);
                reply.send(self.inner, Ok(StartReply { run, started, status }));
                false
            }
            Admission::Refused { run, start_request_id } => {
                let workflow_id = self.cell.key.workflow.to_string();
                let error = EngineError::AlreadyStarted { workflow_id, run, start_request_id };
                reply.send(self.inner, Err(error));
                false
            }
            Admission::New => self.start_new(request, reply, None),
            Admission::TerminateFirst { .. } => {
                let Some(row) = self.current.clone() else { return false };
                if self.warm.is_none() && self.loaded.is_none() {
                    return self.want_history(reply.into_letter(request), row);
                }
                let arrival = Arrival::Terminate {
                    reason: "terminated by a start with the same workflow id".to_owned(),
                    details: Vec::new(),
                    identity: request.started.identity.clone(),
                };
                let batch =
                    Batch { arrivals: vec![arrival], replies: vec![None], messages: Vec::new() };
                match self.step_current(&row, batch) {
                    Some(ended) => self.start_new(request, reply, Some(ended)),
                    None => false,
                }
            }
        }
    }

    pub(super) fn start_new(
        &mut self,
        request: Box<StartRequest>,
        reply: Starter,
        ended: Option<Stepped>,
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
        let StartRequest { namespace, mut started, request_id, .. } = *request;
        let now = self.inner.now();
        let before = self.current.as_ref().map(|row| row.key.run);
        let run = self.inner.new_run_id_after(before, now);
        let key = RunKey { execution: self.cell.key.clone(), run };
        started.original_run = Some(run);
        started.first_run = Some(run);
        started.execution_expires = started.execution_timeout.map(|limit| now.plus(limit));
        let row = rows::of_start(key.clone(), component, &request_id, &started, now);
        let facts =
            RunFacts { key, namespace: self.inner.namespaces.name_of(namespace), component };
        let step = self.step_of(vec![Arrival::Start(Box::new(started))], &row);
        let outcome = match program.guest() {
            Ok(guest) => Run::new(facts, guest).step(step),
            Err(error) => {
                reply.send(self.inner, Err(EngineError::Internal(error.to_string())));
                return false;
            }
        };
        match outcome {
            Ok(outcome) => {
                self.report(&row, outcome.failed.as_ref());
                let started = Stepped {
                    row,
                    run: outcome.run,
                    decision: outcome.decision,
                    batch: Vec::new(),
                    messages: Vec::new(),
                    own: Vec::new(),
                    started: Some(reply),
                    start_request_id: Some(request_id).filter(|it| !it.is_empty()),
                };
                self.commit_chain(ended.into_iter().collect(), started);
                true
            }
            Err(error) => {
                reply.send(self.inner, Err(EngineError::Internal(error.to_string())));
                false
            }
        }
    }

    pub(super) fn program_for(
        &self,
        request: &StartRequest,
        component: Option<Digest>,
    ) -> Result<(Digest, Arc<dyn Program>), EngineError> {
        let load = |digest| match self.inner.program_blocking(digest) {
            Ok(program) => Ok((digest, program)),
            Err(error) => Err(EngineError::Internal(error.to_string())),
        };
        if let Some(component) = component {
            return load(component);
        }
        let task_queue = &request.started.task_queue;
        let (id, kind) = (&request.started.workflow_id, &request.started.workflow_type);
        let deployed = self.inner.deployments.for_start(request.namespace, task_queue, id, kind);
        let Some(deployed) = deployed else {
            return Err(EngineError::NothingDeployed { task_queue: task_queue.clone() });
        };
        let found = &request.started.workflow_type;
        if !deployed.has(found) {
            return Err(EngineError::UnknownWorkflowType {
                found: found.clone(),
                task_queue: task_queue.clone(),
                known: deployed.types.join(", "),
            });
        }
        load(deployed.row.digest)
    }
}
