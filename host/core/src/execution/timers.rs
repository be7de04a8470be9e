//! Timers, folded from history.

use super::{Execution, PendingTimer};
use crate::errors::IllegalTransition;
use crate::ids::EventId;
use crate::machines::timer;
use crate::time::Timestamp;

impl Execution {
    pub(super) fn apply_timer(
        &mut self,
        id: EventId,
        time: Timestamp,
        event: &timer::Event,
    ) -> Result<(), IllegalTransition> {
        match event {
            timer::Event::Started { timer_id, delay, summary, task: _ } => {
                timer::State::Absent.apply(event)?;
                let fire_at = time.plus(*delay);
                let (timer_id, summary) = (timer_id.clone(), summary.clone());
                self.timers.insert(id, PendingTimer { timer_id, summary, fire_at });
            }
            timer::Event::Fired { started, .. } | timer::Event::Canceled { started, .. } => {
                self.timer_state(*started).apply(event)?;
                self.timers.remove(started);
            }
        }
        Ok(())
    }

    /// Fired and canceled timers are forgotten, so a second end finds no timer.
    fn timer_state(&self, started: EventId) -> timer::State {
        match self.timers.contains_key(&started) {
            true => timer::State::Pending,
            false => timer::State::Absent,
        }
    }
}
