//! A request that somebody has to decide within a week.

use refrain_sdk::Activity;
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("approval", approval)
        .describe("Waits for a decision, and does what follows from it")
        .signal("decide")
        .describe("Approved or not, and by whom; the first one counts")
        .query("status")
        .describe("What has become of the request")
});

#[derive(Deserialize)]
struct Decision {
    approved: bool,
    by: String,
    comment: Option<String>,
}

/// What became of the request.
async fn approval(request: String) -> Result<String> {
    let status = shared("pending");
    let asked = status.clone();
    on_query("status", move |(): ()| Ok(asked.get()));

    step("askForApproval", &request).call::<()>().await?;
    let decision = signal::<Decision>("decide").receive();
    let Some(decision) = timeout(days(7), decision).await? else {
        status.set("timedOut");
        return step("escalate", &request).call().await;
    };
    let Decision { approved, by, comment } = decision?;
    status.set(if approved { "approved" } else { "rejected" });
    if approved {
        step("carryOut", &request).arg(&by).call().await
    } else {
        let comment = comment.as_deref().unwrap_or("no reason given");
        step("tellRejection", &request).arg(&by).arg(comment).call().await
    }
}

fn step(name: &str, request: &str) -> Activity {
    activity(name).arg(request).start_to_close(seconds(10)).attempts(5)
}
