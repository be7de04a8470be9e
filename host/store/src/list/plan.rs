//! Which index a filter is answered by.
//!
//! Every index ends with the start time and the run id, so that what is found comes in the order
//! of lists and a page ends where it is full. Several places are read side by side and merged.
//! What no index knows is looked at run by run, newest start first.

use crate::rows::after_prefix;
use refrain_core::ids::{Digest, RunId};
use refrain_core::search::{
    BuildId, Condition, Field, Kind, Op, STATUSES, System, Test, Value, version_of,
};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Places that one statement merges.
const SOURCES_MAX: usize = 32;

/// Where runs are looked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// All, in no order that lists have. For counts.
    Namespace,
    Status(i64),
    Type {
        name: String,
        status: i64,
    },
    Workflow(String),
    Run(RunId),
    /// By the workflow id of the parent.
    Parent(String),
    /// By the workflow id of the run at the top.
    Root(String),
    /// Those whose workflow task fails.
    Failing,
    /// Those with an activity that is paused. Not in the order of start times.
    PausedActivities,
    /// Pinned to it.
    Component {
        digest: Digest,
        status: i64,
    },
    /// Those that are not on their first component any more.
    Moved,
    Attribute {
        name: String,
        key: Vec<u8>,
    },
    /// Not in the order of start times.
    Workflows {
        from: String,
        to: String,
    },
    /// Not in the order of start times.
    Attributes {
        name: String,
        from: Vec<u8>,
        to: Vec<u8>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan<'a> {
    pub(super) sources: Vec<Source>,
    /// No run is in two of them.
    pub(super) disjoint: bool,
    /// What must be looked at run by run.
    pub(super) rest: Vec<&'a Condition>,
    /// Of start times, both included.
    pub(super) start_min: Option<i64>,
    pub(super) start_max: Option<i64>,
    /// A place that is better if it is small.
    pub(super) if_small: Option<Box<Plan<'a>>>,
}

/// A way to find all runs that one of the conditions holds for.
struct Choice {
    /// Fewer runs to look at: less.
    rank: u8,
    sources: Vec<Source>,
    disjoint: bool,
    /// The conditions that need not be looked at any more, by place.
    implied: Vec<usize>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(condition: &'a Condition) -> Plan<'a> {
        let mut parts = Vec::new();
        flatten(condition, &mut parts);
        let (start_min, start_max, within) = start_bounds(&parts);
        let best = type_and_status(&parts)
            .into_iter()
            .chain(parts.iter().enumerate().filter_map(|(at, part)| {
                let mut choice = of_condition(part)?;
                choice.implied.iter_mut().for_each(|it| *it = at);
                Some(choice)
            }))
            .min_by_key(|it| it.rank);
        let if_small = match &best {
            Some(best) if best.rank <= ATTRIBUTE => None,
            _ => parts.iter().enumerate().find_map(|(at, part)| Some((at, range_of(part)?))),
        };
        let rest = |implied: &[usize]| -> Vec<&'a Condition> {
            let needed =
                |(at, _): &(usize, &&Condition)| !implied.contains(at) && !within.contains(at);
            parts.iter().enumerate().filter(needed).map(|it| *it.1).collect()
        };
        let mut best = best.unwrap_or(Choice {
            rank: u8::MAX,
            sources: STATUSES.iter().map(|it| Source::Status(it.1)).collect(),
            disjoint: true,
            implied: Vec::new(),
        });
        let plan = |sources, disjoint, rest| Plan {
            sources,
            disjoint,
            rest,
            start_min,
            start_max,
            if_small: None,
        };
        if parts.iter().any(|it| has_ended(it)) {
            best.sources.retain(|it| !it.is_of_open_runs());
        }
        for among in parts.iter().filter_map(|it| statuses_of(it)) {
            best.sources.retain(|it| match it {
                Source::Component { status, .. } => among.contains(status),
                _ => true,
            });
        }
        let if_small = if_small.map(|(at, source)| Box::new(plan(vec![source], true, rest(&[at]))));
        Plan { if_small, ..plan(best.sources, best.disjoint, rest(&best.implied)) }
    }

    /// For a count there is no order to keep.
    pub(super) fn for_count(mut self) -> Plan<'a> {
        let is_all = self.start_min.is_none() && self.start_max.is_none();
        if is_all
            && self.sources.len() == STATUSES.len()
            && self.sources.iter().all(|it| matches!(it, Source::Status(_)))
        {
            self.sources = vec![Source::Namespace];
        }
        self
    }
}

impl Source {
    fn is_of_open_runs(&self) -> bool {
        match self {
            Source::Status(status)
            | Source::Type { status, .. }
            | Source::Component { status, .. } => OPEN.contains(status),
            Source::Namespace
            | Source::Workflow(_)
            | Source::Run(_)
            | Source::Parent(_)
            | Source::Root(_)
            | Source::Failing
            | Source::PausedActivities
            | Source::Moved
            | Source::Attribute { .. }
            | Source::Workflows { .. }
            | Source::Attributes { .. } => false,
        }
    }
}

pub(super) const PAUSED: i64 = 8;
/// Running and paused.
const OPEN: [i64; 2] = [1, PAUSED];

/// Is the condition one that no open run meets? They may be many, and none need be looked at.
fn has_ended(condition: &Condition) -> bool {
    let Condition::Test(test) = condition else { return false };
    let field = match test {
        Test::Compare { field, .. }
        | Test::OneOf { field, .. }
        | Test::Null { field, negated: true } => field,
        Test::Status(_)
        | Test::StartsWith { .. }
        | Test::HasAny { .. }
        | Test::Words { .. }
        | Test::Null { .. } => return false,
    };
    matches!(field, Field::System(System::CloseTime | System::ExecutionDuration))
}

const RUN: u8 = 0;
const WORKFLOW: u8 = 1;
const FAMILY: u8 = 2;
const ATTRIBUTE: u8 = 3;
const TYPE_AND_STATUS: u8 = 4;
const TYPE: u8 = 5;
const STATUS: u8 = 6;

fn statuses_of(condition: &Condition) -> Option<&BTreeSet<i64>> {
    match condition {
        Condition::Test(Test::Status(among)) => Some(among),
        Condition::Test(_) | Condition::All(_) | Condition::Any(_) => None,
    }
}

fn flatten<'a>(condition: &'a Condition, into: &mut Vec<&'a Condition>) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|it| flatten(it, into)),
        Condition::Any(_) | Condition::Test(_) => into.push(condition),
    }
}

/// `implied` has one place, to be set by the caller, if the sources say all that the condition does.
fn of_condition(condition: &Condition) -> Option<Choice> {
    match condition {
        Condition::Test(test) => of_test(test),
        Condition::Any(parts) => {
            let choices: Vec<Choice> = parts.iter().map(of_condition).collect::<Option<_>>()?;
            let rank = choices.iter().map(|it| it.rank).max().unwrap_or(RUN);
            let sources: Vec<Source> = choices.into_iter().flat_map(|it| it.sources).collect();
            let disjoint = sources.len() <= 1;
            (sources.len() <= SOURCES_MAX).then_some(Choice {
                rank,
                sources,
                disjoint,
                implied: Vec::new(),
            })
        }
        Condition::All(_) => {
            let mut parts = Vec::new();
            flatten(condition, &mut parts);
            let best = parts.iter().filter_map(|it| of_condition(it));
            let mut best = best.chain(type_and_status(&parts)).min_by_key(|it| it.rank)?;
            best.implied.clear();
            Some(best)
        }
    }
}

fn of_test(test: &Test) -> Option<Choice> {
    let choice = |rank, sources: Vec<Source>, disjoint, implied: bool| {
        (sources.len() <= SOURCES_MAX).then(|| Choice {
            rank,
            sources,
            disjoint,
            implied: vec![0; usize::from(implied)],
        })
    };
    match test {
        Test::Status(among) => {
            choice(STATUS, among.iter().map(|it| Source::Status(*it)).collect(), true, true)
        }
        Test::Compare { field, op: Op::Equal, value } => {
            of_values(field, std::slice::from_ref(value))
                .and_then(|it| choice(it.0, it.1, it.2, it.3))
        }
        Test::OneOf { field, values, negated: false }
        | Test::HasAny { field, values, negated: false } => {
            of_values(field, values).and_then(|it| choice(it.0, it.1, it.2, it.3))
        }
        Test::Words { field: Field::Set { name, .. }, any, negated: false } => {
            let longest = |group: &Vec<String>| group.iter().max_by_key(|it| it.len()).cloned();
            let words = any.iter().filter_map(longest);
            let source = |word| {
                let key = Value::Text(word).key(Kind::Text);
                Source::Attribute { name: name.clone(), key }
            };
            let disjoint = any.len() <= 1;
            let implied = any.iter().all(|it| it.len() == 1);
            choice(ATTRIBUTE, words.map(source).collect(), disjoint, implied)
        }
        Test::Null { field: Field::System(System::Paused), negated: true } => {
            choice(FAMILY, of_paused(), false, true)
        }
        Test::Compare { .. }
        | Test::OneOf { .. }
        | Test::HasAny { .. }
        | Test::Words { .. }
        | Test::StartsWith { .. }
        | Test::Null { .. } => None,
    }
}

/// A run may be paused, and activities of it.
fn of_paused() -> Vec<Source> {
    vec![Source::Status(PAUSED), Source::PausedActivities]
}

/// Rank, sources, whether no run is in two of them, and whether they say it all.
fn of_values(field: &Field, values: &[Value]) -> Option<(u8, Vec<Source>, bool, bool)> {
    let texts = || {
        values.iter().filter_map(|it| match it {
            Value::Text(text) => Some(text.clone()),
            Value::Int(_) | Value::Double(_) | Value::Bool(_) | Value::Time(_) => None,
        })
    };
    match field {
        Field::Set { name, kind } => {
            let keys: BTreeSet<Vec<u8>> = values.iter().map(|it| it.key(*kind)).collect();
            let disjoint = *kind != Kind::KeywordList || keys.len() <= 1;
            let source = |key| Source::Attribute { name: name.clone(), key };
            Some((ATTRIBUTE, keys.into_iter().map(source).collect(), disjoint, true))
        }
        Field::System(System::WorkflowId) => {
            Some((WORKFLOW, texts().map(Source::Workflow).collect(), values.len() <= 1, true))
        }
        Field::System(System::RunId) => {
            // What is no run id is no run's.
            let runs = texts().filter_map(|it| it.parse().ok().map(Source::Run));
            Some((RUN, runs.collect(), values.len() <= 1, false))
        }
        Field::System(System::ParentWorkflowId) => {
            Some((FAMILY, texts().map(Source::Parent).collect(), values.len() <= 1, true))
        }
        Field::System(System::RootWorkflowId) => {
            let sources = texts().flat_map(|it| [Source::Root(it.clone()), Source::Workflow(it)]);
            Some((FAMILY, sources.collect(), false, false))
        }
        Field::System(System::WorkflowType) => {
            let of_type = |name: String| {
                STATUSES.iter().map(move |it| Source::Type { name: name.clone(), status: it.1 })
            };
            let sources = texts().flat_map(of_type).collect();
            Some((TYPE, sources, values.len() <= 1, true))
        }
        Field::System(System::ReportedProblems) => {
            Some((FAMILY, vec![Source::Failing], true, false))
        }
        Field::System(System::Paused) => Some((FAMILY, of_paused(), false, false)),
        Field::System(System::WorkerDeploymentVersion) => {
            // A version's name ends with its digest; the rest is looked at run by run.
            let digests = texts().filter_map(|it| Some(version_of(&it)?.1));
            let sources: Vec<_> = digests.flat_map(of_component).collect();
            Some((TYPE, sources, values.len() <= 1, false))
        }
        Field::System(system @ (System::BuildIds | System::UsedVersions)) => {
            let asked: Vec<_> = texts().filter_map(|it| BuildId::of(*system, &it)).collect();
            let is_used = |it: &BuildId| !matches!(it, BuildId::Pinned(..));
            let mut sources: Vec<_> =
                asked.iter().flat_map(|it| of_component(it.component())).collect();
            let or_was = asked.iter().any(is_used);
            sources.extend(or_was.then_some(Source::Moved));
            Some((TYPE, sources, asked.len() <= 1 && !or_was, false))
        }
        Field::System(
            System::StartTime
            | System::ExecutionTime
            | System::CloseTime
            | System::ExecutionStatus
            | System::TaskQueue
            | System::HistoryLength
            | System::ExecutionDuration
            | System::StateTransitionCount
            | System::HistorySizeBytes
            | System::ParentRunId
            | System::RootRunId
            | System::WorkerDeployment
            | System::VersioningBehavior,
        ) => None,
    }
}

fn of_component(digest: Digest) -> impl Iterator<Item = Source> {
    STATUSES.iter().map(move |it| Source::Component { digest, status: it.1 })
}

/// One index knows both.
fn type_and_status(parts: &[&Condition]) -> Option<Choice> {
    let is_type = |part: &&Condition| match part {
        Condition::Test(Test::Compare {
            field: Field::System(System::WorkflowType),
            op: Op::Equal,
            value: Value::Text(name),
        }) => Some(name.clone()),
        _ => None,
    };
    let is_status = |part: &&Condition| match part {
        Condition::Test(Test::Status(among)) => Some(among.clone()),
        _ => None,
    };
    let (type_at, name) =
        parts.iter().enumerate().find_map(|(at, part)| Some((at, is_type(part)?)))?;
    let (status_at, among) =
        parts.iter().enumerate().find_map(|(at, part)| Some((at, is_status(part)?)))?;
    let source = |status: &i64| Source::Type { name: name.clone(), status: *status };
    Some(Choice {
        rank: TYPE_AND_STATUS,
        sources: among.iter().map(source).collect(),
        disjoint: true,
        implied: vec![type_at, status_at],
    })
}

/// The last byte that a key can't have.
const ABOVE: u8 = 0xff;

/// A part of an index that is not in the order of lists: good if it is small.
fn range_of(condition: &Condition) -> Option<Source> {
    let Condition::Test(test) = condition else { return None };
    match test {
        Test::StartsWith { field: Field::System(System::WorkflowId), prefix, negated: false } => {
            Some(Source::Workflows { from: prefix.clone(), to: after_prefix(prefix) })
        }
        Test::StartsWith { field: Field::Set { name, kind }, prefix, negated: false } => {
            let (from, to) = keys_of_prefix(prefix, *kind);
            Some(Source::Attributes { name: name.clone(), from, to })
        }
        Test::Compare { field: Field::Set { name, kind }, op, value } => {
            let (low, high) = range_of_kind(*kind);
            let key = value.key(*kind);
            // The next key there is.
            let after = [key.as_slice(), &[0]].concat();
            let (from, to) = match op {
                Op::Less => (low, key),
                Op::LessOrEqual => (low, after),
                Op::Greater => (after, high),
                Op::GreaterOrEqual => (key, high),
                Op::Equal | Op::NotEqual | Op::StartsWith | Op::NotStartsWith => return None,
            };
            Some(Source::Attributes { name: name.clone(), from, to })
        }
        Test::Null { field: Field::Set { name, kind }, negated: true } => {
            // A list and a text have several rows: a run would be found several times.
            match kind {
                Kind::KeywordList | Kind::Text => None,
                Kind::Keyword | Kind::Int | Kind::Double | Kind::Bool | Kind::Datetime => {
                    let (from, to) = range_of_kind(*kind);
                    Some(Source::Attributes { name: name.clone(), from, to })
                }
            }
        }
        Test::Status(_)
        | Test::Compare { .. }
        | Test::OneOf { .. }
        | Test::StartsWith { .. }
        | Test::HasAny { .. }
        | Test::Words { .. }
        | Test::Null { .. } => None,
    }
}

/// Keys of all texts that begin so: the first included, the second not.
pub(super) fn keys_of_prefix(prefix: &str, kind: Kind) -> (Vec<u8>, Vec<u8>) {
    let from = Value::Text(prefix.to_owned()).key(kind);
    let to = [from.as_slice(), &[ABOVE]].concat();
    (from, to)
}

/// All keys of a kind: the first included, the second not.
pub(super) fn range_of_kind(kind: Kind) -> (Vec<u8>, Vec<u8>) {
    (vec![kind.number()], vec![kind.number() + 1])
}

/// The least and the greatest start time, and the parts that say no more than these.
fn start_bounds(parts: &[&Condition]) -> (Option<i64>, Option<i64>, Vec<usize>) {
    let (mut min, mut max, mut within) = (None::<i64>, None::<i64>, Vec::new());
    for (at, part) in parts.iter().enumerate() {
        let Condition::Test(Test::Compare { field: Field::System(system), op, value }) = part
        else {
            continue;
        };
        let Value::Time(time) = value else { continue };
        let (floor, exact) = time.floor_ms();
        let is_start = match system {
            System::StartTime => true,
            // What had closed or begun by then had started by then.
            System::CloseTime | System::ExecutionTime => false,
            _ => continue,
        };
        let Some((low, high)) = range_of_ms(*op, floor, exact) else { continue };
        if is_start {
            if let Bound::Included(low) = low {
                min = Some(min.map_or(low, |it| it.max(low)));
            }
            within.push(at);
        }
        if let Bound::Included(high) = high {
            max = Some(max.map_or(high, |it| it.min(high)));
        }
    }
    (min, max, within)
}

/// The whole milliseconds that a comparison lets in. `None`: no range.
pub(super) fn range_of_ms(op: Op, floor: i64, exact: bool) -> Option<(Bound<i64>, Bound<i64>)> {
    let above = floor.saturating_add(1);
    let below = floor.saturating_sub(1);
    let (low, high) = match op {
        Op::Equal if exact => (Some(floor), Some(floor)),
        Op::GreaterOrEqual => (Some(if exact { floor } else { above }), None),
        Op::Greater => (Some(above), None),
        Op::LessOrEqual => (None, Some(floor)),
        Op::Less => (None, Some(if exact { below } else { floor })),
        Op::Equal | Op::NotEqual | Op::StartsWith | Op::NotStartsWith => return None,
    };
    let bound = |it: Option<i64>| it.map_or(Bound::Unbounded, Bound::Included);
    Some((bound(low), bound(high)))
}
