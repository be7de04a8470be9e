//! Notifies many users, a child workflow for each, so many at a time. Beside it a workflow that does
//! with children and other workflows whatever can be done with them.

use refrain_sdk::prelude::*;
use refrain_sdk::{Operation, ParentClose, info};

refrain_sdk::export_workflows!(batch_notifications, notify_user, family, refuses, waits);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batches {
    users: u32,
    at_a_time: u32,
}

/// How many were notified.
#[workflow(name = "batchNotifications")]
async fn batch_notifications(batches: Batches) -> Result<u32> {
    let mut notified = 0;
    for first in (0..batches.users).step_by(batches.at_a_time.max(1) as usize) {
        let last = (first + batches.at_a_time).min(batches.users);
        let children: Vec<Operation<u32>> = (first..last)
            .map(|user| {
                let id = format!("{}-{user}", info().workflow_id);
                notify_user::child(user).workflow_id(id).start().result
            })
            .collect();
        notified += try_join_all(children).await?.into_iter().sum::<u32>();
    }
    Ok(notified)
}

/// Notifies one: always a success here.
#[workflow(name = "notifyUser")]
async fn notify_user(_user: u32) -> Result<u32> {
    Ok(1)
}

/// What came of each thing that was tried, in the order in which it was.
#[workflow]
async fn family() -> Result<Vec<String>> {
    let me = info().workflow_id;
    let named = |name: &str| format!("{me}-{name}");
    let mut told = Vec::new();

    let refused = refuses::child().workflow_id(named("refuses")).start().result.await;
    told.push(outcome(refused));

    let waiting = waits::child().workflow_id(named("signaled")).start();
    let taken = waiting.started.await?;
    // One more with the same id.
    let second = waits::child().workflow_id(named("signaled")).start().result.await;
    told.push(outcome(second));
    external(taken.workflow_id).signal("finish", "told by its parent").await?;
    told.push(outcome(waiting.result.await));

    let canceled = waits::child().workflow_id(named("canceled")).start();
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
        let child = waits::child().workflow_id(named(name)).parent_close(policy);
        child.start().started.await?;
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

#[workflow]
async fn refuses() -> Result<String> {
    Err(Failure::new("Refused", "refused for good"))
}

#[workflow(signals("finish"))]
async fn waits() -> Result<String> {
    signal("finish").receive().await
}
