//! What a workflow can ask for. Everything here starts when it is called, not when it is awaited.

mod activity;
mod child;
mod external;
mod search_attributes;
mod signals;
mod timer;

pub use activity::{
    Activity, LocalActivity, RetryPolicy, Step, activity, local, local_activity, remote,
};
pub use child::{Child, ChildBuilder, ChildCancellation, ParentClose, child};
pub use external::{External, external};
pub use search_attributes::{SearchAttribute, SearchAttributeUpdate, upsert_search_attributes};
pub use signals::{SignalMethods, Signals, signal};
pub use timer::{or_canceled, sleep, sleep_named, timeout};

use std::cell::RefCell;

use serde::Serialize;

use crate::bindings::state;
use crate::payload::to_payload;

thread_local! {
    // One run has one instance.
    static DETAILS: RefCell<String> = RefCell::default();
}

pub fn current_details() -> String {
    DETAILS.with_borrow(String::clone)
}

/// Text in Markdown that pages and tools show as the current state of the run.
pub fn set_current_details(text: &str) {
    DETAILS.set(text.to_owned());
    state::set_current_details(text);
}

/// Sets a field of the run's memo; `None` takes it away.
pub fn upsert_memo<T: Serialize>(name: &str, value: &T) {
    state::upsert_memo(&[(name.to_owned(), to_payload(value))]);
}
