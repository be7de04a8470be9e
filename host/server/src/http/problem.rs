//! Errors as the HTTP API has them: `{"code", "message", "details"}`, under the status of HTTP that gRPC's code maps to.

use crate::status::{RpcStatus, with_causes};
use axum::http::StatusCode;
use axum::response::Response;
use prost::Message;
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_wire::DecodeError;
use refrain_wire::json::call;
use serde_json::{Value, json};
use tonic::{Code, Status};

pub(super) struct Problem {
    status: StatusCode,
    body: Value,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: Code, message: String) -> Problem {
        Problem { status, body: json!({ "code": code as i32, "message": message }) }
    }

    pub(super) fn invalid(message: String) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, Code::InvalidArgument, message)
    }

    pub(super) fn of_request(error: DecodeError) -> Problem {
        Problem::invalid(with_causes(&error))
    }

    /// Too long, or its sender is gone.
    pub(super) fn of_body(error: axum::Error) -> Problem {
        let text =
            format!("the body can't be read: {error}; it may have {MESSAGE_BYTES_MAX} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, text)
    }

    pub(super) fn of_status(status: Status) -> Problem {
        let mut body = json!({ "code": status.code() as i32, "message": status.message() });
        // A detail that can't be shown is not a reason to hide the error.
        let details = RpcStatus::decode(status.details()).unwrap_or_default().details;
        let details = details.iter().filter_map(|it| call::detail(&it.type_url, &it.value).ok());
        let details: Vec<Value> = details.collect();
        if !details.is_empty() {
            body["details"] = details.into();
        }
        Problem { status: http_status(status.code()), body }
    }

    pub(super) fn response(self, pretty: bool) -> Response {
        super::json(self.status, super::text(&self.body, pretty))
    }
}

/// As gRPC's own gateway maps them.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // The client is gone: nobody reads it.
        Code::Cancelled => StatusCode::REQUEST_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}
