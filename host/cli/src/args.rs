//! The command line as a whole. Each family of commands has its own file.

use crate::activity::ActivityCommand;
use crate::batch::BatchCommand;
use crate::build::{BuildArgs, NewArgs};
use crate::component::ComponentCommand;
use crate::deploy::DeployArgs;
use crate::deployment::DeploymentCommand;
use crate::dev::DevelopArgs;
use crate::namespace::NamespaceCommand;
use crate::output::Output;
use crate::replay::ReplayArgs;
use crate::schedule::ScheduleCommand;
use crate::search_attribute::SearchAttributeCommand;
use crate::serve::ServerCommand;
use crate::task_queue::TaskQueueCommand;
use crate::workflow::WorkflowCommand;
use clap::{Parser, Subcommand};

/// Durable workflows from WebAssembly components.
///
/// Speaks Temporal's protocol: clients and workers of Temporal's SDKs work with it.
#[derive(Debug, Parser)]
#[command(
    name = "refrain",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 it failed, 2 wrong command line, 3 no server there, \
                  4 runs or histories do not fit the component."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// How to print: for people or for programs.
    #[arg(long, short, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server.
    #[command(subcommand)]
    Server(Box<ServerCommand>),
    /// Begin a project: workflows, a test, and the SDK in it.
    New(NewArgs),
    /// Build a project whenever a file of it changes, replay the open runs, and deploy it.
    ///
    /// Starts a server for development if none is there. Open runs that fit are moved to what was
    /// built; if one does not fit, or the project does not build, what is deployed stays.
    Dev(DevelopArgs),
    /// Make components of a project, in whatever language it is, and check them.
    ///
    /// Says what the language's toolchain lacks, and the command that installs it.
    Build(BuildArgs),
    /// Upload and look at components: the code of workflows and activities.
    #[command(subcommand)]
    Component(ComponentCommand),
    /// Let a component serve a task queue: new runs start on it.
    ///
    /// Open runs are replayed against it first, and the report says which would diverge. They stay
    /// on the component that they began with, whether they fit or not: a deploy can't break them.
    Deploy(DeployArgs),
    /// Look at what serves which task queue, let a version ramp, go back to the one before.
    #[command(subcommand)]
    Deployment(DeploymentCommand),
    /// Say whether a component still plays exported histories. Needs no server.
    ///
    /// Exit code 4 if one does not fit, so that CI can ask before a deploy does.
    Replay(ReplayArgs),
    /// Start, look at, talk to and end workflows.
    #[command(subcommand)]
    Workflow(Box<WorkflowCommand>),
    /// Start activities without a workflow; hold, change and complete all that are open.
    #[command(subcommand)]
    Activity(ActivityCommand),
    /// Look at batches, which do something to many workflows.
    ///
    /// `workflow signal`, `cancel`, `terminate`, `reset` and `delete` start one with `--query`.
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Start workflows at times.
    #[command(subcommand)]
    Schedule(Box<ScheduleCommand>),
    /// Look at task queues: who works on them, how much waits, how fast they may be.
    #[command(subcommand)]
    TaskQueue(TaskQueueCommand),
    /// Create and look at namespaces.
    #[command(subcommand)]
    Namespace(NamespaceCommand),
    /// Register and look at search attributes: what lists show of workflows and can be asked by.
    #[command(subcommand)]
    SearchAttribute(SearchAttributeCommand),
}
