//! Updates, from the moment when the guest is idle and has seen all of history.

use super::*;

impl Run {
    /// The next of those that wait that the guest takes; it rejects the ones before.
    pub(super) fn next_valid_update(
        &mut self,
        draft: &mut Draft,
        now: Timestamp,
    ) -> Result<Option<WaitingUpdate>, StepError> {
        while let Some(update) = draft.updates.waiting.pop_front() {
            let valid =
                self.guest.validate_update(&update.request, now).map_err(StepError::Guest)?;
            match valid {
                Ok(()) => return Ok(Some(update)),
                Err(failure) => {
                    draft.updates.verdicts.push((update, Err(Refused::UpdateRejected(failure))));
                }
            }
        }
        Ok(None)
    }

    /// The next update to hand over: live, one that the guest takes, which is recorded by that;
    /// in replay, the one that is recorded next. Nothing is validated twice.
    pub(super) fn next_update(
        &mut self,
        task: &Task,
        wishes: &mut Wishes<'_>,
    ) -> Result<Option<Box<update::Request>>, StepError> {
        match wishes {
            Wishes::Live(draft) => {
                let valid = match draft.updates.valid.take() {
                    Some(valid) => Some(valid),
                    None => self.next_valid_update(draft, task.now)?,
                };
                let Some(update) = valid else { return Ok(None) };
                let request = Box::new(update.request.clone());
                draft.updates.verdicts.push((update, Ok(Accepted::Recorded)));
                let event = update::Event::Accepted {
                    request: request.clone(),
                    sequencing: task.scheduled,
                };
                self.execution.push(draft, task.now, Event::Update(event))?;
                Ok(Some(request))
            }
            Wishes::Replay { recorded, .. } => {
                let accepted = next_asked(recorded);
                let Some(Event::Update(update::Event::Accepted { request, .. })) =
                    accepted.map(|it| &it.event)
                else {
                    return Ok(None);
                };
                self.pass(recorded)?;
                Ok(Some(request.clone()))
            }
        }
    }

    pub(super) fn decide_update(
        &self,
        update: String,
        outcome: update::Outcome,
    ) -> Result<Option<Granted>, StepError> {
        let Some(update::State::Accepted { accepted }) =
            self.execution.updates.get(&update).copied()
        else {
            return Err(bad_command(format!("update `{update}` was completed, but is not open")));
        };
        let open = self.execution.open_updates.get(&accepted);
        let identity = open.map_or_else(String::new, |it| it.identity.clone());
        let event = update::Event::Completed { update, identity, accepted, outcome };
        Ok(Some(Granted { event: Event::Update(event), opens: None, closes: None }))
    }
}
