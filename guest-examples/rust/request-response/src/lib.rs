//! A desk that answers requests as long as it is open: each is checked, and paid by an activity.

use refrain_sdk::prelude::*;
use refrain_sdk::{
    all_handlers_finished, current_update, on_any_query, on_any_update, set_current_details,
};

refrain_sdk::export_workflows!(Desk, switchboard);

#[activities]
trait Bank {
    async fn charge(order_id: &str, amount: u64) -> Result<String>;
}

#[derive(Default)]
struct Desk {
    /// In cents.
    total: u64,
    is_closed: bool,
}

/// Takes payments until it is closed.
#[workflow(name = "desk")]
impl Desk {
    #[run]
    async fn run(state: Shared<Self>) -> Result<u64> {
        state.wait_until(|it| it.is_closed).await?;
        Ok(state.borrow().total)
    }

    /// The last customer has left.
    #[signal]
    fn close(&mut self) {
        self.is_closed = true;
    }

    /// What was paid so far, in cents.
    #[query]
    fn total(&self) -> u64 {
        self.total
    }

    /// Charges for an order; the charge's id.
    #[update]
    async fn pay(state: Shared<Self>, order_id: String, amount: u64) -> Result<String> {
        let bank = BankStub::new(remote().start_to_close(seconds(10)));
        let charge_id = bank.charge(&order_id, amount).await?;
        state.update(|it| it.total += amount);
        Ok(charge_id)
    }

    #[validator(pay)]
    fn check(&self, _order_id: &str, amount: &u64) -> Result {
        match amount {
            0 => Err(Failure::new("NothingToPay", "amount is 0, expected more")),
            _ => Ok(()),
        }
    }
}

/// Connects whatever is asked for, one minute each. Who hangs up does not wait for the others.
#[workflow(signals("hang-up"))]
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
            sleep(minutes(1)).await?;
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
