//! Reading histories, and waiting for them to grow.

mod as_continued;

use crate::patience::{Stopping, within_deadline};
use crate::status::{internal, of};
use crate::{token, validate};
use refrain_core::ids::{EventId, RunKey};
use refrain_core::limits::{HISTORY_LONG_POLL, HISTORY_PAGE_EVENTS_MAX};
use refrain_core::time::Delay;
use refrain_engine::Engine;
use refrain_engine::api::{Progress, Target};
use refrain_wire::api::enums::v1::HistoryEventFilterType;
use refrain_wire::api::history::v1::{History, HistoryEvent};
use refrain_wire::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryRequest, GetWorkflowExecutionHistoryResponse,
    GetWorkflowExecutionHistoryReverseRequest, GetWorkflowExecutionHistoryReverseResponse,
};
use refrain_wire::event;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Request, Status};

/// Events of a page if the client does not say.
const PAGE_EVENTS: usize = 256;

pub(crate) async fn get(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<GetWorkflowExecutionHistoryRequest>,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let patience = within_deadline(request.metadata(), HISTORY_LONG_POLL);
    let follows = as_continued::follows(request.metadata());
    let request = request.into_inner();
    let namespace = validate::namespace(engine, &request.namespace)?;
    let mut target = validate::target(&namespace, request.execution)?;
    let mut from = EventId::FIRST;
    if !request.next_page_token.is_empty() {
        let (run, next) = token::to_history(&request.next_page_token, target.run)?;
        target.run = Some(run);
        from = next;
    }
    let progress = engine.progress(&target).await.map_err(of)?;
    let is_close = request.history_event_filter_type == HistoryEventFilterType::CloseEvent as i32;
    let waits = request.wait_new_event;
    let progress = if waits {
        let grown = wait(engine, progress.clone(), from, is_close, patience);
        stopping.unless(grown).await.unwrap_or(Ok(progress))?
    } else {
        progress
    };
    if is_close {
        let mut answer = close_event(engine, progress, waits).await?;
        if let Some(history) = answer.history.as_mut().filter(|_| !follows) {
            history.events.iter_mut().for_each(as_continued::disguise);
        }
        return Ok(answer);
    }
    page(engine, progress, from, page_size(request.maximum_page_size), waits).await
}

/// Returns when the run is closed, or (unless only that is waited for) has an event `from`, or
/// when the patience is over.
async fn wait(
    engine: &Engine,
    mut progress: Progress,
    from: EventId,
    only_close: bool,
    patience: Delay,
) -> Result<Progress, Status> {
    let until = Instant::now() + Duration::from_millis(patience.as_ms());
    while !progress.closed && (only_close || from >= progress.next_event) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let left = Delay(left.as_millis() as u64 + 1);
        let next = progress.next_event;
        progress = engine.wait_for_event(&progress.run, next, left).await.map_err(of)?;
        // Nothing came: the time is over, or the engine stops.
        if progress.next_event <= next {
            break;
        }
    }
    Ok(progress)
}

fn page_size(asked: i32) -> usize {
    match usize::try_from(asked) {
        Ok(0) | Err(_) => PAGE_EVENTS,
        Ok(n) => n.min(HISTORY_PAGE_EVENTS_MAX),
    }
}

/// The closing event and nothing else: some clients take a second event for a broken server.
/// While there is none, an empty page, with a token only for those that wait. Those that don't get
/// the event that paused a paused run: Temporal's command line takes what is not running for closed.
async fn close_event(
    engine: &Engine,
    progress: Progress,
    waits: bool,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    if !progress.closed {
        if waits {
            let token = token::of_history(progress.run.run, progress.next_event);
            return Ok(answer(Vec::new(), token));
        }
        let events = match engine.pause_of(&progress.run).await.map_err(of)? {
            Some(pause) => events(engine, &progress.run, pause.event, 1).await?,
            None => Vec::new(),
        };
        return Ok(answer(events, Vec::new()));
    }
    if let Some(bytes) = &progress.closing {
        let history = event::decode_history(bytes).map_err(|error| internal(&error))?;
        return Ok(answer(
            history.events.into_iter().next_back().into_iter().collect(),
            Vec::new(),
        ));
    }
    let last = EventId(progress.next_event.0.saturating_sub(1).max(1));
    Ok(answer(events(engine, &progress.run, last, 1).await?, Vec::new()))
}

async fn page(
    engine: &Engine,
    progress: Progress,
    from: EventId,
    n_max: usize,
    waits: bool,
) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let events = if from < progress.next_event {
        events(engine, &progress.run, from, n_max).await?
    } else {
        Vec::new()
    };
    let next = from.plus(events.len());
    let more = next < progress.next_event || (waits && !progress.closed);
    let token = if more { token::of_history(progress.run.run, next) } else { Vec::new() };
    Ok(answer(events, token))
}

fn answer(
    events: Vec<HistoryEvent>,
    next_page_token: Vec<u8>,
) -> GetWorkflowExecutionHistoryResponse {
    GetWorkflowExecutionHistoryResponse {
        history: Some(History { events }),
        raw_history: Vec::new(),
        next_page_token,
        archived: false,
    }
}

/// At least one event, if there is one at `from`.
async fn events(
    engine: &Engine,
    run: &RunKey,
    from: EventId,
    n_max: usize,
) -> Result<Vec<HistoryEvent>, Status> {
    let page = engine.history(run, from, n_max).await.map_err(of)?;
    let history = event::decode_history(&page.bytes).map_err(|error| internal(&error))?;
    Ok(history.events)
}

pub(crate) async fn get_reverse(
    engine: &Engine,
    request: GetWorkflowExecutionHistoryReverseRequest,
) -> Result<GetWorkflowExecutionHistoryReverseResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let mut target: Target = validate::target(&namespace, request.execution)?;
    let mut before = None;
    if !request.next_page_token.is_empty() {
        let (run, next) = token::to_history(&request.next_page_token, target.run)?;
        target.run = Some(run);
        before = Some(next);
    }
    let progress = engine.progress(&target).await.map_err(of)?;
    let before = before.map_or(progress.next_event, |it| it.min(progress.next_event));
    let n_max = page_size(request.maximum_page_size).min(PAGE_EVENTS) as u64;
    let first = EventId(before.0.saturating_sub(n_max).max(1));
    let mut all = Vec::new();
    let mut from = first;
    // A page of the store may be shorter than asked for, and its events come forwards.
    while from < before {
        let room = (before.0 - from.0) as usize;
        let some = events(engine, &progress.run, from, room).await?;
        if some.is_empty() {
            break;
        }
        from = from.plus(some.len());
        all.extend(some);
    }
    all.reverse();
    let next_page_token = if first > EventId::FIRST {
        token::of_history(progress.run.run, first)
    } else {
        Vec::new()
    };
    Ok(GetWorkflowExecutionHistoryReverseResponse {
        history: Some(History { events: all }),
        next_page_token,
    })
}
