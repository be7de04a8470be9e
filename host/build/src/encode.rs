//! A core module that a compiler made becomes a component.

use crate::BuildError;
use std::fmt::Display;
use std::path::Path;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER_NAME,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as ADAPTER,
};
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
        .map_err(|cause| BuildError::NotAComponent { name: name.to_owned(), cause })?;
    std::fs::write(output, component)
        .map_err(BuildError::files(format!("`{}` can't be written", output.display())))
}

/// With all its causes.
pub(crate) fn why(cause: impl Display) -> String {
    format!("{cause:#}")
}
