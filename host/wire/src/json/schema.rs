//! The OpenAPI document of calls, from the same descriptors that read and write them.

use super::call::{Call, is_text};
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One path of the HTTP API. `fields` are those of the request that stand in the path, in order.
#[derive(Clone, Debug)]
pub struct Route {
    pub call: Call,
    /// In capitals.
    pub verb: String,
    /// With each field in braces.
    pub path: String,
    pub fields: Vec<String>,
}

/// `#/components/schemas/Status`, the one schema that is no message.
const STATUS: &str = "Status";
/// Fields of fields in a query string.
const QUERY_DEPTH_MAX: usize = 3;

/// OpenAPI 3.0.
pub fn document<'a>(version: &str, routes: impl IntoIterator<Item = &'a Route>) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut schemas = Schemas::default();
    // One call may have several paths, and ids must differ.
    let mut n_paths: BTreeMap<&str, u32> = BTreeMap::new();
    for route in routes {
        let nth = n_paths.entry(route.call.name()).and_modify(|it| *it += 1).or_insert(1);
        let operation = operation(route, *nth, &mut schemas);
        paths.entry(route.path.clone()).or_default().insert(route.verb.to_lowercase(), operation);
    }
    let mut schemas = schemas.all();
    schemas.insert(
        STATUS.to_owned(),
        json!({
            "type": "object",
            "description": "An error: a code of gRPC, what is wrong, and details of Temporal's.",
            "required": ["code", "message"],
            "properties": {
                "code": { "type": "integer" },
                "message": { "type": "string" },
                "details": { "type": "array", "items": { "type": "object" } },
            },
        }),
    );
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Temporal's HTTP API, as Refrain has it",
            "version": version,
            "description": "Calls of gRPC as JSON. A payload is the JSON that it holds; with \
                            `?noPayloadShorthand` it is its encoding and its data in base64.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn operation(route: &Route, nth: u32, schemas: &mut Schemas) -> Value {
    let input = route.call.input();
    let output = schemas.reference(&route.call.output());
    let mut parameters: Vec<Value> = route
        .fields
        .iter()
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), operation_id(route, nth).into());
    operation.insert("tags".to_owned(), json!([tag(route)]));
    if route.verb == "POST" {
        let content = json!({ "application/json": { "schema": schemas.reference(&input) } });
        operation.insert("requestBody".to_owned(), json!({ "content": content }));
    } else {
        query(&input, "", QUERY_DEPTH_MAX, &route.fields, schemas, &mut parameters);
    }
    operation.insert("parameters".to_owned(), parameters.into());
    let answer = |what: &str, schema: Value| json!({ "description": what, "content": { "application/json": { "schema": schema } } });
    let wrong = reference(STATUS);
    operation.insert(
        "responses".to_owned(),
        json!({ "200": answer("Done.", output), "default": answer("It can't be done.", wrong) }),
    );
    Value::Object(operation)
}

fn operation_id(route: &Route, nth: u32) -> String {
    match nth {
        1 => route.call.name().to_owned(),
        nth => format!("{}{nth}", route.call.name()),
    }
}

fn tag(route: &Route) -> String {
    let path = route.call.path();
    let service = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    service.rsplit('.').next().unwrap_or_default().to_owned()
}

/// Each field that one text can say, and those of messages in it.
fn query(
    message: &MessageDescriptor,
    prefix: &str,
    depth: usize,
    in_path: &[String],
    schemas: &mut Schemas,
    parameters: &mut Vec<Value>,
) {
    for field in message.fields() {
        let path = format!("{prefix}{}", field.name());
        if field.is_map() || in_path.contains(&path) {
            continue;
        }
        match field.kind() {
            Kind::Message(inner) if !is_text(&inner) => {
                if depth > 1 && !field.is_list() {
                    query(&inner, &format!("{path}."), depth - 1, in_path, schemas, parameters);
                }
            }
            _ => parameters.push(json!({
                "name": json_name(&path),
                "in": "query",
                "schema": schemas.field(&field),
            })),
        }
    }
}

/// `run_id` is `runId` in JSON; a query string may have either.
fn json_name(path: &str) -> String {
    let mut name = String::new();
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '_' => name.extend(letters.next().map(|it| it.to_ascii_uppercase())),
            letter => name.push(letter),
        }
    }
    name
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// What has been referred to, and what still must be described.
#[derive(Default)]
struct Schemas {
    done: Map<String, Value>,
    asked: BTreeSet<String>,
    waiting: Vec<MessageDescriptor>,
}

impl Schemas {
    fn reference(&mut self, message: &MessageDescriptor) -> Value {
        if self.asked.insert(message.full_name().to_owned()) {
            self.waiting.push(message.clone());
        }
        reference(message.full_name())
    }

    fn all(mut self) -> Map<String, Value> {
        while let Some(message) = self.waiting.pop() {
            let schema = self.message(&message);
            self.done.insert(message.full_name().to_owned(), schema);
        }
        self.done
    }

    fn message(&mut self, message: &MessageDescriptor) -> Value {
        let text = |format: &str| json!({ "type": "string", "format": format });
        match message.full_name() {
            "google.protobuf.Timestamp" => text("date-time"),
            "google.protobuf.Duration" => {
                json!({ "type": "string", "description": "Seconds, e.g. 1.5s." })
            }
            "google.protobuf.FieldMask" => {
                json!({ "type": "string", "description": "Paths of fields, with commas between." })
            }
            "temporal.api.common.v1.Payload" => {
                json!({ "description": "Any JSON, or an object with `metadata` and `data`." })
            }
            "temporal.api.common.v1.Payloads" => json!({
                "description": "A list of any JSON, or an object with `payloads`.",
                "oneOf": [{ "type": "array", "items": {} }, { "type": "object" }],
            }),
            // Any, Struct and the others are JSON as they are.
            name if name.starts_with("google.protobuf.") && message.fields().len() > 0 => {
                match message.get_field_by_name("value") {
                    Some(value) if !matches!(value.kind(), Kind::Bytes) => self.one(&value),
                    _ => json!({}),
                }
            }
            _ => {
                let fields = message.fields().map(|field| {
                    let schema = self.field(&field);
                    (field.json_name().to_owned(), schema)
                });
                json!({ "type": "object", "properties": fields.collect::<Map<_, _>>() })
            }
        }
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { return json!({}) };
            let value = self.one(&entry.map_entry_value_field());
            return json!({ "type": "object", "additionalProperties": value });
        }
        let one = self.one(field);
        match field.cardinality() {
            Cardinality::Repeated => json!({ "type": "array", "items": one }),
            Cardinality::Optional | Cardinality::Required => one,
        }
    }

    fn one(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Double => json!({ "type": "number", "format": "double" }),
            Kind::Float => json!({ "type": "number", "format": "float" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Uint32 | Kind::Fixed32 => {
                json!({ "type": "integer" })
            }
            // A double of JavaScript could not hold them.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 | Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "description": "A whole number." })
            }
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "format": "byte" }),
            Kind::Message(message) => self.reference(&message),
            Kind::Enum(values) => {
                let names: Vec<String> = values.values().map(|it| it.name().to_owned()).collect();
                json!({ "type": "string", "enum": names })
            }
        }
    }
}
