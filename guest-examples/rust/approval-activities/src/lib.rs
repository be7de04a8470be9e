//! What `approval` asks of the world, pretended.

use refrain_sdk::activities::Activities;
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| {
    Activities::new()
        .activity("askForApproval", ask_for_approval)
        .activity("carryOut", carry_out)
        .activity("tellRejection", tell_rejection)
        .activity("escalate", escalate)
});

async fn ask_for_approval(request: String) -> Result {
    log::info!("{request} waits for a decision");
    Ok(())
}

async fn carry_out(request: String, by: String) -> Result<String> {
    Ok(format!("{request} carried out, as {by} wished"))
}

async fn tell_rejection(request: String, by: String, comment: String) -> Result<String> {
    Ok(format!("{request} rejected by {by}: {comment}"))
}

async fn escalate(request: String) -> Result<String> {
    Ok(format!("{request} given to the management"))
}
