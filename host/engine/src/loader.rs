//! Brings what a cell needs from the store. Look-ups of many cells share one statement.

use crate::cell::{Cell, Known, Loaded};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::event::Recorded;
use refrain_core::guest::{GuestError, GuestErrorKind, Program};
use refrain_core::ids::{Digest, EventId, RunId};
use refrain_store::RunRow;
use std::sync::Arc;
use tokio::sync::mpsc;

const LOOKUPS_PER_STATEMENT_MAX: usize = 256;

pub(crate) enum Wanted {
    /// Which run has the workflow id?
    Current(Arc<Cell>),
    /// All that a replay takes.
    History(Arc<Cell>, Arc<RunRow>),
}

pub(crate) async fn run(inner: Arc<Inner>, mut wanted: mpsc::UnboundedReceiver<Wanted>) {
    let mut batch = Vec::new();
    while wanted.recv_many(&mut batch, LOOKUPS_PER_STATEMENT_MAX).await > 0 {
        let mut cells = Vec::with_capacity(batch.len());
        for wanted in batch.drain(..) {
            match wanted {
                Wanted::Current(cell) => cells.push(cell),
                Wanted::History(cell, row) => {
                    tokio::spawn(load_history(Arc::clone(&inner), cell, row));
                }
            }
        }
        if cells.is_empty() {
            continue;
        }
        let keys: Vec<_> = cells.iter().map(|cell| cell.key.clone()).collect();
        match inner.store.current_runs(&keys).await {
            Ok(rows) => {
                for (cell, row) in cells.into_iter().zip(rows) {
                    cell.lock().known = match row {
                        Some(row) => Known::Run(Arc::new(row)),
                        None => Known::Nothing,
                    };
                    inner.ready.push(cell);
                }
            }
            Err(error) => {
                let error = EngineError::StoreUnavailable(error.to_string());
                for cell in cells {
                    inner.abandon(&cell, &error);
                }
            }
        }
    }
}

async fn load_history(inner: Arc<Inner>, cell: Arc<Cell>, row: Arc<RunRow>) {
    let unfit = cell.lock().unfit;
    match inner.load_for_replay(&row, unfit).await {
        Ok(loaded) => {
            cell.lock().loaded = Some(loaded);
            inner.ready.push(cell);
        }
        Err(error) => inner.abandon(&cell, &error),
    }
}

impl Inner {
    /// `unfit`: a component that a run has diverged on.
    pub(crate) async fn load_for_replay(
        &self,
        row: &RunRow,
        unfit: Option<(RunId, Digest)>,
    ) -> Result<Loaded, EngineError> {
        let history = self.history_for_replay(row.key.run).await?;
        let program = self.program(row.component).await;
        let may_move = row.follows() || row.task_failure.is_some() && !row.is_pinned();
        let deployed = if may_move { self.deployed_since(row, unfit).await } else { None };
        Ok(Loaded { history, program, deployed })
    }

    /// What new runs of the same task queue run on, if that is not what this run is pinned to.
    async fn deployed_since(
        &self,
        row: &RunRow,
        unfit: Option<(RunId, Digest)>,
    ) -> Option<(Digest, Arc<dyn Program>)> {
        let digest = self.newer_for(row, unfit)?;
        // One that can't be loaded does not fit.
        Some((digest, self.program(digest).await.ok()?))
    }

    pub(crate) async fn history_for_replay(
        &self,
        run: RunId,
    ) -> Result<Vec<Recorded>, EngineError> {
        self.store.history(run, EventId::FIRST, usize::MAX).await.map_err(unavailable)
    }

    /// A workflow component, from memory, from the compile cache or from the store.
    pub(crate) async fn program(&self, digest: Digest) -> Result<Arc<dyn Program>, GuestError> {
        if let Some(program) = self.programs.cached(digest) {
            return Ok(program);
        }
        let bytes = self.component_bytes(digest).await?;
        let programs = Arc::clone(&self.programs);
        tokio::task::spawn_blocking(move || programs.load(digest, bytes))
            .await
            .unwrap_or_else(|panic| Err(not_instantiated(panic.to_string())))
    }

    pub(crate) async fn component_bytes(&self, digest: Digest) -> Result<Vec<u8>, GuestError> {
        match self.store.component(digest).await {
            Ok(Some(component)) => Ok(component.bytes),
            Ok(None) => Err(not_instantiated(format!("component sha256:{digest} is not stored"))),
            Err(error) => Err(not_instantiated(error.to_string())),
        }
    }
}

pub(crate) fn not_instantiated(message: String) -> GuestError {
    GuestError { kind: GuestErrorKind::Instantiate, message, backtrace: String::new() }
}
