//! Durable timers.
//!
//! A timer lives in two places: as this state, folded from history, and as a row in `timers`
//! while it is `Pending`. History is the truth. The row is an index, so that the timer loop can
//! find what is due without reading histories.
//!
//! Firing and canceling race. Whichever event is appended first wins, and the loser is not an
//! error: neither the clock nor the guest could know of the other in time.

use crate::errors::IllegalTransition;
use crate::ids::{EventId, OpSeq};
use crate::payload::Payload;
use crate::time::Delay;

/// Wished by the guest. Canceling goes by operation, see `Command::Cancel` of all machines.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Start { op: OpSeq, delay: Delay, summary: Option<Payload> },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Started {
        timer_id: String,
        delay: Delay,
        task: EventId,
        summary: Option<Payload>,
    },
    Fired {
        timer_id: String,
        started: EventId,
    },
    /// The summary is the timer's.
    Canceled {
        timer_id: String,
        started: EventId,
        task: EventId,
        summary: Option<Payload>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    Pending,
    Fired,
    Canceled,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::Pending => "Pending",
            State::Fired => "Fired",
            State::Canceled => "Canceled",
        }
    }

    /// Applies one recorded event.
    pub fn apply(self, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Started { .. }) => Ok(State::Pending),
            (State::Pending, Event::Fired { .. }) => Ok(State::Fired),
            (State::Pending, Event::Canceled { .. }) => Ok(State::Canceled),

            (State::Absent, Event::Fired { .. } | Event::Canceled { .. })
            | (State::Pending | State::Fired | State::Canceled, Event::Started { .. })
            | (State::Fired | State::Canceled, Event::Fired { .. } | Event::Canceled { .. }) => {
                Err(IllegalTransition::new("timer", self.name(), event.name()))
            }
        }
    }
}

/// The id that tools show: the guest's operation number.
pub fn id_of(op: OpSeq) -> String {
    op.to_string()
}

impl Event {
    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::Started { task, .. } | Event::Canceled { task, .. } => Some(*task),
            Event::Fired { .. } => None,
        }
    }

    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (
                Event::Started { timer_id: was, delay: was_delay, .. },
                Event::Started { timer_id: is, delay: is_delay, .. },
            ) => was == is && was_delay == is_delay,
            (Event::Canceled { started: was, .. }, Event::Canceled { started: is, .. }) => {
                was == is
            }
            (Event::Started { .. } | Event::Fired { .. } | Event::Canceled { .. }, _) => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Event::Started { .. } => "Started",
            Event::Fired { .. } => "Fired",
            Event::Canceled { .. } => "Canceled",
        }
    }
}
