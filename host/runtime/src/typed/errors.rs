//! The error side of a function's `result` as a failure, and back.
//!
//! A case of an error is an error type that programs elsewhere raise: `card-declined(string)` is an
//! application failure of type `CardDeclined`, its value the first of the details.

use super::json::{from_json, to_json};
use super::names::{camel, pascal};
use super::payload_in;
use refrain_core::failure::{Failure, FailureKind};
use refrain_core::payload::Payload;
use wasmtime::component::{Type, Val};

/// The type of an error that has no cases to name it.
const ERROR: &str = "Error";

/// The error types that this type names: those are expected, so nobody tries again after them.
pub(crate) fn declared(error: &Type) -> Vec<String> {
    match error {
        Type::Enum(cases) => cases.names().map(pascal).collect(),
        Type::Variant(variant) => variant.cases().map(|case| pascal(case.name)).collect(),
        _ => Vec::new(),
    }
}

/// What a workflow failed with.
pub(crate) fn failure_out(ty: Option<&Type>, error: Option<&Val>) -> Failure {
    let (Some(ty), Some(error)) = (ty, error) else {
        return application(ERROR.to_owned(), "failed".to_owned(), Vec::new());
    };
    let (name, inner, value) = match (ty, error) {
        (Type::Variant(variant), Val::Variant(name, value)) => {
            let case = variant.cases().find(|case| case.name == name);
            (Some(name), case.and_then(|case| case.ty), value.as_deref())
        }
        (_, Val::Enum(name)) => (Some(name), None, None),
        (ty, value) => (None, Some(ty.clone()), Some(value)),
    };
    let json = match (&inner, value) {
        (Some(ty), Some(value)) => to_json(ty, value).ok(),
        (Some(_) | None, _) => None,
    };
    let message = match (value.and_then(text), name, &json) {
        (Some(text), _, _) => text,
        (None, Some(name), _) => name.replace('-', " "),
        (None, None, Some(json)) => json.clone(),
        (None, None, None) => "failed".to_owned(),
    };
    let details = json.map(Payload::json).into_iter().collect();
    application(name.map_or_else(|| ERROR.to_owned(), |name| pascal(name)), message, details)
}

/// For people: the value, or its field `message`.
fn text(value: &Val) -> Option<String> {
    match value {
        Val::String(text) => Some(text.clone()),
        Val::Record(fields) => {
            let (_, value) = fields.iter().find(|(name, _)| camel(name) == "message")?;
            text(value)
        }
        _ => None,
    }
}

fn application(error_type: String, message: String, details: Vec<Payload>) -> Failure {
    let kind = FailureKind::Application {
        error_type,
        non_retryable: false,
        details,
        next_retry_delay: None,
        benign: false,
    };
    Failure { message, kind, ..Failure::default() }
}

/// The failure of an activity as an error of its type. None: the type has no room for it.
pub(crate) fn error_in(ty: Option<&Type>, failure: &Failure) -> Option<Option<Box<Val>>> {
    let mut failure = failure;
    while let FailureKind::Activity { .. } | FailureKind::ChildWorkflow { .. } = failure.kind {
        failure = failure.cause.as_deref()?;
    }
    let FailureKind::Application { error_type, details, .. } = &failure.kind else { return None };
    let Some(ty) = ty else { return Some(None) };
    let value = |ty: &Type| match details.first() {
        Some(payload) => payload_in(ty, Some(payload)).ok(),
        None if *ty == Type::String => Some(Val::String(failure.message.clone())),
        None => from_json(ty, &serde_json::Value::Null).ok(),
    };
    let error = match ty {
        Type::String => Val::String(failure.message.clone()),
        Type::Enum(cases) => {
            Val::Enum(cases.names().find(|it| pascal(it) == *error_type)?.to_owned())
        }
        Type::Variant(variant) => {
            let case = variant.cases().find(|case| pascal(case.name) == *error_type)?;
            let value = match &case.ty {
                Some(ty) => Some(Box::new(value(ty)?)),
                None => None,
            };
            Val::Variant(case.name.to_owned(), value)
        }
        ty => value(ty)?,
    };
    Some(Some(Box::new(error)))
}
