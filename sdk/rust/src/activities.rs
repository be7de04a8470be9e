//! The other side: components whose activities the host runs itself.
//!
//! ```
//! use refrain_sdk::activities::info;
//! use refrain_sdk::prelude::*;
//!
//! refrain_sdk::export_activities!(Cashier);
//!
//! struct Cashier;
//!
//! #[activities]
//! impl Cashier {
//!     async fn charge(order_id: &str, amount: u64) -> Result<String> {
//!         Ok(format!("{amount} for {order_id} at attempt {}", info().attempt))
//!     }
//! }
//! ```

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::bindings::activity_worker::{self, refrain::workflow::activity_context};
use crate::bindings::definitions::ActivityDefinition;
use crate::bindings::types;
use crate::payload::{Payload, from_payloads, to_payload};
use crate::workflows::{Callable, named, sdk};
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
        return Err(Failure::canceled("Activity cancelled"));
    }
    Ok(())
}

/// What the attempt before this one last told with [`heartbeat`].
pub fn last_heartbeat<T: DeserializeOwned + 'static>() -> Option<T> {
    let details = &info().heartbeat_details;
    (!details.is_empty()).then(|| from_payloads(details).ok()).flatten()
}

type Execute = Rc<dyn Fn(&[Payload]) -> LocalBoxFuture<'static, Result<Payload>>>;

/// What `#[activities]` makes of an `impl`.
pub trait Offer {
    #[doc(hidden)]
    fn add_to(all: Activities) -> Activities;
}

struct Activity {
    name: &'static str,
    description: &'static str,
    execute: Execute,
}

/// What a component offers.
#[doc(hidden)]
#[derive(Default)]
pub struct Activities {
    all: Vec<Activity>,
}

impl Activities {
    /// An activity type: an `async fn` of up to six arguments.
    pub fn activity<A>(mut self, name: &'static str, execute: impl Callable<A>) -> Self {
        let execute: Execute = Rc::new(move |args| {
            execute.call(args).unwrap_or_else(|failure| Box::pin(async move { Err(failure) }))
        });
        self.all.push(Activity { name, description: "", execute });
        self
    }

    /// Describes what was added last.
    pub fn describe(mut self, text: &'static str) -> Self {
        if let Some(last) = self.all.last_mut() {
            last.description = text;
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
        let all = C::activities().all;
        let Some(it) = all.into_iter().rfind(|it| it.name == info.activity_type) else {
            let message = format!("no activity type `{}` in this component", info.activity_type);
            return Err(Failure::new("ActivityNotFound", message).into_wire());
        };
        INFO.set(Some(Rc::new(info)));
        (it.execute)(&args).await.map(|value| vec![value]).map_err(Failure::into_wire)
    }

    fn definition() -> ActivityDefinition {
        let named = |it: Activity| named(it.name, it.description);
        ActivityDefinition {
            activity_types: C::activities().all.into_iter().map(named).collect(),
            sdk: sdk(),
        }
    }
}

/// Makes the crate an activity component: `export_activities!(Cashier)` names all that has the attribute
/// `#[activities]` on an `impl`.
#[macro_export]
macro_rules! export_activities {
    ($($offer:path),+ $(,)?) => {
        #[doc(hidden)]
        struct RefrainComponent;
        impl $crate::activities::Component for RefrainComponent {
            fn activities() -> $crate::activities::Activities {
                let all = $crate::activities::Activities::default();
                $(let all = <$offer as $crate::activities::Offer>::add_to(all);)+
                all
            }
        }
        #[doc(hidden)]
        type RefrainExports = $crate::activities::Exports<RefrainComponent>;
        $crate::bindings::activity_worker::export_activity_world!(RefrainExports with_types_in $crate::bindings::activity_worker);
    };
}
