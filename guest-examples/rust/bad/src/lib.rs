//! Workflows that misbehave, each in its own way: the host must contain them.

use refrain_sdk::prelude::*;
use std::hint::black_box;

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("trap", trap)
        .workflow("spin", spin)
        .workflow("oom", oom)
        .workflow("deep", deep)
        .workflow("flood", flood)
        .workflow("flood-log", flood_log)
        .workflow("huge-result", huge_result)
        .workflow("huge-argument", huge_argument)
        .workflow("never", never)
        .workflow("nondeterministic", nondeterministic)
        .workflow("spin-in-query", spin_in_query)
        .query("spin")
        .workflow("fail", fail)
});

/// Panics, which is a trap and not a failure.
async fn trap() -> Result {
    panic!("trapped on purpose");
}

async fn spin() -> Result {
    let mut n = 0u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

async fn oom() -> Result {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; 1 << 20]));
    }
}

async fn deep() -> Result<u64> {
    fn down(n: u64) -> u64 {
        if black_box(n) == u64::MAX { 0 } else { 1 + down(n + 1) }
    }
    Ok(down(0))
}

/// Starts timers without end, without ever waiting for one.
async fn flood() -> Result {
    loop {
        // Forgotten, not dropped: giving up the wait for it would take as long as starting it.
        std::mem::forget(sleep(hours(1)));
    }
}

async fn flood_log() -> Result {
    loop {
        log::info!("{}", "lorem ipsum ".repeat(1000));
    }
}

/// Returns as many megabytes as asked for.
async fn huge_result(megabytes: usize) -> Result<String> {
    Ok("x".repeat(megabytes << 20))
}

/// Gives an activity as many megabytes as asked for.
async fn huge_argument(megabytes: usize) -> Result {
    activity("noop").arg(&"x".repeat(megabytes << 20)).start_to_close(seconds(10)).call().await
}

/// Waits for nothing that could ever come.
async fn never() -> Result {
    refrain_sdk::futures::future::pending().await
}

/// Does something else in replay than it did at first.
async fn nondeterministic() -> Result {
    if refrain_sdk::is_replaying() {
        sleep(seconds(2)).await?;
    } else {
        sleep(seconds(1)).await?;
    }
    signal::<()>("go").receive().await
}

async fn spin_in_query() -> Result {
    on_query("spin", |(): ()| -> Result {
        loop {
            black_box(0);
        }
    });
    signal::<()>("go").receive().await
}

/// Not misbehaving: a failure of the program's own.
async fn fail(kind: String) -> Result {
    Err(Failure::new(kind, "failed on purpose"))
}
