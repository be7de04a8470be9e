import host from "refrain:workflow/activities@0.1.0";
import type { LocalOptions, Options } from "refrain:workflow/activities@0.1.0";
import type { Payloads, RetryPolicy as HostRetryPolicy, Priority as HostPriority } from "refrain:workflow/types@0.1.0";
import { type Duration, optionalMs, toMs } from "./duration";
import { type Headers, fromHeaders } from "./converter";
import type { EventGroupMarker } from "./event-groups";
import { nextSeq, onTheWayOut } from "./interceptors";
import { toHost } from "./names";
import { operation } from "./operation";
import { fromPayloads, toPayloads } from "./payload";
import type { ActivityFunction, UntypedActivities } from "./types";

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
  TRY_CANCEL: "TRY_CANCEL",
  WAIT_CANCELLATION_COMPLETED: "WAIT_CANCELLATION_COMPLETED",
  ABANDON: "ABANDON",
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

type WithOptions<F, Options> = F extends (...args: infer Args) => infer Result
  ? {
      (...args: Args): Promise<Awaited<Result>>;
      /** One call with options of its own, over those of the proxy. */
      executeWithOptions(options: Options, args: Args): Promise<Awaited<Result>>;
    }
  : never;

export type ActivityFunctionWithOptions<F extends ActivityFunction> = WithOptions<F, ActivityOptions>;
export type LocalActivityFunctionWithOptions<F extends ActivityFunction> = WithOptions<F, LocalActivityOptions>;

/** The type of what a proxy does not have: a member of `A` that is no function. */
export const NotAnActivityMethod = Symbol.for("__TEMPORAL_NOT_AN_ACTIVITY_METHOD");

/** The functions of `A`, as the workflow calls them. */
export type ActivityInterfaceFor<A> = {
  [Name in keyof A]: A[Name] extends (...args: any[]) => any
    ? WithOptions<A[Name], ActivityOptions>
    : typeof NotAnActivityMethod;
};
export type LocalActivityInterfaceFor<A> = {
  [Name in keyof A]: A[Name] extends (...args: any[]) => any
    ? WithOptions<A[Name], LocalActivityOptions>
    : typeof NotAnActivityMethod;
};

/** Functions that run activities of the same names. Each call starts one at once. */
export function proxyActivities<A = UntypedActivities>(options: ActivityOptions): ActivityInterfaceFor<A> {
  check(options);
  return proxy(options, scheduleActivity);
}

/** As `proxyActivities`, for short activities that the host runs beside the workflow. */
export function proxyLocalActivities<A = UntypedActivities>(
  options: LocalActivityOptions,
): LocalActivityInterfaceFor<A> {
  check(options);
  return proxy(options, scheduleLocalActivity);
}

function check(options: LocalActivityOptions): void {
  if (options?.scheduleToCloseTimeout !== undefined || options?.startToCloseTimeout !== undefined) return;
  throw new TypeError("an activity needs `startToCloseTimeout` or `scheduleToCloseTimeout`");
}

type Call<Options> = (type: string, args: unknown[], options: Options) => Promise<unknown>;

function proxy<Options, Interface extends object>(options: Options, call: Call<Options>): Interface {
  const functions = new Map<string, unknown>();
  return new Proxy({} as Interface, {
    get: (_, name) => {
      // A proxy with a `then` would be awaited as a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      let one = functions.get(name);
      if (!one) {
        one = Object.assign((...args: unknown[]) => call(name, args, options), {
          executeWithOptions: (more: Options, args: unknown[]) => call(name, args, { ...options, ...more }),
        });
        functions.set(name, one);
      }
      return one;
    },
  });
}

/** Runs one activity by its name. */
export function scheduleActivity<R>(activityType: string, args: unknown[], options: ActivityOptions): Promise<R> {
  check(options);
  const schedule = onTheWayOut("scheduleActivity", ({ activityType, args, options, headers }) =>
    operation(() => host.execute(activityType, toPayloads(args), remote(options, headers)), first),
  );
  return schedule({ activityType, args, options, headers: {}, seq: nextSeq() }) as Promise<R>;
}

export function scheduleLocalActivity<R>(
  activityType: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<R> {
  check(options);
  const schedule = onTheWayOut("scheduleLocalActivity", ({ activityType, args, options, headers }) =>
    operation(() => host.executeLocal(activityType, toPayloads(args), local(options, headers)), first),
  );
  return schedule({ activityType, args, options, headers: {}, seq: nextSeq(), attempt: 1 }) as Promise<R>;
}

function first<R>(payloads: Payloads): R {
  return fromPayloads(payloads)[0] as R;
}

function remote(options: ActivityOptions, headers: Headers): Options {
  const asked = local(options, headers) as Options;
  asked.taskQueue = options.taskQueue ?? null;
  asked.scheduleToStartMs = optionalMs(options.scheduleToStartTimeout);
  asked.heartbeatMs = optionalMs(options.heartbeatTimeout);
  asked.priority = toPriority(options.priority);
  return asked;
}

function local(options: LocalActivityOptions, headers: Headers): LocalOptions {
  return {
    activityId: options.activityId ?? null,
    scheduleToCloseMs: optionalMs(options.scheduleToCloseTimeout),
    startToCloseMs: optionalMs(options.startToCloseTimeout),
    retry: toRetryPolicy(options.retry),
    cancellation: options.cancellationType ? toHost(options.cancellationType) : "try-cancel",
    headers: fromHeaders(headers),
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
