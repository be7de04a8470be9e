//! Everything that survives a crash, and the only place that knows SQL.
//!
//! One promise: what `commit` has answered is on disk, and what it refused never happened. One
//! process owns a database at a time; inside it one connection writes and a few read. There is no
//! storage trait: a temporary database is the test double.
//!
//! The store has no rules of the domain. It looks inside a decision only to see which rows it
//! means, and nobody is told anything from here.

mod sql;

mod error;
mod open;

mod rows;

mod commit;
mod write;

mod blobs;
mod history;
mod related;
mod runs;

mod delete;
mod list;

mod activities;
mod messages;
mod standalone;
mod timers;

mod batches;
mod schedules;

mod components;
mod deployments;
mod namespaces;
mod pinned;
mod search_attributes;
mod task_queues;
mod temporary;

pub use activities::{Backlog, DueActivity, InLine, Line};
pub use batches::BatchRow;
pub use commit::CommitError;
pub use components::{Component, ComponentKind, ComponentMeta, UnknownKind};
pub use delete::DoomedRun;
pub use deployments::{DeployError, Deployment, Queue};
pub use error::{OpenError, StoreError};
pub use history::HistoryPage;
pub use list::{ListPlace, RunCounts};
pub use namespaces::{
    Namespace, NamespaceError, NamespaceState, NewNamespace, UnknownNamespaceState,
};
pub use open::{Store, StoreConfig};
pub use pinned::{OpenRuns, PinnedRun};
pub use refrain_wire::search::SearchAttributes;
pub use related::PendingChild;
pub use runs::{RunRow, Status};
pub use schedules::{AwakeSchedule, SchedulePlace};
pub use standalone::StandaloneCounts;
pub use task_queues::ConfiguredQueue;
pub use timers::TimerRow;
pub use write::{RunWrite, Write, began_at};

#[cfg(test)]
mod tests;
