//! A run that is to go for good.

use super::*;
use crate::deleter::Deletion;
use refrain_store::DoomedRun;

impl Visit<'_> {
    /// An open run is terminated first; its next visit comes here again and finds it closed.
    pub(super) fn delete(&mut self, run: Box<DoomedRun>, reply: ReplyTo<()>) -> bool {
        let open = self.current.clone().filter(|row| row.key == run.key && row.status.is_open());
        let Some(row) = open else { return self.hand_to_deleter(*run, reply) };
        if self.warm.is_none() && self.loaded.is_none() {
            return self.want_history(Letter::Delete { run, reply }, row);
        }
        match self.terminate(&row, "deleted", Vec::new(), &self.inner.config.identity) {
            Ok(ended) => {
                self.letters.push_front(Letter::Delete { run, reply });
                self.commit(vec![ended]);
                true
            }
            Err(error) => {
                let _ = reply.send(Err(error));
                false
            }
        }
    }

    /// What is in memory of the current run stays if it is another one.
    fn hand_to_deleter(&mut self, run: DoomedRun, reply: ReplyTo<()>) -> bool {
        self.put_back();
        let is_current = self.current.as_ref().is_some_and(|row| row.key == run.key);
        if !is_current {
            self.cell.lock().warm = self.warm.take();
        }
        self.inner.delete(Deletion { cell: Arc::clone(&self.cell), run, reply });
        true
    }
}
