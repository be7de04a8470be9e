//! Server stubs for Temporal's services. Their messages are those of `temporalio-protos`,
//! which hands its descriptors to the build scripts of crates that depend on it.

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH");
    let bytes = std::fs::read(std::env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")?)?;
    let mut descriptors = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    descriptors.file.retain(|file| {
        let package = file.package();
        !["temporal.api.cloud", "coresdk", "grpc"]
            .iter()
            .any(|foreign| package.starts_with(foreign))
    });
    tonic_prost_build::configure()
        .build_client(false)
        .build_server(true)
        .generate_default_stubs(true)
        .extern_path(".temporal.api", "::temporalio_protos::temporal::api")
        .compile_fds(descriptors)?;
    Ok(())
}
