//! `list` and `count`.

use super::PAGE;
use crate::client::ScopeArgs;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::workflow::v1::WorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::Value;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// A filter, e.g. `WorkflowType="order" AND ExecutionStatus="Running"`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// A filter, e.g. `ExecutionStatus="Running"`; may end in `GROUP BY ExecutionStatus`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(crate) fn status_name(status: i32) -> String {
    match enums::WorkflowExecutionStatus::try_from(status) {
        Ok(status) => output::camel(status.as_str_name(), "WORKFLOW_EXECUTION_STATUS_"),
        Err(_) => status.to_string(),
    }
}

fn list_row(info: &WorkflowExecutionInfo) -> Vec<String> {
    let execution = info.execution.clone().unwrap_or_default();
    vec![
        status_name(info.status),
        execution.workflow_id,
        info.r#type.as_ref().map_or_else(String::new, |it| it.name.clone()),
        info.task_queue.clone(),
        output::time(info.start_time.as_ref()),
        output::time(info.close_time.as_ref()),
        execution.run_id,
    ]
}

pub(super) async fn list(args: ListArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut found: Vec<WorkflowExecutionInfo> = Vec::new();
    let mut token = Vec::new();
    let more = loop {
        let left = limit - found.len();
        let answer = client
            .call(pb::ListWorkflowExecutionsRequest {
                namespace: args.scope.namespace(),
                page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
                next_page_token: token,
                query: args.query.clone(),
            })
            .await?;
        found.extend(answer.executions);
        token = answer.next_page_token;
        if token.is_empty() {
            break found.len() > limit;
        }
        if found.len() >= limit {
            break true;
        }
    };
    found.truncate(limit);
    match format {
        Format::Json => {
            let of = |it| output::json_of("temporal.api.workflow.v1.WorkflowExecutionInfo", it);
            let list: Vec<Value> = found.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))?;
        }
        Format::Text if found.is_empty() => output::say("no workflows"),
        Format::Text => {
            let headings = [
                "STATUS",
                "WORKFLOW ID",
                "TYPE",
                "TASK QUEUE",
                "STARTED (UTC)",
                "CLOSED (UTC)",
                "RUN ID",
            ];
            let rows: Vec<Vec<String>> = found.iter().map(list_row).collect();
            output::print(&output::table(&headings, &rows))?;
        }
    }
    if more && format == Format::Text {
        output::say(&format!("there are more than {limit}: see --limit and --query"));
    }
    Ok(())
}

pub(super) async fn count(args: CountArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let request = pb::CountWorkflowExecutionsRequest {
        namespace: args.scope.namespace(),
        query: args.query.clone(),
    };
    let answer = client.call(request).await?;
    match format {
        Format::Json => output::print_json(&output::json_of(
            "temporal.api.workflowservice.v1.CountWorkflowExecutionsResponse",
            &answer,
        )?),
        Format::Text if answer.groups.is_empty() => output::print(&answer.count.to_string()),
        Format::Text => {
            let group = |group: &pb::count_workflow_executions_response::AggregationGroup| {
                let values: Vec<String> = group
                    .group_values
                    .iter()
                    .map(|it| match output::payload_json(it) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    })
                    .collect();
                vec![group.count.to_string(), values.join(", ")]
            };
            let mut rows: Vec<Vec<String>> = answer.groups.iter().map(group).collect();
            rows.push(vec![answer.count.to_string(), "(all)".to_owned()]);
            output::print(&output::table(&["COUNT", "GROUP"], &rows))
        }
    }
}
