//! Limits of one instance: what wasmtime asks before anything grows.

use crate::engine::TABLE_ELEMENTS_MAX;
use crate::errors::Stop;
use refrain_core::guest::GuestErrorKind;
use wasmtime::ResourceLimiter;

/// Core instances, tables and memories of one component.
const PARTS_MAX: usize = 10_000;

/// Counts all memories of an instance together.
///
/// A guest that passes a limit is ended instead of being told "no": a program that goes on after
/// a refused `memory.grow` would behave otherwise on a host with another limit.
#[derive(Debug)]
pub(crate) struct Limits {
    memory_bytes: usize,
    memory_bytes_max: usize,
}

impl Limits {
    pub(crate) fn new(memory_bytes_max: usize) -> Limits {
        Limits { memory_bytes: 0, memory_bytes_max }
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
                    "guest asked for a table of {desired} elements, at most {TABLE_ELEMENTS_MAX} are allowed"
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
