//! A desk that answers requests as long as it is open: each is checked, and paid by an activity.

use refrain_sdk::prelude::*;
use refrain_sdk::{
    all_handlers_finished, current_update, on_any_query, on_any_update, on_validated_update,
    set_current_details,
};

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
        .workflow("switchboard", switchboard)
        .signal("hang-up")
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

/// Connects whatever is asked for, one second each. Who hangs up does not wait for the others.
async fn switchboard() -> Result<Vec<String>> {
    let calls = shared(Vec::new());
    set_current_details("**open**");
    let made = calls.clone();
    on_any_query(move |name, (whom,): (String,)| {
        Ok(format!("{name}({whom}) of {}", made.borrow().len()))
    });
    let made = calls.clone();
    on_any_update(move |name, (whom,): (String,)| {
        let made = made.clone();
        async move {
            sleep(seconds(1)).await?;
            let id = current_update().map(|it| it.id).unwrap_or_default();
            made.update(|it| it.push(format!("{id}: {name} {whom}")));
            Ok(made.borrow().len())
        }
    });
    let (close, hang_up) = (signal::<()>("close"), signal::<()>("hang-up"));
    select_biased! {
        closed = close.receive().fuse() => {
            closed?;
            all_handlers_finished().await?;
        }
        hung_up = hang_up.receive().fuse() => hung_up?,
    }
    Ok(calls.get())
}
