// Errors under Temporal's names, and the list of frames that a failure is in `wit/`.

import type { Failure, FailureFrame, FailureKind, Payload } from "refrain:workflow/types@0.1.0";
import { type Duration, optionalMs } from "./duration";
import { fromHost, toHost, withOldNames } from "./names";
import { fromPayloads, toPayloads } from "./payload";
import { traced } from "./source-lines";

/** Which of an activity's limits ended it. */
export const TimeoutType = withOldNames("TIMEOUT_TYPE_", {
  START_TO_CLOSE: "START_TO_CLOSE",
  SCHEDULE_TO_START: "SCHEDULE_TO_START",
  SCHEDULE_TO_CLOSE: "SCHEDULE_TO_CLOSE",
  HEARTBEAT: "HEARTBEAT",
});
export type TimeoutType = NonNullable<(typeof TimeoutType)[keyof typeof TimeoutType]>;

/** Why there is no further attempt. */
export const RetryState = withOldNames("RETRY_STATE_", {
  IN_PROGRESS: "IN_PROGRESS",
  NON_RETRYABLE_FAILURE: "NON_RETRYABLE_FAILURE",
  TIMEOUT: "TIMEOUT",
  MAXIMUM_ATTEMPTS_REACHED: "MAXIMUM_ATTEMPTS_REACHED",
  RETRY_POLICY_NOT_SET: "RETRY_POLICY_NOT_SET",
  INTERNAL_SERVER_ERROR: "INTERNAL_SERVER_ERROR",
  CANCEL_REQUESTED: "CANCEL_REQUESTED",
});
export type RetryState = NonNullable<(typeof RetryState)[keyof typeof RetryState]>;

const SOURCE = "refrain-typescript";

/**
 * A failure that is part of the workflow. Any other error is a bug in the program: it fails the workflow
 * task, not the workflow, and the run goes on once the bug is fixed.
 */
export class TemporalFailure extends Error {
  /** Which SDK or host raised it. */
  source = SOURCE;
  /** Message and stack trace, encrypted by a codec. Passed on as they are. */
  encodedAttributes: Payload | null = null;
  override readonly cause?: Error;

  constructor(message?: string, cause?: Error) {
    super(message);
    this.cause = cause;
    this.name = new.target.name;
  }
}

export const ApplicationFailureCategory = {
  /** An expected failure: worth no alarm. */
  BENIGN: "BENIGN",
} as const;
export type ApplicationFailureCategory = (typeof ApplicationFailureCategory)[keyof typeof ApplicationFailureCategory];

export interface ApplicationFailureOptions {
  message?: string;
  type?: string;
  nonRetryable?: boolean;
  details?: unknown[];
  /** Replaces the backoff of the retry policy, once. */
  nextRetryDelay?: Duration;
  cause?: Error;
  category?: ApplicationFailureCategory;
}

export class ApplicationFailure extends TemporalFailure {
  constructor(
    message?: string,
    readonly type?: string,
    readonly nonRetryable = false,
    readonly details: unknown[] = [],
    cause?: Error,
    readonly nextRetryDelay?: Duration,
    readonly category?: ApplicationFailureCategory,
  ) {
    super(message, cause);
  }

  /** Of any error, with what `overrides` says in place of its own. */
  static fromError(error: unknown, overrides: ApplicationFailureOptions = {}): ApplicationFailure {
    return Object.assign(ensureApplicationFailure(error), overrides);
  }

  static create(options: ApplicationFailureOptions): ApplicationFailure {
    const { message, type, nonRetryable, details, cause, nextRetryDelay, category } = options;
    return new ApplicationFailure(message, type, nonRetryable, details, cause, nextRetryDelay, category);
  }

  static retryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return new ApplicationFailure(message, type, false, details);
  }

  static nonRetryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return new ApplicationFailure(message, type, true, details);
  }
}

/** As it is if it is one; any other error becomes one of the type that its class has as its name. */
export function ensureApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (!(error instanceof Error)) return ApplicationFailure.create({ message: String(error) });
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const failure = ApplicationFailure.create({ message: error.message, type: classOf(error), cause });
  failure.stack = error.stack;
  return failure;
}

export class CancelledFailure extends TemporalFailure {
  constructor(
    message?: string,
    readonly details: unknown[] = [],
    cause?: Error,
  ) {
    super(message, cause);
  }
}
export { CancelledFailure as CanceledFailure };

export class TerminatedFailure extends TemporalFailure {}

/** The workflow was reset to before the activity ended. */
export class ResetWorkflowFailure extends TemporalFailure {
  constructor(
    message: string,
    readonly lastHeartbeatDetails: unknown,
    cause?: Error,
  ) {
    super(message, cause);
  }
}

export class TimeoutFailure extends TemporalFailure {
  constructor(
    message: string,
    readonly lastHeartbeatDetails: unknown,
    readonly timeoutType: TimeoutType,
    cause?: Error,
  ) {
    super(message, cause);
  }
}

export class ServerFailure extends TemporalFailure {
  constructor(
    message: string,
    readonly nonRetryable: boolean,
    cause?: Error,
  ) {
    super(message, cause);
  }
}

export class ActivityFailure extends TemporalFailure {
  constructor(
    message: string,
    readonly activityType: string,
    readonly activityId: string,
    readonly retryState: RetryState,
    /** Of the worker; the host does not tell it. */
    readonly identity?: string,
    cause?: Error,
  ) {
    super(message, cause);
  }
}

export class ChildWorkflowFailure extends TemporalFailure {
  constructor(
    /** The host does not tell it: a child is in the namespace of its parent. */
    readonly namespace: string | undefined,
    readonly execution: { workflowId?: string | null; runId?: string | null },
    readonly workflowType: string,
    readonly retryState: RetryState,
    cause?: Error,
  ) {
    super("Child Workflow execution failed", cause);
  }
}

/** A child could not start: its id is in use. */
export class WorkflowExecutionAlreadyStartedError extends TemporalFailure {
  constructor(
    message: string,
    readonly workflowId: string,
    readonly workflowType: string,
  ) {
    super(message);
  }
}

/** Was this caused by cancellation, of the workflow or of something in it? */
export function isCancellation(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof CancelledFailure) return true;
  }
  return false;
}

/** The error at the bottom of a chain of causes, as text. */
export function rootCause(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}

export function fromFailure(frames: Failure): Error {
  let error: Error | undefined;
  for (const frame of [...frames].reverse()) error = fromFrame(frame, error);
  return error ?? new TemporalFailure("a failure without frames");
}

function fromFrame(frame: FailureFrame, cause: Error | undefined): Error {
  const error = fromKind(frame, frame.kind, cause);
  error.source = frame.source;
  error.encodedAttributes = frame.encodedAttributes ?? null;
  if (frame.stackTrace) error.stack = frame.stackTrace;
  return error;
}

function fromKind(frame: FailureFrame, kind: FailureKind, cause: Error | undefined): TemporalFailure {
  const { message } = frame;
  switch (kind.tag) {
    case "application": {
      const delay = kind.val.nextRetryDelayMs ?? undefined;
      const details = fromPayloads(frame.details);
      const nextRetryDelay = delay === undefined ? undefined : Number(delay);
      const { type, nonRetryable, benign } = kind.val;
      const category = benign ? ApplicationFailureCategory.BENIGN : undefined;
      return new ApplicationFailure(message, type || undefined, nonRetryable, details, cause, nextRetryDelay, category);
    }
    case "canceled":
      return new CancelledFailure(message, fromPayloads(frame.details), cause);
    case "terminated":
      return new TerminatedFailure(message, cause);
    case "reset-workflow":
      return new ResetWorkflowFailure(message, fromPayloads(frame.details)[0], cause);
    case "timeout":
      return new TimeoutFailure(message, fromPayloads(frame.details)[0], fromHost(kind.val), cause);
    case "server":
      return new ServerFailure(message, kind.val, cause);
    case "activity": {
      const { activityType, activityId, retryState } = kind.val;
      return new ActivityFailure(message, activityType, activityId, fromHost(retryState), undefined, cause);
    }
    case "child-workflow": {
      const { workflowId, runId } = kind.val.execution;
      const execution = { workflowId, runId: runId ?? undefined };
      const { workflowType, retryState } = kind.val;
      const failure = new ChildWorkflowFailure(undefined, execution, workflowType, fromHost(retryState), cause);
      failure.message = message;
      return failure;
    }
  }
}

export function toFailure(error: unknown): Failure {
  const frames: Failure = [];
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) {
    frames.push(toFrame(at));
  }
  return frames;
}

function toFrame(error: unknown): FailureFrame {
  if (!(error instanceof Error)) {
    const unknown = { message: String(error), source: SOURCE, stackTrace: "", encodedAttributes: null };
    return { ...application("Error"), ...unknown };
  }
  return {
    message: error.message,
    source: error instanceof TemporalFailure ? error.source : SOURCE,
    stackTrace: traced(error.stack),
    encodedAttributes: error instanceof TemporalFailure ? error.encodedAttributes : null,
    ...toKind(error),
  };
}

function toKind(error: Error): Pick<FailureFrame, "kind" | "details"> {
  if (error instanceof ApplicationFailure) {
    const { type, nonRetryable, nextRetryDelay, details } = error;
    const benign = error.category === ApplicationFailureCategory.BENIGN;
    const val = { type: type ?? "", nonRetryable, nextRetryDelayMs: optionalMs(nextRetryDelay), benign };
    return { kind: { tag: "application", val }, details: toPayloads(details) };
  }
  if (error instanceof CancelledFailure) {
    return { kind: { tag: "canceled" }, details: toPayloads(error.details) };
  }
  if (error instanceof TerminatedFailure) return { kind: { tag: "terminated" }, details: [] };
  if (error instanceof ResetWorkflowFailure) {
    const details = error.lastHeartbeatDetails === undefined ? [] : [error.lastHeartbeatDetails];
    return { kind: { tag: "reset-workflow" }, details: toPayloads(details) };
  }
  if (error instanceof TimeoutFailure) {
    const details = error.lastHeartbeatDetails === undefined ? [] : [error.lastHeartbeatDetails];
    return { kind: { tag: "timeout", val: toHost(error.timeoutType) }, details: toPayloads(details) };
  }
  if (error instanceof ServerFailure) return { kind: { tag: "server", val: error.nonRetryable }, details: [] };
  if (error instanceof ActivityFailure) {
    const { activityType, activityId } = error;
    const retryState = toHost<string>(error.retryState);
    return { kind: { tag: "activity", val: { activityType, activityId, retryState } }, details: [] };
  }
  if (error instanceof ChildWorkflowFailure) {
    const execution = { workflowId: error.execution.workflowId ?? "", runId: error.execution.runId ?? null };
    const { workflowType } = error;
    const retryState = toHost<string>(error.retryState);
    return { kind: { tag: "child-workflow", val: { workflowType, execution, retryState } }, details: [] };
  }
  return application(classOf(error));
}

/** What retry policies and readers of a failure go by: a class that only extends `Error` is named `Error` itself. */
function classOf(error: Error): string {
  return error.constructor?.name || error.name;
}

function application(type: string): Pick<FailureFrame, "kind" | "details"> {
  const val = { type, nonRetryable: false, nextRetryDelayMs: null, benign: false };
  return { kind: { tag: "application", val }, details: [] };
}
