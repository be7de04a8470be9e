/// <reference path="../src/host.d.ts" />
import type { ContinueAsNew as HostContinueAsNew } from "refrain:workflow/lifecycle@0.1.0";
import { type RetryPolicy } from "./activities.js";
import { type Duration } from "./duration.js";
import type { EventGroupMarker } from "./event-groups.js";
import { type SearchAttributePair, type SearchAttributes, type TypedSearchAttributes } from "./search-attributes.js";
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
export declare class ContinueAsNew extends Error {
    readonly command: HostContinueAsNew;
    constructor(command: HostContinueAsNew);
}
/** Ends this run and starts the next one of the chain with these arguments. */
export declare function continueAsNew<W extends (...args: any[]) => Promise<any>>(...args: Parameters<W>): Promise<never>;
export declare function makeContinueAsNewFunc<W extends (...args: any[]) => Promise<any>>(options?: ContinueAsNewOptions): (...args: Parameters<W>) => Promise<never>;
