//! Messages of other runs: one that the current run can take is an arrival like any other; one
//! that nobody can take is answered at once.

use super::*;
use refrain_core::machines::child::StartFailedCause;
use refrain_core::message::{Body, Fate, Found, Message};

/// A message among the arrivals of a step.
pub(super) struct Brought {
    /// Its place among them.
    pub(super) at: usize,
    pub(super) message: Box<Message>,
}

/// Who waits for a run to start.
pub(crate) enum Starter {
    Caller(ReplyTo<StartReply>),
    /// Learns of it by message.
    Parent(Box<Message>),
}

/// What a message asks for, given the run that is there.
enum Asks {
    Start,
    Arrives(Arrival),
    Nothing(Option<Message>),
}

impl Visit<'_> {
    fn asks(&self, message: &Message) -> Asks {
        if let Body::StartChild(_) = message.body {
            return Asks::Start;
        }
        let found = self
            .current
            .as_ref()
            .map(|row| Found { run: row.key.run, is_open: row.status.is_open() });
        match message.fate(found) {
            Fate::Arrives(arrival) => Asks::Arrives(*arrival),
            Fate::Dropped(answer) => Asks::Nothing(answer.and_then(|it| message.answer(it))),
        }
    }

    pub(super) fn message(&mut self, message: Box<Message>) -> bool {
        let arrival = match self.asks(&message) {
            Asks::Start => return self.start_child(message),
            Asks::Nothing(answer) => {
                self.inner.answer_message(message, answer);
                return false;
            }
            Asks::Arrives(arrival) => arrival,
        };
        let Some(row) = self.current.clone() else { return false };
        if self.warm.is_none() && self.loaded.is_none() {
            return self.want_history(Letter::Message(message), row);
        }
        let mut batch = Batch::default();
        batch.bring(message, arrival);
        self.step_with(&row, batch)
    }

    /// Takes the message along if the run can take it. `Some`: it is not for this step.
    pub(super) fn gather_message(
        &self,
        message: Box<Message>,
        batch: &mut Batch,
    ) -> Option<Box<Message>> {
        match self.asks(&message) {
            Asks::Start => return Some(message),
            Asks::Nothing(answer) => self.inner.answer_message(message, answer),
            Asks::Arrives(arrival) => batch.bring(message, arrival),
        }
        None
    }

    fn start_child(&mut self, message: Box<Message>) -> bool {
        let Body::StartChild(start) = &message.body else { return false };
        let request = StartRequest {
            namespace: message.to.namespace,
            started: start.started.clone(),
            request_id: message.request_id(),
            reuse: start.reuse,
            conflict: start.conflict,
        };
        self.start(Box::new(request), With::Nothing, Starter::Parent(message))
    }
}

impl Batch {
    fn bring(&mut self, message: Box<Message>, arrival: Arrival) {
        self.messages.push(Brought { at: self.arrivals.len(), message });
        self.arrivals.push(arrival);
        self.callers.push(Caller::Host);
    }
}

impl Starter {
    /// `None`: the one that is current on its task queue.
    pub(super) fn component(&self) -> Option<Digest> {
        match self {
            Starter::Caller(_) => None,
            Starter::Parent(message) => match &message.body {
                Body::StartChild(start) => start.component,
                _ => None,
            },
        }
    }

    /// The letter that asks for the start again.
    pub(super) fn into_letter(self, request: Box<StartRequest>, with: With) -> Letter {
        match self {
            Starter::Caller(reply) => Letter::Start { request, with, reply },
            Starter::Parent(message) => Letter::Message(message),
        }
    }

    /// Of a run that is there, or of none. A parent learns of a run that it has just started by
    /// the commit that starts it.
    pub(super) fn send(self, inner: &Arc<Inner>, answer: Result<StartReply, EngineError>) {
        let message = match self {
            Starter::Caller(reply) => {
                let _ = reply.send(answer);
                return;
            }
            Starter::Parent(message) => message,
        };
        let failed = |cause, reason| Body::ChildStartFailed { cause, reason };
        let body = match answer {
            Ok(reply) => Body::ChildStarted { run: reply.run },
            Err(EngineError::AlreadyStarted { .. }) => {
                failed(StartFailedCause::WorkflowAlreadyExists, String::new())
            }
            Err(
                EngineError::StoreUnavailable(_)
                | EngineError::ShuttingDown
                | EngineError::NoRoom(_),
            ) => {
                let key = message.to.clone();
                inner.post_later(key, vec![Letter::Message(message)]);
                return;
            }
            Err(error) => failed(StartFailedCause::NotDeployed, error.to_string()),
        };
        let answer = message.answer(body);
        inner.answer_message(message, answer);
    }
}

impl Inner {
    /// The message has arrived and no run takes it: it goes, and its answer comes in its place.
    pub(crate) fn answer_message(
        self: &Arc<Inner>,
        message: Box<Message>,
        answer: Option<Message>,
    ) {
        let writes = vec![Write::messages(vec![message.id], answer.as_slice())];
        let done =
            Box::new(move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| match outcome {
                Ok(()) => inner.post_messages(answer.into_iter().collect()),
                Err(_) => {
                    let key = message.to.clone();
                    inner.post_later(key, vec![Letter::Message(message)]);
                }
            });
        self.commit(CommitJob { writes, done });
    }

    /// They are committed; now they may arrive.
    pub(crate) fn post_messages(&self, messages: Vec<Message>) {
        for to_one in messages.chunk_by(|a, b| a.to == b.to) {
            let letter = |it: &Message| Letter::Message(Box::new(it.clone()));
            self.post_own(&to_one[0].to, to_one.iter().map(letter).collect());
        }
    }
}
