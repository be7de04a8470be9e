//! Our times against those of other people's code. `expectations.py` says how they were found.

#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::NaiveDateTime;
use refrain_calendar::next_cron_time;
use refrain_calendar::spec::Spec;
use refrain_core::time::Timestamp;

const EXPECTED: &str = include_str!("expectations.txt");
const FORMAT: &str = "%Y-%m-%dT%H:%M";

fn moment(text: &str) -> Timestamp {
    let at = NaiveDateTime::parse_from_str(text, FORMAT).unwrap();
    Timestamp(at.and_utc().timestamp_millis() as u64)
}

fn text(times: &[Timestamp]) -> String {
    let text = |at: &Timestamp| {
        let at = chrono::DateTime::from_timestamp_millis(at.as_ms() as i64).unwrap();
        at.format(FORMAT).to_string()
    };
    times.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn of_schedule(zone: &str, cron: &str, after: Timestamp, until: Timestamp, n: usize) -> String {
    let spec = Spec { crons: vec![cron.to_owned()], zone: zone.to_owned(), ..Spec::default() };
    let times = spec.compile().unwrap().matching(after, until, n, "");
    text(&times.iter().map(|it| it.nominal).collect::<Vec<_>>())
}

fn of_workflow(cron: &str, after: Timestamp, n: usize) -> String {
    let next = |at: &Timestamp| next_cron_time(cron, *at, *at).unwrap();
    text(&std::iter::successors(next(&after), next).take(n).collect::<Vec<_>>())
}

#[test]
fn times_are_those_of_zoneinfo_and_croniter() {
    let mut n_rows = 0;
    for line in EXPECTED.lines() {
        let columns: Vec<_> = line.split(" | ").collect();
        let [kind, zone, cron, after, until, expected] = columns.as_slice() else {
            panic!("{line}");
        };
        let n = expected.split_whitespace().count();
        let after = moment(after);
        let ours = match *kind {
            // Random rows end with the eighth time.
            "clock" => of_schedule(zone, cron, after, moment(until), if n == 8 { 8 } else { 1000 }),
            "croniter-and" => of_schedule(zone, cron, after, Timestamp::NEVER, n),
            "croniter-or" => of_workflow(cron, after, n),
            _ => panic!("{line}"),
        };
        assert_eq!(ours, expected.trim(), "{line}");
        n_rows += 1;
    }
    assert!(n_rows > 400, "{n_rows} rows");
}
