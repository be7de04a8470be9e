import host from "refrain:workflow/children@0.1.0";
import type { Options } from "refrain:workflow/children@0.1.0";
import externalHost from "refrain:workflow/external@0.1.0";
import operations from "refrain:workflow/operations@0.1.0";
import type { Execution } from "refrain:workflow/types@0.1.0";
import { type Priority, type RetryPolicy, toPriority, toRetryPolicy } from "./activities";
import { type Duration, optionalMs } from "./duration";
import type { SignalDefinition } from "./handlers";
import { nothing, operation, outcome } from "./operation";
import { fromPayloads, toFields, toPayloads } from "./payload";
import { CancellationScope } from "./scope";

export const ParentClosePolicy = {
  TERMINATE: "terminate",
  ABANDON: "abandon",
  REQUEST_CANCEL: "request-cancel",
} as const;
export type ParentClosePolicy = (typeof ParentClosePolicy)[keyof typeof ParentClosePolicy];

export const WorkflowIdReusePolicy = {
  ALLOW_DUPLICATE: "allow-duplicate",
  ALLOW_DUPLICATE_FAILED_ONLY: "allow-duplicate-failed-only",
  REJECT_DUPLICATE: "reject-duplicate",
  TERMINATE_IF_RUNNING: "terminate-if-running",
} as const;
export type WorkflowIdReusePolicy = (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy];

export const ChildWorkflowCancellationType = {
  ABANDON: "abandon",
  TRY_CANCEL: "try-cancel",
  WAIT_CANCELLATION_COMPLETED: "wait-cancellation-completed",
  WAIT_CANCELLATION_REQUESTED: "wait-cancellation-requested",
} as const;
export type ChildWorkflowCancellationType =
  (typeof ChildWorkflowCancellationType)[keyof typeof ChildWorkflowCancellationType];

export interface ChildWorkflowOptions {
  workflowId?: string;
  taskQueue?: string;
  args?: unknown[];
  workflowExecutionTimeout?: Duration;
  workflowRunTimeout?: Duration;
  workflowTaskTimeout?: Duration;
  parentClosePolicy?: ParentClosePolicy;
  workflowIdReusePolicy?: WorkflowIdReusePolicy;
  retry?: RetryPolicy;
  cronSchedule?: string;
  memo?: Record<string, unknown>;
  cancellationType?: ChildWorkflowCancellationType;
  priority?: Priority;
  /** Start on the component that this run is pinned to, not on the current one. */
  sameVersion?: boolean;
  staticSummary?: string;
  staticDetails?: string;
}

export interface ChildWorkflowHandle<R> {
  readonly workflowId: string;
  readonly firstExecutionRunId: string;
  result(): Promise<R>;
  signal<Args extends unknown[]>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
}

type Workflow = (...args: any[]) => Promise<any>;
type ResultOf<W> = W extends (...args: any[]) => Promise<infer R> ? R : unknown;

/** Starts a child and waits until it has started. */
export async function startChild<W extends Workflow = Workflow>(
  workflow: string | W,
  options: ChildWorkflowOptions = {},
): Promise<ChildWorkflowHandle<ResultOf<W>>> {
  const scope = CancellationScope.current();
  scope.check();
  const type = typeof workflow === "string" ? workflow : workflow.name;
  const child = host.start(type, toPayloads(options.args ?? []), toOptions(options));
  const forget = scope.onCancel(() => operations.cancel(child.op));
  const result = outcome(child.result, (payloads) => {
    forget();
    return fromPayloads(payloads)[0] as ResultOf<W>;
  });
  // Whoever is interested awaits it.
  result.catch(nothing);
  const { workflowId, runId } = await outcome(child.started, (started) => started);
  return {
    workflowId,
    firstExecutionRunId: runId,
    result: () => result,
    signal: (definition, ...args) => signal({ workflowId, runId: null }, definition, args),
  };
}

/** Starts a child and waits for its result. */
export async function executeChild<W extends Workflow = Workflow>(
  workflow: string | W,
  options?: ChildWorkflowOptions,
): Promise<ResultOf<W>> {
  const child = await startChild(workflow, options);
  return child.result();
}

function toOptions(options: ChildWorkflowOptions): Options {
  return {
    workflowId: options.workflowId ?? null,
    taskQueue: options.taskQueue ?? null,
    executionTimeoutMs: optionalMs(options.workflowExecutionTimeout),
    runTimeoutMs: optionalMs(options.workflowRunTimeout),
    taskTimeoutMs: optionalMs(options.workflowTaskTimeout),
    parentClose: options.parentClosePolicy ?? "terminate",
    idReuse: options.workflowIdReusePolicy ?? "allow-duplicate",
    retry: toRetryPolicy(options.retry),
    cronSchedule: options.cronSchedule ?? null,
    memo: toFields(options.memo),
    searchAttributes: [],
    cancellation: options.cancellationType ?? "wait-cancellation-completed",
    headers: [],
    priority: toPriority(options.priority),
    version: options.sameVersion ? "same" : "current",
    summary: options.staticSummary ?? null,
    details: options.staticDetails ?? null,
  };
}

export interface ExternalWorkflowHandle {
  readonly workflowId: string;
  readonly runId?: string;
  signal<Args extends unknown[]>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
  cancel(reason?: string): Promise<void>;
}

/** The open run of a workflow id, or that run. */
export function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalWorkflowHandle {
  const target = { workflowId, runId: runId ?? null };
  return {
    workflowId,
    runId,
    signal: (definition, ...args) => signal(target, definition, args),
    cancel: (reason = "") => operation(() => externalHost.cancel(target, reason), nothing),
  };
}

function signal(target: Execution, definition: SignalDefinition<any> | string, args: unknown[]): Promise<void> {
  const name = typeof definition === "string" ? definition : definition.name;
  return operation(() => externalHost.signal(target, name, toPayloads(args), []), nothing);
}
