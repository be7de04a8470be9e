//! State that others can read, and handlers of queries and updates.

use std::cell::{Ref, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};

use futures::future::LocalBoxFuture;
use serde::Serialize;

use crate::bindings::{lifecycle::IncomingUpdate, state, types};
use crate::by_name::ByName;
use crate::payload::{Args, Payload, to_payload};
use crate::{Failure, Result, or_canceled};

type Query = Rc<dyn Fn(&[Payload]) -> Result<Payload>>;
type Validator = Rc<dyn Fn(&[Payload]) -> Result>;
type Update = Rc<dyn Fn(&[Payload]) -> LocalBoxFuture<'static, Result<Payload>>>;
type AnyQuery = Rc<dyn Fn(&str, &[Payload]) -> Result<Payload>>;
type AnyUpdate = Rc<dyn Fn(&str, &[Payload]) -> LocalBoxFuture<'static, Result<Payload>>>;

#[derive(Default)]
struct Handlers {
    queries: ByName<Query>,
    validators: ByName<Validator>,
    updates: ByName<Update>,
    any_query: Option<AnyQuery>,
    any_update: Option<AnyUpdate>,
}

thread_local! {
    // One run has one instance, so this is the state of the run.
    static HANDLERS: RefCell<Handlers> = RefCell::default();
    static CURRENT: RefCell<Option<UpdateInfo>> = RefCell::default();
    static OPEN: Shared<Vec<UpdateInfo>> = shared(Vec::new());
}

/// Answers the query `name`. The handler takes its arguments as a tuple and must not change anything.
pub fn on_query<A: Args, R: Serialize>(name: &str, handler: impl Fn(A) -> Result<R> + 'static) {
    on_encoded_query(name, move |args: A| Ok(to_payload(&handler(args)?)));
}

/// What the handler answers with can borrow of what it holds: it is encoded meanwhile.
#[doc(hidden)]
pub fn on_encoded_query<A: Args>(name: &str, handler: impl Fn(A) -> Result<Payload> + 'static) {
    let query: Query = Rc::new(move |args| handler(A::decode(args)?));
    HANDLERS.with_borrow_mut(|all| all.queries.insert(name, query));
}

/// Answers the queries that no other handler answers. The handler takes the name too.
pub fn on_any_query<A: Args, R: Serialize>(handler: impl Fn(&str, A) -> Result<R> + 'static) {
    let any: AnyQuery =
        Rc::new(move |name, args| Ok(to_payload(&handler(name, A::decode(args)?)?)));
    HANDLERS.with_borrow_mut(|all| all.any_query = Some(any));
}

/// Runs the updates that no other handler runs. The handler takes the name too.
pub fn on_any_update<A, R, F>(handler: impl Fn(String, A) -> F + 'static)
where
    A: Args,
    R: Serialize,
    F: Future<Output = Result<R>> + 'static,
{
    let any: AnyUpdate = Rc::new(move |name, args| match A::decode(args) {
        Ok(args) => {
            let result = handler(name.to_owned(), args);
            Box::pin(async move { Ok(to_payload(&result.await?)) })
        }
        Err(failure) => Box::pin(async move { Err(failure) }),
    });
    HANDLERS.with_borrow_mut(|all| all.any_update = Some(any));
}

/// Runs the update `name`. The handler takes its arguments as a tuple and may await operations.
pub fn on_update<A, R, F>(name: &str, handler: impl Fn(A) -> F + 'static)
where
    A: Args,
    R: Serialize,
    F: Future<Output = Result<R>> + 'static,
{
    on_validated_update(name, |_: &A| Ok(()), handler);
}

/// As [`on_update`]; an update that the validator refuses leaves no trace.
pub fn on_validated_update<A, R, F>(
    name: &str,
    validator: impl Fn(&A) -> Result + 'static,
    handler: impl Fn(A) -> F + 'static,
) where
    A: Args,
    R: Serialize,
    F: Future<Output = Result<R>> + 'static,
{
    let validate: Validator = Rc::new(move |args| validator(&A::decode(args)?));
    let update: Update = Rc::new(move |args| match A::decode(args) {
        Ok(args) => {
            let result = handler(args);
            Box::pin(async move { Ok(to_payload(&result.await?)) })
        }
        Err(failure) => Box::pin(async move { Err(failure) }),
    });
    HANDLERS.with_borrow_mut(|all| {
        all.validators.insert(name, validate);
        all.updates.insert(name, update);
    });
}

pub(crate) fn answer(name: &str, args: &[Payload]) -> Result<Vec<Payload>, types::Failure> {
    let query = HANDLERS.with_borrow(|all| all.queries.get(name).cloned());
    if let Some(query) = query {
        return query(args).map(|value| vec![value]).map_err(Failure::into_wire);
    }
    let (any, known) = HANDLERS.with_borrow(|all| (all.any_query.clone(), names(&all.queries)));
    let Some(any) = any else {
        let message = format!("unknown queryType {name}. KnownQueryTypes=[{known}]");
        return Err(Failure::new("QueryNotFound", message).non_retryable().into_wire());
    };
    any(name, args).map(|value| vec![value]).map_err(Failure::into_wire)
}

/// Queries and updates that the run has handlers for now.
pub(crate) fn registered() -> (Vec<String>, Vec<String>) {
    HANDLERS.with_borrow(|all| {
        let owned = |name: &str| name.to_owned();
        (all.queries.names().map(owned).collect(), all.updates.names().map(owned).collect())
    })
}

fn names<T>(handlers: &ByName<T>) -> String {
    handlers.names().collect::<Vec<_>>().join(" ")
}

pub(crate) fn validate(update: &IncomingUpdate) -> Result<(), types::Failure> {
    let validator = HANDLERS.with_borrow(|all| all.validators.get(&update.name).cloned());
    match validator {
        Some(validator) => within(update, || validator(&update.args)).map_err(Failure::into_wire),
        None if HANDLERS.with_borrow(|all| all.any_update.is_some()) => Ok(()),
        None => Err(no_update(&update.name).into_wire()),
    }
}

pub(crate) async fn update(update: IncomingUpdate) -> Result<Vec<Payload>, types::Failure> {
    let (handler, any) = HANDLERS
        .with_borrow(|all| (all.updates.get(&update.name).cloned(), all.any_update.clone()));
    let mut running = match (handler, any) {
        (Some(handler), _) => within(&update, || handler(&update.args)),
        (None, Some(any)) => within(&update, || any(&update.name, &update.args)),
        (None, None) => return Err(no_update(&update.name).into_wire()),
    };
    let _open = Open::new(&update);
    let result = poll_fn(|context| within(&update, || running.as_mut().poll(context))).await;
    result.map(|value| vec![value]).map_err(Failure::into_wire)
}

fn no_update(name: &str) -> Failure {
    let known = HANDLERS.with_borrow(|all| names(&all.updates));
    let message = format!("unknown update {name}. KnownUpdates=[{known}]");
    Failure::new("UpdateNotFound", message).non_retryable()
}

/// An update as its handler may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateInfo {
    /// Chosen by the caller.
    pub id: String,
    pub name: String,
}

/// The update whose handler or validator is running, if one is.
pub fn current_update() -> Option<UpdateInfo> {
    CURRENT.with_borrow(Clone::clone)
}

fn info_of(update: &IncomingUpdate) -> UpdateInfo {
    UpdateInfo { id: update.id.clone(), name: update.name.clone() }
}

fn within<T>(update: &IncomingUpdate, run: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(info_of(update)));
    let result = run();
    CURRENT.replace(before);
    result
}

/// The handler of an update, until it has returned.
struct Open(UpdateInfo);

impl Open {
    fn new(update: &IncomingUpdate) -> Open {
        OPEN.with(|open| open.update(|it| it.push(info_of(update))));
        Open(info_of(update))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.with(|open| open.update(|it| it.retain(|one| *one != self.0)));
    }
}

/// Waits until no handler of an update is running. To be awaited before the workflow returns: what is
/// left then is abandoned. Errors: the current scope is canceled.
pub async fn all_handlers_finished() -> Result {
    let open = OPEN.with(Shared::clone);
    open.wait_until(Vec::is_empty).await
}

/// What to warn of at the end of the workflow.
pub(crate) fn unfinished() -> Option<String> {
    let open = OPEN.with(Shared::get);
    let names: Vec<_> = open.iter().map(|it| format!("update {} ({})", it.name, it.id)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the workflow ended while handlers were running: {}; await `all_handlers_finished` first",
            names.join(", ")
        )
    })
}

/// A value that the workflow and its handlers share. Clones share the value.
pub fn shared<T>(value: T) -> Shared<T> {
    Shared(Rc::new(Cell { value: RefCell::new(value), waiting: RefCell::default() }))
}

pub struct Shared<T>(Rc<Cell<T>>);

struct Cell<T> {
    value: RefCell<T>,
    waiting: RefCell<Vec<Waker>>,
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Rc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    pub fn set(&self, value: T) {
        self.update(|it| *it = value);
    }

    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.0.value.borrow_mut());
        self.0.waiting.take().into_iter().for_each(Waker::wake);
        result
    }

    pub fn borrow(&self) -> Ref<'_, T> {
        self.0.value.borrow()
    }

    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.borrow().clone()
    }

    /// Waits until the value is as wished. Errors: the current scope is canceled.
    pub async fn wait_until(&self, mut condition: impl FnMut(&T) -> bool) -> Result {
        or_canceled(poll_fn(|context| {
            if condition(&self.borrow()) {
                return Poll::Ready(Ok(()));
            }
            self.0.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        }))
        .await
    }
}

/// A value that anyone may read: it answers the query `name`, and is published under that name so that
/// reading it need not run the workflow.
pub fn published<T: Serialize + 'static>(name: &str, value: T) -> Published<T> {
    let published = Published { name: name.into(), value: shared(value) };
    let answer = published.value.clone();
    on_encoded_query(name, move |(): ()| Ok(to_payload(&*answer.borrow())));
    published.publish();
    published
}

/// Clones share the value.
pub struct Published<T> {
    name: Rc<str>,
    value: Shared<T>,
}

impl<T> Clone for Published<T> {
    fn clone(&self) -> Self {
        Published { name: Rc::clone(&self.name), value: self.value.clone() }
    }
}

impl<T: Serialize> Published<T> {
    pub fn set(&self, value: T) {
        self.value.set(value);
        self.publish();
    }

    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = self.value.update(change);
        self.publish();
        result
    }

    pub fn borrow(&self) -> Ref<'_, T> {
        self.value.borrow()
    }

    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.value.get()
    }

    /// Waits until the value is as wished. Errors: the current scope is canceled.
    pub async fn wait_until(&self, condition: impl FnMut(&T) -> bool) -> Result {
        self.value.wait_until(condition).await
    }

    fn publish(&self) {
        state::publish(&self.name, Some(&to_payload(&*self.borrow())));
    }
}
