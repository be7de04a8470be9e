//! Durable timers.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use futures::poll;

use crate::bindings::timers;
use crate::operation::Started;
use crate::{Failure, Operation, Result, Scope};

/// Waits, for months if need be.
pub fn sleep(duration: Duration) -> Operation<()> {
    start(duration, None)
}

/// As [`sleep`], with a line for people who look at the history.
pub fn sleep_named(duration: Duration, summary: &str) -> Operation<()> {
    start(duration, Some(summary))
}

fn start(duration: Duration, summary: Option<&str>) -> Operation<()> {
    Operation::new(Started::new(|| timers::sleep(duration.as_millis() as u64, summary)), Ok)
}

/// The outcome of `future`, or none if the timer was faster. No timer is started for what is there
/// already, and none outlives it.
pub async fn timeout<T>(duration: Duration, future: impl Future<Output = T>) -> Result<Option<T>> {
    let mut future = pin!(future);
    if let Poll::Ready(value) = poll!(&mut future) {
        return Ok(Some(value));
    }
    let timer = sleep(duration);
    match select(future, timer).await {
        Either::Left((value, timer)) => {
            timer.cancel();
            Ok(Some(value))
        }
        Either::Right((fired, _)) => fired.map(|()| None),
    }
}

/// The outcome of `future`, or a canceled failure once the current scope is canceled.
pub async fn or_canceled<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match select(pin!(future), pin!(Scope::current().canceled())).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right((reason, _)) => Err(Failure::canceled(reason)),
    }
}
