//! What `approval` asks of the world, pretended.

use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Office);

struct Office;

#[activities]
impl Office {
    #[activity(name = "askForApproval")]
    async fn ask_for_approval(request: &str) -> Result {
        log::info!("{request} waits for a decision");
        Ok(())
    }

    #[activity(name = "carryOut")]
    async fn carry_out(request: &str, by: &str) -> Result<String> {
        Ok(format!("{request} carried out, as {by} wished"))
    }

    #[activity(name = "tellRejection")]
    async fn tell_rejection(request: &str, by: &str, comment: &str) -> Result<String> {
        Ok(format!("{request} rejected by {by}: {comment}"))
    }

    async fn escalate(request: &str) -> Result<String> {
        Ok(format!("{request} given to the management"))
    }
}
