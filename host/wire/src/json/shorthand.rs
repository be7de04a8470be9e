//! Payloads as the HTTP API shows and takes them: `[7, "a"]` for what protobuf has as two payloads with their
//! encodings in base64. Only what comes back the same way is shortened; the rest stays as it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const PAYLOADS: &str = "temporal.api.common.v1.Payloads";
const JSON_PLAIN: &str = "json/plain";
const JSON_PROTOBUF: &str = "json/protobuf";
const BINARY_NULL: &str = "binary/null";
/// Beside the fields of a message that a payload holds: its name.
const MESSAGE_TYPE: &str = "_protoMessageType";
/// A double keeps so many digits of any number.
const DIGITS_KEPT: usize = 15;

/// What is said in short becomes payloads.
pub(super) fn expand(message: &MessageDescriptor, value: &mut Value) {
    walk(message, value, &expand_payload, &|value| match value {
        Value::Array(list) => {
            for payload in list.iter_mut() {
                expand_payload(payload);
            }
            *value = json!({ "payloads": value.take() });
        }
        Value::Object(whole) => {
            if let Some(Value::Array(list)) = whole.get_mut("payloads") {
                list.iter_mut().for_each(expand_payload);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    });
}

/// Payloads become what they hold.
pub(super) fn shorten(message: &MessageDescriptor, value: &mut Value) {
    walk(message, value, &shorten_payload, &|value| {
        let Some(Value::Array(list)) = value.get_mut("payloads") else {
            return;
        };
        list.iter_mut().for_each(shorten_payload);
        let list = Value::Array(std::mem::take(list));
        *value = list;
    });
}

/// Every payload and every list of payloads in `value`, which is JSON of `message`.
fn walk(
    message: &MessageDescriptor,
    value: &mut Value,
    payload: &dyn Fn(&mut Value),
    payloads: &dyn Fn(&mut Value),
) {
    match message.full_name() {
        PAYLOAD => return payload(value),
        PAYLOADS => return payloads(value),
        _ => {}
    }
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let Some(field) = field_named(message, name) else { continue };
        let Kind::Message(inner) = field.kind() else { continue };
        match value {
            Value::Object(entries) if field.is_map() => {
                let Kind::Message(inner) = inner.map_entry_value_field().kind() else { continue };
                entries.values_mut().for_each(|it| walk(&inner, it, payload, payloads));
            }
            Value::Array(list) if field.is_list() => {
                list.iter_mut().for_each(|it| walk(&inner, it, payload, payloads));
            }
            value => walk(&inner, value, payload, payloads),
        }
    }
}

/// By either of the names that proto3 JSON takes.
pub(super) fn field_named(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name))
}

fn expand_payload(value: &mut Value) {
    let payload = match value {
        Value::Object(it) if is_whole(it) => return,
        Value::Null => json!({ "metadata": { "encoding": BASE64.encode(BINARY_NULL) } }),
        Value::Object(it) => match it.remove(MESSAGE_TYPE) {
            Some(Value::String(name)) => json!({
                "metadata": {
                    "encoding": BASE64.encode(JSON_PROTOBUF),
                    "messageType": BASE64.encode(name),
                },
                "data": BASE64.encode(value.to_string()),
            }),
            Some(other) => {
                it.insert(MESSAGE_TYPE.to_owned(), other);
                plain(value)
            }
            None => plain(value),
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => plain(value),
    };
    *value = payload;
}

fn plain(value: &Value) -> Value {
    json!({
        "metadata": { "encoding": BASE64.encode(JSON_PLAIN) },
        "data": BASE64.encode(value.to_string()),
    })
}

/// `{"metadata": {…}, "data": "…"}`: somebody who wants to say it all.
fn is_whole(payload: &Map<String, Value>) -> bool {
    payload.get("metadata").is_some_and(Value::is_object)
        && payload.keys().all(|it| matches!(it.as_str(), "metadata" | "data" | "externalPayloads"))
}

fn shorten_payload(value: &mut Value) {
    if let Some(short) = shortened(value) {
        *value = short;
    }
}

fn shortened(payload: &Value) -> Option<Value> {
    let decode = |value: &Value| BASE64.decode(value.as_str()?).ok();
    let metadata = payload.get("metadata")?.as_object()?;
    let encoding = String::from_utf8(decode(metadata.get("encoding")?)?).ok()?;
    let data = || decode(payload.get("data")?);
    match (encoding.as_str(), metadata.len()) {
        (JSON_PLAIN, 1) => {
            let value = parse(&data()?)?;
            // Else it would be read as a payload, or as a message, when it is sent back.
            let Value::Object(fields) = &value else { return Some(value) };
            (!is_whole(fields) && !fields.contains_key(MESSAGE_TYPE)).then_some(value)
        }
        (JSON_PROTOBUF, 2) => {
            let name = String::from_utf8(decode(metadata.get("messageType")?)?).ok()?;
            let Value::Object(mut fields) = parse(&data()?)? else { return None };
            if fields.contains_key(MESSAGE_TYPE) {
                return None;
            }
            fields.insert(MESSAGE_TYPE.to_owned(), Value::String(name));
            Some(Value::Object(fields))
        }
        _ => None,
    }
}

/// `null` has an encoding of its own, and numbers of many digits would lose some.
fn parse(data: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(data).ok()?;
    (!value.is_null() && !has_long_number(data)).then_some(value)
}

fn has_long_number(json: &[u8]) -> bool {
    let (mut in_text, mut escaped, mut digits) = (false, false, 0_usize);
    json.iter().any(|byte| {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            return false;
        }
        match byte {
            b'"' => in_text = true,
            b'0'..=b'9' => digits += 1,
            b'.' | b'-' | b'+' | b'e' | b'E' => {}
            _ => digits = 0,
        }
        digits > DIGITS_KEPT
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn round(value: Value, shows: Expect) {
        let message = super::super::descriptor("message", PAYLOAD).expect("it is Temporal's");
        let mut payload = value.clone();
        expand(&message, &mut payload);
        shows.assert_eq(&payload.to_string());
        shorten(&message, &mut payload);
        let again = if value.is_null() {
            json!({"metadata": {"encoding": BASE64.encode(BINARY_NULL)}})
        } else {
            value
        };
        assert_eq!(payload, again);
    }

    #[test]
    fn json_is_a_payload_and_comes_back() {
        round(json!(7), expect![[r#"{"data":"Nw==","metadata":{"encoding":"anNvbi9wbGFpbg=="}}"#]]);
        round(json!(null), expect![[r#"{"metadata":{"encoding":"YmluYXJ5L251bGw="}}"#]]);
        round(
            json!({"_protoMessageType": "a.B", "x": 1}),
            expect![[
                r#"{"data":"eyJ4IjoxfQ==","metadata":{"encoding":"anNvbi9wcm90b2J1Zg==","messageType":"YS5C"}}"#
            ]],
        );
        round(
            json!({"metadata": {"encoding": "YmluYXJ5L3BsYWlu"}, "data": "MQ=="}),
            expect![[r#"{"data":"MQ==","metadata":{"encoding":"YmluYXJ5L3BsYWlu"}}"#]],
        );
    }

    #[test]
    fn what_would_not_come_back_the_same_is_not_shortened() {
        let kept = |json: &str| {
            let mut payload = json!({
                "metadata": { "encoding": BASE64.encode(JSON_PLAIN) },
                "data": BASE64.encode(json),
            });
            let before = payload.clone();
            shorten_payload(&mut payload);
            payload == before
        };
        let same =
            ["12345678901234567890", "[0.12345678901234567]", "null", "{", r#"{"metadata":{}}"#];
        assert_eq!(same.map(kept), [true; 5]);
        let short = ["123456789012345", r#"["12345678901234567890\"1"]"#, "-1.5e10", "\"\\\\\""];
        assert_eq!(short.map(kept), [false; 4]);
    }
}
