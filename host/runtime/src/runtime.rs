//! The runtime: one engine, its linkers and its caches. Cheap to clone.

use crate::activities::{self, ActivityProgram};
use crate::cache::{Compiled, Recent};
use crate::compile::WaitedFor;
use crate::component::{self, ComponentInfo, ComponentKind, digest_of};
use crate::engine::{self, RuntimeConfig};
use crate::errors::{ComponentError, RuntimeError};
use crate::imports::Ctx;
use crate::program::WorkflowProgram;
use crate::{bindings, wasi};
use refrain_core::ids::Digest;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

#[derive(Clone)]
pub struct Runtime {
    parts: Arc<Parts>,
}

struct Parts {
    config: RuntimeConfig,
    engine: Engine,
    workflows: Linker<Ctx>,
    activities: Linker<activities::Ctx>,
    compiled: Compiled,
    recent_workflows: Recent<WorkflowProgram>,
    recent_activities: Recent<ActivityProgram>,
}

/// A runtime that has no files yet.
pub struct Reserved {
    config: RuntimeConfig,
    engine: Engine,
}

impl Reserved {
    /// The second half of [`Runtime::new`]: opens the cache of compiled components.
    pub fn open(self) -> Result<Runtime, RuntimeError> {
        let Reserved { config, engine } = self;
        let linked = |cause: wasmtime::Error| RuntimeError::Engine(format!("{cause:#}"));
        Ok(Runtime {
            parts: Arc::new(Parts {
                workflows: workflow_linker(&engine).map_err(linked)?,
                activities: activities::linker(&engine).map_err(linked)?,
                compiled: Compiled::open(&config.cache_dir, &engine, config.compiler.clone())?,
                recent_workflows: Recent::new(config.programs_max),
                recent_activities: Recent::new(config.programs_max),
                engine,
                config,
            }),
        })
    }
}

impl Runtime {
    pub fn new(config: RuntimeConfig) -> Result<Runtime, RuntimeError> {
        Runtime::reserve(config)?.open()
    }

    /// The first half of [`Self::new`]: reserves memory for guests, which takes tens of milliseconds,
    /// and leaves no trace.
    pub fn reserve(config: RuntimeConfig) -> Result<Reserved, RuntimeError> {
        let (engine, instances_max) = engine::build(&config)?;
        Ok(Reserved { config: RuntimeConfig { instances_max, ..config }, engine })
    }

    /// As it is: a host with little address space has a smaller pool than it was asked for.
    pub fn config(&self) -> &RuntimeConfig {
        &self.parts.config
    }

    /// Can this host run it, and what is in it? Compiles it, which may take seconds; the result
    /// is kept, so that the first run does not wait for it.
    pub fn check(&self, bytes: &[u8]) -> Result<ComponentInfo, ComponentError> {
        let parts = &self.parts;
        component::look_at(bytes, parts.config.component_bytes_max)?;
        let digest = digest_of(bytes);
        if parts.config.compiler.is_some() {
            // Before this process looks at what it can't trust.
            parts
                .compiled
                .component(&parts.engine, digest, WaitedFor::ByUpload, || Ok(bytes.to_vec()))?;
        }
        let kind = component::read(bytes, parts.config.component_bytes_max)?;
        let bytes = || Ok(bytes.to_vec());
        let definition = match kind {
            ComponentKind::Workflow => {
                self.load_checked(digest, WaitedFor::ByUpload, bytes)?.definition().clone()
            }
            ComponentKind::Activities => self
                .load_activities_checked(digest, WaitedFor::ByUpload, bytes)?
                .definition()
                .clone(),
        };
        Ok(ComponentInfo { digest, kind, definition })
    }

    /// A workflow component that was checked when it was uploaded. `bytes` is called if it must
    /// be compiled: never twice for the same component, engine and cache folder.
    pub fn load(
        &self,
        digest: Digest,
        bytes: impl FnOnce() -> Result<Vec<u8>, ComponentError>,
    ) -> Result<Arc<WorkflowProgram>, ComponentError> {
        self.load_checked(digest, WaitedFor::ByRun, || {
            let bytes = bytes()?;
            self.check_kind(digest, &bytes, ComponentKind::Workflow)?;
            Ok(bytes)
        })
    }

    /// As [`Runtime::load`], for a component of activities.
    pub fn load_activities(
        &self,
        digest: Digest,
        bytes: impl FnOnce() -> Result<Vec<u8>, ComponentError>,
    ) -> Result<Arc<ActivityProgram>, ComponentError> {
        self.load_activities_checked(digest, WaitedFor::ByRun, || {
            let bytes = bytes()?;
            self.check_kind(digest, &bytes, ComponentKind::Activities)?;
            Ok(bytes)
        })
    }

    /// The one that is in memory, if it is: no bytes are needed for that.
    pub fn loaded(&self, digest: Digest) -> Option<Arc<WorkflowProgram>> {
        self.parts.recent_workflows.touch(digest)
    }

    /// As [`Runtime::loaded`], for a component of activities.
    pub fn loaded_activities(&self, digest: Digest) -> Option<Arc<ActivityProgram>> {
        self.parts.recent_activities.touch(digest)
    }

    /// The component is gone: nothing of it is kept in memory or on disk.
    pub fn forget(&self, digest: Digest) {
        self.parts.recent_workflows.forget(digest);
        self.parts.recent_activities.forget(digest);
        self.parts.compiled.forget(digest);
    }

    fn check_kind(
        &self,
        wanted: Digest,
        bytes: &[u8],
        expected: ComponentKind,
    ) -> Result<(), ComponentError> {
        let found = digest_of(bytes);
        if found != wanted {
            return Err(ComponentError::WrongDigest { wanted, found });
        }
        let kind = component::read(bytes, self.parts.config.component_bytes_max)?;
        if kind != expected {
            return Err(ComponentError::WrongKind {
                digest: wanted,
                found: kind.name(),
                expected: expected.name(),
            });
        }
        Ok(())
    }

    fn load_checked(
        &self,
        digest: Digest,
        by: WaitedFor,
        bytes: impl FnOnce() -> Result<Vec<u8>, ComponentError>,
    ) -> Result<Arc<WorkflowProgram>, ComponentError> {
        let parts = &self.parts;
        parts.recent_workflows.get(digest, || {
            let component = parts.compiled.component(&parts.engine, digest, by, bytes)?;
            WorkflowProgram::new(
                digest,
                &component,
                &parts.workflows,
                Duration::from_millis(parts.config.activation_ms_max),
                parts.config.memory_bytes_max,
            )
        })
    }

    fn load_activities_checked(
        &self,
        digest: Digest,
        by: WaitedFor,
        bytes: impl FnOnce() -> Result<Vec<u8>, ComponentError>,
    ) -> Result<Arc<ActivityProgram>, ComponentError> {
        let parts = &self.parts;
        parts.recent_activities.get(digest, || {
            let component = parts.compiled.component(&parts.engine, digest, by, bytes)?;
            ActivityProgram::new(
                digest,
                &component,
                &parts.activities,
                parts.config.memory_bytes_max,
            )
        })
    }
}

fn workflow_linker(engine: &Engine) -> wasmtime::Result<Linker<Ctx>> {
    let mut linker = Linker::new(engine);
    // Virtual WASI replaces some of what wasmtime-wasi links.
    linker.allow_shadowing(true);
    wasi::add_to_linker(&mut linker)?;
    bindings::Workflow::add_to_linker::<_, HasSelf<Ctx>>(&mut linker, |ctx| ctx)?;
    Ok(linker)
}
