//! A filter whose names are looked up and whose values have the types of their names.
//!
//! Negations are moved down to the tests, so that one without a value is neither found by a
//! comparison nor by its opposite, as in SQL. Lists and texts are the exception, as in Temporal:
//! what has no value does not have this one either.

use super::filter::{Expr, Literal, Op, Query};
use super::value::{Value, words};
use super::{Found, Instant, Kind, Registry, STATUSES, System, duration_of, instant_of};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub condition: Condition,
    pub group_by: Option<GroupBy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    ExecutionStatus,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// None at all: true.
    All(Vec<Condition>),
    /// None at all: false.
    Any(Vec<Condition>),
    Test(Test),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// One of these, by number.
    Status(BTreeSet<i64>),
    /// Of a field that has one value at most.
    Compare {
        field: Field,
        op: Op,
        value: Value,
    },
    OneOf {
        field: Field,
        values: Vec<Value>,
        negated: bool,
    },
    StartsWith {
        field: Field,
        prefix: String,
        negated: bool,
    },
    /// Of a list.
    HasAny {
        field: Field,
        values: Vec<Value>,
        negated: bool,
    },
    /// Of a text: all words of one of these.
    Words {
        field: Field,
        any: Vec<Vec<String>>,
        negated: bool,
    },
    Null {
        field: Field,
        negated: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    System(System),
    Set { name: String, kind: Kind },
}

impl Field {
    pub fn kind(&self) -> Kind {
        match self {
            Field::System(system) => system.kind(),
            Field::Set { kind, .. } => *kind,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Field::System(system) => system.name(),
            Field::Set { name, .. } => name,
        }
    }
}

/// In Temporal's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    #[error("invalid search attribute: {name}")]
    Unknown { name: String },
    #[error(
        "invalid expression: invalid value type for search attribute {name} of type {}: {value}",
        kind.name()
    )]
    Value { name: String, kind: Kind, value: String },
    #[error(
        "operation is not supported: operator '{operator}' not supported for {} type search attribute '{name}'",
        kind.name()
    )]
    Operator { name: String, kind: Kind, operator: &'static str },
    #[error(
        "invalid expression: cannot do range condition on search attribute '{name}' of type {}",
        kind.name()
    )]
    Range { name: String, kind: Kind },
    #[error("invalid expression: no tokens found filtering on Text type search attribute {name}")]
    NoWords { name: String },
    #[error(
        "invalid expression: unable to parse datetime '{text}', expected one such as '2026-11-22T13:40:23Z'"
    )]
    Time { text: String },
    #[error("invalid expression: invalid duration value for search attribute {name}: {text}")]
    Duration { name: String, text: String },
    #[error("invalid expression: invalid ExecutionStatus value {value}")]
    Status { value: String },
    #[error(
        "operation is not supported: 'GROUP BY' clause is not supported for search attribute {name}"
    )]
    GroupBy { name: String },
}

/// Looks up all names and reads all values.
pub fn typed(query: &Query, registry: &Registry) -> Result<Typed, TypeError> {
    let typing = Typing { registry };
    let condition = match &query.filter {
        Some(filter) => typing.condition(filter, false)?,
        None => Condition::All(Vec::new()),
    };
    let group_by = match &query.group_by {
        None => None,
        Some(name) => match typing.field(name)? {
            Field::System(System::ExecutionStatus) => Some(GroupBy::ExecutionStatus),
            Field::System(_) | Field::Set { .. } => {
                return Err(TypeError::GroupBy { name: name.clone() });
            }
        },
    };
    Ok(Typed { condition, group_by })
}

struct Typing<'a> {
    registry: &'a Registry,
}

const NOTHING: Condition = Condition::Any(Vec::new());

impl Typing<'_> {
    fn field(&self, name: &str) -> Result<Field, TypeError> {
        match self.registry.find(name) {
            Some(Found::System(system)) => Ok(Field::System(system)),
            Some(Found::Set(kind)) => Ok(Field::Set { name: name.to_owned(), kind }),
            None => Err(TypeError::Unknown { name: name.to_owned() }),
        }
    }

    fn condition(&self, expr: &Expr, negate: bool) -> Result<Condition, TypeError> {
        let each = |parts: &[Expr]| {
            parts.iter().map(|it| self.condition(it, negate)).collect::<Result<Vec<_>, _>>()
        };
        match expr {
            Expr::And(parts) if negate => Ok(Condition::Any(each(parts)?)),
            Expr::And(parts) => Ok(Condition::All(each(parts)?)),
            Expr::Or(parts) if negate => Ok(Condition::All(each(parts)?)),
            Expr::Or(parts) => Ok(Condition::Any(each(parts)?)),
            Expr::Not(inner) => self.condition(inner, !negate),
            Expr::Compare { name, op, value } => {
                let op = if negate { op.negated() } else { *op };
                self.compare(self.field(name)?, op, value)
            }
            Expr::In { name, negated, values } => {
                self.one_of(self.field(name)?, values, *negated != negate)
            }
            Expr::Between { name, negated, low, high } => {
                let field = self.field(name)?;
                if matches!(field.kind(), Kind::Text | Kind::KeywordList) {
                    let kind = field.kind();
                    return Err(TypeError::Range { name: name.clone(), kind });
                }
                if *negated != negate {
                    let below = self.compare(field.clone(), Op::Less, low)?;
                    Ok(Condition::Any(vec![below, self.compare(field, Op::Greater, high)?]))
                } else {
                    let above = self.compare(field.clone(), Op::GreaterOrEqual, low)?;
                    Ok(Condition::All(vec![above, self.compare(field, Op::LessOrEqual, high)?]))
                }
            }
            Expr::IsNull { name, negated } => {
                let field = self.field(name)?;
                let negated = *negated != negate;
                if field == Field::System(System::ExecutionStatus) {
                    return Ok(if negated { Condition::All(Vec::new()) } else { NOTHING });
                }
                Ok(Condition::Test(Test::Null { field, negated }))
            }
        }
    }

    fn compare(&self, field: Field, op: Op, literal: &Literal) -> Result<Condition, TypeError> {
        let test = |test| Ok(Condition::Test(test));
        let (name, kind) = (field.name().to_owned(), field.kind());
        if field == Field::System(System::ExecutionStatus) {
            return test(Test::Status(statuses(op, status(literal)?)));
        }
        match (kind, op) {
            (Kind::Text, Op::Equal | Op::NotEqual) => {
                let any = word_groups(&name, &text(&field, literal)?)?;
                test(Test::Words { field, any, negated: op == Op::NotEqual })
            }
            (Kind::KeywordList, Op::Equal | Op::NotEqual) => {
                let values = vec![Value::Text(text(&field, literal)?)];
                test(Test::HasAny { field, values, negated: op == Op::NotEqual })
            }
            (Kind::Keyword, Op::StartsWith | Op::NotStartsWith) => {
                let prefix = text(&field, literal)?;
                test(Test::StartsWith { field, prefix, negated: op == Op::NotStartsWith })
            }
            (
                Kind::Text
                | Kind::KeywordList
                | Kind::Int
                | Kind::Double
                | Kind::Bool
                | Kind::Datetime,
                Op::StartsWith | Op::NotStartsWith,
            )
            | (
                Kind::Text | Kind::KeywordList,
                Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual,
            ) => Err(TypeError::Operator { name, kind, operator: op.sign() }),
            (
                Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime,
                Op::Equal
                | Op::NotEqual
                | Op::Less
                | Op::LessOrEqual
                | Op::Greater
                | Op::GreaterOrEqual,
            ) => match (kind, literal) {
                (Kind::Int, Literal::Double(value)) => Ok(against_fraction(field, op, *value)),
                _ => {
                    let value = value(&field, literal)?;
                    test(Test::Compare { field, op, value })
                }
            },
        }
    }

    fn one_of(
        &self,
        field: Field,
        literals: &[Literal],
        negated: bool,
    ) -> Result<Condition, TypeError> {
        if field == Field::System(System::ExecutionStatus) {
            let asked: Result<BTreeSet<i64>, _> = literals.iter().map(status).collect();
            let asked = asked?;
            let all = STATUSES.iter().map(|it| it.1);
            let among = all.filter(|it| asked.contains(it) != negated).collect();
            return Ok(Condition::Test(Test::Status(among)));
        }
        let (name, kind) = (field.name().to_owned(), field.kind());
        match kind {
            Kind::Text => {
                let operator = if negated { "NOT IN" } else { "IN" };
                Err(TypeError::Operator { name, kind, operator })
            }
            Kind::KeywordList => {
                let texts: Result<_, _> =
                    literals.iter().map(|it| text(&field, it).map(Value::Text)).collect();
                Ok(Condition::Test(Test::HasAny { field, values: texts?, negated }))
            }
            Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => {
                let mut values = Vec::new();
                for literal in literals {
                    match (kind, literal) {
                        // No whole number is 1.5; so it is one of the others, or none.
                        (Kind::Int, Literal::Double(value)) => values.extend(whole(*value)),
                        _ => values.push(self::value(&field, literal)?),
                    }
                }
                Ok(Condition::Test(Test::OneOf { field, values, negated }))
            }
        }
    }
}

/// As the real server shows a literal of the wrong type.
fn wrong(field: &Field, literal: &Literal) -> TypeError {
    let value = match literal {
        Literal::Text(text) => format!("{text:?} (type: string)"),
        Literal::Int(value) => format!("{value} (type: int64)"),
        Literal::Double(value) => format!("{value} (type: float64)"),
        Literal::Bool(value) => format!("{value} (type: bool)"),
    };
    TypeError::Value { name: field.name().to_owned(), kind: field.kind(), value }
}

fn text(field: &Field, literal: &Literal) -> Result<String, TypeError> {
    match literal {
        Literal::Text(text) => Ok(text.clone()),
        Literal::Int(_) | Literal::Double(_) | Literal::Bool(_) => Err(wrong(field, literal)),
    }
}

/// Of a field that has one value.
fn value(field: &Field, literal: &Literal) -> Result<Value, TypeError> {
    match (field.kind(), literal) {
        (Kind::Keyword | Kind::Text | Kind::KeywordList, _) => {
            text(field, literal).map(Value::Text)
        }
        (Kind::Int, Literal::Int(value)) => Ok(Value::Int(*value)),
        (Kind::Int, Literal::Text(text)) if *field == Field::System(System::ExecutionDuration) => {
            duration_of(text).map(Value::Int).ok_or_else(|| TypeError::Duration {
                name: field.name().to_owned(),
                text: text.clone(),
            })
        }
        (Kind::Double, Literal::Double(value)) => Ok(Value::Double(*value)),
        (Kind::Double, Literal::Int(value)) => Ok(Value::Double(*value as f64)),
        (Kind::Bool, Literal::Bool(value)) => Ok(Value::Bool(*value)),
        (Kind::Datetime, Literal::Text(text)) => {
            instant_of(text).map(Value::Time).ok_or_else(|| TypeError::Time { text: text.clone() })
        }
        // Nanoseconds since 1970.
        (Kind::Datetime, Literal::Int(nanos)) => Ok(Value::Time(Instant::from_nanos(*nanos))),
        (Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime, _) => Err(wrong(field, literal)),
    }
}

fn word_groups(name: &str, text: &str) -> Result<Vec<Vec<String>>, TypeError> {
    let groups: Vec<Vec<String>> = text.split_whitespace().map(words).collect();
    if groups.is_empty() {
        return Err(TypeError::NoWords { name: name.to_owned() });
    }
    // What is signs alone is in no text.
    Ok(groups.into_iter().filter(|group| !group.is_empty()).collect())
}

fn status(literal: &Literal) -> Result<i64, TypeError> {
    let found = match literal {
        Literal::Text(text) => STATUSES.iter().find(|it| it.0 == text),
        Literal::Int(number) => STATUSES.iter().find(|it| it.1 == *number),
        Literal::Double(_) | Literal::Bool(_) => None,
    };
    found.map(|it| it.1).ok_or_else(|| TypeError::Status {
        value: match literal {
            Literal::Text(text) => format!("'{text}'"),
            Literal::Int(_) | Literal::Double(_) | Literal::Bool(_) => literal.to_string(),
        },
    })
}

fn statuses(op: Op, than: i64) -> BTreeSet<i64> {
    let name_of = |number| STATUSES.iter().find(|it| it.1 == number).map_or("", |it| it.0);
    let holds = |number: &i64| match op {
        Op::Equal => *number == than,
        Op::NotEqual => *number != than,
        Op::Less => *number < than,
        Op::LessOrEqual => *number <= than,
        Op::Greater => *number > than,
        Op::GreaterOrEqual => *number >= than,
        Op::StartsWith => name_of(*number).starts_with(name_of(than)),
        Op::NotStartsWith => !name_of(*number).starts_with(name_of(than)),
    };
    STATUSES.iter().map(|it| it.1).filter(holds).collect()
}

fn whole(value: f64) -> Option<Value> {
    let fits = value.fract() == 0.0 && value.abs() < 9.2e18;
    fits.then_some(Value::Int(value as i64))
}

/// A whole number compared with one that may have a fraction or be too large.
fn against_fraction(field: Field, op: Op, value: f64) -> Condition {
    let not_null = |field| Condition::Test(Test::Null { field, negated: true });
    let (too_large, too_small) = (value >= 9.2e18, value <= -9.2e18);
    let (op, value) = match op {
        Op::Equal | Op::NotEqual => match (whole(value), op) {
            (Some(value), _) => return Condition::Test(Test::Compare { field, op, value }),
            (None, Op::Equal) => return NOTHING,
            (None, _) => return not_null(field),
        },
        Op::Less | Op::LessOrEqual if too_large => return not_null(field),
        Op::Less | Op::LessOrEqual if too_small => return NOTHING,
        Op::Greater | Op::GreaterOrEqual if too_large => return NOTHING,
        Op::Greater | Op::GreaterOrEqual if too_small => return not_null(field),
        Op::Less | Op::GreaterOrEqual => (op, value.ceil()),
        Op::LessOrEqual | Op::Greater => (op, value.floor()),
        // Refused before, for this kind.
        Op::StartsWith | Op::NotStartsWith => return NOTHING,
    };
    Condition::Test(Test::Compare { field, op, value: Value::Int(value as i64) })
}
