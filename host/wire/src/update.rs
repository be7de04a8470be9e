//! Updates: what is asked, and what came of it.

use crate::api::update::v1 as pb;
use crate::{DecodeError, failure, payload};
use refrain_core::machines::update::{Outcome, Request};

pub fn request_to_proto(request: &Request) -> pb::Request {
    pb::Request {
        meta: Some(pb::Meta { update_id: request.id.clone(), identity: request.identity.clone() }),
        input: Some(pb::Input {
            header: (!request.header.is_empty()).then(|| payload::header_to_proto(&request.header)),
            name: request.name.clone(),
            args: payload::list_to_proto(&request.input),
        }),
        ..Default::default()
    }
}

pub fn request_from_proto(request: pb::Request) -> Request {
    let (meta, input) = (request.meta.unwrap_or_default(), request.input.unwrap_or_default());
    Request {
        id: meta.update_id,
        identity: meta.identity,
        name: input.name,
        input: payload::list_from_proto(input.args),
        header: payload::header_from_proto(input.header),
    }
}

pub fn outcome_to_proto(outcome: &Outcome) -> pb::Outcome {
    let value = match outcome {
        // Present even if it is empty: no value at all would be no outcome.
        Ok(result) => {
            pb::outcome::Value::Success(payload::list_to_proto(result).unwrap_or_default())
        }
        Err(failure) => pb::outcome::Value::Failure(failure::to_proto(failure)),
    };
    pb::Outcome { value: Some(value) }
}

pub fn outcome_from_proto(outcome: Option<pb::Outcome>) -> Result<Outcome, DecodeError> {
    match outcome.and_then(|it| it.value) {
        Some(pb::outcome::Value::Success(result)) => Ok(Ok(payload::list_from_proto(Some(result)))),
        Some(pb::outcome::Value::Failure(failure)) => failure::from_proto(failure).map(Err),
        None => Err(DecodeError::Missing { what: "update's outcome" }),
    }
}
