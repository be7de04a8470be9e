//! Cancellation: it ends what waits in a scope and in the scopes within it, but not what is shielded.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures::future::{Either, select};

use crate::arrival::Read;
use crate::bindings::{context, operations};
use crate::{Failure, Result, sleep};

/// What can be canceled together. Clones are the same scope. The run itself is the outermost one.
#[derive(Clone)]
pub struct Scope(Rc<State>);

struct State {
    /// None: cancellation of no other scope reaches it.
    parent: Option<Scope>,
    /// Its place in the parent, while it has one.
    place: Cell<Option<u64>>,
    /// Why, once it is canceled.
    canceled: RefCell<Option<String>>,
    /// What ends then, in the order in which it started.
    open: RefCell<VecDeque<(u64, Open)>>,
    n_entered: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

enum Open {
    Operation(u32),
    Scope(Scope),
}

thread_local! {
    // One run has one instance, so this is the scope of the run.
    static ROOT: Scope = Scope::within(None);
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

impl Scope {
    /// A scope that is canceled with the current one, or by itself.
    #[expect(clippy::new_without_default, reason = "it depends on where it is called")]
    pub fn new() -> Scope {
        Scope::within(Some(Scope::current()))
    }

    /// A scope that only [`Scope::cancel`] ends.
    pub fn shielded() -> Scope {
        Scope::within(None)
    }

    pub fn current() -> Scope {
        CURRENT.with_borrow(Clone::clone).unwrap_or_else(|| ROOT.with(Scope::clone))
    }

    fn within(parent: Option<Scope>) -> Scope {
        Scope(Rc::new(State {
            parent,
            place: Cell::default(),
            canceled: RefCell::default(),
            open: RefCell::default(),
            n_entered: Cell::default(),
            waiting: RefCell::default(),
        }))
    }

    /// What `begin` starts belongs to this scope, now and whenever the future goes on.
    pub fn run<F, B>(&self, begin: B) -> impl Future<Output = F::Output> + use<F, B>
    where
        F: Future,
        B: FnOnce() -> F,
    {
        self.join_parent();
        let future = self.under(begin);
        let scope = self.clone();
        async move {
            let mut future = pin!(future);
            let output = poll_fn(|context| scope.under(|| future.as_mut().poll(context))).await;
            scope.leave_parent_if_empty();
            output
        }
    }

    /// What waits in it ends with a canceled failure, and nothing new starts in it.
    pub fn cancel(&self) {
        self.end("Cancellation scope cancelled");
    }

    pub fn is_canceled(&self) -> bool {
        self.0.canceled.borrow().is_some()
    }

    /// Resolves with the reason when the scope is canceled.
    pub fn canceled(&self) -> impl Future<Output = String> + use<> {
        let scope = self.clone();
        poll_fn(move |context| match &*scope.0.canceled.borrow() {
            Some(reason) => Poll::Ready(reason.clone()),
            None => {
                let mut waiting = scope.0.waiting.borrow_mut();
                if !waiting.iter().any(|it| it.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
        })
    }

    /// An error where nothing may start any more.
    pub(crate) fn check(&self) -> Result {
        match &*self.0.canceled.borrow() {
            Some(reason) => Err(Failure::canceled(reason.clone())),
            None => Ok(()),
        }
    }

    fn end(&self, reason: &str) {
        if self.is_canceled() {
            return;
        }
        *self.0.canceled.borrow_mut() = Some(reason.to_owned());
        for (_, open) in self.0.open.take() {
            match open {
                Open::Operation(op) => operations::cancel(op),
                Open::Scope(scope) => scope.end(reason),
            }
        }
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }

    fn enter(&self, open: Open) -> u64 {
        let place = self.0.n_entered.get();
        self.0.n_entered.set(place + 1);
        self.0.open.borrow_mut().push_back((place, open));
        place
    }

    pub(crate) fn enter_operation(&self, op: u32) -> Entry {
        Entry(self.clone(), self.enter(Open::Operation(op)))
    }

    fn leave(&self, place: u64) {
        let mut open = self.0.open.borrow_mut();
        if let Ok(at) = open.binary_search_by_key(&place, |(its, _)| *its) {
            open.remove(at);
        }
    }

    fn join_parent(&self) {
        let Some(parent) = &self.0.parent else { return };
        if let Some(reason) = parent.0.canceled.borrow().clone() {
            self.end(&reason);
        } else if self.0.place.get().is_none() {
            self.0.place.set(Some(parent.enter(Open::Scope(self.clone()))));
        }
    }

    /// What was started in it and is only not awaited goes on, and ends with the parent.
    fn leave_parent_if_empty(&self) {
        if let (Some(parent), true) = (&self.0.parent, self.0.open.borrow().is_empty())
            && let Some(place) = self.0.place.take()
        {
            parent.leave(place);
        }
    }

    fn under<R>(&self, work: impl FnOnce() -> R) -> R {
        let before = CURRENT.replace(Some(self.clone()));
        let result = work();
        CURRENT.set(before);
        result
    }
}

/// An operation that ends with its scope.
pub(crate) struct Entry(Scope, u64);

impl Entry {
    /// It has its outcome. One that is only dropped stays: it goes on, and ends with its scope.
    pub(crate) fn leave(self) {
        self.0.leave(self.1);
    }
}

/// Runs the workflow, and beside it what waits for the request to cancel it.
pub(crate) async fn run<T>(workflow: impl Future<Output = T>) -> T {
    let (_, request) = context::cancellation();
    let mut request = Some(Read::new(request, None));
    let mut workflow = pin!(workflow);
    poll_fn(|context| {
        if let Some(read) = &mut request
            && let Poll::Ready(arrived) = read.as_mut().poll(context)
        {
            request = None;
            if let Ok(reason) = arrived.take_reason() {
                let reason = if reason.is_empty() { "Workflow cancelled" } else { &reason };
                ROOT.with(|root| root.end(reason));
            }
        }
        workflow.as_mut().poll(context)
    })
    .await
}

/// What `begin` starts goes on when cancellation of this run is requested, and may start after it:
/// for cleaning up.
pub fn shielded<F: Future>(begin: impl FnOnce() -> F) -> impl Future<Output = F::Output> {
    Scope::shielded().run(begin)
}

/// What `begin` starts is canceled after `duration`, unless it was faster.
pub fn with_timeout<F: Future>(
    duration: Duration,
    begin: impl FnOnce() -> F,
) -> impl Future<Output = F::Output> {
    let timer = sleep(duration);
    let scope = Scope::new();
    let future = scope.run(begin);
    async move {
        match select(pin!(future), timer).await {
            Either::Left((output, timer)) => {
                timer.cancel();
                output
            }
            Either::Right((fired, future)) => {
                // A timer that was canceled was so with what is around the scope.
                if fired.is_ok() {
                    scope.cancel();
                }
                future.await
            }
        }
    }
}
