// `wit/` as componentize-qjs shows it.

declare module "refrain:workflow/types@0.1.0" {
  interface Payload {
    metadata: [string, Uint8Array][];
    data: Uint8Array;
  }
  type Payloads = Payload[];
  type Fields = [string, Payload][];
  type Op = number;
  type Result<T> = { tag: "ok"; val: T } | { tag: "err"; val: Failure };
  interface Future<T> {
    read(): Promise<Result<T>>;
    /** Once it is read. */
    drop(): void;
  }
  interface Execution {
    workflowId: string;
    runId: string | null;
  }
  interface ApplicationFailure {
    type: string;
    nonRetryable: boolean;
    nextRetryDelayMs: number | null;
    benign: boolean;
  }
  type TimeoutType = "start-to-close" | "schedule-to-start" | "schedule-to-close" | "heartbeat";
  type RetryState = string;
  type FailureKind =
    | { tag: "application"; val: ApplicationFailure }
    | { tag: "canceled" }
    | { tag: "terminated" }
    | { tag: "timeout"; val: TimeoutType }
    | { tag: "server"; val: boolean }
    | { tag: "activity"; val: { activityType: string; activityId: string; retryState: RetryState } }
    | { tag: "child-workflow"; val: { workflowType: string; execution: Execution; retryState: RetryState } }
    | { tag: "reset-workflow" };
  interface FailureFrame {
    message: string;
    kind: FailureKind;
    source: string;
    stackTrace: string;
    details: Payloads;
    encodedAttributes: Payload | null;
  }
  type Failure = FailureFrame[];
  interface RetryPolicy {
    initialIntervalMs: number;
    backoffCoefficient: number;
    maximumIntervalMs: number | null;
    maximumAttempts: number;
    nonRetryableErrorTypes: string[];
  }
  interface Priority {
    key: number | null;
    fairnessKey: string | null;
    fairnessWeight: number | null;
  }
  type VersionChoice = "current" | "same";
  type LogLevel = "trace" | "debug" | "info" | "warn" | "error";
}

declare module "refrain:workflow/context@0.1.0" {
  import type { Execution, Failure, Fields, Future, LogLevel, Op, Payloads, Priority, RetryPolicy } from "refrain:workflow/types@0.1.0";
  interface WorkflowInfo {
    namespace: string;
    workflowId: string;
    runId: string;
    firstRunId: string;
    originalRunId: string;
    continuedFromRunId: string | null;
    workflowType: string;
    taskQueue: string;
    attempt: number;
    startTimeMs: number | bigint;
    executionTimeoutMs: number | bigint | null;
    runTimeoutMs: number | bigint | null;
    taskTimeoutMs: number | bigint;
    parent: { namespace: string; execution: Execution } | null;
    root: Execution | null;
    cronSchedule: string | null;
    retryPolicy: RetryPolicy | null;
    priority: Priority;
    headers: Fields;
    memo: Fields;
    searchAttributes: Fields;
    lastCompletionResult: Payloads | null;
    lastFailure: Failure | null;
  }
  const context: {
    info(): WorkflowInfo;
    nowMs(): number | bigint;
    randomU64(): number | bigint;
    randomBytes(length: number): Uint8Array;
    uuid4(): string;
    isReplaying(): boolean;
    log(level: LogLevel, message: string): void;
    patched(id: string): boolean;
    deprecatePatch(id: string): void;
    cancellation(): [Op, Future<{ reason: string }>];
    historyLength(): number;
    historySize(): number | bigint;
    continueAsNewSuggested(): boolean;
  };
  export default context;
}

declare module "refrain:workflow/operations@0.1.0" {
  import type { Op } from "refrain:workflow/types@0.1.0";
  const operations: { cancel(op: Op): void };
  export default operations;
}

declare module "refrain:workflow/activities@0.1.0" {
  import type { Fields, Future, Op, Payloads, Priority, RetryPolicy } from "refrain:workflow/types@0.1.0";
  type CancellationType = "try-cancel" | "wait-cancellation-completed" | "abandon";
  export interface LocalOptions {
    activityId: string | null;
    scheduleToCloseMs: number | null;
    startToCloseMs: number | null;
    retry: RetryPolicy | null;
    cancellation: CancellationType;
    headers: Fields;
    summary: string | null;
  }
  export interface Options extends LocalOptions {
    taskQueue: string | null;
    scheduleToStartMs: number | null;
    heartbeatMs: number | null;
    priority: Priority | null;
  }
  const activities: {
    execute(type: string, args: Payloads, options: Options): [Op, Future<Payloads>];
    executeLocal(type: string, args: Payloads, options: LocalOptions): [Op, Future<Payloads>];
  };
  export default activities;
}

declare module "refrain:workflow/timers@0.1.0" {
  import type { Future, Op } from "refrain:workflow/types@0.1.0";
  const timers: { sleep(ms: number, summary: string | null): [Op, Future<void>] };
  export default timers;
}

declare module "refrain:workflow/children@0.1.0" {
  import type { Fields, Future, Op, Payloads, Priority, RetryPolicy, VersionChoice } from "refrain:workflow/types@0.1.0";
  export interface Options {
    workflowId: string | null;
    taskQueue: string | null;
    executionTimeoutMs: number | null;
    runTimeoutMs: number | null;
    taskTimeoutMs: number | null;
    parentClose: "terminate" | "abandon" | "request-cancel";
    idReuse: "allow-duplicate" | "allow-duplicate-failed-only" | "reject-duplicate" | "terminate-if-running";
    retry: RetryPolicy | null;
    cronSchedule: string | null;
    memo: Fields;
    searchAttributes: Fields;
    cancellation: "abandon" | "try-cancel" | "wait-cancellation-completed" | "wait-cancellation-requested";
    headers: Fields;
    priority: Priority | null;
    version: VersionChoice;
    summary: string | null;
    details: string | null;
  }
  interface Child {
    op: Op;
    started: Future<{ workflowId: string; runId: string }>;
    result: Future<Payloads>;
  }
  const children: { start(type: string, args: Payloads, options: Options): Child };
  export default children;
}

declare module "refrain:workflow/signals@0.1.0" {
  import type { Fields, Future, Op, Payloads } from "refrain:workflow/types@0.1.0";
  export interface Signal {
    name: string;
    args: Payloads;
    headers: Fields;
  }
  const signals: {
    receive(name: string | null): [Op, Future<Signal>];
    take(names: string[] | null): Signal | null;
    pending(name: string | null): number;
  };
  export default signals;
}

declare module "refrain:workflow/external@0.1.0" {
  import type { Execution, Fields, Future, Op, Payloads } from "refrain:workflow/types@0.1.0";
  const external: {
    signal(target: Execution, name: string, args: Payloads, headers: Fields): [Op, Future<void>];
    cancel(target: Execution, reason: string): [Op, Future<void>];
  };
  export default external;
}

declare module "refrain:workflow/state@0.1.0" {
  import type { Fields, Payload } from "refrain:workflow/types@0.1.0";
  const state: {
    publish(name: string, value: Payload | null): void;
    setCurrentDetails(text: string): void;
    upsertSearchAttributes(attributes: Fields): void;
    upsertMemo(memo: Fields): void;
  };
  export default state;
}

declare module "refrain:workflow/lifecycle@0.1.0" {
  import type { Fields, Payloads, RetryPolicy, VersionChoice } from "refrain:workflow/types@0.1.0";
  interface ContinueAsNew {
    workflowType: string | null;
    args: Payloads;
    taskQueue: string | null;
    runTimeoutMs: number | null;
    taskTimeoutMs: number | null;
    memo: Fields | null;
    searchAttributes: Fields | null;
    headers: Fields | null;
    retry: RetryPolicy | null;
    version: VersionChoice;
  }
  type Outcome = { tag: "completed"; val: Payloads } | { tag: "continue-as-new"; val: ContinueAsNew };
  interface IncomingUpdate {
    id: string;
    name: string;
    args: Payloads;
    headers: Fields;
  }
}
