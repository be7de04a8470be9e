//! Payloads, memos, search attributes, headers.

use crate::api::common::v1 as pb;
use refrain_core::payload::{Payload, PayloadMap, Payloads};
use std::collections::HashMap;

pub fn to_proto(payload: &Payload) -> pb::Payload {
    pb::Payload {
        metadata: payload.metadata.iter().map(|(key, it)| (key.clone(), it.clone())).collect(),
        data: payload.data.clone(),
        external_payloads: Vec::new(),
    }
}

pub fn from_proto(payload: pb::Payload) -> Payload {
    Payload { metadata: payload.metadata.into_iter().collect(), data: payload.data }
}

/// `None` if there are none: Temporal leaves the field out then.
pub fn list_to_proto(payloads: &[Payload]) -> Option<pb::Payloads> {
    let list = || pb::Payloads { payloads: payloads.iter().map(to_proto).collect() };
    (!payloads.is_empty()).then(list)
}

pub fn list_from_proto(payloads: Option<pb::Payloads>) -> Payloads {
    let list = payloads.map(|it| it.payloads).unwrap_or_default();
    list.into_iter().map(from_proto).collect()
}

/// A result of nothing is a result; so `None` and an empty list are not the same here.
pub fn result_to_proto(result: Option<&Payloads>) -> Option<pb::Payloads> {
    result.map(|it| pb::Payloads { payloads: it.iter().map(to_proto).collect() })
}

pub fn result_from_proto(result: Option<pb::Payloads>) -> Option<Payloads> {
    result.map(|it| list_from_proto(Some(it)))
}

fn fields(map: &PayloadMap) -> HashMap<String, pb::Payload> {
    map.iter().map(|(key, it)| (key.clone(), to_proto(it))).collect()
}

pub fn map_from_proto(fields: HashMap<String, pb::Payload>) -> PayloadMap {
    fields.into_iter().map(|(key, it)| (key, from_proto(it))).collect()
}

pub fn memo_to_proto(map: &PayloadMap) -> pb::Memo {
    pb::Memo { fields: fields(map) }
}

pub fn memo_from_proto(memo: Option<pb::Memo>) -> PayloadMap {
    map_from_proto(memo.map(|it| it.fields).unwrap_or_default())
}

pub fn search_attributes_to_proto(map: &PayloadMap) -> pb::SearchAttributes {
    pb::SearchAttributes { indexed_fields: fields(map) }
}

pub fn search_attributes_from_proto(attributes: Option<pb::SearchAttributes>) -> PayloadMap {
    map_from_proto(attributes.map(|it| it.indexed_fields).unwrap_or_default())
}

pub fn header_to_proto(map: &PayloadMap) -> pb::Header {
    pb::Header { fields: fields(map) }
}

pub fn header_from_proto(header: Option<pb::Header>) -> PayloadMap {
    map_from_proto(header.map(|it| it.fields).unwrap_or_default())
}
