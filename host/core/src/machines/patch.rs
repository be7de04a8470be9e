//! Patches: a branch point in a program that open runs must keep taking the same way.
//!
//! `patched(id)` is true if the run recorded the marker, or if it gets there for the first time
//! now. A run that passed the place before the patch existed sees false for good.

use crate::ids::EventId;

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Only asked for when the answer was "true".
    Record { patch: String, deprecated: bool },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Recorded { patch: String, deprecated: bool, task: EventId },
}

impl Event {
    /// `deprecated` is not compared: turning `patched` into `deprecate_patch` is the very change
    /// that the second exists for.
    pub fn answers(&self, decided: &Event) -> bool {
        let Event::Recorded { patch: was, .. } = self;
        let Event::Recorded { patch: is, .. } = decided;
        was == is
    }

    /// The program may drop the call once its marker says `deprecated`.
    pub fn may_go_unasked(&self) -> bool {
        let Event::Recorded { deprecated, .. } = self;
        *deprecated
    }
}
