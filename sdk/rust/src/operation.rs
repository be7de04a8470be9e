//! What is under way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::FutureExt;
use futures::future::{FusedFuture, LocalBoxFuture, ready};

use crate::bindings::{operations, types};
use crate::{Failure, Result};

/// A durable operation. It has started already; awaiting it gives its outcome.
///
/// Dropping it does not cancel it: see [`Operation::cancel`]. It can be awaited by reference, so that
/// the loser of a `select_biased!` is still there afterwards.
#[must_use = "the operation has started; await it for its outcome"]
pub struct Operation<T> {
    op: u32,
    future: Option<LocalBoxFuture<'static, Result<T>>>,
}

impl<T: 'static> Operation<T> {
    pub(crate) fn new<W>(
        op: u32,
        outcome: impl Future<Output = std::result::Result<W, types::Failure>> + 'static,
        decode: impl FnOnce(W) -> Result<T> + 'static,
    ) -> Operation<T>
    where
        W: 'static,
    {
        let mut future = outcome
            .map(|outcome| outcome.map_err(Failure::from_wire).and_then(decode))
            .boxed_local();
        // Starts to read now, so that the first poll knows of an outcome that came before it, as a
        // promise would.
        let mut context = Context::from_waker(Waker::noop());
        match future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => Operation { op, future: Some(ready(outcome).boxed_local()) },
            Poll::Pending => Operation { op, future: Some(future) },
        }
    }

    /// Asks for an early end: awaiting it then gives a canceled failure, unless its outcome was faster.
    pub fn cancel(&self) {
        operations::cancel(self.op);
    }
}

impl<T> Future for Operation<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        let outcome = future.as_mut().poll(context);
        if outcome.is_ready() {
            self.future = None;
        }
        outcome
    }
}

impl<T> FusedFuture for Operation<T> {
    fn is_terminated(&self) -> bool {
        self.future.is_none()
    }
}
