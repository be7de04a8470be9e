//! A worker as small as can be: polls, and says that it is done.

use crate::client::Client;
use anyhow::Result;
use tokio::task::JoinSet;

const POLLS: usize = 100;

pub(crate) fn work(client: &Client, task_queue: &'static str) -> JoinSet<()> {
    let mut polls = JoinSet::new();
    for _ in 0..POLLS {
        let client = client.clone();
        polls.spawn(async move {
            if let Err(error) = work_on(&client, task_queue).await {
                eprintln!("the worker in the driver stops: {error:#}");
            }
        });
    }
    polls
}

async fn work_on(client: &Client, task_queue: &str) -> Result<()> {
    loop {
        let task = client.poll(task_queue).await?;
        if !task.task_token.is_empty() {
            client.complete(task.task_token).await?;
        }
    }
}
