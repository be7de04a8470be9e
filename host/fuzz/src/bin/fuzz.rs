//! One target for libFuzzer, chosen by REFRAIN_FUZZ_TARGET. `cargo xtask fuzz` builds and runs it.

#![no_main]

use refrain_fuzz::{TARGETS, Target};
use std::path::PathBuf;
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("REFRAIN_FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|it| it.name == name).expect("REFRAIN_FUZZ_TARGET is one of them")
});

/// libFuzzer begins with what lies in a directory.
fn lay_out_seeds() {
    let Some(directory) = std::env::var_os("REFRAIN_FUZZ_SEEDS").map(PathBuf::from) else {
        return;
    };
    for (number, seed) in (TARGET.seeds)().into_iter().enumerate() {
        std::fs::write(directory.join(format!("{number}")), seed).expect("a seed can be written");
    }
}

libfuzzer_sys::fuzz_target!(init: lay_out_seeds(), |bytes: &[u8]| (TARGET.run)(bytes));
