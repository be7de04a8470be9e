//! `#[activities]`: a stub of a trait, and what an `impl` offers.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Error, ImplItem, ItemImpl, ItemTrait, LitStr, Result, Signature, TraitItem};

use crate::args::{self, Arg};
use crate::options;

pub(crate) fn stub(mut them: ItemTrait) -> Result<TokenStream> {
    let (vis, stub) = (them.vis.clone(), format_ident!("{}Stub", them.ident));
    let mut methods = Vec::new();
    for item in &mut them.items {
        let TraitItem::Fn(function) = item else {
            return Err(Error::new_spanned(item, "expected activities only: `async fn`s"));
        };
        let name = name(&mut function.attrs, &function.sig)?;
        let returned = args::result(&function.sig)?;
        let arguments = args::of(&function.sig, 0)?;
        let (ident, docs) = (&function.sig.ident, docs(&function.attrs));
        let declared = arguments.iter().map(|Arg { name, declared }| quote!(#name: #declared));
        let referenced = arguments.iter().map(Arg::referenced);
        methods.push(quote! {
            #(#docs)*
            #vis fn #ident(
                &self,
                #(#declared),*
            ) -> ::refrain_sdk::Operation<<#returned as ::refrain_sdk::Returned>::Value> {
                ::refrain_sdk::Step::start(
                    ::refrain_sdk::Step::named(&self.0, #name)#(.arg(#referenced))*
                )
            }
        });
    }
    let about = format!("Starts the activities of [`{}`].", them.ident);
    Ok(quote! {
        #[allow(async_fn_in_trait, dead_code, clippy::allow_attributes)]
        #them

        #[doc = #about]
        #[derive(Clone)]
        #vis struct #stub<K = ::refrain_sdk::Activity>(K);

        #[allow(dead_code, clippy::allow_attributes)]
        impl<K: ::refrain_sdk::Step> #stub<K> {
            /// They start with these options: `remote()` or `local()`, and what is said of it.
            #vis fn new(options: K) -> Self {
                #stub(options)
            }

            #(#methods)*
        }
    })
}

pub(crate) fn offer(mut them: ItemImpl) -> Result<TokenStream> {
    let offering = them.self_ty.clone();
    let mut added = Vec::new();
    for item in &mut them.items {
        let ImplItem::Fn(function) = item else { continue };
        if function.sig.asyncness.is_none() {
            continue;
        }
        let name = name(&mut function.attrs, &function.sig)?;
        args::result(&function.sig)?;
        let arguments = args::of(&function.sig, 0)?;
        let (ident, docs) = (&function.sig.ident, options::docs(&function.attrs));
        let owned = arguments.iter().map(|it| {
            let (name, owned) = (&it.name, it.owned());
            quote!(#name: #owned)
        });
        let given = arguments.iter().map(Arg::given);
        added.push(quote! {
            .activity(#name, |#(#owned),*| async move { <#offering>::#ident(#(#given),*).await })
            .describe(#docs)
        });
    }
    Ok(quote! {
        #them

        impl ::refrain_sdk::activities::Offer for #offering {
            fn add_to(
                all: ::refrain_sdk::activities::Activities,
            ) -> ::refrain_sdk::activities::Activities {
                all #(#added)*
            }
        }
    })
}

fn name(attributes: &mut Vec<Attribute>, signature: &Signature) -> Result<LitStr> {
    let given = match options::take(attributes, "activity") {
        Some(attribute) => options::name(&attribute)?,
        None => None,
    };
    Ok(given.unwrap_or_else(|| options::name_of(&signature.ident)))
}

fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|it| it.path().is_ident("doc"))
}
