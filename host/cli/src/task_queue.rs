//! `refrain task-queue`.

use crate::client::ScopeArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand};
use refrain_wire::api::enums::v1::TaskQueueType;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskQueueCommand {
    /// Show who works on a task queue, and how much waits in it.
    Describe(DescribeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// The task queue's name.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

const ANSWER: &str = "temporal.api.workflowservice.v1.DescribeTaskQueueResponse";

pub(crate) async fn run(command: TaskQueueCommand, format: Format) -> Result<(), CliError> {
    match command {
        TaskQueueCommand::Describe(args) => describe(args, format).await,
    }
}

async fn describe(args: DescribeArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let mut described = Vec::new();
    for (name, kind) in
        [("workflow", TaskQueueType::Workflow), ("activity", TaskQueueType::Activity)]
    {
        let task_queue = TaskQueue { name: args.task_queue.clone(), ..TaskQueue::default() };
        let request = pb::DescribeTaskQueueRequest {
            namespace: args.scope.namespace(),
            task_queue: Some(task_queue),
            task_queue_type: kind as i32,
            report_stats: true,
            report_config: true,
            ..Default::default()
        };
        described.push((name, client.call(request).await?));
    }
    if format == Format::Json {
        let mut value = json!({});
        for (name, answer) in &described {
            value[*name] = output::json_of(ANSWER, answer)?;
        }
        return output::print_json(&value);
    }
    let (mut stats, mut pollers) = (Vec::new(), Vec::new());
    for (name, answer) in &described {
        let of = answer.stats.unwrap_or_default();
        let limit = answer.config.clone().unwrap_or_default().queue_rate_limit;
        let limit = limit.unwrap_or_default().rate_limit.map(|it| it.requests_per_second);
        stats.push(vec![
            (*name).to_owned(),
            of.approximate_backlog_count.to_string(),
            output::span(of.approximate_backlog_age.as_ref()),
            format!("{:.1}", of.tasks_add_rate),
            format!("{:.1}", of.tasks_dispatch_rate),
            limit.map_or_else(String::new, |it| it.to_string()),
        ]);
        for poller in &answer.pollers {
            let seen = output::time(poller.last_access_time.as_ref());
            pollers.push(vec![(*name).to_owned(), poller.identity.clone(), seen]);
        }
    }
    let headings = ["TASKS", "WAITING", "SINCE", "ADDED/S", "TAKEN/S", "LIMIT/S"];
    let mut text = output::table(&headings, &stats);
    if pollers.is_empty() {
        text.push_str("\nNobody works on it.\n");
    } else {
        text.push_str(&format!(
            "\n{}",
            output::table(&["TASKS", "WORKER", "SEEN (UTC)"], &pollers)
        ));
    }
    output::print(&text)
}
