//! What a request can end with. The server maps these to status codes, in one place.

use refrain_core::arrival::Refused;
use refrain_core::deployment;
use refrain_core::errors::{Owner, StepError};
use refrain_core::failure::Failure;
use refrain_core::guest::{GuestErrorKind, QueryError};
use refrain_core::ids::RunId;
use refrain_core::options::IdReusePolicy;
use refrain_core::reset::ResetError;

/// Some clients look for the run's id.
fn of_run(run: Option<RunId>) -> String {
    run.map_or_else(String::new, |it| format!(" with run `{it}`"))
}

/// In Temporal's words. `finished`: by which policy, if the run that has the id is closed.
fn already_started(workflow_id: &str, run: RunId, finished: Option<IdReusePolicy>) -> String {
    let of = format!("WorkflowId: {workflow_id}, RunId: {run}.");
    match finished {
        None => format!("Workflow execution is already running. {of}"),
        Some(IdReusePolicy::AllowDuplicateFailedOnly) => format!(
            "Workflow execution already finished successfully. {of} Workflow Id reuse policy: allow duplicate workflow Id if last run failed."
        ),
        Some(IdReusePolicy::RejectDuplicate | IdReusePolicy::AllowDuplicate) => format!(
            "Workflow execution already finished. {of} Workflow Id reuse policy: reject duplicate workflow Id."
        ),
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    #[error(
        "Pinned version '{version}' is not present in task queue '{task_queue}' of type 'Workflow'"
    )]
    NoSuchVersion { version: String, task_queue: String },
    #[error("namespace `{0}` not found")]
    NamespaceNotFound(String),
    #[error("namespace `{0}` already exists")]
    NamespaceExists(String),
    /// Nothing new starts in it.
    #[error("namespace `{0}` is deprecated: nothing new starts in it")]
    NamespaceDeprecated(String),
    #[error("workflow execution `{workflow_id}`{} not found", of_run(*run))]
    WorkflowNotFound { workflow_id: String, run: Option<RunId> },
    /// The run is closed, the activity's attempt is over, and so on.
    #[error("{0}")]
    Refused(Refused),
    #[error("update \"{0}\" not found")]
    UpdateNotFound(String),
    /// This attempt is not the current one: it timed out, or its answer came already.
    #[error("activity task not found: its attempt is over")]
    ActivityNotFound,
    /// An operator or a client named an activity that is closed, or never was.
    #[error(
        "Can't find pending activity with such ID. Invalid activityID or activity already completed"
    )]
    PendingActivityNotFound,
    #[error("activity is already paused")]
    ActivityAlreadyPaused,
    /// A worker says that it stopped, but nobody had asked it to.
    #[error("unable to mark activity as canceled: its cancellation was not requested")]
    CancelNotRequested,
    #[error("{}", already_started(workflow_id, *run, *finished))]
    AlreadyStarted {
        workflow_id: String,
        run: RunId,
        start_request_id: String,
        finished: Option<IdReusePolicy>,
    },
    #[error("schedule `{id}` not found")]
    ScheduleNotFound { id: String },
    #[error("schedule `{id}` is already registered")]
    ScheduleExists { id: String },
    #[error(
        "schedule has changed since it was read: conflict token is of revision {expected}, it has revision {found} now"
    )]
    ScheduleChanged { expected: u64, found: u64 },
    #[error("batch operation `{job}` is already registered: a job id can't be used again")]
    BatchExists { job: String },
    #[error("batch operation `{job}` not found")]
    BatchNotFound { job: String },
    #[error("workflow execution already completed")]
    BatchClosed,
    #[error(
        "Max concurrent batch operations is reached: {}",
        refrain_core::limits::BATCHES_RUNNING_MAX
    )]
    TooManyBatches,
    #[error("activity execution `{activity_id}` not found")]
    StandaloneNotFound { activity_id: String },
    #[error("activity execution already started: activity id `{activity_id}`, run `{run}`")]
    StandaloneExists { activity_id: String, run: RunId, start_request_id: String },
    #[error("activity execution already completed")]
    StandaloneClosed,
    /// No component runs workflows of this task queue.
    #[error(
        "no workflow component is deployed to task queue `{task_queue}`: deploy one with `refrain deploy`"
    )]
    NothingDeployed { task_queue: String },
    #[error(
        "workflow type `{found}` is not in the component deployed to task queue `{task_queue}`: it has {known}"
    )]
    UnknownWorkflowType { found: String, task_queue: String, known: String },
    #[error("component `{0}` not found")]
    ComponentNotFound(String),
    /// The versions of the queue do not allow it.
    #[error("{0}")]
    DeployRefused(deployment::Refused),
    /// The run can't be moved to that component: it stays where it is.
    #[error("{0}")]
    DoesNotFit(Box<StepError>),
    #[error("{0}")]
    NotReset(ResetError),
    #[error("{0}")]
    InvalidArgument(String),
    #[error("{}", .0.message)]
    QueryFailed(Box<Failure>),
    /// The guest can't be brought to a state in which it could answer.
    #[error("workflow can't be queried: {0}")]
    QueryUnavailable(String),
    #[error("workflow execution has {waiting} arrivals waiting, the most it can have")]
    MailboxFull { waiting: usize },
    /// No guest can be made at the moment: try again.
    #[error("{0}")]
    NoRoom(String),
    /// Disk full, database locked: try again.
    #[error("the store is not available: {0}")]
    StoreUnavailable(String),
    #[error("the host is shutting down")]
    ShuttingDown,
    /// A broken promise of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl EngineError {
    /// The same may be taken when it is asked again.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self,
            EngineError::StoreUnavailable(_)
                | EngineError::MailboxFull { .. }
                | EngineError::NoRoom(_)
        )
    }

    /// Of a step that came to nothing.
    pub(crate) fn of_step(error: &StepError) -> EngineError {
        let internal = || EngineError::Internal(error.to_string());
        no_room(error).unwrap_or_else(internal)
    }

    /// Of a run that was tried on a component.
    pub(crate) fn of_trial(error: StepError) -> EngineError {
        no_room(&error).unwrap_or_else(|| EngineError::DoesNotFit(Box::new(error)))
    }

    /// Of a question that nobody could be brought to answer.
    pub(crate) fn of_question(error: &StepError) -> EngineError {
        no_room(error).unwrap_or_else(|| EngineError::QueryUnavailable(error.to_string()))
    }

    /// Of one that was asked, and did not.
    pub(crate) fn of_query(error: QueryError) -> EngineError {
        match error {
            QueryError::Failed(failure) => EngineError::QueryFailed(Box::new(failure)),
            QueryError::Guest(error) if error.kind == GuestErrorKind::NoRoom => {
                EngineError::NoRoom(error.message)
            }
            QueryError::Guest(error) => EngineError::QueryUnavailable(error.to_string()),
        }
    }
}

/// `None`: it is another error.
fn no_room(error: &StepError) -> Option<EngineError> {
    (error.owner() == Owner::Operator).then(|| EngineError::NoRoom(error.to_string()))
}
