use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| Workflows::new().workflow("order", order).signal("confirmed"));

async fn order(id: String, amount: u64) -> Result<String> {
    let confirmed = signal::<()>("confirmed").receive();
    let payment: String = step("charge").arg(&id).arg(&amount).call().await?;
    if timeout(hours(24), confirmed).await?.is_some() {
        return step("ship").arg(&id).call().await;
    }
    step("refund").arg(&payment).call::<()>().await?;
    Err(Failure::new("Timeout", "the warehouse did not confirm"))
}

fn step(name: &str) -> refrain_sdk::Activity {
    activity(name).start_to_close(seconds(10))
}
