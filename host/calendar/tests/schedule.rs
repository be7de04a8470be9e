//! Schedules played by hand: what each does at its times, under every policy.

#![allow(clippy::unwrap_used, reason = "tests")]

use expect_test::{Expect, expect};
use refrain_calendar::schedule::{
    Backfill, Deed, Outcome, Overlap, Patch, Policies, Schedule, Standing, Trigger, Wake,
};
use refrain_calendar::spec::{Interval, Spec};
use refrain_core::failure::Failure;
use refrain_core::ids::RunId;
use refrain_core::limits::{SCHEDULE_BACKFILLS_MAX, SCHEDULE_BUFFER_MAX};
use refrain_core::time::{Delay, Timestamp};
use std::fmt::Write;

const MINUTE: u64 = 60_000;

/// A schedule of every minute, and a world in which its deeds are done at once. Times are minutes.
struct World {
    schedule: Schedule,
    now: Timestamp,
    runs: u128,
    log: String,
}

fn at(minutes: u64) -> Timestamp {
    Timestamp(minutes * MINUTE)
}

fn every(minutes: i64) -> Spec {
    let every_ms = minutes * MINUTE as i64;
    Spec { intervals: vec![Interval { every_ms, phase_ms: 0 }], ..Spec::default() }
}

fn world(overlap: Overlap) -> World {
    with(Policies { overlap, ..Policies::default() }, Standing::default())
}

fn with(policies: Policies, standing: Standing) -> World {
    let spec = every(1).compile().unwrap();
    let schedule = Schedule::new(spec, policies, standing, at(100));
    World { schedule, now: at(100), runs: 0, log: String::new() }
}

impl World {
    /// As the engine does it, over and over until nothing is left to do now.
    fn step(&mut self) {
        loop {
            self.schedule.advance(self.now, "");
            for deed in self.schedule.decide() {
                self.do_it(deed);
            }
            if self.schedule.wake(self.now, "") != Wake::Now {
                return;
            }
        }
    }

    fn do_it(&mut self, deed: Deed) {
        let now = self.now.as_ms() / MINUTE;
        match deed {
            Deed::Start(wanted) => {
                self.runs += 1;
                let nominal = wanted.nominal.as_ms() / MINUTE;
                let aside = if wanted.exclusive { "" } else { " beside" };
                writeln!(self.log, "{now}: start {nominal} as run {}{aside}", self.runs).unwrap();
                let id = format!("w-{nominal}");
                self.schedule.started(&wanted, id, RunId(self.runs), self.now);
            }
            Deed::Cancel(running) => {
                writeln!(self.log, "{now}: cancel {}", running.workflow_id).unwrap();
            }
            Deed::Terminate(running) => {
                writeln!(self.log, "{now}: terminate {}", running.workflow_id).unwrap();
                self.schedule.ended(running.run, Outcome::Terminated);
                self.step();
            }
        }
    }

    /// Minute by minute.
    fn until(&mut self, minutes: u64) -> &mut World {
        while self.now < at(minutes) {
            self.now = self.now.plus(Delay(MINUTE));
            self.step();
        }
        self
    }

    /// The host was stopped meanwhile.
    fn jump(&mut self, minutes: u64) -> &mut World {
        self.now = at(minutes);
        self.step();
        self
    }

    fn ends(&mut self, run: u128, outcome: Outcome) -> &mut World {
        self.schedule.ended(RunId(run), outcome);
        self.step();
        self
    }

    fn patch(&mut self, patch: Patch) -> &mut World {
        self.schedule.advance(self.now, "");
        self.schedule.patch(patch, self.now).unwrap();
        self.step();
        self
    }

    fn check(&self, expected: Expect) {
        let progress = &self.schedule.progress;
        let running: Vec<_> = progress.running.iter().map(|it| it.workflow_id.as_str()).collect();
        let mut text = self.log.clone();
        write!(text, "running [{}]", running.join(" ")).unwrap();
        for (name, n) in [
            ("buffered", progress.buffer.len() as u64),
            ("missed", progress.n_missed),
            ("skipped", progress.n_skipped),
            ("dropped", progress.n_dropped),
        ] {
            if n > 0 {
                write!(text, ", {n} {name}").unwrap();
            }
        }
        if self.schedule.standing.paused {
            write!(text, ", paused: {}", self.schedule.standing.notes).unwrap();
        }
        if let Some(left) = self.schedule.standing.remaining {
            write!(text, ", {left} left").unwrap();
        }
        expected.assert_eq(&text);
    }
}

fn completed() -> Outcome {
    Outcome::Completed(Vec::new())
}

fn backfill(from: u64, until: u64, overlap: Option<Overlap>) -> Patch {
    let backfills = vec![Backfill { from: at(from), until: at(until), overlap }];
    Patch { backfills, ..Patch::default() }
}

fn trigger(overlap: Option<Overlap>) -> Patch {
    Patch { trigger: Some(Trigger { overlap, nominal: None }), ..Patch::default() }
}

#[test]
fn skip_starts_nothing_while_a_run_is_open() {
    let mut world = world(Overlap::Skip);
    world.until(103).ends(1, completed()).until(104).check(expect![[r#"
        101: start 101 as run 1
        104: start 104 as run 2
        running [w-104], 2 skipped"#]]);
}

#[test]
fn buffer_one_keeps_the_first_that_had_to_wait() {
    let mut world = world(Overlap::BufferOne);
    world.until(104).ends(1, completed()).until(105).check(expect![[r#"
        101: start 101 as run 1
        104: start 102 as run 2
        running [w-102], 1 buffered, 2 skipped"#]]);
}

#[test]
fn buffer_all_keeps_all_in_their_order() {
    let mut world = world(Overlap::BufferAll);
    world.until(104).ends(1, completed()).ends(2, completed()).check(expect![[r#"
        101: start 101 as run 1
        104: start 102 as run 2
        104: start 103 as run 3
        running [w-103], 1 buffered"#]]);
}

#[test]
fn cancel_other_asks_once_and_starts_the_last_one_when_the_run_has_ended() {
    let mut world = world(Overlap::CancelOther);
    world.until(104).ends(1, Outcome::Canceled).check(expect![[r#"
        101: start 101 as run 1
        102: cancel w-101
        104: start 104 as run 2
        running [w-104]"#]]);
}

#[test]
fn terminate_other_makes_room_at_once() {
    let mut world = world(Overlap::TerminateOther);
    world.until(103).check(expect![[r#"
        101: start 101 as run 1
        102: terminate w-101
        102: start 102 as run 2
        103: terminate w-102
        103: start 103 as run 3
        running [w-103]"#]]);
}

#[test]
fn allow_all_starts_beside_and_waits_for_nobody() {
    let mut world = world(Overlap::AllowAll);
    world.until(103).check(expect![[r#"
        101: start 101 as run 1 beside
        102: start 102 as run 2 beside
        103: start 103 as run 3 beside
        running []"#]]);
}

#[test]
fn after_a_stop_missed_times_are_caught_up_by_policy_as_far_as_the_window_reaches() {
    let stopped = |overlap| {
        let catchup_window = Delay(5 * MINUTE);
        let mut world =
            with(Policies { overlap, catchup_window, ..Policies::default() }, Standing::default());
        world.jump(110);
        world
    };
    stopped(Overlap::Skip).check(expect![[r#"
        110: start 105 as run 1
        running [w-105], 4 missed, 5 skipped"#]]);
    stopped(Overlap::BufferOne).check(expect![[r#"
        110: start 105 as run 1
        running [w-105], 1 buffered, 4 missed, 4 skipped"#]]);
    stopped(Overlap::BufferAll).check(expect![[r#"
        110: start 105 as run 1
        running [w-105], 5 buffered, 4 missed"#]]);
    stopped(Overlap::TerminateOther).check(expect![[r#"
        110: start 110 as run 1
        running [w-110], 4 missed"#]]);
    stopped(Overlap::AllowAll).check(expect![[r#"
        110: start 105 as run 1 beside
        110: start 106 as run 2 beside
        110: start 107 as run 3 beside
        110: start 108 as run 4 beside
        110: start 109 as run 5 beside
        110: start 110 as run 6 beside
        running [], 4 missed"#]]);
}

#[test]
fn a_day_of_seconds_is_caught_up_in_steps_of_bounded_length() {
    let seconds =
        Spec { intervals: vec![Interval { every_ms: 1000, phase_ms: 0 }], ..Spec::default() };
    let mut world = world(Overlap::Skip);
    world.schedule.spec = seconds.compile().unwrap();
    world.now = at(100 + 24 * 60);
    world.schedule.advance(world.now, "");
    assert_eq!(world.schedule.progress.buffer.len(), SCHEDULE_BUFFER_MAX);
    world.step();
    world.check(expect![[r#"
        1540: start 100 as run 1
        running [w-100], 86399 skipped"#]]);
}

#[test]
fn what_does_not_fit_into_the_buffer_is_dropped_and_counted() {
    let mut world = world(Overlap::BufferAll);
    world.jump(100 + SCHEDULE_BUFFER_MAX as u64 + 1);
    world.check(expect![[r#"
        1101: start 101 as run 1
        running [w-101], 999 buffered, 1 dropped"#]]);
    world.until(100 + SCHEDULE_BUFFER_MAX as u64 + 3);
    world.check(expect![[r#"
        1101: start 101 as run 1
        running [w-101], 1000 buffered, 2 dropped"#]]);
}

#[test]
fn a_backfill_is_taken_as_if_its_times_came_due_now() {
    let of = |overlap| {
        let mut world = world(Overlap::Skip);
        world.patch(backfill(11, 14, overlap));
        world
    };
    of(None).check(expect![[r#"
        100: start 11 as run 1
        running [w-11], 3 skipped"#]]);
    of(Some(Overlap::BufferAll)).check(expect![[r#"
        100: start 11 as run 1
        running [w-11], 3 buffered"#]]);
    of(Some(Overlap::CancelOther)).check(expect![[r#"
        100: start 14 as run 1
        running [w-14]"#]]);
    of(Some(Overlap::TerminateOther)).check(expect![[r#"
        100: start 14 as run 1
        running [w-14]"#]]);
    of(Some(Overlap::AllowAll)).check(expect![[r#"
        100: start 11 as run 1 beside
        100: start 12 as run 2 beside
        100: start 13 as run 3 beside
        100: start 14 as run 4 beside
        running []"#]]);
}

#[test]
fn a_backfill_has_the_times_at_both_its_ends_once() {
    let of = |from, until| {
        let backfills = vec![Backfill { from, until, overlap: Some(Overlap::AllowAll) }];
        let mut world = world(Overlap::Skip);
        world.patch(Patch { backfills, ..Patch::default() });
        world.runs
    };
    assert_eq!(of(at(10), at(13)), 4);
    assert_eq!(of(at(10), at(10)), 1);
    assert_eq!(of(at(10), Timestamp(at(11).0 - 1)), 1);
    assert_eq!(of(Timestamp(at(10).0 + 1), at(12)), 2);
    assert_eq!(of(Timestamp(at(10).0 + 1), Timestamp(at(11).0 - 1)), 0);
    // More than one step takes.
    assert_eq!(of(at(10), at(40)), 31);
}

#[test]
fn a_long_backfill_waits_for_room_and_loses_nothing() {
    let mut world = world(Overlap::BufferAll);
    world.patch(Patch { pause: Some("p".to_owned()), ..backfill(0, 2000, None) });
    let progress = &world.schedule.progress;
    let n = 1 + progress.buffer.len();
    assert_eq!((n, progress.n_dropped), (1 + SCHEDULE_BUFFER_MAX, 0));
    world.ends(1, completed());
    assert_eq!(world.schedule.progress.buffer.len(), SCHEDULE_BUFFER_MAX);
    assert_eq!(world.schedule.progress.n_dropped, 0);
}

#[test]
fn one_backfill_too_many_is_refused() {
    let mut world = world(Overlap::AllowAll);
    let one = Backfill { from: at(0), until: at(1), overlap: None };
    let all = Patch { backfills: vec![one; SCHEDULE_BACKFILLS_MAX], ..Patch::default() };
    let more = Patch { backfills: vec![one; SCHEDULE_BACKFILLS_MAX + 1], ..Patch::default() };
    assert!(world.schedule.patch(more, at(100)).is_err());
    assert!(world.schedule.patch(all, at(100)).is_ok());
}

#[test]
fn what_comes_due_in_a_pause_is_not_started_later_but_triggers_are_at_once() {
    let mut world = world(Overlap::AllowAll);
    world.until(101);
    world.patch(Patch { pause: Some("holiday".to_owned()), ..Patch::default() });
    world.until(103).patch(trigger(None)).until(104).check(expect![[r#"
        101: start 101 as run 1 beside
        103: start 103 as run 2 beside
        running [], paused: holiday"#]]);
    world.patch(Patch { unpause: Some("back".to_owned()), ..Patch::default() });
    world.until(106).check(expect![[r#"
        101: start 101 as run 1 beside
        103: start 103 as run 2 beside
        105: start 105 as run 3 beside
        106: start 106 as run 4 beside
        running []"#]]);
}

#[test]
fn a_limit_counts_scheduled_starts_only() {
    let standing = Standing { remaining: Some(2), ..Standing::default() };
    let mut world = with(Policies { overlap: Overlap::AllowAll, ..Policies::default() }, standing);
    assert_eq!(world.schedule.future(at(100), 10, ""), [at(101), at(102)]);
    world.patch(trigger(None)).until(105).patch(trigger(None)).check(expect![[r#"
        100: start 100 as run 1 beside
        101: start 101 as run 2 beside
        102: start 102 as run 3 beside
        105: start 105 as run 4 beside
        running [], 0 left"#]]);
    assert_eq!(world.schedule.future(world.now, 10, ""), []);
}

#[test]
fn a_failure_pauses_the_schedule_if_it_is_told_to_but_a_cancellation_does_not() {
    let policies = Policies { pause_on_failure: true, ..Policies::default() };
    let mut world = with(policies, Standing::default());
    world.until(101).ends(1, Outcome::Canceled).until(102).ends(2, Outcome::Terminated);
    world.until(103).ends(3, Outcome::Failed(Failure::host("Boom", "it broke"))).until(105);
    world.check(expect![[r#"
        101: start 101 as run 1
        102: start 102 as run 2
        103: start 103 as run 3
        running [], paused: paused due to workflow failure: w-103: it broke"#]]);
}

#[test]
fn the_next_run_gets_the_last_result_and_why_the_run_before_failed() {
    let mut world = world(Overlap::Skip);
    let result = vec![refrain_core::payload::Payload::default()];
    world.until(101).ends(1, Outcome::Completed(result.clone()));
    world.until(102).ends(2, Outcome::Failed(Failure::host("Boom", "it broke")));
    let progress = &world.schedule.progress;
    assert_eq!(progress.last_result, Some(result));
    assert_eq!(progress.last_failure.as_ref().unwrap().message, "it broke");
    world.until(103).ends(3, completed());
    assert_eq!(world.schedule.progress.last_failure, None);
}

#[test]
fn a_new_spec_counts_from_its_update_on() {
    let mut world = world(Overlap::AllowAll);
    world.now = at(102);
    world.schedule.advance(world.now, "");
    let spec = every(7).compile().unwrap();
    let policies = world.schedule.policies;
    world.schedule.update(spec, policies, Standing::default(), at(102));
    world.step();
    world.until(112).check(expect![[r#"
        102: start 101 as run 1 beside
        102: start 102 as run 2 beside
        105: start 105 as run 3 beside
        112: start 112 as run 4 beside
        running []"#]]);
}

#[test]
fn a_start_that_is_not_known_to_have_happened_is_done_again() {
    let mut world = world(Overlap::Skip);
    world.now = at(101);
    world.schedule.advance(world.now, "");
    let once = world.schedule.decide();
    assert_eq!(world.schedule.wake(world.now, ""), Wake::Now);
    // The host died here, after the commit.
    world.schedule.advance(at(102), "");
    let again = world.schedule.decide();
    assert_eq!(once, again);
    assert_eq!(world.schedule.progress.n_skipped, 1);
}

#[test]
fn a_schedule_without_more_times_is_kept_for_a_week_unless_it_is_held() {
    let mut world = world(Overlap::Skip);
    let spec = Spec { end: Some(at(102)), ..every(1) };
    world.schedule.spec = spec.compile().unwrap();
    assert_eq!(world.schedule.wake(at(100), ""), Wake::At(at(101)));
    world.until(102);
    assert_eq!(world.schedule.wake(world.now, ""), Wake::Never);
    world.ends(1, completed());
    let week = Delay::from_secs(7 * 86_400);
    assert_eq!(world.schedule.wake(world.now, ""), Wake::Expires(at(101).plus(week)));
    world.patch(Patch { pause: Some("kept".to_owned()), ..Patch::default() });
    assert_eq!(world.schedule.wake(world.now, ""), Wake::Never);
}

#[test]
fn only_the_last_ten_actions_are_shown() {
    let mut world = world(Overlap::AllowAll);
    world.until(115);
    let shown: Vec<_> = world.schedule.progress.recent.iter().map(|it| it.run.0).collect();
    assert_eq!(shown, (6..=15).collect::<Vec<_>>());
    assert_eq!(world.schedule.progress.n_actions, 15);
}
