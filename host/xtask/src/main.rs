//! Chores of the project, one subcommand a file: `cargo xtask <chore>`.

use clap::{Parser, Subcommand};

mod guests;

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
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Guests(args) => guests::run(&args),
    }
}
