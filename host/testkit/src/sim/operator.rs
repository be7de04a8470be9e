//! What operators do.

use super::*;

impl Sim {
    /// Another version, which is deployed.
    pub async fn release(&mut self, turns: &[&str]) {
        let program = ScriptedProgram::parse(turns.iter().copied()).expect("a program");
        self.release_program(&program).await;
    }

    pub(super) async fn release_program(&mut self, program: &ScriptedProgram) {
        self.programs.versions().release(program);
        let newest = self.programs.versions().newest();
        release(&self.engine, self.namespace, newest).await;
    }

    /// How often the engine has asked for the program of a version.
    pub fn times_asked_for(&self, version: usize) -> usize {
        self.programs.asked().get(&versions::digest_of(version)).copied().unwrap_or(0)
    }

    /// On the newest version; `moves` pins the run to that if it fits.
    pub(super) async fn check(&mut self, moves: bool) -> Result<(), EngineError> {
        let request = CheckRequest {
            namespace: self.namespace,
            task_queue: "orders".to_owned(),
            component: self.programs.versions().newest(),
            sample: None,
        };
        let mut reports = match moves {
            true => self.engine.move_runs(request).await?,
            false => self.engine.check_replay(request).await?,
        };
        let last = reports.wait_for(|it| it.done).await.expect("a last report").clone();
        assert_eq!(last.failed, None);
        match last.findings.first() {
            Some(finding) => self.note(format!("does not fit: {}", finding.message)),
            None if last.n_fit == 0 => self.note("nothing to replay"),
            None => self.note(versions::told(Ok(()))),
        }
        Ok(())
    }

    pub(super) async fn reset(&mut self, reset: &script::Reset) -> Result<(), EngineError> {
        let nth = reset.run.and_then(|nth| self.runs_of_subject().get(nth - 1).cloned());
        let run = nth.map(|key| key.run);
        let request = ResetRequest {
            target: self.target(run),
            at: EventId(reset.at),
            reason: reset.reason.clone(),
            identity: "client".to_owned(),
            request_id: reset.request.clone(),
            reapply: Reapply { signals: reset.signals, updates: reset.updates },
            after: self.after(reset),
        };
        let reply = self.engine.reset(request).await?;
        let key = RunKey { execution: self.target(None).execution(), run: reply.run };
        let runs = self.runs_of_subject();
        match runs.contains(&key) {
            false => runs.push(key),
            true => self.note("its own run"),
        }
        Ok(())
    }

    fn after(&self, reset: &script::Reset) -> Vec<AfterReset> {
        let change = |it| Box::new(self.programs.versions().change(None, Some(it), None));
        reset.version.map(|it| AfterReset::Options(change(it))).into_iter().collect()
    }
}
