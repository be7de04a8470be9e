export interface WorkflowOptions {
    /** A run stays on the version that it began on, whatever is said here. */
    versioningBehavior?: "PINNED" | "AUTO_UPGRADE";
    /** Errors of these classes fail the workflow; any other that is no `TemporalFailure` fails its task. */
    failureExceptionTypes?: (new (...args: any[]) => Error)[];
}
type Workflow = (...args: any[]) => Promise<unknown>;
/** To be called beside the workflow's definition, at the top level of its module. */
export declare function setWorkflowOptions<Args extends any[], Result>(given: WorkflowOptions | (() => WorkflowOptions), workflow: (...args: Args) => Promise<Result>): void;
/** As `setWorkflowOptions`, the other way round. */
export declare function defineWorkflowOptions<Args extends any[], Result>(workflow: (...args: Args) => Promise<Result>, given: WorkflowOptions): void;
export declare function workflowOptions(workflow: Workflow): WorkflowOptions;
export {};
