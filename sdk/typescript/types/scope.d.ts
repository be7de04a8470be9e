import type { Duration } from "./duration.js";
import { CancelledFailure } from "./failures.js";
export interface CancellationScopeOptions {
    /** False: what is in the scope goes on when the scope around it is canceled. Default: true. */
    cancellable?: boolean;
    /** The scope cancels itself after this time. */
    timeout?: Duration;
    /** Default: the current scope. */
    parent?: CancellationScope;
}
type Listener = (failure: CancelledFailure) => void;
export declare class CancellationScope {
    readonly cancellable: boolean;
    readonly timeout: Duration | undefined;
    readonly parent: CancellationScope | undefined;
    private failure;
    private requested;
    private readonly listeners;
    private unlink;
    constructor(options?: CancellationScopeOptions);
    /** Runs `fn` in a new scope, which is canceled with the scope around it. */
    static cancellable<T>(fn: () => Promise<T>): Promise<T>;
    /** Runs `fn` where cancellation of the workflow does not reach: for cleaning up. */
    static nonCancellable<T>(fn: () => Promise<T>): Promise<T>;
    /** Runs `fn` in a new scope, which is canceled after `timeout`, or with the scope around it. */
    static withTimeout<T>(timeout: Duration, fn: () => Promise<T>): Promise<T>;
    static current(): CancellationScope;
    /** The scope of the whole run. */
    static root(): CancellationScope;
    /** True if what is in the scope is canceled. */
    get consideredCancelled(): boolean;
    /** Rejects when the scope is asked to cancel, also if it is not cancellable; never resolves. */
    get cancelRequested(): Promise<never>;
    cancel(): void;
    run<T>(fn: () => Promise<T>): Promise<T>;
    private runFor;
    /** Calls `listener` when what is in the scope is canceled, at once if it was. Returns what takes it away. */
    onCancel(listener: Listener): () => void;
    private listen;
    /** Throws if what is in the scope is canceled. */
    check(): void;
    end(failure: CancelledFailure): void;
}
export declare function within<T>(scope: CancellationScope | undefined, fn: () => T): T;
/** A value that follows the program through its calls and awaits, as Node's class of this name. */
export declare class AsyncLocalStorage<T> {
    run<R, A extends unknown[]>(store: T, fn: (...args: A) => R, ...args: A): R;
    exit<R, A extends unknown[]>(fn: (...args: A) => R, ...args: A): R;
    /** From here on, until the function that called this has come to its end or its next `await`. */
    enterWith(store: T): void;
    getStore(): T | undefined;
    disable(): void;
    private with;
}
/** The update whose handler is running, if one is. */
export interface UpdateInfo {
    readonly id: string;
    readonly name: string;
}
/** Inside the handler or the validator of an update: that update. */
export declare function currentUpdateInfo(): UpdateInfo | undefined;
export declare function withinUpdate<T>(info: UpdateInfo, fn: () => T): T;
/**
 * An `async` function, of which `body` is what lies between its awaits. The build has all of them call this, in place
 * of what esbuild makes of them, which takes a promise and some closures more for each `await`.
 */
export declare function runAsync<T>(self: unknown, args: ArrayLike<unknown>, body: (...args: any[]) => Iterator<unknown, T>): Promise<T>;
export {};
