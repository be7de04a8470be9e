//! A list filter as it is written, before anyone has looked up what its names mean.

/// `filter GROUP BY group_by`; both may be absent.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Query {
    pub filter: Option<Expr>,
    pub group_by: Option<String>,
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
