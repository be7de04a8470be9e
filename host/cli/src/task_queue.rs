//! `refrain task-queue`.

use crate::client::{ScopeArgs, identity};
use crate::deployment::{stage, versions_of};
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand, ValueEnum};
use refrain_wire::admin::{ComponentKind, VersionStage};
use refrain_wire::api::enums::v1::TaskQueueType;
use refrain_wire::api::taskqueue::v1::{RateLimit, TaskQueue, TaskQueueConfig};
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum TaskQueueCommand {
    /// Show who works on a task queue, and how much waits in it.
    Describe(DescribeArgs),
    /// Look at and set how fast a task queue may be.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show a task queue's limits.
    Get(ConfigArgs),
    /// Set a task queue's limits.
    Set(SetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The task queue's name.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// Which of its tasks.
    #[arg(long, value_enum, ignore_case = true, value_name = "TYPE", default_value = "activity")]
    task_queue_type: Tasks,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    of: ConfigArgs,
    /// At most so many tasks a second; `default`: as many as there are.
    #[arg(long, value_name = "N")]
    queue_rps_limit: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    queue_rps_limit_reason: String,
    /// At most so many a second of one fairness key; `default`: as many as there are.
    #[arg(long, value_name = "N")]
    fairness_key_rps_limit_default: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    fairness_key_rps_limit_reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tasks {
    Workflow,
    Activity,
}

impl Tasks {
    fn to_proto(self) -> TaskQueueType {
        match self {
            Tasks::Workflow => TaskQueueType::Workflow,
            Tasks::Activity => TaskQueueType::Activity,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// The task queue's name.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

const CONFIG: &str = "temporal.api.taskqueue.v1.TaskQueueConfig";
const ANSWER: &str = "temporal.api.workflowservice.v1.DescribeTaskQueueResponse";

pub(crate) async fn run(command: TaskQueueCommand, format: Format) -> Result<(), CliError> {
    match command {
        TaskQueueCommand::Describe(args) => describe(args, format).await,
        TaskQueueCommand::Config(ConfigCommand::Get(args)) => config_get(args, format).await,
        TaskQueueCommand::Config(ConfigCommand::Set(args)) => config_set(args, format).await,
    }
}

async fn config_get(args: ConfigArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let task_queue = TaskQueue { name: args.task_queue.clone(), ..TaskQueue::default() };
    let request = pb::DescribeTaskQueueRequest {
        namespace: args.scope.namespace(),
        task_queue: Some(task_queue),
        task_queue_type: args.task_queue_type.to_proto() as i32,
        report_config: true,
        ..Default::default()
    };
    let answer = client.call(request).await?;
    print_config(&answer.config.unwrap_or_default(), format)
}

async fn config_set(args: SetArgs, format: Format) -> Result<(), CliError> {
    use pb::update_task_queue_config_request::RateLimitUpdate;
    let update = |given: Option<&String>, reason: &str, flag: &str| {
        let Some(given) = given else { return Ok(None) };
        let rate_limit = match given.as_str() {
            "default" => None,
            number => Some(RateLimit {
                requests_per_second: number.parse().map_err(|_| {
                    CliError::usage(format!("{flag} is `{number}`, expected a number or `default`"))
                })?,
            }),
        };
        Ok::<_, CliError>(Some(RateLimitUpdate { rate_limit, reason: reason.to_owned() }))
    };
    let queue = args.queue_rps_limit.as_ref();
    let queue = update(queue, &args.queue_rps_limit_reason, "--queue-rps-limit")?;
    let key = args.fairness_key_rps_limit_default.as_ref();
    let flag = "--fairness-key-rps-limit-default";
    let key = update(key, &args.fairness_key_rps_limit_reason, flag)?;
    if queue.is_none() && key.is_none() {
        return Err(CliError::usage("nothing is to be changed").hint("give at least one limit"));
    }
    let client = args.of.scope.connect().await?;
    let request = pb::UpdateTaskQueueConfigRequest {
        namespace: args.of.scope.namespace(),
        identity: identity(),
        task_queue: args.of.task_queue.clone(),
        task_queue_type: args.of.task_queue_type.to_proto() as i32,
        update_queue_rate_limit: queue,
        update_fairness_key_rate_limit_default: key,
        ..Default::default()
    };
    let answer = client.call(request).await?;
    print_config(&answer.config.unwrap_or_default(), format)
}

fn print_config(config: &TaskQueueConfig, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return output::print_json(&output::json_of(CONFIG, config)?);
    }
    let mut rows = Vec::new();
    let limits = [
        ("all tasks", &config.queue_rate_limit),
        ("each fairness key", &config.fairness_keys_rate_limit_default),
    ];
    for (of, limit) in limits {
        let Some(limit) = limit else { continue };
        let since = limit.metadata.clone().unwrap_or_default();
        rows.push(vec![
            of.to_owned(),
            limit.rate_limit.map_or_else(String::new, |it| it.requests_per_second.to_string()),
            since.reason,
            since.update_identity,
            output::time(since.update_time.as_ref()),
        ]);
    }
    if rows.is_empty() {
        output::say("no limits");
        return Ok(());
    }
    output::print(&output::table(&["LIMIT OF", "A SECOND", "WHY", "BY", "SINCE (UTC)"], &rows))
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
    let versions = versions_of(&client, args.scope.namespace(), args.task_queue.clone()).await?;
    let headings = ["TASKS", "WAITING", "SINCE", "ADDED/S", "TAKEN/S", "LIMIT/S"];
    let mut text = output::table(&headings, &stats);
    let in_use: Vec<_> = versions.iter().filter(|it| stage(it) != VersionStage::Drained).collect();
    let is_activity = |kind: i32| kind == ComponentKind::Activity as i32;
    let mut served = vec![("workflows", false), ("activities", true)];
    served.retain(|(_, activity)| in_use.iter().any(|it| is_activity(it.kind) == *activity));
    let served: Vec<_> = served.into_iter().map(|(what, _)| what).collect();
    if !served.is_empty() {
        text.push_str(&format!(
            "\nThe server itself runs its {}: `refrain deployment describe` shows what is deployed.\n",
            served.join(" and its ")
        ));
    }
    if pollers.is_empty() {
        text.push_str(match served.is_empty() {
            true => "\nNobody works on it.\n",
            false => "\nNo worker polls it.\n",
        });
    } else {
        text.push_str(&format!(
            "\n{}",
            output::table(&["TASKS", "WORKER", "SEEN (UTC)"], &pollers)
        ));
    }
    output::print(&text)
}
