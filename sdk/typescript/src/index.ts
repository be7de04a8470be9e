// What a workflow imports, under the names of Temporal's TypeScript SDK.

/// <reference path="./host.d.ts" />

export {
  type ActivityFunctionWithOptions,
  type ActivityInterfaceFor,
  type ActivityOptions,
  type LocalActivityFunctionWithOptions,
  type LocalActivityInterfaceFor,
  type LocalActivityOptions,
  type Priority,
  type RetryPolicy,
  ActivityCancellationType,
  NotAnActivityMethod,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
  scheduleLocalActivity,
} from "./activities";
export {
  type BaseWorkflowHandle,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  type ChildWorkflowOptionsWithDefaults,
  type ExternalWorkflowHandle,
  type RequiredChildWorkflowOptions,
  type WorkflowSignalOptions,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  addDefaultWorkflowOptions,
  executeChild,
  getExternalWorkflowHandle,
  startChild,
} from "./children";
export {
  type ParentWorkflowInfo,
  type RootWorkflowInfo,
  type UnsafeRandomSource,
  type UnsafeWorkflowInfo,
  type WorkflowInfo,
  deprecatePatch,
  getCurrentDetails,
  inWorkflowContext,
  log,
  patched,
  publish,
  setCurrentDetails,
  upsertMemo,
  uuid4,
  workflowInfo,
} from "./context";
export { type ContinueAsNewOptions, ContinueAsNew, continueAsNew, makeContinueAsNewFunc } from "./continue-as-new";
export { type Headers, type Payload, type PayloadConverter, defaultPayloadConverter } from "./converter";
export type { Duration } from "./duration";
export { type EventGroupMarker, createEventGroup } from "./event-groups";
export {
  type ApplicationFailureOptions,
  ActivityFailure,
  ApplicationFailure,
  ApplicationFailureCategory,
  CanceledFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  ResetWorkflowFailure,
  RetryState,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  isCancellation,
  rootCause,
} from "./failures";
export {
  type DefaultQueryHandler,
  type DefaultSignalHandler,
  type DefaultUpdateHandler,
  type DefaultUpdateValidator,
  type QueryDefinition,
  type QueryHandlerOptions,
  type SignalDefinition,
  type SignalHandlerOptions,
  type UpdateDefinition,
  type UpdateHandlerOptions,
  HandlerUnfinishedPolicy,
  allHandlersFinished,
  defineQuery,
  defineSignal,
  defineUpdate,
  enhancedStackTraceQuery,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  stackTraceQuery,
  workflowMetadataQuery,
} from "./handlers";
export {
  CompleteAsyncError,
  DeterminismViolationError,
  IllegalStateError,
  NamespaceNotFoundError,
  PayloadConverterError,
  ValueError,
  WorkflowError,
  WorkflowNotFoundError,
} from "./errors";
export type {
  ActivityInput,
  ContinueAsNewInput,
  ContinueAsNewInputOptions,
  GetLogAttributesInput,
  GetMetricTagsInput,
  LocalActivityInput,
  Next,
  QueryInput,
  SignalInput,
  SignalWorkflowInput,
  StartChildWorkflowExecutionInput,
  TimerInput,
  TimerOptions,
  UpdateInput,
  WorkflowExecuteInput,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowInterceptorsFactory,
  WorkflowInternalsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from "./interceptors";
export {
  type Metric,
  type MetricCounter,
  type MetricGauge,
  type MetricHistogram,
  type MetricKind,
  type MetricMeter,
  type MetricTags,
  type MetricUpDownCounter,
  type NumericMetricValueType,
  metricMeter,
} from "./metrics";
export {
  type NexusOperationHandle,
  type NexusServiceClient,
  type NexusServiceClientOptions,
  type StartNexusOperationInput,
  type StartNexusOperationOptions,
  type StartNexusOperationOutput,
  NexusOperationCancellationType,
  createNexusServiceClient,
} from "./nexus";
export { type WorkflowRandomStream, getRandomStream, workflowRandom } from "./random";
export {
  type CancellationScopeOptions,
  type UpdateInfo,
  AsyncLocalStorage,
  CancellationScope,
  currentUpdateInfo,
} from "./scope";
export {
  type SearchAttributeKey,
  type SearchAttributePair,
  type SearchAttributeValue,
  type SearchAttributes,
  SearchAttributeType,
  TypedSearchAttributes,
  defineSearchAttributeKey,
  upsertSearchAttributes,
} from "./search-attributes";
export { type LoggerSinks, type Sink, type SinkFunction, type Sinks, proxySinks } from "./sinks";
export { condition, sleep, withTimeout } from "./timers";
export { Trigger } from "./trigger";
export {
  type ActivityFunction,
  type ActivityInterface,
  type UntypedActivities,
  type WithWorkflowArgs,
  type Workflow,
  type WorkflowDurationOptions,
  type WorkflowQueryOptions,
  type WorkflowResultType,
  type WorkflowReturnType,
  extractWorkflowType,
} from "./types";
export { type WorkflowOptions, defineWorkflowOptions, setWorkflowOptions } from "./workflow-options";
