//! A parcel that is watched by asking its carrier again and again: an activity that says with each
//! heartbeat how far it is, so that the next worker goes on from there.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(watch_parcel);

/// Where the parcel was delivered; nobody watches it any more after a cancellation.
#[workflow(name = "watchParcel")]
async fn watch_parcel(parcel: String) -> Result<String> {
    let watching = activity("watch")
        .arg(&parcel)
        .start_to_close(days(30))
        .heartbeat(seconds(2))
        .retry(RetryPolicy { initial_interval_ms: 100, ..RetryPolicy::default() })
        .wait_when_canceled();
    let outcome = watching.call().await;
    if let Err(failure) = &outcome
        && failure.is_canceled()
    {
        let forget = || activity("forget").arg(&parcel).start_to_close(seconds(10));
        shielded(|| forget().call::<()>()).await?;
    }
    outcome
}
