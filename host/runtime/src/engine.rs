//! The engine: the only place that builds a `wasmtime::Config`.
//!
//! What is switched on here decides whether a guest computes the same on every machine and for
//! years: NaNs have one bit pattern, relaxed SIMD has one result, there are no
//! threads (wasmtime's feature `threads` is not compiled in). Instances
//! come from a pool with copy-on-write images, because a run is instantiated for each replay.

use crate::compile::Compiler;
use crate::errors::RuntimeError;
use refrain_core::limits;
use std::path::PathBuf;
use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

/// Sizes and limits of a host. All of them are per process or per run; none is per namespace.
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// Compiled components. Only this host may be able to write there: what lies there is run.
    pub cache_dir: PathBuf,
    /// Linear memory of one run, all memories together.
    pub memory_bytes_max: usize,
    /// How long one turn may take.
    pub activation_ms_max: u64,
    /// Rooms of the pool that runs and activities share. Each takes one, or up to
    /// [`ROOMS_PER_GUEST_MAX`]. Address space is reserved for each room.
    pub instances_max: u32,
    /// A component's own bytes.
    pub component_bytes_max: usize,
    /// Compiled components kept in memory.
    pub programs_max: usize,
    /// Compiles what others upload. `None`: it is compiled in this process, whatever that takes.
    pub compiler: Option<Compiler>,
}

impl RuntimeConfig {
    pub fn new(cache_dir: impl Into<PathBuf>) -> RuntimeConfig {
        RuntimeConfig {
            cache_dir: cache_dir.into(),
            memory_bytes_max: 64 << 20,
            activation_ms_max: 1000,
            instances_max: 4096,
            component_bytes_max: limits::COMPONENT_BYTES_MAX,
            programs_max: 256,
            compiler: None,
        }
    }
}

/// A guest's stack, for the calls in its own code. It is the same on every host: a program that is played
/// again must get as deep as it got at first.
pub(crate) const STACK_BYTES: usize = 1 << 20;
/// What the host's own functions get of a stack beside that.
const HOST_STACK_BYTES: usize = 1 << 20;
/// A guest is interrupted at this grain.
pub(crate) const EPOCH: Duration = Duration::from_millis(5);
/// What one guest may take of the pool. Whoever sizes it counts with that, so that no guest can take
/// what others need.
pub const ROOMS_PER_GUEST_MAX: u32 = 4;
/// A room has one memory, and so many of these.
const TABLES_PER_ROOM: u32 = 4;
const STACKS_PER_ROOM: u32 = 5;
/// Python's shared libraries are core instances of their own.
const CORE_INSTANCES_PER_COMPONENT_MAX: u32 = 128;
const MEMORIES_PER_COMPONENT_MAX: u32 = ROOMS_PER_GUEST_MAX;
const TABLES_PER_COMPONENT_MAX: u32 = ROOMS_PER_GUEST_MAX * TABLES_PER_ROOM;
/// Calls of one guest that are under way in its code, each on a stack: `run` and ten updates that
/// block, a query, an allocation, and what a component that is composed of others does inside.
pub(crate) const CALLS_PER_GUEST_MAX: usize = 17;
/// While so many of them wait, an update that comes waits for one to return: `run` and ten updates.
/// Part of every history: never to be changed.
pub(crate) const CALLS_THAT_QUEUE_UPDATES: usize = 11;
/// wasmtime keeps so many for calls to come.
const STACKS_KEPT: usize = 2;
const _: () = assert!(CALLS_THAT_QUEUE_UPDATES < CALLS_PER_GUEST_MAX);
const _: () =
    assert!(CALLS_PER_GUEST_MAX + STACKS_KEPT <= (ROOMS_PER_GUEST_MAX * STACKS_PER_ROOM) as usize);
/// Elements of one table; CPython's has about 12 000.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 50_000;
/// Below this a pool is of no use, and the error is told.
const INSTANCES_MIN: u32 = 64;

/// Builds the engine and starts its clock. Also: how many rooms its pool has.
pub(crate) fn build(config: &RuntimeConfig) -> Result<(Engine, u32), RuntimeError> {
    let made = |instances| Engine::new(&wasmtime_config(config, instances));
    let (engine, instances) = largest(config.instances_max.max(1), made)
        .map_err(|cause| RuntimeError::Engine(format!("{cause:#}")))?;
    start_epochs(&engine)?;
    Ok((engine, instances))
}

/// Address space is limited in some containers: a smaller pool is better than none.
fn largest<T, E: std::fmt::Display>(
    mut instances: u32,
    make: impl Fn(u32) -> Result<T, E>,
) -> Result<(T, u32), E> {
    loop {
        match make(instances) {
            Ok(made) => return Ok((made, instances)),
            Err(cause) if instances > INSTANCES_MIN => {
                instances /= 2;
                tracing::warn!(instances, %cause, "pool of instances made smaller");
            }
            Err(cause) => return Err(cause),
        }
    }
}

/// One that only compiles, for engines of this program.
pub(crate) fn build_compiler() -> Result<Engine, RuntimeError> {
    let mut config = compiled_as();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config).map_err(|cause| RuntimeError::Engine(format!("{cause:#}")))
}

/// What a guest takes of the pool that has so much.
pub(crate) fn rooms(memories: u32, tables: u32, stacks_held: usize) -> usize {
    let of_tables = tables.div_ceil(TABLES_PER_ROOM) as usize;
    let of_stacks = (stacks_held + STACKS_KEPT).div_ceil(STACKS_PER_ROOM as usize);
    (memories as usize).max(of_tables).max(of_stacks).max(1)
}

/// Memory that a guest has written is put back as it was for the next one of its component, up to so much: that is
/// cheaper than to fault it in again. JavaScript writes about so much in its first turn, in 130 pages. Rooms that are
/// empty keep it, so that a host has what it needed at its peak.
const MEMORY_KEPT: usize = 512 << 10;
/// Where Linux does not say which pages were written (before 6.7), so much is put back, written or not.
const MEMORY_KEPT_BLINDLY: usize = 64 << 10;

fn wasmtime_config(config: &RuntimeConfig, instances: u32) -> Config {
    let knows_written = PoolingAllocationConfig::is_pagemap_scan_available();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_COMPONENT_MAX))
        .total_memories(instances.max(MEMORIES_PER_COMPONENT_MAX))
        .total_tables(instances.saturating_mul(TABLES_PER_ROOM).max(TABLES_PER_COMPONENT_MAX))
        .total_stacks(instances.saturating_mul(STACKS_PER_ROOM))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT_MAX)
        .max_memories_per_component(MEMORIES_PER_COMPONENT_MAX)
        .max_tables_per_component(TABLES_PER_COMPONENT_MAX)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(config.memory_bytes_max)
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(if knows_written { MEMORY_KEPT } else { MEMORY_KEPT_BLINDLY })
        .table_keep_resident(16 << 10)
        .async_stack_keep_resident(16 << 10)
        .max_unused_warm_slots(256);

    let mut wasmtime = compiled_as();
    wasmtime.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    wasmtime
}

/// The memory that a component begins with is shared by its runs, also if more than half of it is zeros: else it is
/// copied for each run. Python's is 27 MB, and about half of that.
const IMAGE_BYTES_MAX: u64 = 64 << 20;

/// All that what is compiled depends on.
fn compiled_as() -> Config {
    let mut wasmtime = Config::new();
    wasmtime
        .wasm_component_model(true)
        .wasm_component_model_async(true)
        // C blocks: its `run` keeps its stack while it waits.
        .wasm_component_model_async_stackful(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(STACK_BYTES)
        .async_stack_size(STACK_BYTES + HOST_STACK_BYTES)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES_MAX)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    wasmtime
}

/// One thread for the engine's life; it ends when the last runtime is dropped.
fn start_epochs(engine: &Engine) -> Result<(), RuntimeError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("refrain-epochs".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(EPOCH);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })
        .map(|_| ())
        .map_err(|cause| RuntimeError::Engine(format!("could not start the epoch thread: {cause}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_that_is_mostly_zeros_is_an_image_all_the_same() {
        let sparse = r#"(component (core module $m
            (memory 480) (data (i32.const 0) "first") (data (i32.const 31000000) "last"))
            (core instance (instantiate $m)))"#;
        let engine = Engine::new(&compiled_as()).unwrap();
        let compiled = engine.precompile_component(&wat::parse_str(sparse).unwrap()).unwrap();
        assert!(compiled.len() > 31_000_000, "{} bytes: it has no image", compiled.len());
    }

    #[test]
    fn a_pool_that_there_is_no_address_space_for_is_halved_and_says_how_large_it_is() {
        let space = |rooms| move |n| if n <= rooms { Ok(()) } else { Err("no address space") };
        assert_eq!(largest(4096, space(5000)), Ok(((), 4096)));
        assert_eq!(largest(4096, space(1500)), Ok(((), 1024)));
        assert_eq!(largest(4096, space(INSTANCES_MIN - 1)), Err("no address space"));
    }
}
