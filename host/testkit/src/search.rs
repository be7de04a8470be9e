//! The search attributes of scripts: `color` is a Keyword, `count` an Int, `tags` a KeywordList.

use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::search::{CHANGE_VERSION, Judge, Kind};

pub(crate) const NAMES: [(&str, Kind); 3] =
    [("color", Kind::Keyword), ("count", Kind::Int), ("tags", Kind::KeywordList)];

/// Judges what scripts say as the engine does, without reading JSON as a whole.
#[derive(Debug)]
pub struct ScriptJudge;

impl Judge for ScriptJudge {
    fn judge(&self, attributes: &PayloadMap) -> Result<PayloadMap, String> {
        attributes.iter().map(|(name, value)| Ok((name.clone(), judged(name, value)?))).collect()
    }
}

fn judged(name: &str, value: &Payload) -> Result<Payload, String> {
    let known = NAMES.iter().chain(&[(CHANGE_VERSION, Kind::KeywordList)]);
    let Some((_, kind)) = known.into_iter().find(|it| it.0 == name) else {
        return Err(format!(
            "Namespace default has no mapping defined for search attribute {name}"
        ));
    };
    if value.is_null() {
        return Ok(value.clone());
    }
    let text = String::from_utf8_lossy(&value.data).into_owned();
    let (first, fits) = match kind {
        Kind::Keyword => ("\"", text.starts_with('"')),
        Kind::KeywordList => ("[", text.starts_with('[')),
        _ => ("", text.parse::<i64>().is_ok()),
    };
    if fits && text.starts_with(first) {
        let mut value = value.clone();
        value.metadata.insert("type".to_owned(), kind.name().as_bytes().to_vec());
        return Ok(value);
    }
    let shown = text.trim_matches('"');
    let kind = kind.name();
    Err(format!("invalid value for search attribute {name} of type {kind}: {shown}"))
}
