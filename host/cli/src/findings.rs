//! What a replay of many runs found, as it comes in and as it is printed.

use crate::client::innermost_status;
use crate::component::digest;
use crate::errors::CliError;
use crate::output;
use refrain_wire::admin as pb;
use serde_json::Value;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// Runs that are named after a finding; `--output json` has more.
const RUNS_SHOWN: usize = 5;

/// The last report of a check or a move.
pub(crate) struct Report(pb::ReplayReport);

impl Report {
    pub(crate) fn n_checked(&self) -> u64 {
        self.0.checked
    }

    /// Open runs on other versions.
    pub(crate) fn n_open(&self) -> u64 {
        self.0.open_runs
    }

    pub(crate) fn n_fit(&self) -> u64 {
        self.0.fit
    }

    pub(crate) fn n_unfit(&self) -> u64 {
        self.0.unfit
    }

    pub(crate) fn to_json(&self) -> Result<Value, CliError> {
        output::json_of("refrain.v1.ReplayReport", &self.0)
    }

    /// Why it is not about all runs.
    pub(crate) fn failed(&self, what: &str) -> Option<CliError> {
        let error = &self.0.error;
        (!error.is_empty()).then(|| CliError::failed(format!("{what}: {error}")))
    }
}

/// Waits for the last report, and shows on a terminal how far it is.
pub(crate) async fn receive(
    mut reports: tonic::Streaming<pb::ReplayReport>,
    done: &str,
) -> Result<Report, CliError> {
    let shown = std::io::stderr().is_terminal();
    loop {
        match reports.message().await {
            Ok(Some(report)) if report.done => {
                if shown {
                    output::say("\r\u{1b}[K\r");
                }
                return Ok(Report(report));
            }
            Ok(Some(report)) if shown => {
                let (n, of, unfit) = (report.checked, report.open_runs, report.unfit);
                let unfit = if unfit > 0 { format!(", {unfit} do not fit") } else { String::new() };
                output::say(&format!("\r\u{1b}[K{n} of {of} open runs {done}{unfit}\r"));
            }
            Ok(Some(_)) => {}
            Ok(None) => return Err(CliError::failed("the server ended before its last report")),
            Err(status) => return Err(CliError::failed(innermost_status(&status))),
        }
    }
}

/// To stderr, beside the data of the command.
pub(crate) fn say(report: &Report, done: &str) {
    if report.0.open_runs > 0 {
        output::say(&text(report, done, ""));
    }
}

/// All of it: how many fit, and for those that do not, where and how.
pub(crate) fn text(report: &Report, done: &str, with: &str) -> String {
    let pb::ReplayReport { open_runs, checked, fit, unfit, findings, untold, .. } = &report.0;
    let of = match checked == open_runs {
        true => format!("{} {done}", runs(*checked, "open run")),
        false => format!("{checked} of {} {done}", runs(*open_runs, "open run")),
    };
    let mut text = format!("{of} {with}").trim_end().to_owned();
    let _ = match (fit, unfit) {
        (0, 0) => write!(text, ": there is nothing to replay"),
        (_, 0) => write!(text, ": all fit"),
        (0, _) => write!(text, ": none fits"),
        (fit, unfit) => write!(text, ": {fit} fit, {unfit} would diverge"),
    };
    text.push('\n');
    for finding in findings {
        text.push('\n');
        text.push_str(&finding_text(finding));
    }
    if *untold > 0 {
        let _ = writeln!(text, "\nand {untold} in yet other ways");
    }
    text
}

fn finding_text(it: &pb::ReplayFinding) -> String {
    let from = digest(&it.digest);
    let from = from.get(..19).unwrap_or(&from);
    let s = if it.run_count == 1 { "s" } else { "" };
    let what = match it.event_id {
        0 => format!("break{s} in replay"),
        at => format!("diverge{s} at event {at}"),
    };
    let mut text = format!(
        "{} of {from}: {} {what} ({})\n",
        it.workflow_type,
        runs(it.run_count, "run"),
        it.code
    );
    let nothing = |it: &str| if it.is_empty() { "nothing".to_owned() } else { it.to_owned() };
    let mut fields = match it.event_id {
        0 => vec![("  error", it.message.clone())],
        _ => vec![("  recorded", nothing(&it.recorded)), ("  asked", nothing(&it.asked))],
    };
    for (nth, run) in it.runs.iter().take(RUNS_SHOWN).enumerate() {
        let label = if nth == 0 { "  runs" } else { "  " };
        fields.push((label, format!("{} ({})", run.workflow_id, run.run_id)));
    }
    let n_more = it.run_count - (it.runs.len().min(RUNS_SHOWN) as u64).min(it.run_count);
    if n_more > 0 {
        fields.push(("  ", format!("and {n_more} more")));
    }
    text.push_str(&output::fields(&fields));
    text
}

fn runs(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn finding(n: u64) -> pb::ReplayFinding {
        let run = |n: u64| pb::ReplayedRun {
            workflow_id: format!("order-{n}"),
            run_id: format!("0195e1f2-0000-7abc-8def-{n:012}"),
        };
        pb::ReplayFinding {
            workflow_type: "orderFulfillment".to_owned(),
            digest: "ab".repeat(32),
            code: "W0101".to_owned(),
            event_id: 11,
            recorded: "activity charge (1) scheduled".to_owned(),
            asked: String::new(),
            message: String::new(),
            run_count: n,
            runs: (1..=n).map(run).collect(),
        }
    }

    #[test]
    fn a_report_says_how_many_fit_and_where_the_others_do_not() {
        let broke = pb::ReplayFinding {
            event_id: 0,
            code: "W0201".to_owned(),
            message: "guest failed: unreachable executed".to_owned(),
            ..finding(1)
        };
        let report = Report(pb::ReplayReport {
            open_runs: 20,
            checked: 12,
            fit: 3,
            unfit: 9,
            findings: vec![finding(7), broke],
            untold: 1,
            error: String::new(),
            done: true,
        });
        expect![[r#"
            12 of 20 open runs checked against v2: 3 fit, 9 would diverge

            orderFulfillment of sha256:abababababab: 7 runs diverge at event 11 (W0101)
              recorded  activity charge (1) scheduled
              asked     nothing
              runs      order-1 (0195e1f2-0000-7abc-8def-000000000001)
                        order-2 (0195e1f2-0000-7abc-8def-000000000002)
                        order-3 (0195e1f2-0000-7abc-8def-000000000003)
                        order-4 (0195e1f2-0000-7abc-8def-000000000004)
                        order-5 (0195e1f2-0000-7abc-8def-000000000005)
                        and 2 more

            orderFulfillment of sha256:abababababab: 1 run breaks in replay (W0201)
              error  guest failed: unreachable executed
              runs   order-1 (0195e1f2-0000-7abc-8def-000000000001)

            and 1 in yet other ways
        "#]]
        .assert_eq(&text(&report, "checked", "against v2"));
    }
}
