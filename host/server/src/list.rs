//! Lists and counts of runs.
//!
//! A query becomes the conditions that the store has an index or a column for. What it has none
//! for is refused by name: a filter that is quietly ignored shows the wrong runs.

use crate::filter::{Attribute, Comparison, Condition, Query};
use crate::status::{invalid, of};
use crate::{filter, run_info, validate};
use prost::Message;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::limits::LIST_PAGE_MAX;
use refrain_core::machines::execution;
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::Engine;
use refrain_engine::api::{ListFilter, RunRow, Status as RunStatus};
use refrain_wire::api::common::v1::Payload;
use refrain_wire::api::workflowservice::v1::count_workflow_executions_response::AggregationGroup;
use refrain_wire::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse, ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
};
use std::collections::{BTreeSet, HashMap};
use tonic::Status;

const VERSION: u32 = 1;
const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

/// The last row of the page before.
#[derive(Clone, PartialEq, prost::Message)]
struct ListToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint64, tag = "2")]
    started_at_ms: u64,
    #[prost(bytes = "vec", tag = "3")]
    run: Vec<u8>,
}

/// A query as the store takes it.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    filter: ListFilter,
    run: Option<RunId>,
    /// Two conditions contradict each other, or ask for what no run of ours has.
    nothing: bool,
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListWorkflowExecutionsRequest,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let query = filter::parse(&request.query)?;
    if let Some(attribute) = query.group_by {
        return Err(invalid(format!(
            "query: found `GROUP BY {}`, expected none in a list: it is for counts",
            attribute.name()
        )));
    }
    let wanted = wanted(&query)?;
    let after = place(namespace.id, &request.next_page_token)?;
    let n_max = match u32::try_from(request.page_size) {
        Ok(0) | Err(_) => PAGE_MAX,
        Ok(n) => n.min(PAGE_MAX),
    };
    if wanted.nothing {
        return Ok(ListWorkflowExecutionsResponse::default());
    }
    if let Some(run) = wanted.run {
        let rows = of_one_run(engine, namespace.id, &wanted.filter, run).await?;
        return Ok(ListWorkflowExecutionsResponse {
            executions: rows.iter().map(run_info::execution_info).collect(),
            next_page_token: Vec::new(),
        });
    }
    let rows =
        engine.list(namespace.id, &wanted.filter, after.as_ref(), n_max).await.map_err(of)?;
    let is_full = rows.len() >= n_max as usize;
    Ok(ListWorkflowExecutionsResponse {
        executions: rows.iter().map(run_info::execution_info).collect(),
        next_page_token: rows.last().filter(|_| is_full).map(token).unwrap_or_default(),
    })
}

fn token(last: &RunRow) -> Vec<u8> {
    ListToken {
        version: VERSION,
        started_at_ms: last.started_at.0,
        run: last.key.run.to_bytes().to_vec(),
    }
    .encode_to_vec()
}

/// A row with the two columns that order a list: the last one of the page before.
fn place(namespace: NamespaceId, token: &[u8]) -> Result<Option<RunRow>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let foreign = || invalid("next_page_token is not one that this host has given");
    let token = ListToken::decode(token).map_err(|_| foreign())?;
    let run: [u8; 16] = token.run.as_slice().try_into().map_err(|_| foreign())?;
    if token.version != VERSION {
        return Err(foreign());
    }
    let run = RunId::from_bytes(run);
    let started_at = Timestamp(token.started_at_ms);
    Ok(Some(RunRow {
        key: RunKey { execution: ExecutionKey { namespace, workflow: "".into() }, run },
        workflow_type: String::new(),
        task_queue: String::new(),
        status: execution::State::Absent,
        cancel_requested: false,
        started_at,
        execution_at: started_at,
        closed_at: None,
        next_event: EventId::FIRST,
        history_bytes: 0,
        component: Digest([0; 32]),
        start_request_id: None,
        first_run: run,
        task_failure: None,
        memo: Default::default(),
        search_attributes: Default::default(),
    }))
}

/// Lists have no index of run ids, but a run id begins with the time at which it was made.
async fn of_one_run(
    engine: &Engine,
    namespace: NamespaceId,
    filter: &ListFilter,
    run: RunId,
) -> Result<Vec<RunRow>, Status> {
    const AROUND: Delay = Delay::from_secs(60);
    let made = Timestamp((run.0 >> 80) as u64);
    let earliest = Timestamp(made.0.saturating_sub(AROUND.0));
    let latest = made.plus(AROUND);
    let mut narrow = filter.clone();
    narrow.started_min = Some(filter.started_min.map_or(earliest, |it| it.max(earliest)));
    narrow.started_max = Some(filter.started_max.map_or(latest, |it| it.min(latest)));
    let mut after: Option<RunRow> = None;
    loop {
        let rows = engine.list(namespace, &narrow, after.as_ref(), PAGE_MAX).await.map_err(of)?;
        if let Some(row) = rows.iter().find(|row| row.key.run == run) {
            return Ok(vec![row.clone()]);
        }
        if rows.len() < PAGE_MAX as usize {
            return Ok(Vec::new());
        }
        after = rows.into_iter().last();
    }
}

pub(crate) async fn count(
    engine: &Engine,
    request: CountWorkflowExecutionsRequest,
) -> Result<CountWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let query = filter::parse(&request.query)?;
    let wanted = wanted(&query)?;
    let by_status = match query.group_by {
        None => false,
        Some(Attribute::ExecutionStatus) => true,
        Some(other) => {
            return Err(invalid(format!(
                "query: found `GROUP BY {}`, expected `GROUP BY ExecutionStatus`",
                other.name()
            )));
        }
    };
    let counts: Vec<(RunStatus, u64)> = if wanted.nothing {
        Vec::new()
    } else if let Some(run) = wanted.run {
        let rows = of_one_run(engine, namespace.id, &wanted.filter, run).await?;
        rows.iter().filter_map(|row| Some((RunStatus::of(row.status)?, 1))).collect()
    } else {
        let counts = engine.count(namespace.id, &wanted.filter).await.map_err(of)?;
        counts.0.into_iter().collect()
    };
    let as_count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(CountWorkflowExecutionsResponse {
        count: counts.iter().map(|(_, n)| as_count(*n)).sum(),
        groups: if by_status {
            counts
                .iter()
                .map(|(status, n)| AggregationGroup {
                    group_values: vec![keyword(name_of(*status))],
                    count: as_count(*n),
                })
                .collect()
        } else {
            Vec::new()
        },
    })
}

/// A search attribute's value as the real server sends it.
fn keyword(text: &str) -> Payload {
    let metadata = [("encoding", "json/plain"), ("type", "Keyword")];
    Payload {
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()))
            .collect::<HashMap<_, _>>(),
        data: format!("\"{text}\"").into_bytes(),
        external_payloads: Vec::new(),
    }
}

fn name_of(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "Running",
        RunStatus::Completed => "Completed",
        RunStatus::Failed => "Failed",
        RunStatus::Canceled => "Canceled",
        RunStatus::Terminated => "Terminated",
        RunStatus::ContinuedAsNew => "ContinuedAsNew",
        RunStatus::TimedOut => "TimedOut",
        RunStatus::Paused => "Paused",
    }
}

/// By name, or by number as the real server allows. `None`: a status that no run of ours has.
fn status_of(text: &str) -> Result<Option<RunStatus>, Status> {
    let named = RunStatus::ALL.into_iter().find(|it| name_of(*it) == text);
    let found = named.or_else(|| text.parse().ok().and_then(RunStatus::from_number));
    match (found, text) {
        (Some(status), _) => Ok(Some(status)),
        (None, _) => {
            let known: Vec<&str> = RunStatus::ALL.into_iter().map(name_of).collect();
            Err(invalid(format!(
                "query: ExecutionStatus is `{text}`, expected one of {}",
                known.join(", ")
            )))
        }
    }
}

fn wanted(query: &Query) -> Result<Wanted, Status> {
    let mut wanted = Wanted::default();
    for condition in &query.conditions {
        wanted.add(condition)?;
    }
    Ok(wanted)
}

impl Wanted {
    fn add(&mut self, condition: &Condition) -> Result<(), Status> {
        let filter = &mut self.filter;
        let nothing = match condition.attribute {
            Attribute::WorkflowId => match condition.comparison {
                Comparison::StartsWith => {
                    narrow_prefix(&mut filter.workflow_id_prefix, one(condition)?)
                }
                _ => narrow(&mut filter.workflow_id, equal(condition, "= or STARTS_WITH")?),
            },
            Attribute::WorkflowType => narrow(&mut filter.workflow_type, equal(condition, "=")?),
            Attribute::TaskQueue => narrow(&mut filter.task_queue, equal(condition, "=")?),
            Attribute::RunId => {
                let text = equal(condition, "=")?;
                let run = text
                    .parse()
                    .map_err(|_| invalid(format!("query: RunId is `{text}`, expected a UUID")))?;
                narrow(&mut self.run, run)
            }
            Attribute::ExecutionStatus => narrow_statuses(filter, condition)?,
            Attribute::StartTime => {
                narrow_times(&mut filter.started_min, &mut filter.started_max, condition)?
            }
            Attribute::CloseTime => {
                narrow_times(&mut filter.closed_min, &mut filter.closed_max, condition)?
            }
            Attribute::Absent => true,
        };
        self.nothing |= nothing;
        Ok(())
    }
}

fn unsupported(condition: &Condition, expected: &str) -> Status {
    invalid(format!(
        "query: found `{} {}`, expected {expected} for this attribute",
        condition.attribute.name(),
        condition.comparison.sign()
    ))
}

fn one(condition: &Condition) -> Result<String, Status> {
    match condition.values.as_slice() {
        [value] => Ok(value.clone()),
        _ => Err(unsupported(condition, "one value")),
    }
}

fn equal(condition: &Condition, expected: &str) -> Result<String, Status> {
    match condition.comparison {
        Comparison::Equal | Comparison::In => one(condition),
        Comparison::NotEqual
        | Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual
        | Comparison::StartsWith => Err(unsupported(condition, expected)),
    }
}

/// True: nothing can be both.
fn narrow<T: PartialEq>(slot: &mut Option<T>, value: T) -> bool {
    match slot {
        Some(there) => *there != value,
        None => {
            *slot = Some(value);
            false
        }
    }
}

fn narrow_prefix(slot: &mut Option<String>, value: String) -> bool {
    match slot {
        Some(there) if there.starts_with(&value) => false,
        Some(there) if !value.starts_with(there.as_str()) => true,
        Some(_) | None => {
            *slot = Some(value);
            false
        }
    }
}

fn narrow_statuses(filter: &mut ListFilter, condition: &Condition) -> Result<bool, Status> {
    let mut asked = BTreeSet::new();
    for value in &condition.values {
        asked.extend(status_of(value)?);
    }
    let asked: BTreeSet<RunStatus> = match condition.comparison {
        Comparison::Equal | Comparison::In => asked,
        Comparison::NotEqual => {
            RunStatus::ALL.into_iter().filter(|it| !asked.contains(it)).collect()
        }
        Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual
        | Comparison::StartsWith => return Err(unsupported(condition, "=, != or IN")),
    };
    let both = if filter.statuses.is_empty() {
        asked
    } else {
        filter.statuses.intersection(&asked).copied().collect()
    };
    // To the store, no status means any.
    let nothing = both.is_empty();
    filter.statuses = both;
    Ok(nothing)
}

/// Times are kept in whole milliseconds; a limit between two of them goes to the one that it
/// lets in.
fn narrow_times(
    min: &mut Option<Timestamp>,
    max: &mut Option<Timestamp>,
    condition: &Condition,
) -> Result<bool, Status> {
    let name = condition.attribute.name();
    let (floor, exact) = time(name, &one(condition)?)?;
    let above = Timestamp(floor.0.saturating_add(1));
    let (at_least, at_most) = match condition.comparison {
        Comparison::GreaterOrEqual => (Some(if exact { floor } else { above }), None),
        Comparison::Greater => (Some(above), None),
        Comparison::LessOrEqual => (None, Some(floor)),
        Comparison::Less if exact => match floor.0.checked_sub(1) {
            Some(before) => (None, Some(Timestamp(before))),
            None => return Ok(true),
        },
        Comparison::Less => (None, Some(floor)),
        Comparison::Equal if exact => (Some(floor), Some(floor)),
        Comparison::Equal => return Ok(true),
        Comparison::NotEqual | Comparison::StartsWith | Comparison::In => {
            return Err(unsupported(condition, "=, <, <=, > or >="));
        }
    };
    if let Some(limit) = at_least {
        *min = Some(min.map_or(limit, |it| it.max(limit)));
    }
    if let Some(limit) = at_most {
        *max = Some(max.map_or(limit, |it| it.min(limit)));
    }
    Ok(matches!((*min, *max), (Some(min), Some(max)) if min > max))
}

/// The millisecond, and whether it is all that was said.
fn time(name: &str, text: &str) -> Result<(Timestamp, bool), Status> {
    let wrong = || {
        invalid(format!(
            "query: {name} is `{text}`, expected a time such as `2026-11-22T13:40:23Z`"
        ))
    };
    // A date alone is read by the parser, and refused by the real server.
    if !text.contains(['T', 't']) {
        return Err(wrong());
    }
    let parsed: prost_types::Timestamp = text.parse().map_err(|_| wrong())?;
    let seconds = u64::try_from(parsed.seconds).map_err(|_| wrong())?;
    let nanos = u64::try_from(parsed.nanos).map_err(|_| wrong())?;
    let ms = seconds.checked_mul(1000).and_then(|it| it.checked_add(nanos / 1_000_000));
    Ok((Timestamp(ms.ok_or_else(wrong)?), nanos % 1_000_000 == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let shown = match filter::parse(text).and_then(|query| wanted(&query)) {
            Ok(wanted) if wanted.nothing => "nothing".to_owned(),
            Ok(wanted) => {
                let all = format!("{wanted:?}");
                let parts = all.split(", ").filter(|it| !it.contains("None")).collect::<Vec<_>>();
                parts.join(", ")
            }
            Err(status) => status.message().to_owned(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn conditions_narrow_each_other() {
        check(
            "WorkflowId = 'a' AND WorkflowType = 'T' AND TaskQueue = 'q'",
            expect![[
                r#"Wanted { filter: ListFilter { workflow_id: Some("a"), workflow_type: Some("T"), task_queue: Some("q"), statuses: {}, nothing: false }"#
            ]],
        );
        check(
            "WorkflowId STARTS_WITH 'a' AND WorkflowId STARTS_WITH 'ab'",
            expect![[r#"workflow_id_prefix: Some("ab"), statuses: {}, nothing: false }"#]],
        );
        check("WorkflowId STARTS_WITH 'a' AND WorkflowId STARTS_WITH 'b'", expect!["nothing"]);
        check("WorkflowType = 'T' AND WorkflowType = 'U'", expect!["nothing"]);
        check(
            "ExecutionStatus != 'Running' AND ExecutionStatus IN (1, 'Failed')",
            expect!["statuses: {Failed}, nothing: false }"],
        );
        check("ExecutionStatus = 'Paused'", expect!["statuses: {Paused}, nothing: false }"]);
        check(
            "StartTime > '1970-01-01T00:00:01Z' AND StartTime <= '1970-01-01T00:00:02.0005Z'",
            expect![
                "statuses: {}, started_min: Some(Timestamp(1001)), started_max: Some(Timestamp(2000)), nothing: false }"
            ],
        );
        check("CloseTime < '1970-01-01T00:00:00Z'", expect!["nothing"]);
        check(
            "CloseTime BETWEEN '1970-01-01T00:00:01Z' AND '1970-01-01T00:00:02Z'",
            expect![
                "statuses: {}, closed_min: Some(Timestamp(1000)), closed_max: Some(Timestamp(2000)) }, nothing: false }"
            ],
        );
        check(
            "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'b')",
            expect!["nothing"],
        );
    }

    #[test]
    fn what_the_store_can_not_do_is_refused_by_name() {
        check(
            "WorkflowType != 'T'",
            expect!["query: found `WorkflowType !=`, expected = for this attribute"],
        );
        check(
            "ExecutionStatus = 'running'",
            expect![
                "query: ExecutionStatus is `running`, expected one of Running, Completed, Failed, Canceled, Terminated, ContinuedAsNew, TimedOut, Paused"
            ],
        );
        check(
            "StartTime > '2026-11-22'",
            expect![
                "query: StartTime is `2026-11-22`, expected a time such as `2026-11-22T13:40:23Z`"
            ],
        );
        check("RunId = '17'", expect!["query: RunId is `17`, expected a UUID"]);
        check(
            "WorkflowType IN ('T', 'U')",
            expect!["query: found `WorkflowType IN`, expected one value for this attribute"],
        );
    }

    #[test]
    fn a_token_is_the_place_that_it_was_made_of() {
        let token = |run: &[u8], version| {
            ListToken { version, started_at_ms: 17, run: run.to_vec() }.encode_to_vec()
        };
        let row = place(NamespaceId(1), &token(&[7; 16], 1)).expect("ours").expect("a place");
        assert_eq!((row.started_at, row.key.run.to_bytes()), (Timestamp(17), [7; 16]));
        assert_eq!(super::token(&row), token(&[7; 16], 1));
        for bytes in [b"x".to_vec(), token(&[7; 15], 1), token(&[7; 16], 2)] {
            assert!(place(NamespaceId(1), &bytes).is_err());
        }
        assert!(place(NamespaceId(1), b"").expect("the beginning").is_none());
    }
}
