//! Answers that change nothing.

use crate::api::{
    AfterReset, Description, Pause, Progress, ResetRequest, StartReply, StartRequest, Target,
};
use crate::cell::{Letter, Loaded, ReplyTo};
use crate::error::EngineError;
use crate::inner::{Inner, progress_of};
use crate::start::unavailable;
use crate::worker::ClosedBase;
use crate::worker::query::{not_begun, text_payload};
use refrain_core::arrival::Refused;
use refrain_core::attempt::ActivityTask;
use refrain_core::errors::{Owner, StepError};
use refrain_core::event::Recorded;
use refrain_core::execution::Execution;
use refrain_core::guest::{GuestError, Program, Query};
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::clock::{Clock, Inherited};
use refrain_core::machines::{Event, execution};
use refrain_core::payload::{Payload, Payloads};
use refrain_core::reset::FirstTaskOn;
use refrain_core::run::Run;
use refrain_core::search::Condition;
use refrain_core::time::Delay;
use refrain_core::waits::STACK_TRACE_QUERY;
use refrain_store::{HistoryPage, ListPlace, RunCounts, RunRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Events read at once by one who goes backwards.
const EVENTS_LOOKED_AT: u64 = 256;

impl Inner {
    pub(crate) async fn row(&self, target: &Target) -> Result<Arc<RunRow>, EngineError> {
        let key = target.execution();
        if let Some(row) = self.cells.known_run(&key)
            && target.run.is_none_or(|run| run == row.key.run)
        {
            return target.is_of_chain(&row).then_some(row).ok_or_else(|| not_found(target));
        }
        let row = match target.run {
            Some(run) => {
                let row = self.store.run(target.namespace, run).await.map_err(unavailable)?;
                row.filter(|row| row.key.execution == key)
            }
            None => {
                let rows = self.store.current_runs(&[key]).await.map_err(unavailable)?;
                rows.into_iter().next().flatten()
            }
        };
        let row = row.filter(|row| target.is_of_chain(row));
        row.map(Arc::new).ok_or_else(|| not_found(target))
    }

    pub(crate) async fn progress(&self, target: &Target) -> Result<Progress, EngineError> {
        Ok(progress_of(&*self.row(target).await?))
    }

    pub(crate) async fn wait_for_event(
        &self,
        run: &RunKey,
        next: EventId,
        patience: Delay,
    ) -> Result<Progress, EngineError> {
        let mut watched = self.watchers.watch(run.run);
        let target = Target::of(run);
        let enough = |progress: &Progress| progress.closed || progress.next_event > next;
        let mut progress = self.progress(&target).await;
        if let Ok(now) = &progress
            && !enough(now)
        {
            let changed = watched.changes.wait_for(|it| it.as_ref().is_some_and(enough));
            let patience = Duration::from_millis(patience.as_ms());
            let _waiting = self.waits_for_outcome();
            tokio::select! {
                changed = changed => {
                    if let Ok(changed) = changed && let Some(is) = changed.as_ref() {
                        progress = Ok(is.clone());
                    }
                }
                () = tokio::time::sleep(patience) => {}
                () = self.shutting_down() => {}
            }
        }
        progress
    }

    pub(crate) async fn history(
        &self,
        run: &RunKey,
        from: EventId,
        n_max: usize,
    ) -> Result<HistoryPage, EngineError> {
        let page = self.store.history_page(run.run, from, n_max).await.map_err(unavailable)?;
        match page.n_events {
            // Deleted since the caller learned of it.
            0 if from == EventId::FIRST => Err(EngineError::WorkflowNotFound {
                workflow_id: run.execution.workflow.to_string(),
                run: Some(run.run),
            }),
            _ => Ok(page),
        }
    }

    pub(crate) fn replay(
        &self,
        row: &RunRow,
        history: &[Recorded],
        program: Result<Arc<dyn Program>, GuestError>,
    ) -> Result<Run, StepError> {
        let facts = self.facts_of(row.key.clone(), row.component);
        let guest = program.and_then(|it| it.guest()).map_err(StepError::Guest)?;
        Run::replay(facts, history, guest)
    }

    /// For those who ask again.
    pub(crate) fn make_room(&self, error: &StepError) {
        if error.owner() == Owner::Operator {
            self.warm.make_room(&self.cells);
        }
    }

    /// The latest run of the workflow, if it is closed and has written down that this start found it.
    pub(crate) async fn closed_that_was_found_by(
        &self,
        request: &StartRequest,
    ) -> Result<Option<StartReply>, EngineError> {
        let workflow_id = request.started.workflow_id.clone();
        let target = Target::latest(request.namespace, workflow_id);
        let row = match self.row(&target).await {
            Ok(row) if !row.status.is_open() => row,
            Ok(_) | Err(EngineError::WorkflowNotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let run = row.key.run;
        let found = self.store.is_attached(run, &request.request_id).await.map_err(unavailable)?;
        let (first, status) = (row.first_run, row.status);
        Ok(found.then_some(StartReply { run, first, started: false, status }))
    }

    pub(crate) async fn describe(&self, target: &Target) -> Result<Description, EngineError> {
        let row = self.row(target).await?;
        let run = row.key.run;
        let first = self.store.history(run, EventId::FIRST, 1).await.map_err(unavailable)?;
        let Some(started) = first.first().and_then(started_of) else {
            // Deleted between the two reads.
            return Err(not_found(target));
        };
        let pending_children = match row.status.is_open() {
            true => self.store.pending_children(run).await.map_err(unavailable)?,
            false => Vec::new(),
        };
        Ok(Description {
            pending_activities: self.store.activities_of_run(run).await.map_err(unavailable)?,
            pending_children,
            pause: self.pause_of(&row).await?,
            original_start: first.first().map_or(row.started_at, |it| it.time),
            reset_to: self
                .store
                .reset_of(row.key.execution.namespace, run)
                .await
                .map_err(unavailable)?,
            reset_points: self.points_after(&row, &started.reset_points).await?,
            clock: self.own_clock(&row, &started).await?,
            published: self.store.published_state(run).await.map_err(unavailable)?,
            found_by: self.store.attached_requests(run).await.map_err(unavailable)?,
            row: (*row).clone(),
            started,
        })
    }

    /// Activities that are not closed, of a run that is open.
    pub(crate) async fn open_activities(
        &self,
        target: &Target,
    ) -> Result<Vec<ActivityTask>, EngineError> {
        let row = self.row(target).await?;
        if !row.status.is_open() {
            return Err(EngineError::Refused(Refused::RunClosed));
        }
        self.store.activities_of_run(row.key.run).await.map_err(unavailable)
    }

    /// What a run has published, and which run that is.
    pub(crate) async fn published(
        &self,
        target: &Target,
    ) -> Result<(RunId, BTreeMap<String, Payload>), EngineError> {
        let run = self.row(target).await?.key.run;
        Ok((run, self.store.published_state(run).await.map_err(unavailable)?))
    }

    pub(crate) async fn reset(
        self: &Arc<Inner>,
        request: ResetRequest,
    ) -> Result<StartReply, EngineError> {
        let row = self.row(&request.target).await?;
        let target = Target { run: Some(row.key.run), ..request.target.clone() };
        let mut request = ResetRequest { target, ..request };
        for it in &mut request.after {
            if let AfterReset::Options(change) = it {
                self.name_version(&row, change)?;
            }
        }
        let answer = self.reset_run(&request, &row).await;
        if row.status.is_open() && answer == Err(EngineError::Refused(Refused::RunClosed)) {
            // Closed meanwhile, and for good.
            let row = self.row(&request.target).await?;
            return self.reset_run(&request, &row).await;
        }
        answer
    }

    async fn reset_run(
        self: &Arc<Inner>,
        request: &ResetRequest,
        row: &RunRow,
    ) -> Result<StartReply, EngineError> {
        let base = match row.status.is_open() {
            true => None,
            false => Some(Box::new(self.closed_base(row).await?)),
        };
        let request = Box::new(request.clone());
        self.ask(&row.key.execution, |reply| Letter::Reset { request, base, reply }).await
    }

    async fn closed_base(&self, row: &RunRow) -> Result<ClosedBase, EngineError> {
        let history = self
            .store
            .whole_history(row.key.run, EventId::FIRST, usize::MAX)
            .await
            .map_err(unavailable)?;
        Ok(ClosedBase { row: row.clone(), history })
    }

    /// `None`: nobody ever asked for one, and it is the host's.
    pub(crate) async fn own_clock(
        &self,
        row: &RunRow,
        started: &execution::Started,
    ) -> Result<Option<Clock>, EngineError> {
        let begins_with_one =
            started.time_skipping.is_some() || started.inherited != Inherited::default();
        if !begins_with_one && row.options.is_none() {
            return Ok(None);
        }
        let clock = match self.cells.clock(&row.key) {
            Some(clock) => clock,
            None => {
                Execution::fold(&self.history_for_replay(row.key.run).await?)
                    .map_err(|error| EngineError::Internal(error.to_string()))?
                    .clock
            }
        };
        Ok(Some(clock).filter(|it| begins_with_one || *it != Clock::default()))
    }

    /// How it began. None: it was deleted meanwhile.
    pub(crate) async fn started(
        &self,
        run: RunId,
    ) -> Result<Option<Arc<execution::Started>>, EngineError> {
        let first = self.store.history(run, EventId::FIRST, 1).await.map_err(unavailable)?;
        Ok(first.first().and_then(started_of))
    }

    /// One for each component that has run a task of the chain.
    pub(crate) async fn reset_points(&self, row: &RunRow) -> Result<Vec<FirstTaskOn>, EngineError> {
        let started = self.started(row.key.run).await?;
        self.points_after(row, started.as_ref().map_or(&[], |it| &it.reset_points)).await
    }

    /// A run that is warm knows. Else no further is read than must be: nearly always the first task
    /// is all there is to find.
    async fn points_after(
        &self,
        row: &RunRow,
        before: &[FirstTaskOn],
    ) -> Result<Vec<FirstTaskOn>, EngineError> {
        if let Some(points) = self.cells.reset_points(&row.key) {
            return Ok(points);
        }
        let used: Vec<_> = row.earlier.iter().chain([&row.component]).collect();
        let (mut own, mut from) = (Vec::new(), EventId::FIRST);
        while from < row.next_event {
            let is_known = |used: &&Digest| {
                before.iter().chain(&own).any(|it: &FirstTaskOn| it.component == **used)
            };
            if used.iter().all(is_known) {
                break;
            }
            let n = EVENTS_LOOKED_AT as usize;
            let events = self.store.history(row.key.run, from, n).await.map_err(unavailable)?;
            let Some(last) = events.last() else { break };
            from = last.id.next();
            events.iter().for_each(|it| FirstTaskOn::note(&mut own, row.key.run, it));
        }
        Ok(FirstTaskOn::of_chain(before, &own))
    }

    /// The event that paused it, which is not far from the end of its history.
    pub(crate) async fn pause_of(&self, row: &RunRow) -> Result<Option<Pause>, EngineError> {
        let mut end = row.next_event;
        while row.status.is_paused() && end > EventId::FIRST {
            let begin = EventId(end.0.saturating_sub(EVENTS_LOOKED_AT).max(1));
            let n = (end.0 - begin.0) as usize;
            let events = self.store.history(row.key.run, begin, n).await.map_err(unavailable)?;
            let last = events.into_iter().rev().find_map(|it| match it.event {
                Event::Execution(execution::Event::Paused { identity, reason, .. }) => {
                    Some(Pause { event: it.id, at: it.time, identity, reason })
                }
                _ => None,
            });
            if last.is_some() {
                return Ok(last);
            }
            end = begin;
        }
        Ok(None)
    }

    pub(crate) async fn list(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<RunRow>, EngineError> {
        self.store.list_runs(namespace, filter, after, n_max).await.map_err(unavailable)
    }

    pub(crate) async fn paused_activity_types(
        &self,
        namespace: NamespaceId,
        runs: &[RunRow],
    ) -> Result<BTreeMap<RunId, Vec<String>>, EngineError> {
        let open: Vec<_> =
            runs.iter().filter(|it| it.status.is_open()).map(|it| it.key.run).collect();
        match open.is_empty() {
            true => Ok(BTreeMap::new()),
            false => self.store.paused_activity_types(namespace, &open).await.map_err(unavailable),
        }
    }

    pub(crate) async fn count(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<RunCounts, EngineError> {
        self.store.count_runs(namespace, filter).await.map_err(unavailable)
    }

    /// An earlier run of the chain is closed and nobody's turn: its guest lives for one answer.
    pub(crate) fn query_earlier_run(
        self: &Arc<Inner>,
        key: &ExecutionKey,
        run: Option<RunId>,
        name: String,
        args: Payloads,
        reply: ReplyTo<Payloads>,
    ) {
        let inner = Arc::clone(self);
        let target = Target {
            namespace: key.namespace,
            workflow_id: key.workflow.to_string(),
            run,
            chain: None,
        };
        self.runtime.spawn(async move {
            let _ = reply.send(inner.ask_earlier_run(&target, name, args).await);
        });
    }

    async fn ask_earlier_run(
        self: &Arc<Inner>,
        target: &Target,
        name: String,
        args: Payloads,
    ) -> Result<Payloads, EngineError> {
        let row = self.row(target).await?;
        if name == STACK_TRACE_QUERY {
            // A closed run waits for nothing.
            return Ok(vec![text_payload("")]);
        }
        // Each takes room while it is answered.
        let _turn = self.closed_queries.acquire().await;
        let Loaded { history, program, deployed: _ } = self.load_for_replay(&row, None).await?;
        let query = Query { name, args, now: self.now() };
        let inner = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || {
            let mut run = inner
                .replay(&row, &history, program)
                .inspect_err(|error| inner.make_room(error))
                .map_err(|error| EngineError::of_question(&error))?;
            if !run.has_begun() {
                return Err(not_begun(run.execution().status));
            }
            run.query(query).map_err(EngineError::of_query)
        });
        asked.await.unwrap_or_else(|panic| Err(EngineError::Internal(panic.to_string())))
    }
}

pub(crate) fn not_found(target: &Target) -> EngineError {
    EngineError::WorkflowNotFound { workflow_id: target.workflow_id.clone(), run: target.run }
}

fn started_of(recorded: &Recorded) -> Option<Arc<execution::Started>> {
    match &recorded.event {
        Event::Execution(execution::Event::Started(started)) => Some(Arc::new((**started).clone())),
        Event::Execution(_)
        | Event::Task(_)
        | Event::Activity(_)
        | Event::Local(_)
        | Event::Timer(_)
        | Event::Child(_)
        | Event::External(_)
        | Event::Signal(_)
        | Event::Patch(_)
        | Event::Update(_)
        | Event::Attributes(_)
        | Event::Clock(_) => None,
    }
}
