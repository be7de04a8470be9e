//! Two things: the service of our own, compiled from `proto/`, and one descriptor set with all of
//! Temporal's messages and ours, which `json` reads.

use prost::Message;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-env-changed=DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);

    let admin = protox::compile(["proto/refrain/v1/admin.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        .compile_fds(admin.clone())?;

    let temporal = std::fs::read(std::env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")?)?;
    let mut all = prost_types::FileDescriptorSet::decode(temporal.as_slice())?;
    all.file.retain(|file| {
        let package = file.package();
        !package.starts_with("temporal.api.cloud") && !package.starts_with("coresdk")
    });
    let there: BTreeSet<String> = all.file.iter().map(|file| file.name().to_owned()).collect();
    all.file.extend(admin.file.into_iter().filter(|file| !there.contains(file.name())));
    for file in &mut all.file {
        // Comments and line numbers: two thirds of the bytes, and nothing at run time.
        file.source_code_info = None;
    }
    std::fs::write(out.join("descriptors.bin"), all.encode_to_vec())?;
    Ok(())
}
