//! Limits of one instance: what wasmtime asks before anything grows.

use crate::engine::{CALLS_PER_GUEST_MAX, TABLE_ELEMENTS_MAX};
use crate::errors::Stop;
use refrain_core::guest::GuestErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::{CallHook, ResourceLimiter, Store};

/// Core instances, tables and memories of one component.
const PARTS_MAX: usize = 10_000;
/// Handles of the component model that one guest has: futures and streams, calls that are under way,
/// sets of what is waited for, resources of its own. Operations that are open have one each.
pub(crate) const HANDLES_MAX: usize = 30_000;
/// What the host keeps of those, and of calls between the components of one guest: a future is three.
const CONCURRENT_ENTRIES_MAX: usize = 100_000;

/// Limits a guest's store.
pub(crate) fn limit<T: Send>(
    store: &mut Store<T>,
    memory_bytes_max: usize,
    limits: impl Fn(&mut T) -> &mut Limits + Send + Sync + Copy + 'static,
) {
    store.limiter(move |data| limits(data));
    store.call_hook(move |mut store, hook| Ok(limits(store.data_mut()).stacks.on(hook)?));
    store.set_hostcall_fuel(memory_bytes_max);
    store.set_max_component_handles(HANDLES_MAX);
    if let Some(table) = store.concurrent_resource_table() {
        table.set_max_capacity(CONCURRENT_ENTRIES_MAX);
    }
}

/// Stacks that a guest holds: a call that waits in the midst of its code keeps its own.
///
/// A component that is composed of others can make calls without end in itself, and all stacks are of
/// the pool that all guests share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stacks(Arc<AtomicUsize>);

impl Stacks {
    pub(crate) fn held(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn on(&self, hook: CallHook) -> Result<(), Stop> {
        match hook {
            CallHook::CallingWasm => {
                if self.0.fetch_add(1, Ordering::Relaxed) < CALLS_PER_GUEST_MAX {
                    return Ok(());
                }
                Err(Stop::new(
                    GuestErrorKind::OutOfMemory,
                    format!(
                        "guest has more than {CALLS_PER_GUEST_MAX} calls that wait in the midst of their code, each on a stack: \
                         let fewer wait at a time, or lift its async functions with a callback"
                    ),
                ))
            }
            CallHook::ReturningFromWasm => {
                self.0.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            }
            CallHook::CallingHost | CallHook::ReturningFromHost => Ok(()),
        }
    }
}

/// Counts all memories of an instance together.
///
/// A guest that passes a limit is ended instead of being told "no": a program that goes on after
/// a refused `memory.grow` would behave otherwise on a host with another limit.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) stacks: Stacks,
    memory_bytes: usize,
    memory_bytes_max: usize,
}

impl Limits {
    pub(crate) fn new(memory_bytes_max: usize) -> Limits {
        Limits { stacks: Stacks::default(), memory_bytes: 0, memory_bytes_max }
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_bytes_max {
            return Err(Stop::new(
                GuestErrorKind::OutOfMemory,
                format!(
                    "guest asked for {wanted} bytes of memory, at most {} are allowed: keep less, or raise `--guest-memory`",
                    self.memory_bytes_max
                ),
            )
            .into());
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            return Err(Stop::new(
                GuestErrorKind::OutOfMemory,
                format!(
                    "guest asked for a table of {desired} elements, at most {TABLE_ELEMENTS_MAX} are allowed: it has too many functions, or takes too many references to them"
                ),
            )
            .into());
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        PARTS_MAX
    }

    fn tables(&self) -> usize {
        PARTS_MAX
    }

    fn memories(&self) -> usize {
        PARTS_MAX
    }
}
