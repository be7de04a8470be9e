//! Every language's guests on two hosts: one keeps them in memory, one forgets them after every step and
//! replays them for the next. What comes of it must be the same, to the last byte that is not a time or an id.
//!
//! A new language comes in by itself: whatever `target/guests` has of [`PLAYS`]. A new scenario has to have a play.

mod plays;

use crate::common::{directory, start_with};
use anyhow::{Context, Result, ensure};
use plays::{Compared, Message, PLAYS, Play};
use refrain_e2e::host::eventually;
use refrain_e2e::parcel::ATTRIBUTES;
use refrain_e2e::{Host, order, paths};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// In what the host itself says to a guest's author.
const REFUSED: &str = "is not possible in a workflow";

/// What came of a play.
struct Outcome {
    id: String,
    /// Its history, and what the guest and its activities logged.
    lines: Vec<String>,
}

#[test]
fn histories_and_logs_are_the_same_whether_a_guest_is_kept_or_replayed_for_every_step() -> Result<()>
{
    let kept = std::thread::spawn(|| perform("1000"));
    let replayed = perform("0")?;
    let kept = kept.join().expect("no panic")?;
    ensure!(kept.len() > 70, "only {} plays", kept.len());
    for (kept, replayed) in kept.iter().zip(&replayed) {
        for (kept_line, replayed_line) in kept.lines.iter().zip(&replayed.lines) {
            assert_eq!(kept_line, replayed_line, "{}", kept.id);
        }
        assert_eq!(kept.lines.len(), replayed.lines.len(), "{}", kept.id);
    }
    assert_eq!(kept.len(), replayed.len());
    Ok(())
}

/// They are stopped before they have done anything, or do something else in replay on purpose.
const WITHOUT_PLAY: [&str; 1] = ["bad"];

#[test]
fn every_scenario_of_every_language_is_played() -> Result<()> {
    let played = |language: &str, scenario: &str| {
        PLAYS.iter().any(|it| it.scenario == scenario && it.is_in(language))
    };
    let mut missing = BTreeSet::new();
    for language in languages()? {
        for scenario in scenarios(&language)? {
            let is_played = played(&language, &scenario) || WITHOUT_PLAY.contains(&&*scenario);
            if !is_played && !scenario.ends_with("-activities") {
                missing.insert(format!("{language}/{scenario}"));
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
    Ok(())
}

fn scenarios(language: &str) -> Result<Vec<String>> {
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(paths::root().join("guest-examples").join(language))? {
        let folder = entry?.path();
        let files = ["Cargo.toml", "main.go", "workflow.c", "workflow.cpp", "workflow.zig"];
        let mut files = files.iter().chain(&["workflow.py", "workflow.ts"]);
        if files.any(|it| folder.join(it).exists()) {
            scenarios.extend(folder.file_name().map(|it| it.to_string_lossy().into_owned()));
        }
    }
    Ok(scenarios)
}

/// All plays, on a host that keeps so many guests in memory.
fn perform(warm_runs: &str) -> Result<Vec<Outcome>> {
    let attributes = ATTRIBUTES.map(|it| ["--search-attribute", it]).concat();
    let flags = [&attributes[..], &["--warm-runs", warm_runs]].concat();
    let host = Host::start(&directory(&format!("determinism-{warm_runs}")), &flags)?;
    // Does something else in replay than at first: so this host does what it is there for.
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start_with(&host, "control", "nondeterministic", "bad", &[])?;

    let mut outcomes = Vec::new();
    std::thread::scope(|threads| {
        let languages = languages()?.into_iter().map(|language| {
            let host = &host;
            threads.spawn(move || perform_all_of(host, &language))
        });
        // Each has begun before the first one is waited for.
        for language in languages.collect::<Vec<_>>() {
            outcomes.extend(language.join().expect("no panic")?);
        }
        anyhow::Ok(())
    })?;

    if warm_runs == "0" {
        eventually("the control diverges", || {
            Ok(host.log()?.contains("diverged from history").then_some(()))
        })?;
    } else {
        send(&host, "control", &Message::Signal("go", &["1"]))?;
        order::result(&host, "control")?;
    }
    Ok(outcomes)
}

fn perform_all_of(host: &Host, language: &str) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for (nth, play) in PLAYS.iter().enumerate().filter(|(_, it)| it.is_in(language)) {
        let guest = format!("{language}/{}", play.scenario);
        // Not every language has every scenario.
        if paths::guest(&guest).is_err() {
            continue;
        }
        let id = format!("{guest}-{nth}");
        order::deploy_guest(host, &guest, &id)?;
        if let Some(activities) = play.activities {
            order::deploy_guest(host, &format!("rust/{activities}"), &id)?;
        }
        outcomes.push(perform_one(host, &id, play).with_context(|| id)?);
    }
    Ok(outcomes)
}

fn languages() -> Result<Vec<String>> {
    let mut languages = Vec::new();
    for entry in std::fs::read_dir(paths::target().join("guests"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            languages.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    languages.sort();
    Ok(languages)
}

fn perform_one(host: &Host, id: &str, play: &Play) -> Result<Outcome> {
    start_with(host, id, play.workflow_type, id, play.input)?;
    for message in play.sent {
        eventually(&format!("it rests, before {message:?}"), || {
            Ok(rests(&host.event_types(id)?).then_some(()))
        })?;
        send(host, id, message)?;
    }
    // Some end with a failure, as they should.
    let result = host.try_cli(&["workflow", "result", "--workflow-id", id])?.stdout;
    let mut log = log_of(host, id)?;
    let mut lines: Vec<_> =
        host.history(id)?.iter().filter_map(|it| scrubbed(it, play.compared)).collect();
    if play.scenario.starts_with("sandbox") {
        // It returns in its last step what it logged in its first one.
        let returned: Vec<String> = serde_json::from_str(&result)?;
        let told: Vec<_> = log.iter().filter(|it| !it.contains(REFUSED)).cloned().collect();
        assert_eq!(returned, told, "{id}");
        // Times and chance differ from run to run.
        let own = Regex::new("[Cc]lock|[Tt]ime|[Dd]ate|now|[Rr]andom|uuid|seed")?;
        log.retain(|line| !own.is_match(line.split(':').next().unwrap_or_default()));
        lines.truncate(2);
    }
    lines.extend(log);
    Ok(Outcome { id: id.to_owned(), lines })
}

/// Has it seen all that came, and asked for what follows?
fn rests(types: &[String]) -> bool {
    const COMES: [&str; 6] = [
        "ACTIVITY_TASK_COMPLETED",
        "ACTIVITY_TASK_CANCELED",
        "ACTIVITY_TASK_FAILED",
        "TIMER_FIRED",
        "WORKFLOW_EXECUTION_SIGNALED",
        "WORKFLOW_EXECUTION_STARTED",
    ];
    let count = |what: &str| types.iter().filter(|it| *it == what).count();
    let came = types.iter().rposition(|it| COMES.contains(&&**it));
    let seen = types.iter().rposition(|it| it == "WORKFLOW_TASK_COMPLETED");
    came < seen && count("ACTIVITY_TASK_CANCEL_REQUESTED") == count("ACTIVITY_TASK_CANCELED")
}

fn send(host: &Host, id: &str, message: &Message) -> Result<()> {
    let of = |verb: &[&str], which: &[&str], input: &[&str]| {
        host.cli(&[verb, which, &with_input(input)].concat()).map(drop)
    };
    let to = ["--workflow-id", id];
    match message {
        Message::After(n_done) => eventually("its activities are done", || {
            let types = host.event_types(id)?;
            let done = types.iter().filter(|it| *it == "ACTIVITY_TASK_COMPLETED").count();
            Ok((done >= *n_done).then_some(()))
        }),
        Message::Signal(name, input) => {
            of(&["workflow", "signal"], &[&to[..], &["--name", name]].concat(), input)
        }
        Message::Update(name, input) => {
            let which = [&to[..], &["--name", name, "--update-id", "the-update"]].concat();
            of(&["workflow", "update", "execute"], &which, input)
        }
        Message::Answer(nth, result) => answer(host, id, *nth, result),
        Message::AnswerChild(result) => {
            let child = eventually("its child has begun", || {
                let history = host.history(id)?;
                let attributes = "childWorkflowExecutionStartedEventAttributes";
                let of_child = |it: &Value| {
                    let child = &it[attributes]["workflowExecution"]["workflowId"];
                    child.as_str().map(str::to_owned)
                };
                Ok(history.iter().find_map(of_child))
            })?;
            answer(host, &child, 1, result)
        }
    }
}

/// Instead of a worker, whose answers would come in an order of their own.
fn answer(host: &Host, id: &str, nth: usize, result: &str) -> Result<()> {
    let activity = eventually("the activity is scheduled", || {
        let history = host.history(id)?;
        let activity_of = |it: &Value| {
            let scheduled = &it["activityTaskScheduledEventAttributes"]["activityId"];
            scheduled.as_str().map(str::to_owned)
        };
        Ok(history.iter().filter_map(activity_of).nth(nth - 1))
    })?;
    let of = ["activity", "complete", "--workflow-id", id, "--activity-id", &activity];
    host.cli(&[&of[..], &["--result", result]].concat()).map(drop)
}

fn with_input<'a>(input: &[&'a str]) -> Vec<&'a str> {
    input.iter().flat_map(|it| ["--input", it]).collect()
}

fn log_of(host: &Host, id: &str) -> Result<Vec<String>> {
    let line = Regex::new(&format!(
        r#"(?m) refrain::guest: (.*?)\s+namespace="default" workflow_id="{id}""#
    ))?;
    let log = host.log()?;
    Ok(line.captures_iter(&log).map(|it| it[1].to_owned()).collect())
}

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("it is a pattern")
});

/// An event without its times, its sizes, and ids that are made anew in each run.
fn scrubbed(event: &Value, compared: Compared) -> Option<String> {
    let mut event = event.clone();
    let kind = event["eventType"].as_str().unwrap_or_default();
    if compared == Compared::WithoutTasks && kind.contains("WORKFLOW_TASK") {
        return None;
    }
    scrub(&mut event, compared);
    Some(UUID.replace_all(&event.to_string(), "_").into_owned())
}

fn scrub(value: &mut Value, compared: Compared) {
    const CHANCE: [&str; 4] = ["historySizeBytes", "identity", "requestId", "runId"];
    let is_chance = |name: &str| {
        let is_id = name == "eventId" || name == "taskId" || name.ends_with("EventId");
        CHANCE.contains(&name)
            || name.ends_with("RunId")
            || name.ends_with("Time")
            // A marker's has times.
            || ((is_id || name == "details") && compared == Compared::WithoutTasks)
    };
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_chance(name));
            fields.values_mut().for_each(|it| scrub(it, compared));
        }
        Value::Array(values) => values.iter_mut().for_each(|it| scrub(it, compared)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
