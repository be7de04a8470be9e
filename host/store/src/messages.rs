//! What runs send each other. Reading does not take a message: its receiver's commit does.

use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, id};
use crate::sql;
use refrain_core::ids::{ExecutionKey, NamespaceId};
use refrain_core::message::{Message, MessageId};
use refrain_wire::stored;

impl Store {
    /// Messages that nobody has taken, by id, at most `n_max`. `after`: the last one of the page
    /// before.
    pub async fn messages_waiting(
        &self,
        after: Option<MessageId>,
        n_max: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let (run, event, n) = match after {
            Some(last) => (last.run.to_bytes().to_vec(), id(last.event), i64::from(last.n)),
            None => (Vec::new(), 0, 0),
        };
        let rows = sqlx::query(sql::MESSAGES_WAITING.text)
            .bind(run)
            .bind(event)
            .bind(n)
            .bind(i64::from(n_max))
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::MESSAGES_WAITING))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::MESSAGES_WAITING, row);
                let id = MessageId {
                    run: columns.run()?,
                    event: columns.event()?,
                    n: columns.small("message's number")?,
                };
                let namespace = NamespaceId(columns.small("namespace")?);
                let workflow = columns.shared_text()?;
                let body = stored::decode_message(columns.bytes()?)
                    .map_err(columns.undecodable("a message"))?;
                Ok(Message { id, to: ExecutionKey { namespace, workflow }, body })
            })
            .collect()
    }
}
