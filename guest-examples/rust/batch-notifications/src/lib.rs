//! Notifies many users, a child workflow for each, so many at a time. Beside it a workflow that does
//! with children and other workflows whatever can be done with them.

use refrain_sdk::prelude::*;
use refrain_sdk::{Child, Operation, ParentClose, info};

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("batchNotifications", batch_notifications)
        .describe("Notifies users, a child for each")
        .workflow("notifyUser", notify_user)
        .workflow("family", family)
        .describe("Whatever can be done with children")
        .workflow("refuses", refuses)
        .workflow("waits", waits)
        .signal("finish")
});

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batches {
    users: u32,
    at_a_time: u32,
}

/// How many were notified.
async fn batch_notifications(batches: Batches) -> Result<u32> {
    let mut notified = 0;
    for first in (0..batches.users).step_by(batches.at_a_time.max(1) as usize) {
        let last = (first + batches.at_a_time).min(batches.users);
        let children: Vec<Operation<u32>> = (first..last)
            .map(|user| {
                let id = format!("{}-{user}", info().workflow_id);
                child("notifyUser").arg(&user).workflow_id(id).start::<u32>().result
            })
            .collect();
        notified += try_join_all(children).await?.into_iter().sum::<u32>();
    }
    Ok(notified)
}

/// Notifies one: always a success here.
async fn notify_user(_user: u32) -> Result<u32> {
    Ok(1)
}

/// What came of each thing that was tried, in the order in which it was.
async fn family() -> Result<Vec<String>> {
    let me = info().workflow_id;
    let named = |kind: &str, name: &str| child(kind).workflow_id(format!("{me}-{name}"));
    let mut told = Vec::new();

    let refused = named("refuses", "refuses").start::<String>().result.await;
    told.push(outcome(refused));

    let waiting: Child<String> = named("waits", "signaled").start();
    let taken = waiting.started.await?;
    // One more with the same id.
    let second = named("waits", "signaled").start::<String>().result.await;
    told.push(outcome(second));
    external(taken.workflow_id).signal("finish", "told by its parent").await?;
    told.push(outcome(waiting.result.await));

    let canceled: Child<String> = named("waits", "canceled").start();
    canceled.result.cancel();
    told.push(outcome(canceled.result.await));

    let nobody = external(format!("{me}-nobody")).signal("finish", "").await;
    told.push(outcome(nobody.map(|()| "delivered".to_owned())));
    let nobody = external(format!("{me}-nobody")).cancel("").await;
    told.push(outcome(nobody.map(|()| "delivered".to_owned())));

    for (name, policy) in [
        ("terminated", ParentClose::Terminate),
        ("asked-to-stop", ParentClose::RequestCancel),
        ("abandoned", ParentClose::Abandon),
    ] {
        named("waits", name).parent_close(policy).start::<String>().started.await?;
    }
    signal::<()>("close").receive().await?;
    Ok(told)
}

/// The root of what went wrong, if something did.
fn outcome(outcome: Result<String>) -> String {
    match outcome {
        Ok(result) => result,
        Err(failure) => failure.root_message().to_owned(),
    }
}

async fn refuses() -> Result<String> {
    Err(Failure::new("Refused", "refused for good"))
}

async fn waits() -> Result<String> {
    signal("finish").receive().await
}
