//! The exports of a workflow component.

use std::cell::RefCell;
use std::future::Future;
use std::marker::PhantomData;
use std::rc::Rc;

use futures::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::definitions::{Named, Sdk, WorkflowDefinition};
use crate::bindings::lifecycle::{IncomingUpdate, Outcome};
use crate::bindings::{context, types, workflow};
use crate::by_name::ByName;
use crate::payload::{Args, Payload, to_payload};
use crate::{Failure, Result, handlers, log, scope};

/// By which tools ask what a run has handlers for.
const METADATA_QUERY: &str = "__temporal_workflow_metadata";

type Run = Rc<dyn Fn(&[Payload]) -> Result<LocalBoxFuture<'static, Result<Payload>>>>;

/// What `#[workflow]` makes of a function or a struct.
pub trait Workflow {
    #[doc(hidden)]
    fn add_to(all: Workflows) -> Workflows;
}

/// What is in a `Result`.
#[doc(hidden)]
pub trait Returned {
    type Value;
}

impl<T, E> Returned for std::result::Result<T, E> {
    type Value = T;
}

/// What a component offers.
#[doc(hidden)]
#[derive(Default)]
pub struct Workflows {
    runs: Vec<(&'static str, Run)>,
    definition: Vec<Said>,
}

/// That there is this, and what it is.
#[derive(Clone, Copy)]
struct Said {
    kind: Kind,
    name: &'static str,
    description: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Workflow,
    Signal,
    Query,
    Update,
}

impl Workflows {
    /// A workflow type: an `async fn` of up to six arguments.
    pub fn workflow<A>(mut self, name: &'static str, run: impl Callable<A>) -> Self {
        self.runs.push((name, Rc::new(move |args| run.call(args))));
        self.said(Kind::Workflow, name)
    }

    /// Describes what was added last.
    pub fn describe(mut self, text: &'static str) -> Self {
        if let Some(last) = self.definition.last_mut() {
            last.description = text;
        }
        self
    }

    /// Says that a workflow listens to this signal. For people and tools; it changes nothing.
    pub fn signal(self, name: &'static str) -> Self {
        self.said(Kind::Signal, name)
    }

    /// Says that a workflow answers this query. For people and tools; it changes nothing.
    pub fn query(self, name: &'static str) -> Self {
        self.said(Kind::Query, name)
    }

    /// Says that a workflow takes this update. For people and tools; it changes nothing.
    pub fn update(self, name: &'static str) -> Self {
        self.said(Kind::Update, name)
    }

    fn said(mut self, kind: Kind, name: &'static str) -> Self {
        self.definition.push(Said { kind, name, description: "" });
        self
    }

    /// What tools ask for: what one workflow type has said of itself, and what the run has
    /// registered beside that.
    fn metadata(&self, workflow_type: &str) -> Payload {
        let is_it = |it: &&Said| it.kind == Kind::Workflow && it.name == workflow_type;
        let said = self.definition.iter().skip_while(|it| !is_it(it)).skip(1);
        let said: Vec<Said> = said.take_while(|it| it.kind != Kind::Workflow).copied().collect();
        let (queries, updates) = handlers::registered();
        to_payload(&Metadata {
            definition: Definition {
                workflow_type,
                signal_definitions: definitions(&said, Kind::Signal, &[]),
                query_definitions: definitions(&said, Kind::Query, &queries),
                update_definitions: definitions(&said, Kind::Update, &updates),
            },
        })
    }

    fn of(&self, kind: Kind) -> Vec<Named> {
        let some = self.definition.iter().filter(|it| it.kind == kind);
        some.map(|it| named(it.name, it.description)).collect()
    }
}

pub(crate) fn named(name: &str, description: &str) -> Named {
    Named { name: name.to_owned(), description: description.to_owned() }
}

#[derive(Serialize)]
struct Metadata<'a> {
    definition: Definition<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    #[serde(rename = "type")]
    workflow_type: &'a str,
    signal_definitions: Vec<OfHandler>,
    query_definitions: Vec<OfHandler>,
    update_definitions: Vec<OfHandler>,
}

#[derive(Serialize)]
struct OfHandler {
    name: String,
    description: &'static str,
}

fn definitions(said: &[Said], kind: Kind, registered: &[String]) -> Vec<OfHandler> {
    let mut all = ByName::default();
    for name in registered {
        all.insert(name, "");
    }
    for it in said.iter().filter(|it| it.kind == kind) {
        all.insert(it.name, it.description);
    }
    all.into_iter().map(|(name, description)| OfHandler { name, description }).collect()
}

/// An `async fn` whose arguments and result are JSON.
pub trait Callable<A>: 'static {
    #[doc(hidden)]
    fn call(&self, args: &[Payload]) -> Result<LocalBoxFuture<'static, Result<Payload>>>;
}

macro_rules! callable {
    ($($name:ident),*) => {
        impl<Fun, Fut, Out, $($name),*> Callable<($($name,)*)> for Fun
        where
            Fun: Fn($($name),*) -> Fut + 'static,
            Fut: Future<Output = Result<Out>> + 'static,
            Out: Serialize + 'static,
            $($name: DeserializeOwned + 'static,)*
        {
            #[allow(non_snake_case)]
            fn call(&self, args: &[Payload]) -> Result<LocalBoxFuture<'static, Result<Payload>>> {
                let ($($name,)*) = <($($name,)*)>::decode(args)?;
                let result = self($($name),*);
                Ok(Box::pin(async move { Ok(to_payload(&result.await?)) }))
            }
        }
    };
}
callable!();
callable!(A);
callable!(A, B);
callable!(A, B, C);
callable!(A, B, C, D);
callable!(A, B, C, D, E);
callable!(A, B, C, D, E, F);

#[doc(hidden)]
pub trait Component {
    fn workflows() -> Workflows;
}

thread_local! {
    // One run has one instance.
    static WORKFLOW_TYPE: RefCell<String> = RefCell::default();
}

#[doc(hidden)]
pub struct Exports<C>(PhantomData<C>);

impl<C: Component> workflow::Guest for Exports<C> {
    async fn run(workflow_type: String, args: Vec<Payload>) -> Result<Outcome, types::Failure> {
        log::set_sink(context::log);
        WORKFLOW_TYPE.set(workflow_type.clone());
        let runs = C::workflows().runs;
        let Some((_, run)) = runs.into_iter().rfind(|(name, _)| *name == workflow_type) else {
            let message = format!("no workflow type `{workflow_type}` in this component");
            return Err(Failure::new("WorkflowNotFound", message).non_retryable().into_wire());
        };
        // The task fails, not the run: it goes on once a component that takes them is deployed.
        let workflow = run(&args)
            .unwrap_or_else(|why| panic!("the arguments of workflow `{workflow_type}`: {why}"));
        let result = scope::run(workflow).await;
        if let Some(warning) = handlers::unfinished() {
            log::line(log::LogLevel::Warn, &warning);
        }
        match result {
            Ok(value) => Ok(Outcome::Completed(vec![value])),
            Err(failure) => failure.into_outcome(),
        }
    }

    fn query(name: String, args: Vec<Payload>) -> Result<Vec<Payload>, types::Failure> {
        if name == METADATA_QUERY {
            return Ok(vec![WORKFLOW_TYPE.with_borrow(|it| C::workflows().metadata(it))]);
        }
        handlers::answer(&name, &args)
    }

    fn validate_update(update: IncomingUpdate) -> Result<(), types::Failure> {
        handlers::validate(&update)
    }

    async fn update(update: IncomingUpdate) -> Result<Vec<Payload>, types::Failure> {
        handlers::update(update).await
    }

    fn definition() -> WorkflowDefinition {
        let all = C::workflows();
        WorkflowDefinition {
            workflow_types: all.of(Kind::Workflow),
            signals: all.of(Kind::Signal),
            queries: all.of(Kind::Query),
            updates: all.of(Kind::Update),
            sdk: sdk(),
        }
    }
}

pub(crate) fn sdk() -> Sdk {
    Sdk { name: "refrain-rust".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Makes the crate a workflow component: `export_workflows!(order, Desk)` names all that has the attribute
/// `#[workflow]`.
#[macro_export]
macro_rules! export_workflows {
    ($($workflow:path),+ $(,)?) => {
        #[doc(hidden)]
        struct RefrainComponent;
        impl $crate::Component for RefrainComponent {
            fn workflows() -> $crate::Workflows {
                let all = $crate::Workflows::default();
                $(let all = <$workflow as $crate::Workflow>::add_to(all);)+
                all
            }
        }
        #[doc(hidden)]
        type RefrainExports = $crate::Exports<RefrainComponent>;
        $crate::bindings::workflow::export_workflow_world!(RefrainExports with_types_in $crate::exports);
    };
}
