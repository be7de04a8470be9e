//! Questions, which change nothing.

use super::*;
use refrain_core::payload::Payload;
use refrain_core::waits::{self, STACK_TRACE_QUERY};

impl Visit<'_> {
    pub(super) fn query(
        &mut self,
        run: Option<RunId>,
        name: String,
        args: Payloads,
        reply: ReplyTo<Payloads>,
    ) -> bool {
        let Some(row) = self.current.clone() else {
            let _ = reply.send(Err(self.not_found(run)));
            return false;
        };
        if run.is_some_and(|run| run != row.key.run) {
            self.inner.query_earlier_run(&self.cell.key, run, name, args, reply);
            return false;
        }
        if name == STACK_TRACE_QUERY {
            return self.stack_trace(row, reply);
        }
        if self.warm.is_none() {
            let Some(Loaded { history, program, deployed: _ }) = self.loaded.take() else {
                return self.want_history(Letter::Query { run, name, args, reply }, row);
            };
            match self.inner.replay(&row, &history, program) {
                Ok(run) => self.warm = Some(run),
                Err(error) => {
                    self.inner.make_room(&error);
                    let _ = reply.send(Err(EngineError::of_question(&error)));
                    return false;
                }
            }
        }
        let query = Query { name, args, now: self.inner.now() };
        let Some(run) = self.warm.as_mut() else { return false };
        if !run.has_begun() {
            let _ = reply.send(Err(not_begun(row.status)));
            self.warm = None;
            return false;
        }
        let answer = run.query(query);
        let is_stuck = row.task_failure.is_some();
        if matches!(answer, Err(QueryError::Guest(_))) || !row.status.is_open() || is_stuck {
            self.warm = None;
        }
        let _ = reply.send(answer.map_err(EngineError::of_query));
        false
    }

    /// Needs no guest, so that a run that is stuck answers too.
    fn stack_trace(&mut self, row: Arc<RunRow>, reply: ReplyTo<Payloads>) -> bool {
        let now = self.inner.now();
        let text = match (&self.warm, &self.loaded) {
            (Some(run), _) => Ok(waits::stack_trace(run.execution(), now)),
            (None, Some(loaded)) => Execution::fold(&loaded.history)
                .map(|folded| waits::stack_trace(&folded, now))
                .map_err(|error| EngineError::Internal(error.to_string())),
            (None, None) => {
                let (name, args) = (STACK_TRACE_QUERY.to_owned(), Vec::new());
                return self.want_history(Letter::Query { run: None, name, args, reply }, row);
            }
        };
        let _ = reply.send(text.map(|text| vec![text_payload(&text)]));
        false
    }
}

/// As SDKs encode a text.
pub(crate) fn text_payload(text: &str) -> Payload {
    Payload::json(serde_json::Value::from(text).to_string())
}

pub(crate) fn not_begun(status: execution::State) -> EngineError {
    let why = match status.is_open() {
        true => "its first workflow task has not run yet",
        false => "it was closed before its first workflow task",
    };
    EngineError::QueryUnavailable(why.to_owned())
}
