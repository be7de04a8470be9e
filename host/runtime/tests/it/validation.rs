//! What an upload is told that is no good.

use crate::stage::{component, runtime};
use expect_test::{Expect, expect};
use refrain_core::ids::Digest;
use refrain_runtime::{ComponentError, digest_of};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

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
            "component exports nothing, expected `run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type"
        ],
    );
    refused_text(
        &with_exports(&["handle"], ""),
        &expect![
            "component exports `handle`, expected `run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type"
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

/// A component of a world of its own, whose functions do nothing.
fn typed(world: &str) -> Vec<u8> {
    let wit = format!(
        "package acme:shop;
         interface payments {{ resource account; charge: async func(amount: u64) -> string; }}
         interface vault {{ use payments.{{account}}; open: async func(it: account); }}
         interface refunds {{ charge: async func(); }}
         interface sales {{ ship: async func(); }}
         world shop {{ {world} }}"
    );
    let mut resolve = Resolve::default();
    let package = resolve.push_str("shop.wit", &wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);
    let mut module = dummy_module(&resolve, world, abi);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

#[test]
fn a_component_of_its_own_interfaces_offers_its_async_functions() {
    let world = "import charge-card: async func(amount: u64);
                 export ship-order: async func(id: string) -> result<u32, string>;
                 export version: func() -> string;";
    let definition = runtime().check(&typed(world)).unwrap().definition;
    let names: Vec<_> = definition.workflow_types.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["shipOrder"]);
}

#[test]
fn two_functions_that_would_be_one_activity_or_one_workflow_type_are_refused() {
    refused(
        &typed("import payments; import refunds; export ship: async func();"),
        &expect![
            "import `acme:shop/refunds` does not fit: its function `charge` would be the same activity `charge` as `charge` of `acme:shop/payments`: rename one of them"
        ],
    );
    refused(
        &typed("import payments; import charge: async func(); export ship: async func();"),
        &expect![
            "import `charge` does not fit: its function `charge` would be the same activity `charge` as `charge` of `acme:shop/payments`: rename one of them"
        ],
    );
    refused(
        &typed("export sales; export ship: async func();"),
        &expect![
            "export `ship` does not fit: another function is exported that is the same workflow type `ship`: rename one of them"
        ],
    );
}

#[test]
fn names_have_the_length_that_temporal_allows() {
    let named = |letters: usize| "x".repeat(letters);
    let import =
        |letters| format!("import {}: async func(); export ship: async func();", named(letters));
    runtime().check(&typed(&import(1000))).unwrap();
    refused(
        &typed(&import(1001)),
        &expect![
            "import `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` does not fit: the name of an activity has 1001 bytes, expected 1 to 1000"
        ],
    );
    runtime().check(&typed(&format!("export {}: async func();", named(1000)))).unwrap();
    refused(
        &typed(&format!("export {}: async func();", named(1001))),
        &expect![
            "export `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` does not fit: the name of a workflow type has 1001 bytes, expected 1 to 1000"
        ],
    );
}

#[test]
fn a_component_has_so_many_parts_and_not_one_more() {
    let parts = |what: &str, n: usize| {
        let instances: String =
            (0..n).map(|nth| format!("(core instance $i{nth} (instantiate $part))")).collect();
        let text = with_exports(&["run"], &format!("(core module $part {what}) {instances}"));
        wat::parse_str(text).unwrap()
    };
    // One too many is told before what else is wrong with it.
    for (what, most) in [("(memory 1)", 4), ("(table 1 funcref)", 16), ("", 127)] {
        let told = |n| runtime().check(&parts(what, n)).unwrap_err().to_string();
        assert!(told(most).starts_with("export `run` does not fit"), "{}", told(most));
        assert!(told(most + 1).contains(", at most "), "{}", told(most + 1));
    }
    refused(
        &parts("(memory 1)", 5),
        &expect!["component has 5 Wasm linear memories, at most 4 are allowed"],
    );
    refused(
        &parts("(table 1 funcref)", 17),
        &expect!["component has 17 tables, at most 16 are allowed"],
    );
    refused(
        &parts("", 128),
        &expect!["component has 129 core module instances, at most 128 are allowed"],
    );
}

#[test]
fn a_component_of_its_own_interfaces_is_told_what_can_not_be_written_as_json() {
    refused(
        &typed("export version: func() -> string;"),
        &expect![
            "component exports `version`, expected `run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type"
        ],
    );
    refused(
        &typed("import vault; export ship: async func();"),
        &expect![
            "import `acme:shop/vault` does not fit: function `open`: parameter `it` holds a resource, expected what can be written as JSON"
        ],
    );
}
