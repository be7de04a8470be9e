//! Children and other runs: what a guest wishes of them, and what it is handed of them.

use super::*;
use crate::machines::clock::Inherited;
use crate::message::{Body, HOST, Origin, Outgoing, Receiver, StartChild};
use crate::options::IdConflictPolicy;

/// A child whose end the guest has not seen.
#[derive(Clone, Debug)]
pub(super) struct OpenChild {
    pub(super) op: OpSeq,
    options: Arc<child::Initiated>,
    /// `Initiated`, or `Started` once the guest has seen that.
    seen: child::State,
}

impl OpenChild {
    pub(super) fn new(op: OpSeq, options: Arc<child::Initiated>) -> OpenChild {
        OpenChild { op, options, seen: child::State::Initiated }
    }

    /// The guest waits no longer: it sees its child canceled at once.
    pub(super) fn canceled(&self, initiated: EventId) -> Vec<Job> {
        let (message, canceled) = (child::CHILD_CANCELED, Failure::canceled_with(Vec::new()));
        let retry_state = RetryState::NonRetryableFailure;
        let failure = self.options.failure(message, initiated, self.seen, retry_state, canceled);
        self.ends_with(failure)
    }

    /// What waits for its start waits no longer either.
    fn ends_with(&self, failure: Failure) -> Vec<Job> {
        let op = self.op;
        let closed = Job::ChildClosed { op, result: Err(failure.clone()) };
        match self.seen.run() {
            Some(_) => vec![closed],
            None => vec![Job::ChildStarted { op, result: Err(failure) }, closed],
        }
    }
}

impl Run {
    pub(super) fn decide_start_child(
        &self,
        start: child::Start,
        task: &Task,
    ) -> Result<Option<Granted>, StepError> {
        let n = self.execution.children.len();
        let cause = task::FailedCause::PendingChildrenLimitExceeded;
        let what = "pending child workflow executions";
        task.check_room(what, n, |it| it.pending_children, cause)?;
        let mut child = start.child;
        child.priority = child.priority.checked().map_err(|wrong| StepError::BadCommand {
            cause: task::FailedCause::BadStartChildExecutionAttributes,
            reason: format!(
                "child workflow `{}` has an invalid priority: {wrong}",
                child.workflow_id
            ),
        })?;
        if let Some(Surroundings { link, .. }) = &task.host
            && !child.cron.is_empty()
            && (link.next_cron)(&child.cron, task.now, task.now).is_none()
        {
            return Err(StepError::BadCommand {
                cause: task::FailedCause::BadStartChildExecutionAttributes,
                reason: format!(
                    "invalid CronSchedule. child workflow `{}` has `{}`, which has no time",
                    child.workflow_id, child.cron
                ),
            });
        }
        child.namespace.clone_from(&self.facts.namespace);
        child.task = task.completed;
        child.time_skipping = self.execution.clock.for_child();
        child.ahead = self.execution.clock.ahead;
        // As at a client's start: no run may outlast its chain, no task its run.
        let limits = [child.run_timeout, child.execution_timeout];
        child.run_timeout = limits.into_iter().flatten().min();
        child.task_timeout = limits.into_iter().flatten().fold(child.task_timeout, Delay::min);
        if let Some(parent) = self.execution.started.as_deref()
            && child.task_queue.is_empty()
        {
            child.task_queue.clone_from(&parent.task_queue);
        }
        Ok(Some(Granted {
            event: Event::Child(child::Event::Initiated(Box::new(child))),
            opens: Some((start.op, Opens::Child(start.cancellation))),
            closes: None,
        }))
    }

    pub(super) fn decide_external(
        &self,
        command: external::Command,
        task: &Task,
    ) -> Result<Option<Granted>, StepError> {
        let named = |target: external::Target| {
            Box::new(external::Target { namespace: self.facts.namespace.clone(), ..target })
        };
        let (op, event) = match command {
            external::Command::Signal { op, target, signal } => {
                let n = self.execution.external_signals.len();
                let cause = task::FailedCause::PendingSignalsLimitExceeded;
                let what = "pending signals to external workflows";
                task.check_room(what, n, |it| it.pending_signals, cause)?;
                let task = task.completed;
                let child_only = self.execution.child_called(&target).is_some();
                let target = named(target);
                (op, external::Event::SignalInitiated { target, signal, child_only, task })
            }
            external::Command::Cancel { op, target, reason } => {
                self.check_external_cancels(task)?;
                let target = named(target);
                let (child_only, task) = (false, task.completed);
                (op, external::Event::CancelInitiated { target, reason, child_only, task })
            }
        };
        let opens = Some((op, Opens::External));
        Ok(Some(Granted { event: Event::External(event), opens, closes: None }))
    }

    fn check_external_cancels(&self, task: &Task) -> Result<(), StepError> {
        let n = self.execution.external_cancels.len();
        let cause = task::FailedCause::PendingCancelsLimitExceeded;
        let what = "pending requests to cancel external workflows";
        task.check_room(what, n, |it| it.pending_cancels, cause)
    }

    /// `None`: it is over, or was asked to stop before.
    pub(super) fn decide_cancel_child(
        &self,
        op: OpSeq,
        initiated: EventId,
        cancellation: ChildCancellation,
        task: &Task,
    ) -> Result<Option<Granted>, StepError> {
        let pending = self.execution.children.get(&initiated);
        let Some(pending) = pending.filter(|it| !it.cancel_requested) else { return Ok(None) };
        self.check_external_cancels(task)?;
        let task = task.completed;
        let target = Box::new(external::Target {
            namespace: self.facts.namespace.clone(),
            workflow_id: pending.options.workflow_id.clone(),
            run: pending.state.run(),
        });
        let reason = String::new();
        let event = external::Event::CancelInitiated { target, reason, child_only: true, task };
        let at_once = || {
            let child = self.ops.children.get(&initiated)?;
            Some((op, child.canceled(initiated)))
        };
        let (opens, closes) = match cancellation {
            ChildCancellation::TryCancel | ChildCancellation::Abandon => (None, at_once()),
            ChildCancellation::WaitRequested => (Some((op, Opens::ChildCancel)), None),
            ChildCancellation::WaitCompleted => (None, None),
        };
        Ok(Some(Granted { event: Event::External(event), opens, closes }))
    }

    /// The message that goes with a wish.
    pub(super) fn message_of_child(&self, id: EventId, child: &child::Initiated) -> Outgoing {
        let me = self.as_origin(id).workflow;
        let parents = self.execution.started.as_deref();
        let started = execution::Started {
            workflow_type: child.workflow_type.clone(),
            workflow_id: child.workflow_id.clone(),
            task_queue: child.task_queue.clone(),
            input: child.input.clone(),
            execution_timeout: child.execution_timeout,
            run_timeout: child.run_timeout,
            task_timeout: child.task_timeout,
            root: Some(parents.and_then(|it| it.root.clone()).unwrap_or_else(|| me.clone())),
            parent: Some(execution::Parent {
                namespace: self.facts.namespace.clone(),
                workflow: me,
                initiated: id,
            }),
            attempt: 1,
            retry: child.retry.clone(),
            cron: child.cron.clone(),
            memo: child.memo.clone(),
            search_attributes: child.search_attributes.clone(),
            header: child.header.clone(),
            priority: child.priority.or(&self.execution.options.priority),
            time_skipping: child.time_skipping.clone(),
            inherited: Inherited { ahead: child.ahead, ..Inherited::default() },
            summary: child.summary.clone(),
            details: child.details.clone(),
            ..execution::Started::default()
        };
        let body = Body::StartChild(Box::new(StartChild {
            started,
            reuse: child.reuse,
            conflict: match child.terminate_running {
                true => IdConflictPolicy::TerminateExisting,
                false => IdConflictPolicy::Fail,
            },
            component: child.same_version.then_some(self.facts.component),
        }));
        Outgoing { event: id, n: 0, to: child.workflow_id.clone(), body }
    }

    /// `None`: it is an answer, and has none.
    pub(super) fn message_of_external(
        &self,
        id: EventId,
        event: &external::Event,
    ) -> Option<Outgoing> {
        // A child's later runs are the child too.
        let receiver = |target: &external::Target, child_only: bool| {
            let child = self.execution.child_called(target).filter(|_| child_only);
            Receiver {
                run: target.run.filter(|_| !child_only),
                child_only,
                base: child.and_then(|initiated| self.execution.begun_by(initiated)),
            }
        };
        let from = self.as_origin(id);
        let (target, body) = match event {
            external::Event::SignalInitiated { target, signal, child_only, .. } => {
                let external::Sent { name, input, header } = (**signal).clone();
                let run = self.facts.key.run;
                let signal = Box::new(signal::Signal {
                    name,
                    input,
                    header,
                    identity: HOST.to_owned(),
                    request_id: format!("{run}:{id}"),
                    from: Some(Box::new(from.workflow)),
                    links: Vec::new(),
                });
                (target, Body::Signal { target: receiver(target, *child_only), signal })
            }
            external::Event::CancelInitiated { target, reason, child_only, .. } => {
                let receiver = receiver(target, *child_only);
                (target, Body::Cancel { target: receiver, cause: reason.clone(), from })
            }
            external::Event::Signaled { .. }
            | external::Event::SignalFailed { .. }
            | external::Event::CancelRequested { .. }
            | external::Event::CancelFailed { .. } => return None,
        };
        Some(Outgoing { event: id, n: 0, to: target.workflow_id.clone(), body })
    }

    fn as_origin(&self, initiated: EventId) -> Origin {
        let key = &self.facts.key;
        let workflow_id = key.execution.workflow.to_string();
        Origin { workflow: execution::WorkflowRun { workflow_id, run: key.run }, initiated }
    }

    /// The turn that a child's event is for. A child that could not start has two futures that
    /// end, one after the other: the second is left in `at_once`.
    pub(super) fn child_job(
        &mut self,
        event: &child::Event,
        at_once: &mut VecDeque<Job>,
    ) -> Option<Job> {
        match event {
            child::Event::Initiated(_) => None,
            child::Event::Started { initiated, child, run, header: _ } => {
                let open = self.ops.children.get_mut(initiated)?;
                open.seen = child::State::Started { started: EventId(0), run: *run };
                let workflow_id = child.workflow_id.clone();
                let result = Ok(execution::WorkflowRun { workflow_id, run: *run });
                Some(Job::ChildStarted { op: open.op, result })
            }
            child::Event::StartFailed { initiated, child, cause, reason } => {
                let open = self.ops.children.get(initiated).cloned()?;
                self.ops.close(open.op);
                let cause = cause.failure(&child.workflow_id, reason);
                let failure = open.options.failure(
                    "child workflow could not start",
                    *initiated,
                    child::State::Initiated,
                    RetryState::NonRetryableFailure,
                    cause,
                );
                let mut jobs = open.ends_with(failure).into_iter();
                let first = jobs.next();
                at_once.extend(jobs);
                first
            }
            child::Event::Closed { initiated, started, run, outcome, .. } => {
                let open = self.ops.children.get(initiated).cloned()?;
                self.ops.close(open.op);
                let state = child::State::Started { started: *started, run: *run };
                let result = outcome.clone().into_result().map_err(|why| {
                    let (message, retry_state, cause) = *why;
                    open.options.failure(message, *initiated, state, retry_state, cause)
                });
                Some(Job::ChildClosed { op: open.op, result })
            }
        }
    }

    pub(super) fn external_job(
        &mut self,
        event: &external::Event,
        at_once: &mut VecDeque<Job>,
    ) -> Option<Job> {
        let (initiated, result) = match event {
            external::Event::SignalInitiated { .. } | external::Event::CancelInitiated { .. } => {
                return None;
            }
            external::Event::Signaled { initiated, .. }
            | external::Event::CancelRequested { initiated, .. } => (initiated, Ok(())),
            external::Event::SignalFailed { initiated, cause, .. } => {
                (initiated, Err(cause.failure("signal")))
            }
            external::Event::CancelFailed { initiated, cause, .. } => {
                (initiated, Err(cause.failure("cancel")))
            }
        };
        if let Some(child) = self.ops.child_cancels.remove(initiated) {
            // If the request has found nobody, the child's end is on its way.
            result.ok()?;
            let open = self.ops.children.get(&child).cloned()?;
            self.ops.close(open.op);
            let mut jobs = open.canceled(child).into_iter();
            let first = jobs.next();
            at_once.extend(jobs);
            return first;
        }
        let op = self.ops.externals.get(initiated).copied()?;
        self.ops.close(op);
        Some(Job::ExternalClosed { op, result })
    }
}
