use std::path::Path;

use refrain_testing::{Environment, Outcome, Result, json};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn shop() -> Result<Environment> {
    let shop = Environment::start(PROJECT)?;
    shop.activity("charge", |input| Ok(json!(format!("payment-{}", input[0].as_str().unwrap_or("?")))));
    shop.activity("ship", |input| Ok(json!(format!("parcel-{}", input[0].as_str().unwrap_or("?")))));
    shop.activity("refund", |_| Ok(json!(null)));
    Ok(shop)
}

#[test]
fn an_order_that_the_warehouse_confirms_is_shipped() -> Result<()> {
    let shop = shop()?;
    let order = shop.start_workflow("order", "order-7", &[json!("7"), json!(4200)])?;
    order.signal("confirmed", &[])?;
    assert_eq!(order.outcome()?, Outcome::Completed(json!("parcel-7")));
    assert_eq!(shop.calls("charge"), [[json!("7"), json!(4200)]]);
    assert!(shop.calls("refund").is_empty());

    // To be committed, and replayed by all later versions: `replay(PROJECT, "tests/histories")`.
    let history = Path::new(env!("CARGO_TARGET_TMPDIR")).join("order.json");
    order.save_history(&history)?;
    refrain_testing::replay(PROJECT, &history)
}

#[test]
fn an_order_that_nobody_confirms_within_a_day_is_refunded() -> Result<()> {
    let shop = shop()?;
    // The day is over in milliseconds: the server's time jumps while the test waits.
    let order = shop.start_workflow("order", "order-8", &[json!("8"), json!(100)])?;
    let message = "the warehouse did not confirm".to_owned();
    assert_eq!(order.outcome()?, Outcome::Failed { kind: "Timeout".to_owned(), message });
    assert_eq!(shop.calls("refund"), [[json!("payment-8")]]);
    Ok(())
}
