// What stands between a workflow and its host, on the way in and on the way out: for headers, logs and the like.

import type { ActivityOptions, LocalActivityOptions } from "./activities";
import type { ChildWorkflowOptionsWithDefaults } from "./children";
import type { ContinueAsNewOptions } from "./continue-as-new";
import type { Headers } from "./converter";
import type { EventGroupMarker } from "./event-groups";
import type { MetricTags } from "./metrics";
import type { StartNexusOperationInput, StartNexusOperationOutput } from "./nexus";

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
  readonly target:
    | { readonly type: "external"; readonly workflowExecution: { workflowId?: string; runId?: string } }
    | { readonly type: "child"; readonly childWorkflowId: string };
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
  startNexusOperation?(
    input: StartNexusOperationInput,
    next: Next<this, "startNexusOperation">,
  ): Promise<StartNexusOperationOutput>;
  /** Gives the id of the child's first run once it has started, and its result. */
  startChildWorkflowExecution?(
    input: StartChildWorkflowExecutionInput,
    next: Next<this, "startChildWorkflowExecution">,
  ): Promise<[Promise<string>, Promise<unknown>]>;
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

const inbound: WorkflowInboundCallsInterceptor[] = [];
const outbound: WorkflowOutboundCallsInterceptor[] = [];

/** To be called when a run begins. */
export function install(interceptors: WorkflowInterceptors): void {
  inbound.push(...(interceptors.inbound ?? []));
  outbound.push(...(interceptors.outbound ?? []));
}

type Inbound = Required<WorkflowInboundCallsInterceptor>;
type Outbound = Required<WorkflowOutboundCallsInterceptor>;

/** `last`, behind the interceptors that have the method `name`. */
export function onTheWayIn<Name extends keyof Inbound>(name: Name, last: Next<Inbound, Name>): Next<Inbound, Name> {
  return behind(inbound as Inbound[], name, last);
}

export function onTheWayOut<Name extends keyof Outbound>(
  name: Name,
  last: Next<Outbound, Name>,
): Next<Outbound, Name> {
  return behind(outbound as Outbound[], name, last);
}

function behind<I, Name extends keyof I>(all: I[], name: Name, last: Next<I, Name>): Next<I, Name> {
  if (all.length === 0) return last;
  return all.reduceRight<Next<I, Name>>((next, one) => {
    const method = one[name] as ((input: unknown, next: unknown) => never) | undefined;
    return method ? (input) => method.call(one, input, next) : next;
  }, last);
}

let calls = 0;

/** The number of a call on its way out. */
export function nextSeq(): number {
  return ++calls;
}
