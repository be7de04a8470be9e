//! `show`: the history.

use super::{PAGE, TargetArgs};
use crate::errors::CliError;
use crate::history::{event_line, event_row};
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::history::v1::History;
use refrain_wire::api::workflowservice::v1 as pb;

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Go on showing events as they happen, until the workflow is closed.
    ///
    /// With `--output json`: one event a line.
    #[arg(long, short)]
    follow: bool,
}

pub(super) async fn show(args: ShowArgs, format: Format) -> Result<(), CliError> {
    let target = &args.target;
    let client = target.scope.connect().await?;
    let mut events = Vec::new();
    let mut token = Vec::new();
    loop {
        let answer = client
            .call(pb::GetWorkflowExecutionHistoryRequest {
                namespace: target.scope.namespace(),
                execution: target.execution(),
                maximum_page_size: PAGE,
                wait_new_event: args.follow,
                history_event_filter_type: enums::HistoryEventFilterType::AllEvent as i32,
                skip_archival: true,
                next_page_token: token,
            })
            .await?;
        let page = answer.history.unwrap_or_default().events;
        if args.follow {
            for event in &page {
                output::print(&match format {
                    Format::Text => event_line(event),
                    Format::Json => {
                        output::json_of("temporal.api.history.v1.HistoryEvent", event)?.to_string()
                    }
                })?;
            }
        } else {
            events.extend(page);
        }
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    if args.follow {
        return Ok(());
    }
    match format {
        Format::Json => {
            let history = History { events };
            output::print_json(&output::json_of("temporal.api.history.v1.History", &history)?)
        }
        Format::Text => {
            let rows: Vec<Vec<String>> = events.iter().map(event_row).collect();
            output::print(&output::table(&["ID", "TIME (UTC)", "EVENT", "DETAIL"], &rows))
        }
    }
}
