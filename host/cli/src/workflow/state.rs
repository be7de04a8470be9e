//! `state`: what a workflow published.

use super::TargetArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use refrain_wire::admin;
use refrain_wire::api::common::v1::Payload;
use serde_json::{Value, json};

pub(super) async fn state(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let mut admin = client.admin();
    let request = admin::DescribeStateRequest {
        namespace: args.scope.namespace(),
        workflow_id: args.workflow_id.clone(),
        run_id: args.run_id.clone(),
    };
    let answer = client.answer(admin.describe_state(request)).await?;
    let mut state: Vec<(String, Payload)> = answer
        .state
        .into_iter()
        .map(|(name, it)| {
            let payload =
                Payload { metadata: it.metadata, data: it.data, external_payloads: Vec::new() };
            (name, payload)
        })
        .collect();
    state.sort_by(|a, b| a.0.cmp(&b.0));
    match format {
        Format::Json => {
            let state: serde_json::Map<String, Value> =
                state.iter().map(|(name, it)| (name.clone(), output::payload_json(it))).collect();
            output::print_json(&json!({ "runId": answer.run_id, "state": state }))
        }
        Format::Text if state.is_empty() => {
            output::say("nothing is published");
            Ok(())
        }
        Format::Text => {
            let rows: Vec<Vec<String>> =
                state.iter().map(|(name, it)| vec![name.clone(), output::payload(it)]).collect();
            output::print(&output::table(&["NAME", "VALUE"], &rows))
        }
    }
}
