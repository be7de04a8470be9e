/// <reference path="../src/host.d.ts" />
import type { Failure, Payload } from "refrain:workflow/types@0.1.0";
import { type Duration } from "./duration.js";
/** Which of an activity's limits ended it. */
export declare const TimeoutType: {
    readonly START_TO_CLOSE: "START_TO_CLOSE";
    readonly SCHEDULE_TO_START: "SCHEDULE_TO_START";
    readonly SCHEDULE_TO_CLOSE: "SCHEDULE_TO_CLOSE";
    readonly HEARTBEAT: "HEARTBEAT";
} & {
    readonly TIMEOUT_TYPE_START_TO_CLOSE: "START_TO_CLOSE";
    readonly TIMEOUT_TYPE_SCHEDULE_TO_START: "SCHEDULE_TO_START";
    readonly TIMEOUT_TYPE_SCHEDULE_TO_CLOSE: "SCHEDULE_TO_CLOSE";
    readonly TIMEOUT_TYPE_HEARTBEAT: "HEARTBEAT";
} & {
    readonly TIMEOUT_TYPE_UNSPECIFIED: undefined;
};
export type TimeoutType = NonNullable<(typeof TimeoutType)[keyof typeof TimeoutType]>;
/** Why there is no further attempt. */
export declare const RetryState: {
    readonly IN_PROGRESS: "IN_PROGRESS";
    readonly NON_RETRYABLE_FAILURE: "NON_RETRYABLE_FAILURE";
    readonly TIMEOUT: "TIMEOUT";
    readonly MAXIMUM_ATTEMPTS_REACHED: "MAXIMUM_ATTEMPTS_REACHED";
    readonly RETRY_POLICY_NOT_SET: "RETRY_POLICY_NOT_SET";
    readonly INTERNAL_SERVER_ERROR: "INTERNAL_SERVER_ERROR";
    readonly CANCEL_REQUESTED: "CANCEL_REQUESTED";
} & {
    readonly RETRY_STATE_IN_PROGRESS: "IN_PROGRESS";
    readonly RETRY_STATE_NON_RETRYABLE_FAILURE: "NON_RETRYABLE_FAILURE";
    readonly RETRY_STATE_TIMEOUT: "TIMEOUT";
    readonly RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED: "MAXIMUM_ATTEMPTS_REACHED";
    readonly RETRY_STATE_RETRY_POLICY_NOT_SET: "RETRY_POLICY_NOT_SET";
    readonly RETRY_STATE_INTERNAL_SERVER_ERROR: "INTERNAL_SERVER_ERROR";
    readonly RETRY_STATE_CANCEL_REQUESTED: "CANCEL_REQUESTED";
} & {
    readonly RETRY_STATE_UNSPECIFIED: undefined;
};
export type RetryState = NonNullable<(typeof RetryState)[keyof typeof RetryState]>;
/**
 * A failure that is part of the workflow. Any other error is a bug in the program: it fails the workflow
 * task, not the workflow, and the run goes on once the bug is fixed.
 */
export declare class TemporalFailure extends Error {
    /** Which SDK or host raised it. */
    source: string;
    /** Message and stack trace, encrypted by a codec. Passed on as they are. */
    encodedAttributes: Payload | null;
    readonly cause?: Error;
    constructor(message?: string, cause?: Error);
}
export declare const ApplicationFailureCategory: {
    /** An expected failure: worth no alarm. */
    readonly BENIGN: "BENIGN";
};
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
export declare class ApplicationFailure extends TemporalFailure {
    readonly type?: string | undefined;
    readonly nonRetryable: boolean;
    readonly details: unknown[];
    readonly nextRetryDelay?: Duration | undefined;
    readonly category?: ApplicationFailureCategory | undefined;
    constructor(message?: string, type?: string | undefined, nonRetryable?: boolean, details?: unknown[], cause?: Error, nextRetryDelay?: Duration | undefined, category?: ApplicationFailureCategory | undefined);
    /** Of any error, with what `overrides` says in place of its own. */
    static fromError(error: unknown, overrides?: ApplicationFailureOptions): ApplicationFailure;
    static create(options: ApplicationFailureOptions): ApplicationFailure;
    static retryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure;
    static nonRetryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure;
}
/** As it is if it is one; any other error becomes one of the type that its class has as its name. */
export declare function ensureApplicationFailure(error: unknown): ApplicationFailure;
export declare class CancelledFailure extends TemporalFailure {
    readonly details: unknown[];
    constructor(message?: string, details?: unknown[], cause?: Error);
}
export { CancelledFailure as CanceledFailure };
export declare class TerminatedFailure extends TemporalFailure {
}
/** The workflow was reset to before the activity ended. */
export declare class ResetWorkflowFailure extends TemporalFailure {
    readonly lastHeartbeatDetails: unknown;
    constructor(message: string, lastHeartbeatDetails: unknown, cause?: Error);
}
export declare class TimeoutFailure extends TemporalFailure {
    readonly lastHeartbeatDetails: unknown;
    readonly timeoutType: TimeoutType;
    constructor(message: string, lastHeartbeatDetails: unknown, timeoutType: TimeoutType, cause?: Error);
}
export declare class ServerFailure extends TemporalFailure {
    readonly nonRetryable: boolean;
    constructor(message: string, nonRetryable: boolean, cause?: Error);
}
export declare class ActivityFailure extends TemporalFailure {
    readonly activityType: string;
    readonly activityId: string;
    readonly retryState: RetryState;
    /** Of the worker; the host does not tell it. */
    readonly identity?: string | undefined;
    constructor(message: string, activityType: string, activityId: string, retryState: RetryState, 
    /** Of the worker; the host does not tell it. */
    identity?: string | undefined, cause?: Error);
}
export declare class ChildWorkflowFailure extends TemporalFailure {
    /** The host does not tell it: a child is in the namespace of its parent. */
    readonly namespace: string | undefined;
    readonly execution: {
        workflowId?: string | null;
        runId?: string | null;
    };
    readonly workflowType: string;
    readonly retryState: RetryState;
    constructor(
    /** The host does not tell it: a child is in the namespace of its parent. */
    namespace: string | undefined, execution: {
        workflowId?: string | null;
        runId?: string | null;
    }, workflowType: string, retryState: RetryState, cause?: Error);
}
/** A child could not start: its id is in use. */
export declare class WorkflowExecutionAlreadyStartedError extends TemporalFailure {
    readonly workflowId: string;
    readonly workflowType: string;
    constructor(message: string, workflowId: string, workflowType: string);
}
/** Was this caused by cancellation, of the workflow or of something in it? */
export declare function isCancellation(error: unknown): boolean;
/** The error at the bottom of a chain of causes, as text. */
export declare function rootCause(error: unknown): string;
export declare function fromFailure(frames: Failure): Error;
export declare function toFailure(error: unknown): Failure;
