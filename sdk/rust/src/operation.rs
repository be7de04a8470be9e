//! What is under way.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures::future::FusedFuture;
use wit_bindgen::rt::async_support::FutureReader;

use crate::Result;
use crate::arrival::{Arrived, FromWire, Read};
use crate::bindings::operations;
use crate::bindings::workflow::wit_future::FuturePayload;
use crate::scope::Scope;

/// A durable operation. It has started already; awaiting it gives its outcome.
///
/// It ends with a canceled failure when cancellation of the run is requested, unless it was started
/// by [`shielded`](crate::shielded). Dropping it does not cancel it: see [`Operation::cancel`]. It can
/// be awaited by reference, so that the loser of a `select_biased!` is still there afterwards.
#[must_use = "the operation has started; await it for its outcome"]
pub struct Operation<T> {
    /// None: the run was canceled before it could start.
    op: Option<u32>,
    state: State<T>,
}

enum State<T> {
    Waiting(Pin<Box<Read>>, Box<dyn Fn(Arrived) -> Came<T>>),
    Here(Result<T>),
    Taken,
}

/// What comes of an arrival.
pub(crate) enum Came<T> {
    Outcome(Result<T>),
    /// It was nothing: the operation has started once more, or could not.
    Nothing(Result<Started>),
}

/// What the host has begun.
pub(crate) struct Started {
    op: u32,
    read: Pin<Box<Read>>,
}

impl Started {
    /// What ends with the current scope, if that is not canceled.
    pub(crate) fn new<W>(
        start: impl FnOnce() -> (u32, FutureReader<FromWire<W>>),
    ) -> Result<Started>
    where
        FromWire<W>: FuturePayload,
    {
        Started::within(&Scope::current(), start)
    }

    pub(crate) fn within<W>(
        scope: &Scope,
        start: impl FnOnce() -> (u32, FutureReader<FromWire<W>>),
    ) -> Result<Started>
    where
        FromWire<W>: FuturePayload,
    {
        scope.check()?;
        let (op, outcome) = start();
        Ok(Started { op, read: Read::new(outcome, Some(scope.enter_operation(op))) })
    }

    /// What no scope ends.
    pub(crate) fn alone<W>((op, outcome): (u32, FutureReader<FromWire<W>>)) -> Started
    where
        FromWire<W>: FuturePayload,
    {
        Started { op, read: Read::new(outcome, None) }
    }
}

impl<T: 'static> Operation<T> {
    /// Of what has started, or could not.
    pub(crate) fn new<W>(
        started: Result<Started>,
        decode: impl Fn(W) -> Result<T> + 'static,
    ) -> Operation<T>
    where
        FromWire<W>: FuturePayload,
    {
        let decode = move |it: Arrived| Came::Outcome(it.take().and_then(&decode));
        Operation::repeated(started, Box::new(decode))
    }

    /// As [`Operation::new`]; `next` may start it once more.
    pub(crate) fn repeated(
        started: Result<Started>,
        next: Box<dyn Fn(Arrived) -> Came<T>>,
    ) -> Operation<T> {
        let Started { op, read } = match started {
            Ok(started) => started,
            Err(failure) => return Operation { op: None, state: State::Here(Err(failure)) },
        };
        let mut operation = Operation { op: Some(op), state: State::Waiting(read, next) };
        // Starts to read now, so that the first poll knows of an outcome that came before it, as a
        // promise would.
        operation.is_here();
        operation
    }

    /// Has its value come? It is kept for whoever awaits it; who does so now is not woken any more.
    pub(crate) fn is_here(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(outcome) = self.poll_state(&mut context) else { return false };
        let is_value = outcome.is_ok();
        self.state = State::Here(outcome);
        is_value
    }
}

impl<T> Operation<T> {
    /// Asks for an early end: awaiting it then gives a canceled failure, unless its outcome was faster.
    pub fn cancel(&self) {
        if let Some(op) = self.op {
            operations::cancel(op);
        }
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<Result<T>> {
        while let State::Waiting(read, next) = &mut self.state {
            match next(ready!(read.as_mut().poll(context))) {
                Came::Outcome(outcome) => {
                    self.state = State::Taken;
                    return Poll::Ready(outcome);
                }
                Came::Nothing(Ok(started)) => {
                    self.op = Some(started.op);
                    *read = started.read;
                }
                Came::Nothing(Err(failure)) => {
                    self.state = State::Taken;
                    return Poll::Ready(Err(failure));
                }
            }
        }
        match mem::replace(&mut self.state, State::Taken) {
            State::Here(outcome) => Poll::Ready(outcome),
            State::Waiting(..) | State::Taken => Poll::Pending,
        }
    }
}

/// What it waits for is pinned on its own.
impl<T> Unpin for Operation<T> {}

impl<T> Future for Operation<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_state(context)
    }
}

impl<T> FusedFuture for Operation<T> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Taken)
    }
}
