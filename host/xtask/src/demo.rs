//! The main job, to watch: an order workflow outlives its host.

use crate::shell;
use anyhow::Result;
use refrain_e2e::{Host, order, paths};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The language of the workflow: rust or typescript.
    #[arg(long, default_value = "rust")]
    language: String,
}

const ORDER: &str = "order-1001";

pub(crate) fn run(args: &Args) -> Result<()> {
    say("building the host and the guests");
    shell::cargo(&["build", "--package", "refrain"])?;
    shell::cargo(&["xtask", "guests"])?;

    let directory = paths::target().join("demo");
    let _ = std::fs::remove_dir_all(&directory);
    let mut host = Host::start(&directory, &[])?;
    say(&format!("a host listens on {}, its database is in target/demo", host.address()));

    order::deploy(&host, &args.language)?;
    say(&format!(
        "deployed to task queue `{}`: a workflow in {}, and its activities, as .wasm",
        order::TASK_QUEUE,
        args.language
    ));

    order::start(&host, ORDER)?;
    say(&format!("started {ORDER} with {}", order::INPUT));
    order::wait_for_warehouse(&host, ORDER)?;
    let n_before = host.history(ORDER)?.len();
    say(&format!(
        "the card is charged, the goods are reserved, the order waits for the warehouse; {n_before} events"
    ));

    let pid = host.pid();
    host.kill()?;
    say(&format!("kill -9 {pid}: the host is gone"));

    host.start_again()?;
    say("a new host runs on the same database; it has replayed nothing yet");
    order::confirm(&host, ORDER)?;
    say(
        "signaled `warehouseConfirmed`: the new host replays the order to where it was, and goes on",
    );

    let result = order::result(&host, ORDER)?;
    println!("\n{}", host.cli(&["workflow", "show", "--workflow-id", ORDER])?);
    say(&format!("result: {result}"));
    say(&format!(
        "the first {n_before} events were replayed, not run: the log of the two hosts has {} charge",
        host.log()?.matches("charging 4200").count()
    ));
    Ok(())
}

fn say(text: &str) {
    println!("» {text}");
}
