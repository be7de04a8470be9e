//! Updates as those see them who wait for them.
//!
//! An update that no workflow task has taken yet lies in its cell and comes along with each step;
//! one that was taken is in history. Whoever waits is told when either changes.

use crate::api::{Engine, StartReply, StartRequest, Target};
use crate::cell::{Letter, With};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use crate::watchers::{Watched, Watchers};
use refrain_core::arrival::Refused;
use refrain_core::ids::{EventId, ExecutionKey, RunId};
use refrain_core::machines::{signal, update};
use refrain_core::time::Delay;
use refrain_core::updates::{self, UpdateState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How far a caller wants to see its update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateStage {
    Admitted,
    Accepted,
    Completed,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UpdateReply {
    pub run: RunId,
    pub id: String,
    pub state: UpdateState,
}

/// What a caller is told when the step that its update came to is committed.
pub(crate) struct UpdateAnswer {
    pub(crate) run: RunId,
    /// `None`: if it is anywhere, it is in history.
    pub(crate) state: Option<UpdateState>,
    /// What happens from then on.
    pub(crate) news: Watched<Key, News>,
}

#[derive(Clone, Debug, Default)]
#[expect(clippy::large_enum_variant, reason = "one for each that waits, no more")]
pub(crate) enum News {
    #[default]
    None,
    State(UpdateState),
    /// The run ended before it took the update.
    Aborted,
}

type Key = (RunId, String);

#[derive(Default)]
pub(crate) struct Updates {
    watchers: Watchers<Key, News>,
}

impl Updates {
    /// As [`Watchers::watch`].
    pub(crate) fn watch(&self, run: RunId, id: &str) -> Watched<Key, News> {
        self.watchers.watch((run, id.to_owned()))
    }

    pub(crate) fn announce(&self, run: RunId, id: &str, news: News) {
        self.watchers.announce(&(run, id.to_owned()), || news);
    }

    /// The run is closed, and all that it had not taken are aborted: the others will have no
    /// outcome but this.
    pub(crate) fn close_run(&self, run: RunId) {
        let watched = self.watchers.lock();
        let of_run = watched.range((run, String::new())..).take_while(|it| it.0.0 == run);
        for (_, (sender, _)) in of_run {
            let is_over = match &*sender.borrow() {
                News::Aborted => true,
                News::State(state) => UpdateStage::Completed.is_reached(state),
                News::None => false,
            };
            if !is_over {
                let outcome = Err(update::closed_first());
                sender.send_replace(News::State(UpdateState::Completed(outcome)));
            }
        }
    }
}

impl UpdateStage {
    pub(crate) fn is_reached(self, state: &UpdateState) -> bool {
        match (self, state) {
            (UpdateStage::Admitted, _) => true,
            (UpdateStage::Accepted | UpdateStage::Completed, UpdateState::Admitted) => false,
            (UpdateStage::Accepted, UpdateState::Accepted) => true,
            (UpdateStage::Completed, UpdateState::Accepted) => false,
            (
                UpdateStage::Accepted | UpdateStage::Completed,
                UpdateState::Rejected(_) | UpdateState::Completed(_),
            ) => true,
        }
    }
}

impl Engine {
    /// Starts, or finds the open run, and signals it, in one commit.
    pub async fn signal_with_start(
        &self,
        request: StartRequest,
        signal: signal::Signal,
    ) -> Result<StartReply, EngineError> {
        self.inner.signal_with_start(request, signal).await
    }

    /// Starts, or finds the open run, and sends it an update. A run that is started for it stays,
    /// whatever becomes of the update: the inner result.
    pub async fn update_with_start(
        &self,
        request: StartRequest,
        update: update::Request,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<(StartReply, Result<UpdateReply, EngineError>), EngineError> {
        self.inner.update_with_start(request, update, wait, patience).await
    }

    /// Sends an update and waits until it is so far, or `patience` is over: then with what is. A
    /// second request with the same id joins the first.
    pub async fn update(
        &self,
        target: &Target,
        request: update::Request,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<UpdateReply, EngineError> {
        self.inner.update(target, request, wait, patience).await
    }

    /// Waits for an update that was sent before.
    pub async fn poll_update(
        &self,
        target: &Target,
        id: &str,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<UpdateReply, EngineError> {
        self.inner.poll_update(target, id, wait, patience).await
    }
}

impl Inner {
    pub(crate) async fn update(
        self: &Arc<Inner>,
        target: &Target,
        request: update::Request,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<UpdateReply, EngineError> {
        let request = self.named(request);
        let until = Instant::now() + Duration::from_millis(patience.as_ms());
        loop {
            let (run, chain) = (target.run, target.chain);
            let (id, request) = (request.id.clone(), request.clone());
            let letter = |reply| Letter::Update { run, chain, request, reply };
            let answer = self.ask(&target.execution(), letter).await?;
            let asked = answer.run;
            let left = Delay(until.saturating_duration_since(Instant::now()).as_millis() as u64);
            let followed = self.follow(target, &id, answer, wait, left).await;
            if followed != Err(EngineError::Refused(Refused::UpdateAborted))
                || !self.goes_on(target, asked).await?
            {
                return followed;
            }
        }
    }

    /// The run that was asked took no notice of it and is closed; but who is meant goes on as
    /// another one.
    async fn goes_on(&self, target: &Target, asked: RunId) -> Result<bool, EngineError> {
        if target.run.is_some() {
            return Ok(false);
        }
        match self.row(target).await {
            Ok(now) => Ok(now.status.is_open() && now.key.run != asked),
            // Another chain has the workflow id now.
            Err(EngineError::WorkflowNotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// One that is sent without an id is not sent twice.
    fn named(&self, mut request: update::Request) -> Box<update::Request> {
        if request.id.is_empty() {
            request.id = self.new_run_id_after(None, self.now()).to_string();
        }
        Box::new(request)
    }

    /// Waits until the update is so far, or the patience is over.
    pub(crate) async fn follow(
        &self,
        target: &Target,
        id: &str,
        answer: UpdateAnswer,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<UpdateReply, EngineError> {
        let UpdateAnswer { run, state, mut news } = answer;
        let state = match state {
            Some(state) => state,
            // The run is closed, or had it before.
            None => self
                .recorded_update(target, run, id)
                .await?
                .ok_or(EngineError::Refused(Refused::RunClosed))?,
        };
        if wait.is_reached(&state) {
            return Ok(UpdateReply { run, id: id.to_owned(), state });
        }
        let enough = |news: &News| match news {
            News::None => false,
            News::State(state) => wait.is_reached(state),
            News::Aborted => true,
        };
        let _waiting = self.waits_for_outcome();
        tokio::select! {
            _ = news.changes.wait_for(enough) => {}
            () = tokio::time::sleep(Duration::from_millis(patience.as_ms())) => {}
            () = self.shutting_down() => {}
        }
        match news.changes.borrow().clone() {
            News::None => Ok(UpdateReply { run, id: id.to_owned(), state }),
            News::State(state) => Ok(UpdateReply { run, id: id.to_owned(), state }),
            News::Aborted => Err(EngineError::Refused(Refused::UpdateAborted)),
        }
    }

    /// The start, and what became of the update if that went well.
    pub(crate) async fn update_with_start(
        self: &Arc<Inner>,
        start: StartRequest,
        request: update::Request,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<(StartReply, Result<UpdateReply, EngineError>), EngineError> {
        let target = Target::latest(start.namespace, start.started.workflow_id.clone());
        let request = self.named(request);
        let (again, id) = ((*request).clone(), request.id.clone());
        let (reply, answer) = oneshot::channel();
        let with = With::Update { request, reply };
        let started = self.start_with(start, with).await?;
        let (asked, followed) = match answer.await.unwrap_or(Err(EngineError::ShuttingDown)) {
            Ok(answer) => (answer.run, self.follow(&target, &id, answer, wait, patience).await),
            Err(error) => (started.run, Err(error)),
        };
        let updated = match followed {
            Err(EngineError::Refused(Refused::UpdateAborted))
                if self.goes_on(&target, asked).await? =>
            {
                self.update(&target, again, wait, patience).await
            }
            followed => followed,
        };
        Ok((started, updated))
    }

    pub(crate) async fn signal_with_start(
        self: &Arc<Inner>,
        start: StartRequest,
        signal: signal::Signal,
    ) -> Result<StartReply, EngineError> {
        let (reply, answer) = oneshot::channel();
        let with = With::Signal { signal: Box::new(signal), reply };
        let started = self.start_with(start, with).await?;
        answer.await.unwrap_or(Err(EngineError::ShuttingDown))?;
        Ok(started)
    }

    pub(crate) async fn start_with(
        self: &Arc<Inner>,
        request: StartRequest,
        with: With,
    ) -> Result<StartReply, EngineError> {
        let workflow = request.started.workflow_id.as_str().into();
        let key = ExecutionKey { namespace: request.namespace, workflow };
        let request = Box::new(request);
        self.ask(&key, |reply| Letter::Start { request, with, reply }).await
    }

    pub(crate) async fn poll_update(
        &self,
        target: &Target,
        id: &str,
        wait: UpdateStage,
        patience: Delay,
    ) -> Result<UpdateReply, EngineError> {
        let run = self.row(target).await?.key.run;
        let news = self.updates.watch(run, id);
        let state = match self.cells.admits_update(&target.execution(), run, id) {
            true => Some(UpdateState::Admitted),
            false => self.recorded_update(target, run, id).await?,
        };
        if state.is_none() {
            return Err(EngineError::UpdateNotFound(id.to_owned()));
        }
        self.follow(target, id, UpdateAnswer { run, state, news }, wait, patience).await
    }

    async fn recorded_update(
        &self,
        target: &Target,
        run: RunId,
        id: &str,
    ) -> Result<Option<UpdateState>, EngineError> {
        // A run of this workflow, or none of the caller's business.
        self.row(&Target { run: Some(run), ..target.clone() }).await?;
        let history =
            self.store.whole_history(run, EventId::FIRST, usize::MAX).await.map_err(unavailable)?;
        Ok(updates::state_in(&history, id))
    }
}
