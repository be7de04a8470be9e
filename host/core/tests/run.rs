//! Scripts against core. Each is played with a warm guest and with one that is dropped before
//! every step; after every step the history is folded and replayed, see `check_core`.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::expect;
use refrain_core::arrival::{Accepted, ActivityClosed, ActivityOutcome, Arrival, Refused};
use refrain_core::decision::{DueTimer, Effect};
use refrain_core::errors::Owner;
use refrain_core::event::Recorded;
use refrain_core::execution::Execution;
use refrain_core::guest::{Guest, Program};
use refrain_core::ids::EventId;
use refrain_core::limits::RunLimits;
use refrain_core::machines::signal::Signal;
use refrain_core::machines::{Event, execution, task};
use refrain_core::run::{Run, Step};
use refrain_core::time::Timestamp;
use refrain_testkit::model::{Mode, Model};
use refrain_testkit::program::ScriptedProgram;
use refrain_testkit::script::Script;
use refrain_testkit::{check_core, facts, lone_step, random};

// ---- the plain way through

#[test]
fn an_activity_and_a_timer_and_the_end() {
    check_core(
        r#"
         0s start order "order-1"
            guest activity charge "order-1", timer 30s
            guest -
            guest complete seen
         2s take charge
         5s done charge "paid"
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order "order-1" queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled "order-1"
            6          0s  timer 2 started 30s
            7          2s  activity of 5 started, attempt 1 by w1
            8          5s  activity of 5 completed "paid"
            9-11       5s  task completed
            12        30s  timer 2 fired
            13-15     30s  task completed
            16        30s  execution completed "start order; activity 1 'paid'; timer 2 fired"
        "#]],
    );
}

#[test]
fn signals_reach_the_guest_in_their_order() {
    check_core(
        r#"
         0s start order
            guest -
            guest timer 1s
            guest -
            guest -
            guest complete seen
         1s signal a "1"
         1s & signal b "2"
         2s signal c
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received "1"
            6          1s  signal b received "2"
            7-9        1s  task completed
            10         1s  timer 1 started 1s
            11         2s  timer 1 fired
            12-14      2s  task completed
            15         2s  signal c received
            16-18      2s  task completed
            19         2s  execution completed "start order; signal a; signal b; timer 1 fired; signal c"
        "#]],
    );
}

#[test]
fn a_signal_with_the_start_shares_the_first_task() {
    check_core(
        r#"
         0s start order
            guest -
            guest complete seen
         0s & signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          0s  signal go received
            3-5        0s  task completed
            6          0s  execution completed "start order; signal go"
        "#]],
    );
}

#[test]
fn a_signal_that_is_sent_twice_counts_once() {
    check_core(
        r#"
         0s start order
         1s signal pay "1" request=r1
         2s signal pay "2" request=r1
         3s signal pay "3"
         4s signal pay "4"
         5s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal pay received "1"
            6-8        1s  task completed
            9          3s  signal pay received "3"
            10-12      3s  task completed
            13         4s  signal pay received "4"
            14-16      4s  task completed
            Running
            at 2s  already there
            at 5s  seen: "start order; signal pay; signal pay; signal pay"
        "#]],
    );
}

#[test]
fn what_a_guest_publishes_is_there_without_an_event() {
    check_core(
        r#"
         0s start order
            guest publish step "first", publish step "second"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            Running
            step is "second"
        "#]],
    );
}

#[test]
fn what_follows_the_end_in_a_turn_is_not_asked_for() {
    check_core(
        r#"
         0s start order
            guest complete "1", timer 5s, complete "2"
         0s & signal never-seen
         9s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          0s  signal never-seen received
            3-5        0s  task completed
            6          0s  execution completed "1"
            at 9s  seen: "start order"
        "#]],
    );
}

// ---- timers and their races

#[test]
fn a_canceled_timer_leaves_no_row_and_never_fires() {
    check_core(
        r#"
         0s start order
            guest timer 30s
            guest cancel 1
            guest complete seen
        10s signal give-up
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6         10s  signal give-up received
            7-9       10s  task completed
            10        10s  timer 1 canceled
            11        10s  execution completed "start order; signal give-up; timer 1 canceled"
        "#]],
    );
}

/// Both wait for the same task: the signal, to which the guest answers with a cancel, and behind
/// it the firing of which it does not know yet. The cancel is nothing, and the timer fires.
#[test]
fn a_cancel_of_a_timer_that_fired_unseen_is_nothing() {
    check_core(
        r#"
            0s start order
               guest timer 10s
               guest trap
         8500ms signal give-up
           11s deploy
               guest timer 10s
               guest cancel 1
               guest complete seen
           30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6      8s500ms  signal give-up received
            7-9    8s500ms  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            10        10s  timer 1 fired
            11-13  11s500ms  task completed
            14     11s500ms  execution completed "start order; signal give-up; timer 1 fired"
        "#]],
    );
}

#[test]
fn an_operation_is_canceled_once_and_one_that_never_was_not_at_all() {
    check_core(
        r#"
         0s start order
            guest timer 30s, timer 40s, cancel 1, cancel 1, cancel 7
            guest timer 5s
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          0s  timer 2 started 40s
            7          0s  timer 1 canceled
            8          0s  timer 3 started 5s
            Running
        "#]],
    );
}

#[test]
fn a_timer_of_no_length_fires_at_once() {
    check_core(
        r#"
         0s start order
            guest timer 0s
            guest complete seen
         0s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 0s
            6          0s  timer 1 fired
            7-9        0s  task completed
            10         0s  execution completed "start order; timer 1 fired"
        "#]],
    );
}

// ---- canceling activities

#[test]
fn a_tried_cancel_is_seen_at_once_and_the_worker_is_told() {
    check_core(
        r#"
         0s start order
            guest activity charge beat=5s
            guest cancel 1
            guest timer 60s
         1s take charge
         2s signal give-up
         3s beat charge
         4s give-up charge
         5s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         2s  timer 2 started 1m
            12         1s  activity of 5 started, attempt 1 by w1
            13         4s  activity of 5 canceled
            14-16      4s  task completed
            Running
            at 3s  charge is asked to stop
            at 5s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_tried_cancel_of_an_activity_that_nobody_took_closes_it() {
    check_core(
        r#"
         0s start order
            guest activity charge
            guest cancel 1
         2s signal give-up
         3s take charge
         4s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         2s  activity of 5 canceled
            12-14      2s  task completed
            Running
            at 3s  nothing to take
            at 4s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_waited_cancel_is_seen_when_the_worker_gives_up() {
    check_core(
        r#"
         0s start order
            guest activity charge wait-cancel
            guest cancel 1, cancel 1
            guest complete seen
         1s take charge
         2s signal give-up
         4s give-up charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         1s  activity of 5 started, attempt 1 by w1
            12         4s  activity of 5 canceled
            13-15      4s  task completed
            16         4s  execution completed "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_waited_cancel_may_come_too_late() {
    check_core(
        r#"
         0s start order
            guest activity charge wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         2s signal give-up
         4s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         1s  activity of 5 started, attempt 1 by w1
            12         4s  activity of 5 completed "paid"
            13-15      4s  task completed
            16         4s  execution completed "start order; signal give-up; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn an_abandoned_activity_goes_on_unheard() {
    check_core(
        r#"
         0s start order
            guest activity charge abandon
            guest cancel 1
            guest timer 60s
         1s take charge
         2s signal give-up
         3s beat charge
         4s done charge "paid"
         5s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7-9        2s  task completed
            10         2s  timer 2 started 1m
            11         1s  activity of 5 started, attempt 1 by w1
            12         4s  activity of 5 completed "paid"
            13-15      4s  task completed
            Running
            at 5s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

/// The result came first; that the guest cancels in the same task changes nothing.
#[test]
fn a_cancel_that_comes_with_the_result_is_nothing() {
    check_core(
        r#"
         0s start order
            guest activity charge
            guest cancel 1
            guest complete seen
         1s take charge
         2s signal give-up
         2s & done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal give-up received
            7          1s  activity of 5 started, attempt 1 by w1
            8          2s  activity of 5 completed "paid"
            9-11       2s  task completed
            12         2s  execution completed "start order; signal give-up; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn a_worker_that_gives_up_unasked_is_refused() {
    check_core(
        r#"
         0s start order
            guest activity charge
            guest complete seen
         1s take charge
         2s give-up charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            Running
            activity charge, attempt 1, started 1s by w1
            at 2s  refused: unable to mark activity as canceled: its cancellation was not requested
        "#]],
    );
}

// ---- activities: attempts

#[test]
fn only_the_last_attempt_is_in_history() {
    check_core(
        r#"
         0s start order
            guest activity charge attempts=3
            guest complete seen
         1s take charge by=w1
         2s fail charge "no network"
         2s take charge by=w2
         3s take charge by=w2
         4s fail charge "still none"
         6s take charge by=w3
         7s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          6s  activity of 5 started, attempt 3 by w3, after "still none"
            7          7s  activity of 5 completed "paid"
            8-10       7s  task completed
            11         7s  execution completed "start order; activity 1 'paid'"
            at 2s  nothing to take
        "#]],
    );
}

#[test]
fn a_silent_worker_is_replaced_and_its_last_word_kept() {
    check_core(
        r#"
         0s start order
            guest activity charge work=60s beat=5s attempts=2
            guest complete seen
         0s take charge by=w1
         4s beat charge "50"
        10s take charge by=w2
        11s fail charge "broken" final
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6         10s  activity of 5 started, attempt 2 by w2, after Heartbeat timeout "50"
            7         11s  activity of 5 failed "broken" NonRetryableFailure
            8-10      11s  task completed
            11        11s  execution completed "start order; activity 1 Activity task failed: broken"
        "#]],
    );
}

#[test]
fn an_activity_that_nobody_takes_times_out() {
    check_core(
        r#"
         0s start order
            guest activity charge work=60s wait=5s
            guest complete seen
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          5s  activity of 5 timed out, TemporalTimeout:ScheduleToStart, Timeout
            7-9        5s  task completed
            10         5s  execution completed "start order; activity 1 Activity task timed out: ScheduleToStart"
        "#]],
    );
}

#[test]
fn a_result_after_the_end_is_refused() {
    check_core(
        r#"
         0s start order
            guest activity charge, timer 5s
            guest complete "late"
         1s take charge
         6s done charge "paid"
         7s signal hello
         8s cancel
         9s terminate "again"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 5s
            7          5s  timer 2 fired
            8-10       5s  task completed
            11         5s  execution completed "late"
            at 6s  refused: activity task not found
            at 7s  refused: workflow execution already completed
            at 8s  already there
            at 9s  refused: workflow execution already completed
        "#]],
    );
}

// ---- ends

#[test]
fn a_cancel_that_the_guest_follows_ends_as_canceled() {
    check_core(
        r#"
         0s start order
            guest timer 60s
            guest fail canceled
         5s cancel "too slow"
         6s cancel
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  cancel requested too slow
            7-9        5s  task completed
            10         5s  execution canceled
            at 6s  already there
        "#]],
    );
}

#[test]
fn a_canceled_failure_that_nobody_asked_for_is_a_failure() {
    check_core(
        r#"
         0s start order
            guest fail canceled
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  execution failed "canceled as asked"
        "#]],
    );
}

#[test]
fn a_cancel_may_be_ignored() {
    check_core(
        r#"
         0s start order
            guest timer 60s
            guest -
            guest complete seen
         5s cancel "too slow"
         6s cancel "still"
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  cancel requested too slow
            7-9        5s  task completed
            10         1m  timer 1 fired
            11-13      1m  task completed
            14         1m  execution completed "start order; cancel too slow; timer 1 fired"
            at 6s  already there
        "#]],
    );
}

#[test]
fn a_terminate_ends_a_run_before_its_guest_sees_what_came_with_it() {
    check_core(
        r#"
         0s start order
            guest timer 60s, activity charge
            guest complete "never"
         5s signal hello
         5s & terminate "enough"
         5s & signal too-late
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          0s  activity charge (2) scheduled
            7          5s  signal hello received
            8          5s  execution terminated "enough"
            at 5s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    check_core(
        r#"
         0s start order run-timeout=30s timeout=20s
            guest timer 60s, activity charge work=60s
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          0s  activity charge (2) scheduled
            7         20s  execution timed out Timeout
        "#]],
    );
}

// ---- starts

#[test]
fn a_signal_does_not_begin_a_run_that_waits_for_its_first_task() {
    check_core(
        r#"
         0s start order backoff=10s run-timeout=20s
            guest -
            guest timer 60s
         5s signal hello
        10s query seen
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          5s  signal hello received
            3-5       10s  task completed
            6         10s  timer 1 started 1m
            7         30s  execution timed out
            at 10s  seen: "start order; signal hello"
        "#]],
    );
}

#[test]
fn a_cancel_begins_a_run_that_waits_and_its_wait_leads_to_nothing_more() {
    check_core(
        r#"
         0s start order backoff=10s
            guest timer 60s
         4s signal hello
         5s cancel "not needed"
        20s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          4s  signal hello received
            3          5s  cancel requested not needed
            4-6        5s  task completed
            7          5s  timer 1 started 1m
            CancelRequested
            at 20s  seen: "start order; signal hello; cancel not needed"
        "#]],
    );
}

#[test]
fn an_id_is_used_again_after_the_end() {
    check_core(
        r#"
         0s start order request=a
            guest -
            guest complete "done"
         1s start order request=a
         2s start order request=b
         3s start order request=b conflict=use
         4s signal go
         5s start order request=c reuse=reject
         6s start order request=c reuse=failed-only
         7s start order request=c
         8s start order request=d conflict=terminate
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          4s  signal go received
            6-8        4s  task completed
            9          4s  execution completed "done"
            next run
            1          7s  execution started order queue=orders
            2-4        7s  task completed
            5          8s  execution terminated "TerminateIfRunning WorkflowIdReusePolicy"
            next run
            1          8s  execution started order queue=orders
            2-4        8s  task completed
            Running
            at 1s  its own run
            at 2s  refused: already started
            at 3s  existing run
            at 5s  refused: already started
            at 6s  refused: already started
        "#]],
    );
}

// ---- versions

const RECORDED: &str = r#"
         0s start order
            guest activity charge "1", timer 30s
            guest complete "old"
         1s take charge
         2s deploy
"#;

/// The same history under another program: what does it say?
fn divergence_under(program: &str) -> String {
    let script = Script::parse(&format!("{RECORDED}{program}\n5s done charge \"paid\"")).unwrap();
    let text = Model::new(Mode::Warm).play(&script);
    let failed = text.lines().find_map(|line| line.split_once("NonDeterministicError, "));
    // The rest names the two components, the same each time.
    failed.map_or("fits", |it| it.1.split(';').next().unwrap()).to_owned()
}

#[test]
fn a_divergence_says_where_and_what() {
    let changes = [
        ("another kind", "guest timer 30s, timer 30s"),
        ("another order", "guest timer 30s, activity charge \"1\""),
        ("another activity", "guest activity refund \"1\", timer 30s"),
        ("other arguments", "guest activity charge \"2\", timer 30s"),
        ("another length", "guest activity charge \"1\", timer 31s"),
        ("one less", "guest activity charge \"1\""),
        ("one more", "guest activity charge \"1\", timer 30s, timer 31s"),
        ("an early end", "guest activity charge \"1\", complete \"new\""),
        ("nothing at all", "guest -"),
        (
            "what decides nothing",
            "guest activity charge \"1\" work=99s attempts=1 queue=cards, timer 30s",
        ),
        ("what comes later", "guest activity charge \"1\", timer 30s\nguest complete \"new\""),
    ];
    let table: Vec<_> = changes
        .iter()
        .map(|(change, program)| format!("{change}: {}", divergence_under(program)))
        .collect();
    expect![[r#"
        another kind: [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `timer 1 started 30s`
        another order: [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `timer 1 started 30s`
        another activity: [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `activity refund (1) scheduled`
        other arguments: [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `activity charge (1) scheduled with other arguments`
        another length: [W0101] diverged from history at event 6: recorded `timer 2 started 30s`, guest asked for `timer 2 started 31s`
        one less: [W0102] diverged from history at event 6: recorded `timer 2 started 30s`, guest asked for `nothing`
        one more: [W0101] diverged from history at event 7: recorded `nothing`, guest asked for `timer 3 started 31s`
        an early end: [W0101] diverged from history at event 6: recorded `timer 2 started 30s`, guest asked for `execution completed`
        nothing at all: [W0102] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `nothing`
        what decides nothing: fits
        what comes later: fits"#]].assert_eq(&table.join("\n"));
}

#[test]
fn a_diverged_run_loses_nothing_and_goes_on_when_a_program_fits() {
    check_core(
        r#"
         0s start order
            guest activity charge "1"
            guest complete "old"
         1s take charge
         2s deploy
            guest activity refund "1"
         5s done charge "paid"
         6s signal hello
         8s deploy
            guest activity charge "1"
            guest timer 1s
            guest -
            guest complete seen
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled "1"
            6          1s  activity of 5 started, attempt 1 by w1
            7          5s  activity of 5 completed "paid"
            8-10       5s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `activity refund (1) scheduled`; the component is the same, sha256:010101010101
            11         6s  signal hello received
            12-14     12s  task completed
            15        12s  timer 2 started 1s
            16        13s  timer 2 fired
            17-19     13s  task completed
            20        13s  execution completed "start order; activity 1 'paid'; signal hello; timer 2 fired"
        "#]],
    );
}

#[test]
fn an_open_run_keeps_to_the_old_side_of_a_patch_and_a_new_one_takes_the_other() {
    let program =
        "guest timer 10s\n guest patched fast ? timer 1s : timer 60s\n guest complete seen";
    check_core(
        &format!(
            "
             0s start order
                guest timer 10s
                guest timer 60s
                guest complete seen
            20s deploy
                {program}
            80s start order
            99s -
            "
        ),
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  timer 2 started 1m
            11      1m10s  timer 2 fired
            12-14   1m10s  task completed
            15      1m10s  execution completed "start order; timer 1 fired; timer 2 fired"
            next run
            1       1m20s  execution started order queue=orders
            2-4     1m20s  task completed
            5       1m20s  timer 1 started 10s
            6       1m30s  timer 1 fired
            7-9     1m30s  task completed
            10      1m30s  patch fast recorded
            11      1m30s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            12      1m30s  timer 2 started 1s
            13      1m31s  timer 2 fired
            14-16   1m31s  task completed
            17      1m31s  execution completed "start order; timer 1 fired; timer 2 fired"
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}

#[test]
fn the_life_of_a_patch_from_patched_over_deprecated_to_gone() {
    check_core(
        r#"
         0s start order
            guest patched fast ? timer 10s : timer 60s
            guest timer 10s
            guest complete seen
        11s deploy
            guest deprecate fast, timer 10s
            guest timer 10s
            guest deprecate fast, complete seen
        30s start order
        31s deploy
            guest timer 10s
            guest timer 10s
            guest complete seen
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  patch fast recorded
            6          0s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            7          0s  timer 1 started 10s
            8         10s  timer 1 fired
            9-11      10s  task completed
            12        10s  timer 2 started 10s
            13        20s  timer 2 fired
            14-16     20s  task completed
            17        20s  execution completed "start order; timer 1 fired; timer 2 fired"
            search attributes: TemporalChangeVersion=["fast"]
            next run
            1         30s  execution started order queue=orders
            2-4       30s  task completed
            5         30s  patch fast recorded deprecated
            6         30s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            7         30s  timer 1 started 10s
            8         40s  timer 1 fired
            9-11      40s  task completed
            12        40s  timer 2 started 10s
            13        50s  timer 2 fired
            14-16     50s  task completed
            17        50s  execution completed "start order; timer 1 fired; timer 2 fired"
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}

#[test]
fn a_patch_that_goes_too_early_diverges() {
    check_core(
        r#"
         0s start order
            guest patched fast ? timer 10s : timer 60s
            guest complete seen
         1s deploy
            guest timer 10s
            guest complete seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  patch fast recorded
            6          0s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            7          0s  timer 1 started 10s
            8         10s  timer 1 fired
            9-11      10s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `patch fast recorded`, guest asked for `timer 1 started 10s`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 11s: [W0101] diverged from history at event 5: recorded `patch fast recorded`, guest asked for `timer 1 started 10s`; the component is the same, sha256:010101010101
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}

#[test]
fn a_patch_is_asked_once_whatever_the_program_does() {
    check_core(
        r#"
         0s start order
            guest patched a ? - : trap, patched a ? - : trap
            guest patched a ? complete seen : trap
         1s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  patch a recorded
            6          0s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["a"]
            7          1s  signal go received
            8-10       1s  task completed
            11         1s  execution completed "start order; signal go"
            search attributes: TemporalChangeVersion=["a"]
        "#]],
    );
}

// ---- tasks that fail

#[test]
fn a_trap_fails_the_task_and_not_the_run() {
    check_core(
        r#"
         0s start order
            guest timer 5s
            guest trap
         5s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 1 times, again at 6s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

#[test]
fn a_failing_task_is_written_once_and_tried_with_growing_waits() {
    check_core(
        r#"
         0s start order
            guest trap
         8s signal a
        40s signal b
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5          8s  signal a received
            6         40s  signal b received
            Running
            task failed 6 times, again at 1m3s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

#[test]
fn what_arrives_while_a_task_fails_is_shown_when_it_succeeds() {
    check_core(
        r#"
         0s start order
            guest activity charge, timer 3s
            guest trap
         1s take charge
         2s signal a
         2s & signal b
         4s done charge "paid"
         4s cancel "why"
         5s deploy
            guest activity charge, timer 3s
            guest -
            guest -
            guest -
            guest -
            guest fail canceled
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 3s
            7          2s  signal a received
            8          2s  signal b received
            9-11       2s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            12         3s  timer 2 fired
            13         1s  activity of 5 started, attempt 1 by w1
            14         4s  activity of 5 completed "paid"
            15         4s  cancel requested why
            16-18      9s  task completed
            19         9s  execution canceled
        "#]],
    );
}

#[test]
fn wishes_of_a_failed_task_are_void() {
    check_core(
        r#"
         0s start order
            guest -
            guest timer 5s, activity charge, publish step "1", complete "no", trap
         1s signal a
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received
            6-8        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 1 times, again at 2s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

#[test]
fn a_run_with_a_failing_task_can_be_ended() {
    check_core(
        r#"
         0s start order
            guest trap
         1s terminate "hopeless"
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5          1s  execution terminated "hopeless"
        "#]],
    );
    check_core(
        r#"
         0s start order run-timeout=20s
            guest trap
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5         20s  execution timed out
        "#]],
    );
}

#[test]
fn a_wish_that_can_not_be_granted_fails_the_task() {
    check_core(
        r#"
         0s start order
            guest activity charge unlimited
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: BadCommand, [W0202] activity `charge` has no time limit: set start_to_close or schedule_to_close
            Running
            task failed 1 times, again at 1s: [W0202] activity `charge` has no time limit: set start_to_close or schedule_to_close
        "#]],
    );
    check_core(
        r#"
         0s start order
            guest flood 2001
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: BadCommand, [W0202] the number of pending timers, 2000, has reached the per-workflow limit of 2000
            Running
            task failed 1 times, again at 1s: [W0202] the number of pending timers, 2000, has reached the per-workflow limit of 2000
        "#]],
    );
    check_core(
        r#"
         0s start order
            guest flood 10001
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: BadCommand, [W0202] workflow task asked for 10001 commands: at most 10000 are allowed
            Running
            task failed 1 times, again at 1s: [W0202] workflow task asked for 10001 commands: at most 10000 are allowed
        "#]],
    );
}

#[test]
fn a_second_failure_after_a_success_is_written_again() {
    check_core(
        r#"
         0s start order
            guest trap
         1s deploy
            guest timer 10s
            guest trap
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5-7        3s  task completed
            8          3s  timer 1 started 10s
            9         13s  timer 1 fired
            10-12     13s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 4 times, again at 28s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

// ---- what a script can't say

fn guest(program: &str) -> Box<dyn Guest> {
    ScriptedProgram::parse(program.lines()).unwrap().guest().unwrap()
}

fn step(now: u64, arrival: Arrival) -> Step {
    lone_step(Timestamp(now), vec![arrival])
}

fn signal(name: &str) -> Arrival {
    Arrival::Signal(Signal { name: name.to_owned(), ..Signal::default() })
}

/// A run that has just been started, and its history.
fn begun(program: &str) -> (Run, Vec<Recorded>) {
    let outcome = Run::new(facts("order-1"), guest(program))
        .step(step(1000, Arrival::Start(Box::default())))
        .unwrap();
    (outcome.run.unwrap(), outcome.decision.events)
}

#[test]
fn time_never_goes_back_for_a_run_when_the_clock_of_its_host_does() {
    let (run, mut history) = begun("-\ntimer 5s");
    let outcome = run.step(step(400, signal("late"))).unwrap();
    history.extend(outcome.decision.events);
    assert!(history.is_sorted_by_key(|it| it.time), "{history:?}");
    let timer = Effect::InsertTimer { timer: DueTimer::User(EventId(9)), fire_at: Timestamp(6000) };
    assert!(outcome.decision.effects.contains(&timer), "{:?}", outcome.decision.effects);
    Run::replay(facts("order-1"), &history, guest("-\ntimer 5s")).unwrap();
}

#[test]
fn a_run_whose_history_is_too_long_is_terminated_and_still_replays() {
    let (run, mut history) = begun("-\ncomplete \"never\"");
    let long =
        Step { history_bytes: RunLimits::DEFAULT.history_bytes + 1, ..step(2000, signal("more")) };
    let outcome = run.step(long).unwrap();
    assert_eq!(outcome.decision.run.status, execution::State::Terminated);
    assert!(
        matches!(outcome.decision.effects[..], [Effect::Close { .. }]),
        "{:?}",
        outcome.decision.effects
    );
    history.extend(outcome.decision.events);
    let replayed = Run::replay(facts("order-1"), &history, guest("-\ncomplete \"never\"")).unwrap();
    assert_eq!(replayed.execution(), &Execution::fold(&history).unwrap());
}

#[test]
fn a_history_with_a_gap_or_out_of_order_is_ours_to_answer_for() {
    let (_, history) = begun("timer 5s");
    for broken in [&history[1..], &[&history[..2], &history[3..]].concat()] {
        let folded = Execution::fold(broken).unwrap_err();
        let replayed = Run::replay(facts("order-1"), broken, guest("timer 5s")).err().unwrap();
        assert_eq!((folded.owner(), replayed.owner()), (Owner::Us, Owner::Us));
    }
}

#[test]
fn an_outcome_that_nobody_can_have_come_to_is_refused() {
    let (run, history) = begun("activity charge");
    let scheduled = history.last().unwrap().id;
    let closed = |outcome| ActivityClosed { scheduled, attempt: None, outcome };
    let completed = closed(ActivityOutcome::Completed { result: Vec::new() });
    let outcome = run.step(step(2000, Arrival::ActivityClosed(Box::new(completed)))).unwrap();
    assert_eq!(outcome.decision.replies, [Err(Refused::ActivityNotPending)]);
    assert_eq!(outcome.decision.events, []);
    let canceled = closed(ActivityOutcome::Canceled { details: Vec::new() });
    let run = outcome.run.unwrap();
    let outcome = run.step(step(2000, Arrival::ActivityClosed(Box::new(canceled)))).unwrap();
    assert_eq!(outcome.decision.replies, [Err(Refused::ActivityNotPending)]);
}

#[test]
fn a_run_takes_so_many_signals_and_no_more() {
    let (mut run, _) = begun("-");
    for n in 0..RunLimits::DEFAULT.signals {
        let outcome = run.step(step(2000, signal("more"))).unwrap();
        assert_eq!(outcome.decision.replies, [Ok(Accepted::Recorded)], "signal {n}");
        run = outcome.run.unwrap();
    }
    let outcome = run.step(step(2000, signal("more"))).unwrap();
    assert_eq!(outcome.decision.replies, [Err(Refused::SignalLimit { most: 10_000 })]);
}

#[test]
fn a_long_history_is_told_to_the_guest() {
    let (run, _) = begun("-");
    let long =
        Step { history_bytes: RunLimits::DEFAULT.suggest_at_bytes, ..step(2000, signal("more")) };
    let events = run.step(long).unwrap().decision.events;
    assert!(
        events.iter().any(|it| matches!(
            it.event,
            Event::Task(task::Event::Started { suggest_continue_as_new: true, .. })
        )),
        "{events:?}"
    );
}

// ---- what nobody thought of

/// Every promise that `check_core` holds core to, on scripts that no one wrote.
#[test]
fn random_scripts_break_no_promise() {
    let mut endings = std::collections::BTreeMap::<_, u32>::new();
    let endings_seen = std::cell::RefCell::new(&mut endings);
    random::play_all(0..3500, random::Dialect { together: true, others: false }, |text| {
        let script = Script::parse(text).unwrap();
        let warm = Model::new(Mode::Warm).play(&script);
        let evicted = Model::new(Mode::Evict).play(&script);
        assert_eq!(warm, evicted, "differs when the guest is dropped before every step");
        for ending in [
            "execution completed",
            "execution failed",
            "execution canceled",
            "execution terminated",
            "execution timed out",
            "NonDeterministicError",
            "WorkflowWorkerUnhandledFailure",
            "canceled",
            "timer 1 fired",
            "timed out",
            "patch a recorded",
            "after",
            "continued as new",
            "attempt 3 in",
            "completed \"yes\"",
            "as the script says",
            "update i1 waits",
            "is bad",
            "another one is open",
            "Workflow Update failed because",
            "Running",
        ] {
            *endings_seen.borrow_mut().entry(ending).or_default() +=
                u32::from(warm.contains(ending));
        }
    });
    // A generator that no longer reaches these proves nothing.
    for (ending, n) in endings {
        assert!(n >= 10, "only {n} of the scripts came to `{ending}`");
    }
}

// ---- search attributes and memo

#[test]
fn what_a_run_is_found_by_is_what_it_set_last() {
    check_core(
        r#"
         0s start order
            guest attribute color "red", attribute count 3, memo note "first", timer 10s
            guest attribute color null, attribute tags ["a"], complete "done"
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  search attributes color upserted color="red"
            6          0s  search attributes count upserted count=3
            7          0s  memo note upserted note="first"
            8          0s  timer 1 started 10s
            9         10s  timer 1 fired
            10-12     10s  task completed
            13        10s  search attributes color upserted color=null
            14        10s  search attributes tags upserted tags=["a"]
            15        10s  execution completed "done"
            memo: note="first"
            search attributes: count=3 tags=["a"]
        "#]],
    );
}

#[test]
fn a_run_has_a_hundred_search_attributes_at_most() {
    use refrain_core::payload::{Payload, PayloadMap};
    use refrain_core::search::check_sizes;
    let attributes = |n: usize, bytes: usize| -> PayloadMap {
        let value = Payload::json(format!("\"{}\"", "x".repeat(bytes)));
        (0..n).map(|n| (format!("a{n}"), value.clone())).collect()
    };
    assert_eq!(check_sizes(&attributes(refrain_core::limits::SEARCH_ATTRIBUTES_MAX, 1)), Ok(()));
    expect!["number of search attributes 101 exceeds limit 100"]
        .assert_eq(&check_sizes(&attributes(101, 1)).unwrap_err());
    expect!["total size of search attributes 41150 exceeds size limit 40960"]
        .assert_eq(&check_sizes(&attributes(20, 2035)).unwrap_err());
}
