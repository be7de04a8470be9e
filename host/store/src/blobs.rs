//! The data of large payloads, back into the histories that they are in.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::Columns;
use crate::sql;
use refrain_core::ids::RunId;
use refrain_wire::DecodeError;
use refrain_wire::detached::{self, Wanted};
use std::collections::BTreeMap;

impl Store {
    /// Events of `run`, bytes of a `temporal.api.history.v1.History`, with the payloads that are
    /// wanted. Most histories have no large ones, and then this costs a look at the bytes.
    pub(crate) async fn attach(
        &self,
        run: RunId,
        history: Vec<u8>,
        wanted: Wanted,
    ) -> Result<Vec<u8>, StoreError> {
        let digests = detached::detached(&history, wanted).map_err(undecodable)?;
        if digests.is_empty() {
            return Ok(history);
        }
        let asked: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        let rows = sqlx::query(sql::BLOBS_OF_RUN.text)
            .bind(run.to_bytes().as_slice())
            .bind(asked)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::BLOBS_OF_RUN))?;
        let mut blobs = BTreeMap::new();
        for row in &rows {
            let mut columns = Columns::new(sql::BLOBS_OF_RUN, row);
            blobs.insert(columns.digest()?, columns.bytes()?.to_vec().into());
        }
        detached::attach(&history, wanted, &blobs).map_err(undecodable)
    }
}

fn undecodable(source: DecodeError) -> StoreError {
    StoreError::Undecodable { statement: sql::HISTORY_READ.name, what: "a batch of events", source }
}
