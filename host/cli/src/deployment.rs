//! `refrain deployment`: what serves which task queue, and how that changes.

use crate::client::{Client, ScopeArgs, identity};
use crate::component::digest;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand, ValueEnum};
use refrain_core::deployment::Share;
use refrain_wire::admin as pb;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum DeploymentCommand {
    /// List the versions of each task queue, and how many runs are open on each.
    List(ListArgs),
    /// Show the versions of one task queue.
    Describe(QueueArgs),
    /// Make a version the one that new runs start on. The same as `refrain deploy --no-check`.
    #[command(visible_alias = "set-current-version")]
    SetCurrent(SetCurrentArgs),
    /// Let a part of the new runs start on a version.
    #[command(visible_alias = "set-ramping-version")]
    Ramp(RampArgs),
    /// Take back the last step: end the ramp if there is one, else go back to the version before.
    Rollback(RollbackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Leave out versions that take no new runs and have no open ones.
    #[arg(long)]
    in_use: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// The task queue.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SetCurrentArgs {
    /// Digest (12 digits are enough) or name of a stored component.
    #[arg(value_name = "DIGEST|NAME")]
    component: String,
    #[command(flatten)]
    queue: QueueArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RampArgs {
    /// Digest (12 digits are enough) or name of a stored component.
    #[arg(value_name = "DIGEST|NAME", required_unless_present = "stop")]
    component: Option<String>,
    /// How many of a hundred new runs start on it, by a hash of the workflow id: e.g. 5, 12.5 or
    /// 50%.
    #[arg(long, value_name = "PERCENT", required_unless_present = "stop")]
    percentage: Option<Share>,
    /// Let nothing ramp any more.
    #[arg(long, conflicts_with_all = ["component", "percentage"])]
    stop: bool,
    #[command(flatten)]
    queue: QueueArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// Which kind of component goes back.
    #[arg(long, value_enum, default_value = "workflow", value_name = "KIND")]
    kind: Kind,
    #[command(flatten)]
    queue: QueueArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Workflow,
    Activities,
}

pub(crate) async fn run(command: DeploymentCommand, format: Format) -> Result<(), CliError> {
    match command {
        DeploymentCommand::List(ListArgs { in_use, scope }) => {
            let mut versions =
                versions_of(&scope.connect().await?, scope.namespace(), String::new()).await?;
            if in_use {
                versions.retain(|it| stage(it) != pb::VersionStage::Drained);
            }
            if format == Format::Text && versions.is_empty() {
                output::say("nothing is deployed: `refrain deploy FILE --task-queue NAME` does it");
                return Ok(());
            }
            print(&versions, format)
        }
        DeploymentCommand::Describe(QueueArgs { task_queue, scope }) => {
            let client = scope.connect().await?;
            let versions = versions_of(&client, scope.namespace(), task_queue.clone()).await?;
            if versions.is_empty() {
                let what = format!("nothing was ever deployed to task queue `{task_queue}`");
                return Err(CliError::failed(what)
                    .hint("`refrain deployment list` shows the task queues that are served"));
            }
            print(&versions, format)
        }
        DeploymentCommand::SetCurrent(SetCurrentArgs { component, queue }) => {
            let client = queue.scope.connect().await?;
            let request = pb::DeployRequest {
                namespace: queue.scope.namespace(),
                task_queue: queue.task_queue.clone(),
                component,
                kind: pb::ComponentKind::Unspecified as i32,
                identity: identity(),
            };
            client.answer(client.admin().deploy(request)).await?;
            let namespace = queue.scope.namespace();
            print(&versions_of(&client, namespace, queue.task_queue).await?, format)
        }
        DeploymentCommand::Ramp(RampArgs { component, percentage, queue, .. }) => {
            let client = queue.scope.connect().await?;
            let request = pb::RampRequest {
                namespace: queue.scope.namespace(),
                task_queue: queue.task_queue,
                component: component.unwrap_or_default(),
                percentage: percentage.map_or(0.0, |it| f64::from(it.hundredths()) / 100.0),
                identity: identity(),
            };
            let answer = client.answer(client.admin().ramp(request)).await?;
            print(&answer.versions, format)
        }
        DeploymentCommand::Rollback(RollbackArgs { kind, queue }) => {
            let client = queue.scope.connect().await?;
            let request = pb::RollbackRequest {
                namespace: queue.scope.namespace(),
                task_queue: queue.task_queue,
                kind: match kind {
                    Kind::Workflow => pb::ComponentKind::Workflow as i32,
                    Kind::Activities => pb::ComponentKind::Activity as i32,
                },
                identity: identity(),
            };
            let answer = client.answer(client.admin().rollback(request)).await?;
            print(&answer.versions, format)
        }
    }
}

/// What is deployed to a task queue; to all, if it has no name.
pub(crate) async fn versions_of(
    client: &Client,
    namespace: String,
    task_queue: String,
) -> Result<Vec<pb::Deployment>, CliError> {
    let request = pb::ListDeploymentsRequest { namespace, task_queue };
    Ok(client.answer(client.admin().list_deployments(request)).await?.deployments)
}

pub(crate) fn stage(it: &pb::Deployment) -> pb::VersionStage {
    pb::VersionStage::try_from(it.stage).unwrap_or_default()
}

fn print(versions: &[pb::Deployment], format: Format) -> Result<(), CliError> {
    match format {
        Format::Json => {
            let of = |it| output::json_of("refrain.v1.Deployment", it);
            let list: Vec<Value> = versions.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text => {
            let headings = [
                "TASK QUEUE",
                "KIND",
                "VERSION",
                "STATUS",
                "OPEN RUNS",
                "COMPONENT",
                "DEPLOYED (UTC)",
                "DIGEST",
            ];
            let rows: Vec<Vec<String>> = versions.iter().map(row).collect();
            output::print(&output::table(&headings, &rows))
        }
    }
}

fn row(it: &pb::Deployment) -> Vec<String> {
    let is_workflow = it.kind != pb::ComponentKind::Activity as i32;
    let stage = match stage(it) {
        pb::VersionStage::Current => "current".to_owned(),
        pb::VersionStage::Ramping => format!("ramping, {} %", it.ramp_percentage),
        pb::VersionStage::Draining => "draining".to_owned(),
        pb::VersionStage::Drained if !is_workflow => "was current".to_owned(),
        pb::VersionStage::Drained => "drained".to_owned(),
        pb::VersionStage::Unspecified => String::new(),
    };
    vec![
        it.task_queue.clone(),
        if is_workflow { "workflow" } else { "activities" }.to_owned(),
        it.version.to_string(),
        stage,
        if is_workflow { it.open_runs.to_string() } else { "-".to_owned() },
        it.name.clone(),
        output::time_of_admin(it.deploy_time.as_ref()),
        digest(&it.digest),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn versions_are_told_with_what_they_do_now() {
        let version = |version, stage: pb::VersionStage, open_runs| pb::Deployment {
            task_queue: "orders".to_owned(),
            kind: pb::ComponentKind::Workflow as i32,
            digest: "ab".repeat(32),
            name: "orders".to_owned(),
            version,
            stage: stage as i32,
            ramp_percentage: 12.5,
            open_runs,
            ..pb::Deployment::default()
        };
        let rows: Vec<_> = [
            version(4, pb::VersionStage::Ramping, 1),
            version(3, pb::VersionStage::Current, 20),
            version(2, pb::VersionStage::Draining, 7),
            version(1, pb::VersionStage::Drained, 0),
        ]
        .iter()
        .map(|it| row(it)[..5].to_vec())
        .collect();
        expect![[r#"
            TASK QUEUE  KIND      VERSION  STATUS           OPEN RUNS
            orders      workflow  4        ramping, 12.5 %  1
            orders      workflow  3        current          20
            orders      workflow  2        draining         7
            orders      workflow  1        drained          0
        "#]]
        .assert_eq(&output::table(
            &["TASK QUEUE", "KIND", "VERSION", "STATUS", "OPEN RUNS"],
            &rows,
        ));
    }
}
