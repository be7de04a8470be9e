import host from "refrain:workflow/context@0.1.0";
import state from "refrain:workflow/state@0.1.0";
import type { LogLevel } from "refrain:workflow/types@0.1.0";
import { type Priority, type RetryPolicy, fromPriority, fromRetryPolicy } from "./activities";
import { fromFailure } from "./failures";
import { fromPayloads, fromFields, toFields, toPayload } from "./payload";
import { TypedSearchAttributes } from "./search-attributes";

export interface WorkflowInfo {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly continuedFromExecutionRunId?: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly attempt: number;
  readonly startTime: Date;
  readonly runStartTime: Date;
  readonly executionTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  readonly taskTimeoutMs: number;
  readonly parent?: { namespace: string; workflowId: string; runId: string };
  readonly root?: { workflowId: string; runId: string };
  readonly cronSchedule?: string;
  readonly memo: Record<string, unknown>;
  readonly searchAttributes: Record<string, unknown>;
  readonly typedSearchAttributes: TypedSearchAttributes;
  readonly headers: Record<string, unknown>;
  readonly lastResult?: unknown;
  readonly lastFailure?: Error;
  readonly retryPolicy?: RetryPolicy;
  readonly priority: Priority;
  readonly historyLength: number;
  readonly historySize: number;
  readonly continueAsNewSuggested: boolean;
  readonly unsafe: { readonly isReplaying: boolean; now(): number };
}

export function workflowInfo(): WorkflowInfo {
  const info = host.info();
  const searchAttributes = fromFields(info.searchAttributes);
  return {
    namespace: info.namespace,
    workflowId: info.workflowId,
    runId: info.runId,
    firstExecutionRunId: info.firstRunId,
    continuedFromExecutionRunId: info.continuedFromRunId ?? undefined,
    workflowType: info.workflowType,
    taskQueue: info.taskQueue,
    attempt: info.attempt,
    startTime: new Date(Number(info.startTimeMs)),
    runStartTime: new Date(Number(info.startTimeMs)),
    executionTimeoutMs: optionalNumber(info.executionTimeoutMs),
    runTimeoutMs: optionalNumber(info.runTimeoutMs),
    taskTimeoutMs: Number(info.taskTimeoutMs),
    parent: info.parent
      ? {
          namespace: info.parent.namespace,
          workflowId: info.parent.execution.workflowId,
          runId: info.parent.execution.runId ?? "",
        }
      : undefined,
    root: info.root ? { workflowId: info.root.workflowId, runId: info.root.runId ?? "" } : undefined,
    cronSchedule: info.cronSchedule ?? undefined,
    memo: fromFields(info.memo),
    searchAttributes,
    typedSearchAttributes: new TypedSearchAttributes(searchAttributes),
    headers: fromFields(info.headers),
    lastResult: info.lastCompletionResult ? fromPayloads(info.lastCompletionResult)[0] : undefined,
    lastFailure: info.lastFailure ? fromFailure(info.lastFailure) : undefined,
    retryPolicy: info.retryPolicy ? fromRetryPolicy(info.retryPolicy) : undefined,
    priority: fromPriority(info.priority),
    historyLength: host.historyLength(),
    historySize: Number(host.historySize()),
    continueAsNewSuggested: host.continueAsNewSuggested(),
    unsafe: { isReplaying: host.isReplaying(), now: () => Number(host.nowMs()) },
  };
}

function optionalNumber(value: number | bigint | null): number | undefined {
  return value === null ? undefined : Number(value);
}

export function uuid4(): string {
  return host.uuid4();
}

/** True on the new side of a change, false for runs that passed here before the change. */
export function patched(id: string): boolean {
  return host.patched(id);
}

export function deprecatePatch(id: string): void {
  host.deprecatePatch(id);
}

/** Lines for the log of the run; not repeated in replay. */
export const log = {
  trace: (message: string, attributes?: Record<string, unknown>) => line("trace", message, attributes),
  debug: (message: string, attributes?: Record<string, unknown>) => line("debug", message, attributes),
  info: (message: string, attributes?: Record<string, unknown>) => line("info", message, attributes),
  warn: (message: string, attributes?: Record<string, unknown>) => line("warn", message, attributes),
  error: (message: string, attributes?: Record<string, unknown>) => line("error", message, attributes),
};

function line(level: LogLevel, message: string, attributes?: Record<string, unknown>): void {
  host.log(level, attributes ? `${message} ${JSON.stringify(attributes)}` : message);
}

/** Publishes a value, so that reading it need not run the workflow. `undefined` takes it away. */
export function publish(name: string, value: unknown): void {
  state.publish(name, value === undefined ? null : toPayload(value));
}

let currentDetails = "";

export function getCurrentDetails(): string {
  return currentDetails;
}

/** Text in Markdown that pages and tools show as the current state of the run. */
export function setCurrentDetails(text: string): void {
  currentDetails = text;
  state.setCurrentDetails(text);
}

/** Sets fields of the memo of this run; the others stay, and `null` takes one away. */
export function upsertMemo(memo: Record<string, unknown>): void {
  state.upsertMemo(toFields(memo));
}
