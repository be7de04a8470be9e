//! Temporal's protocol on the engine: a request is checked, becomes one call of the engine, and
//! its answer is put in Temporal's words. One file per family of calls.
//!
//! No state but what a request holds while it waits: the server may be restarted between any two.

#![allow(clippy::result_large_err, reason = "tonic's `Status` is what every call ends with")]

mod aged;
mod serve;

mod frontend;
mod operator;

mod system;

mod namespaces;

mod links;
mod updates;
mod with_start;
mod workflows;

mod run_info;
mod search;

mod history;

mod lifecycle;
mod list;
mod own_clock;

mod activities;
mod activity_operator;
mod pending_activity;
mod pending_child;
mod standalone;

mod batches;
mod schedules;

mod tasks;
mod worker_deployments;
mod workers;

mod admin;
mod definition;
mod versions;

mod testing;

mod health;
mod reflection;

mod http;
mod tls;

mod patience;
mod status;
mod token;
mod validate;
mod words;

pub use http::HttpHosts;
pub use serve::{Connections, HttpListener, Listeners, ServeError, serve};
pub use tls::Tls;

/// What `build.rs` makes of Temporal's service descriptions.
#[allow(unreachable_pub, clippy::unwrap_used, clippy::large_enum_variant)]
mod stubs {
    pub mod workflow {
        tonic::include_proto!("temporal.api.workflowservice.v1");
    }
    pub mod operator {
        tonic::include_proto!("temporal.api.operatorservice.v1");
    }
    pub mod testing {
        tonic::include_proto!("temporal.api.testservice.v1");
    }
}
