//! What a guest wishes for, and what it leads to.

use super::*;
use crate::machines::local;
use crate::payload::{size_of_all, size_of_map};

impl Run {
    pub(super) fn grant(
        &mut self,
        command: Command,
        task: &Task,
        wishes: &mut Wishes<'_>,
        at_once: &mut VecDeque<Job>,
    ) -> Result<(), StepError> {
        if let Command::Publish { name, value } = command {
            if let Wishes::Live(draft) = wishes {
                draft.effects.push(Effect::PublishState { name, value });
            } else if let Some(published) = &mut self.published {
                published.insert(name, value);
            }
            return Ok(());
        }
        if let Command::Cancel(op) = command
            && let Some(Target::Child { initiated, cancellation: ChildCancellation::Abandon }) =
                self.ops.targets.get(&op).copied()
        {
            // What is over already is on its way to the guest.
            if self.execution.children.contains_key(&initiated)
                && let Some(child) = self.ops.children.get(&initiated)
            {
                at_once.extend(child.canceled(initiated));
                self.ops.close(op);
            }
            return Ok(());
        }
        if let Command::Cancel(op) = command
            && let Some(Target::Activity { scheduled, cancellation: CancellationType::Abandon }) =
                self.ops.targets.get(&op).copied()
        {
            if let Some(pending) = self.execution.activities.get(&scheduled) {
                at_once.push_back(canceled_activity(op, scheduled, pending));
                self.ops.close(op);
            }
            return Ok(());
        }
        if let Command::Cancel(op) = command
            && self.cancel_local(op, at_once)
        {
            return Ok(());
        }
        if let Command::Local(local::Command::Schedule(schedule)) = command {
            return self.begin_local(*schedule, task);
        }
        let granted = match command {
            Command::Execution(command) => Some(self.decide_end(command, task, wishes)?),
            other => self.decide(other, task)?,
        };
        let Some(granted) = granted else { return Ok(()) };
        self.returned = granted.event.closes_run();
        let id = match wishes {
            Wishes::Live(draft) => {
                let event = granted.event.clone();
                let id = self.execution.push(draft, task.now, granted.event)?;
                self.add_effects(draft, id, &event, task.now);
                if let (Event::Patch(_), Some(host)) = (&event, &task.host) {
                    self.show_patches(draft, task, &host.search)?;
                }
                id
            }
            Wishes::Replay { recorded, recorded_by } => {
                let next = loop {
                    match recorded.split_first() {
                        Some((next, rest)) => {
                            *recorded = rest;
                            if next.event.answers(&granted.event) {
                                break next;
                            }
                            if !may_go_unasked(next) {
                                let asked = Some(asked_instead(&granted.event, next));
                                return Err(self.diverged(
                                    next.id,
                                    Some(next),
                                    asked,
                                    *recorded_by,
                                ));
                            }
                            self.execution.apply(next)?;
                        }
                        None => {
                            let at = self.execution.next_event;
                            let asked = Some(granted.event.to_string());
                            return Err(self.diverged(at, None, asked, *recorded_by));
                        }
                    }
                };
                self.execution.expect_next(next)?;
                self.execution.apply(next)?;
                next.id
            }
        };
        if let Some((op, jobs)) = granted.closes {
            at_once.extend(jobs);
            self.ops.close(op);
        }
        if let Some((op, opens)) = granted.opens {
            self.ops.open(op, id, opens, &self.execution);
        }
        Ok(())
    }

    /// What a wish leads to, given all that has happened. `None` is a no-op we mean: the guest
    /// could not yet see that what it cancels is over.
    pub(super) fn decide(
        &self,
        command: Command,
        task: &Task,
    ) -> Result<Option<Granted>, StepError> {
        let completed = task.completed;
        let only = |event| Ok(Some(Granted { event, opens: None, closes: None }));
        match command {
            // Taken care of before.
            Command::Execution(_) => Ok(None),
            Command::Patch(patch::Command::Record { patch, deprecated }) => {
                only(Event::Patch(patch::Event::Recorded { patch, deprecated, task: completed }))
            }
            Command::Timer(timer::Command::Start { op, delay, summary }) => {
                let n = self.execution.timers.len();
                let cause = task::FailedCause::BadCommand;
                task.check_room("pending timers", n, |it| it.pending_timers, cause)?;
                let timer_id = timer::id_of(op);
                let event = timer::Event::Started { timer_id, delay, task: completed, summary };
                Ok(Some(Granted {
                    event: Event::Timer(event),
                    opens: Some((op, Opens::Timer)),
                    closes: None,
                }))
            }
            Command::Update(update::Command::Complete { update, outcome }) => {
                self.decide_update(update, outcome)
            }
            Command::Activity(activity::Command::Schedule(schedule)) => {
                self.decide_schedule(*schedule, task)
            }
            Command::Child(child::Command::Start(start)) => self.decide_start_child(*start, task),
            Command::External(command) => self.decide_external(command, task),
            Command::Cancel(op) => {
                if let Some(Target::Child { initiated, cancellation }) =
                    self.ops.targets.get(&op).copied()
                {
                    return self.decide_cancel_child(op, initiated, cancellation, task);
                }
                Ok(self.decide_cancel(op, completed))
            }
            Command::Attributes(command) => {
                let event = self.decide_attributes(command, task)?;
                only(Event::Attributes(event))
            }
            // Have no event, and were taken care of before.
            Command::Publish { .. } | Command::Local(_) => Ok(None),
        }
    }

    /// How the program ended, and in which run its chain goes on.
    fn decide_end(
        &self,
        command: execution::Command,
        task: &Task,
        wishes: &mut Wishes<'_>,
    ) -> Result<Granted, StepError> {
        let mut command = command;
        if let Wishes::Live(_) = wishes {
            check_size(&command)?;
        }
        if let execution::Command::ContinueAsNew(asked) = &mut command
            && let (Some(attributes), Some(host)) = (&mut asked.search_attributes, &task.host)
        {
            let judged = host.search.judge(attributes).and_then(|mut judged| {
                judged.retain(|_, value| !value.is_null());
                search::check_sizes(&judged).map(|()| judged)
            });
            *attributes = judged.map_err(|reason| StepError::BadCommand {
                cause: task::FailedCause::BadSearchAttributes,
                reason,
            })?;
        }
        let link = task.host.as_ref().map(|it| &it.link);
        let (event, heir) = chain::decide(command, task.completed, &self.execution, task.now, link);
        if let Wishes::Live(draft) = wishes {
            draft.heir = heir;
        }
        Ok(Granted { event: Event::Execution(event), opens: None, closes: None })
    }

    /// Only what is new is judged: names may have been unregistered since history was written.
    fn decide_attributes(
        &self,
        command: attributes::Command,
        task: &Task,
    ) -> Result<attributes::Event, StepError> {
        let now = &self.execution.attributes;
        match command {
            attributes::Command::UpsertSearch(upserted) => {
                let attributes = match &task.host {
                    None => upserted,
                    Some(host) => host
                        .search
                        .judge(&upserted)
                        .and_then(|judged| {
                            let mut all = now.search.clone();
                            attributes::merge(&mut all, &judged);
                            search::check_sizes(&all).map(|()| judged)
                        })
                        .map_err(|reason| StepError::BadCommand {
                            cause: task::FailedCause::BadSearchAttributes,
                            reason,
                        })?,
                };
                Ok(attributes::Event::SearchUpserted { attributes, task: task.completed })
            }
            attributes::Command::UpsertMemo(memo) => {
                let mut all = now.memo.clone();
                attributes::merge(&mut all, &memo);
                let bytes = size_of_map(&all);
                if task.host.is_some() && bytes > limits::MEMO_BYTES_MAX {
                    return Err(StepError::BadCommand {
                        cause: task::FailedCause::BadModifyWorkflowPropertiesAttributes,
                        reason: format!(
                            "memo would have {bytes} bytes, at most {} are allowed",
                            limits::MEMO_BYTES_MAX
                        ),
                    });
                }
                Ok(attributes::Event::MemoUpserted { memo, task: task.completed })
            }
        }
    }

    pub(super) fn decide_schedule(
        &self,
        schedule: activity::Schedule,
        task: &Task,
    ) -> Result<Option<Granted>, StepError> {
        let n = self.execution.activities.len();
        let cause = task::FailedCause::PendingActivitiesLimitExceeded;
        task.check_room("pending activities", n, |it| it.pending_activities, cause)?;
        let started = self.execution.started.as_deref();
        let queue = started.map_or("", |it| it.task_queue.as_str());
        let run_timeout = started.and_then(run_timeout);
        let options =
            attempt::fill_in(&schedule, queue, run_timeout, task.completed).map_err(bad_command)?;
        let same_id = |it: &PendingActivity| it.options.activity_id == options.activity_id;
        if self.execution.activities.values().any(same_id) {
            return Err(StepError::BadCommand {
                cause: task::FailedCause::ScheduleActivityDuplicateId,
                reason: format!(
                    "activity id `{}` is that of another open activity",
                    options.activity_id
                ),
            });
        }
        Ok(Some(Granted {
            event: Event::Activity(activity::Event::Scheduled(Box::new(options))),
            opens: Some((schedule.op, Opens::Activity(schedule.cancellation))),
            closes: None,
        }))
    }

    pub(super) fn decide_cancel(&self, op: OpSeq, task: EventId) -> Option<Granted> {
        match self.ops.targets.get(&op).copied()? {
            // What was sent stays sent; a child has rules of its own.
            Target::Child { .. } | Target::External { .. } => None,
            Target::Timer { started } => {
                let pending = self.execution.timers.get(&started)?;
                let (timer_id, summary) = (pending.timer_id.clone(), pending.summary.clone());
                let result = Err(Failure::canceled("timer canceled"));
                Some(Granted {
                    event: Event::Timer(timer::Event::Canceled {
                        timer_id,
                        started,
                        task,
                        summary,
                    }),
                    opens: None,
                    closes: Some((op, vec![Job::TimerClosed { op, result }])),
                })
            }
            Target::Activity { scheduled, cancellation } => {
                let pending = self.execution.activities.get(&scheduled)?;
                match pending.state {
                    activity::State::Scheduled
                    | activity::State::Started { cancel_requested: None, .. } => {}
                    activity::State::CancelRequested { .. }
                    | activity::State::Started { cancel_requested: Some(_), .. }
                    | activity::State::Absent
                    | activity::State::Completed
                    | activity::State::Failed
                    | activity::State::TimedOut
                    | activity::State::Canceled => return None,
                }
                let event = activity::Event::CancelRequested { scheduled, task };
                Some(Granted {
                    event: Event::Activity(event),
                    opens: None,
                    closes: match cancellation {
                        CancellationType::TryCancel | CancellationType::Abandon => {
                            Some((op, vec![canceled_activity(op, scheduled, pending)]))
                        }
                        CancellationType::WaitCancellationCompleted => None,
                    },
                })
            }
        }
    }

    pub(super) fn new_activity(
        &self,
        id: EventId,
        options: &activity::Scheduled,
        now: Timestamp,
    ) -> attempt::ActivityTask {
        let (started, clock) = (self.execution.started.as_deref(), &self.execution.clock);
        let task = attempt::ActivityTask::new(
            self.facts.key.clone(),
            id,
            clock.of_host(now),
            started.map_or_else(String::new, |it| it.workflow_type.clone()),
            options.clone(),
            self.execution.run_deadline().map(|it| clock.of_host(it)),
        );
        attempt::ActivityTask { inherited: self.execution.options.priority.clone(), ..task }
    }

    /// What the store must do because of a granted wish.
    pub(super) fn add_effects(
        &self,
        draft: &mut Draft,
        id: EventId,
        event: &Event,
        now: Timestamp,
    ) {
        match event {
            Event::Activity(activity::Event::Scheduled(options)) => {
                let task = self.new_activity(id, options, now);
                draft.effects.push(Effect::InsertActivity(Box::new(task)));
            }
            Event::Activity(activity::Event::CancelRequested { scheduled, .. }) => {
                draft.effects.push(Effect::CancelActivity { scheduled: *scheduled });
            }
            Event::Child(child::Event::Initiated(child)) => {
                let message = self.message_of_child(id, child);
                draft.effects.push(Effect::Send(Box::new(message)));
            }
            Event::External(event) => {
                if let Some(message) = self.message_of_external(id, event) {
                    draft.effects.push(Effect::Send(Box::new(message)));
                }
            }
            Event::Timer(timer::Event::Started { delay, .. }) => {
                let timer = DueTimer::User(id);
                let fire_at = self.execution.clock.of_host(now.plus(*delay));
                draft.effects.push(Effect::InsertTimer { timer, fire_at });
            }
            Event::Timer(timer::Event::Canceled { started, .. }) => {
                draft.effects.push(Effect::DeleteTimer { timer: DueTimer::User(*started) });
            }
            Event::Execution(event) => {
                if let Some(result) = close_result(event) {
                    draft.effects.push(Effect::Close { result });
                }
            }
            Event::Attributes(_) => {
                let attributes = Box::new(self.execution.attributes.clone());
                draft.effects.push(Effect::SetAttributes(attributes));
            }
            // Not wished for by a guest, or without a row of its own.
            Event::Activity(
                activity::Event::Started { .. }
                | activity::Event::Completed { .. }
                | activity::Event::Failed { .. }
                | activity::Event::TimedOut { .. }
                | activity::Event::Canceled { .. },
            )
            | Event::Timer(timer::Event::Fired { .. })
            | Event::Child(
                child::Event::StartFailed { .. }
                | child::Event::Started { .. }
                | child::Event::Closed { .. },
            )
            | Event::Task(_)
            | Event::Signal(_)
            | Event::Local(_)
            | Event::Patch(_)
            | Event::Update(_)
            | Event::Clock(_) => {}
        }
    }
}

/// What those who wait for the end of a run are told.
fn close_result(event: &execution::Event) -> Option<CloseResult> {
    if let Some(new_run) = event.new_run() {
        return Some(CloseResult::Continued { new_run });
    }
    match event {
        execution::Event::Completed { result, .. } => Some(CloseResult::Completed(result.clone())),
        execution::Event::Failed { failure, .. } => Some(CloseResult::Failed(failure.clone())),
        execution::Event::Canceled { details, .. } => Some(CloseResult::Canceled(details.clone())),
        execution::Event::TimedOut { .. } => Some(CloseResult::TimedOut),
        execution::Event::Terminated { reason, .. } => {
            Some(CloseResult::Terminated { reason: reason.clone() })
        }
        execution::Event::Started(_)
        | execution::Event::CancelRequested { .. }
        | execution::Event::Paused { .. }
        | execution::Event::Unpaused { .. }
        | execution::Event::OptionsUpdated { .. }
        | execution::Event::RequestAttached { .. }
        | execution::Event::ContinuedAsNew(_) => None,
    }
}

/// A result or the next run's arguments that are too large fail the task, as with Temporal: a
/// deploy can mend it, and nothing is lost.
fn check_size(command: &execution::Command) -> Result<(), StepError> {
    let (what, bytes) = match command {
        execution::Command::Complete { result } => ("result", size_of_all(result)),
        execution::Command::Fail { .. } => return Ok(()),
        execution::Command::ContinueAsNew(it) => {
            let maps = [&it.memo, &it.search_attributes, &it.header];
            let rest: usize = maps.into_iter().flatten().map(size_of_map).sum();
            ("arguments of the next run", size_of_all(&it.input) + rest)
        }
    };
    if bytes <= limits::BLOB_BYTES_MAX {
        return Ok(());
    }
    Err(StepError::BadCommand {
        cause: task::FailedCause::PayloadsTooLarge,
        reason: format!(
            "{what}: {bytes} bytes found, at most {} are allowed",
            limits::BLOB_BYTES_MAX
        ),
    })
}

pub(super) fn bad_command(reason: String) -> StepError {
    StepError::BadCommand { cause: task::FailedCause::BadCommand, reason }
}

/// The next event that somebody asked for.
pub(super) fn next_asked<'a>(recorded: &&'a [Recorded]) -> Option<&'a Recorded> {
    recorded.iter().find(|it| !may_go_unasked(it))
}

pub(super) fn may_go_unasked(recorded: &Recorded) -> bool {
    match &recorded.event {
        Event::Patch(patch) => patch.may_go_unasked(),
        Event::Attributes(event) => event.may_go_unasked(),
        Event::Execution(_)
        | Event::Task(_)
        | Event::Activity(_)
        | Event::Local(_)
        | Event::Timer(_)
        | Event::Child(_)
        | Event::External(_)
        | Event::Signal(_)
        | Event::Update(_)
        | Event::Clock(_) => false,
    }
}

/// A wish beside the event that it should have led to. Payloads are not printed: they may be
/// large, and secret.
pub(super) fn asked_instead(asked: &Event, recorded: &Recorded) -> String {
    let text = asked.to_string();
    match text == recorded.event.to_string() {
        true => format!("{text} with other arguments"),
        false => text,
    }
}
