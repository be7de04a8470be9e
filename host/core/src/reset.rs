//! Reset: a new run that begins with the history of another one, up to one of its workflow tasks.
//!
//! The task at which the two part ends as failed, so a guest is brought there as to any other place:
//! by replay. What came to the base run after it can be handed to the new run once more.

use crate::arrival::Arrival;
use crate::errors::StepError;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::ids::{EventId, RunId};
use crate::machines::{Event, signal, task};
use crate::time::Timestamp;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reset {
    pub base: RunId,
    pub new: RunId,
    /// The event that ended a workflow task, or the one after its `Scheduled`. It is not copied, nor is
    /// anything after it.
    pub at: EventId,
    pub reason: String,
    pub identity: String,
    pub reapply: Reapply,
}

/// What of the base run's later history happens to the new run as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reapply {
    pub signals: bool,
    pub updates: bool,
}

/// What a new run begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Beginning {
    /// From event 1 on, without gaps; the last one is the task that failed because of the reset.
    pub events: Vec<Recorded>,
    /// To be admitted in this order.
    pub again: Vec<Arrival>,
    /// Of the history at the last task that is copied, as that recorded it.
    pub history_bytes: u64,
}

/// Nothing was reset.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResetError {
    #[error("there is nothing to go back to at event {at}: expected an event from 2 to {last}")]
    NotInHistory { at: EventId, last: EventId },
    #[error(
        "no workflow task can end at event {at}: expected the event that ended one, or the one after its WorkflowTaskScheduled{}",
        match before {
            Some(before) => format!("; the last one before it is {before}"),
            None => String::new(),
        }
    )]
    NotATask { at: EventId, before: Option<EventId> },
    /// Their outcome would go to the base run.
    #[error(
        "{pending} child workflows, or signals and cancels to other workflows, are pending at event {at}: choose a workflow task before they began or after they ended"
    )]
    PendingElsewhere { at: EventId, pending: usize },
    #[error(transparent)]
    Broken(StepError),
}

impl Reset {
    /// What the new run begins with. `later`: histories of the runs that the base was continued as.
    pub fn begin(
        &self,
        base: &[Recorded],
        later: &[&[Recorded]],
        now: Timestamp,
    ) -> Result<Beginning, ResetError> {
        let last = EventId(base.len() as u64);
        if self.at <= EventId::FIRST || self.at > last {
            return Err(ResetError::NotInHistory { at: self.at, last });
        }
        let (copied, dropped) = base.split_at(self.at.0 as usize - 1);
        let mut events = copied.to_vec();
        let (scheduled, started) = match copied.last().map(|it| (it.id, &it.event)) {
            Some((id, Event::Task(task::Event::Scheduled { .. }))) => {
                let started = task::Event::Started {
                    scheduled: id,
                    identity: self.identity.clone(),
                    history_bytes: 0,
                    suggest_continue_as_new: false,
                };
                events.push(Recorded { id: self.at, time: now, event: Event::Task(started) });
                (id, self.at)
            }
            Some((id, Event::Task(task::Event::Started { scheduled, .. }))) => (*scheduled, id),
            Some(_) | None => {
                let ends = |it: &&Recorded| ends_task(&it.event);
                let before = copied.iter().rev().find(ends).map(|it| it.id);
                return Err(ResetError::NotATask { at: self.at, before });
            }
        };
        let failed = task::Event::Failed {
            scheduled,
            started,
            cause: task::FailedCause::ResetWorkflow,
            failure: task::reset_failure(&self.reason),
            identity: self.identity.clone(),
            reset: Some(task::Reset { base: self.base, new: self.new }),
        };
        events.push(Recorded { id: started.next(), time: now, event: Event::Task(failed) });
        let execution = Execution::fold(&events).map_err(ResetError::Broken)?;
        let pending = execution.children.len()
            + execution.external_signals.len()
            + execution.external_cancels.len();
        if pending > 0 {
            return Err(ResetError::PendingElsewhere { at: self.at, pending });
        }
        let again = dropped.iter().chain(later.iter().copied().flatten());
        let again = again.filter_map(|it| self.again(&it.event)).collect();
        let history_bytes = events.iter().rev().find_map(|it| match &it.event {
            Event::Task(task::Event::Started { history_bytes, .. }) => Some(*history_bytes),
            _ => None,
        });
        Ok(Beginning { events, again, history_bytes: history_bytes.unwrap_or(0) })
    }

    /// As Temporal: a request to cancel is not made again.
    fn again(&self, event: &Event) -> Option<Arrival> {
        match event {
            Event::Signal(signal::Event::Received(signal)) if self.reapply.signals => {
                Some(Arrival::Signal((**signal).clone()))
            }
            _ => None,
        }
    }
}

fn ends_task(event: &Event) -> bool {
    matches!(
        event,
        Event::Task(
            task::Event::Completed { .. }
                | task::Event::Failed { .. }
                | task::Event::TimedOut { .. }
        )
    )
}
