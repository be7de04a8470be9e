//! Names of functions, as a backtrace shows them.
//!
//! What a compiler writes names a function by all its types, so that no two are the same: a fifth of a component. For people
//! its path is enough, and nothing else reads them.

use std::borrow::Cow;

use rustc_demangle::try_demangle;
use wasm_encoder::{Module, NameMap, NameSection, RawSection};
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload, TypeRef};

use crate::encode::why;

/// The core module with what a backtrace shows for names, where it names functions as Rust does.
pub(crate) fn shortened(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut made = Module::new();
    let mut n_imports = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(why)?;
        let Some((id, range)) = payload.as_section() else { continue };
        let data = &module[range.start as usize..range.end as usize];
        match &payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let is_function = matches!(import.map_err(why)?.ty, TypeRef::Func(_));
                    n_imports += u32::from(is_function);
                }
                made.section(&RawSection { id, data })
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => {
                    made.section(&short_names(names, n_imports).map_err(why)?)
                }
                _ => made.section(&RawSection { id, data }),
            },
            _ => made.section(&RawSection { id, data }),
        };
    }
    Ok(made.finish())
}

fn short_names(names: NameSectionReader<'_>, n_imports: u32) -> wasmparser::Result<NameSection> {
    let mut made = NameSection::new();
    for subsection in names {
        match subsection? {
            Name::Function(functions) => {
                let mut short = NameMap::new();
                for function in functions {
                    let function = function?;
                    // What is imported has no frame of its own.
                    if function.index >= n_imports {
                        short.append(function.index, &shown(function.name));
                    }
                }
                made.functions(&short);
            }
            Name::Module { name, .. } => made.module(name),
            // Of data and globals, which no backtrace has.
            _ => {}
        }
    }
    Ok(made)
}

/// `_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0ba0223c762f6865E` is `alloc::vec::Vec::push`. A name that is not Rust's stays.
fn shown(name: &str) -> Cow<'_, str> {
    match try_demangle(name) {
        Ok(path) => Cow::Owned(without_arguments(&format!("{path:#}"))),
        Err(_) => Cow::Borrowed(name),
    }
}

/// Without arguments of types: `<Fun as app::Callable<(A, B)>>::call` is `<Fun as app::Callable>::call`. What is dropped
/// is told all the same: `drop_in_place<app::Guard>`.
fn without_arguments(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let begins_a_path = match text.strip_suffix("::") {
            Some(_) => rest.starts_with("impl "),
            None => !text.ends_with(|c: char| c.is_alphanumeric() || c == '_'),
        };
        if begins_a_path || text.ends_with("drop_in_place") {
            text.push('<');
            continue;
        }
        text.truncate(text.trim_end_matches("::").len());
        rest = &rest[end_of_arguments(rest)..];
    }
    text.push_str(rest);
    text
}

/// After the `>` that closes what is open.
fn end_of_arguments(text: &str) -> usize {
    let mut n_open = 1;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => n_open += 1,
            '>' if before != '-' => n_open -= 1,
            _ => {}
        }
        if n_open == 0 {
            return at + 1;
        }
        before = c;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_as_their_author_wrote_them() {
        let cases = [
            ("_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0ba0223c762f6865E", "alloc::vec::Vec::push"),
            (
                "_ZN5hello5order28_$u7b$$u7b$closure$u7d$$u7d$17h0ba0223c762f6865E",
                "hello::order::{{closure}}",
            ),
            (
                "_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE6mallocCsebHcaeoSrxy_3std",
                "<dlmalloc::dlmalloc::Dlmalloc>::malloc",
            ),
            ("cabi_post_query", "cabi_post_query"),
            ("[async-lift]run", "[async-lift]run"),
        ];
        for (written, expected) in cases {
            assert_eq!(shown(written), expected);
        }
    }

    #[test]
    fn a_module_keeps_all_but_the_length_of_its_names() {
        let text = r#"(module $app
            (import "host" "log" (func $_ZN3app3log17h0ba0223c762f6865E))
            (func $_ZN3app3run17h0ba0223c762f6865E (export "run") (call 0))
            (@custom "producers" "\00"))"#;
        let module = wat::parse_str(text).unwrap();
        let short = shortened(&module).unwrap();
        assert!(short.len() < module.len());
        let expected = r#"(module $app
            (import "host" "log" (func))
            (func $app::run (export "run") (call 0))
            (@custom "producers" "\00"))"#;
        assert_eq!(short, wat::parse_str(expected).unwrap());
    }

    #[test]
    fn arguments_of_types_are_left_out() {
        let cases = [
            (
                "<Fun as app::Callable<(A,B)>>::call::{{closure}}",
                "<Fun as app::Callable>::call::{{closure}}",
            ),
            ("core::ptr::drop_in_place<app::Guard<T>>", "core::ptr::drop_in_place<app::Guard>"),
            (
                "app::value::<impl app::Read for app::Value<V>>::read",
                "app::value::<impl app::Read for app::Value>::read",
            ),
            ("<app::Map<fn(A) -> B, C> as app::Poll>::poll", "<app::Map as app::Poll>::poll"),
            ("app::join::<app::One<T>>::{closure#0}", "app::join::{closure#0}"),
            ("<[app::One<T>]>::sort::<F>", "<[app::One]>::sort"),
            ("<&mut app::One<T> as app::Poll>::poll", "<&mut app::One as app::Poll>::poll"),
            ("app::plain", "app::plain"),
            ("app::cut<off", "app::cut"),
        ];
        for (path, expected) in cases {
            assert_eq!(without_arguments(path), expected);
        }
    }
}
