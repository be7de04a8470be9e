//! All that Temporal's own client can be asked for, once. Prints what it sees, without ids and times.

mod activities;
mod messages;
mod schedules;
mod words;
mod workflows;

use anyhow::{Context, Result};
use temporalio_client::{Client, ClientOptions, ConnectionOptions, Url};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = std::env::args().nth(1).context("everything ADDRESS")?;
    let connection = ConnectionOptions::new(Url::parse(&format!("http://{address}"))?);
    let connection = connection.identity("rust").build();
    let client = Client::connect(connection, ClientOptions::new("default").build()).await?;
    workflows::run(&client).await?;
    messages::run(&client).await?;
    schedules::run(&client).await?;
    activities::run(&client).await
}
