//! How fast a queue's tasks come and go, how fast they may go, and who asks for them.

use refrain_core::fairness::Level;
use refrain_core::limits::{POLLERS_KEPT_MAX, WORKER_KEPT};
use refrain_core::time::Timestamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Rates are told over so many seconds.
const RATE_SECONDS: usize = 30;
/// Fairness keys of one queue whose pace is known; those that may go now make room.
const KEYS_PACED_MAX: usize = 1000;
/// What a rate limit has not used may be used at once, as far as it is of this long.
const BURST_SECONDS: f64 = 0.1;
/// Workers that name no limit send this.
const UNLIMITED: f64 = 100_000.0;
/// A rate of nothing at all is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Events of the last seconds, by second.
#[derive(Default)]
pub(super) struct Tally {
    counts: [u64; RATE_SECONDS],
    second: u64,
}

impl Tally {
    pub(super) fn count(&mut self, now: Timestamp) {
        self.forget_until(now);
        self.counts[self.second as usize % RATE_SECONDS] += 1;
    }

    pub(super) fn per_second(&mut self, now: Timestamp) -> f32 {
        self.forget_until(now);
        self.counts.iter().sum::<u64>() as f32 / RATE_SECONDS as f32
    }

    fn forget_until(&mut self, now: Timestamp) {
        let second = now.0 / 1000;
        let gone = second.saturating_sub(self.second).min(RATE_SECONDS as u64);
        for back in 0..gone {
            self.counts[(second - back) as usize % RATE_SECONDS] = 0;
        }
        self.second = self.second.max(second);
    }
}

/// The same for each priority.
#[derive(Default)]
pub(super) struct Tallies([Tally; Level::ALL.len()]);

impl Tallies {
    fn of(&mut self, level: Level) -> &mut Tally {
        &mut self.0[usize::from(level.number() - 1)]
    }

    pub(super) fn count(&mut self, level: Level, now: Timestamp) {
        self.of(level).count(now);
    }

    pub(super) fn per_second(&mut self, level: Level, now: Timestamp) -> f32 {
        self.of(level).per_second(now)
    }
}

/// Whose limit holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limited {
    ByConfig(f32),
    ByWorkers(f64),
    Not,
}

/// What a limit allows now. Real time, whatever clock the host has: it protects what is outside.
pub(super) struct Pace {
    configured: Option<f32>,
    by_workers: Option<f64>,
    saved: f64,
    at: Instant,
    /// Somebody comes back when there is something to be had again.
    pub(super) awaited: bool,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { configured: None, by_workers: None, saved: 1.0, at: Instant::now(), awaited: false }
    }
}

impl Pace {
    pub(super) fn configure(&mut self, per_second: Option<f32>) {
        self.configured = per_second;
    }

    pub(super) fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Whoever polled last is right, as in Temporal.
    pub(super) fn polled(&mut self, per_second: Option<f64>) {
        self.by_workers = per_second.filter(|it| *it > 0.0 && *it < UNLIMITED);
    }

    pub(super) fn limited(&self) -> Limited {
        match (self.configured, self.by_workers) {
            (Some(rate), _) => Limited::ByConfig(rate),
            (None, Some(rate)) => Limited::ByWorkers(rate),
            (None, None) => Limited::Not,
        }
    }

    fn rate(&self) -> Option<f64> {
        match self.limited() {
            Limited::ByConfig(rate) => Some(f64::from(rate)),
            Limited::ByWorkers(rate) => Some(rate),
            Limited::Not => None,
        }
    }

    /// How long until a task may go. `None`: now.
    pub(super) fn wait(&mut self, now: Instant) -> Option<Duration> {
        let rate = self.rate()?;
        let most = (rate * BURST_SECONDS).max(1.0);
        self.saved =
            (self.saved + now.saturating_duration_since(self.at).as_secs_f64() * rate).min(most);
        self.at = now;
        if self.saved >= 1.0 {
            return None;
        }
        let seconds = (1.0 - self.saved) / rate;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN))
    }

    /// A task goes.
    pub(super) fn spend(&mut self) {
        self.saved -= 1.0;
    }
}

/// The limits of fairness keys: the same for each, times its weight.
#[derive(Default)]
pub(super) struct KeyPaces {
    per_second: Option<f32>,
    by_key: BTreeMap<String, Pace>,
}

impl KeyPaces {
    pub(super) fn configure(&mut self, per_second: Option<f32>) {
        self.per_second = per_second;
        if per_second.is_none() {
            self.by_key.clear();
        }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.per_second.is_some()
    }

    /// Does the limit of a key keep something back?
    pub(super) fn is_reached(&mut self) -> bool {
        let now = Instant::now();
        self.by_key.values_mut().any(|it| it.wait(now).is_some())
    }

    /// How long until a task of the key may go. `None`: now.
    pub(super) fn wait(&mut self, key: &str, weight: f32, now: Instant) -> Option<Duration> {
        let per_second = self.per_second? * weight;
        let known = match self.by_key.get_mut(key) {
            Some(known) => known,
            None => {
                if self.by_key.len() >= KEYS_PACED_MAX {
                    // One that may go now needs no memory of when.
                    self.by_key.retain(|_, it| it.wait(now).is_some());
                }
                self.by_key.entry(key.to_owned()).or_default()
            }
        };
        known.configure(Some(per_second));
        known.wait(now)
    }

    /// The same, of a key that has been asked for.
    pub(super) fn wait_again(&mut self, key: &str, now: Instant) -> Duration {
        self.by_key.get_mut(key).and_then(|it| it.wait(now)).unwrap_or(Duration::ZERO)
    }

    pub(super) fn spend(&mut self, key: &str) {
        if let Some(pace) = self.by_key.get_mut(key) {
            pace.spend();
        }
    }
}

/// Those that asked for tasks, by identity.
#[derive(Default)]
pub(super) struct Pollers(BTreeMap<String, SeenPoller>);

/// A worker that has asked for tasks lately.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenPoller {
    pub identity: String,
    pub at: Timestamp,
    /// The most tasks that it wants the whole queue to hand out in a second.
    pub per_second: f64,
    pub build_id: String,
}

impl Pollers {
    pub(super) fn polled(&mut self, poller: SeenPoller) {
        if self.0.len() >= POLLERS_KEPT_MAX && !self.0.contains_key(&poller.identity) {
            let oldest = self.0.values().min_by_key(|it| it.at).map(|it| it.identity.clone());
            oldest.and_then(|it| self.0.remove(&it));
        }
        self.0.insert(poller.identity.clone(), poller);
    }

    pub(super) fn shown(&mut self, now: Timestamp) -> Vec<SeenPoller> {
        self.0.retain(|_, it| it.at.plus(WORKER_KEPT) > now);
        self.0.values().cloned().collect()
    }
}

impl SeenPoller {
    pub fn new(identity: &str, per_second: Option<f64>, build_id: &str) -> SeenPoller {
        SeenPoller {
            identity: identity.to_owned(),
            at: Timestamp(0),
            per_second: per_second.unwrap_or(UNLIMITED),
            build_id: build_id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut tally = Tally::default();
        for ms in 0..60 {
            tally.count(Timestamp(1_000_000 + ms * 100));
        }
        assert_eq!(tally.per_second(Timestamp(1_006_000)), 2.0);
        assert_eq!(tally.per_second(Timestamp(1_032_500)), 30.0 / 30.0);
        assert_eq!(tally.per_second(Timestamp(9_000_000)), 0.0);
    }

    #[test]
    fn pollers_are_shown_for_five_minutes_and_the_oldest_make_room() {
        let mut pollers = Pollers::default();
        for n in 0..=POLLERS_KEPT_MAX as u64 {
            let at = Timestamp(n);
            pollers.polled(SeenPoller { at, ..SeenPoller::new(&format!("{n}"), None, "") });
        }
        assert_eq!(pollers.shown(Timestamp(1)).len(), POLLERS_KEPT_MAX);
        assert!(pollers.shown(Timestamp(1)).iter().all(|it| it.identity != "0"));
        assert_eq!(pollers.shown(Timestamp(WORKER_KEPT.0 + 1)).len(), POLLERS_KEPT_MAX - 1);
        assert!(pollers.shown(Timestamp(WORKER_KEPT.0 + 9999)).is_empty());
    }

    #[test]
    fn a_limit_lets_so_many_go_in_a_second_whoever_set_it() {
        let mut pace = Pace::default();
        let begin = pace.at;
        let after = |ms| begin + Duration::from_millis(ms);
        assert_eq!((pace.limited(), pace.wait(begin)), (Limited::Not, None));
        pace.polled(Some(UNLIMITED));
        assert_eq!(pace.limited(), Limited::Not);
        pace.polled(Some(4.0));
        assert_eq!(pace.limited(), Limited::ByWorkers(4.0));
        assert_eq!(pace.wait(begin), None);
        pace.spend();
        assert_eq!(pace.wait(begin), Some(Duration::from_millis(250)));
        assert_eq!(pace.wait(after(250)), None);
        pace.configure(Some(100.0));
        assert_eq!(pace.limited(), Limited::ByConfig(100.0));
        let mut n_gone = 0;
        while pace.wait(after(60_000)).is_none() {
            pace.spend();
            n_gone += 1;
        }
        assert_eq!(n_gone, 10, "what was not used is not saved for ever");
        pace.configure(Some(0.0));
        assert_eq!(pace.wait(after(60_000)), Some(LOOK_AGAIN));
    }
}
