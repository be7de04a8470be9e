//! `wit/wasi.md` lists every interface of WASI that guests are given: those that wasmtime knows, each
//! tried against the linker of the host.

use crate::handmade::ALLOCATOR;
use crate::stage::runtime;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Interface, PackageName, Resolve};

/// The WIT of an interface lies in the sources of these.
const SOURCES: [(&str, &str); 4] = [
    ("wasmtime-wasi", "src/p2/wit"),
    ("wasmtime-wasi", "src/p3/wit"),
    ("wasmtime-wasi-http", "wit"),
    ("wasmtime-wasi-http", "src/p3/wit"),
];

#[test]
fn the_table_of_wasi_names_what_the_host_links_and_nothing_else() {
    let mut linked = BTreeMap::<String, [bool; 2]>::new();
    for source in sources() {
        let mut resolve = Resolve::default();
        resolve.push_dir(&source).unwrap();
        for (_, interface) in &resolve.interfaces {
            let Some((package, name)) = named(&resolve, interface) else { continue };
            let Some(version) = package.version.as_ref().filter(|_| package.namespace == "wasi")
            else {
                continue;
            };
            if links(&resolve, interface, &format!("wasi:{}/{name}@{version}", package.name)) {
                let row = linked.entry(format!("wasi:{}/{name}", package.name)).or_default();
                row[usize::from(version.minor == 3)] = true;
            }
        }
    }
    let said = table(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/wasi.md"));
    assert_eq!(said, linked.into_iter().collect::<Vec<_>>());
}

/// Where the dependency's sources are: cargo knows.
fn sources() -> Vec<PathBuf> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let folder = |name: &str| {
        let package = packages.iter().find(|it| it["name"] == name).unwrap();
        Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
    };
    SOURCES.iter().map(|(name, wit)| folder(name).join(wit)).collect()
}

fn named<'a>(resolve: &'a Resolve, interface: &'a Interface) -> Option<(&'a PackageName, &'a str)> {
    let package = &resolve.packages[interface.package?].name;
    Some((package, interface.name.as_deref()?))
}

/// Does a workflow that imports all of the interface pass the check of an upload?
fn links(resolve: &Resolve, interface: &Interface, name: &str) -> bool {
    let imports: String = interface
        .functions
        .iter()
        .map(|(function_name, function)| {
            let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
            let (params, results) = (words(&signature.params), words(&signature.results));
            format!(
                r#"(import "{name}" "{function_name}" (func (param {params}) (result {results})))"#
            )
        })
        .collect();
    let module = format!(
        r#"(module {imports}
            (func (export "run") (param i32 i32 i32 i32) (result i32) unreachable) {ALLOCATOR})"#
    );
    let mut resolve = resolve.clone();
    resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
    let world = format!(
        "package test:guest;
         world guest {{ import {name}; include refrain:workflow/workflow-minimal@0.1.0; }}"
    );
    let package = resolve.push_str("guest.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let mut encoder = ComponentEncoder::default();
    let component = encoder.validate(true).module(&module).and_then(|it| it.encode()).unwrap();
    runtime().check(&component).is_ok()
}

fn words(types: &[WasmType]) -> String {
    let words = types.iter().map(|it| match it {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Rows of `wit/wasi.md`: an interface, whether it is in 0.2, and whether in 0.3.
fn table(path: PathBuf) -> Vec<(String, [bool; 2])> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `wasi:"));
    let mut rows: Vec<_> = rows
        .map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let name = format!("wasi:{}", cells.next().unwrap().trim_matches('`'));
            let mut is_in = || match cells.next() {
                Some("yes") => true,
                Some("") => false,
                other => panic!("{name}: {other:?}"),
            };
            let versions = [is_in(), is_in()];
            (name, versions)
        })
        .collect();
    rows.sort();
    rows
}
