import type { Duration } from "./duration.js";
export type WorkflowReturnType = Promise<any>;
export type Workflow = (...args: any[]) => WorkflowReturnType;
export type WorkflowResultType<W extends Workflow> = Awaited<ReturnType<W>>;
/** Options of a start with the arguments of the workflow, if it takes any. */
export type WithWorkflowArgs<W extends Workflow, T> = T & (Parameters<W> extends [any, ...any[]] ? {
    args: Parameters<W> | Readonly<Parameters<W>>;
} : {
    args?: Parameters<W> | Readonly<Parameters<W>>;
});
export type ActivityFunction<P extends any[] = any[], R = any> = (...args: P) => Promise<R>;
export type ActivityInterface = Record<string, ActivityFunction>;
export type UntypedActivities = Record<string, ActivityFunction>;
/** The type of a workflow by its function, or as it is given. */
export declare function extractWorkflowType(workflow: string | Workflow): string;
export interface WorkflowQueryOptions<Args extends any[] = []> {
    args?: Args;
}
export interface WorkflowDurationOptions {
    workflowRunTimeout?: Duration;
    workflowExecutionTimeout?: Duration;
    workflowTaskTimeout?: Duration;
}
