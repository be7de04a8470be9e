//! Components that nobody needs any more go: few at a time, in the background.

use crate::error::EngineError;
use crate::inner::Inner;
use crate::start::unavailable;
use refrain_core::time::{Delay, Timestamp};
use std::sync::Arc;
use std::time::Duration;

const BATCH: u32 = 16;
const INTERVAL_MIN: Delay = Delay::from_secs(1);
const INTERVAL_MAX: Delay = Delay::from_secs(600);

pub(crate) async fn run(inner: Arc<Inner>) {
    let interval = Delay(inner.config.component_grace.0 / 6).clamp(INTERVAL_MIN, INTERVAL_MAX);
    loop {
        tokio::time::sleep(Duration::from_millis(interval.0)).await;
        if let Err(error) = inner.collect_components().await {
            tracing::warn!(%error, "components not collected; tried again later");
        }
    }
}

impl Inner {
    /// Takes away what no run, no queue and nobody who has just uploaded it needs. How many.
    pub(crate) async fn collect_components(&self) -> Result<usize, EngineError> {
        let before = Timestamp(self.now().0.saturating_sub(self.config.component_grace.0));
        let mut n_all = 0;
        loop {
            let collected = self.store.collect_components(before, BATCH).await;
            let (deleted, n) = collected.map_err(unavailable)?;
            for digest in deleted {
                tracing::info!(%digest, "component collected: nothing needs it any more");
                self.loaded_activities.forget(digest);
                let programs = Arc::clone(&self.programs);
                // Deletes a file.
                let _ = tokio::task::spawn_blocking(move || programs.forget(digest)).await;
            }
            n_all += n;
            if n < BATCH as usize {
                return Ok(n_all);
            }
        }
    }
}
