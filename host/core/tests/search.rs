//! The language of list filters: what is read, what is refused and with which words, what holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use expect_test::{Expect, expect};
use proptest::prelude::*;
use refrain_core::search::{
    Expr, Field, Instant, Kind, Literal, Op, Query, Registry, Row, System, Value, holds, parse,
    typed, words,
};
use std::collections::BTreeMap;

fn registry() -> Registry {
    let names = [
        ("WInt", Kind::Int),
        ("WKw", Kind::Keyword),
        ("WText", Kind::Text),
        ("WDbl", Kind::Double),
        ("WBool", Kind::Bool),
        ("WDt", Kind::Datetime),
        ("WKl", Kind::KeywordList),
    ];
    Registry(names.map(|(name, kind)| (name.to_owned(), kind)).into())
}

/// What a filter says: as it is read, or why it is refused.
fn read(text: &str) -> String {
    match parse(text) {
        Err(error) => error.to_string(),
        Ok(query) => match typed(&query, &registry()) {
            Err(error) => error.to_string(),
            Ok(_) => query.to_string(),
        },
    }
}

fn check(texts: &[&str], expected: Expect) {
    let lines: Vec<String> = texts
        .iter()
        .map(|it| format!("{it}\n    {}", read(it)).trim_end().to_owned() + "\n")
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn what_clients_send_is_read() {
    check(
        &[
            "",
            "WorkflowType=\"Wf\"",
            "`ExecutionStatus`=\"Running\" and WorkflowId != 'a''b'",
            "WorkflowType='Wf' GROUP BY ExecutionStatus",
            "group by `ExecutionStatus`",
            "(StartTime >= '2026-11-22T00:00:00Z') AND (CloseTime<'2026-11-22T00:00:00.5+01:00')",
            "ExecutionStatus IN (\"Running\", 'Failed') OR ExecutionStatus = 1",
            "WorkflowId STARTS_WITH \"a\\\"b\" AND WKw not starts_with 'x'",
            "`ExecutionStatus`=\"Running\" AND `TemporalReportedProblems` IN (\"category=WorkflowTaskFailed\",\"category=WorkflowTaskTimedOut\")",
            "RootWorkflowId = \"w\" AND RootRunId = \"01a2037c-a29b-74f7-8688-7e8febe36f7a\"",
            "TemporalScheduledById=\"id\" GROUP BY ExecutionStatus",
            "WInt BETWEEN -5 AND 6 AND WInt NOT BETWEEN 1 AND 2",
            "NOT (WInt = 5 OR NOT WBool = TRUE) && WDbl > .5",
            "WInt IS NULL OR WKl is not null",
            "WText = 'quick dog' AND WKl NOT IN ('a', 'b')",
            "ExecutionDuration > '1h30m' AND ExecutionDuration < 5000000000",
            "WInt > 5.5 AND WInt = 99999999999999999999",
            "WInt = 5 AND WKw = 'Red' OR WKw='red'",
        ],
        expect![[r#"

            WorkflowType="Wf"
                `WorkflowType` = 'Wf'
            `ExecutionStatus`="Running" and WorkflowId != 'a''b'
                `ExecutionStatus` = 'Running' AND `WorkflowId` != 'a''b'
            WorkflowType='Wf' GROUP BY ExecutionStatus
                `WorkflowType` = 'Wf' GROUP BY `ExecutionStatus`
            group by `ExecutionStatus`
                GROUP BY `ExecutionStatus`
            (StartTime >= '2026-11-22T00:00:00Z') AND (CloseTime<'2026-11-22T00:00:00.5+01:00')
                `StartTime` >= '2026-11-22T00:00:00Z' AND `CloseTime` < '2026-11-22T00:00:00.5+01:00'
            ExecutionStatus IN ("Running", 'Failed') OR ExecutionStatus = 1
                `ExecutionStatus` IN ('Running', 'Failed') OR `ExecutionStatus` = 1
            WorkflowId STARTS_WITH "a\"b" AND WKw not starts_with 'x'
                `WorkflowId` STARTS_WITH 'a"b' AND `WKw` NOT STARTS_WITH 'x'
            `ExecutionStatus`="Running" AND `TemporalReportedProblems` IN ("category=WorkflowTaskFailed","category=WorkflowTaskTimedOut")
                `ExecutionStatus` = 'Running' AND `TemporalReportedProblems` IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')
            RootWorkflowId = "w" AND RootRunId = "01a2037c-a29b-74f7-8688-7e8febe36f7a"
                `RootWorkflowId` = 'w' AND `RootRunId` = '01a2037c-a29b-74f7-8688-7e8febe36f7a'
            TemporalScheduledById="id" GROUP BY ExecutionStatus
                `TemporalScheduledById` = 'id' GROUP BY `ExecutionStatus`
            WInt BETWEEN -5 AND 6 AND WInt NOT BETWEEN 1 AND 2
                `WInt` BETWEEN -5 AND 6 AND `WInt` NOT BETWEEN 1 AND 2
            NOT (WInt = 5 OR NOT WBool = TRUE) && WDbl > .5
                NOT (`WInt` = 5 OR NOT `WBool` = true) AND `WDbl` > 0.5
            WInt IS NULL OR WKl is not null
                `WInt` IS NULL OR `WKl` IS NOT NULL
            WText = 'quick dog' AND WKl NOT IN ('a', 'b')
                `WText` = 'quick dog' AND `WKl` NOT IN ('a', 'b')
            ExecutionDuration > '1h30m' AND ExecutionDuration < 5000000000
                `ExecutionDuration` > '1h30m' AND `ExecutionDuration` < 5000000000
            WInt > 5.5 AND WInt = 99999999999999999999
                `WInt` > 5.5 AND `WInt` = 1e20
            WInt = 5 AND WKw = 'Red' OR WKw='red'
                (`WInt` = 5 AND `WKw` = 'Red') OR `WKw` = 'red'
        "#]],
    );
}

#[test]
fn what_can_not_be_read_is_refused_with_its_place_and_what_was_expected() {
    check(
        &[
            "WInt = 5 AND",
            "(WInt = 5",
            "WInt = 5)",
            "WInt == 5",
            "= 5",
            "5 = WInt",
            "'WInt' = 5",
            "WInt",
            "WInt =",
            "WInt 5",
            "WInt = WDbl",
            "WKw = red",
            "WKw = 'red",
            "WKw = null",
            "WInt IN ()",
            "WInt IN 5",
            "WInt IS 5",
            "WInt NOT 5",
            "WInt BETWEEN 1 OR 2",
            "WKw LIKE 're%'",
            "WInt <=> 5",
            "WInt = 5; DROP TABLE x",
            "WInt = 5 + 1",
            "WInt = 1e999",
            "é = 5 ü",
            "WInt = 5 ORDER BY WInt",
            "ORDER BY StartTime",
            "GROUP BY ExecutionStatus, WorkflowType",
            "GROUP ExecutionStatus",
            "WInt = 5 LIMIT 1",
        ],
        expect![[r#"
            WInt = 5 AND
                malformed SQL query: syntax error at position 13: found the end, expected the name of a search attribute, without quotes
            (WInt = 5
                malformed SQL query: syntax error at position 10: found the end, expected `)`, `AND` or `OR`
            WInt = 5)
                malformed SQL query: syntax error at position 9: found `)`, expected `AND`, `OR`, `GROUP BY` or the end
            WInt == 5
                malformed SQL query: syntax error at position 7: found `=`, expected a value: a text in quotes, a number, true or false
            = 5
                malformed SQL query: syntax error at position 1: found `=`, expected the name of a search attribute, without quotes
            5 = WInt
                malformed SQL query: syntax error at position 1: found `5`, expected the name of a search attribute, without quotes
            'WInt' = 5
                malformed SQL query: syntax error at position 1: found `'WInt'`, expected the name of a search attribute, without quotes
            WInt
                invalid expression: incomplete expression `WInt` at position 1, expected an operator after it
            WInt =
                malformed SQL query: syntax error at position 7: found the end, expected a value: a text in quotes, a number, true or false
            WInt 5
                malformed SQL query: syntax error at position 6: found `5`, expected one of = != < <= > >= IN BETWEEN STARTS_WITH IS
            WInt = WDbl
                operation is not supported: column name on the right side of comparison expression (did you forget to quote "WDbl"?)
            WKw = red
                operation is not supported: column name on the right side of comparison expression (did you forget to quote "red"?)
            WKw = 'red
                malformed SQL query: syntax error at position 7: found no ' after `red`, expected a closing quote
            WKw = null
                malformed SQL query: syntax error at position 7: found `null`, expected a value: a text in quotes, a number, true or false
            WInt IN ()
                malformed SQL query: syntax error at position 10: found `)`, expected a value: a text in quotes, a number, true or false
            WInt IN 5
                malformed SQL query: syntax error at position 9: found `5`, expected `(` after `IN`
            WInt IS 5
                malformed SQL query: syntax error at position 9: found `5`, expected `NULL` or `NOT NULL` after `IS`
            WInt NOT 5
                malformed SQL query: syntax error at position 10: found `5`, expected `IN`, `BETWEEN` or `STARTS_WITH` after `NOT`
            WInt BETWEEN 1 OR 2
                malformed SQL query: syntax error at position 16: found `OR`, expected `AND` between the two ends of `BETWEEN`
            WKw LIKE 're%'
                operation is not supported: operator 'LIKE' at position 5
            WInt <=> 5
                operation is not supported: operator '<=>' at position 6
            WInt = 5; DROP TABLE x
                malformed SQL query: syntax error at position 9: found `;`, expected a name, a value or an operator
            WInt = 5 + 1
                malformed SQL query: syntax error at position 10: found `+`, expected `AND`, `OR`, `GROUP BY` or the end
            WInt = 1e999
                malformed SQL query: syntax error at position 8: found `1e999`, expected a number that is not too large
            é = 5 ü
                malformed SQL query: syntax error at position 7: found `ü`, expected `AND`, `OR`, `GROUP BY` or the end
            WInt = 5 ORDER BY WInt
                operation is not supported: 'ORDER BY' clause
            ORDER BY StartTime
                operation is not supported: 'ORDER BY' clause
            GROUP BY ExecutionStatus, WorkflowType
                operation is not supported: 'GROUP BY' clause supports only a single field
            GROUP ExecutionStatus
                malformed SQL query: syntax error at position 7: found `ExecutionStatus`, expected `BY` after `GROUP`
            WInt = 5 LIMIT 1
                malformed SQL query: syntax error at position 10: found `LIMIT`, expected `AND`, `OR`, `GROUP BY` or the end
        "#]],
    );
    let deep = |n: usize| format!("{}WInt=5{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(50)).is_ok());
    expect!["malformed SQL query: max nesting level reached at position 52: expected at most 50 parentheses in each other"]
        .assert_eq(&read(&deep(51)));
    let long = |n: usize| format!("WKw = '{}'", "x".repeat(n - 8));
    assert!(parse(&long(32 << 10)).is_ok());
    expect!["query has 32769 bytes, expected at most 32768"]
        .assert_eq(&read(&long((32 << 10) + 1)));
}

#[test]
fn what_makes_no_sense_is_refused_in_temporals_words() {
    check(
        &[
            "Nope = 5",
            "wint = 5",
            "WInt = '5'",
            "WInt = true",
            "WInt IN (5, '7')",
            "WInt STARTS_WITH 5",
            "WKw = 5",
            "WDbl = '2'",
            "WBool = 1",
            "WBool = 'true'",
            "WDt > '2026-11-22'",
            "WDt > true",
            "WText > 'a'",
            "WText IN ('quick')",
            "WText = ' '",
            "WText BETWEEN 'a' AND 'b'",
            "WKl > 'a'",
            "WKl BETWEEN 'a' AND 'b'",
            "WKl = 5",
            "ExecutionStatus = 'running'",
            "ExecutionStatus = 99",
            "ExecutionStatus = '1'",
            "ExecutionDuration > '1x'",
            "GROUP BY WInt",
            "GROUP BY Nope",
        ],
        expect![[r#"
            Nope = 5
                invalid search attribute: Nope
            wint = 5
                invalid search attribute: wint
            WInt = '5'
                invalid expression: invalid value type for search attribute WInt of type Int: "5" (type: string)
            WInt = true
                invalid expression: invalid value type for search attribute WInt of type Int: true (type: bool)
            WInt IN (5, '7')
                invalid expression: invalid value type for search attribute WInt of type Int: "7" (type: string)
            WInt STARTS_WITH 5
                operation is not supported: operator 'STARTS_WITH' not supported for Int type search attribute 'WInt'
            WKw = 5
                invalid expression: invalid value type for search attribute WKw of type Keyword: 5 (type: int64)
            WDbl = '2'
                invalid expression: invalid value type for search attribute WDbl of type Double: "2" (type: string)
            WBool = 1
                invalid expression: invalid value type for search attribute WBool of type Bool: 1 (type: int64)
            WBool = 'true'
                invalid expression: invalid value type for search attribute WBool of type Bool: "true" (type: string)
            WDt > '2026-11-22'
                invalid expression: unable to parse datetime '2026-11-22', expected one such as '2026-11-22T13:40:23Z'
            WDt > true
                invalid expression: invalid value type for search attribute WDt of type Datetime: true (type: bool)
            WText > 'a'
                operation is not supported: operator '>' not supported for Text type search attribute 'WText'
            WText IN ('quick')
                operation is not supported: operator 'IN' not supported for Text type search attribute 'WText'
            WText = ' '
                invalid expression: no tokens found filtering on Text type search attribute WText
            WText BETWEEN 'a' AND 'b'
                invalid expression: cannot do range condition on search attribute 'WText' of type Text
            WKl > 'a'
                operation is not supported: operator '>' not supported for KeywordList type search attribute 'WKl'
            WKl BETWEEN 'a' AND 'b'
                invalid expression: cannot do range condition on search attribute 'WKl' of type KeywordList
            WKl = 5
                invalid expression: invalid value type for search attribute WKl of type KeywordList: 5 (type: int64)
            ExecutionStatus = 'running'
                invalid expression: invalid ExecutionStatus value 'running'
            ExecutionStatus = 99
                invalid expression: invalid ExecutionStatus value 99
            ExecutionStatus = '1'
                invalid expression: invalid ExecutionStatus value '1'
            ExecutionDuration > '1x'
                invalid expression: invalid duration value for search attribute ExecutionDuration: 1x
            GROUP BY WInt
                operation is not supported: 'GROUP BY' clause is not supported for search attribute WInt
            GROUP BY Nope
                invalid search attribute: Nope
        "#]],
    );
}

/// A run with any of the attributes.
struct Run {
    status: i64,
    close_ms: Option<i64>,
    set: BTreeMap<&'static str, Vec<Value>>,
}

impl Row for Run {
    fn status(&self) -> i64 {
        self.status
    }

    fn values(&self, field: &Field) -> Vec<Value> {
        match field {
            Field::Set { name, .. } => self.set.get(name.as_str()).cloned().unwrap_or_default(),
            Field::System(System::CloseTime) => {
                self.close_ms.map(|it| Value::Time(Instant::from_ms(it))).into_iter().collect()
            }
            Field::System(_) => Vec::new(),
        }
    }
}

/// The runs of which the real server was asked the same: `fa` has one value of each type, `fb`
/// another, `fc` none; `fb` is terminated.
fn found(text: &str) -> String {
    let text_of = |it: &str| Value::Text(it.to_owned());
    let run = |int, keyword: &str, text: &str, double, bool, hour: i64, list: [&str; 2]| {
        BTreeMap::from([
            ("WInt", vec![Value::Int(int)]),
            ("WKw", vec![text_of(keyword)]),
            ("WText", words(text).iter().map(|it| text_of(it)).collect()),
            ("WDbl", vec![Value::Double(double)]),
            ("WBool", vec![Value::Bool(bool)]),
            ("WDt", vec![Value::Time(Instant { seconds: 1_795_305_600 + hour * 3600, nanos: 0 })]),
            ("WKl", list.map(text_of).to_vec()),
        ])
    };
    let runs = [
        ("fa", 1, run(5, "red", "The quick brown-fox, jumps! over_it", 1.5, true, 10, ["a", "b"])),
        ("fb", 5, run(7, "Red", "lazy Dog", 2.0, false, 11, ["b", "c"])),
        ("fc", 1, BTreeMap::new()),
    ];
    let condition = typed(&parse(text).unwrap(), &registry()).unwrap().condition;
    let found = runs.into_iter().filter_map(|(name, status, set)| {
        let close_ms = (status == 5).then_some(1_795_400_000_000);
        holds(&condition, &Run { status, close_ms, set }).then_some(name)
    });
    found.collect::<Vec<_>>().join(" ")
}

/// As the real server answered, for the same runs.
#[test]
fn filters_hold_for_what_they_hold_for_in_temporal() {
    for (text, expected) in [
        ("", "fa fb fc"),
        ("WInt = 5", "fa"),
        ("WInt = 5.0", "fa"),
        ("WInt > 5.5", "fb"),
        ("WInt = 1.5", ""),
        ("WInt != 5", "fb"),
        ("WInt NOT IN (5)", "fb"),
        ("WInt NOT BETWEEN 5 AND 6", "fb"),
        ("WInt IS NULL", "fc"),
        ("WInt IS NOT NULL", "fa fb"),
        ("NOT WInt = 5", "fb"),
        ("NOT NOT WInt = 5", "fa"),
        ("WKw > 'a'", "fa"),
        ("WKw STARTS_WITH 're'", "fa"),
        ("WKw NOT STARTS_WITH 're'", "fb"),
        ("WKw IN ('red','Red')", "fa fb"),
        ("WText = 'QUICK'", "fa"),
        ("WText = 'quick dog'", "fa fb"),
        ("WText = 'brown-fox'", "fa"),
        ("WText = 'over_it'", "fa"),
        ("WText != 'quick'", "fb fc"),
        ("WText != 'quick dog'", "fc"),
        ("WText = 'qui'", ""),
        ("WText = '!!'", ""),
        ("WText IS NULL", "fc"),
        ("WDbl > 1", "fa fb"),
        ("WDbl = 2", "fb"),
        ("WBool != true", "fb"),
        ("WBool > false", "fa"),
        ("WDt > '2026-11-22T10:30:00Z'", "fb"),
        ("WDt > 1763805600000000000", "fa fb"),
        ("WKl = 'b'", "fa fb"),
        ("WKl != 'a'", "fb fc"),
        ("WKl IN ('a','c')", "fa fb"),
        ("WKl NOT IN ('a','c')", "fc"),
        ("WKl IS NULL", "fc"),
        ("WInt = 5 OR WKw = 'Red'", "fa fb"),
        ("WInt = 5 AND WKw = 'Red' OR WKw='red'", "fa"),
        ("ExecutionStatus = 'Running'", "fa fc"),
        ("ExecutionStatus != 'Running'", "fb"),
        ("ExecutionStatus > 1", "fb"),
        ("ExecutionStatus IS NULL", ""),
        ("ExecutionStatus = 'Paused'", ""),
        ("CloseTime IS NULL", "fa fc"),
        ("CloseTime > '2020-01-01T00:00:00Z'", "fb"),
        ("NOT CloseTime > '2020-01-01T00:00:00Z'", ""),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "\\PC{0,8}".prop_map(Literal::Text),
        any::<String>().prop_map(Literal::Text),
        any::<i64>().prop_map(Literal::Int),
        any::<f64>().prop_filter("a number", |it| it.is_finite()).prop_map(Literal::Double),
        any::<bool>().prop_map(Literal::Bool),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z]{1,8}", "\\PC{1,6}", Just("AND".to_owned()), Just("a`b".to_owned())]
}

fn op() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![
        Op::Equal,
        Op::NotEqual,
        Op::Less,
        Op::LessOrEqual,
        Op::Greater,
        Op::GreaterOrEqual,
        Op::StartsWith,
        Op::NotStartsWith,
    ])
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (name(), op(), literal()).prop_map(|(name, op, value)| Expr::Compare { name, op, value }),
        (name(), any::<bool>(), prop::collection::vec(literal(), 1..4))
            .prop_map(|(name, negated, values)| Expr::In { name, negated, values }),
        (name(), any::<bool>(), literal(), literal())
            .prop_map(|(name, negated, low, high)| Expr::Between { name, negated, low, high }),
        (name(), any::<bool>()).prop_map(|(name, negated)| Expr::IsNull { name, negated }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Or),
            inner.prop_map(|it| Expr::Not(Box::new(it))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again_as_the_same(
        filter in prop::option::of(expr()),
        group_by in prop::option::of(name()),
    ) {
        let query = Query { filter, group_by };
        let text = query.to_string();
        prop_assume!(text.len() <= 32 << 10);
        prop_assert_eq!(parse(&text), Ok(query), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = parse(&text).map(|query| typed(&query, &registry()));
    }

    #[test]
    fn no_heap_of_pieces_makes_the_reader_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "WInt", "WKw", "StartTime", "=", "<", "!=", "AND", "OR", "NOT", "(", ")", "IN", ",",
                "BETWEEN", "IS", "NULL", "STARTS_WITH", "'a'", "\"", "'", "`", "5", "-1.5", "1e", ".",
                "\\", "GROUP", "BY", "é", "\0", "true",
            ]),
            0..24,
        ),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        let _ = parse(&pieces.join(glue)).map(|query| typed(&query, &registry()));
    }
}
