//! The program: a server, and the commands that talk to one.
//!
//! `args` is the command line; a file for each family of commands does the work and prints what
//! came of it through `output`; what goes wrong is a [`errors::CliError`] with an exit code.

mod args;

mod compiler;
mod config;
mod rooms;
mod serve;
mod temporals;
mod tls;

mod client;

mod activity;
mod batch;
mod build;
mod component;
mod deploy;
mod deployment;
mod dev;
mod findings;
mod history;
mod input;
mod limits;
mod namespace;
mod replay;
mod schedule;
mod search_attribute;
mod task_queue;
mod workflow;

mod errors;
mod output;
mod units;

#[cfg(test)]
mod reference;

use args::{Cli, Command};
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};
use errors::CliError;
use std::ffi::OsString;
use std::process::ExitCode;

/// Against the system's, in two rounds on a busy machine: W1b 12 to 21 % faster, W8 5 to 13 % slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if let Some(compiled) = refrain_runtime::as_compiler(&args) {
        return compiled;
    }
    let args = as_test_server(args);
    let cli = Cli::try_parse_from(&args).unwrap_or_else(|error| with_usage(error, &args).exit());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Clap's own usage line has every flag in it whose variable is set, as if it were required.
fn with_usage(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let has_usage = error.get(ContextKind::Usage).is_some();
    if has_usage {
        let mut named = Cli::command();
        named.build();
        for arg in args.iter().skip(1) {
            // What is no command is a flag, or a value of one.
            if let Some(below) = named.find_subcommand(arg).cloned() {
                named = below;
            }
        }
        error.insert(ContextKind::Usage, ContextValue::StyledStr(named.render_usage()));
    }
    error
}

/// Temporal's SDKs start a test server as `PROGRAM PORT`: with time that they skip themselves.
fn as_test_server(args: Vec<OsString>) -> Vec<OsString> {
    let port = args.get(1).and_then(|it| it.to_str()?.parse::<u16>().ok());
    let (Some(program), Some(port), 2) = (args.first(), port, args.len()) else { return args };
    // Nobody looks at a page of it, and its port may be that of another.
    let flags = ["server", "start-dev", "--headless", "--time-skipping=locked", "--port"];
    let flags = flags.map(OsString::from);
    let port = OsString::from(port.to_string());
    std::iter::once(program.clone()).chain(flags).chain([port]).collect()
}

fn run(cli: Cli) -> Result<(), CliError> {
    let mut runtime = match cli.command {
        Command::Server(_) | Command::Dev(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("can't start: {error}")))?;
    let format = cli.output.format();
    let done = runtime.block_on(async move {
        match cli.command {
            Command::Server(command) => serve::run(*command, format).await,
            Command::Component(command) => component::run(command, format).await,
            Command::Deploy(args) => deploy::run(args, format).await,
            Command::Deployment(command) => deployment::run(command, format).await,
            Command::New(args) => build::new(args, format),
            Command::Dev(args) => dev::run(args, format).await,
            Command::Build(args) => build::run(args, format).await,
            Command::Replay(args) => replay::run(args, format),
            Command::Workflow(command) => workflow::run(*command, format).await,
            Command::Activity(command) => activity::run(command, format).await,
            Command::Batch(command) => batch::run(command, format).await,
            Command::Schedule(command) => schedule::run(*command, format).await,
            Command::TaskQueue(command) => task_queue::run(command, format).await,
            Command::Namespace(command) => namespace::run(command, format).await,
            Command::SearchAttribute(command) => search_attribute::run(command, format).await,
        }
    });
    // What still blocks (a compile nobody waits for) must not keep the process.
    runtime.shutdown_background();
    done
}
