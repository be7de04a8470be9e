//! Who is next: what waits on a queue, in the order of priority and fairness.

use super::*;
use refrain_core::fairness::{Level, weight};
use refrain_store::InLine;

/// In a line, the least comes first. The same order as that of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) level: Level,
    pub(super) pass: u64,
    since: Timestamp,
    pub(super) key: TaskKey,
}

impl Place {
    /// Before all others.
    fn first() -> Place {
        let InLine { level, pass, since, run, scheduled } = InLine::FIRST;
        Place { level, pass, since, key: (run, scheduled) }
    }

    pub(super) fn in_store(&self) -> InLine {
        let Place { level, pass, since, key: (run, scheduled) } = *self;
        InLine { level, pass, since, run, scheduled }
    }

    /// The first that could come after it.
    pub(super) fn next(self) -> Place {
        Place { key: (self.key.0, self.key.1.next()), ..self }
    }

    /// `None`: it is not in line.
    pub(super) fn of(task: &ActivityTask) -> Option<Place> {
        let Attempt::Waiting { since } = task.state else { return None };
        let level = Level::of(&task.priority());
        Some(Place { level, pass: task.pass?, since, key: key_of(task) })
    }
}

/// Who takes the tasks of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    Workers,
    /// This host: a component that has the activity is deployed to the queue.
    Host,
}

impl Taker {
    pub(super) const ALL: [Taker; 2] = [Taker::Workers, Taker::Host];

    pub(super) fn of(deployments: &Deployments, task: &ActivityTask) -> Taker {
        match deployed_for(deployments, task) {
            Some(_) => Taker::Host,
            None => Taker::Workers,
        }
    }
}

pub(super) fn deployed_for(
    deployments: &Deployments,
    task: &ActivityTask,
) -> Option<Arc<Deployed>> {
    let (namespace, kind) = (task.run.execution.namespace, ComponentKind::Activities);
    let deployed = deployments.current(namespace, &task.options.task_queue, kind)?;
    deployed.has(&task.options.activity_type).then_some(deployed)
}

type Places = super::places::Places<Place>;

/// The line of those that one kind of worker takes.
pub(super) struct Lane {
    pub(super) waiting: Places,
    /// From here on the store may have some that memory has not; so none is added there.
    pub(super) beyond: Option<Place>,
    /// The store is being read.
    pub(super) loading: bool,
    /// The first that was not added while the store was read.
    pub(super) missed: Option<Place>,
    /// By fairness key: they wait for its rate limit, after those of the key in `waiting`.
    pub(super) parked: BTreeMap<String, Places>,
}

impl Default for Lane {
    fn default() -> Lane {
        Lane {
            waiting: Places::default(),
            // A host that was just started does not know what the last one left.
            beyond: Some(Place::first()),
            loading: false,
            missed: None,
            parked: BTreeMap::new(),
        }
    }
}

impl Lane {
    /// The first in memory, unless the store may have one whose turn is before it.
    pub(super) fn first(&self) -> Option<(Place, bool)> {
        let (place, stored) = self.waiting.first()?;
        let is_next = self.beyond.is_none_or(|beyond| place < beyond);
        is_next.then_some((place, stored))
    }

    /// How many more of the store memory takes. Those that the store has not are in memory anyway.
    pub(super) fn room(&self, n_max: usize) -> usize {
        n_max.saturating_sub(self.waiting.n_stored())
    }

    /// Does nothing wait, here and in the store?
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.beyond.is_none()
    }

    /// Does memory have anything of it?
    pub(super) fn is_known(&self) -> bool {
        self.loading || !(self.waiting.is_empty() && self.parked.is_empty())
    }

    /// Those that wait for the limit of this task's fairness key, if any do.
    pub(super) fn parked_with(&mut self, task: &ActivityTask) -> Option<&mut Places> {
        if self.parked.is_empty() {
            return None;
        }
        self.parked.get_mut(&task.priority().fairness_key)
    }

    /// Returns the one that waits in the store only: this one, or the last one, which makes room.
    pub(super) fn enter(
        &mut self,
        place: Place,
        stored: bool,
        task: &ActivityTask,
        n_max: usize,
    ) -> Option<Place> {
        if stored && self.beyond.is_some_and(|beyond| place >= beyond) {
            self.ends_before(place);
            return Some(place);
        }
        if let Some(parked) = self.parked_with(task) {
            parked.insert(place, stored);
            // It is read again when its key's limit allows it.
            return stored.then_some(place);
        }
        self.waiting.insert(place, stored);
        if self.waiting.len() <= n_max {
            return None;
        }
        self.let_last_go_if(|_| true)
    }

    /// The last one that the store has waits there only, if it is such a one.
    pub(super) fn let_last_go_if(&mut self, is_such: impl FnOnce(Place) -> bool) -> Option<Place> {
        let last = self.waiting.last_stored().filter(|it| is_such(*it))?;
        self.waiting.remove(last);
        self.ends_before(last);
        Some(last)
    }

    /// What follows is in the store.
    pub(super) fn ends_before(&mut self, place: Place) {
        self.missed = Some(self.missed.map_or(place, |it| it.min(place)));
        self.beyond = Some(self.beyond.map_or(place, |it| it.min(place)));
    }

    /// The limit is another one: all are looked at again.
    pub(super) fn unpark_all(&mut self) {
        for places in std::mem::take(&mut self.parked).into_values() {
            self.wait_again(places);
        }
    }

    /// Nobody is there who would take those of this key.
    pub(super) fn unpark_key(&mut self, key: &str) {
        let places = self.parked.remove(key).unwrap_or_default();
        self.wait_again(places);
    }

    fn wait_again(&mut self, places: Places) {
        for (place, stored) in places.into_iter() {
            match stored {
                true => self.ends_before(place),
                false => self.waiting.insert(place, stored),
            }
        }
    }

    /// The first that waits for the limit of `key`, and whether it is the only one.
    pub(super) fn unpark(&mut self, key: &str) -> Option<(Place, bool, bool)> {
        let parked = self.parked.get_mut(key)?;
        let (place, stored) = parked.pop_first()?;
        let is_last = parked.is_empty();
        if is_last {
            self.parked.remove(key);
        }
        Some((place, stored, is_last))
    }
}

impl Queue {
    pub(super) fn lane(&mut self, taker: Taker) -> &mut Lane {
        match taker {
            Taker::Workers => &mut self.for_workers,
            Taker::Host => &mut self.for_host,
        }
    }

    /// What is lost with it is more than that somebody has asked for it.
    pub(super) fn is_needed(&mut self, now: Timestamp) -> bool {
        !self.shares.is_untouched()
            || self.pollers.iter().any(|it| !it.hand.is_closed())
            || [&self.for_workers, &self.for_host].into_iter().any(Lane::is_known)
            || self.pace.is_configured()
            || self.keys.is_limited()
            || !self.weights.is_empty()
            || !self.seen.shown(now).is_empty()
    }

    /// Gives a task that may be taken its place in line.
    fn place(&mut self, task: &mut ActivityTask, now: Timestamp) {
        if task.pass.is_none() && task.is_ready(now) {
            task.pass = Some(self.shares.enter(&task.priority(), &self.weights));
        }
    }

    /// How long until a task may go, if its key has a limit of its own.
    pub(super) fn wait_of_key(&mut self, task: &ActivityTask) -> Option<std::time::Duration> {
        if !self.keys.is_limited() {
            return None;
        }
        let priority = task.priority();
        let weight = weight(&priority, &self.weights);
        self.keys.wait(&priority.fairness_key, weight, Instant::now())
    }

    /// A task goes.
    pub(super) fn spend(&mut self, task: &ActivityTask) {
        self.pace.spend();
        if self.keys.is_limited() {
            self.keys.spend(&task.priority().fairness_key);
        }
    }

    /// Is there somebody who would take one?
    pub(super) fn has_taker(&mut self, taker: Taker, host_free: usize) -> bool {
        match taker {
            Taker::Host => host_free > 0,
            Taker::Workers => {
                while self.pollers.front().is_some_and(|it| it.hand.is_closed()) {
                    self.pollers.pop_front();
                }
                !self.pollers.is_empty()
            }
        }
    }
}

impl Activities {
    /// Gives a task its place in line before it is written, if it may be taken.
    pub(crate) fn placed(&self, mut task: ActivityTask, now: Timestamp) -> ActivityTask {
        self.lock().place(&mut task, now);
        task
    }

    /// What the last host left in lines.
    pub(crate) fn resume(&self, lines: Vec<refrain_store::Line>) {
        let mut state = self.lock();
        for line in lines {
            let queue = state.queues.entry((line.namespace, line.task_queue)).or_default();
            queue.shares.resume(line.level, &line.fairness_key, line.first, line.last);
        }
    }
}

/// Unless something of it is under way: the store has it.
pub(super) fn forget(tasks: &mut BTreeMap<TaskKey, Entry>, key: TaskKey) {
    if tasks.get(&key).is_some_and(|it| it.stored && it.busy == Busy::No) {
        tasks.remove(&key);
    }
}

impl State {
    pub(super) fn place(&mut self, task: &mut ActivityTask, now: Timestamp) {
        self.queues.entry(queue_of(task)).or_default().place(task, now);
    }

    /// A task of `tasks` may be taken, if it may. One that waits in the store only leaves memory.
    pub(super) fn get_in_line(&mut self, deployments: &Deployments, key: TaskKey, now: Timestamp) {
        let Some(entry) = self.tasks.get_mut(&key) else { return };
        if !entry.task.is_ready(now) {
            return;
        }
        let queue = self.queues.entry(queue_of(&entry.task)).or_default();
        if entry.task.pass.is_none() {
            queue.place(&mut entry.task, now);
            entry.stored = false;
        }
        let Some(place) = Place::of(&entry.task) else { return };
        let lane = queue.lane(Taker::of(deployments, &entry.task));
        let in_store = lane.enter(place, entry.stored, &entry.task, self.waiting_max);
        if let Some(place) = in_store {
            forget(&mut self.tasks, place.key);
        }
    }

    /// Which of a queue's tasks the host takes has changed.
    pub(super) fn sort_again(&mut self, deployments: &Deployments, queue_key: &QueueKey) {
        let Some(queue) = self.queues.get_mut(queue_key) else { return };
        let [for_workers, for_host] = [&mut queue.for_workers, &mut queue.for_host]
            .map(|lane| std::mem::take(&mut lane.waiting));
        for (place, stored) in for_workers.into_iter().chain(for_host.into_iter()) {
            let Some(entry) = self.tasks.get(&place.key) else { continue };
            queue.lane(Taker::of(deployments, &entry.task)).waiting.insert(place, stored);
        }
        // In which lane those of the store are is not known.
        for lane in [&mut queue.for_workers, &mut queue.for_host] {
            lane.unpark_all();
        }
        let beyond = [queue.for_workers.beyond, queue.for_host.beyond].into_iter().flatten().min();
        for lane in [&mut queue.for_workers, &mut queue.for_host] {
            beyond.into_iter().for_each(|it| lane.ends_before(it));
        }
    }
}
