//! Filters as text. What is printed is read again as the same.

use super::filter::{Expr, Literal, Query};
use std::fmt::{Display, Formatter, Result};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(filter) = &self.filter {
            filter.fmt(f)?;
        }
        match &self.group_by {
            Some(name) if self.filter.is_some() => write!(f, " GROUP BY {}", Name(name)),
            Some(name) => write!(f, "GROUP BY {}", Name(name)),
            None => Ok(()),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        match self {
            Expr::And(parts) => joined(f, parts, " AND "),
            Expr::Or(parts) => joined(f, parts, " OR "),
            Expr::Not(inner) => {
                f.write_str("NOT ")?;
                nested(f, inner)
            }
            Expr::Compare { name, op, value } => {
                write!(f, "{} {} {value}", Name(name), op.sign())
            }
            Expr::In { name, negated, values } => {
                write!(f, "{} {}IN (", Name(name), not(negated))?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Expr::Between { name, negated, low, high } => {
                write!(f, "{} {}BETWEEN {low} AND {high}", Name(name), not(negated))
            }
            Expr::IsNull { name, negated } => write!(f, "{} IS {}NULL", Name(name), not(negated)),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expr], between: &str) -> Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        nested(f, part)?;
    }
    Ok(())
}

fn nested(f: &mut Formatter<'_>, inner: &Expr) -> Result {
    match inner {
        Expr::And(_) | Expr::Or(_) => write!(f, "({inner})"),
        Expr::Not(_)
        | Expr::Compare { .. }
        | Expr::In { .. }
        | Expr::Between { .. }
        | Expr::IsNull { .. } => inner.fmt(f),
    }
}

struct Name<'a>(&'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "`{}`", self.0.replace('`', "``"))
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Literal::Text(text) => {
                write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
            }
            Literal::Int(value) => write!(f, "{value}"),
            // With a point or an exponent, so that it is not read as an integer.
            Literal::Double(value) => write!(f, "{value:?}"),
            Literal::Bool(value) => write!(f, "{value}"),
        }
    }
}
