//! Every decoder, with bytes that were right and are changed a little: the same ones every time.

use peak_alloc::PeakAlloc;
use refrain_fuzz::{Dice, TARGETS, rounds};
use rustix::time::{ClockId, clock_gettime};
use std::panic::catch_unwind;
use std::time::Duration;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Of each target.
const ROUNDS: u32 = 3000;
/// What one input may take, on a build that is not optimized.
const MEMORY_MAX: usize = 32 << 20;
const CPU_MAX: Duration = Duration::from_secs(2);

fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

// One test, so that nobody else's memory is counted.
#[test]
fn what_nobody_would_write_is_an_error_or_a_value_and_is_so_soon() {
    let mut dice = Dice::default();
    for target in &TARGETS {
        let seeds = (target.seeds)();
        let run = |bytes: &[u8], what: &str| {
            let shown = || format!("{}, {what}: {}", target.name, bytes.escape_ascii());
            MEMORY.reset_peak_usage();
            let (memory, cpu) = (MEMORY.current_usage(), cpu_time());
            assert!(catch_unwind(|| (target.run)(bytes)).is_ok(), "a panic: {}", shown());
            let (memory, cpu) = (MEMORY.peak_usage() - memory, cpu_time() - cpu);
            assert!(memory < MEMORY_MAX, "{memory} bytes of memory: {}", shown());
            assert!(cpu < CPU_MAX, "{cpu:?} of CPU time: {}", shown());
        };
        for (number, seed) in seeds.iter().enumerate() {
            run(seed, &format!("seed {number}"));
        }
        for round in rounds(ROUNDS) {
            let seed = dice.one_of(&seeds);
            let bytes = match round % 3 {
                0 => dice.message_changed(seed),
                _ => dice.bytes_changed(seed),
            };
            run(&bytes, &format!("round {round}"));
        }
    }
}
