export interface WorkflowRandomStream {
    /** From 0 to 1, without 1. */
    random(): number;
    uuid4(): string;
    fill(bytes: Uint8Array): Uint8Array;
    /** Calls `fn` with `Math.random` taken from this stream. */
    with<T>(fn: () => T): T;
}
/** The same stream for the same name. */
export declare function getRandomStream(name: string): WorkflowRandomStream;
export declare const workflowRandom: WorkflowRandomStream;
