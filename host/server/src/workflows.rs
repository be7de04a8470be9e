//! Starting workflows, and telling and asking open ones something.

use crate::status::{invalid, of, undecodable};
use crate::{definition, links, run_info, validate};
use refrain_core::arrival::Refused;
use refrain_core::machines::{execution, signal};
use refrain_engine::api::{SearchAttributes, StartReply, StartRequest, Target};
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::common::v1::link::workflow_event::{
    EventReference, Reference, RequestIdReference,
};
use refrain_wire::api::common::v1::link::{Variant, WorkflowEvent};
use refrain_wire::api::common::v1::{Link, WorkflowExecution};
use refrain_wire::api::enums::v1::{EventType, QueryRejectCondition};
use refrain_wire::api::query::v1::QueryRejected;
use refrain_wire::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse, QueryWorkflowRequest,
    QueryWorkflowResponse, RequestCancelWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionResponse, SignalWorkflowExecutionRequest,
    SignalWorkflowExecutionResponse, StartWorkflowExecutionRequest, StartWorkflowExecutionResponse,
    TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use refrain_wire::{options, payload, run_options, time_skipping};
use tonic::Status;

pub(crate) async fn start(
    engine: &Engine,
    request: StartWorkflowExecutionRequest,
) -> Result<StartWorkflowExecutionResponse, Status> {
    let (namespace, workflow_id) = (request.namespace.clone(), request.workflow_id.clone());
    let attaches = request.on_conflict_options.as_ref().is_some_and(|it| it.attach_request_id);
    let start = start_request(engine, request)?;
    if !attaches {
        let reply = engine.start_workflow(start).await.map_err(of)?;
        return Ok(start_response(namespace, workflow_id, &reply));
    }
    let request_id = start.request_id.clone();
    let reply = engine.start_or_attach(start).await.map_err(of)?;
    let mut response = start_response(namespace.clone(), workflow_id.clone(), &reply);
    if !reply.started {
        let event_type = EventType::WorkflowExecutionOptionsUpdated;
        let run_id = reply.run.to_string();
        response.link = Some(request_link(namespace, workflow_id, run_id, request_id, event_type));
    }
    Ok(response)
}

pub(crate) fn start_request(
    engine: &Engine,
    request: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Status> {
    let namespace = validate::namespace_for_start(engine, &request.namespace)?;
    let (reuse, conflict) = validate::id_policies(
        request.workflow_id_reuse_policy,
        request.workflow_id_conflict_policy,
    )?;
    validate::cron_schedule(&request, engine.now())?;
    if let Some(options) = &request.on_conflict_options
        && options.attach_completion_callbacks
        && !options.attach_request_id
    {
        return Err(invalid("attaching request ID is required for attaching completion callbacks"));
    }
    // Whoever finds the run later is told by which request it began.
    let request_id = request_id_or_new(request.request_id.clone());
    let attributes = engine.search_attributes(namespace.id);
    let started = started(request, &attributes)?;
    Ok(StartRequest { namespace: namespace.id, started, request_id, reuse, conflict })
}

pub(crate) fn start_response(
    namespace: String,
    workflow_id: String,
    reply: &StartReply,
) -> StartWorkflowExecutionResponse {
    let run_id = reply.run.to_string();
    let event =
        EventReference { event_id: 1, event_type: EventType::WorkflowExecutionStarted as i32 };
    StartWorkflowExecutionResponse {
        run_id: run_id.clone(),
        first_execution_run_id: reply.first.to_string(),
        started: reply.started,
        status: run_info::status(reply.status) as i32,
        eager_workflow_task: None,
        link: Some(link(namespace, workflow_id, run_id, Reference::EventRef(event))),
    }
}

/// What a start says, checked.
pub(crate) fn started(
    request: StartWorkflowExecutionRequest,
    attributes: &SearchAttributes,
) -> Result<execution::Started, Status> {
    let workflow_type = request.workflow_type.unwrap_or_default().name;
    let task_queue = options::task_queue_from_proto(request.task_queue);
    validate::name("workflow_id", &request.workflow_id)?;
    validate::name("workflow_type", &workflow_type)?;
    validate::task_queue(&task_queue)?;
    validate::short("request_id", &request.request_id)?;
    validate::short("identity", &request.identity)?;
    let times = validate::start_timeouts(
        request.workflow_execution_timeout,
        request.workflow_run_timeout,
        request.workflow_task_timeout,
    )?;
    let delay = validate::limit("workflow_start_delay", request.workflow_start_delay)?;
    if !request.completion_callbacks.is_empty() {
        return Err(invalid(format!(
            "{} completion_callbacks found, expected none: this host does not call back",
            request.completion_callbacks.len()
        )));
    }
    let retry = validate::retry_policy(request.retry_policy)?;
    let input = payload::list_from_proto(request.input);
    let memo = payload::memo_from_proto(request.memo);
    let search_attributes = validate::search_attributes(attributes, request.search_attributes)?;
    let header = payload::header_from_proto(request.header);
    validate::blob("input", &input)?;
    validate::memo(&memo)?;
    validate::blob_map("header", &header)?;
    let (summary, details) = validate::user_metadata(request.user_metadata)?;
    let links = links::checked(request.links)?;
    let priority = validate::priority(request.priority)?;
    let versioning = run_options::override_of_start_from_proto(request.versioning_override)
        .map_err(undecodable)?;
    let time_skipping = time_skipping::asked(request.time_skipping_config).map_err(undecodable)?;
    Ok(execution::Started {
        workflow_type,
        workflow_id: request.workflow_id,
        task_queue,
        input,
        execution_timeout: times.execution,
        run_timeout: times.run,
        task_timeout: times.task,
        identity: request.identity,
        attempt: 1,
        retry,
        cron: request.cron_schedule,
        first_task_backoff: delay,
        memo,
        search_attributes,
        header,
        priority,
        versioning,
        time_skipping,
        summary,
        details,
        links,
        // Its place in a chain and in a tree of parents is the engine's to say.
        ..execution::Started::default()
    })
}

pub(crate) fn link(
    namespace: String,
    workflow_id: String,
    run_id: String,
    reference: Reference,
) -> Link {
    let event = WorkflowEvent { namespace, workflow_id, run_id, reference: Some(reference) };
    Link { variant: Some(Variant::WorkflowEvent(event)) }
}

/// To what a request has become.
pub(crate) fn request_link(
    namespace: String,
    workflow_id: String,
    run_id: String,
    request_id: String,
    event_type: EventType,
) -> Link {
    let event = RequestIdReference { request_id, event_type: event_type as i32 };
    link(namespace, workflow_id, run_id, Reference::RequestIdRef(event))
}

/// Links in answers and in refusals name what was asked by it.
pub(crate) fn request_id_or_new(request_id: String) -> String {
    match request_id.is_empty() {
        true => uuid::Uuid::new_v4().to_string(),
        false => request_id,
    }
}

pub(crate) async fn signal(
    engine: &Engine,
    request: SignalWorkflowExecutionRequest,
) -> Result<SignalWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.workflow_execution)?;
    validate::signal_name(&request.signal_name)?;
    validate::short("request_id", &request.request_id)?;
    let input = payload::list_from_proto(request.input);
    let header = payload::header_from_proto(request.header);
    validate::blob("input", &input)?;
    validate::blob_map("header", &header)?;
    let signal = signal::Signal {
        name: request.signal_name,
        input,
        header,
        identity: request.identity,
        request_id: request.request_id.clone(),
        from: None,
        links: links::checked(request.links)?,
    };
    engine.signal(target.clone(), signal).await.map_err(of)?;
    // The link is for tools; a run that can't be named now was signaled all the same.
    let run_id = match engine.progress(&target).await {
        Ok(progress) => progress.run.run.to_string(),
        Err(_) => String::new(),
    };
    let link = request_link(
        request.namespace,
        target.workflow_id,
        run_id,
        request.request_id,
        EventType::WorkflowExecutionSignaled,
    );
    Ok(SignalWorkflowExecutionResponse { link: Some(link) })
}

/// `first`: the first run of the chain that the caller means. Of a chain it is the run of now that is
/// meant, whichever run is named beside it.
fn target_of_chain(
    namespace: &refrain_engine::api::Namespace,
    execution: Option<WorkflowExecution>,
    first: &str,
) -> Result<Target, Status> {
    let target = validate::target(namespace, execution)?;
    Ok(match validate::chain(first) {
        None => target,
        chain => Target { chain, run: None, ..target },
    })
}

pub(crate) async fn request_cancel(
    engine: &Engine,
    request: RequestCancelWorkflowExecutionRequest,
) -> Result<RequestCancelWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target =
        target_of_chain(&namespace, request.workflow_execution, &request.first_execution_run_id)?;
    validate::short("request_id", &request.request_id)?;
    let asked = engine.request_cancel(target.clone(), request.reason, request.identity);
    match asked.await {
        // As the real server: who wants an ended run to end has what they want.
        Ok(()) | Err(EngineError::Refused(Refused::RunClosed)) => Ok(Default::default()),
        Err(EngineError::WorkflowNotFound { .. })
            if target.run.is_some() && engine.run(&target).await.is_ok() =>
        {
            Ok(Default::default())
        }
        Err(error) => Err(of(error)),
    }
}

/// In the real server's words.
const NO_REASON: &str = "terminated by user via frontend";

pub(crate) async fn terminate(
    engine: &Engine,
    request: TerminateWorkflowExecutionRequest,
) -> Result<TerminateWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target =
        target_of_chain(&namespace, request.workflow_execution, &request.first_execution_run_id)?;
    let details = payload::list_from_proto(request.details);
    let reason = match request.reason.is_empty() {
        true => NO_REASON.to_owned(),
        false => request.reason,
    };
    engine.terminate(target, reason, details, request.identity).await.map_err(of)?;
    Ok(Default::default())
}

pub(crate) async fn query(
    engine: &Engine,
    request: QueryWorkflowRequest,
) -> Result<QueryWorkflowResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.execution)?;
    let query = request.query.ok_or_else(|| invalid("query is missing"))?;
    validate::name("query_type", &query.query_type)?;
    let args = payload::list_from_proto(query.query_args);
    validate::blob("query_args", &args)?;
    let condition =
        QueryRejectCondition::try_from(request.query_reject_condition).map_err(|_| {
            let found = request.query_reject_condition;
            invalid(format!("query_reject_condition is `{found}`, expected 0 to 3"))
        })?;
    if let Some(query_rejected) = rejected(engine, &target, condition).await? {
        let query_rejected = Some(query_rejected);
        return Ok(QueryWorkflowResponse { query_rejected, ..Default::default() });
    }
    if query.query_type == definition::METADATA_QUERY {
        let query_result = Some(definition::metadata(engine, &target).await?);
        return Ok(QueryWorkflowResponse { query_result, ..Default::default() });
    }
    let result = engine.query(target, query.query_type, args).await.map_err(of)?;
    // Present even if it is empty: TypeScript's client needs it.
    let query_result = Some(payload::list_to_proto(&result).unwrap_or_default());
    Ok(QueryWorkflowResponse { query_result, ..Default::default() })
}

async fn rejected(
    engine: &Engine,
    target: &Target,
    condition: QueryRejectCondition,
) -> Result<Option<QueryRejected>, Status> {
    let also_completed = match condition {
        QueryRejectCondition::Unspecified | QueryRejectCondition::None => return Ok(None),
        QueryRejectCondition::NotOpen => true,
        QueryRejectCondition::NotCompletedCleanly => false,
    };
    let state = engine.run(target).await.map_err(of)?.status;
    let rejected = match state {
        execution::State::Absent
        | execution::State::Running
        | execution::State::CancelRequested
        | execution::State::Paused { .. } => false,
        execution::State::Completed => also_completed,
        execution::State::Failed
        | execution::State::Canceled
        | execution::State::TimedOut
        | execution::State::Terminated
        | execution::State::ContinuedAsNew => true,
    };
    Ok(rejected.then(|| QueryRejected { status: run_info::status(state) as i32 }))
}

pub(crate) async fn describe(
    engine: &Engine,
    request: DescribeWorkflowExecutionRequest,
) -> Result<DescribeWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.execution)?;
    let described = engine.describe(&target).await.map_err(of)?;
    Ok(run_info::description(&namespace, &described, engine.now()))
}
