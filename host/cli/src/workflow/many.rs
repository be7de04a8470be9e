//! One workflow, or all that a filter finds: those are a batch's.

use super::TargetArgs;
use crate::client::{ScopeArgs, identity};
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::api::workflowservice::v1::start_batch_operation_request::Operation;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct ManyArgs {
    /// The workflow's id.
    #[arg(long, short, value_name = "ID", required_unless_present = "query")]
    workflow_id: Option<String>,
    /// One run of it. Default: the latest.
    #[arg(long, short, value_name = "UUID", default_value = "", hide_default_value = true)]
    run_id: String,
    /// All workflows that this filter finds, instead of one: a batch.
    #[arg(long, short, value_name = "FILTER", conflicts_with_all = ["workflow_id", "run_id"])]
    query: Option<String>,
    /// Yes, all of them.
    #[arg(long, short, requires = "query")]
    yes: bool,
    /// At most so many of them in a second.
    #[arg(long, value_name = "N", requires = "query")]
    rps: Option<f32>,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(super) enum Meant {
    One(TargetArgs),
    Many(Batch),
}

pub(super) struct Batch {
    query: String,
    yes: bool,
    rps: Option<f32>,
    scope: ScopeArgs,
}

impl ManyArgs {
    pub(super) fn scope(&self) -> &ScopeArgs {
        &self.scope
    }

    pub(super) fn meant(self) -> Meant {
        let ManyArgs { workflow_id, run_id, query, yes, rps, scope } = self;
        match query {
            Some(query) => Meant::Many(Batch { query, yes, rps, scope }),
            None => {
                let workflow_id = workflow_id.unwrap_or_default();
                Meant::One(TargetArgs { workflow_id, run_id, scope })
            }
        }
    }
}

impl Batch {
    /// Starts it; it goes on by itself. Errors: the user has not said yes, or the server refuses.
    pub(super) async fn start(
        self,
        operation: Operation,
        reason: String,
        format: Format,
    ) -> Result<(), CliError> {
        let client = self.scope.connect().await?;
        let namespace = self.scope.namespace();
        let query = self.query.clone();
        let count = pb::CountWorkflowExecutionsRequest { namespace: namespace.clone(), query };
        let count = client.call(count).await?.count;
        if !self.yes {
            return Err(CliError::failed(format!("the filter finds {count} workflows"))
                .hint("say that all of them are meant with `--yes`"));
        }
        let job_id = uuid::Uuid::new_v4().to_string();
        client
            .call(pb::StartBatchOperationRequest {
                namespace,
                visibility_query: self.query,
                job_id: job_id.clone(),
                reason: if reason.is_empty() { identity() } else { reason },
                max_operations_per_second: self.rps.unwrap_or(0.0),
                operation: Some(operation),
                ..Default::default()
            })
            .await?;
        match format {
            Format::Text => {
                output::say(&format!("a batch of {count} workflows has begun"));
                output::print(&job_id)
            }
            Format::Json => output::print_json(&json!({ "batchJobId": job_id })),
        }
    }
}
