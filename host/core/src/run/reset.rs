//! A run that begins with the history of another one.

use super::*;
use crate::reset::Beginning;

impl Run {
    /// Brings a fresh guest to where the copied history ends, and takes the new run on from there.
    ///
    /// Errors: the guest does not fit the copied history. Then nothing has happened.
    pub fn reset(
        facts: RunFacts,
        beginning: Beginning,
        guest: Box<dyn Guest>,
        mut step: Step,
    ) -> Result<Outcome, StepError> {
        let mut run = Run::new(facts, guest);
        run.published = Some(BTreeMap::new());
        run.bring_to(&beginning.events)?;
        step.arrivals = beginning.again;
        step.history_bytes = beginning.history_bytes;
        let now = run.execution.clock.of_run(step.now);
        let draft = run.rows_of_reset(beginning.events, now);
        run.step_from(EventId::FIRST, draft, step)
    }

    /// The rows that the copied history stands for. Activities begin anew; timers fire when they
    /// would have.
    fn rows_of_reset(&mut self, events: Vec<Recorded>, now: Timestamp) -> Draft {
        let mut effects = Vec::new();
        let execution = &self.execution;
        if let Some(started) = execution.started.as_deref() {
            // The wait before the first task is over.
            let at_start = started.options();
            let started = execution::Started { first_task_backoff: None, ..started.clone() };
            effects.push(Effect::InsertRun(Box::new(started)));
            effects.push(Effect::SetAttributes(Box::new(execution.attributes.clone())));
            // Without a row of their own they are as the start said.
            let options = &execution.options;
            if *options != at_start || options.versioning.is_some() {
                effects.push(Effect::SetOptions(Box::new(options.clone())));
            }
        }
        effects.extend(execution.timer_rows());
        for (id, pending) in &execution.activities {
            let canceled = matches!(pending.state, activity::State::CancelRequested { .. });
            let task = self.new_activity(*id, &pending.options, now);
            let task = attempt::ActivityTask { cancel_requested: canceled, ..task };
            effects.push(Effect::InsertActivity(Box::new(task)));
            if canceled {
                effects.push(Effect::CancelActivity { scheduled: *id });
            }
        }
        let published = self.published.take().unwrap_or_default();
        effects.extend(
            published.into_iter().map(|(name, value)| Effect::PublishState { name, value }),
        );
        let wants_task = !self.execution.undelivered.is_empty();
        Draft { events, effects, wants_task, ..Draft::default() }
    }
}
