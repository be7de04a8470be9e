//! Other workflows in random scripts: children, whom signals and cancels go to, and what happens to
//! those from outside.
//!
//! In which order two others answer is nobody's promise. A player that hands out arrivals as they
//! come ([`Dialect::together`] is not set) therefore gets scripts in which one speaks at a time.

use super::*;

const OTHERS: [&str; 3] = ["c1", "c2", "c3"];

/// A turn's line, and what it asks of others; after them what the others do, turn by turn.
pub(super) fn join(dice: &mut Dice, program: &str, dialect: Dialect) -> String {
    let mut text = String::new();
    for (nth, line) in program.lines().enumerate() {
        let (line, speaks) = match dialect.together {
            true => (line.to_owned(), dice.one_in(2)),
            // An answer may come together with an end: so many turns are one step.
            false => (quiet(line, nth % 3 < 2), nth % 3 == 0),
        };
        match speaks {
            true => drop(writeln!(text, "{line}, {}", wish(dice, &OTHERS))),
            false => drop(writeln!(text, "{line}")),
        }
    }
    for (nth, other) in OTHERS.iter().enumerate() {
        for turn in 0..1 + dice.below(5) {
            let after = &OTHERS[nth + 1..];
            let _ = writeln!(text, "guest:{other} {}", turn_of(dice, turn, after, dialect));
        }
    }
    text
}

/// Without what speaks to others as well, or makes several turns of one arrival.
fn quiet(line: &str, goes_on: bool) -> String {
    let turn = line.trim_start_matches("guest ");
    let keeps = |wish: &&str| {
        let speaks = ["cancel ", "local ", "trap"].iter().any(|it| wish.starts_with(it));
        let ends = wish.ends_with("continue : -");
        !(speaks || goes_on && ends)
    };
    let kept: Vec<_> = turn.split(", ").filter(keeps).collect();
    match kept.is_empty() {
        true => "guest -".to_owned(),
        false => format!("guest {}", kept.join(", ")),
    }
}

/// Of one of the others. `after`: those that it may have as children, so that no two have each
/// other for ever.
fn turn_of(dice: &mut Dice, turn: u64, after: &[&str], dialect: Dialect) -> String {
    let quiet = match dice.below(6) {
        0 | 1 => format!("timer {}", delay(dice)),
        2 => "answer any \"yes\"".to_owned(),
        3 => "ignore".to_owned(),
        _ => "-".to_owned(),
    };
    let last = match dice.below(9) {
        0 => "complete \"done\"".to_owned(),
        1 => dice.choose(&["fail \"it broke\"", "fail \"it broke for good\""]).to_owned(),
        2 => "fail canceled".to_owned(),
        3 if dialect.together || turn > 0 => "first 2 ? continue : complete seen".to_owned(),
        4 if dialect.together => {
            dice.choose(&["signal-to order-1 s8 \"up\"", "cancel-other order-1 \"up\""]).to_owned()
        }
        5 if dialect.together && !after.is_empty() => wish(dice, after),
        _ => "-".to_owned(),
    };
    format!("{quiet}, {last}")
}

fn wish(dice: &mut Dice, others: &[&str]) -> String {
    let other = dice.choose(others);
    match dice.below(12) {
        0 | 1 => format!("signal-to {other} s7 \"{}\"", dice.below(9)),
        2 => format!("cancel-other {other} \"why\""),
        3 => dice.choose(&["signal-to nobody s7", "cancel-other nobody"]).to_owned(),
        4 | 5 => format!("cancel {}", 1 + dice.below(5)),
        _ => {
            let close = dice.choose(&["", "close=abandon", "close=cancel"]);
            let cancel = dice.choose(&["", "cancel=try", "cancel=abandon", "cancel=requested"]);
            let reuse = dice.choose(&["", "reuse=allow", "reuse=reject", "take-over"]);
            let retry = dice.choose(&["", "", "attempts=2 retry=3001ms"]);
            let words = ["child", other, "\"down\"", close, cancel, reuse, retry];
            let said: Vec<_> = words.into_iter().filter(|it| !it.is_empty()).collect();
            said.join(" ")
        }
    }
}

/// What happens to one of them from outside.
pub(super) fn act(dice: &mut Dice, dialect: Dialect) -> String {
    let what = match dice.below(10) {
        0..=3 => format!("signal s{} \"{}\"", dice.below(4), dice.below(100)),
        4 => "cancel \"from outside\"".to_owned(),
        5 => "terminate \"from outside\"".to_owned(),
        6 => format!("update pay id=i{}", dice.below(3)),
        7 if dialect.together => dice.choose(&["pause", "unpause"]).to_owned(),
        8 => format!("reset {} \"back\"", 4 + dice.below(3) * 3),
        _ => "query seen".to_owned(),
    };
    format!("@{} {what}", dice.choose(&OTHERS))
}

/// Does it let arrivals pile up, which are several turns of one step then?
pub(super) fn holds_up(line: &str) -> bool {
    ["pause", "reset "].iter().any(|it| line.starts_with(it))
}
