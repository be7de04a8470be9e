//! Looks for bytes that a decoder does not bear, with libFuzzer; and for requests and values that the server and
//! components without an SDK do not, by changing what is right.
//!
//! Needs no other toolchain: the compiler that is there writes down what ran (`-Cpasses=sancov-module`).

use crate::shell;
use anyhow::{Context, Result, ensure};
use refrain_e2e::paths;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One of `calls`, `requests`, `histories`, `events`, `stored`, `filters`, `calendars`, `server`, `typed`. All of
    /// them, one after the other, if none is named.
    target: Option<String>,

    /// How long each.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

const DECODERS: [&str; 7] =
    ["calls", "requests", "histories", "events", "stored", "filters", "calendars"];
/// Tests that go on as long as they are told to: packages, and names of tests.
const TESTS: [(&str, &str, &str); 2] =
    [("server", "refrain-server", "fuzz::"), ("typed", "refrain-runtime", "json::fuzz::")];
/// What one input may take.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384"];
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

pub(crate) fn run(args: &Args) -> Result<()> {
    let is_wanted = |name: &str| args.target.as_deref().is_none_or(|it| it == name);
    let decoders: Vec<_> = DECODERS.into_iter().filter(|it| is_wanted(it)).collect();
    let tests: Vec<_> = TESTS.into_iter().filter(|(name, ..)| is_wanted(name)).collect();
    let names = DECODERS.into_iter().chain(TESTS.map(|(name, ..)| name)).collect::<Vec<_>>();
    ensure!(!decoders.is_empty() || !tests.is_empty(), "no such target, expected one of {names:?}");
    for target in decoders {
        decoder(target, args.seconds)?;
    }
    for (_, package, name) in tests {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        println!("REFRAIN_FUZZ_SEED={seed}");
        let mut test = Command::new("cargo");
        test.args(["test", "--package", package, name])
            .env("REFRAIN_FUZZ_SEED", seed.to_string())
            .env("REFRAIN_FUZZ_SECONDS", args.seconds.to_string());
        shell::run(&mut test)?;
    }
    Ok(())
}

/// What is found lies in `target/fuzz/found`; the bytes that lead to new places stay for the next time.
fn decoder(target: &str, seconds: u64) -> Result<()> {
    let place = paths::target().join("fuzz");
    let (known, found) = (place.join("known").join(target), place.join("found"));
    for folder in [&known, &found] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    // With a platform named, build scripts and macros are built without these flags.
    let mut fuzz = Command::new("cargo");
    fuzz.args(["run", "--package", "refrain-fuzz", "--features", "libfuzzer"])
        .args(["--target", &platform()?, "--target-dir"])
        .arg(&place)
        .arg("--")
        .arg(&known)
        .args(LIMITS)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/{target}-", found.display()))
        .env("RUSTFLAGS", COVERAGE)
        .env("REFRAIN_FUZZ_TARGET", target)
        .env("REFRAIN_FUZZ_SEEDS", &known);
    shell::run(&mut fuzz)
}

fn platform() -> Result<String> {
    let said = Command::new("rustc").arg("-vV").output().context("rustc can't be started")?;
    let said = String::from_utf8(said.stdout)?;
    let host = said.lines().find_map(|it| it.strip_prefix("host: "));
    Ok(host.context("rustc names no platform")?.to_owned())
}
