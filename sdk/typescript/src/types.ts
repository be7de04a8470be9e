// Types under Temporal's names that files of workflows import.

import type { Duration } from "./duration";

export type WorkflowReturnType = Promise<any>;
export type Workflow = (...args: any[]) => WorkflowReturnType;
export type WorkflowResultType<W extends Workflow> = Awaited<ReturnType<W>>;

/** Options of a start with the arguments of the workflow, if it takes any. */
export type WithWorkflowArgs<W extends Workflow, T> = T &
  (Parameters<W> extends [any, ...any[]]
    ? { args: Parameters<W> | Readonly<Parameters<W>> }
    : { args?: Parameters<W> | Readonly<Parameters<W>> });

export type ActivityFunction<P extends any[] = any[], R = any> = (...args: P) => Promise<R>;
export type ActivityInterface = Record<string, ActivityFunction>;
export type UntypedActivities = Record<string, ActivityFunction>;

/** The type of a workflow by its function, or as it is given. */
export function extractWorkflowType(workflow: string | Workflow): string {
  if (typeof workflow === "string") return workflow;
  if (workflow.name === "") throw new TypeError("the workflow's function has no name: give the type as text");
  return workflow.name;
}

export interface WorkflowQueryOptions<Args extends any[] = []> {
  args?: Args;
}
export interface WorkflowDurationOptions {
  workflowRunTimeout?: Duration;
  workflowExecutionTimeout?: Duration;
  workflowTaskTimeout?: Duration;
}
