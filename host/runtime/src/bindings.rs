//! The contract of `wit/` as Rust types, and what they are in core.

pub(crate) mod convert;

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "workflow",
    imports: {
        "refrain:workflow/activities.execute": store | trappable,
        "refrain:workflow/activities.execute-local": store | trappable,
        "refrain:workflow/timers.sleep": store | trappable,
        "refrain:workflow/children.start": store | trappable,
        "refrain:workflow/signals.receive": store | trappable,
        "refrain:workflow/external.signal": store | trappable,
        "refrain:workflow/external.cancel": store | trappable,
        "refrain:workflow/context.cancellation": store | trappable,
        default: trappable,
    },
    exports: { default: async | store },
});

// `pub`, because the second `bindgen!` exports what it takes from the first.
#[allow(unreachable_pub)]
pub use self::refrain::workflow::{
    activities, children, context, definitions, external, lifecycle, operations, signals, state,
    timers, types,
};

/// The world `activity-worker`. Its types are those of the other world.
pub(crate) mod worker {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "activity-worker",
        imports: { default: trappable },
        exports: { default: async | store },
        with: {
            "refrain:workflow/types": crate::bindings::types,
            "refrain:workflow/definitions": crate::bindings::definitions,
        },
    });

    pub(crate) use self::refrain::workflow::activity_context;
}
