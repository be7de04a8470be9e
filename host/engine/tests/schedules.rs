//! Schedules, played by the engine: warm, evicted after every step, and killed before every
//! minute. What is left must be the same.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::{Expect, expect};
use refrain_calendar::rfc3339;
use refrain_calendar::schedule::{Backfill, Overlap, Patch, Policies, Standing, Trigger};
use refrain_calendar::spec::{Interval, Spec};
use refrain_core::failure::Failure;
use refrain_core::payload::Payload;
use refrain_core::search::Condition;
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::EngineError;
use refrain_engine::api::{NewSchedule, ScheduleKey, ScheduleUpdate, Target};
use refrain_testkit::sim::{Mode, Sim, order};
use std::fmt::Write;
use std::future::Future;

const MINUTE: u64 = 60_000;

struct Play {
    sim: Sim,
    text: String,
}

fn minute(n: u64) -> Timestamp {
    Timestamp(n * MINUTE)
}

fn update(policies: Policies) -> ScheduleUpdate {
    let intervals = vec![Interval { every_ms: MINUTE as i64, phase_ms: 0 }];
    ScheduleUpdate {
        spec: Spec { intervals, ..Spec::default() }.compile().unwrap(),
        policies,
        standing: Standing::default(),
        start: Box::new(order()),
        action: Vec::new(),
        search_attributes: None,
    }
}

fn policy(overlap: Overlap) -> Policies {
    Policies { overlap, ..Policies::default() }
}

impl Play {
    fn key(&self) -> ScheduleKey {
        ScheduleKey { namespace: self.sim.namespace(), id: "s".into() }
    }

    async fn create(&self, policies: Policies) {
        let (schedule, patch) = (update(policies), Patch::default());
        let new = NewSchedule { schedule, patch, memo: Default::default() };
        self.sim.engine().create_schedule(self.key(), new, "r".to_owned()).await.unwrap();
    }

    async fn patch(&self, patch: Patch) {
        self.sim.engine().patch_schedule(self.key(), patch, String::new()).await.unwrap();
        self.sim.engine().settle().await;
    }

    /// In steps of half a minute: what ends then has ended when the next minute comes.
    async fn until(&mut self, last: u64) {
        while self.sim.engine().now() < minute(last) {
            let next = self.sim.engine().now().plus(Delay(MINUTE / 2));
            self.sim.until(next).await;
        }
    }

    fn run(&self, n: u64) -> Target {
        Target::latest(self.sim.namespace(), format!("w-{}", rfc3339(minute(n))))
    }

    async fn terminate(&self, n: u64) {
        let engine = self.sim.engine();
        let reason = "enough".to_owned();
        engine.terminate(self.run(n), reason, Vec::new(), String::new()).await.unwrap();
        engine.settle().await;
    }

    async fn note(&mut self) {
        let view = self.sim.engine().describe_schedule(&self.key()).await.unwrap();
        let progress = &view.record.schedule.progress;
        let at = |it: Timestamp| it.as_ms() as f64 / MINUTE as f64;
        writeln!(self.text, "at {}:", at(self.sim.engine().now())).unwrap();
        for action in &progress.recent {
            let id = action.workflow_id.replace("1970-01-01T", "");
            let (due, started) = (at(action.at), at(action.started));
            writeln!(self.text, "  {due} started {started} {id} {:?}", action.status).unwrap();
        }
        let n_running = progress.running.len();
        write!(self.text, "  {} actions, {n_running} running", progress.n_actions).unwrap();
        for (name, n) in [
            ("buffered", progress.buffer.len() as u64),
            ("starting", progress.starting.len() as u64),
            ("missed", progress.n_missed),
            ("skipped", progress.n_skipped),
        ] {
            if n > 0 {
                write!(self.text, ", {n} {name}").unwrap();
            }
        }
        if view.record.schedule.standing.paused {
            write!(self.text, ", paused: {}", view.record.schedule.standing.notes).unwrap();
        }
        if !progress.start_error.is_empty() {
            write!(self.text, ", {}", progress.start_error).unwrap();
        }
        self.text.push('\n');
    }
}

/// In every mode.
fn check<F: Future<Output = Play>>(expected: &Expect, test: impl Fn(Play) -> F) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let play = |mode| {
        let play = async {
            let mut play = test(Play { sim: Sim::new(mode).await, text: String::new() }).await;
            play.note().await;
            play.sim.engine().shutdown().await;
            play.text
        };
        runtime.block_on(play)
    };
    let warm = play(Mode::Warm);
    expected.assert_eq(&warm);
    for mode in Mode::HARDER {
        assert_eq!(play(mode), warm, "{mode:?}");
    }
}

#[test]
fn every_minute_a_run_begins_unless_the_last_one_is_open() {
    check(
        &expect![[r#"
        at 5:
          1 started 1 w-00:01:00Z Completed
          3 started 3 w-00:03:00Z Completed
          5 started 5 w-00:05:00Z Running
          3 actions, 1 running, 2 skipped
    "#]],
        async |mut play| {
            play.sim.program(&["timer 90s", "complete \"done\""]);
            play.create(policy(Overlap::Skip)).await;
            play.until(5).await;
            play
        },
    );
}

#[test]
fn a_start_that_had_to_wait_begins_when_the_open_run_ends() {
    check(
        &expect![[r#"
        at 2:
          1 started 1 w-00:01:00Z Running
          1 actions, 1 running, 1 buffered
        at 2.5:
          1 started 1 w-00:01:00Z Completed
          2 started 2.5 w-00:02:00Z Running
          2 actions, 1 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 90s", "complete \"done\""]);
            play.create(policy(Overlap::BufferOne)).await;
            play.until(2).await;
            play.note().await;
            play.sim.until(Timestamp(5 * MINUTE / 2)).await;
            play
        },
    );
}

#[test]
fn an_open_run_makes_room_by_policy() {
    check(
        &expect![[r#"
        at 3:
          1 started 1 w-00:01:00Z Terminated
          2 started 2 w-00:02:00Z Terminated
          3 started 3 w-00:03:00Z Running
          3 actions, 1 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 3000s", "-"]);
            play.create(policy(Overlap::TerminateOther)).await;
            play.until(3).await;
            play
        },
    );
    check(
        &expect![[r#"
        at 3:
          1 started 1 w-00:01:00Z Canceled
          2 started 2 w-00:02:00Z Canceled
          3 started 3 w-00:03:00Z Running
          3 actions, 1 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 3000s", "fail canceled"]);
            play.create(policy(Overlap::CancelOther)).await;
            play.until(3).await;
            play
        },
    );
}

#[test]
fn runs_beside_each_other_are_shown_as_they_are() {
    check(
        &expect![[r#"
        at 4:
          1 started 1 w-00:01:00Z Completed
          2 started 2 w-00:02:00Z Running
          3 started 3 w-00:03:00Z Running
          4 started 4 w-00:04:00Z Running
          4 actions, 0 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 150s", "complete \"done\""]);
            play.create(policy(Overlap::AllowAll)).await;
            play.until(4).await;
            play
        },
    );
}

#[test]
fn what_a_stopped_host_missed_is_caught_up() {
    check(
        &expect![[r#"
        at 8:
          1 started 1 w-00:01:00Z Completed
          4 started 8 w-00:04:00Z Running
          2 actions, 1 running, 4 buffered, 2 missed
    "#]],
        async |mut play| {
            play.sim.program(&["timer 30s", "complete \"done\""]);
            let catchup_window = Delay(4 * MINUTE);
            play.create(Policies { catchup_window, ..policy(Overlap::BufferAll) }).await;
            play.until(1).await;
            // Nothing happened in between.
            play.sim.until(minute(8)).await;
            play
        },
    );
}

#[test]
fn a_failure_pauses_and_a_trigger_still_starts() {
    check(
        &expect![[r#"
        at 3:
          1 started 1 w-00:01:00Z Failed
          1 actions, 0 running, paused: paused due to workflow failure: w-1970-01-01T00:01:00Z: it broke
        at 3:
          1 started 1 w-00:01:00Z Failed
          3 started 3 w-01:39:00Z Completed
          2 actions, 0 running, paused: paused due to workflow failure: w-1970-01-01T00:01:00Z: it broke
    "#]],
        async |mut play| {
            play.sim.program(&["fail \"it broke\""]);
            play.create(Policies { pause_on_failure: true, ..policy(Overlap::Skip) }).await;
            play.until(3).await;
            play.note().await;
            play.sim.program(&["complete \"done\""]);
            let trigger = Some(Trigger { nominal: Some(minute(99)), ..Trigger::default() });
            play.patch(Patch { trigger, ..Patch::default() }).await;
            play
        },
    );
}

#[test]
fn a_backfill_starts_what_would_have_been() {
    check(
        &expect![[r#"
        at 100:
          11 started 100 w-00:11:00Z Completed
          12 started 100 w-00:12:00Z Completed
          13 started 100 w-00:13:00Z Completed
          14 started 100 w-00:14:00Z Completed
          4 actions, 0 running
    "#]],
        async |mut play| {
            play.sim.program(&["complete \"done\""]);
            play.sim.until(minute(100)).await;
            play.create(policy(Overlap::Skip)).await;
            let backfill =
                Backfill { from: minute(11), until: minute(14), overlap: Some(Overlap::BufferAll) };
            play.patch(Patch { backfills: vec![backfill], ..Patch::default() }).await;
            play
        },
    );
}

#[test]
fn a_run_that_someone_ends_makes_room_too() {
    check(
        &expect![[r#"
        at 2:
          1 started 1 w-00:01:00Z Terminated
          2 started 2 w-00:02:00Z Running
          2 actions, 1 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 3000s"]);
            play.create(policy(Overlap::BufferOne)).await;
            play.until(2).await;
            play.terminate(1).await;
            play
        },
    );
}

#[test]
fn what_can_not_be_started_is_said() {
    check(
        &expect![[r#"
        at 2:
          0 actions, 0 running, no workflow component is deployed to task queue `nobody's`: deploy one with `refrain deploy`
    "#]],
        async |mut play| {
            let mut schedule = update(policy(Overlap::Skip));
            schedule.start.task_queue = "nobody's".to_owned();
            let new = NewSchedule { schedule, patch: Patch::default(), memo: Default::default() };
            play.sim.engine().create_schedule(play.key(), new, "r".to_owned()).await.unwrap();
            play.until(2).await;
            play
        },
    );
}

#[test]
fn a_run_knows_its_schedule_and_what_came_before() {
    check(
        &expect![[r#"
        TemporalScheduledById Keyword "s"
        TemporalScheduledStartTime Datetime "1970-01-01T00:03:00Z"
        at 3:
          1 started 1 w-00:01:00Z Completed
          2 started 2 w-00:02:00Z Failed
          3 started 3 w-00:03:00Z Running
          3 actions, 1 running
    "#]],
        async |mut play| {
            play.sim.program(&["complete \"first\""]);
            play.create(policy(Overlap::Skip)).await;
            play.until(1).await;
            play.sim.program(&["fail \"second\""]);
            play.until(2).await;
            play.sim.program(&["timer 1s"]);
            play.until(3).await;
            let description = play.sim.engine().describe(&play.run(3)).await.unwrap();
            let started = description.started;
            assert_eq!(started.last_completion_result, Some(vec![Payload::json("\"first\"")]));
            let failure = started.continued_failure.clone().unwrap_or(Failure::default());
            assert_eq!(failure.message, "second");
            assert_eq!(started.identity, "temporal-scheduler-default-s");
            for (name, payload) in &started.search_attributes {
                let kind = String::from_utf8_lossy(&payload.metadata["type"]).into_owned();
                let value = String::from_utf8_lossy(&payload.data);
                writeln!(play.text, "{name} {kind} {value}").unwrap();
            }
            play
        },
    );
}

#[test]
fn a_run_knows_what_the_chain_before_it_came_to() {
    check(
        &expect![[r#"
        at 2:
          1 started 1 w-00:01:00Z Completed
          2 started 2 w-00:02:00Z Completed
          2 actions, 0 running
    "#]],
        async |mut play| {
            play.sim.program(&["first 2 ? continue : complete \"third\""]);
            play.create(policy(Overlap::Skip)).await;
            play.until(2).await;
            let first = play.sim.engine().describe(&play.run(1)).await.unwrap();
            assert!(first.started.search_attributes.contains_key("TemporalScheduledById"));
            assert_ne!(first.row.first_run, first.row.key.run, "it is the last of its chain");
            let second = play.sim.engine().describe(&play.run(2)).await.unwrap();
            let result = second.started.last_completion_result.clone();
            assert_eq!(result, Some(vec![Payload::json("\"third\"")]));
            play
        },
    );
}

/// With a host that lives: one that starts anew counts anew.
#[test]
fn schedules_of_a_namespace_start_thirty_workflows_a_second() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut play = Play { sim: Sim::new(Mode::Warm).await, text: String::new() };
        play.sim.program(&["complete \"done\""]);
        play.sim.until(minute(100)).await;
        play.create(policy(Overlap::Skip)).await;
        let overlap = Some(Overlap::AllowAll);
        let backfill = Backfill { from: minute(10), until: minute(55), overlap };
        play.patch(Patch { backfills: vec![backfill], ..Patch::default() }).await;
        let n_actions = async |play: &Play| {
            let view = play.sim.engine().describe_schedule(&play.key()).await.unwrap();
            view.record.schedule.progress.n_actions
        };
        assert_eq!(n_actions(&play).await, 30);
        play.sim.until(Timestamp(100 * MINUTE + 999)).await;
        assert_eq!(n_actions(&play).await, 30);
        play.sim.until(Timestamp(100 * MINUTE + 1000)).await;
        assert_eq!(n_actions(&play).await, 46);
        play.sim.engine().shutdown().await;
    });
}

#[test]
fn a_changed_schedule_is_not_changed_by_who_has_not_seen_that() {
    check(
        &expect![[r#"
        at 0:
          0 actions, 0 running
    "#]],
        async |play| {
            let engine = play.sim.engine();
            play.create(policy(Overlap::Skip)).await;
            let update = || update(policy(Overlap::AllowAll));
            let change =
                |expected| engine.update_schedule(play.key(), update(), expected, String::new());
            change(Some(1)).await.unwrap();
            let stale = change(Some(1)).await;
            assert_eq!(stale, Err(EngineError::ScheduleChanged { expected: 1, found: 2 }));
            change(None).await.unwrap();
            // The same request again changes nothing more.
            let again =
                || engine.update_schedule(play.key(), update(), Some(3), "again".to_owned());
            again().await.unwrap();
            again().await.unwrap();
            let new = NewSchedule {
                schedule: update(),
                patch: Patch::default(),
                memo: Default::default(),
            };
            let same = engine.create_schedule(play.key(), new.clone(), "r".to_owned()).await;
            assert_eq!(same, Ok(4));
            let other = engine.create_schedule(play.key(), new, "other".to_owned()).await;
            assert_eq!(other, Err(EngineError::ScheduleExists { id: "s".to_owned() }));
            play
        },
    );
}

#[test]
fn a_deleted_schedule_starts_nothing_and_its_runs_go_on() {
    check(
        &expect![[r#"
        at 5:
          0 actions, 0 running
    "#]],
        async |mut play| {
            play.sim.program(&["timer 3000s"]);
            play.create(policy(Overlap::AllowAll)).await;
            play.until(2).await;
            let engine = play.sim.engine().clone();
            engine.delete_schedule(play.key()).await.unwrap();
            let gone = engine.delete_schedule(play.key()).await;
            assert_eq!(gone, Err(EngineError::ScheduleNotFound { id: "s".to_owned() }));
            play.until(5).await;
            let engine = play.sim.engine();
            let runs =
                engine.count(play.sim.namespace(), &Condition::All(Vec::new())).await.unwrap();
            assert_eq!(runs.total(), 2);
            play.create(policy(Overlap::AllowAll)).await;
            play
        },
    );
}

#[test]
fn a_schedule_that_is_over_goes_after_a_week() {
    check(
        &expect![[r#"
        at 1:
          1 started 1 w-00:01:00Z Completed
          1 actions, 0 running
        at 10081:
          0 actions, 0 running
    "#]],
        async |mut play| {
            play.sim.program(&["complete \"done\""]);
            let mut schedule = update(policy(Overlap::Skip));
            schedule.standing.remaining = Some(1);
            let new = NewSchedule { schedule, patch: Patch::default(), memo: Default::default() };
            play.sim.engine().create_schedule(play.key(), new, "r".to_owned()).await.unwrap();
            play.until(1).await;
            play.note().await;
            let week = 7 * 24 * 60;
            play.sim.until(minute(week)).await;
            let count = async |play: &Play| {
                let filter = Condition::All(Vec::new());
                play.sim.engine().count_schedules(play.sim.namespace(), &filter).await.unwrap()
            };
            assert_eq!(count(&play).await, 1);
            play.sim.until(minute(week + 1)).await;
            assert_eq!(count(&play).await, 0);
            play.create(policy(Overlap::Skip)).await;
            play
        },
    );
}
