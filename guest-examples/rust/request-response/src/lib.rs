//! A desk that answers requests as long as it is open: each is checked, and paid by an activity.

use refrain_sdk::on_validated_update;
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("desk", desk)
        .describe("Takes payments until it is closed")
        .signal("close")
        .describe("The last customer has left")
        .query("total")
        .describe("What was paid so far, in cents")
        .update("pay")
        .describe("Charges for an order; the charge's id")
});

async fn desk() -> Result<u64> {
    let total = published("total", 0_u64);
    let paid = total.clone();
    on_validated_update(
        "pay",
        |(_, amount): &(String, u64)| match amount {
            0 => Err(Failure::new("NothingToPay", "amount is 0, expected more")),
            _ => Ok(()),
        },
        move |(order_id, amount): (String, u64)| {
            let paid = paid.clone();
            async move {
                let charge = activity("charge").arg(&order_id).arg(&amount);
                let charge_id: String = charge.start_to_close(seconds(10)).call().await?;
                paid.update(|it| *it += amount);
                Ok(charge_id)
            }
        },
    );
    signal::<()>("close").receive().await?;
    Ok(total.get())
}
