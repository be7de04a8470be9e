//! `#[workflow]` on an `async fn`.
//!
//! A struct of the same name stands beside the function: types and functions have names of their own. So
//! `export_workflows!(order)` finds what it needs, and `order::child(...)` is typed as the function is.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, Ident, ItemFn, LitStr, Result, Type, Visibility};

use crate::args::{self, Arg};
use crate::options::{self, Workflow};

pub(crate) fn expand(options: Workflow, function: &ItemFn) -> Result<TokenStream> {
    let ItemFn { attrs, vis, sig, .. } = function;
    let ident = &sig.ident;
    let name = options.name.unwrap_or_else(|| options::name_of(ident));
    let returned = args::result(sig)?;
    let arguments = args::of(sig, 0)?;
    refuse_references(&arguments)?;
    let docs = options::docs(attrs);
    let (signals, queries, updates) = (options.signals, options.queries, options.updates);
    let child = child(vis, &name, &arguments, &returned);
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis struct #ident {}

        #[allow(dead_code, clippy::allow_attributes)]
        impl #ident {
            #child
        }

        impl ::refrain_sdk::Workflow for #ident {
            fn add_to(all: ::refrain_sdk::Workflows) -> ::refrain_sdk::Workflows {
                all.workflow(#name, #ident)
                    .describe(#docs)
                    #(.signal(#signals))*
                    #(.query(#queries))*
                    #(.update(#updates))*
            }
        }
    })
}

/// A function that makes a child of this type, typed.
pub(crate) fn child(
    vis: &Visibility,
    name: &LitStr,
    arguments: &[Arg],
    returned: &impl ToTokens,
) -> TokenStream {
    let names: Vec<&Ident> = arguments.iter().map(|it| &it.name).collect();
    let types: Vec<&Type> = arguments.iter().map(|it| &it.declared).collect();
    quote! {
        /// A child that runs this workflow.
        #vis fn child(
            #(#names: #types),*
        ) -> ::refrain_sdk::ChildBuilder<<#returned as ::refrain_sdk::Returned>::Value>
        where
            // Asked of who calls it only: most workflows are nobody's child.
            #(for<'any> #types: ::refrain_sdk::Serialize,)*
        {
            ::refrain_sdk::child(#name)#(.arg(&#names))*
        }
    }
}

/// A workflow owns its arguments: they come from outside.
pub(crate) fn refuse_references(arguments: &[Arg]) -> Result<()> {
    let reference = arguments.iter().find(|it| matches!(it.declared, Type::Reference(_)));
    match reference {
        Some(it) => Err(Error::new_spanned(&it.declared, "expected an argument that is owned")),
        None => Ok(()),
    }
}
