//! Tests of workflows, as their author writes them.
//!
//! An [`Environment`] is a server of its own that the project was built for and deployed to. Its time jumps while a test
//! waits for an outcome, so a workflow that waits for 30 days is tested in milliseconds; its activities are closures.
//!
//! ```no_run
//! use refrain_testing::{Environment, Outcome, json};
//!
//! # fn main() -> refrain_testing::Result<()> {
//! let env = Environment::start("path/to/project")?;
//! env.activity("charge", |input| Ok(json!(format!("payment-{}", input[0]))));
//!
//! let order = env.start_workflow("order", "order-7", &[json!("7"), json!(4200)])?;
//! order.signal("confirmed", &[])?;
//! assert_eq!(order.outcome()?, Outcome::Completed(json!("parcel-7")));
//! # Ok(())
//! # }
//! ```
//!
//! All is done by the `refrain` program: the one that `REFRAIN_BIN` names, or the one on the path.

mod activities;
mod environment;
mod program;
mod workflow;

pub use activities::Failure;
pub use environment::{Environment, replay};
pub use program::{Error, Result};
pub use serde_json::{Value, json};
pub use workflow::{Outcome, Workflow};
