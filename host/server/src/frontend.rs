//! Temporal's WorkflowService: which call is whose. The others answer UNIMPLEMENTED.

use crate::patience::Stopping;
use crate::stubs::workflow::workflow_service_server::WorkflowService;
use crate::{
    activities, activity_operator as operator, batches, history, lifecycle, list, namespaces,
    own_clock, schedules, search, standalone, system, tasks, updates, with_start,
    worker_deployments as deployments, workers, workflows,
};
use refrain_engine::Engine;
use refrain_wire::api::workflowservice::v1::*;
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub(crate) struct Frontend {
    pub(crate) engine: Engine,
    pub(crate) stopping: Stopping,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl WorkflowService for Frontend {
    async fn get_system_info(
        &self,
        _: Request<GetSystemInfoRequest>,
    ) -> Answer<GetSystemInfoResponse> {
        Ok(Response::new(system::system_info()))
    }

    async fn get_cluster_info(
        &self,
        _: Request<GetClusterInfoRequest>,
    ) -> Answer<GetClusterInfoResponse> {
        Ok(Response::new(system::cluster_info()))
    }

    async fn describe_namespace(
        &self,
        request: Request<DescribeNamespaceRequest>,
    ) -> Answer<DescribeNamespaceResponse> {
        namespaces::describe(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn list_namespaces(
        &self,
        request: Request<ListNamespacesRequest>,
    ) -> Answer<ListNamespacesResponse> {
        namespaces::list(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn register_namespace(
        &self,
        request: Request<RegisterNamespaceRequest>,
    ) -> Answer<RegisterNamespaceResponse> {
        namespaces::register(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn pause_activity(
        &self,
        request: Request<PauseActivityRequest>,
    ) -> Answer<PauseActivityResponse> {
        operator::pause(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn pause_activity_execution(
        &self,
        request: Request<PauseActivityExecutionRequest>,
    ) -> Answer<PauseActivityExecutionResponse> {
        operator::pause_one(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn unpause_activity(
        &self,
        request: Request<UnpauseActivityRequest>,
    ) -> Answer<UnpauseActivityResponse> {
        operator::unpause(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn unpause_activity_execution(
        &self,
        request: Request<UnpauseActivityExecutionRequest>,
    ) -> Answer<UnpauseActivityExecutionResponse> {
        operator::unpause_one(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn reset_activity(
        &self,
        request: Request<ResetActivityRequest>,
    ) -> Answer<ResetActivityResponse> {
        operator::reset(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn reset_activity_execution(
        &self,
        request: Request<ResetActivityExecutionRequest>,
    ) -> Answer<ResetActivityExecutionResponse> {
        operator::reset_one(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn update_activity_options(
        &self,
        request: Request<UpdateActivityOptionsRequest>,
    ) -> Answer<UpdateActivityOptionsResponse> {
        operator::update_options(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn update_activity_execution_options(
        &self,
        request: Request<UpdateActivityExecutionOptionsRequest>,
    ) -> Answer<UpdateActivityExecutionOptionsResponse> {
        let request = request.into_inner();
        operator::update_options_of_one(&self.engine, request).await.map(Response::new)
    }

    async fn update_namespace(
        &self,
        request: Request<UpdateNamespaceRequest>,
    ) -> Answer<UpdateNamespaceResponse> {
        namespaces::update(&self.engine, request.into_inner()).await.map(Response::new)
    }

    #[allow(deprecated, reason = "tools still call it")]
    async fn deprecate_namespace(
        &self,
        request: Request<DeprecateNamespaceRequest>,
    ) -> Answer<DeprecateNamespaceResponse> {
        namespaces::deprecate(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn start_workflow_execution(
        &self,
        request: Request<StartWorkflowExecutionRequest>,
    ) -> Answer<StartWorkflowExecutionResponse> {
        workflows::start(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn signal_workflow_execution(
        &self,
        request: Request<SignalWorkflowExecutionRequest>,
    ) -> Answer<SignalWorkflowExecutionResponse> {
        workflows::signal(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn signal_with_start_workflow_execution(
        &self,
        request: Request<SignalWithStartWorkflowExecutionRequest>,
    ) -> Answer<SignalWithStartWorkflowExecutionResponse> {
        with_start::signal_with_start(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn execute_multi_operation(
        &self,
        request: Request<ExecuteMultiOperationRequest>,
    ) -> Answer<ExecuteMultiOperationResponse> {
        with_start::execute(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn update_workflow_execution(
        &self,
        request: Request<UpdateWorkflowExecutionRequest>,
    ) -> Answer<UpdateWorkflowExecutionResponse> {
        updates::update(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn poll_workflow_execution_update(
        &self,
        request: Request<PollWorkflowExecutionUpdateRequest>,
    ) -> Answer<PollWorkflowExecutionUpdateResponse> {
        updates::poll(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn poll_workflow_execution_time_skipping(
        &self,
        request: Request<PollWorkflowExecutionTimeSkippingRequest>,
    ) -> Answer<PollWorkflowExecutionTimeSkippingResponse> {
        own_clock::poll(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn request_cancel_workflow_execution(
        &self,
        request: Request<RequestCancelWorkflowExecutionRequest>,
    ) -> Answer<RequestCancelWorkflowExecutionResponse> {
        workflows::request_cancel(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn terminate_workflow_execution(
        &self,
        request: Request<TerminateWorkflowExecutionRequest>,
    ) -> Answer<TerminateWorkflowExecutionResponse> {
        workflows::terminate(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn pause_workflow_execution(
        &self,
        request: Request<PauseWorkflowExecutionRequest>,
    ) -> Answer<PauseWorkflowExecutionResponse> {
        lifecycle::pause(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn reset_workflow_execution(
        &self,
        request: Request<ResetWorkflowExecutionRequest>,
    ) -> Answer<ResetWorkflowExecutionResponse> {
        lifecycle::reset(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn delete_workflow_execution(
        &self,
        request: Request<DeleteWorkflowExecutionRequest>,
    ) -> Answer<DeleteWorkflowExecutionResponse> {
        lifecycle::delete(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn update_workflow_execution_options(
        &self,
        request: Request<UpdateWorkflowExecutionOptionsRequest>,
    ) -> Answer<UpdateWorkflowExecutionOptionsResponse> {
        lifecycle::update_options(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn unpause_workflow_execution(
        &self,
        request: Request<UnpauseWorkflowExecutionRequest>,
    ) -> Answer<UnpauseWorkflowExecutionResponse> {
        lifecycle::unpause(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn query_workflow(
        &self,
        request: Request<QueryWorkflowRequest>,
    ) -> Answer<QueryWorkflowResponse> {
        workflows::query(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn describe_workflow_execution(
        &self,
        request: Request<DescribeWorkflowExecutionRequest>,
    ) -> Answer<DescribeWorkflowExecutionResponse> {
        workflows::describe(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn get_workflow_execution_history(
        &self,
        request: Request<GetWorkflowExecutionHistoryRequest>,
    ) -> Answer<GetWorkflowExecutionHistoryResponse> {
        history::get(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn get_workflow_execution_history_reverse(
        &self,
        request: Request<GetWorkflowExecutionHistoryReverseRequest>,
    ) -> Answer<GetWorkflowExecutionHistoryReverseResponse> {
        history::get_reverse(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_workflow_executions(
        &self,
        request: Request<ListWorkflowExecutionsRequest>,
    ) -> Answer<ListWorkflowExecutionsResponse> {
        list::list(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn count_workflow_executions(
        &self,
        request: Request<CountWorkflowExecutionsRequest>,
    ) -> Answer<CountWorkflowExecutionsResponse> {
        list::count(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn create_schedule(
        &self,
        request: Request<CreateScheduleRequest>,
    ) -> Answer<CreateScheduleResponse> {
        schedules::create(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn describe_schedule(
        &self,
        request: Request<DescribeScheduleRequest>,
    ) -> Answer<DescribeScheduleResponse> {
        schedules::describe(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn update_schedule(
        &self,
        request: Request<UpdateScheduleRequest>,
    ) -> Answer<UpdateScheduleResponse> {
        schedules::update(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn patch_schedule(
        &self,
        request: Request<PatchScheduleRequest>,
    ) -> Answer<PatchScheduleResponse> {
        schedules::patch(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn delete_schedule(
        &self,
        request: Request<DeleteScheduleRequest>,
    ) -> Answer<DeleteScheduleResponse> {
        schedules::delete(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_schedules(
        &self,
        request: Request<ListSchedulesRequest>,
    ) -> Answer<ListSchedulesResponse> {
        schedules::list(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn count_schedules(
        &self,
        request: Request<CountSchedulesRequest>,
    ) -> Answer<CountSchedulesResponse> {
        schedules::count(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_schedule_matching_times(
        &self,
        request: Request<ListScheduleMatchingTimesRequest>,
    ) -> Answer<ListScheduleMatchingTimesResponse> {
        schedules::matching_times(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn scan_workflow_executions(
        &self,
        request: Request<ScanWorkflowExecutionsRequest>,
    ) -> Answer<ScanWorkflowExecutionsResponse> {
        list::scan(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_open_workflow_executions(
        &self,
        request: Request<ListOpenWorkflowExecutionsRequest>,
    ) -> Answer<ListOpenWorkflowExecutionsResponse> {
        list::list_open(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_closed_workflow_executions(
        &self,
        request: Request<ListClosedWorkflowExecutionsRequest>,
    ) -> Answer<ListClosedWorkflowExecutionsResponse> {
        list::list_closed(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_archived_workflow_executions(
        &self,
        request: Request<ListArchivedWorkflowExecutionsRequest>,
    ) -> Answer<ListArchivedWorkflowExecutionsResponse> {
        crate::validate::namespace(&self.engine, &request.get_ref().namespace)?;
        Err(Status::invalid_argument("Cluster is not configured for visibility archival."))
    }

    async fn get_search_attributes(
        &self,
        _: Request<GetSearchAttributesRequest>,
    ) -> Answer<GetSearchAttributesResponse> {
        Ok(Response::new(search::get()))
    }

    async fn describe_task_queue(
        &self,
        request: Request<DescribeTaskQueueRequest>,
    ) -> Answer<DescribeTaskQueueResponse> {
        tasks::describe(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_task_queue_partitions(
        &self,
        request: Request<ListTaskQueuePartitionsRequest>,
    ) -> Answer<ListTaskQueuePartitionsResponse> {
        tasks::partitions(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn update_task_queue_config(
        &self,
        request: Request<UpdateTaskQueueConfigRequest>,
    ) -> Answer<UpdateTaskQueueConfigResponse> {
        tasks::update_config(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn record_worker_heartbeat(
        &self,
        request: Request<RecordWorkerHeartbeatRequest>,
    ) -> Answer<RecordWorkerHeartbeatResponse> {
        workers::heartbeat(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn shutdown_worker(
        &self,
        request: Request<ShutdownWorkerRequest>,
    ) -> Answer<ShutdownWorkerResponse> {
        workers::shutdown(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn list_workers(
        &self,
        request: Request<ListWorkersRequest>,
    ) -> Answer<ListWorkersResponse> {
        workers::list(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn count_workers(
        &self,
        request: Request<CountWorkersRequest>,
    ) -> Answer<CountWorkersResponse> {
        workers::count(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn describe_worker(
        &self,
        request: Request<DescribeWorkerRequest>,
    ) -> Answer<DescribeWorkerResponse> {
        workers::describe(&self.engine, request.into_inner()).map(Response::new)
    }

    async fn list_worker_deployments(
        &self,
        request: Request<ListWorkerDeploymentsRequest>,
    ) -> Answer<ListWorkerDeploymentsResponse> {
        deployments::list(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn describe_worker_deployment(
        &self,
        request: Request<DescribeWorkerDeploymentRequest>,
    ) -> Answer<DescribeWorkerDeploymentResponse> {
        deployments::describe(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn describe_worker_deployment_version(
        &self,
        request: Request<DescribeWorkerDeploymentVersionRequest>,
    ) -> Answer<DescribeWorkerDeploymentVersionResponse> {
        deployments::describe_version(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn set_worker_deployment_current_version(
        &self,
        request: Request<SetWorkerDeploymentCurrentVersionRequest>,
    ) -> Answer<SetWorkerDeploymentCurrentVersionResponse> {
        deployments::set_current(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn set_worker_deployment_ramping_version(
        &self,
        request: Request<SetWorkerDeploymentRampingVersionRequest>,
    ) -> Answer<SetWorkerDeploymentRampingVersionResponse> {
        deployments::set_ramping(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn poll_activity_task_queue(
        &self,
        request: Request<PollActivityTaskQueueRequest>,
    ) -> Answer<PollActivityTaskQueueResponse> {
        activities::poll(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn respond_activity_task_completed(
        &self,
        request: Request<RespondActivityTaskCompletedRequest>,
    ) -> Answer<RespondActivityTaskCompletedResponse> {
        activities::completed(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn respond_activity_task_completed_by_id(
        &self,
        request: Request<RespondActivityTaskCompletedByIdRequest>,
    ) -> Answer<RespondActivityTaskCompletedByIdResponse> {
        activities::completed_by_id(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn respond_activity_task_failed(
        &self,
        request: Request<RespondActivityTaskFailedRequest>,
    ) -> Answer<RespondActivityTaskFailedResponse> {
        activities::attempt_failed(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn respond_activity_task_failed_by_id(
        &self,
        request: Request<RespondActivityTaskFailedByIdRequest>,
    ) -> Answer<RespondActivityTaskFailedByIdResponse> {
        activities::failed_by_id(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn respond_activity_task_canceled(
        &self,
        request: Request<RespondActivityTaskCanceledRequest>,
    ) -> Answer<RespondActivityTaskCanceledResponse> {
        activities::canceled(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn respond_activity_task_canceled_by_id(
        &self,
        request: Request<RespondActivityTaskCanceledByIdRequest>,
    ) -> Answer<RespondActivityTaskCanceledByIdResponse> {
        activities::canceled_by_id(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn record_activity_task_heartbeat(
        &self,
        request: Request<RecordActivityTaskHeartbeatRequest>,
    ) -> Answer<RecordActivityTaskHeartbeatResponse> {
        activities::heartbeat(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn record_activity_task_heartbeat_by_id(
        &self,
        request: Request<RecordActivityTaskHeartbeatByIdRequest>,
    ) -> Answer<RecordActivityTaskHeartbeatByIdResponse> {
        activities::heartbeat_by_id(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn start_batch_operation(
        &self,
        request: Request<StartBatchOperationRequest>,
    ) -> Answer<StartBatchOperationResponse> {
        batches::start(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn stop_batch_operation(
        &self,
        request: Request<StopBatchOperationRequest>,
    ) -> Answer<StopBatchOperationResponse> {
        batches::stop(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn describe_batch_operation(
        &self,
        request: Request<DescribeBatchOperationRequest>,
    ) -> Answer<DescribeBatchOperationResponse> {
        batches::describe(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn list_batch_operations(
        &self,
        request: Request<ListBatchOperationsRequest>,
    ) -> Answer<ListBatchOperationsResponse> {
        batches::list(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn start_activity_execution(
        &self,
        request: Request<StartActivityExecutionRequest>,
    ) -> Answer<StartActivityExecutionResponse> {
        standalone::start(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn poll_activity_execution(
        &self,
        request: Request<PollActivityExecutionRequest>,
    ) -> Answer<PollActivityExecutionResponse> {
        standalone::poll(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn describe_activity_execution(
        &self,
        request: Request<DescribeActivityExecutionRequest>,
    ) -> Answer<DescribeActivityExecutionResponse> {
        standalone::describe(&self.engine, &self.stopping, request).await.map(Response::new)
    }

    async fn list_activity_executions(
        &self,
        request: Request<ListActivityExecutionsRequest>,
    ) -> Answer<ListActivityExecutionsResponse> {
        standalone::list(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn count_activity_executions(
        &self,
        request: Request<CountActivityExecutionsRequest>,
    ) -> Answer<CountActivityExecutionsResponse> {
        standalone::count(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn request_cancel_activity_execution(
        &self,
        request: Request<RequestCancelActivityExecutionRequest>,
    ) -> Answer<RequestCancelActivityExecutionResponse> {
        standalone::request_cancel(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn terminate_activity_execution(
        &self,
        request: Request<TerminateActivityExecutionRequest>,
    ) -> Answer<TerminateActivityExecutionResponse> {
        standalone::terminate(&self.engine, request.into_inner()).await.map(Response::new)
    }

    async fn delete_activity_execution(
        &self,
        request: Request<DeleteActivityExecutionRequest>,
    ) -> Answer<DeleteActivityExecutionResponse> {
        standalone::delete(&self.engine, request.into_inner()).await.map(Response::new)
    }
}
