//! Reset: a new run that begins with the history of another one, up to one of its workflow tasks.
//!
//! The task at which the two part ends as failed, so a guest is brought there as to any other place:
//! by replay. What came to the base run after it, and to the runs that it was continued as, can be
//! handed to the new run once more.
//!
//! Children that are pending at that place are the new run's from then on. What the base run learned
//! of them, and of its messages to other runs, the new run learns again.

use crate::arrival::Arrival;
use crate::errors::StepError;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::ids::{Digest, EventId, RunId};
use crate::limits;
use crate::machines::{Event, child, execution, external, signal, task, update};
use crate::options::{OptionsChange, Override};
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

/// The first workflow task of a chain that a component ran: a place to go back to when the
/// component turns out to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstTaskOn {
    pub component: Digest,
    pub run: RunId,
    /// `WorkflowTaskCompleted`.
    pub completed: EventId,
    pub at: Timestamp,
}

impl FirstTaskOn {
    /// Of one run, with those of the runs before it in its chain: one for each component, the
    /// newest [`limits::RESET_POINTS_MAX`] of them.
    pub fn of_chain(before: &[FirstTaskOn], own: &[FirstTaskOn]) -> Vec<FirstTaskOn> {
        let is_new = |it: &&FirstTaskOn| before.iter().all(|old| old.component != it.component);
        let mut all = before.to_vec();
        all.extend(own.iter().filter(is_new));
        all.drain(..all.len().saturating_sub(limits::RESET_POINTS_MAX));
        all
    }

    /// Takes note of a task, if it is the first one on its component.
    pub fn note(points: &mut Vec<FirstTaskOn>, run: RunId, recorded: &Recorded) {
        if let Event::Task(task::Event::Completed { component: Some(component), .. }) =
            &recorded.event
            && points.iter().all(|it| it.component != *component)
        {
            let (component, completed, at) = (*component, recorded.id, recorded.time);
            points.push(FirstTaskOn { component, run, completed, at });
        }
    }
}

/// What of the base run's later history happens to the new run as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reapply {
    pub signals: bool,
    pub updates: bool,
}

/// What happens to the new run once everything else has come to it again.
#[derive(Clone, Debug, PartialEq)]
pub enum AfterReset {
    Signal(Box<signal::Signal>),
    Options(Box<OptionsChange>),
}

impl AfterReset {
    pub fn arrival(self, identity: &str) -> Arrival {
        match self {
            AfterReset::Signal(signal) => Arrival::Signal(*signal),
            AfterReset::Options(change) => {
                Arrival::UpdateOptions { change, identity: identity.to_owned() }
            }
        }
    }

    /// Which component the new run is to be on, if it says so.
    pub fn versioning(&self) -> Option<&Option<Override>> {
        match self {
            AfterReset::Signal(_) => None,
            AfterReset::Options(change) => change.versioning.as_ref(),
        }
    }
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
    /// Children that go on, as far as the base run knows.
    pub children: Vec<KeptChild>,
    /// The last word on its component, of those copied and those that come again.
    pub versioning: Option<Override>,
}

/// A child of the base run that is the new run's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptChild {
    pub initiated: EventId,
    pub workflow_id: String,
    /// `None`: it has not started.
    pub run: Option<RunId>,
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
    /// The base run was closed before it learned of them, and nobody knows any more.
    #[error(
        "it is not known what became of {pending} starts of child workflows, or signals and cancels to other workflows, that are pending at event {at}: choose a workflow task before they began or after they ended"
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
        let mut execution = Execution::fold(copied).map_err(ResetError::Broken)?;
        let now = execution.clock.of_run(now);
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
        for added in &events[copied.len()..] {
            execution.apply(added).map_err(ResetError::Broken)?;
        }
        let answers = dropped.iter().filter_map(|it| answer_to(&execution, &it.event));
        let mut again: Vec<Arrival> = answers.collect();
        let (children, n_unknown) = left_pending(&execution, &again);
        let is_closed = base.last().is_some_and(|it| it.event.closes_run());
        if is_closed && n_unknown > 0 {
            return Err(ResetError::PendingElsewhere { at: self.at, pending: n_unknown });
        }
        again.extend(dropped.iter().filter_map(|it| self.again(&it.event)));
        let mut before = base;
        for run in later {
            let own = run.iter().filter(|it| !is_carried(before, run, it));
            again.extend(own.filter_map(|it| self.again(&it.event)));
            before = run;
        }
        let history_bytes = events.iter().rev().find_map(|it| match &it.event {
            Event::Task(task::Event::Started { history_bytes, .. }) => Some(*history_bytes),
            _ => None,
        });
        let history_bytes = history_bytes.unwrap_or(0);
        let said = again.iter().rev().find_map(|it| match it {
            Arrival::UpdateOptions { change, .. } => change.versioning.as_ref(),
            _ => None,
        });
        let versioning = said.unwrap_or(&execution.options.versioning).clone();
        Ok(Beginning { events, again, history_bytes, children, versioning })
    }

    /// As Temporal: a request to cancel is not made again. Options are, whatever else is.
    fn again(&self, event: &Event) -> Option<Arrival> {
        match event {
            Event::Signal(signal::Event::Received(signal)) if self.reapply.signals => {
                Some(Arrival::Signal((**signal).clone()))
            }
            Event::Update(
                update::Event::Admitted { request }
                | update::Event::Accepted { request: Some(request), .. },
            ) if self.reapply.updates => Some(Arrival::UpdateAgain(request.clone())),
            Event::Execution(execution::Event::OptionsUpdated {
                options,
                identity,
                sets_time_skipping,
            }) => {
                let change = OptionsChange::to((**options).clone(), *sets_time_skipping);
                let change = Box::new(change);
                Some(Arrival::UpdateOptions { change, identity: identity.clone() })
            }
            Event::Execution(execution::Event::RequestAttached { request_id }) => {
                Some(Arrival::AttachRequest { request_id: request_id.clone() })
            }
            _ => None,
        }
    }
}

/// What a run learned of something that is pending in `execution`.
fn answer_to(execution: &Execution, event: &Event) -> Option<Arrival> {
    let (initiated, arrival) = match event {
        Event::Child(child::Event::Started { initiated, run, .. }) => {
            (*initiated, Arrival::ChildStarted { initiated: *initiated, run: *run })
        }
        Event::Child(child::Event::StartFailed { initiated, cause, reason, .. }) => {
            let (initiated, cause, reason) = (*initiated, *cause, reason.clone());
            (initiated, Arrival::ChildStartFailed { initiated, cause, reason })
        }
        Event::Child(child::Event::Closed { initiated, run, outcome, .. }) => {
            let (initiated, run, outcome) = (*initiated, *run, Box::new(outcome.clone()));
            (initiated, Arrival::ChildClosed { initiated, run, outcome })
        }
        Event::External(event) => {
            let (initiated, failed) = match event {
                external::Event::Signaled { initiated, .. }
                | external::Event::CancelRequested { initiated, .. } => (*initiated, None),
                external::Event::SignalFailed { initiated, cause, .. }
                | external::Event::CancelFailed { initiated, cause, .. } => {
                    (*initiated, Some(*cause))
                }
                external::Event::SignalInitiated { .. }
                | external::Event::CancelInitiated { .. } => return None,
            };
            let arrival = match execution.external_signals.contains_key(&initiated) {
                true => Arrival::ExternalSignaled { initiated, failed },
                false => Arrival::ExternalCanceled { initiated, failed },
            };
            (initiated, arrival)
        }
        _ => return None,
    };
    // Others began after the place that is gone back to.
    (initiated < execution.next_event).then_some(arrival)
}

/// The children that have not ended after those answers, and of how many things it is not even
/// known whether they began.
fn left_pending(execution: &Execution, answers: &[Arrival]) -> (Vec<KeptChild>, usize) {
    let is_answered = |initiated: EventId| {
        answers.iter().any(|it| match it {
            Arrival::ExternalSignaled { initiated: id, .. }
            | Arrival::ExternalCanceled { initiated: id, .. }
            | Arrival::ChildStartFailed { initiated: id, .. }
            | Arrival::ChildClosed { initiated: id, .. } => *id == initiated,
            _ => false,
        })
    };
    let started = |initiated: EventId| {
        answers.iter().find_map(|it| match it {
            Arrival::ChildStarted { initiated: id, run } if *id == initiated => Some(*run),
            _ => None,
        })
    };
    let pending = execution.children.iter().filter(|(id, _)| !is_answered(**id));
    let children: Vec<_> = pending
        .map(|(id, child)| KeptChild {
            initiated: *id,
            workflow_id: child.options.workflow_id.clone(),
            run: child.state.run().or_else(|| started(*id)),
        })
        .collect();
    let externals = execution.external_signals.keys().chain(execution.external_cancels.keys());
    let n_unknown = externals.filter(|id| !is_answered(**id)).count();
    let n_not_started = children.iter().filter(|it| it.run.is_none()).count();
    (children, n_unknown + n_not_started)
}

/// Did the run get it from the run before it, which has it too?
fn is_carried(before: &[Recorded], run: &[Recorded], recorded: &Recorded) -> bool {
    let began = run.first().map(|it| it.time);
    matches!(recorded.event, Event::Signal(_))
        && began == Some(recorded.time)
        && before.iter().any(|it| it.event == recorded.event)
}

/// The run that this one was continued as.
pub fn continued_as(history: &[Recorded]) -> Option<RunId> {
    match history.last().map(|it| &it.event) {
        Some(Event::Execution(execution::Event::ContinuedAsNew(it))) => Some(it.new_run),
        Some(_) | None => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn first_on(component: u8, run: u128) -> FirstTaskOn {
        let component = Digest([component; 32]);
        FirstTaskOn { component, run: RunId(run), completed: EventId(4), at: Timestamp(1) }
    }

    #[test]
    fn a_chain_remembers_the_first_task_on_each_component_and_the_newest_of_many() {
        let both = FirstTaskOn::of_chain(&[first_on(1, 1)], &[first_on(1, 2), first_on(2, 2)]);
        assert_eq!(both, [first_on(1, 1), first_on(2, 2)]);
        let most = limits::RESET_POINTS_MAX;
        let many: Vec<_> = (0..most as u8).map(|it| first_on(it, 1)).collect();
        assert_eq!(FirstTaskOn::of_chain(&many, &[]), many);
        let more = FirstTaskOn::of_chain(&many, &[first_on(99, 2)]);
        assert_eq!((more.len(), more[0], more[most - 1]), (most, many[1], first_on(99, 2)));
    }
}
