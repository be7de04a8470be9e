import host from "refrain:workflow/context@0.1.0";
import state from "refrain:workflow/state@0.1.0";
import type { LogLevel } from "refrain:workflow/types@0.1.0";
import { type Priority, type RetryPolicy, fromPriority, fromRetryPolicy } from "./activities";
import { fromFailure } from "./failures";
import { onTheWayOut } from "./interceptors";
import { fromPayloads, fromFields, toFields, toPayload } from "./payload";
import { type SearchAttributes, TypedSearchAttributes, fromHost, toLists } from "./search-attributes";
import { hasBegun, needRun } from "./top-level";

export interface WorkflowInfo {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstExecutionRunId: string;
  readonly originalExecutionRunId: string;
  readonly continuedFromExecutionRunId?: string;
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly attempt: number;
  readonly startTime: Date;
  readonly runStartTime: Date;
  readonly executionTimeoutMs?: number;
  readonly executionExpirationTime?: Date;
  readonly runTimeoutMs?: number;
  readonly taskTimeoutMs: number;
  readonly parent?: ParentWorkflowInfo;
  readonly root?: RootWorkflowInfo;
  readonly cronSchedule?: string;
  readonly memo: Record<string, unknown>;
  readonly searchAttributes: SearchAttributes;
  readonly typedSearchAttributes: TypedSearchAttributes;
  readonly headers: Record<string, unknown>;
  readonly lastResult?: unknown;
  readonly lastFailure?: Error;
  readonly retryPolicy?: RetryPolicy;
  readonly priority: Priority;
  readonly historyLength: number;
  readonly historySize: number;
  readonly continueAsNewSuggested: boolean;
  /** Always false: a run stays on the component that it began on. */
  readonly targetWorkerDeploymentVersionChanged: boolean;
  readonly unsafe: UnsafeWorkflowInfo;
}

export interface ParentWorkflowInfo {
  readonly namespace: string;
  readonly workflowId: string;
  readonly runId: string;
}

export interface RootWorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
}

/** What tells replay from the first time, or would in Temporal's SDK: here, time and chance are the run's own. */
export interface UnsafeWorkflowInfo {
  readonly isReplaying: boolean;
  /** The same: a query is answered after the replay. */
  readonly isReplayingHistoryEvents: boolean;
  readonly random: UnsafeRandomSource;
  now(): number;
}

export interface UnsafeRandomSource {
  random(): number;
  uuid4(): string;
  fillRandom(bytes: Uint8Array): Uint8Array;
}

/** False at the top level of a module, before a run has begun. */
export function inWorkflowContext(): boolean {
  return hasBegun();
}

export function workflowInfo(): WorkflowInfo {
  needRun("`workflowInfo`");
  const info = host.info();
  const searchAttributes = fromHost(info.searchAttributes);
  const startTimeMs = Number(info.startTimeMs);
  const executionTimeoutMs = optionalNumber(info.executionTimeoutMs);
  const isFirst = info.firstRunId === info.runId;
  return {
    namespace: info.namespace,
    workflowId: info.workflowId,
    runId: info.runId,
    firstExecutionRunId: info.firstRunId,
    originalExecutionRunId: info.originalRunId,
    continuedFromExecutionRunId: info.continuedFromRunId ?? undefined,
    workflowType: info.workflowType,
    taskQueue: info.taskQueue,
    attempt: info.attempt,
    startTime: new Date(startTimeMs),
    runStartTime: new Date(startTimeMs),
    executionTimeoutMs,
    // Of the whole chain; the host tells the start of its first run only for that one.
    executionExpirationTime: isFirst && executionTimeoutMs !== undefined ? new Date(startTimeMs + executionTimeoutMs) : undefined,
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
    searchAttributes: toLists(searchAttributes),
    typedSearchAttributes: new TypedSearchAttributes(searchAttributes),
    headers: fromFields(info.headers),
    lastResult: info.lastCompletionResult ? fromPayloads(info.lastCompletionResult)[0] : undefined,
    lastFailure: info.lastFailure ? fromFailure(info.lastFailure) : undefined,
    retryPolicy: info.retryPolicy ? fromRetryPolicy(info.retryPolicy) : undefined,
    priority: fromPriority(info.priority),
    historyLength: host.historyLength(),
    historySize: Number(host.historySize()),
    continueAsNewSuggested: host.continueAsNewSuggested(),
    targetWorkerDeploymentVersionChanged: false,
    unsafe: {
      isReplaying: host.isReplaying(),
      isReplayingHistoryEvents: host.isReplaying(),
      random: { random: Math.random, uuid4, fillRandom: (bytes) => crypto.getRandomValues(bytes) },
      now: () => Number(host.nowMs()),
    },
  };
}

function optionalNumber(value: number | bigint | null): number | undefined {
  return value === null ? undefined : Number(value);
}

export function uuid4(): string {
  needRun("`uuid4`");
  return host.uuid4();
}

/** True on the new side of a change, false for runs that passed here before the change. */
export function patched(id: string): boolean {
  needRun("`patched`");
  return host.patched(id);
}

export function deprecatePatch(id: string): void {
  needRun("`deprecatePatch`");
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

/** Of the top level of modules. */
let early: [LogLevel, string, Record<string, unknown> | undefined][] = [];

/** To be called when a run begins. */
export function logEarlyLines(): void {
  for (const [level, message, attributes] of early) line(level, message, attributes);
  early = [];
}

function line(level: LogLevel, message: string, attributes?: Record<string, unknown>): void {
  if (!hasBegun()) {
    early.push([level, message, attributes]);
    return;
  }
  const all = onTheWayOut("getLogAttributes", (it) => it)({});
  const shown = { ...all, ...attributes };
  host.log(level, Object.keys(shown).length > 0 ? `${message} ${toText(shown)}` : message);
}

/** For people: what has no JSON form is still shown somehow. */
export function toText(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}` : part)) ?? String(value);
  } catch {
    return String(value);
  }
}

/** Publishes a value, so that reading it need not run the workflow. `undefined` takes it away. */
export function publish(name: string, value: unknown): void {
  needRun("`publish`");
  state.publish(name, value === undefined ? null : toPayload(value));
}

let currentDetails = "";

export function getCurrentDetails(): string {
  return currentDetails;
}

/** Text in Markdown that pages and tools show as the current state of the run. */
export function setCurrentDetails(text: string): void {
  needRun("`setCurrentDetails`");
  currentDetails = text;
  state.setCurrentDetails(text);
}

/** Sets fields of the memo of this run; the others stay, and `null` takes one away. */
export function upsertMemo(memo: Record<string, unknown>): void {
  needRun("`upsertMemo`");
  state.upsertMemo(toFields(memo));
}
