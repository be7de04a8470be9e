//! Random scripts, from a seed: the same seed gives the same text for ever.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a player of scripts can't do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Lines may share a step (`&`).
    pub together: bool,
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
    let backoff = if dice.one_in(8) { " backoff=7s" } else { "" };
    let limit = if dice.one_in(8) { " run-timeout=45s" } else { "" };
    let _ = writeln!(text, "0s start order{backoff}{limit}");
    let first = program(&mut dice, true);
    text.push_str(&first);
    let mut now = 0;
    for _ in 0..=dice.below(20) {
        now += dice.below(9000) * 2 + 1;
        act(&mut dice, &mut text, now, &first);
        if dialect.together && dice.one_in(4) {
            let arrival = arrival(&mut dice);
            let _ = writeln!(text, "{now}ms & {arrival}");
        }
    }
    let _ = writeln!(text, "{}ms -\n{}ms query seen", now + 90_001, now + 90_001);
    text
}

fn arrival(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => "cancel \"why\"".to_owned(),
        1 => "terminate \"enough\"".to_owned(),
        2 => format!("signal s{} request=r{}", dice.below(3), dice.below(2)),
        n => format!("signal s{n} \"{}\"", dice.below(100)),
    }
}

fn act(dice: &mut Dice, text: &mut String, now: u64, first: &str) {
    let kind = dice.choose(&["a1", "a2", "a3", "a4"]);
    let line = match dice.below(20) {
        0..=5 => format!("take {kind}"),
        6 | 7 => format!("done {kind} \"ok\""),
        8 => format!("fail {kind} \"no\""),
        9 => format!("fail {kind} \"never\" final"),
        10 => format!("beat {kind} \"{}\"", dice.below(100)),
        11 => format!("give-up {kind}"),
        12 => "start order".to_owned(),
        13 => "query seen".to_owned(),
        14 => "deploy".to_owned(),
        _ => arrival(dice),
    };
    let _ = writeln!(text, "{now}ms {line}");
    if line == "deploy" {
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
    let mut n_activities = 0;
    for _ in 0..2 + dice.below(9) {
        let n = dice.below(4);
        let wishes: Vec<_> = (0..n).map(|_| wish(dice, may_trap, &mut n_activities)).collect();
        let wishes = if wishes.is_empty() { "-".to_owned() } else { wishes.join(", ") };
        let _ = writeln!(text, "guest {wishes}");
    }
    text
}

/// Each activity has a type and a queue of its own: which of two that wait is handed out first
/// is not what these scripts are about.
fn wish(dice: &mut Dice, may_trap: bool, n_activities: &mut u32) -> String {
    match dice.below(24) {
        0..=5 => format!("timer {}ms", 2000 + dice.below(20_000) * 2),
        6..=12 => {
            *n_activities += 1;
            let kind = format!("a{n_activities}");
            let limit =
                dice.choose(&["", "beat=9s", "close=40s", "wait=20s", "work=31s attempts=2"]);
            let cancel = dice.choose(&["", "wait-cancel", "abandon"]);
            format!("activity {kind} queue={kind} {limit} {cancel}").trim().to_owned()
        }
        13..=16 => format!("cancel {}", 1 + dice.below(5)),
        17 => "patched a ? timer 3s : timer 4s".to_owned(),
        18 => "patched b ? timer 6s : timer 5s".to_owned(),
        19 => "deprecate c".to_owned(),
        20 => format!("publish step \"{}\"", dice.below(9)),
        21 if may_trap => "trap".to_owned(),
        22 => dice.choose(&["complete seen", "fail \"no more\"", "fail canceled"]).to_owned(),
        _ => "-".to_owned(),
    }
}

/// Plays one script for each seed. If one breaks a promise, its seed and its text are printed.
pub fn play_all(seeds: std::ops::Range<u64>, dialect: Dialect, play: impl Fn(&str)) {
    for seed in seeds {
        let script = script(seed, dialect);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(&script))) {
            eprintln!("seed {seed} broke a promise; its script:\n{script}");
            std::panic::resume_unwind(panic);
        }
    }
}
