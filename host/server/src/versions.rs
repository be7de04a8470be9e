//! Versions of queues and replay reports, as they are sent.

use crate::admin::{kind_to_proto, time};
use crate::aged::Held;
use crate::status::invalid;
use futures::Stream;
use refrain_core::deployment::Share;
use refrain_engine::api::{Finding, Kept, ReplayReport, Stage, VersionState};
use refrain_wire::admin as pb;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tonic::Status;

/// Between two reports of the same check.
const REPORT_EVERY: Duration = Duration::from_millis(200);

pub(crate) type Reports = Pin<Box<dyn Stream<Item = Result<pb::ReplayReport, Status>> + Send>>;

pub(crate) fn to_proto(state: &VersionState) -> pb::Deployment {
    let row = &state.row;
    let (stage, ramp) = match state.stage {
        Stage::Current => (pb::VersionStage::Current, None),
        Stage::Ramping(share) => (pb::VersionStage::Ramping, Some(share)),
        Stage::Draining => (pb::VersionStage::Draining, None),
        Stage::Drained => (pb::VersionStage::Drained, None),
    };
    pb::Deployment {
        task_queue: row.task_queue.clone(),
        kind: kind_to_proto(row.kind),
        digest: row.digest.to_string(),
        name: row.name.clone(),
        version: u64::from(row.version),
        deploy_time: Some(time(row.deployed_at)),
        current: row.current,
        stage: stage as i32,
        ramp_percentage: ramp.map_or(0.0, |it| f64::from(it.hundredths()) / 100.0),
        open_runs: state.n_open,
        current_since: row.current_since.map(time),
    }
}

pub(crate) fn share(percentage: f64) -> Result<Share, Status> {
    let hundredths = (percentage * 100.0).round();
    let share = (0.0..=10_000.0)
        .contains(&hundredths)
        .then(|| Share::of_hundredths(hundredths as u32))
        .flatten();
    share.ok_or_else(|| invalid(format!("percentage is {percentage}, expected 0 to 100")))
}

/// In a few words, for a list.
pub(crate) fn reason(kept: &Kept) -> String {
    match kept {
        Kept::Current(queue) => format!("current of {queue}"),
        Kept::Ramping(queue, share) => format!("ramping on {queue}, {share}"),
        Kept::Previous(queue) => format!("before the current of {queue}"),
        Kept::OpenRuns(1) => "1 open run".to_owned(),
        Kept::OpenRuns(n) => format!("{n} open runs"),
        Kept::ClosedRuns => "closed runs that are kept".to_owned(),
        Kept::Young => "new".to_owned(),
    }
}

/// Reports as they come, not too often; the last one always. Dropping it ends a check. `held`: what they come on,
/// for as long as they do.
pub(crate) fn stream(reports: watch::Receiver<ReplayReport>, held: Option<Held>) -> Reports {
    Box::pin(futures::stream::unfold(Some((reports, held)), |reports| async {
        let (mut reports, held) = reports?;
        let report = reports.borrow_and_update().clone();
        let sent = report_to_proto(&report);
        if report.done {
            return Some((Ok(sent), None));
        }
        let whoever_writes_is_gone = reports.wait_for(|it| it.done);
        // Either it is done, or it is time for the next one.
        let gone =
            matches!(tokio::time::timeout(REPORT_EVERY, whoever_writes_is_gone).await, Ok(Err(_)));
        match gone {
            true => Some((Err(Status::unavailable("the check was cut short")), None)),
            false => Some((Ok(sent), Some((reports, held)))),
        }
    }))
}

fn report_to_proto(report: &ReplayReport) -> pb::ReplayReport {
    pb::ReplayReport {
        open_runs: report.n_open,
        checked: report.n_checked,
        fit: report.n_fit,
        unfit: report.n_unfit,
        findings: match report.done {
            true => report.findings.iter().map(finding).collect(),
            // All of them come at the end.
            false => Vec::new(),
        },
        untold: report.n_untold,
        error: report.failed.as_ref().map(ToString::to_string).unwrap_or_default(),
        done: report.done,
    }
}

fn finding(it: &Finding) -> pb::ReplayFinding {
    let run = |key: &refrain_core::ids::RunKey| pb::ReplayedRun {
        workflow_id: key.execution.workflow.to_string(),
        run_id: key.run.to_string(),
    };
    pb::ReplayFinding {
        workflow_type: it.workflow_type.clone(),
        digest: it.component.to_string(),
        code: it.code.to_owned(),
        event_id: it.at.map_or(0, |at| i64::try_from(at.0).unwrap_or(i64::MAX)),
        recorded: it.recorded.clone().unwrap_or_default(),
        asked: it.asked.clone().unwrap_or_default(),
        message: it.message.clone(),
        run_count: it.n_runs,
        runs: it.runs.iter().map(run).collect(),
    }
}
