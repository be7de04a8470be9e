//! What is handed to a guest, and which of its operations that closes.

use super::*;

impl Run {
    /// The turn that an event is for. `None`: the guest gave up waiting for it.
    pub(super) fn job_for(
        &mut self,
        recorded: &Recorded,
        waiting: &mut VecDeque<Recorded>,
        at_once: &mut VecDeque<Job>,
    ) -> Option<Job> {
        match &recorded.event {
            Event::Execution(execution::Event::Started(_)) => {
                let started = self.execution.started.clone()?;
                Some(Job::Start(Box::new(Start {
                    namespace: self.facts.namespace.clone(),
                    run: self.facts.key.run,
                    started,
                    start_time: self.execution.start_time,
                    patches: std::mem::take(&mut self.patches),
                    signals: self.signals_with_start(waiting),
                })))
            }
            Event::Execution(execution::Event::CancelRequested { cause, .. }) => {
                Some(Job::CancelRequested { cause: cause.clone() })
            }
            Event::Signal(signal::Event::Received(signal)) => Some(Job::Signal((**signal).clone())),
            Event::Timer(timer::Event::Fired { started, .. }) => {
                if self.local_backoff_over(*started) {
                    return None;
                }
                let op = self.ops.timers.get(started).copied()?;
                self.ops.close(op);
                Some(Job::TimerClosed { op, result: Ok(()) })
            }
            Event::Activity(event) => self.activity_job(event),
            Event::Child(event) => self.child_job(event, at_once),
            Event::External(event) => self.external_job(event, at_once),
            Event::Execution(
                execution::Event::Completed { .. }
                | execution::Event::Failed { .. }
                | execution::Event::Canceled { .. }
                | execution::Event::TimedOut { .. }
                | execution::Event::Terminated { .. }
                | execution::Event::Paused { .. }
                | execution::Event::Unpaused { .. }
                | execution::Event::OptionsUpdated { .. }
                | execution::Event::RequestAttached { .. }
                | execution::Event::ContinuedAsNew(_),
            )
            | Event::Timer(timer::Event::Started { .. } | timer::Event::Canceled { .. })
            | Event::Task(_)
            | Event::Local(_)
            | Event::Patch(_)
            | Event::Update(_)
            | Event::Attributes(_)
            | Event::Clock(_) => None,
        }
    }

    /// What the guest takes by itself of what is waiting for it.
    fn signals_with_start(&self, waiting: &mut VecDeque<Recorded>) -> Vec<signal::Signal> {
        let mut signals = Vec::new();
        if !self.guest.takes_signals() {
            return signals;
        }
        waiting.retain(|recorded| match &recorded.event {
            Event::Signal(signal::Event::Received(signal))
                if signals.len() < limits::SIGNALS_WITH_START_MAX =>
            {
                signals.push((**signal).clone());
                false
            }
            _ => true,
        });
        signals
    }

    pub(super) fn activity_job(&mut self, event: &activity::Event) -> Option<Job> {
        let (scheduled, result) = match event {
            activity::Event::Completed { scheduled, result, .. } => {
                (*scheduled, Ok(result.clone()))
            }
            activity::Event::Failed { scheduled, started, failure, retry_state, identity } => {
                (*scheduled, Err((*started, identity.clone(), *retry_state, failure.clone())))
            }
            activity::Event::TimedOut { scheduled, started, failure, retry_state } => {
                (*scheduled, Err((*started, String::new(), *retry_state, failure.clone())))
            }
            activity::Event::Canceled { scheduled, started, details, identity, .. } => {
                let cause = Failure::canceled_with(details.clone());
                (*scheduled, Err((*started, identity.clone(), RetryState::CancelRequested, cause)))
            }
            activity::Event::Scheduled(_)
            | activity::Event::Started { .. }
            | activity::Event::CancelRequested { .. } => return None,
        };
        let (op, options) = self.ops.activities.get(&scheduled).cloned()?;
        self.ops.close(op);
        let result = result.map_err(|(started, identity, retry_state, cause)| {
            let kind = FailureKind::Activity {
                scheduled,
                started,
                identity,
                activity_type: options.activity_type.clone(),
                activity_id: options.activity_id.clone(),
                retry_state,
            };
            activity_failure(kind, cause)
        });
        Some(Job::ActivityClosed { op, result })
    }
}

/// In the words of Temporal's SDKs: people look for them in logs.
pub(super) fn activity_failure(kind: FailureKind, cause: Failure) -> Failure {
    // There is no event of its schedule.
    let is_local = matches!(kind, FailureKind::Activity { scheduled: EventId(0), .. });
    let message = match &cause.kind {
        FailureKind::Timeout { .. } if is_local => "Local Activity timed out",
        FailureKind::Timeout { .. } => "Activity task timed out",
        FailureKind::Canceled { .. } if is_local => "Local Activity cancelled",
        FailureKind::Canceled { .. } => "Activity cancelled",
        FailureKind::Application { .. }
        | FailureKind::Terminated
        | FailureKind::ResetWorkflow { .. }
        | FailureKind::Server { .. }
        | FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. } => "Activity task failed",
    };
    Failure {
        message: message.to_owned(),
        source: "refrain".to_owned(),
        kind,
        ..Failure::default()
    }
    .caused_by(cause)
}

/// The guest does not wait for the worker: it sees its activity canceled at once.
pub(super) fn canceled_activity(op: OpSeq, scheduled: EventId, pending: &PendingActivity) -> Job {
    let kind = FailureKind::Activity {
        scheduled,
        started: EventId(0),
        identity: String::new(),
        activity_type: pending.options.activity_type.clone(),
        activity_id: pending.options.activity_id.clone(),
        retry_state: RetryState::CancelRequested,
    };
    Job::ActivityClosed {
        op,
        result: Err(activity_failure(kind, Failure::canceled_with(Vec::new()))),
    }
}

impl Operations {
    pub(super) fn open(&mut self, op: OpSeq, id: EventId, opens: Opens, execution: &Execution) {
        match opens {
            Opens::Activity(cancellation) => {
                let Some(pending) = execution.activities.get(&id) else { return };
                self.targets.insert(op, Target::Activity { scheduled: id, cancellation });
                self.activities.insert(id, (op, Arc::clone(&pending.options)));
            }
            Opens::Timer => {
                self.targets.insert(op, Target::Timer { started: id });
                self.timers.insert(id, op);
            }
            Opens::Child(cancellation) => {
                let Some(pending) = execution.children.get(&id) else { return };
                self.targets.insert(op, Target::Child { initiated: id, cancellation });
                self.children.insert(id, OpenChild::new(op, Arc::clone(&pending.options)));
            }
            Opens::External => {
                self.targets.insert(op, Target::External { initiated: id });
                self.externals.insert(id, op);
            }
            Opens::ChildCancel => {
                if let Some(Target::Child { initiated, .. }) = self.targets.get(&op) {
                    self.child_cancels.insert(id, *initiated);
                }
            }
        }
    }

    pub(super) fn close(&mut self, op: OpSeq) {
        match self.targets.remove(&op) {
            Some(Target::Activity { scheduled, .. }) => {
                self.activities.remove(&scheduled);
            }
            Some(Target::Timer { started }) => {
                self.timers.remove(&started);
            }
            Some(Target::Child { initiated, .. }) => {
                self.children.remove(&initiated);
            }
            Some(Target::External { initiated }) => {
                self.externals.remove(&initiated);
            }
            None => {}
        }
    }
}
