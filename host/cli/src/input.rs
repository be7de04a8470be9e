//! Values that are given as JSON: arguments, memos, search attributes.

use crate::errors::CliError;
use crate::output;
use crate::units::KeyValue;
use clap::Args;
use refrain_wire::api::common::v1::{Header, Memo, Payload, Payloads, SearchAttributes};
use std::collections::HashMap;
use std::path::PathBuf;

/// Arguments, as JSON.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// An argument, as JSON. Repeat it for more arguments.
    #[arg(long, short, value_name = "JSON", allow_negative_numbers = true)]
    input: Vec<String>,
    /// A file with an argument, as JSON (`-`: standard input). Repeat it for more; after --input.
    #[arg(long, value_name = "FILE")]
    input_file: Vec<PathBuf>,
}

impl InputArgs {
    pub(crate) fn payloads(&self) -> Result<Option<Payloads>, CliError> {
        let mut payloads = Vec::new();
        for text in &self.input {
            payloads.push(json_payload(text.as_bytes().to_vec(), "--input")?);
        }
        for file in &self.input_file {
            let bytes = if file.as_os_str() == "-" {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
            } else {
                std::fs::read(file)
            };
            let bytes = bytes.map_err(|error| {
                CliError::usage(format!("input file `{}` can't be read: {error}", file.display()))
            })?;
            payloads.push(json_payload(bytes, &format!("input file `{}`", file.display()))?);
        }
        Ok((!payloads.is_empty()).then_some(Payloads { payloads }))
    }
}

/// Arguments that have no files.
pub(crate) fn payloads(given: &[String], flag: &str) -> Result<Option<Payloads>, CliError> {
    let payload = |text: &String| json_payload(text.as_bytes().to_vec(), flag);
    let payloads = given.iter().map(payload).collect::<Result<Vec<_>, _>>()?;
    Ok((!payloads.is_empty()).then_some(Payloads { payloads }))
}

pub(crate) fn memo(given: &[KeyValue]) -> Result<Option<Memo>, CliError> {
    let fields = fields(given, "memo")?;
    Ok((!fields.is_empty()).then_some(Memo { fields }))
}

pub(crate) fn header(given: &[KeyValue]) -> Result<Option<Header>, CliError> {
    let fields = fields(given, "header")?;
    Ok((!fields.is_empty()).then_some(Header { fields }))
}

/// Text that is not JSON yet.
pub(crate) fn text_payload(text: &str) -> Payload {
    json(serde_json::Value::from(text).to_string().into_bytes())
}

fn json(data: Vec<u8>) -> Payload {
    let metadata = HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]);
    Payload { metadata, data, external_payloads: Vec::new() }
}

pub(crate) fn search_attributes(given: &[KeyValue]) -> Result<Option<SearchAttributes>, CliError> {
    let indexed_fields = fields(given, "search attribute")?;
    Ok((!indexed_fields.is_empty()).then_some(SearchAttributes { indexed_fields }))
}

fn fields(given: &[KeyValue], what: &str) -> Result<HashMap<String, Payload>, CliError> {
    let field = |KeyValue { key, value }: &KeyValue| {
        let what = format!("{what} `{key}`");
        Ok((key.clone(), json_payload(value.as_bytes().to_vec(), &what)?))
    };
    given.iter().map(field).collect()
}

pub(crate) fn json_payload(data: Vec<u8>, what: &str) -> Result<Payload, CliError> {
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&data) {
        let found = output::shorten(&String::from_utf8_lossy(&data), 60);
        return Err(CliError::usage(format!("{what} is not JSON: `{found}` ({error})"))
            .hint(r#"text is JSON in double quotes: --input '"some text"'"#));
    }
    Ok(json(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_that_is_not_json_is_refused_with_a_hint() {
        let error = json_payload(b"hello".to_vec(), "--input").expect_err("not JSON");
        assert_eq!(error.exit, crate::errors::Exit::Usage);
        assert!(error.hint.is_some());
        assert!(json_payload(b" {\"a\": [1]} ".to_vec(), "--input").is_ok());
    }
}
