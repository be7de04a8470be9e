//! Values of search attributes in payloads: JSON, with the type beside it.
//!
//! What is stored says its type itself (`type` in the metadata), so that it can be read when the
//! name has another type by now, or none.

use crate::api::enums::v1::IndexedValueType;
use refrain_core::limits::SEARCH_ATTRIBUTE_BYTES_MAX;
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::search::{
    Found, Judge, Kind, Registry, RunVersions, System, Value, instant_of, words,
};
use serde_json::Value as Json;
use std::sync::Arc;

const TYPE: &str = "type";

/// A namespace's attributes, able to judge payloads.
#[derive(Clone, Debug)]
pub struct SearchAttributes {
    pub namespace: String,
    pub registry: Arc<Registry>,
}

impl Judge for SearchAttributes {
    fn judge(&self, attributes: &PayloadMap) -> Result<PayloadMap, String> {
        attributes
            .iter()
            .map(|(name, payload)| Ok((name.clone(), self.judge_one(name, payload)?)))
            .collect()
    }
}

impl SearchAttributes {
    /// What says nothing is kept as null: in an upsert it takes the attribute away.
    fn judge_one(&self, name: &str, payload: &Payload) -> Result<Payload, String> {
        let kind = match self.registry.find(name) {
            Some(Found::Set(kind)) => kind,
            Some(Found::System(_)) => {
                return Err(format!("{name} attribute can't be set in SearchAttributes"));
            }
            None => {
                return Err(format!(
                    "Namespace {} has no mapping defined for search attribute {name}",
                    self.namespace
                ));
            }
        };
        let found = payload.data.len();
        if found > SEARCH_ATTRIBUTE_BYTES_MAX {
            return Err(format!(
                "search attribute {name} value size {found} exceeds size limit {SEARCH_ATTRIBUTE_BYTES_MAX}"
            ));
        }
        if payload.is_null() {
            return Ok(payload.clone());
        }
        let wrong = |shown: &str| {
            format!("invalid value for search attribute {name} of type {}: {shown}", kind.name())
        };
        if !payload.metadata.contains_key("encoding") {
            return Err(wrong("a payload without encoding"));
        }
        let json: Json = serde_json::from_slice(&payload.data).map_err(|_| {
            wrong(&format!("{} bytes that are not JSON, expected JSON", payload.data.len()))
        })?;
        let json = match (kind, json) {
            (_, Json::Array(list)) if list.is_empty() => return Ok(Payload::json("null")),
            (
                Kind::Text | Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime,
                Json::Array(mut list),
            ) if list.len() == 1 => list.remove(0),
            (_, json) => json,
        };
        if values(kind, &json).is_none() {
            return Err(wrong(&as_go_prints(&json)));
        }
        Ok(typed(kind, json.to_string()))
    }
}

/// JSON as the real server shows it in a refusal: as Go prints it.
fn as_go_prints(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(list) => {
            format!("[{}]", list.iter().map(as_go_prints).collect::<Vec<_>>().join(" "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => json.to_string(),
    }
}

/// A value as tools expect it. `json`: of a type that fits.
pub fn typed(kind: Kind, json: String) -> Payload {
    let mut payload = Payload::json(json);
    payload.metadata.insert(TYPE.to_owned(), kind.name().as_bytes().to_vec());
    payload
}

/// What lists show of the component that a run is on.
pub fn of_versions(versions: RunVersions<'_>) -> PayloadMap {
    System::ALL.into_iter().filter_map(|it| shown(it, versions.values(it))).collect()
}

/// One of the host's own, with its values. `None`: it has none.
pub fn shown(system: System, mut values: Vec<String>) -> Option<(String, Payload)> {
    let json = match system.kind() {
        Kind::KeywordList if !values.is_empty() => Json::from(values),
        _ => Json::from(values.pop()?),
    };
    Some((system.name().to_owned(), typed(system.kind(), json.to_string())))
}

/// What a stored attribute is found by. Empty if it is not one that was judged.
pub fn values_of(payload: &Payload) -> Option<(Kind, Vec<Value>)> {
    let name = std::str::from_utf8(payload.metadata.get(TYPE)?).ok()?;
    let kind = Kind::from_name(name)?;
    let json: Json = serde_json::from_slice(&payload.data).ok()?;
    values(kind, &json).map(|values| (kind, values))
}

/// `None`: the JSON is not of this type.
fn values(kind: Kind, json: &Json) -> Option<Vec<Value>> {
    let one = |value: Value| Some(vec![value]);
    match (kind, json) {
        (Kind::Text, Json::String(text)) => {
            // The empty word says that there is a text, also when it has no words.
            let words = std::iter::once(String::new()).chain(words(text));
            Some(words.map(Value::Text).collect())
        }
        (Kind::Keyword, Json::String(text)) => one(Value::Text(text.clone())),
        (Kind::Int, Json::Number(number)) => one(Value::Int(number.as_i64()?)),
        (Kind::Double, Json::Number(number)) => one(Value::Double(number.as_f64()?)),
        (Kind::Bool, Json::Bool(value)) => one(Value::Bool(*value)),
        (Kind::Datetime, Json::String(text)) => one(Value::Time(instant_of(text)?)),
        (Kind::KeywordList, Json::Array(list)) => {
            list.iter().map(|it| it.as_str().map(|text| Value::Text(text.to_owned()))).collect()
        }
        (
            Kind::Text
            | Kind::Keyword
            | Kind::Int
            | Kind::Double
            | Kind::Bool
            | Kind::Datetime
            | Kind::KeywordList,
            _,
        ) => None,
    }
}

pub fn kind_to_proto(kind: Kind) -> IndexedValueType {
    match kind {
        Kind::Text => IndexedValueType::Text,
        Kind::Keyword => IndexedValueType::Keyword,
        Kind::Int => IndexedValueType::Int,
        Kind::Double => IndexedValueType::Double,
        Kind::Bool => IndexedValueType::Bool,
        Kind::Datetime => IndexedValueType::Datetime,
        Kind::KeywordList => IndexedValueType::KeywordList,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn attributes() -> SearchAttributes {
        let kinds = Kind::ALL.into_iter().map(|kind| (format!("W{}", kind.name()), kind));
        let registry = Arc::new(Registry(kinds.collect()));
        SearchAttributes { namespace: "default".to_owned(), registry }
    }

    fn judged(name: &str, json: &str) -> String {
        let map = PayloadMap::from([(name.to_owned(), Payload::json(json))]);
        match attributes().judge(&map) {
            Ok(map) => {
                let payload = &map[name];
                let kind = payload.metadata.get(TYPE).map(|it| String::from_utf8_lossy(it));
                let data = String::from_utf8_lossy(&payload.data);
                format!("{} {data}", kind.unwrap_or_default()).trim().to_owned()
            }
            Err(wrong) => wrong,
        }
    }

    /// As the real server, for each type what fits and what does not.
    #[test]
    fn values_must_be_of_the_type_of_their_name() {
        let values = [
            "\"5\"",
            "5",
            "5.5",
            "true",
            "[\"a\"]",
            "[\"a\",\"b\"]",
            "[5]",
            "[]",
            "null",
            "{}",
            "",
            "\"2026-11-22T00:00:00Z\"",
            "\"2026-11-22\"",
            "99999999999999999999",
        ];
        let mut text = String::new();
        for kind in Kind::ALL {
            let name = format!("W{}", kind.name());
            let start =
                format!("invalid value for search attribute {name} of type {}: ", kind.name());
            let cells: Vec<String> = values
                .iter()
                .filter_map(|json| {
                    let judged = judged(&name, json);
                    (!judged.starts_with(&start)).then(|| format!("{json} is {judged}"))
                })
                .collect();
            text.push_str(&format!("{}: {}\n", kind.name(), cells.join(", ")));
        }
        expect![[r#"
            Text: "5" is Text "5", ["a"] is Text "a", [] is null, null is null, "2026-11-22T00:00:00Z" is Text "2026-11-22T00:00:00Z", "2026-11-22" is Text "2026-11-22"
            Keyword: "5" is Keyword "5", ["a"] is Keyword "a", [] is null, null is null, "2026-11-22T00:00:00Z" is Keyword "2026-11-22T00:00:00Z", "2026-11-22" is Keyword "2026-11-22"
            Int: 5 is Int 5, [5] is Int 5, [] is null, null is null
            Double: 5 is Double 5, 5.5 is Double 5.5, [5] is Double 5, [] is null, null is null, 99999999999999999999 is Double 1e+20
            Bool: true is Bool true, [] is null, null is null
            Datetime: [] is null, null is null, "2026-11-22T00:00:00Z" is Datetime "2026-11-22T00:00:00Z"
            KeywordList: ["a"] is KeywordList ["a"], ["a","b"] is KeywordList ["a","b"], [] is null, null is null
        "#]].assert_eq(&text);
    }

    #[test]
    fn what_is_wrong_is_said_in_temporals_words() {
        let mut text = String::new();
        for (name, json) in [
            ("Nope", "1"),
            ("WorkflowId", "\"w\""),
            ("WInt", "\"5\""),
            ("WKeyword", "[\"a\",\"b\"]"),
            ("BuildIds", "[\"a\"]"),
            ("BinaryChecksums", "\"a\""),
            ("WKeyword", &format!("\"{}\"", "a".repeat(2047))),
        ] {
            text.push_str(&judged(name, json));
            text.push('\n');
        }
        expect![[r#"
            Namespace default has no mapping defined for search attribute Nope
            WorkflowId attribute can't be set in SearchAttributes
            invalid value for search attribute WInt of type Int: 5
            invalid value for search attribute WKeyword of type Keyword: [a b]
            BuildIds attribute can't be set in SearchAttributes
            invalid value for search attribute BinaryChecksums of type KeywordList: a
            search attribute WKeyword value size 2049 exceeds size limit 2048
        "#]]
        .assert_eq(&text);
        let full = format!("\"{}\"", "a".repeat(2046));
        assert_eq!(judged("WKeyword", &full), format!("Keyword {full}"));
    }

    #[test]
    fn a_judged_payload_says_what_it_is_found_by() {
        let words = typed(Kind::Text, "\"Lazy dog\"".to_owned());
        let found = ["", "dog", "lazy"].map(|it| Value::Text(it.to_owned()));
        assert_eq!(values_of(&words), Some((Kind::Text, found.to_vec())));
        assert_eq!(values_of(&Payload::json("5")), None);
    }
}
