//! Times of whole specs, and the same times found by looking at every second.

#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeZone, Timelike};
use expect_test::expect;
use proptest::prelude::*;
use refrain_calendar::spec::{Calendar, Interval, Range, Spec};
use refrain_calendar::{CronError, Time, next_cron_time};
use refrain_core::time::Timestamp;

fn moment(text: &str) -> Timestamp {
    Timestamp(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis() as u64)
}

fn text(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_millis(at.as_ms() as i64).unwrap();
    at.format("%FT%T%.fZ").to_string()
}

fn nominal(times: &[Time]) -> Vec<String> {
    times.iter().map(|it| text(it.nominal)).collect()
}

fn every(every_ms: i64, phase_ms: i64) -> Spec {
    Spec { intervals: vec![Interval { every_ms, phase_ms }], ..Spec::default() }
}

fn one(start: i32, end: i32) -> Vec<Range> {
    vec![Range { start, end, step: 1 }]
}

fn daily(hour: i32, minute: i32) -> Calendar {
    Calendar {
        second: one(0, 0),
        minute: one(minute, minute),
        hour: one(hour, hour),
        day_of_month: one(1, 31),
        month: one(1, 12),
        day_of_week: one(0, 6),
        ..Calendar::default()
    }
}

fn between(spec: Spec, after: &str, until: &str) -> Vec<String> {
    nominal(&spec.compile().unwrap().matching(moment(after), moment(until), 1000, ""))
}

#[test]
fn a_range_begins_after_its_start_and_includes_its_end() {
    let times = between(every(600_000, 0), "2026-11-01T00:00:00Z", "2026-11-01T00:20:00Z");
    assert_eq!(times, ["2026-11-01T00:10:00Z", "2026-11-01T00:20:00Z"]);
}

#[test]
fn start_and_end_are_inclusive_and_count_in_seconds() {
    let spec = Spec {
        start: Some(moment("2026-04-22T13:10:30.500Z")),
        end: Some(moment("2026-04-22T13:30:30Z")),
        ..every(600_000, 30_000)
    };
    let times = between(spec, "2026-04-22T13:00:00Z", "2026-04-22T14:00:00Z");
    assert_eq!(times, ["2026-04-22T13:10:30Z", "2026-04-22T13:20:30Z", "2026-04-22T13:30:30Z"]);
}

#[test]
fn of_an_interval_whole_seconds_count() {
    let times = between(every(1500, 0), "2026-04-22T13:00:00Z", "2026-04-22T13:00:03Z");
    assert_eq!(times.len(), 3, "{times:?}");
}

#[test]
fn a_calendar_without_minutes_matches_nothing_and_excludes_nothing() {
    let hour = Calendar { hour: one(13, 13), ..Calendar::default() };
    let only = Spec { calendars: vec![hour.clone()], ..Spec::default() };
    assert_eq!(only.compile().unwrap().next_after(Timestamp(0), ""), None);
    let spec = Spec { exclude: vec![hour], ..every(600_000, 0) };
    let times = between(spec, "2026-04-22T13:00:00Z", "2026-04-22T13:20:00Z");
    assert_eq!(times.len(), 2, "{times:?}");
}

#[test]
fn what_is_excluded_does_not_fire() {
    let spec = Spec { exclude: vec![daily(13, 0)], ..every(300_000, 0) };
    let times = between(spec, "2026-04-22T12:50:00Z", "2026-04-22T13:10:00Z");
    assert_eq!(times, ["2026-04-22T12:55:00Z", "2026-04-22T13:05:00Z", "2026-04-22T13:10:00Z"]);
}

#[test]
fn months_of_excluded_seconds_are_passed_over() {
    let months = Calendar {
        second: one(0, 59),
        minute: one(0, 59),
        hour: one(0, 23),
        month: one(1, 11),
        ..daily(0, 0)
    };
    let spec = Spec { exclude: vec![months.clone()], ..every(1000, 0) }.compile().unwrap();
    let next = spec.next_after(moment("2026-01-01T00:00:00Z"), "").unwrap();
    assert_eq!(text(next.nominal), "2026-12-01T00:00:00Z");
    let never = Calendar { month: one(1, 12), ..months };
    let spec = Spec { exclude: vec![never], ..every(1000, 0) }.compile().unwrap();
    assert_eq!(spec.next_after(moment("2026-01-01T00:00:00Z"), ""), None);
}

#[test]
fn a_date_that_never_comes_and_the_end_of_time_are_found_soon() {
    let february_30 = Calendar { day_of_month: one(30, 30), month: one(2, 2), ..daily(0, 0) };
    let spec = Spec { calendars: vec![february_30], ..Spec::default() }.compile().unwrap();
    assert_eq!(spec.next_after(Timestamp(0), ""), None);
    let spec = every(600_000, 0).compile().unwrap();
    let last = moment("2100-12-31T23:50:00Z");
    assert_eq!(spec.next_after(Timestamp(last.as_ms() - 1000), "").unwrap().nominal, last);
    assert_eq!(spec.next_after(last, ""), None);
    assert_eq!(spec.next_after(Timestamp::NEVER, ""), None);
}

#[test]
fn what_the_clock_skips_does_not_fire_and_what_it_repeats_does_as_at_temporal() {
    let around = |zone: &str, hour, minute, after: &str, until: &str| {
        let calendars = vec![daily(hour, minute)];
        between(Spec { calendars, zone: zone.to_owned(), ..Spec::default() }, after, until)
    };
    let new_york = "America/New_York";
    let spring = around(new_york, 2, 30, "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z");
    assert_eq!(spring, ["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"]);
    let autumn = around(new_york, 1, 30, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z");
    assert_eq!(autumn, ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]);
    let lord_howe =
        around("Australia/Lord_Howe", 1, 45, "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z");
    assert_eq!(lord_howe, ["2026-04-04T15:15:00Z"]);
    let london = around("Europe/London", 1, 30, "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z");
    assert_eq!(london, ["2026-10-25T01:30:00Z"]);
}

#[test]
fn jitter_is_the_same_for_the_same_time_and_ends_before_the_next() {
    let spec = Spec { jitter_ms: 3_600_000, ..every(600_000, 0) }.compile().unwrap();
    let from = moment("2026-04-22T13:00:00Z");
    let until = moment("2026-04-23T13:00:00Z");
    let times = spec.matching(from, until, 1000, "one");
    for pair in times.windows(2) {
        assert!(pair[0].nominal <= pair[0].at && pair[0].at < pair[1].nominal, "{pair:?}");
    }
    assert_eq!(spec.matching(from, until, 1000, "one"), times);
    assert_ne!(spec.matching(from, until, 1000, "other"), times);
    // Stored schedules depend on these very values.
    let first: Vec<_> = times[..3].iter().map(|it| text(it.at)).collect();
    expect!["2026-04-22T13:17:29.939Z 2026-04-22T13:21:30.762Z 2026-04-22T13:32:45.273Z"]
        .assert_eq(&first.join(" "));
}

#[test]
fn a_workflow_s_cron_has_five_fields_and_rules_of_its_own() {
    let next = |cron: &str, after: &str| {
        let after = moment(after);
        next_cron_time(cron, after, after).map(|it| it.map_or("never".to_owned(), text))
    };
    let at = "2026-11-22T10:00:00Z";
    assert_eq!(next("@every 90s", at).unwrap(), "2026-11-22T10:01:30Z");
    assert_eq!(next("0 12 ? * ?", at).unwrap(), "2026-11-22T12:00:00Z");
    // The first, or a Monday.
    assert_eq!(next("0 0 1 * mon", at).unwrap(), "2026-11-23T00:00:00Z");
    assert_eq!(next("CRON_TZ=Europe/Paris @daily", at).unwrap(), "2026-11-22T23:00:00Z");
    assert_eq!(next("0 0 30 2 *", at).unwrap(), "never");
    let found = "0 0 0 1 1 *".to_owned();
    assert_eq!(next("0 0 0 1 1 *", at), Err(CronError::Fields { found, n_fields: 6 }));
    assert!(next("", at).is_err());
    assert!(next("TZ=UTC", at).is_err());
    assert_eq!(next("@every 1ms", at).unwrap(), "2026-11-22T10:00:01Z");
    let refused = [
        "61 * * * *",
        "0 0 * * 7",
        "0 0 * * 5-7/2",
        "5-1 * * * *",
        "*/0 * * * *",
        "* * * * * # all",
        "* * * * *#",
        "@every 10m/3m",
        "@every",
        "@sometimes",
        "CRON_TZ=Mars/X * * * * *",
        "CRON_TZ=Mars/X @every 5s",
    ];
    for cron in refused {
        assert!(next(cron, at).is_err(), "{cron}");
    }
    assert_eq!(next("0 0 * * */7", at).unwrap(), "2026-11-29T00:00:00Z");
}

/// What would have been due while the last run was still running is left out.
#[test]
fn a_workflow_s_next_cron_time_is_not_before_the_end_of_its_last_run() {
    let next = |cron: &str, from: &str, now: &str| {
        next_cron_time(cron, moment(from), moment(now)).unwrap().map(text).unwrap()
    };
    let from = "2026-11-22T10:00:00Z";
    let every = |now: &str| next("@every 90s", from, now);
    assert_eq!(every("2026-11-22T10:00:30Z"), "2026-11-22T10:01:30Z");
    assert_eq!(every("2026-11-22T10:01:30Z"), "2026-11-22T10:01:30Z");
    assert_eq!(every("2026-11-22T10:01:31Z"), "2026-11-22T10:03:00Z");
    let hourly = |now: &str| next("@hourly", from, now);
    assert_eq!(hourly(from), "2026-11-22T11:00:00Z");
    assert_eq!(hourly("2026-11-22T11:00:00Z"), "2026-11-22T11:00:00Z");
    assert_eq!(hourly("2026-11-22T13:30:00Z"), "2026-11-22T14:00:00Z");
}

/// As the documentation says it, without a thought of speed.
fn matches(spec: &Spec, at_s: i64) -> bool {
    let zone: chrono_tz::Tz = spec.zone.parse().unwrap();
    let utc = DateTime::from_timestamp(at_s, 0).unwrap().naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
    let local: NaiveDateTime = utc + chrono::Duration::seconds(i64::from(offset));
    let both = zone.offset_from_local_datetime(&local);
    let again = match (both.earliest(), both.latest()) {
        (Some(first), Some(last)) if first.fix() != last.fix() => {
            (first.fix().local_minus_utc() == offset).then(|| last.fix().local_minus_utc())
        }
        _ => None,
    };
    let has = |ranges: &[Range], value: i32| {
        ranges.iter().any(|it| (it.start..=it.end).step_by(it.step as usize).any(|it| it == value))
    };
    let shows = |it: &Calendar| {
        has(&it.second, local.second() as i32)
            && has(&it.minute, local.minute() as i32)
            && has(&it.hour, local.hour() as i32)
            && has(&it.day_of_month, local.day() as i32)
            && has(&it.month, local.month() as i32)
            && has(&it.day_of_week, local.weekday().num_days_from_sunday() as i32)
    };
    let all_hours = |it: &Calendar| (0..24).all(|hour| has(&it.hour, hour));
    let fires = |it: &Calendar| shows(it) && (all_hours(it) || again.is_none_or(|it| it < 0));
    let beats = |it: &Interval| (at_s - it.phase_ms / 1000).rem_euclid(it.every_ms / 1000) == 0;
    (spec.calendars.iter().any(fires) || spec.intervals.iter().any(beats))
        && !spec.exclude.iter().any(shows)
}

fn field(least: i32, most: i32) -> impl Strategy<Value = Vec<Range>> {
    let range = (least..=most, least..=most, 1..=7).prop_map(|(one, other, step)| Range {
        start: one.min(other),
        end: one.max(other),
        step,
    });
    prop_oneof![
        2 => Just(vec![Range { start: least, end: most, step: 1 }]),
        2 => proptest::collection::vec(range, 1..3),
    ]
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let clock = (field(0, 59), field(0, 59), field(0, 23));
    (clock, field(1, 31), field(0, 6)).prop_map(|((second, minute, hour), days, weekdays)| {
        Calendar {
            second,
            minute,
            hour,
            day_of_month: days,
            month: one(1, 12),
            day_of_week: weekdays,
            ..Calendar::default()
        }
    })
}

const ZONES: [&str; 6] = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Australia/Sydney",
    "UTC",
];

fn spec() -> impl Strategy<Value = Spec> {
    let interval = (1000..50_000_000_i64, 0..1000_i64).prop_map(|(every_ms, phase)| Interval {
        every_ms: every_ms / 1000 * 1000,
        phase_ms: phase * (every_ms / 1000 * 1000 - 1) / 1000,
    });
    (
        proptest::collection::vec(calendar(), 0..3),
        proptest::collection::vec(interval, 0..2),
        proptest::collection::vec(calendar(), 0..2),
        proptest::sample::select(&ZONES[..]),
    )
        .prop_map(|(calendars, intervals, exclude, zone)| Spec {
            calendars,
            intervals,
            exclude,
            zone: zone.to_owned(),
            ..Spec::default()
        })
}

/// Days on which clocks are changed, and one on which none is.
const DAYS: [&str; 8] = [
    "2026-03-08T00:00:00Z",
    "2026-11-01T00:00:00Z",
    "2026-03-28T18:00:00Z",
    "2026-10-24T18:00:00Z",
    "2026-04-04T09:00:00Z",
    "2026-10-03T09:00:00Z",
    "2026-04-23T15:00:00Z",
    "2026-10-29T15:00:00Z",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_next_time_is_the_first_second_that_matches(
        spec in spec(),
        day in proptest::sample::select(&DAYS[..]),
        second in 0..43_200_i64,
    ) {
        const LOOK_S: i64 = 40_000;
        let after_s = (moment(day).as_ms() / 1000) as i64 + second;
        let first = (after_s + 1..=after_s + LOOK_S).find(|at| matches(&spec, *at));
        let compiled = spec.compile().unwrap();
        let next = compiled.next_after(Timestamp(after_s as u64 * 1000), "");
        let next = next.map(|it| (it.nominal.as_ms() / 1000) as i64);
        prop_assert_eq!(next.filter(|it| *it <= after_s + LOOK_S), first);
    }
}

/// Europe/Paris as RFC 9636 has it: two kinds of local time, and the rule for all years.
fn paris() -> Vec<u8> {
    let mut file = Vec::new();
    for version in 0..2 {
        file.extend(b"TZif2");
        file.extend([0; 15]);
        // No indicators, leap seconds and transitions; one kind of time, with four letters.
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(3600_i32.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"CET\0");
        if version == 1 {
            file.extend(b"\nCET-1CEST,M3.5.0,M10.5.0/3\n");
        }
    }
    file
}

#[test]
fn a_zone_may_be_brought_along_and_has_its_changes_of_the_clock() {
    let spec = |zone: &str, zone_data: Vec<u8>| Spec {
        crons: vec!["30 2 * * *".to_owned()],
        zone: zone.to_owned(),
        zone_data,
        ..Spec::default()
    };
    let times = |spec: Spec, from: &str, until: &str| {
        let spec = spec.compile().unwrap();
        let times = spec.matching(moment(from), moment(until), 10, "");
        times.into_iter().map(|it| text(it.nominal)).collect::<Vec<_>>()
    };
    // Around both changes of 2026: 2:30 that does not exist, and 2:30 that comes twice.
    for (from, until) in [
        ("2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z"),
        ("2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z"),
    ] {
        let ours = times(spec("Europe/Paris", Vec::new()), from, until);
        assert_eq!(times(spec("home", paris()), from, until), ours);
        assert!(ours.len() >= 3, "{ours:?}");
    }
    let refused = |data: Vec<u8>| spec("home", data).compile().map(drop).unwrap_err().to_string();
    assert_eq!(refused(vec![0; 3]), "timezone_data has 3 bytes that are not a TZif file");
    let mut large = paris();
    large.resize((64 << 10) + 1, 0);
    assert_eq!(refused(large), "timezone_data has 65537 bytes, expected at most 65536");
}
