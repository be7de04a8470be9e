//! What an upload is told that is no good.

use crate::stage::{component, runtime};
use expect_test::{Expect, expect};
use refrain_core::ids::Digest;
use refrain_runtime::{ComponentError, digest_of};

fn refused(bytes: &[u8], expected: &Expect) {
    let error = runtime().check(bytes).unwrap_err();
    expected.assert_eq(&error.to_string());
}

fn refused_text(text: &str, expected: &Expect) {
    refused(&wat::parse_str(text).unwrap(), expected);
}

/// A component that exports functions of these names, without arguments.
fn with_exports(names: &[&str], imports: &str) -> String {
    let exports: String =
        names.iter().map(|name| format!(r#"(export "{name}" (func $f))"#)).collect();
    format!(
        r#"(component {imports}
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            {exports})"#
    )
}

#[test]
fn what_is_not_a_component_is_refused_by_its_kind() {
    refused(
        b"",
        &expect![
            "found nothing, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)"
        ],
    );
    refused(
        b"MZ\x90\x00",
        &expect![
            "found bytes that begin with `4d 5a 90 00`, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)"
        ],
    );
    refused(
        b"(component)",
        &expect![
            "found WebAssembly text, expected a WebAssembly component (it begins with `00 61 73 6d 0d 00 01 00`)"
        ],
    );
    refused_text(
        "(module)",
        &expect![
            "found a core module, expected a component: wrap it with `wasm-tools component new`, or build it with one of the SDKs"
        ],
    );
    refused(
        b"\0asm\x0d\0\x01\0\xff\xff",
        &expect!["component can't be parsed: malformed section id (at offset 0x8)"],
    );
    refused(
        &vec![0; (64 << 20) + 1],
        &expect!["component has 67108865 bytes, at most 67108864 are allowed"],
    );
}

#[test]
fn a_component_of_another_world_is_told_what_is_expected() {
    refused_text(
        "(component)",
        &expect![
            "component exports nothing, expected `run` (world `refrain:workflow/workflow`) or `execute` (world `refrain:workflow/activity-worker`)"
        ],
    );
    refused_text(
        &with_exports(&["handle"], ""),
        &expect![
            "component exports `handle`, expected `run` (world `refrain:workflow/workflow`) or `execute` (world `refrain:workflow/activity-worker`)"
        ],
    );
    refused_text(
        &with_exports(&["run", "execute"], ""),
        &expect![
            "component exports both `run` and `execute`, expected `run` for workflows or `execute` for activities: make two components"
        ],
    );
}

#[test]
fn an_import_that_is_unknown_is_named() {
    let import = |name: &str| {
        with_exports(&["run"], &format!(r#"(import "{name}" (instance (export "f" (func))))"#))
    };
    refused_text(
        &import("env:foo/bar"),
        &expect!["import `env:foo/bar` is unknown: expected only refrain:workflow/* and wasi:*"],
    );
    refused_text(
        &import("wasi:nn/tensor@0.2.0"),
        &expect![
            "import `wasi:nn/tensor@0.2.0` is unknown: of WASI this host has cli, clocks, filesystem, http, io, random, sockets"
        ],
    );
    refused_text(
        &import("wasi:keyvalue/store@0.2.0"),
        &expect![
            "import `wasi:keyvalue/store@0.2.0` is unknown: this host has no such service: call it from an activity over wasi:http"
        ],
    );
    refused_text(
        &import("wasi:clocks/monotonic-clock@0.1.0"),
        &expect![
            "import `wasi:clocks/monotonic-clock@0.1.0` is unknown: this host has WASI 0.2.x and 0.3.x as released"
        ],
    );
    refused_text(
        &import("refrain:workflow/timers@0.9.0"),
        &expect![
            "import `refrain:workflow/timers@0.9.0` is unknown: this host has refrain:workflow 0.1.x"
        ],
    );
    refused_text(
        &import("refrain:workflow/nonsense@0.1.0"),
        &expect![
            "import `refrain:workflow/nonsense@0.1.0` is unknown: world `workflow` has activities, children, context, definitions, external, lifecycle, operations, signals, state, timers, types"
        ],
    );
    refused_text(
        &import("refrain:workflow/activity-context@0.1.0"),
        &expect![
            "import `refrain:workflow/activity-context@0.1.0` is unknown: world `workflow` has activities, children, context, definitions, external, lifecycle, operations, signals, state, timers, types"
        ],
    );
    let function = with_exports(&["run"], r#"(import "foo" (func))"#);
    refused_text(
        &function,
        &expect!["import `foo` is unknown: expected only refrain:workflow/* and wasi:*"],
    );
}

#[test]
fn an_import_of_another_type_is_told_by_the_linker() {
    let import = with_exports(
        &["run"],
        r#"(import "refrain:workflow/timers@0.1.0" (instance (export "sleep" (func))))"#,
    );
    refused_text(
        &import,
        &expect![
            "import `refrain:workflow/timers@0.1.0` does not fit: instance export `sleep` has the wrong type: type mismatch with parameters: expected 2-tuple, found 0-tuple"
        ],
    );
    let missing = with_exports(
        &["run"],
        r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "stop" (func))))"#,
    );
    refused_text(
        &missing,
        &expect![
            "import `wasi:clocks/wall-clock@0.2.0` does not fit: instance export `stop` has the wrong type: function implementation is missing"
        ],
    );
}

#[test]
fn an_export_of_another_type_is_named() {
    refused_text(
        &with_exports(&["run"], ""),
        &expect![
            "export `run` does not fit: failed to convert function to given type: type mismatch with parameters: expected 2-tuple, found 0-tuple"
        ],
    );
    refused_text(
        &with_exports(&["execute"], ""),
        &expect![
            "export `execute` does not fit: failed to convert function to given type: type mismatch with parameters: expected 2-tuple, found 0-tuple"
        ],
    );
}

#[test]
fn bytes_of_another_digest_or_kind_are_not_run() {
    let bytes = component("rust", "bench-activities");
    let wrong = runtime().load(Digest([1; 32]), || Ok(bytes.clone())).err().unwrap();
    assert!(matches!(wrong, ComponentError::WrongDigest { .. }), "{wrong}");
    let wrong = runtime().load(digest_of(&bytes), || Ok(bytes.clone())).err().unwrap();
    assert!(
        matches!(wrong, ComponentError::WrongKind { .. } | ComponentError::WrongWorld { .. }),
        "{wrong}"
    );
}

#[test]
fn a_compiled_component_is_taken_from_disk() {
    let bytes = component("rust", "bench");
    let digest = runtime().check(&bytes).unwrap().digest;
    let config = refrain_runtime::RuntimeConfig {
        activation_ms_max: crate::stage::ACTIVATION_MS_MAX,
        instances_max: 256,
        ..refrain_runtime::RuntimeConfig::new(crate::stage::cache_dir())
    };
    let fresh = refrain_runtime::Runtime::new(config).unwrap();
    let loaded = fresh.load(digest, || panic!("compiled again"));
    assert_eq!(loaded.unwrap().digest(), digest);
}
