//! Undoing what was done, last first.

use futures::future::LocalBoxFuture;

use crate::{Result, log, shielded};

type Undo = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result>>;

/// Collects what undoes each step.
#[derive(Default)]
pub struct Saga(Vec<Undo>);

impl Saga {
    pub fn new() -> Saga {
        Saga::default()
    }

    /// Adds what undoes the step just taken.
    pub fn undo_with<F>(&mut self, undo: impl FnOnce() -> F + 'static)
    where
        F: Future<Output = Result> + 'static,
    {
        self.0.push(Box::new(move || Box::pin(undo())));
    }

    /// Undoes all steps, the last one first, also when the run itself was canceled. One that cannot
    /// be undone does not hold up the others.
    pub async fn compensate(&mut self) {
        while let Some(undo) = self.0.pop() {
            if let Err(failure) = shielded(undo).await {
                log::error!("cannot undo a step: {failure}");
            }
        }
    }
}
