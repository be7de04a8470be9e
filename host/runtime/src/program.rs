//! A workflow component that is ready to be started any number of times.

use crate::bindings::convert::payloads_out;
use crate::bindings::{definitions, lifecycle, types};
use crate::component::{Definition, Named};
use crate::errors::{ComponentError, not_instantiated, without_backtrace};
use crate::imports::Ctx;
use crate::instance::{self, WasmGuest};
use crate::run::{Run, SharedRun};
use crate::typed::{self, Typed};
use crate::watch::Watch;
use refrain_core::failure::Failure;
use refrain_core::guest::{Guest, GuestError, Program};
use refrain_core::ids::Digest;
use refrain_core::payload::Payloads;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{
    Accessor, Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift,
    Linker, Lower, TypedFunc, types::ComponentItem,
};

/// What all guests of one component share.
pub(crate) struct Workflow {
    pub(crate) digest: Digest,
    pub(crate) pre: InstancePre<Ctx>,
    pub(crate) exports: Exports,
    pub(crate) definition: Definition,
    pub(crate) activation_max: Duration,
    pub(crate) memory_bytes_max: usize,
    /// Linear memories, all of its parts together.
    pub(crate) memories: u32,
    pub(crate) tables: u32,
    /// Imports `signals.take`.
    pub(crate) takes_signals: bool,
}

pub(crate) struct Exports {
    pub(crate) main: MainExport,
    pub(crate) query: Option<ComponentExportIndex>,
    pub(crate) validate_update: Option<ComponentExportIndex>,
    pub(crate) update: Option<ComponentExportIndex>,
    pub(crate) definition: Option<ComponentExportIndex>,
}

/// Where a run begins.
pub(crate) enum MainExport {
    /// `run` of one of our worlds.
    Run(ComponentExportIndex),
    /// Functions of the component's own, each a workflow type.
    Typed(Arc<Typed>),
}

impl MainExport {
    /// Does a request to cancel end a run that can't see it?
    pub(crate) fn ends_when_canceled(&self) -> bool {
        match self {
            MainExport::Run(_) => false,
            MainExport::Typed(typed) => !typed.sees_cancellation,
        }
    }
}

pub(crate) type Answer = Result<types::Payloads, types::Failure>;
type Args = (String, types::Payloads);
type Outcome = Result<lifecycle::Outcome, types::Failure>;
type Validated = Result<(), types::Failure>;

pub(crate) enum Main {
    Run(TypedFunc<Args, (Outcome,)>),
    Typed { typed: Arc<Typed>, instance: Instance },
}

impl Main {
    pub(crate) async fn call(
        self,
        accessor: &Accessor<Ctx>,
        workflow_type: String,
        args: Payloads,
    ) -> wasmtime::Result<Outcome> {
        match self {
            Main::Run(run) => {
                let args = (workflow_type, payloads_out(args));
                Ok(run.call_concurrent(accessor, args).await?.0)
            }
            Main::Typed { typed, instance } => {
                typed.run(accessor, instance, &workflow_type, args).await
            }
        }
    }
}

/// What a run is driven by.
pub(crate) struct Functions {
    pub(crate) main: Main,
    pub(crate) query: Option<TypedFunc<Args, (Answer,)>>,
    pub(crate) validate_update: Option<TypedFunc<(lifecycle::IncomingUpdate,), (Validated,)>>,
    pub(crate) update: Option<TypedFunc<(lifecycle::IncomingUpdate,), (Answer,)>>,
}

impl Exports {
    /// An upload is checked by what a run takes. Errors: the name of the one that has another type.
    pub(crate) fn functions(
        &self,
        store: &mut wasmtime::Store<Ctx>,
        instance: &Instance,
    ) -> Result<Functions, (&'static str, wasmtime::Error)> {
        Ok(Functions {
            main: self.main(store, instance)?,
            query: self.query.map(|it| function(store, instance, "query", it)).transpose()?,
            validate_update: self
                .validate_update
                .map(|it| function(store, instance, "validate-update", it))
                .transpose()?,
            update: self.update.map(|it| function(store, instance, "update", it)).transpose()?,
        })
    }

    fn main(
        &self,
        store: &mut wasmtime::Store<Ctx>,
        instance: &Instance,
    ) -> Result<Main, (&'static str, wasmtime::Error)> {
        match &self.main {
            MainExport::Run(run) => Ok(Main::Run(function(store, instance, "run", *run)?)),
            MainExport::Typed(typed) => {
                Ok(Main::Typed { typed: typed.clone(), instance: *instance })
            }
        }
    }
}

fn takes_signals(component: &Component) -> bool {
    let engine = component.engine();
    component.component_type().imports(engine).any(|(name, import)| match import.ty {
        ComponentItem::ComponentInstance(instance) => {
            name.starts_with("refrain:workflow/signals@")
                && instance.exports(engine).any(|(name, _)| name == "take")
        }
        _ => false,
    })
}

fn function<P, R>(
    store: &mut wasmtime::Store<Ctx>,
    instance: &Instance,
    name: &'static str,
    export: ComponentExportIndex,
) -> Result<TypedFunc<P, R>, (&'static str, wasmtime::Error)>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    instance.get_typed_func(store, export).map_err(|cause| (name, cause))
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
        let mut with_its_own;
        let (main, linker) = match export("run") {
            Some(run) => (MainExport::Run(run), linker),
            None => {
                let typed = Typed::read(component)?.ok_or_else(|| ComponentError::WrongWorld {
                    found: "no `run`".to_owned(),
                    expected: match export("execute") {
                        Some(_) => "`run`: these are activities, not workflows".to_owned(),
                        None => "`run`".to_owned(),
                    },
                })?;
                with_its_own = linker.clone();
                typed::link(&mut with_its_own, component)?;
                (MainExport::Typed(Arc::new(typed)), &with_its_own)
            }
        };
        let exports = Exports {
            main,
            query: export("query"),
            validate_update: export("validate-update"),
            update: export("update"),
            definition: export("definition"),
        };
        let pre = linker.instantiate_pre(component).map_err(|cause| import_mismatch(&cause))?;
        let parts = component.resources_required();
        let mut workflow = Workflow {
            memories: parts.as_ref().map_or(1, |it| it.num_memories),
            tables: parts.as_ref().map_or(1, |it| it.num_tables),
            takes_signals: takes_signals(component),
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
                    Err(cause) => return Ok(Err(not_instantiated(&cause))),
                };
                if let Err(mismatch) = self.check_exports(&mut store, &instance) {
                    return Ok(Err(mismatch));
                }
                if let MainExport::Typed(typed) = &self.exports.main {
                    return Ok(Ok(typed.definition()));
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
        instance: &Instance,
    ) -> Result<(), ComponentError> {
        let functions = self.exports.functions(store, instance);
        functions.map(drop).map_err(|(name, cause)| mismatch(name, &cause))
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
