//! Turns, one after another, and what comes of them.

use crate::handmade;
use crate::stage::{Actor, component, logged, runtime, sent, told};
use expect_test::expect;
use refrain_core::failure::{Failure, FailureKind, RetryState};
use refrain_core::guest::{GuestErrorKind, Job, QueryError};
use refrain_core::ids::{EventId, OpSeq};
use refrain_core::machines::Command;
use refrain_core::machines::execution::Command::Complete;
use refrain_core::machines::execution::WorkflowRun;
use refrain_core::machines::signal::Signal;
use refrain_core::payload::Payload;
use refrain_runtime::ComponentKind;

#[test]
fn an_upload_says_what_is_in_it() {
    let info = runtime().check(&component("rust", "bench")).unwrap();
    assert_eq!(info.kind, ComponentKind::Workflow);
    assert_eq!(info.definition.sdk_name, "refrain-rust");
    let names: Vec<_> =
        info.definition.workflow_types.iter().map(|named| named.name.as_str()).collect();
    assert!(names.contains(&"one-activity"), "{names:?}");
}

#[test]
fn an_activity_is_a_command_and_its_result_completes_the_run() {
    let mut actor = Actor::rust("bench");
    expect!["activity 1 noop()"].assert_eq(&actor.start("one-activity", &[]));
    expect!["complete null"].assert_eq(&actor.activity(1, Ok("null")));
}

#[test]
fn parallel_operations_start_in_program_order_and_wait_for_all() {
    let mut actor = Actor::rust("bench");
    expect![[r#"
        activity 1 noop()
        activity 2 noop()
        activity 3 noop()"#]]
    .assert_eq(&actor.start("parallel", &["3"]));
    expect![""].assert_eq(&actor.activity(3, Ok("null")));
    expect![""].assert_eq(&actor.activity(1, Ok("null")));
    expect!["complete 3"].assert_eq(&actor.activity(2, Ok("null")));
}

#[test]
fn a_timer_that_fires_wakes_the_guest() {
    let mut actor = Actor::rust("bench");
    expect!["timer 1 1s500ms"].assert_eq(&actor.start("sleep", &["1500"]));
    expect!["complete null"].assert_eq(&actor.timer(1, Ok(())));
}

#[test]
fn a_signal_goes_to_the_guest_that_waits_for_it() {
    let mut actor = Actor::rust("bench");
    expect![[r#"publish status "waiting""#]].assert_eq(&actor.start("wait-signal", &[]));
    expect![""].assert_eq(&actor.signal("other", &[]));
    expect![[r#"
        publish status "signaled"
        complete "hi""#]]
    .assert_eq(&actor.signal("go", &["\"hi\""]));
}

#[test]
fn a_look_for_signals_finds_those_that_are_here_and_waits_for_none() {
    let cases: [(&[&str], &str); 5] = [
        (&[], "[]"),
        (&["7"], "[7]"),
        (&["\"no number\""], "[]"),
        (&["\"no number\"", "\"nor this\""], "[]"),
        (&["\"no number\"", "7", "\"nor this\"", "8"], "[7,8]"),
    ];
    for (numbers, found) in cases {
        let mut actor = Actor::rust("fine-print");
        actor.start("looks", &[]);
        for number in numbers {
            assert_eq!(actor.signal("number", &[number]), "");
        }
        assert_eq!(actor.signal("look", &[]), format!("complete {found}"), "{numbers:?}");
    }
}

#[test]
fn signals_that_came_with_the_start_are_there_at_the_first_line() {
    let mut counts = Actor::rust("fine-print");
    counts.signals = vec![sent("number", &["1"]), sent("look", &[]), sent("number", &["2"])];
    expect!["complete [2,[1,2],0]"].assert_eq(&counts.start("counts", &[]));

    let mut hears = Actor::new(&component("typescript", "fine-print"));
    hears.signals =
        vec![sent("say", &["\"one\""]), sent("whisper", &["\"psst\""]), sent("say", &["\"two\""])];
    expect![""].assert_eq(&hears.start("hears", &[]));
    expect![""].assert_eq(&hears.signal("whisper", &["\"hush\""]));
    expect![[r#"complete [["one","two"],["one","two","over","psst","hush"]]"#]]
        .assert_eq(&hears.signal("say", &["\"over\""]));
}

#[test]
fn signals_that_a_stream_holds_are_counted() {
    let mut counts = Actor::rust("fine-print");
    counts.start("counts", &[]);
    for number in ["1", "2", "3"] {
        counts.signal("number", &[number]);
    }
    expect!["complete [0,[],3]"].assert_eq(&counts.signal("look", &[]));
}

#[test]
fn a_program_that_ends_at_once_leaves_what_it_did_not_take() {
    let mut counts = Actor::rust("fine-print");
    counts.signals = vec![sent("look", &[]), sent("number", &["1"]), sent("look", &["2"])];
    expect!["complete [1,[1],0]"].assert_eq(&counts.start("counts", &[]));
    assert_eq!(counts.guest.unreceived(), [sent("look", &["2"])]);
}

#[test]
fn a_failure_that_escapes_keeps_its_chain_and_its_events() {
    let mut actor = Actor::rust("bench");
    actor.start("one-activity", &[]);
    let failure = Failure {
        message: "activity failed".to_owned(),
        kind: FailureKind::Activity {
            scheduled: EventId(5),
            started: EventId(6),
            identity: "worker".to_owned(),
            activity_type: "noop".to_owned(),
            activity_id: "2".to_owned(),
            retry_state: RetryState::NonRetryableFailure,
        },
        ..Failure::default()
    }
    .caused_by(Failure::host("CardDeclined", "no"));
    expect!["fail activity 2 of event 5: activity failed <- CardDeclined: no"]
        .assert_eq(&actor.activity(1, Err(failure)));
}

#[test]
fn a_cancel_request_reaches_the_guest_which_cleans_up() {
    let mut actor = Actor::rust("bench");
    let mut story = vec![actor.start("until-canceled", &[])];
    story.push(actor.cancel());
    story.push(actor.activity(3, Ok("null")));
    expect![[r#"
        timer 1 365d
        --
        cancel 1
        activity 2 noop()
        --
    "#]]
    .assert_eq(&story.join("\n--\n"));
}

#[test]
fn a_child_has_two_futures_and_its_start_comes_first() {
    let mut actor = Actor::rust("bench");
    let started = actor.start("parent", &["\"echo\"", "1"]);
    expect!["child 1 echo 0635f843-b94e-40b0-86a8-424cee341ad9(1)"].assert_eq(&started);
    let run = refrain_core::ids::RunId(7);
    let child = WorkflowRun { workflow_id: "child".to_owned(), run };
    let op = OpSeq(1);
    let commands = actor.turn(Job::ChildStarted { op, result: Ok(child) }).unwrap();
    assert_eq!(told(&commands), "");
    let result = Ok(vec![Payload::json("2")]);
    let commands = actor.turn(Job::ChildClosed { op, result }).unwrap();
    assert_eq!(told(&commands), "complete 2");
}

#[test]
fn a_run_that_continues_as_new_says_what_the_next_one_gets() {
    let mut actor = Actor::rust("bench");
    expect!["continue as new 0"].assert_eq(&actor.start("generations", &["1"]));
}

#[test]
fn a_query_is_answered_while_the_run_waits_and_after_it_returned() {
    let mut actor = Actor::rust("bench");
    actor.start("wait-signal", &[]);
    expect!["\"waiting\""].assert_eq(&actor.query("status").unwrap());
    actor.signal("go", &["1"]);
    expect!["\"signaled\""].assert_eq(&actor.query("status").unwrap());
    expect![""].assert_eq(&actor.signal("go", &["2"]));
}

#[test]
fn a_query_that_the_guest_does_not_know_fails_in_the_guests_words() {
    let mut actor = Actor::rust("bench");
    actor.start("wait-signal", &[]);
    let Err(QueryError::Failed(failure)) = actor.query("nonsense") else { panic!("answered") };
    assert_eq!(failure.type_name(), "QueryNotFound");
    expect!["\"waiting\""].assert_eq(&actor.query("status").unwrap());
}

/// An order from payment to delivery, each turn on a thread of its own.
fn fulfill(language: &str) -> Vec<Vec<Command>> {
    let mut actor = Actor::new(&component(language, "order-fulfillment"));
    let order = r#"{"orderId":"o1","amount":100,"items":[{"sku":"a","quantity":1}]}"#;
    let mut story = vec![actor.try_start("orderFulfillment", &[order], &[]).unwrap()];
    while !story.iter().flatten().any(|command| matches!(command, Command::Execution(_))) {
        assert!(story.len() < 10, "{story:?}");
        let job = match story.last().unwrap().iter().find_map(op_of) {
            Some(op) => Job::ActivityClosed { op, result: Ok(vec![Payload::json("\"x\"")]) },
            None => {
                Job::Signal(Signal { name: "warehouseConfirmed".to_owned(), ..Signal::default() })
            }
        };
        let turn = || actor.turn(job);
        story.push(std::thread::scope(|scope| scope.spawn(turn).join().unwrap()).unwrap());
    }
    story
}

#[test]
fn the_same_turns_lead_to_the_same_commands_on_any_thread() {
    let (once, again) = (fulfill("rust"), fulfill("rust"));
    assert_eq!(once, again);
    let told: Vec<_> = once.iter().map(|commands| told(commands)).collect();
    expect![[r#"
        publish status "received"
        publish status "charging"
        activity 1 charge("o1" 100)
        --
        publish status "reserving"
        activity 2 reserve("o1" [{"sku":"a","quantity":1}])
        --
        publish status "awaitingWarehouse"
        timer 3 1d
        --
        cancel 3
        publish status "schedulingDelivery"
        activity 4 scheduleDelivery("o1" "x")
        --
        publish status "completed"
        complete {"orderId":"o1","chargeId":"x","reservationId":"x","deliveryId":"x"}"#]]
    .assert_eq(&told.join("\n--\n"));
}

#[test]
fn javascript_asks_for_the_same_as_rust() {
    // Numbers of operations are a matter of the SDK: each wait for a signal is one.
    let story = |language| {
        let told: Vec<_> = fulfill(language).iter().map(|commands| told(commands)).collect();
        let lines = told.join("\n--\n");
        let without_numbers = lines.lines().map(|line| match line.split_once(' ') {
            Some((verb @ ("activity" | "timer" | "cancel"), rest)) => {
                format!("{verb} {}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
            }
            Some(_) | None => line.to_owned(),
        });
        without_numbers.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(story("typescript"), story("rust"));
}

#[test]
fn a_patch_is_taken_by_new_runs_and_by_those_that_recorded_it() {
    let patched = handmade::workflow(
        r#"(import "refrain:workflow/context@0.1.0" "patched"
               (func $patched (param i32 i32) (result i32)))"#,
        r#"(i32.store8 (i32.const 3000) (i32.const 0x70))
           (i32.store (i32.const 0) (call $patched (i32.const 3000) (i32.const 1)))
           (i32.store (i32.const 4) (call $patched (i32.const 3000) (i32.const 1)))"#,
    );
    let start = |replaying, patches: &[&str]| {
        let mut actor = Actor::new(&patched);
        actor.replaying = replaying;
        let commands = actor.try_start("any", &[], patches).unwrap();
        let asked = told(&commands[..commands.len() - 1]);
        let Some(Command::Execution(Complete { result })) = commands.last() else { panic!() };
        (result[0].data[0], result[0].data[4], asked)
    };
    assert_eq!(start(false, &[]), (1, 1, "patch p".to_owned()));
    assert_eq!(start(true, &["p"]), (1, 1, "patch p".to_owned()));
    assert_eq!(start(true, &[]), (0, 0, String::new()));
}

#[test]
fn a_line_is_logged_once_and_not_in_replay() {
    let log = |replaying| {
        logged(|| {
            let mut actor = Actor::rust("bad");
            actor.replaying = replaying;
            let error = actor.try_start("trap", &[], &[]).unwrap_err();
            assert!(error.message.contains("trapped on purpose"), "{error}");
        })
    };
    let line = log(false);
    assert!(line.contains("ERROR refrain::guest: "), "{line}");
    assert!(line.contains("trapped on purpose"), "{line}");
    assert!(line.contains(r#"namespace="default" workflow_id="w1" run_id=0195e1f2-"#), "{line}");
    assert_eq!(line.lines().filter(|line| line.contains("trapped")).count(), 1);
    assert_eq!(log(true), "");
}

fn op_of(command: &Command) -> Option<OpSeq> {
    match command {
        Command::Activity(refrain_core::machines::activity::Command::Schedule(schedule)) => {
            Some(schedule.op)
        }
        Command::Timer(_)
        | Command::Child(_)
        | Command::External(_)
        | Command::Local(_)
        | Command::Patch(_)
        | Command::Update(_)
        | Command::Attributes(_)
        | Command::Cancel(_)
        | Command::Publish { .. }
        | Command::Execution(_) => None,
    }
}

#[test]
fn a_result_that_nobody_waits_for_is_dropped() {
    let mut actor = Actor::rust("bench");
    actor.start("one-activity", &[]);
    expect![""].assert_eq(&actor.activity(77, Ok("1")));
    expect!["complete null"].assert_eq(&actor.activity(1, Ok("null")));
}

#[test]
fn the_first_turn_must_be_the_start() {
    let mut actor = Actor::rust("bench");
    let error = actor.turn(Job::CancelRequested { cause: String::new() }).unwrap_err();
    assert_eq!(error.kind, GuestErrorKind::BrokenInterface);
}
