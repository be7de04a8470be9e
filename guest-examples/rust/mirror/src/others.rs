//! Children and other runs.

use refrain_sdk::prelude::*;
use refrain_sdk::{Child, ChildBuilder, ParentClose, info};

pub fn add(workflows: Workflows) -> Workflows {
    workflows
        .workflow("parent", parent)
        .workflow("impatientParent", impatient_parent)
        .workflow("sternParent", stern_parent)
        .workflow("lateParent", late_parent)
        .workflow("parting", parting)
        .workflow("grandparent", grandparent)
        .workflow("caller", caller)
}

fn named(kind: &str, name: &str) -> ChildBuilder {
    child(kind).workflow_id(format!("{}-{name}", info().workflow_id))
}

/// Ends as its child does.
async fn parent(kind: String, argument: String) -> Result<String> {
    named(&kind, "child")
        .arg(&argument)
        .run_timeout(hours(1))
        .retry(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() })
        .memo("from", &"parent")
        .start()
        .result
        .await
}

async fn impatient_parent() -> Result<String> {
    named("waits", "child").run_timeout(seconds(1)).start().result.await
}

/// Cancels its child once that has started.
async fn stern_parent() -> Result<bool> {
    let waiting: Child<String> = named("waits", "child").start();
    let Child { started, result } = waiting;
    started.await?;
    result.cancel();
    Ok(result.await.is_err_and(|failure| failure.is_canceled()))
}

/// The id of its child is taken.
async fn late_parent(taken: String) -> Result<String> {
    child("waits").workflow_id(taken).start().result.await
}

/// Three children, and a policy for each.
async fn parting() -> Result {
    for (name, policy) in [
        ("terminated", ParentClose::Terminate),
        ("canceled", ParentClose::RequestCancel),
        ("abandoned", ParentClose::Abandon),
    ] {
        named("waits", name).parent_close(policy).start::<String>().started.await?;
    }
    signal::<()>("close").receive().await
}

/// A failure comes up from an activity of a child.
async fn grandparent() -> Result {
    named("meetsRefusal", "child").arg("Fatal").start().result.await
}

/// Signals and cancels another run, and one that is not there.
async fn caller(other: String) -> Result<Vec<String>> {
    let told = |outcome: Result| match outcome {
        Ok(()) => "delivered".to_owned(),
        Err(failure) => failure.root_message().to_owned(),
    };
    let nobody = format!("{other}-nobody");
    Ok(vec![
        told(external(other.as_str()).signal("heard", "hello").await),
        told(external(nobody.as_str()).signal("heard", "hello").await),
        told(external(other).cancel("no longer needed").await),
        told(external(nobody).cancel("no longer needed").await),
    ])
}
