//! Signals, queries, updates.

use refrain_sdk::on_validated_update;
use refrain_sdk::prelude::*;

/// Returns what two signals brought.
#[workflow(signals("add"))]
pub async fn listens() -> Result<Vec<String>> {
    let heard = published("heard", Vec::<String>::new());
    for _ in 0..2 {
        let value = signal::<String>("add").receive().await?;
        heard.update(|it| it.push(value));
    }
    Ok(heard.get())
}

/// What it has heard before its first line.
#[derive(Default)]
pub struct Early {
    heard: Vec<String>,
}

#[workflow(name = "early")]
impl Early {
    #[run]
    async fn run(state: Shared<Early>) -> Result<Vec<String>> {
        Ok(state.borrow().heard.clone())
    }

    #[signal]
    fn add(&mut self, value: String) {
        self.heard.push(value);
    }
}

/// Until it is told to finish, or canceled.
#[workflow(signals("finish"))]
pub async fn waits() -> Result<String> {
    signal("finish").receive().await
}

/// Fails at its first attempt, and waits at its second.
#[workflow(name = "lateWaits")]
pub async fn late_waits() -> Result<String> {
    match refrain_sdk::info().attempt {
        1 => Err(Failure::new("NotYet", "the first attempt fails")),
        _ => waits().await,
    }
}

/// Lets nobody in before it is open.
#[workflow(signals("open", "close"), updates("enter"))]
pub async fn gate() -> Result {
    let open = shared(false);
    let is_open = open.clone();
    on_validated_update(
        "enter",
        move |(): &()| match is_open.get() {
            true => Ok(()),
            false => Err(Failure::new("Closed", "the gate is closed")),
        },
        |(): ()| async { Ok(()) },
    );
    signal::<()>("open").receive().await?;
    open.set(true);
    signal::<()>("close").receive().await
}

#[derive(Default)]
pub struct Desk {
    total: u64,
    is_closed: bool,
}

#[workflow(name = "desk")]
impl Desk {
    #[run]
    async fn run(state: Shared<Self>) -> Result<u64> {
        state.wait_until(|it| it.is_closed).await?;
        Ok(state.borrow().total)
    }

    #[signal]
    fn close(&mut self) {
        self.is_closed = true;
    }

    #[query]
    fn total(&self) -> u64 {
        self.total
    }

    #[query]
    fn broken(&self) -> Result<u64> {
        Err(Failure::new("Broken", "out of order"))
    }

    #[update]
    async fn pay(state: Shared<Self>, amount: u64) -> Result<String> {
        if amount > 1000 {
            return Err(Failure::new("TooMuch", "over 1000").non_retryable());
        }
        let charge = activity("greet").arg("payer").start_to_close(seconds(10));
        let charged: String = charge.call().await?;
        state.update(|it| it.total += amount);
        Ok(charged)
    }

    #[validator(pay)]
    fn check(&self, amount: &u64) -> Result {
        match amount {
            0 => Err(Failure::new("NothingToPay", "amount is 0, expected more")),
            _ => Ok(()),
        }
    }
}
