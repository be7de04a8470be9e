import host from "refrain:workflow/activities@0.1.0";
import type { LocalOptions, Options } from "refrain:workflow/activities@0.1.0";
import type { Payloads, RetryPolicy as HostRetryPolicy, Priority as HostPriority } from "refrain:workflow/types@0.1.0";
import { type Duration, optionalMs, toMs } from "./duration";
import { operation } from "./operation";
import { fromPayloads, toPayloads } from "./payload";

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

export const ActivityCancellationType = {
  TRY_CANCEL: "try-cancel",
  WAIT_CANCELLATION_COMPLETED: "wait-cancellation-completed",
  ABANDON: "abandon",
} as const;
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
}

/** One of `startToCloseTimeout` and `scheduleToCloseTimeout` must be set. */
export interface ActivityOptions extends LocalActivityOptions {
  taskQueue?: string;
  scheduleToStartTimeout?: Duration;
  heartbeatTimeout?: Duration;
  priority?: Priority;
}

/** The functions of `A`, as the workflow calls them; options of a single call come first. */
export type ActivityInterface<A, Options = ActivityOptions> = {
  [Name in keyof A]: A[Name] extends (...args: infer Args) => infer Result
    ? {
        (...args: Args): Promise<Awaited<Result>>;
        executeWithOptions(options: Options, args: Args): Promise<Awaited<Result>>;
      }
    : never;
};

/** Functions that run activities of the same names. Each call starts one at once. */
export function proxyActivities<A>(options: ActivityOptions): ActivityInterface<A> {
  return proxy(options, scheduleActivity);
}

/** As `proxyActivities`, for short activities that the host runs beside the workflow. */
export function proxyLocalActivities<A>(options: LocalActivityOptions): ActivityInterface<A, LocalActivityOptions> {
  return proxy(options, scheduleLocalActivity);
}

type Call<Options> = (type: string, args: unknown[], options: Options) => Promise<unknown>;

function proxy<A, Options>(options: Options, call: Call<Options>): ActivityInterface<A, Options> {
  return new Proxy({} as ActivityInterface<A, Options>, {
    get: (_, name) => {
      // A proxy with a `then` would be awaited as a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      return Object.assign((...args: unknown[]) => call(name, args, options), {
        executeWithOptions: (more: Options, args: unknown[]) => call(name, args, { ...options, ...more }),
      });
    },
  });
}

export function scheduleActivity<R>(type: string, args: unknown[], options: ActivityOptions): Promise<R> {
  return operation(() => host.execute(type, toPayloads(args), remote(options)), first<R>);
}

export function scheduleLocalActivity<R>(
  type: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<R> {
  return operation(() => host.executeLocal(type, toPayloads(args), local(options)), first<R>);
}

function first<R>(payloads: Payloads): R {
  return fromPayloads(payloads)[0] as R;
}

function remote(options: ActivityOptions): Options {
  return {
    ...local(options),
    taskQueue: options.taskQueue ?? null,
    scheduleToStartMs: optionalMs(options.scheduleToStartTimeout),
    heartbeatMs: optionalMs(options.heartbeatTimeout),
    priority: toPriority(options.priority),
  };
}

function local(options: LocalActivityOptions): LocalOptions {
  return {
    activityId: options.activityId ?? null,
    scheduleToCloseMs: optionalMs(options.scheduleToCloseTimeout),
    startToCloseMs: optionalMs(options.startToCloseTimeout),
    retry: toRetryPolicy(options.retry),
    cancellation: options.cancellationType ?? "try-cancel",
    headers: [],
    summary: options.summary ?? null,
  };
}

export function toRetryPolicy(policy: RetryPolicy | undefined): HostRetryPolicy | null {
  if (!policy) return null;
  return {
    initialIntervalMs: toMs(policy.initialInterval ?? 1000),
    backoffCoefficient: policy.backoffCoefficient ?? 2,
    maximumIntervalMs: optionalMs(policy.maximumInterval),
    maximumAttempts: policy.maximumAttempts ?? 0,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes ?? [],
  };
}

export function toPriority(priority: Priority | undefined): HostPriority | null {
  if (!priority) return null;
  return {
    key: priority.priorityKey ?? null,
    fairnessKey: priority.fairnessKey ?? null,
    fairnessWeight: priority.fairnessWeight ?? null,
  };
}

export function fromRetryPolicy(policy: HostRetryPolicy): RetryPolicy {
  return {
    initialInterval: Number(policy.initialIntervalMs),
    backoffCoefficient: policy.backoffCoefficient,
    maximumInterval: policy.maximumIntervalMs === null ? undefined : Number(policy.maximumIntervalMs),
    maximumAttempts: policy.maximumAttempts || undefined,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes,
  };
}

export function fromPriority(priority: HostPriority): Priority {
  return {
    priorityKey: priority.key ?? undefined,
    fairnessKey: priority.fairnessKey ?? undefined,
    fairnessWeight: priority.fairnessWeight ?? undefined,
  };
}
