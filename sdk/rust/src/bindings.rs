//! Generated from `wit/`. Both worlds live here; what a guest does not use is left out by the linker.

#![allow(clippy::all)]

pub mod workflow {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "workflow",
        generate_all,
        runtime_path: "::refrain_sdk::wit_bindgen::rt",
        pub_export_macro: true,
        export_macro_name: "export_workflow_world",
        default_bindings_module: "refrain_sdk::bindings::workflow",
    });
}

pub mod activity_worker {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "activity-worker",
        generate_all,
        runtime_path: "::refrain_sdk::wit_bindgen::rt",
        pub_export_macro: true,
        export_macro_name: "export_activity_world",
        default_bindings_module: "refrain_sdk::bindings::activity_worker",
        with: {
            "refrain:workflow/types@0.1.0": crate::bindings::workflow::refrain::workflow::types,
            "refrain:workflow/definitions@0.1.0": crate::bindings::workflow::refrain::workflow::definitions,
        },
    });
}

pub(crate) use workflow::refrain::workflow::*;
