//! Reads list filters: Temporal's, which are what comes after `WHERE` in SQL.
//!
//! Keywords may be written in any case, names and values may not. An error says where it is, what
//! stands there and what could.

use super::filter::{Expr, Literal, Op, Query};
use std::iter::Peekable;
use std::vec::IntoIter;

/// A filter is a line that a person typed or a web page made.
const QUERY_BYTES_MAX: usize = 32 << 10;
/// Parentheses and NOTs in each other.
const DEPTH_MAX: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error(
        "malformed SQL query: syntax error at position {position}: found {found}, expected {expected}"
    )]
    Unexpected {
        /// Characters, counted from 1.
        position: usize,
        found: String,
        expected: &'static str,
    },
    #[error("query has {found} bytes, expected at most {QUERY_BYTES_MAX}")]
    TooLong { found: usize },
    #[error(
        "malformed SQL query: max nesting level reached at position {position}: expected at most {DEPTH_MAX} parentheses in each other"
    )]
    TooDeep { position: usize },
    #[error(
        "invalid expression: incomplete expression `{name}` at position {position}, expected an operator after it"
    )]
    Incomplete { position: usize, name: String },
    #[error(
        "operation is not supported: column name on the right side of comparison expression (did you forget to quote \"{name}\"?)"
    )]
    NameAsValue { name: String },
    #[error("operation is not supported: operator '{operator}' at position {position}")]
    Operator { position: usize, operator: String },
    #[error("operation is not supported: 'ORDER BY' clause")]
    OrderBy,
    #[error("operation is not supported: 'GROUP BY' clause supports only a single field")]
    GroupByMany,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A bare word: a name or a keyword.
    Word(String),
    /// In backticks: a name, whatever it looks like.
    Name(String),
    Text(String),
    Number(Literal),
    Sign(&'static str),
}

struct At {
    position: usize,
    token: Token,
}

pub fn parse(text: &str) -> Result<Query, ParseError> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(ParseError::TooLong { found: text.len() });
    }
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), end };
    let mut query = Query::default();
    if parser.tokens.peek().is_some() && !parser.at_keyword("GROUP") && !parser.at_keyword("ORDER")
    {
        query.filter = Some(parser.any(0)?);
    }
    if parser.take_keyword("GROUP") {
        parser.keyword("BY", "`BY` after `GROUP`")?;
        query.group_by = Some(parser.name()?);
        if parser.take_sign(",") {
            return Err(ParseError::GroupByMany);
        }
    }
    if parser.at_keyword("ORDER") {
        return Err(ParseError::OrderBy);
    }
    match parser.tokens.peek() {
        None => Ok(query),
        Some(_) => Err(parser.unexpected("`AND`, `OR`, `GROUP BY` or the end")),
    }
}

const SIGNS: [&str; 15] =
    ["<=>", "!=", "<>", "<=", ">=", "&&", "||", "=", "<", ">", "(", ")", ",", "+", "!"];

fn tokens(text: &str) -> Result<Vec<At>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut position = 1;
    while let Some(first) = rest.chars().next() {
        let (token, n_bytes) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if let Some((number, n_bytes)) = number(rest, position)? {
            (Some(Token::Number(number)), n_bytes)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            let token = match sign {
                "<>" => Token::Sign("!="),
                "&&" => Token::Word("AND".to_owned()),
                "||" => Token::Word("OR".to_owned()),
                sign => Token::Sign(sign),
            };
            (Some(token), sign.len())
        } else if matches!(first, '"' | '\'' | '`') {
            let (value, n_bytes) = quoted(rest, first, position)?;
            let token = if first == '`' { Token::Name(value) } else { Token::Text(value) };
            (Some(token), n_bytes)
        } else {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '$' | '.' | '-');
            let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            if end == 0 {
                let found = format!("`{first}`");
                let expected = "a name, a value or an operator";
                return Err(ParseError::Unexpected { position, found, expected });
            }
            (Some(Token::Word(rest[..end].to_owned())), end)
        };
        tokens.extend(token.map(|token| At { position, token }));
        position += rest[..n_bytes].chars().count();
        rest = &rest[n_bytes..];
    }
    Ok(tokens)
}

/// `-12`, `1.5`, `.5`, `2e-3`. `None`: it is none.
fn number(text: &str, position: usize) -> Result<Option<(Literal, usize)>, ParseError> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let n_whole = digits(at);
    at += n_whole;
    let mut is_whole = true;
    let mut n_fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        n_fraction = digits(at + 1);
        if n_whole + n_fraction > 0 {
            is_whole = false;
            at += 1 + n_fraction;
        }
    }
    if n_whole + n_fraction == 0 {
        return Ok(None);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let n_exponent = bytes.get(at + 1 + sign).map_or(0, |_| digits(at + 1 + sign));
        if n_exponent > 0 {
            is_whole = false;
            at += 1 + sign + n_exponent;
        }
    }
    let text = &text[..at];
    let wrong = || ParseError::Unexpected {
        position,
        found: format!("`{text}`"),
        expected: "a number that is not too large",
    };
    if is_whole && let Ok(value) = text.parse() {
        return Ok(Some((Literal::Int(value), at)));
    }
    let value: f64 = text.parse().map_err(|_| wrong())?;
    if !value.is_finite() {
        return Err(wrong());
    }
    Ok(Some((Literal::Double(value), at)))
}

/// What is between quotes, and how many bytes that takes. A second quote makes one; so does a
/// backslash, except in names.
fn quoted(text: &str, quote: char, position: usize) -> Result<(String, usize), ParseError> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.next_if(|(_, next)| *next == quote).is_none() {
                return Ok((value, at + c.len_utf8()));
            }
            value.push(quote);
        } else if c == '\\' && quote != '`' {
            match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, '0')) => value.push('\0'),
                Some((_, other)) => value.push(other),
                None => break,
            }
        } else {
            value.push(c);
        }
    }
    let found = format!("no {quote} after `{}`", value.chars().take(40).collect::<String>());
    Err(ParseError::Unexpected { position, found, expected: "a closing quote" })
}

struct Parser {
    tokens: Peekable<IntoIter<At>>,
    /// The position after the last character.
    end: usize,
}

impl Parser {
    fn at_keyword(&mut self, keyword: &str) -> bool {
        let is = |it: &At| matches!(&it.token, Token::Word(it) if it.eq_ignore_ascii_case(keyword));
        self.tokens.peek().is_some_and(is)
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        if found {
            self.tokens.next();
        }
        found
    }

    fn keyword(&mut self, keyword: &str, expected: &'static str) -> Result<(), ParseError> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn take_sign(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if(|it| it.token == Token::Sign(sign)).is_some()
    }

    fn position(&mut self) -> usize {
        self.tokens.peek().map_or(self.end, |it| it.position)
    }

    fn unexpected(&mut self, expected: &'static str) -> ParseError {
        let position = self.position();
        let found = match self.tokens.peek().map(|it| &it.token) {
            Some(Token::Word(it) | Token::Name(it)) => format!("`{it}`"),
            Some(Token::Text(it)) => format!("`'{it}'`"),
            Some(Token::Number(it)) => format!("`{it}`"),
            Some(Token::Sign(it)) => format!("`{it}`"),
            None => "the end".to_owned(),
        };
        ParseError::Unexpected { position, found, expected }
    }

    /// `a OR b`: binds less than AND.
    fn any(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let mut parts = vec![self.all(depth)?];
        while self.take_keyword("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Expr::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Expr, ParseError> {
        let mut parts = vec![self.one(depth)?];
        while self.take_keyword("AND") {
            parts.push(self.one(depth)?);
        }
        Ok(single(parts, Expr::And))
    }

    fn one(&mut self, depth: usize) -> Result<Expr, ParseError> {
        if depth > DEPTH_MAX {
            return Err(ParseError::TooDeep { position: self.position() });
        }
        if self.take_keyword("NOT") {
            return Ok(Expr::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take_sign("(") {
            let inner = self.any(depth + 1)?;
            if !self.take_sign(")") {
                return Err(self.unexpected("`)`, `AND` or `OR`"));
            }
            return Ok(inner);
        }
        self.condition()
    }

    fn name(&mut self) -> Result<String, ParseError> {
        let is_name = |it: &At| match &it.token {
            Token::Name(name) => !name.is_empty(),
            Token::Word(word) => !is_keyword(word),
            Token::Text(_) | Token::Number(_) | Token::Sign(_) => false,
        };
        match self.tokens.next_if(is_name).map(|it| it.token) {
            Some(Token::Word(name) | Token::Name(name)) => Ok(name),
            Some(Token::Text(_) | Token::Number(_) | Token::Sign(_)) | None => {
                Err(self.unexpected("the name of a search attribute, without quotes"))
            }
        }
    }

    fn condition(&mut self) -> Result<Expr, ParseError> {
        let position = self.position();
        let name = self.name()?;
        if self.take_keyword("IS") {
            let negated = self.take_keyword("NOT");
            self.keyword("NULL", "`NULL` or `NOT NULL` after `IS`")?;
            return Ok(Expr::IsNull { name, negated });
        }
        let negated = self.take_keyword("NOT");
        if self.take_keyword("IN") {
            return Ok(Expr::In { name, negated, values: self.values()? });
        }
        if self.take_keyword("BETWEEN") {
            let low = self.value()?;
            self.keyword("AND", "`AND` between the two ends of `BETWEEN`")?;
            return Ok(Expr::Between { name, negated, low, high: self.value()? });
        }
        if self.take_keyword("STARTS_WITH") {
            let op = if negated { Op::NotStartsWith } else { Op::StartsWith };
            return Ok(Expr::Compare { name, op, value: self.value()? });
        }
        if negated {
            return Err(self.unexpected("`IN`, `BETWEEN` or `STARTS_WITH` after `NOT`"));
        }
        let at = self.position();
        let op = match self.tokens.peek().map(|it| &it.token) {
            Some(Token::Sign("=")) => Op::Equal,
            Some(Token::Sign("!=")) => Op::NotEqual,
            Some(Token::Sign("<")) => Op::Less,
            Some(Token::Sign("<=")) => Op::LessOrEqual,
            Some(Token::Sign(">")) => Op::Greater,
            Some(Token::Sign(">=")) => Op::GreaterOrEqual,
            Some(Token::Sign("<=>")) => {
                return Err(ParseError::Operator { position: at, operator: "<=>".to_owned() });
            }
            Some(Token::Word(word))
                if ["LIKE", "REGEXP", "RLIKE"].iter().any(|it| word.eq_ignore_ascii_case(it)) =>
            {
                let operator = word.to_ascii_uppercase();
                return Err(ParseError::Operator { position: at, operator });
            }
            None | Some(Token::Sign(")")) => return Err(ParseError::Incomplete { position, name }),
            Some(Token::Word(word)) if is_keyword(word) => {
                return Err(ParseError::Incomplete { position, name });
            }
            Some(_) => {
                return Err(self.unexpected("one of = != < <= > >= IN BETWEEN STARTS_WITH IS"));
            }
        };
        self.tokens.next();
        Ok(Expr::Compare { name, op, value: self.value()? })
    }

    fn value(&mut self) -> Result<Literal, ParseError> {
        let is_value = |it: &At| match &it.token {
            Token::Text(_) | Token::Number(_) => true,
            Token::Word(word) => truth(word).is_some(),
            Token::Name(_) | Token::Sign(_) => false,
        };
        match self.tokens.next_if(is_value).map(|it| it.token) {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Number(number)) => Ok(number),
            Some(Token::Word(word)) => Ok(Literal::Bool(truth(&word).unwrap_or_default())),
            Some(Token::Name(_) | Token::Sign(_)) | None => match self.tokens.peek() {
                Some(At { token: Token::Name(name), .. }) => {
                    Err(ParseError::NameAsValue { name: name.clone() })
                }
                Some(At { token: Token::Word(word), .. }) if !is_keyword(word) => {
                    Err(ParseError::NameAsValue { name: word.clone() })
                }
                Some(_) | None => {
                    Err(self.unexpected("a value: a text in quotes, a number, true or false"))
                }
            },
        }
    }

    fn values(&mut self) -> Result<Vec<Literal>, ParseError> {
        if !self.take_sign("(") {
            return Err(self.unexpected("`(` after `IN`"));
        }
        let mut values = vec![self.value()?];
        while self.take_sign(",") {
            values.push(self.value()?);
        }
        if !self.take_sign(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(values)
    }
}

fn single(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

fn truth(word: &str) -> Option<bool> {
    match word {
        _ if word.eq_ignore_ascii_case("true") => Some(true),
        _ if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Words that are no names unless they stand in backticks.
fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 18] = [
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "NULL",
        "BETWEEN",
        "STARTS_WITH",
        "LIKE",
        "REGEXP",
        "RLIKE",
        "GROUP",
        "ORDER",
        "BY",
        "LIMIT",
        "TRUE",
        "FALSE",
        "SELECT",
    ];
    KEYWORDS.iter().any(|it| word.eq_ignore_ascii_case(it))
}
