//! Children and other runs.

use refrain_sdk::prelude::*;
use refrain_sdk::{Child, ChildBuilder, ParentClose, info};

fn named<T>(kind: &str, name: &str) -> ChildBuilder<T> {
    child(kind).workflow_id(format!("{}-{name}", info().workflow_id))
}

/// Ends as its child does.
#[workflow]
pub async fn parent(kind: String, argument: String) -> Result<String> {
    named(&kind, "child")
        .arg(&argument)
        .run_timeout(hours(1))
        .retry(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() })
        .memo("from", &"parent")
        .start()
        .result
        .await
}

/// Gives its child so many seconds, or one.
#[workflow(name = "impatientParent")]
pub async fn impatient_parent(patience: Option<u64>) -> Result<String> {
    named("waits", "child").run_timeout(seconds(patience.unwrap_or(1))).start().result.await
}

/// Cancels its child once that has started.
#[workflow(name = "sternParent")]
pub async fn stern_parent() -> Result<bool> {
    let waiting: Child<String> = named("waits", "child").start();
    let Child { started, result } = waiting;
    started.await?;
    result.cancel();
    Ok(result.await.is_err_and(|failure| failure.is_canceled()))
}

/// The id of its child is taken.
#[workflow(name = "lateParent")]
pub async fn late_parent(taken: String) -> Result<String> {
    child("waits").workflow_id(taken).start().result.await
}

/// Three children, and a policy for each.
#[workflow]
pub async fn parting() -> Result {
    for (name, policy) in [
        ("terminated", ParentClose::Terminate),
        ("canceled", ParentClose::RequestCancel),
        ("abandoned", ParentClose::Abandon),
    ] {
        named::<String>("waits", name).parent_close(policy).start().started.await?;
    }
    signal::<()>("close").receive().await
}

/// A failure comes up from an activity of a child.
#[workflow]
pub async fn grandparent() -> Result {
    named("meetsRefusal", "child").arg("Fatal").start().result.await
}

/// Signals and cancels another run, and one that is not there.
#[workflow]
pub async fn caller(other: String) -> Result<Vec<String>> {
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
