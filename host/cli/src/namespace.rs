//! `refrain namespace`.

use crate::client::ConnectArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use crate::units::{Bytes, Span};
use clap::{Args, Subcommand};
use refrain_wire::DETACH_ABOVE_SETTING;
use refrain_wire::api::enums::v1::NamespaceState;
use refrain_wire::api::namespace::v1::{NamespaceConfig, NamespaceInfo, UpdateNamespaceInfo};
use refrain_wire::api::operatorservice::v1::DeleteNamespaceRequest;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::wkt;
use serde_json::Value;

const PAGE: i32 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum NamespaceCommand {
    /// Create a namespace.
    Create(CreateArgs),
    /// List namespaces.
    List(ConnectArgs),
    /// Show a namespace's settings.
    Describe(NameArgs),
    /// Change a namespace's settings; what is not given stays.
    Update(UpdateArgs),
    /// Delete a namespace with all that is in it.
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// The namespace's name.
    name: String,
    /// How long closed workflows are kept.
    #[arg(long, value_name = "DURATION")]
    retention: Option<Span>,
    /// What it is for.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// Whom to write to.
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    email: String,
    /// Nothing new may start in it; what runs goes on.
    #[arg(long)]
    deprecate: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// The namespace's name.
    name: String,
    /// Yes, with all workflows in it, open ones too.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The namespace's name.
    name: String,
    /// How long closed workflows are kept.
    #[arg(long, value_name = "DURATION", default_value = "3d")]
    retention: Span,
    /// Payloads larger than this are kept beside the histories, once each; 0 keeps all of them
    /// there. Default: 64KiB.
    #[arg(long, value_name = "SIZE")]
    detach_above: Option<Bytes>,
    /// What it is for.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// Whom to write to.
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    email: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The namespace's name.
    name: String,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(command: NamespaceCommand, format: Format) -> Result<(), CliError> {
    match command {
        NamespaceCommand::Create(args) => create(args, format).await,
        NamespaceCommand::List(args) => list(args, format).await,
        NamespaceCommand::Describe(args) => describe(args, format).await,
        NamespaceCommand::Update(args) => update(args, format).await,
        NamespaceCommand::Delete(args) => delete(args, format).await,
    }
}

async fn create(args: CreateArgs, format: Format) -> Result<(), CliError> {
    let client = args.connect.connect().await?;
    let retention = in_seconds(&args.retention);
    client
        .call(pb::RegisterNamespaceRequest {
            namespace: args.name.clone(),
            description: args.description,
            owner_email: args.email,
            workflow_execution_retention_period: Some(retention),
            data: args
                .detach_above
                .map(|it| (DETACH_ABOVE_SETTING.to_owned(), it.0.to_string()))
                .into_iter()
                .collect(),
            ..Default::default()
        })
        .await?;
    done(&args.name, "created", format)
}

fn in_seconds(span: &Span) -> wkt::Duration {
    wkt::Duration { seconds: i64::try_from(span.0.as_secs()).unwrap_or(i64::MAX), nanos: 0 }
}

fn done(name: &str, what: &str, format: Format) -> Result<(), CliError> {
    match format {
        Format::Text => {
            output::say(&format!("namespace `{}` {what}", output::clean(name)));
            Ok(())
        }
        Format::Json => output::print_json(&serde_json::json!({ "namespace": name })),
    }
}

async fn update(args: UpdateArgs, format: Format) -> Result<(), CliError> {
    let client = args.connect.connect().await?;
    let state =
        if args.deprecate { NamespaceState::Deprecated } else { NamespaceState::Unspecified };
    client
        .call(pb::UpdateNamespaceRequest {
            namespace: args.name.clone(),
            update_info: Some(UpdateNamespaceInfo {
                description: args.description,
                owner_email: args.email,
                state: state as i32,
                ..Default::default()
            }),
            config: args.retention.as_ref().map(|retention| NamespaceConfig {
                workflow_execution_retention_ttl: Some(in_seconds(retention)),
                ..Default::default()
            }),
            ..Default::default()
        })
        .await?;
    done(&args.name, "updated", format)
}

async fn delete(args: DeleteArgs, format: Format) -> Result<(), CliError> {
    if !args.yes {
        let name = output::clean(&args.name);
        return Err(CliError::failed(format!("all of namespace `{name}` would be gone for good"))
            .hint("say so with `--yes`"));
    }
    let client = args.connect.connect().await?;
    let request = DeleteNamespaceRequest { namespace: args.name.clone(), ..Default::default() };
    client.call(request).await?;
    done(&args.name, "deleted", format)
}

async fn list(args: ConnectArgs, format: Format) -> Result<(), CliError> {
    let client = args.connect().await?;
    let mut namespaces = Vec::new();
    let mut token = Vec::new();
    loop {
        let answer = client
            .call(pb::ListNamespacesRequest {
                page_size: PAGE,
                next_page_token: token,
                ..Default::default()
            })
            .await?;
        namespaces.extend(answer.namespaces);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    match format {
        Format::Json => {
            let list: Vec<Value> = namespaces.iter().map(json_of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text => {
            let row = |it: &pb::DescribeNamespaceResponse| {
                let (info, config) = parts(it);
                vec![
                    info.name.clone(),
                    output::camel(info.state().as_str_name(), "NAMESPACE_STATE_"),
                    output::span(config.workflow_execution_retention_ttl.as_ref()),
                    info.description,
                ]
            };
            let rows: Vec<Vec<String>> = namespaces.iter().map(row).collect();
            output::print(&output::table(&["NAME", "STATE", "RETENTION", "DESCRIPTION"], &rows))
        }
    }
}

async fn describe(args: NameArgs, format: Format) -> Result<(), CliError> {
    let client = args.connect.connect().await?;
    let request = pb::DescribeNamespaceRequest { namespace: args.name, ..Default::default() };
    let answer = client.call(request).await?;
    if format == Format::Json {
        return output::print_json(&json_of(&answer)?);
    }
    let (info, config) = parts(&answer);
    output::print(&output::fields(&[
        ("Name", info.name.clone()),
        ("Id", info.id.clone()),
        ("State", output::camel(info.state().as_str_name(), "NAMESPACE_STATE_")),
        ("Retention", output::span(config.workflow_execution_retention_ttl.as_ref())),
        ("Detach above", info.data.get(DETACH_ABOVE_SETTING).cloned().unwrap_or_default()),
        ("Description", info.description.clone()),
        ("Email", info.owner_email.clone()),
    ]))
}

fn json_of(answer: &pb::DescribeNamespaceResponse) -> Result<Value, CliError> {
    output::json_of("temporal.api.workflowservice.v1.DescribeNamespaceResponse", answer)
}

fn parts(answer: &pb::DescribeNamespaceResponse) -> (NamespaceInfo, NamespaceConfig) {
    (answer.namespace_info.clone().unwrap_or_default(), answer.config.clone().unwrap_or_default())
}
