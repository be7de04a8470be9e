//! A sleep on a WASI clock is a durable timer: `std::thread::sleep` of thirty days is one event.

use crate::numbers::Numbers;
use crate::run::{Open, SharedRun};
use futures::channel::oneshot;
use refrain_core::machines::{Command, timer};
use refrain_core::time::{Delay, Timestamp};
use wasmtime_wasi::p2::Pollable;

const NANOSECONDS_PER_MS: u64 = 1_000_000;

/// The timer starts when the guest first waits, not when it makes the pollable: event loops make
/// one for each round, and wait for few of them.
pub(super) struct Sleep {
    run: SharedRun,
    until: Timestamp,
    state: State,
}

enum State {
    NotAwaited,
    Waits { op: u32, due: oneshot::Receiver<Due> },
    Over,
}

type Due = Result<(), crate::bindings::types::Failure>;

impl Sleep {
    /// Rounded up: a guest that sleeps until a moment finds that it has come.
    pub(super) fn new(run: &SharedRun, nanoseconds: u64) -> Sleep {
        let delay = Delay(nanoseconds.div_ceil(NANOSECONDS_PER_MS));
        let until = run.lock().now().plus(delay);
        Sleep { run: run.clone(), until, state: State::NotAwaited }
    }

    fn begin(&mut self) -> State {
        let mut run = self.run.lock();
        let delay = self.until.since(run.now());
        if delay.is_zero() {
            return State::Over;
        }
        let (reply, due) = oneshot::channel();
        let op = run.open_op("a sleep on a WASI clock", Numbers::Recorded, |op| {
            let command = timer::Command::Start { op, delay, summary: None };
            (Open::Timer(reply), Some(Command::Timer(command)))
        });
        match op {
            Ok(op) => State::Waits { op, due },
            // A poll has no way to fail: the turn ends with it, and the guest never wakes.
            Err(stop) => {
                run.stop(stop);
                State::NotAwaited
            }
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        if let State::NotAwaited = self.state {
            self.state = self.begin();
        }
        match &mut self.state {
            State::Waits { due, .. } => {
                // Fired, or canceled with the run: either way the sleep is over.
                let _ = due.await;
                self.state = State::Over;
            }
            State::Over => {}
            State::NotAwaited => std::future::pending().await,
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let State::Waits { op, .. } = self.state {
            // Refused only while a query is answered, and then the timer fires for nobody.
            let _ = self.run.lock().cancel(op);
        }
    }
}
