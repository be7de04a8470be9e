//! A deploy in the middle of everything: open runs are checked first, those that fit move on, the
//! others end as they began, and what nobody needs any more goes.

use crate::common::{blank, directory, summary, temporal, temporal_json, try_temporal};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{binary, eventually};
use refrain_e2e::{Host, order, paths};
use serde_json::Value;

pub(crate) const QUEUE: &str = "upgrades";
const DOES_NOT_FIT: Option<i32> = Some(4);

fn start(host: &Host, id: &str) -> Result<()> {
    let input = format!("\"{id}\"");
    let args = ["--type", "upgrade", "--task-queue", QUEUE, "--input", &input];
    let args: Vec<_> = ["workflow", "start", "--workflow-id", id].into_iter().chain(args).collect();
    host.cli(&args).map(drop)
}

fn signal(host: &Host, id: &str, name: &str) -> Result<()> {
    host.cli(&["workflow", "signal", "--workflow-id", id, "--name", name]).map(drop)
}

/// Up to the place where it waits for the signal after `after`: so many activities are done.
pub(crate) fn bring_to(host: &Host, id: &str, signals: &[&str]) -> Result<()> {
    start(host, id)?;
    for (nth, name) in signals.iter().enumerate() {
        signal(host, id, name)?;
        eventually("the activity after the signal is done", || {
            let types = host.event_types(id)?;
            let n = types.iter().filter(|it| *it == "ACTIVITY_TASK_COMPLETED").count();
            // The task that was told of it is over, too.
            let is_told = types.last().is_some_and(|it| it == "WORKFLOW_TASK_COMPLETED");
            Ok((n == nth + 1 && is_told).then_some(()))
        })?;
    }
    Ok(())
}

pub(crate) fn end(host: &Host, id: &str, signals: &[&str]) -> Result<String> {
    for name in signals {
        signal(host, id, name)?;
    }
    order::result(host, id)
}

/// `version status open-runs` of each version, newest first.
fn versions(host: &Host) -> Result<String> {
    let all = host.json(&["deployment", "describe", "--task-queue", QUEUE])?;
    let all = all.as_array().cloned().unwrap_or_default();
    let line = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap_or("0").to_owned();
        let stage = text("stage").replace("VERSION_STAGE_", "").to_lowercase();
        let ramp = it["rampPercentage"].as_f64().map(|it| format!(" {it} %")).unwrap_or_default();
        format!("v{} {stage}{ramp}, {} open", text("version"), text("openRuns"))
    };
    let workflows = all.iter().filter(|it| it["kind"] == "COMPONENT_KIND_WORKFLOW");
    Ok(workflows.map(line).collect::<Vec<_>>().join("; "))
}

fn upgrade_in_flight(language: &str) -> Result<()> {
    // What is uploaded by a dry run is still there for the ramp: nothing needs it in between.
    let host = Host::start(&directory(&format!("upgrade-{language}")), &[])?;
    let guest = |version: u32| {
        let path = paths::guest(&format!("{language}/patched-upgrade-v{version}"))?;
        Ok::<_, anyhow::Error>(path.to_string_lossy().into_owned())
    };
    let (v1, v2) = (guest(1)?, guest(2)?);
    order::deploy_guest(&host, "rust/order-activities", QUEUE)?;
    order::deploy_guest(&host, &format!("{language}/patched-upgrade-v1"), QUEUE)?;
    bring_to(&host, "at-approve", &[])?;
    bring_to(&host, "at-pack", &["approve"])?;
    bring_to(&host, "at-ship", &["approve", "pack"])?;
    bring_to(&host, "at-ship-too", &["approve", "pack"])?;

    // Nothing is switched by a look.
    let dry_run = ["deploy", &v2, "--task-queue", QUEUE, "--dry-run"];
    let said = host.try_cli(&dry_run)?;
    assert_eq!(said.code, DOES_NOT_FIT, "{said:?}");
    let report = blank(&said.stdout, "sha256:", |c| c.is_ascii_hexdigit());
    let report: Vec<_> = report.lines().filter(|it| !it.contains("at-ship")).collect();
    expect![[r#"
        4 open runs checked against sha256:_ (patched-upgrade-v2): 2 fit, 2 would diverge

        upgrade of sha256:_: 2 runs diverge at event 19 (W0101)
          recorded  activity reserve (2) scheduled
          asked     activity scheduleDelivery (2) scheduled"#]]
    .assert_eq(&report.join("\n"));
    assert!(said.stdout.contains("at-ship (") && said.stdout.contains("at-ship-too ("), "{said:?}");
    expect!["v1 current, 4 open"].assert_eq(&versions(&host)?);
    let sampled = host.try_cli(&[&dry_run[..], &["--sample", "1"]].concat())?;
    assert!(sampled.stdout.starts_with("1 of 4 open runs checked"), "{sampled:?}");

    // A ramp: the same ids always take the same side.
    let ramp = ["deployment", "ramp", "--task-queue", QUEUE, "--percentage", "50"];
    let digest = host.json(&["component", "describe", "patched-upgrade-v2"])?;
    let digest = digest["digest"].as_str().context("a digest")?.to_owned();
    host.cli(&[&ramp[..], &[&digest[..12]]].concat())?;
    let mut sides = [0, 0];
    for nth in 0..8 {
        let id = format!("ramped-{nth}");
        start(&host, &id)?;
        let result = end(&host, &id, &["approve", "pack", "ship"])?;
        sides[usize::from(result.contains("version 2"))] += 1;
    }
    assert_eq!(sides.iter().sum::<i32>(), 8);
    assert!(sides[0] > 0 && sides[1] > 0, "50 % of 8 ids: {sides:?}");
    expect!["v2 ramping 50 %, 0 open; v1 current, 4 open"].assert_eq(&versions(&host)?);
    host.cli(&["deployment", "rollback", "--task-queue", QUEUE])?;
    expect!["v2 drained, 0 open; v1 current, 4 open"].assert_eq(&versions(&host)?);

    // The switch, and those that fit come along.
    let moved = host.json(&["deploy", &v2, "--task-queue", QUEUE, "--move"])?;
    assert_eq!((&moved["move"]["fit"], &moved["move"]["unfit"]), (&"2".into(), &"2".into()));
    expect!["v2 current, 2 open; v1 draining, 2 open"].assert_eq(&versions(&host)?);
    assert!(end(&host, "at-approve", &["approve", "pack", "ship"])?.contains("version 2"));
    assert!(end(&host, "at-pack", &["pack", "ship"])?.contains("version 2"));
    assert!(end(&host, "at-ship", &["ship"])?.contains("version 1"));
    check_moved(&host.history("at-approve")?, &host.history("at-pack")?);
    // Who took the new side can be asked for.
    let took = ["workflow", "list", "--query", "TemporalChangeVersion = 'think-twice'"];
    for listed in [host.cli(&took)?, temporal(&host, &took)?] {
        assert!(listed.contains("at-approve") && !listed.contains("at-pack"), "{listed}");
    }
    let described = temporal_json(&host, &["workflow", "show", "--workflow-id", "at-pack"])?;
    assert_eq!(described["events"].as_array().map(Vec::len), Some(host.history("at-pack")?.len()));

    // One run is left on the old version, until it ends.
    expect!["v2 current, 0 open; v1 draining, 1 open"].assert_eq(&versions(&host)?);
    assert!(end(&host, "at-ship-too", &["ship"])?.contains("version 1"));
    expect!["v2 current, 0 open; v1 drained, 0 open"].assert_eq(&versions(&host)?);

    // Replayed offline: the moved one on the new component, the other one on its own.
    let directory = directory(&format!("upgrade-{language}-exported"));
    std::fs::create_dir_all(&directory)?;
    for id in ["at-pack", "at-ship"] {
        let exported = host.cli(&["workflow", "show", "--workflow-id", id, "--output", "json"])?;
        std::fs::write(directory.join(format!("{id}.json")), exported)?;
    }
    let file = |id: &str| directory.join(format!("{id}.json")).to_string_lossy().into_owned();
    let fits = host.try_cli(&["replay", &file("at-pack"), &v2])?;
    assert_eq!(fits.code, Some(0), "{fits:?}");
    let traced = host.try_cli(&["replay", "--trace", &file("at-ship"), &v2])?;
    assert_eq!(traced.code, DOES_NOT_FIT, "{traced:?}");
    for line in [
        "> start upgrade(\"at-ship\")",
        "> signal approve()",
        "    log info: approved",
        "    asks for activity charge (1)(\"at-ship\", 100)",
        "> activity charge (1) -> \"charge-at-ship\"",
        "    asks for activity scheduleDelivery (2)(\"at-ship\", \"express\")",
        "diverges at event 19 (W0101)",
        "  recorded   activity reserve (2) scheduled",
        "  asked for  activity scheduleDelivery (2) scheduled",
    ] {
        assert!(traced.stdout.contains(line), "`{line}` is not in\n{}", traced.stdout);
    }
    let all = host.try_cli(&["replay", &directory.to_string_lossy(), &v1, "--output", "json"])?;
    assert_eq!(all.code, DOES_NOT_FIT, "a run that moved does not go back: {all:?}");

    // What nothing needs any more goes: once its runs are deleted, and a third version is there.
    let components = host.json(&["component", "list"])?.to_string();
    assert!(components.contains("before the current of upgrades"), "{components}");
    Ok(())
}

/// The guarded change is taken by the run that had not come to it, and by no other.
fn check_moved(at_approve: &[Value], at_pack: &[Value]) {
    let markers = |history: &[Value]| {
        let text = summary(history);
        text.lines().filter(|it| it.contains("marker")).count()
    };
    assert_eq!((markers(at_approve), markers(at_pack)), (1, 0));
    let builds: Vec<_> = at_pack
        .iter()
        .filter_map(|it| {
            let completed = &it["workflowTaskCompletedEventAttributes"];
            completed["deploymentVersion"]["buildId"].as_str().map(str::to_owned)
        })
        .collect();
    assert_ne!(builds.first(), builds.last(), "the next task names the new component");
}

#[test]
fn an_upgrade_in_flight_in_rust_breaks_no_run() -> Result<()> {
    upgrade_in_flight("rust")
}

#[test]
fn an_upgrade_in_flight_in_typescript_breaks_no_run() -> Result<()> {
    upgrade_in_flight("typescript")
}

#[test]
fn an_upgrade_in_flight_in_python_breaks_no_run() -> Result<()> {
    upgrade_in_flight("python")
}

/// A component that served nothing for a while, and that no run is pinned to.
#[test]
fn a_component_that_nothing_needs_is_collected() -> Result<()> {
    let host = Host::start(&directory("component-collected"), &["--component-grace", "1s"])?;
    let names = || {
        let all = host.json(&["component", "list"])?;
        let all = all.as_array().cloned().unwrap_or_default();
        let mut names: Vec<_> =
            all.iter().filter_map(|it| it["name"].as_str().map(str::to_owned)).collect();
        names.sort();
        Ok::<_, anyhow::Error>(names.join(" "))
    };
    let rollback = ["deployment", "rollback", "--task-queue", QUEUE];
    let said = host.try_cli(&rollback)?;
    assert!(said.stderr.contains("nothing was ever deployed to this task queue"), "{said:?}");
    order::deploy_guest(&host, "rust/hello", QUEUE)?;
    let hello = host.json(&["component", "describe", "hello"])?["digest"].clone();
    let hello = hello.as_str().context("a digest")?.trim_start_matches("sha256:");
    for guest in ["rust/patched-upgrade-v1", "rust/patched-upgrade-v2"] {
        order::deploy_guest(&host, guest, QUEUE)?;
    }
    eventually("the one before the one before is collected", || {
        Ok((names()? == "patched-upgrade-v1 patched-upgrade-v2").then_some(()))
    })?;
    // Nothing can be put on it any more.
    start(&host, "stays")?;
    let onto = ["--versioning-override-deployment-name", QUEUE];
    let onto = [&onto[..], &["--versioning-override-build-id", hello]].concat();
    let pinned = [&["--versioning-override-behavior", "pinned"], &onto[..]].concat();
    let update = ["workflow", "update-options", "--workflow-id", "stays"];
    let reset = ["workflow", "reset", "--workflow-id", "stays", "--type", "FirstWorkflowTask"];
    let reset = [&reset[..], &["--reason", "back", "with-workflow-update-options"]].concat();
    for deed in [&update[..], &reset] {
        let said = try_temporal(&host, &[deed, &pinned].concat())?;
        assert!(said.stderr.contains("` not found"), "{said:?}");
    }
    host.cli(&["workflow", "terminate", "--workflow-id", "stays"])?;
    // It is told of all the same, and can come back.
    expect!["v3 current, 0 open; v2 drained, 0 open; v1 drained, 0 open"]
        .assert_eq(&versions(&host)?);
    order::deploy_guest(&host, "rust/hello", QUEUE)?;
    expect!["v3 drained, 0 open; v2 drained, 0 open; v1 current, 0 open"]
        .assert_eq(&versions(&host)?);
    Ok(())
}

#[test]
fn replay_tells_what_can_not_be_replayed_from_what_does_not_fit() -> Result<()> {
    let directory = directory("replay-input");
    std::fs::create_dir_all(&directory)?;
    let golden = paths::root().join("tests/histories/patched-upgrade-v1");
    let golden = std::fs::read_dir(&golden)?.next().context("a history")??.path();
    let mut whole: Value = serde_json::from_str(&std::fs::read_to_string(golden)?)?;
    let events = whole["events"].as_array_mut().context("events")?;
    let file = |name: &str| directory.join(name).to_string_lossy().into_owned();
    let no_start = serde_json::json!({ "events": events[3..] });
    std::fs::write(file("no-start.json"), no_start.to_string())?;
    events.remove(6);
    std::fs::write(file("gap.json"), whole.to_string())?;
    std::fs::write(file("cut.json"), "{")?;
    let guest =
        |name: &str| Ok::<_, anyhow::Error>(paths::guest(name)?.to_string_lossy().into_owned());
    let upgrade = guest("rust/patched-upgrade-v1")?;
    for (name, words) in [
        ("no-start.json", "its first event does not start a workflow"),
        ("gap.json", "event 8 follows event 6: events are missing, or there twice"),
        ("cut.json", "text is not JSON of `temporal.api.history.v1.History`"),
        ("nothing.json", "No such file or directory"),
    ] {
        let said = binary(&["replay", &file(name), &upgrade])?;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stdout.starts_with("UNUSABLE") && said.stdout.contains(words), "{said:?}");
    }
    let said = binary(&["replay", &file("gap.json"), &guest("rust/order-activities")?])?;
    assert!(said.stderr.contains("these are activities, not workflows"), "{said:?}");
    Ok(())
}
