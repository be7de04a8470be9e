/// <reference path="../src/host.d.ts" />
import type { RetryPolicy as HostRetryPolicy, Priority as HostPriority } from "refrain:workflow/types@0.1.0";
import { type Duration } from "./duration.js";
import type { EventGroupMarker } from "./event-groups.js";
import type { ActivityFunction, UntypedActivities } from "./types.js";
export interface RetryPolicy {
    /** 1 s if nothing is said. */
    initialInterval?: Duration;
    /** 2 if nothing is said. */
    backoffCoefficient?: number;
    /** 100 times the first one if nothing is said. */
    maximumInterval?: Duration;
    /** No limit if nothing is said. */
    maximumAttempts?: number;
    nonRetryableErrorTypes?: string[];
}
export interface Priority {
    priorityKey?: number;
    fairnessKey?: string;
    fairnessWeight?: number;
}
export declare const ActivityCancellationType: {
    readonly TRY_CANCEL: "TRY_CANCEL";
    readonly WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED";
    readonly ABANDON: "ABANDON";
};
export type ActivityCancellationType = (typeof ActivityCancellationType)[keyof typeof ActivityCancellationType];
export interface LocalActivityOptions {
    activityId?: string;
    /** All attempts together. */
    scheduleToCloseTimeout?: Duration;
    /** One attempt. */
    startToCloseTimeout?: Duration;
    retry?: RetryPolicy;
    cancellationType?: ActivityCancellationType;
    /** One line for people who look at the history. */
    summary?: string;
    /** Without effect: backoffs of more than a minute are durable timers. */
    localRetryThreshold?: Duration;
    /** Without effect. */
    eventGroups?: EventGroupMarker[];
}
/** One of `startToCloseTimeout` and `scheduleToCloseTimeout` must be set. */
export interface ActivityOptions extends Omit<LocalActivityOptions, "localRetryThreshold"> {
    taskQueue?: string;
    scheduleToStartTimeout?: Duration;
    heartbeatTimeout?: Duration;
    priority?: Priority;
    /** Without effect: a worker that waits is reserved as the task is written. */
    allowEagerDispatch?: boolean;
    /** Without effect: workers of activities have no versions. */
    versioningIntent?: "COMPATIBLE" | "DEFAULT";
}
type WithOptions<F, Options> = F extends (...args: infer Args) => infer Result ? {
    (...args: Args): Promise<Awaited<Result>>;
    /** One call with options of its own, over those of the proxy. */
    executeWithOptions(options: Options, args: Args): Promise<Awaited<Result>>;
} : never;
export type ActivityFunctionWithOptions<F extends ActivityFunction> = WithOptions<F, ActivityOptions>;
export type LocalActivityFunctionWithOptions<F extends ActivityFunction> = WithOptions<F, LocalActivityOptions>;
/** The type of what a proxy does not have: a member of `A` that is no function. */
export declare const NotAnActivityMethod: unique symbol;
/** The functions of `A`, as the workflow calls them. */
export type ActivityInterfaceFor<A> = {
    [Name in keyof A]: A[Name] extends (...args: any[]) => any ? WithOptions<A[Name], ActivityOptions> : typeof NotAnActivityMethod;
};
export type LocalActivityInterfaceFor<A> = {
    [Name in keyof A]: A[Name] extends (...args: any[]) => any ? WithOptions<A[Name], LocalActivityOptions> : typeof NotAnActivityMethod;
};
/** Functions that run activities of the same names. Each call starts one at once. */
export declare function proxyActivities<A = UntypedActivities>(options: ActivityOptions): ActivityInterfaceFor<A>;
/** As `proxyActivities`, for short activities that the host runs beside the workflow. */
export declare function proxyLocalActivities<A = UntypedActivities>(options: LocalActivityOptions): LocalActivityInterfaceFor<A>;
/** Runs one activity by its name. */
export declare function scheduleActivity<R>(activityType: string, args: unknown[], options: ActivityOptions): Promise<R>;
export declare function scheduleLocalActivity<R>(activityType: string, args: unknown[], options: LocalActivityOptions): Promise<R>;
export declare function toRetryPolicy(policy: RetryPolicy | undefined): HostRetryPolicy | null;
export declare function toPriority(priority: Priority | undefined): HostPriority | null;
export declare function fromRetryPolicy(policy: HostRetryPolicy): RetryPolicy;
export declare function fromPriority(priority: HostPriority): Priority;
export {};
