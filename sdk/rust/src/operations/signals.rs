//! Signals sent to this run.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::bindings::signals;
use crate::payload::from_payloads;
use crate::{Operation, Result};

/// The signals of one name, in the order in which they came. None is lost before it is received.
pub fn signal<T: DeserializeOwned + 'static>(name: &str) -> Signals<T> {
    Signals { name: name.to_owned(), value: PhantomData }
}

pub struct Signals<T> {
    name: String,
    value: PhantomData<T>,
}

impl<T: DeserializeOwned + 'static> Signals<T> {
    /// Waits for the next one. The wait can be canceled, and raced against a timer.
    pub fn receive(&self) -> Operation<T> {
        Operation::start(
            || signals::receive(Some(&self.name)),
            |signal: signals::Signal| from_payloads(&signal.args),
        )
    }

    /// The next one if it is here already.
    pub async fn try_receive(&self) -> Result<Option<T>> {
        if self.pending() == 0 {
            return Ok(None);
        }
        self.receive().await.map(Some)
    }

    /// How many are here and not received yet.
    pub fn pending(&self) -> u32 {
        signals::pending(Some(&self.name))
    }
}
