//! What runs of the model send each other.

use super::*;
use refrain_core::chain;
use refrain_core::machines::child::StartFailedCause;
use refrain_core::message::{BY_NEW_RUN, Body, Fate, Found, StartChild};

impl Model {
    pub(super) fn execution(&self, workflow: &str) -> ExecutionKey {
        ExecutionKey { namespace: NamespaceId(1), workflow: workflow.into() }
    }

    /// All that is under way, and what comes of it. What lies in a row for one receiver shares a
    /// step.
    pub(super) fn deliver(&mut self) {
        while let Some(message) = self.outbox.pop_front() {
            if let Body::StartChild(start) = &message.body {
                self.start_child(&message, (**start).clone());
                continue;
            }
            let to = message.to.clone();
            let (mut brought, mut arrivals) = (Vec::new(), Vec::new());
            let mut next = Some(message);
            while let Some(message) = next {
                match message.fate(self.found(&to.workflow)) {
                    Fate::Arrives(arrival) => {
                        arrivals.push(*arrival);
                        brought.push(message);
                    }
                    Fate::Dropped(answer) => {
                        self.outbox.extend(answer.and_then(|it| message.answer(it)));
                    }
                }
                let goes_along = |it: &&Message| {
                    it.to == to && !matches!(it.body, Body::StartChild(_)) && !brought.is_empty()
                };
                next = self.outbox.front().filter(goes_along).cloned();
                if next.is_some() {
                    self.outbox.pop_front();
                }
            }
            let Some(at) = self.latest(&to.workflow).filter(|_| !arrivals.is_empty()) else {
                continue;
            };
            let n_before = self.outbox.len();
            let replies = self.step(at, arrivals);
            let answers = brought.iter().zip(replies);
            let answers: Vec<_> = answers.filter_map(|it| it.0.answer_to(it.1)).collect();
            self.answer_at(n_before, answers);
        }
    }

    /// Answers go out before what their receiver's step sends.
    fn answer_at(&mut self, n_before: usize, answers: Vec<Message>) {
        let sent = self.outbox.split_off(n_before);
        self.outbox.extend(answers);
        self.outbox.extend(sent);
    }

    fn found(&self, workflow: &str) -> Option<Found> {
        let run = &self.runs[self.latest(workflow)?];
        Some(Found { run: run.key.run, is_open: run.status.is_open() })
    }

    fn start_child(&mut self, message: &Message, start: StartChild) {
        let workflow = message.to.workflow.to_string();
        let latest = self.latest(&workflow);
        let current = latest.map(|at| &self.runs[at]).map(|run| Current {
            run: run.key.run,
            status: run.status,
            start_request_id: run.start_request.clone(),
        });
        let request = message.request_id();
        let n_before = self.outbox.len();
        let answer = match admit::start(current.as_ref(), &request, start.reuse, start.conflict) {
            Admission::Existing { run, .. } => Some(Body::ChildStarted { run }),
            Admission::Refused { .. } => Some(Body::ChildStartFailed {
                cause: StartFailedCause::WorkflowAlreadyExists,
                reason: String::new(),
            }),
            Admission::New => self.begin_child(request, start, n_before),
            Admission::TerminateFirst { .. } => {
                let arrival = Arrival::Terminate {
                    reason: BY_NEW_RUN.to_owned(),
                    details: Vec::new(),
                    identity: start.started.identity.clone(),
                };
                self.step(latest.unwrap_or(usize::MAX), vec![arrival]);
                let n_before = self.outbox.len();
                let answer = self.begin_child(request, start, n_before);
                let answers = answer.and_then(|it| message.answer(it)).into_iter().collect();
                return self.answer_at(n_before, answers);
            }
        };
        let answers = answer.and_then(|it| message.answer(it)).into_iter().collect();
        self.answer_at(n_before, answers);
    }

    /// A child that is over in its first step says with its end that it has started.
    fn begin_child(&mut self, request: String, start: StartChild, n: usize) -> Option<Body> {
        let StartChild { mut started, component, .. } = start;
        let run = RunId(self.runs.len() as u128 + 1);
        let key = RunKey { execution: self.execution(&started.workflow_id), run };
        (started.original_run, started.first_run) = (Some(run), Some(run));
        let now = self.now.plus(started.inherited.ahead);
        started.execution_expires = started.execution_timeout.map(|limit| now.plus(limit));
        chain::await_first_time(&mut started, now, next_cron);
        let component = component.unwrap_or_else(|| self.versions.newest());
        self.runs.push(ModelRun::new(key, component, request));
        self.step(self.runs.len() - 1, vec![Arrival::Start(Box::new(started))]);
        let says_so = |it: &Message| matches!(it.body, Body::ChildClosed { .. });
        let is_over = self.outbox.iter().skip(n).any(says_so);
        (!is_over).then_some(Body::ChildStarted { run })
    }
}
