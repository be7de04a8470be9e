//! What `TemporalPauseInfo` says of a run: that it is paused, and why; and what kinds of activities
//! are. In the words of Temporal's server.

/// One of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PauseInfo {
    /// The run, by its workflow id.
    Run(String),
    Reason(String),
    ActivityType(String),
}

const RUN: &str = "Workflow:";
const REASON: &str = "Reason:";
const ACTIVITY_TYPE: &str = "property:activityType=";

impl PauseInfo {
    /// All that is paused of a run. `reason`: of the run itself, if it is paused.
    pub fn values(
        workflow_id: &str,
        reason: Option<&str>,
        activity_types: &[String],
    ) -> Vec<PauseInfo> {
        let run = reason.map(|_| PauseInfo::Run(workflow_id.to_owned()));
        let reason = reason.filter(|it| !it.is_empty());
        let reason = reason.map(|it| PauseInfo::Reason(it.to_owned()));
        let activities = activity_types.iter().cloned().map(PauseInfo::ActivityType);
        run.into_iter().chain(reason).chain(activities).collect()
    }

    /// `None`: a text that no run has.
    pub fn of(text: &str) -> Option<PauseInfo> {
        let after = |prefix| text.strip_prefix(prefix).map(str::to_owned);
        let run = || after(RUN).map(PauseInfo::Run);
        let reason = || after(REASON).filter(|it| !it.is_empty()).map(PauseInfo::Reason);
        run().or_else(reason).or_else(|| after(ACTIVITY_TYPE).map(PauseInfo::ActivityType))
    }
}

impl std::fmt::Display for PauseInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PauseInfo::Run(workflow_id) => write!(f, "{RUN}{workflow_id}"),
            PauseInfo::Reason(reason) => write!(f, "{REASON}{reason}"),
            PauseInfo::ActivityType(name) => write!(f, "{ACTIVITY_TYPE}{name}"),
        }
    }
}
