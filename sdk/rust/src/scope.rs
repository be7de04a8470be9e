//! Cancellation of the run: it ends what waits, but not what is shielded.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures::FutureExt;

use crate::bindings::{context, operations};
use crate::{Failure, Result};

#[derive(Default)]
struct Scope {
    /// Why, once cancellation is requested.
    canceled: Option<String>,
    /// What ends then, in the order in which it started.
    open: BTreeMap<u64, u32>,
    n_entered: u64,
}

thread_local! {
    // One run has one instance, so this is the scope of the run.
    static SCOPE: RefCell<Scope> = RefCell::default();
    static SHIELDED: Cell<bool> = const { Cell::new(false) };
}

/// An operation that ends with the run's cancellation; none if it is shielded.
pub(crate) struct Entry(Option<u64>);

pub(crate) fn enter(op: u32) -> Entry {
    if SHIELDED.get() {
        return Entry(None);
    }
    SCOPE.with_borrow_mut(|scope| {
        scope.n_entered += 1;
        scope.open.insert(scope.n_entered, op);
        Entry(Some(scope.n_entered))
    })
}

impl Entry {
    /// It has its outcome. One that is only dropped stays: it goes on, and ends with the run.
    pub(crate) fn leave(self) {
        if let Some(entry) = self.0 {
            SCOPE.with_borrow_mut(|scope| scope.open.remove(&entry));
        }
    }
}

/// An error where nothing may start any more.
pub(crate) fn check() -> Result {
    if SHIELDED.get() {
        return Ok(());
    }
    SCOPE.with_borrow(|scope| match &scope.canceled {
        Some(reason) => Err(Failure::canceled(reason.clone())),
        None => Ok(()),
    })
}

/// Runs the workflow, and beside it what waits for the request to cancel it.
pub(crate) async fn run<T>(workflow: impl Future<Output = T>) -> T {
    let (_, request) = context::cancellation();
    let mut request = pin!(async move { request.await }.fuse());
    let mut workflow = pin!(workflow);
    poll_fn(|context| {
        if let Poll::Ready(Ok(request)) = request.poll_unpin(context) {
            cancel(request.reason);
        }
        workflow.as_mut().poll(context)
    })
    .await
}

fn cancel(reason: String) {
    let reason = if reason.is_empty() { "workflow canceled".to_owned() } else { reason };
    let open = SCOPE.with_borrow_mut(|scope| {
        scope.canceled = Some(reason);
        std::mem::take(&mut scope.open)
    });
    for op in open.into_values() {
        operations::cancel(op);
    }
}

/// What `begin` starts goes on when cancellation of this run is requested, and may start after it:
/// for cleaning up.
pub fn shielded<F: Future>(begin: impl FnOnce() -> F) -> impl Future<Output = F::Output> {
    let future = under_shield(begin);
    async move {
        let mut future = pin!(future);
        poll_fn(|context| under_shield(|| future.as_mut().poll(context))).await
    }
}

fn under_shield<R>(work: impl FnOnce() -> R) -> R {
    let before = SHIELDED.replace(true);
    let result = work();
    SHIELDED.set(before);
    result
}
