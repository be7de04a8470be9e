//! What our own command line says of runs, task queues, schedules and itself.

use crate::common::{BENCH, WAITING, bench_host, deploy_bench, directory, start, temporal_json};
use anyhow::{Context, Result};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};

#[test]
fn a_workflow_starts_with_what_tools_show_of_it() -> Result<()> {
    let host = bench_host("cli-start")?;
    let args = ["workflow", "start", "-w", "w", "--type", "echo", "-t", BENCH, "--input", "1"];
    let words = ["--static-summary", "A \"note\"", "--static-details", "**more**"];
    let more = ["--priority-key", "2", "--fairness-key", "us", "--fairness-weight", "1.5"];
    let rest = ["--headers", r#"who={"a":1}"#, "--search-attribute", r#"Color="red""#];
    let delay = ["--start-delay", "1h", "--fail-existing"];
    let all = [&args[..], &words, &more, &rest, &delay].concat();
    host.cli(&all)?;
    let described = host.cli(&["workflow", "describe", "-w", "w"])?;
    let field = |name: &str| {
        let line = described.lines().find(|it| it.starts_with(name));
        line.map(|it| it.trim_start_matches(name).trim().to_owned()).unwrap_or_default()
    };
    assert_eq!(field("Summary"), r#""A \"note\"""#, "{described}");
    assert_eq!(field("Details"), r#""**more**""#, "{described}");
    assert_eq!(field("Priority"), "2, share of us, weight 1.5", "{described}");
    assert_eq!(field("Search attributes"), r#"Color="red""#, "{described}");
    assert!(field("Begins (UTC)") > field("Started (UTC)"), "{described}");
    let history = host.history("w")?;
    let started = &history[0]["workflowExecutionStartedEventAttributes"];
    assert!(started["header"]["fields"]["who"].is_object(), "{started}");

    let again = host.try_cli(&all)?;
    assert_eq!(again.code, Some(1), "{again:?}");
    let urgent = host.try_cli(&[&args[..], &["--priority-key", "9"]].concat())?;
    assert_eq!(urgent.code, Some(2), "{urgent:?}");
    Ok(())
}

#[test]
fn a_task_queue_is_worked_on_by_the_server_by_workers_or_by_nobody() -> Result<()> {
    let host = bench_host("cli-queues")?;
    let describe = |queue: &str| host.cli(&["task-queue", "describe", "-t", queue]);
    let both = describe(BENCH)?;
    assert!(both.contains("The server itself runs its workflows and its activities"), "{both}");
    let half = describe(WAITING)?;
    assert!(half.contains("The server itself runs its workflows:"), "{half}");
    assert!(describe("nowhere")?.contains("Nobody works on it."));
    Ok(())
}

#[test]
fn a_schedule_that_cannot_start_its_workflow_says_so_in_the_list_and_once_in_the_log() -> Result<()>
{
    let host = Host::start(&directory("cli-schedule-error"), &["--log-level", "debug"])?;
    deploy_bench(&host)?;
    let create = ["schedule", "create", "--schedule-id", "s", "--interval", "1h", "-w", "w"];
    host.cli(&[&create[..], &["--type", "nope", "--task-queue", BENCH]].concat())?;
    let trigger = || host.cli(&["schedule", "trigger", "--schedule-id", "s"]);
    trigger()?;
    eventually("the list says why", || {
        Ok(host.cli(&["schedule", "list"])?.contains("nope").then_some(()))
    })?;
    trigger()?;
    eventually("the second start is tried", || {
        Ok(host.log()?.contains("schedule still can't start its workflow").then_some(()))
    })?;
    let log = host.log()?;
    assert_eq!(log.matches("schedule can't start its workflow").count(), 1, "{log}");
    Ok(())
}

#[test]
fn a_usage_line_has_no_flag_for_a_variable_that_is_set() -> Result<()> {
    let host = bench_host("cli-usage")?;
    let said = host.try_cli(&["replay"])?;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.stderr.contains("Usage: refrain replay [OPTIONS] <HISTORY>... <COMPONENT>"),
        "{said:?}"
    );
    let said = host.try_cli(&["--output", "json", "workflow", "describe"])?;
    assert!(
        said.stderr.contains("Usage: refrain workflow describe [OPTIONS] --workflow-id"),
        "{said:?}"
    );
    Ok(())
}

#[test]
fn a_trace_for_programs_has_each_turn_and_calls_a_cancellation_so() -> Result<()> {
    let host = bench_host("cli-trace")?;
    start(&host, "w", "until-canceled", BENCH)?;
    host.cli(&["workflow", "cancel", "-w", "w"])?;
    host.try_cli(&["workflow", "result", "-w", "w"])?;
    let file = host.database().with_file_name("w.json");
    std::fs::write(&file, host.cli(&["workflow", "show", "-w", "w", "--output", "json"])?)?;
    let (file, guest) = (file.to_string_lossy(), paths::guest("rust/bench")?);
    let replay = ["replay", "--trace", &file, &guest.to_string_lossy()];
    let shown = host.cli(&replay)?;
    assert!(shown.contains("asks for cancel: "), "{shown}");
    let traced = host.json(&replay)?;
    let turns = traced[0]["trace"].as_array().context("turns")?;
    assert!(turns[0]["told"].as_str().is_some_and(|it| it.starts_with("start until-canceled")));
    let did =
        turns.last().and_then(|it| it["did"].as_array()?.last().cloned()).context("an end")?;
    assert!(did["asked"].as_str().is_some_and(|it| it.starts_with("cancel: ")), "{did}");
    Ok(())
}

#[test]
fn tools_are_told_the_handlers_of_the_run_and_not_of_its_whole_component() -> Result<()> {
    let host = bench_host("cli-metadata")?;
    order::deploy_guest(&host, "typescript/bench", "bench-typescript")?;
    let told = |id: &str, kind: &str, queue: &str| -> Result<String> {
        start(&host, id, kind, queue)?;
        let metadata = temporal_json(&host, &["workflow", "metadata", "--workflow-id", id])?;
        let definition = &metadata["queryResult"][0]["definition"];
        let names = |kind: &str| {
            let all = definition[format!("{kind}Definitions")].as_array().cloned();
            let names = all.unwrap_or_default().into_iter();
            names.filter_map(|it| Some(it["name"].as_str()?.to_owned())).collect::<Vec<_>>()
        };
        let (signals, queries, updates) = (names("signal"), names("query"), names("update"));
        Ok(format!("{}: {signals:?} {queries:?} {updates:?}", definition["type"]))
    };
    let waits = told("waits", "wait-signal", BENCH)?;
    assert_eq!(waits, r#""wait-signal": ["go"] ["status"] []"#);
    let counter = told("counter", "counter", BENCH)?;
    assert_eq!(counter, r#""counter": [] ["sum"] ["add"]"#);
    let typescript = told("typescript", "counter", "bench-typescript")?;
    assert_eq!(typescript, r#""counter": [] ["sum"] ["add"]"#);
    Ok(())
}
