//! The other side: components whose activities the host runs itself.
//!
//! ```ignore
//! use refrain_sdk::activities::{Activities, info};
//!
//! async fn charge(order_id: String, amount: f64) -> Result<String> {
//!     Ok(format!("charge-{order_id}-{}", info().attempt))
//! }
//!
//! refrain_sdk::export_activities!(|| Activities::new().activity("charge", charge));
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::activity_worker::{self, refrain::workflow::activity_context};
use crate::bindings::definitions::{ActivityDefinition, Named};
use crate::bindings::types;
use crate::payload::{Payload, from_payloads, to_payload};
use crate::workflows::{Callable, sdk};
use crate::{Failure, Result, log};

pub use activity_context::ActivityInfo as Info;

thread_local! {
    static INFO: RefCell<Option<Rc<Info>>> = const { RefCell::new(None) };
}

/// Of the attempt that runs. An instance runs one attempt at a time.
pub fn info() -> Rc<Info> {
    INFO.with_borrow(|info| info.clone()).expect("no activity is running")
}

/// Says that the attempt is alive, and how far it is. An error means: please stop, and pass it on.
pub fn heartbeat<T: Serialize + ?Sized>(progress: &T) -> Result {
    if activity_context::heartbeat(&[to_payload(progress)]) {
        return Err(Failure::canceled("activity canceled"));
    }
    Ok(())
}

/// What the attempt before this one last told with [`heartbeat`].
pub fn last_heartbeat<T: DeserializeOwned + 'static>() -> Option<T> {
    let details = &info().heartbeat_details;
    (!details.is_empty()).then(|| from_payloads(details).ok()).flatten()
}

type Execute = Rc<dyn Fn(&[Payload]) -> LocalBoxFuture<'static, Result<Payload>>>;

/// What a component offers.
#[derive(Default)]
pub struct Activities {
    executes: BTreeMap<String, Execute>,
    definition: Vec<Named>,
}

impl Activities {
    pub fn new() -> Activities {
        Activities::default()
    }

    /// An activity type: an `async fn` of up to four arguments.
    pub fn activity<A>(mut self, name: &str, execute: impl Callable<A>) -> Self {
        self.executes.insert(name.to_owned(), Rc::new(move |args| execute.call(args)));
        self.definition.push(Named { name: name.to_owned(), description: String::new() });
        self
    }

    /// Describes what was added last.
    pub fn describe(mut self, text: &str) -> Self {
        if let Some(named) = self.definition.last_mut() {
            named.description = text.to_owned();
        }
        self
    }
}

#[doc(hidden)]
pub trait Component {
    fn activities() -> Activities;
}

#[doc(hidden)]
pub struct Exports<C>(PhantomData<C>);

impl<C: Component> activity_worker::Guest for Exports<C> {
    async fn execute(info: Info, args: Vec<Payload>) -> Result<Vec<Payload>, types::Failure> {
        log::set_sink(activity_context::log);
        let Some(execute) = C::activities().executes.remove(&info.activity_type) else {
            let message = format!("no activity type `{}` in this component", info.activity_type);
            return Err(Failure::new("ActivityNotFound", message).into_wire());
        };
        INFO.set(Some(Rc::new(info)));
        execute(&args).await.map(|value| vec![value]).map_err(Failure::into_wire)
    }

    fn definition() -> ActivityDefinition {
        ActivityDefinition { activity_types: C::activities().definition, sdk: sdk() }
    }
}

/// Makes the crate an activity component: `export_activities!(path_of_a_function_that_returns_Activities)`.
#[macro_export]
macro_rules! export_activities {
    ($activities:expr) => {
        #[doc(hidden)]
        struct RefrainComponent;
        impl $crate::activities::Component for RefrainComponent {
            fn activities() -> $crate::activities::Activities {
                ($activities)()
            }
        }
        #[doc(hidden)]
        type RefrainExports = $crate::activities::Exports<RefrainComponent>;
        $crate::bindings::activity_worker::export_activity_world!(RefrainExports with_types_in $crate::bindings::activity_worker);
    };
}
