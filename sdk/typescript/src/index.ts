// What a workflow imports, under the names of Temporal's TypeScript SDK.

/// <reference path="./host.d.ts" />

export {
  type ActivityInterface,
  type ActivityOptions,
  type LocalActivityOptions,
  type Priority,
  type RetryPolicy,
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
  scheduleLocalActivity,
} from "./activities";
export {
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  type ExternalWorkflowHandle,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  executeChild,
  getExternalWorkflowHandle,
  startChild,
} from "./children";
export {
  type WorkflowInfo,
  deprecatePatch,
  getCurrentDetails,
  log,
  patched,
  publish,
  setCurrentDetails,
  upsertMemo,
  uuid4,
  workflowInfo,
} from "./context";
export { type ContinueAsNewOptions, ContinueAsNew, continueAsNew, makeContinueAsNewFunc } from "./continue-as-new";
export type { Duration } from "./duration";
export {
  type ApplicationFailureOptions,
  ActivityFailure,
  ApplicationFailure,
  ApplicationFailureCategory,
  CanceledFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  ResetWorkflowFailure,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
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
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from "./handlers";
export { DeterminismViolationError, IllegalStateError, PayloadConverterError, ValueError, WorkflowError } from "./errors";
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
  SearchAttributeType,
  TypedSearchAttributes,
  defineSearchAttributeKey,
  upsertSearchAttributes,
} from "./search-attributes";
export { type LoggerSinks, type Sink, type SinkFunction, type Sinks, proxySinks } from "./sinks";
export { condition, sleep, withTimeout } from "./timers";
export { Trigger } from "./trigger";
export type {
  ActivityFunction,
  UntypedActivities,
  WithWorkflowArgs,
  Workflow,
  WorkflowResultType,
  WorkflowReturnType,
} from "./types";
export { type WorkflowOptions, setWorkflowOptions } from "./workflow-options";
