//! `refrain deploy`: which component serves a task queue.

use crate::client::{ScopeArgs, identity};
use crate::component::{ComponentFile, digest, push};
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand};
use refrain_wire::admin as pb;
use serde_json::Value;
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// A `.wasm` file, which is uploaded first; or the digest or name of a stored component.
    #[arg(value_name = "FILE|DIGEST|NAME")]
    component: String,
    /// The task queue that it is to serve.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// What to call an uploaded file. Default: the file's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeploymentCommand {
    /// List what serves each task queue.
    List(ScopeArgs),
}

pub(crate) async fn run(args: DeployArgs, format: Format) -> Result<(), CliError> {
    let path = Path::new(&args.component);
    let file = if path.is_file() || looks_like_a_path(&args.component) {
        Some(ComponentFile::read(path, args.name.as_deref())?)
    } else if args.name.is_some() {
        return Err(CliError::usage(format!(
            "`--name` is for files, and `{}` is none",
            args.component
        )));
    } else {
        None
    };
    let client = args.scope.connect().await?;
    let namespace = args.scope.namespace();
    let component = match file {
        Some(file) => push(&client, &namespace, file).await?.answer.digest,
        None => args.component.clone(),
    };
    let mut admin = client.admin();
    let request = pb::DeployRequest {
        namespace,
        task_queue: args.task_queue.clone(),
        component,
        kind: pb::ComponentKind::Unspecified as i32,
        identity: identity(),
    };
    let answer = client.answer(admin.deploy(request)).await?;
    match format {
        Format::Json => output::print_json(&output::json_of("refrain.v1.DeployResponse", &answer)?),
        Format::Text => {
            let deployment = answer.deployment.unwrap_or_default();
            let before = match answer.previous_digest.as_str() {
                "" => String::new(),
                same if same == deployment.digest => "the same component".to_owned(),
                other => digest(other),
            };
            output::print(&output::fields(&[
                ("Task queue", deployment.task_queue.clone()),
                ("Component", deployment.name.clone()),
                ("Digest", digest(&deployment.digest)),
                ("Version", deployment.version.to_string()),
                ("Before", before),
            ]))
        }
    }
}

/// So that a typing error in a file's name is not looked for on the server.
fn looks_like_a_path(text: &str) -> bool {
    text.ends_with(".wasm") || text.contains('/') || text.contains('\\')
}

pub(crate) async fn list(command: DeploymentCommand, format: Format) -> Result<(), CliError> {
    let DeploymentCommand::List(scope) = command;
    let client = scope.connect().await?;
    let mut admin = client.admin();
    let request = pb::ListDeploymentsRequest { namespace: scope.namespace() };
    let answer = client.answer(admin.list_deployments(request)).await?;
    match format {
        Format::Json => {
            let of = |it| output::json_of("refrain.v1.Deployment", it);
            let list: Vec<Value> = answer.deployments.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text if answer.deployments.is_empty() => {
            output::say("nothing is deployed: `refrain deploy FILE --task-queue NAME` does it");
            Ok(())
        }
        Format::Text => {
            let row = |it: &pb::Deployment| {
                vec![
                    it.task_queue.clone(),
                    match pb::ComponentKind::try_from(it.kind) {
                        Ok(pb::ComponentKind::Activity) => "activities".to_owned(),
                        Ok(_) | Err(_) => "workflow".to_owned(),
                    },
                    it.name.clone(),
                    it.version.to_string(),
                    output::time_of_admin(it.deploy_time.as_ref()),
                    digest(&it.digest),
                ]
            };
            let rows: Vec<Vec<String>> = answer.deployments.iter().map(row).collect();
            let headings =
                ["TASK QUEUE", "KIND", "COMPONENT", "VERSION", "DEPLOYED (UTC)", "DIGEST"];
            output::print(&output::table(&headings, &rows))
        }
    }
}
