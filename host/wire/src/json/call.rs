//! Calls of Temporal's services as JSON, for their HTTP API.

use super::shorthand::{self, field_named};
use super::{POOL, descriptor, wrong};
use crate::DecodeError;
use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, SerializeOptions,
};
use serde_json::{Map, Value};

/// How payloads are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payloads {
    /// As what they hold, where that says it all.
    Short,
    /// With their encodings and their data in base64.
    Whole,
}

/// One call of a service.
#[derive(Clone, Debug)]
pub struct Call {
    method: MethodDescriptor,
}

impl Call {
    /// `service` as in `temporal.api.workflowservice.v1.WorkflowService`.
    pub fn find(service: &str, method: &str) -> Result<Call, DecodeError> {
        let service = POOL.get_service_by_name(service);
        let method = service.and_then(|it| it.methods().find(|it| it.name() == method));
        method
            .map(|method| Call { method })
            .ok_or_else(|| DecodeError::bad("a call", "unknown", "one of Temporal's API"))
    }

    pub fn name(&self) -> &str {
        self.method.name()
    }

    /// As gRPC has it in the path of a request.
    pub fn path(&self) -> String {
        format!("/{}/{}", self.method.parent_service().full_name(), self.method.name())
    }

    pub(super) fn input(&self) -> MessageDescriptor {
        self.method.input()
    }

    pub(super) fn output(&self) -> MessageDescriptor {
        self.method.output()
    }

    /// Puts a value that a path or a query string has as text where it belongs in a request:
    /// `execution.run_id` or `execution.runId`. A field that takes many gets one more.
    pub fn put(&self, request: &mut Value, field: &str, text: &str) -> Result<(), DecodeError> {
        put(&self.input(), request, field, text).map_err(|it| misfit(field, text, it))
    }

    /// As [`Call::put`], of a query string: what the request has no field for is passed over, as by the real server.
    pub fn put_if_known(
        &self,
        request: &mut Value,
        field: &str,
        text: &str,
    ) -> Result<(), DecodeError> {
        match put(&self.input(), request, field, text) {
            Ok(()) | Err(NO_FIELD) => Ok(()),
            Err(expected) => Err(misfit(field, text, expected)),
        }
    }

    /// What gRPC carries. A field that the message does not have is an error.
    pub fn request(&self, mut request: Value) -> Result<Vec<u8>, DecodeError> {
        let message = self.input();
        shorthand::expand(&message, &mut request);
        let name = message.full_name().to_owned();
        DynamicMessage::deserialize(message, request)
            .map(|it| it.encode_to_vec())
            .map_err(|cause| wrong(&name, cause))
    }

    pub fn answer(&self, bytes: &[u8], payloads: Payloads) -> Result<Value, DecodeError> {
        let message = self.output();
        let mut value = to_json(message.clone(), bytes)?;
        match payloads {
            Payloads::Short => shorthand::shorten(&message, &mut value),
            Payloads::Whole => {}
        }
        Ok(value)
    }
}

/// A `google.protobuf.Any` of `grpc-status-details-bin`, with its `@type`.
pub fn detail(type_url: &str, bytes: &[u8]) -> Result<Value, DecodeError> {
    let name = type_url.rsplit('/').next().unwrap_or_default();
    let mut value = to_json(descriptor("detail of an error", name)?, bytes)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("@type".to_owned(), Value::String(type_url.to_owned()));
    }
    Ok(value)
}

fn to_json(message: MessageDescriptor, bytes: &[u8]) -> Result<Value, DecodeError> {
    let name = message.full_name().to_owned();
    let dynamic = DynamicMessage::decode(message, bytes)
        .map_err(|cause| DecodeError::Malformed { what: "message", cause })?;
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|cause| wrong(&name, cause))
}

fn misfit(field: &str, text: &str, expected: &'static str) -> DecodeError {
    DecodeError::bad("a parameter", format!("{field}={text}"), expected)
}

const NO_FIELD: &str = "a field of this request";

/// An error is what was expected.
fn put(
    message: &MessageDescriptor,
    place: &mut Value,
    path: &str,
    text: &str,
) -> Result<(), &'static str> {
    let (name, inner) = path.split_once('.').map_or((path, None), |(name, it)| (name, Some(it)));
    let field = field_named(message, name).ok_or(NO_FIELD)?;
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    let fields = place.as_object_mut().ok_or("an object around it")?;
    // A body may have the field by its other name.
    if let Some(said) = fields.remove(field.name()) {
        fields.insert(field.json_name().to_owned(), said);
    }
    let place = fields.entry(field.json_name()).or_insert(Value::Null);
    if let Some(path) = inner {
        return match field.kind() {
            Kind::Message(inner) if !field.is_list() && !field.is_map() => {
                put(&inner, place, path, text)
            }
            _ => Err(NO_FIELD),
        };
    }
    let value = value_of(&field, text)?;
    match place {
        Value::Array(list) if field.is_list() => list.push(value),
        place if field.is_list() => *place = Value::Array(vec![value]),
        place => *place = value,
    }
    Ok(())
}

fn value_of(field: &FieldDescriptor, text: &str) -> Result<Value, &'static str> {
    let number = |expected, is_one: bool| match is_one {
        true => Ok(Value::String(text.to_owned())),
        false => Err(expected),
    };
    match field.kind() {
        Kind::Bool => match text {
            "true" | "" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("true or false"),
        },
        Kind::Enum(names) => match text.parse::<i32>() {
            Ok(number) => Ok(number.into()),
            Err(_) if names.get_value_by_name(text).is_some() => Ok(text.into()),
            Err(_) => Err("one of the enum's names, or its number"),
        },
        Kind::Message(message) if is_text(&message) => Ok(text.into()),
        Kind::Message(_) => Err("a field that is not an object"),
        // Numbers may be strings in proto3 JSON, and bytes are.
        Kind::Double | Kind::Float => number("a number", text.parse::<f64>().is_ok()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            number("a whole number", text.parse::<i32>().is_ok())
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            number("a whole number", text.parse::<i64>().is_ok())
        }
        Kind::Uint32 | Kind::Fixed32 => number("a whole number", text.parse::<u32>().is_ok()),
        Kind::Uint64 | Kind::Fixed64 => number("a whole number", text.parse::<u64>().is_ok()),
        Kind::String | Kind::Bytes => Ok(text.into()),
    }
}

/// Messages that are one string in JSON.
pub(super) fn is_text(message: &MessageDescriptor) -> bool {
    matches!(
        message.full_name(),
        "google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    const WORKFLOWS: &str = "temporal.api.workflowservice.v1.WorkflowService";

    fn with(method: &str, fields: &[(&str, &str)]) -> Result<Value, String> {
        let call = Call::find(WORKFLOWS, method).expect("it is there");
        let mut request = Value::Null;
        for (field, text) in fields {
            call.put(&mut request, field, text).map_err(|it| it.to_string())?;
        }
        let bytes = call.request(request).map_err(|it| it.to_string())?;
        to_json(call.input(), &bytes).map_err(|it| it.to_string())
    }

    #[test]
    fn texts_of_a_path_and_a_query_find_their_fields_by_either_name() {
        let fields = [
            ("namespace", "default"),
            ("execution.workflow_id", "a/b"),
            ("maximumPageSize", "3"),
            ("waitNewEvent", ""),
            ("history_event_filter_type", "2"),
        ];
        assert_eq!(
            with("GetWorkflowExecutionHistory", &fields),
            Ok(json!({
                "namespace": "default",
                "execution": {"workflowId": "a/b"},
                "maximumPageSize": 3,
                "waitNewEvent": true,
                "historyEventFilterType": "HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT",
            }))
        );
    }

    #[test]
    fn a_text_that_fits_nowhere_is_refused_with_its_name() {
        let refused = |field, text| {
            with("ListWorkflowExecutions", &[(field, text)]).expect_err("it must not fit")
        };
        let all = [("pageSise", "1"), ("pageSize", "abc"), ("namespace.x", "1")]
            .map(|(field, text)| refused(field, text));
        expect![[r#"
            a parameter is `pageSise=1`, expected a field of this request
            a parameter is `pageSize=abc`, expected a whole number
            a parameter is `namespace.x=1`, expected a field of this request"#]]
        .assert_eq(&all.join("\n"));
    }

    #[test]
    fn what_a_query_string_has_beside_the_request_is_passed_over() {
        let call = Call::find(WORKFLOWS, "DescribeWorkflowExecution").expect("it is there");
        let mut request = Value::Null;
        for (field, text) in
            [("_", "1"), ("execution.nope", "1"), ("namespace.x", "1"), ("execution.runId", "r")]
        {
            call.put_if_known(&mut request, field, text).expect("it is passed over");
        }
        let bytes = call.request(request).expect("it fits");
        let sent = to_json(call.input(), &bytes).expect("it is valid");
        assert_eq!(sent, json!({"execution": {"runId": "r"}}));
        let refused = call.put_if_known(&mut Value::Null, "execution", "x");
        refused.expect_err("a field, and not of a text");
    }

    #[test]
    fn a_body_in_short_form_is_a_request() {
        let call = Call::find(WORKFLOWS, "StartWorkflowExecution").expect("it is there");
        let body = json!({
            "workflow_id": "wrong",
            "workflowType": {"name": "order"},
            "input": ["7", {"a": 1}, null],
            "memo": {"fields": {"k": [true]}},
            "workflowRunTimeout": "60s",
        });
        let mut request = body;
        call.put(&mut request, "workflow_id", "o-7").expect("the path wins");
        let bytes = call.request(request).expect("it fits");
        let mut shown = to_json(call.input(), &bytes).expect("it is valid");
        shorthand::shorten(&call.input(), &mut shown);
        expect![[r#"{"input":["7",{"a":1},{"metadata":{"encoding":"YmluYXJ5L251bGw="}}],"memo":{"fields":{"k":[true]}},"workflowId":"o-7","workflowRunTimeout":"60s","workflowType":{"name":"order"}}"#]].assert_eq(&shown.to_string());
    }
}
