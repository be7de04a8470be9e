//! The end of a visit: a step becomes writes, and after their commit it is told.

use super::*;

impl Visit<'_> {
    /// Hands a step over to the committer, and the cell with it.
    pub(super) fn commit(&mut self, ended: Option<Stepped>, stepped: Stepped) {
        self.put_back();
        let mut writes = Vec::new();
        let ended = ended.map(|it| self.prepare(it, &mut writes));
        let last = self.prepare(stepped, &mut writes);
        let cell = Arc::clone(&self.cell);
        let done = Box::new(move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| {
            if let Some(ended) = ended {
                ended.announce(inner, &outcome);
            }
            last.conclude(inner, &cell, outcome);
        });
        self.inner.commit(CommitJob { writes, done });
    }

    fn prepare(&self, stepped: Stepped, writes: &mut Vec<Write>) -> Prepared {
        let now = self.inner.now();
        let Stepped { mut row, run, mut decision, batch, own, started, start_request_id } = stepped;
        let reserved = self.inner.activities.reserve(&mut decision.effects, now);
        let run_id = row.key.run;
        let canceled = self.inner.activities.canceled_rows(run_id, &decision.effects, now);
        let replies = std::mem::take(&mut decision.replies);
        let in_memory = |effect: &&Effect| match effect {
            Effect::InsertRun(_) | Effect::PublishState { .. } | Effect::Send(_) => false,
            Effect::InsertTimer { .. }
            | Effect::DeleteTimer { .. }
            | Effect::InsertActivity(_)
            | Effect::DeleteActivity { .. }
            | Effect::CancelActivity { .. }
            | Effect::Close { .. } => true,
        };
        let effects = decision.effects.iter().filter(in_memory).cloned().collect();
        let summary = decision.run.clone();
        let (key, component) = (row.key.clone(), row.component);
        let write = Write::run(RunWrite { key, component, start_request_id, decision });
        rows::advance(&mut row, summary, write.history_bytes());
        let is_short = write.history().len() <= CLOSING_BYTES_MAX;
        let closing = (!row.status.is_open() && is_short).then(|| write.history().into());
        writes.push(write);
        writes.extend(canceled);
        Prepared { row, run, closing, effects, replies, reserved, batch, own, started }
    }
}

/// A step whose writes are with the committer.
struct Prepared {
    /// The row as it is once committed.
    row: RunRow,
    run: Option<Run>,
    /// The history that it adds, if the run is closed by it.
    closing: Option<Arc<[u8]>>,
    /// Those that mean something to what is in memory.
    effects: Vec<Effect>,
    replies: Vec<Result<Accepted, Refused>>,
    reserved: Reserved,
    batch: Vec<Option<ReplyTo<Accepted>>>,
    own: Vec<Arrival>,
    started: Option<ReplyTo<StartReply>>,
}

impl Prepared {
    /// After the commit: tells those outside the cell.
    fn announce(self, inner: &Arc<Inner>, outcome: &Result<(), EngineError>) -> Announced {
        let Prepared { row, run, closing, effects, replies, reserved, batch, own, started } = self;
        if let Err(error) = outcome {
            inner.activities.unreserve(inner, reserved);
            for reply in batch.into_iter().flatten() {
                let _ = reply.send(Err(error.clone()));
            }
            if let Some(reply) = started {
                let _ = reply.send(Err(error.clone()));
            }
            return Announced { row, run: None, own };
        }
        inner.carry_out(&row, effects, reserved);
        inner.announce(&row, closing);
        for (reply, answer) in batch.into_iter().zip(replies) {
            if let Some(reply) = reply {
                let _ = reply.send(answer.map_err(EngineError::Refused));
            }
        }
        if let Some(reply) = started {
            let run = row.key.run;
            let status = execution::State::Running;
            let _ = reply.send(Ok(StartReply { run, started: true, status }));
        }
        Announced { row, run, own: Vec::new() }
    }

    /// After the commit: tells everyone, and lets go of the cell.
    fn conclude(self, inner: &Arc<Inner>, cell: &Arc<Cell>, outcome: Result<(), EngineError>) {
        let announced = self.announce(inner, &outcome);
        let goes_on = announced.row.status.is_open() && announced.row.task_failure.is_none();
        let run = announced.row.key.run;
        let mut state = cell.lock();
        if outcome.is_ok() {
            // A closed run's guest is let go: a query brings it back. So is that of one that is
            // stuck, since its next attempt may be another version's.
            state.warm = announced.run.filter(|_| goes_on);
            state.known = Known::Run(Arc::new(announced.row));
        } else {
            // The guest is ahead of the truth, and of the truth we are not sure.
            state.warm = None;
            state.known = Known::Unknown;
        }
        let more = !state.mailbox.is_empty();
        state.phase = if more { Phase::Queued } else { Phase::Idle };
        drop(state);
        inner.settled(cell, more);
        inner.arrive_again(cell, run, announced.own);
    }
}

struct Announced {
    row: RunRow,
    run: Option<Run>,
    own: Vec<Arrival>,
}
