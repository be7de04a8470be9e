//! What cron strings become, as Temporal's server was seen to compile them, and what is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

use expect_test::expect;
use refrain_calendar::SpecError;
use refrain_calendar::spec::{Calendar, CalendarText, Interval, Range, Spec};
use std::fmt::Write;

fn ranges(name: &str, ranges: &[Range], text: &mut String) {
    if ranges.is_empty() {
        return;
    }
    let of = |it: &Range| match (it.end == it.start, it.step) {
        (true, 1) => it.start.to_string(),
        (_, 1) => format!("{}-{}", it.start, it.end),
        (_, step) => format!("{}-{}/{step}", it.start, it.end),
    };
    let ranges: Vec<_> = ranges.iter().map(of).collect();
    write!(text, " {name}[{}]", ranges.join(" ")).unwrap();
}

fn calendar(calendar: &Calendar, text: &mut String) {
    ranges("s", &calendar.second, text);
    ranges("m", &calendar.minute, text);
    ranges("h", &calendar.hour, text);
    ranges("dom", &calendar.day_of_month, text);
    ranges("mon", &calendar.month, text);
    ranges("y", &calendar.year, text);
    ranges("dow", &calendar.day_of_week, text);
    if !calendar.comment.is_empty() {
        write!(text, " # {}", calendar.comment).unwrap();
    }
}

fn show(spec: Spec) -> String {
    let compiled = match spec.compile() {
        Ok(compiled) => compiled.spec().clone(),
        Err(error) => return format!(" {error}"),
    };
    let mut text = String::new();
    compiled.calendars.iter().for_each(|it| calendar(it, &mut text));
    for it in &compiled.intervals {
        write!(text, " every {} ms, phase {}", it.every_ms, it.phase_ms).unwrap();
    }
    if !compiled.zone.is_empty() {
        write!(text, " in {}", compiled.zone).unwrap();
    }
    text
}

fn cron(text: &str) -> Spec {
    Spec { crons: vec![text.to_owned()], ..Spec::default() }
}

fn table(crons: &[&str]) -> String {
    crons.iter().fold(String::new(), |mut table, text| {
        writeln!(table, "{text}:{}", show(cron(text))).unwrap();
        table
    })
}

#[test]
fn cron_strings_become_calendars() {
    expect![[r#"
        0 12 * * *: s[0] m[0] h[12] dom[1-31] mon[1-12] dow[0-6]
        */15 * * * *: s[0] m[0-59/15] h[0-23] dom[1-31] mon[1-12] dow[0-6]
        5/15 5-20/5 * * *: s[0] m[5-59/15] h[5-20/5] dom[1-31] mon[1-12] dow[0-6]
        1,2,3 4 * jan,decem *: s[0] m[1 2 3] h[4] dom[1-31] mon[1 12] dow[0-6]
        0 0 1 1 * 2027-2030/2: s[0] m[0] h[0] dom[1] mon[1] y[2027-2030/2] dow[0-6]
        30 0 0 1 1 * 2027: s[30] m[0] h[0] dom[1] mon[1] y[2027] dow[0-6]
        0 0 1 1 * */4: s[0] m[0] h[0] dom[1] mon[1] y[2000-2100/4] dow[0-6]
         1  2 3 4 5 # hello there: s[0] m[1] h[2] dom[3] mon[4] dow[5] # hello there
        01 +2 3 4 5: s[0] m[1] h[2] dom[3] mon[4] dow[5]
        @yearly: s[0] m[0] h[0] dom[1] mon[1] dow[0-6]
        @monthly: s[0] m[0] h[0] dom[1] mon[1-12] dow[0-6]
        @weekly: s[0] m[0] h[0] dom[1-31] mon[1-12] dow[0]
        @midnight # late: s[0] m[0] h[0] dom[1-31] mon[1-12] dow[0-6] # late
        @hourly: s[0] m[0] h[0-23] dom[1-31] mon[1-12] dow[0-6]
        @every 10m/3m: every 600000 ms, phase 180000
        @every 1d1.5h: every 91800000 ms, phase 0
        @every 1500ms: every 1500 ms, phase 0
        CRON_TZ=America/New_York 0 12 * * *: s[0] m[0] h[12] dom[1-31] mon[1-12] dow[0-6] in America/New_York
        TZ=Europe/Paris @daily: s[0] m[0] h[0] dom[1-31] mon[1-12] dow[0-6] in Europe/Paris
        TZ=Europe/Paris @every 10m: every 600000 ms, phase 0
        TZ= 0 12 * * *: s[0] m[0] h[12] dom[1-31] mon[1-12] dow[0-6]
    "#]].assert_eq(&table(&[
        "0 12 * * *",
        "*/15 * * * *",
        "5/15 5-20/5 * * *",
        "1,2,3 4 * jan,decem *",
        "0 0 1 1 * 2027-2030/2",
        "30 0 0 1 1 * 2027",
        "0 0 1 1 * */4",
        " 1  2 3 4 5 # hello there",
        "01 +2 3 4 5",
        "@yearly",
        "@monthly",
        "@weekly",
        "@midnight # late",
        "@hourly",
        "@every 10m/3m",
        "@every 1d1.5h",
        "@every 1500ms",
        "CRON_TZ=America/New_York 0 12 * * *",
        "TZ=Europe/Paris @daily",
        "TZ=Europe/Paris @every 10m",
        "TZ= 0 12 * * *",
    ]));
}

#[test]
fn sunday_is_0_or_7() {
    let of = |days: &&str| {
        let table = table(&[&format!("0 0 * * {days}")]);
        table.split_once("dow").unwrap().1.to_owned()
    };
    let days = [
        "0",
        "7",
        "5-7",
        "0-7",
        "1-7",
        "2-7/2",
        "1-7/2",
        "7/2",
        "0,7",
        "*/2",
        "5/1",
        "mon-fri",
        "Monday,tues,SU",
        "6-7/2",
        "0/7",
    ];
    let table: String = days.iter().map(|it| format!("{it}: {}", of(it))).collect();
    expect![[r#"
        0: [0]
        7: [0]
        5-7: [0 5-6]
        0-7: [0-6]
        1-7: [0 1-6]
        2-7/2: [2-6/2]
        1-7/2: [0 1-6/2]
        7/2: [0]
        0,7: [0 0]
        */2: [0-6/2]
        5/1: [0 5-6]
        mon-fri: [1-5]
        Monday,tues,SU: [1 2 0]
        6-7/2: [6-6/2]
        0/7: [0 0-6/7]
    "#]]
    .assert_eq(&table);
}

#[test]
fn what_means_nothing_is_refused_with_what_was_found() {
    expect![[r#"
        0 12 ? * *: DayOfMonth is `?`, expected values in [1-31]
        60 * * * *: Minute is `60`, expected values in [0-59]
        -1 * * * *: Minute is ``, expected values in [0-59]
        5-1 * * * *: Minute is `5-1`: it ends before it starts
        */0 * * * *: Minute is `*/0`, expected a step of 1 or more
        1,, * * * *: Minute is ``, expected values in [0-59]
        1.5 * * * *: Minute is `1.5`, expected values in [0-59]
        0 12 * * fri-sun: DayOfWeek is `fri-sun`: it ends before it starts
        0 12 * * s: DayOfWeek is `s`, expected values in [0-7]
        0 12 * ma *: Month is `ma`, expected values in [1-12]
        0 0 1 1 * 1999: Year is `1999`, expected values in [2000-2100]
        # only: cron string `# only` has 0 fields, expected 5 to 7
        @reboot: cron string `@reboot` has 1 fields, expected 5 to 7
        @Daily: cron string `@Daily` has 1 fields, expected 5 to 7
        1 2 3 4: cron string `1 2 3 4` has 4 fields, expected 5 to 7
        1 2 3 4 5 6 7 8: cron string `1 2 3 4 5 6 7 8` has 8 fields, expected 5 to 7
        @every: cron string `@every` has no interval after @every
        @every 90: duration is `90`, expected one like `90s` or `1h30m`
        @every 0s: interval is 0 ms, expected at least 1 s
        @every 500ms: interval is 500 ms, expected at least 1 s
        @every 10m/10m: phase of interval is 600000 ms, expected it between 0 and the interval
        @every  10m: duration is ` 10m`, expected one like `90s` or `1h30m`
        @every 1w: duration is `1w`, expected one like `90s` or `1h30m`
        TZ=Nowhere/Land 0 12 * * *: time zone `Nowhere/Land` is unknown, expected a name like `Europe/Paris`
        TZ=UTC: cron string `TZ=UTC` has a time zone, but no fields
        : cron string `` has 0 fields, expected 5 to 7
    "#]].assert_eq(&table(&[
        "0 12 ? * *",
        "60 * * * *",
        "-1 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "1,, * * * *",
        "1.5 * * * *",
        "0 12 * * fri-sun",
        "0 12 * * s",
        "0 12 * ma *",
        "0 0 1 1 * 1999",
        "# only",
        "@reboot",
        "@Daily",
        "1 2 3 4",
        "1 2 3 4 5 6 7 8",
        "@every",
        "@every 90",
        "@every 0s",
        "@every 500ms",
        "@every 10m/10m",
        "@every  10m",
        "@every 1w",
        "TZ=Nowhere/Land 0 12 * * *",
        "TZ=UTC",
        "",
    ]));
}

#[test]
fn a_spec_has_one_time_zone() {
    let both = |zone: &str, crons: &[&str]| {
        let crons = crons.iter().map(|it| (*it).to_owned()).collect();
        show(Spec { crons, zone: zone.to_owned(), ..Spec::default() })
    };
    let conflict = both("Europe/Paris", &["TZ=America/New_York 0 12 * * *"]);
    assert!(conflict.contains("expected one for all of it"), "{conflict}");
    let conflict = both("", &["0 13 * * *", "TZ=Europe/Paris 0 12 * * *"]);
    assert!(conflict.contains("expected one for all of it"), "{conflict}");
    assert!(both("Europe/Paris", &["TZ=Europe/Paris 0 12 * * *"]).ends_with("in Europe/Paris"));
}

#[test]
fn texts_and_cron_strings_come_after_what_was_structured() {
    let hour = |hour| Calendar {
        hour: vec![Range { start: hour, end: 0, step: 0 }],
        ..Calendar::default()
    };
    let spec = Spec {
        calendars: vec![hour(5)],
        texts: vec![CalendarText { hour: "3".to_owned(), ..CalendarText::default() }],
        crons: vec!["@every 1m".to_owned(), "0 1 * * *".to_owned()],
        intervals: vec![Interval { every_ms: 3_600_000, phase_ms: 0 }],
        ..Spec::default()
    };
    expect![" h[5] s[0] m[0] h[3] dom[1-31] mon[1-12] dow[0-6] s[0] m[0] h[1] dom[1-31] mon[1-12] dow[0-6] every 3600000 ms, phase 0 every 60000 ms, phase 0"].assert_eq(&show(spec));
}

#[test]
fn structured_calendars_are_checked_too() {
    let with = |range: Range| {
        let calendar = Calendar { day_of_week: vec![range], ..Calendar::default() };
        Spec { calendars: vec![calendar], ..Spec::default() }.compile().map(drop)
    };
    let bad = |start, end, step| with(Range { start, end, step }).unwrap_err().to_string();
    expect!["DayOfWeek is `7-0/0`, expected values in [0-6]"].assert_eq(&bad(7, 0, 0));
    expect!["DayOfWeek is `5-2/0`: it ends before it starts"].assert_eq(&bad(5, 2, 0));
    expect!["DayOfWeek is `1-5/-1`, expected a step of 1 or more"].assert_eq(&bad(1, 5, -1));
    assert_eq!(with(Range { start: 6, end: 6, step: 100 }), Ok(()));
    let interval = |every_ms, phase_ms| {
        let intervals = vec![Interval { every_ms, phase_ms }];
        Spec { intervals, ..Spec::default() }.compile().map(drop)
    };
    assert_eq!(interval(999, 0), Err(SpecError::IntervalTooSmall { found_ms: 999 }));
    assert_eq!(interval(1000, -1), Err(SpecError::Phase { found_ms: -1 }));
    assert_eq!(interval(1000, 1000), Err(SpecError::Phase { found_ms: 1000 }));
    assert_eq!(interval(1000, 999), Ok(()));
}
