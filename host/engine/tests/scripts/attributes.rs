use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_run_sets_search_attributes_and_memo_and_takes_them_away() {
    check(
        r#"
         0s start order
            guest attribute color "red", attribute count 3, memo note "first", timer 10s
            guest attribute color null, attribute tags ["a"], memo note "second"
            guest complete "done"
        10s -
        11s signal go
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
            15        10s  memo note upserted note="second"
            16        11s  signal go received
            17-19     11s  task completed
            20        11s  execution completed "done"
            memo: note="second"
            search attributes: count=3 tags=["a"]
        "#]],
    );
}

#[test]
fn an_attribute_that_is_not_registered_or_of_another_type_fails_the_task_and_not_the_run() {
    check(
        r#"
         0s start order
            guest attribute size "xl"
         1s deploy
            guest attribute count "three"
         4s deploy
            guest attribute count 3, complete "done"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: BadSearchAttributes, [W0202] Namespace default has no mapping defined for search attribute size
            5-7        7s  task completed
            8          7s  search attributes count upserted count=3
            9          7s  execution completed "done"
            search attributes: count=3
        "#]],
    );
}

#[test]
fn an_upsert_of_another_value_diverges() {
    check(
        r#"
         0s start order
            guest attribute count 3, memo note "first", timer 10s
         1s deploy
            guest attribute count 4, memo note "first", timer 10s
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  search attributes count upserted count=3
            6          0s  memo note upserted note="first"
            7          0s  timer 1 started 10s
            8         10s  timer 1 fired
            9-11      10s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `search attributes count upserted`, guest asked for `search attributes count upserted with other arguments`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 11s: [W0101] diverged from history at event 5: recorded `search attributes count upserted`, guest asked for `search attributes count upserted with other arguments`; the component is the same, sha256:010101010101
            memo: note="first"
            search attributes: count=3
        "#]],
    );
}

#[test]
fn a_memo_over_the_limit_fails_the_task() {
    let upserts = (0..13).map(|n| format!("memo m{n} \"{}\"", "x".repeat(170_000)));
    let upserts = upserts.collect::<Vec<_>>().join(", ");
    let script = format!(
        "0s start order\n   guest {upserts}\n1s deploy\n   guest complete \"small\"\n9s -\n"
    );
    check(
        &script,
        expect![[r#"
        1          0s  execution started order queue=orders
        2-4        0s  task failed: BadModifyWorkflowPropertiesAttributes, [W0202] memo would have 2210289 bytes, at most 2097152 are allowed
        5-7        3s  task completed
        8          3s  execution completed "small"
    "#]],
    );
}

/// As with Temporal a next attempt begins as the first one did, and so does a next time.
#[test]
fn what_a_run_upserts_goes_to_the_run_that_continues_it_and_to_no_retry() {
    check(
        r#"
         0s start order attempts=2 retry=1s
            guest timer 10s
            guest attribute count 1, memo note "upserted", first 1 ? continue : attribute count 2, fail "no"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  search attributes count upserted count=1
            11        10s  memo note upserted note="upserted"
            12        10s  execution continued as new order 1
            memo: note="upserted"
            search attributes: count=1
            next run
            1         10s  execution started order 1 queue=orders, continued
            2-4       10s  task completed
            5         10s  timer 1 started 10s
            6         20s  timer 1 fired
            7-9       20s  task completed
            10        20s  search attributes count upserted count=1
            11        20s  memo note upserted note="upserted"
            12        20s  search attributes count upserted count=2
            13        20s  execution failed "no" InProgress, next run
            memo: note="upserted"
            search attributes: count=2
            next run
            1         20s  execution started order 1 queue=orders, attempt 2 in 1s, after "no"
            2-4       21s  task completed
            5         21s  timer 1 started 10s
            Running
            memo: note="upserted"
            search attributes: count=1
        "#]],
    );
}

#[test]
fn what_a_run_upserts_is_not_there_at_the_next_time_of_its_cron_string() {
    check(
        r#"
         0s start order cron=@every_1m
            guest attribute color "red", memo note "upserted", complete "done"
        70s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, by cron in 1m
            2-4        1m  task completed
            5          1m  search attributes color upserted color="red"
            6          1m  memo note upserted note="upserted"
            7          1m  execution completed "done", next run
            memo: note="upserted"
            search attributes: color="red"
            next run
            1          1m  execution started order queue=orders, by cron in 1m, last result "done"
            Running
        "#]],
    );
}

#[test]
fn a_reset_takes_back_what_was_upserted_since() {
    check(
        r#"
         0s start order
            guest attribute color "red", memo note "first"
            guest attribute color "blue", memo note "second"
         5s signal go
         8s deploy
            guest attribute color "red", memo note "first"
         9s reset 10 "again" signals=no
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  search attributes color upserted color="red"
            6          0s  memo note upserted note="first"
            7          5s  signal go received
            8-10       5s  task completed
            11         5s  search attributes color upserted color="blue"
            12         5s  memo note upserted note="second"
            13         9s  execution terminated "again"
            memo: note="second"
            search attributes: color="blue"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  search attributes color upserted color="red"
            6          0s  memo note upserted note="first"
            7          5s  signal go received
            8-10       5s  task failed: ResetWorkflow, again
            11-13      9s  task completed
            Running
            memo: note="first"
            search attributes: color="red"
        "#]],
    );
}
