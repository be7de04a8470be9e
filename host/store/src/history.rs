//! Histories, by run and event. Rows are batches: what one commit appended.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, id};
use crate::sql;
use refrain_core::event::Recorded;
use refrain_core::ids::{EventId, RunId};
use refrain_wire::detached::Wanted;
use refrain_wire::event;

/// Batches read at once. A page that needs fewer has read the others for nothing.
const BATCHES_PER_READ: i64 = 32;
/// A page does not grow beyond this unless one batch alone does. Bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Part of a history, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// A `temporal.api.history.v1.History`.
    pub bytes: Vec<u8>,
    pub n_events: usize,
    /// Where the next page begins.
    pub next: EventId,
    /// There was more when this was read. A page may be shorter than asked for and still not be
    /// the last one.
    pub more: bool,
}

struct Batch {
    first: EventId,
    n_events: usize,
    bytes: Vec<u8>,
}

impl Batch {
    fn end(&self) -> EventId {
        self.first.plus(self.n_events)
    }

    fn decode(&self) -> Result<Vec<Recorded>, StoreError> {
        event::decode(&self.bytes).map_err(|source| StoreError::Undecodable {
            statement: sql::HISTORY_READ.name,
            what: "a batch of events",
            source,
        })
    }
}

impl Store {
    /// At most `n_max` events of the run, from `from` on; empty if it has none there. Large
    /// payloads that a guest said itself are not read: their digest is enough to compare.
    pub async fn history(
        &self,
        run: RunId,
        from: EventId,
        n_max: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.read_history(run, from, n_max, Wanted::ShownToGuest).await
    }

    /// The same events, with all that is in them.
    pub async fn whole_history(
        &self,
        run: RunId,
        from: EventId,
        n_max: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.read_history(run, from, n_max, Wanted::All).await
    }

    async fn read_history(
        &self,
        run: RunId,
        from: EventId,
        n_max: usize,
        wanted: Wanted,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut events = Vec::new();
        let mut at = from;
        while events.len() < n_max {
            let batches = self.batches(run, at).await?;
            let Some(last) = batches.last() else { break };
            let is_end = (batches.len() as i64) < BATCHES_PER_READ;
            // Past the end of a history, its last batch is read once more.
            let begin = std::mem::replace(&mut at, last.end());
            for mut batch in batches {
                batch.bytes = self.attach(run, batch.bytes, wanted).await?;
                events.extend(batch.decode()?.into_iter().filter(|it| it.id >= begin));
                if events.len() >= n_max {
                    break;
                }
            }
            if is_end {
                break;
            }
        }
        events.truncate(n_max);
        Ok(events)
    }

    /// At most `n_max` events (at least 1) of the run, from `from` on, as bytes. Whole batches are
    /// copied; only one that does not fit is decoded and cut.
    pub async fn history_page(
        &self,
        run: RunId,
        from: EventId,
        n_max: usize,
    ) -> Result<HistoryPage, StoreError> {
        let n_max = n_max.max(1);
        let mut page = HistoryPage { bytes: Vec::new(), n_events: 0, next: from, more: false };
        loop {
            let batches = self.batches(run, page.next).await?;
            let is_end = (batches.len() as i64) < BATCHES_PER_READ;
            for mut batch in batches {
                batch.bytes = self.attach(run, batch.bytes, Wanted::All).await?;
                if !page.take(batch, n_max)? {
                    page.more = true;
                    return Ok(page);
                }
            }
            if is_end {
                return Ok(page);
            }
        }
    }

    /// The batch that `from` is in, and those after it.
    async fn batches(&self, run: RunId, from: EventId) -> Result<Vec<Batch>, StoreError> {
        let rows = sqlx::query(sql::HISTORY_READ.text)
            .bind(run.to_bytes().as_slice())
            .bind(id(from))
            .bind(BATCHES_PER_READ)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::HISTORY_READ))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::HISTORY_READ, row);
                Ok(Batch {
                    first: columns.event()?,
                    n_events: columns.count("number of events")? as usize,
                    bytes: columns.bytes()?.to_vec(),
                })
            })
            .collect()
    }
}

impl HistoryPage {
    /// Adds what of `batch` belongs on the page. False: the page is full, and there is more.
    fn take(&mut self, batch: Batch, n_max: usize) -> Result<bool, StoreError> {
        let room = n_max - self.n_events;
        let n_new = (batch.end().0.saturating_sub(self.next.0)) as usize;
        if n_new == 0 {
            return Ok(true);
        }
        let is_whole = batch.first >= self.next;
        let fits = n_new <= room && self.bytes.len() + batch.bytes.len() <= PAGE_BYTES;
        if is_whole && (fits || (self.n_events == 0 && n_new <= room)) {
            self.n_events += n_new;
            self.next = batch.end();
            if self.bytes.is_empty() {
                self.bytes = batch.bytes;
            } else {
                self.bytes.extend_from_slice(&batch.bytes);
            }
            return Ok(true);
        }
        if self.n_events > 0 {
            return Ok(false);
        }
        // Alone on the page, and begun before it or longer than it.
        let mut events = batch.decode()?;
        events.retain(|it| it.id >= self.next);
        events.truncate(room);
        self.bytes = event::encode(&events);
        self.n_events = events.len();
        self.next = self.next.plus(events.len());
        Ok(self.next >= batch.end())
    }
}
