//! Components without an SDK: what they import are activities, what they export are workflow types.
//!
//! Any component with async functions of its own is one. The functions are linked by their types
//! alone, which wasmtime tells; arguments and results go as JSON, so a worker in any language can do
//! the activities. What a function's type has no room for (an activity that timed out, a result of
//! another shape) ends the workflow, as an exception would that nobody catches.

mod calls;
mod errors;
pub(crate) mod json;
mod names;

use crate::bindings::convert::{failure_out, payloads_out};
use crate::bindings::{lifecycle, types};
use crate::component::{Definition, Named};
use crate::errors::ComponentError;
use crate::imports::{Ctx, check_id, null};
use refrain_core::failure::Failure;
use refrain_core::payload::Payload;
use std::collections::BTreeMap;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Accessor, Component, ComponentExportIndex, Instance, Type, Val};

pub(crate) use calls::link;

/// The packages whose interfaces are not activities.
pub(crate) fn is_of_the_host(interface: &str) -> bool {
    interface.starts_with("refrain:") || interface.starts_with("wasi:")
}

/// Functions of our worlds: a component that exports one of them is not on its own.
pub(crate) const OURS: [&str; 6] =
    ["run", "execute", "query", "validate-update", "update", "definition"];

/// The workflow types of one component.
pub(crate) struct Typed {
    workflows: BTreeMap<String, Workflow>,
    /// It may ask for requests to cancel it. One that can't is ended by such a request.
    pub(crate) sees_cancellation: bool,
}

struct Workflow {
    export: ComponentExportIndex,
    signature: Signature,
}

/// A function, as far as values go in and out of it.
pub(crate) struct Signature {
    params: Vec<(String, Type)>,
    returns: Returns,
}

enum Returns {
    Value(Option<Type>),
    Result { ok: Option<Type>, error: Option<Type> },
}

impl Signature {
    /// Errors: what can't be written as JSON, for people.
    fn of(function: &ComponentFunc) -> Result<Signature, String> {
        let params: Vec<_> = function.params().map(|(name, ty)| (name.to_owned(), ty)).collect();
        for (name, ty) in &params {
            json::check(ty).map_err(|what| {
                format!("parameter `{name}` holds {what}, expected what can be written as JSON")
            })?;
        }
        let result = function.results().next();
        if let Some(ty) = &result {
            json::check(ty).map_err(|what| {
                format!("the result holds {what}, expected what can be written as JSON")
            })?;
        }
        let returns = match result {
            Some(Type::Result(result)) => Returns::Result { ok: result.ok(), error: result.err() },
            other => Returns::Value(other),
        };
        Ok(Signature { params, returns })
    }

    fn error(&self) -> Option<&Type> {
        match &self.returns {
            Returns::Result { error, .. } => error.as_ref(),
            Returns::Value(_) => None,
        }
    }
}

impl Typed {
    /// None: it has no async functions of its own.
    pub(crate) fn read(component: &Component) -> Result<Option<Typed>, ComponentError> {
        let engine = component.engine();
        let ty = component.component_type();
        if ty.exports(engine).any(|(name, _)| OURS.contains(&name)) {
            return Ok(None);
        }
        let mut functions = Vec::new();
        for (name, export) in ty.exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(function) => {
                    functions.push((name.to_owned(), None, function));
                }
                ComponentItem::ComponentInstance(instance) if !is_of_the_host(name) => {
                    for (inner, export) in instance.exports(engine) {
                        if let ComponentItem::ComponentFunc(function) = export.ty {
                            functions.push((inner.to_owned(), Some(name.to_owned()), function));
                        }
                    }
                }
                _ => {}
            }
        }
        let mut workflows = BTreeMap::new();
        for (name, interface, function) in functions {
            if !function.async_() {
                continue;
            }
            let refused = |reason: String| ComponentError::ExportMismatch {
                export: names::short(&name).to_owned(),
                reason,
            };
            let workflow_type = names::camel(&name);
            check_id("the name of a workflow type", &workflow_type, 1).map_err(refused)?;
            let signature = Signature::of(&function).map_err(refused)?;
            let within = interface.as_deref().and_then(|it| component.get_export_index(None, it));
            let Some(export) = component.get_export_index(within.as_ref(), &name) else {
                return Err(refused("it can't be found".to_owned()));
            };
            let workflow = Workflow { export, signature };
            if workflows.insert(workflow_type.clone(), workflow).is_some() {
                let what = "another function is exported that is the same workflow type";
                return Err(refused(format!("{what} `{workflow_type}`: rename one of them")));
            }
        }
        let sees_cancellation =
            ty.imports(engine).any(|(name, _)| name.starts_with("refrain:workflow/context@"));
        Ok((!workflows.is_empty()).then_some(Typed { workflows, sees_cancellation }))
    }

    pub(crate) fn definition(&self) -> Definition {
        let named = |name: &String| Named { name: name.clone(), description: String::new() };
        Definition {
            workflow_types: self.workflows.keys().map(named).collect(),
            ..Definition::default()
        }
    }

    /// Runs a workflow from its arguments to its end.
    pub(crate) async fn run(
        &self,
        accessor: &Accessor<Ctx>,
        instance: Instance,
        workflow_type: &str,
        args: Vec<Payload>,
    ) -> wasmtime::Result<Result<lifecycle::Outcome, types::Failure>> {
        let Some(workflow) = self.workflows.get(workflow_type) else {
            let known: Vec<_> = self.workflows.keys().map(String::as_str).collect();
            return Ok(Err(failure_out(Failure::host(
                "WorkflowNotFound",
                format!(
                    "unknown workflow type `{workflow_type}`, expected one of: {}",
                    known.join(", ")
                ),
            ))));
        };
        let function = accessor.with(|mut access| instance.get_func(&mut access, workflow.export));
        let function = function.ok_or_else(|| {
            wasmtime::format_err!("workflow type `{workflow_type}` is not exported")
        })?;
        let signature = &workflow.signature;
        let params = match args_in(signature, &args) {
            Ok(params) => params,
            Err(failure) => return Ok(Err(failure_out(*failure))),
        };
        let mut results = vec![Val::Bool(false); usize::from(signature.has_result())];
        function.call_concurrent(accessor, &params, &mut results).await?;
        Ok(match outcome(signature, results.pop()) {
            Ok(result) => Ok(lifecycle::Outcome::Completed(payloads_out(vec![result]))),
            Err(failure) => Err(failure_out(*failure)),
        })
    }
}

impl Signature {
    fn has_result(&self) -> bool {
        !matches!(self.returns, Returns::Value(None))
    }
}

/// Arguments that are missing are null; those that nobody asked for are ignored.
fn args_in(signature: &Signature, args: &[Payload]) -> Result<Vec<Val>, Box<Failure>> {
    let read = |(at, (name, ty)): (usize, &(String, Type))| {
        payload_in(ty, args.get(at)).map_err(|wrong| {
            let text = format!("argument `{}`: {wrong}", names::camel(name));
            Box::new(Failure::host("PayloadDecodingError", text))
        })
    };
    signature.params.iter().enumerate().map(read).collect()
}

fn outcome(signature: &Signature, result: Option<Val>) -> Result<Payload, Box<Failure>> {
    match (&signature.returns, result) {
        (Returns::Result { ok, .. }, Some(Val::Result(Ok(value)))) => {
            payload_out(ok.as_ref(), value.as_deref())
        }
        (Returns::Result { error, .. }, Some(Val::Result(Err(value)))) => {
            Err(Box::new(errors::failure_out(error.as_ref(), value.as_deref())))
        }
        (Returns::Value(ty), value) => payload_out(ty.as_ref(), value.as_ref()),
        (Returns::Result { .. }, _) => payload_out(None, None),
    }
}

fn payload_out(ty: Option<&Type>, value: Option<&Val>) -> Result<Payload, Box<Failure>> {
    let (Some(ty), Some(value)) = (ty, value) else {
        return Ok(null());
    };
    if let Some(bytes) = json::to_bytes(ty, value) {
        let metadata = [("encoding".to_owned(), b"binary/plain".to_vec())].into();
        return Ok(Payload { metadata, data: bytes });
    }
    match json::to_json(ty, value) {
        Ok(json) if json == "null" => Ok(null()),
        Ok(json) => Ok(Payload::json(json)),
        Err(cause) => Err(Box::new(Failure::host("PayloadEncodingError", cause.to_string()))),
    }
}

/// Errors: what was found and what was expected.
fn payload_in(ty: &Type, payload: Option<&Payload>) -> Result<Val, String> {
    let null = serde_json::Value::Null;
    let Some(payload) = payload else {
        return json::from_json(ty, &null).map_err(|wrong| wrong.to_string());
    };
    let encoding = payload.metadata.get("encoding").map_or(&b"binary/plain"[..], Vec::as_slice);
    let value = match encoding {
        b"binary/null" => null,
        b"binary/plain" => {
            if let Some(bytes) = json::from_bytes(ty, &payload.data) {
                return Ok(bytes);
            }
            serde_json::Value::String(String::from_utf8_lossy(&payload.data).into_owned())
        }
        b"json/plain" | b"json/protobuf" => serde_json::from_slice(&payload.data)
            .map_err(|cause| format!("found what is not JSON: {cause}"))?,
        other => {
            let other = String::from_utf8_lossy(other);
            return Err(format!("found encoding `{other}`, expected `json/plain`"));
        }
    };
    json::from_json(ty, &value).map_err(|wrong| wrong.to_string())
}
