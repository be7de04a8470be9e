//! What few programs ask for, each once: what the cancellation of a child waits for, handlers that are
//! left running, details for people, signals that are taken without a wait.

use refrain_sdk::prelude::*;
use refrain_sdk::{ChildCancellation, ParentClose, cancellation, current_details, info, set_current_details};

refrain_sdk::export_workflows!(parts, lingers, leaves, details, counts, looks);

/// Asks a child to stop, and says whether it learned of a cancellation.
#[workflow]
async fn parts(how: String) -> Result<bool> {
    let how = match how.as_str() {
        "ABANDON" => ChildCancellation::Abandon,
        "TRY_CANCEL" => ChildCancellation::TryCancel,
        "WAIT_CANCELLATION_REQUESTED" => ChildCancellation::WaitCancellationRequested,
        _ => ChildCancellation::WaitCancellationCompleted,
    };
    let id = format!("{}-child", info().workflow_id);
    let started = child::<()>("lingers")
        .workflow_id(&id)
        .parent_close(ParentClose::Abandon)
        .when_canceled(how)
        .start();
    started.started.await?;
    started.result.cancel();
    if how == ChildCancellation::WaitCancellationCompleted {
        external(id).signal("done", &()).await?;
    }
    Ok(started.result.await.is_err_and(|failure| failure.is_canceled()))
}

/// Takes its time to stop.
#[workflow(signals("done"))]
async fn lingers() -> Result {
    let done = shielded(|| signal::<()>("done").receive());
    let reason = cancellation().await?;
    done.await?;
    Err(Failure::canceled(reason))
}

/// Ends while its handler is running.
#[workflow(updates("ask"), signals("done"))]
async fn leaves() -> Result<u32> {
    let running = shared(0);
    let begun = running.clone();
    on_update("ask", move |(): ()| {
        begun.update(|it| *it += 1);
        refrain_sdk::futures::future::pending::<Result>()
    });
    signal::<()>("done").receive().await?;
    Ok(running.get())
}

/// What people are to see of it.
#[workflow(signals("done"))]
async fn details() -> Result<String> {
    set_current_details("**half** of it");
    signal::<()>("done").receive().await?;
    Ok(current_details())
}

/// How many numbers there are at its first line, which they are, and how many its stream holds later.
#[workflow(signals("number", "look"))]
async fn counts() -> Result<(u32, Vec<u32>, u32)> {
    let mut numbers = signal::<u32>("number");
    let early = numbers.pending();
    let mut found = Vec::new();
    while let Some(number) = numbers.try_receive().await? {
        found.push(number);
    }
    let _ = numbers.next().now_or_never();
    signal::<()>("look").receive().await?;
    Ok((early, found, numbers.pending()))
}

/// Takes the numbers that are here when it is told to look. Its stream has waited for one since the start.
#[workflow(signals("number", "look"))]
async fn looks() -> Result<Vec<u32>> {
    let mut numbers = signal::<u32>("number");
    let look = signal::<()>("look").receive();
    let _ = numbers.next().now_or_never();
    look.await?;
    let mut found = Vec::new();
    while let Some(number) = numbers.try_receive().await? {
        found.push(number);
    }
    Ok(found)
}
