//! What an author is told who has written something else than is meant.

use syn::parse_quote;

use crate::{activities, function, methods, options};

fn on_function(function: syn::ItemFn) -> String {
    function::expand(options::Workflow::default(), &function).unwrap_err().to_string()
}

fn on_methods(methods: syn::ItemImpl) -> String {
    methods::expand(options::Workflow::default(), methods).unwrap_err().to_string()
}

#[test]
fn a_workflow_is_async_returns_a_result_and_owns_its_arguments() {
    assert_eq!(
        on_function(parse_quote! { fn order() -> Result { Ok(()) } }),
        "expected an `async fn`"
    );
    assert_eq!(
        on_function(parse_quote! { async fn order() -> String { String::new() } }),
        "expected it to return a `Result`: `-> Result`, `-> Result<String>`, ..."
    );
    assert_eq!(
        on_function(parse_quote! { async fn order(id: &str) -> Result { Ok(()) } }),
        "expected an argument that is owned"
    );
}

#[test]
fn a_state_has_one_method_that_runs() {
    assert_eq!(
        on_methods(parse_quote! { impl Desk {} }),
        "expected one method with `#[run]`: the workflow"
    );
    assert_eq!(
        on_methods(parse_quote! {
            impl Desk {
                #[run] async fn run(state: Shared<Self>) -> Result { Ok(()) }
                #[run] async fn walk(state: Shared<Self>) -> Result { Ok(()) }
            }
        }),
        "there is one already"
    );
    assert_eq!(
        on_methods(parse_quote! { impl Desk { #[run] async fn run(&self) -> Result { Ok(()) } } }),
        "expected `state: Shared<Self>` as its first argument"
    );
    assert_eq!(
        on_methods(parse_quote! {
            impl Desk {
                #[init] fn new(of: String) -> Self { Desk }
                #[run] async fn run(state: Shared<Self>, of: String) -> Result { Ok(()) }
            }
        }),
        "`#[init]` takes the arguments of the workflow: expected the state only"
    );
}

#[test]
fn a_method_has_the_self_that_its_attribute_asks_for() {
    let with = |method: syn::ImplItemFn| {
        on_methods(parse_quote! {
            impl Desk {
                #[run] async fn run(state: Shared<Self>) -> Result { Ok(()) }
                #method
            }
        })
    };
    assert_eq!(
        with(parse_quote! { #[query] fn total(&mut self) -> u64 { 0 } }),
        "expected `fn(&self, ...)`"
    );
    assert_eq!(
        with(parse_quote! { #[signal] fn close(&self) {} }),
        "expected `fn(&mut self, ...)`"
    );
    assert_eq!(
        with(parse_quote! { #[signal] async fn close(&mut self) {} }),
        "a signal only changes the state: expected no `async`. `#[run]` can wait for the change"
    );
    assert_eq!(
        with(parse_quote! { #[update] async fn pay(&mut self) -> Result { Ok(()) } }),
        "expected `state: Shared<Self>` as its first argument"
    );
    assert_eq!(
        with(parse_quote! { #[validator(pay)] fn check(&self) -> Result { Ok(()) } }),
        "there is no `#[update]` of this name"
    );
    assert_eq!(
        with(parse_quote! { #[query] #[signal] fn total(&self) {} }),
        "a method is one thing only"
    );
}

#[test]
fn an_activity_is_an_async_fn_without_self() {
    let on_trait = |them| activities::stub(them).unwrap_err().to_string();
    assert_eq!(
        on_trait(parse_quote! { trait Shop { async fn charge(&self) -> Result; } }),
        "expected no `self`"
    );
    assert_eq!(
        on_trait(parse_quote! { trait Shop { type Money; } }),
        "expected activities only: `async fn`s"
    );
}
