//! `signal-with-start`.

use super::start::{StartArgs, Started, print_started, start_request};
use crate::errors::CliError;
use crate::input;
use crate::output::Format;
use clap::Args;
use refrain_wire::api::workflowservice::v1 as pb;

#[derive(Debug, Args)]
pub(crate) struct SignalWithStartArgs {
    #[command(flatten)]
    start: StartArgs,
    /// The signal's name.
    #[arg(long, value_name = "NAME")]
    signal_name: String,
    /// An argument of the signal, as JSON. Repeat it for more arguments.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    signal_input: Vec<String>,
}

pub(super) async fn signal_with_start(
    args: SignalWithStartArgs,
    format: Format,
) -> Result<(), CliError> {
    let start = start_request(&args.start)?;
    let workflow_id = start.workflow_id.clone();
    let request = pb::SignalWithStartWorkflowExecutionRequest {
        namespace: start.namespace,
        workflow_id: start.workflow_id,
        workflow_type: start.workflow_type,
        task_queue: start.task_queue,
        input: start.input,
        workflow_execution_timeout: start.workflow_execution_timeout,
        workflow_run_timeout: start.workflow_run_timeout,
        workflow_task_timeout: start.workflow_task_timeout,
        identity: start.identity,
        request_id: start.request_id,
        workflow_id_reuse_policy: start.workflow_id_reuse_policy,
        workflow_id_conflict_policy: start.workflow_id_conflict_policy,
        signal_name: args.signal_name,
        signal_input: input::payloads(&args.signal_input, "--signal-input")?,
        retry_policy: start.retry_policy,
        cron_schedule: start.cron_schedule,
        memo: start.memo,
        search_attributes: start.search_attributes,
        header: start.header,
        workflow_start_delay: start.workflow_start_delay,
        user_metadata: start.user_metadata,
        priority: start.priority,
        time_skipping_config: start.time_skipping_config,
        ..Default::default()
    };
    let client = args.start.scope.connect().await?;
    let answer = client.call(request).await?;
    let started = Started { workflow_id, run_id: answer.run_id, started: answer.started };
    print_started(&args.start, started, format)
}
