//! What a schedule does: stored first, then done.

use crate::api::{StartReply, StartRequest, Target};
use crate::cell::{Letter, With};
use crate::error::EngineError;
use crate::inner::Inner;
use futures::future::join_all;
use refrain_calendar::rfc3339;
use refrain_calendar::schedule::{
    Deed, Outcome, Record, RunStatus, Running, ScheduleKey, Wake, Wanted,
};
use refrain_core::arrival::Arrival;
use refrain_core::event::Recorded;
use refrain_core::failure::{Failure, TimeoutType};
use refrain_core::ids::{EventId, ExecutionKey, RunId};
use refrain_core::machines::{Event, execution};
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::time::{Delay, Timestamp};
use refrain_store::{RunRow, Write};
use std::sync::Arc;

/// The store or a cell could not take something: again after this.
const TRY_AGAIN: Delay = Delay::from_secs(1);

impl Inner {
    /// Brings an owned schedule as far as it can come now: takes what is due, looks for runs that
    /// have ended, and does what follows.
    pub(super) async fn go_on(self: &Arc<Inner>, key: &ScheduleKey, mut record: Record) {
        loop {
            match self.one_round(key, &mut record).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.try_again(key, &error),
            }
        }
    }

    pub(super) fn try_again(&self, key: &ScheduleKey, error: &EngineError) {
        let id = &key.id;
        tracing::error!(schedule = %id, %error, "schedule can't go on now");
        self.schedules.wakes.set(key, Some(self.now().plus(TRY_AGAIN)));
    }

    /// False: nothing is left to do now.
    async fn one_round(
        self: &Arc<Inner>,
        key: &ScheduleKey,
        record: &mut Record,
    ) -> Result<bool, EngineError> {
        let now = self.now();
        record.schedule.advance(now, &key.id);
        for running in record.schedule.progress.running.clone() {
            if let Some(outcome) = self.outcome_of_chain(key, &running).await? {
                record.schedule.ended(running.run, outcome);
                self.schedules.unfollow(key, &running.workflow_id);
            }
        }
        if let Wake::Expires(at) = record.schedule.wake(now, &key.id)
            && at <= now
        {
            self.remove(key).await?;
            return Ok(false);
        }
        let deeds = record.schedule.decide();
        self.put(key, record, Write::schedule_goes_on).await?;
        if deeds.is_empty() {
            return Ok(record.schedule.wake(now, &key.id) == Wake::Now);
        }
        if self.is_shutting_down() {
            return Ok(false);
        }
        let outcomes = join_all(deeds.into_iter().map(|deed| self.do_deed(key, record, deed)));
        let (mut failed, mut too_many) = (None, false);
        for done in outcomes.await {
            match done {
                Done::Started(wanted, workflow_id, run) => {
                    record.schedule.started(&wanted, workflow_id, run, now);
                }
                Done::NotStarted(wanted, error) => {
                    let why = error.to_string();
                    // Told once, and not again whenever it is due.
                    match record.schedule.progress.start_error == why {
                        false => {
                            tracing::warn!(schedule = %key.id, %error, "schedule can't start its workflow");
                        }
                        true => {
                            tracing::debug!(schedule = %key.id, %error, "schedule still can't start its workflow");
                        }
                    }
                    record.schedule.not_started(&wanted, why);
                }
                Done::Nothing => {}
                Done::TooMany => too_many = true,
                Done::Later(error) => failed = Some(error),
            }
        }
        self.put(key, record, Write::schedule_goes_on).await?;
        match failed {
            Some(error) => Err(error),
            // A run that was started, or told to end, may have ended already.
            None => Ok(!too_many),
        }
    }

    async fn do_deed(self: &Arc<Inner>, key: &ScheduleKey, record: &Record, deed: Deed) -> Done {
        let (running, terminate) = match deed {
            Deed::Start(wanted) => return self.start_scheduled(key, record, wanted).await,
            Deed::Cancel(running) => (running, false),
            Deed::Terminate(running) => (running, true),
        };
        let identity = self.scheduler_identity(key);
        let arrival = match terminate {
            true => Arrival::Terminate {
                reason: "terminated by schedule overlap policy".to_owned(),
                details: Vec::new(),
                identity,
            },
            false => Arrival::CancelRequest {
                cause: "canceled by schedule overlap policy".to_owned(),
                identity,
                from: None,
            },
        };
        let workflow = running.workflow_id.as_str().into();
        let execution = ExecutionKey { namespace: key.namespace, workflow };
        let chain = Some(running.run);
        let letter = |reply| Letter::Deliver { run: None, chain, arrival, reply: Some(reply) };
        match self.ask(&execution, letter).await {
            // One that has ended meanwhile is seen in the next round.
            Ok(_) | Err(EngineError::Refused(_) | EngineError::WorkflowNotFound { .. }) => {
                Done::Nothing
            }
            Err(error) => Done::Later(error),
        }
    }

    async fn start_scheduled(
        self: &Arc<Inner>,
        key: &ScheduleKey,
        record: &Record,
        wanted: Wanted,
    ) -> Done {
        if !self.schedules.may_start(key.namespace, self.now()) {
            return Done::TooMany;
        }
        let progress = &record.schedule.progress;
        let mut started = (*record.start).clone();
        let nominal = Timestamp(wanted.nominal.as_ms() / 1000 * 1000);
        if !record.schedule.policies.keep_original_workflow_id {
            started.workflow_id = format!("{}-{}", started.workflow_id, rfc3339(nominal));
        }
        started.identity = self.scheduler_identity(key);
        add_attributes(&mut started.search_attributes, key, nominal);
        started.last_completion_result = progress.last_result.clone();
        started.continued_failure = progress.last_failure.clone();
        let workflow_id = started.workflow_id.clone();
        let execution =
            ExecutionKey { namespace: key.namespace, workflow: workflow_id.as_str().into() };
        let request = StartRequest {
            namespace: key.namespace,
            started,
            // Of this start and no other, also after the schedule was deleted and made again.
            request_id: format!(
                "{}-{}-{}-{}",
                key.id,
                progress.created.as_ms(),
                wanted.nominal.as_ms(),
                wanted.seq
            ),
            reuse: IdReusePolicy::AllowDuplicate,
            conflict: IdConflictPolicy::Fail,
        };
        let request = Box::new(request);
        match self
            .ask(&execution, |reply| Letter::Start { request, with: With::Nothing, reply })
            .await
        {
            Ok(StartReply { run, .. }) => Done::Started(wanted, workflow_id, run),
            Err(error @ EngineError::ShuttingDown) => Done::Later(error),
            Err(error) if error.passes() => Done::Later(error),
            Err(error) => Done::NotStarted(wanted, error),
        }
    }

    fn scheduler_identity(&self, key: &ScheduleKey) -> String {
        format!("temporal-scheduler-{}-{}", self.namespaces.name_of(key.namespace), key.id)
    }

    // ---- runs that were started

    /// `None`: the chain that began with this run is open.
    async fn outcome_of_chain(
        &self,
        key: &ScheduleKey,
        running: &Running,
    ) -> Result<Option<Outcome>, EngineError> {
        let Some(row) = self.last_of_chain(key, &running.workflow_id, running.run).await? else {
            return Ok(Some(Outcome::Unknown));
        };
        if row.status.is_open() {
            return Ok(None);
        }
        let last = EventId(row.next_event.0.saturating_sub(1));
        let events = self.store.whole_history(row.key.run, last, 1).await;
        let events = events.map_err(crate::start::unavailable)?;
        Ok(Some(events.first().map_or(Outcome::Unknown, outcome)))
    }

    pub(super) async fn status_of_chain(
        &self,
        key: &ScheduleKey,
        workflow_id: &str,
        first: RunId,
    ) -> Result<Option<RunStatus>, EngineError> {
        let row = self.last_of_chain(key, workflow_id, first).await?;
        Ok(row.and_then(|row| status(row.status)))
    }

    /// `None`: it is gone.
    async fn last_of_chain(
        &self,
        key: &ScheduleKey,
        workflow_id: &str,
        first: RunId,
    ) -> Result<Option<Arc<RunRow>>, EngineError> {
        let target = |run| Target {
            namespace: key.namespace,
            workflow_id: workflow_id.to_owned(),
            run,
            chain: None,
        };
        for target in [target(None), target(Some(first))] {
            match self.row(&target).await {
                Ok(row) if row.first_run == first => return Ok(Some(row)),
                Ok(_) | Err(EngineError::WorkflowNotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// What became of a deed.
enum Done {
    Started(Wanted, String, RunId),
    NotStarted(Wanted, EngineError),
    Nothing,
    /// The namespace's schedules have started enough in this second.
    TooMany,
    Later(EngineError),
}

fn add_attributes(attributes: &mut PayloadMap, key: &ScheduleKey, nominal: Timestamp) {
    let id = serde_json::Value::from(key.id.as_ref());
    for (name, kind, value) in [
        ("TemporalScheduledById", "Keyword", id),
        ("TemporalScheduledStartTime", "Datetime", rfc3339(nominal).into()),
    ] {
        let mut payload = Payload::json(value.to_string());
        payload.metadata.insert("type".to_owned(), kind.as_bytes().to_vec());
        attributes.insert(name.to_owned(), payload);
    }
}

fn status(status: execution::State) -> Option<RunStatus> {
    use execution::State;
    match status {
        State::Absent => None,
        // A run that another one took the place of is not the last of its chain.
        State::Running | State::CancelRequested | State::Paused { .. } | State::ContinuedAsNew => {
            Some(RunStatus::Running)
        }
        State::Completed => Some(RunStatus::Completed),
        State::Failed => Some(RunStatus::Failed),
        State::Canceled => Some(RunStatus::Canceled),
        State::Terminated => Some(RunStatus::Terminated),
        State::TimedOut => Some(RunStatus::TimedOut),
    }
}

/// What the last event of a chain says.
fn outcome(last: &Recorded) -> Outcome {
    use execution::Event as E;
    let Event::Execution(event) = &last.event else { return Outcome::Unknown };
    match event {
        E::Completed { result, .. } => Outcome::Completed(result.clone()),
        E::Failed { failure, .. } => Outcome::Failed(failure.clone()),
        E::TimedOut { .. } => {
            Outcome::TimedOut(Failure::timeout(TimeoutType::StartToClose, Vec::new()))
        }
        E::Canceled { .. } => Outcome::Canceled,
        E::Terminated { .. } => Outcome::Terminated,
        E::Started(_)
        | E::CancelRequested { .. }
        | E::Paused { .. }
        | E::Unpaused { .. }
        | E::OptionsUpdated { .. }
        | E::RequestAttached { .. }
        | E::ContinuedAsNew(_) => Outcome::Unknown,
    }
}
