//! What waits for a moment.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, id, ms};
use crate::sql;
use refrain_core::decision::DueTimer;
use refrain_core::ids::{EventId, ExecutionKey, NamespaceId, RunKey};
use refrain_core::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    pub key: RunKey,
    pub timer: DueTimer,
    pub fire_at: Timestamp,
}

impl Store {
    /// Timers that fire at `until` or before, earliest first, at most `n_max`. `after`: the last
    /// one that was read before. Does not take them: firing goes through `commit`.
    pub async fn timers_due(
        &self,
        until: Timestamp,
        after: Option<&TimerRow>,
        n_max: u32,
    ) -> Result<Vec<TimerRow>, StoreError> {
        let (fire_at, run, (kind, seq)) = match after {
            Some(last) => {
                (ms(last.fire_at), last.key.run.to_bytes().to_vec(), timer_columns(last.timer))
            }
            None => (-1, Vec::new(), (0, 0)),
        };
        let rows = sqlx::query(sql::TIMERS_DUE.text)
            .bind(ms(until))
            .bind(fire_at)
            .bind(run)
            .bind(kind)
            .bind(seq)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::TIMERS_DUE))?;
        rows.iter().map(|row| read_timer(&mut Columns::new(sql::TIMERS_DUE, row))).collect()
    }
}

fn read_timer(columns: &mut Columns<'_>) -> Result<TimerRow, StoreError> {
    let run = columns.run()?;
    let kind = columns.int()?;
    let seq = columns.event()?;
    let timer = match (kind, seq) {
        (1, started) => DueTimer::User(started),
        (2, EventId(0)) => DueTimer::RunTimeout,
        (3, EventId(0)) => DueTimer::FirstTask,
        (4, EventId(0)) => DueTimer::TaskRetry,
        (5, EventId(0)) => DueTimer::Locals,
        (6, EventId(0)) => DueTimer::FastForward,
        (kind, _) => return Err(columns.bad("kind of timer", kind, "1 to 6")),
    };
    let fire_at = columns.time()?;
    let namespace = NamespaceId(columns.small("namespace")?);
    let workflow = columns.shared_text()?;
    Ok(TimerRow {
        key: RunKey { execution: ExecutionKey { namespace, workflow }, run },
        timer,
        fire_at,
    })
}

/// `kind` and `seq` of a row of `timers`.
pub(crate) fn timer_columns(timer: DueTimer) -> (i64, i64) {
    match timer {
        DueTimer::User(started) => (1, id(started)),
        DueTimer::RunTimeout => (2, 0),
        DueTimer::FirstTask => (3, 0),
        DueTimer::TaskRetry => (4, 0),
        DueTimer::Locals => (5, 0),
        DueTimer::FastForward => (6, 0),
    }
}
