//! A workflow component that is ready to be started any number of times.

use crate::bindings::definitions;
use crate::bindings::types;
use crate::component::{Definition, Named};
use crate::errors::{ComponentError, without_backtrace};
use crate::imports::Ctx;
use crate::instance::{self, WasmGuest};
use crate::run::{Run, SharedRun};
use crate::watch::Watch;
use refrain_core::failure::Failure;
use refrain_core::guest::{Guest, GuestError, Program};
use refrain_core::ids::Digest;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

/// What all guests of one component share.
pub(crate) struct Workflow {
    pub(crate) digest: Digest,
    pub(crate) pre: InstancePre<Ctx>,
    pub(crate) exports: Exports,
    pub(crate) definition: Definition,
    pub(crate) activation_max: Duration,
    pub(crate) memory_bytes_max: usize,
}

#[derive(Clone, Copy)]
pub(crate) struct Exports {
    pub(crate) run: ComponentExportIndex,
    pub(crate) query: Option<ComponentExportIndex>,
    pub(crate) validate_update: Option<ComponentExportIndex>,
    pub(crate) update: Option<ComponentExportIndex>,
    pub(crate) definition: Option<ComponentExportIndex>,
}

/// A workflow component, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct WorkflowProgram {
    workflow: Arc<Workflow>,
}

impl WorkflowProgram {
    /// Links a component and reads its definition. It must have been looked at by
    /// [`crate::component::read`]: what is wrong with it is told better there.
    pub(crate) fn new(
        digest: Digest,
        component: &Component,
        linker: &Linker<Ctx>,
        activation_max: Duration,
        memory_bytes_max: usize,
    ) -> Result<WorkflowProgram, ComponentError> {
        let export = |name: &str| component.get_export_index(None, name);
        let Some(run) = export("run") else {
            return Err(ComponentError::WrongWorld {
                found: "no `run`".to_owned(),
                expected: "`run`".to_owned(),
            });
        };
        let exports = Exports {
            run,
            query: export("query"),
            validate_update: export("validate-update"),
            update: export("update"),
            definition: export("definition"),
        };
        let pre = linker.instantiate_pre(component).map_err(|cause| import_mismatch(&cause))?;
        let mut workflow = Workflow {
            digest,
            pre,
            exports,
            definition: Definition::default(),
            activation_max,
            memory_bytes_max,
        };
        workflow.definition = workflow.read_definition()?;
        Ok(WorkflowProgram { workflow: Arc::new(workflow) })
    }

    pub fn digest(&self) -> Digest {
        self.workflow.digest
    }

    /// A guest that is watched while it runs.
    pub fn watched_guest(&self, watch: Watch) -> Box<dyn Guest> {
        Box::new(WasmGuest::new(self.workflow.clone(), Some(watch)))
    }

    pub fn definition(&self) -> &Definition {
        &self.workflow.definition
    }
}

impl Program for WorkflowProgram {
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError> {
        Ok(Box::new(WasmGuest::new(self.workflow.clone(), None)))
    }
}

impl Workflow {
    /// Instantiates the component for a moment: so a type that does not fit is found at upload.
    fn read_definition(&self) -> Result<Definition, ComponentError> {
        // Interpreters take their time to start, and no run waits for this.
        let deadline = self.activation_max.max(Duration::from_secs(10));
        let run = SharedRun::new(Run::new(None, deadline));
        let mut store = instance::store(self, &run);
        instance::complete(
            async {
                let made = self.pre.instantiate_async(&mut store).await;
                let instance = match made {
                    Ok(instance) => instance,
                    Err(cause) => {
                        return Ok(Err(ComponentError::Instantiate(without_backtrace(&cause))));
                    }
                };
                if let Err(mismatch) = self.check_exports(&mut store, &instance) {
                    return Ok(Err(mismatch));
                }
                let Some(definition) = self.exports.definition else {
                    return Ok(Ok(Definition::default()));
                };
                let definition = match instance
                    .get_typed_func::<(), (definitions::WorkflowDefinition,)>(
                        &mut store, definition,
                    ) {
                    Ok(definition) => definition,
                    Err(cause) => return Ok(Err(mismatch("definition", &cause))),
                };
                let (definition,) = definition.call_async(&mut store, ()).await?;
                Ok(Ok(Definition::of_workflow(definition)))
            },
            deadline,
        )
        .unwrap_or_else(|cause| Err(ComponentError::Definition(without_backtrace(&cause))))
    }

    fn check_exports(
        &self,
        store: &mut wasmtime::Store<Ctx>,
        instance: &wasmtime::component::Instance,
    ) -> Result<(), ComponentError> {
        use crate::bindings::lifecycle::{IncomingUpdate, Outcome};
        type Args = (String, types::Payloads);
        instance
            .get_typed_func::<Args, (Result<Outcome, types::Failure>,)>(
                &mut *store,
                self.exports.run,
            )
            .map_err(|cause| mismatch("run", &cause))?;
        if let Some(query) = self.exports.query {
            instance
                .get_typed_func::<Args, (Result<types::Payloads, types::Failure>,)>(
                    &mut *store,
                    query,
                )
                .map_err(|cause| mismatch("query", &cause))?;
        }
        if let Some(validate) = self.exports.validate_update {
            instance
                .get_typed_func::<(IncomingUpdate,), (Result<(), types::Failure>,)>(
                    &mut *store,
                    validate,
                )
                .map_err(|cause| mismatch("validate-update", &cause))?;
        }
        if let Some(update) = self.exports.update {
            instance
                .get_typed_func::<(IncomingUpdate,), (Result<types::Payloads, types::Failure>,)>(
                    &mut *store,
                    update,
                )
                .map_err(|cause| mismatch("update", &cause))?;
        }
        Ok(())
    }

    /// In Temporal's words, which its clients and users know.
    pub(crate) fn unknown_query(&self, name: &str) -> Failure {
        let known = names(&self.definition.queries);
        Failure::host(
            "QueryNotFound",
            format!("unknown queryType {name}. KnownQueryTypes=[{known}]"),
        )
    }

    pub(crate) fn unknown_update(&self, name: &str) -> Failure {
        let known = names(&self.definition.updates);
        Failure::host("UpdateNotFound", format!("unknown update {name}. KnownUpdates=[{known}]"))
    }
}

fn names(list: &[Named]) -> String {
    list.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// wasmtime names the import in its text only.
pub(crate) fn import_mismatch(cause: &wasmtime::Error) -> ComponentError {
    let text = without_backtrace(cause);
    let (import, reason) = match text.split('`').nth(1) {
        Some(import) => {
            let reason =
                text.split_once("not found in the linker: ").map_or(&*text, |(_, why)| why);
            (import.to_owned(), reason.to_owned())
        }
        None => ("?".to_owned(), text),
    };
    ComponentError::ImportMismatch { import, reason }
}

pub(crate) fn mismatch(export: &str, cause: &wasmtime::Error) -> ComponentError {
    ComponentError::ExportMismatch { export: export.to_owned(), reason: without_backtrace(cause) }
}
