import { type Priority, type RetryPolicy } from "./activities.js";
import { type SearchAttributes, TypedSearchAttributes } from "./search-attributes.js";
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
export declare function inWorkflowContext(): boolean;
export declare function workflowInfo(): WorkflowInfo;
export declare function uuid4(): string;
/** True on the new side of a change, false for runs that passed here before the change. */
export declare function patched(id: string): boolean;
export declare function deprecatePatch(id: string): void;
/** Lines for the log of the run; not repeated in replay. */
export declare const log: {
    trace: (message: string, attributes?: Record<string, unknown>) => void;
    debug: (message: string, attributes?: Record<string, unknown>) => void;
    info: (message: string, attributes?: Record<string, unknown>) => void;
    warn: (message: string, attributes?: Record<string, unknown>) => void;
    error: (message: string, attributes?: Record<string, unknown>) => void;
};
/** To be called when a run begins. */
export declare function logEarlyLines(): void;
/** For people: what has no JSON form is still shown somehow. */
export declare function toText(value: unknown): string;
/** Publishes a value, so that reading it need not run the workflow. `undefined` takes it away. */
export declare function publish(name: string, value: unknown): void;
export declare function getCurrentDetails(): string;
/** Text in Markdown that pages and tools show as the current state of the run. */
export declare function setCurrentDetails(text: string): void;
/** Sets fields of the memo of this run; the others stay, and `null` takes one away. */
export declare function upsertMemo(memo: Record<string, unknown>): void;
