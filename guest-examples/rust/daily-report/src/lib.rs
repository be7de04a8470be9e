//! What a schedule starts each day: a report that takes a moment, and goes out at once if someone
//! asks for it.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(daily_report);

#[workflow(name = "dailyReport", signals("sendNow"))]
async fn daily_report(about: String, seconds_to_take: u64) -> Result<String> {
    let asked = signal::<()>("sendNow").receive();
    let was_asked = timeout(seconds(seconds_to_take), asked).await?.is_some();
    let how = if was_asked { "on request" } else { "in time" };
    Ok(format!("report on {about}, {how}"))
}
