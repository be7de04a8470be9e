//! `refrain workflow`: start, look at, talk to and end workflows.

mod start;
mod with_start;

mod describe;
mod list;
mod show;
mod state;

mod lifecycle;
mod many;
mod message;
mod update;

mod outcome;

use crate::client::ScopeArgs;
use crate::errors::CliError;
use crate::output::Format;
use clap::{Args, Subcommand};
use refrain_wire::api::common::v1::WorkflowExecution;

pub(crate) use list::status_name;

const PAGE: i32 = 1000;

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Start a workflow and return at once.
    Start(start::StartArgs),
    /// Start a workflow, wait for its end and print its result.
    Execute(start::StartArgs),
    /// List workflows, newest first.
    List(list::ListArgs),
    /// Count workflows.
    Count(list::CountArgs),
    /// Show what is known of a workflow: state, times, pending activities, result.
    Describe(TargetArgs),
    /// Show a workflow's history of events.
    Show(show::ShowArgs),
    /// Send a signal to a workflow.
    Signal(message::SignalArgs),
    /// Send a signal to a workflow; start it first if it is not open.
    SignalWithStart(Box<with_start::SignalWithStartArgs>),
    /// Send updates to a workflow, and ask what came of them.
    #[command(subcommand)]
    Update(update::UpdateCommand),
    /// Ask a workflow something without changing it.
    Query(message::QueryArgs),
    /// Ask a workflow to stop; it may clean up first.
    Cancel(message::EndManyArgs),
    /// End a workflow at once; it is not asked.
    Terminate(message::EndManyArgs),
    /// Hold a workflow: what arrives is kept, but nothing runs until it is unpaused.
    Pause(message::EndArgs),
    /// Let a paused workflow go on.
    Unpause(message::EndArgs),
    /// Go back to a workflow task: a new run begins with the history up to there.
    Reset(Box<lifecycle::ResetArgs>),
    /// Delete a run with its history; an open one is terminated first.
    Delete(message::EndManyArgs),
    /// Wait for a workflow's end and print its result.
    Result(outcome::ResultArgs),
    /// Show the values that a workflow published, without running it.
    State(TargetArgs),
}

/// One workflow.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The workflow's id.
    #[arg(long, short, value_name = "ID")]
    workflow_id: String,
    /// One run of it. Default: the latest.
    #[arg(long, short, value_name = "UUID", default_value = "", hide_default_value = true)]
    run_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl TargetArgs {
    fn execution(&self) -> Option<WorkflowExecution> {
        Some(WorkflowExecution {
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
        })
    }
}

pub(crate) async fn run(command: WorkflowCommand, format: Format) -> Result<(), CliError> {
    match command {
        WorkflowCommand::Start(args) => start::start(args, format).await,
        WorkflowCommand::Execute(args) => start::execute(args, format).await,
        WorkflowCommand::List(args) => list::list(args, format).await,
        WorkflowCommand::Count(args) => list::count(args, format).await,
        WorkflowCommand::Describe(args) => describe::describe(args, format).await,
        WorkflowCommand::Show(args) => show::show(args, format).await,
        WorkflowCommand::Signal(args) => message::signal(args, format).await,
        WorkflowCommand::SignalWithStart(args) => {
            with_start::signal_with_start(*args, format).await
        }
        WorkflowCommand::Update(command) => update::run(command, format).await,
        WorkflowCommand::Query(args) => message::query(args, format).await,
        WorkflowCommand::Cancel(args) => message::cancel(args, format).await,
        WorkflowCommand::Terminate(args) => message::terminate(args, format).await,
        WorkflowCommand::Pause(args) => lifecycle::pause(args, format).await,
        WorkflowCommand::Unpause(args) => lifecycle::unpause(args, format).await,
        WorkflowCommand::Reset(args) => lifecycle::reset(*args, format).await,
        WorkflowCommand::Delete(args) => lifecycle::delete(args, format).await,
        WorkflowCommand::Result(args) => outcome::result(args, format).await,
        WorkflowCommand::State(args) => state::state(args, format).await,
    }
}
