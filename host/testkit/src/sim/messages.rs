//! Updates and queries of a script.

use super::*;

impl Sim {
    /// Its sender does not wait, and asks again when the host was killed while it waited.
    pub(super) async fn update(&mut self, request: update::Request) -> Result<(), EngineError> {
        let id = request.id.clone();
        let state = self.send_update(request.clone()).await?;
        if state == UpdateState::Admitted {
            self.admitted.push(request);
        }
        self.note(print::update(&id, &state));
        Ok(())
    }

    pub(super) async fn send_update(
        &self,
        request: update::Request,
    ) -> Result<UpdateState, EngineError> {
        let (target, now) = (self.target(None), UpdateStage::Admitted);
        Ok(self.engine.update(&target, request, now, Delay::ZERO).await?.state)
    }

    pub(super) async fn ask(&mut self, id: &str) -> Result<(), EngineError> {
        let state = self.state_of(id).await?;
        self.note(print::update(id, &state));
        Ok(())
    }

    pub(super) async fn state_of(&self, id: &str) -> Result<UpdateState, EngineError> {
        let (target, now) = (self.target(None), UpdateStage::Admitted);
        Ok(self.engine.poll_update(&target, id, now, Delay::ZERO).await?.state)
    }

    pub(super) async fn query(&mut self, name: &str) -> Result<(), EngineError> {
        match self.engine.query(self.target(None), name.to_owned(), Vec::new()).await {
            Ok(answer) => self.note(format!("{name}: {}", show(&answer))),
            Err(EngineError::QueryFailed(failure)) => {
                self.note(format!("{name}: {}", failure.message));
            }
            Err(EngineError::QueryUnavailable(_)) => {
                self.note(format!("{name}: can't be queried"));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }
}
