//! The schedule's transitions.

use super::overlap::{Ending, InTheWay};
use super::{
    Action, Deed, Outcome, Overlap, Patch, Progress, RunStatus, Running, Schedule, Standing,
    Verdict, Wake, Wanted,
};
use crate::compiled::Compiled;
use crate::schedule::Policies;
use refrain_core::ids::RunId;
use refrain_core::limits::{
    SCHEDULE_BACKFILL_TIMES_PER_STEP_MAX, SCHEDULE_BACKFILLS_MAX, SCHEDULE_BUFFER_MAX,
    SCHEDULE_KEPT, SCHEDULE_SHOWN_MAX,
};
use refrain_core::time::{Delay, Timestamp};

/// Times that one step takes. What is left is taken by the next.
const TIMES_PER_STEP_MAX: usize = 10_000;

/// More backfills than a schedule can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "schedule would have {found} backfills under way, expected at most {SCHEDULE_BACKFILLS_MAX}"
)]
pub struct TooManyBackfills {
    pub found: usize,
}

impl Schedule {
    pub fn new(spec: Compiled, policies: Policies, standing: Standing, now: Timestamp) -> Schedule {
        let progress =
            Progress { created: now, taken_until: now, revision: 1, ..Progress::default() };
        Schedule { spec, policies, standing, progress }
    }

    // ---- what happens

    /// Takes the times that are due. Call it before anything else that happens at `now`: what a
    /// user changes counts from then on.
    ///
    /// `seed`: whose jitter it is.
    pub fn advance(&mut self, now: Timestamp, seed: &str) {
        for _ in 0..TIMES_PER_STEP_MAX {
            if !self.takes_times() {
                self.progress.taken_until = self.progress.taken_until.max(now);
                break;
            }
            let next = self.spec.next_after(self.progress.taken_until, seed);
            let Some(time) = next.filter(|it| it.at <= now) else { break };
            if self.progress.buffer.len() >= SCHEDULE_BUFFER_MAX && self.would_drain() {
                break;
            }
            self.progress.taken_until = time.nominal;
            match now.since(time.at) > self.policies.catchup_window {
                true => self.progress.n_missed += 1,
                false => self.want(time.nominal, time.at, None, false),
            }
        }
        self.take_backfills(seed);
    }

    fn take_backfills(&mut self, seed: &str) {
        let mut room = SCHEDULE_BUFFER_MAX.saturating_sub(self.progress.buffer.len());
        room = room.min(SCHEDULE_BACKFILL_TIMES_PER_STEP_MAX);
        while room > 0
            && let Some(mut backfill) = self.progress.backfills.pop_front()
        {
            let before = Timestamp(backfill.from.0.saturating_sub(1));
            let next = self.spec.next_after(before, seed);
            let Some(time) = next.filter(|it| it.nominal <= backfill.until) else { continue };
            self.want(time.nominal, time.at, backfill.overlap, true);
            room -= 1;
            backfill.from = time.nominal.plus(Delay(1));
            self.progress.backfills.push_front(backfill);
        }
    }

    pub fn patch(&mut self, patch: Patch, now: Timestamp) -> Result<(), TooManyBackfills> {
        let found = self.progress.backfills.len() + patch.backfills.len();
        if found > SCHEDULE_BACKFILLS_MAX {
            return Err(TooManyBackfills { found });
        }
        if let Some(trigger) = patch.trigger {
            self.want(trigger.nominal.unwrap_or(now), now, trigger.overlap, true);
        }
        self.progress.backfills.extend(patch.backfills);
        for (paused, notes) in [(true, patch.pause), (false, patch.unpause)] {
            if let Some(notes) = notes {
                self.standing.paused = paused;
                self.standing.notes = notes;
                self.progress.revision += 1;
            }
        }
        Ok(())
    }

    pub fn update(
        &mut self,
        spec: Compiled,
        policies: Policies,
        standing: Standing,
        now: Timestamp,
    ) {
        (self.spec, self.policies, self.standing) = (spec, policies, standing);
        self.progress.taken_until = now;
        self.progress.updated = Some(now);
        self.progress.revision += 1;
    }

    /// What to do now. To be stored before it is done: starts are in `starting` from here on.
    pub fn decide(&mut self) -> Vec<Deed> {
        let mut chosen: Option<Wanted> = None;
        let mut beside = Vec::new();
        let mut ending = None;
        let runs = !self.progress.running.is_empty()
            || self.progress.starting.iter().any(|it| it.exclusive);
        for wanted in std::mem::take(&mut self.progress.buffer) {
            if !wanted.manual && !self.takes_times() {
                continue;
            }
            let in_the_way = match (runs, &chosen) {
                (true, _) => InTheWay::Running,
                (false, Some(_)) => InTheWay::ChosenNow,
                (false, None) => InTheWay::Nothing,
            };
            let overlap = wanted.overlap.unwrap_or(self.policies.overlap);
            let waits = !self.progress.buffer.is_empty();
            match overlap.verdict(in_the_way, waits) {
                Verdict::Start | Verdict::StartInstead => {
                    if let Some(other) = chosen.replace(Wanted { exclusive: true, ..wanted }) {
                        self.give_back(&other);
                    }
                    self.count_down(&wanted);
                }
                Verdict::StartBeside => {
                    beside.push(Wanted { exclusive: false, ..wanted });
                    self.count_down(&wanted);
                }
                Verdict::Skip => self.progress.n_skipped += 1,
                Verdict::Buffer => self.progress.buffer.push_back(wanted),
                Verdict::BufferAlone(how) => {
                    self.progress.buffer.clear();
                    self.progress.buffer.push_back(wanted);
                    // A termination is stronger than a cancellation of the same step.
                    ending = match ending {
                        Some(Ending::Terminate) => ending,
                        Some(Ending::Cancel) | None => Some(how),
                    };
                }
            }
        }
        self.progress.starting.extend(beside);
        self.progress.starting.extend(chosen);
        let mut deeds: Vec<_> = self.progress.starting.iter().copied().map(Deed::Start).collect();
        for running in &mut self.progress.running {
            match ending {
                Some(Ending::Terminate) => deeds.push(Deed::Terminate(running.clone())),
                Some(Ending::Cancel) if !running.cancel_requested => {
                    running.cancel_requested = true;
                    deeds.push(Deed::Cancel(running.clone()));
                }
                Some(Ending::Cancel) | None => {}
            }
        }
        deeds
    }

    pub fn started(&mut self, wanted: &Wanted, workflow_id: String, run: RunId, now: Timestamp) {
        self.progress.starting.retain(|it| it.seq != wanted.seq);
        self.progress.n_actions += 1;
        self.progress.start_error.clear();
        if wanted.exclusive {
            let workflow_id = workflow_id.clone();
            self.progress.running.push(Running { workflow_id, run, cancel_requested: false });
        }
        self.progress.recent.push_back(Action {
            at: wanted.at,
            started: now,
            workflow_id,
            run,
            status: RunStatus::Running,
        });
        while self.progress.recent.len() > SCHEDULE_SHOWN_MAX {
            self.progress.recent.pop_front();
        }
    }

    /// It can't be started, now or later.
    pub fn not_started(&mut self, wanted: &Wanted, error: String) {
        self.progress.starting.retain(|it| it.seq != wanted.seq);
        self.progress.start_error = error;
    }

    /// A run that was waited for has ended, and with it its chain.
    pub fn ended(&mut self, run: RunId, outcome: Outcome) {
        let Some(at) = self.progress.running.iter().position(|it| it.run == run) else { return };
        let ended = self.progress.running.remove(at);
        if let Some(status) = outcome.status()
            && let Some(action) = self.progress.recent.iter_mut().find(|it| it.run == run)
        {
            action.status = status;
        }
        let id = ended.workflow_id;
        match outcome {
            Outcome::Completed(result) => {
                self.progress.last_result = Some(result);
                self.progress.last_failure = None;
            }
            Outcome::Failed(failure) => {
                let note = format!("paused due to workflow failure: {id}: {}", failure.message);
                self.progress.last_failure = Some(failure);
                self.pause_on_failure(note);
            }
            Outcome::TimedOut(failure) => {
                self.progress.last_failure = Some(failure);
                self.pause_on_failure(format!("paused due to workflow timeout: {id}"));
            }
            Outcome::Canceled | Outcome::Terminated | Outcome::Unknown => {}
        }
    }

    fn pause_on_failure(&mut self, note: String) {
        if self.policies.pause_on_failure && !self.standing.paused {
            self.standing.paused = true;
            self.standing.notes = note;
            self.progress.revision += 1;
        }
    }

    // ---- what is to come

    pub fn wake(&self, now: Timestamp, seed: &str) -> Wake {
        let progress = &self.progress;
        let has_room = progress.buffer.len() < SCHEDULE_BUFFER_MAX;
        if !progress.starting.is_empty() || (!progress.backfills.is_empty() && has_room) {
            return Wake::Now;
        }
        let next = match self.takes_times() {
            true => self.spec.next_after(progress.taken_until, seed),
            false => None,
        };
        match next {
            Some(time) if time.at <= now && (has_room || !self.would_drain()) => Wake::Now,
            // The end of a run makes room.
            Some(time) if time.at <= now => Wake::Never,
            Some(time) => Wake::At(time.at),
            None if self.is_idle() => Wake::Expires(self.last_moved().plus(SCHEDULE_KEPT)),
            None => Wake::Never,
        }
    }

    /// The next times, as far as the limit lets them come.
    pub fn future(&self, now: Timestamp, n_max: usize, seed: &str) -> Vec<Timestamp> {
        let n_left = self
            .standing
            .remaining
            .map_or(n_max, |left| usize::try_from(left).unwrap_or(usize::MAX).min(n_max));
        let from = now.max(self.progress.taken_until);
        let times = self.spec.matching(from, Timestamp::NEVER, n_left, seed);
        times.iter().map(|time| time.at).collect()
    }

    /// A schedule that a user holds is not over.
    fn is_idle(&self) -> bool {
        !self.standing.paused
            && self.progress.running.is_empty()
            && self.progress.buffer.is_empty()
            && self.progress.backfills.is_empty()
    }

    fn last_moved(&self) -> Timestamp {
        let progress = &self.progress;
        let last_action = progress.recent.back().map_or(progress.created, |it| it.started);
        last_action.max(progress.updated.unwrap_or_default()).max(progress.created)
    }

    fn takes_times(&self) -> bool {
        !self.standing.paused && self.standing.remaining != Some(0)
    }

    fn would_drain(&self) -> bool {
        self.policies.overlap != Overlap::BufferAll
    }

    fn want(&mut self, nominal: Timestamp, at: Timestamp, overlap: Option<Overlap>, manual: bool) {
        let progress = &mut self.progress;
        if progress.buffer.len() >= SCHEDULE_BUFFER_MAX {
            progress.n_dropped += 1;
            return;
        }
        progress.n_wanted += 1;
        let seq = progress.n_wanted;
        progress.buffer.push_back(Wanted { seq, nominal, at, overlap, manual, exclusive: false });
    }

    fn count_down(&mut self, wanted: &Wanted) {
        if !wanted.manual
            && let Some(left) = &mut self.standing.remaining
        {
            *left = left.saturating_sub(1);
            self.progress.revision += 1;
        }
    }

    /// It is not started after all.
    fn give_back(&mut self, wanted: &Wanted) {
        if !wanted.manual
            && let Some(left) = &mut self.standing.remaining
        {
            *left += 1;
        }
    }
}

impl Outcome {
    pub fn status(&self) -> Option<RunStatus> {
        match self {
            Outcome::Completed(_) => Some(RunStatus::Completed),
            Outcome::Failed(_) => Some(RunStatus::Failed),
            Outcome::TimedOut(_) => Some(RunStatus::TimedOut),
            Outcome::Canceled => Some(RunStatus::Canceled),
            Outcome::Terminated => Some(RunStatus::Terminated),
            Outcome::Unknown => None,
        }
    }
}
