//! `#[workflow]` on the `impl` of a struct: the state of a run, and what others may do with it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Error, Ident, ImplItem, ItemImpl, LitStr, Receiver, ReceiverKind, Result, Signature,
    Type, Visibility,
};

use crate::args::{self, Arg};
use crate::function;
use crate::options::{self, Workflow};

#[derive(Default)]
struct Methods {
    run: Option<Method>,
    init: Option<Method>,
    signals: Vec<Method>,
    queries: Vec<Method>,
    updates: Vec<Method>,
    validators: Vec<(Ident, Method)>,
}

struct Method {
    name: LitStr,
    docs: String,
    vis: Visibility,
    sig: Signature,
}

pub(crate) fn expand(options: Workflow, mut them: ItemImpl) -> Result<TokenStream> {
    if let Some((path, _)) = &them.trait_ {
        return Err(Error::new_spanned(path, "expected the methods of a struct, not of a trait"));
    }
    let methods = Methods::take(&mut them)?;
    let state = &them.self_ty;
    let Some(run) = &methods.run else {
        return Err(Error::new_spanned(state, "expected one method with `#[run]`: the workflow"));
    };
    let name = match options.name {
        Some(name) => name,
        None => state_name(state)?,
    };
    // Of the struct, as a rule: what it is stands there.
    let docs = match options::docs(&them.attrs) {
        docs if docs.is_empty() => run.docs.clone(),
        docs => docs,
    };

    let returned = args::result(&run.sig)?;
    let taken = args::of(&run.sig, 1)?;
    shared_first(&run.sig)?;
    let (arguments, state_made, run_given) = match &methods.init {
        Some(_) if !taken.is_empty() => {
            let message = "`#[init]` takes the arguments of the workflow: expected the state only";
            return Err(Error::new_spanned(&run.sig.inputs, message));
        }
        Some(init) => {
            let arguments = args::of(&init.sig, 0)?;
            let names: Vec<_> = arguments.iter().map(|it| it.name.clone()).collect();
            let ident = &init.sig.ident;
            (arguments, quote!(<#state>::#ident(#(#names),*)), Vec::new())
        }
        None => {
            let names = taken.iter().map(|it| it.name.clone()).collect();
            (taken, quote!(<#state as ::std::default::Default>::default()), names)
        }
    };
    function::refuse_references(&arguments)?;
    let names: Vec<_> = arguments.iter().map(|it| &it.name).collect();
    let types: Vec<_> = arguments.iter().map(|it| &it.declared).collect();

    let run_ident = &run.sig.ident;
    let signals = each(&methods.signals, |it| it.signal(state))?;
    let queries = each(&methods.queries, |it| it.query(state))?;
    let updates = each(&methods.updates, |it| it.update(state, methods.validator(it)?))?;
    methods.check_validators()?;
    let said = [("signal", &methods.signals), ("query", &methods.queries)];
    let said = said.into_iter().chain([("update", &methods.updates)]);
    let described = said.flat_map(|(kind, all)| {
        let kind = Ident::new(kind, proc_macro2::Span::call_site());
        all.iter().map(move |Method { name, docs, .. }| quote!(.#kind(#name).describe(#docs)))
    });
    let child = function::child(&run.vis, &name, &arguments, &returned);
    Ok(quote! {
        #them

        #[allow(dead_code, clippy::allow_attributes)]
        impl #state {
            #child
        }

        impl ::refrain_sdk::Workflow for #state {
            fn add_to(all: ::refrain_sdk::Workflows) -> ::refrain_sdk::Workflows {
                all.workflow(#name, |#(#names: #types),*| {
                    let refrain_state = ::refrain_sdk::shared::<#state>(#state_made);
                    #(#queries)*
                    #(#updates)*
                    let refrain_signals = ::refrain_sdk::SignalMethods::new(&refrain_state)#(#signals)*;
                    refrain_signals.beside(<#state>::#run_ident(refrain_state, #(#run_given),*))
                })
                .describe(#docs)
                #(#described)*
            }
        }
    })
}

impl Methods {
    fn take(them: &mut ItemImpl) -> Result<Methods> {
        let mut all = Methods::default();
        for item in &mut them.items {
            let ImplItem::Fn(function) = item else { continue };
            let mut said = Vec::new();
            for kind in ["run", "init", "signal", "query", "update", "validator"] {
                said.extend(options::take(&mut function.attrs, kind).map(|it| (kind, it)));
            }
            let [(kind, attribute)] = &said[..] else {
                match said.get(1) {
                    Some((_, second)) => {
                        return Err(Error::new_spanned(second, "a method is one thing only"));
                    }
                    None => continue,
                }
            };
            let method = |attribute: &Attribute| Method::new(attribute, function);
            match *kind {
                "run" => once(&mut all.run, method(attribute)?)?,
                "init" => once(&mut all.init, method(attribute)?)?,
                "signal" => all.signals.push(method(attribute)?),
                "query" => all.queries.push(method(attribute)?),
                "update" => all.updates.push(method(attribute)?),
                _ => {
                    let of: Ident = attribute.parse_args()?;
                    let unnamed: Attribute = syn::parse_quote!(#[validator]);
                    all.validators.push((of, method(&unnamed)?));
                }
            }
        }
        Ok(all)
    }

    fn validator(&self, update: &Method) -> Result<Option<&Method>> {
        let mut of_it = self.validators.iter().filter(|(of, _)| *of == update.sig.ident);
        let first = of_it.next().map(|(_, method)| method);
        match of_it.next() {
            Some((second, _)) => Err(Error::new_spanned(second, "this update has a validator")),
            None => Ok(first),
        }
    }

    fn check_validators(&self) -> Result<()> {
        let is_update = |of: &Ident| self.updates.iter().any(|it| it.sig.ident == *of);
        match self.validators.iter().find(|(of, _)| !is_update(of)) {
            Some((of, _)) => Err(Error::new_spanned(of, "there is no `#[update]` of this name")),
            None => Ok(()),
        }
    }
}

fn once(place: &mut Option<Method>, method: Method) -> Result<()> {
    if place.is_some() {
        return Err(Error::new_spanned(&method.sig.ident, "there is one already"));
    }
    *place = Some(method);
    Ok(())
}

fn each(
    all: &[Method],
    mut with: impl FnMut(&Method) -> Result<TokenStream>,
) -> Result<Vec<TokenStream>> {
    all.iter().map(|it| with(it)).collect()
}

impl Method {
    fn new(attribute: &Attribute, function: &syn::ImplItemFn) -> Result<Method> {
        let ident = &function.sig.ident;
        let given = options::name(attribute)?;
        Ok(Method {
            name: given.unwrap_or_else(|| options::name_of(ident)),
            docs: options::docs(&function.attrs),
            vis: function.vis.clone(),
            sig: function.sig.clone(),
        })
    }

    fn signal(&self, state: &Type) -> Result<TokenStream> {
        if let Some(found) = &self.sig.asyncness {
            let message = "a signal only changes the state: expected no `async`. `#[run]` can wait for the change";
            return Err(Error::new_spanned(found, message));
        }
        self.expect_self(true)?;
        let Method { name, .. } = self;
        let (pattern, given) = self.decoded()?;
        let ident = &self.sig.ident;
        Ok(
            quote!(.on(#name, |refrain_it, #pattern| { <#state>::#ident(refrain_it, #(#given),*); })),
        )
    }

    fn query(&self, state: &Type) -> Result<TokenStream> {
        self.expect_self(false)?;
        let Method { name, .. } = self;
        let (pattern, given) = self.decoded()?;
        let ident = &self.sig.ident;
        let call = quote!(<#state>::#ident(&refrain_state.borrow(), #(#given),*));
        // What borrows of the state is encoded while that is borrowed.
        let answer = match args::is_result(&self.sig) {
            true => quote!(#call.map(|it| ::refrain_sdk::to_payload(&it))),
            false => quote!(::std::result::Result::Ok(::refrain_sdk::to_payload(&#call))),
        };
        Ok(quote! {
            ::refrain_sdk::on_encoded_query(#name, {
                let refrain_state = refrain_state.clone();
                move |#pattern| #answer
            });
        })
    }

    fn update(&self, state: &Type, validator: Option<&Method>) -> Result<TokenStream> {
        let Method { name, .. } = self;
        let (pattern, given) = self.decoded()?;
        let ident = &self.sig.ident;
        let handled = if self.sig.asyncness.is_some() {
            shared_first(&self.sig)?;
            args::result(&self.sig)?;
            quote!(<#state>::#ident(refrain_state, #(#given),*).await)
        } else {
            self.expect_self(true)?;
            let call = quote!(refrain_state.update(|it| <#state>::#ident(it, #(#given),*)));
            match args::is_result(&self.sig) {
                true => call,
                false => quote!(::std::result::Result::Ok::<_, ::refrain_sdk::Failure>(#call)),
            }
        };
        let (types, names) = self.types_and_names()?;
        let valid = match validator {
            None => quote!(::std::result::Result::Ok(())),
            Some(validator) => {
                validator.expect_self(false)?;
                let ident = &validator.sig.ident;
                quote!(<#state>::#ident(&refrain_state.borrow(), #(#names),*))
            }
        };
        let looked_at = match validator {
            None => quote!(_),
            Some(_) => quote!((#(#names,)*)),
        };
        Ok(quote! {
            ::refrain_sdk::on_validated_update(
                #name,
                {
                    let refrain_state = refrain_state.clone();
                    move |#looked_at: &(#(#types,)*)| #valid
                },
                {
                    let refrain_state = refrain_state.clone();
                    move |#pattern| {
                        let refrain_state = refrain_state.clone();
                        async move { #handled }
                    }
                },
            );
        })
    }

    fn types_and_names(&self) -> Result<(Vec<TokenStream>, Vec<Ident>)> {
        let arguments = args::of(&self.sig, 1)?;
        Ok(arguments.into_iter().map(|it| (it.owned(), it.name)).unzip())
    }

    /// The pattern that takes the decoded arguments, and what the method is given of them.
    fn decoded(&self) -> Result<(TokenStream, Vec<TokenStream>)> {
        let arguments = args::of(&self.sig, 1)?;
        let names = arguments.iter().map(|it| &it.name);
        let types = arguments.iter().map(Arg::owned);
        let pattern = quote!((#(#names,)*): (#(#types,)*));
        Ok((pattern, arguments.iter().map(Arg::given).collect()))
    }

    fn expect_self(&self, mutable: bool) -> Result<()> {
        let expected = if mutable { "&mut self" } else { "&self" };
        let fits = |it: &Receiver| matches!(&it.kind, ReceiverKind::Reference(_, _, its) if its.is_some() == mutable);
        if self.sig.asyncness.is_none() && self.sig.receiver().is_some_and(fits) {
            return Ok(());
        }
        Err(Error::new_spanned(&self.sig, format!("expected `fn({expected}, ...)`")))
    }
}

/// What is async can't borrow the state while it waits.
fn shared_first(signature: &Signature) -> Result<()> {
    match signature.inputs.first() {
        Some(syn::FnArg::Typed(_)) => Ok(()),
        _ => Err(Error::new_spanned(
            signature,
            "expected `state: Shared<Self>` as its first argument",
        )),
    }
}

fn state_name(state: &Type) -> Result<LitStr> {
    if let Type::Path(path) = state
        && let Some(last) = path.path.segments.last()
        && last.arguments.is_empty()
    {
        return Ok(options::name_of(&last.ident));
    }
    Err(Error::new_spanned(state, "expected a struct without parameters"))
}
