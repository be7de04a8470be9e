//! JSON that was right and is changed a little, as values of what a component declares.

use super::tests::type_of;
use super::*;
use refrain_fuzz::{Dice, rounds};

const ROUNDS: u32 = 20_000;

const DEFINITIONS: &str = "
    enum size { extra-large, small }
    flags access { to-read, to-write }
    record item { sku: string, n: u32, tags: list<string>, note: option<string>, size: size }
    variant kind { no-value, one(item), pair(tuple<s64, f64>), raw(list<u8>) }
    record order {
        items: list<item>, kinds: list<kind>, access: access, letter: char, small: s8, much: u64, part: f32,
        done: bool, outcome: result<item, string>, maybe: option<list<option<u8>>>,
    }";

const RIGHT: [(&str, &str); 4] = [
    (
        "order",
        r#"{"items":[{"sku":"a","n":4294967295,"tags":["x","y"],"note":null,"size":"small"}],"kinds":["noValue",{"one":{"sku":"b","n":0,"tags":[],"note":"n","size":"extraLarge"}},{"pair":[-9223372036854775808,1.5]},{"raw":"AAH/"}],"access":["toRead"],"letter":"\u00e4","small":-128,"much":18446744073709551615,"part":0.1,"done":true,"outcome":{"error":"no"},"maybe":[1,null]}"#,
    ),
    ("list<kind>", r#"[{"pair":[1,-0.5]},"noValue"]"#),
    ("tuple<list<u8>, option<f64>, result>", r#"["dGVzdA==",1e300,{"ok":null}]"#),
    ("list<tuple<char, bool>>", r#"[["\ud83e\udd80",false],["\n",true]]"#),
];

#[test]
fn json_that_nobody_would_write_is_a_mismatch_or_a_value_that_comes_back() {
    let types = RIGHT.map(|(ty, json)| (type_of(DEFINITIONS, ty), json));
    for (ty, json) in &types {
        let right = serde_json::from_str(json).expect("it is JSON");
        assert_eq!(from_json(ty, &right).map(drop), Ok(()), "{json}");
    }
    let mut dice = Dice::default();
    for _ in rounds(ROUNDS) {
        let (ty, json) = dice.one_of(&types);
        let bytes = dice.bytes_changed(json.as_bytes());
        let Ok(json) = serde_json::from_slice(&bytes) else { continue };
        let Ok(value) = from_json(ty, &json) else { continue };
        // A number may be greater than its type has room for.
        let Ok(written) = to_json(ty, &value) else { continue };
        let again = serde_json::from_str(&written).expect("it was just written");
        assert_eq!(from_json(ty, &again), Ok(value), "{}", bytes.escape_ascii());
    }
}
