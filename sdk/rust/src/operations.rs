//! What a workflow can ask for. Everything here starts when it is called, not when it is awaited.

mod activity;
mod child;
mod external;
mod signals;
mod timer;

pub use activity::{Activity, LocalActivity, RetryPolicy, activity, local_activity};
pub use child::{Child, ChildBuilder, ParentClose, child};
pub use external::{External, external};
pub use signals::{Signals, signal};
pub use timer::{or_canceled, sleep, sleep_named, timeout};

use serde::Serialize;

use crate::bindings::state;
use crate::payload::to_payload;

/// Text in Markdown that pages and tools show as the current state of the run.
pub fn set_current_details(text: &str) {
    state::set_current_details(text);
}

pub fn upsert_memo<T: Serialize>(name: &str, value: &T) {
    state::upsert_memo(&[(name.to_owned(), to_payload(value))]);
}

/// `kind`: `Keyword`, `Text`, `Int`, `Double`, `Bool`, `Datetime` or `KeywordList`.
pub fn upsert_search_attribute<T: Serialize>(name: &str, kind: &str, value: &T) {
    let mut payload = to_payload(value);
    payload.metadata.push(("type".to_owned(), kind.as_bytes().to_vec()));
    state::upsert_search_attributes(&[(name.to_owned(), payload)]);
}
