import host from "refrain:workflow/children@0.1.0";
import type { Options } from "refrain:workflow/children@0.1.0";
import externalHost from "refrain:workflow/external@0.1.0";
import operations from "refrain:workflow/operations@0.1.0";
import type { Execution } from "refrain:workflow/types@0.1.0";
import { type Priority, type RetryPolicy, toPriority, toRetryPolicy } from "./activities";
import { type Duration, optionalMs } from "./duration";
import { type Headers, fromHeaders } from "./converter";
import type { EventGroupMarker } from "./event-groups";
import { ApplicationFailure, ChildWorkflowFailure, WorkflowExecutionAlreadyStartedError } from "./failures";
import type { SignalDefinition } from "./handlers";
import { type SignalWorkflowInput, nextSeq, onTheWayOut } from "./interceptors";
import { toHost, withOldNames } from "./names";
import { nothing, operation, outcome } from "./operation";
import { fromPayloads, toFields, toPayloads } from "./payload";
import { CancellationScope } from "./scope";
import {
  type SearchAttributePair,
  type SearchAttributes,
  type TypedSearchAttributes,
  searchAttributesOf,
} from "./search-attributes";
import type { WithWorkflowArgs, Workflow, WorkflowResultType } from "./types";

export const ParentClosePolicy = withOldNames("PARENT_CLOSE_POLICY_", {
  TERMINATE: "TERMINATE",
  ABANDON: "ABANDON",
  REQUEST_CANCEL: "REQUEST_CANCEL",
});
export type ParentClosePolicy = NonNullable<(typeof ParentClosePolicy)[keyof typeof ParentClosePolicy]>;

export const WorkflowIdReusePolicy = withOldNames("WORKFLOW_ID_REUSE_POLICY_", {
  ALLOW_DUPLICATE: "ALLOW_DUPLICATE",
  ALLOW_DUPLICATE_FAILED_ONLY: "ALLOW_DUPLICATE_FAILED_ONLY",
  REJECT_DUPLICATE: "REJECT_DUPLICATE",
  TERMINATE_IF_RUNNING: "TERMINATE_IF_RUNNING",
});
export type WorkflowIdReusePolicy = NonNullable<(typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy]>;

/** What a client's start does with an open run of the same id. A child has no such choice. */
export const WorkflowIdConflictPolicy = {
  FAIL: "FAIL",
  USE_EXISTING: "USE_EXISTING",
  TERMINATE_EXISTING: "TERMINATE_EXISTING",
} as const;
export type WorkflowIdConflictPolicy = (typeof WorkflowIdConflictPolicy)[keyof typeof WorkflowIdConflictPolicy];

export const ChildWorkflowCancellationType = {
  ABANDON: "ABANDON",
  TRY_CANCEL: "TRY_CANCEL",
  WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED",
  WAIT_CANCELLATION_REQUESTED: "WAIT_CANCELLATION_REQUESTED",
} as const;
export type ChildWorkflowCancellationType =
  (typeof ChildWorkflowCancellationType)[keyof typeof ChildWorkflowCancellationType];

export interface ChildWorkflowOptions {
  workflowId?: string;
  taskQueue?: string;
  args?: readonly unknown[];
  workflowExecutionTimeout?: Duration;
  workflowRunTimeout?: Duration;
  workflowTaskTimeout?: Duration;
  parentClosePolicy?: ParentClosePolicy;
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  retry?: RetryPolicy;
  cronSchedule?: string;
  memo?: Record<string, unknown>;
  /** By names alone, each with a list. */
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  cancellationType?: ChildWorkflowCancellationType;
  priority?: Priority;
  /** Start on the component that this run is pinned to, not on the current one. */
  sameVersion?: boolean;
  staticSummary?: string;
  staticDetails?: string;
  /** Without effect: see `sameVersion`. */
  versioningIntent?: "COMPATIBLE" | "DEFAULT";
  /** Without effect. */
  eventGroups?: EventGroupMarker[];
}
export type RequiredChildWorkflowOptions = Required<Pick<ChildWorkflowOptions, "workflowId" | "cancellationType">> & {
  args: unknown[];
};
export type ChildWorkflowOptionsWithDefaults = ChildWorkflowOptions & RequiredChildWorkflowOptions;

/** Of any workflow that is not this one. */
export interface BaseWorkflowHandle<W extends Workflow> {
  readonly workflowId: string;
  result(): Promise<WorkflowResultType<W>>;
  signal<Args extends any[] = []>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
  signalWithOptions<Args extends any[] = []>(name: string, options: WorkflowSignalOptions<Args>): Promise<void>;
}

export interface WorkflowSignalOptions<Args extends any[] = []> {
  args?: Args;
}

export interface ChildWorkflowHandle<W extends Workflow> extends BaseWorkflowHandle<W> {
  readonly firstExecutionRunId: string;
}

/** `options` with what is there if nothing is said: the host makes an id of an empty one. */
export function addDefaultWorkflowOptions(options: ChildWorkflowOptions): ChildWorkflowOptionsWithDefaults {
  const { workflowId = "", cancellationType = "WAIT_CANCELLATION_COMPLETED", args = [] } = options;
  return { ...options, workflowId, cancellationType, args: [...args] };
}

/** Starts a child and waits until it has started. */
export function startChild<W extends Workflow = Workflow>(
  workflow: string | W,
  options: WithWorkflowArgs<W, ChildWorkflowOptions>,
): Promise<ChildWorkflowHandle<W>>;
export function startChild<W extends () => Promise<any>>(workflow: string | W): Promise<ChildWorkflowHandle<W>>;
export async function startChild<W extends Workflow>(
  workflow: string | W,
  options: ChildWorkflowOptions = {},
): Promise<ChildWorkflowHandle<W>> {
  let workflowId = options.workflowId ?? "";
  const start = onTheWayOut("startChildWorkflowExecution", async ({ workflowType, options, headers }) => {
    const scope = CancellationScope.current();
    scope.check();
    const child = host.start(workflowType, toPayloads(options.args), toOptions(options, headers));
    const forget = scope.onCancel(() => operations.cancel(child.op));
    const result = outcome(child.result, (payloads) => {
      forget();
      return fromPayloads(payloads)[0];
    });
    // Whoever is interested awaits it.
    result.catch(nothing);
    const started = outcome(child.started, (it) => {
      workflowId = it.workflowId;
      return it.runId;
    });
    started.catch(nothing);
    return [started, result] as [Promise<string>, Promise<unknown>];
  });
  const workflowType = typeof workflow === "string" ? workflow : workflow.name;
  const input = { workflowType, options: addDefaultWorkflowOptions(options), headers: {}, seq: nextSeq() };
  const [started, result] = await start(input);
  result.catch(nothing);
  const firstExecutionRunId = await started.catch((error) => {
    const why = error instanceof ChildWorkflowFailure ? error.cause : error;
    const isTaken = why instanceof ApplicationFailure && why.type === "WorkflowExecutionAlreadyStarted";
    throw isTaken ? new WorkflowExecutionAlreadyStartedError(why.message, workflowId, workflowType) : error;
  });
  const send = (name: string, args: unknown[]) => signal({ type: "child", childWorkflowId: workflowId }, name, args);
  return {
    workflowId,
    firstExecutionRunId,
    result: () => result as Promise<WorkflowResultType<W>>,
    signal: (definition, ...args) => send(nameOf(definition), args),
    signalWithOptions: (name, { args = [] }) => send(name, args),
  };
}

/** Starts a child and waits for its result. */
export function executeChild<W extends Workflow = Workflow>(
  workflow: string | W,
  options: WithWorkflowArgs<W, ChildWorkflowOptions>,
): Promise<WorkflowResultType<W>>;
export function executeChild<W extends () => Promise<any>>(workflow: string | W): Promise<WorkflowResultType<W>>;
export async function executeChild<W extends Workflow>(
  workflow: string | W,
  options: ChildWorkflowOptions = {},
): Promise<WorkflowResultType<W>> {
  const child = await startChild<W>(workflow, options as WithWorkflowArgs<W, ChildWorkflowOptions>);
  return child.result();
}

function toOptions(options: ChildWorkflowOptionsWithDefaults, headers: Headers): Options {
  return {
    workflowId: options.workflowId || null,
    taskQueue: options.taskQueue ?? null,
    executionTimeoutMs: optionalMs(options.workflowExecutionTimeout),
    runTimeoutMs: optionalMs(options.workflowRunTimeout),
    taskTimeoutMs: optionalMs(options.workflowTaskTimeout),
    parentClose: toHost(options.parentClosePolicy ?? "TERMINATE", "PARENT_CLOSE_POLICY_"),
    idReuse: toHost(options.workflowIdReusePolicy ?? "ALLOW_DUPLICATE", "WORKFLOW_ID_REUSE_POLICY_"),
    retry: toRetryPolicy(options.retry),
    cronSchedule: options.cronSchedule ?? null,
    memo: toFields(options.memo),
    searchAttributes: searchAttributesOf(options) ?? [],
    cancellation: toHost(options.cancellationType),
    headers: fromHeaders(headers),
    priority: toPriority(options.priority),
    version: options.sameVersion ? "same" : "current",
    summary: options.staticSummary ?? null,
    details: options.staticDetails ?? null,
  };
}

export interface ExternalWorkflowHandle {
  readonly workflowId: string;
  readonly runId?: string;
  signal<Args extends any[] = []>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
  signalWithOptions<Args extends any[] = []>(name: string, options: WorkflowSignalOptions<Args>): Promise<void>;
  cancel(reason?: string): Promise<void>;
}

/** The open run of a workflow id, or that run. */
export function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalWorkflowHandle {
  const send = (name: string, args: unknown[]) =>
    signal({ type: "external", workflowExecution: { workflowId, runId } }, name, args);
  return {
    workflowId,
    runId,
    signal: (definition, ...args) => send(nameOf(definition), args),
    signalWithOptions: (name, { args = [] }) => send(name, args),
    cancel: (reason = "") => operation(() => externalHost.cancel({ workflowId, runId: runId ?? null }, reason), nothing),
  };
}

function nameOf(definition: SignalDefinition<any> | string): string {
  return typeof definition === "string" ? definition : definition.name;
}

function signal(target: SignalWorkflowInput["target"], signalName: string, args: unknown[]): Promise<void> {
  const send = onTheWayOut("signalWorkflow", ({ target, signalName, args, headers }) =>
    operation(() => externalHost.signal(execution(target), signalName, toPayloads(args), fromHeaders(headers)), nothing),
  );
  return send({ target, signalName, args, headers: {}, seq: nextSeq() });
}

function execution(target: SignalWorkflowInput["target"]): Execution {
  if (target.type === "child") return { workflowId: target.childWorkflowId, runId: null };
  const { workflowId = "", runId } = target.workflowExecution;
  return { workflowId, runId: runId ?? null };
}
