//! Components as they are uploaded: is it one, and can this host run it?
//!
//! All that can be said before compiling is said before compiling, because that takes seconds
//! for a large component, and because the words can be better here than in a linker.

use crate::bindings::definitions;
use crate::errors::ComponentError;
use crate::typed;
use refrain_core::ids::Digest;
use sha2::{Digest as _, Sha256};
use wit_component::DecodedWasm;
use wit_parser::{FunctionKind, Resolve, WorldId, WorldItem, WorldKey};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentKind {
    Workflow,
    Activities,
}

impl ComponentKind {
    pub fn name(self) -> &'static str {
        match self {
            ComponentKind::Workflow => "workflow",
            ComponentKind::Activities => "activities",
        }
    }
}

/// What is known of an uploaded component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentInfo {
    pub digest: Digest,
    pub kind: ComponentKind,
    pub definition: Definition,
}

/// What a component says about itself. All of it may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Definition {
    pub sdk_name: String,
    pub sdk_version: String,
    pub workflow_types: Vec<Named>,
    pub signals: Vec<Named>,
    pub queries: Vec<Named>,
    pub updates: Vec<Named>,
    pub activity_types: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    pub description: String,
}

impl Definition {
    pub(crate) fn of_workflow(definition: definitions::WorkflowDefinition) -> Definition {
        Definition {
            sdk_name: definition.sdk.name,
            sdk_version: definition.sdk.version,
            workflow_types: named(definition.workflow_types),
            signals: named(definition.signals),
            queries: named(definition.queries),
            updates: named(definition.updates),
            activity_types: Vec::new(),
        }
    }

    pub(crate) fn of_activities(definition: definitions::ActivityDefinition) -> Definition {
        Definition {
            sdk_name: definition.sdk.name,
            sdk_version: definition.sdk.version,
            activity_types: named(definition.activity_types),
            ..Definition::default()
        }
    }
}

fn named(list: Vec<definitions::Named>) -> Vec<Named> {
    list.into_iter()
        .map(|named| Named { name: named.name, description: named.description })
        .collect()
}

pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The packages of WASI that this host has, in all versions 0.2.x and 0.3.x.
const WASI: [&str; 7] = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"];
const WORKFLOW_INTERFACES: [&str; 11] = [
    "activities",
    "children",
    "context",
    "definitions",
    "external",
    "lifecycle",
    "operations",
    "signals",
    "state",
    "timers",
    "types",
];
const ACTIVITY_INTERFACES: [&str; 3] = ["activity-context", "definitions", "types"];

/// What can be said of bytes before anything is read that they say of themselves.
pub(crate) fn look_at(bytes: &[u8], bytes_max: usize) -> Result<(), ComponentError> {
    if bytes.len() > bytes_max {
        return Err(ComponentError::TooLarge { found: bytes.len(), limit: bytes_max });
    }
    check_header(bytes)
}

/// Looks at a component without compiling it.
pub(crate) fn read(bytes: &[u8], bytes_max: usize) -> Result<ComponentKind, ComponentError> {
    look_at(bytes, bytes_max)?;
    let decoded =
        wit_component::decode(bytes).map_err(|cause| malformed(bytes, &format!("{cause:#}")))?;
    let (resolve, world) = match &decoded {
        DecodedWasm::Component(resolve, world) => (resolve, *world),
        DecodedWasm::WitPackage(..) => {
            return Err(ComponentError::Malformed(
                "found a WIT package, expected a component with code".to_owned(),
            ));
        }
    };
    let kind = kind_of(resolve, world)?;
    let is_typed = kind == ComponentKind::Workflow && is_typed(resolve, world);
    for (key, item) in &resolve.worlds[world].imports {
        if !is_typed || typed::is_of_the_host(&resolve.name_world_key(key)) {
            check_import(resolve, key, item, kind)?;
        }
    }
    Ok(kind)
}

/// The parser tells only by its text that it would have read on.
fn malformed(bytes: &[u8], text: &str) -> ComponentError {
    match text.contains("unexpected end") {
        true => ComponentError::Truncated { found: bytes.len() },
        false => ComponentError::Malformed(text.to_owned()),
    }
}

fn check_header(bytes: &[u8]) -> Result<(), ComponentError> {
    match bytes {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(ComponentError::CoreModule),
        [0, b'a', b's', b'm', version @ ..] => Err(ComponentError::Malformed(format!(
            "found version bytes {:02x?}, expected 0d 00 01 00",
            &version[..version.len().min(4)]
        ))),
        other => {
            let is_text = other.starts_with(b"(component") || other.starts_with(b"(module");
            let found = if other.is_empty() {
                "nothing".to_owned()
            } else if is_text {
                "WebAssembly text".to_owned()
            } else {
                let bytes: Vec<_> = other.iter().take(4).map(|it| format!("{it:02x}")).collect();
                format!("bytes that begin with `{}`", bytes.join(" "))
            };
            Err(ComponentError::NotWasm { found })
        }
    }
}

fn kind_of(resolve: &Resolve, world: WorldId) -> Result<ComponentKind, ComponentError> {
    let exports: Vec<String> =
        resolve.worlds[world].exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let has = |name: &str| exports.iter().any(|export| export == name);
    match (has("run"), has("execute")) {
        (true, false) => Ok(ComponentKind::Workflow),
        (false, true) => Ok(ComponentKind::Activities),
        (true, true) => Err(ComponentError::WrongWorld {
            found: "both `run` and `execute`".to_owned(),
            expected: "`run` for workflows or `execute` for activities: make two components"
                .to_owned(),
        }),
        (false, false) if is_typed(resolve, world) => Ok(ComponentKind::Workflow),
        (false, false) => {
            let list: Vec<String> = exports.iter().map(|name| format!("`{name}`")).collect();
            let mut found = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
            if exports.iter().any(|name| name.starts_with("wasi:cli/run@")) {
                found.push_str(" (a command-line program)");
            }
            Err(ComponentError::WrongWorld {
                found,
                expected:
                    "`run` (world `refrain:workflow/workflow`), `execute` (world `refrain:workflow/activity-worker`) or async functions of its own, each a workflow type"
                        .to_owned(),
            })
        }
    }
}

/// Has it async functions of its own, and nothing of our worlds?
fn is_typed(resolve: &Resolve, world: WorldId) -> bool {
    let exports = &resolve.worlds[world].exports;
    let is_async =
        |function: &wit_parser::Function| matches!(function.kind, FunctionKind::AsyncFreestanding);
    let is_ours = |key: &WorldKey| typed::OURS.contains(&resolve.name_world_key(key).as_str());
    !exports.keys().any(is_ours)
        && exports.iter().any(|(key, item)| match item {
            WorldItem::Function(function) => is_async(function),
            WorldItem::Interface { id, .. } => {
                !typed::is_of_the_host(&resolve.name_world_key(key))
                    && resolve.interfaces[*id].functions.values().any(is_async)
            }
            WorldItem::Type { .. } => false,
        })
}

fn check_import(
    resolve: &Resolve,
    key: &WorldKey,
    item: &WorldItem,
    kind: ComponentKind,
) -> Result<(), ComponentError> {
    let import = resolve.name_world_key(key);
    let unknown =
        |expected: String| Err(ComponentError::UnknownImport { import: import.clone(), expected });
    let interface = match (key, item) {
        // A type that the world itself uses or defines.
        (_, WorldItem::Type { .. }) => return Ok(()),
        (WorldKey::Interface(id), WorldItem::Interface { .. }) => *id,
        (WorldKey::Name(_), _) | (WorldKey::Interface(_), WorldItem::Function(_)) => {
            return unknown("expected only refrain:workflow/* and wasi:*".to_owned());
        }
    };
    let interface = &resolve.interfaces[interface];
    if interface.functions.is_empty() {
        // Only types: there is nothing to provide.
        return Ok(());
    }
    let Some(package) = interface.package.map(|package| &resolve.packages[package].name) else {
        return unknown("expected only refrain:workflow/* and wasi:*".to_owned());
    };
    let name = interface.name.as_deref().unwrap_or_default();
    let version = package.version.as_ref();
    let track = version.map(|version| (version.major, version.minor));
    match (package.namespace.as_str(), package.name.as_str()) {
        ("refrain", "workflow") => {
            if track != Some((0, 1)) {
                return unknown("this host has refrain:workflow 0.1.x".to_owned());
            }
            let (ours, world): (&[&str], _) = match kind {
                ComponentKind::Workflow => (&WORKFLOW_INTERFACES, "workflow"),
                ComponentKind::Activities => (&ACTIVITY_INTERFACES, "activity-worker"),
            };
            if ours.contains(&name) {
                return Ok(());
            }
            unknown(format!("world `{world}` has {}", ours.join(", ")))
        }
        ("wasi", package) if WASI.contains(&package) => {
            let released = version.is_none_or(|version| version.pre.is_empty());
            match track {
                Some((0, 2 | 3)) if released => Ok(()),
                _ => unknown("this host has WASI 0.2.x and 0.3.x as released".to_owned()),
            }
        }
        ("wasi", "keyvalue" | "blobstore" | "messaging" | "sql" | "config") => unknown(
            "this host has no such service: call it from an activity over wasi:http".to_owned(),
        ),
        ("wasi", _) => unknown(format!("of WASI this host has {}", WASI.join(", "))),
        _ => unknown("expected only refrain:workflow/* and wasi:*".to_owned()),
    }
}
