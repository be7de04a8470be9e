//! Arguments and results of functions.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, FnArg, Ident, Pat, Result, ReturnType, Signature, Type};

/// One argument, under a name that generated code may use.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) declared: Type,
}

impl Arg {
    /// What is decoded for it: of `&str`, a `String`.
    pub(crate) fn owned(&self) -> TokenStream {
        match &self.declared {
            Type::Reference(reference) => {
                let target = &reference.elem;
                quote!(<#target as ::std::borrow::ToOwned>::Owned)
            }
            owned => owned.to_token_stream(),
        }
    }

    /// What a function that declares it is given, of [`Arg::owned`].
    pub(crate) fn given(&self) -> TokenStream {
        let name = &self.name;
        match &self.declared {
            Type::Reference(reference) => {
                let target = &reference.elem;
                quote!(::std::borrow::Borrow::<#target>::borrow(&#name))
            }
            _ => quote!(#name),
        }
    }

    /// A reference to it as it is declared, to be encoded.
    pub(crate) fn referenced(&self) -> TokenStream {
        let name = &self.name;
        match &self.declared {
            Type::Reference(_) => quote!(#name),
            _ => quote!(&#name),
        }
    }
}

/// The arguments but for the first `skipped`.
pub(crate) fn of(signature: &Signature, skipped: usize) -> Result<Vec<Arg>> {
    let inputs = signature.inputs.iter().skip(skipped).enumerate();
    inputs
        .map(|(at, input)| match input {
            FnArg::Receiver(receiver) => Err(Error::new_spanned(receiver, "expected no `self`")),
            FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    Pat::Ident(it) => it.ident.clone(),
                    _ => format_ident!("argument_{at}"),
                };
                Ok(Arg { name, declared: (*typed.ty).clone() })
            }
        })
        .collect()
}

/// The type after the arrow.
pub(crate) fn returned(signature: &Signature) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, it) => it.to_token_stream(),
    }
}

/// What an `async fn` that must return a `Result` returns.
pub(crate) fn result(signature: &Signature) -> Result<TokenStream> {
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(signature.fn_token, "expected an `async fn`"));
    }
    if !is_result(signature) {
        let message = "expected it to return a `Result`: `-> Result`, `-> Result<String>`, ...";
        return Err(Error::new_spanned(signature, message));
    }
    Ok(returned(signature))
}

/// Whether what it returns is called a `Result`.
pub(crate) fn is_result(signature: &Signature) -> bool {
    let ReturnType::Type(_, returned) = &signature.output else { return false };
    let Type::Path(path) = &**returned else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}
