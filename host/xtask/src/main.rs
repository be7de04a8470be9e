//! Chores of the project, one subcommand a file: `cargo xtask <chore>`.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

mod bench;
mod clients;
mod demo;
mod fuzz;
mod golden;
mod guests;
mod npm;
mod routes;
mod shell;
mod test;
mod tidy;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the project")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds the example guests into target/guests/<language>/<scenario>.wasm.
    Guests(guests::Args),
    /// Writes histories that every later version must replay, into tests/histories.
    Golden(golden::Args),
    /// The main job, to watch: an order workflow outlives its host.
    Demo(demo::Args),
    /// Sets up what the tests need, and runs them all.
    Test(test::Args),
    /// Checks what compilers do not: who imports whom, sizes of files, words that must not be there.
    Tidy,
    /// Looks for bytes that a decoder does not bear, as long as it is told to.
    Fuzz(fuzz::Args),
    /// Writes which path of Temporal's HTTP API is which call, into host/server/src/http/routes.txt.
    Routes(routes::Args),
    /// Measures a release build of the real binary over gRPC on a durable store.
    Bench(bench::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Guests(args) => guests::run(&args),
        Chore::Golden(args) => golden::run(&args),
        Chore::Demo(args) => demo::run(&args),
        Chore::Test(args) => test::run(&args),
        Chore::Tidy => tidy::run(),
        Chore::Fuzz(args) => fuzz::run(&args),
        Chore::Routes(args) => routes::run(&args),
        Chore::Bench(args) => bench::run(&args),
    }
}
