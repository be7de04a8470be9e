//! Temporal's test service: a client that moves time. Served where time can be moved.

use crate::status::undecodable;
use crate::stubs::testing::test_service_server::TestService;
use refrain_core::time::Delay;
use refrain_engine::SkippingClock;
use refrain_wire::options;
use temporalio_protos::temporal::api::testservice::v1::{
    GetCurrentTimeResponse, LockTimeSkippingRequest, LockTimeSkippingResponse, SleepRequest,
    SleepResponse, SleepUntilRequest, UnlockTimeSkippingRequest, UnlockTimeSkippingResponse,
};
use tonic::{Request, Response, Status};

pub(crate) struct Testing {
    pub(crate) clock: SkippingClock,
}

#[tonic::async_trait]
impl TestService for Testing {
    async fn lock_time_skipping(
        &self,
        _request: Request<LockTimeSkippingRequest>,
    ) -> Result<Response<LockTimeSkippingResponse>, Status> {
        self.clock.lock();
        Ok(Response::new(LockTimeSkippingResponse {}))
    }

    async fn unlock_time_skipping(
        &self,
        _request: Request<UnlockTimeSkippingRequest>,
    ) -> Result<Response<UnlockTimeSkippingResponse>, Status> {
        was_locked(self.clock.unlock())?;
        Ok(Response::new(UnlockTimeSkippingResponse {}))
    }

    async fn sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let delay = delay(request.into_inner())?;
        self.clock.wait_until(self.clock.now().plus(delay)).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn sleep_until(
        &self,
        request: Request<SleepUntilRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let until = request.into_inner().timestamp;
        let until =
            until.ok_or_else(|| Status::invalid_argument("SleepUntil needs a timestamp"))?;
        let until = options::timestamp_from_proto("timestamp", Some(until)).map_err(undecodable)?;
        self.clock.wait_until(until).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn unlock_time_skipping_with_sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let delay = delay(request.into_inner())?;
        was_locked(self.clock.unlocked_until(self.clock.now().plus(delay)).await)?;
        Ok(Response::new(SleepResponse {}))
    }

    async fn get_current_time(
        &self,
        _request: Request<()>,
    ) -> Result<Response<GetCurrentTimeResponse>, Status> {
        let time = Some(options::timestamp_to_proto(self.clock.now()));
        Ok(Response::new(GetCurrentTimeResponse { time }))
    }
}

fn was_locked(was: bool) -> Result<(), Status> {
    match was {
        true => Ok(()),
        false => Err(Status::failed_precondition(
            "time skipping is not locked: every unlock needs a lock before it",
        )),
    }
}

fn delay(request: SleepRequest) -> Result<Delay, Status> {
    let duration = request.duration;
    let duration = duration.ok_or_else(|| Status::invalid_argument("Sleep needs a duration"))?;
    options::delay_from_proto("duration", duration).map_err(undecodable)
}
