//! Activities that no workflow asked for: their start, what is asked of them, their end.
//!
//! Attempts are matched, timed and retried with all others (`activities`); only the end is
//! different: it goes into a record of its own, not into a mailbox.

use crate::api::{NewStandalone, StandaloneRef, StandaloneReply, StandaloneView};
use crate::committer::CommitJob;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use crate::timers::What;
use crate::watchers::Watchers;
use refrain_core::arrival::ActivityOutcome;
use refrain_core::attempt::ActivityTask;
use refrain_core::ids::{ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::search::{Kind, Registry, Typed, parse, typed};
use refrain_core::spread::spread;
use refrain_core::standalone::{Cancel, End, Execution, SCHEDULED, Status};
use refrain_core::time::{Delay, Timestamp};
use refrain_store::{ListPlace, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Starts of the same activity id wait for each other; those of others rarely do.
const N_LOCKS: usize = 64;
/// What a filter may ask of an activity beside what it may ask of a workflow.
const NAMES: [(&str, Kind); 2] = [("ActivityId", Kind::Keyword), ("ActivityType", Kind::Keyword)];

pub(crate) struct Standalones {
    starting: [tokio::sync::Mutex<()>; N_LOCKS],
    /// Those that wait for a change.
    watchers: Watchers<RunId, ()>,
}

impl Default for Standalones {
    fn default() -> Standalones {
        Standalones {
            starting: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
            watchers: Watchers::default(),
        }
    }
}

impl Standalones {
    fn lock_of(&self, activity_id: &str) -> &tokio::sync::Mutex<()> {
        &self.starting[spread(activity_id.bytes()) as usize % N_LOCKS]
    }
}

impl Inner {
    /// `then` is called when they are written, or could not be, whether or not the caller waits for it.
    pub(crate) async fn written(
        self: &Arc<Inner>,
        writes: Vec<Write>,
        then: impl FnOnce(&Arc<Inner>, bool) + Send + 'static,
    ) -> Result<(), EngineError> {
        let (reply, written) = oneshot::channel();
        let done = move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| {
            then(inner, outcome.is_ok());
            let _ = reply.send(outcome);
        };
        self.commit(CommitJob { writes, done: Box::new(done) });
        written.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    pub(crate) async fn start_standalone(
        self: &Arc<Inner>,
        new: NewStandalone,
    ) -> Result<StandaloneReply, EngineError> {
        if self.is_shutting_down() {
            return Err(EngineError::ShuttingDown);
        }
        let activity_id = new.options.activity_id.clone();
        let _starting = self.standalones.lock_of(&activity_id).lock().await;
        let latest = self.store.standalone_latest(new.namespace, &activity_id);
        let latest = latest.await.map_err(unavailable)?;
        if let Some(latest) = &latest
            && let Some(reply) = in_the_way(latest, &new)?
        {
            return Ok(reply);
        }
        let now = self.now();
        let before = latest.map(|it| it.task.run.run);
        let run = RunKey {
            execution: ExecutionKey { namespace: new.namespace, workflow: "".into() },
            run: self.new_run_id_after(before, now),
        };
        let task =
            ActivityTask::new(run.clone(), SCHEDULED, now, String::new(), *new.options, None);
        let execution = Execution {
            task: self.activities.placed(task.delayed(new.delay), now),
            request_id: new.request_id,
            details: new.details,
            search_attributes: new.search_attributes,
            delay: new.delay,
            cancel: None,
            closed: None,
        };
        let writes = vec![Write::standalone_begins(&execution)];
        let added = move |inner: &Arc<Inner>, written| {
            if written {
                inner.standalone_added(execution.task);
            }
        };
        self.written(writes, added).await?;
        Ok(StandaloneReply { run: run.run, started: true })
    }

    /// The one that is meant; the latest, if no run is named.
    async fn execution(&self, target: &StandaloneRef) -> Result<Execution, EngineError> {
        let found = match target.run {
            Some(run) => self.store.standalone(target.namespace, run).await,
            None => self.store.standalone_latest(target.namespace, &target.activity_id).await,
        };
        let found = found.map_err(unavailable)?;
        found.filter(|it| it.task.options.activity_id == target.activity_id).ok_or_else(|| {
            EngineError::StandaloneNotFound { activity_id: target.activity_id.clone() }
        })
    }

    pub(crate) async fn standalone(
        &self,
        target: &StandaloneRef,
    ) -> Result<StandaloneView, EngineError> {
        let mut execution = self.execution(target).await?;
        if execution.closed.is_none() {
            let run = execution.task.run.run;
            let row = match self.activities.task(run, SCHEDULED) {
                Some(task) => Some(task),
                None => self.store.activity(run, SCHEDULED).await.map_err(unavailable)?,
            };
            match row {
                Some(task) => execution.task = task,
                // It has ended since.
                None => execution = self.execution(target).await?,
            }
        }
        Ok(StandaloneView(execution))
    }

    /// Something about it is other than it was, and that is stored.
    pub(crate) fn standalone_changed(&self, run: &RunKey) {
        if run.execution.workflow.is_empty() {
            self.standalones.watchers.announce(&run.run, || ());
        }
    }

    /// Returns when it is so, or when `patience` is over: then as it is.
    pub(crate) async fn standalone_when(
        &self,
        target: &StandaloneRef,
        patience: Delay,
        is_so: impl Fn(&StandaloneView) -> bool,
    ) -> Result<StandaloneView, EngineError> {
        let run = self.execution(target).await?.task.run.run;
        let target = StandaloneRef { run: Some(run), ..target.clone() };
        let mut watched = self.standalones.watchers.watch(run);
        let over = tokio::time::sleep(Duration::from_millis(patience.as_ms()));
        tokio::pin!(over);
        let mut waiting = None;
        loop {
            // What changes from here on is told, so the look comes after it.
            watched.changes.mark_unchanged();
            let view = self.standalone(&target).await;
            if view.as_ref().map_or(true, &is_so) {
                return view;
            }
            waiting = waiting.or_else(|| self.waits_for_outcome());
            tokio::select! {
                told = watched.changes.changed() => if told.is_err() { return view },
                () = &mut over => return self.standalone(&target).await,
                () = self.shutting_down() => return view,
            }
        }
    }

    pub(crate) fn standalone_filter(
        &self,
        namespace: NamespaceId,
        text: &str,
    ) -> Result<Typed, String> {
        let query = parse(text).map_err(|error| error.to_string())?;
        let mut names = self.namespaces.search_attributes(namespace).registry.0.clone();
        names.extend(NAMES.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
        typed(&query, &Registry(names)).map_err(|error| error.to_string())
    }

    /// Its worker is told at its next heartbeat; one that no worker has ends at once.
    pub(crate) async fn cancel_standalone(
        self: &Arc<Inner>,
        target: &StandaloneRef,
        cancel: Cancel,
    ) -> Result<(), EngineError> {
        let execution = self.execution(target).await?;
        if execution.closed.is_some() {
            return Err(EngineError::StandaloneClosed);
        }
        if execution.cancel.is_some() {
            return Ok(());
        }
        let run = execution.task.run.clone();
        let asked = self.ask_to_cancel(&run).await;
        let task = asked.map_err(closed_meanwhile)?;
        let execution = Execution { cancel: Some(cancel), ..execution };
        if task.is_started() {
            let writes = vec![Write::standalone(&execution), Write::activity(&task, self.now())];
            let told = move |inner: &Arc<Inner>, written| {
                inner.canceling(&run, written);
                inner.standalone_changed(&run);
            };
            return self.written(writes, told).await;
        }
        let canceled = ActivityOutcome::Canceled { details: Vec::new() };
        let open_again = |inner: &Arc<Inner>, run: &RunKey| inner.canceling(run, false);
        self.close_standalone(execution, task, End::Attempts(Box::new(canceled)), open_again).await
    }

    pub(crate) async fn terminate_standalone(
        self: &Arc<Inner>,
        target: &StandaloneRef,
        reason: String,
        identity: String,
    ) -> Result<(), EngineError> {
        let execution = self.execution(target).await?;
        if execution.closed.is_some() {
            return Err(EngineError::StandaloneClosed);
        }
        let run = execution.task.run;
        let ended = match self.begin_end(&run).await {
            Ok(()) => self.end_standalone(&run, End::Terminated { reason, identity }).await,
            Err(error) => Err(error),
        };
        ended.map_err(closed_meanwhile)
    }

    /// Nothing of it is left. An open one is terminated first.
    pub(crate) async fn delete_standalone(
        self: &Arc<Inner>,
        target: &StandaloneRef,
    ) -> Result<(), EngineError> {
        let execution = self.execution(target).await?;
        let run = execution.task.run.run;
        let target = StandaloneRef { run: Some(run), ..target.clone() };
        match self.terminate_standalone(&target, "deleted".to_owned(), String::new()).await {
            Ok(()) | Err(EngineError::StandaloneClosed) => {}
            Err(error) => return Err(error),
        }
        self.store.delete_standalone(run).await.map_err(unavailable)
    }

    /// Before the namespace goes. Rows of closed ones go with it.
    pub(crate) async fn end_all_standalone(
        self: &Arc<Inner>,
        namespace: NamespaceId,
    ) -> Result<(), EngineError> {
        let open = self.standalone_filter(namespace, "ExecutionStatus IN ('Running', 'Paused')");
        let open = open.map_err(EngineError::Internal)?.condition;
        let mut after = None;
        loop {
            let page = self.store.list_standalone(namespace, &open, after, 1000).await;
            let page = page.map_err(unavailable)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(ListPlace::of_standalone(last));
            for it in &page {
                let target = StandaloneRef {
                    namespace,
                    activity_id: it.task.options.activity_id.clone(),
                    run: Some(it.task.run.run),
                };
                let why = "namespace deleted".to_owned();
                match self.terminate_standalone(&target, why, String::new()).await {
                    Ok(()) | Err(EngineError::StandaloneClosed) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    pub(crate) async fn expire_standalone(&self) -> Result<(), EngineError> {
        for namespace in self.namespaces.all() {
            let before = Timestamp(self.now().0.saturating_sub(namespace.retention.0));
            self.store.expire_standalone(namespace.id, before).await.map_err(unavailable)?;
        }
        Ok(())
    }

    /// Nobody waits for an answer; if it can't be written now, it is tried again.
    pub(crate) fn standalone_closes(self: &Arc<Inner>, run: &RunKey, end: End) {
        let run = run.clone();
        self.spawn(|inner| async move {
            if let Err(error) = inner.end_standalone(&run, end).await
                && error != EngineError::ActivityNotFound
            {
                tracing::warn!(%run, %error, "an activity's end is not stored yet");
            }
        });
    }

    /// Whoever calls this has marked the attempt as ending. If it can't be written, or nobody waits
    /// for it before it is, the attempt is not marked any more.
    pub(crate) async fn end_standalone(
        self: &Arc<Inner>,
        run: &RunKey,
        end: End,
    ) -> Result<(), EngineError> {
        let mut marked = Marked { inner: self, run, armed: true };
        let known = self.store.standalone(run.execution.namespace, run.run).await;
        let known = known.map_err(unavailable)?;
        let (Some(known), Some(task)) =
            (known.filter(|it| it.closed.is_none()), self.activities.task(run.run, SCHEDULED))
        else {
            marked.armed = false;
            self.activities.remove(run.run, SCHEDULED);
            return Err(EngineError::ActivityNotFound);
        };
        marked.armed = false;
        self.close_standalone(known, task, end, |inner, run| inner.end_failed(run)).await
    }

    /// `failed`: what to do if it can't be written.
    async fn close_standalone(
        self: &Arc<Inner>,
        known: Execution,
        task: ActivityTask,
        end: End,
        failed: impl FnOnce(&Arc<Inner>, &RunKey) + Send + 'static,
    ) -> Result<(), EngineError> {
        let run = task.run.clone();
        let ended = known.ended(task, end, self.now());
        let closed = move |inner: &Arc<Inner>, written| {
            if written {
                inner.timers.clear(run.run, What::Activity(SCHEDULED));
                inner.activities.remove_run(run.run);
            } else {
                failed(inner, &run);
            }
            inner.standalone_changed(&run);
        };
        self.written(vec![Write::standalone_ends(&ended)], closed).await
    }
}

/// An attempt that was marked as ending, and whose end is not on its way to the store yet.
struct Marked<'a> {
    inner: &'a Arc<Inner>,
    run: &'a RunKey,
    armed: bool,
}

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.inner.end_failed(self.run);
        }
    }
}

/// What the latest one of the same id means for a start. `None`: nothing, it may begin.
fn in_the_way(
    latest: &Execution,
    new: &NewStandalone,
) -> Result<Option<StandaloneReply>, EngineError> {
    let run = latest.task.run.run;
    if !new.request_id.is_empty() && latest.request_id == new.request_id {
        return Ok(Some(StandaloneReply { run, started: true }));
    }
    let exists = || EngineError::StandaloneExists {
        activity_id: new.options.activity_id.clone(),
        run,
        start_request_id: latest.request_id.clone(),
    };
    let allowed = match (latest.status(), new.conflict, new.reuse) {
        (Status::Running | Status::Paused, IdConflictPolicy::UseExisting, _) => {
            return Ok(Some(StandaloneReply { run, started: false }));
        }
        (
            Status::Running | Status::Paused,
            IdConflictPolicy::Fail | IdConflictPolicy::TerminateExisting,
            _,
        ) => false,
        (_, _, IdReusePolicy::AllowDuplicate) => true,
        (_, _, IdReusePolicy::RejectDuplicate) => false,
        (status, _, IdReusePolicy::AllowDuplicateFailedOnly) => status != Status::Completed,
    };
    if allowed { Ok(None) } else { Err(exists()) }
}

/// It was open when it was read.
fn closed_meanwhile(error: EngineError) -> EngineError {
    match error {
        EngineError::ActivityNotFound => EngineError::StandaloneClosed,
        other => other,
    }
}
