//! What clients, workers and the clock do to the model.

use super::*;
use refrain_core::chain;
use refrain_core::message::BY_NEW_RUN;

impl Model {
    pub(super) fn start(&mut self, start: &Start, more: Vec<Arrival>) {
        let current = self.current().map(|at| &self.runs[at]).map(|run| Current {
            run: run.key.run,
            status: run.status,
            start_request_id: run.start_request.clone(),
        });
        match admit::start(current.as_ref(), &start.request, start.reuse, start.conflict) {
            Admission::New => {}
            Admission::Existing { started: true, .. } => return self.note("its own run"),
            Admission::Existing { started: false, .. } => return self.note("existing run"),
            Admission::Refused { .. } => return self.note("refused: already started"),
            Admission::TerminateFirst { .. } => {
                let arrival = Arrival::Terminate {
                    reason: BY_NEW_RUN.to_owned(),
                    details: Vec::new(),
                    identity: "client".to_owned(),
                };
                self.step(self.current().unwrap_or(usize::MAX), vec![arrival]);
            }
        }
        let key = RunKey {
            execution: self.execution(&self.subject),
            run: RunId(self.runs.len() as u128 + 1),
        };
        let mut started = execution::Started {
            execution_expires: start.execution_timeout.map(|limit| self.now.plus(limit)),
            workflow_id: self.subject.clone(),
            ..started(start, key.run, self.versions.newest())
        };
        chain::await_first_time(&mut started, self.now, next_cron);
        let newest = self.versions.newest();
        let component = start.version.and_then(|it| self.version_of(it)).unwrap_or(newest);
        self.runs.push(ModelRun::new(key, component, start.request.clone()));
        let arrivals = std::iter::once(Arrival::Start(Box::new(started))).chain(more).collect();
        self.step(self.runs.len() - 1, arrivals);
    }

    pub(super) fn reset(&mut self, current: usize, reset: &script::Reset) {
        let same = |run: &ModelRun| !reset.request.is_empty() && run.start_request == reset.request;
        if same(&self.runs[current]) {
            return self.note("its own run");
        }
        let base = reset.run.map_or(current, |nth| nth - 1);
        if self.runs[base].gone {
            return self.note("refused: no such workflow");
        }
        let key = RunKey {
            execution: self.runs[base].key.execution.clone(),
            run: RunId(self.runs.len() as u128 + 1),
        };
        let asked = Reset {
            base: self.runs[base].key.run,
            new: key.run,
            at: EventId(reset.at),
            reason: reset.reason.clone(),
            identity: "client".to_owned(),
            reapply: Reapply { signals: reset.signals, updates: reset.updates },
        };
        let history = &self.runs[base].history;
        let mut later: Vec<&[Recorded]> = Vec::new();
        while let Some(next) = continued_as(later.last().copied().unwrap_or(history)) {
            match self.runs.iter().find(|it| it.key.run == next && !it.gone) {
                Some(next) => later.push(&next.history),
                None => break,
            }
        }
        let mut beginning = match asked.begin(history, &later, self.now) {
            Ok(beginning) => beginning,
            Err(error) => return self.note(format!("refused: {error}")),
        };
        let own = self.runs[base].component;
        let said = beginning.versioning.clone();
        let (mut component, may_stay) = self.version_of_reset(reset.version, said.as_ref(), own);
        let after = reset.version.map(|it| self.versions.change(None, Some(it), None));
        let after = after.map(|it| AfterReset::Options(Box::new(it)).arrival("client"));
        beginning.again.extend(after);
        let begin_on = |component| {
            let guest = self.versions.program(component).guest().expect("a guest");
            let facts = self.facts(&key, component);
            Run::reset(facts, beginning.clone(), guest, self.empty_step())
        };
        let mut begun = begin_on(component);
        if may_stay && begun.is_err() {
            component = own;
            begun = begin_on(own);
        }
        let outcome = match begun {
            Ok(outcome) => outcome,
            Err(error) => return self.note(format!("refused: {error}")),
        };
        if self.runs[current].status.is_open() {
            let arrival = Arrival::Terminate {
                reason: reset.reason.clone(),
                details: Vec::new(),
                identity: "client".to_owned(),
            };
            self.step(current, vec![arrival]);
        }
        self.runs.push(ModelRun::new(key, component, reset.request.clone()));
        self.commit(self.runs.len() - 1, outcome.run, outcome.decision);
    }

    pub(super) fn ask(&mut self, at: usize, id: &str) {
        let run = &self.runs[at];
        let state = match run.admitted.iter().any(|it| it.id == id) {
            true => Some(UpdateState::Admitted),
            false => updates::state_in(&run.history, id),
        };
        match state {
            Some(state) => self.note(print::update(id, &state)),
            None => self.note("refused: no such update"),
        }
    }

    pub(super) fn query(&mut self, at: usize, name: &str) {
        if name == waits::STACK_TRACE_QUERY {
            let folded = Execution::fold(&self.runs[at].history).expect("history folds");
            return self.note(format!("{name}: {:?}", waits::stack_trace(&folded, self.now)));
        }
        let query = Query { name: name.to_owned(), args: Vec::new(), now: self.now };
        let live = self.runs[at].live.take().map_or_else(|| self.replay(at), Ok);
        match live {
            Ok(live) if !live.has_begun() => self.note(format!("{name}: can't be queried")),
            Ok(mut live) => {
                let answer = live.query(query);
                self.keep(at, live);
                match answer {
                    Ok(answer) => self.note(format!("{name}: {}", show(&answer))),
                    Err(error) => self.note(format!("{name}: {error}")),
                }
            }
            Err(_) => self.note(format!("{name}: can't be queried")),
        }
    }

    pub(super) fn take(&mut self, at: usize, kind: &str, worker: &str) {
        let paused = self.runs[at].status.is_paused();
        let ready = self.activity(kind).filter(|(_, task)| task.is_ready(self.now) && !paused);
        match ready.map(|it| it.0) {
            Some(scheduled) => {
                let task = self.task(at, scheduled).on_started(worker.to_owned(), self.now);
                self.runs[at].activities.insert(scheduled, task);
            }
            None => self.note("nothing to take"),
        }
    }

    pub(super) fn attempt_over(&mut self, at: usize, scheduled: EventId, next: Next) {
        match next {
            Next::Retry(task) => {
                self.runs[at].activities.insert(scheduled, *task);
            }
            Next::Close(closed) => {
                self.step(at, vec![Arrival::ActivityClosed(closed)]);
            }
        }
    }

    /// All that is due until then, in the order in which it is due.
    pub(super) fn pass_time(&mut self, until: Timestamp) {
        while let Some((at, run, what)) = self.next_due() {
            if at > until {
                return;
            }
            self.now = self.now.max(at);
            match what {
                What::Timer(timer) => {
                    self.step(run, vec![timer.arrival()]);
                }
                What::Activity(scheduled) => {
                    if let Due::TimedOut(next) = self.task(run, scheduled).on_due(self.now) {
                        self.attempt_over(run, scheduled, next);
                    }
                }
            }
            self.deliver();
        }
    }

    pub(super) fn next_due(&self) -> Option<(Timestamp, usize, What)> {
        let of_run = |(at, run): (usize, &ModelRun)| {
            let timers = run.timers.iter().map(move |it| (*it.1, at, What::Timer(*it.0)));
            let now = self.now;
            let activities =
                run.activities.iter().map(move |it| (it.1.due_at(now), at, What::Activity(*it.0)));
            timers.chain(activities).min()
        };
        let earliest = self.runs.iter().enumerate().filter_map(of_run).min()?;
        (earliest.0 < Timestamp::NEVER).then_some(earliest)
    }

    pub(super) fn succeed(&mut self, before: usize, successor: Successor) {
        let Successor { run, version, started, decision } = successor;
        assert_eq!(started.continued_from, Some(self.runs[before].key.run), "a chain has no gap");
        assert_eq!(self.runs[before].history.last().and_then(|it| new_run(&it.event)), Some(run));
        let key = RunKey { run, ..self.runs[before].key.clone() };
        let start_request = self.runs[before].start_request.clone();
        let component = match version {
            VersionChoice::Current => self.versions.newest(),
            VersionChoice::Same => self.runs[before].component,
        };
        self.runs.push(ModelRun::new(key, component, start_request));
        self.commit(self.runs.len() - 1, None, decision);
    }
}

pub(super) fn request_of(arrival: &Arrival) -> Option<update::Request> {
    match arrival {
        Arrival::Update(request) => Some((**request).clone()),
        _ => None,
    }
}

pub(super) fn update_of(arrival: &Arrival) -> Option<String> {
    request_of(arrival).map(|it| it.id)
}
