import type { ContinueAsNew as HostContinueAsNew } from "refrain:workflow/lifecycle@0.1.0";
import { type RetryPolicy, toRetryPolicy } from "./activities";
import { type Duration, optionalMs } from "./duration";
import { fromHeaders } from "./converter";
import type { EventGroupMarker } from "./event-groups";
import { onTheWayOut } from "./interceptors";
import { toFields, toPayloads } from "./payload";
import {
  type SearchAttributePair,
  type SearchAttributes,
  type TypedSearchAttributes,
  searchAttributesOf,
} from "./search-attributes";

export interface ContinueAsNewOptions {
  workflowType?: string;
  taskQueue?: string;
  workflowRunTimeout?: Duration;
  workflowTaskTimeout?: Duration;
  memo?: Record<string, unknown>;
  searchAttributes?: SearchAttributes;
  typedSearchAttributes?: SearchAttributePair[] | TypedSearchAttributes;
  retry?: RetryPolicy;
  /** Stay on the component that this run is pinned to. */
  sameVersion?: boolean;
  /** Without effect: see `sameVersion`. */
  versioningIntent?: "COMPATIBLE" | "DEFAULT";
  /** Without effect. */
  eventGroups?: EventGroupMarker[];
}

/** Thrown to end this run and start the next one. Not to be caught. */
export class ContinueAsNew extends Error {
  constructor(readonly command: HostContinueAsNew) {
    super("workflow continues as new");
    this.name = "ContinueAsNew";
  }
}

/** Ends this run and starts the next one of the chain with these arguments. */
export function continueAsNew<W extends (...args: any[]) => Promise<any>>(...args: Parameters<W>): Promise<never> {
  return makeContinueAsNewFunc<W>()(...args);
}

export function makeContinueAsNewFunc<W extends (...args: any[]) => Promise<any>>(
  options: ContinueAsNewOptions = {},
): (...args: Parameters<W>) => Promise<never> {
  const end = onTheWayOut("continueAsNew", ({ args, headers, options }) => {
    throw new ContinueAsNew({
      workflowType: options.workflowType || null,
      args: toPayloads(args),
      taskQueue: options.taskQueue ?? null,
      runTimeoutMs: optionalMs(options.workflowRunTimeout),
      taskTimeoutMs: optionalMs(options.workflowTaskTimeout),
      memo: options.memo ? toFields(options.memo) : null,
      searchAttributes: searchAttributesOf(options),
      headers: Object.keys(headers).length > 0 ? fromHeaders(headers) : null,
      retry: toRetryPolicy(options.retry),
      version: options.sameVersion ? "same" : "current",
    });
  });
  return (...args) => end({ args, headers: {}, options: { ...options, workflowType: options.workflowType ?? "" } });
}
