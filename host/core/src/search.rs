//! Search attributes: typed names that lists show of a run and can be asked by.
//!
//! Some are the host's own (`WorkflowType`, `StartTime`), some have a meaning for tools but are set
//! like any other, and the rest are registered by the users of a namespace. Here are the types,
//! the values, the registry of a namespace, and the language of list filters; how a value is
//! encoded in a payload is not.

pub mod filter;

mod eval;
mod parse;
mod paused;
mod print;
mod time;
mod typed;
mod value;
mod versions;

pub use eval::{Row, holds};
pub use filter::{Expr, Literal, Op, Query};
pub use parse::{ParseError, parse};
pub use paused::PauseInfo;
pub use time::{Instant, duration_of, instant_of};
pub use typed::{Condition, Field, GroupBy, Test, TypeError, Typed, typed};
pub use value::{Value, words};
pub use versions::{BuildId, RunVersions, version_of};

use crate::limits;
use crate::payload::{PayloadMap, size_of_map};
use std::collections::BTreeMap;

/// Knows a namespace's attributes, and how their values are encoded.
pub trait Judge: std::fmt::Debug + Send + Sync {
    /// The attributes as they are kept, with their type beside them; or what is wrong with one.
    fn judge(&self, attributes: &PayloadMap) -> Result<PayloadMap, String>;
}

/// For steps that no guest takes part in.
#[derive(Debug)]
pub(crate) struct NobodyAsks;

impl Judge for NobodyAsks {
    fn judge(&self, _: &PayloadMap) -> Result<PayloadMap, String> {
        Err("search attributes can't be set without a guest".to_owned())
    }
}

/// Temporal's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Words, found one by one.
    Text,
    /// A text that is found as a whole.
    Keyword,
    Int,
    Double,
    Bool,
    Datetime,
    KeywordList,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Text,
        Kind::Keyword,
        Kind::Int,
        Kind::Double,
        Kind::Bool,
        Kind::Datetime,
        Kind::KeywordList,
    ];

    /// As payloads, tools and errors name it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "Text",
            Kind::Keyword => "Keyword",
            Kind::Int => "Int",
            Kind::Double => "Double",
            Kind::Bool => "Bool",
            Kind::Datetime => "Datetime",
            Kind::KeywordList => "KeywordList",
        }
    }

    /// As Temporal's `IndexedValueType` numbers them, and as rows hold them.
    pub fn number(self) -> u8 {
        match self {
            Kind::Text => 1,
            Kind::Keyword => 2,
            Kind::Int => 3,
            Kind::Double => 4,
            Kind::Bool => 5,
            Kind::Datetime => 6,
            Kind::KeywordList => 7,
        }
    }

    pub fn from_number(number: i64) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| i64::from(it.number()) == number)
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What every run has by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    WorkflowId,
    RunId,
    WorkflowType,
    StartTime,
    ExecutionTime,
    CloseTime,
    ExecutionStatus,
    TaskQueue,
    HistoryLength,
    ExecutionDuration,
    StateTransitionCount,
    HistorySizeBytes,
    ParentWorkflowId,
    ParentRunId,
    RootWorkflowId,
    RootRunId,
    /// Why a run's workflow task keeps failing. Of Temporal's predefined ones, but nobody sets it;
    /// so are those below.
    ReportedProblems,
    /// What is paused of it, see [`PauseInfo`].
    Paused,
    /// What it is pinned to, and so those below.
    WorkerDeployment,
    WorkerDeploymentVersion,
    VersioningBehavior,
    BuildIds,
    UsedVersions,
}

impl System {
    pub const ALL: [System; 23] = [
        System::WorkflowId,
        System::RunId,
        System::WorkflowType,
        System::StartTime,
        System::ExecutionTime,
        System::CloseTime,
        System::ExecutionStatus,
        System::TaskQueue,
        System::HistoryLength,
        System::ExecutionDuration,
        System::StateTransitionCount,
        System::HistorySizeBytes,
        System::ParentWorkflowId,
        System::ParentRunId,
        System::RootWorkflowId,
        System::RootRunId,
        System::ReportedProblems,
        System::Paused,
        System::WorkerDeployment,
        System::WorkerDeploymentVersion,
        System::VersioningBehavior,
        System::BuildIds,
        System::UsedVersions,
    ];

    pub fn name(self) -> &'static str {
        match self {
            System::WorkflowId => "WorkflowId",
            System::RunId => "RunId",
            System::WorkflowType => "WorkflowType",
            System::StartTime => "StartTime",
            System::ExecutionTime => "ExecutionTime",
            System::CloseTime => "CloseTime",
            System::ExecutionStatus => "ExecutionStatus",
            System::TaskQueue => "TaskQueue",
            System::HistoryLength => "HistoryLength",
            System::ExecutionDuration => "ExecutionDuration",
            System::StateTransitionCount => "StateTransitionCount",
            System::HistorySizeBytes => "HistorySizeBytes",
            System::ParentWorkflowId => "ParentWorkflowId",
            System::ParentRunId => "ParentRunId",
            System::RootWorkflowId => "RootWorkflowId",
            System::RootRunId => "RootRunId",
            System::ReportedProblems => "TemporalReportedProblems",
            System::Paused => "TemporalPauseInfo",
            System::WorkerDeployment => "TemporalWorkerDeployment",
            System::WorkerDeploymentVersion => "TemporalWorkerDeploymentVersion",
            System::VersioningBehavior => "TemporalWorkflowVersioningBehavior",
            System::BuildIds => "BuildIds",
            System::UsedVersions => "TemporalUsedWorkerDeploymentVersions",
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            System::WorkflowId
            | System::RunId
            | System::WorkflowType
            | System::ExecutionStatus
            | System::TaskQueue
            | System::ParentWorkflowId
            | System::ParentRunId
            | System::RootWorkflowId
            | System::RootRunId
            | System::WorkerDeployment
            | System::WorkerDeploymentVersion
            | System::VersioningBehavior => Kind::Keyword,
            System::StartTime | System::ExecutionTime | System::CloseTime => Kind::Datetime,
            System::HistoryLength
            | System::ExecutionDuration
            | System::StateTransitionCount
            | System::HistorySizeBytes => Kind::Int,
            System::ReportedProblems | System::Paused | System::BuildIds | System::UsedVersions => {
                Kind::KeywordList
            }
        }
    }

    pub fn from_name(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// The patches that a run has taken the new side of. The host writes it beside their markers.
pub const CHANGE_VERSION: &str = "TemporalChangeVersion";

/// What only schedules are asked by.
pub const SCHEDULE_ID: &str = "ScheduleId";
pub const SCHEDULE_PAUSED: &str = "TemporalSchedulePaused";

/// Names that Temporal's server and SDKs give a meaning, and that a start or an upsert may set.
pub const PREDEFINED: [(&str, Kind); 10] = [
    ("BatcherNamespace", Kind::Keyword),
    ("BatcherUser", Kind::Keyword),
    ("BinaryChecksums", Kind::KeywordList),
    (CHANGE_VERSION, Kind::KeywordList),
    ("TemporalExternalPayloadCount", Kind::Int),
    ("TemporalExternalPayloadSizeBytes", Kind::Int),
    ("TemporalNamespaceDivision", Kind::Keyword),
    (SCHEDULE_PAUSED, Kind::Bool),
    ("TemporalScheduledById", Kind::Keyword),
    ("TemporalScheduledStartTime", Kind::Datetime),
];

/// Statuses by name and by Temporal's number.
pub const STATUSES: [(&str, i64); 8] = [
    ("Running", 1),
    ("Completed", 2),
    ("Failed", 3),
    ("Canceled", 4),
    ("Terminated", 5),
    ("ContinuedAsNew", 6),
    ("TimedOut", 7),
    ("Paused", 8),
];

/// The names of one namespace that its users registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(pub BTreeMap<String, Kind>);

/// Whose a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    System(System),
    /// Predefined or registered: a run has it if a start or an upsert set it.
    Set(Kind),
}

impl Registry {
    pub fn find(&self, name: &str) -> Option<Found> {
        if let Some(system) = System::from_name(name) {
            return Some(Found::System(system));
        }
        let predefined = PREDEFINED.iter().find(|it| it.0 == name).map(|it| it.1);
        predefined.or_else(|| self.0.get(name).copied()).map(Found::Set)
    }
}

/// Is the name one that only the host and tools may give a meaning?
pub fn is_reserved(name: &str) -> bool {
    System::from_name(name).is_some()
        || PREDEFINED.iter().any(|it| it.0 == name)
        || name.starts_with("Temporal")
}

/// How many, and how large together. In Temporal's words.
pub fn check_sizes(attributes: &PayloadMap) -> Result<(), String> {
    let (found, max) = (attributes.len(), limits::SEARCH_ATTRIBUTES_MAX);
    if found > max {
        return Err(format!("number of search attributes {found} exceeds limit {max}"));
    }
    let (found, max) = (size_of_map(attributes), limits::SEARCH_ATTRIBUTES_BYTES_MAX);
    if found > max {
        return Err(format!("total size of search attributes {found} exceeds size limit {max}"));
    }
    Ok(())
}
