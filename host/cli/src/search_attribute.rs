//! `refrain search-attribute`.

use crate::client::ScopeArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use crate::units::SearchAttribute;
use clap::{Args, Subcommand};
use refrain_core::search::Kind;
use refrain_wire::api::operatorservice::v1 as pb;
use refrain_wire::search::kind_to_proto;
use serde_json::{Map, Value};

#[derive(Debug, Subcommand)]
pub(crate) enum SearchAttributeCommand {
    /// List the search attributes of a namespace: the host's own and the registered ones.
    List(ScopeArgs),
    /// Register search attributes.
    Create(CreateArgs),
    /// Unregister search attributes; runs keep what they have, but are not found by it.
    Remove(RemoveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The attribute and its type, e.g. `Color=Keyword`.
    #[arg(value_name = "NAME=TYPE", required = true)]
    attributes: Vec<SearchAttribute>,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The attribute's name.
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(crate) async fn run(command: SearchAttributeCommand, format: Format) -> Result<(), CliError> {
    match command {
        SearchAttributeCommand::List(scope) => list(scope, format).await,
        SearchAttributeCommand::Create(args) => create(args, format).await,
        SearchAttributeCommand::Remove(args) => remove(args, format).await,
    }
}

async fn list(scope: ScopeArgs, format: Format) -> Result<(), CliError> {
    let client = scope.connect().await?;
    let request = pb::ListSearchAttributesRequest { namespace: scope.namespace() };
    let answer = client.call(request).await?;
    let name_of = |number: i32| Kind::from_number(i64::from(number)).map_or("?", Kind::name);
    let mut rows: Vec<(bool, String, &str)> = Vec::new();
    for (own, attributes) in [(true, answer.system_attributes), (false, answer.custom_attributes)] {
        rows.extend(attributes.into_iter().map(|(name, kind)| (own, name, name_of(kind))));
    }
    rows.sort();
    match format {
        Format::Json => {
            let fields = rows.into_iter().map(|(_, name, kind)| (name, Value::from(kind)));
            output::print_json(&Value::from(fields.collect::<Map<_, _>>()))
        }
        Format::Text => {
            let row = |(own, name, kind): (bool, String, &str)| {
                let whose = if own { "the host's" } else { "registered" };
                vec![name, kind.to_owned(), whose.to_owned()]
            };
            let rows: Vec<Vec<String>> = rows.into_iter().map(row).collect();
            output::print(&output::table(&["NAME", "TYPE", "WHOSE"], &rows))
        }
    }
}

async fn create(args: CreateArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let namespace = args.scope.namespace();
    let known = client
        .call(pb::ListSearchAttributesRequest { namespace: namespace.clone() })
        .await?
        .custom_attributes;
    // The server takes such a request, and changes nothing.
    for attribute in &args.attributes {
        let kind = known.get(&attribute.name).and_then(|it| Kind::from_number(i64::from(*it)));
        if let Some(kind) = kind.filter(|it| *it != attribute.kind) {
            return Err(CliError::failed(format!(
                "search attribute `{}` has the type {} already",
                output::clean(&attribute.name),
                kind.name()
            ))
            .hint("remove it first, or choose another name"));
        }
    }
    let pairs = args.attributes.iter().map(|it| (it.name.clone(), kind_to_proto(it.kind) as i32));
    let search_attributes = pairs.collect();
    client.call(pb::AddSearchAttributesRequest { namespace, search_attributes }).await?;
    said(args.attributes.iter().map(|it| it.name.as_str()), "registered", format)
}

async fn remove(args: RemoveArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let (namespace, search_attributes) = (args.scope.namespace(), args.names.clone());
    client.call(pb::RemoveSearchAttributesRequest { namespace, search_attributes }).await?;
    said(args.names.iter().map(String::as_str), "removed", format)
}

fn said<'a>(
    names: impl Iterator<Item = &'a str>,
    what: &str,
    format: Format,
) -> Result<(), CliError> {
    let names: Vec<&str> = names.collect();
    match format {
        Format::Text => {
            output::say(&format!("{what}: {}", output::clean(&names.join(", "))));
            Ok(())
        }
        Format::Json => output::print_json(&serde_json::json!({ "searchAttributes": names })),
    }
}
