//! Signals, queries, updates.

use refrain_sdk::on_validated_update;
use refrain_sdk::prelude::*;

pub fn add(workflows: Workflows) -> Workflows {
    workflows
        .workflow("listens", listens)
        .signal("add")
        .workflow("waits", waits)
        .signal("finish")
        .workflow("desk", desk)
        .update("pay")
        .query("total")
        .signal("close")
}

/// Returns what two signals brought.
async fn listens() -> Result<Vec<String>> {
    let heard = published("heard", Vec::<String>::new());
    for _ in 0..2 {
        let value = signal::<String>("add").receive().await?;
        heard.update(|it| it.push(value));
    }
    Ok(heard.get())
}

/// Until it is told to finish, or canceled.
async fn waits() -> Result<String> {
    signal("finish").receive().await
}

async fn desk() -> Result<u64> {
    let total = published("total", 0_u64);
    on_query("broken", |(): ()| Err::<u64, _>(Failure::new("Broken", "out of order")));
    let paid = total.clone();
    on_validated_update(
        "pay",
        |(amount,): &(u64,)| match amount {
            0 => Err(Failure::new("NothingToPay", "amount is 0, expected more")),
            _ => Ok(()),
        },
        move |(amount,): (u64,)| {
            let paid = paid.clone();
            async move {
                if amount > 1000 {
                    return Err(Failure::new("TooMuch", "over 1000").non_retryable());
                }
                let charge = activity("greet").arg("payer").start_to_close(seconds(10));
                let charged: String = charge.call().await?;
                paid.update(|it| *it += amount);
                Ok(charged)
            }
        },
    );
    signal::<()>("close").receive().await?;
    Ok(total.get())
}
