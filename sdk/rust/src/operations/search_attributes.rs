//! What lists find a run by.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Payload;
use crate::bindings::{context, state};
use crate::payload::{from_payload, to_payload};

/// The name of a search attribute, and the type that it is registered with in the namespace.
///
/// ```no_run
/// # use refrain_sdk::{SearchAttribute, upsert_search_attributes};
/// const STAGE: SearchAttribute<String> = SearchAttribute::keyword("Stage");
/// upsert_search_attributes([STAGE.set(&"packing".to_owned())]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SearchAttribute<T> {
    name: &'static str,
    kind: &'static str,
    value: PhantomData<fn() -> T>,
}

/// A new value of one attribute, or none.
#[derive(Clone, Debug)]
pub struct SearchAttributeUpdate {
    name: &'static str,
    value: Payload,
}

impl SearchAttribute<String> {
    pub const fn keyword(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Keyword", value: PhantomData }
    }

    /// Found word by word.
    pub const fn text(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Text", value: PhantomData }
    }

    /// As `2026-11-22T13:40:23Z`.
    pub const fn datetime(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Datetime", value: PhantomData }
    }
}

impl SearchAttribute<i64> {
    pub const fn int(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Int", value: PhantomData }
    }
}

impl SearchAttribute<f64> {
    pub const fn double(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Double", value: PhantomData }
    }
}

impl SearchAttribute<bool> {
    pub const fn bool(name: &'static str) -> Self {
        SearchAttribute { name, kind: "Bool", value: PhantomData }
    }
}

impl SearchAttribute<Vec<String>> {
    pub const fn keyword_list(name: &'static str) -> Self {
        SearchAttribute { name, kind: "KeywordList", value: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> SearchAttribute<T> {
    pub fn set(&self, value: &T) -> SearchAttributeUpdate {
        self.update(to_payload(value))
    }

    pub fn unset(&self) -> SearchAttributeUpdate {
        self.update(to_payload(&()))
    }

    /// This run's value now.
    pub fn get(&self) -> Option<T> {
        let attributes = context::info().search_attributes;
        let (_, value) = attributes.iter().find(|(name, _)| name == self.name)?;
        from_payload(value).ok()
    }

    fn update(&self, mut value: Payload) -> SearchAttributeUpdate {
        value.metadata.push(("type".to_owned(), self.kind.as_bytes().to_vec()));
        SearchAttributeUpdate { name: self.name, value }
    }
}

/// Sets search attributes of this run; the others stay.
pub fn upsert_search_attributes(updates: impl IntoIterator<Item = SearchAttributeUpdate>) {
    let fields: Vec<(String, Payload)> =
        updates.into_iter().map(|it| (it.name.to_owned(), it.value)).collect();
    state::upsert_search_attributes(&fields);
}
