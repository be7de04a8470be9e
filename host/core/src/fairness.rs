//! Whose turn it is in a queue: by priority, and within a priority by fairness key.
//!
//! Each priority has a clock of its own that counts work, not time. A task of a key takes up as much of it as the
//! key's weight is small, and begins where the task of its key before it ended, or now. So of keys
//! that all have tasks waiting each gets tasks in proportion to its weight, and one that had none for long
//! neither waits behind the others nor has saved up anything.

use crate::options::Priority;
use std::collections::BTreeMap;

/// What a task takes up, divided by its weight.
const STRIDE: f64 = 1_000_000.0;
/// Of weights; what lies outside counts as the nearest.
const WEIGHT_MIN: f32 = 0.001;
const WEIGHT_MAX: f32 = 1000.0;
/// Keys of one priority are looked through for those that need not be known any more when there are twice as
/// many as after the last look, and so many more.
const KEYS_LOOKED_AT: usize = 64;
/// So many keys of one level are remembered exactly.
const KEYS_MAX: usize = 10_000;

/// 1 comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    pub const DEFAULT: Level = Level(3);
    pub const LAST: Level = Level(5);
    pub const ALL: [Level; 5] = [Level(1), Level(2), Level(3), Level(4), Level(5)];

    pub fn of(priority: &Priority) -> Level {
        match priority.key {
            None | Some(0) => Level::DEFAULT,
            Some(key) => Level(u8::try_from(key).map_or(Level::LAST.0, |it| it.min(Level::LAST.0))),
        }
    }

    pub fn number(self) -> u8 {
        self.0
    }

    pub fn from_number(number: i64) -> Option<Level> {
        Level::ALL.into_iter().find(|it| i64::from(it.0) == number)
    }
}

/// What operators say of a key counts before what its tasks say.
pub fn weight(priority: &Priority, overrides: &BTreeMap<String, f32>) -> f32 {
    let said = overrides.get(&priority.fairness_key).copied().or(priority.fairness_weight);
    match said {
        Some(weight) if weight > 0.0 => weight.clamp(WEIGHT_MIN, WEIGHT_MAX),
        Some(_) | None => 1.0,
    }
}

/// The clocks of one queue.
#[derive(Debug, Default)]
pub struct Shares {
    levels: [Clock; Level::ALL.len()],
}

#[derive(Debug, Default)]
struct Clock {
    now: u64,
    /// Where the next task of a key begins, if that is not now.
    next: BTreeMap<String, u64>,
    /// As many keys as there were after the last look.
    n_kept: usize,
}

impl Shares {
    /// A task gets in line: its place among those of its level.
    pub fn enter(&mut self, priority: &Priority, overrides: &BTreeMap<String, f32>) -> u64 {
        let stride = (STRIDE / f64::from(weight(priority, overrides))) as u64;
        self.clock(Level::of(priority)).enter(&priority.fairness_key, stride)
    }

    /// The task with this place has been given to a worker.
    pub fn leave(&mut self, level: Level, pass: u64) {
        let clock = self.clock(level);
        clock.now = clock.now.max(pass);
    }

    /// What a key has in line from before: it has no more than its share of what comes.
    pub fn resume(&mut self, level: Level, key: &str, first: u64, last: u64) {
        let clock = self.clock(level);
        clock.now = match clock.next.is_empty() {
            true => first,
            false => clock.now.min(first),
        };
        clock.next.insert(key.to_owned(), last.saturating_add(1));
    }

    /// Nothing has ever been in line.
    pub fn is_untouched(&self) -> bool {
        self.levels.iter().all(|it| it.now == 0 && it.next.is_empty())
    }

    fn clock(&mut self, level: Level) -> &mut Clock {
        &mut self.levels[usize::from(level.0 - 1)]
    }
}

impl Clock {
    fn enter(&mut self, key: &str, stride: u64) -> u64 {
        let begin = self.next.get(key).map_or(self.now, |next| self.now.max(*next));
        let end = begin.saturating_add(stride);
        match self.next.get_mut(key) {
            Some(next) => *next = end,
            None => {
                self.forget();
                self.next.insert(key.to_owned(), end);
            }
        }
        begin
    }

    /// A key whose next task begins now anyway.
    fn forget(&mut self) {
        if self.next.len() >= 2 * self.n_kept + KEYS_LOOKED_AT {
            // Many keys, each with one task or so: it costs a key no more than that one's share.
            let spared = if self.next.len() >= KEYS_MAX { STRIDE as u64 } else { 0 };
            self.next.retain(|_, next| *next > self.now.saturating_add(spared));
            self.n_kept = self.next.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, weight: f32) -> Priority {
        let fairness_weight = Some(weight).filter(|it| *it != 0.0);
        Priority { fairness_key: key.to_owned(), fairness_weight, ..Priority::default() }
    }

    /// The keys of tasks as they are handed out.
    #[derive(Default)]
    struct Line {
        shares: Shares,
        waiting: std::collections::BTreeSet<(u64, usize, String)>,
        n_entered: usize,
        overrides: BTreeMap<String, f32>,
    }

    impl Line {
        fn enter(&mut self, n: usize, priority: &Priority) {
            for _ in 0..n {
                let pass = self.shares.enter(priority, &self.overrides);
                self.waiting.insert((pass, self.n_entered, priority.fairness_key.clone()));
                self.n_entered += 1;
            }
        }

        fn leave(&mut self, n: usize) -> String {
            let mut keys = String::new();
            for _ in 0..n {
                let (pass, _, key) = self.waiting.pop_first().expect("one waits");
                self.shares.leave(Level::DEFAULT, pass);
                keys += &key;
            }
            keys
        }
    }

    #[test]
    fn keys_take_turns_and_a_key_that_comes_late_does_not_wait_for_the_others() {
        let mut line = Line::default();
        assert!(line.shares.is_untouched());
        line.enter(6, &of("a", 0.0));
        assert!(!line.shares.is_untouched());
        line.enter(3, &of("b", 0.0));
        assert_eq!(line.leave(5), "ababa");
        line.enter(2, &of("c", 0.0));
        assert_eq!(line.leave(6), "bcacaa");
        line.enter(2, &of("a", 0.0));
        line.enter(2, &of("b", 0.0));
        assert_eq!(line.leave(4), "baba", "nothing is saved up");
    }

    #[test]
    fn shares_are_in_proportion_to_weights_and_operators_know_better() {
        let mut line = Line::default();
        line.enter(9, &of("a", 3.0));
        line.enter(3, &of("b", 1.0));
        assert_eq!(line.leave(8), "abaaabaa");

        let mut line = Line::default();
        line.overrides.insert("b".to_owned(), 2.0);
        line.enter(6, &of("a", 0.0));
        line.enter(6, &of("b", 0.001));
        assert_eq!(line.leave(9), "abbabbabb");
    }

    #[test]
    fn weights_out_of_range_count_as_the_nearest() {
        let none = BTreeMap::new();
        let found = [0.0, -1.0, f32::NAN, 0.0001, 7.0, 2000.0].map(|it| weight(&of("", it), &none));
        assert_eq!(found, [1.0, 1.0, 1.0, 0.001, 7.0, 1000.0]);
        // The lightest task does not keep a key from its first turn.
        let mut line = Line::default();
        line.enter(2, &of("a", 0.001));
        line.enter(2, &of("b", 1000.0));
        assert_eq!(line.leave(4), "abba");
    }

    #[test]
    fn what_was_in_line_before_a_restart_keeps_its_share() {
        let mut line = Line::default();
        line.enter(4, &of("a", 0.0));
        line.leave(1);
        let (first, last) = (line.waiting.first().unwrap().0, line.waiting.last().unwrap().0);
        line.shares = Shares::default();
        line.shares.resume(Level::DEFAULT, "a", first, last);
        line.enter(2, &of("a", 0.0));
        line.enter(2, &of("b", 0.0));
        assert_eq!(line.leave(7), "ababaaa");
    }

    #[test]
    fn priorities_have_five_levels_and_the_middle_one_is_the_default() {
        let level = |key| Level::of(&Priority { key, ..Priority::default() }).number();
        let found = [None, Some(0), Some(1), Some(5), Some(6), Some(1000)].map(level);
        assert_eq!(found, [3, 3, 1, 5, 5, 5]);
    }

    #[test]
    fn keys_that_had_one_task_each_are_forgotten_when_there_are_too_many() {
        let mut shares = Shares::default();
        let none = BTreeMap::new();
        for n in 0..5 * KEYS_MAX {
            let pass = shares.enter(&of(&n.to_string(), 0.0), &none);
            shares.leave(Level::DEFAULT, pass);
        }
        assert!(shares.clock(Level::DEFAULT).next.len() <= 2 * KEYS_MAX + KEYS_LOOKED_AT);
    }

    #[test]
    fn keys_that_are_done_are_forgotten() {
        let mut shares = Shares::default();
        let none = BTreeMap::new();
        for n in 0..10_000 {
            let pass = shares.enter(&of(&n.to_string(), 0.0), &none);
            shares.leave(Level::DEFAULT, pass);
            shares.clock(Level::DEFAULT).now += STRIDE as u64;
        }
        assert!(shares.clock(Level::DEFAULT).next.len() <= 2 * KEYS_LOOKED_AT);
    }
}
