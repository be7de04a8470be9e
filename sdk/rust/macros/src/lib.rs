//! The attributes of `refrain-sdk`, which re-exports them. Each leaves the code that it stands on as it
//! is and adds what tells the SDK of it, so the compiler checks names and types, and errors name lines
//! of the author's.

mod activities;
mod args;
mod function;
mod methods;
mod options;

use proc_macro::TokenStream;
use syn::{Item, parse_macro_input};

/// Makes an `async fn` a workflow type, or the `impl` of a struct that is a workflow's state.
///
/// `#[workflow(name = "...")]` gives it another name than that of the function or struct. For people and
/// tools, a function can list what it listens to: `signals("..."), queries("..."), updates("...")`.
///
/// In an `impl`, these attributes say what methods are:
///
/// | attribute | method |
/// |---|---|
/// | `#[run]` | `async fn(Shared<Self>, ...) -> Result<T>`: the workflow. There is one |
/// | `#[init]` | `fn(...) -> Self`: makes the first state of the workflow's arguments; `run` has none then. Else it is the `Default` |
/// | `#[signal]` | `fn(&mut self, ...)` |
/// | `#[query]` | `fn(&self, ...) -> T` |
/// | `#[update]` | `fn(&mut self, ...) -> T`, or `async fn(Shared<Self>, ...) -> Result<T>` |
/// | `#[validator(update)]` | `fn(&self, ...) -> Result` with references to the arguments of that update: an error refuses it |
///
/// Each but `init` and `validator` takes `name = "..."`. Doc comments are shown to people and tools.
#[proc_macro_attribute]
pub fn workflow(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attribute as options::Workflow);
    let expanded = match parse_macro_input!(item as Item) {
        Item::Fn(function) => function::expand(options, &function),
        Item::Impl(methods) => methods::expand(options, methods),
        other => Err(syn::Error::new_spanned(
            other,
            "`#[workflow]` stands on an `async fn`, or on the `impl` of a struct",
        )),
    };
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// On a trait: makes a stub of it, named `<Trait>Stub`, by which workflows call activities that someone
/// else runs. On an `impl`: its `async fn`s are the activities that `export_activities!` exports.
///
/// Activities have no `self`. Each is named as its function, or as `#[activity(name = "...")]` says.
#[proc_macro_attribute]
pub fn activities(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let _ = parse_macro_input!(attribute as syn::parse::Nothing);
    let expanded = match parse_macro_input!(item as Item) {
        Item::Trait(them) => activities::stub(them),
        Item::Impl(them) => activities::offer(them),
        other => Err(syn::Error::new_spanned(
            other,
            "`#[activities]` stands on a trait, for who calls them, or on an `impl`, for who runs them",
        )),
    };
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

#[cfg(test)]
mod tests;
