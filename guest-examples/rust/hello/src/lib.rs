use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(order);

#[activities]
trait Shop {
    async fn charge(id: &str, amount: u64) -> Result<String>;
    async fn ship(id: &str) -> Result<String>;
    async fn refund(payment: &str) -> Result;
}

#[workflow(signals("confirmed"))]
async fn order(id: String, amount: u64) -> Result<String> {
    let shop = ShopStub::new(remote().start_to_close(seconds(10)));
    let confirmed = signal::<()>("confirmed").receive();
    let payment = shop.charge(&id, amount).await?;
    if timeout(hours(24), confirmed).await?.is_some() {
        return shop.ship(&id).await;
    }
    shop.refund(&payment).await?;
    Err(Failure::new("Timeout", "the warehouse did not confirm"))
}
