//! A run's own clock.
//!
//! Where a client asks for it, time does not pass while a run waits for nothing but time: it is
//! skipped. All times in a run's history are its own clock's. That is the host's clock and what was
//! skipped, which is found again by folding the events here.
//!
//! Rows (timers, attempts) have times of the host's clock, whatever run they are of, so there is
//! one heap and one index for all of them; core converts where it makes them. A skip gives the
//! run's timers new times in the same commit.

use crate::limits;
use crate::options::TimeSkipping;
use crate::time::{Delay, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Temporal's one event for both: time was skipped, and the fast-forward is over. One of them
    /// or both.
    Transitioned {
        /// The run's time from then on. `None`: nothing was skipped.
        target: Option<Timestamp>,
        fast_forwarded: bool,
        /// The host's time.
        wall_clock: Timestamp,
    },
}

/// May time be skipped?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// Nobody asks for it.
    #[default]
    Off,
    Skipping {
        /// So many more times in this session.
        left: u32,
    },
    /// As often as the session allows.
    Spent,
    /// The fast-forward is over.
    Arrived,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Off => "Off",
            State::Skipping { .. } => "Skipping",
            State::Spent => "Spent",
            State::Arrived => "Arrived",
        }
    }

    /// A session begins. `skips`: of runs before this one in its chain.
    pub fn set(config: Option<&TimeSkipping>, skips: u32) -> State {
        match config.filter(|it| it.enabled).map(|it| it.max_skips.saturating_sub(skips)) {
            None => State::Off,
            Some(0) => State::Spent,
            Some(left) => State::Skipping { left },
        }
    }

    /// Applies one recorded event. None is impossible: what was skipped was skipped.
    pub fn apply(self, event: &Event) -> State {
        let Event::Transitioned { target, fast_forwarded, wall_clock: _ } = event;
        match (self, target, fast_forwarded) {
            (State::Off | State::Skipping { .. } | State::Spent | State::Arrived, _, true) => {
                State::Arrived
            }
            (State::Skipping { left: 0 | 1 }, Some(_), false) => State::Spent,
            (State::Skipping { left }, Some(_), false) => State::Skipping { left: left - 1 },
            (State::Skipping { .. }, None, false)
            | (State::Off | State::Spent | State::Arrived, _, false) => self,
        }
    }
}

/// What of a run's clock goes along to the runs that it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Inherited {
    pub ahead: Delay,
    /// Where the chain's fast-forward ends.
    pub target: Option<Timestamp>,
    /// Of the session, in the chain.
    pub skips: u32,
}

/// As it is after all events so far.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Clock {
    pub state: State,
    /// As it was asked for last.
    pub config: Option<TimeSkipping>,
    /// So much later than the host's.
    pub ahead: Delay,
    /// In this session.
    pub skips: u32,
    /// Where the fast-forward ends, or ended.
    pub target: Option<Timestamp>,
}

/// What comes next when nothing else can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    pub to: Timestamp,
    pub fast_forwarded: bool,
}

impl Clock {
    /// Of a run that starts at its own time `now`.
    pub fn of_start(config: Option<&TimeSkipping>, from: Inherited, now: Timestamp) -> Clock {
        let mut clock = Clock { ahead: from.ahead, ..Clock::default() };
        clock.set(config, now);
        clock.target = from.target.filter(|_| clock.target.is_some()).or(clock.target);
        clock.skips = from.skips;
        clock.state = State::set(config, from.skips);
        clock
    }

    /// From now on, whatever was asked for before.
    pub fn set(&mut self, config: Option<&TimeSkipping>, now: Timestamp) {
        let forward = config.filter(|it| it.enabled).and_then(|it| it.fast_forward.as_ref());
        self.target = forward.map(|it| now.plus(it.duration));
        self.config = config.cloned();
        self.skips = 0;
        self.state = State::set(config, 0);
    }

    /// `time`: the event's, on this clock.
    pub fn apply(&mut self, time: Timestamp, event: &Event) {
        let Event::Transitioned { target, fast_forwarded: _, wall_clock: _ } = event;
        if let Some(target) = target {
            self.ahead = Delay(self.ahead.0.saturating_add(target.since(time).0));
            self.skips = self.skips.saturating_add(1);
        }
        self.state = self.state.apply(event);
    }

    /// The run's time when it is `at` for the host.
    pub fn of_run(&self, at: Timestamp) -> Timestamp {
        at.plus(self.ahead)
    }

    /// The host's time when it is `at` for the run, as long as nothing more is skipped.
    pub fn of_host(&self, at: Timestamp) -> Timestamp {
        match at {
            Timestamp::NEVER => at,
            at => Timestamp(at.0.saturating_sub(self.ahead.0)),
        }
    }

    /// `due`: the earliest moment at which something happens by itself. `None`: time passes as the
    /// host's does, because nobody asks for more, or because something is due now.
    pub fn skip(&self, now: Timestamp, due: Option<Timestamp>) -> Option<Skip> {
        match self.state {
            State::Skipping { .. } => {}
            State::Off | State::Spent | State::Arrived => return None,
        }
        let to = due.into_iter().chain(self.target).min()?;
        let fast_forwarded = self.target.is_some_and(|it| it <= to);
        let is_ahead = to > now && to <= limits::SKIP_UNTIL_MAX;
        is_ahead.then_some(Skip { to, fast_forwarded })
    }

    /// The fast-forward has not ended yet, and will be at this time at the latest.
    pub fn forwards_to(&self) -> Option<Timestamp> {
        match self.state {
            State::Skipping { .. } | State::Spent => self.target,
            State::Off | State::Arrived => None,
        }
    }

    pub fn is_skipping(&self) -> bool {
        matches!(self.state, State::Skipping { .. })
    }

    /// What was asked for, as far as it still holds.
    pub fn effective(&self) -> Option<TimeSkipping> {
        let enabled = self.is_skipping();
        self.config.clone().map(|it| TimeSkipping { enabled, ..it })
    }

    /// For the next run of the chain.
    pub fn for_next(&self) -> (Option<TimeSkipping>, Inherited) {
        let ahead = self.ahead;
        match self.is_skipping() {
            true => {
                let (target, skips) = (self.target, self.skips);
                (self.config.clone(), Inherited { ahead, target, skips })
            }
            false => (None, Inherited { ahead, ..Inherited::default() }),
        }
    }

    /// For a child: a session of its own, and no fast-forward.
    pub fn for_child(&self) -> Option<TimeSkipping> {
        let config = self.config.clone().filter(|it| self.is_skipping() && !it.disable_propagation);
        config.map(|it| TimeSkipping { fast_forward: None, ..it })
    }
}

impl Event {
    pub fn name(&self) -> &'static str {
        match self {
            Event::Transitioned { .. } => "Transitioned",
        }
    }
}

#[cfg(test)]
mod tests;
