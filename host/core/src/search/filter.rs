//! A list filter as it is written, before anyone has looked up what its names mean.

/// `filter GROUP BY group_by`; both may be absent.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Query {
    pub filter: Option<Expr>,
    pub group_by: Option<String>,
}

impl Query {
    /// Of all that it asks about, as often as it does.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.group_by.as_deref().into_iter().collect();
        if let Some(filter) = &self.filter {
            filter.add_names(&mut names);
        }
        names
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Two or more.
    And(Vec<Expr>),
    /// Two or more.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        name: String,
        op: Op,
        value: Literal,
    },
    In {
        name: String,
        negated: bool,
        values: Vec<Literal>,
    },
    Between {
        name: String,
        negated: bool,
        low: Literal,
        high: Literal,
    },
    IsNull {
        name: String,
        negated: bool,
    },
}

impl Expr {
    fn add_names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Expr::And(parts) | Expr::Or(parts) => {
                parts.iter().for_each(|it| it.add_names(names));
            }
            Expr::Not(inner) => inner.add_names(names),
            Expr::Compare { name, .. }
            | Expr::In { name, .. }
            | Expr::Between { name, .. }
            | Expr::IsNull { name, .. } => names.push(name),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsWith,
    NotStartsWith,
}

impl Op {
    pub fn sign(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::StartsWith => "STARTS_WITH",
            Op::NotStartsWith => "NOT STARTS_WITH",
        }
    }

    pub fn negated(self) -> Op {
        match self {
            Op::Equal => Op::NotEqual,
            Op::NotEqual => Op::Equal,
            Op::Less => Op::GreaterOrEqual,
            Op::LessOrEqual => Op::Greater,
            Op::Greater => Op::LessOrEqual,
            Op::GreaterOrEqual => Op::Less,
            Op::StartsWith => Op::NotStartsWith,
            Op::NotStartsWith => Op::StartsWith,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// In quotes.
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}
