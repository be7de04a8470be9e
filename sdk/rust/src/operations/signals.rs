//! Signals sent to this run.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::stream::{FusedStream, Stream};
use serde::de::DeserializeOwned;

use crate::arrival::{Arrived, Read};
use crate::bindings::signals;
use crate::operation::{Came, Started};
use crate::payload::{Args, Payload, from_payloads};
use crate::{Failure, Operation, Result, Scope, Shared, log};

/// The signals of one name, in the order in which they came. None is lost before it is received, but one that is no `T`
/// is dropped, with a warning in the log of the run.
///
/// They are a stream, without end: an item is an error once the current scope is canceled.
///
/// ```
/// # use refrain_sdk::prelude::*;
/// # async fn sum() -> Result<u32> {
/// let mut deposits = signal::<u32>("deposit");
/// let mut closed = signal::<()>("close").receive();
/// let mut sum = 0;
/// loop {
///     select_biased! {
///         deposit = deposits.select_next_some() => sum += deposit?,
///         close = closed => return close.map(|()| sum),
///     }
/// }
/// # }
/// ```
pub fn signal<T: DeserializeOwned + 'static>(name: &str) -> Signals<T> {
    Signals { name: name.to_owned(), next: Cell::new(None) }
}

/// Who sends what is none of its values must not end the run: it is told, and the signal is dropped.
fn decoded<T: DeserializeOwned + 'static>(name: &str, args: &[Payload]) -> Option<T> {
    from_payloads(args).inspect_err(|failure| dropped(name, failure)).ok()
}

fn dropped(name: &str, failure: &Failure) {
    log::warn!("signal `{name}` is dropped: {failure}");
}

pub struct Signals<T> {
    name: String,
    /// What the stream waits for.
    next: Cell<Option<Next<T>>>,
}

struct Next<T> {
    signal: Operation<T>,
    wait: Rc<Wait>,
}

struct Wait {
    name: String,
    scope: Scope,
    /// What it waits for now was here when it began to: it comes in this turn.
    is_here: Cell<bool>,
}

impl Wait {
    fn start(&self) -> Result<Started> {
        Started::within(&self.scope, || {
            self.is_here.set(signals::pending(Some(&self.name)) > 0);
            signals::receive(Some(&self.name))
        })
    }
}

impl<T: DeserializeOwned + 'static> Signals<T> {
    /// Waits for the next one. The wait can be canceled, and raced against a timer.
    pub fn receive(&self) -> Operation<T> {
        self.begun().signal
    }

    fn begun(&self) -> Next<T> {
        if let Some(next) = self.next.take() {
            return next;
        }
        let (name, scope) = (self.name.clone(), Scope::current());
        let wait = Rc::new(Wait { name, scope, is_here: Cell::default() });
        let again = wait.clone();
        let next = move |arrived: Arrived| match arrived.take() {
            Ok(signals::Signal { args, .. }) => match decoded(&again.name, &args) {
                Some(found) => Came::Outcome(Ok(found)),
                None => Came::Nothing(again.start()),
            },
            Err(failure) => Came::Outcome(Err(failure)),
        };
        Next { signal: Operation::repeated(wait.start(), Box::new(next)), wait }
    }

    /// The next one if it is here already.
    pub async fn try_receive(&self) -> Result<Option<T>> {
        if let Some(found) = self.try_next().await {
            return found.map(Some);
        }
        Scope::current().check()?;
        let names = [self.name.clone()];
        while let Some(signal) = signals::take(Some(&names)) {
            if let Some(signal) = decoded(&self.name, &signal.args) {
                return Ok(Some(signal));
            }
        }
        Ok(None)
    }

    /// What the stream has been given. It goes on waiting for what is not here.
    async fn try_next(&self) -> Option<Result<T>> {
        poll_fn(|context| {
            let Some(mut next) = self.next.take() else { return Poll::Ready(None) };
            let found = Pin::new(&mut next.signal).poll(context).map(Some);
            if found.is_ready() {
                return found;
            }
            let comes = next.wait.is_here.get();
            self.next.set(Some(next));
            if comes { Poll::Pending } else { Poll::Ready(None) }
        })
        .await
    }

    /// How many are here and not received yet.
    pub fn pending(&self) -> u32 {
        // Of none, but who imports it finds at the first line what came with the start.
        signals::take(Some(&[]));
        let held = self.next.take().map_or(0, |mut next| {
            let held = next.signal.is_here();
            self.next.set(Some(next));
            u32::from(held)
        });
        held + signals::pending(Some(&self.name))
    }
}

impl<T: DeserializeOwned + 'static> Stream for Signals<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut next = self.begun();
        let outcome = Pin::new(&mut next.signal).poll(context);
        if outcome.is_pending() {
            self.next.set(Some(next));
        }
        outcome.map(Some)
    }
}

impl<T: DeserializeOwned + 'static> FusedStream for Signals<T> {
    fn is_terminated(&self) -> bool {
        false
    }
}

/// The methods of a state that signals call, while the workflow runs.
#[doc(hidden)]
pub struct SignalMethods<S> {
    state: Shared<S>,
    pumps: Vec<Pump>,
}

struct Pump {
    name: String,
    next: Option<Pin<Box<Read>>>,
    method: Box<dyn Fn(&[Payload]) -> Result>,
}

impl Pump {
    /// Whether there may be more.
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            let receive = || Read::new(signals::receive(Some(&self.name)).1, None);
            let next = self.next.get_or_insert_with(receive);
            let Poll::Ready(arrived) = next.as_mut().poll(context) else { return true };
            self.next = None;
            let Ok(signals::Signal { args, .. }) = arrived.take() else { return false };
            self.call(&args);
        }
    }

    fn call(&self, args: &[Payload]) {
        if let Err(failure) = (self.method)(args) {
            dropped(&self.name, &failure);
        }
    }
}

impl<S: 'static> SignalMethods<S> {
    pub fn new(state: &Shared<S>) -> SignalMethods<S> {
        SignalMethods { state: state.clone(), pumps: Vec::new() }
    }

    pub fn on<A: Args>(mut self, name: &'static str, method: impl Fn(&mut S, A) + 'static) -> Self {
        let state = self.state.clone();
        let method = move |args: &[Payload]| {
            let args = A::decode(args)?;
            state.update(|it| method(it, args));
            Ok(())
        };
        self.pumps.push(Pump { name: name.to_owned(), next: None, method: Box::new(method) });
        self
    }

    /// Signals come first, so that the workflow knows of what was there before it looks: those that
    /// came with the start, in order, and later each before it goes on. Also after the run was
    /// asked to cancel: what cleans up may wait for a signal.
    pub async fn beside<T>(mut self, workflow: impl Future<Output = T>) -> T {
        let names: Vec<_> = self.pumps.iter().map(|pump| pump.name.clone()).collect();
        while let Some(signal) = signals::take(Some(&names)) {
            let pump = self.pumps.iter().find(|pump| pump.name == signal.name);
            pump.into_iter().for_each(|pump| pump.call(&signal.args));
        }
        let mut workflow = pin!(workflow);
        poll_fn(|context| {
            self.pumps.retain_mut(|pump| pump.poll(context));
            workflow.as_mut().poll(context)
        })
        .await
    }
}
