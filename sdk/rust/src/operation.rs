//! What is under way.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures::FutureExt;
use futures::future::{FusedFuture, LocalBoxFuture, ready};

use crate::bindings::{operations, types};
use crate::{Failure, Result, scope};

/// A durable operation. It has started already; awaiting it gives its outcome.
///
/// It ends with a canceled failure when cancellation of the run is requested, unless it was started
/// by [`shielded`](crate::shielded). Dropping it does not cancel it: see [`Operation::cancel`]. It can
/// be awaited by reference, so that the loser of a `select_biased!` is still there afterwards.
#[must_use = "the operation has started; await it for its outcome"]
pub struct Operation<T> {
    /// None: the run was canceled before it could start.
    op: Option<Rc<Cell<u32>>>,
    future: Option<LocalBoxFuture<'static, Result<T>>>,
}

impl<T: 'static> Operation<T> {
    /// Starts what ends with the run's cancellation.
    pub(crate) fn start<W, F>(
        start: impl FnOnce() -> (u32, F),
        decode: impl FnOnce(W) -> Result<T> + 'static,
    ) -> Operation<T>
    where
        W: 'static,
        F: IntoFuture<Output = std::result::Result<W, types::Failure>> + 'static,
    {
        if let Err(failure) = scope::check() {
            return Operation::refused(failure);
        }
        let (op, outcome) = start();
        Operation::in_scope(op, outcome, decode)
    }

    /// As [`Operation::start`], of what has started.
    pub(crate) fn in_scope<W, F>(
        op: u32,
        outcome: F,
        decode: impl FnOnce(W) -> Result<T> + 'static,
    ) -> Operation<T>
    where
        W: 'static,
        F: IntoFuture<Output = std::result::Result<W, types::Failure>> + 'static,
    {
        let entry = scope::Scope::current().enter_operation(op);
        let outcome = async move {
            let outcome = outcome.await;
            entry.leave();
            outcome
        };
        Operation::new(op, outcome, decode)
    }

    /// As [`Operation::start`], and once more whenever `decode` finds nothing in what came.
    pub(crate) fn start_until<W, F>(
        start: impl Fn() -> (u32, F) + 'static,
        decode: impl Fn(W) -> Option<T> + 'static,
    ) -> Operation<T>
    where
        W: 'static,
        F: IntoFuture<Output = std::result::Result<W, types::Failure>> + 'static,
    {
        if let Err(failure) = scope::check() {
            return Operation::refused(failure);
        }
        let scope = scope::Scope::current();
        let (op, mut outcome) = start();
        let mut entry = scope.enter_operation(op);
        let op = Rc::new(Cell::new(op));
        let latest = op.clone();
        let found = async move {
            loop {
                let came = outcome.await;
                entry.leave();
                if let Some(found) = decode(came.map_err(Failure::from_wire)?) {
                    return Ok(found);
                }
                scope.check()?;
                let (op, next) = start();
                entry = scope.enter_operation(op);
                latest.set(op);
                outcome = next;
            }
        };
        Operation::begun(op, found.boxed_local())
    }

    pub(crate) fn refused(failure: Failure) -> Operation<T> {
        Operation { op: None, future: Some(ready(Err(failure)).boxed_local()) }
    }

    /// Of what the run's cancellation does not end.
    pub(crate) fn new<W>(
        op: u32,
        outcome: impl Future<Output = std::result::Result<W, types::Failure>> + 'static,
        decode: impl FnOnce(W) -> Result<T> + 'static,
    ) -> Operation<T>
    where
        W: 'static,
    {
        let outcome = outcome.map(|it| it.map_err(Failure::from_wire).and_then(decode));
        Operation::begun(Rc::new(Cell::new(op)), outcome.boxed_local())
    }

    fn begun(op: Rc<Cell<u32>>, mut future: LocalBoxFuture<'static, Result<T>>) -> Operation<T> {
        // Starts to read now, so that the first poll knows of an outcome that came before it, as a
        // promise would.
        let mut context = Context::from_waker(Waker::noop());
        match future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => {
                Operation { op: Some(op), future: Some(ready(outcome).boxed_local()) }
            }
            Poll::Pending => Operation { op: Some(op), future: Some(future) },
        }
    }

    /// Asks for an early end: awaiting it then gives a canceled failure, unless its outcome was faster.
    pub fn cancel(&self) {
        if let Some(op) = &self.op {
            operations::cancel(op.get());
        }
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
