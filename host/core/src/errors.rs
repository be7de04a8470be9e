//! Errors of core. Each says whose it is; the engine reacts to that and never to a text.

use crate::guest::{GuestError, GuestErrorKind};
use crate::ids::{Digest, EventId};

/// A pair of state and event that no correct history has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine} in state {state} can't take {event}")]
pub struct IllegalTransition {
    pub machine: &'static str,
    pub state: &'static str,
    pub event: &'static str,
}

impl IllegalTransition {
    pub fn new(machine: &'static str, state: &'static str, event: &'static str) -> Self {
        IllegalTransition { machine, state, event }
    }
}

/// A stable code: `errors/<code>.md` explains it to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub &'static str);

/// Who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Bad request. Nothing is stored.
    Caller,
    /// The task fails and is tried again, at the latest after a deploy. The run stays open.
    GuestAuthor,
    /// Database down, disk full, no room for one more guest: retry with backoff, tell the operator.
    Operator,
    /// A broken promise of ours: set the run aside, keep the host running, log as `bug`.
    Us,
}

/// Why a history and a guest do not fit together.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Where in history.
    pub at: EventId,
    /// What history has there; `None`: the task ends there.
    pub recorded: Option<String>,
    /// What the guest asked for; `None`: nothing more.
    pub asked: Option<String>,
    /// Which of all its commands that was, counted from 1 over the whole replay; 0: none.
    pub command: u64,
    /// The component that wrote the task, if it is known, and the one that replays it.
    pub recorded_by: Option<Digest>,
    pub replayed_by: Option<Digest>,
}

/// A step or a replay that came to nothing. The guest is gone with it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
    /// The guest wished for something other than it did when this history was written.
    #[error("{}", describe_divergence(.0))]
    Diverged(Box<Divergence>),
    #[error("{whose}{0}", whose = if .0.kind == GuestErrorKind::NoRoom { "" } else { "guest failed: " })]
    Guest(GuestError),
    /// A wish that can't be granted, with what was found and what was expected.
    #[error("{reason}")]
    BadCommand { cause: crate::machines::task::FailedCause, reason: String },
    /// Not the guest's fault: what is stored is not a history.
    #[error("history can't be folded at event {at}: {cause}")]
    Corrupt { at: EventId, cause: IllegalTransition },
}

impl StepError {
    pub fn code(&self) -> Code {
        match self {
            StepError::Diverged(divergence) => match divergence.asked {
                Some(_) => Code("W0101"),
                None => Code("W0102"),
            },
            StepError::Guest(guest) if guest.kind == GuestErrorKind::NoRoom => Code("W0801"),
            StepError::Guest(_) => Code("W0201"),
            StepError::BadCommand { .. } => Code("W0202"),
            StepError::Corrupt { .. } => Code("W0901"),
        }
    }

    pub fn owner(&self) -> Owner {
        match self {
            StepError::Guest(guest) if guest.kind == GuestErrorKind::NoRoom => Owner::Operator,
            StepError::Diverged(_) | StepError::Guest(_) | StepError::BadCommand { .. } => {
                Owner::GuestAuthor
            }
            StepError::Corrupt { .. } => Owner::Us,
        }
    }

    /// Is it the run's own, so that its task has failed? Else the step never was.
    pub fn fails_task(&self) -> bool {
        self.owner() == Owner::GuestAuthor
    }
}

fn describe_divergence(divergence: &Divergence) -> String {
    let nothing = || "nothing".to_owned();
    let recorded = divergence.recorded.clone().unwrap_or_else(nothing);
    let asked = divergence.asked.clone().unwrap_or_else(nothing);
    let mut text = format!(
        "diverged from history at event {}: recorded `{recorded}`, guest asked for `{asked}`",
        divergence.at
    );
    if let (Some(was), Some(is)) = (divergence.recorded_by, divergence.replayed_by) {
        if was == is {
            text.push_str(&format!("; the component is the same, sha256:{}", was.short()));
        } else {
            text.push_str(&format!(
                "; recorded by sha256:{}, replayed by sha256:{}: guard the change with `patched`, or pin the old component",
                was.short(),
                is.short()
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machines::task::FailedCause;
    use expect_test::expect;

    /// One of each, so that the text of every error is seen once.
    fn all() -> Vec<StepError> {
        let digest = |byte| Some(Digest([byte; 32]));
        let diverged = |recorded: Option<&str>, asked: Option<&str>, replayed_by| {
            StepError::Diverged(Box::new(Divergence {
                at: EventId(7),
                recorded: recorded.map(str::to_owned),
                asked: asked.map(str::to_owned),
                command: 3,
                recorded_by: digest(0xab),
                replayed_by,
            }))
        };
        vec![
            diverged(Some("timer 3 started 5s"), Some("activity charge (3) scheduled"), digest(1)),
            diverged(None, Some("timer 3 started 5s"), digest(0xab)),
            diverged(Some("timer 3 started 5s"), None, None),
            StepError::Guest(GuestError {
                kind: GuestErrorKind::Trap,
                message: "unreachable executed".to_owned(),
                backtrace: String::new(),
            }),
            StepError::BadCommand {
                cause: FailedCause::BadCommand,
                reason: "activity type is empty".to_owned(),
            },
            StepError::Guest(GuestError {
                kind: GuestErrorKind::NoRoom,
                message: "no room for one more guest".to_owned(),
                backtrace: String::new(),
            }),
            StepError::Corrupt {
                at: EventId(4),
                cause: IllegalTransition::new("timer", "Absent", "Fired"),
            },
        ]
    }

    #[test]
    fn every_error_says_what_was_found_and_what_was_expected() {
        let text: Vec<_> =
            all().iter().map(|it| format!("{} {:?}: {it}", it.code().0, it.owner())).collect();
        expect![[r#"
            W0101 GuestAuthor: diverged from history at event 7: recorded `timer 3 started 5s`, guest asked for `activity charge (3) scheduled`; recorded by sha256:abababababab, replayed by sha256:010101010101: guard the change with `patched`, or pin the old component
            W0101 GuestAuthor: diverged from history at event 7: recorded `nothing`, guest asked for `timer 3 started 5s`; the component is the same, sha256:abababababab
            W0102 GuestAuthor: diverged from history at event 7: recorded `timer 3 started 5s`, guest asked for `nothing`
            W0201 GuestAuthor: guest failed: unreachable executed
            W0202 GuestAuthor: activity type is empty
            W0801 Operator: no room for one more guest
            W0901 Us: history can't be folded at event 4: timer in state Absent can't take Fired"#]].assert_eq(&text.join("\n"));
    }

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/errors");
        let mut pages: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        pages.sort();
        let mut codes: Vec<_> = all().iter().map(|it| it.code().0).collect();
        codes.dedup();
        assert_eq!(pages, codes.iter().map(|code| format!("{code}.md")).collect::<Vec<_>>());
        for code in codes {
            let page = std::fs::read_to_string(format!("{folder}/{code}.md")).unwrap();
            assert!(page.starts_with(&format!("# {code}: ")), "{code}.md has another title");
        }
    }
}
