//! The query language of lists, as far as we have it: conditions joined by AND, and one GROUP BY.
//!
//! This file knows the language; what a condition means for a list is in `list.rs`. Names and
//! status values are case-sensitive, keywords are not, as in the real server.

use crate::status::invalid;
use tonic::Status;

/// A query is a line that a person typed or a web page made.
const QUERY_BYTES_MAX: usize = 16 << 10;
const IN_VALUES_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    WorkflowId,
    WorkflowType,
    ExecutionStatus,
    RunId,
    StartTime,
    CloseTime,
    TaskQueue,
    /// One of the real server's that no run of ours has a value for.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsWith,
    /// One of several; [`Comparison::Equal`] to any.
    In,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) attribute: Attribute,
    pub(crate) comparison: Comparison,
    /// One, or for `In` at least one.
    pub(crate) values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) group_by: Option<Attribute>,
}

impl Attribute {
    const ALL: [Attribute; 7] = [
        Attribute::WorkflowId,
        Attribute::WorkflowType,
        Attribute::ExecutionStatus,
        Attribute::RunId,
        Attribute::StartTime,
        Attribute::CloseTime,
        Attribute::TaskQueue,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Attribute::WorkflowId => "WorkflowId",
            Attribute::WorkflowType => "WorkflowType",
            Attribute::ExecutionStatus => "ExecutionStatus",
            Attribute::RunId => "RunId",
            Attribute::StartTime => "StartTime",
            Attribute::CloseTime => "CloseTime",
            Attribute::TaskQueue => "TaskQueue",
            Attribute::Absent => "TemporalReportedProblems",
        }
    }

    fn parse(name: &str) -> Result<Attribute, Status> {
        match name {
            // Without child workflows every run is the root of its own tree.
            "RootWorkflowId" => return Ok(Attribute::WorkflowId),
            "RootRunId" => return Ok(Attribute::RunId),
            // Asked for by the web page, on every visit.
            "ParentWorkflowId"
            | "ParentRunId"
            | "TemporalReportedProblems"
            | "TemporalScheduledById" => return Ok(Attribute::Absent),
            _ => {}
        }
        let found = Attribute::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = Attribute::ALL.into_iter().map(Attribute::name).collect();
            invalid(format!(
                "query: unknown search attribute `{name}`, expected one of {}",
                known.join(", ")
            ))
        })
    }
}

impl Comparison {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::StartsWith => "STARTS_WITH",
            Comparison::In => "IN",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A bare word: an attribute, a keyword, a number.
    Word(String),
    /// In backticks: an attribute, whatever it looks like.
    Name(String),
    /// In single or double quotes.
    Text(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `(`, `)`, `,`.
    Sign(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Token::Word(it) | Token::Name(it) => format!("`{it}`"),
            Token::Text(it) => format!("`\"{it}\"`"),
            Token::Sign(it) => format!("`{it}`"),
        }
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        match self {
            Token::Word(it) => it.eq_ignore_ascii_case(keyword),
            Token::Name(_) | Token::Text(_) | Token::Sign(_) => false,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Status> {
    const SIGNS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(if sign == "<>" { "!=" } else { sign }));
            rest = rest[sign.len()..].trim_start();
            continue;
        }
        match first {
            '"' | '\'' | '`' => {
                let (value, after) = quoted(rest, first)?;
                tokens.push(if first == '`' { Token::Name(value) } else { Token::Text(value) });
                rest = after.trim_start();
            }
            _ => {
                let is_word =
                    |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '+');
                let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(invalid(format!(
                        "query: found `{first}`, expected an attribute, a value or an operator"
                    )));
                }
                tokens.push(Token::Word(rest[..end].to_owned()));
                rest = rest[end..].trim_start();
            }
        }
    }
    Ok(tokens)
}

/// The text between quotes, and what follows. A backslash or a second quote makes a quote.
fn quoted(text: &str, quote: char) -> Result<(String, &str), Status> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    value.push(quote);
                    chars.next();
                }
                Some(_) | None => return Ok((value, &text[at + c.len_utf8()..])),
            }
        } else if c == '\\' {
            if let Some((_, next)) = chars.next() {
                value.push(next);
            }
        } else {
            value.push(c);
        }
    }
    Err(invalid(format!("query: found no closing {quote} after `{value}`, expected one")))
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

pub(crate) fn parse(text: &str) -> Result<Query, Status> {
    if text.len() > QUERY_BYTES_MAX {
        let found = text.len();
        return Err(invalid(format!(
            "query has {found} bytes, expected at most {QUERY_BYTES_MAX}"
        )));
    }
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable() };
    let mut query = Query::default();
    if !parser.at_keyword("GROUP") && parser.tokens.peek().is_some() {
        parser.conjunction(&mut query.conditions, 0)?;
    }
    if parser.take_keyword("GROUP") {
        if !parser.take_keyword("BY") {
            return Err(parser.unexpected("`BY` after `GROUP`"));
        }
        query.group_by = Some(parser.attribute()?);
    }
    if parser.at_keyword("ORDER") {
        return Err(invalid("query: found `ORDER BY`, expected none: the newest come first"));
    }
    match parser.tokens.peek() {
        None => Ok(query),
        Some(_) => Err(parser.unexpected("`AND` or the end")),
    }
}

impl Parser {
    fn at_keyword(&mut self, keyword: &str) -> bool {
        self.tokens.peek().is_some_and(|it| it.is_keyword(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        self.tokens.next_if(|it| it.is_keyword(keyword)).is_some()
    }

    fn take_sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if(|it| *it == Token::Sign(sign)).is_some()
    }

    fn unexpected(&mut self, expected: &str) -> Status {
        let found = self.tokens.peek().map_or("the end".to_owned(), Token::shown);
        invalid(format!("query: found {found}, expected {expected}"))
    }

    /// Parentheses around conditions change nothing while there is only AND.
    fn conjunction(&mut self, into: &mut Vec<Condition>, depth: u32) -> Result<(), Status> {
        const DEPTH_MAX: u32 = 20;
        if depth > DEPTH_MAX {
            return Err(invalid(format!(
                "query: found more than {DEPTH_MAX} parentheses in each other, expected fewer"
            )));
        }
        loop {
            if self.take_sign("(") {
                self.conjunction(into, depth + 1)?;
                if !self.take_sign(")") {
                    return Err(self.unexpected("`)`"));
                }
            } else {
                self.condition(into)?;
            }
            if self.at_keyword("OR") {
                return Err(invalid(
                    "query: found `OR`, expected `AND`: this host joins conditions by AND only; use `IN` for one of several values",
                ));
            }
            if !self.take_keyword("AND") {
                return Ok(());
            }
        }
    }

    fn attribute(&mut self) -> Result<Attribute, Status> {
        match self.tokens.next_if(|it| matches!(it, Token::Word(_) | Token::Name(_))) {
            Some(Token::Word(name) | Token::Name(name)) => Attribute::parse(&name),
            Some(Token::Text(_) | Token::Sign(_)) | None => {
                Err(self.unexpected("the name of a search attribute"))
            }
        }
    }

    fn condition(&mut self, into: &mut Vec<Condition>) -> Result<(), Status> {
        if self.at_keyword("NOT") {
            return Err(invalid("query: found `NOT`, expected a condition such as `a != \"b\"`"));
        }
        let attribute = self.attribute()?;
        if self.take_keyword("BETWEEN") {
            let least = vec![self.value()?];
            if !self.take_keyword("AND") {
                return Err(self.unexpected("`AND` between the two ends of `BETWEEN`"));
            }
            let most = vec![self.value()?];
            let comparison = Comparison::GreaterOrEqual;
            into.push(Condition { attribute, comparison, values: least });
            let comparison = Comparison::LessOrEqual;
            into.push(Condition { attribute, comparison, values: most });
            return Ok(());
        }
        let comparison = self.comparison()?;
        let values = match comparison {
            Comparison::In => self.values()?,
            _ => vec![self.value()?],
        };
        into.push(Condition { attribute, comparison, values });
        Ok(())
    }

    fn comparison(&mut self) -> Result<Comparison, Status> {
        if self.take_keyword("IN") {
            return Ok(Comparison::In);
        }
        if self.take_keyword("STARTS_WITH") {
            return Ok(Comparison::StartsWith);
        }
        let found = match self.tokens.peek() {
            Some(Token::Sign("=")) => Comparison::Equal,
            Some(Token::Sign("!=")) => Comparison::NotEqual,
            Some(Token::Sign("<")) => Comparison::Less,
            Some(Token::Sign("<=")) => Comparison::LessOrEqual,
            Some(Token::Sign(">")) => Comparison::Greater,
            Some(Token::Sign(">=")) => Comparison::GreaterOrEqual,
            Some(Token::Sign(_) | Token::Word(_) | Token::Name(_) | Token::Text(_)) | None => {
                return Err(self.unexpected("one of = != < <= > >= IN STARTS_WITH BETWEEN"));
            }
        };
        self.tokens.next();
        Ok(found)
    }

    fn value(&mut self) -> Result<String, Status> {
        match self.tokens.next_if(|it| matches!(it, Token::Word(_) | Token::Text(_))) {
            Some(Token::Word(value) | Token::Text(value)) => Ok(value),
            Some(Token::Name(_) | Token::Sign(_)) | None => {
                Err(self.unexpected("a value, in quotes if it is a text"))
            }
        }
    }

    fn values(&mut self) -> Result<Vec<String>, Status> {
        if !self.take_sign("(") {
            return Err(self.unexpected("`(` after `IN`"));
        }
        let mut values = vec![self.value()?];
        while self.take_sign(",") {
            if values.len() == IN_VALUES_MAX {
                return Err(invalid(format!(
                    "query: found more than {IN_VALUES_MAX} values after `IN`, expected fewer"
                )));
            }
            values.push(self.value()?);
        }
        if !self.take_sign(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let shown = match parse(text) {
            Ok(query) => {
                let conditions: Vec<String> = query
                    .conditions
                    .iter()
                    .map(|it| {
                        let (name, sign) = (it.attribute.name(), it.comparison.sign());
                        format!("{name} {sign} {:?}", it.values)
                    })
                    .collect();
                let group = query.group_by.map(|it| format!(" by {}", it.name()));
                conditions.join(" & ") + &group.unwrap_or_default()
            }
            Err(status) => status.message().to_owned(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn what_clients_send_is_read() {
        check("", expect![[""]]);
        check("WorkflowType=\"Wf\"", expect![[r#"WorkflowType = ["Wf"]"#]]);
        check(
            "`ExecutionStatus`=\"Running\" and WorkflowId != 'a''b'",
            expect![[r#"ExecutionStatus = ["Running"] & WorkflowId != ["a'b"]"#]],
        );
        check(
            "WorkflowType='Wf' GROUP BY ExecutionStatus",
            expect![[r#"WorkflowType = ["Wf"] by ExecutionStatus"#]],
        );
        check("GROUP BY `ExecutionStatus`", expect![" by ExecutionStatus"]);
        check(
            "(StartTime >= '2026-11-22T00:00:00Z') AND (CloseTime<'x')",
            expect![[r#"StartTime >= ["2026-11-22T00:00:00Z"] & CloseTime < ["x"]"#]],
        );
        check(
            "ExecutionStatus IN (\"Running\", 'Failed') AND ExecutionStatus = 1",
            expect![[r#"ExecutionStatus IN ["Running", "Failed"] & ExecutionStatus = ["1"]"#]],
        );
        check("WorkflowId STARTS_WITH \"a\\\"b\"", expect![[r#"WorkflowId STARTS_WITH ["a\"b"]"#]]);
    }

    #[test]
    fn what_is_wrong_is_named_with_what_was_expected() {
        check(
            "Color = 'red'",
            expect![
                "query: unknown search attribute `Color`, expected one of WorkflowId, WorkflowType, ExecutionStatus, RunId, StartTime, CloseTime, TaskQueue"
            ],
        );
        check(
            "WorkflowId",
            expect!["query: found the end, expected one of = != < <= > >= IN STARTS_WITH BETWEEN"],
        );
        check(
            "WorkflowId = ",
            expect!["query: found the end, expected a value, in quotes if it is a text"],
        );
        check("WorkflowId = 'a", expect!["query: found no closing ' after `a`, expected one"]);
        check(
            "WorkflowId = 'a' WorkflowType = 'b'",
            expect!["query: found `WorkflowType`, expected `AND` or the end"],
        );
        check(
            "WorkflowId = 'a' OR WorkflowType = 'b'",
            expect![
                "query: found `OR`, expected `AND`: this host joins conditions by AND only; use `IN` for one of several values"
            ],
        );
        check("WorkflowId IN 'a'", expect![[r#"query: found `"a"`, expected `(` after `IN`"#]]);
        check("WorkflowId IN ('a'", expect!["query: found the end, expected `,` or `)`"]);
        check(
            "WorkflowId = 'a' ORDER BY StartTime",
            expect!["query: found `ORDER BY`, expected none: the newest come first"],
        );
        check(
            "WorkflowId LIKE 'a%'",
            expect!["query: found `LIKE`, expected one of = != < <= > >= IN STARTS_WITH BETWEEN"],
        );
        check(
            "NOT WorkflowId = 'a'",
            expect![[r#"query: found `NOT`, expected a condition such as `a != "b"`"#]],
        );
        check(
            "WorkflowId = 'a' ; DROP",
            expect!["query: found `;`, expected an attribute, a value or an operator"],
        );
        check(
            "GROUP ExecutionStatus",
            expect!["query: found `ExecutionStatus`, expected `BY` after `GROUP`"],
        );
    }

    #[test]
    fn no_text_makes_it_panic() {
        let parts = ["(", ")", "'", "\"", "`", "=", "é", "IN", "AND", "WorkflowId", ",", "\\", " "];
        let mut seed = 17_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(parts[(seed >> 33) as usize % parts.len()]);
            }
            let _ = parse(&text);
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
    }
}
