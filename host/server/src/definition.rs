//! What a component says of itself, and the query by which Temporal's tools ask for it.
//!
//! The web page shows signals, queries and updates of a run only if it gets an answer to
//! `__temporal_workflow_metadata`. The guest's SDK answers it with what the run has registered; for
//! a guest that does not, or can't, the host tells what its component has, for all types together.

use crate::status::{internal, of};
use refrain_core::guest::CURRENT_DETAILS;
use refrain_core::ids::{Digest, NamespaceId};
use refrain_engine::Engine;
use refrain_engine::api::Target;
use refrain_wire::admin::Handler;
use refrain_wire::api::common::v1::{Payload, Payloads};
use refrain_wire::api::sdk::v1::{
    WorkflowDefinition, WorkflowInteractionDefinition, WorkflowMetadata,
};
use refrain_wire::json;
use serde_json::Value;
use std::collections::BTreeSet;
use tonic::Status;

pub(crate) const METADATA_QUERY: &str = "__temporal_workflow_metadata";
const METADATA: &str = "temporal.api.sdk.v1.WorkflowMetadata";

/// `[{"name", "description"}]` under a key of a stored definition, which the runtime wrote.
pub(crate) fn handlers(definition: &Value, key: &str) -> Vec<Handler> {
    let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let list = definition[key].as_array().map(Vec::as_slice).unwrap_or_default();
    // Several workflow types of a component may have a handler of one name.
    let mut seen = BTreeSet::new();
    list.iter()
        .map(|it| Handler { name: text(it, "name"), description: text(it, "description") })
        .filter(|it| seen.insert(it.name.clone()))
        .collect()
}

fn interactions(definition: &Value, key: &str) -> Vec<WorkflowInteractionDefinition> {
    let of_key = handlers(definition, key).into_iter();
    of_key
        .map(|it| WorkflowInteractionDefinition { name: it.name, description: it.description })
        .collect()
}

/// The answer to [`METADATA_QUERY`], as SDKs encode it.
pub(crate) async fn metadata(engine: &Engine, target: &Target) -> Result<Payloads, Status> {
    let row = engine.run(target).await.map_err(of)?;
    let mut definition = match told_by_guest(engine, target).await {
        Some(definition) => definition,
        None => of_component(engine, target.namespace, row.component).await?,
    };
    definition.r#type.clone_from(&row.workflow_type);
    let current_details = current_details(engine, target).await?;
    let metadata = WorkflowMetadata { definition: Some(definition), current_details };
    let text = json::to_string(METADATA, &metadata).map_err(|error| internal(&error))?;
    let encoding = [("encoding", "json/protobuf"), ("messageType", METADATA)];
    let payload = Payload {
        metadata: encoding
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()))
            .collect(),
        data: text.into_bytes(),
        external_payloads: Vec::new(),
    };
    Ok(Payloads { payloads: vec![payload] })
}

/// Nothing unless the guest knows the query: one that takes any query may answer with whatever.
async fn told_by_guest(engine: &Engine, target: &Target) -> Option<WorkflowDefinition> {
    let asked = engine.query(target.clone(), METADATA_QUERY.to_owned(), Vec::new()).await;
    let answer = asked.ok()?;
    let text = std::str::from_utf8(&answer.first()?.data).ok()?;
    json::from_str::<WorkflowMetadata>(METADATA, text).ok()?.definition
}

async fn of_component(
    engine: &Engine,
    namespace: NamespaceId,
    component: Digest,
) -> Result<WorkflowDefinition, Status> {
    let components = engine.components(namespace).await.map_err(of)?;
    let component = components.into_iter().find(|it| it.digest == component);
    let definition: Value =
        component.and_then(|it| serde_json::from_str(&it.definition).ok()).unwrap_or_default();
    Ok(WorkflowDefinition {
        r#type: String::new(),
        signal_definitions: interactions(&definition, "signals"),
        query_definitions: interactions(&definition, "queries"),
        update_definitions: interactions(&definition, "updates"),
    })
}

/// What the run says of itself, in Markdown.
async fn current_details(engine: &Engine, target: &Target) -> Result<String, Status> {
    let (_, published) = engine.published(target).await.map_err(of)?;
    let text = published.get(CURRENT_DETAILS).and_then(|it| serde_json::from_slice(&it.data).ok());
    Ok(text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_several_workflow_types_have_is_told_once() {
        let of = |name: &str| serde_json::json!({ "name": name, "description": "" });
        let definition = serde_json::json!({ "signals": [of("close"), of("add"), of("close")] });
        let names: Vec<_> =
            handlers(&definition, "signals").into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["close", "add"]);
    }
}
