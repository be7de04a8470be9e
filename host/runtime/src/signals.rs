//! Signals that were handed over and that the program has not received, in the order of history.
//!
//! A signal is received when the program reads the future that `signals.receive` gave it. Until
//! then it is only offered: a future that is dropped unread gives it back. So what is here when
//! the program ends is what the next run of its chain must get.

use crate::bindings::{signals, types};
use crate::run::SharedRun;
use futures::channel::oneshot;
use refrain_core::machines::signal::Signal;
use std::collections::BTreeMap;

/// Where the offer of a signal is sent: its place in [`Kept`].
pub(crate) type Offer = oneshot::Sender<Result<u64, types::Failure>>;

#[derive(Default)]
pub(crate) struct Kept {
    last: u64,
    signals: BTreeMap<u64, Entry>,
}

struct Entry {
    signal: Signal,
    /// A future that has not been read holds it.
    offered: bool,
}

impl Kept {
    pub(crate) fn add(&mut self, signal: Signal) -> u64 {
        self.last += 1;
        self.signals.insert(self.last, Entry { signal, offered: false });
        self.last
    }

    /// The oldest of these names that nobody was offered.
    pub(crate) fn take(&mut self, names: Option<&[String]>) -> Option<Signal> {
        let place = self.free(|it| names.is_none_or(|names| names.contains(it))).next()?;
        self.receive(place)
    }

    fn free(&self, fits: impl Fn(&String) -> bool) -> impl Iterator<Item = u64> {
        let is_free = move |it: &Entry| !it.offered && fits(&it.signal.name);
        self.signals.iter().filter(move |it| is_free(it.1)).map(|it| *it.0)
    }

    fn free_of<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = u64> + 'a {
        self.free(move |it| name.is_none_or(|name| name == it))
    }

    /// The oldest that nobody was offered.
    pub(crate) fn first_free(&self, name: Option<&str>) -> Option<u64> {
        self.free_of(name).next()
    }

    pub(crate) fn n_free(&self, name: Option<&str>) -> usize {
        self.free_of(name).count()
    }

    pub(crate) fn name(&self, place: u64) -> Option<&str> {
        self.signals.get(&place).map(|it| it.signal.name.as_str())
    }

    pub(crate) fn set_offered(&mut self, place: u64, offered: bool) {
        if let Some(entry) = self.signals.get_mut(&place) {
            entry.offered = offered;
        }
    }

    fn receive(&mut self, place: u64) -> Option<Signal> {
        self.signals.remove(&place).map(|it| it.signal)
    }

    pub(crate) fn all(&self) -> Vec<Signal> {
        self.signals.values().map(|it| it.signal.clone()).collect()
    }
}

/// The host's end of a future that `signals.receive` gave out.
pub(crate) struct Receiving {
    pub(crate) run: SharedRun,
    pub(crate) offer: oneshot::Receiver<Result<u64, types::Failure>>,
}

impl Receiving {
    /// Called when the program reads.
    pub(crate) async fn signal(mut self) -> Result<signals::Signal, types::Failure> {
        loop {
            match (&mut self.offer).await {
                Ok(Ok(place)) => {
                    let received = self.run.lock().signals.receive(place);
                    if let Some(signal) = received {
                        return Ok(crate::bindings::convert::signal_out(signal));
                    }
                }
                Ok(Err(failure)) => return Err(failure),
                // The host let go of the operation: nobody will ever answer.
                Err(oneshot::Canceled) => {}
            }
            futures::future::pending::<()>().await;
        }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.offer.close();
        if let Ok(Some(Ok(place))) = self.offer.try_recv() {
            self.run.lock().signals.set_offered(place, false);
        }
    }
}
