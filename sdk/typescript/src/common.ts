// What files of workflows import from `@temporalio/common` beside the names that `@temporalio/workflow` has too.

import { type Duration, toMs } from "./duration";
import { TemporalFailure, ensureApplicationFailure } from "./failures";
import type { WorkflowOptions } from "./workflow-options";

export * from "./index";
export { WorkflowExecutionAlreadyStartedError, ensureApplicationFailure } from "./failures";
export type { SearchAttributePair as SearchAttributeUpdatePair } from "./search-attributes";

export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR";
export type VersioningIntent = "COMPATIBLE" | "DEFAULT";
export type WorkflowDefinitionOptions = WorkflowOptions;
export type WorkflowDefinitionOptionsOrGetter = WorkflowOptions | (() => WorkflowOptions);
export interface WorkflowExecution {
  workflowId?: string;
  runId?: string;
}

/** A run stays on the version that it began on, whatever is said. */
export const VersioningBehavior = { PINNED: "PINNED", AUTO_UPGRADE: "AUTO_UPGRADE" } as const;
export type VersioningBehavior = (typeof VersioningBehavior)[keyof typeof VersioningBehavior];

export function msToNumber(duration: Duration): number {
  return toMs(duration);
}

export function msOptionalToNumber(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : toMs(duration);
}

/** The text of an error, or of what was thrown in its place. */
export function errorMessage(error: unknown): string | undefined {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : undefined;
}

/** The `code` that Node's errors have. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

export function ensureTemporalFailure(error: unknown): TemporalFailure {
  return error instanceof TemporalFailure ? error : ensureApplicationFailure(error);
}
