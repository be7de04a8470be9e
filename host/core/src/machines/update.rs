//! Updates: requests that the guest may refuse, and answers.
//!
//! An update that arrives is *admitted*, in memory only. The guest validates it; one that it
//! refuses leaves no trace. One that it takes is recorded as accepted and handed over in one go,
//! and what its handler returns is recorded as its outcome. A run that ends first leaves it
//! accepted for good: its outcome then is the failure that [`closed_first`] makes.
//!
//! An update that comes again because of a reset is admitted in history: its sender was promised
//! that it was taken, so nothing may lose it. If the guest refuses it now, history says so too.

use crate::errors::IllegalTransition;
use crate::failure::{Failure, FailureKind};
use crate::ids::EventId;
use crate::payload::{PayloadMap, Payloads, size_of_all, size_of_map};

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Request {
    /// Chosen by the caller, once in a run: a second request with the same id joins the first.
    pub id: String,
    pub identity: String,
    pub name: String,
    pub input: Payloads,
    pub header: PayloadMap,
}

impl Request {
    /// Bytes of what it carries.
    pub fn size(&self) -> usize {
        self.name.len() + size_of_all(&self.input) + size_of_map(&self.header)
    }
}

/// What came of an update.
pub type Outcome = Result<Payloads, Failure>;

/// Wished by the guest: the update's handler has returned.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Complete { update: String, outcome: Outcome },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It comes once more, to a run that was reset or is the next of its chain.
    Admitted {
        request: Box<Request>,
    },
    Accepted {
        update: String,
        /// `None`: an `Admitted` has it.
        request: Option<Box<Request>>,
        /// The last event that the guest had seen when the request came to it, or its `Admitted`.
        sequencing: EventId,
    },
    /// Only after an `Admitted`.
    Rejected {
        update: String,
        admitted: EventId,
        failure: Failure,
    },
    Completed {
        update: String,
        identity: String,
        accepted: EventId,
        outcome: Outcome,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    Admitted,
    Rejected,
    Accepted { accepted: EventId },
    Completed { accepted: EventId, completed: EventId },
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::Admitted => "Admitted",
            State::Rejected => "Rejected",
            State::Accepted { .. } => "Accepted",
            State::Completed { .. } => "Completed",
        }
    }

    /// Applies one recorded event, whose id is `id`.
    pub fn apply(self, id: EventId, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Admitted { .. }) => Ok(State::Admitted),
            (State::Absent, Event::Accepted { request: Some(_), .. })
            | (State::Admitted, Event::Accepted { request: None, .. }) => {
                Ok(State::Accepted { accepted: id })
            }
            (State::Admitted, Event::Rejected { .. }) => Ok(State::Rejected),
            (State::Accepted { accepted }, Event::Completed { .. }) => {
                Ok(State::Completed { accepted, completed: id })
            }

            (
                State::Absent,
                Event::Accepted { request: None, .. }
                | Event::Rejected { .. }
                | Event::Completed { .. },
            )
            | (
                State::Admitted,
                Event::Admitted { .. }
                | Event::Accepted { request: Some(_), .. }
                | Event::Completed { .. },
            )
            | (
                State::Accepted { .. },
                Event::Admitted { .. } | Event::Accepted { .. } | Event::Rejected { .. },
            )
            | (
                State::Rejected | State::Completed { .. },
                Event::Admitted { .. }
                | Event::Accepted { .. }
                | Event::Rejected { .. }
                | Event::Completed { .. },
            ) => Err(IllegalTransition::new("update", self.name(), event.name())),
        }
    }
}

impl Event {
    pub fn name(&self) -> &'static str {
        match self {
            Event::Admitted { .. } => "Admitted",
            Event::Accepted { .. } => "Accepted",
            Event::Rejected { .. } => "Rejected",
            Event::Completed { .. } => "Completed",
        }
    }

    /// It comes from outside; the others are what a workflow task led to.
    pub fn arrives(&self) -> bool {
        matches!(self, Event::Admitted { .. })
    }

    /// Whose it is.
    pub fn update(&self) -> &str {
        match self {
            Event::Admitted { request } => &request.id,
            Event::Accepted { update, .. }
            | Event::Rejected { update, .. }
            | Event::Completed { update, .. } => update,
        }
    }

    /// Which update it is and how it ended; a result may be computed from more than history.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (
                Event::Completed { update: was, outcome: ended, .. },
                Event::Completed { update: is, outcome: ends, .. },
            ) => was == is && ended.is_ok() == ends.is_ok(),
            // Nobody wishes for it: it is handed over.
            (Event::Admitted { .. } | Event::Accepted { .. } | Event::Rejected { .. }, _)
            | (
                Event::Completed { .. },
                Event::Admitted { .. } | Event::Accepted { .. } | Event::Rejected { .. },
            ) => false,
        }
    }
}

/// The outcome of an update whose run ended before it, in Temporal's words.
pub fn closed_first() -> Failure {
    Failure {
        message:
            "Workflow Update failed because the Workflow completed before the Update completed."
                .to_owned(),
        source: "Server".to_owned(),
        kind: FailureKind::Application {
            error_type: "AcceptedUpdateCompletedWorkflow".to_owned(),
            non_retryable: true,
            details: Vec::new(),
            next_retry_delay: None,
            benign: false,
        },
        ..Failure::default()
    }
}
