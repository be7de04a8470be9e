//! Questions, which change nothing.

use super::*;

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
        if self.warm.is_none() {
            let Some(Loaded { history, program, deployed: _ }) = self.loaded.take() else {
                return self.want_history(Letter::Query { run, name, args, reply }, row);
            };
            match self.replay(&row, &history, program) {
                Ok(run) => self.warm = Some(run),
                Err(error) => {
                    let _ = reply.send(Err(EngineError::QueryUnavailable(error.to_string())));
                    return false;
                }
            }
        }
        let query = Query { name, args, now: self.inner.now() };
        let Some(run) = self.warm.as_mut() else { return false };
        let answer = run.query(&query);
        let is_stuck = row.task_failure.is_some();
        if matches!(answer, Err(QueryError::Guest(_))) || !row.status.is_open() || is_stuck {
            self.warm = None;
        }
        let _ = reply.send(answer.map_err(|error| match error {
            QueryError::Failed(failure) => EngineError::QueryFailed(Box::new(failure)),
            QueryError::Guest(error) => EngineError::QueryUnavailable(error.to_string()),
        }));
        false
    }
}
