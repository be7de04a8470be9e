//! Pairs what waits with who waits.

use super::line::{Place, Taker, deployed_for, forget};
use super::*;
use std::time::Duration;

/// What became of a look at a line.
enum Found {
    Nothing,
    /// The store may have more.
    Load,
    /// A limit keeps the first one back for so long.
    Later(Duration),
    /// The limit of its fairness key keeps the first one back; the others go on.
    Parked {
        key: String,
        wait: Duration,
    },
    /// It is another's.
    Of(Taker),
    Pair(Box<ActivityTask>, Worker),
}

impl State {
    /// Somebody who waits for a task like this one, if it would be the next.
    pub(super) fn worker_for_new(
        &mut self,
        deployments: &Deployments,
        task: &ActivityTask,
    ) -> Option<Worker> {
        let deployed = deployed_for(deployments, task);
        let taker = if deployed.is_some() { Taker::Host } else { Taker::Workers };
        let queue = self.queues.entry(queue_of(task)).or_default();
        let lane = queue.lane(taker);
        // Those that wait for the key's limit were here before.
        if !lane.is_empty()
            || lane.parked_with(task).is_some()
            || !queue.has_taker(taker, self.host_free)
            || queue.pace.wait(Instant::now()).is_some()
            || queue.wait_of_key(task).is_some()
        {
            return None;
        }
        let worker = match deployed {
            Some(deployed) => {
                self.host_free -= 1;
                Worker::Host(deployed)
            }
            None => Worker::Remote(queue.pollers.pop_front()?),
        };
        queue.spend(task);
        Some(worker)
    }

    fn next_pair(
        &mut self,
        deployments: &Deployments,
        queue_key: &QueueKey,
        taker: Taker,
        now: Timestamp,
    ) -> Found {
        let State { tasks, queues, held, host_free, .. } = self;
        let Some(queue) = queues.get_mut(queue_key) else { return Found::Nothing };
        loop {
            if !queue.has_taker(taker, *host_free) {
                return Found::Nothing;
            }
            let Some((place, stored)) = queue.lane(taker).first() else {
                let serves = match taker {
                    Taker::Workers => true,
                    Taker::Host => is_served(deployments, queue_key),
                };
                let lane = queue.lane(taker);
                if lane.beyond.is_none() || lane.loading || !serves {
                    return Found::Nothing;
                }
                lane.loading = true;
                return Found::Load;
            };
            let waits = |entry: &&mut Entry| {
                entry.busy == Busy::No
                    && Place::of(&entry.task) == Some(place)
                    && entry.task.options.task_queue == queue_key.1
                    && entry.task.is_ready(now)
                    && !held.contains(&place.key.0)
            };
            let Some(entry) = tasks.get_mut(&place.key).filter(waits) else {
                queue.lane(taker).waiting.remove(place);
                continue;
            };
            if let Some(wait) = queue.pace.wait(Instant::now()) {
                return Found::Later(wait);
            }
            if let Some(wait) = queue.wait_of_key(&entry.task) {
                let key = entry.task.priority().fairness_key;
                let lane = queue.lane(taker);
                lane.waiting.remove(place);
                let is_first = !lane.parked.contains_key(&key);
                lane.parked.entry(key.clone()).or_default().insert(place, stored);
                forget(tasks, place.key);
                match is_first {
                    true => return Found::Parked { key, wait },
                    false => continue,
                }
            }
            let deployed = deployed_for(deployments, &entry.task);
            let worker = match (taker, deployed) {
                (Taker::Host, Some(deployed)) => {
                    *host_free -= 1;
                    Worker::Host(deployed)
                }
                // It was deployed meanwhile, or is not any more.
                (Taker::Host, None) | (Taker::Workers, Some(_)) => {
                    let other = if taker == Taker::Host { Taker::Workers } else { Taker::Host };
                    queue.lane(taker).waiting.remove(place);
                    queue.lane(other).waiting.insert(place, stored);
                    return Found::Of(other);
                }
                (Taker::Workers, None) => match queue.pollers.pop_front() {
                    Some(poller) => Worker::Remote(poller),
                    None => return Found::Nothing,
                },
            };
            queue.lane(taker).waiting.remove(place);
            queue.shares.leave(place.level, place.pass);
            queue.spend(&entry.task);
            entry.busy = Busy::Starting;
            return Found::Pair(Box::new(entry.task.clone()), worker);
        }
    }
}

pub(super) fn is_served(deployments: &Deployments, (namespace, queue): &QueueKey) -> bool {
    deployments.current(*namespace, queue, ComponentKind::Activities).is_some()
}

impl Inner {
    pub(super) fn match_queue(self: &Arc<Inner>, queue_key: &QueueKey) {
        for taker in Taker::ALL {
            self.match_lane(queue_key, taker);
        }
    }

    fn match_lane(self: &Arc<Inner>, queue_key: &QueueKey, taker: Taker) {
        loop {
            let now = self.now();
            let mut state = self.activities.lock();
            match state.next_pair(&self.activities.deployments, queue_key, taker, now) {
                Found::Nothing => return,
                Found::Load => {
                    drop(state);
                    return self.load_backlog(queue_key.clone(), taker);
                }
                Found::Later(wait) => {
                    if let Some(queue) = state.queues.get_mut(queue_key) {
                        self.match_when_allowed(queue_key, &mut queue.pace, wait);
                    }
                    return;
                }
                Found::Parked { key, wait } => {
                    drop(state);
                    self.unpark_when_allowed(queue_key, taker, key, wait);
                }
                Found::Of(other) => {
                    drop(state);
                    self.match_lane(queue_key, other);
                }
                Found::Pair(task, worker) => {
                    drop(state);
                    let started = task.on_started(worker.identity(), now);
                    self.write_started(started, worker);
                }
            }
        }
    }

    fn write_started(self: &Arc<Inner>, started: ActivityTask, worker: Worker) {
        let key = key_of(&started);
        let writes = vec![Write::activity(&started, self.now())];
        let done = move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| {
            let mut state = inner.activities.lock();
            if let Some(entry) = state.tasks.get_mut(&key) {
                entry.busy = Busy::No;
                if outcome.is_ok() {
                    entry.task = with_wishes_of(started.clone(), &entry.task);
                }
            }
            drop(state);
            match outcome {
                Ok(()) => {
                    inner.watch_deadline(&started);
                    inner.standalone_changed(&started.run);
                    inner.hand_over(key, worker);
                    inner.pass_on_cancel(key);
                }
                Err(_) => {
                    inner.activities.unreserve(inner, Reserved(vec![(key.1, worker)]));
                    inner.look_again(&started.run, key.1);
                }
            }
        };
        self.commit(CommitJob { writes, done: Box::new(done) });
    }

    pub(super) fn hand_over(self: &Arc<Inner>, key: TaskKey, worker: Worker) {
        let mut state = self.activities.lock();
        let task = state.tasks.get(&key).map(|entry| entry.task.clone());
        if let Some(task) = &task
            && let Some(queue) = state.queues.get_mut(&queue_of(task))
        {
            queue.dispatched.count(Level::of(&task.priority()), self.now());
        }
        drop(state);
        let task = match task {
            Some(task) => task,
            None => {
                // Closed meanwhile: the worker is free again.
                self.activities.unreserve(self, Reserved(vec![(key.1, worker)]));
                return;
            }
        };
        match worker {
            Worker::Remote(poller) => {
                if let Err(task) = poller.hand.send(task) {
                    self.take_back(task);
                }
            }
            Worker::Host(deployed) => {
                let abort = self.spawn_attempt(deployed.row.digest, task);
                match self.activities.lock().tasks.get_mut(&key) {
                    Some(entry) => entry.abort = Some(abort),
                    // Its run was closed just now.
                    None => abort.abort(),
                }
            }
        }
    }

    // ---- this host as a worker

    pub(crate) fn host_slot_free(self: &Arc<Inner>) {
        let waiting: Vec<_> = {
            let mut state = self.activities.lock();
            state.host_free += 1;
            let has_waiting = state.queues.iter().filter(|(key, queue)| {
                !queue.for_host.is_empty() && is_served(&self.deployments, key)
            });
            has_waiting.map(|(key, _)| key.clone()).collect()
        };
        for queue_key in &waiting {
            self.match_lane(queue_key, Taker::Host);
        }
    }

    /// A component of activities was deployed, or the host has just started.
    pub(crate) fn host_serves(self: &Arc<Inner>, namespace: NamespaceId, task_queue: &str) {
        let queue_key = (namespace, task_queue.to_owned());
        let mut state = self.activities.lock();
        state.queues.entry(queue_key.clone()).or_default();
        state.sort_again(&self.activities.deployments, &queue_key);
        drop(state);
        self.match_queue(&queue_key);
    }
}
