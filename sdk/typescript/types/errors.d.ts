declare class Named extends Error {
    constructor(message?: string);
}
/** Something was asked for that a workflow can't do. */
export declare class WorkflowError extends Named {
}
/** The program does not do what its history says. The host finds that by itself; nothing here throws it. */
export declare class DeterminismViolationError extends WorkflowError {
}
/** Something was done at a time when it can't be done. */
export declare class IllegalStateError extends Named {
}
/** What a client says of a workflow that is not there. */
export declare class WorkflowNotFoundError extends Named {
    readonly workflowId: string;
    readonly runId: string | undefined;
    constructor(message: string, workflowId: string, runId: string | undefined);
}
/** What a client says of a namespace that is not there. */
export declare class NamespaceNotFoundError extends Named {
    readonly namespace: string;
    constructor(namespace: string);
}
/** What an activity throws that somebody else completes. */
export declare class CompleteAsyncError extends Named {
}
/** A promise was rejected, and nobody had asked for its outcome: an `await` or a `catch` is missing. */
export declare class UnhandledRejectionError extends Named {
    readonly cause: unknown;
    constructor(cause: unknown);
}
/** A value can't be used. */
export declare class ValueError extends Named {
    readonly cause?: unknown | undefined;
    constructor(message?: string, cause?: unknown | undefined);
}
/** A value can't be a payload, or a payload not a value. */
export declare class PayloadConverterError extends ValueError {
}
export {};
