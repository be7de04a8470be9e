//! Workflows that misbehave, each in its own way: the host must contain them.

use refrain_sdk::futures::future::select;
use refrain_sdk::prelude::*;
use std::collections::BTreeMap;
use std::hint::black_box;

refrain_sdk::export_workflows!(
    trap,
    spin,
    oom,
    deep,
    flood,
    drops,
    wrong_payload,
    flood_log,
    huge_result,
    huge_argument,
    never,
    nondeterministic,
    spin_in_query,
    wrong_shape,
    fail
);

/// Panics, which is a trap and not a failure.
#[workflow]
async fn trap() -> Result {
    give_up()
}

/// A frame of its own in the backtrace.
#[inline(never)]
fn give_up() -> ! {
    panic!("trapped on purpose");
}

#[workflow]
async fn spin() -> Result {
    let mut n = 0u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

#[workflow]
async fn oom() -> Result {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; 1 << 20]));
    }
}

#[workflow]
async fn deep() -> Result<u64> {
    fn down(n: u64) -> u64 {
        if black_box(n) == u64::MAX { 0 } else { 1 + down(n + 1) }
    }
    Ok(down(0))
}

/// Starts timers without end, without ever waiting for one.
#[workflow]
async fn flood() -> Result {
    loop {
        // Forgotten, not dropped: giving up the wait for it would take as long as starting it.
        std::mem::forget(sleep(hours(1)));
    }
}

/// Waits for one of three things, and forgets the others; again and again.
#[workflow]
async fn drops() -> Result {
    loop {
        drop(activity("print").arg("a page").start_to_close(seconds(1)).call::<()>());
        select(sleep(millis(1)), sleep(millis(2))).await;
    }
}

/// Panics with what is no text.
#[workflow(name = "wrong-payload")]
async fn wrong_payload() -> Result {
    std::panic::panic_any(42)
}

#[workflow(name = "flood-log")]
async fn flood_log() -> Result {
    loop {
        log::info!("{}", "lorem ipsum ".repeat(1000));
    }
}

/// Returns as many megabytes as asked for.
#[workflow(name = "huge-result")]
async fn huge_result(megabytes: usize) -> Result<String> {
    Ok("x".repeat(megabytes << 20))
}

/// Gives an activity as many megabytes as asked for.
#[workflow(name = "huge-argument")]
async fn huge_argument(megabytes: usize) -> Result {
    activity("noop").arg(&"x".repeat(megabytes << 20)).start_to_close(seconds(10)).call().await
}

/// Waits for nothing that could ever come.
#[workflow]
async fn never() -> Result {
    refrain_sdk::futures::future::pending().await
}

/// Does something else in replay than it did at first.
#[workflow]
async fn nondeterministic() -> Result {
    if refrain_sdk::is_replaying() {
        sleep(seconds(2)).await?;
    } else {
        sleep(seconds(1)).await?;
    }
    signal::<()>("go").receive().await
}

#[workflow(name = "spin-in-query", queries("spin"))]
async fn spin_in_query() -> Result {
    on_query("spin", |(): ()| -> Result {
        loop {
            black_box(0);
        }
    });
    signal::<()>("go").receive().await
}

/// Returns what can't be written down.
#[workflow(name = "wrong-shape")]
async fn wrong_shape() -> Result<BTreeMap<(u8, u8), u8>> {
    Ok(BTreeMap::from([((1, 2), 3)]))
}

/// Not misbehaving: a failure of the program's own.
#[workflow]
async fn fail(kind: String) -> Result {
    Err(Failure::new(kind, "failed on purpose"))
}
