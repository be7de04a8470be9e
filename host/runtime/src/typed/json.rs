//! Values of WIT types as JSON and back, for workers in any language.
//!
//! | WIT | JSON |
//! |---|---|
//! | numbers, `bool` | numbers, booleans |
//! | `string`, `char` | strings |
//! | `list<u8>` | a string in base64 |
//! | `list`, `tuple` | arrays |
//! | `record` | an object, fields in the order of their declaration |
//! | `option` | the value or `null`; a field that is missing is none |
//! | `enum`, a case without a value | its name |
//! | a case with a value | `{"name": value}` |
//! | `flags` | an array of names |
//! | `result` | `{"ok": value}` or `{"error": value}` |

use super::names::camel;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use refrain_core::limits::BLOB_BYTES_MAX;
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::{fmt, io};
use wasmtime::component::{Type, Val};

/// Can every value of the type be written as JSON? Errors: what can't.
pub(crate) fn check(ty: &Type) -> Result<(), String> {
    let refused = |what: &str| Err(what.to_owned());
    match ty {
        Type::Bool
        | Type::S8
        | Type::U8
        | Type::S16
        | Type::U16
        | Type::S32
        | Type::U32
        | Type::S64
        | Type::U64
        | Type::Float32
        | Type::Float64
        | Type::Char
        | Type::String => Ok(()),
        Type::Enum(cases) => check_names(cases.names()),
        Type::Flags(flags) => check_names(flags.names()),
        Type::List(list) => check(&list.ty()),
        Type::FixedLengthList(list) => check(&list.ty()),
        // JSON has one `null`.
        Type::Option(option) if matches!(option.ty(), Type::Option(_)) => {
            refused("an option in an option")
        }
        Type::Option(option) => check(&option.ty()),
        Type::Record(record) => {
            check_names(record.fields().map(|field| field.name))?;
            record.fields().try_for_each(|field| check(&field.ty))
        }
        Type::Tuple(tuple) => tuple.types().try_for_each(|ty| check(&ty)),
        Type::Variant(variant) => {
            check_names(variant.cases().map(|case| case.name))?;
            variant.cases().filter_map(|case| case.ty).try_for_each(|ty| check(&ty))
        }
        Type::Result(result) => {
            [result.ok(), result.err()].into_iter().flatten().try_for_each(|ty| check(&ty))
        }
        Type::Map(_) => refused("a map"),
        Type::Own(_) | Type::Borrow(_) => refused("a resource"),
        Type::Future(_) => refused("a future"),
        Type::Stream(_) => refused("a stream"),
        Type::ErrorContext => refused("an error-context"),
    }
}

/// `a-1` and `a1` are two names in WIT, and one in JSON.
fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut known = BTreeMap::new();
    for name in names {
        if let Some(other) = known.insert(camel(name), name) {
            let json = camel(name);
            return Err(format!("`{other}` and `{name}`, which are both `{json}`"));
        }
    }
    Ok(())
}

fn is_bytes(ty: &Type) -> bool {
    matches!(ty, Type::List(list) if list.ty() == Type::U8)
}

/// Errors: a number that JSON doesn't have, and a value that is too large.
pub(crate) fn to_json(ty: &Type, value: &Val) -> Result<String, serde_json::Error> {
    let mut text = Text(String::new());
    let room = Room(Cell::new(VALUES_MAX));
    serde_json::to_writer(&mut text, &Json { ty, value, room: &room })?;
    Ok(text.0)
}

/// A value of a guest's may be many times as long in JSON.
struct Text(String);

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        if self.0.len() + text.len() > BLOB_BYTES_MAX {
            let what =
                format!("it has more than {BLOB_BYTES_MAX} bytes, which are allowed at most");
            return Err(io::Error::other(what));
        }
        self.0.push_str(text);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a `list<u8>`, which alone need no JSON.
pub(crate) fn to_bytes(ty: &Type, value: &Val) -> Option<Vec<u8>> {
    match (ty, value) {
        (Type::Option(option), Val::Option(Some(value))) => to_bytes(&option.ty(), value),
        (ty, Val::List(items)) if is_bytes(ty) => Some(items.iter().map(byte).collect()),
        (_, _) => None,
    }
}

pub(crate) fn from_bytes(ty: &Type, bytes: &[u8]) -> Option<Val> {
    if let Type::Option(option) = ty {
        return from_bytes(&option.ty(), bytes).map(|it| Val::Option(Some(Box::new(it))));
    }
    is_bytes(ty).then(|| Val::List(bytes.iter().copied().map(Val::U8).collect()))
}

fn byte(value: &Val) -> u8 {
    match value {
        Val::U8(byte) => *byte,
        // Not our enum, and the type has said that it's a byte.
        _ => 0,
    }
}

/// wasmtime checks that the value is of that type before it comes here.
struct Json<'a> {
    ty: &'a Type,
    value: &'a Val,
    room: &'a Room,
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let room = self.room;
        let n_names = if let Type::Variant(variant) = self.ty { variant.cases().len() } else { 0 };
        room.take(n_names).map_err(S::Error::custom)?;
        match (self.value, self.ty) {
            (Val::Bool(it), _) => to.serialize_bool(*it),
            (Val::S8(it), _) => to.serialize_i8(*it),
            (Val::U8(it), _) => to.serialize_u8(*it),
            (Val::S16(it), _) => to.serialize_i16(*it),
            (Val::U16(it), _) => to.serialize_u16(*it),
            (Val::S32(it), _) => to.serialize_i32(*it),
            (Val::U32(it), _) => to.serialize_u32(*it),
            (Val::S64(it), _) => to.serialize_i64(*it),
            (Val::U64(it), _) => to.serialize_u64(*it),
            (Val::Float32(it), _) if it.is_finite() => to.serialize_f32(*it),
            (Val::Float64(it), _) if it.is_finite() => to.serialize_f64(*it),
            (Val::Float32(_) | Val::Float64(_), _) => {
                Err(S::Error::custom("a number that is not finite has no JSON form"))
            }
            (Val::Char(it), _) => to.serialize_char(*it),
            (Val::String(it), _) => to.serialize_str(it),
            (Val::List(items), ty) if is_bytes(ty) => {
                let bytes: Vec<u8> = items.iter().map(byte).collect();
                to.serialize_str(&BASE64_STANDARD.encode(bytes))
            }
            (Val::List(items), Type::List(list)) => array(to, &list.ty(), items, room),
            (Val::FixedLengthList(items), Type::FixedLengthList(list)) => {
                array(to, &list.ty(), items, room)
            }
            (Val::Tuple(items), Type::Tuple(tuple)) => {
                let mut seq = to.serialize_seq(Some(items.len()))?;
                for (ty, value) in tuple.types().zip(items) {
                    seq.serialize_element(&Json { ty: &ty, value, room })?;
                }
                seq.end()
            }
            (Val::Record(fields), Type::Record(record)) => {
                let mut map = to.serialize_map(Some(fields.len()))?;
                for (field, (name, value)) in record.fields().zip(fields) {
                    map.serialize_entry(&camel(name), &Json { ty: &field.ty, value, room })?;
                }
                map.end()
            }
            (Val::Variant(name, None), _) | (Val::Enum(name), _) => to.serialize_str(&camel(name)),
            (Val::Variant(name, Some(value)), Type::Variant(variant)) => {
                let case = variant.cases().find(|case| case.name == name);
                let ty = case.and_then(|case| case.ty);
                entry(to, &camel(name), ty.as_ref(), Some(value), room)
            }
            (Val::Option(None), _) => to.serialize_unit(),
            (Val::Option(Some(value)), Type::Option(option)) => {
                Json { ty: &option.ty(), value, room }.serialize(to)
            }
            (Val::Result(Ok(value)), Type::Result(result)) => {
                entry(to, "ok", result.ok().as_ref(), value.as_deref(), room)
            }
            (Val::Result(Err(value)), Type::Result(result)) => {
                entry(to, "error", result.err().as_ref(), value.as_deref(), room)
            }
            (Val::Flags(names), _) => to.collect_seq(names.iter().map(|name| camel(name))),
            (_, ty) => Err(S::Error::custom(format!("{} has no JSON form", expected(ty)))),
        }
    }
}

fn array<S: Serializer>(to: S, ty: &Type, items: &[Val], room: &Room) -> Result<S::Ok, S::Error> {
    to.collect_seq(items.iter().map(|value| Json { ty, value, room }))
}

fn entry<S: Serializer>(
    to: S,
    name: &str,
    ty: Option<&Type>,
    value: Option<&Val>,
    room: &Room,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    match (ty, value) {
        (Some(ty), Some(value)) => map.serialize_entry(name, &Json { ty, value, room })?,
        (Some(_) | None, _) => map.serialize_entry(name, &())?,
    }
    map.end()
}

/// JSON that is not a value of the type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// From the outside in: `.items`, `[2]`, `.sku`.
    path: String,
    found: String,
    expected: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { path, found, expected } = self;
        match path.as_str() {
            "" => write!(f, "found {found}, expected {expected}"),
            path => {
                let path = path.trim_start_matches('.');
                write!(f, "found {found} at `{path}`, expected {expected}")
            }
        }
    }
}

impl Mismatch {
    fn at(mut self, place: &str) -> Mismatch {
        self.path.insert_str(0, place);
        self
    }
}

pub(crate) fn from_json(ty: &Type, json: &Value) -> Result<Val, Mismatch> {
    read(ty, json, &Room(Cell::new(VALUES_MAX)))
}

/// Of one argument or result. A few bytes may stand for many fields, all absent, or be looked for among
/// many names.
const VALUES_MAX: usize = 1_000_000;
/// So many names are compared in the time that a value takes.
const NAMES_PER_VALUE: usize = 8;

/// How many values there may still be.
struct Room(Cell<usize>);

impl Room {
    fn take(&self, n_names: usize) -> Result<(), Mismatch> {
        let left = self.0.get().checked_sub(1 + n_names / NAMES_PER_VALUE);
        self.0.set(left.ok_or_else(|| Mismatch {
            path: String::new(),
            found: format!("more than {VALUES_MAX} values"),
            expected: "fewer in one argument or result".to_owned(),
        })?);
        Ok(())
    }
}

fn read(ty: &Type, json: &Value, room: &Room) -> Result<Val, Mismatch> {
    room.take(match ty {
        Type::Enum(cases) => cases.names().len(),
        Type::Variant(variant) => variant.cases().len(),
        Type::Flags(flags) => flags.names().len() * json.as_array().map_or(0, Vec::len),
        _ => 0,
    })?;
    let wrong = || Mismatch { path: String::new(), found: found(json), expected: expected(ty) };
    let val = match (ty, json) {
        (Type::Bool, Value::Bool(it)) => Some(Val::Bool(*it)),
        (Type::S8, _) => integer(json).map(Val::S8),
        (Type::U8, _) => integer(json).map(Val::U8),
        (Type::S16, _) => integer(json).map(Val::S16),
        (Type::U16, _) => integer(json).map(Val::U16),
        (Type::S32, _) => integer(json).map(Val::S32),
        (Type::U32, _) => integer(json).map(Val::U32),
        (Type::S64, _) => integer(json).map(Val::S64),
        (Type::U64, _) => integer(json).map(Val::U64),
        #[expect(clippy::cast_possible_truncation, reason = "as whoever chose `f32` wants it")]
        (Type::Float32, Value::Number(it)) => it.as_f64().map(|it| Val::Float32(it as f32)),
        (Type::Float64, Value::Number(it)) => it.as_f64().map(Val::Float64),
        (Type::Char, Value::String(it)) => {
            let mut letters = it.chars();
            letters.next().filter(|_| letters.next().is_none()).map(Val::Char)
        }
        (Type::String, Value::String(it)) => Some(Val::String(it.clone())),
        (ty, Value::String(it)) if is_bytes(ty) => {
            BASE64_STANDARD.decode(it).ok().and_then(|bytes| from_bytes(ty, &bytes))
        }
        (Type::List(list), Value::Array(items)) => {
            Some(Val::List(items_in(&list.ty(), items, room)?))
        }
        (Type::FixedLengthList(list), Value::Array(items))
            if items.len() == list.len() as usize =>
        {
            Some(Val::FixedLengthList(items_in(&list.ty(), items, room)?))
        }
        (Type::Tuple(tuple), Value::Array(items)) if items.len() == tuple.types().len() => {
            let item = |(at, (ty, json)): (usize, (Type, &Value))| {
                read(&ty, json, room).map_err(|wrong| wrong.at(&format!("[{at}]")))
            };
            let items = tuple.types().zip(items).enumerate().map(item).collect::<Result<_, _>>()?;
            Some(Val::Tuple(items))
        }
        (Type::Record(record), Value::Object(object)) => {
            let read_field = |field: wasmtime::component::types::Field<'_>| {
                let name = camel(field.name);
                let json = object.get(&name).unwrap_or(&Value::Null);
                let value =
                    read(&field.ty, json, room).map_err(|wrong| wrong.at(&format!(".{name}")))?;
                Ok((field.name.to_owned(), value))
            };
            Some(Val::Record(record.fields().map(read_field).collect::<Result<_, _>>()?))
        }
        (Type::Enum(cases), Value::String(it)) => {
            cases.names().find(|name| camel(name) == *it).map(|name| Val::Enum(name.to_owned()))
        }
        (Type::Variant(variant), Value::String(it)) => variant
            .cases()
            .find(|case| case.ty.is_none() && camel(case.name) == *it)
            .map(|case| Val::Variant(case.name.to_owned(), None)),
        (Type::Variant(variant), Value::Object(object)) if object.len() == 1 => {
            let mut found = None;
            for case in variant.cases() {
                let name = camel(case.name);
                if let (Some(json), Some(ty)) = (object.get(&name), &case.ty) {
                    let value =
                        read(ty, json, room).map_err(|wrong| wrong.at(&format!(".{name}")))?;
                    found = Some(Val::Variant(case.name.to_owned(), Some(Box::new(value))));
                }
            }
            found
        }
        (Type::Option(_), Value::Null) => Some(Val::Option(None)),
        (Type::Option(option), json) => {
            Some(Val::Option(Some(Box::new(read(&option.ty(), json, room)?))))
        }
        (Type::Result(result), Value::Object(object)) if object.len() == 1 => {
            match (object.get("ok"), object.get("error")) {
                (Some(json), _) => Some(Val::Result(Ok(boxed(result.ok(), json, ".ok", room)?))),
                (None, Some(json)) => {
                    Some(Val::Result(Err(boxed(result.err(), json, ".error", room)?)))
                }
                (None, None) => None,
            }
        }
        (Type::Flags(flags), Value::Array(items)) => items
            .iter()
            .map(|item| {
                flags.names().find(|name| item.as_str() == Some(&camel(name))).map(str::to_owned)
            })
            .collect::<Option<Vec<_>>>()
            .map(Val::Flags),
        (_, _) => None,
    };
    val.ok_or_else(wrong)
}

fn boxed(
    ty: Option<Type>,
    json: &Value,
    place: &str,
    room: &Room,
) -> Result<Option<Box<Val>>, Mismatch> {
    let Some(ty) = ty else { return Ok(None) };
    read(&ty, json, room).map(|value| Some(Box::new(value))).map_err(|wrong| wrong.at(place))
}

fn items_in(ty: &Type, items: &[Value], room: &Room) -> Result<Vec<Val>, Mismatch> {
    let item = |(at, json): (usize, &Value)| {
        read(ty, json, room).map_err(|wrong| wrong.at(&format!("[{at}]")))
    };
    items.iter().enumerate().map(item).collect()
}

/// `3.0` is an integer too: some languages have no other numbers.
fn integer<T: TryFrom<i128>>(json: &Value) -> Option<T> {
    let Value::Number(number) = json else { return None };
    let whole = number.as_i128().or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and `as` saturates")]
        number.as_f64().filter(|it| it.fract() == 0.0).map(|it| it as i128)
    })?;
    T::try_from(whole).ok()
}

fn found(json: &Value) -> String {
    const LETTERS_MAX: usize = 40;
    let text = json.to_string();
    match text.char_indices().nth(LETTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn expected(ty: &Type) -> String {
    let names = |names: Vec<String>| {
        let names: Vec<_> = names.iter().map(|name| format!("`{}`", camel(name))).collect();
        names.join(", ")
    };
    match ty {
        Type::Bool => "a boolean".to_owned(),
        Type::S8 | Type::S16 | Type::S32 | Type::S64 => "an integer".to_owned(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
            "an integer that is not negative".to_owned()
        }
        Type::Float32 | Type::Float64 => "a number".to_owned(),
        Type::Char => "one letter".to_owned(),
        Type::String => "a string".to_owned(),
        ty if is_bytes(ty) => "base64".to_owned(),
        Type::List(_) => "an array".to_owned(),
        Type::FixedLengthList(list) => format!("an array of {}", list.len()),
        Type::Tuple(tuple) => format!("an array of {}", tuple.types().len()),
        Type::Record(record) => {
            let fields = record.fields().map(|field| field.name.to_owned()).collect();
            format!("an object with {}", names(fields))
        }
        Type::Enum(it) => format!("one of {}", names(it.names().map(str::to_owned).collect())),
        Type::Variant(it) => {
            format!("one of {}", names(it.cases().map(|case| case.name.to_owned()).collect()))
        }
        Type::Option(option) => format!("null or {}", expected(&option.ty())),
        Type::Result(_) => "an object with `ok` or `error`".to_owned(),
        Type::Flags(it) => {
            format!("an array of {}", names(it.names().map(str::to_owned).collect()))
        }
        Type::Map(_) => "a map".to_owned(),
        Type::Own(_) | Type::Borrow(_) => "a resource".to_owned(),
        Type::Future(_) => "a future".to_owned(),
        Type::Stream(_) => "a stream".to_owned(),
        Type::ErrorContext => "an error-context".to_owned(),
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::Engine;
    use wasmtime::component::Component;
    use wasmtime::component::types::ComponentItem;
    use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
    use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

    /// The type of the parameter of a function, as wasmtime tells it.
    pub(super) fn type_of(definitions: &str, ty: &str) -> Type {
        let wit = format!(
            "package test:types;
             interface api {{ {definitions} f: func(x: {ty}); }}
             world types {{ export api; }}"
        );
        let mut resolve = Resolve::default();
        let package = resolve.push_str("types.wit", &wit).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
        let mut module = dummy_module(&resolve, world, abi);
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        let bytes = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
        let engine = Engine::default();
        let component = Component::new(&engine, bytes).unwrap();
        let ty = component.component_type();
        let (_, api) = ty.exports(&engine).next().unwrap();
        let ComponentItem::ComponentInstance(api) = api.ty else { panic!("{:?}", api.ty) };
        let function = api.get_export(&engine, "f").unwrap();
        let ComponentItem::ComponentFunc(function) = function.ty else {
            panic!("{:?}", function.ty)
        };
        function.params().next().unwrap().1
    }

    /// What becomes of JSON that is read and written again, or what is wrong with it.
    fn again(ty: &Type, json: &str) -> String {
        match from_json(ty, &serde_json::from_str(json).unwrap()) {
            Ok(value) => to_json(ty, &value).unwrap(),
            Err(wrong) => wrong.to_string(),
        }
    }

    #[test]
    fn values_of_each_type_have_one_form() {
        for (ty, json) in [
            ("bool", "true"),
            ("u8", "255"),
            ("s64", "-9223372036854775808"),
            ("u64", "18446744073709551615"),
            ("f32", "0.1"),
            ("f64", "-1.5"),
            ("char", "\"ä\""),
            ("string", "\"two\\nlines\""),
            ("list<string>", "[\"a\",\"b\"]"),
            ("list<u8>", "\"AAH/\""),
            ("list<list<u8>>", "[\"AAH/\",\"\"]"),
            ("tuple<u32, bool>", "[1,true]"),
            ("option<u32>", "null"),
            ("option<u32>", "7"),
            ("result<u32, string>", "{\"ok\":7}"),
            ("result<u32, string>", "{\"error\":\"no\"}"),
            ("result", "{\"ok\":null}"),
        ] {
            assert_eq!(again(&type_of("", ty), json), json, "{ty}");
        }
        let (named, ty) = ("enum size { extra-large, small }", "size");
        assert_eq!(again(&type_of(named, ty), "\"extraLarge\""), "\"extraLarge\"");
        let (named, ty) = ("variant v { no-value, some-value(u32) }", "v");
        assert_eq!(again(&type_of(named, ty), "\"noValue\""), "\"noValue\"");
        assert_eq!(again(&type_of(named, ty), "{\"someValue\":3}"), "{\"someValue\":3}");
        let (named, ty) = ("flags access { to-read, to-write }", "access");
        assert_eq!(again(&type_of(named, ty), "[\"toWrite\"]"), "[\"toWrite\"]");
    }

    #[test]
    fn bytes_that_may_be_missing_are_bytes() {
        let ty = type_of("", "option<list<u8>>");
        let value = from_bytes(&ty, b"test").unwrap();
        assert_eq!(to_bytes(&ty, &value).unwrap(), b"test");
        assert_eq!(to_json(&ty, &value).unwrap(), "\"dGVzdA==\"");
        assert!(to_bytes(&ty, &Val::Option(None)).is_none());
    }

    #[test]
    fn an_option_in_an_option_is_refused() {
        let nested = type_of("", "option<option<u8>>");
        assert_eq!(check(&nested), Err("an option in an option".to_owned()));
        assert_eq!(check(&type_of("", "option<list<option<u8>>>")), Ok(()));
    }

    #[test]
    fn few_bytes_that_stand_for_many_values_have_a_limit() {
        let fields: String = (0..1000).map(|nth| format!("field{nth}: option<u8>, ")).collect();
        let ty = type_of(&format!("record r {{ {fields} }}"), "list<r>");
        let many = format!("[{}{{}}]", "{},".repeat(999));
        assert!(again(&ty, &many).contains("more than 1000000 values"));
        let cases: String = (0..1000).map(|nth| format!("case{nth}, ")).collect();
        let ty = type_of(&format!("enum e {{ {cases} }}"), "list<e>");
        let many = format!("[{}\"case999\"]", "\"case999\",".repeat(9999));
        assert!(again(&ty, &many).contains("more than 1000000 values"));
    }

    #[test]
    fn fields_stand_in_the_order_of_their_declaration_and_may_be_missing_if_optional() {
        let ty = type_of("record r { last-name: string, age: option<u8> }", "r");
        let json = "{\"other\":1,\"age\":3.0,\"lastName\":\"x\"}";
        assert_eq!(again(&ty, json), "{\"lastName\":\"x\",\"age\":3}");
        assert_eq!(again(&ty, "{\"lastName\":\"x\"}"), "{\"lastName\":\"x\",\"age\":null}");
    }

    #[test]
    fn json_of_another_shape_is_told_by_its_place() {
        let ty = type_of(
            "record item { sku: string } record order { items: list<item>, total: u8 }",
            "order",
        );
        assert_eq!(again(&ty, "3"), "found 3, expected an object with `items`, `total`");
        assert_eq!(
            again(&ty, "{\"items\":[{\"sku\":\"a\"},{}],\"total\":1}"),
            "found null at `items[1].sku`, expected a string"
        );
        assert_eq!(
            again(&ty, "{\"items\":[],\"total\":256}"),
            "found 256 at `total`, expected an integer that is not negative"
        );
        let size = type_of("enum size { large, small }", "size");
        assert_eq!(again(&size, "\"huge\""), "found \"huge\", expected one of `large`, `small`");
    }

    #[test]
    fn a_number_is_the_same_to_its_last_bit_when_it_comes_back() {
        // Numbers that a parser which does not look at the last digits has one bit off.
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..10_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let number = f64::from_bits(bits);
            if number.is_finite() {
                let json = to_json(&Type::Float64, &Val::Float64(number)).unwrap();
                let again = from_json(&Type::Float64, &serde_json::from_str(&json).unwrap());
                assert_eq!(again, Ok(Val::Float64(number)), "{json}");
            }
        }
    }

    #[test]
    fn names_that_are_one_in_json_are_refused() {
        let refused = check_names(["b", "a-1", "a1"].into_iter());
        assert_eq!(refused, Err("`a-1` and `a1`, which are both `a1`".to_owned()));
        assert_eq!(check_names(["a-b", "a-c"].into_iter()), Ok(()));
    }

    #[test]
    fn a_value_that_is_too_large_in_json_is_not_written() {
        let text = |n| to_json(&Type::String, &Val::String("x".repeat(n)));
        assert_eq!(text(BLOB_BYTES_MAX - 2).unwrap().len(), BLOB_BYTES_MAX);
        let refused = text(BLOB_BYTES_MAX - 1).unwrap_err().to_string();
        assert_eq!(refused, "it has more than 2097152 bytes, which are allowed at most");
        // Each of these is six bytes there.
        let refused = to_json(&Type::String, &Val::String("\0".repeat(BLOB_BYTES_MAX / 2)));
        assert!(refused.is_err());
    }

    #[test]
    fn values_that_are_looked_for_among_many_names_have_a_limit_on_their_way_out_too() {
        let cases: String = (0..1000).map(|nth| format!("case{nth}(u8), ")).collect();
        let ty = type_of(&format!("variant v {{ {cases} }}"), "list<v>");
        let value = Val::Variant("case999".to_owned(), Some(Box::new(Val::U8(1))));
        let refused = to_json(&ty, &Val::List(vec![value; 10_000])).unwrap_err().to_string();
        assert!(refused.contains("more than 1000000 values"), "{refused}");
    }

    #[test]
    fn numbers_without_json_form_are_refused() {
        let refused = to_json(&Type::Float64, &Val::Float64(f64::NAN)).unwrap_err();
        assert_eq!(refused.to_string(), "a number that is not finite has no JSON form");
    }

    #[test]
    fn what_stands_for_something_else_has_no_json_form() {
        for ty in ["own<account>", "list<borrow<account>>"] {
            let refused = check(&type_of("resource account;", ty));
            assert_eq!(refused, Err("a resource".to_owned()), "{ty}");
        }
        assert_eq!(check(&type_of("", "tuple<u8, list<string>>")), Ok(()));
    }
}
