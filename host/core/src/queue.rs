//! What operators have said of a task queue: how fast its tasks may be handed out, and what weighs
//! how much.

use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Whose tasks a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueKind {
    Workflow,
    Activity,
}

impl QueueKind {
    pub const ALL: [QueueKind; 2] = [QueueKind::Workflow, QueueKind::Activity];

    /// As Temporal's `TaskQueueType` numbers them, and as rows hold them.
    pub fn number(self) -> u8 {
        match self {
            QueueKind::Workflow => 1,
            QueueKind::Activity => 2,
        }
    }

    pub fn from_number(number: i64) -> Option<QueueKind> {
        QueueKind::ALL.into_iter().find(|it| i64::from(it.number()) == number)
    }
}

/// A limit, and who set it when and why.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RateLimit {
    /// Tasks. `None`: it was taken back.
    pub per_second: Option<f32>,
    pub reason: String,
    pub identity: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct QueueConfig {
    pub rate: Option<RateLimit>,
    /// Of each fairness key, times its weight.
    pub rate_of_keys: Option<RateLimit>,
    /// By fairness key: they count before those that tasks have.
    pub weights: BTreeMap<String, f32>,
}
