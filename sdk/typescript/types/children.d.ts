import { type Priority, type RetryPolicy } from "./activities.js";
import { type Duration } from "./duration.js";
import type { EventGroupMarker } from "./event-groups.js";
import type { SignalDefinition } from "./handlers.js";
import { type SearchAttributePair, type SearchAttributes, type TypedSearchAttributes } from "./search-attributes.js";
import type { WithWorkflowArgs, Workflow, WorkflowResultType } from "./types.js";
export declare const ParentClosePolicy: {
    readonly TERMINATE: "TERMINATE";
    readonly ABANDON: "ABANDON";
    readonly REQUEST_CANCEL: "REQUEST_CANCEL";
} & {
    readonly PARENT_CLOSE_POLICY_ABANDON: "ABANDON";
    readonly PARENT_CLOSE_POLICY_TERMINATE: "TERMINATE";
    readonly PARENT_CLOSE_POLICY_REQUEST_CANCEL: "REQUEST_CANCEL";
} & {
    readonly PARENT_CLOSE_POLICY_UNSPECIFIED: undefined;
};
export type ParentClosePolicy = NonNullable<(typeof ParentClosePolicy)[keyof typeof ParentClosePolicy]>;
export declare const WorkflowIdReusePolicy: {
    readonly ALLOW_DUPLICATE: "ALLOW_DUPLICATE";
    readonly ALLOW_DUPLICATE_FAILED_ONLY: "ALLOW_DUPLICATE_FAILED_ONLY";
    readonly REJECT_DUPLICATE: "REJECT_DUPLICATE";
    readonly TERMINATE_IF_RUNNING: "TERMINATE_IF_RUNNING";
} & {
    readonly WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE: "ALLOW_DUPLICATE";
    readonly WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY: "ALLOW_DUPLICATE_FAILED_ONLY";
    readonly WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE: "REJECT_DUPLICATE";
    readonly WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING: "TERMINATE_IF_RUNNING";
} & {
    readonly WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED: undefined;
};
export type WorkflowIdReusePolicy = NonNullable<(typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy]>;
/** What a client's start does with an open run of the same id. A child has no such choice. */
export declare const WorkflowIdConflictPolicy: {
    readonly FAIL: "FAIL";
    readonly USE_EXISTING: "USE_EXISTING";
    readonly TERMINATE_EXISTING: "TERMINATE_EXISTING";
};
export type WorkflowIdConflictPolicy = (typeof WorkflowIdConflictPolicy)[keyof typeof WorkflowIdConflictPolicy];
export declare const ChildWorkflowCancellationType: {
    readonly ABANDON: "ABANDON";
    readonly TRY_CANCEL: "TRY_CANCEL";
    readonly WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED";
    readonly WAIT_CANCELLATION_REQUESTED: "WAIT_CANCELLATION_REQUESTED";
};
export type ChildWorkflowCancellationType = (typeof ChildWorkflowCancellationType)[keyof typeof ChildWorkflowCancellationType];
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
export declare function addDefaultWorkflowOptions(options: ChildWorkflowOptions): ChildWorkflowOptionsWithDefaults;
/** Starts a child and waits until it has started. */
export declare function startChild<W extends Workflow = Workflow>(workflow: string | W, options: WithWorkflowArgs<W, ChildWorkflowOptions>): Promise<ChildWorkflowHandle<W>>;
export declare function startChild<W extends () => Promise<any>>(workflow: string | W): Promise<ChildWorkflowHandle<W>>;
/** Starts a child and waits for its result. */
export declare function executeChild<W extends Workflow = Workflow>(workflow: string | W, options: WithWorkflowArgs<W, ChildWorkflowOptions>): Promise<WorkflowResultType<W>>;
export declare function executeChild<W extends () => Promise<any>>(workflow: string | W): Promise<WorkflowResultType<W>>;
export interface ExternalWorkflowHandle {
    readonly workflowId: string;
    readonly runId?: string;
    signal<Args extends any[] = []>(definition: SignalDefinition<Args> | string, ...args: Args): Promise<void>;
    signalWithOptions<Args extends any[] = []>(name: string, options: WorkflowSignalOptions<Args>): Promise<void>;
    cancel(reason?: string): Promise<void>;
}
/** The open run of a workflow id, or that run. */
export declare function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalWorkflowHandle;
