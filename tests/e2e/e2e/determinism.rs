//! Every language's guests on two hosts: one keeps them in memory, one forgets them after every step and
//! replays them for the next. What comes of it must be the same, to the last byte that is not a time or an id.
//!
//! A new language or scenario comes in by itself: whatever `target/guests` has of [`PLAYS`].

use crate::common::directory;
use anyhow::{Context, Result, ensure};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use regex::Regex;
use serde_json::Value;

/// A workflow, and what it is sent: when so many of its activities are done.
struct Play {
    scenario: &'static str,
    /// Of Rust.
    activities: Option<&'static str>,
    workflow_type: &'static str,
    input: &'static [&'static str],
    sent: &'static [(usize, Message)],
}

enum Message {
    Signal(&'static str, &'static [&'static str]),
    Update(&'static str, &'static [&'static str]),
}

use Message::{Signal, Update};

const PLAYS: [Play; 13] = [
    play("sandbox", "sandbox", &[], &[]),
    play("sandbox-std", "sandbox", &[], &[]),
    Play {
        activities: Some("order-activities"),
        ..play(
            "order-fulfillment",
            "orderFulfillment",
            &[r#"{"orderId":"7","items":[{"sku":"pen","quantity":2}],"amount":4200}"#],
            &[(2, Signal("warehouseConfirmed", &[]))],
        )
    },
    Play {
        activities: Some("order-activities"),
        ..play(
            "order-fulfillment",
            "orderFulfillment",
            &[r#"{"orderId":"8","items":[{"sku":"unobtainium","quantity":1}],"amount":4200}"#],
            &[],
        )
    },
    Play {
        activities: Some("travel-activities"),
        ..play("travel-saga", "travel", &[r#""7""#], &[(2, Signal("paid", &[]))])
    },
    Play {
        activities: Some("approval-activities"),
        ..play(
            "approval",
            "approval",
            &[r#""7""#],
            &[(1, Signal("decide", &[r#"{"approved":true,"by":"Ann"}"#]))],
        )
    },
    Play {
        activities: Some("order-activities"),
        ..play(
            "request-response",
            "desk",
            &[],
            &[(0, Update("pay", &[r#""7""#, "4200"])), (1, Signal("close", &[]))],
        )
    },
    Play {
        activities: Some("order-activities"),
        ..play(
            "patched-upgrade-v2",
            "upgrade",
            &[r#""7""#],
            &[(0, Signal("approve", &[])), (1, Signal("pack", &[])), (2, Signal("ship", &[]))],
        )
    },
    Play { activities: Some("bench-activities"), ..play("bench", "sequence", &["3"], &[]) },
    play("bench", "generations", &["2"], &[]),
    play("batch-notifications", "batchNotifications", &[r#"{"users":2,"atATime":1}"#], &[]),
    play("daily-report", "dailyReport", &[r#""sales""#, "600"], &[(0, Signal("sendNow", &[]))]),
    play(
        "entity",
        "account",
        &["[]", "10"],
        &[
            (0, Signal("deposit", &["7"])),
            (0, Signal("deposit", &["8"])),
            (0, Signal("close", &[])),
        ],
    ),
];

const fn play(
    scenario: &'static str,
    workflow_type: &'static str,
    input: &'static [&'static str],
    sent: &'static [(usize, Message)],
) -> Play {
    Play { scenario, activities: None, workflow_type, input, sent }
}

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
    ensure!(kept.len() > 20, "only {} plays", kept.len());
    for (kept, replayed) in kept.iter().zip(&replayed) {
        for (kept_line, replayed_line) in kept.lines.iter().zip(&replayed.lines) {
            assert_eq!(kept_line, replayed_line, "{}", kept.id);
        }
        assert_eq!(kept.lines.len(), replayed.lines.len(), "{}", kept.id);
    }
    assert_eq!(kept.len(), replayed.len());
    Ok(())
}

/// All plays, on a host that keeps so many guests in memory.
fn perform(warm_runs: &str) -> Result<Vec<Outcome>> {
    let host =
        Host::start(&directory(&format!("determinism-{warm_runs}")), &["--warm-runs", warm_runs])?;
    // Does something else in replay than at first: so this host does what it is there for.
    order::deploy_guest(&host, "rust/bad", "bad")?;
    start(&host, "control", "nondeterministic", "bad", &[])?;

    let mut outcomes = Vec::new();
    for language in languages()? {
        for (nth, play) in PLAYS.iter().enumerate() {
            let guest = format!("{language}/{}", play.scenario);
            // Not every language has every scenario.
            if paths::guest(&guest).is_err() {
                continue;
            }
            let id = format!("{guest}-{nth}");
            order::deploy_guest(&host, &guest, &id)?;
            if let Some(activities) = play.activities {
                order::deploy_guest(&host, &format!("rust/{activities}"), &id)?;
            }
            outcomes.push(perform_one(&host, &id, play).with_context(|| id)?);
        }
    }

    if warm_runs == "0" {
        eventually("the control diverges", || {
            Ok(host.log()?.contains("diverged from history").then_some(()))
        })?;
    } else {
        send(&host, "control", &Signal("go", &["1"]))?;
        order::result(&host, "control")?;
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
    start(host, id, play.workflow_type, id, play.input)?;
    for (n_done, message) in play.sent {
        eventually("its activities are done", || {
            let types = host.event_types(id)?;
            let done = types.iter().filter(|it| *it == "ACTIVITY_TASK_COMPLETED").count();
            Ok((done >= *n_done).then_some(()))
        })?;
        send(host, id, message)?;
    }
    // Some end with a failure, as they should.
    let result = host.try_cli(&["workflow", "result", "--workflow-id", id])?.stdout;
    let mut log = log_of(host, id)?;
    let mut lines: Vec<_> = host.history(id)?.iter().map(scrubbed).collect();
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

fn start(host: &Host, id: &str, workflow_type: &str, queue: &str, input: &[&str]) -> Result<()> {
    let args = ["workflow", "start", "--workflow-id", id, "--type", workflow_type];
    host.cli(&[&args[..], &["--task-queue", queue], &with_input(input)].concat()).map(drop)
}

fn send(host: &Host, id: &str, message: &Message) -> Result<()> {
    let (verb, name, input) = match message {
        Signal(name, input) => (&["signal"][..], name, input),
        Update(name, input) => {
            (&["update", "execute", "--update-id", "the-update"][..], name, input)
        }
    };
    let which = ["--workflow-id", id, "--name", name];
    host.cli(&[&["workflow"][..], verb, &which, &with_input(input)].concat()).map(drop)
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

/// An event without its times, its sizes, and ids that are made anew in each run.
fn scrubbed(event: &Value) -> String {
    let mut event = event.clone();
    scrub(&mut event);
    event.to_string()
}

fn scrub(value: &mut Value) {
    const CHANCE: [&str; 4] = ["historySizeBytes", "identity", "requestId", "runId"];
    let is_chance =
        |name: &str| CHANCE.contains(&name) || name.ends_with("RunId") || name.ends_with("Time");
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_chance(name));
            fields.values_mut().for_each(scrub);
        }
        Value::Array(values) => values.iter_mut().for_each(scrub),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
