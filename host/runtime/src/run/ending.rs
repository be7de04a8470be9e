//! Requests to end, and ends that are not the guest's own.

use super::Run;
use refrain_core::failure::Failure;

impl Run {
    pub(crate) fn request_cancel(&mut self, cause: String) {
        if self.ends_when_canceled {
            self.end_with(Failure::canceled(&cause));
        }
        self.cancel_requested.get_or_insert(cause);
    }

    /// Ends the run in place of the guest. If it has ended in this turn, that was earlier.
    pub(crate) fn end_with(&mut self, failure: Failure) {
        self.ended.get_or_insert(Err(failure));
    }

    pub(crate) fn cancel_requested(&self) -> Option<&String> {
        self.cancel_requested.as_ref()
    }
}
