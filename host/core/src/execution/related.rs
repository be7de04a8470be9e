//! What a run knows of others: its children, and what it has sent to runs that are not.

use super::*;
use crate::message::{Body, Outgoing};
use crate::options::ParentClosePolicy;

type Answer = Result<Result<Accepted, Refused>, StepError>;

impl Execution {
    pub(super) fn apply_child(
        &mut self,
        id: EventId,
        event: &child::Event,
    ) -> Result<(), IllegalTransition> {
        let initiated = match event {
            child::Event::Initiated(options) => {
                let state = child::State::Absent.apply(id, event)?;
                let options = Arc::new((**options).clone());
                self.child_ids.insert((options.workflow_id.clone(), id));
                let pending = PendingChild { state, options, cancel_requested: false };
                self.children.insert(id, pending);
                return Ok(());
            }
            child::Event::StartFailed { initiated, .. }
            | child::Event::Started { initiated, .. }
            | child::Event::Closed { initiated, .. } => *initiated,
        };
        let Some(pending) = self.children.get_mut(&initiated) else {
            return child::State::Absent.apply(id, event).map(drop);
        };
        pending.state = pending.state.apply(id, event)?;
        if pending.state.is_over() {
            let key = (pending.options.workflow_id.clone(), initiated);
            self.child_ids.remove(&key);
            self.children.remove(&initiated);
        }
        Ok(())
    }

    pub(super) fn apply_external(
        &mut self,
        id: EventId,
        event: &external::Event,
    ) -> Result<(), IllegalTransition> {
        match event {
            external::Event::SignalInitiated { target, .. } => {
                external::State::Absent.apply(event)?;
                self.external_signals.insert(id, target.clone());
            }
            external::Event::CancelInitiated { target, child_only, .. } => {
                external::State::Absent.apply(event)?;
                self.external_cancels.insert(id, target.clone());
                if *child_only
                    && let Some(initiated) = self.child_called(target)
                    && let Some(pending) = self.children.get_mut(&initiated)
                {
                    pending.cancel_requested = true;
                }
            }
            external::Event::Signaled { initiated, .. }
            | external::Event::SignalFailed { initiated, .. } => {
                let state = match self.external_signals.remove(initiated) {
                    Some(_) => external::State::SignalSent,
                    None => external::State::Absent,
                };
                state.apply(event)?;
            }
            external::Event::CancelRequested { initiated, .. }
            | external::Event::CancelFailed { initiated, .. } => {
                let state = match self.external_cancels.remove(initiated) {
                    Some(_) => external::State::CancelSent,
                    None => external::State::Absent,
                };
                state.apply(event)?;
            }
        }
        Ok(())
    }

    /// The run that began something of this history. `None`: this run itself.
    pub(crate) fn begun_by(&self, initiated: EventId) -> Option<RunId> {
        let bases = self.bases.iter().filter(|(_, reset)| initiated < **reset);
        bases.min_by_key(|it| it.1).map(|it| *it.0)
    }

    /// The oldest child that is meant, if a child is.
    pub(crate) fn child_called(&self, target: &external::Target) -> Option<EventId> {
        let first = (target.workflow_id.clone(), EventId(0));
        self.child_ids
            .range(first..)
            .take_while(|(workflow_id, _)| *workflow_id == target.workflow_id)
            .map(|(_, initiated)| *initiated)
            .find(|initiated| match target.run {
                None => true,
                Some(_) => {
                    self.children.get(initiated).is_some_and(|it| it.state.run() == target.run)
                }
            })
    }

    pub(super) fn admit_child_started(
        &mut self,
        initiated: EventId,
        run: RunId,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Answer {
        match self.children.get(&initiated) {
            Some(pending) if pending.state == child::State::Initiated => {
                let (child, header) = (pending.options.named(), pending.options.header.clone());
                let event = child::Event::Started { initiated, child, run, header };
                self.related(event, now, draft)
            }
            Some(_) | None => Ok(Err(Refused::ChildNotPending)),
        }
    }

    pub(super) fn admit_child_start_failed(
        &mut self,
        initiated: EventId,
        cause: child::StartFailedCause,
        reason: String,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Answer {
        match self.children.get(&initiated) {
            Some(pending) if pending.state == child::State::Initiated => {
                let child = pending.options.named();
                let event = child::Event::StartFailed { initiated, child, cause, reason };
                self.related(event, now, draft)
            }
            Some(_) | None => Ok(Err(Refused::ChildNotPending)),
        }
    }

    pub(super) fn admit_child_closed(
        &mut self,
        initiated: EventId,
        run: RunId,
        outcome: child::Outcome,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Answer {
        // Whoever has ended has started, whichever of the two is told first.
        let _ = self.admit_child_started(initiated, run, now, draft)?;
        let Some(pending) = self.children.get(&initiated) else {
            return Ok(Err(Refused::ChildNotPending));
        };
        let child::State::Started { started, run: _ } = pending.state else {
            return Ok(Err(Refused::ChildNotPending));
        };
        let child = pending.options.named();
        let event = child::Event::Closed { initiated, started, child, run, outcome };
        self.related(event, now, draft)
    }

    fn related(&mut self, event: child::Event, now: Timestamp, draft: &mut Draft) -> Answer {
        self.push(draft, now, Event::Child(event))?;
        draft.wants_task = true;
        Ok(Ok(Accepted::Recorded))
    }

    pub(super) fn admit_signaled(
        &mut self,
        initiated: EventId,
        failed: Option<external::FailedCause>,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Answer {
        let Some(target) = self.external_signals.get(&initiated).cloned() else {
            return Ok(Err(Refused::ExternalNotPending));
        };
        let event = match failed {
            None => external::Event::Signaled { initiated, target },
            Some(cause) => external::Event::SignalFailed { initiated, target, cause },
        };
        self.push(draft, now, Event::External(event))?;
        draft.wants_task = true;
        Ok(Ok(Accepted::Recorded))
    }

    pub(super) fn admit_canceled(
        &mut self,
        initiated: EventId,
        failed: Option<external::FailedCause>,
        now: Timestamp,
        draft: &mut Draft,
    ) -> Answer {
        let Some(target) = self.external_cancels.get(&initiated).cloned() else {
            return Ok(Err(Refused::ExternalNotPending));
        };
        let event = match failed {
            None => external::Event::CancelRequested { initiated, target },
            Some(cause) => external::Event::CancelFailed { initiated, target, cause },
        };
        self.push(draft, now, Event::External(event))?;
        draft.wants_task = true;
        Ok(Ok(Accepted::Recorded))
    }

    /// What a run that has just closed tells its children. `first`: the first event of the
    /// decision that closes it.
    ///
    /// A child that this very decision was to start, and that would be terminated at once, is not
    /// started: its message is taken back.
    pub(crate) fn tell_children(&self, draft: &mut Draft, closing: EventId, first: EventId) {
        let mut taken_back = BTreeSet::new();
        let parent = self.started.as_ref().map_or("", |it| it.workflow_id.as_str());
        let mut n = 0;
        for (initiated, child) in &self.children {
            let base = self.begun_by(*initiated);
            let body = match child.options.parent_close {
                ParentClosePolicy::Abandon => continue,
                ParentClosePolicy::Terminate if *initiated >= first => {
                    taken_back.insert(*initiated);
                    continue;
                }
                ParentClosePolicy::Terminate => Body::TerminateChild { base },
                ParentClosePolicy::RequestCancel => {
                    Body::CancelChild { parent: parent.to_owned(), base }
                }
            };
            n += 1;
            let to = child.options.workflow_id.clone();
            draft.effects.push(Effect::Send(Box::new(Outgoing { event: closing, n, to, body })));
        }
        if !taken_back.is_empty() {
            draft.effects.retain(|effect| match effect {
                Effect::Send(message) => !taken_back.contains(&message.event),
                _ => true,
            });
        }
    }

    /// What the last run of a chain tells its parent when `event` has closed it.
    pub(crate) fn tell_parent(
        &self,
        draft: &mut Draft,
        closing: EventId,
        event: &execution::Event,
    ) {
        let Some(parent) = self.started.as_ref().and_then(|it| it.parent.as_ref()) else { return };
        // If the chain goes on, its last run tells.
        let Some(outcome) = child::Outcome::of(event) else { return };
        let body = Body::ChildClosed {
            parent: parent.workflow.run,
            initiated: parent.initiated,
            outcome: Box::new(outcome),
        };
        let to = parent.workflow.workflow_id.clone();
        draft.effects.push(Effect::Send(Box::new(Outgoing { event: closing, n: 0, to, body })));
    }
}
