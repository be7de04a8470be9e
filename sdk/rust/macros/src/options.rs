//! What is said in attributes and doc comments.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token, meta};

/// The name of what is given none.
pub(crate) fn name_of(ident: &Ident) -> LitStr {
    LitStr::new(&ident.to_string(), ident.span())
}

/// Of `#[workflow(...)]`.
#[derive(Default)]
pub(crate) struct Workflow {
    pub(crate) name: Option<LitStr>,
    pub(crate) signals: Vec<LitStr>,
    pub(crate) queries: Vec<LitStr>,
    pub(crate) updates: Vec<LitStr>,
}

impl Parse for Workflow {
    fn parse(input: ParseStream) -> Result<Workflow> {
        let mut it = Workflow::default();
        let parser = meta::parser(|option| {
            let list = if option.path.is_ident("name") {
                it.name = Some(option.value()?.parse()?);
                return Ok(());
            } else if option.path.is_ident("signals") {
                &mut it.signals
            } else if option.path.is_ident("queries") {
                &mut it.queries
            } else if option.path.is_ident("updates") {
                &mut it.updates
            } else {
                return Err(option.error("expected `name = \"...\"`, `signals(\"...\")`, `queries(\"...\")` or `updates(\"...\")`"));
            };
            let names;
            syn::parenthesized!(names in option.input);
            list.extend(Punctuated::<LitStr, Token![,]>::parse_terminated(&names)?);
            Ok(())
        });
        syn::parse::Parser::parse2(parser, input.parse()?)?;
        Ok(it)
    }
}

/// Takes the attribute `name` away, if it is there.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let at = attributes.iter().position(|it| it.path().is_ident(name))?;
    Some(attributes.remove(at))
}

/// The name that an attribute gives, if it does.
pub(crate) fn name(attribute: &Attribute) -> Result<Option<LitStr>> {
    let mut name = None;
    if !matches!(attribute.meta, Meta::Path(_)) {
        attribute.parse_nested_meta(|option| {
            if !option.path.is_ident("name") {
                return Err(option.error("expected `name = \"...\"`"));
            }
            name = Some(option.value()?.parse()?);
            Ok(())
        })?;
    }
    Ok(name)
}

/// The doc comment as one text.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|it| match &it.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
