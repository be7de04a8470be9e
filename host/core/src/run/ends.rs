//! What follows a step: the end of a run whose history is too long, the next run of its chain, or
//! time that is skipped.

use super::*;

impl Run {
    /// Why the run must end, if its history is as long as one may be: in Temporal's words, and with
    /// the numbers as details.
    pub(super) fn too_long(
        &self,
        history_bytes: u64,
        limits: &RunLimits,
    ) -> Option<(String, Payloads)> {
        let n_events = self.execution.next_event.0 - 1;
        let (reason, found, unit, most) = if history_bytes > limits.history_bytes {
            let reason = "Workflow history size exceeds limit.";
            (reason, history_bytes, "bytes", limits.history_bytes)
        } else if n_events + EVENTS_OF_A_TASK > limits.history_events {
            let reason = "Workflow history count exceeds limit.";
            (reason, n_events, "events", limits.history_events)
        } else {
            return None;
        };
        let details = format!("\"history has {found} {unit}, at most {most} are allowed\"");
        Some((reason.to_owned(), vec![Payload::json(details)]))
    }

    /// The next run of the chain, if this one is closed for it, with what the program had not
    /// received: kept for it, or not even handed over (`unseen`).
    pub(super) fn next(
        &self,
        draft: &mut Draft,
        unseen: &VecDeque<Recorded>,
        now: Timestamp,
        identity: &str,
        link: Link,
    ) -> Result<Option<Box<Successor>>, StepError> {
        let Some(heir) = draft.heir.take() else { return Ok(None) };
        let kept = self.guest.unreceived().into_iter().map(Arrival::Signal);
        let carried = kept.chain(unseen.iter().filter_map(chain::carried_over)).collect();
        heir.begin(&self.execution, carried, now, identity.to_owned(), link).map(Some)
    }

    /// To what is due next, if nothing else can happen.
    pub(super) fn skip_time(&mut self, draft: &mut Draft, now: Timestamp) -> Result<(), StepError> {
        match self.locals.are_idle() {
            true => self.execution.skip_time(draft, now),
            false => Ok(()),
        }
    }
}
