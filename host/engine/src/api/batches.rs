//! Batches: one thing done to many workflows.

use super::Engine;
use crate::error::EngineError;
use crate::start::unavailable;
use refrain_core::batch::Batch;
use refrain_core::ids::NamespaceId;
use refrain_core::time::Timestamp;
use refrain_store::BatchRow;

impl Engine {
    /// It goes on by itself, also on the next host. `request`: the bytes that `batch` was read from.
    ///
    /// Errors: the job id is in use, or too many batches are under way.
    pub async fn start_batch(
        &self,
        namespace: NamespaceId,
        batch: Batch,
        request: Vec<u8>,
    ) -> Result<(), EngineError> {
        self.inner.start_batch(namespace, batch, request).await
    }

    /// Errors: there is none of this job id, or it is done.
    pub async fn stop_batch(&self, namespace: NamespaceId, job: &str) -> Result<(), EngineError> {
        self.inner.stop_batch(namespace, job).await
    }

    pub async fn batch(
        &self,
        namespace: NamespaceId,
        job: &str,
    ) -> Result<Option<BatchRow>, EngineError> {
        self.inner.store.batch(namespace, job).await.map_err(unavailable)
    }

    /// Newest first. `after`: the last one of the page before.
    pub async fn batches(
        &self,
        namespace: NamespaceId,
        after: Option<(Timestamp, &str)>,
        n_max: u32,
    ) -> Result<Vec<BatchRow>, EngineError> {
        self.inner.store.list_batches(namespace, after, n_max).await.map_err(unavailable)
    }
}
