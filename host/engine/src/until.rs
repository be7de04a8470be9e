//! Waiting for something to be so, without missing that it became so.

use tokio::sync::Notify;

/// Looks again whenever `changed` tells all that wait.
pub(crate) async fn until(changed: &Notify, is_so: impl Fn() -> bool) {
    loop {
        let told = changed.notified();
        tokio::pin!(told);
        // From here on nothing is missed, so the look comes after it.
        told.as_mut().enable();
        if is_so() {
            return;
        }
        told.await;
    }
}
