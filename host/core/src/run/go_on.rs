//! A step that is not over yet: local activities that end before it is committed are part of it.

use super::*;
use crate::machines::local;

/// What must be known of a task to go on with it, or to take it back.
pub(super) struct Unfinished {
    pub(super) task: Task,
    pub(super) identity: String,
    /// What is known of the run if the task fails after all, and what is answered then.
    pub(super) before: After,
    pub(super) replies: Vec<Result<Accepted, Refused>>,
    pub(super) n_events: usize,
    pub(super) n_effects: usize,
}

impl Run {
    /// Did the step before end with a task, so that outcomes of local activities may be part of it?
    pub fn may_go_on(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Goes on with the task of the step before, whose decision nobody has seen yet, because local
    /// activities have come to an end.
    pub fn go_on(
        mut self,
        decision: Decision,
        closed: Vec<local::Closed>,
    ) -> Result<Outcome, StepError> {
        let Decision { first_event, events, effects, replies, run, successor } = decision;
        let mut draft = Draft { events, effects, ..Draft::default() };
        self.locals.take(closed);
        let Some(unfinished) = self.unfinished.take() else {
            // Kept until there is a task.
            let decision = Decision {
                first_event,
                events: draft.events,
                effects: draft.effects,
                replies,
                run,
                successor,
            };
            return Ok(Outcome { run: Some(self), decision, failed: None });
        };
        let now = unfinished.task.now;
        match self.play(&unfinished.task, VecDeque::new(), &mut Wishes::Live(&mut draft)) {
            Ok(unseen) => {
                self.watch_locals(&mut draft, now);
                let next = match &unfinished.task.host {
                    Some(host) => {
                        self.next(&mut draft, &unseen, now, &unfinished.identity, host.link)?
                    }
                    None => None,
                };
                self.unfinished = Some(unfinished);
                self.skip_time(&mut draft, now)?;
                let after = After::of(&self.execution, None);
                let decision = after.conclude(&self.execution, first_event, draft, replies, next);
                Ok(Outcome { run: Some(self), decision, failed: None })
            }
            Err(error) if !error.fails_task() => Err(error),
            Err(error) => {
                let Unfinished {
                    identity, before: mut after, replies, n_events, n_effects, ..
                } = unfinished;
                draft.events.truncate(n_events);
                draft.effects.truncate(n_effects);
                draft.heir = None;
                let execution = &self.execution;
                after.task_failed(&mut draft, first_event, execution, identity, &error, now);
                let decision = after.conclude(&self.execution, first_event, draft, replies, None);
                Ok(Outcome { run: None, decision, failed: Some(error) })
            }
        }
    }
}
