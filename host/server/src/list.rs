//! Lists and counts of runs.

use crate::status::{invalid, of};
use crate::token::{self, PAGE_TOKEN, foreign};
use crate::{run_info, validate};
use prost::Message;
use refrain_core::ids::NamespaceId;
use refrain_core::limits::LIST_PAGE_MAX;
use refrain_core::search::{
    Condition, Field, GroupBy, Instant, Kind, Op, STATUSES, System, Test, Typed, Value, parse,
    typed,
};
use refrain_core::spread::fingerprint;
use refrain_core::time::Timestamp;
use refrain_engine::Engine;
use refrain_engine::api::{ListPlace, Namespace, RunRow, Status as RunStatus};
use refrain_wire::api::filter::v1::StartTimeFilter;
use refrain_wire::api::workflow::v1::WorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1::count_workflow_executions_response::AggregationGroup;
use refrain_wire::api::workflowservice::v1::list_closed_workflow_executions_request::Filters as ClosedFilters;
use refrain_wire::api::workflowservice::v1::list_open_workflow_executions_request::Filters as OpenFilters;
use refrain_wire::api::workflowservice::v1::{
    CountWorkflowExecutionsRequest, CountWorkflowExecutionsResponse,
    ListClosedWorkflowExecutionsRequest, ListClosedWorkflowExecutionsResponse,
    ListOpenWorkflowExecutionsRequest, ListOpenWorkflowExecutionsResponse,
    ListWorkflowExecutionsRequest, ListWorkflowExecutionsResponse, ScanWorkflowExecutionsRequest,
    ScanWorkflowExecutionsResponse,
};
use refrain_wire::{payload, search, wkt};
use std::collections::BTreeSet;
use tonic::Status;

const VERSION: u32 = 2;
const PAGE_MAX: u32 = LIST_PAGE_MAX as u32;

/// Where the page before ended, and of which list it was one.
#[derive(Clone, PartialEq, prost::Message)]
struct ListToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint64, tag = "2")]
    started_at_ms: u64,
    #[prost(bytes = "vec", tag = "3")]
    run: Vec<u8>,
    #[prost(uint32, tag = "4")]
    namespace: u32,
    #[prost(fixed64, tag = "5")]
    list: u64,
}

pub(crate) async fn list(
    engine: &Engine,
    request: ListWorkflowExecutionsRequest,
) -> Result<ListWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    // As the real server: GROUP BY means nothing to a list.
    let Typed { condition, group_by: _ } = filter(engine, &namespace, &request.query)?;
    let token = &request.next_page_token;
    let (executions, next_page_token) =
        page(engine, namespace.id, &condition, request.page_size, token).await?;
    Ok(ListWorkflowExecutionsResponse { executions, next_page_token })
}

/// The same as a list: its order costs nothing here.
pub(crate) async fn scan(
    engine: &Engine,
    request: ScanWorkflowExecutionsRequest,
) -> Result<ScanWorkflowExecutionsResponse, Status> {
    let ScanWorkflowExecutionsRequest { namespace, page_size, next_page_token, query } = request;
    let request = ListWorkflowExecutionsRequest { namespace, page_size, next_page_token, query };
    let ListWorkflowExecutionsResponse { executions, next_page_token } =
        list(engine, request).await?;
    Ok(ScanWorkflowExecutionsResponse { executions, next_page_token })
}

pub(crate) async fn list_open(
    engine: &Engine,
    request: ListOpenWorkflowExecutionsRequest,
) -> Result<ListOpenWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let mut parts = vec![statuses(RunStatus::is_open)];
    parts.extend(time_range(System::StartTime, request.start_time_filter)?);
    match request.filters {
        Some(OpenFilters::ExecutionFilter(it)) => {
            parts.push(equal(System::WorkflowId, it.workflow_id));
        }
        Some(OpenFilters::TypeFilter(it)) => parts.push(equal(System::WorkflowType, it.name)),
        None => {}
    }
    let (size, token) = (request.maximum_page_size, &request.next_page_token);
    let (executions, next_page_token) =
        page(engine, namespace.id, &Condition::All(parts), size, token).await?;
    Ok(ListOpenWorkflowExecutionsResponse { executions, next_page_token })
}

/// As the real server: the time filter is about the end of what has ended.
pub(crate) async fn list_closed(
    engine: &Engine,
    request: ListClosedWorkflowExecutionsRequest,
) -> Result<ListClosedWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let mut parts = vec![statuses(|status| !status.is_open())];
    parts.extend(time_range(System::CloseTime, request.start_time_filter)?);
    match request.filters {
        Some(ClosedFilters::ExecutionFilter(it)) => {
            parts.push(equal(System::WorkflowId, it.workflow_id));
        }
        Some(ClosedFilters::TypeFilter(it)) => parts.push(equal(System::WorkflowType, it.name)),
        Some(ClosedFilters::StatusFilter(it)) => {
            let number = i64::from(it.status);
            if RunStatus::from_number(number).is_none_or(|it| it.is_open()) {
                return Err(invalid("StatusFilter must be specified and must be not Running."));
            }
            parts.push(Condition::Test(Test::Status([number].into())));
        }
        None => {}
    }
    let (size, token) = (request.maximum_page_size, &request.next_page_token);
    let (executions, next_page_token) =
        page(engine, namespace.id, &Condition::All(parts), size, token).await?;
    Ok(ListClosedWorkflowExecutionsResponse { executions, next_page_token })
}

pub(crate) async fn count(
    engine: &Engine,
    request: CountWorkflowExecutionsRequest,
) -> Result<CountWorkflowExecutionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let Typed { condition, group_by } = filter(engine, &namespace, &request.query)?;
    let counts = engine.count(namespace.id, &condition).await.map_err(of)?;
    let as_count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let group = |(status, n): (&RunStatus, &u64)| AggregationGroup {
        group_values: vec![payload::to_proto(&search::typed(
            Kind::Keyword,
            format!("\"{}\"", name_of(*status)),
        ))],
        count: as_count(*n),
    };
    Ok(CountWorkflowExecutionsResponse {
        count: as_count(counts.total()),
        groups: match group_by {
            Some(GroupBy::ExecutionStatus) => counts.0.iter().map(group).collect(),
            None => Vec::new(),
        },
    })
}

fn name_of(status: RunStatus) -> &'static str {
    STATUSES.iter().find(|it| it.1 == status.number()).map_or("", |it| it.0)
}

/// Reads a query, with the names that its namespace has.
fn filter(engine: &Engine, namespace: &Namespace, query: &str) -> Result<Typed, Status> {
    let wrong = |error: &dyn std::fmt::Display| invalid(format!("invalid query: {error}"));
    let query = parse(query).map_err(|error| wrong(&error))?;
    let attributes = engine.search_attributes(namespace.id);
    typed(&query, &attributes.registry).map_err(|error| wrong(&error))
}

/// One page of the runs that the condition holds for, and the token of the next, if there is one.
async fn page(
    engine: &Engine,
    namespace: NamespaceId,
    condition: &Condition,
    size: i32,
    token: &[u8],
) -> Result<(Vec<WorkflowExecutionInfo>, Vec<u8>), Status> {
    let list = list_of(condition);
    let after = place(namespace, list, token)?;
    let n_max = validate::page_size(size, PAGE_MAX);
    // One more than asked for tells whether there is more.
    let mut rows = engine.list(namespace, condition, after, n_max + 1).await.map_err(of)?;
    let more = rows.len() > n_max as usize;
    rows.truncate(n_max as usize);
    let next = rows.last().filter(|_| more).map(|last| token_of(namespace, list, last));
    let paused = engine.paused_activity_types(namespace, &rows).await.map_err(of)?;
    let info = |row: &RunRow| {
        let paused = paused.get(&row.key.run).map_or(&[][..], Vec::as_slice);
        run_info::execution_info(row, paused)
    };
    Ok((rows.iter().map(info).collect(), next.unwrap_or_default()))
}

/// The same for the same list, also after a restart.
fn list_of(condition: &Condition) -> u64 {
    fingerprint(format!("{condition:?}").bytes())
}

fn token_of(namespace: NamespaceId, list: u64, last: &RunRow) -> Vec<u8> {
    ListToken {
        version: VERSION,
        started_at_ms: last.started_at.0,
        run: last.key.run.to_bytes().to_vec(),
        namespace: namespace.0,
        list,
    }
    .encode_to_vec()
}

fn place(namespace: NamespaceId, list: u64, token: &[u8]) -> Result<Option<ListPlace>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let token = ListToken::decode(token).map_err(|_| foreign(PAGE_TOKEN))?;
    let run = token::run_of(&token.run, PAGE_TOKEN)?;
    if token.version != VERSION {
        return Err(foreign(PAGE_TOKEN));
    }
    if token.namespace != namespace.0 {
        return Err(invalid("next_page_token is of another namespace than the request"));
    }
    if token.list != list {
        return Err(invalid("next_page_token is of another query than the request"));
    }
    let started_at = Timestamp(token.started_at_ms);
    Ok(Some(ListPlace { started_at, run }))
}

fn statuses(wanted: impl Fn(RunStatus) -> bool) -> Condition {
    let all = RunStatus::ALL.into_iter().filter(|it| wanted(*it));
    let among: BTreeSet<i64> = all.map(RunStatus::number).collect();
    Condition::Test(Test::Status(among))
}

fn equal(system: System, text: String) -> Condition {
    let (field, value) = (Field::System(system), Value::Text(text));
    Condition::Test(Test::Compare { field, op: Op::Equal, value })
}

fn time_range(system: System, range: Option<StartTimeFilter>) -> Result<Vec<Condition>, Status> {
    let StartTimeFilter { earliest_time, latest_time } = range.unwrap_or_default();
    let moment = |it: wkt::Timestamp| (it.seconds, it.nanos);
    if let (Some(earliest), Some(latest)) = (earliest_time, latest_time)
        && moment(earliest) > moment(latest)
    {
        return Err(invalid(
            "EarliestTime in StartTimeFilter should not be larger than LatestTime.",
        ));
    }
    let test = |op, time: Option<wkt::Timestamp>| {
        let time = time?;
        let nanos = u32::try_from(time.nanos).unwrap_or_default();
        let value = Value::Time(Instant { seconds: time.seconds, nanos });
        Some(Condition::Test(Test::Compare { field: Field::System(system), op, value }))
    };
    let both = [test(Op::GreaterOrEqual, earliest_time), test(Op::LessOrEqual, latest_time)];
    Ok(both.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_place_that_it_was_made_of_in_one_list_of_one_namespace() {
        let token = |run: &[u8], version| {
            ListToken { version, started_at_ms: 17, run: run.to_vec(), namespace: 1, list: 2 }
                .encode_to_vec()
        };
        let ours = token(&[7; 16], VERSION);
        let found = place(NamespaceId(1), 2, &ours).expect("ours").expect("a place");
        assert_eq!((found.started_at, found.run.to_bytes()), (Timestamp(17), [7; 16]));
        assert!(place(NamespaceId(2), 2, &ours).is_err());
        assert!(place(NamespaceId(1), 3, &ours).is_err());
        for bytes in [b"x".to_vec(), token(&[7; 15], VERSION), token(&[7; 16], 1), vec![255; 40]] {
            assert!(place(NamespaceId(1), 2, &bytes).is_err());
        }
        assert!(place(NamespaceId(1), 2, b"").expect("the beginning").is_none());
    }
}
