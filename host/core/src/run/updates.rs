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
                    update: request.id.clone(),
                    request: Some(request.clone()),
                    sequencing: task.scheduled,
                };
                self.execution.push(draft, task.now, Event::Update(event))?;
                Ok(Some(request))
            }
            Wishes::Replay { recorded, .. } => {
                let accepted = |event: &update::Event| match event {
                    update::Event::Accepted { request, .. } => request.clone(),
                    update::Event::Admitted { .. }
                    | update::Event::Rejected { .. }
                    | update::Event::Completed { .. } => None,
                };
                self.pass_update(recorded, accepted)
            }
        }
    }

    /// An update that came again, at its place among what else has arrived: live, it is validated
    /// once more, and what comes of that is recorded; in replay, that is what is recorded next.
    /// `None`: the guest does not take it.
    pub(super) fn admitted_update(
        &mut self,
        admitted: EventId,
        request: &update::Request,
        task: &Task,
        wishes: &mut Wishes<'_>,
    ) -> Result<Option<Box<update::Request>>, StepError> {
        let id = &request.id;
        let taken = match wishes {
            Wishes::Live(draft) => {
                let valid =
                    self.guest.validate_update(request, task.now).map_err(StepError::Guest)?;
                let (update, taken) = (id.clone(), valid.is_ok());
                let event = match valid {
                    Ok(()) => {
                        update::Event::Accepted { update, request: None, sequencing: admitted }
                    }
                    Err(failure) => update::Event::Rejected { update, admitted, failure: *failure },
                };
                self.execution.push(draft, task.now, Event::Update(event))?;
                taken
            }
            Wishes::Replay { recorded, recorded_by } => {
                let verdict = |event: &update::Event| match event {
                    update::Event::Accepted { update, request: None, .. } if update == id => {
                        Some(true)
                    }
                    update::Event::Rejected { update, .. } if update == id => Some(false),
                    update::Event::Accepted { .. }
                    | update::Event::Rejected { .. }
                    | update::Event::Admitted { .. }
                    | update::Event::Completed { .. } => None,
                };
                let Some(taken) = self.pass_update(recorded, verdict)? else {
                    let next = next_asked(recorded);
                    let at = next.map_or(self.execution.next_event, |it| it.id);
                    let asked = Some(format!("update {id} accepted"));
                    return Err(self.diverged(at, next, asked, *recorded_by));
                };
                taken
            }
        };
        Ok(taken.then(|| Box::new(request.clone())))
    }

    /// Goes past the next recorded event, if it is of an update and `wanted` takes it.
    fn pass_update<T>(
        &mut self,
        recorded: &mut &[Recorded],
        wanted: impl Fn(&update::Event) -> Option<T>,
    ) -> Result<Option<T>, StepError> {
        let found = match next_asked(recorded).map(|it| &it.event) {
            Some(Event::Update(event)) => wanted(event),
            Some(_) | None => None,
        };
        if found.is_some() {
            self.pass(recorded)?;
        }
        Ok(found)
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
