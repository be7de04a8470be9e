//! Random scripts, from a seed: the same seed gives the same text for ever.

mod others;

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a player of scripts can't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Lines may share a step (`&`), and things that are due a moment.
    pub together: bool,
    /// Other workflows take part.
    pub others: bool,
}

/// Small, fast, and good enough to choose lines (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn choose<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// A script of one to twenty things that happen, with the programs for it.
///
/// Times are odd milliseconds apart, so that what is due and what arrives do not share a moment:
/// in which order those are taken is nobody's promise.
pub fn script(seed: u64, dialect: Dialect) -> String {
    let mut dice = Dice(seed);
    let mut text = String::new();
    let alone = dialect.together || !dialect.others;
    let backoff = if dice.one_in(8) && alone { " backoff=7s" } else { "" };
    // The end of a run is also the end of its activities: a moment that two things share.
    let limit = if dialect.together && dice.one_in(8) { " run-timeout=45s" } else { "" };
    let retry = if dice.one_in(4) { " retry=5003ms attempts=3" } else { "" };
    // What is skipped to is due at once: a moment that two things share.
    let skip = match dialect.together && dice.one_in(4) {
        true => dice.choose(&[" skip=on", " skip=on,most:3", " skip=on,forward:a:20s"]),
        false => "",
    };
    let _ = writeln!(text, "0s start order{backoff}{limit}{retry}{skip}");
    let mut first = program(&mut dice, true);
    if dialect.others {
        first = others::join(&mut dice, &first, dialect);
    }
    text.push_str(&first);
    let mut now = 0;
    for _ in 0..=dice.below(20) {
        now += dice.below(9000) * 2 + 1;
        if dialect.others && dice.one_in(3) {
            let _ = writeln!(text, "{now}ms {}", others::act(&mut dice, dialect));
            continue;
        }
        act(&mut dice, &mut text, now, &first, alone);
        if dialect.together && dice.one_in(16) {
            let skip = dice.choose(&["on", "off", "none", "on,most:1", "on,forward:b:20s"]);
            let _ = writeln!(text, "{now}ms & run-options skip={skip}");
        }
        if dialect.together && dice.one_in(4) {
            let arrival = arrival(&mut dice);
            let _ = writeln!(text, "{now}ms & {arrival}");
        }
    }
    let _ = writeln!(text, "{}ms -\n{}ms query seen", now + 90_001, now + 90_001);
    text
}

fn arrival(dice: &mut Dice) -> String {
    match dice.below(15) {
        8 => "pause".to_owned(),
        9 | 10 => "unpause".to_owned(),
        0 | 11 => "cancel \"why\"".to_owned(),
        2 | 3 | 12 | 13 => {
            let name = dice.choose(&["pay", "calm", "calm", "calm", "bad", "trap"]);
            format!("update {name} id=i{}", dice.below(5))
        }
        1 => "terminate \"enough\"".to_owned(),
        4 => format!("signal s{} request=r{}", dice.below(3), dice.below(2)),
        n => format!("signal s{n} \"{}\"", dice.below(100)),
    }
}

fn act(dice: &mut Dice, text: &mut String, now: u64, first: &str, alone: bool) {
    let kind = dice.choose(&["a1", "a2", "a3", "a4"]);
    let line = match dice.below(24) {
        0..=5 => format!("take {kind}"),
        6 | 7 => format!("done {kind} \"ok\""),
        8 => format!("fail {kind} \"no\""),
        9 => format!("fail {kind} \"never\" final"),
        10 => format!("beat {kind} \"{}\"", dice.below(100)),
        11 => format!("give-up {kind}"),
        12 => "start order".to_owned(),
        13 => dice.choose(&["query seen", "check", "move"]).to_owned(),
        14 => dice.choose(&["deploy", "release"]).to_owned(),
        17 => format!("ask i{}", dice.below(5)),
        15 if dice.one_in(4) => "delete".to_owned(),
        // Events that may end a task, more often than others.
        16 if dice.one_in(2) => {
            let nth = dice.below(4);
            let at = 4 + nth * 3 + dice.below(2) * dice.below(6);
            let (signals, updates) = (dice.choose(&["yes", "no"]), dice.choose(&["yes", "no"]));
            format!("reset {at} \"back\" signals={signals} updates={updates}")
        }
        20 => format!("pause-activity {kind} \"why\""),
        21 => format!("unpause-activity {kind} {}", dice.choose(&["", "attempts", "beat"])),
        22 => format!("reset-activity {kind} {}", dice.choose(&["", "keep", "beat", "options"])),
        23 => match dice.below(3) {
            0 => format!("options {kind} restore"),
            1 => format!("done-outside {kind} \"by hand\""),
            // Odd, as all lengths that are not an operator's are even: see `script`.
            _ => format!("options {kind} retry={}ms attempts=5", 3001 + dice.below(1000) * 2),
        },
        _ => arrival(dice),
    };
    if !alone && others::holds_up(&line) {
        return;
    }
    let _ = writeln!(text, "{now}ms {line}");
    if line == "deploy" || line == "release" {
        // The program again, but without what breaks it; or another one.
        let next = match dice.one_in(3) {
            true => program(dice, false),
            false => first.replace("trap", "-"),
        };
        text.push_str(&next);
    }
}

fn program(dice: &mut Dice, may_trap: bool) -> String {
    let mut text = String::new();
    let (mut n_activities, mut has_local) = (0, false);
    for _ in 0..2 + dice.below(9) {
        let n = dice.below(4);
        let wishes: Vec<_> =
            (0..n).map(|_| wish(dice, may_trap, &mut n_activities, &mut has_local)).collect();
        let wishes = if wishes.is_empty() { "-".to_owned() } else { wishes.join(", ") };
        let _ = writeln!(text, "guest {wishes}");
    }
    text
}

/// Each activity has a type and a queue of its own: which of two that wait is handed out first
/// is not what these scripts are about.
fn wish(dice: &mut Dice, may_trap: bool, n_activities: &mut u32, has_local: &mut bool) -> String {
    match dice.below(32) {
        // One at a time: in which order two of them end is nobody's promise.
        30 | 31 if !std::mem::replace(has_local, true) => {
            let kind = dice.choose(&["look", "flaky", "never"]);
            let retry = dice.choose(&["1ms", "1ms", "70001ms"]);
            format!("local {kind} \"{}\" retry={retry}", dice.below(9))
        }
        0..=5 => format!("timer {}", delay(dice)),
        6..=12 => {
            *n_activities += 1;
            let kind = format!("a{n_activities}");
            // No two limits are the same, nor a timer's: see `script`.
            let more = *n_activities * 2;
            let limit = match dice.below(5) {
                0 => String::new(),
                1 => format!("beat={}ms", 9000 + more),
                2 => format!("close={}ms", 40_000 + more),
                3 => format!("wait={}ms", 20_000 + more),
                _ => format!("work={}ms attempts=2", 31_000 + more),
            };
            let cancel = dice.choose(&["", "wait-cancel", "abandon"]);
            format!("activity {kind} queue={kind} {limit} {cancel}").trim().to_owned()
        }
        13..=16 => format!("cancel {}", 1 + dice.below(5)),
        17 => format!("patched a ? timer {} : timer {}", delay(dice), delay(dice)),
        18 => format!("patched b ? timer {} : timer {}", delay(dice), delay(dice)),
        19 => "deprecate c".to_owned(),
        20 => match dice.below(9) {
            0 => "attribute count 1".to_owned(),
            1 => "attribute count null".to_owned(),
            n @ 2..=3 => format!("memo note \"{n}\""),
            n => format!("publish step \"{n}\""),
        },
        21 if may_trap => "trap".to_owned(),
        26..=28 => format!("answer any {}", dice.choose(&["\"yes\"", "failed"])),
        22 => {
            let ends = ["complete seen", "fail \"no more\"", "fail canceled", "fail canceled"];
            dice.choose(&ends).to_owned()
        }
        // A chain that grew without end would be a script without end.
        23 | 24 => "first 3 ? continue : -".to_owned(),
        25 => "ignore".to_owned(),
        _ => "-".to_owned(),
    }
}

/// `default`, unless `REFRAIN_SEEDS=100..400` says otherwise: few for every day, many at night.
fn seeds(default: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("REFRAIN_SEEDS") else { return default };
    let range = text
        .split_once("..")
        .and_then(|(from, to)| Some(from.trim().parse().ok()?..to.trim().parse().ok()?));
    range.unwrap_or_else(|| panic!("REFRAIN_SEEDS is `{text}`: expected a range as `0..100`"))
}

fn delay(dice: &mut Dice) -> String {
    format!("{}ms", 2001 + dice.below(2_000_000) / 100 * 2)
}

/// Plays one script for each seed. If one breaks a promise, its seed and its text are printed.
pub fn play_all(seeds: std::ops::Range<u64>, dialect: Dialect, play: impl Fn(&str)) {
    for seed in self::seeds(seeds) {
        let script = script(seed, dialect);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(&script))) {
            eprintln!("seed {seed} broke a promise; its script:\n{script}");
            std::panic::resume_unwind(panic);
        }
    }
}
