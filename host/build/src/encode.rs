//! A core module that a compiler made becomes a component.

use crate::BuildError;
use std::fmt::Display;
use std::path::Path;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER_NAME,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as ADAPTER,
};
use wasm_encoder::{RawSection, Section};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// For a module whose libc, or standard library, has WASI 0.1.
pub(crate) fn adapt(encoder: &mut ComponentEncoder) -> Result<(), String> {
    encoder.adapter(ADAPTER_NAME, ADAPTER).map(drop).map_err(why)
}

/// Of the core module in the file `module`, in `output`. `name` is what errors call it; `fill` gives
/// the encoder the module, and what else it needs.
///
/// # Errors
///
/// If it can't be a component, or a file can't be read or written.
pub(crate) fn component(
    name: &str,
    module: &Path,
    output: &Path,
    fill: impl FnOnce(&mut ComponentEncoder, Vec<u8>) -> Result<(), String>,
) -> Result<(), BuildError> {
    let bytes = std::fs::read(module)
        .map_err(BuildError::files(format!("`{}` can't be read", module.display())))?;
    let mut encoder = ComponentEncoder::default();
    let component = fill(&mut encoder, bytes)
        .and_then(|()| encoder.validate(true).encode().map_err(why))
        .and_then(|component| without_names_of_parts(&component))
        .map_err(|cause| BuildError::NotAComponent { name: name.to_owned(), cause })?;
    std::fs::write(output, component)
        .map_err(BuildError::files(format!("`{}` can't be written", output.display())))
}

/// A core module without what only a debugger reads, which is many times its size. The names of functions stay:
/// a backtrace of numbers helps nobody.
pub(crate) fn without_debug_info(module: &[u8]) -> Result<Vec<u8>, String> {
    without_custom_sections(module, |name| name.starts_with(".debug_"))
}

/// A component without what its encoder calls the parts that it is put together of: no backtrace shows that. What
/// core modules call their functions stays.
fn without_names_of_parts(component: &[u8]) -> Result<Vec<u8>, String> {
    without_custom_sections(component, |name| name == "component-name")
}

/// What is in the modules and components of a component is part of its sections, and stays as it is.
fn without_custom_sections(wasm: &[u8], drops: fn(&str) -> bool) -> Result<Vec<u8>, String> {
    let mut kept = Vec::with_capacity(wasm.len());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(why)?;
        let is_dropped = matches!(&payload, Payload::CustomSection(it) if drops(it.name()));
        if let Some((id, range)) = payload.as_section().filter(|_| depth == 1 && !is_dropped) {
            let data = &wasm[range.start as usize..range.end as usize];
            RawSection { id, data }.append_to(&mut kept);
        }
        match payload {
            Payload::Version { range, .. } => {
                if depth == 0 {
                    kept.extend_from_slice(&wasm[range.start as usize..range.end as usize]);
                }
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    Ok(kept)
}

/// With all its causes.
pub(crate) fn why(cause: impl Display) -> String {
    format!("{cause:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_keeps_the_names_of_functions_and_loses_those_of_its_parts() {
        let component = r#"(component
            (core module $app (func $app::run (export "run")))
            (core instance $started (instantiate $app)))"#;
        let named = wat::parse_str(component).unwrap();
        let kept = without_names_of_parts(&named).unwrap();
        let has = |bytes: &[u8], text: &str| String::from_utf8_lossy(bytes).contains(text);
        assert!(has(&named, "app::run") && has(&named, "started"));
        assert!(has(&kept, "app::run") && !has(&kept, "started"));
        assert!(Parser::new(0).parse_all(&kept).all(|it| it.is_ok()));
    }
}
