//! What a filter says of one run, in memory: the meaning that a store's queries must have.

use super::filter::Op;
use super::typed::{Condition, Field, Test};
use super::value::Value;

/// One run, as a filter looks at it.
pub trait Row {
    /// By number.
    fn status(&self) -> i64;
    /// None, one, or for a list and the words of a text any number.
    fn values(&self, field: &Field) -> Vec<Value>;
}

pub fn holds(condition: &Condition, row: &dyn Row) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|it| holds(it, row)),
        Condition::Any(parts) => parts.iter().any(|it| holds(it, row)),
        Condition::Test(test) => test_holds(test, row),
    }
}

fn test_holds(test: &Test, row: &dyn Row) -> bool {
    match test {
        Test::Status(among) => among.contains(&row.status()),
        Test::Compare { field, op, value } => {
            row.values(field).iter().any(|it| compare(it, *op, value))
        }
        Test::OneOf { field, values, negated } => {
            row.values(field).iter().any(|it| values.contains(it) != *negated)
        }
        Test::StartsWith { field, prefix, negated } => row.values(field).iter().any(|it| {
            let starts = matches!(it, Value::Text(text) if text.starts_with(prefix.as_str()));
            starts != *negated
        }),
        Test::HasAny { field, values, negated } => {
            row.values(field).iter().any(|it| values.contains(it)) != *negated
        }
        Test::Words { field, any, negated } => {
            let there = row.values(field);
            let has = |word: &String| there.contains(&Value::Text(word.clone()));
            any.iter().any(|group| group.iter().all(has)) != *negated
        }
        Test::Null { field, negated } => row.values(field).is_empty() != *negated,
    }
}

fn compare(left: &Value, op: Op, right: &Value) -> bool {
    match op {
        Op::Equal => left == right,
        Op::NotEqual => left != right,
        Op::Less => left < right,
        Op::LessOrEqual => left <= right,
        Op::Greater => left > right,
        Op::GreaterOrEqual => left >= right,
        // Tests of their own.
        Op::StartsWith | Op::NotStartsWith => false,
    }
}
