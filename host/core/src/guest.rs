//! A workflow component, seen from core. Implemented by wasm in `runtime`, by scripts in tests.

use crate::failure::Failure;
use crate::ids::{OpSeq, RunId};
use crate::machines::{Command, execution, signal, update};
use crate::payload::Payloads;
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The name under which the text is published that a guest shows as its current state.
pub const CURRENT_DETAILS: &str = "__current_details";

/// One execution of a guest's program, alive in memory. Nothing about it is durable.
pub trait Guest: Send {
    /// Hands over one thing that happened, runs until all of the guest waits, and takes what it
    /// wished for, in program order.
    ///
    /// After `Command::Execution` the program has returned; further turns bring no commands, but
    /// queries are still answered.
    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError>;

    /// Signals that were handed over and that the program has not received, oldest first. The next
    /// run of the chain gets them.
    fn unreceived(&self) -> Vec<signal::Signal>;

    /// Can it look for signals by itself? Then those that came before its first task are handed
    /// over with its start.
    fn takes_signals(&self) -> bool {
        false
    }

    /// How much it takes of what all guests of a host share in memory, in the least that one takes.
    fn rooms(&self) -> usize {
        1
    }

    /// Asks without changing anything. Allowed between any two turns, also after the program
    /// has returned.
    #[expect(
        clippy::result_large_err,
        reason = "a query fails seldom, and its answer is no smaller"
    )]
    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError>;

    /// May this update be accepted? Under the rules of `query`, while the run is open. The inner
    /// error rejects it; a guest that does not say accepts all.
    fn validate_update(
        &mut self,
        _update: &update::Request,
        _now: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        Ok(Ok(()))
    }
}

/// One completion, and what the guest may know while it handles it.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The workflow's time. Never goes back.
    pub now: Timestamp,
    /// History already has what this turn leads to: logs are not repeated.
    pub replaying: bool,
    pub history_length: u64,
    pub history_bytes: u64,
    pub suggest_continue_as_new: bool,
    pub job: Job,
}

/// What can wake a guest.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// The first turn of every guest: instantiate and call `run`.
    Start(Box<Start>),
    ActivityClosed {
        op: OpSeq,
        result: Result<Payloads, Failure>,
    },
    TimerClosed {
        op: OpSeq,
        result: Result<(), Failure>,
    },
    /// Or could not be: then its end follows, with the same failure.
    ChildStarted {
        op: OpSeq,
        result: Result<execution::WorkflowRun, Failure>,
    },
    ChildClosed {
        op: OpSeq,
        result: Result<Payloads, Failure>,
    },
    /// A signal or a request to cancel has reached another run, or could not.
    ExternalClosed {
        op: OpSeq,
        result: Result<(), Failure>,
    },
    Signal(signal::Signal),
    CancelRequested {
        cause: String,
    },
    /// Calls the handler of an accepted update; its end is `update::Command::Complete`.
    Update(Box<update::Request>),
}

/// All that a guest may know of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub namespace: String,
    pub run: RunId,
    pub started: Arc<execution::Started>,
    pub start_time: Timestamp,
    /// Patches that the history about to be replayed has markers for.
    pub patches: BTreeSet<String>,
    /// Those that came before the first task, for a guest that takes them.
    pub signals: Vec<signal::Signal>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub name: String,
    pub args: Payloads,
    pub now: Timestamp,
}

/// The guest can't go on. Its workflow task fails; the run stays open, other runs notice nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct GuestError {
    pub kind: GuestErrorKind,
    /// What was found and what was expected, in one line.
    pub message: String,
    /// The guest's own frames, innermost first; empty if there are none.
    pub backtrace: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestErrorKind {
    /// `unreachable`, a panic, an access out of bounds.
    Trap,
    /// Ran past the time that one activation may take.
    OutOfTime,
    OutOfMemory,
    StackOverflow,
    /// Asked for more in one task than the limit.
    TooManyCommands,
    /// Returned or passed what the interface does not allow.
    BrokenInterface,
    /// Could not be instantiated.
    Instantiate,
    /// The host has no room for it at the moment. Nothing is wrong with the guest.
    NoRoom,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// The guest's handler said no, or there is none.
    #[error("{}", .0.message)]
    Failed(Failure),
    /// The guest broke while it answered, and is gone.
    #[error("the guest broke while it answered: {0}")]
    Guest(GuestError),
}

/// A program that can be started any number of times: a validated component, or a script.
pub trait Program: Send + Sync {
    /// A fresh guest, which has not seen its first turn.
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError>;
}
