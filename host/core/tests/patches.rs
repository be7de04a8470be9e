//! `patched` and `deprecate-patch`: every stage of a change against a history of every stage.

use expect_test::expect;
use refrain_core::arrival::Arrival;
use refrain_core::errors::StepError;
use refrain_core::event::Recorded;
use refrain_core::guest::Program;
use refrain_core::machines::execution::Started;
use refrain_core::machines::{Event, timer};
use refrain_core::run::Run;
use refrain_core::time::Timestamp;
use refrain_testkit::program::ScriptedProgram;
use refrain_testkit::{facts, lone_step};
use std::fmt::Write;

/// The stages of a change, in the order in which they are deployed: what the second turn does.
const STAGES: [(&str, &str); 4] = [
    ("before", "timer 60s"),
    ("patched", "patched fast ? timer 1s : timer 60s"),
    ("deprecated", "deprecate fast, timer 1s"),
    ("gone", "timer 1s"),
];

fn program(second_turn: &str) -> ScriptedProgram {
    ScriptedProgram::parse(["timer 10s", second_turn, "complete seen"]).expect("a program")
}

fn step(run: Run, history: &mut Vec<Recorded>, at: u64, arrival: Arrival) -> Run {
    let outcome = run.step(lone_step(Timestamp(at * 1000), vec![arrival])).expect("a step");
    assert_eq!(outcome.failed, None);
    history.extend(outcome.decision.events);
    outcome.run.expect("a run that goes on")
}

fn fire(history: &[Recorded]) -> Arrival {
    let started = history.iter().rev().find_map(|it| match &it.event {
        Event::Timer(timer::Event::Started { .. }) => Some(it.id),
        _ => None,
    });
    Arrival::TimerDue { started: started.expect("a timer") }
}

/// A run of the program; `passed`: it is past the place that changes.
fn history_of(program: &ScriptedProgram, passed: bool) -> Vec<Recorded> {
    let mut history = Vec::new();
    let run = Run::new(facts("order-1"), program.guest().expect("a guest"));
    let started = Arrival::Start(Box::new(Started {
        workflow_type: "order".to_owned(),
        workflow_id: "order-1".to_owned(),
        task_queue: "orders".to_owned(),
        ..Started::default()
    }));
    let run = step(run, &mut history, 0, started);
    if passed {
        let fired = fire(&history);
        step(run, &mut history, 10, fired);
    }
    history
}

/// Replays, and goes on to the end.
fn verdict(program: &ScriptedProgram, history: &[Recorded]) -> String {
    let mut history = history.to_vec();
    let replayed = Run::replay(facts("order-1"), &history, program.guest().expect("a guest"));
    let mut run = match replayed {
        Ok(run) => run,
        Err(StepError::Diverged(it)) => {
            return format!("diverges at {}", it.at);
        }
        Err(other) => return other.to_string(),
    };
    let mut at = 100;
    while run.execution().status.is_open() {
        let fired = fire(&history);
        run = step(run, &mut history, at, fired);
        at += 100;
    }
    "fits".to_owned()
}

fn matrix(passed: bool) -> String {
    let mut text = format!("{:<15}", "replayed by");
    for (name, _) in STAGES {
        let _ = write!(text, " {name:<15}");
    }
    for (name, turn) in STAGES {
        let history = history_of(&program(turn), passed);
        let _ = write!(text, "\nby {name:<12}");
        for (_, turn) in STAGES {
            let _ = write!(text, " {:<15}", verdict(&program(turn), &history));
        }
    }
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Each stage replays what the one before it recorded, and what it recorded itself. One that is
/// skipped breaks runs: that is what the stages are for.
#[test]
fn a_run_past_the_change_fits_its_own_stage_and_the_next() {
    expect![[r#"
        replayed by     before          patched         deprecated      gone
        by before       fits            fits            diverges at 10  diverges at 10
        by patched      diverges at 10  fits            fits            diverges at 10
        by deprecated   diverges at 12  fits            fits            fits
        by gone         diverges at 10  diverges at 10  fits            fits
    "#]]
    .assert_eq(&matrix(true));
}

#[test]
fn a_run_that_has_not_come_to_the_change_fits_every_stage() {
    expect![[r#"
        replayed by     before          patched         deprecated      gone
        by before       fits            fits            fits            fits
        by patched      fits            fits            fits            fits
        by deprecated   fits            fits            fits            fits
        by gone         fits            fits            fits            fits
    "#]]
    .assert_eq(&matrix(false));
}

/// A loop that asks again gets the same answer, and leaves one marker.
#[test]
fn a_patch_is_recorded_once_however_often_it_is_asked_for() {
    let asks =
        "patched fast ? timer 1s : timer 60s, patched fast ? timer 2s : timer 70s, deprecate fast";
    let history = history_of(&program(asks), true);
    let shown: Vec<_> = history.iter().skip(5).map(|it| it.event.to_string()).collect();
    expect![[r#"
        timer 1 fired
        task scheduled
        task started
        task completed
        patch fast recorded
        search attributes TemporalChangeVersion upserted
        timer 2 started 1s
        timer 3 started 2s"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!(verdict(&program(asks), &history), "fits");
}
