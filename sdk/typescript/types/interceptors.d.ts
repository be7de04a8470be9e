import type { ActivityOptions, LocalActivityOptions } from "./activities.js";
import type { ChildWorkflowOptionsWithDefaults } from "./children.js";
import type { ContinueAsNewOptions } from "./continue-as-new.js";
import type { Headers } from "./converter.js";
import type { EventGroupMarker } from "./event-groups.js";
import type { MetricTags } from "./metrics.js";
import type { StartNexusOperationInput, StartNexusOperationOutput } from "./nexus.js";
type Method<I, Name extends keyof I> = Extract<I[Name], (...args: any[]) => any>;
type Input<I, Name extends keyof I> = Parameters<Method<I, Name>>[0];
type Output<I, Name extends keyof I> = ReturnType<Method<I, Name>>;
/** The next interceptor, or what the last one stands before. */
export type Next<I, Name extends keyof I> = (input: Input<I, Name>) => Output<I, Name>;
export interface WorkflowExecuteInput {
    readonly args: unknown[];
    readonly headers: Headers;
}
export interface SignalInput {
    readonly signalName: string;
    readonly args: unknown[];
    readonly headers: Headers;
}
export interface QueryInput {
    readonly queryId: string;
    readonly queryName: string;
    readonly args: unknown[];
    /** Empty: the host does not show a query's headers. */
    readonly headers: Headers;
}
export interface UpdateInput {
    readonly updateId: string;
    readonly name: string;
    readonly args: unknown[];
    readonly headers: Headers;
}
export interface WorkflowInboundCallsInterceptor {
    execute?(input: WorkflowExecuteInput, next: Next<this, "execute">): Promise<unknown>;
    handleSignal?(input: SignalInput, next: Next<this, "handleSignal">): Promise<void>;
    handleQuery?(input: QueryInput, next: Next<this, "handleQuery">): Promise<unknown>;
    handleUpdate?(input: UpdateInput, next: Next<this, "handleUpdate">): Promise<unknown>;
    validateUpdate?(input: UpdateInput, next: Next<this, "validateUpdate">): void;
}
export interface TimerOptions {
    /** One line for people who look at the history. */
    readonly summary?: string;
    readonly eventGroups?: EventGroupMarker[];
}
export interface TimerInput {
    readonly durationMs: number;
    readonly seq: number;
    readonly options?: TimerOptions;
}
export interface ActivityInput {
    readonly activityType: string;
    readonly args: unknown[];
    readonly options: ActivityOptions;
    readonly headers: Headers;
    readonly seq: number;
}
export interface LocalActivityInput {
    readonly activityType: string;
    readonly args: unknown[];
    readonly options: LocalActivityOptions;
    readonly headers: Headers;
    readonly seq: number;
    /** Always 1: the host makes the attempts. */
    readonly attempt: number;
}
export interface StartChildWorkflowExecutionInput {
    readonly workflowType: string;
    readonly options: ChildWorkflowOptionsWithDefaults;
    readonly headers: Headers;
    readonly seq: number;
}
export interface SignalWorkflowInput {
    readonly seq: number;
    readonly signalName: string;
    readonly args: unknown[];
    readonly headers: Headers;
    readonly target: {
        readonly type: "external";
        readonly workflowExecution: {
            workflowId?: string;
            runId?: string;
        };
    } | {
        readonly type: "child";
        readonly childWorkflowId: string;
    };
}
export type ContinueAsNewInputOptions = ContinueAsNewOptions & Required<Pick<ContinueAsNewOptions, "workflowType">>;
export interface ContinueAsNewInput {
    readonly args: unknown[];
    readonly headers: Headers;
    readonly options: ContinueAsNewInputOptions;
}
export type GetLogAttributesInput = Record<string, unknown>;
export type GetMetricTagsInput = MetricTags;
export interface WorkflowOutboundCallsInterceptor {
    startTimer?(input: TimerInput, next: Next<this, "startTimer">): Promise<void>;
    scheduleActivity?(input: ActivityInput, next: Next<this, "scheduleActivity">): Promise<unknown>;
    scheduleLocalActivity?(input: LocalActivityInput, next: Next<this, "scheduleLocalActivity">): Promise<unknown>;
    /** Never called: there is no Nexus here. */
    startNexusOperation?(input: StartNexusOperationInput, next: Next<this, "startNexusOperation">): Promise<StartNexusOperationOutput>;
    /** Gives the id of the child's first run once it has started, and its result. */
    startChildWorkflowExecution?(input: StartChildWorkflowExecutionInput, next: Next<this, "startChildWorkflowExecution">): Promise<[Promise<string>, Promise<unknown>]>;
    signalWorkflow?(input: SignalWorkflowInput, next: Next<this, "signalWorkflow">): Promise<void>;
    continueAsNew?(input: ContinueAsNewInput, next: Next<this, "continueAsNew">): Promise<never>;
    getLogAttributes?(input: GetLogAttributesInput, next: Next<this, "getLogAttributes">): Record<string, unknown>;
    getMetricTags?(input: GetMetricTagsInput, next: Next<this, "getMetricTags">): MetricTags;
}
/** Never called: there are no activations here that a program could see. */
export type WorkflowInternalsInterceptor = object;
export interface WorkflowInterceptors {
    inbound?: WorkflowInboundCallsInterceptor[];
    outbound?: WorkflowOutboundCallsInterceptor[];
    internals?: WorkflowInternalsInterceptor[];
}
/** What a file of workflows exports as `interceptors`. It is called once for each run. */
export type WorkflowInterceptorsFactory = () => WorkflowInterceptors;
/** To be called when a run begins. */
export declare function install(interceptors: WorkflowInterceptors): void;
type Inbound = Required<WorkflowInboundCallsInterceptor>;
type Outbound = Required<WorkflowOutboundCallsInterceptor>;
/** `last`, behind the interceptors that have the method `name`. */
export declare function onTheWayIn<Name extends keyof Inbound>(name: Name, last: Next<Inbound, Name>): Next<Inbound, Name>;
export declare function onTheWayOut<Name extends keyof Outbound>(name: Name, last: Next<Outbound, Name>): Next<Outbound, Name>;
/** The number of a call on its way out. */
export declare function nextSeq(): number;
export {};
