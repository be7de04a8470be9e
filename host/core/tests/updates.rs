//! Scripts about updates against core; see `run.rs` for what is proven of each.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::expect;
use refrain_core::arrival::{Accepted, Arrival, Refused};
use refrain_core::event::Recorded;
use refrain_core::guest::Program;
use refrain_core::ids::EventId;
use refrain_core::limits::RunLimits;
use refrain_core::machines::{Event, task, update};
use refrain_core::payload::Payload;
use refrain_core::run::{Outcome, Run};
use refrain_core::time::Timestamp;
use refrain_core::waits;
use refrain_testkit::program::ScriptedProgram;
use refrain_testkit::{check_core, facts, lone_step};

#[test]
fn an_update_is_accepted_and_completed_in_one_task() {
    check_core(
        r#"
         0s start order
            guest -
            guest answer u1 "done"
         1s update pay "7" id=u1
         2s ask u1
         3s ask u2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "7"
            9          1s  update u1 completed "done"
            Running
            at 1s  update u1 completed "done"
            at 2s  update u1 completed "done"
            at 3s  refused: no such update
        "#]],
    );
}

#[test]
fn an_update_that_waits_for_an_activity_is_completed_later() {
    check_core(
        r#"
         0s start order
            guest -
            guest activity charge
            guest answer u1 "charged", complete seen
         1s update pay id=u1
         2s ask u1
         3s take charge
         4s done charge "ok"
         5s ask u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted
            9          1s  activity charge (1) scheduled
            10         3s  activity of 9 started, attempt 1 by w1
            11         4s  activity of 9 completed "ok"
            12-14      4s  task completed
            15         4s  update u1 completed "charged"
            16         4s  execution completed "start order; update pay; activity 1 'ok'"
            at 1s  update u1 accepted
            at 2s  update u1 accepted
            at 5s  update u1 completed "charged"
        "#]],
    );
}

#[test]
fn a_rejected_update_leaves_no_trace() {
    check_core(
        r#"
         0s start order
            guest timer 10s
            guest complete seen
         1s update bad id=u1
         2s ask u1
         3s update bad id=u1
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  execution completed "start order; timer 1 fired"
            at 1s  update u1 rejected: it is bad
            at 2s  refused: no such update
            at 3s  update u1 rejected: it is bad
        "#]],
    );
}

#[test]
fn of_several_that_come_together_only_the_accepted_are_recorded() {
    check_core(
        r#"
         0s start order
            guest -
            guest -
            guest answer u2 "2"
            guest complete seen
         1s update bad id=u1
         1s & update pay id=u2
         1s & update calm id=u3
         1s & update pay id=u2
         1s & update pay id=u4
         1s & signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal go received
            6-8        1s  task completed
            9          1s  update pay (u2) accepted
            10         1s  update u2 completed "2"
            11         1s  update calm (u3) accepted
            12         1s  execution completed "start order; signal go; update pay; update calm"
            at 1s  update u1 rejected: it is bad
            at 1s  update u2 completed "2"
            at 1s  update u3 failed: Workflow Update failed because the Workflow completed before the Update completed.
            at 1s  update u2 completed "2"
            at 1s  refused: workflow update was aborted by closing workflow
        "#]],
    );
}

#[test]
fn an_update_with_the_start_comes_after_it_in_the_first_task() {
    check_core(
        r#"
         0s start order
            guest timer 5s
            guest answer u1 "hello"
         0s & update greet id=u1
         1s ask u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          0s  update greet (u1) accepted
            7          0s  update u1 completed "hello"
            Running
            at 1s  update u1 completed "hello"
        "#]],
    );
}

#[test]
fn an_update_starts_a_run_that_waits_for_its_first_task() {
    check_core(
        r#"
         0s start order backoff=10s
            guest -
            guest answer u1 "early"
         1s update greet id=u1
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  update greet (u1) accepted
            6          1s  update u1 completed "early"
            Running
            at 1s  update u1 completed "early"
        "#]],
    );
}

#[test]
fn the_same_id_again_joins_the_first() {
    check_core(
        r#"
         0s start order
            guest -
            guest -
            guest answer u1 "once", complete seen
         1s update pay id=u1
         2s update pay id=u1
         3s signal go
         4s update pay id=u1
         5s update pay id=u2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted
            9          3s  signal go received
            10-12      3s  task completed
            13         3s  update u1 completed "once"
            14         3s  execution completed "start order; update pay; signal go"
            at 1s  update u1 accepted
            at 2s  update u1 accepted
            at 4s  update u1 completed "once"
            at 5s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn an_update_can_fail_without_the_run() {
    check_core(
        r#"
         0s start order
            guest -
            guest answer u1 failed
         1s update pay id=u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted
            9          1s  update u1 failed "as the script says"
            Running
            at 1s  update u1 failed: as the script says
        "#]],
    );
}

#[test]
fn a_run_that_ends_first_fails_the_updates_that_it_took() {
    check_core(
        r#"
         0s start order
            guest -
            guest -
            guest complete "bye"
         1s update pay id=u1
         2s update pay id=u2
         3s ask u1
         4s ask u2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted
            9-11       2s  task completed
            12         2s  update pay (u2) accepted
            13         2s  execution completed "bye"
            at 1s  update u1 accepted
            at 2s  update u2 failed: Workflow Update failed because the Workflow completed before the Update completed.
            at 3s  update u1 failed: Workflow Update failed because the Workflow completed before the Update completed.
            at 4s  update u2 failed: Workflow Update failed because the Workflow completed before the Update completed.
        "#]],
    );
}

#[test]
fn a_terminated_run_aborts_what_waits() {
    check_core(
        r#"
         0s start order
            guest -
         1s update pay id=u1
         1s & terminate "enough"
         2s ask u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution terminated "enough"
            at 1s  refused: workflow update was aborted by closing workflow
            at 2s  refused: no such update
        "#]],
    );
}

#[test]
fn updates_wait_while_the_task_fails() {
    check_core(
        r#"
         0s start order
            guest -
            guest trap
         1s update pay id=u1
         2s ask u1
      2500ms update pay id=u2
       10s deploy
            guest -
            guest answer u1 "1"
            guest answer u2 "2"
       20s ask u2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            8-10      16s  task completed
            11        16s  update pay (u1) accepted
            12        16s  update u1 completed "1"
            13        16s  update pay (u2) accepted
            14        16s  update u2 completed "2"
            Running
            at 1s  update u1 waits
            at 2s  update u1 waits
            at 2s500ms  update u2 waits
            at 20s  update u2 completed "2"
        "#]],
    );
}

#[test]
fn a_validator_that_traps_fails_the_task() {
    check_core(
        r#"
         0s start order
            guest -
            guest answer u1 "1"
         1s update trap id=u1
         3s terminate "enough"
         4s ask u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            8          3s  execution terminated "enough"
            at 1s  update u1 waits
            at 4s  refused: no such update
        "#]],
    );
}

#[test]
fn a_program_that_does_not_answer_any_more_diverges() {
    check_core(
        r#"
         0s start order
            guest -
            guest answer u1 "1"
         1s update pay id=u1
         2s deploy
            guest -
            guest -
         3s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted
            9          1s  update u1 completed "1"
            10         3s  signal go received
            11-13      3s  task failed: NonDeterministicError, [W0102] diverged from history at event 9: recorded `update u1 completed`, guest asked for `nothing`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 4s: [W0102] diverged from history at event 9: recorded `update u1 completed`, guest asked for `nothing`; the component is the same, sha256:010101010101
            at 1s  update u1 completed "1"
        "#]],
    );
}

// ---- limits

fn step(run: Run, arrivals: Vec<Arrival>) -> Outcome {
    run.step(lone_step(Timestamp(1000), arrivals)).unwrap()
}

/// A run that has just been started.
fn begun(program: &str) -> Run {
    let guest = ScriptedProgram::parse(program.lines()).unwrap().guest().unwrap();
    step(Run::new(facts("order-1"), guest), vec![Arrival::Start(Box::default())]).run.unwrap()
}

const LIMITS: RunLimits = RunLimits::DEFAULT;

fn update(nth: u64, size: u64) -> Arrival {
    let id = format!("u{nth}");
    let input = vec![Payload { metadata: Default::default(), data: vec![0; size as usize] }];
    Arrival::Update(Box::new(update::Request { id, input, ..update::Request::default() }))
}

#[test]
fn ten_updates_may_be_in_flight_and_no_more() {
    let mut run = begun("-");
    let at_once = (0..=LIMITS.updates_in_flight).map(|nth| update(nth, 0)).collect();
    let outcome = step(run, at_once);
    let mut expected = vec![Ok(Accepted::Recorded); 10];
    expected.push(Err(Refused::UpdatesInFlight { most: 10 }));
    assert_eq!(outcome.decision.replies, expected);
    run = outcome.run.unwrap();
    let outcome = step(run, vec![update(3, 0), update(99, 0)]);
    let expected = [Ok(Accepted::AlreadyThere), Err(Refused::UpdatesInFlight { most: 10 })];
    assert_eq!(outcome.decision.replies, expected, "who joins is no burden");
}

#[test]
fn updates_in_flight_carry_so_much_and_no_more() {
    let half = LIMITS.update_bytes_in_flight / 2;
    let outcome = step(begun("-"), vec![update(1, half), update(2, half)]);
    assert_eq!(outcome.decision.replies, [Ok(Accepted::Recorded), Ok(Accepted::Recorded)]);
    let outcome = step(outcome.run.unwrap(), vec![update(3, 1), update(4, 0)]);
    let expected = [Err(Refused::UpdateBytesInFlight { most: 20 << 20 }), Ok(Accepted::Recorded)];
    assert_eq!(outcome.decision.replies, expected);
}

#[test]
fn a_run_takes_so_many_updates_and_no_more() {
    let program: Vec<_> = (0..LIMITS.updates).map(|nth| format!("answer u{nth} \"ok\"")).collect();
    let mut run = begun(&format!("-\n{}", program.join("\n")));
    for nth in 0..LIMITS.updates {
        let outcome = step(run, vec![update(nth, 0)]);
        assert_eq!(outcome.decision.replies, [Ok(Accepted::Recorded)], "update {nth}");
        run = outcome.run.unwrap();
    }
    let outcome = step(run, vec![update(LIMITS.updates, 0)]);
    assert_eq!(outcome.decision.replies, [Err(Refused::UpdateLimit { most: 2000 })]);
    assert!(outcome.decision.events.is_empty());
}

/// A history with so many updates in so few events that it is not told because of these.
#[test]
fn a_run_with_many_updates_is_told_to_continue_as_new() {
    let is_told = |n_updates: u64| {
        let answers: Vec<_> = (0..n_updates).map(|n| format!("answer u{n} \"ok\"")).collect();
        let guest = || {
            let program = format!("-\n{}", answers.join("\n"));
            ScriptedProgram::parse(program.lines()).unwrap().guest().unwrap()
        };
        let started = Run::new(facts("order-1"), guest());
        let mut history = step(started, vec![Arrival::Start(Box::default())]).decision.events;
        let task = history.len();
        for n in 0..n_updates {
            let (update, accepted) = (format!("u{n}"), EventId(history.len() as u64 + 1));
            let request = update::Request { id: update.clone(), ..update::Request::default() };
            let (request, sequencing) = (Some(Box::new(request)), EventId(task as u64 - 2));
            let (identity, outcome) = (String::new(), Ok(vec![Payload::json("\"ok\"")]));
            for (id, event) in [
                (accepted, update::Event::Accepted { update: update.clone(), request, sequencing }),
                (accepted.next(), update::Event::Completed { update, identity, accepted, outcome }),
            ] {
                history.push(Recorded { id, time: Timestamp(1000), event: Event::Update(event) });
            }
        }
        let run = Run::replay(facts("order-1"), &history, guest()).unwrap();
        let events = step(run, vec![update(n_updates, 0)]).decision.events;
        events.iter().any(|it| match it.event {
            Event::Task(task::Event::Started { suggest_continue_as_new, .. }) => {
                suggest_continue_as_new
            }
            _ => false,
        })
    };
    assert!(!is_told(1799));
    assert!(is_told(1800));
}

#[test]
fn a_run_says_what_it_waits_for() {
    let program = "activity charge, timer 30s\n-\nanswer u1 \"ok\"";
    let run = step(begun(program), vec![update(1, 0)]).run.unwrap();
    let waits = |run: &Run| waits::stack_trace(run.execution(), Timestamp(6000));
    expect![[r#"
        activity `charge` (1), since event 5
        timer 2 for another 25s, since event 6
        update `` (u1) is not completed, since event 10
    "#]]
    .assert_eq(&waits(&run));
    expect![[r#"
        a message: a signal, an update or a request to cancel
    "#]]
    .assert_eq(&waits(&begun("-")));
    expect![[""]].assert_eq(&waits(&begun("complete \"bye\"")));
}
