//! The end of a visit: a step becomes writes, and after their commit it is told.

use super::*;
use crate::cell::AdmittedUpdate;
use refrain_core::ids::EventId;
use refrain_core::message::{Body, Message, MessageId};
use refrain_core::updates::UpdateState;

impl Visit<'_> {
    /// Hands steps over to the committer, and the cell with them: those that end a run, and last
    /// the one whose run has the cell from then on.
    pub(super) fn commit(&mut self, steps: Vec<Stepped>) {
        self.put_back();
        let nothing = matches!(&steps[..], [only] if self.changes_nothing(only));
        let mut writes = Vec::new();
        let mut prepared: Vec<_> =
            steps.into_iter().map(|it| self.prepare(it, &mut writes)).collect();
        let last = prepared.pop();
        let cell = Arc::clone(&self.cell);
        if nothing && let Some(last) = last {
            // Updates that were rejected, a signal that was there: nothing to write.
            return last.conclude(self.inner, &cell, Ok(()));
        }
        let done = Box::new(move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| {
            if let Some(last) = &last
                && outcome.is_ok()
            {
                // First of all: who is told of the commit, and then asks, must find what it did.
                cell.lock().known = Known::Run(Arc::clone(&last.row));
            }
            let mut again = Vec::new();
            for ended in prepared {
                let Announced { row, own, .. } = ended.announce(inner, &outcome);
                again.push((row.key.run, own));
            }
            if let Some(last) = last {
                last.conclude(inner, &cell, outcome);
            }
            for (run, own) in again {
                inner.arrive_again(&cell, run, own);
            }
        });
        self.inner.commit(CommitJob { writes, done });
    }

    fn changes_nothing(&self, stepped: &Stepped) -> bool {
        let Decision { events, effects, run, .. } = &stepped.decision;
        let row = &stepped.row;
        events.is_empty()
            && effects.is_empty()
            && stepped.messages.is_empty()
            && run.task_failure == row.task_failure
            && self.current.as_ref().is_some_and(|it| it.component == row.component)
    }

    fn prepare(&self, stepped: Stepped, writes: &mut Vec<Write>) -> Prepared {
        let now = self.inner.now();
        let Stepped { mut row, run, mut decision, batch, messages, own, started, start_request_id } =
            stepped;
        let reserved = self.inner.activities.reserve(&mut decision.effects, now);
        let run_id = row.key.run;
        let canceled = self.inner.activities.canceled_rows(run_id, &decision.effects, now);
        let replies = std::mem::take(&mut decision.replies);
        let sent = sent_by(&row.key, &decision, &messages, &replies, started.as_ref());
        let taken: Vec<_> =
            messages.iter().map(|it| it.message.id).chain(started_by(started.as_ref())).collect();
        let updates = update::states_in(&decision);
        if let Some(run) = &run {
            self.inner.warm.commits(&self.inner.cells, &self.cell, run.rooms());
        }
        let in_memory = |effect: &&Effect| match effect {
            Effect::InsertRun(_)
            | Effect::PublishState { .. }
            | Effect::Send(_)
            | Effect::SetAttributes(_)
            | Effect::SetOptions(_) => false,
            Effect::InsertTimer { .. }
            | Effect::DeleteTimer { .. }
            | Effect::InsertActivity(_)
            | Effect::DeleteActivity { .. }
            | Effect::CancelActivity { .. }
            | Effect::Close { .. } => true,
        };
        let effects = decision.effects.iter().filter(in_memory).cloned().collect();
        if row.next_event == EventId::FIRST {
            rows::set_began(&mut row, refrain_store::began_at(&decision.events));
        }
        rows::set_attributes(&mut row, &decision.effects);
        let summary = decision.run.clone();
        let (key, component) = (row.key.clone(), row.component);
        let detach_above = self.inner.namespaces.detach_above(key.execution.namespace);
        let before = self.current.clone().filter(|it| it.key.run == key.run);
        let write = Write::run(RunWrite { key, component, before, start_request_id, decision })
            .detaching_above(detach_above);
        rows::advance(&mut row, summary, write.history_bytes());
        let is_short = write.history().len() <= CLOSING_BYTES_MAX && write.is_whole();
        let closing = (!row.status.is_open() && is_short).then(|| write.history().into());
        writes.push(write);
        writes.extend(canceled);
        if !(taken.is_empty() && sent.is_empty()) {
            writes.push(Write::messages(taken, &sent));
        }
        Prepared {
            row: Arc::new(row),
            run,
            closing,
            effects,
            replies,
            reserved,
            batch,
            messages,
            sent,
            own,
            started,
            updates,
        }
    }
}

/// The start that a parent asked for is a message that has arrived.
fn started_by(started: Option<&Starter>) -> Option<MessageId> {
    match started {
        Some(Starter::Parent(message)) => Some(message.id),
        Some(Starter::Caller(_)) | None => None,
    }
}

/// What goes out with a step: messages of the run, and answers to what it was sent.
fn sent_by(
    key: &RunKey,
    decision: &Decision,
    messages: &[Brought],
    replies: &[Result<Accepted, Refused>],
    started: Option<&Starter>,
) -> Vec<Message> {
    let answers = messages.iter().filter_map(|it| {
        let reply = replies.get(it.at)?.clone();
        it.message.answer_to(reply)
    });
    let outgoing = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Send(outgoing) => Some((**outgoing).clone().from(key)),
        _ => None,
    });
    let outgoing: Vec<_> = outgoing.collect();
    // A child that is over in its first step says with its end that it has started.
    let says_so = |it: &Message| matches!(it.body, Body::ChildClosed { .. });
    let has_started = match started {
        Some(Starter::Parent(message)) if !outgoing.iter().any(says_so) => {
            message.answer(Body::ChildStarted { run: key.run })
        }
        Some(Starter::Parent(_) | Starter::Caller(_)) | None => None,
    };
    has_started.into_iter().chain(answers).chain(outgoing).collect()
}

/// A step whose writes are with the committer.
struct Prepared {
    /// The row as it is once committed.
    row: Arc<RunRow>,
    run: Option<Run>,
    /// The history that it adds, if the run is closed by it.
    closing: Option<Arc<[u8]>>,
    /// Those that mean something to what is in memory.
    effects: Vec<Effect>,
    replies: Vec<Result<Accepted, Refused>>,
    reserved: Reserved,
    batch: Vec<Caller>,
    messages: Vec<Brought>,
    /// Posted when they are committed.
    sent: Vec<Message>,
    own: Vec<Arrival>,
    started: Option<Starter>,
    /// Updates that changed.
    updates: Vec<(String, UpdateState)>,
}

impl Prepared {
    /// After the commit: tells those outside the cell.
    fn announce(self, inner: &Arc<Inner>, outcome: &Result<(), EngineError>) -> Announced {
        let Prepared {
            row,
            run,
            closing,
            effects,
            replies,
            reserved,
            batch,
            messages,
            sent,
            own,
            started,
            updates,
        } = self;
        if let Err(error) = outcome {
            inner.activities.unreserve(inner, reserved);
            batch.into_iter().for_each(|caller| caller.refuse(error.clone()));
            if let Some(starter) = started {
                starter.send(inner, Err(error.clone()));
            }
            let again = messages.into_iter().map(|it| Letter::Message(it.message)).collect();
            inner.post_later(row.key.execution.clone(), again);
            return Announced { row, run: None, own, told: Vec::new(), admitted: Vec::new() };
        }
        inner.carry_out(&row, effects, reserved);
        inner.announce(&row, closing);
        let mut asked = Vec::new();
        for (caller, answer) in batch.into_iter().zip(replies) {
            match caller {
                Caller::Host => {}
                Caller::Client(reply) => drop(reply.send(answer.map_err(EngineError::Refused))),
                Caller::Update { request, reply } => {
                    asked.push(update::Asked { request, reply, answer });
                }
            }
        }
        let told = asked.iter().map(|it| it.request.id.clone()).collect();
        let admitted = update::tell(inner, &row, updates, asked);
        inner.post_messages(sent);
        if let Some(Starter::Caller(reply)) = started {
            let (run, first) = (row.key.run, row.first_run);
            let status = execution::State::Running;
            let _ = reply.send(Ok(StartReply { run, first, started: true, status }));
        }
        Announced { row, run, own: Vec::new(), told, admitted }
    }

    /// After the commit: tells everyone, and lets go of the cell.
    fn conclude(self, inner: &Arc<Inner>, cell: &Arc<Cell>, outcome: Result<(), EngineError>) {
        let announced = self.announce(inner, &outcome);
        let open = announced.row.status.is_open();
        let goes_on = announced.row.status.is_open() && announced.row.task_failure.is_none();
        let ended = outcome.is_ok() && !announced.row.status.is_open();
        let run = announced.row.key.run;
        let mut state = cell.lock();
        if outcome.is_ok() {
            // A closed run's guest is let go: a query brings it back. So is that of one that is
            // stuck, since its next attempt may be another version's.
            state.warm = announced.run.filter(|_| goes_on);
            state.known = Known::Run(announced.row);
            let told = announced.told;
            state.admitted.retain(|it| open && it.run == run && !told.contains(&it.request.id));
            state.admitted.extend(announced.admitted);
        } else {
            // The guest is ahead of the truth, and of the truth we are not sure.
            state.warm = None;
            state.known = Known::Unknown;
        }
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        if ended {
            inner.tell_schedules(&cell.key);
        }
        inner.settled(cell, more);
        inner.arrive_again(cell, run, announced.own);
    }
}

struct Announced {
    row: Arc<RunRow>,
    run: Option<Run>,
    own: Vec<Arrival>,
    /// Updates that the step was about, and those of them that wait on.
    told: Vec<String>,
    admitted: Vec<AdmittedUpdate>,
}
