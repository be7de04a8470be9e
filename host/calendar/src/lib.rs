//! When a schedule fires, and what it does then. Pure: moments and values go in and come out.
//!
//! Read in this order: what a user may write (`spec`), the two text forms of it and what they
//! become (`text`, `cron`), the fields of the local clock that one calendar matches (`fields`), a
//! time zone's clock (`zone`), the times of the whole (`compiled`), and what a schedule does at them
//! (`schedule`).

pub mod compiled;
pub mod cron;
pub mod errors;
mod fields;
pub mod schedule;
pub mod spec;
mod text;
mod zone;

pub use compiled::{Compiled, Time};
pub use cron::next_cron_time;
pub use errors::{CronError, SpecError};
pub use zone::rfc3339;
