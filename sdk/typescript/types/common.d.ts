import { type Duration } from "./duration.js";
import { TemporalFailure } from "./failures.js";
import type { WorkflowOptions } from "./workflow-options.js";
export * from "./index.js";
export { WorkflowExecutionAlreadyStartedError, ensureApplicationFailure } from "./failures.js";
export type { SearchAttributePair as SearchAttributeUpdatePair } from "./search-attributes.js";
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR";
export type VersioningIntent = "COMPATIBLE" | "DEFAULT";
export type WorkflowDefinitionOptions = WorkflowOptions;
export type WorkflowDefinitionOptionsOrGetter = WorkflowOptions | (() => WorkflowOptions);
export interface WorkflowExecution {
    workflowId?: string;
    runId?: string;
}
/** A run stays on the version that it began on, whatever is said. */
export declare const VersioningBehavior: {
    readonly PINNED: "PINNED";
    readonly AUTO_UPGRADE: "AUTO_UPGRADE";
};
export type VersioningBehavior = (typeof VersioningBehavior)[keyof typeof VersioningBehavior];
export declare function msToNumber(duration: Duration): number;
export declare function msOptionalToNumber(duration: Duration | undefined): number | undefined;
/** The text of an error, or of what was thrown in its place. */
export declare function errorMessage(error: unknown): string | undefined;
/** The `code` that Node's errors have. */
export declare function errorCode(error: unknown): string | undefined;
export declare function ensureTemporalFailure(error: unknown): TemporalFailure;
